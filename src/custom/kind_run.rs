//! A kind whose pipeline runs partly or completely in the project's Python.

use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use rayon::prelude::*;

pub use super::kind_source::KindSource;
use super::project::{Custom, GRAPH_WORKER};
use super::traced;
use super::wire::{from_blob, from_blobs, to_blob};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::KindName;
use crate::base::value::{Object, Value, json, type_name};
use crate::model::edge_trail::EdgeChange;
use crate::model::task::Task;
use crate::ports::python::{Answer, Call, Failure};

/// The approximate time in which a worker starts and loads a project.
const WORKER_START: Duration = Duration::from_millis(300);

/// How often a kind looks for an idle worker.
const WAIT: Duration = Duration::from_millis(5);

/// The number of items per blob; blobs are encoded in parallel.
const PART: usize = 32;

/// The output of a part of a pipeline.
#[derive(Debug)]
pub enum KindOutput {
    /// Items.
    Items(Vec<KindItem>),
    /// Items that are not plain data and stay in the worker.
    InWorker {
        /// The reason.
        why: String,
    },
}

/// An item that comes out of a part of a pipeline.
#[derive(Debug)]
pub struct KindItem {
    /// Its keys.
    pub task: Object,
    /// The number of the item that it was created from, if known.
    pub origin: Option<usize>,
    /// What has changed its dependencies, if that is noted.
    pub changes: Vec<EdgeChange>,
    /// The name that it had when it came into the worker, if that is noted.
    pub root: Option<String>,
}

/// The input of a part of a pipeline.
#[derive(Debug)]
pub enum KindInput<'i> {
    /// These items.
    Items(Vec<&'i Object>),
    /// The items in the worker.
    InWorker,
}

/// A kind in a worker, while its pipeline runs.
pub struct KindRun<'c, 'a> {
    custom: &'c Custom<'a>,
    kind: KindSource<'c>,
    worker: usize,
    started: Cell<bool>,
    /// Whether changes of dependencies are noted.
    traced: bool,
}

impl<'a> Custom<'a> {
    pub(super) fn arguments(&self, kind: KindSource<'_>) -> Value {
        let labels: Vec<_> = kind
            .dependencies
            .iter()
            .map(|task| task.label.as_str())
            .collect();
        json!({
            "graph": self.graph,
            "kind": kind.name.as_str(),
            "path": kind.path,
            "config": kind.config,
            "dependencies": labels,
            "write_artifacts": self.write_artifacts,
        })
    }

    /// Takes the first idle worker for a kind that runs completely in Python. Unless all workers
    /// are prepared, a second one is used only after the time that its start takes: before, it would
    /// not save time. Until then, a kind waits for the first one.
    fn take_worker(&self) -> Result<usize, Failure> {
        loop {
            let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
            let all_prepared = match *prepared {
                Some(prepared) => prepared,
                None => *prepared.insert(self.python.prepare()?),
            };
            let pays = all_prepared || self.opened.elapsed() > WORKER_START;
            let busy = self.busy.iter().map(|count| count.load(Ordering::Relaxed));
            if let Some(worker) = choose_worker(&busy.collect::<Vec<_>>(), pays) {
                self.busy[worker].fetch_add(1, Ordering::Relaxed);
                return Ok(worker);
            }
            drop(prepared);
            std::thread::sleep(WAIT);
        }
    }

    /// The number of workers that run no kind.
    fn idle_workers(&self) -> usize {
        let busy = self.busy.iter();
        busy.filter(|count| count.load(Ordering::Relaxed) == 0)
            .count()
    }

    /// Starts the pipeline of a kind. The worker is notified on first use. If the kind is `traced`, the worker
    /// notes what changes the dependencies of its items.
    #[must_use]
    pub fn start_kind<'c>(&'c self, kind: KindSource<'c>, traced: bool) -> KindRun<'c, 'a> {
        KindRun {
            custom: self,
            kind,
            worker: GRAPH_WORKER,
            started: Cell::new(false),
            traced,
        }
    }

    /// Runs a kind completely in Python.
    ///
    /// # Errors
    /// What the project's Python raises, and invalid tasks.
    pub fn run_whole(&self, kind: KindSource<'_>) -> Outcome<Vec<Task>> {
        let key = self.kind_cache.as_ref().and_then(|cache| cache.key(kind));
        if let (Some(cache), Some(key)) = (&self.kind_cache, &key)
            && let Some(kept) = cache.take(kind.name.as_str(), key)
            && let Ok(tasks) = kind_tasks(kind.name, &kept.blobs)
        {
            kept.log();
            cache.taken(kind.name.as_str(), &kept);
            return Ok(tasks);
        }
        let failed =
            |failure: Failure| failure.diagnostic("generating the kind").in_kind(kind.name);
        let worker = self.take_worker().map_err(failed)?;
        let _span = tracing::info_span!(
            target: "timing", "python", kind = %kind.name, what = "the whole kind"
        );
        let start = Instant::now();
        let call = Call::new("generate_kind", self.arguments(kind));
        let tasks = kind.dependencies.iter().map(Arc::as_ref);
        let answer = self.with_tasks_and(worker, call, tasks, |call| {
            let free = || self.idle_workers();
            self.python.call_divisible(worker, call, &free)
        });
        self.busy[worker].fetch_sub(1, Ordering::Relaxed);
        let answer = answer.map_err(failed)?;
        let time = start.elapsed();
        let tasks = kind_tasks(kind.name, &answer.blobs)?;
        if let Some(cache) = &self.kind_cache {
            cache.put(kind.name.as_str(), key, &answer, time);
        }
        Ok(tasks)
    }
}

/// Chooses a worker, given how many kinds each one runs and whether others than the first pay already. `None` if it
/// is better to wait.
fn choose_worker(busy: &[usize], others_pay: bool) -> Option<usize> {
    let count = if others_pay { busy.len() } else { 1 };
    let all = busy.iter().enumerate().take(count);
    let (worker, kinds) = all.min_by_key(|(_, kinds)| **kinds)?;
    (*kinds == 0 || count == busy.len()).then_some(worker)
}

/// Decodes the tasks of a kind.
fn kind_tasks(kind: &KindName, blobs: &[Vec<u8>]) -> Outcome<Vec<Task>> {
    let parts = blobs.par_iter().map(|blob| read_tasks(blob));
    let mut wrong = Diagnostics::new();
    let mut all_tasks = Vec::new();
    for task in parts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
        all_tasks.extend(wrong.keep(task.map_err(|d| d.in_kind(kind).into())));
    }
    wrong.or_ok(all_tasks)
}

/// Decodes the tasks of a blob. They stay in memory to the end, so each shares with the previous one.
fn read_tasks(blob: &[u8]) -> Result<Vec<Result<Task, Diagnostic>>, Diagnostic> {
    let mut tasks: Vec<Result<Task, Diagnostic>> = Vec::new();
    for value in from_blob(blob)? {
        let mut task = Task::from_json(&value);
        drop(value);
        if let Ok(task) = &mut task {
            task.share_with(tasks.last().and_then(|before| before.as_ref().ok()));
        }
        tasks.push(task);
    }
    Ok(tasks)
}

impl KindRun<'_, '_> {
    /// Calls the worker, and sends it the kind before the first call.
    fn call(
        &self,
        name: &'static str,
        mut arguments: Value,
        blobs: Vec<Arc<[u8]>>,
    ) -> Result<Answer, Failure> {
        let what = match &arguments["transforms"] {
            Value::Array(names) => names
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(" "),
            _ => arguments["loader"].as_str().unwrap_or_default().to_owned(),
        };
        let _span = tracing::info_span!(
            target: "timing", "python", kind = %self.kind.name, what
        );
        if !self.started.replace(true) {
            let mut arguments = self.custom.arguments(self.kind);
            arguments["traced"] = Value::Bool(self.traced);
            let begin = Call::new("begin_kind", arguments);
            let tasks = self.kind.dependencies.iter().map(Arc::as_ref);
            self.custom.with_tasks(self.worker, begin, tasks)?;
        }
        arguments["graph"] = Value::from(self.custom.graph.as_str());
        arguments["kind"] = Value::from(self.kind.name.as_str());
        let mut call = Call::new(name, arguments);
        call.blobs = blobs;
        self.custom.python.call(self.worker, call)
    }

    fn failure(&self, failure: Failure, what: &str) -> Diagnostic {
        failure.diagnostic(what).in_kind(self.kind.name)
    }

    /// Runs the loader, whose items stay in the worker. Returns the transforms of the kind as the
    /// loader leaves them.
    ///
    /// # Errors
    /// What the loader raises.
    pub fn load(&self, loader: &str) -> Result<Vec<String>, Diagnostic> {
        let answer = self.call("load_kind", json!({"loader": loader}), Vec::new());
        let answer =
            answer.map_err(|failure| self.failure(failure, &format!("the loader `{loader}`")))?;
        let names = answer.value["transforms"].as_array().into_iter().flatten();
        Ok(names
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect())
    }

    /// Runs transforms.
    ///
    /// # Errors
    /// What they raise.
    pub fn run(
        &self,
        input: KindInput<'_>,
        transforms: &[String],
    ) -> Result<KindOutput, Diagnostic> {
        let in_worker = matches!(input, KindInput::InWorker);
        let blobs = match input {
            KindInput::Items(items) => items
                .par_chunks(PART)
                .map(|part| to_blob(&part))
                .collect::<Result<_, _>>()?,
            KindInput::InWorker => Vec::new(),
        };
        let arguments = json!({"transforms": transforms, "in_worker": in_worker});
        let answer = self
            .call("run_transforms", arguments, blobs)
            .map_err(|failure| {
                let names: Vec<_> = transforms.iter().map(|name| format!("`{name}`")).collect();
                let what = match names.len() {
                    0 => "the loader".to_owned(),
                    1 => format!("the transform {}", names[0]),
                    _ => format!("one of the transforms {}", names.join(", ")),
                };
                self.failure(failure, &what)
            })?;
        if let Some(why) = answer.value["reason"].as_str() {
            return Ok(KindOutput::InWorker {
                why: why.to_owned(),
            });
        }
        let origins = answer.value["origins"].as_array();
        let origin = |index: usize| {
            let number = origins?.get(index)?.as_u64()?;
            usize::try_from(number).ok()
        };
        let items = from_blobs(&answer.blobs)?;
        items
            .into_iter()
            .enumerate()
            .map(|(index, item)| match item {
                Value::Object(task) => Ok(KindItem {
                    task,
                    origin: origin(index),
                    changes: traced::changes(&answer.value["changes"][index]),
                    root: answer.value["roots"][index].as_str().map(str::to_owned),
                }),
                other => {
                    let mut origins = answer.value["odd"].as_array().into_iter().flatten();
                    let origin =
                        origins.find(|origin| origin["position"].as_u64() == Some(index as u64));
                    Err(no_task(&other, origin).in_kind(self.kind.name))
                }
            })
            .collect::<Result<_, _>>()
            .map(KindOutput::Items)
    }
}

/// The mistake of an item that is not a task; `origin` says which transform has yielded it, if that is known.
fn no_task(item: &Value, origin: Option<&Value>) -> Diagnostic {
    let found = type_name(item);
    let named = origin.and_then(|origin| Some((origin, origin["transform"].as_str()?)));
    let Some((origin, transform)) = named else {
        return Diagnostic::user(format!("a transform yielded {found} instead of a task"));
    };
    let message = format!("the transform `{transform}` yielded {found} instead of a task");
    let diagnostic = Diagnostic::user(message);
    match origin["before"].as_str() {
        Some(before) => diagnostic.because(format!("it did so after the task `{before}`")),
        None => diagnostic.because("it did so before any task"),
    }
    .help("yield only tasks; leave out those that are not needed with `continue`")
}

impl Drop for KindRun<'_, '_> {
    fn drop(&mut self) {
        // Errors do not matter: a worker that is gone has no state.
        if self.started.get() {
            let _ = self.call("end_kind", json!({}), Vec::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::choose_worker;

    #[test]
    fn a_kind_waits_until_another_worker_pays() {
        assert_eq!(choose_worker(&[0, 0], false), Some(0));
        assert_eq!(choose_worker(&[1, 0], false), None);
        assert_eq!(choose_worker(&[1, 0], true), Some(1));
        assert_eq!(choose_worker(&[2, 1], true), Some(1));
        assert_eq!(choose_worker(&[0, 0], true), Some(0));
        // There is no other one.
        assert_eq!(choose_worker(&[1], false), Some(0));
    }
}
