//! The input of the promotions that make a release: which flavors follow each other, and what each needs.

use std::collections::BTreeMap;

use super::callback::check_input;
use super::promotion::CALLBACK;
use super::promotion::flavor::{flavors, phases};
use super::table::find;
use crate::base::diagnostic::Outcome;
use crate::base::value::{Object, Value, json, truthy};
use crate::config::graph_config::GraphConfig;
use crate::config::shipping::Phase;

/// The key of the input that lists the releases that partial updates start from.
pub const PARTIAL_UPDATES: &str = "partial_updates";

/// What an input is made from.
#[derive(Debug, Clone, Copy)]
pub struct Proposal<'a> {
    /// The flavor, or several that are joined by `+`.
    pub flavor: &'a str,
    /// The version in the files of the project; `None` if it is not known.
    pub version: Option<&'a str>,
    /// The graphs before it, as taskIds.
    pub previous: &'a [String],
    /// The releases that partial updates start from: versions with the numbers of their builds.
    pub updates: &'a [(&'a str, u64)],
}

impl Proposal<'_> {
    /// The input: the keys that all promotions have, and those that the flavors need.
    #[must_use]
    pub fn input(&self, config: &GraphConfig) -> Value {
        let mut input = json!({
            "release_promotion_flavor": if self.flavor.contains('+') {
                chain(self.flavor).map(Value::from).collect()
            } else {
                Value::from(self.flavor)
            },
            "build_number": 1,
            "previous_graph_ids": self.previous,
        });
        let needs = |key: &str| {
            let mut named = chain(self.flavor);
            named.any(|name| {
                let flavor = flavor_section(config).and_then(|all| all.get(name));
                flavor
                    .and_then(|flavor| flavor.get(key))
                    .is_some_and(truthy)
            })
        };
        if self.version.is_none() {
            input["version"] = json!("1.0");
        }
        if needs("version-bump") {
            input["next_version"] = json!(next_version(self.version.unwrap_or("1.0")));
        }
        if needs("partial-updates") {
            let mut starts = Object::new();
            for (version, build_number) in self.updates {
                let of = json!({"buildNumber": build_number, "locales": []});
                starts.insert((*version).to_owned(), of);
            }
            input[PARTIAL_UPDATES] = Value::Object(starts);
        }
        input
    }
}

/// Checks an input against the schema of the built-in action.
///
/// # Errors
/// Everything in it that does not match the schema.
pub fn check(config: &GraphConfig, input: Value) -> Outcome<()> {
    match find(CALLBACK) {
        Some(action) => check_input(action, config, input).map(|_| ()),
        None => Ok(()),
    }
}

fn flavor_section(config: &GraphConfig) -> Option<&Object> {
    config.get("release-promotion")?.get("flavors")?.as_object()
}

/// Returns the products that flavors release, in the order of config.yml.
#[must_use]
pub fn products(config: &GraphConfig) -> Vec<&str> {
    let mut products: Vec<&str> = Vec::new();
    for product in flavors(config).filter_map(|(_, flavor)| flavor.get("product")?.as_str()) {
        if !products.contains(&product) {
            products.push(product);
        }
    }
    products
}

/// Returns the flavors of the first product with the most phases, one for each phase in order; or all in the order of
/// config.yml if none names a product.
#[must_use]
pub fn of_first_product(config: &GraphConfig) -> Vec<String> {
    let mut best: Vec<String> = Vec::new();
    for product in products(config) {
        let chosen = of_product(config, product);
        if chosen.len() > best.len() {
            best = chosen;
        }
    }
    if best.is_empty() {
        let all = flavor_section(config).into_iter().flatten();
        return all.map(|(name, _)| name.to_string()).collect();
    }
    best
}

/// Returns the flavors that release a product: one for each phase in order, and none of candidates.
#[must_use]
pub fn of_product(config: &GraphConfig, product: &str) -> Vec<String> {
    let phases = phases(config);
    let mut chosen: BTreeMap<Phase, &str> = BTreeMap::new();
    for phase in Phase::ALL {
        let of_phase = |name: &str| phases.get(name) == Some(&Some(phase));
        let mut names = flavors(config).filter_map(|(name, flavor)| {
            let candidate = flavor.get("is-rc").is_some_and(truthy);
            let of = flavor.get("product").and_then(Value::as_str);
            let fits = of == Some(product) && !candidate;
            (fits && of_phase(name)).then_some(name)
        });
        // The main flavor of a phase has no further words in its name.
        let plain = format!("{phase}_{product}");
        let first = names.next();
        let name = first.into_iter().chain(names).find(|name| *name == plain);
        chosen.extend(name.or(first).map(|name| (phase, name)));
    }
    chosen.into_values().map(str::to_owned).collect()
}

/// Returns the flavors that one action promotes.
pub fn chain(flavor: &str) -> impl Iterator<Item = &str> {
    flavor.split('+')
}

/// Returns the version with its last number incremented. As Ship It proposes, a major version of Firefox gets a third
/// number.
fn next_version(version: &str) -> String {
    if let Some(numbers) = version.strip_suffix("esr") {
        return format!("{}esr", next_version(numbers));
    }
    let major = version
        .strip_suffix(".0")
        .and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= 5) {
        return format!("{version}.1");
    }
    let start = version.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    match version[start..].parse::<u64>() {
        Ok(number) => format!("{}{}", &version[..start], number.saturating_add(1)),
        Err(_) => format!("{version}.1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_version_increments_the_last_number() {
        assert_eq!(next_version("1.0"), "1.1");
        assert_eq!(next_version("94.0b9"), "94.0b10");
        assert_eq!(next_version("142.0"), "142.0.1");
        assert_eq!(next_version("142.0.1"), "142.0.2");
        assert_eq!(next_version("115.0esr"), "115.0.1esr");
        assert_eq!(next_version("115.1.0esr"), "115.1.1esr");
    }
}
