//! Several mistakes in one task, all of which are reported at once.

use crate::common::Project;
use insta::assert_snapshot;

/// The messages of a command, each on one line, without their source lines.
fn messages(project: Project, arguments: &[&str]) -> Vec<String> {
    let ran = project.run(arguments);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let mut found: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in ran.stderr.lines().map(str::trim) {
        if let Some(message) = line.strip_prefix("× ") {
            found.push(message.to_owned());
            is_open = true;
        } else if let (true, Some(rest), Some(last)) =
            (is_open, line.strip_prefix("│ "), found.last_mut())
        {
            last.push_str(&format!(" {}", rest.trim()));
        } else {
            is_open = false;
        }
    }
    found
}

/// A text on one line, without the margins of messages.
fn flat(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| *word != "│");
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn misspelt_keys_explain_what_is_missing() {
    let project = Project::new().plain(
        "tasks:
    linux:
        worker-tpye: linux
        descripton: Build it
        expires-aftr: 1 day
        worker:
            docker-image: debian
            max-run-time: 600
",
    );
    let found = messages(project, &["full"]);
    assert_eq!(
        found,
        [
            "kind `build`, task `linux`: unknown key `worker-tpye`",
            "kind `build`, task `linux`: unknown key `descripton`",
            "kind `build`, task `linux`: unknown key `expires-aftr`",
        ]
    );
}

#[test]
fn an_unknown_alias_hides_no_other_mistake() {
    let project = Project::new().plain(
        "tasks:
    linux:
        description: Build it
        worker-type: linus
        deadline-after: 2 fortnights
        expires-after: long
        if-dependencies: [other]
        scopes: ['{unknown}']
        priority: urgent
        treeherder: {platform: linux64, symbol: B}
        worker:
            docker-image: debian
            max-run-time: an hour
",
    );
    let mut found = messages(project, &["full"]);
    found.sort_unstable();
    let expected = [
        "`deadline-after`: unknown unit",
        "`expires-after`:",
        "`if-dependencies` lists `other`",
        "`priority` is \"urgent\"",
        "`max-run-time`: expected an integer",
        "unknown worker alias `linus`",
        "no collection",
        "\"{unknown}\" uses `unknown`",
    ];
    for part in expected {
        assert!(
            found.iter().any(|message| message.contains(part)),
            "{part}: {found:#?}"
        );
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn mistakes_of_a_run_description_and_of_its_task_description() {
    let project = Project::new().kind(
        "build",
        "tasks:
    linux:
        descripton: Build it
        worker-type: linus
        lable: other
        expires-after: soon
        run:
            using: run-tusk
            command: make
        worker:
            docker-image: debian
            max-run-time: long
    mac:
        description: Build it
        worker-type: linux
        run:
            using: run-task
            comand: make
            cwd: 5
        worker:
            docker-image: debian
            max-run-time: long
",
    );
    assert_snapshot!(messages(project, &["full"]).join("\n"), @r#"
    kind `build`, task `linux`: `description` is missing
    kind `build`, task `linux`: unknown worker alias `linus`
    kind `build`, task `linux`: unknown `run.using` "run-tusk"
    kind `build`, task `linux`: unknown key `lable`
    kind `build`, task `linux`: `expires-after`: "soon" is not a time span; write a number and a unit, e.g. `14 days`
    kind `build`, task `linux`: in `worker`: `max-run-time`: expected an integer, found the string "long"
    kind `build`, task `mac`: in `run`: `command` is missing
    kind `build`, task `mac`: in `run`: `cwd`: expected a string, found 5
    kind `build`, task `mac`: in `worker`: `max-run-time`: expected an integer, found the string "long"
    "#);
}

#[test]
fn a_transform_that_refuses_a_task_hides_no_mistake_of_later_ones() {
    let project = Project::new().kind(
        "build",
        "transforms: [taskgraph.transforms.matrix]
tasks:
    linux:
        descripton: Build it
        worker-type: linus
        deadline-after: '{matrix[os]}'
        expires-after: 3 moons
        matrix: {os: [windows], set-name: true}
        run: {using: run-task, comand: make}
        worker: {docker-image: debian, max-run-time: {by-level: {default: 5}}}
    mac:
        description: Build it
        worker-type: linux
        run: {using: run-tusk}
        worker: {docker-image: debian, max-run-time: long}
",
    );
    assert_snapshot!(messages(project, &["full"]).join("\n"), @r#"
    kind `build`, task `linux`: `matrix.set-name`: expected a string, found the boolean true
    kind `build`, task `linux`: unknown key `descripton`
    kind `build`, task `linux`: `expires-after`: unknown unit "moons" in "3 moons"; units are second, minute, hour, day, week, month, year (also plural, or s, min, h, d, w, mo, y)
    kind `build`, task `linux`: unknown worker alias `linus`
    kind `build`, task `linux`: in `run`: `command` is missing
    kind `build`, task `mac`: in `worker`: `max-run-time`: expected an integer, found the string "long"
    kind `build`, task `mac`: unknown `run.using` "run-tusk"
    "#);
}

#[test]
fn values_that_are_keyed_where_no_key_is_taken() {
    let project = Project::new().plain(
        "tasks:
    linux:
        description: {by-project: {default: Build it}}
        worker-type: {by-level: {'3': linux, default: linux}}
        worker:
            docker-image: debian
            max-run-time: {by-level: {default: 600}}
",
    );
    let ran = project.run(&["full"]);
    for by in ["by-project", "by-level"] {
        let help = format!("this key cannot be keyed (`{by}`)");
        assert!(ran.stderr.contains(&help), "{}", ran.stderr);
    }
    assert!(ran.stderr.ends_with("3 errors\n"), "{}", ran.stderr);
}

#[test]
fn keys_of_transforms_that_the_kind_does_not_have() {
    let worker = "        worker: {docker-image: debian, max-run-time: 600}\n";
    for (key, transform) in [
        (
            "run: {using: run-task, command: make}",
            "taskgraph.transforms.run",
        ),
        ("chunk: {total-chunks: 2}", "taskgraph.transforms.chunking"),
        (
            "from-deps: {kinds: [other]}",
            "taskgraph.transforms.from_deps",
        ),
        ("fetches: {toolchain: [clang]}", "taskgraph.transforms.run"),
    ] {
        let tasks = format!(
            "tasks:\n    linux:\n        description: d\n        worker-type: linux\n        {key}\n{worker}"
        );
        let ran = Project::new().plain(&tasks).run(&["full"]);
        let key = key.split(':').next().unwrap();
        let error = format!("unknown key `{key}`");
        let stderr = flat(&ran.stderr);
        let help =
            format!("`{key}` is a key of another transform: add `{transform}` to `transforms`");
        assert!(
            stderr.contains(&error) && stderr.contains(&help),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_key_that_nobody_has_written() {
    let ran = Project::new()
        .config("aliases:\n", "aliases:\n        images: {provisioner: p, implementation: docker-worker, os: linux, worker-type: i}\n")
        .file("taskcluster/docker/base/Dockerfile", "FROM debian:12\n")
        .kind(
            "docker-image",
            "loader: taskgraph.loader.transform:loader
transforms:
    - taskgraph.transforms.docker_image:transforms
    - taskgraph.transforms.task:transforms
tasks:
    base: {}
",
        )
        .run(&["full", "-k", "docker-image"]);
    assert_eq!(ran.code, Some(1));
    let stderr = flat(&ran.stderr);
    assert!(
        stderr.contains("an earlier transform has added the key `cache`, which no later one uses")
            && stderr.contains("add `taskgraph.transforms.cached_tasks` to `transforms`, before"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_transforms_of_a_kind_are_misspelt() {
    let ran = Project::new()
        .kind(
            "build",
            "loader: taskgraph.loader.transform:loader
transfroms: [taskgraph.transforms.task:transforms]
tasks: {}
",
        )
        .run(&["full", "-q"]);
    let stderr = flat(&ran.stderr);
    assert!(
        stderr.contains("`transforms` is missing")
            && stderr.contains("kind.yml:2:1]")
            && stderr.contains("did you mean `transforms` instead of `transfroms`?"),
        "{stderr}"
    );
}

#[test]
fn strategies_that_nobody_has() {
    let task = |name: &str, strategy: &str| {
        format!(
            "    {name}:
        description: d
        worker-type: linux
        run-on-projects: []
        optimization:
            {strategy}: [src/**]
        worker: {{docker-image: debian, max-run-time: 600}}
"
        )
    };
    let tasks = format!(
        "tasks:\n{}{}",
        task("a", "skip-unless-change"),
        task("b", "something-else")
    );
    let ran = Project::new().plain(&tasks).run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `build-a`: unknown optimization strategy `skip-unless-change`
        ╭─[taskcluster/kinds/build/kind.yml:9:13]
      8 │         optimization:
      9 │             skip-unless-change: [src/**]
        ·             ──────────────────
     10 │         worker: {docker-image: debian, max-run-time: 600}
        ╰────
      help: did you mean `skip-unless-changed`?

      × kind `build`, task `build-b`: unknown optimization strategy `something-else`
        ╭─[taskcluster/kinds/build/kind.yml:16:13]
     15 │         optimization:
     16 │             something-else: [src/**]
        ·             ──────────────
     17 │         worker: {docker-image: debian, max-run-time: 600}
        ╰────
      help: register it with `taskgraph.optimize.base.register_strategy`, in a module that the function
            of `taskgraph.register` in config.yml imports; available: always, index-search, never,
            skip-unless-changed

    2 errors
    ");
}

#[test]
fn dependencies_are_shown_where_they_are_written() {
    let project = Project::new().plain(
        "task-defaults:
    description: d
    worker-type: linux
    worker: {docker-image: debian, max-run-time: 600}
tasks:
    a:
        dependencies:
            first: build-b
            second: build-c
    b:
        dependencies:
            myself: build-b
",
    );
    let ran = project.run(&["full"]);
    assert!(
        ran.stderr.contains("the dependency `second` is `build-c`")
            && ran.stderr.contains("kind.yml:11:13]"),
        "{}",
        ran.stderr
    );
    let project = project.plain(
        "tasks:
    b:
        description: d
        worker-type: linux
        worker: {docker-image: debian, max-run-time: 600}
        dependencies:
            myself: build-b
",
    );
    let ran = project.run(&["full"]);
    assert!(
        ran.stderr.contains("the task depends on itself: build-b")
            && ran.stderr.contains("kind.yml:9:13]"),
        "{}",
        ran.stderr
    );
}

#[test]
fn deadline_and_expiry_are_both_wrong() {
    let project = Project::new().plain(
        "tasks:
    linux:
        description: d
        worker-type: linux
        run-on-projects: [all]
        deadline-after: 60 days
        expires-after: 28 days
        worker: {docker-image: debian, max-run-time: 600, command: [make]}
",
    );
    let found = messages(project, &["verify"]);
    assert!(
        found
            .iter()
            .any(|message| message.contains("`expires` is before `deadline`")),
        "{found:#?}"
    );
}

#[test]
fn tasks_that_may_run_past_their_deadline_are_warned_of() {
    let task = |name: &str, seconds: u32| {
        format!(
            "    {name}: {{description: d, worker-type: linux, run-on-projects: [all], deadline-after: 2 hours, \
             worker: {{docker-image: debian, max-run-time: {seconds}, command: [make]}}}}\n"
        )
    };
    let tasks = format!("tasks:\n{}{}", task("long", 7201), task("short", 7200));
    let ran = Project::new().plain(&tasks).run(&["verify", "-q"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("`build-long` (7201 s until its end, 7200 s until its deadline)"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("build-short"), "{}", ran.stderr);
}

#[test]
fn patterns_that_look_like_exceptions_are_warned_of() {
    let ran = Project::new()
        .plain(
            "tasks:
    linux:
        description: d
        worker-type: linux
        optimization: {skip-unless-changed: [src/**, '!src/docs/**']}
        worker: {docker-image: debian, max-run-time: 600}
",
        )
        .run(&["full", "-q"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "build-linux\n"));
    assert!(
        ran.stderr
            .contains("kind.yml:7:9: task `build-linux`: the pattern `!src/docs/**`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn folders_and_kinds_without_anything_are_warned_of() {
    let ran = Project::new()
        .file("taskcluster/kinds/later/README.md", "")
        .file("taskcluster/kinds/named/kind.yaml", "tasks: {}\n")
        .file("taskcluster/kinds/_shared/x.yml", "")
        .kind("empty", "kind-dependencies: []\n")
        .run(&["full", "-q"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "build-linux\n"));
    assert_snapshot!(ran.stderr, @"
    WARN taskcluster/kinds/empty/kind.yml: the kind `empty` has no tasks; write them under `tasks`, or list their files in `tasks-from`
    WARN the folder taskcluster/kinds/later is no kind, because it has no kind.yml
    WARN the folder taskcluster/kinds/named is no kind, because it has no kind.yml; is kind.yaml meant?
    ");
}

#[test]
fn quotes_and_braces() {
    let broken = |text: &str| {
        let text = format!("tasks:\n    a:\n        {text}\n");
        let ran = Project::new().kind("build", &text).run(&["full"]);
        assert_eq!(ran.code, Some(1), "{text}");
        ran.stderr
    };
    for (text, place, message) in [
        (
            "description: 'It\n        other: 'x'",
            "kind.yml:3:22]",
            "the quote that begins here is only closed on line 4",
        ),
        (
            "description: \"It\n        other: x",
            "kind.yml:3:22]",
            "the quote that begins here is not closed",
        ),
        (
            "description: 'It isn't'",
            "kind.yml:3:22]",
            "the text in quotes that begins here ends at column",
        ),
        (
            "label: {name}-x",
            "kind.yml:3:22]",
            "put text that begins with `{` in quotes",
        ),
        (
            "command: [{a}b, c]",
            "kind.yml:3:22]",
            "put text that begins with `{` in quotes",
        ),
        (
            "env: {{matrix[os]}: b}",
            "kind.yml:3:",
            "put text that begins with `{` in quotes",
        ),
        (
            "description: *.txt",
            "kind.yml:3:23]",
            "put text that begins with `*` or `&` in quotes",
        ),
        (
            "label: {name}",
            "kind.yml:3:9]",
            "put text that begins with `{` in quotes: '{name}'",
        ),
        (
            "label: [x] y",
            "kind.yml:3:",
            "put text that begins with `[` in quotes",
        ),
    ] {
        let stderr = broken(text);
        assert!(
            stderr.contains(place) && stderr.contains(message),
            "{text}: {stderr}"
        );
    }
}
