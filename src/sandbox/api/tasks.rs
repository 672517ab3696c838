//! The queue's methods for tasks and task groups.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::endpoint::{ApiCall, Endpoint, PAGED, Reply};
use super::request_schemas;
use crate::base::task_state::TaskState;
use crate::sandbox::auth::scopes::Expression;
use crate::sandbox::error::ServiceError;
use crate::sandbox::patterns::PRIORITIES;
use crate::sandbox::queue::definition;
use crate::sandbox::queue::scheduling::check_deadline;
use crate::sandbox::queue::task::Task;
use crate::sandbox::services::Services;
use crate::sandbox::time;

/// The table of methods.
pub(crate) const METHODS: &[Endpoint] = &[
    Endpoint {
        method: "GET",
        route: "/task/<taskId>",
        name: "task",
        scope: Some("queue:get-task:<taskId>"),
        query: &[],
        input: None,
        run: |services, call| {
            let task = services.queue.find(
                call.param("taskId"),
                "`{id}` does not correspond to a task that exists.\nAre you sure this task has \
                 already been submitted?",
            )?;
            Reply::ok(task.definition.json.clone())
        },
    },
    Endpoint {
        method: "POST",
        route: "/tasks",
        name: "tasks",
        scope: None,
        query: PAGED,
        input: Some(&request_schemas::TASK_IDS),
        run: |services, call| {
            list_by_id(
                services,
                call,
                "queue:get-task:",
                "tasks",
                |task| json!({"taskId": task.id, "task": task.definition.json}),
            )
        },
    },
    Endpoint {
        method: "POST",
        route: "/tasks/status",
        name: "statuses",
        scope: None,
        query: PAGED,
        input: Some(&request_schemas::TASK_IDS),
        run: |services, call| {
            list_by_id(
                services,
                call,
                "queue:status:",
                "statuses",
                |task| json!({"taskId": task.id, "status": task.status()}),
            )
        },
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/status",
        name: "status",
        scope: Some("queue:status:<taskId>"),
        query: &[],
        input: None,
        run: |services, call| {
            let task = services.queue.find(
                call.param("taskId"),
                "`{id}` does not correspond to a task that exists.\nAre you sure this task exists?",
            )?;
            Reply::ok(json!({"status": task.status()}))
        },
    },
    Endpoint {
        method: "GET",
        route: "/task-group/<taskGroupId>/list",
        name: "listTaskGroup",
        scope: Some("queue:list-task-group:<taskGroupId>"),
        query: PAGED,
        input: None,
        run: list_task_group,
    },
    Endpoint {
        method: "GET",
        route: "/task-group/<taskGroupId>",
        name: "getTaskGroup",
        scope: Some("queue:list-task-group:<taskGroupId>"),
        query: &[],
        input: None,
        run: |services, call| {
            let id = call.param("taskGroupId");
            Reply::ok(services.queue.group(id)?.json(id))
        },
    },
    Endpoint {
        method: "POST",
        route: "/task-group/<taskGroupId>/cancel",
        name: "cancelTaskGroup",
        scope: None,
        query: &[],
        input: None,
        run: |services, call| {
            let id = call.param("taskGroupId");
            let group = services.queue.group(id)?;
            if group.sealed.is_none() {
                return Err(ServiceError::conflict(format!(
                    "Cannot cancel unsealed task group: `{id}`"
                )));
            }
            call.require_scope(format!("queue:cancel-task-group:{}/{id}", group.scheduler))?;
            Reply::ok(services.queue.cancel_group(id, call.now)?)
        },
    },
    Endpoint {
        method: "POST",
        route: "/task-group/<taskGroupId>/seal",
        name: "sealTaskGroup",
        scope: None,
        query: &[],
        input: None,
        run: |services, call| {
            let id = call.param("taskGroupId");
            let scheduler = &services.queue.group(id)?.scheduler;
            call.require_scope(format!("queue:seal-task-group:{scheduler}/{id}"))?;
            Reply::ok(services.queue.seal(id, call.now)?)
        },
    },
    Endpoint {
        method: "POST",
        route: "/task-group/<taskGroupId>/priority",
        name: "changeTaskGroupPriority",
        scope: None,
        query: &[],
        input: Some(&request_schemas::PRIORITY),
        run: change_group_priority,
    },
    Endpoint {
        method: "GET",
        route: "/task/<taskId>/dependents",
        name: "listDependentTasks",
        scope: Some("queue:list-dependent-tasks:<taskId>"),
        query: PAGED,
        input: None,
        run: list_dependents,
    },
    Endpoint {
        method: "PUT",
        route: "/task/<taskId>",
        name: "createTask",
        scope: None,
        query: &[],
        input: Some(&request_schemas::CREATE_TASK),
        run: |services, call| Reply::ok(json!({"status": create(services, call)?})),
    },
    Endpoint {
        method: "POST",
        route: "/task/<taskId>/schedule",
        name: "scheduleTask",
        scope: None,
        query: &[],
        input: None,
        run: |services, call| {
            let id = call.param("taskId");
            let task = services
                .queue
                .find(id, "taskId `{id}` not found. Are you sure it exists?")?;
            authorize_change(call, task, "schedule-task")?;
            check_deadline(task, call.now, "scheduled past its deadline at")?;
            services.queue.schedule(id, call.now);
            status(services, id)
        },
    },
    Endpoint {
        method: "POST",
        route: "/task/<taskId>/rerun",
        name: "rerunTask",
        scope: None,
        query: &[],
        input: None,
        run: |services, call| {
            let id = call.param("taskId");
            let task = services.queue.find(
                id,
                "`{id}` does not correspond to a task that exists.\nAre you sure this task has been \
                 submitted before?",
            )?;
            authorize_change(call, task, "rerun-task")?;
            Reply::ok(json!({"status": services.queue.rerun(id, call.now)?}))
        },
    },
    Endpoint {
        method: "POST",
        route: "/task/<taskId>/cancel",
        name: "cancelTask",
        scope: None,
        query: &[],
        input: None,
        run: |services, call| {
            let id = call.param("taskId");
            let task = services.queue.task(id)?;
            authorize_change(call, task, "cancel-task")?;
            check_deadline(task, call.now, "canceled past its deadline of")?;
            services.queue.cancel(id, "canceled", call.now);
            status(services, id)
        },
    },
    Endpoint {
        method: "POST",
        route: "/task/<taskId>/priority",
        name: "changeTaskPriority",
        scope: None,
        query: &[],
        input: Some(&request_schemas::PRIORITY),
        run: change_priority,
    },
];

/// Returns the status of a task as a reply.
pub(crate) fn status(services: &Services, id: &str) -> Result<Reply, ServiceError> {
    let task = services.queue.task(id)?;
    Reply::ok(json!({"status": task.status()}))
}

/// Checks and creates a task, and returns its status.
pub(crate) fn create(services: &mut Services, call: &ApiCall) -> Result<Value, ServiceError> {
    let id = call.param("taskId");
    let fields = definition::with_defaults(id, &call.body)?;
    call.authorize(&create_task_scopes(&fields))?;
    let defined = definition::build_definition(fields, call.now, services.max_deadline_days)?;
    if definition::has_nul(&defined.json) {
        return Err(ServiceError::internal(
            "unsupported Unicode escape sequence",
        ));
    }
    services.queue.create(id, defined, call.now)
}

fn create_task_scopes(fields: &Map<String, Value>) -> Expression {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let texts = |name: &str| {
        fields
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
    };
    let queue = text("taskQueueId");
    let priorities = PRIORITIES
        .iter()
        .take_while(|priority| **priority != text("priority"))
        .copied()
        .chain([text("priority")])
        .map(|priority| Expression::Scope(format!("queue:create-task:{priority}:{queue}")));
    let mut all: Vec<Expression> = texts("scopes").map(Expression::scope).collect();
    all.extend(texts("routes").map(|route| Expression::Scope(format!("queue:route:{route}"))));
    all.push(Expression::Scope(format!(
        "queue:create-task:project:{}",
        text("projectId")
    )));
    all.push(Expression::Scope(format!(
        "queue:scheduler-id:{}",
        text("schedulerId")
    )));
    all.push(Expression::AnyOf(priorities.collect()));
    Expression::AllOf(all)
}

fn authorize_change(call: &ApiCall, task: &Task, what: &str) -> Result<(), ServiceError> {
    let text = |name: &str| task.definition.text(name);
    let (scheduler, group) = (text("schedulerId"), text("taskGroupId"));
    call.authorize(&Expression::AnyOf(vec![
        Expression::Scope(format!("queue:{what}:{scheduler}/{group}/{}", task.id)),
        Expression::Scope(format!("queue:{what}-in-project:{}", text("projectId"))),
        Expression::all_of([
            format!("queue:{what}"),
            format!("assume:scheduler-id:{scheduler}/{group}"),
        ]),
    ]))
}

fn list_by_id(
    services: &mut Services,
    call: &ApiCall,
    scope: &str,
    name: &str,
    show: fn(&Task) -> Value,
) -> Result<Reply, ServiceError> {
    let ids = call.texts("taskIds");
    call.authorize(&Expression::all_of(
        ids.iter().map(|id| format!("{scope}{id}")),
    ))?;
    let ids: BTreeSet<String> = ids.into_iter().collect();
    let tasks = ids.iter().filter_map(|id| services.queue.tasks.get(id));
    call.reply_page(name, tasks, show)
}

fn task_with_status(task: &Task) -> Value {
    json!({"status": task.status(), "task": task.definition.json})
}

fn list_task_group(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let id = call.param("taskGroupId");
    let group = services.queue.group(id)?;
    let fields = group.json(id).as_object().cloned().unwrap_or_default();
    let members = group
        .tasks
        .iter()
        .filter_map(|id| services.queue.tasks.get(id));
    call.reply_page_with(fields, "tasks", members, task_with_status)
}

fn list_dependents(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let id = call.param("taskId");
    services
        .queue
        .find(id, "Task with taskId: `{id}` was not found")?;
    let fields = Map::from_iter([("taskId".to_owned(), id.into())]);
    let dependents = services.queue.dependents.get(id).into_iter().flatten();
    let tasks = dependents.filter_map(|id| services.queue.tasks.get(id));
    call.reply_page_with(fields, "tasks", tasks, task_with_status)
}

fn change_priority(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let id = call.param("taskId");
    let task = services.queue.task(id)?;
    let queue = task.definition.text("taskQueueId");
    call.authorize(&Expression::AnyOf(vec![
        Expression::Scope(format!("queue:change-task-priority:{id}")),
        Expression::Scope(format!("queue:change-task-priority-in-queue:{queue}")),
    ]))?;
    if task.definition.deadline <= call.now {
        return Err(ServiceError::conflict(format!(
            "Task `{id}` can't be reprioritized past its deadline of {}.",
            time::format(task.definition.deadline)
        )));
    }
    if !services
        .queue
        .change_priority(id, call.text("newPriority"), call.now)
    {
        return Err(ServiceError::conflict(format!(
            "Task `{id}` is already resolved and cannot be reprioritized."
        )));
    }
    status(services, id)
}

fn change_group_priority(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let id = call.param("taskGroupId");
    let group = services
        .queue
        .groups
        .get(id)
        .ok_or_else(|| ServiceError::not_found(format!("Task group `{id}` not found.")))?;
    let (scheduler, members) = (group.scheduler.clone(), group.tasks.clone());
    call.require_scope(format!("queue:change-task-group-priority:{scheduler}/{id}"))?;
    let priority = call.text("newPriority");
    let changed: Vec<&String> = members
        .iter()
        .filter(|member| {
            let open = services.queue.tasks.get(*member).is_some_and(|task| {
                !matches!(task.state(), TaskState::Completed | TaskState::Failed)
            });
            open && services.queue.change_priority(member, priority, call.now)
        })
        .collect();
    Reply::ok(json!({
        "taskGroupId": id,
        "schedulerId": scheduler,
        "newPriority": priority,
        "tasksAffected": changed.len(),
        "taskIds": changed,
    }))
}
