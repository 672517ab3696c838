//! Renders the decision and action tasks of a project, as taskcluster-github and the hooks service do.

use crate::base::value::json;

use crate::actions::render::TASKCLUSTER_YML;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::repo_url::parse_repository_url;
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::config::yaml;
use crate::ports::files::{FileError, Files};

/// The push that is rehearsed.
#[derive(Debug, Clone)]
pub struct Push {
    /// The repository.
    pub repository: String,
    /// The project: the last part of its address.
    pub project: String,
    /// The ref that is pushed to.
    pub head_ref: String,
    /// The revision that is pushed.
    pub head_rev: String,
    /// Who pushes.
    pub owner: String,
}

/// The definition of the decision task of a push.
///
/// # Errors
/// When `.taskcluster.yml` renders no task, or not exactly one.
pub fn decision(
    files: &dyn Files,
    push: &Push,
    task_id: &TaskId,
    root_url: &str,
    now: Timestamp,
) -> Outcome<Value> {
    let context = json!({
        "tasks_for": "github-push",
        "event": {
            "ref": push.head_ref,
            "before": push.head_rev,
            "after": push.head_rev,
            "base_ref": null,
            "pusher": {"name": "rehearsal", "email": push.owner},
            "repository": {
                "name": push.project,
                "full_name": full_name(push),
                "html_url": push.repository,
                "clone_url": format!("{}.git", push.repository),
            },
            "head_commit": {"id": push.head_rev, "message": "", "timestamp": now.to_string()},
            "commits": [],
            "sender": {"login": "rehearsal"},
        },
        "taskcluster_root_url": root_url,
        "ownTaskId": task_id.as_str(),
        "now": now.to_string(),
    });
    one_task(&taskcluster_yml(files)?, &context, "a push").map_err(Into::into)
}

/// The definition of the task of an action, and the action as its hook sees it.
///
/// `hook_payload` is the template in `actions.json`; `user` is what the interface puts into it.
///
/// # Errors
/// When either template cannot be rendered, or `.taskcluster.yml` renders not exactly one task.
pub fn action(
    files: &dyn Files,
    push: &Push,
    action: &Value,
    user: &Value,
    task_id: &TaskId,
    now: Timestamp,
) -> Outcome<Value> {
    let payload = render(&action["hookPayload"], user).map_err(|error| {
        Diagnostic::bug("the hookPayload of actions.json cannot be rendered").because(error)
    })?;
    let (decision, user) = (&payload["decision"], &payload["user"]);
    let permission = action["extra"]["actionPerm"].as_str().unwrap_or_default();
    let mut named = decision["action"].as_object().cloned().unwrap_or_default();
    // Hooks of pull requests act for the repository that is asked to take the change.
    let hook = action["hookId"].as_str().unwrap_or_default();
    let (tasks_for, repository) = if hook.starts_with("in-tree-pr-action") {
        let base = decision["repository"]["base_url"].as_str();
        ("pr-action", base.unwrap_or_default())
    } else {
        ("action", push.repository.as_str())
    };
    let role = parse_repository_url(repository).map(|url| url.role_prefix);
    named.insert("action_perm", json!(permission));
    named.insert(
        "repo_scope",
        json!(format!(
            "assume:{}:{tasks_for}:{permission}",
            role.unwrap_or_default()
        )),
    );
    let context = json!({
        "tasks_for": tasks_for,
        "action": named,
        "repository": decision["repository"],
        "push": decision["push"],
        "input": user["input"],
        "taskId": user["taskId"],
        "taskGroupId": user["taskGroupId"],
        "clientId": "rehearsal",
        "ownTaskId": task_id.as_str(),
        "now": now.to_string(),
    });
    // Interfaces show the symbol; the template in it is over the input.
    let symbol = json!({"symbol": decision["action"]["symbol"]});
    let symbol = render(&symbol, &json!({"input": user["input"]})).ok();
    let mut context = context;
    if let Some(symbol) = symbol.as_ref().and_then(|rendered| rendered.get("symbol")) {
        context["action"]["symbol"] = symbol.clone();
    }
    one_task(&taskcluster_yml(files)?, &context, "an action").map_err(Into::into)
}

fn full_name(push: &Push) -> String {
    let parsed = parse_repository_url(&push.repository);
    match parsed.and_then(|url| url.owner) {
        Some(owner) => format!("{owner}/{}", push.project),
        None => push.project.clone(),
    }
}

fn taskcluster_yml(files: &dyn Files) -> Outcome<Value> {
    let text = files.read(TASKCLUSTER_YML).map_err(|error| match error {
        FileError::Missing(_) => Diagnostic::user(format!("there is no {TASKCLUSTER_YML}")).help(
            "decision and action tasks are made of it; put one into the root of the repository",
        ),
        other => Diagnostic::environment(other.to_string()),
    })?;
    yaml::load(TASKCLUSTER_YML, &text).map(|document| document.value)
}

/// How deep brackets may be in an expression. JSON-e takes about three times as long for each level
/// that is not closed.
const DEEP: usize = 10;

/// Renders a template with values; both and the result are JSON to JSON-e.
fn render(template: &Value, context: &Value) -> anyhow::Result<Value> {
    if let Some(text) = too_deep(template) {
        let start: String = text.trim().chars().take(40).collect();
        anyhow::bail!("brackets are more than {DEEP} levels deep in `{start}…`");
    }
    json_e::render(&template.clone().into(), &context.clone().into()).map(Value::from)
}

/// A text in a template in which brackets are too deep.
fn too_deep(template: &Value) -> Option<&str> {
    match template {
        Value::String(text) => is_too_deep(text).then_some(text),
        Value::Array(items) => items.iter().find_map(too_deep),
        Value::Object(map) => map.iter().find_map(|(key, value)| {
            let key = is_too_deep(key).then_some(key.as_str());
            key.or_else(|| too_deep(value))
        }),
        _ => None,
    }
}

fn is_too_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    text.chars().any(|character| {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEP
    })
}

fn one_task(template: &Value, context: &Value, what: &str) -> Result<Value, Diagnostic> {
    let rendered = render(template, context).map_err(|error| {
        Diagnostic::user(format!("{TASKCLUSTER_YML} cannot be rendered for {what}")).because(error)
    })?;
    let tasks = rendered["tasks"].as_array().cloned().unwrap_or_default();
    let count = tasks.len();
    let mut tasks = tasks.into_iter();
    match (tasks.next(), count) {
        (Some(Value::Object(mut task)), 1) => {
            task.shift_remove("taskId");
            Ok(Value::Object(task))
        }
        _ => Err(Diagnostic::user(format!(
            "{TASKCLUSTER_YML} renders {count} tasks for {what}, where one is expected"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_refused_before_they_take_forever() {
        let deep = "[".repeat(70);
        let value = json!({"a": [{"$eval": format!("x || {deep}1")}]});
        let key = json!({format!("${{{deep}"): 1});
        for template in [value, key] {
            let told = render(&template, &json!({})).unwrap_err().to_string();
            assert!(
                told.starts_with("brackets are more than 10 levels deep in `"),
                "{told}"
            );
        }
        let closed = format!("{}1{}", "(".repeat(DEEP), ")".repeat(DEEP));
        let fine = render(
            &json!({"$eval": format!("{closed} + {closed}")}),
            &json!({}),
        );
        assert_eq!(fine.unwrap(), json!(2));
    }
}
