//! Runs kinds in parallel, each after its dependencies.
//!
//! Of the kinds that can be started, the first is that from which the longest chain of kinds leads
//! on to the end, by their estimated times.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::estimate::Times;
use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::name::KindName;
use crate::kind::{KindDefinition, KindGraph};
use crate::model::task::Task;

type Tasks = Vec<Arc<Task>>;

/// The progress so far.
struct State {
    /// For each kind that has not been started, how many kinds it waits for.
    waiting: BTreeMap<KindName, usize>,
    /// The kinds that can be started.
    ready: BTreeSet<KindName>,
    /// The result of each kind that is done.
    done: BTreeMap<KindName, Outcome<Tasks>>,
}

/// Runs `run` for every kind with the tasks of the kinds that it depends on, and yields all tasks in
/// the order of kinds.
///
/// A kind that depends on one that failed is not run.
///
/// # Errors
/// Everything that is wrong in any kind that was run.
pub fn run_all(
    kinds: &KindGraph,
    times: &Times,
    run: impl Fn(&KindDefinition, &[Arc<Task>]) -> Outcome<Tasks> + Sync,
) -> Outcome<Tasks> {
    let order = kinds.in_order();
    let waiting: BTreeMap<_, _> = order
        .iter()
        .map(|kind| {
            (
                kind.name.clone(),
                kinds.dag().dependencies(&kind.name).len(),
            )
        })
        .collect();
    let ready: BTreeSet<KindName> = waiting
        .iter()
        .filter(|(_, open)| **open == 0)
        .map(|(name, _)| name.clone())
        .collect();
    let count = ready.len();
    let state = Mutex::new(State {
        waiting,
        ready,
        done: BTreeMap::new(),
    });
    let runner = Runner {
        kinds,
        order: &order,
        rests: rests(kinds, times),
        state: &state,
        run: &run,
    };
    rayon::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|scope| runner.start(scope));
        }
    });
    let mut done = state
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .done;
    let mut wrong = Diagnostics::new();
    let mut tasks = Vec::new();
    for kind in order {
        if let Some(outcome) = done.remove(&kind.name) {
            tasks.extend(wrong.keep(outcome).into_iter().flatten());
        }
    }
    wrong.or_ok(tasks)
}

/// For each kind, the time from its start to the end of the longest chain of its dependents.
fn rests(kinds: &KindGraph, times: &Times) -> Times {
    let mut rests = Times::new();
    for kind in kinds.in_order().iter().rev() {
        let dependents = kinds.dag().dependents(&kind.name);
        let rest_of = |name| rests.get(name).copied().unwrap_or_default();
        let rest = dependents.into_iter().map(rest_of).fold(0.0, f64::max);
        let own = times.get(&kind.name).copied().unwrap_or_default();
        rests.insert(kind.name.clone(), own + rest);
    }
    rests
}

struct Runner<'a, F> {
    kinds: &'a KindGraph,
    order: &'a [&'a KindDefinition],
    rests: Times,
    state: &'a Mutex<State>,
    run: &'a F,
}

impl<F: Fn(&KindDefinition, &[Arc<Task>]) -> Outcome<Tasks> + Sync> Runner<'_, F> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the first of the kinds that can be started.
    fn start<'s>(&'s self, scope: &rayon::Scope<'s>) {
        let Some(name) = self.take_first() else {
            return;
        };
        let Some(kind) = self.kinds.get(&name) else {
            return;
        };
        let Some(dependencies) = self.tasks_before(kind) else {
            return;
        };
        let outcome = (self.run)(kind, &dependencies);
        for _ in 0..self.finish(name, outcome) {
            scope.spawn(|scope| self.start(scope));
        }
    }

    fn take_first(&self) -> Option<KindName> {
        let mut state = self.state();
        let rest = |name: &KindName| self.rests.get(name).copied().unwrap_or_default();
        let mut ready = state.ready.iter();
        let mut first = ready.next()?;
        for other in ready {
            if rest(other) > rest(first) {
                first = other;
            }
        }
        let first = first.clone();
        state.ready.remove(&first);
        Some(first)
    }

    /// The tasks of the kinds that `kind` depends on, in the order of kinds; `None` when one of
    /// those failed.
    fn tasks_before(&self, kind: &KindDefinition) -> Option<Tasks> {
        let state = self.state();
        let mut tasks = Vec::new();
        for before in self
            .order
            .iter()
            .filter(|k| kind.dependencies.contains(&k.name))
        {
            tasks.extend(state.done.get(&before.name)?.as_ref().ok()?.iter().cloned());
        }
        Some(tasks)
    }

    /// Records the result of a kind, and returns the number of kinds that can be started now.
    fn finish(&self, name: KindName, outcome: Outcome<Tasks>) -> usize {
        let mut state = self.state();
        let dependents: Vec<KindName> = self
            .kinds
            .dag()
            .dependents(&name)
            .into_iter()
            .cloned()
            .collect();
        state.done.insert(name, outcome);
        let mut count = 0;
        for dependent in dependents {
            if let Some(open) = state.waiting.get_mut(&dependent) {
                *open -= 1;
                if *open == 0 {
                    count += 1;
                    state.ready.insert(dependent);
                }
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::base::diagnostic::Diagnostic;
    use crate::model::test_support::task;

    /// Kinds as chains show them: in `c -> b`, `c` depends on `b`.
    fn kinds(chains: &str) -> KindGraph {
        let mut lists: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for chain in chains.split(',') {
            let names: Vec<&str> = chain.split("->").map(str::trim).collect();
            for (i, name) in names.iter().enumerate() {
                lists.entry(name).or_default().extend(names.get(i + 1));
            }
        }
        let read = |(name, dependencies): (&str, Vec<&str>)| {
            let text = format!("kind-dependencies: [{}]", dependencies.join(", "));
            let name = KindName::parse(name).unwrap();
            let path = format!("kinds/{name}");
            let kind = KindDefinition::from_text(&name, path, "kind.yml", text.as_bytes()).unwrap();
            (name, kind)
        };
        KindGraph::new(lists.into_iter().map(read).collect()).unwrap()
    }

    /// The labels after a run with this number of threads, each with the tasks that its kind saw.
    fn run(
        kinds: &KindGraph,
        threads: usize,
        one: impl Fn(&KindDefinition, &[Arc<Task>]) -> Outcome<Tasks> + Sync,
    ) -> Outcome<Vec<String>> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let tasks = pool.install(|| run_all(kinds, &Times::new(), &one))?;
        Ok(tasks
            .iter()
            .map(|task| format!("{} after {}", task.label, task.description))
            .collect())
    }

    /// Makes two tasks that remember which tasks their kind was given.
    fn two_tasks(kind: &KindDefinition, before: &[Arc<Task>]) -> Outcome<Tasks> {
        let seen: Vec<&str> = before.iter().map(|task| task.label.as_str()).collect();
        let make = |n| {
            let mut new_task = task(&format!("{}-{n}", kind.name))
                .kind(kind.name.as_str())
                .0;
            new_task.description = seen.join(" ");
            Arc::new(new_task)
        };
        Ok(vec![make(2), make(1)])
    }

    #[test]
    fn the_result_does_not_depend_on_the_number_of_threads() {
        let kinds = kinds("d -> b -> a, d -> c -> a, f -> e, g, h -> g, h -> a");
        let alone = run(&kinds, 1, two_tasks).unwrap();
        assert_eq!(
            alone,
            [
                "a-2 after ",
                "a-1 after ",
                "b-2 after a-2 a-1",
                "b-1 after a-2 a-1",
                "c-2 after a-2 a-1",
                "c-1 after a-2 a-1",
                "d-2 after b-2 b-1 c-2 c-1",
                "d-1 after b-2 b-1 c-2 c-1",
                "e-2 after ",
                "e-1 after ",
                "f-2 after e-2 e-1",
                "f-1 after e-2 e-1",
                "g-2 after ",
                "g-1 after ",
                "h-2 after a-2 a-1 g-2 g-1",
                "h-1 after a-2 a-1 g-2 g-1",
            ]
        );
        for threads in [2, 3, 8] {
            for _ in 0..20 {
                // Kinds take different times, so that they end in different orders.
                let turn = AtomicUsize::new(0);
                let uneven = |kind: &KindDefinition, before: &[Arc<Task>]| {
                    let pause = turn.fetch_add(7, Ordering::SeqCst) % 5;
                    std::thread::sleep(std::time::Duration::from_micros(100 * pause as u64));
                    two_tasks(kind, before)
                };
                assert_eq!(run(&kinds, threads, uneven).unwrap(), alone);
            }
        }
    }

    #[test]
    fn a_failed_kind_stops_only_its_dependents() {
        let kinds = kinds("c -> b -> a, e -> d, f");
        for threads in [1, 4] {
            let ran = Mutex::new(std::collections::BTreeSet::new());
            let outcome = run(&kinds, threads, |kind, before| {
                ran.lock().unwrap().insert(kind.name.to_string());
                match kind.name.as_str() {
                    "a" | "d" => Err(Diagnostic::user("broken").in_kind(&kind.name).into()),
                    _ => two_tasks(kind, before),
                }
            });
            assert_eq!(
                outcome.unwrap_err().to_string(),
                "kind `a`: broken\nkind `d`: broken"
            );
            let ran: Vec<String> = ran.into_inner().unwrap().into_iter().collect();
            assert_eq!(ran, ["a", "d", "f"]);
        }
    }

    #[test]
    fn the_longest_chain_is_started_first() {
        let kinds = kinds("b -> a, d -> c, f -> e, g, h");
        let seconds = [
            ("a", 1.0),
            ("b", 2.0),
            ("c", 2.5),
            ("e", 1.0),
            ("f", 9.0),
            ("g", 2.5),
        ];
        let seconds = seconds.into_iter();
        let times = seconds.map(|(name, time)| (KindName::parse(name).unwrap(), time));
        let started = Mutex::new(String::new());
        let one = |kind: &KindDefinition, _: &[Arc<Task>]| {
            started.lock().unwrap().push_str(kind.name.as_str());
            Ok(Vec::new())
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1);
        let pool = pool.build().unwrap();
        pool.install(|| run_all(&kinds, &times.collect(), one))
            .unwrap();
        // Of two that are equal, the first by name comes first.
        assert_eq!(*started.lock().unwrap(), "efacgbdh");
    }
}
