//! Creates a task on earlier pushes, to find the one that broke it.
//!
//! Earlier pushes are found one from the other: under Mercurial by their numbers, under git by the
//! revision that each push says it came after. The chain ends where the index knows no decision
//! task.

use super::create::{self, Round};
use super::existing::{self, Existing};
use super::{Call, callback, task_of};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::Label;
use crate::base::value::{Value, json, truthy};
use crate::config::parameters::{Parameters, Strictness};
use crate::decision::index::task_at;

/// How many pushes are gone back when nothing is said.
const DEPTH: u64 = 9;

/// The schema of the input.
#[must_use]
pub fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "depth": {
                "type": "integer",
                "default": DEPTH,
                "minimum": 1,
                "maximum": 25,
                "title": "Depth",
                "description": "How many pushes before this one the task is created on.",
            },
            "inclusive": {
                "type": "boolean",
                "default": false,
                "title": "Inclusive range",
                "description": "If true, it is created on this push once more as well.",
            },
            "times": create::times_schema(Some(1)),
        },
        "additionalProperties": false,
    })
}

/// Creates the task on earlier pushes that have it in their graph and have not created it.
///
/// # Errors
/// When the task or the graph of a push cannot be had, or a task cannot be created.
pub async fn task(call: Call<'_>) -> Outcome<()> {
    let (_, definition) = task_of(&call, "backfill").await?;
    let name = definition["metadata"]["name"].as_str().unwrap_or_default();
    let label = Label::parse(name).map_err(|error| Diagnostic::user(error.to_string()))?;
    let depth = call.input.get("depth").and_then(Value::as_u64);
    let inclusive = call.input.get("inclusive").is_some_and(truthy);
    let mut pushes: Vec<(Parameters, Existing)> = Vec::new();
    if inclusive {
        let existing = existing::of_call(&call).await?;
        existing.label_of(&definition)?;
        pushes.push((call.params.clone(), existing));
    }
    pushes.extend(earlier(&call, &label, depth.unwrap_or(DEPTH)).await?);
    let times = create::times(&call.input);
    let mut rounds = Vec::new();
    for (i, (params, existing)) in pushes.iter().enumerate() {
        let revision: String = params.str("head_rev").chars().take(12).collect();
        rounds.extend((0..times).map(|round| Round {
            suffix: format!("{revision}-{round}"),
            wanted: [label.clone()].into(),
            existing,
            params,
            own: inclusive && i == 0,
        }));
    }
    if rounds.is_empty() {
        tracing::info!("No earlier push lacks `{label}`");
        return Ok(());
    }
    create::rounds(&call, &rounds, None).await
}

/// Earlier pushes that lack the task and could have it.
async fn earlier(
    call: &Call<'_>,
    label: &Label,
    depth: u64,
) -> Outcome<Vec<(Parameters, Existing)>> {
    let taskcluster = call.context.taskcluster()?;
    let mut pushes = Vec::new();
    let mut params = call.params.clone();
    for _ in 0..depth {
        let Some(path) = path_before(call, &params) else {
            break;
        };
        let Some(decision) = task_at(taskcluster, &path).await? else {
            tracing::info!("There is nothing at {path}, so this is as far back as it goes");
            break;
        };
        let values = callback::parameters_of(taskcluster, &decision).await?;
        params = Parameters::new(values, Strictness::Lenient)?;
        let group = Some(&decision);
        let graph =
            existing::fetch(taskcluster, call.graph_config, &params, group, &call.own).await?;
        let revision = params.str("head_rev");
        if graph.label_to_taskid.contains_key(label) {
            tracing::info!("The push of {revision} has `{label}` already");
        } else if graph.graph.get(label).is_none() {
            tracing::info!("The graph of {revision} has no `{label}`");
        } else {
            pushes.push((params.clone(), graph));
        }
    }
    Ok(pushes)
}

/// Where the index has the decision task of the push before that of these parameters.
fn path_before(call: &Call<'_>, params: &Parameters) -> Option<String> {
    let (config, project) = (call.graph_config, params.project());
    if params.str("repository_type") == "git" {
        let base = params.str("base_rev");
        let new = !base.is_empty() && base != params.str("head_rev");
        return new.then(|| existing::by_revision(config, project, base));
    }
    let number: u64 = params.str("pushlog_id").parse().ok()?;
    let before = number.checked_sub(1).filter(|number| *number > 0)?;
    Some(existing::by_push(config, project, &before.to_string()))
}
