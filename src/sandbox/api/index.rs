//! The index service's methods.

use std::collections::BTreeSet;
use std::convert::identity;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::endpoint::{ApiCall, Endpoint, PAGED, Reply};
use super::request_schemas;
use crate::sandbox::auth::hawk;
use crate::sandbox::auth::scopes::Expression;
use crate::sandbox::content_urls;
use crate::sandbox::error::ServiceError;
use crate::sandbox::index::IndexEntry;
use crate::sandbox::queue::definition::has_nul;
use crate::sandbox::services::{self, Services};
use crate::sandbox::time;

/// How long a signed URL of an artifact is valid.
const LINK_SECONDS: i64 = 15 * 60;

/// The table of methods.
pub(crate) const METHODS: &[Endpoint] = &[
    Endpoint {
        method: "GET",
        route: "/task/<indexPath>",
        name: "findTask",
        scope: Some("index:find-task:<indexPath>"),
        query: &[],
        input: None,
        run: |services, call| {
            let path = call.param("indexPath");
            Reply::ok(services.index.find(path, call.now)?.json(path))
        },
    },
    Endpoint {
        method: "POST",
        route: "/tasks/indexes",
        name: "findTasksAtIndex",
        scope: None,
        query: PAGED,
        input: Some(&request_schemas::INDEXES),
        run: |services, call| {
            let paths = call.texts("indexes");
            let scopes = paths.iter().map(|path| format!("index:find-task:{path}"));
            call.authorize(&Expression::all_of(scopes))?;
            let paths: BTreeSet<String> = paths.into_iter().collect();
            let found = paths
                .iter()
                .filter_map(|path| Some((path, services.index.find(path, call.now).ok()?)));
            call.reply_page("tasks", found, |(path, entry)| entry.json(path))
        },
    },
    Endpoint {
        method: "GET",
        route: "/namespaces",
        name: "listNamespaces",
        scope: Some("index:list-namespaces:"),
        query: PAGED,
        input: None,
        run: list_namespaces,
    },
    Endpoint {
        method: "GET",
        route: "/namespaces/<namespace>",
        name: "listNamespaces",
        scope: Some("index:list-namespaces:<namespace>"),
        query: PAGED,
        input: None,
        run: list_namespaces,
    },
    Endpoint {
        method: "POST",
        route: "/namespaces/<namespace>",
        name: "listNamespacesPost",
        scope: Some("index:list-namespaces:<namespace>"),
        query: &[],
        input: None,
        run: list_namespaces,
    },
    Endpoint {
        method: "GET",
        route: "/tasks",
        name: "listTasks",
        scope: Some("index:list-tasks:"),
        query: PAGED,
        input: None,
        run: list_tasks,
    },
    Endpoint {
        method: "GET",
        route: "/tasks/<namespace>",
        name: "listTasks",
        scope: Some("index:list-tasks:<namespace>"),
        query: PAGED,
        input: None,
        run: list_tasks,
    },
    Endpoint {
        method: "POST",
        route: "/tasks/<namespace>",
        name: "listTasksPost",
        scope: Some("index:list-tasks:<namespace>"),
        query: &[],
        input: None,
        run: list_tasks,
    },
    Endpoint {
        method: "PUT",
        route: "/task/<namespace>",
        name: "insertTask",
        scope: Some("index:insert-task:<namespace>"),
        query: &[],
        input: Some(&request_schemas::INSERT_TASK),
        run: |services, call| {
            let path = call.param("namespace");
            let entry = IndexEntry::from_json(&call.body)
                .filter(|_| !has_nul(&call.body))
                .ok_or_else(|| ServiceError::internal("unsupported Unicode escape sequence"))?;
            Reply::ok(services.index.insert(path, entry)?.json(path))
        },
    },
    Endpoint {
        method: "DELETE",
        route: "/task/<namespace>",
        name: "deleteTask",
        scope: Some("index:delete-task:<namespace>"),
        query: &[],
        input: None,
        run: |services, call| {
            services.index.remove(call.param("namespace"));
            Reply::ok(json!({}))
        },
    },
    Endpoint {
        method: "GET",
        route: "/task/<indexPath>/artifacts/<name*>",
        name: "findArtifactFromTask",
        scope: Some("queue:get-artifact:<name>"),
        query: &[],
        input: None,
        run: find_artifact,
    },
];

fn list_namespaces(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let namespaces = services.index.namespaces_in(call.param("namespace"));
    call.reply_page("namespaces", namespaces, identity)
}

fn list_tasks(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let tasks = services.index.tasks_in(call.param("namespace"));
    call.reply_page("tasks", tasks, |(path, entry)| entry.json(&path))
}

fn find_artifact(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let name = call.param("name");
    let task_id = services
        .index
        .find(call.param("indexPath"), call.now)?
        .task_id
        .clone();
    let root = services::root_url(services.address);
    let location = if name.starts_with("public/") {
        let key = services
            .queue
            .latest_run_id(&task_id)
            .ok()
            .map(|run_id| content_urls::content_key(&task_id, run_id, name))
            .filter(|key| services.store.content(key).is_some());
        key.map(|key| content_urls::content_url(services, &key, name))
    } else {
        None
    };
    let location = location.unwrap_or_else(|| {
        let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
        let path = format!("/api/queue/v1/task/{task_id}/artifacts/{name}");
        let until = time::plus_seconds(call.now, LINK_SECONDS);
        let (host, port) = (services.address.ip().to_string(), services.address.port());
        let credentials = services::queue_credentials();
        format!(
            "{root}{}",
            hawk::sign_path(&credentials, &host, port, &path, until)
        )
    });
    Ok(Reply::see_other(location))
}
