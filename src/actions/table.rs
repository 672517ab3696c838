//! The table of actions.

use serde_json::json;

use super::{Action, cancel, promotion, retrigger};
use crate::base::value::Value;
use crate::config::graph_config::GraphConfig;

fn always(_: &GraphConfig) -> bool {
    true
}

fn no_input(_: &GraphConfig) -> Option<Value> {
    None
}

/// Every action.
pub static ACTIONS: &[Action] = &[
    Action {
        name: "retrigger",
        cb_name: "retrigger-decision",
        title: "Retrigger",
        symbol: "rt",
        description: "Create a clone of the task (retriggering decision, action, and cron tasks \
                      requires\nspecial scopes).",
        order: 11,
        permission: "retrigger-decision",
        context: &[
            &[("kind", "decision-task")],
            &[("kind", "action-callback")],
            &[("kind", "cron-task")],
        ],
        available: always,
        schema: no_input,
        run: |call| Box::pin(retrigger::decision(call)),
    },
    Action {
        name: "retrigger",
        cb_name: "retrigger",
        title: "Retrigger",
        symbol: "rt",
        description: "Create a clone of the task.",
        order: 19,
        permission: "generic",
        context: &[&[("retrigger", "true")]],
        available: always,
        schema: |_| Some(retrigger::schema(false)),
        run: |call| Box::pin(retrigger::task(call)),
    },
    Action {
        name: "retrigger",
        cb_name: "retrigger-disabled",
        title: "Retrigger (disabled)",
        symbol: "rt",
        description: "Create a clone of the task.\n\nThis type of task should typically be re-run \
                      instead of re-triggered.",
        order: 20,
        permission: "generic",
        context: &[&[]],
        available: always,
        schema: |_| Some(retrigger::schema(true)),
        run: |call| Box::pin(retrigger::task(call)),
    },
    Action {
        name: "cancel",
        cb_name: "cancel",
        title: "Cancel Task",
        symbol: "cx",
        description: "Cancel the given task",
        order: 350,
        permission: "generic",
        context: &[&[]],
        available: always,
        schema: no_input,
        run: |call| Box::pin(cancel::task(call)),
    },
    Action {
        name: "release-promotion",
        cb_name: "release-promotion",
        title: "Release Promotion",
        symbol: "${input.release_promotion_flavor}",
        description: "Run a release promotion graph.",
        order: 500,
        permission: "release-promotion",
        context: &[],
        available: |config| config.get("release-promotion").is_some(),
        schema: |config| Some(promotion::schema(config)),
        run: |call| Box::pin(promotion::run(call)),
    },
];

/// Callbacks that the peer has and that are not built in here yet: configs may disable them.
pub(super) static NOT_YET: &[&str] = &[
    "add-new-jobs",
    "cancel-all",
    "rebuild-cached-tasks",
    "rerun",
    "retrigger-multiple",
];

/// The action of a callback's name.
#[must_use]
pub fn find(cb_name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.cb_name == cb_name)
}

/// The tag sets of an action, as `actions.json` has them.
pub(super) fn context_json(action: &Action) -> Value {
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
