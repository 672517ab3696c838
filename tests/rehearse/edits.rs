//! Projects whose `.taskcluster.yml` was changed, and what a rehearsal reports of them.

use std::fs;
use std::path::Path;

use serde_json::Value;
use snowman::ports::environment::Environment;

use super::command::{CONFIG, json_of, project, rehearse};

pub const TEMPLATE: &str = ".taskcluster.yml";
pub const PAYLOAD: &str = "the worker accepts the payload of the task";
pub const PROXY: &str = "the task reaches Taskcluster through the proxy";
pub const CACHES: &str = "the scopes of the task cover its caches";
pub const READ: &str = "the command of the task can be read";
pub const RUNS: &str = "the command of the task runs";
pub const LATER: &str = "artifacts that are read later are published";
pub const PUBLISHED: &str = "the worker can publish every artifact";

/// Replaces a text in a file, which has to hold it.
pub fn replace(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} does not hold {from:?}");
    fs::write(&path, text.replace(from, to)).unwrap();
}

/// About so many of the cases of a test that takes minutes, from the whole list. `SNOWMAN_JUDGES=all` asks for all.
pub fn some_of<T>(cases: &[T], count: usize) -> impl Iterator<Item = &T> {
    let environment = Environment::of_process();
    let all = environment.filled("SNOWMAN_JUDGES") == Some("all");
    let step = match all {
        true => 1,
        false => cases.len().div_ceil(count),
    };
    cases.iter().step_by(step)
}

/// The rules of a phase that are broken, with the breaches.
pub fn broken(phase: &Value) -> Vec<(&str, Vec<&str>)> {
    let checks = phase["checks"].as_array().unwrap().iter();
    let broken = checks.filter(|check| check["holds"] == false);
    broken
        .map(|check| {
            let breaches = check["breaches"].as_array().unwrap().iter();
            (
                check["rule"].as_str().unwrap(),
                breaches.map(|breach| breach.as_str().unwrap()).collect(),
            )
        })
        .collect()
}

/// A project with a docker image whose decision task is one of `run-task` and a shell.
pub fn shell_project(artifacts: &str) -> tempfile::TempDir {
    let folder = project();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let images = "aliases: {images: {provisioner: snow, implementation: docker-worker, os: linux, worker-type: images}}";
    let (config, _) = CONFIG.split_once("release-promotion:").unwrap();
    let config = config
        .replace("aliases: {}", images)
        .replace("taskgraph: {", "taskgraph: {cached-task-prefix: snow, ");
    write("taskcluster/config.yml", &config);
    write("taskcluster/docker/fox/Dockerfile", "FROM scratch\n");
    write(
        "taskcluster/kinds/docker-image/kind.yml",
        "loader: taskgraph.loader.transform:loader\n\
         transforms: [taskgraph.transforms.docker_image:transforms, taskgraph.transforms.cached_tasks:transforms,\n\
         \x20 taskgraph.transforms.task:transforms]\n\
         tasks: {fox: {}}\n",
    );
    write(TEMPLATE, &SHELL.replace("ARTIFACTS", artifacts));
    folder
}

const SHELL: &str = r#"
version: 1
tasks:
  - $if: 'tasks_for == "github-push"'
    then:
      taskId: {$eval: 'as_slugid("decision")'}
      taskGroupId: {$eval: 'as_slugid("decision")'}
      schedulerId: snow-level-3
      provisionerId: snow-3
      workerType: decision
      created: {$fromNow: ''}
      deadline: {$fromNow: '1 day'}
      expires: {$fromNow: '1 year 1 second'}
      metadata: {name: Decision, description: Decides, owner: dev@example.com, source: 'https://example.com'}
      scopes: ['assume:repo:github.com/example/ci:branch:main']
      payload:
        image: example/decision
        maxRunTime: 600
        features: {taskclusterProxy: true}
        env:
          CI_HEAD_REPOSITORY: ${event.repository.html_url}
          CI_HEAD_REF: ${event.ref}
          CI_HEAD_REV: ${event.after}
          CI_REPOSITORY_TYPE: git
          REPOSITORIES: '{"ci": "CI"}'
        command:
          - run-task
          - --ci-checkout=/builds/worker/checkouts/src
          - --task-cwd=/builds/worker/checkouts/src
          - --
          - bash
          - -cx
          - >
            ln -s /builds/worker/artifacts artifacts &&
            taskgraph decision
            --pushlog-id='0'
            --pushdate='0'
            --project='ci'
            --owner='dev@example.com'
            --level='3'
            --repository-type="$CI_REPOSITORY_TYPE"
            --tasks-for='${tasks_for}'
            --base-repository="$CI_HEAD_REPOSITORY"
            --base-rev="$CI_HEAD_REV"
            --head-repository="$CI_HEAD_REPOSITORY"
            --head-ref="$CI_HEAD_REF"
            --head-rev="$CI_HEAD_REV" &&
            echo "{}" > artifacts/notes.json
        artifacts:
          ARTIFACTS
"#;

/// Both folders of a decision task, as projects publish them.
pub const BOTH: &str = "public: {type: directory, path: /builds/worker/artifacts, expires: {$fromNow: '1 year'}}\n          \
    public/docker-contexts: {type: directory, path: /builds/worker/checkouts/src/docker-contexts, expires: {$fromNow: '7 days'}}";

/// Rehearses a push; its report.
pub fn pushed(folder: &Path) -> Value {
    let output = rehearse(folder, &["--json", "--folder", "kept"]);
    let mut report = json_of(&output);
    assert_eq!(
        output.status.code(),
        Some(i32::from(report["holds"] == false)),
        "{report:#}"
    );
    report["phases"][0].take()
}
