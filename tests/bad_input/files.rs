//! Files that are missing, outside the repository or unreadable.

use crate::common::{KIND, Project};
use insta::assert_snapshot;

#[test]
fn tasks_from_names_missing_files() {
    let ran = Project::new()
        .kind(
            "build",
            "\
tasks-from: [linux.yml, ../../../../x.yml, /etc/passwd, sub]
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`: cannot read "linux.yml" in `tasks-from`: "taskcluster/kinds/build/linux.yml" does
      │ not exist
       ╭─[taskcluster/kinds/build/kind.yml:1:14]
     1 │ tasks-from: [linux.yml, ../../../../x.yml, /etc/passwd, sub]
       ·              ─────────
       ╰────
      help: use the path of a file, relative to the kind's folder

      × kind `build`: cannot read "../../../../x.yml" in `tasks-from`:
      │ "taskcluster/kinds/build/../../../../x.yml" is outside the repository
       ╭─[taskcluster/kinds/build/kind.yml:1:25]
     1 │ tasks-from: [linux.yml, ../../../../x.yml, /etc/passwd, sub]
       ·                         ─────────────────
       ╰────
      help: use the path of a file, relative to the kind's folder

      × kind `build`: cannot read "/etc/passwd" in `tasks-from`: "taskcluster/kinds/build//etc/passwd"
      │ does not exist
       ╭─[taskcluster/kinds/build/kind.yml:1:44]
     1 │ tasks-from: [linux.yml, ../../../../x.yml, /etc/passwd, sub]
       ·                                            ───────────
       ╰────
      help: use the path of a file, relative to the kind's folder

      × kind `build`: cannot read "sub" in `tasks-from`: "taskcluster/kinds/build/sub" does not exist
       ╭─[taskcluster/kinds/build/kind.yml:1:57]
     1 │ tasks-from: [linux.yml, ../../../../x.yml, /etc/passwd, sub]
       ·                                                         ───
       ╰────
      help: use the path of a file, relative to the kind's folder

    4 errors
    "#);
}

#[test]
fn tasks_from_names_a_malformed_file() {
    let ran = Project::new()
        .file(
            "taskcluster/kinds/build/linux.yml",
            "\
linux: [
",
        )
        .file(
            "taskcluster/kinds/build/mac.yml",
            "\
- mac
",
        )
        .file(
            "taskcluster/kinds/build/win.yml",
            "\
",
        )
        .kind(
            "build",
            "\
tasks-from: [linux.yml, mac.yml, win.yml]
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: did not find expected node content
      │   cause: while parsing a flow node
       ╭─[taskcluster/kinds/build/linux.yml:2:1]
     1 │ linux: [
       ╰────

      × kind `build`: taskcluster/kinds/build/mac.yml is a list, not a mapping
       ╭─[taskcluster/kinds/build/mac.yml:1:1]
     1 │ - mac
       · ─
       ╰────
      help: write a mapping of names to tasks

      × kind `build`: taskcluster/kinds/build/win.yml is empty
       ╭─[taskcluster/kinds/build/kind.yml:1:34]
     1 │ tasks-from: [linux.yml, mac.yml, win.yml]
       ·                                  ───────
       ╰────
      help: write a mapping of names to tasks

    3 errors
    ");
}

/// A kind that fills in values from a file.
fn from_file(path: &str) -> String {
    format!(
        "transforms: [taskgraph.transforms.task_context]
{KIND}        task-context:
            substitution-fields: [description]
            from-file: {path}
"
    )
}

#[test]
fn from_file_names_a_file_outside() {
    let ran = Project::new()
        .kind("build", &from_file("../../secret.yml"))
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `linux`: "../../secret.yml" is outside the repository
        ╭─[taskcluster/kinds/build/kind.yml:14:13]
     13 │             substitution-fields: [description]
     14 │             from-file: ../../secret.yml
        ·             ─────────
        ╰────
      help: use a path relative to the root of the repository

    1 error
    "#);
}

#[test]
fn from_file_names_a_missing_file() {
    let ran = Project::new()
        .kind("build", &from_file("values.yml"))
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `linux`: "values.yml" does not exist
        ╭─[taskcluster/kinds/build/kind.yml:14:13]
     13 │             substitution-fields: [description]
     14 │             from-file: values.yml
        ·             ─────────
        ╰────
      help: use a path relative to the root of the repository

    1 error
    "#);
}

#[test]
fn from_file_names_a_list() {
    let ran = Project::new()
        .file("values.yml", "- a\n")
        .kind("build", &from_file("values.yml"))
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `linux`: "values.yml": expected a mapping of names to values, found a list
        ╭─[taskcluster/kinds/build/kind.yml:14:13]
     13 │             substitution-fields: [description]
     14 │             from-file: values.yml
        ·             ─────────
        ╰────

    1 error
    "#);
}

#[test]
fn a_docker_context_includes_a_file_outside() {
    let ran = Project::new()
        .kind(
            "docker-image",
            "\
transforms: [taskgraph.transforms.docker_image, taskgraph.transforms.cached_tasks]
loader: taskgraph.loader.transform:loader
tasks:
    base: {symbol: I(base)}
",
        )
        .file(
            "taskcluster/docker/base/Dockerfile",
            "FROM debian:12\n# %include ../../../secret\n",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `docker-image`, task `base`: "../../../secret" is outside the repository
       ╭─[taskcluster/docker/base/Dockerfile:2:1]
     1 │ FROM debian:12
     2 │ # %include ../../../secret
       · ──────────────────────────
       ╰────
      help: use a path inside the repository, relative to its root

    1 error
    "#);
}

#[test]
fn a_docker_context_includes_a_missing_file() {
    let ran = Project::new()
        .kind(
            "docker-image",
            "\
transforms: [taskgraph.transforms.docker_image, taskgraph.transforms.cached_tasks]
loader: taskgraph.loader.transform:loader
tasks:
    base: {symbol: I(base)}
",
        )
        .file(
            "taskcluster/docker/base/Dockerfile",
            "FROM debian:12\n# %include run/me.sh\n",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `docker-image`, task `base`: "run/me.sh" does not exist
       ╭─[taskcluster/docker/base/Dockerfile:2:1]
     1 │ FROM debian:12
     2 │ # %include run/me.sh
       · ────────────────────
       ╰────
      help: use a path inside the repository, relative to its root

    1 error
    "#);
}

#[test]
fn a_docker_context_lacks_an_argument() {
    let ran = Project::new()
        .kind(
            "docker-image",
            "\
transforms: [taskgraph.transforms.docker_image, taskgraph.transforms.cached_tasks]
loader: taskgraph.loader.transform:loader
tasks:
    base: {symbol: I(base)}
",
        )
        .file(
            "taskcluster/docker/base/Dockerfile",
            "FROM debian:12\n# %ARG VERSION\nRUN x $VERSION\n",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `docker-image`, task `base`: `args` of the image does not contain `VERSION`
       ╭─[taskcluster/docker/base/Dockerfile:2:1]
     1 │ FROM debian:12
     2 │ # %ARG VERSION
       · ──────────────
     3 │ RUN x $VERSION
       ╰────
      help: add it to `args` of the image, or remove this line

    1 error
    ");
}

#[test]
fn a_docker_context_is_missing() {
    let ran = Project::new()
        .kind(
            "docker-image",
            "\
transforms: [taskgraph.transforms.docker_image, taskgraph.transforms.cached_tasks]
loader: taskgraph.loader.transform:loader
tasks:
    base: {symbol: I(base)}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `docker-image`, task `base`: `taskcluster/docker/base/Dockerfile` does not exist
       ╭─[taskcluster/kinds/docker-image/kind.yml:4:5]
     3 │ tasks:
     4 │     base: {symbol: I(base)}
       ·     ────
       ╰────
      help: create it, or set `definition` if the folder is not named after the image

    1 error
    ");
}

#[test]
fn a_link_leaves_the_repository() {
    let project = Project::new().kind("build", "tasks-from: [link.yml]\n");
    let link = project.root().join("taskcluster/kinds/build/link.yml");
    std::os::unix::fs::symlink("/etc/hostname", link).unwrap();
    assert_snapshot!(project.run(&["full"]).shown(), @r#"
    exit code 1
    stderr:
      × kind `build`: cannot read "link.yml" in `tasks-from`: "taskcluster/kinds/build/link.yml" is
      │ outside the repository
       ╭─[taskcluster/kinds/build/kind.yml:1:14]
     1 │ tasks-from: [link.yml]
       ·              ────────
       ╰────
      help: use the path of a file, relative to the kind's folder

    1 error
    "#);
}

#[test]
fn a_kind_is_a_folder() {
    let ran = Project::new()
        .file("taskcluster/kinds/test/kind.yml/x", "")
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 3
    stderr:
      × kind `test`: cannot read "taskcluster/kinds/test/kind.yml": Is a directory (os error 21)

    1 failure
    "#);
}

#[test]
fn a_file_cannot_be_read() {
    let project = Project::new().without("taskcluster/kinds/build/kind.yml");
    let file = project.root().join("taskcluster/kinds/build/kind.yml");
    std::os::unix::fs::symlink("kind.yml", file).unwrap();
    assert_snapshot!(project.run(&["full"]).shown(), @r#"
    exit code 3
    stderr:
      × kind `build`: cannot read "taskcluster/kinds/build/kind.yml": Too many levels of symbolic links
      │ (os error 40)

    1 failure
    "#);
}
