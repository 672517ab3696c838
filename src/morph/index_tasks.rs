//! Moves index routes beyond the queue's limit to tasks that insert them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fancy_regex::escape;

use super::context::{Change, MorphContext};
use crate::base::diagnostic::Diagnostic;
use crate::base::name::{KindName, Label};
use crate::base::pattern::Prefix;
use crate::base::value::{Object, Value, json};
use crate::model::id_graph::{IdGraph, PlannedTask};
use crate::model::planned_dependencies::PlannedDependencies;

/// The queue's limit for routes of one task (queue schema, `routes.maxItems`).
const MAX_ROUTES: usize = 64;

/// Removes the index routes of every task with more routes, and adds an index task instead.
pub fn run(graph: IdGraph, context: MorphContext<'_>) -> Result<Change, Diagnostic> {
    let mut added = Vec::new();
    let mut failure = None;
    let graph = graph.changed(|task| {
        if routes(task).len() <= MAX_ROUTES || failure.is_some() {
            return None;
        }
        match split(task, context) {
            Ok((rest, index_task)) => {
                added.push(index_task);
                let mut task = task.clone();
                task.task.insert("routes", rest);
                Some(task)
            }
            Err(diagnostic) => {
                failure = Some(diagnostic);
                None
            }
        }
    });
    match failure {
        Some(diagnostic) => Err(diagnostic),
        None => Ok((graph, added)),
    }
}

fn routes(task: &PlannedTask) -> Vec<&str> {
    let routes = task.task.get("routes").and_then(Value::as_array);
    routes
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// The remaining routes, and the task that inserts the others.
fn split(
    parent: &PlannedTask,
    context: MorphContext<'_>,
) -> Result<(Value, PlannedTask), Diagnostic> {
    let (paths, rest): (Vec<_>, Vec<_>) = routes(parent)
        .into_iter()
        .partition(|route| route.starts_with("index."));
    let paths: Vec<&str> = paths
        .into_iter()
        .filter_map(|p| p.strip_prefix("index."))
        .collect();
    let name = format!("index-task-{}", parent.label);
    let label = Label::parse(&name).map_err(|error| Diagnostic::bug(error.to_string()))?;
    let pool = context
        .graph_config
        .worker_pool("misc", context.params.level())
        .map_err(|d| {
            d.in_task(parent.label.as_str())
                .because("a task with more than 64 routes needs an index task on the worker `misc`")
        })?;
    let metadata = |key: &str| {
        parent
            .task
            .get("metadata")
            .and_then(|m| m.get(key))
            .cloned()
            .unwrap_or(Value::Null)
    };
    let rank = parent
        .task
        .get("extra")
        .and_then(|extra| extra.get("index"));
    let rank = rank
        .and_then(|index| index.get("rank"))
        .cloned()
        .unwrap_or(json!(0));
    let deadline = parent.task.get("deadline").cloned().unwrap_or(Value::Null);
    let command: Vec<&str> = std::iter::once("insert-indexes.js")
        .chain(paths.clone())
        .collect();
    let definition = json!({
        "provisionerId": pool.provisioner,
        "workerType": pool.worker_type,
        "dependencies": [parent.task_id.as_str()],
        "created": {"relative-datestamp": "0 seconds"},
        "deadline": deadline,
        "expires": deadline,
        "metadata": {
            "name": name,
            "description":
                format!("index-task for {}", metadata("description").as_str().unwrap_or_default()),
            "owner": metadata("owner"),
            "source": metadata("source"),
        },
        "scopes": scopes(&paths, context)?,
        "payload": {
            "image": {
                "path": "public/image.tar.zst",
                "namespace": "taskgraph.cache.level-3.docker-images.v2.index-task.latest",
                "type": "indexed-image",
            },
            "features": {"taskclusterProxy": true},
            "maxRunTime": 600,
            "command": command,
            "env": {
                "TARGET_TASKID": parent.task_id.as_str(),
                "INDEX_RANK": crate::base::value::py_str(&rank),
            },
        },
    });
    let task_id = context.ids.id(&label, 0);
    let dependencies = BTreeMap::from([("parent".to_owned(), parent.task_id.clone())]).into();
    let task = added_task(label, task_id, definition, dependencies, parent)?;
    Ok((rest.into_iter().map(Value::from).collect(), task))
}

fn added_task(
    label: Label,
    task_id: crate::base::name::TaskId,
    definition: Value,
    dependencies: PlannedDependencies,
    parent: &PlannedTask,
) -> Result<PlannedTask, Diagnostic> {
    let kind = KindName::parse("misc").map_err(|error| Diagnostic::bug(error.to_string()))?;
    let task = match definition {
        Value::Object(task) => task,
        _ => Object::new(),
    };
    Ok(PlannedTask {
        task_id,
        kind,
        label,
        description: String::new(),
        attributes: Object::from_iter([("kind", Value::from("misc"))]),
        task,
        optimization: Value::Null,
        dependencies,
        soft_dependencies: Vec::new(),
        if_dependencies: Vec::new(),
        provenance: Arc::clone(&parent.provenance),
    })
}

/// The scopes to insert `paths`: those of the trust domain's `v2` tree, and those that
/// `index-path-regexes` match, are summarized, since credentials can hold only so many.
fn scopes(paths: &[&str], context: MorphContext<'_>) -> Result<Value, Diagnostic> {
    let config = context.graph_config;
    let mut patterns = vec![format!(
        r"({}\.v2\.[^.]*\.).*",
        escape(config.trust_domain())
    )];
    let more = config
        .taskgraph("index-path-regexes")
        .and_then(Value::as_array);
    patterns.extend(
        more.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned),
    );
    let patterns = patterns
        .iter()
        .map(|pattern| Prefix::new(pattern))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Diagnostic::user(format!("`index-path-regexes`: {error}")))?;
    let scopes: BTreeSet<String> = paths
        .iter()
        .map(|path| {
            let summary = patterns
                .iter()
                .find(|p| p.matches(path))
                .and_then(|p| p.first_group(path));
            match summary {
                Some(start) => format!("index:insert-task:{start}*"),
                None => format!("index:insert-task:{path}"),
            }
        })
        .collect();
    Ok(scopes.into_iter().map(Value::from).collect())
}
