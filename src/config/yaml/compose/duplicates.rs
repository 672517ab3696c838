//! Keys that a mapping writes twice.

use std::collections::BTreeMap;

use crate::base::diagnostic::Diagnostic;
use crate::config::yaml::node::{Body, Nodes, Tag};

/// A warning for each key that its mapping already has.
///
/// It is not a mistake: the last value wins, at the place of the first.
pub(super) fn warnings(nodes: &Nodes) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for id in 0..nodes.len() {
        let Body::Map { pairs, .. } = &nodes.get(id).body else {
            continue;
        };
        let mut seen: BTreeMap<(&str, bool), usize> = BTreeMap::new();
        for (key, _) in pairs {
            let node = nodes.get(*key);
            let Body::Scalar(text) = &node.body else {
                continue;
            };
            if node.tag == Tag::Merge {
                continue;
            }
            // The integer 1 and the string '1' are two keys.
            let plain = matches!(node.tag, Tag::Str | Tag::Value);
            if let Some(line) = seen.insert((text, plain), node.line) {
                found.push(
                    nodes
                        .mistake(*key, format!("duplicate key `{text}`"))
                        .help(format!(
                            "remove one of the two; the value on line {line} has no effect"
                        )),
                );
            }
        }
    }
    found
}
