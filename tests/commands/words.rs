//! Completions and manual pages.

use super::test_repository::TestRepository;

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    let repository = TestRepository::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = repository.run(&["completions", shell]).ok();
        for word in ["target-graph", "max-workers", "load-task"] {
            assert!(script.contains(word), "{shell} has no {word}");
        }
    }
    assert_eq!(repository.run(&["completions", "other"]).code, 2);
}

#[test]
fn bash_accepts_the_script() {
    let repository = TestRepository::empty();
    let script = repository.run(&["completions", "bash"]).ok();
    let repository = repository.beside("script", &script, 0o644);
    let ask = "source ../script; COMP_WORDS=(snowman target); COMP_CWORD=1; \
               _snowman snowman target snowman; echo \"${COMPREPLY[@]}\"";
    let found = repository.bash(ask);
    assert_eq!(found.trim(), "target target-graph");
}

#[test]
fn the_program_and_each_command_have_a_manual_page() {
    let repository = TestRepository::empty();
    let page = repository.run(&["man"]).ok();
    assert!(
        page.contains(".TH snowman 1") && page.contains("load\\-image"),
        "{page}"
    );
    let page = repository.run(&["man", "full"]).ok();
    assert!(page.contains("max\\-workers"), "{page}");
    let ran = repository.run(&["man", "ful"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `full`?"), "{}", ran.err);
}
