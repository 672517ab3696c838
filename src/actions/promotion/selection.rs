//! Checks what the flavors of a promotion select.
//!
//! A flavor has to select tasks, and one with a built-in method tasks of its own phase: without any
//! it would succeed and release nothing. Where a project selects in Python, only the project knows
//! its criteria, so such a flavor is only a warning.

use std::collections::BTreeSet;

use super::super::action::Call;
use super::flavor::{Flavor, built_in, place};
use super::input::PromotionInput;
use super::unknown_names;
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::name::Label;
use crate::base::suggest;
use crate::base::text::list_some;
use crate::config::shipping::{self, Phase};
use crate::decision::{Selection, Targets};
use crate::model::task::Task;

/// Checks what the flavors select.
///
/// # Errors
/// Every flavor that selects no task of its own, and every misspelled product or phase.
pub fn check(
    call: &Call<'_>,
    input: &PromotionInput<'_>,
    targets: Targets<'_>,
) -> Result<(), Diagnostics> {
    let mut wrong = Diagnostics::new();
    for (flavor, selection) in input.flavors.iter().zip(targets.selections) {
        if let Some(mistake) = selects_nothing(*flavor, selection, targets) {
            wrong.push(mistake.at(place(call.graph_config, *flavor)));
        }
    }
    wrong.extend(unknown_names::check(call.graph_config, input, targets));
    wrong.or_ok(())
}

/// Makes the diagnostic for a flavor that selects nothing of its own.
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
        let diagnostic = Diagnostic::user(format!("the flavor `{name}` selects no task"));
        let products: BTreeSet<&str> = targets
            .released
            .tasks()
            .filter_map(|task| shipping::product(&task.attributes))
            .collect();
        return Some(match (phases, product) {
            (Some(_), None) => diagnostic
                .because("it has no `product`")
                .help("set the `product` whose tasks are promoted, or use another target-tasks method"),
            (Some(_), Some(product)) if !products.contains(product) => diagnostic
                .because(format!("no task has the product `{product}`"))
                .help(match products.is_empty() {
                    true => "set the attribute `shipping_product` of its tasks to this product"
                        .to_owned(),
                    false => suggest::hint(product, products.iter().copied()),
                }),
            (Some(phases), Some(product)) => diagnostic
                .because(format!(
                    "no task of the product `{product}` is in {} for this type of release",
                    in_phases(phases)
                ))
                .help("check `shipping-phase` and the attribute `run_on_releases` of its tasks"),
            (None, _) => diagnostic
                .because(format!("its target-tasks method `{method}` selects none"))
                .help(format!(
                    "run `snowman target` with `target_tasks_method: {method}` to see what it selects"
                )),
        });
    }
    let graph = targets.graph;
    let target_tasks = || {
        selection
            .targets
            .iter()
            .filter_map(|label| graph.get(label))
    };
    if let Some(own) = phases.and_then(<[_]>::last) {
        let of_phase = |task: &Task| shipping::phase_name(&task.attributes) == Some(own);
        return (!target_tasks().any(|task| of_phase(task))).then(|| {
            let labels: Vec<&str> = selection.targets.iter().map(Label::as_str).collect();
            Diagnostic::user(format!(
                "the flavor `{name}` selects no task of its own phase `{own}`"
            ))
            .because(format!(
                "it selects only tasks of earlier phases: {}",
                list_some(&labels)
            ))
            .help(format!(
                "check that a task of the product `{}` has `shipping-phase: {own}` for this type of release",
                product.unwrap_or_default()
            ))
        });
    }
    // Only the project knows the criteria of its own method.
    let named: Vec<Phase> = target_tasks()
        .filter(|task| shipping::phase_name(&task.attributes).is_some())
        .filter_map(|task| Phase::from_attributes(&task.attributes))
        .collect();
    if let Some(own) =
        Phase::from_name(name).filter(|own| !named.is_empty() && !named.contains(own))
    {
        tracing::warn!("the flavor `{name}` selects no tasks of its own phase, `{own}`");
    }
    let products: Vec<&str> = target_tasks()
        .filter_map(|task| shipping::product(&task.attributes))
        .collect();
    if let Some(own) = product.filter(|own| !products.is_empty() && !products.contains(own)) {
        tracing::warn!("the flavor `{name}` selects no tasks of its own product, `{own}`");
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
