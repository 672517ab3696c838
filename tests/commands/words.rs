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

#[test]
fn pages_list_variables_exit_codes_and_examples() {
    let repository = TestRepository::empty();
    for (arguments, example) in [
        (&["man"][..], "snowman verify"),
        (
            &["man", "full"],
            "snowman full \\-\\-json \\-\\-diff HEAD~1",
        ),
    ] {
        let page = repository.run(arguments).ok();
        for text in [
            ".SH ENVIRONMENT",
            "\\fBSNOWMAN_PYTHON\\fR",
            ".SH \"EXIT STATUS\"",
            "\\fB70\\fR",
            ".SH EXAMPLES",
            example,
            concat!("snowman ", env!("CARGO_PKG_VERSION")),
        ] {
            let found = page.replace("\"ENVIRONMENT\"", "ENVIRONMENT");
            let found = found.replace("\"EXAMPLES\"", "EXAMPLES");
            assert!(found.contains(text), "{arguments:?} has no {text}: {page}");
        }
    }
}

#[test]
fn help_has_groups_examples_and_the_address_of_the_documentation() {
    let repository = TestRepository::empty();
    let help = repository.run(&["--help"]).ok();
    for text in [
        "Commands:\n  Graphs:\n",
        "\n  Setup:\n",
        "Examples:\n",
        "/docs",
    ] {
        assert!(help.contains(text), "no {text:?}: {help}");
    }
    let help = repository.run(&["full", "--help"]).ok();
    for text in [
        "\nGraph options:\n",
        "\nOutput options:\n",
        "\nProject options:\n",
        "\nGlobal options:\n",
        "snowman full --json --tasks",
        "/docs/reference/commands.md#full",
    ] {
        assert!(help.contains(text), "no {text:?}: {help}");
    }
}
