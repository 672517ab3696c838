//! Action tasks that people trigger on the sandbox's pages.
//!
//! A sandbox has no hooks. Whoever starts it may provide what a hook does: to make the definition of an action task
//! from an entry of `actions.json` and what a person chose.

use std::sync::Arc;

use serde_json::Value;

/// An action that a person triggers.
#[derive(Debug, Clone)]
pub struct ActionRequest {
    /// The entry in `actions.json`.
    pub action: Value,
    /// The `variables` of `actions.json`.
    pub variables: Value,
    /// The group whose `actions.json` it is.
    pub task_group_id: String,
    /// The task that it is triggered on, with its definition; none for actions on a group.
    pub task: Option<(String, Value)>,
    /// The input, which matches the schema of the action.
    pub input: Value,
}

/// A task to create for an action.
#[derive(Debug, Clone)]
pub struct ActionTask {
    /// Its id.
    pub task_id: String,
    /// Its definition.
    pub definition: Value,
    /// The scope with which it is created.
    pub creator: String,
}

/// Makes the task of an action; an error is a text for the person who triggered it.
pub type ActionHandler = Arc<dyn Fn(&ActionRequest) -> Result<ActionTask, String> + Send + Sync>;
