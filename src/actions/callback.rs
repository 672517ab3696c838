//! Calls an action back: reads what it is called with, checks it, and runs the action.
//!
//! What it is called with stands in `ACTION_*` variables, or, where these are absent, in
//! `task.extra.action` of the action task itself.

use jsonschema::error::ValidationErrorKind;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::TaskId;
use crate::base::repo_url::parse_repository_url;
use crate::base::suggest;
use crate::base::value::{Object, Value, truthy, type_name};
use crate::config::graph_config::{GraphConfig, ON_DEMAND};
use crate::config::parameters::{Parameters, Strictness};
use crate::decision::Context;
use crate::ports::artifacts::Artifacts;
use crate::ports::environment::Environment;
use crate::ports::taskcluster::{ApiError, Taskcluster};
use crate::submit::Events;

use super::{ACTIONS, Action, Call, find};

/// What an action is called with.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The name of the callback.
    pub callback: String,
    /// The group that it is triggered on.
    pub task_group_id: Option<TaskId>,
    /// The task that it is triggered on.
    pub task_id: Option<TaskId>,
    /// The input.
    pub input: Value,
}

/// Reads what an action task is called with.
///
/// # Errors
/// When neither the environment nor the task says so, or says it in a form that cannot be read.
pub async fn request(
    environment: &Environment,
    taskcluster: &dyn Taskcluster,
    own: &TaskId,
) -> Outcome<Request> {
    match environment.filled("ACTION_CALLBACK") {
        Some(callback) => from_environment(environment, callback),
        None => from_task(taskcluster, own).await,
    }
}

fn from_environment(environment: &Environment, callback: &str) -> Outcome<Request> {
    let mut wrong = Diagnostics::new();
    let mut json = |name: &str| match environment.filled(name).map(serde_json::from_str) {
        None => Value::Null,
        Some(Ok(value)) => value,
        Some(Err(error)) => {
            wrong.push(Diagnostic::environment(format!("{name} is no JSON")).because(error));
            Value::Null
        }
    };
    let (task_id, input) = (json("ACTION_TASK_ID"), json("ACTION_INPUT"));
    let group = environment
        .filled("ACTION_TASK_GROUP_ID")
        .map_or(Value::Null, Value::from);
    let task_group_id = wrong.keep(id("ACTION_TASK_GROUP_ID", &group)).flatten();
    let task_id = wrong.keep(id("ACTION_TASK_ID", &task_id)).flatten();
    wrong.or_ok(Request {
        callback: callback.to_owned(),
        task_group_id,
        task_id,
        input,
    })
}

async fn from_task(taskcluster: &dyn Taskcluster, own: &TaskId) -> Outcome<Request> {
    let task = taskcluster.task(own).await.map_err(|error| {
        Diagnostic::environment("the definition of the action task itself could not be read")
            .because(error)
            .help("set ACTION_CALLBACK, ACTION_TASK_GROUP_ID, ACTION_TASK_ID and ACTION_INPUT, or run it in an action task")
    })?;
    let Some(action) = task.get("extra").and_then(|extra| extra.get("action")) else {
        return Err(
            Diagnostic::user(format!("the task {own} is no action task"))
                .because("ACTION_CALLBACK is not set and the task has no `extra.action`")
                .help("run it in the task of an action; `snowman test-action-callback` tries actions elsewhere")
                .into(),
        );
    };
    let name = ["cb_name", "name"]
        .iter()
        .find_map(|key| action.get(key).and_then(Value::as_str))
        .ok_or_else(|| Diagnostic::user(format!("`extra.action` of {own} has no `name`")))?;
    let context = action.get("context").unwrap_or(&Value::Null);
    let part = |key: &str| context.get(key).unwrap_or(&Value::Null);
    let mut wrong = Diagnostics::new();
    let mut id = |key: &str| {
        let what = format!("`extra.action.context.{key}`");
        wrong.keep(id(&what, part(key))).flatten()
    };
    let (task_group_id, task_id) = (id("taskGroupId"), id("taskId"));
    wrong.or_ok(Request {
        callback: name.to_owned(),
        task_group_id,
        task_id,
        input: part("input").clone(),
    })
}

fn id(what: &str, value: &Value) -> Outcome<Option<TaskId>> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => TaskId::parse(text)
            .map(Some)
            .map_err(|error| Diagnostic::user(format!("{what}: {error}")).into()),
        other => Err(Diagnostic::user(format!(
            "{what} is {}, where a taskId is expected",
            type_name(other)
        ))
        .into()),
    }
}

/// What cannot be had from Taskcluster: a mistake of whoever names it when there is no such thing.
pub(super) fn not_had(message: &str, error: &ApiError, help: &str) -> Diagnostic {
    let diagnostic = match error.status {
        Some(400 | 403 | 404 | 410) => Diagnostic::user(message).help(help),
        _ => Diagnostic::environment(message).help("try again when Taskcluster is well"),
    };
    diagnostic.because(error.answer())
}

/// The parameters of the decision whose graph an action is triggered on.
///
/// # Errors
/// When they cannot be had.
pub async fn parameters_of(taskcluster: &dyn Taskcluster, group: &TaskId) -> Outcome<Object> {
    let name = "public/parameters.yml";
    let text = taskcluster.artifact(group, name).await.map_err(|error| {
        let what = format!("the parameters of the decision task {group} cannot be had");
        not_had(
            &what,
            &error,
            "it has to be a decision task that has made its artifacts",
        )
    })?;
    Parameters::read(&format!("{group}/{name}"), &text)
}

/// What runs an action beside its request.
#[derive(Clone, Copy)]
pub struct Runner<'a> {
    /// The ports and settings.
    pub context: Context<'a>,
    /// The graph config.
    pub graph_config: &'a GraphConfig,
    /// The action task itself.
    pub own: &'a TaskId,
    /// Where artifacts go.
    pub artifacts: &'a dyn Artifacts,
    /// Hears of tasks as they are created.
    pub events: &'a Events<'a>,
    /// Whether the scope of the action is checked; dry runs have none.
    pub check_scope: bool,
}

/// Checks a request and runs its action.
///
/// # Errors
/// An unknown callback, an input that breaks its schema, a missing scope; or what the action says.
pub async fn run(runner: Runner<'_>, request: Request, parameters: Object) -> Outcome<()> {
    let params = Parameters::new(parameters, Strictness::Lenient).map_err(|all| {
        all.map(|d| {
            d.because("these are the parameters of the graph that the action is triggered on")
        })
    })?;
    if super::custom::run(runner, &request, &params).await? {
        return Ok(());
    }
    let action = known(&request.callback, runner.graph_config)?;
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
        own: runner.own.clone(),
        artifacts: runner.artifacts,
        events: runner.events,
    })
    .await
}

fn known(callback: &str, graph_config: &GraphConfig) -> Result<&'static Action, Diagnostic> {
    let available = ACTIONS
        .iter()
        .filter(|action| (action.available)(graph_config));
    find(callback)
        .filter(|action| (action.available)(graph_config))
        .ok_or_else(|| {
            let known = available.map(|action| action.cb_name);
            let help = if ON_DEMAND.contains(&callback) {
                "name it in `snowman.actions` of config.yml, and push that".to_owned()
            } else if find(callback).is_some() && graph_config.get("release-promotion").is_some() {
                "what the project registers does not bring it: have it call \
                 `enable_action(\"release-promotion\")` of `mozilla_taskgraph.actions`"
                    .to_owned()
            } else if find(callback).is_some() {
                "config.yml has no section `release-promotion`, which it needs".to_owned()
            } else {
                suggest::hint_native(callback, known)
            };
            Diagnostic::user(format!("unknown action `{callback}`")).help(help)
        })
}

/// Checks an input against its action's schema. Interfaces put the defaults into it; what is not
/// given stays out.
///
/// # Errors
/// Everything in the input that breaks the schema.
pub fn check_input(action: &Action, graph_config: &GraphConfig, input: Value) -> Outcome<Value> {
    let Some(schema) = (action.schema)(graph_config) else {
        if truthy(&input) {
            tracing::warn!(
                "the action {} takes no input; what was given is passed over",
                action.name
            );
        }
        return Ok(super::render::empty_input());
    };
    let input = if input.is_null() {
        super::render::empty_input()
    } else {
        input
    };
    if action.cb_name == super::promotion::CALLBACK {
        super::promotion::check_chain(graph_config, &input)?;
    }
    let validator = jsonschema::validator_for(&schema.clone().into())
        .map_err(|error| Diagnostic::bug(format!("the schema of {}: {error}", action.cb_name)))?;
    let checked = serde_json::Value::from(input.clone());
    let mut wrong = Diagnostics::new();
    for error in validator.iter_errors(&checked) {
        let path = error.instance_path().to_string();
        let path = path.trim_start_matches('/').replace('/', ".");
        let what = format!("the input of the action {}", action.cb_name);
        wrong.push(if path.is_empty() {
            let known = schema["properties"].as_object();
            let known: Vec<_> = known
                .into_iter()
                .flat_map(|map| map.keys().map(|key| key.as_str()))
                .collect();
            Diagnostic::user(format!("{what}: {error}"))
                .help(format!("it takes: {}", known.join(", ")))
        } else {
            let why = match error.kind() {
                ValidationErrorKind::AnyOf { .. } => {
                    format!("{} is none of what it may be", error.instance())
                }
                _ => error.to_string(),
            };
            let told = Diagnostic::user(format!("{what}, `{path}`: {why}"));
            let property = path.split('.').next().unwrap_or_default();
            let choices = choices(&schema["properties"][property]);
            match error.instance().as_str() {
                Some(given) if !choices.is_empty() => told.help(choice(given, &choices)),
                _ => told,
            }
        });
    }
    wrong.or_ok(input)
}

/// The texts that a schema lets somebody choose from.
fn choices(schema: &Value) -> Vec<&str> {
    match schema {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| match value.as_array() {
                Some(listed) if key == "enum" => listed.iter().filter_map(Value::as_str).collect(),
                _ => choices(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(choices).collect(),
        _ => Vec::new(),
    }
}

/// Names what there is to choose from, and what may have been meant.
pub(super) fn choice(given: &str, choices: &[&str]) -> String {
    let mut all = choices.to_vec();
    all.sort_unstable();
    all.dedup();
    let near = suggest::nearest(given, all.iter().copied());
    let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    format!("{near}there are: {}", all.join(", "))
}

/// Checks that the action task has the scope of its action.
///
/// Scopes keep people from what they must not do; this keeps them from doing it through the hook of
/// another action by mistake. The scope has to be there literally.
pub(super) async fn check_scope(
    runner: Runner<'_>,
    callback: &str,
    permission: &str,
    params: &Parameters,
) -> Outcome<()> {
    let role = |name: &str| {
        let url = params.str(name);
        parse_repository_url(url)
            .map(|parsed| parsed.role_prefix)
            .ok_or_else(|| {
                Diagnostic::user(format!(
                    "the parameter {name} is {url:?}, which is no known address"
                ))
                .help("repositories on GitHub and hg.mozilla.org are known")
            })
    };
    let wanted = [
        format!("assume:{}:action:{permission}", role("head_repository")?),
        format!("assume:{}:pr-action:{permission}", role("base_repository")?),
    ];
    let held = runner
        .context
        .taskcluster()?
        .current_scopes()
        .await
        .map_err(|error| {
            Diagnostic::environment("the scopes of the action task cannot be had").because(error)
        })?;
    if wanted.iter().any(|scope| held.contains(scope)) {
        return Ok(());
    }
    Err(Diagnostic::user(format!(
        "the action task has neither the scope `{}` nor `{}`",
        wanted[0], wanted[1]
    ))
    .help(format!(
        "trigger the action `{callback}` through its own hook"
    ))
    .into())
}
