//! The queue's methods for provisioners, worker types and workers, as far as tasks were claimed by them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::endpoint::{ApiCall, Endpoint, PAGED, Reply};
use super::request_schemas;
use crate::sandbox::auth::scopes::Expression;
use crate::sandbox::error::ServiceError;
use crate::sandbox::queue::worker::Worker;
use crate::sandbox::queue::workers::queue_expiry;
use crate::sandbox::services::Services;
use crate::sandbox::time::{self, Moment};

const WORKER_TYPE: &str = "/provisioners/<provisionerId>/worker-types/<workerType>";

/// The table of methods.
pub(crate) const METHODS: &[Endpoint] = &[
    Endpoint {
        method: "GET",
        route: "/provisioners",
        name: "listProvisioners",
        scope: Some("queue:list-provisioners"),
        query: PAGED,
        input: None,
        run: |services, call| {
            let known = provisioners(services).into_iter();
            call.reply_page("provisioners", known, |(id, used)| provisioner(id, used))
        },
    },
    Endpoint {
        method: "GET",
        route: "/provisioners/<provisionerId>",
        name: "getProvisioner",
        scope: Some("queue:get-provisioner:<provisionerId>"),
        query: &[],
        input: None,
        run: |services, call| {
            let id = call.param("provisionerId");
            match provisioners(services).get(id) {
                Some(used) => Reply::ok(provisioner(id, *used)),
                None => Err(ServiceError::not_found(format!(
                    "Provisioner `{id}` not found. Are you sure it was created?"
                ))),
            }
        },
    },
    Endpoint {
        method: "GET",
        route: "/provisioners/<provisionerId>/worker-types",
        name: "listWorkerTypes",
        scope: Some("queue:list-worker-types:<provisionerId>"),
        query: PAGED,
        input: None,
        run: |services, call| {
            let provisioner = call.param("provisionerId");
            let queues = services.queue.active.iter();
            let queues = queues.filter(|(id, _)| split(id).0 == provisioner);
            call.reply_page("workerTypes", queues, |(id, used)| worker_type(id, *used))
        },
    },
    Endpoint {
        method: "GET",
        route: WORKER_TYPE,
        name: "getWorkerType",
        scope: Some("queue:get-worker-type:<provisionerId>/<workerType>"),
        query: &[],
        input: None,
        run: |services, call| {
            let queue = queue(call);
            match services.queue.active.get(&queue) {
                Some(used) => Reply::ok(worker_type(&queue, *used)),
                None => Err(ServiceError::not_found(format!(
                    "Worker-type `{}` with Provisioner `{}` not found. Are you sure it was created?",
                    call.param("workerType"),
                    call.param("provisionerId")
                ))),
            }
        },
    },
    Endpoint {
        method: "GET",
        route: "/provisioners/<provisionerId>/worker-types/<workerType>/workers",
        name: "listWorkers",
        scope: Some("queue:list-workers:<provisionerId>/<workerType>"),
        query: &["continuationToken", "limit", "quarantined", "workerState"],
        input: None,
        run: list_workers,
    },
    Endpoint {
        method: "GET",
        route: "/provisioners/<provisionerId>/worker-types/<workerType>/workers/<workerGroup>/<workerId>",
        name: "getWorker",
        scope: Some("queue:get-worker:<provisionerId>/<workerType>/<workerGroup>/<workerId>"),
        query: &[],
        input: None,
        run: |services, call| {
            let worker = services.queue.workers.get(&key(call));
            match worker.filter(|worker| worker.is_known(call.now)) {
                Some(worker) => Reply::ok(json(call, worker)),
                None => Err(unknown_worker(call, " Are you sure it was created?")),
            }
        },
    },
    Endpoint {
        method: "PUT",
        route: "/provisioners/<provisionerId>/worker-types/<workerType>/workers/<workerGroup>/<workerId>",
        name: "quarantineWorker",
        scope: Some(
            "queue:quarantine-worker:<provisionerId>/<workerType>/<workerGroup>/<workerId>",
        ),
        query: &[],
        input: Some(&request_schemas::QUARANTINE),
        run: |services, call| {
            let until = time::parse(call.text("quarantineUntil")).unwrap_or(call.now);
            let Some(worker) = services.queue.workers.get_mut(&key(call)) else {
                return Err(unknown_worker(call, ""));
            };
            worker.quarantine(until);
            Reply::ok(json(call, worker))
        },
    },
    Endpoint {
        method: "PUT",
        route: "/provisioners/<provisionerId>/worker-types/<workerType>/<workerGroup>/<workerId>",
        name: "declareWorker",
        scope: None,
        query: &[],
        input: Some(&request_schemas::DECLARE_WORKER),
        run: declare,
    },
];

fn split(queue: &str) -> (&str, &str) {
    queue.split_once('/').unwrap_or((queue, ""))
}

fn queue(call: &ApiCall) -> String {
    format!(
        "{}/{}",
        call.param("provisionerId"),
        call.param("workerType")
    )
}

fn key(call: &ApiCall) -> (String, String, String) {
    let (group, id) = (call.param("workerGroup"), call.param("workerId"));
    (queue(call), group.to_owned(), id.to_owned())
}

/// The provisioners of all task queues, with the time when one was last used.
fn provisioners(services: &Services) -> BTreeMap<&str, Moment> {
    let mut found: BTreeMap<&str, Moment> = BTreeMap::new();
    for (queue, used) in &services.queue.active {
        let last = found.entry(split(queue).0).or_insert(*used);
        *last = (*last).max(*used);
    }
    found
}

fn about(used: Moment) -> Map<String, Value> {
    let about = json!({
        "expires": time::format(queue_expiry(used)),
        "lastDateActive": time::format(used),
        "description": "",
        "stability": "experimental",
    });
    about.as_object().cloned().unwrap_or_default()
}

fn provisioner(id: &str, used: Moment) -> Value {
    let mut fields = about(used);
    fields.insert("provisionerId".to_owned(), id.into());
    Value::Object(fields)
}

fn worker_type(queue: &str, used: Moment) -> Value {
    let (provisioner, worker_type) = split(queue);
    let mut fields = about(used);
    fields.insert("taskQueueId".to_owned(), queue.into());
    fields.insert("provisionerId".to_owned(), provisioner.into());
    fields.insert("workerType".to_owned(), worker_type.into());
    Value::Object(fields)
}

fn list_workers(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let (queue, now) = (queue(call), call.now);
    let quarantined = call.query.get("quarantined").map(String::as_str);
    let start = (queue.clone(), String::new(), String::new());
    let workers = services.queue.workers.range(start..);
    let workers = workers.take_while(|((of, _, _), _)| *of == queue);
    let workers = workers.filter(|(_, worker)| {
        let chosen = match quarantined {
            Some("true") => worker.is_quarantined(now),
            Some("false") => !worker.is_quarantined(now),
            _ => true,
        };
        chosen && worker.is_known(now)
    });
    call.reply_page("workers", workers, |((_, group, id), worker)| {
        let mut entry = json!({
            "workerGroup": group,
            "workerId": id,
            "firstClaim": time::format(worker.first_claim),
            "lastDateActive": time::format(worker.last_active),
        });
        if let Some((task, run)) = worker.recent_tasks.back() {
            entry["latestTask"] = json!({"taskId": task, "runId": run});
        }
        if worker.is_quarantined(now) {
            entry["quarantineUntil"] = json!(time::format(worker.quarantine_until));
        }
        entry
    })
}

fn declare(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let key = key(call);
    let fields = call.body.as_object().into_iter().flatten();
    let of = format!("{}/{}/{}", key.0, key.1, key.2);
    call.authorize(&Expression::all_of(
        fields.map(|(field, _)| format!("queue:declare-worker:{of}#{field}")),
    ))?;
    let expires = time::parse(call.text("expires")).unwrap_or(call.now);
    services.queue.active.insert(key.0.clone(), call.now);
    let worker = services.queue.see_worker(&key, call.now);
    worker.expires = worker.expires.max(expires);
    let answer = json(call, worker);
    Reply::ok(answer)
}

fn json(call: &ApiCall, worker: &Worker) -> Value {
    let recent = worker.recent_tasks.iter();
    let recent = recent.map(|(task, run)| json!({"taskId": task, "runId": run}));
    json!({
        "taskQueueId": queue(call),
        "provisionerId": call.param("provisionerId"),
        "workerType": call.param("workerType"),
        "workerGroup": call.param("workerGroup"),
        "workerId": call.param("workerId"),
        "quarantineUntil": time::format(worker.quarantine_until),
        "expires": time::format(worker.expires),
        "firstClaim": time::format(worker.first_claim),
        "lastDateActive": time::format(worker.last_active),
        "recentTasks": recent.collect::<Vec<_>>(),
    })
}

fn unknown_worker(call: &ApiCall, more: &str) -> ServiceError {
    ServiceError::not_found(format!(
        "Worker with workerId `{}`, workerGroup `{}`,worker-type `{}` and provisionerId `{}` not found.{more}",
        call.param("workerId"),
        call.param("workerGroup"),
        call.param("workerType"),
        call.param("provisionerId")
    ))
}
