//! Commands that cannot be read, and commands that would fail.

use serde_json::json;
use snowman::rehearse::command::Subcommand;

use super::{FLAGS, LINK, REV, decides, flags, ok, payload, script, unsupported_command, wrong};

#[test]
fn values_known_only_to_a_shell_are_not_read() {
    for (text, why) in [
        (
            "for x in a b; do taskgraph decision FLAGS; done",
            "`for` is not supported",
        ),
        (
            "if true; then taskgraph decision FLAGS; fi",
            "`if` is not supported",
        ),
        (
            "(cd x && taskgraph decision FLAGS)",
            "subshells and functions are not supported",
        ),
        ("{ taskgraph decision FLAGS; }", "`{` is not supported"),
        ("taskgraph decision FLAGS &", "`&` is not supported"),
        (
            "cat <<EOF\nx\nEOF\ntaskgraph decision FLAGS",
            "here-documents are not supported",
        ),
        (
            "bash <(curl x) && taskgraph decision FLAGS",
            "process substitutions are not supported",
        ),
        (
            "taskgraph decision FLAGS --head-tag=$(git describe)",
            "`--head-tag` depends on the output of a command",
        ),
        (
            "taskgraph decision FLAGS --head-tag=`git describe`",
            "`--head-tag` depends on the output of a command",
        ),
        (
            "taskgraph decision FLAGS --head-tag=v*",
            "`--head-tag` depends on a file name pattern",
        ),
        (
            "taskgraph decision FLAGS --head-tag=${FOX_HEAD_REV:0:7}",
            "this expansion is not supported",
        ),
        (
            "cd $(mktemp -d) && taskgraph decision FLAGS",
            "`cd` depends on the output of a command",
        ),
        ("eval taskgraph decision FLAGS", "`eval` is not supported"),
        (
            "$RUNNER decision FLAGS",
            "the command runs neither taskgraph nor snowman, only `$RUNNER decision",
        ),
        (
            "taskgraph decision FLAGS --head-tag='v1",
            "`'` is missing at the end",
        ),
        (
            "taskgraph decision FLAGS &&",
            "a command is missing at the end",
        ),
        (
            "taskgraph decision FLAGS && taskgraph decision FLAGS",
            "the command runs more than one decision or action",
        ),
        (
            "make decision",
            "the command runs neither taskgraph nor snowman, only `make decision`",
        ),
        (
            "taskgrap decision FLAGS",
            "the command runs neither taskgraph nor snowman: did you mean `taskgraph` instead of `taskgrap`?",
        ),
        (
            "uv run taskgrahp decision",
            "the command runs neither taskgraph nor snowman, only `uv run taskgrahp decision`",
        ),
    ] {
        let reason = unsupported_command(script(text));
        assert!(reason.starts_with(why), "{text}: {reason}");
    }
    // The part that cannot be read is named.
    let reason = unsupported_command(script(&format!(
        "{LINK}case $X in a) ;; esac; taskgraph decision FLAGS"
    )));
    assert!(
        reason.contains("artifacts && case $X in a) ;; esac"),
        "{reason}"
    );
    let reason = unsupported_command(payload(json!(null)));
    assert_eq!(
        reason,
        "`payload.command` is missing, so the default command of the image would run"
    );
    let reason = unsupported_command(payload(json!("taskgraph decision")));
    assert!(
        reason.starts_with("`payload.command` is missing"),
        "{reason}"
    );
    // What is not used may be anything.
    decides("export STAMP=$(date); echo $(date) > stamp; rm -f *.log; taskgraph decision FLAGS");
}

#[test]
fn endless_values_are_not_read() {
    let double = "A=x; ".to_owned() + &"A=$A$A; ".repeat(64);
    let reason = unsupported_command(script(&format!(
        "{double} taskgraph decision FLAGS --head-tag=$A"
    )));
    assert_eq!(reason, "`--head-tag` depends on a value that is too long");
    let many = "A=x; ".repeat(10_000);
    let reason = unsupported_command(script(&format!("{many} taskgraph decision FLAGS")));
    assert!(
        reason.starts_with("there are too many commands"),
        "{reason}"
    );
    let deep = "${A-".repeat(50_000) + &"}".repeat(50_000);
    let reason = unsupported_command(script(&format!(
        "taskgraph decision FLAGS --head-tag={deep}"
    )));
    assert!(
        reason.starts_with("expansions are nested too deeply"),
        "{reason}"
    );
}

#[test]
fn nesting_is_limited() {
    let mut text = "taskgraph decision".to_owned();
    for _ in 0..30 {
        text = format!("env {text}");
    }
    let reason = unsupported_command(script(&text));
    assert!(
        reason.starts_with("programs are nested too deeply"),
        "{reason}"
    );
}

#[test]
fn failing_commands_are_reported() {
    let only = |text: &str, expected: &str| {
        let errors = wrong(script(text));
        assert_eq!(errors.len(), 1, "{text}: {errors:?}");
        assert!(errors[0].contains(expected), "{text}: {errors:?}");
    };
    only(
        "taskgraph decision FLAGS --haed-tag=x",
        "unexpected argument '--haed-tag' found; tip: a similar argument exists: '--head-tag'",
    );
    only(
        "taskgraph decison FLAGS",
        "unrecognized subcommand 'decison'",
    );
    only(
        "taskgraph decision FLAGS --pushdate=today",
        "invalid value 'today' for '--pushdate <PUSHDATE>'",
    );
    only(
        "taskgraph decision FLAGS --option=reason",
        "`--option reason` has no value",
    );
    only(
        "taskgraph decision --project=fox",
        "the following required arguments were not provided: --pushlog-id <PUSHLOG_ID>",
    );
    only(
        "taskgraph action-callback --rot=x",
        "unexpected argument '--rot' found",
    );
    only(
        "cd /builds/worker && taskgraph decision FLAGS",
        "runs in /builds/worker, which is outside the checkout /builds/worker/checkouts/vcs",
    );
    // All of it at once.
    let mut payload = script("taskgraph decision FLAGS --haed-tag=x");
    payload["command"][1] = json!("--fox-chekout=/builds/worker/checkouts/vcs");
    let errors = wrong(payload);
    assert_eq!(
        errors[0],
        "run-task has no option `--fox-chekout`: did you mean `--fox-checkout`?"
    );
    assert!(errors[1].contains("--haed-tag"), "{errors:?}");
}

#[test]
fn run_task_needs_the_variables_of_its_checkout() {
    let mut missing = script("taskgraph action-callback");
    for name in [
        "FOX_HEAD_REPOSITORY",
        "FOX_HEAD_REF",
        "FOX_HEAD_REV",
        "FOX_REPOSITORY_TYPE",
    ] {
        missing["env"].as_object_mut().unwrap().shift_remove(name);
    }
    let errors = wrong(missing);
    let needs = |name: &str| {
        errors
            .iter()
            .any(|line| line.contains(&format!("needs the variable {name},")))
    };
    assert!(
        needs("FOX_HEAD_REPOSITORY") && needs("FOX_HEAD_REV") && needs("FOX_REPOSITORY_TYPE"),
        "{errors:?}"
    );
    assert_eq!(errors.len(), 3);
    let mut other = script("taskgraph action-callback");
    other["env"]["REPOSITORIES"] = json!("{\"foxes\": \"Fox\"}");
    assert_eq!(
        wrong(other.clone()),
        ["run-task has no option `--fox-checkout`: did you mean `--foxes-checkout`?"]
    );
    other["env"]["REPOSITORIES"] = json!("fox");
    let errors = wrong(other.clone());
    assert!(
        errors[0].starts_with("run-task: REPOSITORIES in `env` is not a JSON object"),
        "{errors:?}"
    );
    // A run-task of the project's own knows its repositories itself.
    other["env"]
        .as_object_mut()
        .unwrap()
        .shift_remove("REPOSITORIES");
    assert_eq!(ok(other).subcommand, Subcommand::Action);
}

#[test]
fn a_projects_own_run_task_is_read() {
    let definition = |words: &[&str], script: &str| {
        let mut command: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        command.extend(["--", "bash", "-cx"].map(str::to_owned));
        command.push(script.replace("FLAGS", FLAGS));
        let mut payload = payload(json!(command));
        payload["env"]
            .as_object_mut()
            .unwrap()
            .shift_remove("REPOSITORIES");
        payload
    };
    let options = [
        "/builds/worker/bin/run-task",
        "--fox-checkout=/builds/worker/checkouts/fox",
        "--fox-sparse-profile=build/sparse-profiles/taskgraph",
        "--fox-shallow-clone",
        "--fetch-hgfingerprint",
    ];
    let start = "cd /builds/worker/checkouts/fox && ln -s /builds/worker/artifacts artifacts &&";
    let text = format!("{start} ./mach --log-no-times taskgraph decision FLAGS --no-verify");
    let command = ok(definition(&options, &text));
    assert_eq!(flags(&command).head_rev, REV);
    assert_eq!(command.folder, "/builds/worker/checkouts/fox");
    let text = format!("{start} ./mach --log-no-times taskgraph action-callback");
    assert_eq!(
        ok(definition(&options, &text)).subcommand,
        Subcommand::Action
    );
    let text = format!("{start} ./mach create-environment && ./mach taskgrahp decision FLAGS");
    let reason = unsupported_command(definition(&options, &text));
    assert!(
        reason.starts_with("the command runs neither taskgraph nor snowman, only `./mach create-environment`, `./mach taskgrahp"),
        "{reason}"
    );
}
