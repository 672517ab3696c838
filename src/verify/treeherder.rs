//! Treeherder symbols and tiers.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::context::VerifyContext;
use crate::base::diagnostic::Diagnostics;
use crate::base::value::Value;
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;

fn treeherder(task: &Task) -> Option<&Value> {
    task.task.get("extra")?.get("treeherder")
}

pub(super) fn symbols(graph: &LabelGraph, _: VerifyContext<'_>, wrong: &mut Diagnostics) {
    let mut seen: BTreeMap<[&str; 4], &Task> = BTreeMap::new();
    for task in graph.tasks() {
        let Some(treeherder) = treeherder(task) else {
            continue;
        };
        let collections = treeherder.get("collection").and_then(Value::as_object);
        let collections: Vec<&str> = collections
            .into_iter()
            .flat_map(|map| map.keys())
            .map(|key| key.as_str())
            .collect();
        let [collection] = collections.as_slice() else {
            wrong.push(
                task.diagnostic(format!(
                    "expected exactly one Treeherder collection, found {}",
                    collections.len()
                ))
                .help("set one collection, after the `/` in `treeherder.platform`"),
            );
            continue;
        };
        let platform = treeherder
            .get("machine")
            .and_then(|machine| machine.get("platform"));
        let group = treeherder
            .get("groupSymbol")
            .and_then(Value::as_str)
            .unwrap_or("?");
        let key = [
            platform.and_then(Value::as_str).unwrap_or_default(),
            collection,
            group,
            treeherder
                .get("symbol")
                .and_then(Value::as_str)
                .unwrap_or_default(),
        ];
        let first = match seen.entry(key) {
            Entry::Vacant(place) => {
                place.insert(task);
                continue;
            }
            Entry::Occupied(first) => first.get().label.clone(),
        };
        let [platform, collection, group, symbol] = key;
        let symbol = if group == "?" {
            symbol.to_owned()
        } else {
            format!("{group}({symbol})")
        };
        wrong.push(
            task.diagnostic(format!(
                "its Treeherder platform and symbol, {platform}/{collection} {symbol}, are already \
                 used by the task `{first}`"
            ))
            .help("give one of them another `treeherder.symbol`"),
        );
    }
}

/// The tier of a task; the lowest possible one if it is not on Treeherder.
fn tier(task: &Task) -> u64 {
    treeherder(task)
        .and_then(|t| t.get("tier"))
        .and_then(Value::as_u64)
        .unwrap_or(u64::MAX)
}

fn printable(tier: u64) -> String {
    if tier == u64::MAX {
        "unknown".to_owned()
    } else {
        tier.to_string()
    }
}

pub(super) fn tiers(graph: &LabelGraph, _: VerifyContext<'_>, wrong: &mut Diagnostics) {
    for task in graph.tasks() {
        for dependency in task
            .dependencies
            .values()
            .filter_map(|label| graph.get(label))
        {
            let placeholder = dependency.task.get("workerType").and_then(Value::as_str)
                == Some("always-optimized")
                || dependency.kind.as_str().contains("dummy");
            if !placeholder && tier(task) < tier(dependency) {
                wrong.push(
                    task.diagnostic(format!(
                        "it has tier {} but depends on `{}` with tier {}",
                        printable(tier(task)),
                        dependency.label,
                        printable(tier(dependency))
                    ))
                    .help("set its tier to that of its dependencies, or to a higher number"),
                );
            }
        }
    }
}
