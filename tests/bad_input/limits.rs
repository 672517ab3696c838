//! Files that would fill the memory or the screen, and content that YAML has and JSON has not.

use super::common::Project;
use insta::assert_snapshot;

#[test]
fn aliases_would_fill_the_memory() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..20 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        text.push_str(&format!("a{i}: &a{i} [{aliases}]\n"));
    }
    let ran = Project::new().kind("build", &text).run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: with its aliases expanded the document has more than 1000000 nodes
       ╭─[taskcluster/kinds/build/kind.yml:1:19]
     1 │ a0: &a0 [x, x, x, x, x, x, x, x, x, x]
       ·                   ─
     2 │ a1: &a1 [*a0, *a0, *a0, *a0, *a0, *a0, *a0, *a0, *a0, *a0]
       ╰────

    1 mistake
    ");
}

#[test]
fn an_alias_holds_itself() {
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
      × kind `build`: the alias `*tasks` stands inside its own anchor
       ╭─[taskcluster/kinds/build/kind.yml:2:8]
     1 │ tasks: &tasks
     2 │     a: *tasks
       ·        ──────
       ╰────
      help: a value cannot hold itself; write out the part that is meant

    1 mistake
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

    1 mistake
    ");
}

#[test]
fn a_file_is_huge() {
    let text = format!("tasks: {{}}\n# {}\n", "x".repeat(17 * 1024 * 1024));
    let ran = Project::new().kind("build", &text).run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: `taskcluster/kinds/build/kind.yml` has 17825805 bytes; a YAML file may have
      │ 16777216

    1 mistake
    ");
}

#[test]
fn a_line_is_long() {
    let text = format!("tasks: [{}]\n", "abc, ".repeat(2000));
    let ran = Project::new().kind("build", &text).run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: `tasks` is a list, where a mapping of names to values is expected
       ╭─[taskcluster/kinds/build/kind.yml:1:1]
     1 │ tasks: [abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, abc, ab…
       · ─────
       ╰────

    1 mistake
    ");
}

#[test]
fn a_file_is_no_text() {
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

    1 mistake
    ");
}

#[test]
fn a_date_is_no_text() {
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
      × kind `build`: `2030-01-01` is a date, which JSON cannot hold
       ╭─[taskcluster/kinds/build/kind.yml:4:22]
     3 │ tasks:
     4 │     a: {description: 2030-01-01, worker-type: succeed}
       ·                      ──────────
       ╰────
      help: write '2030-01-01' in quotes to have a string

    1 mistake
    ");
}

#[test]
fn a_mistake_stands_far_to_the_right() {
    let text = format!("tasks: {{{} b: [}}\n", "a: {}, ".repeat(100));
    let ran = Project::new().kind("build", &text).run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: did not find expected node content
      │   cause: while parsing a flow node that starts on line 1
      │   at taskcluster/kinds/build/kind.yml:1:714

    1 mistake
    ");
}
