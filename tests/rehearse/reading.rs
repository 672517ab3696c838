//! Commands of decision and action tasks are read as a worker would run them.
//!
//! The shapes are those of public projects' `.taskcluster.yml` files, with neutral names.

mod unsupported;

use serde_json::{Value, json};
use snowman::cli::parse_arguments;
use snowman::decision::flags::DecisionFlags;
use snowman::rehearse::command::{Command, CommandError, Subcommand, read};

const TASK_ID: &str = "AbCdEfGhQJKLmnopqrStuA";
pub const REV: &str = "cafecafecafecafecafecafecafecafecafecafe";
pub const URL: &str = "https://github.com/example/fox";

/// A payload with the variables that run-task makes the checkout by.
pub fn payload(command: Value) -> Value {
    json!({
        "image": "example/decision",
        "env": {
            "FOX_BASE_REPOSITORY": URL,
            "FOX_HEAD_REPOSITORY": URL,
            "FOX_HEAD_REF": "refs/heads/main",
            "FOX_HEAD_REV": REV,
            "FOX_HEAD_TAG": "",
            "FOX_REPOSITORY_TYPE": "git",
            "REPOSITORIES": "{\"fox\": \"Fox\"}",
        },
        "command": command,
    })
}

fn read_payload(payload: Value) -> Result<Command, CommandError> {
    let definition = json!({"payload": payload});
    read(
        &definition.into(),
        &[("TASK_ID", TASK_ID.to_owned())],
        parse_arguments,
    )
}

/// The flags that every decision has to be given.
pub const FLAGS: &str = "--pushlog-id='0' --pushdate='0' --project='fox' --message=\"\" --owner='dev@example.com' \
     --level='3' --base-repository=\"$FOX_BASE_REPOSITORY\" --head-repository=\"$FOX_HEAD_REPOSITORY\" \
     --head-ref=\"$FOX_HEAD_REF\" --head-rev=\"$FOX_HEAD_REV\" --repository-type=\"$FOX_REPOSITORY_TYPE\" \
     --tasks-for='github-push'";

/// A script that run-task starts in the checkout.
pub fn script(text: &str) -> Value {
    let text = text.replace("FLAGS", FLAGS);
    payload(json!([
        "/usr/local/bin/run-task",
        "--fox-checkout=/builds/worker/checkouts/vcs",
        "--task-cwd=/builds/worker/checkouts/vcs",
        "--",
        "bash",
        "-cx",
        text,
    ]))
}

pub fn ok(payload: Value) -> Command {
    read_payload(payload).unwrap()
}

pub fn flags(command: &Command) -> &DecisionFlags {
    match &command.subcommand {
        Subcommand::Decision { flags, .. } => flags,
        other => unreachable!("{other:?}"),
    }
}

/// Reads a script, and checks what holds for each of the usual ones.
pub fn decides(text: &str) -> Command {
    let command = ok(script(text));
    let read = flags(&command);
    assert_eq!(read.head_rev, REV, "{text}");
    assert_eq!(read.head_repository, URL, "{text}");
    assert_eq!(
        (read.level.as_str(), read.tasks_for.as_str()),
        ("3", "github-push")
    );
    assert_eq!(command.checkout.folder, "/builds/worker/checkouts/vcs");
    assert_eq!(command.root, "taskcluster");
    command
}

pub fn unsupported_command(payload: Value) -> String {
    match read_payload(payload) {
        Err(CommandError::Unreadable(why)) => why,
        other => unreachable!("{other:?}"),
    }
}

pub fn wrong(payload: Value) -> Vec<String> {
    match read_payload(payload) {
        Err(CommandError::Fails(reasons)) => reasons,
        other => unreachable!("{other:?}"),
    }
}

pub const LINK: &str = "ln -s /builds/worker/artifacts artifacts && ";

#[test]
fn scripts_under_run_task_are_read() {
    for program in [
        "taskgraph decision",
        "snowman decision",
        "~/.local/bin/taskgraph decision",
        "/opt/venv/bin/taskgraph decision",
        "python3 -m taskgraph decision",
        "python -u -m taskgraph.main decision",
        "uv run --with mozilla-taskgraph taskgraph decision",
        "poetry run taskgraph decision",
        "exec taskgraph decision",
        "env LANG=C taskgraph decision",
        "./mach --log-no-times taskgraph decision",
        "python3 ./mach -l log.txt taskgraph decision",
    ] {
        let command = decides(&format!("{LINK}{program} FLAGS"));
        assert_eq!(command.folder, "/builds/worker/checkouts/vcs", "{program}");
        assert!(
            command.not_run.is_empty(),
            "{program}: {:?}",
            command.not_run
        );
        assert_eq!(
            command
                .links_before
                .resolve("/builds/worker/checkouts/vcs/artifacts/x.json")
                .as_deref(),
            Some("/builds/worker/artifacts/x.json"),
        );
    }
}

#[test]
fn more_flags_are_passed_verbatim() {
    let command = decides(&format!(
        "{LINK}taskgraph decision --verbose FLAGS --target-tasks-method=fox-branches --base-ref='main' \
         --base-rev='{REV}' --head-tag=\"v1.0\" --no-verify"
    ));
    let read = flags(&command);
    assert_eq!(read.target_tasks_method.as_deref(), Some("fox-branches"));
    assert_eq!(
        (read.base_ref.as_str(), read.head_tag.as_str()),
        ("main", "v1.0")
    );
    assert!(matches!(
        command.subcommand,
        Subcommand::Decision {
            verify: false,
            creates: true,
            ..
        }
    ));
    // What cron adds may be empty.
    decides(&format!("{LINK}taskgraph decision FLAGS \n"));
    // Arguments that cron adds take precedence over earlier ones, as in taskgraph.
    let command =
        decides("taskgraph decision FLAGS --target-tasks-method=a --target-tasks-method=nightly");
    assert_eq!(
        flags(&command).target_tasks_method.as_deref(),
        Some("nightly")
    );
    // Folded YAML keeps the line breaks of lines that are indented further.
    let lines = FLAGS.replace(" --", " \\\n   --");
    decides(&format!(
        "cd /builds/worker/checkouts/vcs &&\n{LINK}./mach --log-no-times taskgraph decision {lines}\n"
    ));
    // A comment, and one that was meant to be something else.
    decides("taskgraph decision FLAGS #{extraArgs}\n");
    // A literal block, with commands on lines of their own.
    decides(
        "set -ex\n# Artifacts\nln -s /builds/worker/artifacts artifacts\n\ntaskgraph decision FLAGS\n",
    );
    decides(
        "ln -s /builds/worker/artifacts artifacts; taskgraph decision FLAGS 2>&1 | tee log.txt",
    );
    decides(
        "test -e artifacts || ln -s /builds/worker/artifacts artifacts && taskgraph decision FLAGS || exit 1",
    );
}

#[test]
fn other_programs_are_listed_as_not_run() {
    let command = decides(&format!(
        "taskcluster/scripts/install-sdk.sh && {LINK}pip3 install --user --break-system-packages . && \
         curl -L https://example.com/x | tar -xz && taskgraph decision FLAGS"
    ));
    assert_eq!(
        command.not_run,
        [
            "taskcluster/scripts/install-sdk.sh",
            "pip3 install --user --break-system-packages .",
            "curl -L https://example.com/x",
            "tar -xz",
        ]
    );
    let command = decides("taskgraph full -p params.yml && taskgraph decision FLAGS");
    assert_eq!(command.not_run, ["taskgraph full -p params.yml"]);
}

#[test]
fn variables_come_from_the_payload_and_the_script() {
    let form = "${TRY_CONFIG+--try-task-config-file=\"${TRY_CONFIG}\"}";
    let text = format!("taskgraph decision FLAGS {form}");
    assert_eq!(flags(&decides(&text)).try_task_config_file, None);
    let mut with = script(&text);
    with["env"]["TRY_CONFIG"] = json!("try/my config.json");
    assert_eq!(
        flags(&ok(with)).try_task_config_file.as_deref(),
        Some("try/my config.json")
    );

    let text = "METHOD=nightly; export TAG=v2; FOX_MODE=fast taskgraph decision FLAGS \
                --target-tasks-method=$METHOD --head-tag=\"${TAG:-none}\" ${MORE:---allow-parameter-override}";
    let command = decides(text);
    let read = flags(&command);
    assert_eq!(read.target_tasks_method.as_deref(), Some("nightly"));
    assert_eq!(read.head_tag, "v2");
    assert!(read.allow_parameter_override);
    let variable = |name: &str| command.variables.get(name).map(String::as_str);
    assert_eq!(
        (variable("FOX_MODE"), variable("TAG"), variable("METHOD")),
        (Some("fast"), Some("v2"), None)
    );
    assert_eq!(
        variable("FOX_PATH"),
        Some("/builds/worker/checkouts/vcs"),
        "run-task sets it"
    );
    // A value with blanks comes apart outside of quotes, as in a shell.
    let mut apart = script("taskgraph decision FLAGS $EXTRA");
    apart["env"]["EXTRA"] = json!("--no-verify  --verbose");
    assert!(matches!(
        ok(apart).subcommand,
        Subcommand::Decision { verify: false, .. }
    ));
    let read = decides("taskgraph decision FLAGS --head-tag='$TAG \"x\"'\"'s\"\\ y");
    assert_eq!(flags(&read).head_tag, "$TAG \"x\"'s y");
}

#[test]
fn actions_are_read() {
    for text in [
        "cd /builds/worker/checkouts/vcs && ln -s /builds/worker/artifacts artifacts && taskgraph action-callback",
        "taskcluster/scripts/install-sdk.sh && ~/.local/bin/taskgraph action-callback --root taskcluster",
        "./mach --log-no-times taskgraph action-callback",
    ] {
        assert_eq!(ok(script(text)).subcommand, Subcommand::Action, "{text}");
    }
}

#[test]
fn folders_and_roots_are_resolved() {
    let command = ok(script("cd tools/../ci && taskgraph decision FLAGS -r tc"));
    assert_eq!(command.folder, "/builds/worker/checkouts/vcs/ci");
    assert_eq!(command.root, "ci/tc");
    // The innermost of several checkouts is the one.
    let mut both = payload(json!([
        "run-task",
        "--fox-checkout=src",
        "--comm-checkout",
        "src/comm",
        "--",
        "bash",
        "-c",
        format!("cd src/comm && taskgraph decision {FLAGS}"),
    ]));
    both["env"]["REPOSITORIES"] = json!("{\"fox\": \"Fox\", \"comm\": \"Comm\"}");
    for (name, value) in [
        ("HEAD_REPOSITORY", URL),
        ("HEAD_REV", "beef"),
        ("REPOSITORY_TYPE", "hg"),
    ] {
        both["env"][format!("COMM_{name}")] = json!(value);
    }
    let command = ok(both);
    assert_eq!(command.checkout.folder, "/builds/worker/src/comm");
    assert_eq!(command.checkout.revision.as_deref(), Some("beef"));
    // Without run-task, a clone is the checkout.
    let command = ok(json!({"command": ["/bin/bash", "-lc", format!(
        "git clone --quiet --depth 1 -b main {URL}.git && cd fox && git checkout {REV} && taskgraph decision {}",
        FLAGS.replace("\"$FOX_HEAD_REV\"", REV).replace("$FOX_REPOSITORY_TYPE", "git")
             .replace("$FOX_HEAD_REPOSITORY", URL).replace("$FOX_BASE_REPOSITORY", URL)
             .replace("$FOX_HEAD_REF", "main"),
    )]}));
    assert_eq!(
        (command.checkout.folder.as_str(), command.root.as_str()),
        ("/builds/worker/fox", "taskcluster")
    );
    // Later commands of generic-worker begin in the task's folder again.
    let mut listed = payload(json!([
        ["bash", "-c", "cd elsewhere"],
        [
            "run-task",
            "--fox-checkout=src",
            "--task-cwd=src",
            "--",
            "bash",
            "-c",
            format!("taskgraph decision {FLAGS}")
        ],
    ]));
    listed["artifacts"] = json!([{"type": "directory", "path": "public"}]);
    assert_eq!(ok(listed).folder, "/builds/worker/src");
}

#[test]
fn the_entry_point_of_the_image_creates_the_checkout() {
    let mut words = vec!["snowman", "decision"];
    let flags = FLAGS
        .replace(['\'', '"'], "")
        .replace("$FOX_HEAD_REV", REV)
        .replace("$FOX_REPOSITORY_TYPE", "git");
    words.extend(flags.split_whitespace());
    let mut payload = payload(json!(words));
    payload["env"]["SNOWMAN_HEAD_REPOSITORY"] = json!(URL);
    assert_eq!(ok(payload.clone()).folder, "/builds/worker/src");
    payload["env"]["SNOWMAN_CHECKOUT"] = json!("/builds/fox");
    payload["env"]["SNOWMAN_HEAD_REV"] = json!(REV);
    let command = ok(payload.clone());
    assert_eq!(command.folder, "/builds/fox");
    assert_eq!(command.checkout.revision.as_deref(), Some(REV));
    // No shell reads these words.
    assert_eq!(
        self::flags(&command).base_repository,
        "$FOX_BASE_REPOSITORY"
    );
    payload["env"]["SNOWMAN_HEAD_REPOSITORY"] = json!("");
    assert_eq!(
        unsupported_command(payload),
        "the command does not check out the repository"
    );
}

#[test]
fn files_written_by_echo_are_tracked() {
    let command = decides(&format!(
        "{LINK}taskgraph decision FLAGS && echo \"{{}}\" > artifacts/actions.json # no actions here"
    ));
    let path = "/builds/worker/checkouts/vcs/artifacts/actions.json".to_owned();
    assert_eq!(command.written, (vec![], vec![(path, "{}\n".to_owned())]));
    let command =
        decides("echo -n one two >notes.txt; taskgraph decision FLAGS >> log; cat log > copy");
    let path = "/builds/worker/checkouts/vcs/notes.txt".to_owned();
    assert_eq!(
        command.written,
        (vec![(path, "one two".to_owned())], vec![])
    );
    assert_eq!(command.not_run, ["cat log > copy"]);
}

#[test]
fn a_link_to_a_folder_is_created_inside_it() {
    let at = |text: &str| {
        let command = decides(&format!("{text} && taskgraph decision FLAGS"));
        command
            .links_before
            .resolve("/builds/worker/checkouts/vcs/artifacts/x")
    };
    let linked = Some("/builds/worker/artifacts/x".to_owned());
    assert_eq!(at("ln -sfn /builds/worker/artifacts artifacts"), linked);
    assert_eq!(
        at("rm -rf artifacts && ln -s /builds/worker/artifacts"),
        linked
    );
    assert_eq!(
        at("mkdir -p artifacts && rm -r artifacts; ln -s ../../artifacts artifacts"),
        linked
    );
    let own = Some("/builds/worker/checkouts/vcs/artifacts/x".to_owned());
    assert_eq!(
        at("mkdir artifacts && ln -s /builds/worker/artifacts artifacts"),
        own
    );
}
