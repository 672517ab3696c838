//! A project that `init` makes works at once.

use serde_json::{Value, json};
use snowman::config::yaml;

use super::desk::Desk;

fn desk() -> Desk {
    let desk = Desk::empty().program("python3", "echo\n");
    desk.git(&[
        "remote",
        "add",
        "origin",
        "git@github.com:Org/My.Project.git",
    ]);
    desk
}

#[test]
fn the_graph_of_a_new_project_can_be_shown() {
    let desk = desk();
    let ran = desk.run(&["init"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let desk = desk.commit("Start");
    let labels = "docker-image-linux\nhello-world\n";
    assert_eq!(desk.run(&["full", "--quiet"]).ok(), labels);
    let morphed = desk.run(&["morphed", "--no-optimize", "--json", "--quiet"]);
    let morphed: Value = serde_json::from_str(&morphed.ok()).unwrap();
    let tasks: Vec<&Value> = morphed.as_object().unwrap().values().collect();
    assert_eq!(tasks.len(), 2);
    let queues = tasks.iter().map(|task| &task["task"]["provisionerId"]);
    assert!(
        queues.clone().all(|queue| *queue == "my-project-3"),
        "{:?}",
        queues.collect::<Vec<_>>()
    );
    let digest = desk.run(&["image-digest", "linux"]).ok();
    assert_eq!(digest.trim().len(), 64);
    assert!(desk.run(&["actions", "-q"]).ok().contains("retrigger"));
}

#[test]
fn the_decision_task_of_a_new_project_is_rendered() {
    let desk = desk();
    desk.run(&["init"]).ok();
    let text = std::fs::read(desk.root().join(".taskcluster.yml")).unwrap();
    let template = yaml::load(".taskcluster.yml", &text).unwrap().value;
    let url = "https://github.com/Org/My.Project";
    let rendered = json_e::render(
        &template.into(),
        &json!({
            "tasks_for": "github-push",
            "ownTaskId": "AbCdEfGhQJKLmnopqrStuA",
            "event": {
                "ref": "refs/heads/main",
                "before": "b".repeat(40),
                "after": "a".repeat(40),
                "base_ref": null,
                "pusher": {"name": "someone", "email": "someone@example.com"},
                "repository": {"name": "My.Project", "html_url": url},
            },
        }),
    );
    let rendered = rendered.unwrap();
    let task = &rendered["tasks"][0];
    assert_eq!(task["taskQueueId"], "my-project-3/decision");
    assert_eq!(task["payload"]["command"][1], "decision");
    assert_eq!(
        task["scopes"][0],
        "assume:repo:github.com/Org/My.Project:branch:main"
    );
}

#[test]
fn nothing_is_overwritten_unless_it_is_wanted() {
    let desk = desk().file("taskcluster/config.yml", "mine: true\n");
    let config = desk.root().join("taskcluster/config.yml");
    let ran = desk.run(&["init"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err
            .contains("the file `taskcluster/config.yml` already exists"),
        "{}",
        ran.err
    );
    assert!(!desk.root().join(".taskcluster.yml").exists());
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "mine: true\n");
    desk.run(&["init", "--force"]).ok();
    assert!(
        std::fs::read_to_string(&config)
            .unwrap()
            .contains("trust-domain: my-project")
    );
}

#[test]
fn tasks_need_an_address_of_their_source() {
    let ran = Desk::empty().run(&["init"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("the repository has no remote on GitHub"),
        "{}",
        ran.err
    );
}

#[test]
fn a_graph_can_be_shown_before_the_first_commit() {
    let desk = desk();
    desk.run(&["init"]).ok();
    assert_eq!(desk.run(&["full", "--quiet"]).code, 0);
}

/// The image of the decision task that was written.
fn image(desk: &Desk) -> String {
    let text = std::fs::read_to_string(desk.root().join(".taskcluster.yml")).unwrap();
    let mut lines = text.lines().map(str::trim);
    let image = lines.find_map(|line| line.strip_prefix("image: "));
    image.unwrap().to_owned()
}

#[test]
fn the_image_is_that_of_this_version() {
    let desk = desk();
    let ran = desk.run(&["init"]);
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!("ghcr.io/org/snowman-decision:{version}");
    assert_eq!(image(&desk), expected);
    assert!(
        ran.said().contains("which is not published: build it"),
        "{}",
        ran.err
    );
    assert_eq!(
        desk.run(&["--version"]).ok(),
        format!("snowman {version}\n")
    );
}

#[test]
fn the_image_may_be_another_that_stays_the_same() {
    let digest = format!("registry.example.com/a@sha256:{}", "0a".repeat(32));
    for name in ["registry.example.com:5000/a/b:1.2", &digest] {
        let desk = desk();
        let ran = desk.run(&["init", "--image", name]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(image(&desk), name);
        assert_eq!(ran.said().contains("Add its digest"), !name.contains('@'));
        let text = std::fs::read(desk.root().join(".taskcluster.yml")).unwrap();
        yaml::load(".taskcluster.yml", &text).unwrap();
    }
    for name in ["a", "a:latest", "a:1\"", "a:1 b"] {
        let desk = desk();
        let ran = desk.run(&["init", "--image", name]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.err);
        assert!(!desk.root().join(".taskcluster.yml").exists());
    }
}

#[test]
fn nothing_that_is_written_names_the_latest_image() {
    let desk = desk();
    desk.run(&["init"]).ok();
    let written = desk.bash("cat $(git ls-files --others --exclude-standard)");
    let mut lines = written.lines();
    let latest = lines.find(|line| line.contains(":latest") || line.contains("stable"));
    assert_eq!(latest, None);
}
