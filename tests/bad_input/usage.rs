//! Errors on the command line.

use crate::common::Project;
use insta::assert_snapshot;

#[test]
fn the_command_is_missing() {
    let ran = Project::new().run(&[]);
    let shown = ran.shown();
    let (top, commands) = shown.split_once("Commands:").unwrap();
    assert!(commands.contains("decision"));
    assert_snapshot!(top, @"
    exit code 2
    stderr:
    A Taskcluster decision task in one native binary: task graphs, actions and release promotion

    Usage: snowman [OPTIONS] <COMMAND>
    ");
}

#[test]
fn a_command_is_unknown() {
    let ran = Project::new().run(&["optimised"]);
    assert_snapshot!(ran.shown(), @"
    exit code 2
    stderr:
    error: unrecognized subcommand 'optimised'

      tip: a similar subcommand exists: 'optimized'

    Usage: snowman [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
}

#[test]
fn a_flag_is_unknown() {
    let ran = Project::new().run(&["full", "--jsn"]);
    assert_snapshot!(ran.shown(), @"
    exit code 2
    stderr:
    error: unexpected argument '--jsn' found

      tip: a similar argument exists: '--json'

    Usage: snowman full --json

    For more information, try '--help'.
    ");
}

#[test]
fn formats_exclude_each_other() {
    let ran = Project::new().run(&["full", "--json", "--yaml"]);
    assert_snapshot!(ran.shown(), @"
    exit code 2
    stderr:
    error: the argument '--json' cannot be used with '--yaml'

    Usage: snowman full --json

    For more information, try '--help'.
    ");
}

#[test]
fn quiet_and_verbose_exclude_each_other() {
    let ran = Project::new().run(&["full", "-q", "-v"]);
    assert_snapshot!(ran.shown(), @"
    exit code 2
    stderr:
    error: the argument '--quiet' cannot be used with '--verbose'

    Usage: snowman full [OPTIONS]

    For more information, try '--help'.
    ");
}

#[test]
fn a_flag_needs_a_value() {
    let ran = Project::new().run(&["full", "-p"]);
    assert_snapshot!(ran.shown(), @"
    exit code 2
    stderr:
    error: a value is required for '--parameters <SPEC>' but none was supplied

    For more information, try '--help'.
    ");
}

#[test]
fn a_decision_lacks_flags() {
    let ran = Project::new().run(&["decision", "--project=x"]);
    assert_snapshot!(ran.shown(), @"
    exit code 2
    stderr:
    error: the following required arguments were not provided:
      --pushlog-id <PUSHLOG_ID>
      --pushdate <PUSHDATE>
      --owner <OWNER>
      --level <LEVEL>
      --repository-type <REPOSITORY_TYPE>
      --base-repository <BASE_REPOSITORY>
      --head-repository <HEAD_REPOSITORY>
      --head-ref <HEAD_REF>
      --head-rev <HEAD_REV>
      --tasks-for <TASKS_FOR>

    Usage: snowman decision --project <PROJECT> --pushlog-id <PUSHLOG_ID> --pushdate <PUSHDATE> --owner <OWNER> --level <LEVEL> --repository-type <REPOSITORY_TYPE> --base-repository <BASE_REPOSITORY> --head-repository <HEAD_REPOSITORY> --head-ref <HEAD_REF> --head-rev <HEAD_REV> --tasks-for <TASKS_FOR>

    For more information, try '--help'.
    ");
}

#[test]
fn a_repository_is_of_an_unknown_type() {
    let ran = Project::new().run(&["decision", "--repository-type=svn"]);
    assert_snapshot!(ran.shown(), @"
    exit code 2
    stderr:
    error: invalid value 'svn' for '--repository-type <REPOSITORY_TYPE>'
      [possible values: git, hg]

    For more information, try '--help'.
    ");
}

#[test]
fn a_push_date_is_not_a_number() {
    let ran = Project::new().run(&["decision", "--pushdate=now"]);
    assert_snapshot!(ran.shown(), @"
    exit code 2
    stderr:
    error: invalid value 'now' for '--pushdate <PUSHDATE>': invalid digit found in string

    For more information, try '--help'.
    ");
}

#[test]
fn an_address_is_invalid() {
    let ran = Project::new().run(&["sandbox", "--listen=here"]);
    assert_snapshot!(ran.shown(), @"
    exit code 2
    stderr:
    error: invalid value 'here' for '--listen <ADDRESS>': invalid socket address syntax

    For more information, try '--help'.
    ");
}

#[test]
fn an_address_is_not_loopback() {
    let ran = Project::new().run(&["sandbox", "--listen=192.0.2.1:80"]);
    assert_snapshot!(ran.shown(), @"
    exit code 2
    stderr:
      × --listen 192.0.2.1:80: the sandbox only serves this machine
      help: use a loopback address, e.g. 127.0.0.1:[PORT]

    1 error
    ");
}

#[test]
fn an_id_is_invalid() {
    let ran = Project::new().run(&["test-action-callback", "--task-id=a/b", "retrigger"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 2
    stderr:
      × --task-id: taskId "a/b" contains an invalid character: '/'

    1 error
    "#);
}

#[test]
fn an_input_has_another_format() {
    let ran = Project::new().file("input.txt", "").run(&[
        "test-action-callback",
        "--input=input.txt",
        "retrigger",
    ]);
    assert_snapshot!(ran.shown(), @"
    exit code 2
    stderr:
      × the input input.txt is neither a .yml nor a .json file

    1 error
    ");
}
