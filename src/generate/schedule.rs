//! Runs kinds in parallel, each once those that it depends on are there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::name::KindName;
use crate::kind::{KindDefinition, KindGraph};
use crate::model::task::Task;

type Tasks = Vec<Arc<Task>>;

/// What has been done so far.
struct State {
    /// For each kind that has not been started, how many kinds it waits for.
    waiting: BTreeMap<KindName, usize>,
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
    let ready: Vec<KindName> = waiting
        .iter()
        .filter(|(_, open)| **open == 0)
        .map(|(name, _)| name.clone())
        .collect();
    let state = Mutex::new(State {
        waiting,
        done: BTreeMap::new(),
    });
    let runner = Runner {
        kinds,
        order: &order,
        state: &state,
        run: &run,
    };
    rayon::scope(|scope| {
        for name in ready {
            scope.spawn(|scope| runner.start(scope, name));
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

struct Runner<'a, F> {
    kinds: &'a KindGraph,
    order: &'a [&'a KindDefinition],
    state: &'a Mutex<State>,
    run: &'a F,
}

impl<F: Fn(&KindDefinition, &[Arc<Task>]) -> Outcome<Tasks> + Sync> Runner<'_, F> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start<'s>(&'s self, scope: &rayon::Scope<'s>, name: KindName) {
        let Some(kind) = self.kinds.get(&name) else {
            return;
        };
        let Some(dependencies) = self.tasks_before(kind) else {
            return;
        };
        let outcome = (self.run)(kind, &dependencies);
        for next in self.finish(name, outcome) {
            scope.spawn(move |scope| self.start(scope, next));
        }
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

    /// Notes the result of a kind and yields the kinds that can now be started.
    fn finish(&self, name: KindName, outcome: Outcome<Tasks>) -> Vec<KindName> {
        let mut state = self.state();
        let dependents: Vec<KindName> = self
            .kinds
            .dag()
            .dependents(&name)
            .into_iter()
            .cloned()
            .collect();
        state.done.insert(name, outcome);
        let mut ready = Vec::new();
        for dependent in dependents {
            if let Some(open) = state.waiting.get_mut(&dependent) {
                *open -= 1;
                if *open == 0 {
                    ready.push(dependent);
                }
            }
        }
        ready
    }
}
