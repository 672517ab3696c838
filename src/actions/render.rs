//! Renders `actions.json` (action-schema-v1), from which interfaces offer actions.
//!
//! Every action is a hook. The hook's name contains a hash of `.taskcluster.yml`, since its body is
//! rendered from that file. Its payload is a JSON-e template into which the interface inserts input,
//! taskId and taskGroupId.

use super::action::Action;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::digest;
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::{Object, Value, json};
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::custom::actions::ProjectActions;
use crate::ports::files::{FileError, Files};

/// The file that hooks are rendered from.
pub const TASKCLUSTER_YML: &str = ".taskcluster.yml";

/// Renders `actions.json` of the decision task `decision_task_id`: these actions, and those
/// of the project. The project's own registry replaces them.
///
/// # Errors
/// When `.taskcluster.yml` cannot be read, or `disabled-actions` names unknown ones.
pub fn actions_json(
    actions: &[Action],
    files: &dyn Files,
    graph_config: &GraphConfig,
    params: &Parameters,
    decision_task_id: &str,
    project_actions: &ProjectActions,
) -> Outcome<Value> {
    if let Some(document) = &project_actions.document {
        return Ok(document.clone());
    }
    let hash = hash(files)?;
    let disabled = disabled(actions, graph_config, project_actions)?;
    let mut offered: Vec<&Action> = actions
        .iter()
        .filter(|action| (action.available)(graph_config))
        .filter(|action| !disabled.iter().any(|name| name == action.cb_name))
        .collect();
    // An action of the project replaces the built-in one of the same name, even on a push that it does not offer
    // it for.
    offered.retain(|action| !project_actions.permissions.contains_key(action.cb_name));
    let mut entries: Vec<(i64, Value)> = offered
        .into_iter()
        .map(|action| {
            let entry = render(action, graph_config, params, decision_task_id, &hash);
            (i64::from(action.order), entry)
        })
        .collect();
    let enabled = project_actions
        .actions
        .iter()
        .filter(|action| !disabled.contains(&action.cb_name));
    entries.extend(enabled.map(|action| (action.order, action.entry.clone())));
    entries.sort_by_key(|(order, _)| *order);
    let entries: Vec<Value> = entries.into_iter().map(|(_, entry)| entry).collect();
    Ok(json!({"version": 1, "variables": {}, "actions": entries}))
}

/// Returns the first ten hexadecimal digits of the SHA-256 of `.taskcluster.yml`.
fn hash(files: &dyn Files) -> Result<String, Diagnostic> {
    let text = files.read(TASKCLUSTER_YML).map_err(|error| match error {
        FileError::Missing(_) => Diagnostic::user(format!(
            "{TASKCLUSTER_YML} does not exist; actions are rendered from it"
        ))
        .help("add it to the root of the repository"),
        other => other.into(),
    })?;
    let mut digits = digest::sha256(&text);
    digits.truncate(10);
    Ok(digits)
}

fn disabled(
    actions: &[Action],
    graph_config: &GraphConfig,
    project_actions: &ProjectActions,
) -> Outcome<Vec<String>> {
    let mut wrong = Diagnostics::new();
    let mut disabled = Vec::new();
    let named = graph_config
        .taskgraph("disabled-actions")
        .and_then(Value::as_array);
    for (i, name) in named.into_iter().flatten().enumerate() {
        let name = name.as_str().unwrap_or_default();
        let known = actions.iter().map(|action| action.cb_name);
        let known = known.chain(project_actions.permissions.keys().map(String::as_str));
        if known.clone().any(|known| known == name) {
            disabled.push(name.to_owned());
            continue;
        }
        let path = ValuePath::keys(["taskgraph", "disabled-actions"]).index(i);
        wrong.push(
            Diagnostic::user(format!(
                "`taskgraph.disabled-actions` contains the unknown action `{name}`"
            ))
            .at(graph_config.place(&path))
            .help(suggest::hint(name, known)),
        );
    }
    wrong.or_ok(disabled)
}

fn render(
    action: &Action,
    graph_config: &GraphConfig,
    params: &Parameters,
    decision_task_id: &str,
    hash: &str,
) -> Value {
    let level = params.level();
    let pull_request = params.tasks_for().starts_with("github-pull-request");
    let prefix = if pull_request {
        "in-tree-pr-action"
    } else {
        "in-tree-action"
    };
    let mut push = json!({
        "owner": "mozilla-taskcluster-maintenance@mozilla.com",
        "pushlog_id": params.str("pushlog_id"),
        "revision": params.str("head_rev"),
        "base_revision": params.str("base_rev"),
    });
    let (branch, base_branch) = (params.str("head_ref"), params.str("base_ref"));
    if let Value::Object(push) = &mut push {
        if !branch.is_empty() {
            push.insert("branch", json!(branch));
        }
        if !base_branch.is_empty() && branch != base_branch {
            push.insert("base_branch", json!(base_branch));
        }
    }
    let mut rendered = json!({
        "name": action.name,
        "title": action.title,
        "description": action.description,
        "context": context_json(action),
        "kind": "hook",
        "hookGroupId": format!("project-{}", graph_config.trust_domain()),
        "hookId": format!("{prefix}-{level}-{}/{hash}", action.permission),
        "hookPayload": {
            "decision": {
                "action": {
                    "name": action.name,
                    "title": action.title,
                    "description": action.description,
                    "taskGroupId": decision_task_id,
                    "cb_name": action.cb_name,
                    "symbol": (action.symbol)(graph_config),
                },
                "repository": {
                    "url": params.str("head_repository"),
                    "project": params.project(),
                    "level": level,
                    "base_url": params.str("base_repository"),
                },
                "push": push,
            },
            "user": {
                "input": {"$eval": "input"},
                "taskId": {"$eval": "taskId"},
                "taskGroupId": {"$eval": "taskGroupId"},
            },
        },
        "extra": {"actionPerm": action.permission},
    });
    if let (Value::Object(rendered), Some(schema)) = (&mut rendered, (action.schema)(graph_config))
    {
        rendered.insert("schema", schema);
    }
    rendered
}

/// Returns the tag sets of an action, as in `actions.json`.
fn context_json(action: &Action) -> Value {
    action
        .context
        .iter()
        .map(|tags| {
            let tags = tags
                .iter()
                .map(|(key, value)| ((*key).to_owned(), json!(value)));
            Value::Object(tags.collect())
        })
        .collect()
}

/// Returns the empty input, for actions that take none.
#[must_use]
pub fn empty_input() -> Value {
    Value::Object(Object::new())
}
