//! The index routes of a task.

use crate::base::diagnostic::Diagnostic;
use crate::base::suggest;
use crate::base::time::Timestamp;
use crate::base::value::{Object, Value, py_str, truthy};
use crate::transform::{Context, Item, fields};

/// A type of index routes.
#[derive(Debug)]
pub struct IndexType {
    /// Its name in `index.type`.
    pub name: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    /// Returns the routes of a task, given its `index`.
    pub routes: fn(&Context<'_>, &Item, &Object) -> Result<Vec<String>, Diagnostic>,
}

/// Every built-in type of index routes.
pub static INDEX_TYPES: &[&IndexType] = &[&GENERIC];

/// `generic`
pub static GENERIC: IndexType = IndexType {
    name: "generic",
    doc: "Routes for the latest push, the date of the build, the push and the revision.",
    routes: generic,
};

/// Adds the rank and the index routes to a task.
///
/// # Errors
/// If the type of routes or the product is unknown, or a key is missing.
pub fn add(context: &Context<'_>, item: &mut Item) -> Result<(), Diagnostic> {
    let index = match item.task.get("index") {
        Some(Value::Object(index)) => index.clone(),
        _ => Object::new(),
    };
    let rank = rank(context, item, index.get("rank"))?;
    fields::mapping(item, &["extra", "index"])?.insert("rank", rank);
    if index.is_empty() {
        return Ok(());
    }
    let name = index
        .get("type")
        .map_or_else(|| GENERIC.name.to_owned(), py_str);
    let Some(index_type) = INDEX_TYPES.iter().find(|one| one.name == name) else {
        return Err(item
            .error_at("index.type", format!("unknown index type `{name}`"))
            .help(suggest::hint_native(
                &name,
                INDEX_TYPES.iter().map(|one| one.name),
            )));
    };
    let routes = (index_type.routes)(context, item, &index)?;
    fields::list(item, &["routes"])?.extend(routes.into_iter().map(Value::from));
    item.task.shift_remove("index");
    Ok(())
}

/// The rank: of two tasks at one index path, the one with the higher rank remains.
fn rank(context: &Context<'_>, item: &Item, setting: Option<&Value>) -> Result<Value, Diagnostic> {
    let date = Value::from(context.params().build_date());
    match setting {
        Some(Value::String(rank)) if rank == "build_date" => Ok(date),
        Some(Value::String(rank)) if rank == "by-tier" => by_tier(item, date),
        None => by_tier(item, date),
        Some(number @ Value::Number(_)) => Ok(number.clone()),
        Some(other) => Err(fields::wrong_type(
            &item.origin,
            &["index", "rank"],
            "a number, `by-tier` or `build_date`",
            other,
        )),
    }
}

/// Tasks of tier 1 rank by date, others below them all.
fn by_tier(item: &Item, date: Value) -> Result<Value, Diagnostic> {
    match fields::get(item, &["extra", "treeherder", "tier"]) {
        None => Ok(Value::from(0)),
        Some(Value::Number(tier)) if tier.as_f64().is_some_and(|tier| tier > 1.0) => {
            Ok(Value::from(0))
        }
        Some(Value::Number(_)) => Ok(date),
        Some(other) => Err(fields::wrong_type(
            &item.origin,
            &["treeherder", "tier"],
            "an integer",
            other,
        )),
    }
}

fn generic(context: &Context<'_>, item: &Item, index: &Object) -> Result<Vec<String>, Diagnostic> {
    let need = |key: &str| {
        index.get(key).map(py_str).ok_or_else(|| {
            item.error_at("index", format!("`index.{key}` is missing"))
                .help("set `product` and `job-name`, which generic index routes require")
        })
    };
    let product = need("product")?;
    let job = need("job-name")?;
    check_product(context, item, &product)?;
    let params = context.params();
    let date = Timestamp::from_unix(params.build_date()).strftime("%Y.%m.%d.%Y%m%d%H%M%S");
    let prefix = format!(
        "index.{}.v2.{}",
        context.graph_config().trust_domain(),
        params.project()
    );
    let ways = [
        "latest".to_owned(),
        format!("pushdate.{date}"),
        format!("pushlog-id.{}", params.str("pushlog_id")),
        format!("revision.{}", params.str("head_rev")),
    ];
    Ok(ways
        .iter()
        .map(|way| format!("{prefix}.{way}.{product}.{job}"))
        .collect())
}

fn check_product(context: &Context<'_>, item: &Item, product: &str) -> Result<(), Diagnostic> {
    let products = context
        .graph_config()
        .get("index")
        .and_then(|index| index.get("products"))
        .filter(|products| truthy(products));
    let known: Vec<&str> = match products {
        Some(Value::Array(products)) => products.iter().filter_map(Value::as_str).collect(),
        Some(Value::Object(products)) => products.keys().map(|key| key.as_str()).collect(),
        _ => Vec::new(),
    };
    if known.contains(&product) {
        return Ok(());
    }
    let help = if known.is_empty() {
        "add it to `index.products` in config.yml".to_owned()
    } else {
        format!(
            "{} (`index.products` in config.yml)",
            suggest::hint(product, known.iter().copied())
        )
    };
    Err(item
        .error_at(
            "index.product",
            format!("unknown index product `{product}`"),
        )
        .help(help))
}
