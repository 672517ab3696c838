//! Errors in alternatives and formats.

use crate::common::Project;
use insta::assert_snapshot;

#[test]
fn no_alternative_matches() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: [taskgraph.transforms.task_context]
tasks:
    linux:
        description: {by-flavour: {vanila: x, mint: y}}
        worker-type: linux
        worker:
            docker-image: debian:12
            max-run-time: 600
        run:
            using: run-task
            command: make
        task-context:
            substitution-fields: [description, run.command]
            from-object: {flavour: vanilla}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `linux`: no alternative of `by-flavour` matches 'vanilla', and there is no
      │ `default`, in `description` of `linux`
       ╭─[taskcluster/kinds/build/kind.yml:4:9]
     3 │     linux:
     4 │         description: {by-flavour: {vanila: x, mint: y}}
       ·         ───────────
     5 │         worker-type: linux
       ╰────
      help: did you mean `vanila`? otherwise add a `default` alternative

    1 error
    ");
}

#[test]
fn several_alternatives_match() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: [taskgraph.transforms.task_context]
tasks:
    linux:
        description: {by-flavour: {van.*: x, .*illa: y}}
        worker-type: linux
        worker:
            docker-image: debian:12
            max-run-time: 600
        run:
            using: run-task
            command: make
        task-context:
            substitution-fields: [description, run.command]
            from-object: {flavour: vanilla}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `linux`: several alternatives of `by-flavour` match 'vanilla': `van.*`,
      │ `.*illa`, in `description` of `linux`
       ╭─[taskcluster/kinds/build/kind.yml:4:9]
     3 │     linux:
     4 │         description: {by-flavour: {van.*: x, .*illa: y}}
       ·         ───────────
     5 │         worker-type: linux
       ╰────
      help: write the alternatives so that only one matches

    1 error
    ");
}

#[test]
fn there_is_only_a_default() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: [taskgraph.transforms.task_context]
tasks:
    linux:
        description: {by-flavour: {default: x}}
        worker-type: linux
        worker:
            docker-image: debian:12
            max-run-time: 600
        run:
            using: run-task
            command: make
        task-context:
            substitution-fields: [description, run.command]
            from-object: {flavour: vanilla}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `linux`: `by-flavour` has no alternative but `default`, so it is not needed,
      │ in `description` of `linux`
       ╭─[taskcluster/kinds/build/kind.yml:4:9]
     3 │     linux:
     4 │         description: {by-flavour: {default: x}}
       ·         ───────────
     5 │         worker-type: linux
       ╰────
      help: write the value without `by-…`

    1 error
    ");
}

#[test]
fn an_attribute_is_unknown() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: [taskgraph.transforms.task_context]
tasks:
    linux:
        description: {by-taste: {vanilla: x}}
        worker-type: linux
        worker:
            docker-image: debian:12
            max-run-time: 600
        run:
            using: run-task
            command: make
        task-context:
            substitution-fields: [description, run.command]
            from-object: {flavour: vanilla}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `linux`: the attribute `taste` is not set, and `by-taste` has no `default`,
      │ in `description` of `linux`
       ╭─[taskcluster/kinds/build/kind.yml:4:9]
     3 │     linux:
     4 │         description: {by-taste: {vanilla: x}}
       ·         ───────────
     5 │         worker-type: linux
       ╰────
      help: set `taste` on the task, or add a `default` alternative

    1 error
    ");
}

#[test]
fn an_alternative_is_not_a_regular_expression() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: [taskgraph.transforms.task_context]
tasks:
    linux:
        description: {by-flavour: {\"van(\": x, \"b\": y}}
        worker-type: linux
        worker:
            docker-image: debian:12
            max-run-time: 600
        run:
            using: run-task
            command: make
        task-context:
            substitution-fields: [description, run.command]
            from-object: {flavour: vanilla}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `linux`: "van(" is not a valid regular expression: missing ), unterminated
      │ subpattern at position 3, in `description` of `linux`
       ╭─[taskcluster/kinds/build/kind.yml:4:9]
     3 │     linux:
     4 │         description: {by-flavour: {"van(": x, "b": y}}
       ·         ───────────
     5 │         worker-type: linux
       ╰────
      help: alternatives are regular expressions; escape literal characters with `\`

    1 error
    "#);
}

#[test]
fn alternatives_are_not_a_mapping() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: [taskgraph.transforms.task_context]
tasks:
    linux:
        description: {by-flavour: [x]}
        worker-type: linux
        worker:
            docker-image: debian:12
            max-run-time: 600
        run:
            using: run-task
            command: make
        task-context:
            substitution-fields: [description, run.command]
            from-object: {flavour: vanilla}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `linux`: `by-flavour` needs a mapping of alternatives, but a list was found,
      │ in `description` of `linux`
       ╭─[taskcluster/kinds/build/kind.yml:4:9]
     3 │     linux:
     4 │         description: {by-flavour: [x]}
       ·         ───────────
     5 │         worker-type: linux
       ╰────
      help: write `by-flavour: {<value of flavour>: …, default: …}`, where `flavour` is a string

    1 error
    ");
}

#[test]
fn a_priority_has_no_alternative() {
    let ran = Project::new()
        .config(
            "task-priority: low",
            "task-priority: {by-project: {other: low}}",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `build-linux`: no alternative of `by-project` matches 'project', and there is
      │ no `default`, in the graph config
       ╭─[taskcluster/config.yml:2:1]
     1 │ trust-domain: test
     2 │ task-priority: {by-project: {other: low}}
       · ─────────────
     3 │ workers:
       ╰────
      help: add that alternative, or a `default`

    1 error
    ");
}

#[test]
fn a_worker_type_has_no_alternative() {
    let ran = Project::new()
        .config(
            "worker-type: linux-gcp",
            "worker-type: {by-level: {'1': a, '2': b}}",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `build-linux`: no alternative of `by-level` matches '3', and there is no
      │ `default`, in `workers.aliases.linux.worker-type`
        ╭─[taskcluster/config.yml:9:13]
      8 │             os: linux
      9 │             worker-type: {by-level: {'1': a, '2': b}}
        ·             ───────────
     10 │ taskgraph:
        ╰────
      help: add that alternative, or a `default`

    1 error
    ");
}

#[test]
fn a_format_has_an_unknown_name() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: [taskgraph.transforms.task_context]
tasks:
    linux:
        description: 'Build {flavor}'
        worker-type: linux
        worker:
            docker-image: debian:12
            max-run-time: 600
        run:
            using: run-task
            command: make
        task-context:
            substitution-fields: [description, run.command]
            from-object: {flavour: vanilla}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `linux`: "Build {flavor}" uses `flavor`, which is not defined here; did you
      │ mean `flavour`? (double the braces to mean the characters)
       ╭─[taskcluster/kinds/build/kind.yml:4:9]
     3 │     linux:
     4 │         description: 'Build {flavor}'
       ·         ───────────
     5 │         worker-type: linux
       ╰────
      help: available values: flavour, name; write literal braces twice

    1 error
    "#);
}

#[test]
fn a_format_has_unbalanced_braces() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: [taskgraph.transforms.task_context]
tasks:
    linux:
        description: 'Build {flavour'
        worker-type: linux
        worker:
            docker-image: debian:12
            max-run-time: 600
        run:
            using: run-task
            command: 'make }'
        task-context:
            substitution-fields: [description, run.command]
            from-object: {flavour: vanilla}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `linux`: "Build {flavour" is not a valid template: a field has no `}`
       ╭─[taskcluster/kinds/build/kind.yml:4:9]
     3 │     linux:
     4 │         description: 'Build {flavour'
       ·         ───────────
     5 │         worker-type: linux
       ╰────
      help: available values: flavour, name; write literal braces twice

    1 error
    "#);
}

#[test]
fn a_format_reaches_into_a_string() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: [taskgraph.transforms.task_context]
tasks:
    linux:
        description: 'Build {flavour.size}'
        worker-type: linux
        worker:
            docker-image: debian:12
            max-run-time: 600
        run:
            using: run-task
            command: 'make {flavour[3}'
        task-context:
            substitution-fields: [description, run.command]
            from-object: {flavour: vanilla}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `linux`: "Build {flavour.size}": a string has no attribute `size`; write
      │ `[size]` to look into a mapping
       ╭─[taskcluster/kinds/build/kind.yml:4:9]
     3 │     linux:
     4 │         description: 'Build {flavour.size}'
       ·         ───────────
     5 │         worker-type: linux
       ╰────
      help: available values: flavour, name; write literal braces twice

    1 error
    "#);
}
