//! The calls of the port.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Response;
use serde_json::{Value, json};

use super::client::Ready;
use super::create::Body;
use super::failure::api_error;
use super::response::{has_started, malformed, one_part, state, string, task_id, token};
use super::retry::Tries;
use super::web::within;
use crate::base::name::{IndexPath, TaskId};
use crate::base::pause::RetryPolicy;
use crate::base::scope::ScopeSet;
use crate::base::text::plural;
use crate::base::time::Timestamp;
use crate::base::value;
use crate::base::worker_pool::WorkerPool;
use crate::ports::taskcluster::{
    Answer, ApiError, GroupMember, GroupStatus, TaskStatus, Taskcluster, too_large,
};

/// The characters that are not escaped in a part of a path.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'.')
    .remove(b'-')
    .remove(b'~');

/// How many ids the services accept at once.
const BATCH: usize = 1_000;
/// By how many seconds clocks may differ before it is reported.
const CLOCKS_DIFFER: i64 = 60;
/// How long a signed URL is valid.
pub(super) const SIGNED_FOR: Duration = Duration::from_secs(15 * 60);

impl Ready {
    /// Makes a call, and repeats it after transient failures.
    pub(super) async fn ask<T, F>(
        &self,
        call: &str,
        make: impl FnMut() -> F + Send,
    ) -> Result<T, ApiError>
    where
        F: Future<Output = anyhow::Result<T>> + Send,
    {
        self.ask_within(call, self.patience.retry, make).await
    }

    /// Makes a call, and repeats it by the policy `retry` after transient failures.
    async fn ask_within<T, F>(
        &self,
        call: &str,
        retry: RetryPolicy,
        mut make: impl FnMut() -> F + Send,
    ) -> Result<T, ApiError>
    where
        F: Future<Output = anyhow::Result<T>> + Send,
    {
        let mut tries = Tries::new(retry, call);
        loop {
            let error = match make().await {
                Ok(answer) => return Ok(answer),
                Err(error) => api_error(call, error, self.secret.as_deref()),
            };
            if !tries.wait(&error).await {
                return Err(self.dated(error).await);
            }
        }
    }

    /// Notes the date of a response.
    pub(super) fn noted(&self, response: Response) -> Response {
        self.clock.note(response.headers());
        response
    }

    /// Makes a call of a service, and parses its response.
    async fn answered(
        &self,
        service: &taskcluster::Client,
        (method, path): (&str, &str),
        query: Option<Vec<(&str, &str)>>,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let response = service.request(method, path, query, body).await?;
        Ok(self.noted(response).json().await?)
    }

    /// The error; when the caller was not believed and the clocks differ, it says by how much.
    async fn dated(&self, mut error: ApiError) -> ApiError {
        if (error.status == Some(401) || error.is_clock_skew())
            && let Some(ahead) = self.web.ahead(&self.ping).await
            && ahead.abs() > CLOCKS_DIFFER
        {
            let side = if ahead > 0 { "ahead of" } else { "behind" };
            let by = match ahead.abs() {
                seconds @ ..120 => format!("{seconds} seconds"),
                seconds => format!("{} minutes", seconds / 60),
            };
            error.message = format!(
                "{} (the clock of this machine is {by} {side} that of the server)",
                error.message
            );
        }
        error
    }

    /// Requests all of `items` in batches; `make` makes the request, `read` reads one row of `rows` of
    /// the response and returns its item.
    ///
    /// If a response is only a page, the missing items are requested again: a signed request cannot
    /// have the query for the next page.
    async fn in_batches<'i, F>(
        &self,
        call: &str,
        items: &BTreeSet<&'i str>,
        rows: &str,
        make: impl Fn(Vec<&'i str>) -> F + Send + Sync,
        mut read: impl FnMut(&Value) -> Option<String> + Send,
    ) -> Result<(), ApiError>
    where
        F: Future<Output = anyhow::Result<Value>> + Send,
    {
        let all: Vec<&str> = items.iter().copied().collect();
        for batch in all.chunks(BATCH) {
            let mut open: BTreeSet<&str> = batch.iter().copied().collect();
            while !open.is_empty() {
                let answer = self
                    .ask(call, || make(open.iter().copied().collect()))
                    .await?;
                let before = open.len();
                for row in answer
                    .get(rows)
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    if let Some(item) = read(row) {
                        open.remove(item.as_str());
                    }
                }
                if token(&answer).is_none() || open.len() == before {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Requests every page of the list `name`; `page` requests one, `signed` makes a signed URL for it.
    pub(super) async fn pages<F>(
        &self,
        call: &str,
        name: &str,
        page: impl Fn(Option<String>) -> F + Send + Sync,
        signed: impl Fn(&str) -> anyhow::Result<String> + Send,
    ) -> Result<Vec<Value>, ApiError>
    where
        F: Future<Output = anyhow::Result<Value>> + Send,
    {
        let mut all = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let mut answer = match &next {
                Some(token) if self.signs => {
                    let url = signed(token)
                        .map_err(|error| api_error(call, error, self.secret.as_deref()))?;
                    let body = self.web.get(call, &url).await?;
                    serde_json::from_slice(&body).map_err(|error| malformed(call, &error))?
                }
                _ => self.ask(call, || page(next.clone())).await?,
            };
            let following = token(&answer);
            if let Some(Value::Array(rows)) = answer.get_mut(name).map(Value::take) {
                all.extend(rows);
            }
            if following.is_none() || following == next {
                return Ok(all);
            }
            next = following;
        }
    }

    /// The rows of the tasks directly in a namespace of the index.
    pub(super) async fn indexed(
        &self,
        call: &str,
        namespace: &str,
    ) -> Result<Vec<Value>, ApiError> {
        one_part(call, namespace)?;
        let page = |token: Option<String>| async move {
            let token = token.as_deref();
            self.index.listTasks(namespace, token, None).await
        };
        let signed = |token: &str| {
            let index = &self.index;
            index.listTasks_signed_url(namespace, Some(token), None, SIGNED_FOR)
        };
        self.pages(call, "tasks", page, signed).await
    }
}

impl Taskcluster for Ready {
    fn create_task<'a>(
        &'a self,
        task_id: &'a TaskId,
        definition: &'a value::Value,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let call = format!("queue.createTask({task_id})");
            let body = Body::new(definition);
            let retry = RetryPolicy {
                budget: self.patience.create_budget,
                ..self.patience.retry
            };
            self.ask_within(&call, retry, || {
                self.creating.put(&self.clock, task_id, &body)
            })
            .await
        })
    }

    fn task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, value::Value> {
        Box::pin(async move {
            let call = format!("queue.task({task_id})");
            let path = format!("task/{task_id}");
            let task = self
                .ask(&call, || {
                    self.answered(&self.queue.client, ("GET", &path), None, None)
                })
                .await?;
            Ok(task.into())
        })
    }

    fn statuses<'a>(&'a self, task_ids: &'a [TaskId]) -> Answer<'a, BTreeMap<TaskId, TaskStatus>> {
        Box::pin(async move {
            let call = format!("queue.statuses({})", plural(task_ids.len(), "task"));
            let items = task_ids.iter().map(TaskId::as_str).collect();
            let mut found = BTreeMap::new();
            self.in_batches(
                &call,
                &items,
                "statuses",
                |ids| async move {
                    let body = json!({"taskIds": ids});
                    let call = ("POST", "tasks/status");
                    self.answered(&self.queue.client, call, None, Some(&body))
                        .await
                },
                |row| {
                    let status = row.get("status")?;
                    let id = task_id(row, "taskId").or_else(|| task_id(status, "taskId"))?;
                    let expires = status.get("expires").and_then(Value::as_str);
                    let runs = status.get("runs").and_then(Value::as_array);
                    let task_status = TaskStatus {
                        state: state(status)?,
                        group: task_id(status, "taskGroupId"),
                        runs: runs.map_or(0, Vec::len),
                        expires: expires.and_then(Timestamp::parse),
                    };
                    found.insert(id.clone(), task_status);
                    Some(id.into())
                },
            )
            .await?;
            Ok(found)
        })
    }

    fn group<'a>(&'a self, group: &'a TaskId) -> Answer<'a, GroupStatus> {
        Box::pin(async move {
            let call = format!("queue.getTaskGroup({group})");
            let path = format!("task-group/{group}");
            let answer = self
                .ask(&call, || {
                    self.answered(&self.queue.client, ("GET", &path), None, None)
                })
                .await?;
            Ok(GroupStatus {
                scheduler_id: string(&answer, "schedulerId")
                    .ok_or_else(|| malformed(&call, &"a group without a scheduler"))?,
                sealed: string(&answer, "sealed"),
            })
        })
    }

    fn task_group<'a>(&'a self, group: &'a TaskId) -> Answer<'a, Vec<GroupMember>> {
        Box::pin(async move {
            let call = format!("queue.listTaskGroup({group})");
            let path = &format!("task-group/{group}/list");
            let rows = self
                .pages(
                    &call,
                    "tasks",
                    |token| async move {
                        let query = token.as_deref().map(|t| vec![("continuationToken", t)]);
                        self.answered(&self.queue.client, ("GET", path), query, None)
                            .await
                    },
                    |token| {
                        self.queue.listTaskGroup_signed_url(
                            group.as_str(),
                            Some(token),
                            None,
                            SIGNED_FOR,
                        )
                    },
                )
                .await?;
            let mut members = rows
                .into_iter()
                .map(|mut row| {
                    let status = row.get("status")?;
                    Some(GroupMember {
                        task_id: task_id(status, "taskId")?,
                        state: state(status)?,
                        has_started: has_started(status),
                        definition: row.get_mut("task")?.take().into(),
                    })
                })
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| {
                    malformed(&call, &"a task without an id, a state or a definition")
                })?;
            members.sort_by(|a, b| a.task_id.cmp(&b.task_id));
            members.dedup_by(|a, b| a.task_id == b.task_id);
            Ok(members)
        })
    }

    fn cancel_task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, ()> {
        Box::pin(async move {
            let call = format!("queue.cancelTask({task_id})");
            self.ask(&call, || self.queue.cancelTask(task_id.as_str()))
                .await
                .map(drop)
        })
    }

    fn rerun_task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, ()> {
        Box::pin(async move {
            let call = format!("queue.rerunTask({task_id})");
            self.ask(&call, || self.queue.rerunTask(task_id.as_str()))
                .await
                .map(drop)
        })
    }

    fn artifact<'a>(&'a self, task_id: &'a TaskId, name: &'a str) -> Answer<'a, Vec<u8>> {
        self.artifact_within(task_id, name, u64::MAX)
    }

    fn artifact_within<'a>(
        &'a self,
        task_id: &'a TaskId,
        name: &'a str,
        limit: u64,
    ) -> Answer<'a, Vec<u8>> {
        Box::pin(async move {
            let call = format!("queue.getLatestArtifact({task_id}, {name})");
            one_part(&call, name)?;
            let path = format!(
                "task/{task_id}/artifacts/{}",
                utf8_percent_encode(name, UNRESERVED)
            );
            let found = self
                .ask(&call, || async {
                    let response = self.queue.client.request("GET", &path, None, None).await?;
                    let location = response
                        .headers()
                        .get(reqwest::header::LOCATION)
                        .map(|header| anyhow::Ok(response.url().join(header.to_str()?)?))
                        .transpose()?
                        .filter(|_| response.status().is_redirection());
                    match location {
                        Some(url) => Ok(Content::Elsewhere(url.into())),
                        None => Ok(Content::Here(within(response, limit).await?)),
                    }
                })
                .await?;
            match found {
                Content::Here(Some(content)) => Ok(content),
                Content::Here(None) => Err(too_large(&call, limit)),
                Content::Elsewhere(url) => self.web.get_within(&call, &url, limit).await,
            }
        })
    }

    fn find_tasks<'a>(&'a self, paths: &'a [IndexPath]) -> Answer<'a, BTreeMap<IndexPath, TaskId>> {
        Box::pin(async move {
            let call = format!("index.findTasksAtIndex({} paths)", paths.len());
            let items = paths.iter().map(IndexPath::as_str).collect();
            let mut found = BTreeMap::new();
            self.in_batches(
                &call,
                &items,
                "tasks",
                |paths| async move {
                    let body = json!({"indexes": paths});
                    let call = ("POST", "tasks/indexes");
                    self.answered(&self.index.client, call, None, Some(&body))
                        .await
                },
                |row| {
                    let path = IndexPath::parse(row.get("namespace")?.as_str()?).ok()?;
                    found.insert(path.clone(), task_id(row, "taskId")?);
                    Some(path.into())
                },
            )
            .await?;
            Ok(found)
        })
    }

    fn list_index<'a>(&'a self, namespace: &'a IndexPath) -> Answer<'a, Vec<TaskId>> {
        Box::pin(async move {
            let call = format!("index.listTasks({namespace})");
            let rows = self.indexed(&call, namespace.as_str()).await?;
            let mut tasks = rows
                .iter()
                .map(|row| {
                    let expires = Timestamp::parse(row.get("expires")?.as_str()?)?;
                    Some((expires, task_id(row, "taskId")?))
                })
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| malformed(&call, &"a task without an id or an expiry date"))?;
            tasks.sort_by_key(|(expires, _)| *expires);
            Ok(tasks.into_iter().map(|(_, id)| id).collect())
        })
    }

    fn purge_cache<'a>(&'a self, pool: &'a WorkerPool, cache: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let call = format!("purgeCache.purgeCache({pool}, {cache})");
            let (id, body) = (pool.to_string(), json!({"cacheName": cache}));
            self.ask(&call, || self.purge_cache.purgeCache(&id, &body))
                .await
        })
    }

    fn current_scopes(&self) -> Answer<'_, ScopeSet> {
        Box::pin(async move {
            let call = "auth.currentScopes()";
            let path = ("GET", "scopes/current");
            let answer = self
                .ask(call, || self.answered(&self.auth.client, path, None, None))
                .await?;
            answer
                .get("scopes")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(Value::as_str)
                .collect::<Option<ScopeSet>>()
                .ok_or_else(|| malformed(call, &"a scope that is not a string"))
        })
    }

    fn server_time(&self) -> Option<Timestamp> {
        self.clock.now()
    }
}

/// Where the content of an artifact is.
enum Content {
    /// In the answer itself; `None` if it is too large.
    Here(Option<Vec<u8>>),
    /// At another address.
    Elsewhere(String),
}
