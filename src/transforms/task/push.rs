//! How Treeherder finds the tasks of a push, and shows those of a kind by default.

use crate::base::value::{Object, Value};
use crate::transform::Context;

/// The prefix of the routes that Treeherder listens to.
const ROUTE_ROOT: &str = "tc-treeherder";

/// The route for the tasks of a push that Treeherder listens to.
pub(super) fn treeherder_route(context: &Context<'_>) -> String {
    let params = context.params();
    format!(
        "{ROUTE_ROOT}.v2.{}.{}.{}",
        route_project(context),
        params.str("head_rev"),
        params.str("pushlog_id"),
    )
}

/// The link to the push at the end of a description.
#[must_use]
pub fn push_link(context: &Context<'_>) -> String {
    let params = context.params();
    let suffix = if is_pull_request(context) { "-pr" } else { "" };
    format!(
        " ([Treeherder push](https://treeherder.mozilla.org/#/jobs?repo={}{suffix}&revision={}))",
        params.project(),
        params.str("head_rev"),
    )
}

fn is_pull_request(context: &Context<'_>) -> bool {
    context
        .params()
        .tasks_for()
        .starts_with("github-pull-request")
}

/// The project of the push in Treeherder.
///
/// For a pull request it is derived from the base repository: the head repository may have any name,
/// for which the decision task has no scopes.
fn route_project(context: &Context<'_>) -> String {
    let params = context.params();
    if !is_pull_request(context) {
        return params.project().to_owned();
    }
    let repository = params
        .str("base_repository")
        .rsplit('/')
        .next()
        .unwrap_or_default();
    format!(
        "{}-pr",
        repository.strip_suffix(".git").unwrap_or(repository)
    )
}

/// The defaults that are derived from the name of a kind.
pub(super) fn treeherder_defaults(kind: &str) -> Object {
    let sort = ["build", "test"]
        .into_iter()
        .find(|sort| kind.contains(sort));
    let initials: String = kind
        .split('-')
        .filter_map(|word| word.chars().next())
        .collect();
    let settings = [
        ("platform", Value::from("default/opt")),
        ("tier", Value::from(1)),
        ("kind", Value::from(sort.unwrap_or("other"))),
        ("symbol", Value::from(initials.to_uppercase())),
    ];
    settings
        .map(|(key, value)| (key, value))
        .into_iter()
        .collect()
}
