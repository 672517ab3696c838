//! Renders `.taskcluster.yml` for every event that it supports, and checks the resulting tasks.
//!
//! The real services pass `as_slugid` as a function, which cannot be a JSON value. The template
//! uses `ownTaskId` instead if it is given, and so do these tests.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod cron_and_actions;
mod rendered;
mod schemas;

use std::fs;
use std::path::Path;

use cron_and_actions::cron;
use schemas::assert_valid;
use serde_json::{Value, json};
use snowman::cli::parse_arguments;
use snowman::rehearse::command::{CommandError, Subcommand, read};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const CANONICAL: &str = "https://github.com/snowman-ci/snowman";
const FORK: &str = "https://github.com/jane/snowman";
const OWN_TASK_ID: &str = "AbCdEfGhQJKLmnopqrStuA";
const PUSH_TASK_ID: &str = "DdDdDdDdQdCdDdDdDdDdDQ";
const TARGET_TASK_ID: &str = "TtTtTtTtQtCtTtTtTtTtTQ";
const HEAD_REV: &str = "cafecafecafecafecafecafecafecafecafecafe";
const BASE_REV: &str = "babebabebabebabebabebabebabebabebabebabe";

/// Renders the template and returns its tasks.
fn render(context: &Value) -> Vec<Value> {
    let text = fs::read_to_string(Path::new(ROOT).join(".taskcluster.yml")).unwrap();
    let template: Value = serde_yaml::from_str(&text).unwrap();
    let rendered = json_e::render(&template, context).unwrap();
    assert_eq!(rendered["version"], 1);
    rendered["tasks"].as_array().unwrap().clone()
}

/// Renders the template, which must yield exactly one task, and checks the common properties.
fn render_one(context: &Value) -> Value {
    let tasks = render(context);
    assert_eq!(tasks.len(), 1, "for {context:#}");
    let task = tasks.into_iter().next().unwrap();
    let level = level(&task);
    assert_eq!(task["schedulerId"], format!("snowman-level-{level}"));
    assert_eq!(task["taskQueueId"], format!("snowman-{level}/decision"));
    assert_eq!(task["scopes"].as_array().unwrap().len(), 1);
    assert_eq!(task["extra"]["tasks_for"], context["tasks_for"]);
    assert_eq!(task["payload"]["features"]["taskclusterProxy"], true);
    assert_eq!(task["payload"]["features"]["chainOfTrust"], true);
    assert_valid(&task);
    assert_can_be_read(&task);
    task
}

/// Checks that rehearsals can read the command of a task.
fn assert_can_be_read(task: &Value) {
    let definition = task.clone().into();
    let command = read(&definition, &[], parse_arguments).unwrap();
    let action = task["extra"]["action"].is_object();
    match command.subcommand {
        Subcommand::Decision { flags, creates, .. } => {
            assert!(!action && creates);
            assert_eq!(flags.tasks_for, task["extra"]["tasks_for"]);
            assert_eq!(flags.level, level(task).to_string());
        }
        other => assert!(action && other == Subcommand::Action, "{other:?}"),
    }
    assert_eq!(command.folder, "/builds/worker/src");
    assert_eq!(command.not_run, [""; 0]);
}

fn level(task: &Value) -> u8 {
    match task["schedulerId"].as_str().unwrap() {
        "snowman-level-3" => 3,
        "snowman-level-1" => 1,
        other => unreachable!("schedulerId {other}"),
    }
}

fn strings(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item.as_str().unwrap())
        .collect()
}

fn command(task: &Value) -> Vec<&str> {
    strings(&task["payload"]["command"])
}

fn push(repository: &str, reference: &str) -> Value {
    json!({
        "tasks_for": "github-push",
        "taskcluster_root_url": "https://tc.example.org",
        "ownTaskId": OWN_TASK_ID,
        "event": {
            "ref": reference,
            "before": BASE_REV,
            "after": HEAD_REV,
            "base_ref": null,
            "created": false,
            "deleted": false,
            "pusher": {"name": "jane", "email": "jane@example.org"},
            "repository": {
                "name": "snowman",
                "full_name": repository.strip_prefix("https://github.com/").unwrap(),
                "html_url": repository,
            },
        },
    })
}

fn pull_request(tasks_for: &str, action: &str) -> Value {
    json!({
        "tasks_for": tasks_for,
        "taskcluster_root_url": "https://tc.example.org",
        "ownTaskId": OWN_TASK_ID,
        "event": {
            "action": action,
            "number": 17,
            "pull_request": {
                "number": 17,
                "user": {"login": "jane"},
                "base": {
                    "ref": "main",
                    "sha": BASE_REV,
                    "repo": {
                        "name": "snowman",
                        "full_name": "snowman-ci/snowman",
                        "html_url": CANONICAL,
                    },
                },
                "head": {
                    "ref": "fix",
                    "sha": HEAD_REV,
                    "repo": {
                        "name": "snowman",
                        "full_name": "jane/snowman",
                        "html_url": FORK,
                    },
                },
            },
        },
    })
}

#[test]
fn push_to_main_is_level_3_and_indexed() {
    let task = render_one(&push(CANONICAL, "refs/heads/main"));
    assert_eq!(level(&task), 3);
    assert_eq!(task["taskId"], OWN_TASK_ID);
    assert_eq!(task["taskGroupId"], OWN_TASK_ID);
    assert_eq!(
        strings(&task["scopes"]),
        ["assume:repo:github.com/snowman-ci/snowman:branch:main"]
    );
    assert_eq!(
        strings(&task["routes"]),
        [
            "checks".to_owned(),
            format!("tc-treeherder.v2.snowman.{HEAD_REV}"),
            format!("index.snowman.v2.snowman.revision.{HEAD_REV}.taskgraph.decision"),
            "index.snowman.v2.snowman.latest.taskgraph.decision".to_owned(),
        ]
    );
    assert_eq!(
        command(&task),
        [
            "snowman",
            "decision",
            "--pushlog-id=0",
            "--pushdate=0",
            "--project=snowman",
            "--owner=jane@example.org",
            "--level=3",
            "--repository-type=git",
            "--base-repository=https://github.com/snowman-ci/snowman",
            "--base-ref=refs/heads/main",
            &format!("--base-rev={BASE_REV}"),
            "--head-repository=https://github.com/snowman-ci/snowman",
            "--head-ref=refs/heads/main",
            &format!("--head-rev={HEAD_REV}"),
            "--head-tag=",
            "--tasks-for=github-push",
        ]
    );
    assert_eq!(
        task["payload"]["env"],
        json!({
            "SNOWMAN_REPOSITORY_TYPE": "git",
            "SNOWMAN_BASE_REPOSITORY": CANONICAL,
            "SNOWMAN_BASE_REF": "refs/heads/main",
            "SNOWMAN_BASE_REV": BASE_REV,
            "SNOWMAN_HEAD_REPOSITORY": CANONICAL,
            "SNOWMAN_HEAD_REF": "refs/heads/main",
            "SNOWMAN_HEAD_REV": HEAD_REV,
            "SNOWMAN_HEAD_TAG": "",
        })
    );
}

#[test]
fn version_tag_is_level_3_and_never_the_latest() {
    let task = render_one(&push(CANONICAL, "refs/tags/v1.2.0"));
    assert_eq!(level(&task), 3);
    assert_eq!(
        strings(&task["scopes"]),
        ["assume:repo:github.com/snowman-ci/snowman:tag:v1.2.0"]
    );
    assert_eq!(
        strings(&task["routes"]),
        [
            "checks".to_owned(),
            format!("tc-treeherder.v2.snowman.{HEAD_REV}"),
            format!("index.snowman.v2.snowman.revision.{HEAD_REV}.taskgraph.decision"),
        ]
    );
    assert!(command(&task).contains(&"--head-tag=v1.2.0"));
    assert_eq!(task["payload"]["env"]["SNOWMAN_HEAD_TAG"], "v1.2.0");

    // The index route of the branch's decision task stays.
    let branch = render_one(&push(CANONICAL, "refs/heads/main"));
    let rank = |task: &Value| task["extra"]["index"]["rank"].as_f64().unwrap();
    assert!(rank(&task) < rank(&branch));
}

#[test]
fn other_pushes_are_level_1_and_not_indexed() {
    for (repository, reference, scope) in [
        (CANONICAL, "refs/heads/try", "snowman-ci/snowman:branch:try"),
        (
            CANONICAL,
            "refs/heads/main2",
            "snowman-ci/snowman:branch:main2",
        ),
        (
            CANONICAL,
            "refs/heads/a/main",
            "snowman-ci/snowman:branch:a/main",
        ),
        (CANONICAL, "refs/heads/v1", "snowman-ci/snowman:branch:v1"),
        (CANONICAL, "refs/tags/main", "snowman-ci/snowman:tag:main"),
        (FORK, "refs/heads/main", "jane/snowman:branch:main"),
        (FORK, "refs/tags/v1.2.0", "jane/snowman:tag:v1.2.0"),
    ] {
        let task = render_one(&push(repository, reference));
        assert_eq!(level(&task), 1, "{repository} {reference}");
        assert_eq!(strings(&task["routes"]), ["checks"]);
        assert_eq!(
            strings(&task["scopes"]),
            [format!("assume:repo:github.com/{scope}")]
        );
        assert!(command(&task).contains(&"--level=1"));
        assert!(command(&task).contains(&"--allow-parameter-override"));
        assert_eq!(task["extra"].get("index"), None);
    }
}

#[test]
fn base_of_a_new_branch_is_taken_from_the_event() {
    let mut context = push(CANONICAL, "refs/heads/try");
    context["event"]["base_ref"] = json!("refs/heads/main");
    let task = render_one(&context);
    assert!(command(&task).contains(&"--base-ref=refs/heads/main"));
}

#[test]
fn pusher_without_an_address_still_has_an_owner() {
    for email in [Some(Value::Null), None] {
        let mut context = push(CANONICAL, "refs/heads/main");
        let pusher = context["event"]["pusher"].as_object_mut().unwrap();
        pusher.shift_remove("email");
        if let Some(email) = email {
            pusher.insert("email".to_owned(), email);
        }
        let task = render_one(&context);
        assert_eq!(task["metadata"]["owner"], "jane@users.noreply.github.com");
    }
}

#[test]
fn pull_requests_are_level_1_and_not_indexed() {
    for (tasks_for, may_override) in [
        ("github-pull-request", true),
        ("github-pull-request-untrusted", false),
    ] {
        for event in ["opened", "reopened", "synchronize"] {
            let mut context = pull_request(tasks_for, event);
            for head in [FORK, CANONICAL] {
                context["event"]["pull_request"]["head"]["repo"]["html_url"] = json!(head);
                let task = render_one(&context);
                assert_eq!(level(&task), 1);
                assert_eq!(strings(&task["routes"]), ["checks"]);
                assert_eq!(
                    strings(&task["scopes"]),
                    [format!(
                        "assume:repo:github.com/snowman-ci/snowman:{}",
                        &tasks_for["github-".len()..]
                    )]
                );
                assert_eq!(
                    task["payload"]["env"]["SNOWMAN_HEAD_REPOSITORY"],
                    Value::from(head)
                );
                assert_eq!(task["payload"]["env"]["SNOWMAN_BASE_REPOSITORY"], CANONICAL);
                assert_eq!(task["payload"]["env"]["SNOWMAN_PULL_REQUEST_NUMBER"], "17");
                assert_eq!(
                    command(&task).contains(&"--allow-parameter-override"),
                    may_override
                );
            }
        }
    }
}

#[test]
fn other_events_have_no_task() {
    let mut deleted = push(CANONICAL, "refs/heads/main");
    deleted["event"]["after"] = json!("0".repeat(40));
    for context in [
        deleted,
        push(CANONICAL, "refs/notes/commits"),
        pull_request("github-pull-request", "closed"),
        pull_request("github-pull-request", "assigned"),
        json!({"tasks_for": "github-issue-comment", "ownTaskId": OWN_TASK_ID, "event": {}}),
        json!({"tasks_for": "github-release", "ownTaskId": OWN_TASK_ID, "event": {}}),
    ] {
        assert_eq!(render(&context), Vec::<Value>::new(), "for {context:#}");
    }
}

#[test]
fn hostile_names_stay_single_arguments() {
    for hostile in [
        "x --level=3",
        "x' --level='3",
        "x\" --level=\"3",
        "$(touch${IFS}pwned)",
        "`id`;id&&id|id",
        "${headRev}",
        "$${headRev}",
        "--level=3",
        "x\n--level=3",
        "*",
    ] {
        let mut from_push = push(CANONICAL, &format!("refs/heads/{hostile}"));
        from_push["event"]["pusher"]["email"] = json!(hostile);
        from_push["event"]["base_ref"] = json!(hostile);
        let mut from_fork = pull_request("github-pull-request-untrusted", "opened");
        from_fork["event"]["pull_request"]["head"]["ref"] = json!(hostile);
        from_fork["event"]["pull_request"]["user"]["login"] = json!(hostile);

        for context in [from_push, from_fork] {
            let tasks = render(&context);
            assert_eq!(tasks.len(), 1);
            let task = &tasks[0];
            assert_eq!(level(task), 1);
            let command = command(task);
            // Each option appears once, in the same place as for a harmless name.
            let names: Vec<_> = command[2..]
                .iter()
                .map(|argument| argument.split_once('=').map_or(*argument, |pair| pair.0))
                .filter(|name| *name != "--allow-parameter-override")
                .collect();
            assert_eq!(
                names,
                [
                    "--pushlog-id",
                    "--pushdate",
                    "--project",
                    "--owner",
                    "--level",
                    "--repository-type",
                    "--base-repository",
                    "--base-ref",
                    "--base-rev",
                    "--head-repository",
                    "--head-ref",
                    "--head-rev",
                    "--head-tag",
                    "--tasks-for",
                ]
            );
            assert!(command.contains(&"--level=1"));
            let head_ref = task["payload"]["env"]["SNOWMAN_HEAD_REF"].as_str().unwrap();
            assert!(head_ref.ends_with(hostile), "{head_ref}");
            assert!(command.contains(&format!("--head-ref={head_ref}").as_str()));
            let command = read(&task.clone().into(), &[], parse_arguments).unwrap();
            let Subcommand::Decision { flags, .. } = command.subcommand else {
                unreachable!("{hostile}")
            };
            assert_eq!(
                (flags.head_ref.as_str(), flags.level.as_str()),
                (head_ref, "1")
            );
        }
    }

    // Quoted cron arguments are not split into further options.
    let tasks = render(&cron(json!("3"), "'--target-tasks-method=a --level=1'"));
    let command = command(&tasks[0]);
    assert!(command.contains(&"'--target-tasks-method=a"));
    let error = read(&tasks[0].clone().into(), &[], parse_arguments).unwrap_err();
    let CommandError::Fails(reasons) = error else {
        unreachable!("{error:?}")
    };
    assert!(
        reasons[0].contains("unexpected argument ''--target-tasks-method=a'"),
        "{reasons:?}"
    );
}

#[test]
fn artifacts_are_in_the_checkout_and_expire_before_their_task() {
    let task = render_one(&push(CANONICAL, "refs/heads/main"));
    let entrypoint =
        fs::read_to_string(Path::new(ROOT).join("docker/decision/entrypoint")).unwrap();
    let checkout = entrypoint
        .lines()
        .find_map(|line| line.strip_prefix("checkout=${SNOWMAN_CHECKOUT:-"))
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap();
    let artifacts = &task["payload"]["artifacts"];
    for (name, folder) in [
        ("public", "artifacts"),
        ("public/docker-contexts", "docker-contexts"),
    ] {
        assert_eq!(artifacts[name]["path"], format!("{checkout}/{folder}"));
        assert_eq!(artifacts[name]["type"], "directory");
        // Both have the same format, so they can be compared as strings.
        assert!(artifacts[name]["expires"].as_str() < task["expires"].as_str());
    }
}

#[test]
fn the_image_is_that_of_this_version() {
    let task = render_one(&push(CANONICAL, "refs/heads/main"));
    let image = task["payload"]["image"].as_str().unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!("ghcr.io/snowman-ci/snowman-decision:{version}");
    // A digest may follow.
    assert_eq!(image.split('@').next(), Some(expected.as_str()));
}
