//! A small project for tests of transforms.

use std::sync::Arc;

use serde_json::json;

use super::{Context, Item, Transform};
use crate::base::name::KindName;
use crate::base::value::{Object, Value};
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::{Parameters, Strictness};
use crate::model::task::Task;
use crate::ports::environment::Environment;
use crate::ports::files::Disk;
use crate::transform::context::{Project, RunTask};

/// What lies around the items of a test.
#[derive(Default)]
pub(crate) struct World {
    /// The kind; `thing` when it is empty.
    pub kind: &'static str,
    /// The `kind.yml`.
    pub config: Value,
    /// Kind, name and attributes of the tasks of other kinds; the label is made of the first two.
    pub dependencies: Vec<(&'static str, &'static str, Value)>,
    /// Parameters that differ.
    pub params: Value,
    /// Paths and contents of files.
    pub files: &'static [(&'static str, &'static str)],
}

/// A mapping.
pub(crate) fn object(value: Value) -> Object {
    match value {
        Value::Object(map) => map,
        _ => Object::new(),
    }
}

impl World {
    /// What a transform makes of items, or the text of everything that is wrong with them.
    pub(crate) fn run(&self, transform: &Transform, items: Value) -> Result<Value, String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in self.files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let graph_config = json!({
            "trust-domain": "snow",
            "task-priority": "low",
            "workers": {"aliases": {}},
            "taskgraph": {"repositories": {"ci": {"name": "ci"}}},
        });
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
            graph_config: &GraphConfig::read(
                "taskcluster",
                "config.yml",
                graph_config.to_string().as_bytes(),
            )
            .unwrap(),
            params: &params(&self.params),
            files: &Disk::new(folder.path()).unwrap(),
            environment: &Environment::default(),
            run_task: &RunTask::default(),
            tracked: &|| Ok(Vec::new()),
            docker_contexts: None,
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
        (transform.run)(&context, items.collect())
            .map(|made| {
                made.into_iter()
                    .map(|item| Value::Object(item.task))
                    .collect()
            })
            .map_err(|wrong| wrong.to_string())
    }

    /// The text of everything that is wrong with items.
    pub(crate) fn error(&self, transform: &Transform, items: Value) -> String {
        match self.run(transform, items) {
            Ok(made) => format!("nothing is wrong: {made}"),
            Err(wrong) => wrong,
        }
    }
}

fn params(over: &Value) -> Parameters {
    let mut values = object(json!({
        "base_repository": "https://github.com/example/ci",
        "base_rev": "a",
        "build_date": 1_700_000_000,
        "build_number": 1,
        "do_not_optimize": [],
        "enable_always_target": true,
        "existing_tasks": {},
        "files_changed": [],
        "filters": [],
        "head_ref": "topic",
        "head_repository": "https://github.com/someone/ci",
        "head_rev": "b",
        "head_tag": "",
        "level": "1",
        "moz_build_date": "20231114221320",
        "optimize_target_tasks": true,
        "owner": "someone@example.com",
        "project": "ci",
        "pushdate": 1_700_000_000,
        "pushlog_id": "0",
        "repository_type": "git",
        "target_tasks_method": "default",
        "tasks_for": "github-push",
    }));
    values.extend(object(over.clone()));
    Parameters::new(values, Strictness::Lenient).unwrap()
}
