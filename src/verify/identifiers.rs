//! Provisioners and worker types.

use super::context::VerifyContext;
use crate::base::diagnostic::Diagnostics;
use crate::base::value::Value;
use crate::model::label_graph::LabelGraph;

/// The rule of the queue: 1 to 38 of letters, digits, `-` and `_`.
fn is_identifier(text: &str) -> bool {
    (1..=38).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

pub(super) fn run(graph: &LabelGraph, _: VerifyContext<'_>, wrong: &mut Diagnostics) {
    for task in graph.tasks() {
        for key in ["workerType", "provisionerId"] {
            let value = task
                .task
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default();
            if !is_identifier(value) {
                wrong.push(
                    task.diagnostic(format!("its {key} {value:?} is not a valid identifier")).help(
                        "use 1 to 38 letters, digits, `-` and `_`; see `workers.aliases` in config.yml",
                    ),
                );
            }
        }
    }
}
