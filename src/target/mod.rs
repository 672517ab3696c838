//! Target tasks: the selected tasks of the full graph, and their dependencies.
//!
//! 1. [`target_task_set`] applies the parameter `filters` one after another; the only built-in
//!    filter applies the method that the parameter `target_tasks_method` names.
//! 2. [`target_task_graph`] adds tasks with the attribute `always_target` and all that these depend
//!    on.

mod method;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

pub use method::{METHODS, TargetMethod};

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::Label;
use crate::base::suggest;
use crate::base::value::Value;
use crate::config::parameters::Parameters;
use crate::custom::Custom;
use crate::custom::version::{Rule, Rules};
use crate::generate::FullTaskGraph;
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;

/// The selected tasks.
#[derive(Debug, Clone)]
pub struct TargetTaskSet {
    /// The tasks, without edges.
    pub tasks: LabelGraph,
    /// The tasks that filters have changed, whether they are selected or not. Later phases use them in
    /// place of those of the full task graph.
    pub changed: Vec<Arc<Task>>,
}

/// The selected tasks and all their dependencies.
#[derive(Debug, Clone)]
pub struct TargetTaskGraph {
    /// The tasks with their edges.
    pub graph: LabelGraph,
    /// The tasks that were selected themselves, by the filters or by `always_target`.
    pub requested: IndexSet<Label>,
    /// The tasks that are not optimized: those in `do_not_optimize`, and every target task if target
    /// tasks are not optimized.
    pub do_not_optimize: BTreeSet<Label>,
}

/// The only built-in filter.
const FILTER: &str = "target_tasks_method";

/// Selects the target tasks.
///
/// # Errors
/// An unknown filter or method, and attributes that list no names: all of them.
pub fn target_task_set(
    full: &FullTaskGraph,
    params: &Parameters,
    custom: Option<&Custom<'_>>,
) -> Outcome<TargetTaskSet> {
    let rules = custom.map(|custom| custom.rules).unwrap_or_default();
    let filters = filters(params, rules);
    names::warn(&full.0);
    let mut selected: IndexSet<Label> = full.0.labels().cloned().collect();
    let mut changed: IndexMap<Label, Arc<Task>> = IndexMap::new();
    for filter in filters {
        let name = params.str(FILTER);
        let native = method::find(name);
        let before = selected.len();
        if let Some(custom) = custom.filter(|one| one.handles_filter(filter, name, native.is_ok()))
        {
            let filtered = custom.apply_filter(filter, &full.0, &selected)?;
            selected = filtered.kept;
            let tasks = filtered.changed.into_iter();
            changed.extend(tasks.map(|task| (task.label.clone(), Arc::new(task))));
            log_filter(filter, name, before, selected.len());
            continue;
        }
        if filter != FILTER {
            let help = match custom.map(|custom| &custom.registered.filters) {
                Some(registered) => hint(filter, registered, [FILTER]),
                None => format!("the only built-in filter is `{FILTER}`"),
            };
            let unknown = Diagnostic::user(format!("unknown filter `{filter}`"));
            return Err(unknown.help(help).into());
        }
        let registered = custom.map(|custom| &custom.registered.target_methods);
        let method = native.map_err(|unknown| match registered {
            Some(registered) => unknown.help(hint(
                name,
                registered,
                METHODS.iter().map(|method| method.name),
            )),
            None => unknown,
        })?;
        let mut wrong = Diagnostics::new();
        selected.retain(|label| {
            let chosen = full
                .0
                .get(label)
                .map(|task| (method.select)(task, params, rules));
            match chosen.transpose() {
                Ok(chosen) => chosen.unwrap_or_default(),
                Err(diagnostic) => {
                    wrong.push(diagnostic);
                    false
                }
            }
        });
        wrong.or_ok(())?;
        log_filter(filter, method.name, before, selected.len());
    }
    // A set has no edges, even if the graph has some.
    let chosen = full.0.tasks().filter(|task| selected.contains(&task.label));
    let tasks = LabelGraph::set(chosen.cloned()).unwrap_or_default();
    Ok(TargetTaskSet {
        tasks: tasks.with_changed(changed.values()),
        changed: changed.into_values().collect(),
    })
}

/// The `help:` for a name that is neither registered by the project nor built in.
fn hint<'n>(
    name: &str,
    registered: &'n BTreeMap<String, bool>,
    built_in: impl IntoIterator<Item = &'n str>,
) -> String {
    let known = registered.keys().map(String::as_str);
    suggest::hint(name, known.chain(built_in).collect::<BTreeSet<_>>())
}

fn log_filter(filter: &str, method: &str, before: usize, left: usize) {
    let pruned = before.saturating_sub(left);
    tracing::info!("Filter {filter} with method {method} pruned {pruned} tasks ({left} remain)");
}

/// The names of the filters, in order.
fn filters(params: &Parameters, rules: Rules) -> Vec<&str> {
    let mut filters = params.strings("filters");
    let always = !rules.has(Rule::FiltersAreExplicit);
    if filters.is_empty() || (always && !filters.contains(&FILTER)) {
        filters.insert(0, FILTER);
    }
    filters
}

/// Whether the project's Python selects the target tasks.
#[must_use]
pub fn runs_in_python(params: &Parameters, custom: Option<&Custom<'_>>) -> bool {
    let name = params.str(FILTER);
    let native = method::find(name).is_ok();
    let own = |custom: &Custom<'_>| {
        let filters = filters(params, custom.rules);
        let mut filters = filters.into_iter();
        filters.any(|filter| custom.handles_filter(filter, name, native))
    };
    custom.is_some_and(own)
}

/// Adds the dependencies of target tasks.
///
/// # Errors
/// Labels in `do_not_optimize` are not checked: as in the peer, one that does not exist means
/// nothing.
pub fn target_task_graph(
    full: &FullTaskGraph,
    targets: &TargetTaskSet,
    params: &Parameters,
    rules: Rules,
) -> Outcome<TargetTaskGraph> {
    let everywhere = !rules.has(Rule::AlwaysTargetIsOptional)
        || params.get("enable_always_target") == Some(&Value::Bool(true));
    let kinds: Vec<&str> = params.strings("enable_always_target");
    let always = full.0.tasks().filter(|task| {
        task.attribute("always_target")
            .is_some_and(crate::base::value::truthy)
            && (everywhere || kinds.contains(&task.kind.as_str()))
    });
    let targeted = || targets.tasks.labels().cloned();
    let mut requested: IndexSet<Label> = targeted()
        .chain(always.map(|task| task.label.clone()))
        .collect();
    tracing::info!(
        "Adding {} tasks with `always_target` attribute",
        requested.len() - targets.tasks.len()
    );
    if !rules.has(Rule::ImagesOnDemand) {
        let images = full
            .0
            .tasks()
            .filter(|task| task.attribute_str("kind") == Some("docker-image"));
        requested.extend(images.map(|task| task.label.clone()));
    }
    let mut do_not_optimize: BTreeSet<Label> = params
        .strings("do_not_optimize")
        .into_iter()
        .filter_map(|l| Label::parse(l).ok())
        .collect();
    if params.get("optimize_target_tasks") == Some(&Value::Bool(false)) {
        do_not_optimize.extend(targeted());
    }
    let needed = full.0.dag().closure(&requested);
    Ok(TargetTaskGraph {
        graph: full.0.only(&needed).with_changed(&targets.changed),
        requested,
        do_not_optimize,
    })
}

#[cfg(test)]
mod tests;
