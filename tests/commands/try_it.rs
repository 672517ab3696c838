//! The page that leads to a first decision: its commands work as they are written.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The address that the page uses.
const ADDRESS: &str = "127.0.0.1:8080";

/// The commands of the page: one text for each block.
fn blocks() -> Vec<String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/try-it.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks = page.split("```sh\n").skip(1);
    blocks
        .map(|block| block.split_once("```").unwrap().0.to_owned())
        .collect()
}

/// A shell without anything of this machine but its programs and the snowman of this build.
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no other access to the environment"
)]
fn shell(folder: &Path, within: &str, commands: &str) -> Command {
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new("bash");
    command
        .args(["-e", "-u", "-c", commands])
        .current_dir(folder.join(within))
        .env_clear()
        .env("PATH", format!("{}:{path}", folder.join("bin").display()))
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{who}_NAME"), "Somebody")
            .env(format!("GIT_{who}_EMAIL"), "somebody@example.com");
    }
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The sandbox, which ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A new project on its own sandbox, as the page makes both.
struct Project {
    folder: TempDir,
    _running: Running,
    root: String,
    group: String,
}

impl Project {
    /// Runs the first two blocks of the page, and more commands between them.
    fn new(more: &str) -> Self {
        let blocks = blocks();
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        fs::create_dir(folder.join("bin")).unwrap();
        symlink(env!("CARGO_BIN_EXE_snowman"), folder.join("bin/snowman")).unwrap();
        let commands = format!("{}{more}", blocks[0]);
        let made = shell(folder, "", &commands).output().unwrap();
        assert!(made.status.success(), "{}", text(&made));
        // The port of the page may be taken here.
        assert!(blocks[1].starts_with("snowman sandbox"), "{}", blocks[1]);
        let serve = format!("exec {} --listen 127.0.0.1:0", blocks[1].trim());
        let output = File::create(folder.join("log")).unwrap();
        let sandbox = shell(folder, "my-project", &serve)
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        let mut project = Self {
            folder: temporary,
            _running: Running(sandbox),
            root: String::new(),
            group: String::new(),
        };
        project.root = project.says("export TASKCLUSTER_ROOT_URL=");
        let decision = project.says("Created the decision task ");
        project.group = decision.rsplit_once('/').unwrap().1.to_owned();
        project
    }

    /// Waits for a line that contains a text; returns what follows it.
    fn says(&self, start: &str) -> String {
        self.wait(start, || {
            let log = self.log();
            let lines = log.lines();
            let mut found = lines.filter_map(|line| line.split_once(start));
            let (_, rest) = found.next()?;
            log.ends_with('\n').then(|| rest.to_owned())
        })
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Asks until there is an answer.
    fn wait<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_secs(120);
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < end, "no {what}: {}", self.log());
            sleep(Duration::from_millis(100));
        }
    }

    fn get(&self, path: &str) -> String {
        let fetch = format!("curl --silent --location {}{path}", self.root);
        text(&shell(self.folder.path(), "", &fetch).output().unwrap())
    }

    /// The log of a task.
    fn log_of(&self, task: &str) -> String {
        self.get(&format!(
            "/api/queue/v1/task/{task}/artifacts/public/logs/live_backing.log"
        ))
    }

    /// Runs the decision task once more, as somebody with its scopes; returns how it ended.
    fn rerun_decision(&self) -> String {
        let (root, group) = (&self.root, &self.group);
        let rerun = format!(
            "curl --silent --fail -X POST {root}/proxy/{group}/api/queue/v1/task/{group}/rerun"
        );
        let ran = self.sh(&rerun);
        assert!(ran.status.success(), "{}", text(&ran));
        self.wait("second end", || {
            let log = self.log();
            let mut ends = log
                .lines()
                .filter(|line| line.contains("Decision Task ") && line.contains(" has "));
            ends.nth(1).map(str::to_owned)
        })
    }

    fn sh(&self, commands: &str) -> Output {
        shell(self.folder.path(), "", commands).output().unwrap()
    }

    /// The tasks of the group, as label and state.
    fn tasks(&self) -> Vec<(String, String)> {
        let list = self.get(&format!("/api/queue/v1/task-group/{}/list", self.group));
        let list: Value = serde_json::from_str(&list).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let tasks = list["tasks"].as_array().unwrap().iter();
        tasks
            .map(|task| {
                let (label, state) = (&task["task"]["metadata"]["name"], &task["status"]["state"]);
                (text(label), text(state))
            })
            .collect()
    }
}

#[test]
fn the_commands_lead_to_a_decision_and_an_action() {
    let blocks = blocks();
    assert_eq!(blocks.len(), 3, "{blocks:#?}");
    // Artifacts of a project with more tasks are compressed to something that is not readable.
    let more = "for n in $(seq 10 40); do sed '/^tasks:/,$!d; /^tasks:/d' taskcluster/kinds/hello/kind.yml \
                | sed \"s/^    world:/    more-$n:/; s/hello-world/more-$n/\" >> more; done
                cat more >> taskcluster/kinds/hello/kind.yml; rm more
                git commit --quiet --all --message More\n";
    let project = Project::new(more);
    project.says("Decision Task ");
    project.wait("completed task", || {
        let hello = ("hello-world".to_owned(), "completed".to_owned());
        project.tasks().contains(&hello).then_some(())
    });
    assert!(blocks[2].contains(ADDRESS), "{}", blocks[2]);
    let commands = blocks[2].replace(&format!("http://{ADDRESS}"), &project.root);
    let triggered = shell(project.folder.path(), "", &commands)
        .output()
        .unwrap();
    assert!(triggered.status.success(), "{}", text(&triggered));
    project.says("Action: Retrigger ");
    let tasks = project.wait("copies", || {
        let tasks = project.tasks();
        let done = tasks.iter().all(|(_, state)| state == "completed");
        done.then_some(tasks)
    });
    let labels = tasks.iter().map(|(label, _)| label.as_str());
    let (more, mut labels): (Vec<&str>, Vec<&str>) =
        labels.partition(|label| label.starts_with("more-"));
    assert_eq!(more.len(), 31, "{more:?}");
    labels.sort_unstable();
    // The page asks for two copies.
    let expected = [
        "Action: Retrigger",
        "Decision Task",
        "docker-image-linux",
        "hello-world",
        "hello-world",
        "hello-world",
    ];
    assert_eq!(labels, expected, "{}", project.log());
}

#[test]
fn a_decision_task_that_would_fail_says_why() {
    let project = Project::new(
        "sed -i 's/--tasks-for=/--task-fro=/' .taskcluster.yml\ngit commit --quiet --all --message Misspelt\n",
    );
    let said = project.says("Decision Task ");
    assert!(said.contains("has failed"), "{said}");
    let expected = ("Decision Task".to_owned(), "exception".to_owned());
    assert_eq!(project.tasks(), [expected]);
    let log = project.log_of(&project.group);
    for part in [
        "passed: the worker accepts",
        "FAILED: the command of the task",
        "--task-fro",
    ] {
        assert!(log.contains(part), "{part} is not in {log}");
    }
}

#[test]
fn a_sandbox_outlives_a_task_that_cannot_be_run() {
    // The version is read before the decision is made.
    let project = Project::new(
        "mkdir version.txt\ntouch version.txt/none\ngit add --all\ngit commit --quiet --message Version\n",
    );
    let said = project.says("Decision Task ");
    assert!(said.contains("has failed"), "{said}");
    let failed = ("Decision Task".to_owned(), "failed".to_owned());
    assert_eq!(project.tasks(), [failed]);
    let log = project.log_of(&project.group);
    for part in ["passed: the command of the task runs", "version.txt"] {
        assert!(log.contains(part), "{part} is not in {log}");
    }
    let mended = project.sh("rm -r my-project/version.txt");
    assert!(mended.status.success(), "{}", text(&mended));
    let again = project.rerun_decision();
    assert!(again.contains("has completed"), "{again}");
}

#[test]
fn a_log_says_why_artifacts_are_not_published() {
    // Both entries publish this file, and they expire at different times.
    let entry = "public/actions.json: {type: file, path: /builds/worker/src/artifacts/actions.json, \
                 expires: {$fromNow: '1 day'}}";
    let project = Project::new(&format!(
        "sed -i \"s|^\\( *\\)artifacts:|&\\n\\1  {}|\" .taskcluster.yml\ngit commit --quiet --all --message Twice\n",
        entry.replace('$', "\\$")
    ));
    let said = project.says("Decision Task ");
    assert!(said.contains("has failed"), "{said}");
    let decision = ("Decision Task".to_owned(), "exception".to_owned());
    assert!(project.tasks().contains(&decision), "{:?}", project.tasks());
    let log = project.log_of(&project.group);
    for part in [
        "FAILED: the worker publishes the artifacts",
        "public/actions.json: published twice with different properties",
    ] {
        assert!(log.contains(part), "{part} is not in {log}");
    }
    assert!(!log.contains("completed"), "{log}");
}

#[test]
fn a_decision_of_another_commit_than_the_pushed_one_is_refused() {
    let project = Project::new("");
    project.says("Decision Task ");
    let commit = project.sh(
        "cd my-project\ngit rev-parse HEAD\ngit commit --quiet --allow-empty --message Next\ngit rev-parse HEAD",
    );
    assert!(commit.status.success(), "{}", text(&commit));
    let revisions = text(&commit);
    let (pushed, now) = revisions.trim().split_once('\n').unwrap();
    let again = project.rerun_decision();
    assert!(again.contains("has failed"), "{again}");
    let log = project.log_of(&project.group);
    let why = format!(
        "the checkout is at {now}, but the sandbox has pushed {pushed}; restart the sandbox"
    );
    assert!(log.contains(&why), "{log}");
    // The flags are those of the push, so nothing is wrong with them.
    assert_eq!(log.matches("FAILED").count(), 1, "{log}");
}

/// A template that only has a decision task for pushes to hg.mozilla.org.
const ONLY_MERCURIAL: &str = r#"
version: 1
tasks:
  - $if: 'tasks_for == "hg-push"'
    then:
      taskId: '${ownTaskId}'
      taskGroupId: '${ownTaskId}'
      schedulerId: 'my-project-level-${repository.level}'
      taskQueueId: 'my-project-${repository.level}/decision'
      created: {$fromNow: ''}
      deadline: {$fromNow: '1 day'}
      expires: {$fromNow: '1 month'}
      metadata: {name: Decision Task, description: D, owner: '${push.owner}', source: '${repository.url}'}
      scopes: ['assume:repo:${repository.url[8:]}:branch:default']
      payload:
        image: registry.example.com/decision:1
        maxRunTime: 3600
        features: {taskclusterProxy: true}
        env:
          SNOWMAN_REPOSITORY_TYPE: git
          SNOWMAN_HEAD_REPOSITORY: '${repository.url}'
          SNOWMAN_HEAD_REV: '${push.revision}'
        command:
          - snowman
          - decision
          - --pushlog-id=${push.pushlog_id}
          - --pushdate=${push.pushdate}
          - --project=${repository.project}
          - --owner=${push.owner}
          - --level=${repository.level}
          - --repository-type=git
          - --base-repository=${repository.url}
          - --base-ref=${push.revision}
          - --base-rev=${push.base_revision}
          - --head-repository=${repository.url}
          - --head-ref=${push.revision}
          - --head-rev=${push.revision}
          - --tasks-for=${tasks_for}
        artifacts:
          public: {type: directory, path: /builds/worker/src/artifacts, expires: {$fromNow: '1 month'}}
          public/docker-contexts:
            {type: directory, path: /builds/worker/src/docker-contexts, expires: {$fromNow: '1 month'}}
      extra: {tasks_for: '${tasks_for}'}
"#;

#[test]
fn a_decision_is_compared_with_the_push_that_its_template_knows() {
    let project = Project::new(&format!(
        "cat > .taskcluster.yml <<'END'\n{ONLY_MERCURIAL}END\ngit commit --quiet --all --message Mercurial\n"
    ));
    let said = project.says("Decision Task ");
    assert!(said.contains("has completed"), "{said}: {}", project.log());
}
