//! A small project for tests of transforms.

use std::sync::Arc;

use super::context::{Context, Project, TrackedFiles};
use super::contract::Transform;
use super::item::Item;
use crate::base::name::KindName;
use crate::base::value::{Value, json};
pub(crate) use crate::config::test_support::object;
use crate::config::test_support::{graph_config, params};
use crate::model::task::Task;
use crate::ports::environment::Environment;
use crate::ports::files::Disk;
use crate::task_scripts::TaskScripts;

/// The project around the items of a test.
#[derive(Default)]
pub(crate) struct TestProject {
    /// The kind; `thing` if empty.
    pub kind: &'static str,
    /// The `kind.yml`.
    pub config: Value,
    /// Kind, name and attributes of the tasks of other kinds; the label is derived from the first two.
    pub dependencies: Vec<(&'static str, &'static str, Value)>,
    /// Parameters that differ.
    pub params: Value,
    /// Paths and contents of files.
    pub files: &'static [(&'static str, &'static str)],
}

impl TestProject {
    /// The result of a transform, or the text of all mistakes.
    pub(crate) fn run(&self, transform: &Transform, items: Value) -> Result<Value, String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in self.files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let dependencies: Vec<Arc<Task>> = self
            .dependencies
            .iter()
            .map(|(kind, name, attributes)| {
                Arc::new(Task {
                    kind: KindName::parse(kind).unwrap(),
                    ..Task::from_json(&json!({
                        "kind": kind, "label": format!("{kind}-{name}"),
                        "attributes": attributes, "task": {},
                    }))
                    .unwrap()
                })
            })
            .collect();
        let project = Project {
            graph_config: &graph_config(json!({})),
            params: &params(self.params.clone()),
            files: &Disk::new(folder.path()).unwrap(),
            environment: &Environment::default(),
            task_scripts: &TaskScripts::default(),
            tracked: &TrackedFiles::new(&|| Ok(Vec::new())),
            docker_contexts: None,
            remote: None,
            fast: false,
        };
        let kind = if self.kind.is_empty() {
            "thing"
        } else {
            self.kind
        };
        let context = Context {
            project: &project,
            kind: &KindName::parse(kind).unwrap(),
            path: "taskcluster/kinds/thing",
            config: &object(self.config.clone()),
            dependencies: &dependencies,
        };
        let items = items.as_array().cloned().unwrap_or_default();
        let items = items.into_iter().map(|item| Item::new(object(item)));
        transform
            .apply(&context, items.collect())
            .map(|output| {
                output
                    .into_iter()
                    .map(|item| Value::Object(item.task))
                    .collect()
            })
            .map_err(|wrong| wrong.to_string())
    }

    /// The text of everything that is wrong with items.
    pub(crate) fn error(&self, transform: &Transform, items: Value) -> String {
        match self.run(transform, items) {
            Ok(output) => format!("nothing is wrong: {output}"),
            Err(wrong) => wrong,
        }
    }
}
