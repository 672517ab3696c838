//! Unusual repositories: a decision does without whatever it does not need.

use std::path::Path;

use crate::common::taskcluster::Taskcluster;
use crate::common::{CONFIG, Project};
use insta::assert_snapshot;
use serde_json::Value;
use snowman::config::yaml;

/// A revision that does not exist.
const NOWHERE: &str = "--base-rev=1234567890123456789012345678901234567890";

/// One task that is always wanted, and one for each of two folders.
const TASKS: &str = "\
task-defaults: {worker-type: succeed, description: A task}
tasks:
    always: {}
    docs: {optimization: {skip-unless-changed: [docs/**]}}
    source: {optimization: {skip-unless-changed: [source/**]}}
";

impl Project {
    /// Has git find the repository's remote in a folder.
    fn remote(self, folder: &Path) -> Self {
        let instead = format!("url.file://{}.insteadOf", folder.display());
        self.git(&["config", &instead, "https://github.com/org/project"]);
        self
    }

    /// A parameter of the decision that ran.
    fn parameter(&self, name: &str) -> Value {
        let text = std::fs::read(self.root().join("artifacts/parameters.yml")).unwrap();
        let document = yaml::load("parameters.yml", &text).unwrap();
        document.value.get(name).cloned().unwrap().into()
    }

    /// Replaces a file with a link to itself, which no user can read.
    fn unreadable(self, name: &str) -> Self {
        let path = self.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&path, &path).unwrap();
        self
    }

    /// Makes git report that the repository belongs to another user.
    fn foreign(self) -> Self {
        use std::os::unix::fs::PermissionsExt;
        self.commit();
        let path = snowman::ports::environment::Environment::of_process();
        let path = path.get("PATH").unwrap();
        let folder = self.root().join(".git/bin");
        let git = folder.join("git");
        std::fs::create_dir_all(&folder).unwrap();
        let script = format!(
            "#!/bin/sh\nPATH={path}\nexport GIT_TEST_ASSUME_DIFFERENT_OWNER=1\nexec git \"$@\"\n"
        );
        std::fs::write(&git, script).unwrap();
        std::fs::set_permissions(&git, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{path}", folder.display());
        self.variable("PATH", &path)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_base_cannot_be_fetched() {
    let taskcluster = Taskcluster::new().await;
    let project = Project::new().plain(TASKS).file("source/a", "1");
    let remote = project.root().join("nowhere");
    let project = project.remote(&remote);
    let head = project.commit();
    let project = taskcluster.inside(project, crate::common::taskcluster::DECISION);
    let ran = tokio::task::block_in_place(|| project.decide_on_head(&[NOWHERE]));
    assert_snapshot!(ran.shown(), @"
    exit code 0
    stderr:
    [TIME]  WARN the base revision [REVISION] is not in this clone and cannot be fetched (fatal: '[FOLDER]/repository/nowhere' does not appear to be a git repository): all files count as changed, and `skip-unless-changed` skips no task
    Created 3 tasks in group [TASK-ID]
    ");
    // What changed is not known, so nothing is skipped: the folder `docs` may have been removed.
    let created: Vec<String> = taskcluster.created().into_keys().collect();
    assert_eq!(created, ["build-always", "build-docs", "build-source"]);
    let all = [
        ".taskcluster.yml",
        "source/a",
        "taskcluster/config.yml",
        "taskcluster/kinds/build/kind.yml",
    ];
    assert_eq!(
        project.parameter("files_changed"),
        Value::from(all.to_vec())
    );
    // Tasks fetch this revision, so it has to be there.
    assert_eq!(project.parameter("base_rev"), head);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_base_is_on_no_branch() {
    let taskcluster = Taskcluster::new().await;
    let project = Project::new().plain(TASKS).file("source/a", "1");
    project.commit();
    let remote = tempfile::tempdir().unwrap();
    let path = remote.path().to_str().unwrap();
    project.git(&["clone", "--quiet", "--bare", ".", path]);
    let bare = |arguments: &[&str]| project.git(&[&["-C", path], arguments].concat());
    let tree = bare(&["rev-parse", "HEAD^{tree}"]);
    let gone = bare(&["commit-tree", "-m", "Gone", "-p", "HEAD", &tree]);
    let project = project.remote(remote.path()).file("docs/a", "1");
    let ran = taskcluster.decide(project, &[&format!("--base-rev={gone}")]);
    assert_snapshot!(ran.shown(), @"
    exit code 0
    stderr:
    Created 2 tasks in group [TASK-ID]
    ");
    let created: Vec<String> = taskcluster.created().into_keys().collect();
    assert_eq!(created, ["build-always", "build-docs"]);
}

/// Some systems take no other names than UTF-8.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_not_utf_8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let taskcluster = Taskcluster::new().await;
    let project = Project::new().plain(TASKS).file("docs/a", "1");
    let odd = project.root().join(OsStr::from_bytes(b"source/caf\xe9"));
    std::fs::create_dir(odd.parent().unwrap()).unwrap();
    std::fs::write(odd, "1").unwrap();
    let ran = taskcluster.decide(project, &[]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 0
    stderr:
    [TIME]  WARN some file names are not UTF-8 and are quoted as in git: "source/caf\351"
    Created 2 tasks in group [TASK-ID]
    "#);
    // As in the peer, no pattern of folders matches the quoted name.
    let created: Vec<String> = taskcluster.created().into_keys().collect();
    assert_eq!(created, ["build-always", "build-docs"]);
}

#[test]
fn the_repository_belongs_to_another_user() {
    let project = Project::new().foreign();
    let shown = project.run_as_it_is("", &["full"]).shown();
    assert_snapshot!(shown, @"
    exit code 3
    stderr:
      × cannot read the repository
      │   cause: `git rev-parse --verify --quiet HEAD` failed with exit code 128: fatal: detected
      │   dubious ownership in repository at '[FOLDER]/repository'
      │   To add an exception for this directory, call:
      │  
      │   	git config --global --add safe.directory [FOLDER]/repository

    1 failure
    ");
    // No other command takes it for a repository without a remote, or for none.
    for command in [
        &["target"] as &[&str],
        &["verify"],
        &["init", "--force"],
        &["full", "--diff"],
        &["full", "--diff=HEAD"],
        &["rehearse"],
    ] {
        let ran = project.run_as_it_is("", command);
        assert_eq!(ran.code, Some(3), "{command:?}: {}", ran.shown());
        assert!(ran.stderr.contains("safe.directory"), "{}", ran.shown());
    }
}

#[test]
fn a_file_that_cannot_be_read_is_not_missing() {
    let older = CONFIG.replace("trust-domain: test", "trust-domain: older");
    let cases = [
        // The folder of older versions is not a fallback for an existing one.
        (
            Project::loose()
                .without("taskcluster/config.yml")
                .unreadable("taskcluster/config.yml")
                .file("taskcluster/ci/config.yml", &older),
            &["full", "--root=taskcluster"] as &[&str],
        ),
        (
            Project::new()
                .file("ci/config.yml", CONFIG)
                .unreadable("ci/kinds"),
            &["full", "--root=ci"],
        ),
        (Project::loose().unreadable(".git"), &["full"]),
        (
            Project::loose().unreadable("p.yml"),
            &["full", "-p", "p.yml"],
        ),
        (Project::loose().unreadable("version.txt"), &["full"]),
        (
            Project::loose().unreadable("scopes.json"),
            &["verify", "--scopes=scopes.json"],
        ),
        (
            Project::loose()
                .kind("build", "tasks-from: [x.yml]\n")
                .unreadable("taskcluster/kinds/build/x.yml"),
            &["full"],
        ),
    ];
    for (project, command) in cases {
        let ran = project.run_as_it_is("", command);
        assert_eq!(ran.code, Some(3), "{command:?}: {}", ran.shown());
        assert!(ran.stderr.contains("cannot"), "{}", ran.shown());
    }
}

#[test]
fn the_remote_is_a_folder() {
    let graph = |project: Project| {
        let ran = project.run(&["morphed", "--no-optimize", "--json"]);
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        ran.stdout
    };
    let cloned = Project::new();
    let folder = cloned.root();
    let folder = folder.to_str().unwrap();
    cloned.git(&["remote", "set-url", "origin", folder]);
    assert_eq!(graph(cloned), graph(Project::new()));
    // config.yml is the fallback for the remote, and not the other way round.
    let forked = Project::new();
    let fork = "https://github.com/somebody/fork";
    forked.git(&["remote", "set-url", "origin", fork]);
    assert!(graph(forked).contains("github.com/somebody/fork"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decision_task_is_named_in_payloads() {
    let project = || {
        let tasks = "\
tasks:
    mounts:
        description: A task
        worker-type: generic
        worker:
            max-run-time: 60
            command: [[echo]]
            mounts:
                - file: parameters.yml
                  content:
                      task-id: {task-reference: <decision>}
                      artifact: public/parameters.yml
";
        let workers = "    aliases:\n";
        let generic = "        generic: {provisioner: p, implementation: generic-worker, os: linux, worker-type: w}\n";
        Project::new()
            .config(workers, &format!("{workers}{generic}"))
            .plain(tasks)
    };
    let one = project();
    let verified = one.run(&["verify"]);
    assert_snapshot!(verified.shown(), @"
    exit code 0
    stderr:
    Preflight passed: 1 task with parameters from defaults; scopes were not checked
    ");
    // The placeholder of the decision task is never requested.
    let taskcluster = Taskcluster::new().await;
    let url = taskcluster.sandbox.root_url();
    let one = one.variable("TASKCLUSTER_ROOT_URL", &url);
    let output = tokio::task::block_in_place(|| one.run(&["verify"]));
    assert_eq!(output.shown(), verified.shown());
    let decided = taskcluster.decide(project(), &[]);
    assert_eq!(decided.code, Some(0), "{}", decided.shown());
}
