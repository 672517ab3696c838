//! Namespaces of the index: what is in them, and its removal.

use super::calls::SIGNED_FOR;
use super::client::Ready;
use super::lazy::Client;
use super::response::{malformed, one_part, task_id};
use crate::base::name::TaskId;
use crate::ports::taskcluster::{Answer, ApiError};

/// A task in the index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexedTask {
    /// Its path.
    pub path: String,
    /// The task.
    pub task_id: TaskId,
    /// When the entry expires, as the index writes it.
    pub expires: String,
}

impl Client {
    /// The names of the namespaces directly in a namespace, sorted.
    pub fn index_namespaces<'a>(&'a self, namespace: &'a str) -> Answer<'a, Vec<String>> {
        self.ask(|ready| Box::pin(ready.index_namespaces(namespace)))
    }

    /// The tasks directly in a namespace, by path.
    pub fn index_tasks<'a>(&'a self, namespace: &'a str) -> Answer<'a, Vec<IndexedTask>> {
        self.ask(|ready| Box::pin(ready.index_tasks(namespace)))
    }

    /// Removes the task at a path from the index; the task itself stays.
    pub fn remove_from_index<'a>(&'a self, path: &'a str) -> Answer<'a, ()> {
        self.ask(|ready| Box::pin(ready.remove_from_index(path)))
    }
}

impl Ready {
    async fn index_namespaces(&self, namespace: &str) -> Result<Vec<String>, ApiError> {
        let call = format!("index.listNamespaces({namespace})");
        one_part(&call, namespace)?;
        let page = |token: Option<String>| async move {
            let token = token.as_deref();
            self.index.listNamespaces(namespace, token, None).await
        };
        let signed = |token: &str| {
            let token = Some(token);
            let index = &self.index;
            index.listNamespaces_signed_url(namespace, token, None, SIGNED_FOR)
        };
        let rows = self.pages(&call, "namespaces", page, signed).await?;
        let names = rows.iter().map(|row| row.get("name")?.as_str());
        let names: Option<Vec<&str>> = names.collect();
        let mut names = names.ok_or_else(|| malformed(&call, &"a namespace without a name"))?;
        names.sort_unstable();
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    async fn index_tasks(&self, namespace: &str) -> Result<Vec<IndexedTask>, ApiError> {
        let call = format!("index.listTasks({namespace})");
        let rows = self.indexed(&call, namespace).await?;
        let tasks = rows.iter().map(|row| {
            let text = |name: &str| row.get(name)?.as_str().map(str::to_owned);
            Some(IndexedTask {
                path: text("namespace")?,
                task_id: task_id(row, "taskId")?,
                expires: text("expires")?,
            })
        });
        let tasks: Option<Vec<IndexedTask>> = tasks.collect();
        let mut tasks = tasks
            .ok_or_else(|| malformed(&call, &"a task without a path, an id or an expiry date"))?;
        tasks.sort();
        Ok(tasks)
    }

    async fn remove_from_index(&self, path: &str) -> Result<(), ApiError> {
        let call = format!("index.deleteTask({path})");
        one_part(&call, path)?;
        self.ask(&call, || self.index.deleteTask(path)).await
    }
}
