//! Attributes that list names: of projects, events, branches, types of releases.
//!
//! Attributes may have any value. The names in it are those that Python's `set` returns: the items of a
//! list, the keys of a mapping, and the letters of a string, which is never intended.

use std::iter;

use crate::base::diagnostic::Diagnostic;
use crate::base::pattern::Prefix;
use crate::base::value::{Value, type_name};
use crate::config::parameters::Parameters;
use crate::custom::version::{Rule, Rules};
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;

/// The attributes that the method `default` reads.
const LISTS: [&str; 3] = ["run_on_projects", "run_on_tasks_for", BRANCHES];

/// The attribute with patterns of branches.
pub const BRANCHES: &str = "run_on_git_branches";

/// The name that matches every name.
const ALL: &str = "all";

/// Whether an attribute lists `name` or `all`; `absent` when the task has no such attribute.
///
/// # Errors
/// If the attribute lists no names.
pub fn runs_on(task: &Task, attribute: &str, name: &str, absent: bool) -> Result<bool, Diagnostic> {
    let listed = listed(task, attribute)?;
    Ok(listed.map_or(absent, |names| {
        names.into_iter().flatten().any(|n| n == ALL || n == name)
    }))
}

/// Whether the branch matters: pull requests come from branches of any name, and Mercurial has no such
/// branches.
pub fn reads_branch(params: &Parameters, rules: Rules) -> bool {
    const PULL_REQUEST: &str = "github-pull-request";
    let tasks_for = params.tasks_for();
    let any_branch = match rules.has(Rule::UntrustedPullRequestsOfAnyBranch) {
        true => tasks_for.starts_with(PULL_REQUEST),
        false => tasks_for == PULL_REQUEST,
    };
    params.str("repository_type") == "git" && !any_branch
}

/// Whether the task runs on the branch that the parameters name. A name is a pattern that matches at the
/// beginning of the branch.
///
/// # Errors
/// If the attribute lists no patterns.
pub fn on_branch(task: &Task, params: &Parameters, rules: Rules) -> Result<bool, Diagnostic> {
    if !reads_branch(params, rules) {
        return Ok(true);
    }
    let Some(patterns) = listed(task, BRANCHES)? else {
        return Ok(true);
    };
    if patterns.contains(&Some(ALL)) {
        return Ok(true);
    }
    let head = params.str("head_ref");
    let branch = head.strip_prefix("refs/heads/").unwrap_or(head);
    for pattern in patterns {
        let pattern = pattern.ok_or_else(|| {
            attribute_error(task, BRANCHES, "contains a value that is not a string")
        })?;
        let pattern = Prefix::new(pattern).map_err(|error| {
            attribute_error(task, BRANCHES, "contains an invalid pattern").because(error)
        })?;
        if pattern.matches(branch) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Warns about attributes that are strings, since a name is never a single letter.
pub fn warn(graph: &LabelGraph) {
    for attribute in LISTS {
        let mut texts = graph
            .tasks()
            .filter_map(|task| Some((task, task.attribute_str(attribute)?)));
        if let Some((task, text)) = texts.next() {
            let more = match texts.count() {
                0 => String::new(),
                1 => " (also in 1 more task)".to_owned(),
                more => format!(" (also in {more} more tasks)"),
            };
            let warning = task.diagnostic(format!(
                "the attribute `{attribute}` is the string {text:?}, so each letter \
                 counts as a name{more}"
            ));
            tracing::warn!("{}", warning.help(format!("write [{text:?}]")));
        }
    }
}

/// The names that an attribute lists; `None` for list items that are not strings.
fn listed<'t>(task: &'t Task, attribute: &str) -> Result<Option<Vec<Option<&'t str>>>, Diagnostic> {
    let Some(value) = task.attribute(attribute) else {
        return Ok(None);
    };
    let names = match value {
        Value::Array(items) => items.iter().map(item).collect::<Result<_, _>>(),
        Value::Object(map) => Ok(map.keys().map(|key| Some(key.as_str())).collect()),
        Value::String(text) => Ok(letters(text).map(Some).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) => Err(type_name(value)),
    };
    names.map(Some).map_err(|what| match value {
        Value::Array(_) => attribute_error(task, attribute, &format!("contains {what}")),
        _ => attribute_error(task, attribute, &format!("is {what}")),
    })
}

/// An item of a list of names.
fn item(value: &Value) -> Result<Option<&str>, &'static str> {
    match value {
        Value::Array(_) | Value::Object(_) => Err(type_name(value)),
        Value::String(text) => Ok(Some(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(None),
    }
}

/// The letters of a text, one by one.
fn letters(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    iter::from_fn(move || {
        let (first, behind) = rest.split_at_checked(rest.chars().next()?.len_utf8())?;
        rest = behind;
        Some(first)
    })
}

fn attribute_error(task: &Task, attribute: &str, what: &str) -> Diagnostic {
    let key = attribute.replace('_', "-");
    task.diagnostic(format!("the attribute `{attribute}` {what}"))
        .help(format!("set `{key}` to a list of names, e.g. [\"{ALL}\"]"))
}
