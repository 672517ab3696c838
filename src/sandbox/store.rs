//! Stores state: artifact content always; tasks, groups and index entries only in a folder.
//!
//! Each item has its own file, written under a temporary name and then renamed, so readers never
//! see half a file. File names are checked ids or hashes; no caller's input becomes part of a path.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::artifacts::artifact::Artifact;
use super::artifacts::content::Content;
use super::error::SandboxError;
use super::index::{Index, IndexEntry};
use super::patterns;
use super::queue::definition::Definition;
use super::queue::scheduling::{Group, Queue};
use super::queue::task::{Run, Task};
use super::time;
use crate::base::digest;

const TASKS: &str = "tasks";
const GROUPS: &str = "groups";
const INDEX: &str = "index";
const CONTENT: &str = "content";

/// Storage in a folder or in memory.
#[derive(Debug, Default)]
pub(crate) struct Store {
    folder: Option<PathBuf>,
    memory: BTreeMap<String, Content>,
}

impl Store {
    /// Opens the store, and creates its folder if necessary. Without a folder everything is kept in
    /// memory.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Store, SandboxError> {
        if let Some(folder) = folder {
            for part in [TASKS, GROUPS, INDEX, CONTENT] {
                let path = folder.join(part);
                fs::create_dir_all(&path)
                    .map_err(|source| SandboxError::Folder { path, source })?;
            }
        }
        Ok(Store {
            folder: folder.map(Path::to_owned),
            memory: BTreeMap::new(),
        })
    }

    /// Stores the content of an artifact.
    pub(crate) fn put_content(&mut self, key: &str, content: Content) -> Result<(), SandboxError> {
        let Some(folder) = &self.folder else {
            self.memory.insert(key.to_owned(), content);
            return Ok(());
        };
        let name = digest::sha256(key.as_bytes());
        let about = json!({
            "artifact": key,
            "contentType": content.content_type,
            "contentEncoding": content.content_encoding,
        });
        write(&folder.join(CONTENT).join(&name), &content.bytes)?;
        write_json(&folder.join(CONTENT).join(format!("{name}.json")), &about)
    }

    /// Returns the content of an artifact.
    pub(crate) fn content(&self, key: &str) -> Option<Content> {
        let Some(folder) = &self.folder else {
            return self.memory.get(key).cloned();
        };
        let name = digest::sha256(key.as_bytes());
        let bytes = fs::read(folder.join(CONTENT).join(&name)).ok()?;
        let about = fs::read(folder.join(CONTENT).join(format!("{name}.json"))).ok()?;
        let about: Value = serde_json::from_slice(&about).ok()?;
        let text = |name: &str| about.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Content {
            bytes: bytes.into(),
            content_type: text("contentType")?,
            content_encoding: text("contentEncoding"),
        })
    }

    /// Stores everything that has changed since the last call.
    pub(crate) fn save(&self, queue: &mut Queue, index: &mut Index) -> Result<(), SandboxError> {
        let tasks = std::mem::take(&mut queue.changed_tasks);
        let groups = std::mem::take(&mut queue.changed_groups);
        let paths = std::mem::take(&mut index.changed);
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        for id in groups {
            if let Some(group) = queue.groups.get(&id) {
                write_json(
                    &folder.join(GROUPS).join(format!("{id}.json")),
                    &group.json(&id),
                )?;
            }
        }
        for id in tasks {
            if let Some(task) = queue.tasks.get(&id) {
                write_json(
                    &folder.join(TASKS).join(format!("{id}.json")),
                    &stored_task(task),
                )?;
            }
        }
        for path in paths {
            let name = digest::sha256(path.as_bytes());
            let file = folder.join(INDEX).join(format!("{name}.json"));
            match index.get(&path) {
                Some(entry) => write_json(&file, &entry.json(&path))?,
                None => {
                    fs::remove_file(&file)
                        .map_err(|source| SandboxError::Folder { path: file, source })?;
                }
            }
        }
        Ok(())
    }

    /// Loads everything that was stored.
    pub(crate) fn load(&self) -> Result<(Queue, Index), SandboxError> {
        let mut queue = Queue::default();
        let mut index = Index::default();
        let Some(folder) = &self.folder else {
            return Ok((queue, index));
        };
        for (path, value) in read_all(&folder.join(GROUPS))? {
            let id = value
                .get("taskGroupId")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            let group = group_from(&value).ok_or_else(|| corrupt(&path, "not a task group"))?;
            queue.groups.insert(id, group);
        }
        let mut tasks = Vec::new();
        for (path, value) in read_all(&folder.join(TASKS))? {
            tasks.push(task_from(&value).ok_or_else(|| corrupt(&path, "not a task"))?);
        }
        // Tasks are queued in the order in which their latest runs were scheduled.
        tasks.sort_by_key(|task| (task.runs.last().map(|run| run.scheduled), task.id.clone()));
        let order: Vec<String> = tasks.iter().map(|task| task.id.clone()).collect();
        for task in tasks {
            queue.add(task);
        }
        for id in &order {
            let waiting = still_waiting(&queue, id);
            if let Some(task) = queue.tasks.get_mut(id) {
                task.waiting = waiting;
            }
            queue.update_tables(id);
        }
        for (path, value) in read_all(&folder.join(INDEX))? {
            let name = value.get("namespace").and_then(Value::as_str);
            let (Some(name), Some(entry)) = (name, IndexEntry::from_json(&value)) else {
                return Err(corrupt(&path, "not an index entry"));
            };
            index
                .insert(name, entry)
                .map_err(|error| corrupt(&path, &error.message))?;
        }
        queue.changed_tasks.clear();
        queue.events.clear();
        index.changed.clear();
        Ok((queue, index))
    }
}

fn still_waiting(queue: &Queue, id: &str) -> BTreeSet<String> {
    let Some(task) = queue.tasks.get(id) else {
        return BTreeSet::new();
    };
    let any_resolution = task.definition.accepts_any_resolution();
    task.definition
        .texts("dependencies")
        .into_iter()
        .filter(|other| {
            !queue
                .tasks
                .get(*other)
                .is_some_and(|other| other.has_satisfied(any_resolution))
        })
        .map(str::to_owned)
        .collect()
}

fn stored_task(task: &Task) -> Value {
    let artifacts: Vec<Value> = task
        .artifacts
        .iter()
        .map(|((run_id, name), artifact)| {
            json!({"runId": run_id, "name": name, "artifact": artifact.to_stored()})
        })
        .collect();
    json!({
        "taskId": task.id,
        "definition": task.definition.json,
        "retriesLeft": task.retries_left,
        "runs": task.runs.iter().enumerate().map(|(id, run)| run.json(id)).collect::<Vec<_>>(),
        "artifacts": artifacts,
    })
}

fn task_from(value: &Value) -> Option<Task> {
    let id = value
        .get("taskId")?
        .as_str()
        .filter(|id| patterns::is_slug(id))?;
    let mut task = Task::new(
        id,
        Definition::from_stored(value.get("definition")?.clone())?,
    );
    task.retries_left = value.get("retriesLeft")?.as_u64()?;
    for run in value.get("runs")?.as_array()? {
        task.runs.push(Run::from_json(run)?);
    }
    for artifact in value.get("artifacts")?.as_array()? {
        let run_id = usize::try_from(artifact.get("runId")?.as_u64()?).ok()?;
        let name = artifact.get("name")?.as_str()?.to_owned();
        let artifact = Artifact::from_stored(artifact.get("artifact")?)?;
        task.artifacts.insert((run_id, name), artifact);
    }
    Some(task)
}

fn group_from(value: &Value) -> Option<Group> {
    let date = |name: &str| {
        value
            .get(name)
            .and_then(Value::as_str)
            .and_then(time::parse)
    };
    Some(Group {
        scheduler: value.get("schedulerId")?.as_str()?.to_owned(),
        expires: date("expires")?,
        sealed: date("sealed"),
        tasks: BTreeSet::new(),
    })
}

fn corrupt(path: &Path, problem: &str) -> SandboxError {
    SandboxError::Corrupt {
        path: path.to_owned(),
        problem: problem.to_owned(),
    }
}

fn read_all(folder: &Path) -> Result<Vec<(PathBuf, Value)>, SandboxError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| SandboxError::Folder { path, source }
    };
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = fs::read(&path).map_err(failed(&path))?;
        let value =
            serde_json::from_slice(&text).map_err(|error| corrupt(&path, &error.to_string()))?;
        out.push((path, value));
    }
    out.sort_by(|left, right| left.0.cmp(&right.0));
    Ok(out)
}

fn write_json(path: &Path, value: &Value) -> Result<(), SandboxError> {
    write(path, value.to_string().as_bytes())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), SandboxError> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    fs::write(&unfinished, bytes)
        .and_then(|()| fs::rename(&unfinished, path))
        .map_err(|source| SandboxError::Folder {
            path: path.to_owned(),
            source,
        })
}
