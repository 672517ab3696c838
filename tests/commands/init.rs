//! A project that `init` creates works immediately.

use serde_json::{Value, json};
use snowman::config::yaml;

use super::test_repository::TestRepository;

fn repository() -> TestRepository {
    let repository = TestRepository::empty().program("python3", "echo\n");
    repository.git(&[
        "remote",
        "add",
        "origin",
        "git@github.com:Org/My.Project.git",
    ]);
    repository
}

#[test]
fn the_graph_of_a_new_project_can_be_shown() {
    let repository = repository();
    let ran = repository.run(&["init"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let repository = repository.commit("Start");
    let labels = "docker-image-linux\nhello-world\n";
    assert_eq!(repository.run(&["full", "--quiet"]).ok(), labels);
    let morphed = repository.run(&["morphed", "--no-optimize", "--json", "--quiet"]);
    let morphed: Value = serde_json::from_str(&morphed.ok()).unwrap();
    let tasks: Vec<&Value> = morphed.as_object().unwrap().values().collect();
    assert_eq!(tasks.len(), 2);
    let queues = tasks.iter().map(|task| &task["task"]["provisionerId"]);
    assert!(
        queues.clone().all(|queue| *queue == "my-project-3"),
        "{:?}",
        queues.collect::<Vec<_>>()
    );
    let digest = repository.run(&["image-digest", "linux"]).ok();
    assert_eq!(digest.trim().len(), 64);
    assert!(
        repository
            .run(&["actions", "-q"])
            .ok()
            .contains("retrigger")
    );
}

#[test]
fn the_decision_task_of_a_new_project_is_rendered() {
    let repository = repository();
    repository.run(&["init"]).ok();
    let text = std::fs::read(repository.root().join(".taskcluster.yml")).unwrap();
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
fn existing_files_are_only_overwritten_on_request() {
    let repository = repository().file("taskcluster/config.yml", "mine: true\n");
    let config = repository.root().join("taskcluster/config.yml");
    let ran = repository.run(&["init"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err
            .contains("the file `taskcluster/config.yml` already exists"),
        "{}",
        ran.err
    );
    assert!(!repository.root().join(".taskcluster.yml").exists());
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "mine: true\n");
    repository.run(&["init", "--force"]).ok();
    assert!(
        std::fs::read_to_string(&config)
            .unwrap()
            .contains("trust-domain: my-project")
    );
}

#[test]
fn tasks_need_the_url_of_their_source() {
    let ran = TestRepository::empty().run(&["init"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("the repository has no remote on GitHub"),
        "{}",
        ran.err
    );
}

#[test]
fn a_graph_can_be_shown_before_the_first_commit() {
    let repository = repository();
    repository.run(&["init"]).ok();
    assert_eq!(repository.run(&["full", "--quiet"]).code, 0);
}

/// The image of the decision task that was written.
fn image(repository: &TestRepository) -> String {
    let text = std::fs::read_to_string(repository.root().join(".taskcluster.yml")).unwrap();
    let mut lines = text.lines().map(str::trim);
    let image = lines.find_map(|line| line.strip_prefix("image: "));
    image.unwrap().to_owned()
}

#[test]
fn the_image_is_that_of_this_version() {
    let repository = repository();
    let ran = repository.run(&["init"]);
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!("ghcr.io/org/snowman-decision:{version}");
    assert_eq!(image(&repository), expected);
    assert!(
        ran.message().contains("which is not published: build it"),
        "{}",
        ran.err
    );
    assert_eq!(
        repository.run(&["--version"]).ok(),
        format!("snowman {version}\n")
    );
}

#[test]
fn another_pinned_image_can_be_named() {
    let digest = format!("registry.example.com/a@sha256:{}", "0a".repeat(32));
    for name in ["registry.example.com:5000/a/b:1.2", &digest] {
        let repository = repository();
        let ran = repository.run(&["init", "--image", name]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(image(&repository), name);
        assert_eq!(
            ran.message().contains("Add its digest"),
            !name.contains('@')
        );
        let text = std::fs::read(repository.root().join(".taskcluster.yml")).unwrap();
        yaml::load(".taskcluster.yml", &text).unwrap();
    }
    for name in ["a", "a:latest", "a:1\"", "a:1 b"] {
        let repository = repository();
        let ran = repository.run(&["init", "--image", name]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.err);
        assert!(!repository.root().join(".taskcluster.yml").exists());
    }
}

#[test]
fn no_written_file_names_the_latest_image() {
    let repository = repository();
    repository.run(&["init"]).ok();
    let content = repository.bash("cat $(git ls-files --others --exclude-standard)");
    let mut lines = content.lines();
    let latest = lines.find(|line| line.contains(":latest") || line.contains("stable"));
    assert_eq!(latest, None);
}
