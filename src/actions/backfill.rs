//! Creates a task on earlier pushes, to find the one that broke it.
//!
//! Each push leads to the previous one: in Mercurial by its number, in git by its base revision. The
//! search ends when the index has no decision task.

use super::action::{Call, triggering_task};
use super::create::{self, Round};
use super::existing::{self, ExistingGraph};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::Label;
use crate::base::value::{Value, json, truthy};
use crate::config::parameters::{Parameters, Strictness};
use crate::decision::index::task_at;

/// The default number of earlier pushes.
const DEFAULT_DEPTH: u64 = 9;

/// The schema of the input.
#[must_use]
pub fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "depth": {
                "type": "integer",
                "default": DEFAULT_DEPTH,
                "minimum": 1,
                "maximum": 25,
                "title": "Depth",
                "description": "The number of earlier pushes to create the task on.",
            },
            "inclusive": {
                "type": "boolean",
                "default": false,
                "title": "Inclusive range",
                "description": "Whether to create the task again on this push as well.",
            },
            "times": create::times_schema(Some(1)),
        },
        "additionalProperties": false,
    })
}

/// Creates the task on earlier pushes that have it in their graph and have not created it.
///
/// # Errors
/// When the task or the graph of a push cannot be read, or a task cannot be created.
pub async fn task(call: Call<'_>) -> Outcome<()> {
    let (_, definition) = triggering_task(&call, "backfill").await?;
    let name = definition["metadata"]["name"].as_str().unwrap_or_default();
    let label = Label::parse(name).map_err(|error| Diagnostic::user(error.to_string()))?;
    let depth = call.input.get("depth").and_then(Value::as_u64);
    let inclusive = call.input.get("inclusive").is_some_and(truthy);
    let mut pushes: Vec<(Parameters, ExistingGraph)> = Vec::new();
    if inclusive {
        let existing = ExistingGraph::from_call(&call).await?;
        existing.label_of(&definition)?;
        pushes.push((call.params.clone(), existing));
    }
    pushes.extend(earlier_pushes(&call, &label, depth.unwrap_or(DEFAULT_DEPTH)).await?);
    let times = create::times(&call.input);
    let mut rounds = Vec::new();
    for (i, (params, existing)) in pushes.iter().enumerate() {
        let revision: String = params.str("head_rev").chars().take(12).collect();
        rounds.extend((0..times).map(|round| Round {
            suffix: format!("{revision}-{round}"),
            requested: [label.clone()].into(),
            existing,
            params,
            on_triggered_graph: inclusive && i == 0,
        }));
    }
    if rounds.is_empty() {
        tracing::info!("There is no earlier push to create `{label}` on");
        return Ok(());
    }
    create::rounds(&call, &rounds, None).await
}

/// Returns the earlier pushes that have the task in their graph but did not create it.
async fn earlier_pushes(
    call: &Call<'_>,
    label: &Label,
    depth: u64,
) -> Outcome<Vec<(Parameters, ExistingGraph)>> {
    let taskcluster = call.context.taskcluster()?;
    let mut pushes = Vec::new();
    let mut params = call.params.clone();
    for _ in 0..depth {
        let Some(path) = previous_push_path(call, &params) else {
            break;
        };
        let Some(decision) = task_at(taskcluster, &path).await? else {
            tracing::info!("The index has no task at {path}, so the search ends here");
            break;
        };
        let values = existing::parameters(taskcluster, &decision).await?;
        params = Parameters::new(values, Strictness::Lenient)?;
        let group = Some(&decision);
        let graph = ExistingGraph::fetch(
            taskcluster,
            call.graph_config,
            &params,
            group,
            &call.action_task,
        )
        .await?;
        let revision = params.str("head_rev");
        if graph.label_to_taskid.contains_key(label) {
            tracing::info!("The push of {revision} already has `{label}`");
        } else if graph.graph.get(label).is_none() {
            tracing::info!("The graph of {revision} has no `{label}`");
        } else {
            pushes.push((params.clone(), graph));
        }
    }
    Ok(pushes)
}

/// Returns the index path of the decision task of the previous push.
fn previous_push_path(call: &Call<'_>, params: &Parameters) -> Option<String> {
    let (config, project) = (call.graph_config, params.project());
    if params.str("repository_type") == "git" {
        let base = params.str("base_rev");
        let new = !base.is_empty() && base != params.str("head_rev");
        return new.then(|| existing::revision_path(config, project, base));
    }
    let number: u64 = params.str("pushlog_id").parse().ok()?;
    let before = number.checked_sub(1).filter(|number| *number > 0)?;
    Some(existing::push_path(config, project, &before.to_string()))
}
