//! Finds unknown names: products and phases of tasks that no flavor selects, and kinds and labels in
//! the input that do not exist.
//!
//! 1. A product that no flavor has is a mistake if it looks like a misspelling of the product that
//!    is promoted: it is similar to it, the two differ in more than digits, neither is the other with a
//!    further word, and tasks of only one kind name it. `other-products` in config.yml lists products
//!    that are not released here. Every other unknown product is only a warning.
//! 2. A phase that no flavor has is a mistake in a task of the product that is promoted if built-in
//!    methods select: in all flavors, or, when it is near to a known one, in those that are promoted.
//!    Otherwise it is a warning.
//! 3. Built-in methods read `shipping_phase` and `shipping_product`, as strings. Where all flavors
//!    have such methods, other spellings and types are mistakes, and a task with a phase but
//!    no product is a warning if every flavor has a product.
//! 4. Kinds and labels that the input wants to build again have to be in the full task graph or in a
//!    previous graph. The lists in config.yml may name more.

use std::collections::{BTreeMap, BTreeSet};

use super::flavor::{built_in, flavors, phase};
use super::input::PromotionInput;
use super::previous::PreviousGraph;
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::suggest;
use crate::base::text::list_some;
use crate::base::value::{Object, Value, truthy, type_name};
use crate::config::graph_config::GraphConfig;
use crate::config::shipping::{self, Phase};
use crate::decision::{Selection, Targets};
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;
use crate::target::METHODS;

/// Checks the products and phases that tasks name.
pub fn check(
    config: &GraphConfig,
    input: &PromotionInput<'_>,
    targets: Targets<'_>,
) -> Diagnostics {
    let known = KnownNames::new(config, input, targets.selections);
    let mut wrong = unknown(&known, targets.released);
    if known.native {
        wrong.extend(unread_attributes(&known, targets.released));
    }
    wrong
}

/// The names of products and phases that the flavors know.
struct KnownNames<'c> {
    products: BTreeSet<&'c str>,
    /// The products of the flavors that are promoted.
    promoted: BTreeSet<&'c str>,
    /// Products that config.yml says are not released by these flavors.
    others: BTreeSet<&'c str>,
    phases: BTreeSet<&'c str>,
    /// Whether all flavors have built-in release methods, so that no other phases exist.
    all: bool,
    /// Whether all promoted flavors have built-in release methods.
    chosen: bool,
    /// Whether all flavors have built-in methods of any kind.
    native: bool,
    /// Whether every flavor has a product.
    by_product: bool,
}

impl<'c> KnownNames<'c> {
    fn new(config: &'c GraphConfig, input: &PromotionInput<'c>, selections: &[Selection]) -> Self {
        let native = selections.iter().all(|selection| !selection.in_python);
        let promoted = input.flavors.iter();
        let mut known = Self {
            products: BTreeSet::new(),
            promoted: promoted
                .filter_map(|flavor| flavor.config.get("product").and_then(Value::as_str))
                .collect(),
            others: section_list(config, "other-products"),
            phases: BTreeSet::from([Phase::Build.name()]),
            all: native,
            chosen: native
                && input
                    .flavors
                    .iter()
                    .all(|flavor| built_in(flavor.config).is_some()),
            native,
            by_product: true,
        };
        for (name, flavor) in flavors(config) {
            let text = |key: &str| flavor.get(key).and_then(Value::as_str);
            let product = text("product");
            known.by_product &= product.is_some();
            known.products.extend(product);
            let method = text("target-tasks-method").unwrap_or_default();
            known.native &= METHODS.iter().any(|built_in| built_in.name == method);
            match built_in(flavor) {
                Some(phases) => known.phases.extend(phases),
                None => {
                    known.all = false;
                    known.phases.insert(name);
                    known.phases.extend(phase(name, flavor).map(Phase::name));
                }
            }
        }
        known
    }

    fn has_phase(&self, name: &str) -> bool {
        let word = || Phase::from_name(name).map(Phase::name);
        self.phases.contains(name) || word().is_some_and(|word| self.phases.contains(word))
    }
}

fn section_list<'c>(config: &'c GraphConfig, key: &str) -> BTreeSet<&'c str> {
    let section = config.get("release-promotion");
    let list = section.and_then(|section| section.get(key));
    list.into_iter().flat_map(texts).collect()
}

/// Returns a string, or the strings of a list.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text.as_str()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Returns the known name that a name is likely a misspelling of. A variant of a known name, `fox-esr`
/// or `fox2` next to `fox`, is a name of its own.
fn misspelling_of<'k>(name: &str, known: &BTreeSet<&'k str>) -> Option<&'k str> {
    let near = suggest::nearest(name, known.iter().copied())?;
    let words = |name: &str| -> BTreeSet<String> {
        let words = name.split(|c: char| !c.is_ascii_alphanumeric());
        words.map(str::to_owned).collect()
    };
    let (own, other) = (words(name), words(near));
    let without_digits = |name: &str| name.replace(|c: char| c.is_ascii_digit(), "");
    let variant = own.is_subset(&other)
        || other.is_subset(&own)
        || without_digits(name) == without_digits(near);
    (!variant).then_some(near)
}

/// Finds tasks of products and phases that no flavor has.
fn unknown(known: &KnownNames<'_>, released: &LabelGraph) -> Diagnostics {
    let mut found: BTreeMap<(&str, &str), Vec<&Task>> = BTreeMap::new();
    for task in released.tasks() {
        let product = shipping::product(&task.attributes);
        if let Some(product) = product.filter(|_| !known.products.is_empty())
            && !known.products.contains(product)
            && !known.others.contains(product)
        {
            found.entry(("product", product)).or_default().push(task);
        }
        if let Some(phase) = shipping::phase_name(&task.attributes)
            && !known.has_phase(phase)
        {
            found.entry(("phase", phase)).or_default().push(task);
        }
    }
    let mut wrong = Diagnostics::new();
    for ((what, name), tasks) in found {
        let kinds: BTreeSet<&str> = tasks.iter().map(|task| task.kind.as_str()).collect();
        let of_promoted = |task: &&&Task| {
            let product = shipping::product(&task.attributes);
            product.is_some_and(|product| known.promoted.contains(product))
        };
        let (names, concerned, further_help) = if what == "product" {
            // A typo is made in one place; a name in several kinds is intended.
            let typo = misspelling_of(name, &known.products)
                .filter(|near| known.promoted.contains(near) && kinds.len() == 1);
            let further_help = " If it is another product, list it in `other-products` of the section \
                             `release-promotion` of config.yml";
            (&known.products, typo.and(tasks.first()), further_help)
        } else {
            let typo = known.chosen && misspelling_of(name, &known.phases).is_some();
            let concerned = tasks.iter().find(of_promoted);
            (&known.phases, concerned.filter(|_| known.all || typo), "")
        };
        let labels: Vec<&str> = tasks.iter().map(|task| task.label.as_str()).collect();
        let Some(task) = concerned else {
            tracing::warn!(
                "no flavor has the {what} `{name}`; no release would include these tasks: {}",
                list_some(&labels)
            );
            continue;
        };
        wrong.push(
            task.diagnostic(format!("no flavor has the {what} `{name}`"))
                .because(format!(
                    "no release would include these tasks: {}",
                    list_some(&labels)
                ))
                .help(suggest::hint(name, names.iter().copied()) + further_help),
        );
    }
    wrong
}

/// The attributes that built-in methods read, and their spellings with a hyphen.
const READ: &[(&str, &str)] = &[
    ("shipping_phase", "shipping-phase"),
    ("shipping_product", "shipping-product"),
];

/// Tasks with attributes that the built-in methods do not read.
fn unread_attributes(known: &KnownNames<'_>, released: &LabelGraph) -> Diagnostics {
    let mut found: BTreeMap<(String, String), Vec<&Task>> = BTreeMap::new();
    let mut without: Vec<&str> = Vec::new();
    for task in released.tasks() {
        let attribute = |name: &str| task.attributes.get(name).filter(|value| truthy(value));
        for (name, hyphenated) in READ {
            let mistake = match (attribute(name), attribute(hyphenated)) {
                (Some(Value::String(_)), _) | (None, None) => continue,
                (Some(other), _) => (
                    format!(
                        "the attribute `{name}`: expected a string, found {}",
                        type_name(other)
                    ),
                    format!("set it to one name: `{name}: NAME`"),
                ),
                (None, Some(_)) => (
                    format!("no flavor reads the attribute `{hyphenated}`"),
                    format!(
                        "use `{name}`: built-in target-tasks methods do not read the spelling with a hyphen"
                    ),
                ),
            };
            found.entry(mistake).or_default().push(task);
        }
        let later =
            shipping::phase_name(&task.attributes).is_some_and(|name| name != Phase::Build.name());
        if later && products(&task.attributes).is_none() {
            without.push(task.label.as_str());
        }
    }
    if known.by_product && !without.is_empty() {
        tracing::warn!(
            "every flavor has a product, so no release would include these tasks, which have a phase \
             but no attribute `shipping_product`: {}",
            list_some(&without)
        );
    }
    let mut wrong = Diagnostics::new();
    for ((what, help), tasks) in found {
        let concerned = tasks.iter().find(|task| {
            let named = products(&task.attributes).map(texts).unwrap_or_default();
            named.is_empty() || named.iter().any(|name| known.promoted.contains(name))
        });
        let labels: Vec<&str> = tasks.iter().map(|task| task.label.as_str()).collect();
        match concerned {
            Some(task) => wrong.push(
                task.diagnostic(what)
                    .because(format!(
                        "no release would include these tasks: {}",
                        list_some(&labels)
                    ))
                    .help(help),
            ),
            None => tracing::warn!(
                "{what}; no release would include these tasks: {}",
                list_some(&labels)
            ),
        }
    }
    wrong
}

/// Returns the product attribute of a task, in either spelling and of any type.
fn products(attributes: &Object) -> Option<&Value> {
    let task_products = ["shipping_product", "shipping-product"].into_iter();
    let mut task_products = task_products.filter_map(|name| attributes.get(name));
    task_products.find(|value| truthy(value))
}

/// Checks the kinds and labels that the input asks to build again.
pub fn check_rebuilt(
    config: &GraphConfig,
    input: &Value,
    graphs: &[PreviousGraph],
    full: &LabelGraph,
) -> Diagnostics {
    let configured = |key: &str| -> BTreeSet<&str> {
        let mut listed = section_list(config, key);
        let of_flavors = flavors(config).filter_map(|(_, flavor)| flavor.get(key));
        listed.extend(of_flavors.flat_map(texts));
        listed
    };
    let below = || graphs.iter().flat_map(|graph| &graph.kinds);
    let mut kinds: BTreeSet<&str> = below().map(|(_, kind)| kind.as_str()).collect();
    kinds.extend(full.tasks().map(|task| task.kind.as_str()));
    let mut labels: BTreeSet<&str> = below().map(|(label, _)| label.as_str()).collect();
    labels.extend(full.labels().map(|label| label.as_str()));
    let mut wrong = Diagnostics::new();
    for (key, in_config, what, known) in [
        ("rebuild_kinds", "rebuild-kinds", "kind", &kinds),
        ("do_not_optimize", "do-not-optimize", "label", &labels),
    ] {
        let configured = configured(in_config);
        let named: BTreeSet<&str> = input.get(key).into_iter().flat_map(texts).collect();
        for name in named {
            if known.contains(name) || configured.contains(name) {
                continue;
            }
            wrong.push(
                Diagnostic::user(format!(
                    "`{key}` contains `{name}`, but no task has that {what}"
                ))
                .help(suggest::hint(name, known.iter().copied())),
            );
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_known_names_are_not_misspellings() {
        let known = BTreeSet::from(["firefox", "widget", "app1"]);
        assert_eq!(misspelling_of("widgt", &known), Some("widget"));
        assert_eq!(misspelling_of("firefix", &known), Some("firefox"));
        assert_eq!(misspelling_of("ap1", &known), Some("app1"));
        for own in ["firefox-esr", "thunderbird", "app2", "app", "firefox2"] {
            assert_eq!(misspelling_of(own, &known), None, "{own}");
        }
    }
}
