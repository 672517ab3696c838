//! Renders the decision and action tasks of a project, as taskcluster-github and the hooks service do.

use serde_json::json;

use crate::actions::render::TASKCLUSTER_YML;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::repo_url::parse_repository_url;
use crate::base::time::{Span, Timestamp};
use crate::base::value::{Object, Value};
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
    match taskcluster_yml(files)? {
        Some(template) => one_task(&template, &context, "a push").map_err(Into::into),
        None => Ok(plain_task(push, task_id, "Decision Task", now)),
    }
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
    let payload = json_e::render(&action["hookPayload"], user).map_err(|error| {
        Diagnostic::bug("the hookPayload of actions.json cannot be rendered").because(error)
    })?;
    let (decision, user) = (&payload["decision"], &payload["user"]);
    let permission = action["extra"]["actionPerm"].as_str().unwrap_or_default();
    let mut named = decision["action"].as_object().cloned().unwrap_or_default();
    let role = parse_repository_url(&push.repository).map(|url| url.role_prefix);
    named.insert("action_perm".to_owned(), json!(permission));
    named.insert(
        "repo_scope".to_owned(),
        json!(format!(
            "assume:{}:action:{permission}",
            role.unwrap_or_default()
        )),
    );
    let context = json!({
        "tasks_for": "action",
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
    let Some(template) = taskcluster_yml(files)? else {
        let mut task = plain_task(push, task_id, "Action", now);
        task["taskGroupId"] = decision["action"]["taskGroupId"].clone();
        task["extra"]["action"] = json!({
            "name": named_text(&context, "name"),
            "cb_name": named_text(&context, "cb_name"),
            "context": user,
        });
        return Ok(task);
    };
    // Interfaces show the symbol; the template in it is over the input.
    let symbol = json!({"symbol": decision["action"]["symbol"]});
    let symbol = json_e::render(&symbol, &json!({"input": user["input"]})).ok();
    let mut context = context;
    if let Some(symbol) = symbol.as_ref().and_then(|rendered| rendered.get("symbol")) {
        context["action"]["symbol"] = symbol.clone();
    }
    one_task(&template, &context, "an action").map_err(Into::into)
}

fn named_text(context: &Value, key: &str) -> Value {
    context["action"][key].clone()
}

fn full_name(push: &Push) -> String {
    let parsed = parse_repository_url(&push.repository);
    match parsed.and_then(|url| url.owner) {
        Some(owner) => format!("{owner}/{}", push.project),
        None => push.project.clone(),
    }
}

fn taskcluster_yml(files: &dyn Files) -> Outcome<Option<Value>> {
    match files.read(TASKCLUSTER_YML) {
        Ok(text) => yaml::load(TASKCLUSTER_YML, &text).map(|document| Some(document.value)),
        Err(FileError::Missing(_)) => Ok(None),
        Err(other) => Err(Diagnostic::environment(other.to_string()).into()),
    }
}

fn one_task(template: &Value, context: &Value, what: &str) -> Result<Value, Diagnostic> {
    let rendered = json_e::render(template, context).map_err(|error| {
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

/// A task for projects without `.taskcluster.yml`.
fn plain_task(push: &Push, task_id: &TaskId, name: &str, now: Timestamp) -> Value {
    json!({
        "provisionerId": "rehearsal",
        "workerType": "decision",
        "schedulerId": "rehearsal-level-3",
        "taskGroupId": task_id.as_str(),
        "created": now.to_string(),
        "deadline": now.plus(Span::seconds(86_400)).to_string(),
        "scopes": ["assume:rehearsal"],
        "payload": {},
        "metadata": {
            "name": name,
            "description": "A task of a rehearsal",
            "owner": push.owner,
            "source": push.repository,
        },
        "extra": Object::new(),
    })
}
