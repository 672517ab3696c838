//! The connection to a project's Python, for one graph.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::kind_cache::KindCache;
use super::registered::Registered;
use super::version::{BUILT_IN, Rules};
use super::wire::task_blobs;
use crate::base::diagnostic::Outcome;
use crate::base::name::Label;
use crate::base::value::{Value, json};
use crate::config::parameters::Parameters;
use crate::model::task::Task;
use crate::ports::python::{Answer, Call, Exception, Failure, Mode, Python};

/// The worker that knows the whole graph.
pub(super) const GRAPH_WORKER: usize = 0;

/// How many tasks are sent in one call.
const BATCH: usize = 2000;

/// The names in tables that are built in, as taskgraph has them.
#[derive(Debug, Clone, Default)]
pub struct NativeTables {
    /// Verifications.
    pub verifications: Vec<&'static str>,
    /// Morphs, in order.
    pub morphs: Vec<&'static str>,
}

/// What a project adds in Python, for one graph.
pub struct Custom<'a> {
    pub(super) python: &'a dyn Python,
    /// The id of this graph in workers.
    pub(super) graph: String,
    /// What is built in.
    pub(super) native: NativeTables,
    /// What is registered.
    pub registered: Registered,
    /// References that could not be imported.
    pub failed: BTreeMap<String, Exception>,
    /// Why kinds run wholly in Python, if they do.
    pub whole: Option<String>,
    /// The rules of the installed taskgraph.
    pub rules: Rules,
    /// Whether artifacts of the decision task are written.
    pub(super) write_artifacts: bool,
    /// The number of kinds that each worker runs.
    pub(super) busy: Vec<AtomicUsize>,
    pub(super) opened: Instant,
    /// Whether all workers have loaded the project; `None` before the first kind runs completely in Python.
    pub(super) prepared: Mutex<Option<bool>>,
    /// The kinds that are kept from run to run, if any.
    pub kind_cache: Option<KindCache<'a>>,
    /// The tasks that each worker has; `None` if it has not been asked.
    pub(super) sent: Vec<Mutex<Option<BTreeSet<Label>>>>,
}

impl fmt::Debug for Custom<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Custom")
            .field("graph", &self.graph)
            .finish_non_exhaustive()
    }
}

impl<'a> Custom<'a> {
    /// Sends the parameters to the project's Python, and imports modules. Phases after
    /// the kinds name no modules: they only ask what is registered, not whether kinds run completely in Python.
    ///
    /// # Errors
    /// If Python is not available, or the project's `register` fails.
    pub fn open(
        python: &'a dyn Python,
        params: &Parameters,
        references: Option<&BTreeSet<String>>,
        write_artifacts: bool,
        native: NativeTables,
    ) -> Outcome<Self> {
        let failed = |failure: Failure| failure.diagnostic("`taskgraph.register`");
        let version = python.version().map_err(failed)?;
        let rules = Rules::of_version(&version);
        let graph = params.id();
        let values = json!({
            "graph": graph,
            "values": params.values(),
            "strict": params.are_strict(),
        });
        let set_up = |name, arguments| python.set_up(Call::new(name, arguments));
        set_up("parameters", values).map_err(failed)?;
        let answer = match references {
            Some(references) => set_up("import_modules", json!({"references": references})),
            // This includes what kinds have imported.
            None => python.call(GRAPH_WORKER, Call::new("registered", json!({}))),
        };
        let answer = answer.map_err(failed)?;
        let mut registered = Registered::from_json(&answer.value["registered"]);
        registered.prefer_installed(rules);
        let whole = match (python.mode(), rules.major()) {
            _ if references.is_none() => None,
            (Mode::Whole, _) => Some("`--python=whole` is set".to_owned()),
            (_, Some(BUILT_IN)) if registered.patched.is_empty() => None,
            (_, Some(BUILT_IN)) => Some(format!(
                "the project replaces {}",
                registered.patched.join(", ")
            )),
            _ => Some(format!("the project has taskgraph {version} installed")),
        };
        let failures = answer.value["failed"].as_array().into_iter().flatten();
        Ok(Self {
            python,
            graph,
            native,
            registered,
            failed: failures
                .filter_map(|pair| Some((pair[0].as_str()?.to_owned(), Exception::read(&pair[1]))))
                .collect(),
            whole,
            rules,
            write_artifacts,
            busy: (0..python.workers()).map(|_| AtomicUsize::new(0)).collect(),
            opened: Instant::now(),
            prepared: Mutex::default(),
            kind_cache: None,
            sent: (0..python.workers()).map(|_| Mutex::default()).collect(),
        })
    }

    /// Whether the installed taskgraph is of the major version that is built in.
    pub(super) fn is_built_in_major(&self) -> bool {
        self.rules.major() == Some(BUILT_IN)
    }

    /// The labels of the tasks that a worker has been sent for this graph.
    fn known_labels(&self, worker: usize) -> Result<BTreeSet<Label>, Failure> {
        let call = Call::new("known_labels", json!({"graph": self.graph}));
        let answer = self.python.call(worker, call)?;
        let labels = answer.value["labels"].as_array().into_iter().flatten();
        let labels = labels.filter_map(Value::as_str);
        Ok(labels
            .filter_map(|label| Label::parse(label).ok())
            .collect())
    }

    /// Keeps kinds for the next run, and one worker for the later phases, if one is enough for them.
    ///
    /// # Errors
    /// If a worker has ended.
    pub fn finish_kinds(&self) -> Result<(), Failure> {
        if let Some(cache) = &self.kind_cache {
            cache.finish(self.python);
        }
        if tracing::enabled!(target: "timing", tracing::Level::INFO) {
            self.report_hot_lines()?;
        }
        self.python.keep_one()?;
        for sent in &self.sent {
            *sent.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        Ok(())
    }

    /// Reports which lines of the project have taken the time of each worker.
    fn report_hot_lines(&self) -> Result<(), Failure> {
        for worker in self.python.running() {
            let answer = self
                .python
                .call(worker, Call::new("hot_lines", json!({})))?;
            let lines = answer.value["lines"].as_array().into_iter().flatten();
            for line in lines {
                let [place, function] = [0, 1].map(|at| line[at].as_str().unwrap_or_default());
                let took = line[2].as_f64().unwrap_or_default();
                tracing::info!(target: "timing", what = place, function, took);
            }
            let took = answer.value["all"].as_f64().unwrap_or_default();
            tracing::info!(target: "timing", took);
        }
        Ok(())
    }

    /// Calls a worker with the tasks of these labels sent before.
    pub(super) fn with_tasks<'t>(
        &self,
        worker: usize,
        call: Call,
        tasks: impl IntoIterator<Item = &'t Task>,
    ) -> Result<Answer, Failure> {
        self.with_tasks_and(worker, call, tasks, |call| self.python.call(worker, call))
    }

    /// Makes a call to a worker with the tasks of these labels sent before.
    pub(super) fn with_tasks_and<'t>(
        &self,
        worker: usize,
        mut call: Call,
        tasks: impl IntoIterator<Item = &'t Task>,
        make: impl FnOnce(Call) -> Result<Answer, Failure>,
    ) -> Result<Answer, Failure> {
        let mut sent = self.sent[worker]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let sent = match &mut *sent {
            Some(sent) => sent,
            unknown => unknown.insert(self.known_labels(worker)?),
        };
        let mut labels = Vec::new();
        for task in tasks {
            if !sent.insert(task.label.clone()) {
                continue;
            }
            // A worker need not have a whole graph at once, in two forms.
            if labels.len() == BATCH {
                let mut batch = Call::new("receive_tasks", json!({"graph": self.graph}));
                batch.arguments["sent"] = json!(std::mem::take(&mut labels));
                batch.blobs = std::mem::take(&mut call.blobs);
                self.python.call(worker, batch)?;
            }
            labels.push(task.label.as_str());
            call.blobs
                .extend(task_blobs(task).map_err(Failure::Worker)?);
        }
        call.arguments["sent"] = json!(labels);
        // The next call relies on these tasks, so the lock is held during this one.
        make(call)
    }
}
