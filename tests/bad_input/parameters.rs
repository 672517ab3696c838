//! Errors in parameters and in what overrides them.

use crate::common::Project;
use insta::assert_snapshot;

#[test]
fn the_parameters_do_not_exist() {
    let ran = Project::new().run(&["full", "-p", "parms.yml"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × no parameters found at `parms.yml`
      help: pass a file (.yml or .json), a folder, a URL, `task-id=…`, `index=…` or `project=…`

    1 error
    ");
}

#[test]
fn a_date_is_out_of_range() {
    let ran = Project::new()
        .file("params.yml", "build_date: 9007199254740993\npushdate: -1\n")
        .run(&["full", "-p", "params.yml"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × parameters: `build_date` is 9007199254740993, which is not in the years 1 to 9999
       ╭─[params.yml:1:1]
     1 │ build_date: 9007199254740993
       · ──────────
     2 │ pushdate: -1
       ╰────
      help: write the date in seconds since 1970

    1 error
    ");
}

#[test]
fn parameters_are_malformed() {
    let ran = Project::new()
        .file(
            "params.yml",
            "\
level: [
",
        )
        .run(&["full", "-p", "params.yml"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × did not find expected node content
      │   cause: while parsing a flow node
       ╭─[params.yml:2:1]
     1 │ level: [
       ╰────

    1 error
    ");
}

#[test]
fn parameters_are_not_json() {
    let ran = Project::new()
        .file(
            "params.json",
            "\
{\"level\": }
",
        )
        .run(&["full", "-p", "params.json"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × params.json is not valid JSON: expected value
       ╭─[params.json:1:11]
     1 │ {"level": }
       ·           ─
       ╰────

    1 error
    "#);
}

#[test]
fn parameters_are_not_a_mapping() {
    let ran = Project::new()
        .file(
            "params.yml",
            "\
- level
",
        )
        .file(
            "params.json",
            "\
[]
",
        )
        .run(&["full", "-p", "params.yml", "-p", "params.json"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × parameters: params.yml is a list, not a mapping
       ╭─[params.yml:1:1]
     1 │ - level
       · ─
       ╰────

      × parameters: params.json is a list, not a mapping

    2 errors
    ");
}

#[test]
fn parameters_are_mistyped() {
    let ran = Project::new()
        .file(
            "params.yml",
            "\
level: 3
build_date: now
filters: target_tasks_method
files_changed: [1]
build_number: true
release_history: []
",
        )
        .run(&["full", "-p", "params.yml"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × parameters: `build_date`: expected an integer, found the string "now"
       ╭─[params.yml:2:1]
     1 │ level: 3
     2 │ build_date: now
       · ──────────
     3 │ filters: target_tasks_method
       ╰────

      × parameters: `build_number`: expected an integer, found the boolean true
       ╭─[params.yml:5:1]
     4 │ files_changed: [1]
     5 │ build_number: true
       · ────────────
     6 │ release_history: []
       ╰────

      × parameters: `files_changed[0]`: expected a string, found 1
       ╭─[params.yml:4:17]
     3 │ filters: target_tasks_method
     4 │ files_changed: [1]
       ·                 ─
     5 │ build_number: true
       ╰────

      × parameters: `filters`: expected a list of strings, found the string "target_tasks_method"
       ╭─[params.yml:3:1]
     2 │ build_date: now
     3 │ filters: target_tasks_method
       · ───────
     4 │ files_changed: [1]
       ╰────

      × parameters: `level`: expected a string, found 3
       ╭─[params.yml:1:1]
     1 │ level: 3
       · ─────
     2 │ build_date: now
       ╰────

    5 errors
    "#);
}

#[test]
fn existing_tasks_are_malformed() {
    let ran = Project::new()
        .file(
            "params.yml",
            "\
existing_tasks: {build-linux: a/b, build-mac: 5}
",
        )
        .run(&["optimized", "-p", "params.yml"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × parameters: `existing_tasks.build-mac`: expected a string, found 5
       ╭─[params.yml:1:36]
     1 │ existing_tasks: {build-linux: a/b, build-mac: 5}
       ·                                    ─────────
       ╰────

    1 error
    ");
}

#[test]
fn a_folder_has_no_parameters() {
    let ran = Project::new()
        .file(
            "params/readme.txt",
            "\
x",
        )
        .run(&["full", "-p", "params"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × the folder params has no .yml or .json file

    1 error
    ");
}

#[test]
fn several_parameters_are_wrong() {
    let ran = Project::new()
        .file(
            "params/a.yml",
            "\
level: 3
",
        )
        .file(
            "params/b.yml",
            "\
level: \"1\"
",
        )
        .file(
            "params/c.yml",
            "\
build_date: x
",
        )
        .run(&["full", "-p", "params"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stdout:
    build-linux
    stderr:
      × parameters: `level`: expected a string, found 3
       ╭─[params/a.yml:1:1]
     1 │ level: 3
       · ─────
       ╰────

      × parameters: `build_date`: expected an integer, found the string "x"
       ╭─[params/c.yml:1:1]
     1 │ build_date: x
       · ──────────
       ╰────

    2 errors
    "#);
}

#[test]
fn a_target_tasks_method_is_unknown() {
    let ran = Project::new()
        .file(
            "params.yml",
            "\
target_tasks_method: defualt
",
        )
        .run(&["target", "-p", "params.yml"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × unknown target-tasks method `defualt`
      help: did you mean `default`?

    1 error
    ");
}

#[test]
fn a_target_tasks_method_is_the_projects_own() {
    let ran = Project::new()
        .file(
            "params.yml",
            "\
target_tasks_method: nightly_desktop
",
        )
        .run(&["target", "-p", "params.yml"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × unknown target-tasks method `nightly_desktop`
      help: register it if the project defines it in Python; available: codereview, default, nothing,
            promote, promote_partners, push, ship, try_tasks

    1 error
    ");
}

#[test]
fn a_filter_is_unknown() {
    let ran = Project::new()
        .file(
            "params.yml",
            "\
filters: [target_tasks_methods, other]
",
        )
        .run(&["target", "-p", "params.yml"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × unknown filter `target_tasks_methods`
      help: the only built-in filter is `target_tasks_method`

    1 error
    ");
}

#[test]
fn a_regular_expression_is_invalid() {
    let ran = Project::new().run(&["full", "--tasks-regex", "build-("]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 2
    stderr:
      × --tasks-regex: "build-(" is not a valid regular expression: missing ), unterminated subpattern
      │ at position 6

    1 error
    "#);
}
