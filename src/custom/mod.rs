//! What a project adds in Python, as the phases see it.
//!
//! [`Custom::open`] has the project's modules imported and asks what they have added to taskgraph's
//! tables or replaced there ([`registered`]). From then on phases look up what is not built in here
//! with [`Custom`], and hand the work over: [`work`] for kinds, [`graph`] for what comes after.

pub mod actions;
pub mod graph;
pub mod heard;
pub mod parameters;
pub mod registered;
pub mod strategies;
pub mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use indexmap::IndexMap;
use rayon::prelude::*;
use serde::{Serialize, Serializer};

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{KindName, Label};
use crate::base::value::{Object, Value, json};
use crate::config::parameters::Parameters;
use crate::model::task::Task;
use crate::ports::python::{Answer, Call, Exception, Failure, Mode, Python};

pub use registered::{NATIVE_REGISTRATIONS, Registered};

/// The major version of taskgraph that is built in.
const CONTRACT: u64 = 24;

/// The first major version of taskgraph that applies only the filters that `filters` names.
const FILTERS_ALONE: u64 = 12;

/// What a project adds in Python, for one graph.
pub struct Custom<'a> {
    python: &'a dyn Python,
    /// The name under which workers know this graph.
    graph: String,
    /// What is registered.
    pub registered: Registered,
    /// References that could not be imported.
    pub failed: BTreeMap<String, Exception>,
    /// Why kinds run wholly in Python, if they do.
    pub whole: Option<String>,
    /// The major version of the installed taskgraph.
    major: Option<u64>,
    /// Whether artifacts of the decision task are written.
    write_artifacts: bool,
    /// How many kinds each worker has.
    busy: Vec<AtomicUsize>,
    opened: Instant,
    /// The tasks that each worker knows; nothing where it has not been asked.
    sent: Vec<Mutex<Option<BTreeSet<Label>>>>,
}

impl fmt::Debug for Custom<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Custom")
            .field("graph", &self.graph)
            .finish_non_exhaustive()
    }
}

impl<'a> Custom<'a> {
    /// Makes the parameters known to the project's Python, and has modules imported. Phases after
    /// the kinds name none: they only ask what is there, and not whether kinds run wholly in Python.
    ///
    /// # Errors
    /// When there is no Python, or the project's `register` fails.
    pub fn open(
        python: &'a dyn Python,
        params: &Parameters,
        references: Option<&BTreeSet<String>>,
        write_artifacts: bool,
    ) -> Outcome<Self> {
        let failed = |failure: Failure| failure.diagnostic("`taskgraph.register`");
        let version = python.version().map_err(failed)?;
        let major = major_of(&version);
        let graph = params.id();
        let values = json!({"graph": graph, "values": params.values()});
        let set_up = |name, arguments| python.set_up(Call::new(name, arguments));
        set_up("parameters", values).map_err(failed)?;
        let told = match references {
            Some(references) => set_up("import_modules", json!({"references": references})),
            // What kinds have brought in by now is there too.
            None => python.call(graph::ONE, Call::new("registered", json!({}))),
        };
        let told = told.map_err(failed)?;
        let mut registered = Registered::read(&told.value["registered"]);
        registered.prefer_installed(major);
        let whole = match (python.mode(), major) {
            _ if references.is_none() => None,
            (Mode::Whole, _) => Some("`--python=whole` asks for it".to_owned()),
            (_, Some(CONTRACT)) if registered.patched.is_empty() => None,
            (_, Some(CONTRACT)) => Some(format!(
                "the project has put something of its own in place of {}",
                registered.patched.join(", ")
            )),
            _ => Some(format!("the project has taskgraph {version} installed")),
        };
        let failures = told.value["failed"].as_array().into_iter().flatten();
        Ok(Self {
            python,
            graph,
            registered,
            failed: failures
                .filter_map(|pair| Some((pair[0].as_str()?.to_owned(), Exception::read(&pair[1]))))
                .collect(),
            whole,
            major,
            write_artifacts,
            busy: (0..python.workers()).map(|_| AtomicUsize::new(0)).collect(),
            opened: Instant::now(),
            sent: (0..python.workers()).map(|_| Mutex::default()).collect(),
        })
    }

    /// Whether the target-tasks method is applied even if the parameter `filters` does not name it.
    #[must_use]
    pub fn always_applies_method(&self) -> bool {
        self.major.is_some_and(|major| major < FILTERS_ALONE)
    }

    /// The labels of the tasks that a worker has been sent for this graph.
    fn known(&self, worker: usize) -> Result<BTreeSet<Label>, Failure> {
        let call = Call::new("known_labels", json!({"graph": self.graph}));
        let answer = self.python.call(worker, call)?;
        let labels = answer.value["labels"].as_array().into_iter().flatten();
        let labels = labels.filter_map(Value::as_str);
        Ok(labels
            .filter_map(|label| Label::parse(label).ok())
            .collect())
    }

    /// Calls a worker with the tasks of these labels sent before.
    fn with_tasks<'t>(
        &self,
        worker: usize,
        mut call: Call,
        tasks: impl IntoIterator<Item = &'t Task>,
    ) -> Result<Answer, Failure> {
        let mut sent = self.sent[worker]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let sent = match &mut *sent {
            Some(sent) => sent,
            unknown => unknown.insert(self.known(worker)?),
        };
        let mut labels = Vec::new();
        for task in tasks {
            if sent.insert(task.label.clone()) {
                labels.push(task.label.as_str());
                call.blobs.extend(parts(task).map_err(Failure::Worker)?);
            }
        }
        call.arguments["sent"] = json!(labels);
        // Whoever comes next relies on these being there, so the lock is held for the call.
        self.python.call(worker, call)
    }
}

/// The major version of taskgraph. If it is unknown, the worker sends 0.
fn major_of(version: &str) -> Option<u64> {
    let major = version.split('.').next()?.parse().ok();
    major.filter(|major| *major > 0)
}

/// A task as workers take it, without its definition: that is not always looked into.
#[derive(Serialize)]
struct Outer<'t> {
    kind: &'t KindName,
    label: &'t Label,
    description: &'t str,
    attributes: &'t Object,
    optimization: &'t Value,
    #[serde(serialize_with = "in_order")]
    dependencies: &'t IndexMap<String, Label>,
    soft_dependencies: &'t [Label],
    if_dependencies: &'t [Label],
}

fn in_order<S: Serializer>(
    dependencies: &IndexMap<String, Label>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(dependencies)
}

fn parts(task: &Task) -> Result<[Arc<[u8]>; 2], Diagnostic> {
    let outer = Outer {
        kind: &task.kind,
        label: &task.label,
        description: &task.description,
        attributes: &task.attributes,
        optimization: &task.optimization,
        dependencies: &task.dependencies,
        soft_dependencies: &task.soft_dependencies,
        if_dependencies: &task.if_dependencies,
    };
    Ok([bytes(&outer)?, bytes(&task.task)?])
}

fn bytes(value: &impl Serialize) -> Result<Arc<[u8]>, Diagnostic> {
    serde_json::to_vec(value)
        .map(Into::into)
        .map_err(|error| Diagnostic::bug("data cannot be written").because(error))
}

/// Reads the lists that a worker sends, and puts them together.
fn values(blobs: &[Vec<u8>]) -> Result<Vec<Value>, Diagnostic> {
    let read = |blob: &Vec<u8>| serde_json::from_slice::<Vec<Value>>(blob);
    let parts: Result<Vec<_>, _> = blobs.par_iter().map(read).collect();
    let parts = parts.map_err(|error| {
        Diagnostic::bug("what the Python worker sends cannot be read").because(error)
    })?;
    Ok(parts.into_iter().flatten().collect())
}
