//! Makes the tasks of actions, as interfaces and the hooks of the project do.

use std::sync::Arc;

use crate::base::diagnostic::Outcome;
use crate::base::value::{Value, json};
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::files::Files;
use crate::rehearse::push::Push;
use crate::rehearse::{template, work};
use crate::sandbox::{ActionHandler, ActionRequest, ActionTask};

/// Makes the tasks of actions of a project.
pub fn handler(files: Arc<dyn Files>, push: Push, root_url: String) -> ActionHandler {
    Arc::new(move |request| {
        let made = action_task(files.as_ref(), &push, &root_url, request);
        made.map_err(|wrong| wrong.to_string())
    })
}

fn action_task(
    files: &dyn Files,
    push: &Push,
    root_url: &str,
    request: &ActionRequest,
) -> Outcome<ActionTask> {
    let now = SystemClock.now();
    let action = Value::from(request.action.clone());
    let mut user = json!({
        "taskGroupId": request.task_group_id,
        "taskId": null,
        "task": null,
        "input": Value::from(request.input.clone()),
    });
    if let Some((id, definition)) = &request.task {
        user["taskId"] = json!(id);
        user["task"] = Value::from(definition.clone());
    }
    let variables = Value::from(request.variables.clone());
    for (name, value) in variables.as_object().into_iter().flatten() {
        user[name.as_str()] = value.clone();
    }
    let name = action["name"].as_str().unwrap_or_default();
    let task_id = work::new_id(root_url, now, name);
    let definition = template::action_task(files, push, &action, &user, &task_id, now)?;
    let creator = template::hook_scope(push, &action, &user)?;
    Ok(ActionTask {
        task_id: task_id.to_string(),
        definition: definition.into(),
        creator,
    })
}
