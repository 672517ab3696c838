//! Which earlier releases were shipped, as a history says it.

use super::select::Shipped;
use crate::stage::history::RELEASES;
use crate::stage::merged::Merged;
use crate::stage::ship_it::RELEASES as SHIP_IT;

/// The releases that a history lists, and those that earlier staged releases have marked as shipped.
#[must_use]
pub fn shipped(history: &Merged) -> Vec<Shipped> {
    let listed = history.space(RELEASES).map(|(name, entry)| Shipped {
        name: name.to_owned(),
        build_number: entry.value["buildNumber"].as_u64().unwrap_or(1),
    });
    let marked = history.space(SHIP_IT).filter_map(|(_, entry)| {
        let text = |key: &str| entry.value[key].as_str();
        let (product, version) = (text("product")?, text("version")?);
        (text("status")? == "shipped").then(|| Shipped {
            name: format!("{}-{version}", product.to_ascii_lowercase()),
            build_number: entry.value["buildNumber"].as_u64().unwrap_or(1),
        })
    });
    listed.chain(marked).collect()
}
