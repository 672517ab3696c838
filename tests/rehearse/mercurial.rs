//! Pushes to repositories on hg.mozilla.org, whose tasks are rendered by build-decision.

use std::fs;

use serde_json::{Value, json};

use super::command::{json_of, project, rehearse};

/// A template for the events of build-decision and of actions.
const TEMPLATE: &str = r#"
version: 1
tasks:
    - $if: 'tasks_for in ["hg-push", "action"]'
      then:
          taskId: {$if: 'tasks_for == "hg-push"', then: '${ownTaskId}'}
          taskGroupId: {$if: 'tasks_for == "action"', then: '${action.taskGroupId}', else: '${ownTaskId}'}
          schedulerId: 'snow-level-${repository.level}'
          provisionerId: 'snow-${repository.level}'
          workerType: decision
          created: {$fromNow: ''}
          deadline: {$fromNow: '1 day'}
          expires: {$fromNow: '1 month'}
          metadata: {name: Decision, description: D, owner: '${push.owner}', source: '${repository.url}'}
          routes:
              $if: 'tasks_for == "hg-push"'
              then:
                  - 'index.snow.v2.${repository.project}.revision.${push.revision}.taskgraph.decision'
                  - 'index.snow.v2.${repository.project}.pushlog-id.${push.pushlog_id}.decision'
              else:
                  - 'index.snow.v2.${repository.project}.pushlog-id.${push.pushlog_id}.actions.${ownTaskId}'
          scopes:
              - $if: 'tasks_for == "hg-push"'
                then: 'assume:repo:${repository.url[8:]}:branch:default'
                else: '${action.repo_scope}'
          payload:
              image: decision
              maxRunTime: 3600
              features: {taskclusterProxy: true}
              env:
                  $merge:
                      - {SNOW_HEAD_REPOSITORY: '${repository.url}', SNOW_HEAD_REV: '${push.revision}'}
                      - $if: 'tasks_for == "action"'
                        then:
                            ACTION_TASK_GROUP_ID: '${action.taskGroupId}'
                            ACTION_TASK_ID: {$json: {$eval: 'taskId'}}
                            ACTION_INPUT: {$json: {$eval: 'input'}}
                            ACTION_CALLBACK: '${action.cb_name}'
              command:
                  - /builds/worker/bin/run-task
                  - --snow-checkout=/builds/worker/checkouts/snow
                  - --
                  - bash
                  - -cx
                  - $if: 'tasks_for == "action"'
                    then: >
                        cd /builds/worker/checkouts/snow &&
                        ln -s /builds/worker/artifacts artifacts &&
                        snowman action-callback
                    else: >
                        cd /builds/worker/checkouts/snow &&
                        ln -s /builds/worker/artifacts artifacts &&
                        snowman decision
                        --pushlog-id='${push.pushlog_id}'
                        --pushdate='${push.pushdate}'
                        --project='${repository.project}'
                        --owner='${push.owner}'
                        --level='${repository.level}'
                        --tasks-for='${tasks_for}'
                        --repository-type=hg
                        --base-repository="$SNOW_HEAD_REPOSITORY"
                        --base-rev='${push.base_revision}'
                        --head-repository="$SNOW_HEAD_REPOSITORY"
                        --head-ref="$SNOW_HEAD_REV"
                        --head-rev="$SNOW_HEAD_REV"
              artifacts:
                  public: {type: directory, path: /builds/worker/artifacts, expires: {$fromNow: '1 month'}}
          extra:
              $merge:
                  - tasks_for: '${tasks_for}'
                  - $if: 'tasks_for == "action"'
                    then:
                        parent: '${action.taskGroupId}'
                        action:
                            name: '${action.name}'
                            context:
                                taskGroupId: '${action.taskGroupId}'
                                taskId: {$eval: 'taskId'}
                                input: {$eval: 'input'}
                                clientId: {$eval: 'clientId'}
"#;

/// Rehearses a release of the project with this template. Returns the report, and what the sandbox has of the push.
fn rehearsed(template: &str, args: &[&str]) -> (Value, Value) {
    let folder = project();
    fs::write(folder.path().join(".taskcluster.yml"), template).unwrap();
    let sandbox = tempfile::tempdir().unwrap();
    let state = sandbox.path().to_str().unwrap();
    let output = rehearse(
        folder.path(),
        &[&["--json", "--folder", state], args].concat(),
    );
    let report = json_of(&output);
    assert_eq!(report["holds"], true, "{report:#}");
    let id = report["phases"][0]["taskId"].as_str().unwrap();
    let task = fs::read(sandbox.path().join(format!("tasks/{id}.json"))).unwrap();
    (report, serde_json::from_slice(&task).unwrap())
}

#[test]
fn a_release_of_a_repository_on_hg_mozilla_org_is_rehearsed() {
    for (repository, project, level) in [
        ("https://hg.mozilla.org/try", "try", "1"),
        (
            "https://hg.mozilla.org/integration/autoland/",
            "autoland",
            "3",
        ),
    ] {
        let (report, task) = rehearsed(TEMPLATE, &["--repository", repository]);
        let phases = report["phases"].as_array().unwrap();
        let names: Vec<_> = phases.iter().map(|phase| &phase["name"]).collect();
        assert_eq!(names, ["push", "promote_fox", "push_fox", "ship_fox"]);
        let definition = &task["definition"];
        assert_eq!(definition["schedulerId"], format!("snow-level-{level}"));
        let scope = format!(
            "assume:repo:{}:branch:default",
            repository
                .trim_start_matches("https://")
                .trim_end_matches('/')
        );
        assert_eq!(definition["scopes"], json!([scope]));
        let index = format!("index.snow.v2.{project}.pushlog-id.1.decision");
        assert_eq!(definition["routes"][1], index.as_str());
        assert_eq!(definition["extra"]["tasks_for"], "hg-push");
    }
}

#[test]
fn a_push_to_github_comes_first_in_a_git_checkout() {
    let both = r#"'tasks_for in ["hg-push", "action"]'"#;
    let both = TEMPLATE.replace(
        both,
        r#"'tasks_for in ["github-push", "hg-push", "action"]'"#,
    );
    // What is rendered for GitHub has no `push`, so this template cannot be rendered.
    let folder = project();
    fs::write(folder.path().join(".taskcluster.yml"), both).unwrap();
    let output = rehearse(folder.path(), &["--json"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("cannot render .taskcluster.yml for a push"),
        "{error}"
    );
    assert!(!output.status.success());
}

#[test]
fn the_repository_has_to_be_one_that_taskcluster_has_roles_for() {
    let folder = project();
    for (repository, why) in [
        ("", "\"\" is not the address of a repository"),
        ("/", "\"/\" is not the address of a repository"),
        ("try", "\"try\" is not the address of a repository"),
        (
            "https://hg.mozilla.org/",
            "is not the address of a repository",
        ),
        (
            "https://hg.mozilla.org/try?a#b",
            "is not the address of a repository",
        ),
        (
            "https://example.com/try",
            "is not the address of a repository",
        ),
        (
            "https://me:SECRET@hg.mozilla.org/try",
            "has a user and a password",
        ),
        (
            "https://me:SECRET@github.com/a/b",
            "has a user and a password",
        ),
    ] {
        let output = rehearse(folder.path(), &["--repository", repository]);
        let error = String::from_utf8(output.stderr).unwrap();
        let words: Vec<&str> = error
            .split_whitespace()
            .filter(|word| *word != "│")
            .collect();
        let line = words.join(" ");
        assert!(line.contains(why), "{repository}: {error}");
        assert!(!error.contains("SECRET"), "{error}");
        assert_eq!(output.status.code(), Some(2), "{repository}: {error}");
    }
}
