//! A `.taskcluster.yml` and the input of an action, separated by a line of `=`, are accepted or
//! refused.

#![no_main]

mod common;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use snowman::actions::ACTIONS;
use snowman::actions::callback::check_input;
use snowman::base::name::TaskId;
use snowman::base::time::Timestamp;
use snowman::config::graph_config::GraphConfig;
use snowman::config::yaml;
use snowman::ports::files::{FileError, Files, Found};
use snowman::rehearse::push::{Push, Service};
use snowman::rehearse::template::decision_task;

static CONFIG: LazyLock<GraphConfig> = LazyLock::new(|| {
    let text = include_bytes!("../../taskcluster/config.yml");
    GraphConfig::read("taskcluster", "taskcluster/config.yml", text).expect("our own config.yml")
});

/// One file under every name.
struct Only<'a>(&'a [u8]);

impl Files for Only<'_> {
    fn read(&self, _: &str) -> Result<Vec<u8>, FileError> {
        Ok(self.0.to_vec())
    }

    fn mode(&self, _: &str) -> Result<u32, FileError> {
        Ok(0o100_644)
    }

    fn is_folder(&self, _: &str) -> Result<bool, FileError> {
        Ok(false)
    }

    fn list(&self, _: &str) -> Result<Vec<String>, FileError> {
        Ok(Vec::new())
    }

    fn walk(&self, _: &str) -> Result<Vec<Found>, FileError> {
        Ok(Vec::new())
    }
}

fuzz_target!(init: common::pass_caught_panics(), |text: &[u8]| {
    let line = b"\n=\n";
    let end = text.windows(line.len()).position(|part| part == line);
    let (template, input) = match end {
        Some(end) => (&text[..end], &text[end + line.len()..]),
        None => (text, &text[..0]),
    };
    let push = Push {
        service: Service::GitHub,
        repository: "https://github.com/org/project".to_owned(),
        project: "project".to_owned(),
        head_ref: "refs/heads/main".to_owned(),
        head_rev: "abc".to_owned(),
        owner: "someone@example.com".to_owned(),
    };
    let id = TaskId::parse("fN1SbArXTPSVFUUvaOlinQ").expect("a taskId");
    let now = Timestamp::from_unix(1_700_000_000);
    let slugid = |_: &str| id.clone();
    let root = "https://tc.example.com";
    if let Ok(Some((_, task))) = decision_task(&Only(template), &push, &slugid, root, now) {
        assert!(task.is_object());
    }
    let Ok(input) = yaml::load("input.yml", input) else {
        return;
    };
    for action in ACTIONS {
        let _ = check_input(action, &CONFIG, input.value.clone());
    }
});
