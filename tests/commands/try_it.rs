//! The page that leads to a first decision: its commands work as they are written.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

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

/// Asks until there is an answer that fits.
fn wait<T>(log: &Path, what: &str, look: impl Fn() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(found) = look() {
            return found;
        }
        let said = fs::read_to_string(log).unwrap();
        assert!(Instant::now() < end, "no {what}: {said}");
        sleep(Duration::from_millis(100));
    }
}

/// The tasks of a group, as label and state.
fn tasks(folder: &Path, root: &str, group: &str) -> Vec<(String, String)> {
    let list = format!("curl --silent {root}/api/queue/v1/task-group/{group}/list");
    let answer = shell(folder, "", &list).output().unwrap();
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    let tasks = answer["tasks"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    tasks
        .map(|task| {
            (
                text(&task["task"]["metadata"]["name"]),
                text(&task["status"]["state"]),
            )
        })
        .collect()
}

#[test]
fn the_commands_lead_to_a_decision_and_an_action() {
    let blocks = blocks();
    assert_eq!(blocks.len(), 3, "{blocks:#?}");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("bin")).unwrap();
    symlink(env!("CARGO_BIN_EXE_snowman"), folder.join("bin/snowman")).unwrap();
    let made = shell(folder, "", &blocks[0]).output().unwrap();
    assert!(made.status.success(), "{}", text(&made));

    // The port of the page may be taken here.
    assert!(blocks[1].starts_with("snowman sandbox"), "{}", blocks[1]);
    let serve = format!("exec {} --listen 127.0.0.1:0", blocks[1].trim());
    let log = folder.join("log");
    let output = File::create(&log).unwrap();
    let sandbox = shell(folder, "my-project", &serve)
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .spawn()
        .unwrap();
    let _running = Running(sandbox);
    let said = |start: &str| {
        let log = fs::read_to_string(&log).unwrap();
        let line = log
            .lines()
            .find_map(|line| line.split_once(start).map(|(_, rest)| rest.to_owned()));
        line.filter(|_| log.ends_with('\n'))
    };
    let root = wait(&log, "address", || said("export TASKCLUSTER_ROOT_URL="));
    let decision = wait(&log, "decision task", || said("Created the decision task "));
    let group = decision.rsplit_once('/').unwrap().1;
    wait(&log, "decision", || said("Decision Task "));
    wait(&log, "completed task", || {
        let hello = ("hello-world".to_owned(), "completed".to_owned());
        tasks(folder, &root, group).contains(&hello).then_some(())
    });

    assert!(blocks[2].contains(ADDRESS), "{}", blocks[2]);
    let commands = blocks[2].replace(&format!("http://{ADDRESS}"), &root);
    let triggered = shell(folder, "", &commands).output().unwrap();
    assert!(triggered.status.success(), "{}", text(&triggered));
    wait(&log, "action", || said("Action: Retrigger "));
    let tasks = wait(&log, "copies", || {
        let tasks = tasks(folder, &root, group);
        tasks
            .iter()
            .all(|(_, state)| state == "completed")
            .then_some(tasks)
    });
    let mut labels: Vec<&str> = tasks.iter().map(|(label, _)| label.as_str()).collect();
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
    assert_eq!(labels, expected, "{}", fs::read_to_string(&log).unwrap());
}
