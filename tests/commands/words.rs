//! Completions and manual pages.

use super::desk::Desk;

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    let desk = Desk::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = desk.run(&["completions", shell]).ok();
        for word in ["target-graph", "max-workers", "load-task"] {
            assert!(script.contains(word), "{shell} has no {word}");
        }
    }
    assert_eq!(desk.run(&["completions", "other"]).code, 2);
}

#[test]
fn bash_takes_the_script() {
    let desk = Desk::empty();
    let script = desk.run(&["completions", "bash"]).ok();
    let desk = desk.beside("script", &script, 0o644);
    let ask = "source ../script; COMP_WORDS=(snowman target); COMP_CWORD=1; \
               _snowman snowman target snowman; echo \"${COMPREPLY[@]}\"";
    let found = desk.bash(ask);
    assert_eq!(found.trim(), "target target-graph");
}

#[test]
fn there_is_a_page_for_the_program_and_for_each_command() {
    let desk = Desk::empty();
    let page = desk.run(&["man"]).ok();
    assert!(
        page.contains(".TH snowman 1") && page.contains("load\\-image"),
        "{page}"
    );
    let page = desk.run(&["man", "full"]).ok();
    assert!(page.contains("max\\-workers"), "{page}");
    let ran = desk.run(&["man", "ful"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `full`?"), "{}", ran.err);
}
