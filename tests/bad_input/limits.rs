//! Files that would exhaust the memory or fill the screen, and YAML that JSON cannot represent.

use std::collections::BTreeMap;

use crate::common::Project;
use crate::common::taskcluster::Taskcluster;
use insta::assert_snapshot;

#[test]
fn aliases_would_exhaust_the_memory() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..20 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        text.push_str(&format!("a{i}: &a{i} [{aliases}]\n"));
    }
    let ran = Project::new().kind("build", &text).run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: with its aliases expanded, the document has more than 1000000 nodes
       ╭─[taskcluster/kinds/build/kind.yml:1:19]
     1 │ a0: &a0 [x, x, x, x, x, x, x, x, x, x]
       ·                   ─
     2 │ a1: &a1 [*a0, *a0, *a0, *a0, *a0, *a0, *a0, *a0, *a0, *a0]
       ╰────

    1 error
    ");
}

#[test]
fn an_alias_contains_itself() {
    let ran = Project::new()
        .kind(
            "build",
            "\
tasks: &tasks
    a: *tasks
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: the alias `*tasks` is inside its own anchor
       ╭─[taskcluster/kinds/build/kind.yml:2:8]
     1 │ tasks: &tasks
     2 │     a: *tasks
       ·        ──────
       ╰────
      help: a value cannot contain itself; write out the part that you mean

    1 error
    ");
}

#[test]
fn nesting_is_deep() {
    let text = format!("tasks: {}{}\n", "[".repeat(5000), "]".repeat(5000));
    let ran = Project::new().kind("build", &text).run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: lists and mappings are nested more than 100 deep
       ╭─[taskcluster/kinds/build/kind.yml:1:107]
     1 │ tasks: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…
       ·                                                                                                           ─────────────────────────────────────────────
       ╰────

    1 error
    ");
}

#[test]
fn a_file_is_too_large() {
    let text = format!("tasks: {{}}\n# {}\n", "x".repeat(17 * 1024 * 1024));
    let ran = Project::new().kind("build", &text).run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: `taskcluster/kinds/build/kind.yml` has 17825805 bytes; a YAML file may have at
      │ most 16777216

    1 error
    ");
}

#[test]
fn a_line_is_very_long() {
    let text = format!("tasks: [{}]\n", "abc, ".repeat(2000));
    let ran = Project::new().kind("build", &text).run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: `tasks`: expected a mapping of names to values, found a list
       ╭─[taskcluster/kinds/build/kind.yml:1:1]
     1 │ tasks: [abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, ab…
       · ─────
       ╰────

    1 error
    ");
}

#[test]
fn a_file_is_not_text() {
    let ran = Project::new()
        .file("taskcluster/kinds/build/kind.yml", b"tasks:\n    a: \xff\n")
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: the file is not valid UTF-8
       ╭─[taskcluster/kinds/build/kind.yml:2:8]
     1 │ tasks:
     2 │     a: �
       ·        ─
       ╰────
      help: save the file as UTF-8

    1 error
    ");
}

#[test]
fn a_date_is_not_a_string() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a: {description: 2030-01-01, worker-type: succeed}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: `2030-01-01` is a date, which JSON cannot represent
       ╭─[taskcluster/kinds/build/kind.yml:4:22]
     3 │ tasks:
     4 │     a: {description: 2030-01-01, worker-type: succeed}
       ·                      ──────────
       ╰────
      help: write '2030-01-01' in quotes to make it a string

    1 error
    ");
}

#[test]
fn an_error_is_far_to_the_right() {
    let text = format!("tasks: {{{} b: [}}\n", "a: {}, ".repeat(100));
    let ran = Project::new().kind("build", &text).run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: did not find expected node content
      │   cause: while parsing a flow node
      │   at taskcluster/kinds/build/kind.yml:1:714

    1 error
    ");
}

/// A kind with the image `name`, whose folder is that of `base`.
fn image(name: &str) -> Project {
    Project::new()
        .kind(
            "docker-image",
            &format!(
                "\
transforms: [taskgraph.transforms.docker_image, taskgraph.transforms.cached_tasks, taskgraph.transforms.task]
loader: taskgraph.loader.transform:loader
tasks:
    {name}: {{symbol: I(base), definition: base}}
"
            ),
        )
        .file("taskcluster/docker/base/Dockerfile", "FROM debian:12\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_named_like_a_path() {
    let taskcluster = Taskcluster::new().await;
    let project = image("../../../escaped").without("taskcluster/kinds/build");
    let outside = project.root().parent().unwrap().join("escaped.tar.gz");
    let ran = taskcluster.decide(project, &[]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `docker-image`, task `../../../escaped`: invalid image name "../../../escaped"
       ╭─[taskcluster/kinds/docker-image/kind.yml:4:5]
     3 │ tasks:
     4 │     ../../../escaped: {symbol: I(base), definition: base}
       ·     ────────────────
       ╰────
      help: remove the slashes; set `definition` for a nested folder

    1 error; nothing was created
    "#);
    assert!(!outside.exists());
    assert_eq!(taskcluster.created(), BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_of_artifacts_is_a_link() {
    let taskcluster = Taskcluster::new().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let project = Project::new();
    std::os::unix::fs::symlink(elsewhere.path(), project.root().join("artifacts")).unwrap();
    let ran = taskcluster.decide(project, &[]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × cannot write the artifact artifacts/parameters.yml
      │   cause: `artifacts` is a link tracked by version control that points outside the checkout
      help: remove `artifacts` from the repository; links that the task creates may point anywhere

    1 error; nothing was created
    ");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    assert_eq!(taskcluster.created(), BTreeMap::new());
}

#[test]
fn a_regular_expression_takes_too_long() {
    let pattern = r"(?=(a|aa|a)+$)(?:(a|a)*)*\2b";
    let label = "a".repeat(200);
    let ran = Project::new()
        .plain(&format!(
            "tasks:\n    {label}: {{description: A, worker-type: succeed}}\n"
        ))
        .run(&["full", "--tasks-regex", &format!("build-{pattern}")]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 0
    stderr:
    WARN gave up matching the regular expression "build-(?=(a|aa|a)+$)(?:(a|a)*)*\\2b" against "build-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"; treating it as no match: Error executing regex: Max limit for backtracking count exceeded
    "#);
    let ran = Project::new().run(&["full", "--tasks-regex", "((a{100}){100}){1000}"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 2
    stderr:
      × --tasks-regex: "((a{100}){100}){1000}" is not a valid regular expression: it is too large once
      │ its repetitions are expanded

    1 error
    "#);
}

#[test]
fn a_template_reaches_for_the_environment() {
    let tasks = "\
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task_context, taskgraph.transforms.task]
tasks:
    a:
        description: '{os.environ[SHELL_TOKEN]} {environ} {description.__class__}'
        worker-type: succeed
        task-context:
            substitution-fields: [description]
";
    let ran = Project::new()
        .kind("build", tasks)
        .variable("SHELL_TOKEN", "not-to-be-seen-by-anybody")
        .run(&["full", "--json"]);
    assert!(!ran.shown().contains("not-to-be-seen"));
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `a`: "{os.environ[SHELL_TOKEN]} {environ} {description.__class__}" uses `os`,
      │ which is not defined here; available: name (write literal braces twice)
       ╭─[taskcluster/kinds/build/kind.yml:5:9]
     4 │     a:
     5 │         description: '{os.environ[SHELL_TOKEN]} {environ} {description.__class__}'
       ·         ───────────
     6 │         worker-type: succeed
       ╰────
      help: available values: name; write literal braces twice

    1 error
    "#);
}
