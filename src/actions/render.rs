//! Renders `actions.json` (action-schema-v1), by which interfaces offer actions.
//!
//! Every action is a hook. The hook's name holds a hash of `.taskcluster.yml`, since its body is
//! made of that file; its payload is a JSON-e template into which the interface puts input, taskId
//! and taskGroupId.

use sha2::{Digest, Sha256};

use super::Action;
use super::table::{ACTIONS, context_json};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::{Object, Value, json};
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::custom::actions::ProjectAction;
use crate::ports::files::{FileError, Files};

/// The file that hooks are made of.
pub const TASKCLUSTER_YML: &str = ".taskcluster.yml";

/// The artifact `actions.json` of the decision task `decision_task_id`, with the project's `own`
/// actions.
///
/// # Errors
/// When `.taskcluster.yml` cannot be read, or `disabled-actions` names unknown ones.
pub fn actions_json(
    files: &dyn Files,
    graph_config: &GraphConfig,
    params: &Parameters,
    decision_task_id: &str,
    own: &[ProjectAction],
) -> Outcome<Value> {
    let hash = hash(files)?;
    let disabled = disabled(graph_config, own)?;
    let mut offered: Vec<&Action> = ACTIONS
        .iter()
        .filter(|action| (action.available)(graph_config))
        .filter(|action| !disabled.iter().any(|name| name == action.cb_name))
        .collect();
    // What the project registers under a name of ours takes its place.
    offered.retain(|action| own.iter().all(|one| one.cb_name != action.cb_name));
    let mut actions: Vec<(i64, Value)> = offered
        .into_iter()
        .map(|action| {
            let entry = render(action, graph_config, params, decision_task_id, &hash);
            (i64::from(action.order), entry)
        })
        .collect();
    let own = own.iter().filter(|one| !disabled.contains(&one.cb_name));
    actions.extend(own.map(|one| (one.order, one.entry.clone())));
    actions.sort_by_key(|(order, _)| *order);
    let actions: Vec<Value> = actions.into_iter().map(|(_, entry)| entry).collect();
    Ok(json!({"version": 1, "variables": {}, "actions": actions}))
}

/// The first ten digits of the SHA-256 of `.taskcluster.yml`.
fn hash(files: &dyn Files) -> Result<String, Diagnostic> {
    let text = files.read(TASKCLUSTER_YML).map_err(|error| match error {
        FileError::Missing(_) => Diagnostic::user(format!(
            "there is no {TASKCLUSTER_YML}, which actions are made of"
        ))
        .help("put one into the root of the repository"),
        other => other.into(),
    })?;
    Ok(Sha256::digest(&text)
        .iter()
        .take(5)
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

fn disabled(graph_config: &GraphConfig, own: &[ProjectAction]) -> Outcome<Vec<String>> {
    let mut wrong = Diagnostics::new();
    let mut disabled = Vec::new();
    let named = graph_config
        .taskgraph("disabled-actions")
        .and_then(Value::as_array);
    for (i, name) in named.into_iter().flatten().enumerate() {
        let name = name.as_str().unwrap_or_default();
        let known = ACTIONS.iter().map(|action| action.cb_name);
        let known = known.chain(own.iter().map(|one| one.cb_name.as_str()));
        if known.clone().any(|known| known == name) {
            disabled.push(name.to_owned());
            continue;
        }
        let path = ValuePath::keys(["taskgraph", "disabled-actions"]).index(i);
        wrong.push(
            Diagnostic::user(format!(
                "`taskgraph.disabled-actions` names the unknown action `{name}`"
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

/// The empty input, for actions that take none.
#[must_use]
pub fn empty_input() -> Value {
    Value::Object(Object::new())
}
