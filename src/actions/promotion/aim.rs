//! What the flavors of a promotion select, and their phases.
//!
//! 1. A flavor with a built-in target-tasks method has the last phase that the method selects. Any
//!    other has the phase that its name, or else its method's name, contains as a word.
//! 2. A flavor has to select tasks, and one with a built-in method tasks of its own phase: without
//!    any it would succeed and release nothing. Where a project selects in Python, only the project
//!    knows its criteria, and such a flavor is only a warning.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Call;
use super::input::{self, Flavor, Wanted};
use super::names;
use super::schema::flavors;
use super::some;
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::name::Label;
use crate::base::suggest;
use crate::base::value::{Object, Value};
use crate::config::graph_config::GraphConfig;
use crate::config::shipping::{self, Phase};
use crate::decision::{Selection, Targets};
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;
use crate::target::METHODS;

/// The phases that the built-in method of a flavor selects, in order.
pub fn built_in(flavor: &Object) -> Option<&'static [&'static str]> {
    let name = flavor.get("target-tasks-method")?.as_str()?;
    let method = METHODS.iter().find(|method| method.name == name)?;
    (!method.phases.is_empty()).then_some(method.phases)
}

/// The phase of a flavor, as far as config.yml determines it.
#[must_use]
pub fn phase(name: &str, flavor: &Object) -> Option<Phase> {
    let method = flavor.get("target-tasks-method").and_then(Value::as_str);
    let last = built_in(flavor).and_then(<[_]>::last);
    last.and_then(|last| Phase::in_name(last))
        .or_else(|| Phase::in_name(name))
        .or_else(|| Phase::in_name(method?))
}

/// The phases of all flavors, by name.
#[must_use]
pub fn phases(config: &GraphConfig) -> BTreeMap<String, Option<Phase>> {
    flavors(config)
        .map(|(name, flavor)| (name.to_owned(), phase(name, flavor)))
        .collect()
}

/// The phases of the flavors of these products, and of flavors without a product.
pub fn of_products(config: &GraphConfig, products: &BTreeSet<&str>) -> BTreeSet<Phase> {
    let fits = |flavor: &Object| {
        let product = flavor.get("product").and_then(Value::as_str);
        products.is_empty() || product.is_none_or(|product| products.contains(product))
    };
    flavors(config)
        .filter(|(_, flavor)| fits(flavor))
        .filter_map(|(name, flavor)| phase(name, flavor))
        .collect()
}

/// The phase of a flavor with this selection: the last of its targets if config.yml does not determine
/// it.
pub fn phase_of(flavor: Flavor<'_>, selection: &Selection, graph: &LabelGraph) -> Option<Phase> {
    let told = match selection.in_python {
        false => phase(flavor.name, flavor.config),
        true => Phase::in_name(flavor.name),
    };
    told.or_else(|| {
        let targets = selection
            .targets
            .iter()
            .filter_map(|label| graph.get(label));
        targets
            .filter_map(|task| Phase::of_task(&task.attributes))
            .max()
    })
}

/// Checks what the flavors select.
///
/// # Errors
/// Every flavor that selects no task of its own, and every task that no flavor can choose by mistake.
pub fn check(
    call: &Call<'_>,
    wanted: &Wanted<'_>,
    targets: Targets<'_>,
) -> Result<(), Diagnostics> {
    let mut wrong = Diagnostics::new();
    for (flavor, selection) in wanted.flavors.iter().zip(targets.selections) {
        if let Some(mistake) = selects_nothing(*flavor, selection, targets) {
            wrong.push(mistake.at(input::place(call.graph_config, *flavor)));
        }
    }
    wrong.extend(names::check(call.graph_config, wanted, targets));
    wrong.or_ok(())
}

/// What is wrong with a flavor that selects nothing of its own.
fn selects_nothing(
    flavor: Flavor<'_>,
    selection: &Selection,
    targets: Targets<'_>,
) -> Option<Diagnostic> {
    let name = flavor.name;
    let product = flavor.text("product");
    let method = flavor.text("target-tasks-method").unwrap_or_default();
    let phases = built_in(flavor.config).filter(|_| !selection.in_python);
    if selection.targets.is_empty() {
        let told = Diagnostic::user(format!("the flavor `{name}` selects no task"));
        let products: BTreeSet<&str> = targets
            .released
            .tasks()
            .filter_map(|task| shipping::product(&task.attributes))
            .collect();
        return Some(match (phases, product) {
            (Some(_), None) => told
                .because("it has no `product`")
                .help("name the product whose tasks are promoted, or another target-tasks method"),
            (Some(_), Some(product)) if !products.contains(product) => told
                .because(format!("no task has the product `{product}`"))
                .help(match products.is_empty() {
                    true => "set the attribute `shipping_product` of its tasks to it".to_owned(),
                    false => suggest::hint(product, products.iter().copied()),
                }),
            (Some(phases), Some(product)) => told
                .because(format!(
                    "no task of the product `{product}` is in {} for this type of release",
                    in_phases(phases)
                ))
                .help("see `shipping-phase`, and the attribute `run_on_releases`, of its tasks"),
            (None, _) => told
                .because(format!("its target-tasks method `{method}` selects none"))
                .help(format!(
                    "`snowman target` with `target_tasks_method: {method}` shows what it selects"
                )),
        });
    }
    let graph = targets.graph;
    let targets = || {
        selection
            .targets
            .iter()
            .filter_map(|label| graph.get(label))
    };
    if let Some(own) = phases.and_then(<[_]>::last) {
        let of_phase = |task: &Task| shipping::named(&task.attributes) == Some(own);
        return (!targets().any(|task| of_phase(task))).then(|| {
            let labels: Vec<&str> = selection.targets.iter().map(Label::as_str).collect();
            Diagnostic::user(format!(
                "the flavor `{name}` selects no task of its own phase `{own}`"
            ))
            .because(format!(
                "what it selects is of earlier phases: {}",
                some(&labels)
            ))
            .help(format!(
                "no task of the product `{}` has `shipping-phase: {own}` for this type of release",
                product.unwrap_or_default()
            ))
        });
    }
    // Only the project knows by what its own method selects.
    let named: Vec<Phase> = targets()
        .filter(|task| shipping::named(&task.attributes).is_some())
        .filter_map(|task| Phase::of_task(&task.attributes))
        .collect();
    if let Some(own) = Phase::in_name(name).filter(|own| !named.is_empty() && !named.contains(own))
    {
        tracing::warn!("the flavor `{name}` selects no task of the phase `{own}`");
    }
    let products: Vec<&str> = targets()
        .filter_map(|task| shipping::product(&task.attributes))
        .collect();
    if let Some(own) = product.filter(|own| !products.is_empty() && !products.contains(own)) {
        tracing::warn!("the flavor `{name}` selects no task of its product `{own}`");
    }
    None
}

fn in_phases(phases: &[&str]) -> String {
    let named: Vec<String> = phases.iter().map(|phase| format!("`{phase}`")).collect();
    match named.split_last() {
        Some((last, [])) => format!("the phase {last}"),
        Some((last, rest)) => format!("the phases {} and {last}", rest.join(", ")),
        None => "a phase".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    #[test]
    fn a_flavor_is_of_a_phase() {
        let of = |name: &str, method: &str| {
            let flavor = json!({"target-tasks-method": method});
            phase(name, flavor.as_object().unwrap_or(&Object::new()))
        };
        for (name, method, expected) in [
            ("push_fox", "push", Some(Phase::Push)),
            ("fox", "ship", Some(Phase::Ship)),
            ("partners", "promote_partners", Some(Phase::Promote)),
            ("ship-client", "client-target-tasks", Some(Phase::Ship)),
            ("client", "promote-client", Some(Phase::Promote)),
            ("ship", "default", Some(Phase::Ship)),
            ("client", "target-tasks", None),
        ] {
            assert_eq!(of(name, method), expected, "{name} {method}");
        }
    }
}
