//! How Treeherder shows a task.

use super::common::Common;
use crate::base::diagnostic::Diagnostic;
use crate::base::value::{Object, Value, truthy};
use crate::config::graph_config::join;
use crate::transform::{Context, Item, fields};

/// How long the symbols of tasks and groups can be, in characters.
const LONGEST_SYMBOL: usize = 25;

/// Adds the route and `extra.treeherder` to a task with `treeherder`.
///
/// # Errors
/// If the symbol or the platform is invalid, or the group has no name.
pub fn add(context: &Context<'_>, common: &Common, item: &mut Item) -> Result<(), Diagnostic> {
    let Some(configured) = item
        .task
        .get("treeherder")
        .filter(|configured| truthy(configured))
    else {
        return Ok(());
    };
    let setting = |key: &str| configured.get(key).or_else(|| common.treeherder.get(key));
    let text = |key: &str| match setting(key) {
        Some(Value::String(text)) => Ok(text.as_str()),
        other => {
            let found = other.unwrap_or(&Value::Null);
            Err(fields::wrong_type(
                &item.origin,
                &["treeherder", key],
                "a string",
                found,
            ))
        }
    };
    let platform = text("platform")?;
    let Some((machine, collection)) = platform.split_once('/') else {
        return Err(item
            .error_at(
                "treeherder.platform",
                format!("the platform {platform:?} has no collection"),
            )
            .help(format!("append a collection, e.g. `{platform}/opt`")));
    };
    let (group, symbol) = split_symbol(text("symbol")?).ok_or_else(|| {
        item.error_at("treeherder.symbol", "invalid Treeherder symbol")
            .help("use a symbol, or a group and a symbol: `group(symbol)`")
    })?;
    for part in [Some(symbol), group].into_iter().flatten() {
        if part.chars().count() > LONGEST_SYMBOL {
            return Err(item.error_at(
                "treeherder.symbol",
                format!(
                    "`{part}` is longer than the {LONGEST_SYMBOL} characters that Treeherder allows"
                ),
            ));
        }
    }
    let mut shown = vec![
        ("machine", object("platform", Value::from(machine))),
        ("collection", object(collection, Value::Bool(true))),
        ("symbol", Value::from(symbol)),
    ];
    if let Some(group) = group {
        shown.push(("groupSymbol", Value::from(group)));
        shown.push(("groupName", group_name(context, item, group)?));
    }
    for (key, name) in [("jobKind", "kind"), ("tier", "tier")] {
        shown.push((key, setting(name).cloned().unwrap_or_default()));
    }
    let platform = Value::from(platform);
    let treeherder = fields::mapping(item, &["extra", "treeherder"])?;
    treeherder.extend(shown);
    fields::mapping(item, &["extra"])?
        .entry("treeherder-platform")
        .or_insert(platform);
    fields::list(item, &["routes"])?.push(&common.treeherder_route);
    Ok(())
}

fn object(key: &str, value: Value) -> Value {
    Value::Object(Object::from_iter([(key, value)]))
}

/// The group and the symbol in `group(symbol)`; a symbol alone, or one in the group `?`, has none.
fn split_symbol(text: &str) -> Option<(Option<&str>, &str)> {
    let Some((group, rest)) = text.split_once('(') else {
        return Some((None, text));
    };
    let symbol = rest.strip_suffix('\n').unwrap_or(rest).strip_suffix(')')?;
    let group = Some(group).filter(|group| *group != "?");
    (!symbol.contains(')')).then_some((group, symbol))
}

fn group_name(context: &Context<'_>, item: &Item, group: &str) -> Result<Value, Diagnostic> {
    let names = context
        .graph_config()
        .get("treeherder")
        .and_then(|treeherder| treeherder.get("group-names"))
        .and_then(Value::as_object);
    names
        .and_then(|names| names.get(group))
        .cloned()
        .ok_or_else(|| {
            let config = join(context.graph_config().root(), "config.yml");
            let known = names
                .into_iter()
                .flat_map(|names| names.keys().map(|key| key.as_str()));
            let near = crate::base::suggest::nearest(group, known)
                .map(|near| format!("did you mean `{near}`? otherwise "))
                .unwrap_or_default();
            item.error_at(
                "treeherder.symbol",
                format!("the Treeherder group `{group}` has no name"),
            )
            .help(format!(
                "{near}add it to `treeherder.group-names` in {config}"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::super::push::treeherder_defaults;
    use super::*;

    #[test]
    fn symbols_are_split_as_treeherder_writes_them() {
        assert_eq!(split_symbol("B"), Some((None, "B")));
        assert_eq!(split_symbol("?(B)"), Some((None, "B")));
        assert_eq!(split_symbol("L10n(de)"), Some((Some("L10n"), "de")));
        assert_eq!(split_symbol("A((B)"), Some((Some("A"), "(B")));
        assert_eq!(split_symbol("A(B"), None);
        assert_eq!(split_symbol("A(B)C"), None);
        assert_eq!(split_symbol("A(B))"), None);
    }

    #[test]
    fn treeherder_defaults_are_derived_from_the_kind() {
        let defaults = |kind| {
            let settings = treeherder_defaults(kind);
            ["kind", "symbol"].map(|key| settings[key].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(defaults("build-docker-image"), ["build", "BDI"]);
        assert_eq!(defaults("unit-test"), ["test", "UT"]);
        assert_eq!(defaults("fetch"), ["other", "F"]);
    }
}
