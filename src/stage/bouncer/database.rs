//! The server's products and aliases at some point of a staged release.

use std::collections::BTreeMap;

use super::server::{Database, Product};
use crate::base::value::Value;
use crate::stage::merged::Merged;

/// The space of products, by name.
pub const PRODUCTS: &str = "bouncer-product";

/// The space of aliases: the product of each.
pub const ALIASES: &str = "bouncer-alias";

/// The products and aliases of a merged state, by name.
#[must_use]
pub fn of(merged: &Merged) -> Database {
    let products = merged.space(PRODUCTS).map(|(name, entry)| {
        let value = &entry.value;
        let languages = value["languages"].texts();
        let product = Product {
            ssl_only: value["ssl_only"] == true,
            languages: languages.map(str::to_owned).collect(),
            locations: paths_of(value),
        };
        (name.to_owned(), product)
    });
    let aliases = merged
        .space(ALIASES)
        .filter_map(|(alias, entry)| Some((alias.to_owned(), entry.value.as_str()?.to_owned())));
    Database {
        products: products.collect(),
        aliases: aliases.collect(),
    }
}

/// The paths of a product, by system.
#[must_use]
pub fn paths_of(product: &Value) -> BTreeMap<String, String> {
    let paths = product["locations"].as_object().into_iter().flatten();
    paths
        .filter_map(|(system, path)| Some((system.to_string(), path.as_str()?.to_owned())))
        .collect()
}
