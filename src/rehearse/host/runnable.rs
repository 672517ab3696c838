//! Which tasks a host runs.

use serde_json::Value;

/// A task that a host runs, by what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runnable {
    /// It makes the decision of a push.
    Decision,
    /// It runs an action.
    Action,
}

impl Runnable {
    /// Tells by the tags and fields that decision and action tasks have in all projects. A host has no event to
    /// compare with decision tasks of cron jobs and pull requests: these are not among those that it runs.
    pub fn of(definition: &Value) -> Option<Self> {
        let field = |pointer| definition.pointer(pointer);
        let kind = field("/tags/kind").and_then(Value::as_str);
        if kind == Some("action-callback")
            || field("/extra/action").is_some()
            || field("/payload/env/ACTION_CALLBACK").is_some()
        {
            return Some(Self::Action);
        }
        let is_of_push = match tasks_for(definition) {
            Some(event) => event.ends_with("-push"),
            None => kind == Some("decision-task") && field("/extra/cron").is_none(),
        };
        is_of_push.then_some(Self::Decision)
    }
}

/// The event that a decision task was rendered for.
pub fn tasks_for(definition: &Value) -> Option<&str> {
    definition.pointer("/extra/tasks_for")?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Runnable;

    #[test]
    fn decisions_of_pushes_and_actions_are_runnable() {
        let (decision, action) = (Some(Runnable::Decision), Some(Runnable::Action));
        for (definition, expected) in [
            (json!({"tags": {"kind": "decision-task"}}), decision),
            (json!({"extra": {"tasks_for": "github-push"}}), decision),
            (json!({"extra": {"tasks_for": "hg-push"}}), decision),
            (json!({"tags": {"kind": "action-callback"}}), action),
            (
                json!({"extra": {"tasks_for": "action", "action": {}}}),
                action,
            ),
            (
                json!({"payload": {"env": {"ACTION_CALLBACK": "retrigger"}}}),
                action,
            ),
            (json!({"tags": {"kind": "cron-task"}}), None),
            (
                json!({"tags": {"kind": "decision-task"}, "extra": {"cron": {}}}),
                None,
            ),
            (
                json!({"tags": {"kind": "decision-task"}, "extra": {"tasks_for": "cron"}}),
                None,
            ),
            (
                json!({"tags": {"kind": "decision-task"}, "extra": {"tasks_for": "github-pull-request"}}),
                None,
            ),
            (json!({"tags": {"kind": "build"}}), None),
        ] {
            assert_eq!(Runnable::of(&definition), expected, "{definition}");
        }
    }
}
