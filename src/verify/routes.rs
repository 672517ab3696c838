//! Routes.

use std::collections::BTreeMap;

use super::context::VerifyContext;
use crate::base::diagnostic::Diagnostics;
use crate::base::suggest;
use crate::base::value::Value;
use crate::custom::version::Rule;
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;

static FILTERS: &[&str] = &[
    "on-any",
    "on-completed",
    "on-defined",
    "on-failed",
    "on-exception",
    "on-pending",
    "on-resolved",
    "on-running",
    "on-transition",
];

/// The filters before [`Rule::NotificationsOnTransitions`].
static OLD_FILTERS: &[&str] = &["on-any", "on-completed", "on-failed", "on-exception"];

fn routes(task: &Task) -> impl Iterator<Item = &str> {
    task.task
        .get("routes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

pub(super) fn distinct(graph: &LabelGraph, context: VerifyContext<'_>, wrong: &mut Diagnostics) {
    let prefix = format!("index.{}.v2", context.graph_config.trust_domain());
    let mut seen: BTreeMap<&str, &Task> = BTreeMap::new();
    for task in graph.tasks() {
        for route in routes(task).filter(|route| route.starts_with(&prefix)) {
            if let Some(other) = seen.get(route) {
                wrong.push(
                    task.diagnostic(format!(
                        "the task `{}` has the same route `{route}`",
                        other.label
                    ))
                    .help("give one of them another `index.job-name`"),
                );
            } else {
                seen.insert(route, task);
            }
        }
    }
}

pub(super) fn notifications(
    graph: &LabelGraph,
    context: VerifyContext<'_>,
    wrong: &mut Diagnostics,
) {
    let on_transitions = context.rules().has(Rule::NotificationsOnTransitions);
    let filters = if on_transitions { FILTERS } else { OLD_FILTERS };
    for task in graph.tasks() {
        for route in routes(task).filter(|route| route.starts_with("notify.")) {
            let filter = route.rsplit('.').next().unwrap_or(route);
            if !filters.contains(&filter) {
                wrong.push(
                    task.diagnostic(format!(
                        "its route `{route}` ends in {filter:?}, which is not a notification filter"
                    ))
                    .help(suggest::hint(filter, filters.iter().copied())),
                );
            } else if filter == "on-any" && on_transitions {
                tracing::warn!(
                    "task `{}`: the notification filter `on-any` is deprecated; use `on-transition` or `on-resolved`",
                    task.label
                );
            }
        }
    }
}

/// <https://docs.taskcluster.net/docs/reference/core/index#valid-characters>
fn is_namespace(text: &str) -> bool {
    text.split('.').all(|part| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_!~*'()%-".contains(c))
    })
}

pub(super) fn index(graph: &LabelGraph, context: VerifyContext<'_>, wrong: &mut Diagnostics) {
    let valid = context.rules().has(Rule::IndexRoutesAreValid);
    let is_valid = |path: &str| match valid {
        true => is_namespace(path),
        false => !path.contains('/'),
    };
    for task in graph.tasks() {
        for route in routes(task) {
            if route
                .strip_prefix("index.")
                .is_some_and(|path| !is_valid(path))
            {
                wrong.push(
                    task.diagnostic(format!("its route `{route}` is not a valid index path")).help(
                        "each part between dots must consist of letters, digits and `_!~*'()%-`",
                    ),
                );
            }
        }
    }
}
