//! Decision tasks of the program in a checkout.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use snowman::base::name::TaskId;
use snowman::base::value::Object;
use snowman::config::parameters::Parameters;

use super::bench::{Bench, REPOSITORY};
use super::project::Project;
use super::ran::CommandOutput;

/// A decision task in a checkout of the release fixture with a docker image.
pub struct Checkout {
    pub bench: Bench,
    pub task_id: TaskId,
    pub revision: String,
}

impl Checkout {
    pub async fn new(message: &str) -> Self {
        let project = Project::release();
        let config =
            std::fs::read_to_string(project.root().join("taskcluster/config.yml")).unwrap();
        let images = "aliases:\n        images: {provisioner: 'snow-{level}', implementation: docker-worker, \
                      os: linux, worker-type: images}\n\
                      treeherder: {group-names: {I: Images}}\n";
        project
            .write("taskcluster/config.yml", &config.replace("aliases: {}\n", images))
            .write(
                "taskcluster/kinds/docker-image/kind.yml",
                "loader: taskgraph.loader.transform:loader\n\
                 transforms: [taskgraph.transforms.docker_image:transforms, \
                 taskgraph.transforms.cached_tasks:transforms, taskgraph.transforms.task:transforms]\n\
                 tasks: {plain: {symbol: I(p)}, image_builder: {symbol: I(b)}}\n",
            )
            .write("taskcluster/docker/plain/Dockerfile", "FROM debian\n")
            .write("taskcluster/docker/image_builder/Dockerfile", "FROM debian\n");
        project.commit("first");
        project.write("src/x.rs", "");
        let revision = project.commit(message);
        let bench = Bench::new(project).await;
        let task_id = bench.new_id();
        let definition = bench.definition(&task_id, "Decision Task", "branch:main");
        bench.begin(&task_id, &definition);
        Self {
            bench,
            task_id,
            revision,
        }
    }

    /// Begins another decision task in the same checkout.
    pub fn another(&mut self) {
        self.task_id = self.bench.new_id();
        let definition = self
            .bench
            .definition(&self.task_id, "Decision Task", "branch:main");
        self.bench.begin(&self.task_id, &definition);
    }

    pub async fn decide(&self, more: &[&str]) -> CommandOutput {
        let revision = format!("--head-rev={}", self.revision);
        let base = format!(
            "--base-rev={}",
            self.bench.project.git(&["rev-parse", "HEAD~1"])
        );
        let repositories = [
            format!("--head-repository={REPOSITORY}"),
            format!("--base-repository={REPOSITORY}"),
        ];
        let mut args = vec![
            "decision",
            "--pushlog-id=0",
            "--project=ci",
            "--owner=dev",
            "--level=1",
            "--repository-type=git",
            "--base-ref=main",
            "--head-ref=refs/heads/main",
            "--tasks-for=github-push",
            &revision,
            &base,
        ];
        args.extend(repositories.iter().map(String::as_str));
        if !more.iter().any(|arg| arg.starts_with("--pushdate=")) {
            args.push("--pushdate=0");
        }
        args.extend(more);
        let environment = self.bench.environment(&self.task_id);
        self.bench.command(&environment, &args).await
    }

    pub async fn decided(&self, more: &[&str]) {
        let output = self.decide(more).await;
        assert_eq!(output.code, Some(0), "{}", output.err);
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        let path = self.bench.project.root().join(name);
        std::fs::read(&path).unwrap_or_else(|error| unreachable!("{name}: {error}"))
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.read(&format!("artifacts/{name}"))).unwrap()
    }

    pub fn parameters(&self) -> Object {
        Parameters::read("parameters.yml", &self.read("artifacts/parameters.yml")).unwrap()
    }
}

/// The files below a folder.
pub fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            found.extend(
                files(&entry.path())
                    .into_iter()
                    .map(|inner| format!("{name}/{inner}")),
            );
        } else {
            found.insert(name);
        }
    }
    found
}
