//! The table of actions.

use super::action::Action;
use super::{add, backfill, cancel, interactive, promotion, purge, rerun, retrigger};
use crate::base::value::{Value, json};
use crate::config::graph_config::GraphConfig;

fn always(_: &GraphConfig) -> bool {
    true
}

fn no_input(_: &GraphConfig) -> Option<Value> {
    None
}

/// The tags of tasks whose workers have caches and interactive tasks.
static MACHINES: &[&[(&str, &str)]] = &[
    &[("worker-implementation", "docker-worker")],
    &[("worker-implementation", "generic-worker")],
];

/// Every action.
pub static ACTIONS: &[Action] = &[
    Action {
        name: "retrigger",
        cb_name: "retrigger-decision",
        title: "Retrigger",
        symbol: |_| json!("rt"),
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
        symbol: |_| json!("rt"),
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
        symbol: |_| json!("rt"),
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
        name: "add-new-jobs",
        cb_name: "add-new-jobs",
        title: "Add new jobs",
        symbol: |_| json!("add-new"),
        description: "Add new jobs using task labels.",
        order: 100,
        permission: "generic",
        context: &[],
        available: always,
        schema: |_| Some(add::schema()),
        run: |call| Box::pin(add::new_jobs(call)),
    },
    Action {
        name: "rerun",
        cb_name: "rerun",
        title: "Rerun",
        symbol: |_| json!("rr"),
        description: "Rerun a task.\n\nThis only works on failed or exception tasks in the original \
                      taskgraph, and is CoT friendly.",
        order: 300,
        permission: "generic",
        context: &[&[]],
        available: always,
        schema: |_| Some(rerun::schema()),
        run: |call| Box::pin(rerun::task(call)),
    },
    Action {
        name: "cancel",
        cb_name: "cancel",
        title: "Cancel Task",
        symbol: |_| json!("cx"),
        description: "Cancel the given task",
        order: 350,
        permission: "generic",
        context: &[&[]],
        available: always,
        schema: no_input,
        run: |call| Box::pin(cancel::task(call)),
    },
    Action {
        name: "cancel-all",
        cb_name: "cancel-all",
        title: "Cancel All",
        symbol: |_| json!("cAll"),
        description: "Cancel all running and pending tasks created by the decision task this action \
                      task is associated with.",
        order: 400,
        permission: "generic",
        context: &[],
        available: always,
        schema: no_input,
        run: |call| Box::pin(cancel::group(call)),
    },
    Action {
        name: "release-promotion",
        cb_name: "release-promotion",
        title: "Release Promotion",
        symbol: promotion::schema::symbol,
        description: "Run a release promotion graph.",
        order: 500,
        permission: "release-promotion",
        context: &[],
        available: GraphConfig::promotes,
        schema: |config| Some(promotion::schema::schema(config)),
        run: |call| Box::pin(promotion::run(call)),
    },
    Action {
        name: "rebuild-cached-tasks",
        cb_name: "rebuild-cached-tasks",
        title: "Rebuild Cached Tasks",
        symbol: |_| json!("rebuild-cached"),
        description: "Rebuild cached tasks.",
        order: 1000,
        permission: "rebuild-cached-tasks",
        context: &[],
        available: always,
        schema: no_input,
        run: |call| Box::pin(add::cached_tasks(call)),
    },
    Action {
        name: "retrigger-multiple",
        cb_name: "retrigger-multiple",
        title: "Retrigger",
        symbol: |_| json!("rt"),
        description: "Create a clone of the task.",
        order: 10000,
        permission: "generic",
        context: &[],
        available: always,
        schema: |_| Some(retrigger::multiple_schema()),
        run: |call| Box::pin(retrigger::multiple(call)),
    },
    Action {
        name: "create-interactive",
        cb_name: "create-interactive",
        title: "Create Interactive Task",
        symbol: |_| json!("create-inter"),
        description: "Create a copy of the task that you can log into, without its scopes, caches, \
                      routes and artifacts.",
        order: 50,
        permission: "create-interactive",
        context: MACHINES,
        available: |config| config.demands("create-interactive"),
        schema: |_| Some(interactive::schema()),
        run: |call| Box::pin(interactive::task(call)),
    },
    Action {
        name: "backfill",
        cb_name: "backfill",
        title: "Backfill",
        symbol: |_| json!("Bk"),
        description: "Create the task on earlier pushes that did not run it, to find the push that \
                      broke it.",
        order: 200,
        permission: "backfill",
        context: &[&[]],
        available: |config| config.demands("backfill"),
        schema: |_| Some(backfill::schema()),
        run: |call| Box::pin(backfill::task(call)),
    },
    Action {
        name: "purge-caches",
        cb_name: "purge-caches",
        title: "Purge Worker Caches",
        symbol: |_| json!("purge-cache"),
        description: "Purge the caches of the task on all workers of its pool.",
        order: 450,
        permission: "purge-caches",
        context: MACHINES,
        available: |config| config.demands("purge-caches"),
        schema: no_input,
        run: |call| Box::pin(purge::caches(call)),
    },
];

/// Finds the action with a callback of this name.
#[must_use]
pub fn find(cb_name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.cb_name == cb_name)
}
