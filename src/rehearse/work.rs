//! The work of decision and action tasks, in this process instead of on a worker.

use sha2::{Digest, Sha256};

use super::definition::Findings;
use super::push::{Push, head_ref};
use super::task_run::RunningTask;
use super::template;
use crate::actions::custom::project_actions;
use crate::actions::render::{TASKCLUSTER_YML, actions_json};
use crate::actions::request::{Runner, read_request};
use crate::actions::{ACTIONS, callback, existing};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::config::graph_config::GraphConfig;
use crate::decision::flags::DecisionFlags;
use crate::decision::{self, Context, DecisionOptions, parameters};
use crate::ports::files::Files;
use crate::submit::Events;

/// Returns a taskId for the decision or an action; it differs in each sandbox and each time.
#[must_use]
pub fn new_id(root_url: &str, now: Timestamp, name: &str) -> TaskId {
    let mut hash = Sha256::new();
    hash.update(root_url);
    hash.update(now.moment().timestamp_micros().to_be_bytes());
    hash.update(name);
    let digest = hash.finalize();
    let mut bytes = [0u8; 16];
    bytes
        .iter_mut()
        .zip(digest.iter())
        .for_each(|(byte, from)| *byte = *from);
    TaskId::from_uuid_bytes(bytes)
}

/// Renders the decision task of a push to the requested branch, or to the first of the usual branches that
/// `.taskcluster.yml` has a task for; the push then keeps that branch.
///
/// # Errors
/// When it cannot be rendered, or has no task for such a push.
pub fn decision_task(
    files: &dyn Files,
    push: &mut Push,
    requested: Option<&str>,
    root_url: &str,
    new_id: &dyn Fn(&str) -> TaskId,
    now: Timestamp,
) -> Outcome<(TaskId, Value)> {
    let own = push.head_ref.clone();
    let mut refs = vec![requested.map_or(own, head_ref)];
    if requested.is_none() {
        for usual in ["main", "master"].map(head_ref) {
            if !refs.contains(&usual) {
                refs.push(usual);
            }
        }
    }
    let services = template::services(files, push.service)?;
    let pushes = services.iter().flat_map(|service| {
        let refs = refs.iter();
        refs.map(move |head_ref| (*service, head_ref))
    });
    for (service, head_ref) in pushes {
        push.service = service;
        push.head_ref.clone_from(head_ref);
        let rendered = template::decision_task(files, push, new_id, root_url, now)?;
        if let Some(rendered) = rendered {
            return Ok(rendered);
        }
    }
    Err(Diagnostic::user(format!(
        "{TASKCLUSTER_YML} has no task for a push to {}",
        refs.join(" or ")
    ))
    .help("choose another branch with `--branch`")
    .into())
}

/// The flags of a decision, and whether it verifies.
#[must_use]
pub fn decision_flags(
    context: Context<'_>,
    graph_config: &GraphConfig,
    push: &Push,
    found: &Findings,
    definition: &Value,
) -> (DecisionFlags, bool) {
    let (flags, verify) = found.decision_flags().unwrap_or_else(|| {
        let tool = context.vcs.map_or("git", |vcs| vcs.tool().name());
        (push.decision_flags(definition, tool), true)
    });
    let own = graph_config.taskgraph("decision-parameters");
    let flags = DecisionFlags {
        decision_parameters: own.and_then(Value::as_str).map(str::to_owned),
        ..flags
    };
    (flags, verify)
}

/// Makes the decision of a decision task that was created at `now`.
///
/// # Errors
/// Those of the decision.
pub async fn decide(
    running: &RunningTask<'_>,
    graph_config: &GraphConfig,
    task_id: &TaskId,
    (flags, verify): (DecisionFlags, bool),
    now: Timestamp,
    events: &Events<'_>,
) -> Outcome<()> {
    let context = running.context();
    let created = Some(now).filter(|_| flags.pushdate == 0);
    let params = parameters::for_decision(context, &flags, created)?;
    let own_actions = project_actions(context, &params, task_id.as_str())?;
    let actions_json = actions_json(
        ACTIONS,
        context.files,
        graph_config,
        &params,
        task_id.as_str(),
        &own_actions,
    )?;
    let options = DecisionOptions {
        decision_task_id: task_id,
        actions_json,
        artifacts: running.artifacts(),
        verify,
        dry_run: false,
        events,
    };
    decision::run(context, graph_config, &params, &options)
        .await
        .map(|_| ())
}

/// Runs the action of an action task, with the parameters of a group, or else of that which the action was triggered
/// on.
///
/// # Errors
/// When its request is invalid, or the action fails.
pub async fn call_back(
    running: &RunningTask<'_>,
    graph_config: &GraphConfig,
    task_id: &TaskId,
    group: Option<&TaskId>,
    events: &Events<'_>,
) -> Outcome<()> {
    let context = running.context();
    let taskcluster = context.taskcluster()?;
    let request = read_request(context.environment, taskcluster, task_id).await?;
    let group = group.or(request.task_group_id.as_ref()).ok_or_else(|| {
        Diagnostic::user("cannot determine the task group that the action was triggered on").help(
            "set ACTION_TASK_GROUP_ID, or `extra.action.context.taskGroupId` in the action task",
        )
    })?;
    let parameters = existing::parameters(taskcluster, group).await?;
    let runner = Runner {
        context,
        graph_config,
        action_task: task_id,
        artifacts: running.artifacts(),
        events,
        check_scope: true,
    };
    callback::run(runner, request, parameters).await
}
