//! An index and a queue that answer as configured by a project.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use snowman::base::name::{IndexPath, TaskId};
use snowman::base::scope::ScopeSet;
use snowman::base::task_state::TaskState;
use snowman::base::time::Timestamp;
use snowman::base::value::{Object, Str, Value};
use snowman::base::worker_pool::WorkerPool;
use snowman::ports::taskcluster::{
    Answer, ApiError, GroupMember, GroupStatus, TaskStatus, Taskcluster,
};

/// An index and a queue with the tasks of an `index.json`: a pattern of index paths, and the state
/// and expiry of the task. A `graphs.json` has the graphs of decision tasks, by such a pattern or
/// by taskId.
pub struct Stub {
    tasks: Vec<(String, TaskStatus)>,
    graphs: Object,
}

impl Stub {
    /// The entries of an `index.json`.
    pub fn new(table: Object, graphs: Object) -> Self {
        let entry = |(pattern, status): (Str, Value)| {
            let status = TaskStatus {
                state: TaskState::from_name(status["state"].as_str().unwrap()).unwrap(),
                expires: Timestamp::parse(status["expires"].as_str().unwrap()),
                ..TaskStatus::default()
            };
            (pattern.to_string(), status)
        };
        Self {
            tasks: table.into_iter().map(entry).collect(),
            graphs,
        }
    }

    /// Returns the taskId of an entry, the same as in `tests/parity/run`.
    fn task_id(pattern: &str) -> TaskId {
        let digest = Sha256::digest(pattern.as_bytes());
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        TaskId::parse(&format!("found{}", &digits[..17])).unwrap()
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((start, rest)) => path
            .strip_prefix(start)
            .is_some_and(|path| (0..=path.len()).any(|at| matches(rest, &path[at..]))),
    }
}

fn absent<T>(call: &str) -> Answer<'_, T>
where
    T: Send,
{
    let call = call.to_owned();
    Box::pin(async move {
        Err(ApiError {
            call,
            status: Some(404),
            message: "graphs that are only looked at do not ask for this".to_owned(),
        })
    })
}

impl Taskcluster for Stub {
    fn find_tasks<'a>(&'a self, paths: &'a [IndexPath]) -> Answer<'a, BTreeMap<IndexPath, TaskId>> {
        Box::pin(async move {
            let found = paths.iter().filter_map(|path| {
                let at = self.tasks.iter().find(|(p, _)| matches(p, path.as_str()));
                at.map(|(pattern, _)| (path.clone(), Self::task_id(pattern)))
            });
            Ok(found.collect())
        })
    }

    fn statuses<'a>(&'a self, task_ids: &'a [TaskId]) -> Answer<'a, BTreeMap<TaskId, TaskStatus>> {
        Box::pin(async move {
            let known = self
                .tasks
                .iter()
                .map(|(pattern, status)| (Self::task_id(pattern), status.clone()));
            Ok(known.filter(|(id, _)| task_ids.contains(id)).collect())
        })
    }

    fn create_task<'a>(&'a self, _: &'a TaskId, _: &'a Value) -> Answer<'a, ()> {
        absent("create_task")
    }
    fn task<'a>(&'a self, _: &'a TaskId) -> Answer<'a, Value> {
        absent("task")
    }
    fn group<'a>(&'a self, _: &'a TaskId) -> Answer<'a, GroupStatus> {
        absent("group")
    }
    fn task_group<'a>(&'a self, _: &'a TaskId) -> Answer<'a, Vec<GroupMember>> {
        absent("task_group")
    }
    fn cancel_task<'a>(&'a self, _: &'a TaskId) -> Answer<'a, ()> {
        absent("cancel_task")
    }
    fn rerun_task<'a>(&'a self, _: &'a TaskId) -> Answer<'a, ()> {
        absent("rerun_task")
    }
    fn artifact<'a>(&'a self, task_id: &'a TaskId, name: &'a str) -> Answer<'a, Vec<u8>> {
        let is_it = |key: &str| key == task_id.as_str() || Self::task_id(key) == *task_id;
        match self.graphs.iter().find(|(key, _)| is_it(key)) {
            Some((_, graph)) if name == "public/task-graph.json" => {
                Box::pin(async move { Ok(graph.to_string().into_bytes()) })
            }
            _ => absent("artifact"),
        }
    }
    fn list_index<'a>(&'a self, _: &'a IndexPath) -> Answer<'a, Vec<TaskId>> {
        absent("list_index")
    }
    fn purge_cache<'a>(&'a self, _: &'a WorkerPool, _: &'a str) -> Answer<'a, ()> {
        absent("purge_cache")
    }
    fn current_scopes(&self) -> Answer<'_, ScopeSet> {
        absent("current_scopes")
    }
}
