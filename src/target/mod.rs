//! Target tasks: the selected tasks of the full graph, and their dependencies.
//!
//! 1. [`target_task_set`] applies the parameter `filters` one after another; the only built-in
//!    filter applies the method that the parameter `target_tasks_method` names.
//! 2. [`target_task_graph`] adds tasks with the attribute `always_target` and all that these depend
//!    on.

pub mod condition;
mod method;
mod names;
mod tried;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

pub use condition::Condition;
pub use method::{METHODS, TargetMethod};

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::Label;
use crate::base::suggest;
use crate::base::text::plural;
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
    /// What each filter has excluded, in order.
    pub filters: Vec<FilterRun>,
}

/// What a filter has done.
#[derive(Debug, Clone)]
pub struct FilterRun {
    /// Its name.
    pub name: String,
    /// The target-tasks method that it has applied, if it is the filter for that.
    pub method: Option<String>,
    /// Where its function is, if the project's Python has it: `NAME at FILE:LINE`.
    pub function: Option<String>,
    /// The conditions of a built-in method that matter with these parameters.
    pub conditions: Vec<Condition>,
    /// The tasks that it has excluded, each with the first condition that it does not meet; without one,
    /// the project's Python decides.
    pub excluded: Vec<(Label, Option<Condition>)>,
}

/// The selected tasks and all their dependencies.
#[derive(Debug, Clone)]
pub struct TargetTaskGraph {
    /// The tasks with their edges.
    pub graph: LabelGraph,
    /// The tasks that were selected themselves, by the filters or by `always_target`.
    pub requested: IndexMap<Label, Requested>,
    /// The tasks that are not optimized, each with the reason.
    pub do_not_optimize: BTreeMap<Label, Unoptimized>,
}

/// Why a task is selected itself, not as a dependency of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requested {
    /// Every filter keeps it.
    Filters,
    /// Its attribute `always_target` is set.
    AlwaysTarget,
    /// It builds a docker image, and the installed taskgraph always selects these.
    Image,
    /// An action is triggered on it, or adds it.
    Action,
}

/// Why a task is not optimized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unoptimized {
    /// The parameter `do_not_optimize` lists it.
    Listed,
    /// It is a target task, and the parameter `optimize_target_tasks` is false.
    TargetTask,
    /// An earlier run of the decision has created it.
    EarlierRun,
    /// An action adds it.
    Action,
    /// The flag `--no-optimize` is set.
    Flag,
}

impl fmt::Display for Unoptimized {
    /// A clause.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Listed => "the parameter `do_not_optimize` lists it",
            Self::TargetTask => "it is a target task, and `optimize_target_tasks` is false",
            Self::EarlierRun => "an earlier run of the decision has created it",
            Self::Action => "the action adds it",
            Self::Flag => "`--no-optimize` is set",
        })
    }
}

impl TargetTaskGraph {
    /// Keeps every task.
    pub fn keep_all(&mut self) {
        let labels = self.graph.labels().cloned();
        self.do_not_optimize = labels.map(|label| (label, Unoptimized::Flag)).collect();
    }
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
    let mut runs = Vec::new();
    for filter in filters {
        let name = params.str(FILTER);
        let native = method::find(name);
        let before = selected.len();
        let mut run = FilterRun {
            name: filter.to_owned(),
            method: (filter == FILTER).then(|| name.to_owned()),
            function: None,
            conditions: Vec::new(),
            excluded: Vec::new(),
        };
        if let Some(custom) = custom.filter(|one| one.handles_filter(filter, name, native.is_ok()))
        {
            let filtered = custom.apply_filter(filter, &full.0, &selected)?;
            let excluded = selected.into_iter();
            let excluded = excluded.filter(|label| !filtered.kept.contains(label));
            run.excluded = excluded.map(|label| (label, None)).collect();
            run.function = filtered.function;
            selected = filtered.kept;
            let tasks = filtered.changed.into_iter();
            changed.extend(tasks.map(|task| (task.label.clone(), Arc::new(task))));
            log_filter(filter, name, before, selected.len());
            runs.push(run);
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
        if method.conditions.contains(&Condition::Tried) {
            tried::check(&full.0, params)?;
        }
        let conditions = method.conditions.iter().copied();
        run.conditions = conditions
            .filter(|one| one.applies(params, rules))
            .collect();
        let mut wrong = Diagnostics::new();
        selected.retain(|label| {
            let Some(task) = full.0.get(label) else {
                return false;
            };
            match method.unmet(task, params, rules) {
                Ok(None) => true,
                Ok(unmet) => {
                    run.excluded.push((label.clone(), unmet));
                    false
                }
                Err(diagnostic) => {
                    wrong.push(diagnostic);
                    false
                }
            }
        });
        wrong.or_ok(())?;
        log_filter(filter, method.name, before, selected.len());
        runs.push(run);
    }
    // A set has no edges, even if the graph has some.
    let chosen = full.0.tasks().filter(|task| selected.contains(&task.label));
    let tasks = LabelGraph::set(chosen.cloned()).unwrap_or_default();
    Ok(TargetTaskSet {
        tasks: tasks.with_changed(changed.values()),
        changed: changed.into_values().collect(),
        filters: runs,
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
    let pruned = plural(pruned, "task");
    tracing::info!("Filter {filter} with method {method} pruned {pruned} ({left} remain)");
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
    let mut requested: IndexMap<Label, Requested> = IndexMap::new();
    requested.extend(targeted().map(|label| (label, Requested::Filters)));
    for task in always {
        let entry = requested.entry(task.label.clone());
        entry.or_insert(Requested::AlwaysTarget);
    }
    tracing::info!(
        "Adding {} with `always_target` attribute",
        plural(requested.len() - targets.tasks.len(), "task")
    );
    if !rules.has(Rule::ImagesOnDemand) {
        let images = full
            .0
            .tasks()
            .filter(|task| task.attribute_str("kind") == Some("docker-image"));
        for image in images {
            let entry = requested.entry(image.label.clone());
            entry.or_insert(Requested::Image);
        }
    }
    let mut do_not_optimize: BTreeMap<Label, Unoptimized> = params
        .strings("do_not_optimize")
        .into_iter()
        .filter_map(|label| Some((Label::parse(label).ok()?, Unoptimized::Listed)))
        .collect();
    if params.get("optimize_target_tasks") == Some(&Value::Bool(false)) {
        for label in targeted() {
            let entry = do_not_optimize.entry(label);
            entry.or_insert(Unoptimized::TargetTask);
        }
    }
    let needed = full.0.dag().closure(requested.keys());
    Ok(TargetTaskGraph {
        graph: full.0.only(&needed).with_changed(&targets.changed),
        requested,
        do_not_optimize,
    })
}

#[cfg(test)]
mod tests;
