//! Calls an action back: checks its request, and runs it.

use super::action::{Action, Call};
use super::request::{Request, Runner, check_scope, choice_hint, enum_values};
use super::table::{ACTIONS, find};
use super::{project_callback, promotion, render};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::json_schema;
use crate::base::suggest;
use crate::base::value::{Object, Value, truthy};
use crate::config::graph_config::{GraphConfig, ON_DEMAND};
use crate::config::parameters::{Parameters, Strictness};

/// Checks a request and runs its action.
///
/// # Errors
/// When the callback is unknown, the input does not match its schema, a scope is missing, or the action
/// fails.
pub async fn run(runner: Runner<'_>, request: Request, parameters: Object) -> Outcome<()> {
    let params = Parameters::new(parameters, Strictness::Lenient).map_err(|all| {
        all.map(|d| {
            d.because("these are the parameters of the graph that the action is triggered on")
        })
    })?;
    if project_callback::run(runner, &request, &params, ACTIONS).await? {
        return Ok(());
    }
    let action = find_available(&request.callback, runner.graph_config)?;
    let input = check_input(action, runner.graph_config, request.input)?;
    if runner.check_scope {
        check_scope(runner, action.cb_name, action.permission, &params).await?;
    }
    tracing::info!("Running action {} ({})", action.name, action.cb_name);
    (action.run)(Call {
        context: runner.context,
        graph_config: runner.graph_config,
        params: &params,
        input,
        task_group_id: request.task_group_id,
        task_id: request.task_id,
        action_task: runner.action_task.clone(),
        artifacts: runner.artifacts,
        events: runner.events,
        actions: ACTIONS,
    })
    .await
}

fn find_available(
    callback: &str,
    graph_config: &GraphConfig,
) -> Result<&'static Action, Diagnostic> {
    let available = ACTIONS
        .iter()
        .filter(|action| (action.available)(graph_config));
    find(callback)
        .filter(|action| (action.available)(graph_config))
        .ok_or_else(|| {
            let known = available.map(|action| action.cb_name);
            let help = if ON_DEMAND.contains(&callback) {
                "add it to `snowman.actions` in config.yml, and push the change".to_owned()
            } else if find(callback).is_some() && graph_config.get("release-promotion").is_some() {
                "call `enable_action(\"release-promotion\")` of `mozilla_taskgraph.actions` in a \
                 function that the project registers"
                    .to_owned()
            } else if find(callback).is_some() {
                "add the section `release-promotion` to config.yml".to_owned()
            } else {
                suggest::hint_native(callback, known)
            };
            Diagnostic::user(format!("unknown action `{callback}`")).help(help)
        })
}

/// Checks an input against its action's schema. Interfaces fill in the defaults; missing properties
/// stay missing.
///
/// # Errors
/// Everything in the input that does not match the schema.
pub fn check_input(action: &Action, graph_config: &GraphConfig, input: Value) -> Outcome<Value> {
    let Some(schema) = (action.schema)(graph_config) else {
        if truthy(&input) {
            tracing::warn!("ignoring the input: the action {} takes none", action.name);
        }
        return Ok(render::empty_input());
    };
    let input = if input.is_null() {
        render::empty_input()
    } else {
        input
    };
    if action.cb_name == promotion::CALLBACK {
        promotion::flavor::check_chain(graph_config, &input)?;
    }
    let mismatches = json_schema::check(&schema, &input).map_err(|error| {
        Diagnostic::bug(format!(
            "the schema of the action {} is invalid: {error}",
            action.cb_name
        ))
    })?;
    let mut wrong = Diagnostics::new();
    for mismatch in mismatches {
        let json_schema::Mismatch {
            path,
            value,
            message,
        } = mismatch;
        let what = format!("the input of the action {}", action.cb_name);
        wrong.push(if path.is_empty() {
            let known = schema["properties"].as_object();
            let known: Vec<_> = known
                .into_iter()
                .flat_map(|map| map.keys().map(|key| key.as_str()))
                .collect();
            Diagnostic::user(format!("{what}: {message}"))
                .help(format!("known properties: {}", known.join(", ")))
        } else {
            let diagnostic = Diagnostic::user(format!("{what}, `{path}`: {message}"));
            let property = path.split('.').next().unwrap_or_default();
            let choices = enum_values(&schema["properties"][property]);
            match value.as_str() {
                Some(name) if !choices.is_empty() => diagnostic.help(choice_hint(name, &choices)),
                _ => diagnostic,
            }
        });
    }
    wrong.or_ok(input)
}
