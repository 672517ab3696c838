//! Target tasks: which tasks of the full graph are wanted, and what they need.
//!
//! 1. [`target_task_set`] applies the parameter `filters` one after another; the one filter there is
//!    applies the method that the parameter `target_tasks_method` names.
//! 2. [`target_task_graph`] adds tasks with the attribute `always_target` and all that these depend
//!    on.

mod method;
mod names;

use std::collections::BTreeSet;

use indexmap::IndexSet;

pub use method::{METHODS, TargetMethod};

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::Label;
use crate::base::suggest;
use crate::base::value::Value;
use crate::config::parameters::Parameters;
use crate::custom::Custom;
use crate::generate::FullTaskGraph;
use crate::model::label_graph::LabelGraph;

/// The tasks that are wanted, without edges.
#[derive(Debug, Clone)]
pub struct TargetTaskSet(pub LabelGraph);

/// The tasks that are wanted and all that they depend on.
#[derive(Debug, Clone)]
pub struct TargetTaskGraph {
    /// The tasks with their edges.
    pub graph: LabelGraph,
    /// Those that are wanted for themselves: by the filters or by `always_target`.
    pub requested: IndexSet<Label>,
    /// Those that are not optimized: named by `do_not_optimize`, and every target task when target
    /// tasks are not optimized.
    pub do_not_optimize: BTreeSet<Label>,
}

/// The one filter that is built in.
const FILTER: &str = "target_tasks_method";

/// Chooses the target tasks.
///
/// # Errors
/// An unknown filter or method, and attributes that list no names: all of them.
pub fn target_task_set(
    full: &FullTaskGraph,
    params: &Parameters,
    custom: Option<&Custom<'_>>,
) -> Outcome<TargetTaskSet> {
    let filters = filters(params, custom);
    names::warn(&full.0);
    let mut wanted: IndexSet<Label> = full.0.labels().cloned().collect();
    for filter in filters {
        let name = params.str(FILTER);
        let native = method::find(name);
        let before = wanted.len();
        if let Some(custom) = custom.filter(|one| one.chooses(filter, name, native.is_ok())) {
            wanted = custom.choose(filter, &full.0, &wanted)?;
            told(filter, name, before, wanted.len());
            continue;
        }
        if filter != FILTER {
            return Err(Diagnostic::user(format!("unknown filter `{filter}`"))
                .help(format!("`filters` can name: {FILTER}"))
                .into());
        }
        let method = native?;
        let mut wrong = Diagnostics::new();
        wanted.retain(|label| {
            let chosen = full.0.get(label).map(|task| (method.select)(task, params));
            match chosen.transpose() {
                Ok(chosen) => chosen.unwrap_or_default(),
                Err(diagnostic) => {
                    wrong.push(diagnostic);
                    false
                }
            }
        });
        wrong.or_ok(())?;
        told(filter, method.name, before, wanted.len());
    }
    // A set has no edges, whatever the graph has that it was chosen from.
    let chosen = full.0.tasks().filter(|task| wanted.contains(&task.label));
    LabelGraph::set(chosen.cloned())
        .or_else(|_| Ok(LabelGraph::default()))
        .map(TargetTaskSet)
}

fn told(filter: &str, method: &str, before: usize, left: usize) {
    let pruned = before.saturating_sub(left);
    tracing::info!("Filter {filter} with method {method} pruned {pruned} tasks ({left} remain)");
}

/// The names of the filters, in order.
fn filters<'p>(params: &'p Parameters, custom: Option<&Custom<'_>>) -> Vec<&'p str> {
    let mut filters = params.strings("filters");
    let always = custom.is_some_and(Custom::always_applies_method);
    if filters.is_empty() || (always && !filters.contains(&FILTER)) {
        filters.insert(0, FILTER);
    }
    filters
}

/// Whether the project's own Python selects the target tasks.
#[must_use]
pub fn chooses_in_python(params: &Parameters, custom: Option<&Custom<'_>>) -> bool {
    let filters = filters(params, custom);
    let name = params.str(FILTER);
    let native = method::find(name).is_ok();
    let own = |custom: &Custom<'_>| filters.iter().any(|f| custom.chooses(f, name, native));
    custom.is_some_and(own)
}

/// Adds what target tasks need.
///
/// # Errors
/// Labels in `do_not_optimize` are not checked: as in the peer, one that does not exist means
/// nothing.
pub fn target_task_graph(
    full: &FullTaskGraph,
    targets: &TargetTaskSet,
    params: &Parameters,
) -> Outcome<TargetTaskGraph> {
    let everywhere = params.get("enable_always_target");
    let kinds: Vec<&str> = params.strings("enable_always_target");
    let always = full.0.tasks().filter(|task| {
        task.attribute("always_target")
            .is_some_and(crate::base::value::truthy)
            && (everywhere == Some(&Value::Bool(true)) || kinds.contains(&task.kind.as_str()))
    });
    let targeted = || targets.0.labels().cloned();
    let requested: IndexSet<Label> = targeted()
        .chain(always.map(|task| task.label.clone()))
        .collect();
    tracing::info!(
        "Adding {} tasks with `always_target` attribute",
        requested.len() - targets.0.len()
    );
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
        graph: full.0.only(&needed),
        requested,
        do_not_optimize,
    })
}

/// The names of all methods, for messages.
#[must_use]
pub fn hint(name: &str) -> String {
    suggest::hint_native(name, METHODS.iter().map(|method| method.name))
}

#[cfg(test)]
mod tests;
