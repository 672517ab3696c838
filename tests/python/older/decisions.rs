//! The parameters of decisions.

use serde_json::{Value, json};

use super::super::services::{DECISION, Services};
use super::super::world::World;
use super::Release;

/// Computes the parameters of a decision with the code of the release.
const PARAMETERS: &str = r#"
import json, sys
from taskgraph.config import load_graph_config
from taskgraph.decision import get_decision_parameters

config = load_graph_config(ROOT)
config.register()
print(json.dumps(dict(get_decision_parameters(config, OPTIONS))))
"#;

/// A decision, by the names of its options.
struct Decision(Vec<(&'static str, String)>);

impl Decision {
    fn new(world: &World, tasks_for: &str) -> Self {
        let repository = "https://github.com/hail/hail";
        Self(
            [
                ("base_repository", repository),
                ("base_ref", "main"),
                ("base_rev", &world.parent()),
                ("head_repository", repository),
                ("head_ref", "main"),
                ("head_rev", &world.head()),
                ("head_tag", ""),
                ("level", "3"),
                ("owner", "someone@example.com"),
                ("project", "hail"),
                ("pushdate", "1757930400"),
                ("pushlog_id", "1"),
                ("repository_type", "git"),
                ("tasks_for", tasks_for),
            ]
            .map(|(name, value)| (name, value.to_owned()))
            .into(),
        )
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        let option = self.0.iter_mut().find(|(one, _)| *one == name);
        option.unwrap().1 = value.to_owned();
        self
    }

    /// The parameters of these names that the release computes.
    fn of_release(&self, world: &World, release: Release, names: &[&str]) -> Vec<Value> {
        let mut options = json!({"root": null, "target_tasks_method": null});
        for (name, value) in &self.0 {
            options[*name] = json!(value);
        }
        options["pushdate"] = json!(1_757_930_400);
        let root = match release.has_old_layout() {
            true => "taskcluster/ci",
            false => "taskcluster",
        };
        let options = options.to_string().replace("null", "None");
        let script = PARAMETERS.replace("ROOT", &format!("{root:?}"));
        let done = world.script(&script.replace("OPTIONS", &options));
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{stderr}");
        let found: Value = serde_json::from_slice(&done.stdout).unwrap();
        names.iter().map(|name| found[*name].clone()).collect()
    }

    /// The parameters of these names in the artifacts of a decision.
    fn of_ours(&self, world: &World, release: Release, names: &[&str]) -> Vec<Value> {
        let options = self.0.iter();
        let options = options.map(|(name, value)| format!("--{}={value}", name.replace('_', "-")));
        let options: Vec<String> = options.collect();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let arguments = release.arguments(&[["decision"].as_slice(), &options].concat());
        let done = world.ours(&arguments);
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{stderr}");
        let file = world.root().join("artifacts/parameters.yml");
        let file = std::fs::read_to_string(file).unwrap();
        let found: Value = serde_yaml::from_str(&file).unwrap();
        names.iter().map(|name| found[*name].clone()).collect()
    }
}

/// Returns parameters of a decision, which must be the same as those of the release.
fn parameters(
    world: World,
    release: Release,
    names: &[&str],
    change: impl Fn(Decision) -> Decision,
    tasks_for: &str,
) -> Vec<Value> {
    let decision = change(Decision::new(&world, tasks_for));
    let services = Services::start(&[
        "queue:*",
        "docker-worker:*",
        "hail:*",
        "assume:*",
        "index:*",
    ]);
    let world = services.inside(world, DECISION);
    let ours = decision.of_ours(&world, release, names);
    let theirs = decision.of_release(&world, release, names);
    assert_eq!(ours, theirs, "{names:?} of {}", release.name());
    ours
}

#[test]
fn the_base_is_that_of_the_release() {
    let null = "0".repeat(40);
    let gone = "5f1c1c2c0a9d4e55a3c3d7f4f0b6f6f1b3a90d11";
    let release = Release([14, 4, 1]);
    // A new branch, a force-pushed branch, and an ordinary push.
    for (base_ref, base_rev) in [("main", null.as_str()), ("before", gone), ("before", "")] {
        let Some(world) = release.world() else {
            return;
        };
        let base = world.parent();
        world.git(&["branch", "before", &base]);
        let branch = "refs/remotes/origin/before";
        world.git(&["update-ref", branch, &base]);
        world.git(&["symbolic-ref", "refs/remotes/origin/HEAD", branch]);
        let base_rev = if base_rev.is_empty() { &base } else { base_rev };
        let change = |decision: Decision| {
            let decision = decision.with("base_ref", base_ref);
            decision.with("base_rev", base_rev)
        };
        let names = ["base_ref", "base_rev", "files_changed"];
        let found = parameters(world, release, &names, change, "github-push");
        assert_eq!(found[1..], [json!(base), json!(["docs/read.me"])]);
        assert_ne!(found[0], "main");
    }
}

#[test]
fn dontbuild_in_a_push_to_github() {
    for (release, method) in [
        (Release([3, 4, 0]), "default"),
        (Release([8, 2, 0]), "nothing"),
    ] {
        let Some(world) = release.world() else {
            continue;
        };
        world.git(&[
            "commit",
            "--quiet",
            "--allow-empty",
            "--message=a DONTBUILD b",
        ]);
        let names = ["target_tasks_method"];
        let found = parameters(world, release, &names, |decision| decision, "github-push");
        assert_eq!(found, [method]);
    }
}

#[test]
fn overrides_by_a_file() {
    for (numbers, tasks_for, build_number) in [
        ([23, 2, 0], "github-pull-request", 7),
        ([23, 2, 0], "github-pull-request-untrusted", 1),
        ([23, 2, 0], "github-push", 1),
        ([24, 3, 0], "github-pull-request", 1),
    ] {
        let release = Release(numbers);
        let Some(world) = release.world() else {
            continue;
        };
        let config = json!({"version": 2, "parameters": {"build_number": 7}}).to_string();
        let world = world.file("try_task_config.json", &config);
        let names = ["build_number"];
        let found = parameters(world, release, &names, |decision| decision, tasks_for);
        assert_eq!(found, [build_number], "{tasks_for} of {}", release.name());
    }
}
