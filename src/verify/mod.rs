//! Verifications: what must hold after a phase.
//!
//! [`VERIFICATIONS`] is the table. Each entry names the phase after which it runs and reports every
//! violation, so that all violations of a phase are reported together.

mod context;
mod environments;
mod identifiers;
mod routes;
mod tasks;
mod treeherder;

use rayon::prelude::*;

use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::custom::Custom;
use crate::model::id_graph::IdGraph;
use crate::model::label_graph::LabelGraph;

pub use context::VerifyContext;

/// A phase and the check that runs after it.
pub enum Check {
    /// After the full task graph.
    FullTaskGraph(fn(&LabelGraph, VerifyContext<'_>, &mut Diagnostics)),
    /// After the optimized task graph.
    OptimizedTaskGraph(fn(&IdGraph, &mut Diagnostics)),
}

/// A verification.
pub struct Verification {
    /// Its name, as in taskgraph.
    pub name: &'static str,
    /// What must hold, for the reference.
    pub doc: &'static str,
    /// The check.
    pub check: Check,
}

/// Every verification.
pub static VERIFICATIONS: &[Verification] = &[
    Verification {
        name: "verify_task_graph_symbol",
        doc: "no two tasks have the same Treeherder platform, group and symbol",
        check: Check::FullTaskGraph(treeherder::symbols),
    },
    Verification {
        name: "verify_trust_domain_v2_routes",
        doc: "no two tasks have the same route below `index.<trust-domain>.v2`",
        check: Check::FullTaskGraph(routes::distinct),
    },
    Verification {
        name: "verify_routes_notification_filters",
        doc: "notification routes end in a known filter",
        check: Check::FullTaskGraph(routes::notifications),
    },
    Verification {
        name: "verify_index_route",
        doc: "index routes are valid index paths",
        check: Check::FullTaskGraph(routes::index),
    },
    Verification {
        name: "verify_dependency_tiers",
        doc: "no task depends on one of a lower tier",
        check: Check::FullTaskGraph(treeherder::tiers),
    },
    Verification {
        name: "verify_toolchain_alias",
        doc: "no two tasks have the same toolchain alias",
        check: Check::FullTaskGraph(tasks::toolchain_aliases),
    },
    Verification {
        name: "verify_run_task_caches",
        doc: "caches belong to the trust domain and level, and only tasks that use run-task use its caches",
        check: Check::FullTaskGraph(tasks::caches),
    },
    Verification {
        name: "verify_task_identifiers",
        doc: "provisioners and worker types are valid identifiers",
        check: Check::FullTaskGraph(identifiers::run),
    },
    Verification {
        name: "verify_task_dependencies",
        doc: "no task has more dependencies than the queue allows",
        check: Check::FullTaskGraph(tasks::dependencies),
    },
    Verification {
        name: "verify_always_optimized",
        doc: "no task with the worker `always-optimized` remains",
        check: Check::OptimizedTaskGraph(tasks::always_optimized),
    },
];

/// Verifications of taskgraph that find nothing: finished tasks lack the field that they look at.
static WITHOUT_EFFECT: &[&str] = &["verify_caches_are_volumes"];

/// The names of all built-in verifications.
#[must_use]
pub fn names() -> Vec<&'static str> {
    let checks = VERIFICATIONS.iter().map(|one| one.name);
    checks.chain(WITHOUT_EFFECT.iter().copied()).collect()
}

/// The verifications that the project has neither removed nor replaced.
fn in_use<'c>(custom: Option<&'c Custom<'_>>) -> impl Fn(&&Verification) -> bool + 'c {
    move |one| custom.is_none_or(|custom| custom.keeps_verification(one.name))
}

/// Runs the verifications of the full task graph.
///
/// # Errors
/// Every violation.
pub fn full_task_graph(graph: &LabelGraph, context: VerifyContext<'_>) -> Outcome<()> {
    let run = |verification: &Verification| {
        let mut wrong = Diagnostics::new();
        if let Check::FullTaskGraph(check) = verification.check {
            check(graph, context, &mut wrong);
        }
        wrong
    };
    let kept: Vec<_> = VERIFICATIONS
        .iter()
        .filter(in_use(context.custom))
        .collect();
    let found: Vec<_> = kept.into_par_iter().map(run).collect();
    let mut wrong = Diagnostics::new();
    found.into_iter().for_each(|one| wrong.extend(one));
    environments::run(graph, context.graph_config, context.params, &mut wrong);
    wrong.or_ok(())
}

/// Checks that tasks which an action adds keep the environments of release services apart.
///
/// # Errors
/// Every violation, if the project describes its environments.
pub fn environments(graph: &LabelGraph, config: &GraphConfig, params: &Parameters) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    environments::run(graph, config, params, &mut wrong);
    wrong.or_ok(())
}

/// Runs the verifications of the optimized task graph.
///
/// # Errors
/// Every violation.
pub fn optimized_task_graph(graph: &IdGraph, custom: Option<&Custom<'_>>) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    for verification in VERIFICATIONS.iter().filter(in_use(custom)) {
        if let Check::OptimizedTaskGraph(check) = verification.check {
            check(graph, &mut wrong);
        }
    }
    wrong.or_ok(())
}

#[cfg(test)]
mod tests;
