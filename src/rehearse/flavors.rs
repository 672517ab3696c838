//! The flavors that are rehearsed.

use std::collections::BTreeMap;

use crate::actions::plan;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::suggest;
use crate::base::value::{Object, Value, truthy};
use crate::config::graph_config::GraphConfig;
use crate::config::shipping::Phase;

/// Returns the flavors to rehearse.
pub fn flavors(config: &GraphConfig, requested: &[String]) -> Outcome<Vec<String>> {
    let section = config
        .get("release-promotion")
        .and_then(|section| section.get("flavors"));
    let none = Object::new();
    let all = section.and_then(Value::as_object).unwrap_or(&none);
    if all.is_empty() && !requested.is_empty() {
        return Err(
            Diagnostic::user("the graph config has no `release-promotion.flavors`")
                .help("pass no flavors to rehearse only the push")
                .into(),
        );
    }
    let mut wrong = Diagnostics::new();
    let named = requested.iter().flat_map(|requested| chain(requested));
    for name in named.filter(|name| !all.contains_key(name)) {
        wrong.push(
            Diagnostic::user(format!("unknown flavor `{name}`"))
                .help(suggest::hint(name, all.keys().map(|key| key.as_str()))),
        );
    }
    wrong.or_ok(())?;
    if !requested.is_empty() {
        return Ok(requested.to_vec());
    }
    Ok(default_flavors(config, all))
}

/// Returns the flavors that are rehearsed by default: of the first product with the most phases, one for
/// each phase in order; or all in the order of config.yml if none names a product.
fn default_flavors(config: &GraphConfig, all: &Object) -> Vec<String> {
    let product = |flavor: &Value| flavor.get("product")?.as_str().map(str::to_owned);
    let mut products: Vec<String> = Vec::new();
    for product in all.values().filter_map(product) {
        if !products.contains(&product) {
            products.push(product);
        }
    }
    let mut best: Vec<String> = Vec::new();
    for product in products {
        let chosen = of_product(config, &product);
        if chosen.len() > best.len() {
            best = chosen;
        }
    }
    if best.is_empty() {
        return all.keys().map(ToString::to_string).collect();
    }
    best
}

/// Returns the flavors that release a product: one for each phase in order, and none of candidates.
pub fn of_product(config: &GraphConfig, product: &str) -> Vec<String> {
    let section = config
        .get("release-promotion")
        .and_then(|section| section.get("flavors"));
    let all = section.and_then(Value::as_object);
    let phases = plan::phases(config);
    let mut chosen: BTreeMap<Phase, &str> = BTreeMap::new();
    for phase in Phase::ALL {
        let of_phase = |name: &str| phases.get(name) == Some(&Some(phase));
        let mut names = all.into_iter().flatten().filter_map(|(name, flavor)| {
            let candidate = flavor.get("is-rc").is_some_and(truthy);
            let of = flavor.get("product").and_then(Value::as_str);
            let fits = of == Some(product) && !candidate;
            (fits && of_phase(name)).then_some(name.as_str())
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

/// Returns a version before this one: with the last number decremented that is not 0.
pub fn previous_version(version: &str) -> String {
    let end = version.rfind(|c: char| c.is_ascii_digit() && c != '0');
    let Some(end) = end else {
        return "0.0".to_owned();
    };
    let digits = version[end + 1..]
        .chars()
        .take_while(char::is_ascii_digit)
        .count();
    let end = end + 1 + digits;
    let start = version[..end]
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .len();
    match version[start..end].parse::<u64>() {
        Ok(number) => format!(
            "{}{}{}",
            &version[..start],
            number.saturating_sub(1),
            &version[end..]
        ),
        Err(_) => "0.0".to_owned(),
    }
}
