//! Graphs derived from a seed, and runs of a decision that creates them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use snowman::base::diagnostic::Outcome;
use snowman::base::name::{KindName, Label, TaskId};
use snowman::base::value::json;
use snowman::base::value::{Object, Value};
use snowman::model::id_graph::{IdGraph, PlannedTask};
use snowman::ports::artifacts::MemoryArtifacts;
use snowman::ports::environment::Environment;
use snowman::ports::ids::DerivedIds;
use snowman::submit::{
    Created, PlanOptions, Resolved, Resolver, Submission, SubmitContext, SubmitError, SubmitLimits,
    SubmitOptions, plan, reconcile, submit, submit_with_retry,
};

use super::bench::{Bench, DECISION, FaultyQueue, SCHEDULER, was_cancelled_unstarted};

/// Random numbers from a seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// A task of a graph.
#[derive(Clone)]
struct Task {
    label: String,
    after: Vec<usize>,
    any_resolution: bool,
    copies: usize,
    payload: usize,
}

/// A graph before its tasks have ids.
#[derive(Clone)]
pub struct Spec {
    tasks: Vec<Task>,
}

pub fn decision() -> TaskId {
    TaskId::parse(DECISION).unwrap()
}

pub fn label(name: &str) -> Label {
    Label::parse(name).unwrap()
}

impl Spec {
    /// Creates a graph of `size` tasks with layers, chains, joins and some duplicates.
    pub fn new(seed: u64, size: usize) -> Self {
        let mut random = Random::new(seed);
        let tasks = (0..size)
            .map(|number| {
                let reach = number.min(40);
                let many = if reach == 0 { 0 } else { random.below(4) };
                let after: BTreeSet<usize> = (0..many)
                    .map(|_| number - 1 - random.below(reach))
                    .collect();
                Task {
                    label: format!("task-{number}"),
                    after: after.into_iter().collect(),
                    any_resolution: random.below(12) == 0,
                    copies: if random.below(40) == 0 { 2 } else { 1 },
                    payload: 0,
                }
            })
            .collect();
        Self { tasks }
    }

    /// Creates a graph of layers of equal size, in which each task depends on one of the layer
    /// before.
    pub fn layers(layers: usize, size: usize) -> Self {
        let mut spec = Self::new(0, layers * size);
        for (number, task) in spec.tasks.iter_mut().enumerate() {
            task.copies = 1;
            task.after = number.checked_sub(size).into_iter().collect();
        }
        spec
    }

    /// Returns the graph as another run decides it: some tasks are missing and others have another
    /// payload.
    pub fn with_other_payloads(&self, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut other = self.clone();
        for task in &mut other.tasks {
            task.payload += usize::from(random.below(15) == 0);
        }
        // Nothing depends on the last tasks, so they can be left out.
        other.shorter(1 + random.below(5))
    }

    /// Returns the graph without its last tasks, on which nothing depends.
    pub fn shorter(&self, by: usize) -> Self {
        let mut other = self.clone();
        other.tasks.truncate(self.tasks.len() - by);
        other
    }

    pub fn label(&self, number: usize) -> Label {
        label(&self.tasks[number % self.tasks.len()].label)
    }

    pub fn graph(&self, ids: &DerivedIds) -> (IdGraph, BTreeMap<Label, TaskId>) {
        let own: Vec<TaskId> = self
            .tasks
            .iter()
            .map(|t| ids.id(&label(&t.label), 0))
            .collect();
        let tasks = self.tasks.iter().zip(&own).map(|(task, task_id)| {
            let after: Vec<&str> = task.after.iter().map(|n| own[*n].as_str()).collect();
            let requires = match task.any_resolution {
                true => "all-resolved",
                false => "all-completed",
            };
            let definition = json!({
                "provisionerId": "test", "workerType": "linux",
                "created": {"relative-datestamp": "0 seconds"},
                "deadline": {"relative-datestamp": "1 day"},
                "expires": {"relative-datestamp": "28 days"},
                "dependencies": after, "requires": requires,
                "payload": {"from": after, "own": task_id.as_str(), "version": task.payload},
                "metadata": {
                    "name": task.label, "description": "A task", "owner": "someone@example.com",
                    "source": "https://github.com/org/project",
                },
            });
            let mut attributes = Object::new();
            attributes.insert("task_duplicates".to_owned(), json!(task.copies));
            PlannedTask {
                task_id: task_id.clone(),
                kind: KindName::parse("test").unwrap(),
                label: label(&task.label),
                description: String::new(),
                attributes,
                task: definition.as_object().unwrap().clone(),
                optimization: Value::Null,
                dependencies: Default::default(),
                soft_dependencies: Vec::new(),
                if_dependencies: Vec::new(),
                provenance: Arc::default(),
            }
        });
        let named = self.tasks.iter().zip(&own);
        let named = named.map(|(task, id)| (label(&task.label), id.clone()));
        (IdGraph::new(tasks), named.collect())
    }

    /// Returns how many tasks must exist, by label.
    pub fn expected_tasks(&self) -> BTreeMap<String, usize> {
        let expected = self.tasks.iter().map(|t| (t.label.clone(), t.copies));
        expected.collect()
    }
}

/// The result of one run of a decision.
pub struct RunResult {
    pub outcome: Result<Vec<Created>, SubmitError>,
    pub artifacts: BTreeMap<String, Vec<u8>>,
    /// The taskIds that the decision has assigned.
    pub named: BTreeMap<Label, TaskId>,
}

/// Runs a decision that creates `spec`; returns `None` if it was killed.
pub async fn decide(
    bench: &Bench,
    queue: &FaultyQueue<'_>,
    spec: &Spec,
    run: usize,
) -> Option<RunResult> {
    decide_with(bench, queue, spec, run, DerivedIds::new(decision())).await
}

/// Runs a decision that assigns these ids.
pub async fn decide_with(
    bench: &Bench,
    queue: &FaultyQueue<'_>,
    spec: &Spec,
    run: usize,
    ids: DerivedIds,
) -> Option<RunResult> {
    let work = decide_concurrently(bench, queue, spec, run, ids);
    bench.time.run_until(work).await
}

/// Runs a decision concurrently with others; the caller advances the clock.
pub async fn decide_concurrently(
    bench: &Bench,
    queue: &FaultyQueue<'_>,
    spec: &Spec,
    run: usize,
    ids: DerivedIds,
) -> Option<RunResult> {
    let artifacts = MemoryArtifacts::default();
    let work = attempt(bench, queue, spec, run, ids, &artifacts);
    let (outcome, named) = tokio::select! {
        biased;
        () = queue.killed.notified() => return None,
        ended = work => ended,
    };
    Some(RunResult {
        outcome,
        artifacts: artifacts.take(),
        named,
    })
}

async fn attempt(
    bench: &Bench,
    queue: &FaultyQueue<'_>,
    spec: &Spec,
    run: usize,
    ids: DerivedIds,
    artifacts: &MemoryArtifacts,
) -> (Result<Vec<Created>, SubmitError>, BTreeMap<Label, TaskId>) {
    let variables = [
        ("RUN_ID", run.to_string()),
        ("TASK_ID", DECISION.to_owned()),
    ];
    let environment = variables.map(|(name, value)| (name.to_owned(), value));
    let environment = Environment::new(environment);
    let context = SubmitContext {
        taskcluster: queue,
        clock: &bench.time,
        environment: &environment,
        stop: &queue.stop,
    };
    let options = SubmitOptions {
        limits: SubmitLimits {
            in_flight: queue.in_flight,
            ..SubmitLimits::default()
        },
        sleeper: &bench.time,
        ..SubmitOptions::new(&|_| (), artifacts)
    };
    let named = Mutex::default();
    let (ids, options, last) = (&ids, &options, &named);
    let outcome = submit_with_retry(|| {
        Box::pin(async move {
            let mut resolver = SpecResolver { spec, named: last };
            let reconciled = reconcile(context, ids.clone(), SCHEDULER, &mut resolver).await;
            let ((), reconciled) = reconciled?;
            submit(context, options, &Submission::new(reconciled)).await
        })
    });
    let outcome = outcome.await;
    (outcome, named.into_inner().unwrap())
}

/// Gives the tasks of a graph their ids, and keeps the last ones.
struct SpecResolver<'s> {
    spec: &'s Spec,
    named: &'s Mutex<BTreeMap<Label, TaskId>>,
}

impl Resolver for SpecResolver<'_> {
    type Graph = ();

    async fn resolve(
        &mut self,
        ids: &DerivedIds,
        _: &BTreeSet<Label>,
    ) -> Outcome<Resolved<Self::Graph>> {
        let (graph, labels) = self.spec.graph(ids);
        let options = PlanOptions {
            decision_task_id: ids.decision_task_id().clone(),
            scheduler_id: SCHEDULER.to_owned(),
            ids,
        };
        let plan = plan(&graph, &options)?;
        let referenced = labels.values().cloned().collect();
        *self.named.lock().unwrap() = labels;
        Ok(Resolved {
            graph: (),
            plan,
            referenced,
        })
    }
}

/// Returns the tasks that were not cancelled, by label, with labels instead of taskIds and without
/// dates.
pub fn live_tasks(bench: &Bench) -> BTreeMap<String, Vec<String>> {
    let tasks = bench.tasks();
    let names: BTreeMap<&str, &str> = tasks
        .iter()
        .map(|task| (task.task_id.as_str(), task.label.as_str()))
        .collect();
    let mut live: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for task in tasks.iter().filter(|task| !was_cancelled_unstarted(task)) {
        let mut definition = task.definition.clone();
        for name in ["created", "deadline", "expires"] {
            definition.as_object_mut().unwrap().shift_remove(name);
        }
        let text = renamed(definition.into(), &names).to_string();
        live.entry(task.label.clone()).or_default().push(text);
    }
    for copies in live.values_mut() {
        copies.sort_unstable();
    }
    live
}

fn renamed(value: Value, names: &BTreeMap<&str, &str>) -> Value {
    match value {
        Value::String(text) => names
            .get(text.as_str())
            .map_or(text.as_str(), |name| *name)
            .into(),
        Value::Array(items) => {
            let mut items: Vec<Value> =
                items.into_iter().map(|item| renamed(item, names)).collect();
            items.sort_by_key(Value::to_string);
            items.into()
        }
        Value::Object(fields) => {
            let fields = fields
                .into_iter()
                .map(|(key, item)| (key, renamed(item, names)));
            Value::Object(fields.collect())
        }
        other => other,
    }
}
