//! The names under which a worker publishes what a task leaves behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use snowman::config::yaml;

use super::checkout::{Checkout, files};

/// What a worker adds to every task's artifacts by itself.
const OF_WORKERS: [&str; 4] = [
    "public/chain-of-trust.json",
    "public/chain-of-trust.json.sig",
    "public/logs/live.log",
    "public/logs/live_backing.log",
];

/// Where decision tasks have their checkout.
const SOURCE: &str = "/builds/worker/src";

/// The artifacts that the decision task of a `.taskcluster.yml` declares: names and folders.
fn declared(template: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(template));
    // `init` fills these in; here their names do.
    let text = text.unwrap().replace('%', "");
    let template = yaml::load(template, text.as_bytes()).unwrap().value;
    let repository = "https://github.com/snowman-ci/snowman";
    let context = json!({
        "tasks_for": "github-push",
        "event": {
            "ref": "refs/heads/main",
            "before": "0".repeat(40),
            "after": "1".repeat(40),
            "base_ref": null,
            "pusher": {"name": "test", "email": "test@example.com"},
            "repository": {"name": "snowman", "html_url": repository},
        },
        "taskcluster_root_url": "https://tc.example.com",
        "ownTaskId": "fN1SbArXTPSVFUUvaOlinQ",
    });
    let rendered = json_e::render(&template.into(), &context).unwrap();
    let artifacts = rendered["tasks"][0]["payload"]["artifacts"].as_object();
    let artifacts = artifacts.unwrap().iter();
    let pair = |(name, artifact): (&String, &Value)| {
        assert_eq!(artifact["type"], "directory", "{name}");
        (name.clone(), artifact["path"].as_str().unwrap().to_owned())
    };
    artifacts.map(pair).collect()
}

/// Every name under which a worker would publish a file of these folders.
fn published(root: &Path, declared: &BTreeMap<String, String>) -> Vec<String> {
    let of_workers = OF_WORKERS.iter().map(|name| (*name).to_owned());
    let of_task = declared.iter().flat_map(|(name, folder)| {
        let folder = folder.strip_prefix(SOURCE).unwrap().trim_matches('/');
        let found = files(&root.join(folder)).into_iter();
        found.map(move |file| format!("{name}/{file}"))
    });
    of_workers.chain(of_task).collect()
}

#[tokio::test]
async fn published_names_are_unique() {
    let checkout = Checkout::new("change").await;
    checkout.decided(&[]).await;
    let root = checkout.bench.project.root();
    // The last is what most projects have.
    let usual = [
        ("public", "/builds/worker/src/artifacts"),
        (
            "public/docker-contexts",
            "/builds/worker/src/docker-contexts",
        ),
    ];
    let usual = usual.map(|(name, folder)| (name.to_owned(), folder.to_owned()));
    for declared in [
        declared(".taskcluster.yml"),
        declared("src/cli/init/templates/taskcluster.yml"),
        usual.into(),
    ] {
        let names = published(root, &declared);
        let mut once = BTreeSet::new();
        let twice: Vec<_> = names.iter().filter(|name| !once.insert(*name)).collect();
        assert_eq!(twice, [""; 0], "{declared:?}");
        for name in [
            "public/docker-contexts/plain.tar.gz",
            "public/task-graph.json",
        ] {
            assert!(names.iter().any(|one| one == name), "{name}: {names:?}");
        }
    }
}

#[tokio::test]
async fn folders_may_be_links_created_by_the_task() {
    let checkout = Checkout::new("change").await;
    let root = checkout.bench.project.root();
    let outside = tempfile::tempdir().unwrap();
    for name in ["artifacts", "docker-contexts"] {
        let folder = outside.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::os::unix::fs::symlink(&folder, root.join(name)).unwrap();
    }
    checkout.decided(&[]).await;
    for file in ["artifacts/task-graph.json", "docker-contexts/plain.tar.gz"] {
        assert!(outside.path().join(file).is_file(), "{file}");
    }
}

#[tokio::test]
async fn a_link_that_is_part_of_the_checkout_is_refused() {
    for name in ["artifacts", "docker-contexts"] {
        let checkout = Checkout::new("change").await;
        let project = &checkout.bench.project;
        let outside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), project.root().join(name)).unwrap();
        project.git(&["add", "--force", name]);
        let output = checkout.decide(&[]).await;
        assert_eq!(output.code, Some(1), "{}", output.err);
        let advice = format!("remove `{name}` from the repository");
        assert!(output.err.contains(&advice), "{}", output.err);
        assert_eq!(outside.path().read_dir().unwrap().count(), 0);
        assert_eq!(checkout.bench.tasks(&checkout.task_id).len(), 0);
    }
}
