//! A kind whose pipeline is wholly or in parts the project's own.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rayon::prelude::*;

use super::graph::ONE;
use super::{Custom, bytes, values};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::KindName;
use crate::base::value::{Object, Value, json};
use crate::model::task::Task;
use crate::ports::python::{Answer, Call, Failure};

/// How long it takes to start a worker and have it load a project, about.
const START: Duration = Duration::from_millis(300);

/// How many items go into one blob; blobs are written in parallel.
const PART: usize = 32;

/// A kind as workers know it.
#[derive(Debug, Clone, Copy)]
pub struct Kind<'k> {
    /// Its name.
    pub name: &'k KindName,
    /// Its folder.
    pub path: &'k str,
    /// Its `kind.yml`.
    pub config: &'k Object,
    /// The tasks of the kinds that it depends on.
    pub dependencies: &'k [Arc<Task>],
}

/// What comes of a part of a pipeline.
#[derive(Debug)]
pub enum Made {
    /// Items, each with the number of the item that it was made of where that is known.
    Items(Vec<(Object, Option<usize>)>),
    /// Items that are no plain data and stay with the worker.
    Held {
        /// Why they do.
        why: String,
    },
}

/// What a part of a pipeline begins with.
#[derive(Debug)]
pub enum Given<'i> {
    /// These items.
    Items(Vec<&'i Object>),
    /// What the worker holds.
    Held,
}

/// A kind in a worker, while its pipeline runs.
pub struct Work<'c, 'a> {
    custom: &'c Custom<'a>,
    kind: Kind<'c>,
    worker: usize,
    begun: Cell<bool>,
}

impl<'a> Custom<'a> {
    fn arguments(&self, kind: Kind<'_>) -> Value {
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

    /// The worker for a kind that runs wholly in Python: the first that has nothing to do. More than
    /// one is started only after a time in which one could have been started: before, it does not
    /// pay.
    fn free_worker(&self) -> usize {
        let pays = self.opened.elapsed() > START;
        let all = self
            .busy
            .iter()
            .enumerate()
            .take(if pays { usize::MAX } else { 1 });
        let least = all.min_by_key(|(_, count)| count.load(Ordering::Relaxed));
        least.map_or(ONE, |(worker, _)| worker)
    }

    /// A kind whose pipeline begins; a worker hears of it when it is first needed.
    #[must_use]
    pub fn begin<'c>(&'c self, kind: Kind<'c>) -> Work<'c, 'a> {
        Work {
            custom: self,
            kind,
            worker: ONE,
            begun: Cell::new(false),
        }
    }

    /// Runs a kind wholly in Python.
    ///
    /// # Errors
    /// What the project's Python raises, or tasks that are none.
    pub fn run_whole(&self, kind: Kind<'_>) -> Outcome<Vec<Task>> {
        let worker = self.free_worker();
        self.busy[worker].fetch_add(1, Ordering::Relaxed);
        let _span = tracing::info_span!(
            target: "timing", "python", kind = %kind.name, what = "the whole kind"
        );
        let call = Call::new("generate_kind", self.arguments(kind));
        let tasks = kind.dependencies.iter().map(Arc::as_ref);
        let answer = self.with_tasks(worker, call, tasks);
        self.busy[worker].fetch_sub(1, Ordering::Relaxed);
        let answer = answer.map_err(|failure| failure.diagnostic("the kind").in_kind(kind.name))?;
        let mut wrong = crate::base::diagnostic::Diagnostics::new();
        let mut made = Vec::new();
        for value in values(&answer.blobs)? {
            let task = Task::from_json(&value);
            made.extend(wrong.keep(task.map_err(|d| d.in_kind(kind.name).into())));
        }
        wrong.or_ok(made)
    }
}

impl Work<'_, '_> {
    /// Calls the worker, which gets to know the kind before.
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
        if !self.begun.replace(true) {
            let begin = Call::new("begin_kind", self.custom.arguments(self.kind));
            let tasks = self.kind.dependencies.iter().map(Arc::as_ref);
            self.custom.with_tasks(self.worker, begin, tasks)?;
        }
        arguments["graph"] = Value::from(self.custom.graph.as_str());
        arguments["kind"] = Value::from(self.kind.name.as_str());
        let mut call = Call::new(name, arguments);
        call.blobs = blobs;
        self.custom.python.call(self.worker, call)
    }

    fn told(&self, failure: Failure, what: &str) -> Diagnostic {
        failure.diagnostic(what).in_kind(self.kind.name)
    }

    /// Runs the loader, whose items stay with the worker; yields the transforms of the kind as the
    /// loader leaves them.
    ///
    /// # Errors
    /// What the loader raises.
    pub fn load(&self, loader: &str) -> Result<Vec<String>, Diagnostic> {
        let answer = self.call("load_kind", json!({"loader": loader}), Vec::new());
        let answer =
            answer.map_err(|failure| self.told(failure, &format!("the loader `{loader}`")))?;
        let names = answer.value["transforms"].as_array().into_iter().flatten();
        Ok(names
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect())
    }

    /// Runs transforms.
    ///
    /// # Errors
    /// What they raise.
    pub fn run(&self, given: Given<'_>, transforms: &[String]) -> Result<Made, Diagnostic> {
        let held = matches!(given, Given::Held);
        let blobs = match given {
            Given::Items(items) => items
                .par_chunks(PART)
                .map(|part| bytes(&part))
                .collect::<Result<_, _>>()?,
            Given::Held => Vec::new(),
        };
        let arguments = json!({"transforms": transforms, "in_worker": held});
        let answer = self
            .call("run_transforms", arguments, blobs)
            .map_err(|failure| {
                let names: Vec<_> = transforms.iter().map(|name| format!("`{name}`")).collect();
                let what = match names.len() {
                    0 => "the loader".to_owned(),
                    1 => format!("the transform {}", names[0]),
                    _ => format!("one of the transforms {}", names.join(", ")),
                };
                self.told(failure, &what)
            })?;
        if let Some(why) = answer.value["reason"].as_str() {
            return Ok(Made::Held {
                why: why.to_owned(),
            });
        }
        let origins = answer.value["origins"].as_array();
        let origin = |index: usize| {
            let number = origins?.get(index)?.as_u64()?;
            usize::try_from(number).ok()
        };
        let items = values(&answer.blobs)?;
        items
            .into_iter()
            .enumerate()
            .map(|(index, item)| match item {
                Value::Object(item) => Ok((item, origin(index))),
                other => Err(Diagnostic::user(format!(
                    "a transform yields {}, where a task is expected",
                    crate::base::value::type_name(&other)
                ))
                .in_kind(self.kind.name)),
            })
            .collect::<Result<_, _>>()
            .map(Made::Items)
    }
}

impl Drop for Work<'_, '_> {
    fn drop(&mut self) {
        // A worker that is gone has nothing to forget.
        if self.begun.get() {
            let _ = self.call("end_kind", json!({}), Vec::new());
        }
    }
}
