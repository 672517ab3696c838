//! Functions of a project that check, compute and change parameters.

use std::path::Path;

use super::project::GRAPH_WORKER;
use super::version::{Rule, Rules};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::value::{Object, Value, json, type_name};
use crate::config::parameters::Strictness;
use crate::ports::python::{Call, Failure, Python};

/// Checks parameters against the project's schema. Lenient ones get the project's defaults, which
/// take precedence over ours for keys that are not in `given`.
///
/// # Errors
/// Everything that the project's check reports.
pub fn fill(
    python: &dyn Python,
    values: Object,
    initial: &Object,
    strictness: Strictness,
    repository: &Path,
) -> Outcome<Object> {
    let mut values = values;
    let kinds = values.shift_remove("target-kinds");
    let initial: Vec<_> = initial.keys().collect();
    let arguments = json!({
        "values": values,
        "given": initial,
        "strict": strictness == Strictness::Strict,
        "repository": repository.display().to_string(),
    });
    let mut values = call(
        python,
        "fill_parameters",
        arguments,
        "the project's check of parameters",
    )?;
    values.extend(kinds.map(|kinds| ("target-kinds", kinds)));
    Ok(values)
}

/// The rules of the project's taskgraph.
///
/// # Errors
/// If Python cannot be started.
pub fn rules(python: &dyn Python) -> Result<Rules, Diagnostic> {
    let rules = Rules::of_installed(python);
    rules.map_err(|failure| failure.diagnostic("looking up the version of taskgraph"))
}

/// The base of a push, by parameter name, if the project's version of taskgraph determines it
/// itself.
///
/// # Errors
/// If version control fails.
pub fn base(python: &dyn Python, values: Value) -> Outcome<Option<Object>> {
    if rules(python)?.has(Rule::BaseIsGiven) {
        return Ok(None);
    }
    call(
        python,
        "base_revision",
        json!({"values": values}),
        "determining the base revision",
    )
    .map(Some)
}

/// The parameters of a decision with these options, by name, if the project's own entry computes them.
///
/// # Errors
/// What it raises.
pub fn of_entry(
    python: &dyn Python,
    options: Value,
    arguments: Vec<String>,
) -> Outcome<Option<Object>> {
    let arguments = json!({"options": options, "arguments": arguments});
    let call = Call::new("entry_parameters", arguments);
    let answer = python.call(GRAPH_WORKER, call);
    let mut answer = answer.map_err(|failure| {
        failure.diagnostic("`get_decision_parameters` of the project's entry")
    })?;
    match answer.value["values"].take() {
        Value::Object(values) => Ok(Some(values)),
        _ => Ok(None),
    }
}

/// Changes the parameters of a decision with the function in `taskgraph.decision-parameters`.
///
/// # Errors
/// What it raises.
pub fn change(
    python: &dyn Python,
    values: Object,
    function: &str,
    arguments: Vec<String>,
) -> Outcome<Object> {
    let arguments = json!({"values": values, "function": function, "arguments": arguments});
    call(
        python,
        "decision_parameters",
        arguments,
        &format!("the `decision-parameters` function `{function}`"),
    )
}

/// The version that a function of the project returns for parameters.
///
/// # Errors
/// What it raises, or if it does not return a string.
pub fn version(python: &dyn Python, values: &Object, function: &str) -> Result<String, Diagnostic> {
    let what = format!("the `version-parser` `{function}`");
    let arguments = json!({"values": values, "function": function});
    let answer = python.call(GRAPH_WORKER, Call::new("parse_version", arguments));
    let answer = answer.map_err(|failure| failure.diagnostic(&what))?;
    let version = &answer.value["version"];
    version.as_str().map(str::to_owned).ok_or_else(|| {
        let found = type_name(version);
        Diagnostic::user(format!("{what} returned {found} instead of a version"))
    })
}

fn call(python: &dyn Python, name: &'static str, arguments: Value, what: &str) -> Outcome<Object> {
    let answer = python
        .call(GRAPH_WORKER, Call::new(name, arguments))
        .map_err(|failure| match failure {
            Failure::Raised(exception) if exception.class == "ParameterMismatch" => {
                let message = exception.message.replace('\n', " ");
                Diagnostic::user(format!(
                    "parameters: {}",
                    message.trim_start_matches("Invalid parameters: ")
                ))
            }
            other => other.diagnostic(what),
        })?;
    match answer.value.get("values") {
        Some(Value::Object(values)) => Ok(values.clone()),
        _ => Err(Diagnostic::bug("the Python worker returned no parameters").into()),
    }
}
