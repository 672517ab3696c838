//! Adds a task that notifies code review when its tasks are finished.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::context::{Change, MorphContext};
use crate::base::diagnostic::Diagnostic;
use crate::base::name::{KindName, Label, TaskId};
use crate::base::value::{Object, Value, json, truthy};
use crate::model::id_graph::{IdGraph, PlannedTask};

/// If the parameter `code-review` is given, adds a task that depends on every task with the attribute
/// of that name.
pub fn run(graph: IdGraph, context: MorphContext<'_>) -> Result<Change, Diagnostic> {
    let params = context.params;
    let Some(config) = params.get("code-review").filter(|value| truthy(value)) else {
        return Ok((graph, Vec::new()));
    };
    let reviewed: BTreeMap<String, TaskId> = graph
        .tasks()
        .filter(|task| task.attributes.get("code-review").is_some_and(truthy))
        .map(|task| (task.label.to_string(), task.task_id.clone()))
        .collect();
    if reviewed.is_empty() {
        return Ok((graph, Vec::new()));
    }
    let mut ids: Vec<_> = reviewed.values().map(TaskId::as_str).collect();
    ids.sort_unstable();
    let environment = context.environment;
    let source = format!(
        "{}/raw-file/{}/src/taskgraph/morph.py",
        environment
            .get("TASKGRAPH_HEAD_REPOSITORY")
            .unwrap_or("https://github.com/taskcluster/taskgraph"),
        environment.get("TASKGRAPH_HEAD_REV").unwrap_or("default"),
    );
    let definition = json!({
        "provisionerId": "built-in",
        "workerType": "succeed",
        "dependencies": ids,
        // Code review also needs to know about failures.
        "requires": "all-resolved",
        "created": {"relative-datestamp": "0 seconds"},
        "deadline": {"relative-datestamp": "1 day"},
        "expires": {"relative-datestamp": "1 day"},
        "metadata": {
            "name": "code-review",
            "description": "List all issues found in static analysis and linting tasks",
            "owner": params.str("owner"),
            "source": source,
        },
        "scopes": [],
        "payload": {},
        "routes": ["project.relman.codereview.v1.try_ending"],
        "extra": {
            "code-review": {
                "phabricator-build-target": config.get("phabricator-build-target"),
                "repository": params.str("head_repository"),
                "revision": params.str("head_rev"),
            },
        },
    });
    let name = |error: crate::base::name::NameError| Diagnostic::bug(error.to_string());
    let label = Label::parse("code-review").map_err(name)?;
    let task = PlannedTask {
        task_id: context.ids.id(&label, 0),
        kind: KindName::parse("misc").map_err(name)?,
        label,
        description: String::new(),
        attributes: Object::from_iter([("kind", Value::from("misc"))]),
        task: definition.as_object().cloned().unwrap_or_default(),
        optimization: Value::Null,
        dependencies: reviewed.into(),
        soft_dependencies: Vec::new(),
        if_dependencies: Vec::new(),
        provenance: Arc::default(),
    };
    Ok((graph, vec![task]))
}
