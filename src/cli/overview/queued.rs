//! Task groups on Taskcluster.

use futures_util::{StreamExt as _, stream};
use tokio::runtime::Runtime;

use super::read::with_parameters;
use crate::base::name::TaskId;
use crate::overview::{Group, Groups, Listed, PhaseSource, ReadError, ReleaseSource, phase_name};
use crate::ports::taskcluster::{ApiError, Taskcluster};
use crate::taskcluster::Client;

/// How many artifacts are read at one time.
const REQUESTS: usize = 16;

/// The most bytes of an artifact.
const MOST: u64 = 2 * 1024 * 1024 * 1024;

/// Reads from Taskcluster.
pub struct Queued<'r> {
    runtime: &'r Runtime,
    client: Client,
}

impl<'r> Queued<'r> {
    /// Reads with a client.
    pub fn new(runtime: &'r Runtime, client: Client) -> Self {
        Self { runtime, client }
    }
}

fn cannot_read(what: String) -> impl FnOnce(ApiError) -> ReadError {
    move |error| ReadError {
        what,
        why: error.to_string(),
    }
}

fn parse(id: &str) -> Result<TaskId, ReadError> {
    TaskId::parse(id).map_err(|error| ReadError {
        what: format!("the task {id}"),
        why: error.to_string(),
    })
}

impl Groups for Queued<'_> {
    fn tasks(&self, group: &str) -> Result<Group, ReadError> {
        let id = parse(group)?;
        let members = self.runtime.block_on(self.client.task_group(&id));
        let members = members.map_err(cannot_read(format!("the task group {group}")))?;
        let tasks = members.into_iter().map(|member| Listed {
            task_id: member.task_id.to_string(),
            state: member.state,
            reports: member.state.is_resolved()
                && member.definition["extra"].get("staging").is_some(),
            definition: member.definition,
        });
        Ok(tasks.collect())
    }

    fn artifacts(&self, tasks: &[&str], name: &str) -> Result<Vec<Option<Vec<u8>>>, ReadError> {
        let read = |id: String| async move {
            let task = parse(&id)?;
            match self.client.artifact_within(&task, name, MOST).await {
                Ok(content) => Ok(Some(content)),
                Err(error) if error.status == Some(404) => Ok(None),
                Err(error) => Err(cannot_read(format!("{name} of the task {id}"))(error)),
            }
        };
        let ids: Vec<String> = tasks.iter().map(|&id| id.to_owned()).collect();
        let found = stream::iter(ids.into_iter().map(read)).buffered(REQUESTS);
        let found: Vec<Result<_, ReadError>> = self.runtime.block_on(found.collect());
        found.into_iter().collect()
    }
}

/// The release of these task groups, in order.
///
/// # Errors
/// When a task or an artifact cannot be read.
pub fn of_groups(groups: &[TaskId], queue: &Queued<'_>) -> Result<ReleaseSource, ReadError> {
    let mut source = ReleaseSource::default();
    for id in groups {
        let definition = queue.runtime.block_on(queue.client.task(id));
        let definition = definition.map_err(cannot_read(format!("the task {id}")))?;
        let name = phase_name(&definition);
        let label = definition["metadata"]["name"].as_str().unwrap_or_default();
        source.phases.push(PhaseSource {
            name: if name.is_empty() {
                label.to_owned()
            } else {
                name
            },
            task_id: id.to_string(),
            ..PhaseSource::default()
        });
    }
    with_parameters(source, queue)
}
