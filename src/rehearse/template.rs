//! Renders the decision and action tasks of a project, as taskcluster-github and the hooks service do.

use std::collections::BTreeMap;

use super::push::{Push, Service};

use crate::actions::render::TASKCLUSTER_YML;
use crate::base::diagnostic::{Diagnostic, Outcome, Place};
use crate::base::name::TaskId;
use crate::base::path::ValuePath;
use crate::base::repo_url::parse_repository_url;
use crate::base::time::Timestamp;
use crate::base::value::{Object, Str, Value, json};
use crate::config::yaml::{self, Document};
use crate::ports::files::{FileError, Files};

/// Renders the definition of the decision task of a push, with its taskId; `None` if
/// `.taskcluster.yml` has no task for it.
///
/// `slugid` generates a taskId for each label that the template passes to `as_slugid`.
///
/// # Errors
/// When `.taskcluster.yml` cannot be rendered, or renders more than one task.
pub fn decision_task(
    files: &dyn Files,
    push: &Push,
    slugid: &dyn Fn(&str) -> TaskId,
    root_url: &str,
    now: Timestamp,
) -> Outcome<Option<(TaskId, Value)>> {
    let mut slugids = BTreeMap::new();
    let document = taskcluster_yml(files)?;
    let template = replace_slugid_calls(&document.value, &mut |label| {
        slugids
            .entry(label.to_owned())
            .or_insert_with(|| slugid(label));
    });
    let slugids: Object = slugids
        .iter()
        .map(|(label, id)| (Str::from(label.as_str()), json!(id.as_str())))
        .collect();
    let own = slugid("decision");
    let mut context = push.context(now);
    context.insert("taskcluster_root_url", json!(root_url));
    context.insert(AS_SLUGID, Value::Object(slugids));
    context.insert("now", json!(now.to_string()));
    if push.service == Service::Mercurial {
        context.insert("ownTaskId", json!(own.as_str()));
    }
    let context = Value::Object(context);
    let mut tasks = render_tasks(&template, &context, "a push", &document)?;
    let Some(mut task) = tasks.pop() else {
        return Ok(None);
    };
    if !tasks.is_empty() {
        return Err(too_many(tasks.len() + 1, "a push").into());
    }
    let named = task.shift_remove("taskId");
    let task_id = match named.as_ref().and_then(Value::as_str) {
        Some(id) => TaskId::parse(id).map_err(|error| {
            Diagnostic::user(format!(
                "{TASKCLUSTER_YML} renders a task with the invalid taskId `{id}`"
            ))
            .because(error)
        })?,
        None => own,
    };
    Ok(Some((task_id, Value::Object(task))))
}

/// Renders the definition of an action task.
///
/// `action` is its entry in `actions.json`, with the template of the hook's payload; `user` is what the interface
/// renders that with.
///
/// # Errors
/// When either template cannot be rendered, or `.taskcluster.yml` renders not exactly one task.
pub fn action_task(
    files: &dyn Files,
    push: &Push,
    action: &Value,
    user: &Value,
    task_id: &TaskId,
    now: Timestamp,
) -> Outcome<Value> {
    let payload = hook_payload(action, user)?;
    let (decision, user) = (&payload["decision"], &payload["user"]);
    let permission = action["extra"]["actionPerm"].as_str().unwrap_or_default();
    let mut named = decision["action"].as_object().cloned().unwrap_or_default();
    let (tasks_for, scope) = hook_role(push, action, decision);
    named.insert("action_perm", json!(permission));
    named.insert("repo_scope", json!(scope));
    let context = json!({
        "tasks_for": tasks_for,
        "action": named,
        "repository": decision["repository"],
        "push": decision["push"],
        "input": user["input"],
        "parameters": decision["parameters"],
        "taskId": user["taskId"],
        "taskGroupId": user["taskGroupId"],
        "clientId": "rehearsal",
        "ownTaskId": task_id.as_str(),
        "now": now.to_string(),
    });
    // Interfaces show the symbol; the template in it is over the input.
    let symbol = json!({"symbol": decision["action"]["symbol"]});
    let symbol = render(&symbol, &json!({"input": user["input"]})).ok();
    let mut context = context;
    if let Some(symbol) = symbol.as_ref().and_then(|rendered| rendered.get("symbol")) {
        context["action"]["symbol"] = symbol.clone();
    }
    let what = "an action";
    let document = taskcluster_yml(files)?;
    let mut tasks = render_tasks(&document.value, &context, what, &document)?;
    match (tasks.pop(), tasks.len()) {
        (Some(mut task), 0) => {
            task.shift_remove("taskId");
            Ok(Value::Object(task))
        }
        (last, others) => Err(too_many(others + usize::from(last.is_some()), what).into()),
    }
}

/// Returns the action `release-promotion` in `actions.json`.
///
/// # Errors
/// When the decision task does not offer it.
pub fn promotion_action(actions_json: &[u8]) -> Result<Value, Diagnostic> {
    let offered: Value = serde_json::from_slice(actions_json)
        .map_err(|error| Diagnostic::bug("actions.json is not valid JSON").because(error))?;
    let actions = offered["actions"].as_array().cloned().unwrap_or_default();
    actions
        .into_iter()
        .find(|action| action["name"] == "release-promotion")
        .ok_or_else(|| {
            Diagnostic::user("the decision task does not provide the action `release-promotion`")
                .help(
                    "check that `taskgraph.disabled-actions` does not contain it, and that the project offers it for \
                     pushes to the repository, which is that of the remote `origin`",
                )
        })
}

/// Renders the payload that an interface sends to the hook of an action.
fn hook_payload(action: &Value, user: &Value) -> Result<Value, Diagnostic> {
    let name = action["name"].as_str().unwrap_or_default();
    if action["kind"] != "hook" {
        return Err(Diagnostic::user(format!(
            "the action `{name}` is not triggered by a hook"
        )));
    }
    render(&action["hookPayload"], user).map_err(|error| {
        Diagnostic::user(format!(
            "cannot render the action `{name}` with its input"
        ))
        .because(error)
        .help(if user["input"]["release_promotion_flavor"].is_array() {
            "to join flavors with `+`, set `chains: true` in the section `release-promotion` of config.yml"
        } else {
            "extend its input with `snowman rehearse --input FILE`"
        })
    })
}

/// The scope with which an action's hook creates tasks: the role of the repository for that action.
///
/// # Errors
/// When the template in `actions.json` cannot be rendered.
pub fn hook_scope(push: &Push, action: &Value, user: &Value) -> Outcome<String> {
    let payload = hook_payload(action, user)?;
    Ok(hook_role(push, action, &payload["decision"]).1)
}

/// The `tasks_for` of an action, and the scope of its role.
fn hook_role(push: &Push, action: &Value, decision: &Value) -> (&'static str, String) {
    // Hooks of pull requests act for the base repository.
    let hook = action["hookId"].as_str().unwrap_or_default();
    let (tasks_for, repository) = if hook.starts_with("in-tree-pr-action") {
        let base = decision["repository"]["base_url"].as_str();
        ("pr-action", base.unwrap_or_default())
    } else {
        ("action", push.repository.as_str())
    };
    let address = repository.strip_prefix("https://").unwrap_or(repository);
    let role = parse_repository_url(repository).map(|url| url.role_prefix);
    let role = role.unwrap_or_else(|| format!("repo:{address}"));
    let permission = action["extra"]["actionPerm"].as_str().unwrap_or_default();
    (tasks_for, format!("assume:{role}:{tasks_for}:{permission}"))
}

/// The services that `.taskcluster.yml` may have a task for: the own one first, and the other one if it is named.
///
/// # Errors
/// When the file cannot be read.
pub fn services(files: &dyn Files, own: Service) -> Outcome<Vec<Service>> {
    let text = read(files)?;
    let text = String::from_utf8_lossy(&text);
    let named = |service: &Service| text.contains(service.tasks_for());
    let all = [Service::GitHub, Service::Mercurial];
    let other = all.into_iter().filter(|service| *service != own);
    let mut found: Vec<Service> = std::iter::once(own).chain(other).filter(named).collect();
    if found.is_empty() {
        found.push(own);
    }
    Ok(found)
}

fn taskcluster_yml(files: &dyn Files) -> Outcome<Document> {
    yaml::load(TASKCLUSTER_YML, &read(files)?)
}

fn read(files: &dyn Files) -> Result<Vec<u8>, Diagnostic> {
    files.read(TASKCLUSTER_YML).map_err(|error| {
        match error {
        FileError::Missing(_) => Diagnostic::user(format!("{TASKCLUSTER_YML} does not exist")).help(
            "add it to the root of the repository; decision and action tasks are rendered from it",
        ),
        other => other.into(),
    }
    })
}

/// The maximum depth of brackets in an expression. JSON-e takes about three times as long for each
/// unclosed level.
const MAX_BRACKET_DEPTH: usize = 10;

/// Renders a template with values; both and the result are JSON to JSON-e.
fn render(template: &Value, context: &Value) -> anyhow::Result<Value> {
    if let Some(text) = too_deep(template) {
        let start: String = text.trim().chars().take(40).collect();
        anyhow::bail!(
            "brackets are nested more than {MAX_BRACKET_DEPTH} levels deep in `{start}…`"
        );
    }
    json_e::render(&template.clone().into(), &context.clone().into()).map(Value::from)
}

/// Returns a string of a template whose expression nests brackets too deeply.
fn too_deep(template: &Value) -> Option<&str> {
    match template {
        Value::String(text) => is_too_deep(text, false).then_some(text),
        Value::Array(items) => items.iter().find_map(too_deep),
        Value::Object(map) => map.iter().find_map(|(key, value)| {
            if is_too_deep(key, false) {
                return Some(key.as_str());
            }
            let expression = ["$eval", "$if"].contains(&key.as_str())
                || key.starts_with("by(")
                || key.starts_with("each(");
            match value {
                Value::String(text) if expression => is_too_deep(text, true).then_some(text),
                // Their keys are conditions.
                Value::Object(cases) if ["$match", "$switch"].contains(&key.as_str()) => cases
                    .iter()
                    .map(|(case, _)| case.as_str())
                    .find(|case| is_too_deep(case, true))
                    .or_else(|| too_deep(value)),
                _ => too_deep(value),
            }
        }),
        _ => None,
    }
}

/// Whether a string nests brackets too deeply: all of them if it is an expression, else those in `${…}`.
fn is_too_deep(text: &str, expression: bool) -> bool {
    let mut depth = 0_usize;
    let mut inside = expression;
    let mut before = ['\0'; 2];
    text.chars().any(|character| {
        // `$${` is a text.
        inside |= character == '{' && before[1] == '$' && before[0] != '$';
        before = [before[1], character];
        match character {
            _ if !inside => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        inside = expression || depth > 0;
        depth > MAX_BRACKET_DEPTH
    })
}

/// The function that taskcluster-github offers to templates: a taskId for each label.
const AS_SLUGID: &str = "as_slugid";

/// Replaces calls of `as_slugid` with look-ups of the label, since a context holds only values;
/// `on_label` is called for each label.
fn replace_slugid_calls(template: &Value, on_label: &mut dyn FnMut(&str)) -> Value {
    match template {
        Value::String(text) if text.contains(AS_SLUGID) => {
            Value::from(look_up_slugids(text, on_label))
        }
        Value::Array(items) => items
            .iter()
            .map(|item| replace_slugid_calls(item, on_label))
            .collect(),
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| {
                    let key = look_up_slugids(key, on_label);
                    (
                        Str::from(key.as_str()),
                        replace_slugid_calls(value, on_label),
                    )
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Replaces `as_slugid("label")` with `as_slugid["label"]` everywhere in a string.
fn look_up_slugids(text: &str, on_label: &mut dyn FnMut(&str)) -> String {
    let mut pieces = text.split(AS_SLUGID);
    let mut expression = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        expression.push_str(AS_SLUGID);
        match argument(piece) {
            Some((label, rest)) => {
                on_label(label);
                expression.push_str(&format!("[\"{label}\"]{rest}"));
            }
            None => expression.push_str(piece),
        }
    }
    expression
}

/// Returns the quoted string that is the only argument of a call, and the text after the call.
fn argument(call: &str) -> Option<(&str, &str)> {
    let inner = call.trim_start().strip_prefix('(')?.trim_start();
    let quote = inner.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (label, rest) = inner[1..].split_once(quote)?;
    let rest = rest.trim_start().strip_prefix(')')?;
    (!label.contains('"')).then_some((label, rest))
}

/// The tasks that a template renders; `document` is its source.
fn render_tasks(
    template: &Value,
    context: &Value,
    what: &str,
    document: &Document,
) -> Result<Vec<Object>, Diagnostic> {
    let rendered = render(template, context).map_err(|error| {
        let message = error.to_string();
        Diagnostic::user(format!("cannot render {TASKCLUSTER_YML} for {what}"))
            .at(place(document, &message))
            .because(message)
    })?;
    let tasks = rendered["tasks"].as_array().into_iter().flatten();
    Ok(tasks.filter_map(Value::as_object).cloned().collect())
}

/// The place of the first string that contains the name at the end of a message. JSON-e reports
/// names, but not their place.
fn place(document: &Document, message: &str) -> Option<Place> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let (_, name) = message
        .trim_end_matches(['.', '`', '"', '\''])
        .rsplit_once(|c| !is_name(c))?;
    let holds = |text: &str| text.split(|c| !is_name(c)).any(|word| word == name);
    if name.is_empty() {
        return None;
    }
    let path = path_to(&document.value, &ValuePath::root(), &holds)?;
    document.places.get(&path)
}

/// The path to the first string, or key, that satisfies a condition.
fn path_to(value: &Value, at: &ValuePath, holds: &dyn Fn(&str) -> bool) -> Option<ValuePath> {
    match value {
        Value::String(text) => holds(text).then(|| at.clone()),
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(index, item)| path_to(item, &at.index(index), holds))
        }
        Value::Object(map) => map.iter().find_map(|(key, value)| {
            let at = at.key(key);
            // A key may be a name that `$let` defines; a value uses it.
            let used = key.contains(['$', ' ', '(']) && holds(key);
            used.then(|| at.clone())
                .or_else(|| path_to(value, &at, holds))
        }),
        _ => None,
    }
}

fn too_many(count: usize, what: &str) -> Diagnostic {
    Diagnostic::user(format!(
        "{TASKCLUSTER_YML} renders {count} tasks for {what}, expected one"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_slugid_calls_are_replaced() {
        let cases = [
            ("as_slugid(\"a\")", "as_slugid[\"a\"]", vec!["a"]),
            (
                "${as_slugid( 'a b' )}/x",
                "${as_slugid[\"a b\"]}/x",
                vec!["a b"],
            ),
            (
                "as_slugid('a') + as_slugid ('b')",
                "as_slugid[\"a\"] + as_slugid[\"b\"]",
                vec!["a", "b"],
            ),
            // These are no calls with a text, and stay.
            ("as_slugid(name)", "as_slugid(name)", vec![]),
            ("as_slugid('a', 'b')", "as_slugid('a', 'b')", vec![]),
            ("as_slugid('a", "as_slugid('a", vec![]),
            ("nothing", "nothing", vec![]),
        ];
        for (text, expected, labels) in cases {
            let mut found = Vec::new();
            assert_eq!(
                look_up_slugids(text, &mut |label| found.push(label.to_owned())),
                expected
            );
            assert_eq!(found, labels, "{text}");
        }
    }

    #[test]
    fn deeply_nested_expressions_are_refused() {
        let deep = "[".repeat(70);
        let value = json!({"a": [{"$eval": format!("x || {deep}1")}]});
        let key = json!({format!("${{{deep}"): 1});
        for template in [value, key] {
            let error = render(&template, &json!({})).unwrap_err().to_string();
            assert!(
                error.starts_with("brackets are nested more than 10 levels deep in `"),
                "{error}"
            );
        }
        let closed = format!(
            "{}1{}",
            "(".repeat(MAX_BRACKET_DEPTH),
            ")".repeat(MAX_BRACKET_DEPTH)
        );
        let fine = render(
            &json!({"$eval": format!("{closed} + {closed}")}),
            &json!({}),
        );
        assert_eq!(fine.unwrap(), json!(2));
        // Where no expression is, brackets are text.
        let brackets = "[".repeat(70);
        let text =
            json!({"a": format!("{brackets}${{1 + 1}}{brackets}"), "b": format!("$${{{brackets}")});
        let rendered = render(&text, &json!({})).unwrap();
        assert_eq!(rendered["a"], json!(format!("{brackets}2{brackets}")));
        assert_eq!(rendered["b"], json!(format!("${{{brackets}")));
        let condition = format!("{brackets}1");
        for template in [
            json!({"$switch": {condition.clone(): 1}}),
            json!({"$sort": [1], "by(x)": condition}),
        ] {
            let error = render(&template, &json!({})).unwrap_err().to_string();
            assert!(
                error.starts_with("brackets are nested more than"),
                "{error}"
            );
        }
    }
}
