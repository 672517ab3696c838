//! The queue's methods for workers and task queues.

use std::convert::identity;

use serde_json::{Value, json};

use super::endpoint::{ApiCall, Endpoint, PAGED, Reply};
use super::request_schemas;
use super::tasks::status;
use crate::base::task_state::TaskState;
use crate::sandbox::auth::scopes::Expression;
use crate::sandbox::error::ServiceError;
use crate::sandbox::queue::runs::run_not_found;
use crate::sandbox::queue::task::{Run, Task};
use crate::sandbox::services::Services;
use crate::sandbox::time::{self, Moment};

/// How long a claim lasts unless it is reclaimed.
const CLAIM_SECONDS: i64 = 20 * 60;

/// The table of methods.
pub(crate) const METHODS: &[Endpoint] = &[
    Endpoint {
        method: "POST",
        route: "/claim-work/<taskQueueId*>",
        name: "claimWork",
        scope: None,
        query: &[],
        input: Some(&request_schemas::CLAIM_WORK),
        run: claim_work,
    },
    Endpoint {
        method: "POST",
        route: "/task/<taskId>/runs/<runId>/claim",
        name: "claimTask",
        scope: None,
        query: &[],
        input: Some(&request_schemas::CLAIM_TASK),
        run: claim_task,
    },
    Endpoint {
        method: "POST",
        route: "/task/<taskId>/runs/<runId>/reclaim",
        name: "reclaimTask",
        scope: Some("queue:reclaim-task:<taskId>/<runId>"),
        query: &[],
        input: None,
        run: reclaim_task,
    },
    Endpoint {
        method: "POST",
        route: "/task/<taskId>/runs/<runId>/completed",
        name: "reportCompleted",
        scope: Some("queue:resolve-task:<taskId>/<runId>"),
        query: &[],
        input: None,
        run: |services, call| {
            let failed = call.body.get("success") == Some(&Value::Bool(false));
            resolve(
                services,
                call,
                if failed {
                    TaskState::Failed
                } else {
                    TaskState::Completed
                },
            )
        },
    },
    Endpoint {
        method: "POST",
        route: "/task/<taskId>/runs/<runId>/failed",
        name: "reportFailed",
        scope: Some("queue:resolve-task:<taskId>/<runId>"),
        query: &[],
        input: None,
        run: |services, call| resolve(services, call, TaskState::Failed),
    },
    Endpoint {
        method: "POST",
        route: "/task/<taskId>/runs/<runId>/exception",
        name: "reportException",
        scope: Some("queue:resolve-task:<taskId>/<runId>"),
        query: &[],
        input: Some(&request_schemas::EXCEPTION),
        run: |services, call| {
            let id = call.param("taskId");
            services
                .queue
                .resolve_exception(id, call.run_id(), call.text("reason"), call.now)?;
            status(services, id)
        },
    },
    Endpoint {
        method: "GET",
        route: "/pending/<taskQueueId*>",
        name: "pendingTasks",
        scope: Some("queue:pending-count:<taskQueueId>"),
        query: &[],
        input: None,
        run: |services, call| Reply::ok(counts(services, call, false)),
    },
    Endpoint {
        method: "GET",
        route: "/task-queues/<taskQueueId*>/counts",
        name: "taskQueueCounts",
        scope: None,
        query: &[],
        input: None,
        run: |services, call| {
            let queue = call.param("taskQueueId");
            call.authorize(&Expression::all_of([
                format!("queue:pending-count:{queue}"),
                format!("queue:claimed-count:{queue}"),
            ]))?;
            Reply::ok(counts(services, call, true))
        },
    },
    Endpoint {
        method: "GET",
        route: "/task-queues/<taskQueueId*>/pending",
        name: "listPendingTasks",
        scope: Some("queue:pending-list:<taskQueueId>"),
        query: PAGED,
        input: None,
        run: list_pending,
    },
    Endpoint {
        method: "GET",
        route: "/task-queues/<taskQueueId*>/claimed",
        name: "listClaimedTasks",
        scope: Some("queue:claimed-list:<taskQueueId>"),
        query: PAGED,
        input: None,
        run: list_claimed,
    },
    Endpoint {
        method: "GET",
        route: "/task-queues",
        name: "listTaskQueues",
        scope: Some("queue:list-task-queues"),
        query: PAGED,
        input: None,
        run: |services, call| {
            let queues = services.queue.active.iter();
            call.reply_page("taskQueues", queues, |(id, used)| task_queue(id, *used))
        },
    },
    Endpoint {
        method: "GET",
        route: "/task-queues/<taskQueueId>",
        name: "getTaskQueue",
        scope: Some("queue:get-task-queue:<taskQueueId>"),
        query: &[],
        input: None,
        run: |services, call| {
            let id = call.param("taskQueueId");
            match services.queue.active.get(id) {
                Some(used) => Reply::ok(task_queue(id, *used)),
                None => Err(ServiceError::not_found(format!(
                    "Task queue with `{id}` not found. Are you sure it was created?"
                ))),
            }
        },
    },
];

/// Returns when a claim made now ends, rounded up to whole seconds like the queue's.
fn claim_expiry(now: Moment) -> Moment {
    let rounded = now.timestamp() + i64::from(now.timestamp_subsec_millis() > 0);
    chrono::DateTime::from_timestamp(rounded + CLAIM_SECONDS, 0).unwrap_or(now)
}

fn claim_work(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let queue = call.param("taskQueueId");
    let worker = (call.text("workerGroup"), call.text("workerId"));
    call.authorize(&Expression::all_of([
        format!("queue:claim-work:{queue}"),
        format!("queue:worker-id:{}/{}", worker.0, worker.1),
    ]))?;
    let most = call.body.get("tasks").and_then(Value::as_u64).unwrap_or(1);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let claimed =
        services
            .queue
            .claim_pending(queue, most, worker, claim_expiry(call.now), call.now);
    let tasks: Vec<Value> = claimed
        .iter()
        .filter_map(|(id, run)| services.claim_response(id, *run, call.now))
        .collect();
    Reply::ok(json!({"tasks": tasks}))
}

fn claim_task(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let (id, run_id) = (call.param("taskId"), call.run_id());
    let worker = (call.text("workerGroup"), call.text("workerId"));
    let task = services.queue.task(id)?;
    call.authorize(&Expression::all_of([
        format!("queue:claim-task:{}", task.definition.text("taskQueueId")),
        format!("queue:worker-id:{}/{}", worker.0, worker.1),
    ]))?;
    check_claim_deadline(task, call.now, "claimed")?;
    services
        .queue
        .claim(id, run_id, worker, claim_expiry(call.now), call.now)?;
    services
        .claim_response(id, run_id, call.now)
        .map_or_else(|| Err(run_not_found(id, run_id)), Reply::ok)
}

fn reclaim_task(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let (id, run_id) = (call.param("taskId"), call.run_id());
    let task = services.queue.task(id)?;
    check_claim_deadline(task, call.now, "reclaimed")?;
    services.queue.reclaim(id, run_id, claim_expiry(call.now))?;
    let mut claim = services
        .claim_response(id, run_id, call.now)
        .ok_or_else(|| run_not_found(id, run_id))?;
    if let Some(fields) = claim.as_object_mut() {
        fields.shift_remove("task");
    }
    Reply::ok(claim)
}

fn check_claim_deadline(task: &Task, now: Moment, what: &str) -> Result<(), ServiceError> {
    if task.definition.deadline > now {
        return Ok(());
    }
    Err(ServiceError::conflict(format!(
        "Task `{}` can't be {what} past its deadline of {}.",
        task.id,
        time::format(task.definition.deadline)
    )))
}

fn resolve(
    services: &mut Services,
    call: &ApiCall,
    target: TaskState,
) -> Result<Reply, ServiceError> {
    let id = call.param("taskId");
    services
        .queue
        .resolve(id, call.run_id(), target, call.now)?;
    status(services, id)
}

fn counts(services: &Services, call: &ApiCall, claimed: bool) -> Value {
    let queue = call.param("taskQueueId");
    let (provisioner, worker_type) = queue.split_once('/').unwrap_or((queue, ""));
    let pending = services
        .queue
        .pending
        .get(queue)
        .map_or(0, |tasks| tasks.len());
    let running = services
        .queue
        .running
        .get(queue)
        .map_or(0, |tasks| tasks.len());
    let mut response = json!({
        "provisionerId": provisioner,
        "workerType": worker_type,
        "taskQueueId": queue,
        "pendingTasks": pending,
    });
    if let (true, Some(fields)) = (claimed, response.as_object_mut()) {
        fields.insert("claimedTasks".to_owned(), running.into());
    }
    response
}

fn latest_run(services: &Services, id: &str) -> Option<(usize, Run, Value)> {
    let task = services.queue.tasks.get(id)?;
    let run_id = task.runs.len().checked_sub(1)?;
    Some((
        run_id,
        task.runs.get(run_id)?.clone(),
        task.definition.json.clone(),
    ))
}

fn list_pending(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let pending = services
        .queue
        .pending
        .get(call.param("taskQueueId"))
        .into_iter()
        .flatten();
    let tasks = pending.filter_map(|(_, _, id)| {
        let (run_id, run, task) = latest_run(services, id)?;
        let inserted = time::format(run.scheduled);
        Some(json!({"taskId": id, "runId": run_id, "task": task, "inserted": inserted}))
    });
    call.reply_page("tasks", tasks, identity)
}

fn list_claimed(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let running = services
        .queue
        .running
        .get(call.param("taskQueueId"))
        .into_iter()
        .flatten();
    let tasks = running.filter_map(|id| {
        let (run_id, run, task) = latest_run(services, id)?;
        Some(json!({
            "taskId": id,
            "runId": run_id,
            "task": task,
            "workerGroup": run.worker_group?,
            "workerId": run.worker_id?,
            "claimed": time::format(run.started?),
        }))
    });
    call.reply_page("tasks", tasks, identity)
}

fn task_queue(id: &str, used: Moment) -> Value {
    json!({
        "taskQueueId": id,
        "description": "",
        "stability": "experimental",
        "lastDateActive": time::format(used),
        "expires": time::format(time::plus_seconds(used, 5 * 24 * 60 * 60)),
    })
}
