//! A graph config and parameters for tests.

use super::graph_config::GraphConfig;
use super::parameters::{Parameters, Strictness};
use crate::base::value::{Object, Value, json};

/// A mapping.
pub(crate) fn object(value: Value) -> Object {
    match value {
        Value::Object(map) => map,
        _ => Object::new(),
    }
}

/// The parameters of a push to the branch `topic`, but for those in `over`.
pub(crate) fn params(over: Value) -> Parameters {
    let mut values = object(json!({
        "base_repository": "https://github.com/example/ci",
        "base_ref": "main",
        "base_rev": "a",
        "build_date": 1_700_000_000,
        "build_number": 1,
        "do_not_optimize": [],
        "enable_always_target": true,
        "existing_tasks": {},
        "files_changed": [],
        "filters": ["target_tasks_method"],
        "head_ref": "refs/heads/topic",
        "head_repository": "https://github.com/example/ci",
        "head_rev": "b",
        "head_tag": "",
        "level": "1",
        "moz_build_date": "20231114221320",
        "next_version": null,
        "optimize_strategies": null,
        "optimize_target_tasks": true,
        "owner": "someone@example.com",
        "project": "ci",
        "pushdate": 1_700_000_000,
        "pushlog_id": "0",
        "repository_type": "git",
        "target_tasks_method": "default",
        "tasks_for": "github-push",
    }));
    values.extend(object(over));
    Parameters::new(values, Strictness::Lenient).unwrap()
}

/// A graph config of the trust domain `snow`, but for the keys in `over`.
pub(crate) fn graph_config(over: Value) -> GraphConfig {
    let mut values = object(json!({
        "trust-domain": "snow",
        "task-priority": "low",
        "workers": {"aliases": {}},
        "taskgraph": {"repositories": {"ci": {"name": "ci"}}},
    }));
    values.extend(object(over));
    let text = Value::Object(values).to_string();
    GraphConfig::read("taskcluster", "taskcluster/config.yml", text.as_bytes()).unwrap()
}
