//! Release promotion: the snowman model.
//!
//! A release is a chain of graphs, one for each phase, each created on top of the previous ones:
//!
//! 1. The input is checked against the requirements of its flavors ([`input`]).
//! 2. The parameters are those of the first previous graph, except for the revision, which is the
//!    one that the action was triggered on.
//! 3. Every previous graph's `label-to-taskid.json` lists the labels that exist; if several have one,
//!    the last graph counts. Labels of `rebuild_kinds` and those in `do_not_optimize` are left out. Kinds
//!    are looked up in the previous full task graphs, again with the last one first ([`previous`]).
//! 4. A decision with the flavor's target-tasks method and these `existing_tasks` replaces what
//!    exists and plans the rest. Several flavors are one graph with gates between them.
//! 5. `provenance.json` records where each task came from. One phase built from several revisions is
//!    not shipped ([`revisions`]).
//! 6. Each task is compared with the previous graphs ([`disposition`]). Tasks of earlier phases that would
//!    be built without a request are unexpected ([`unexpected`]). Flavors that select nothing of
//!    their own ([`selection`]), unknown names ([`unknown_names`]) and tasks that cannot be reused
//!    ([`reused`]) are mistakes. Both prevent the promotion, except for unexpected tasks that the
//!    input accepts.
//! 7. The tasks are created in the group of the action task, unless it has pending or running tasks
//!    of an earlier run.

pub mod disposition;
pub mod flavor;
mod input;
pub mod prepare;
mod previous;
pub mod provenance;
pub mod python_warnings;
pub mod recorded;
pub mod reused;
pub mod revisions;
pub mod schema;
mod selection;
pub mod unexpected;
mod unknown_names;

use std::collections::BTreeSet;

use super::action::Call;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::TaskId;
use crate::base::task_state::TaskState;
use crate::decision::{Generated, artifact};
use crate::submit::{Created, SubmitError, submit_with_retry};
use disposition::dispositions;
use prepare::{Draft, Promotion};
use reused::ReusedStates;

/// The name of the callback.
pub const CALLBACK: &str = "release-promotion";

/// Promotes a release.
///
/// # Errors
/// When the input does not fit the flavor, a previous graph cannot be read, or the decision fails.
pub async fn run(call: Call<'_>) -> Outcome<()> {
    let draft = Draft::read(&call).await?;
    let generated = draft.generate(&call)?;
    submit_with_retry(|| Box::pin(attempt(&call, &draft, &generated))).await?;
    Ok(())
}

/// Resolves the graph with taskIds, checks it, and creates it.
async fn attempt(
    call: &Call<'_>,
    draft: &Draft<'_>,
    generated: &Generated<'_>,
) -> Result<Vec<Created>, SubmitError> {
    let promotion = draft.prepare(call, generated).await?;
    review(call, &promotion).await?;
    if !promotion.input.mixed_revisions {
        revisions::check(&promotion.provenance, &promotion.prepared)?;
    }
    check_group(call, &promotion).await?;
    let value = crate::base::value::to_value(&promotion.provenance).unwrap_or_default();
    artifact::write_json(call.artifacts, provenance::ARTIFACT, &value)?;
    promotion
        .prepared
        .submit(call.context, &draft.options)
        .await
}

/// Refuses a harmful promotion: unexpected tasks that the input does not accept, and tasks that cannot
/// be reused.
async fn review(call: &Call<'_>, promotion: &Promotion<'_>) -> Outcome<()> {
    let dispositions = dispositions(promotion);
    let now = call.context.clock.now();
    let reused =
        ReusedStates::fetch(call.context.taskcluster()?, now, promotion, &dispositions).await?;
    let mut wrong = reused.diagnostics();
    let unexpected = unexpected::find(call.graph_config, promotion, &dispositions);
    let unexpected = unexpected::diagnostics(&unexpected);
    if promotion.input.earlier_phases {
        for accepted in unexpected.iter() {
            tracing::warn!("accepted: {accepted}");
        }
    } else {
        wrong.extend(unexpected);
    }
    wrong.or_ok(())
}

/// Refuses to start if the task group of this action has tasks of an earlier run that are pending or
/// running, or that this run does not create.
///
/// An interrupted run leaves tasks that all wait for the action task. They have the ids that this run
/// gives them, and are kept.
async fn check_group(call: &Call<'_>, promotion: &Promotion<'_>) -> Outcome<()> {
    let taskcluster = call.context.taskcluster()?;
    let members = match taskcluster.task_group(&call.action_task).await {
        Ok(members) => members,
        // The group does not exist yet, or the action runs locally.
        Err(error) if error.is_absent() => return Ok(()),
        Err(error) => {
            return Err(Diagnostic::environment(format!(
                "cannot list the tasks of the group {}",
                call.action_task
            ))
            .because(error)
            .into());
        }
    };
    let plan = promotion.prepared.plan();
    let planned = plan.creations().iter().map(|task| &task.task_id);
    let obsolete = promotion.prepared.obsolete().iter();
    // Obsolete tasks of this action are cancelled after the whole graph is created.
    let known: BTreeSet<&TaskId> = planned.chain(obsolete.map(|task| &task.task_id)).collect();
    let mut wrong = Diagnostics::new();
    let mut report = |what: &str, found: Vec<String>, help: &str| {
        if let Some(first) = found.first() {
            let others = match found.len() {
                1 => String::new(),
                n => format!(" and {} more", n - 1),
            };
            wrong.push(
                Diagnostic::user(format!(
                    "the group of this action has unfinished tasks of an earlier run that {what}"
                ))
                .because(format!("{first}{others}"))
                .help(help),
            );
        }
    };
    let names = |keep: &dyn Fn(&crate::ports::taskcluster::GroupMember) -> bool| {
        let found = members.iter().filter(|task| keep(task));
        let named = found.map(|task| {
            let name = task.definition["metadata"]["name"].as_str();
            format!("{} ({})", name.unwrap_or_default(), task.task_id)
        });
        let mut named: Vec<String> = named.collect();
        named.sort_unstable();
        named
    };
    report(
        "are pending or running",
        names(&|task| task.state.is_active()),
        "wait until they are resolved, or cancel them with the action cancel-all; then rerun this action",
    );
    report(
        "this run does not create",
        names(&|task| task.state == TaskState::Unscheduled && !known.contains(&task.task_id)),
        "cancel them with the action cancel-all, or promote with a new action task",
    );
    wrong.or_ok(())
}
