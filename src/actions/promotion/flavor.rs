//! The flavors of release promotion in config.yml, and their phases.
//!
//! A flavor with a built-in target-tasks method has the last phase that the method selects. Any other
//! has the phase that its name, or else its method's name, contains as a word.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diagnostic::{Diagnostic, Place};
use crate::base::path::ValuePath;
use crate::base::value::{Object, Value, truthy};
use crate::config::graph_config::GraphConfig;
use crate::config::shipping::Phase;
use crate::decision::Selection;
use crate::model::label_graph::LabelGraph;
use crate::target::METHODS;

/// A flavor of release promotion.
#[derive(Debug, Clone, Copy)]
pub struct Flavor<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its section of config.yml.
    pub config: &'a Object,
}

impl Flavor<'_> {
    /// Whether a key is set.
    pub fn is(&self, key: &str) -> bool {
        self.config.get(key) == Some(&Value::Bool(true))
    }

    /// Returns a key that is a string.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.config.get(key).and_then(Value::as_str)
    }
}

/// The flavors of a project, in the order in which they are written.
pub fn flavors(config: &GraphConfig) -> impl Iterator<Item = (&str, &Object)> {
    flavor_entries(config).filter_map(|(name, flavor)| Some((name, flavor.as_object()?)))
}

/// Returns the sorted names of all flavors, including those without a mapping.
pub fn names(config: &GraphConfig) -> Vec<&str> {
    let mut names: Vec<&str> = flavor_entries(config).map(|(name, _)| name).collect();
    names.sort_unstable();
    names
}

fn flavor_entries(config: &GraphConfig) -> impl Iterator<Item = (&str, &Value)> {
    let flavors = config
        .get("release-promotion")
        .and_then(|section| section.get("flavors"))
        .and_then(Value::as_object);
    let flavors = flavors.into_iter().flatten();
    flavors.map(|(name, flavor)| (name.as_str(), flavor))
}

/// Whether one action may prepare several flavors.
pub fn chains(config: &GraphConfig) -> bool {
    let section = config.get("release-promotion");
    section
        .and_then(|section| section.get("chains"))
        .is_some_and(truthy)
}

/// Refuses a list of flavors in a project without chains.
///
/// # Errors
/// When the input has a list and config.yml does not set `chains`.
pub fn check_chain(config: &GraphConfig, input: &Value) -> Result<(), Diagnostic> {
    match &input["release_promotion_flavor"] {
        Value::Array(_) if !chains(config) => Err(Diagnostic::user(
            "`release_promotion_flavor` is a list, but this project does not allow chains of flavors",
        )
        .at(config.place(&ValuePath::keys(["release-promotion"])))
        .help(
            "promote the flavors one after the other, or set `chains: true` in the section \
             `release-promotion` of config.yml",
        )),
        _ => Ok(()),
    }
}

/// Returns the place of a flavor in config.yml.
pub fn place(config: &GraphConfig, flavor: Flavor<'_>) -> Option<Place> {
    config.place(&ValuePath::keys([
        "release-promotion",
        "flavors",
        flavor.name,
    ]))
}

/// The phases that the built-in method of a flavor selects, in order.
pub fn built_in(flavor: &Object) -> Option<&'static [&'static str]> {
    let name = flavor.get("target-tasks-method")?.as_str()?;
    let method = METHODS.iter().find(|method| method.name == name)?;
    (!method.phases.is_empty()).then_some(method.phases)
}

/// Returns the phase of a flavor, if config.yml determines it.
#[must_use]
pub fn phase(name: &str, flavor: &Object) -> Option<Phase> {
    let method = flavor.get("target-tasks-method").and_then(Value::as_str);
    let last = built_in(flavor).and_then(<[_]>::last);
    last.and_then(|last| Phase::from_name(last))
        .or_else(|| Phase::from_name(name))
        .or_else(|| Phase::from_name(method?))
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
    let configured = match selection.in_python {
        false => phase(flavor.name, flavor.config),
        true => Phase::from_name(flavor.name),
    };
    configured.or_else(|| {
        let targets = selection
            .targets
            .iter()
            .filter_map(|label| graph.get(label));
        targets
            .filter_map(|task| Phase::from_attributes(&task.attributes))
            .max()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    #[test]
    fn a_flavor_has_a_phase() {
        let phase_of_flavor = |name: &str, method: &str| {
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
            assert_eq!(phase_of_flavor(name, method), expected, "{name} {method}");
        }
    }
}
