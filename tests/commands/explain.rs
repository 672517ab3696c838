//! What `explain` prints, and which input it refuses.

use serde_json::Value;

use super::test_repository::{PLAIN, TestRepository};

const KIND: &str = "tasks:
    build:
        label: build-a
        description: Build it
        worker-type: linux
        worker: {docker-image: debian:12, max-run-time: 60, command: [make]}
        run-on-projects: []
        optimization: {skip-unless-changed: [src/**]}
    test:
        label: test-a
        description: Test it
        worker-type: linux
        worker: {docker-image: debian:12, max-run-time: 60, command: [make]}
        run-on-projects: [project]
        dependencies:
            build: build-a
        optimization: {skip-unless-changed: [tests/**, src/**]}
";

const PARAMETERS: &str = "files_changed: [src/lib.rs]
head_ref: main
head_rev: abc
base_rev: abd
repository_type: git
base_repository: https://github.com/org/project
head_repository: https://github.com/org/project
project: project
tasks_for: github-push
";

fn repository() -> TestRepository {
    TestRepository::new()
        .file(
            "taskcluster/kinds/build/kind.yml",
            &format!("{PLAIN}{KIND}"),
        )
        .beside("push.yml", PARAMETERS, 0o644)
}

fn json(repository: &TestRepository, arguments: &[&str]) -> Value {
    let text = repository
        .run(&[&["explain", "-J", "-q"], arguments].concat())
        .ok();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn people_read_where_a_task_is_written_why_it_is_there_and_what_has_decided() {
    let repository = repository();
    let text = repository.run(&[
        "explain",
        "-q",
        "build-a",
        "test-a",
        "build-a",
        "-p",
        "../push.yml",
    ]);
    insta::assert_snapshot!(text.ok(), @r#"
    build-a
      result      created
      written     taskcluster/kinds/build/kind.yml:4 (kind build)
      target      not selected by the target-tasks method default
                    the attribute `run_on_projects` must list `project` (the parameter `project`) or `all`; it is []
                  in the graph as a dependency:
                    test-a depends on build-a as `build`
      removing    is needed: test-a depends on it
                    test-a is kept by skip-unless-changed (skip-unless-changed): src/lib.rs matches the pattern src/**
      replacing   is not replaced by skip-unless-changed (skip-unless-changed)

    test-a
      result      created
      written     taskcluster/kinds/build/kind.yml:11 (kind build)
      target      selected by the target-tasks method default
                    the attribute `run_on_projects` must list `project` (the parameter `project`) or `all`; it is ["project"]
                    the attribute `run_on_tasks_for` must list `github-push` (the parameter `tasks_for`) or `all` if it is there; it is ["all"]
      depends on  build-a as `build`, added at taskcluster/kinds/build/kind.yml:18
      removing    is kept by skip-unless-changed (skip-unless-changed): src/lib.rs matches the pattern src/**
      replacing   is not replaced: it depends on build-a, which is created
                    build-a is not replaced by skip-unless-changed (skip-unless-changed)
    "#);
}

#[test]
fn tasks_that_keep_each_other_are_named_once() {
    let task = |name: &str, more: &str| {
        format!(
            "    {name}:
        label: {name}
        description: Do it
        worker-type: linux
        worker: {{docker-image: debian:12, max-run-time: 60, command: [make]}}
{more}"
        )
    };
    let always = "        optimization: {always: null}\n";
    let after = |only_if: &str| {
        format!("        dependencies: {{a: k-a, b: k-b}}\n        if-dependencies: [{only_if}]\n")
    };
    let tasks = [
        task("k-a", always),
        task("k-b", always),
        task("k-y", &after("a")),
        task("k-z", &after("b")),
    ];
    let kind = format!("{PLAIN}tasks:\n{}", tasks.concat());
    let repository = repository().file("taskcluster/kinds/build/kind.yml", &kind);
    let read = json(&repository, &["k-a", "k-y", "-p", "../push.yml"]);
    let kept_for = |label: &str| {
        let task = &read[0]["tasks"][label];
        assert_eq!(task["result"], "created");
        task["optimization"]["keptFor"].clone()
    };
    let [a, b, y, z] = [
        ("k-a", "is needed: k-z depends on it"),
        ("k-b", "is needed: k-y depends on it"),
        ("k-y", "is kept with k-a"),
        ("k-z", "is kept with k-b"),
    ]
    .map(|(task, text)| serde_json::json!({"task": task, "text": text}));
    assert_eq!(
        kept_for("k-a"),
        serde_json::json!([z.clone(), b.clone(), y])
    );
    assert_eq!(kept_for("k-y"), serde_json::json!([a, z, b]));
}

#[test]
fn unknown_labels_are_all_reported_with_similar_ones() {
    let repository = repository();
    let ran = repository.run(&["explain", "buidl-a", "test", "nothing", "-p", "../push.yml"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    let message = ran.message();
    for part in [
        "no task has the label `buidl-a` help: did you mean `build-a`?",
        "no task has the label `test` help: did you mean `test-a`?",
        "no task has the label `nothing` help: `snowman full` lists the labels of all tasks",
        "3 errors",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let ran = repository.run(&["explain"]);
    assert_eq!(ran.code, 2);
}

#[test]
fn json_has_an_entry_for_each_set_of_parameters() {
    let other = PARAMETERS.replace("src/lib.rs", "README");
    let repository = repository().beside("other.yml", &other, 0o644);
    let read = json(
        &repository,
        &["test-a", "-p", "../push.yml", "-p", "../other.yml"],
    );
    let result = |number: usize| {
        let set = &read[number];
        (
            set["parameters"].as_str().unwrap(),
            set["tasks"]["test-a"]["result"].as_str().unwrap(),
        )
    };
    assert_eq!(result(0), ("push", "created"));
    assert_eq!(result(1), ("other", "removed"));
    let read = json(
        &repository,
        &["test-a", "-p", "../other.yml", "--no-optimize"],
    );
    let finding = &read[0]["tasks"]["test-a"]["optimization"]["removing"][0];
    assert_eq!(finding["because"], "no-optimize");
}

#[test]
fn sets_of_parameters_are_explained_in_order_and_by_name() {
    let repository = repository()
        .beside("recorded/public/parameters.yml", PARAMETERS, 0o644)
        .beside("wrong.yml", "level: 1\n", 0o644);
    let flags = [
        "-p",
        "../push.yml",
        "-p",
        "../recorded",
        "-p",
        "../push.yml",
    ];
    let read = json(&repository, &[&["test-a"], &flags[..]].concat());
    let names = read.as_array().unwrap().iter();
    let names: Vec<_> = names
        .map(|set| set["parameters"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["push", "../recorded", "push"]);
    // The error does not say which set the explanation is for.
    let flags = ["-p", "../wrong.yml", "-p", "../push.yml"];
    let ran = repository.run(&[&["explain", "-q", "test-a"], &flags[..]].concat());
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.starts_with("With parameters from push: test-a\n"),
        "{}",
        ran.out
    );
}

#[test]
fn what_others_have_recorded_cannot_control_the_terminal() {
    let log = "optimize: build-a kept\u{1b}[2K because of \u{9b}31mnever\u{7}\n";
    let repository = repository()
        .file("out/parameters.yml", PARAMETERS)
        .file("out/optimizations.log", log);
    let text = repository
        .run(&["explain", "-q", "build-a", "-p", "out"])
        .ok();
    let told = r"optimize: build-a kept\u{1b}[2K because of \u{9b}31mnever\u{7}";
    assert!(text.contains(told), "{text}");
    assert!(
        !text.contains(|c: char| c.is_control() && c != '\n'),
        "{text:?}"
    );
}

#[test]
fn a_graph_that_verification_refuses_is_explained() {
    let repository = repository();
    // Two tasks have one symbol.
    let shown = "        treeherder: {symbol: A, kind: build, tier: 1, platform: linux/opt}\n";
    let kind = KIND.replace(
        "        run-on-projects",
        &format!("{shown}        run-on-projects"),
    );
    let repository = repository.file(
        "taskcluster/kinds/build/kind.yml",
        &format!("{PLAIN}{kind}"),
    );
    let arguments = ["test-a", "-q", "-p", "../push.yml"];
    assert_eq!(
        repository.run(&[&["full"], &arguments[1..]].concat()).code,
        1
    );
    assert_eq!(
        repository
            .run(&[&["explain"], &arguments[..]].concat())
            .code,
        0
    );
}

#[test]
fn artifacts_say_what_was_recorded_and_where_reused_tasks_come_from() {
    let old = "fN1SbArXTPSVFUUvaOlinQ";
    let graph = "AbCdEfGhQ0aLmNoPqRsTug";
    let parameters = format!("{PARAMETERS}existing_tasks: {{build-a: {old}}}\n");
    let provenance = serde_json::json!({
        "action": "BcDeFgHiR1eMnOpQrStUvg",
        "flavors": ["promote"],
        "previous": [graph],
        "graphs": {graph: {"revision": "abc", "previous": []}},
        "tasks": {"build-a": {"taskId": old, "how": "reused", "graph": graph, "revision": "abc"}},
    });
    let log = format!(
        "optimize: build-a replaced with {old} because of existing_tasks\n\
         optimize: build-ab kept because of never\n\
         not replacing test-a with X because it expires\n"
    );
    let repository = repository()
        .file("out/parameters.yml", &parameters)
        .file("out/provenance.json", &provenance.to_string())
        .file("out/optimizations.log", &log)
        .file(
            "out/label-to-taskid.json",
            &format!("{{\"build-a\": \"{old}\"}}"),
        );
    let read = json(&repository, &["build-a", "test-a", "-p", "out"]);
    let tasks = &read[0]["tasks"];
    assert_eq!(read[0]["parameters"], "out");
    let build = &tasks["build-a"];
    assert_eq!(
        (&build["result"], &build["taskId"]),
        (&"replaced".into(), &old.into())
    );
    let promotion = &build["optimization"]["promotion"];
    assert_eq!(promotion["existingTask"], old);
    assert_eq!(promotion["origin"]["graph"], graph);
    assert_eq!(build["recorded"]["taskId"], old);
    assert_eq!(
        build["recorded"]["log"],
        serde_json::json!([log.lines().next()])
    );
    let test = &tasks["test-a"];
    assert_eq!(
        test["recorded"]["log"],
        serde_json::json!([log.lines().last()])
    );
    assert_eq!(
        test["optimization"]["promotion"]["existingTask"],
        Value::Null
    );
    // An artifact that was cut off is refused.
    let repository = repository.file("out/provenance.json", "{\"action\": ");
    let ran = repository.run(&["explain", "test-a", "-p", "out"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.message().contains("provenance.json is malformed"),
        "{}",
        ran.err
    );
}
