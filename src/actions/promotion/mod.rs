//! Release promotion: the snowman model.
//!
//! A release is a chain of graphs, one for each phase, and each is put on top of the ones before:
//!
//! 1. The input is checked against what its flavors need ([`input`]).
//! 2. The parameters are those of the first previous graph, but for the revision, which is the one
//!    that the action was fired from.
//! 3. Every previous graph's `label-to-taskid.json` says which labels exist; where several have one,
//!    the rightmost wins. Labels of `rebuild_kinds` and those in `do_not_optimize` are left out. Kinds
//!    are those of the previous full task graphs, the rightmost winning again ([`previous`]).
//! 4. A decision with the flavor's target-tasks method and these `existing_tasks` replaces what
//!    exists and plans the rest. Several flavors are one graph with gates between them.
//! 5. `provenance.json` tells where each task came from, and what was made from several revisions is
//!    not shipped ([`provenance`]).
//! 6. Each task is compared with the previous graphs ([`fate`]). Tasks of earlier phases that would
//!    be built without being asked for are surprises ([`surprise`]); flavors that select nothing of
//!    their own ([`aim`]), names that lead nowhere ([`names`]) and tasks that cannot be reused
//!    ([`standing`]) are mistakes. Either prevents the promotion, except for surprises that the input
//!    accepts.
//! 7. The tasks are created in the group of the action task, unless those of an earlier run are at
//!    work there.

mod aim;
mod fate;
pub mod in_python;
mod input;
mod names;
pub mod plan;
mod previous;
mod provenance;
mod schema;
mod standing;
mod surprise;

use std::collections::{BTreeMap, BTreeSet};

use super::{Call, render};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::value::{Object, Value, json};
use crate::base::version::Version;
use crate::config::parameters::{Parameters, Strictness};
use crate::decision::flavor_chain::FlavorStep;
use crate::decision::{self, DecisionOptions, Generated, Prepared, Targets, artifact};
use crate::submit::{Created, SubmitError, submit_with_retry};
use input::{Flavor, Wanted};
use previous::Graph;
use provenance::Provenance;

pub use schema::{check_chain, schema, symbol};

/// The name of the callback.
pub const CALLBACK: &str = "release-promotion";

/// Promotes.
///
/// # Errors
/// When the input does not fit the flavor, a previous graph cannot be had, or what the decision
/// says.
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
    if !promotion.wanted.mixed_revisions {
        provenance::check(&promotion.provenance, &promotion.prepared)?;
    }
    check_group(call, &promotion).await?;
    let value = crate::base::value::to_value(&promotion.provenance).unwrap_or_default();
    artifact::write_json(call.artifacts, provenance::ARTIFACT, &value)?;
    promotion
        .prepared
        .submit(call.context, &draft.options)
        .await
}

/// What a promotion is generated from.
struct Draft<'a> {
    wanted: Wanted<'a>,
    params: Parameters,
    /// The flavors before the last.
    steps: Vec<FlavorStep>,
    graphs: Vec<Graph>,
    options: DecisionOptions<'a>,
}

/// A promotion that can be submitted.
struct Promotion<'d> {
    wanted: &'d Wanted<'d>,
    graphs: &'d [Graph],
    prepared: Prepared,
    provenance: Provenance,
}

impl<'c> Draft<'c> {
    /// Reads the input and the previous graphs.
    async fn read(call: &'c Call<'_>) -> Outcome<Self> {
        let wanted = input::read(call)?;
        let ids = previous::ids(call, &wanted).await?;
        let graphs = previous::read(call, &ids).await?;
        let existing = previous::existing_tasks(&graphs, &wanted);
        tracing::info!(
            "Promoting {} on top of {} graphs with {} tasks that exist",
            wanted.names(),
            graphs.len(),
            existing.len()
        );
        let mut steps: Vec<FlavorStep> = Vec::new();
        for flavor in &wanted.flavors {
            steps.push(FlavorStep {
                name: flavor.name.to_owned(),
                params: parameters(call, &wanted, *flavor, &graphs, &existing)?,
            });
        }
        let Some(last) = steps.pop() else {
            return Err(Diagnostic::user("`release_promotion_flavor` names no flavor").into());
        };
        let params = last.params;
        let own = super::custom::offered(call.context, &params, call.own.as_str())?;
        let actions_json = render::actions_json(
            call.context.files,
            call.graph_config,
            &params,
            call.own.as_str(),
            &own,
        )?;
        let options = DecisionOptions {
            decision_task_id: &call.own,
            actions_json,
            artifacts: call.artifacts,
            verify: true,
            events: call.events,
        };
        Ok(Self {
            wanted,
            params,
            steps,
            graphs,
            options,
        })
    }

    /// Runs the phases that do not depend on taskIds.
    fn generate<'d>(&'d self, call: &'d Call<'_>) -> Outcome<Generated<'d>> {
        let check = |targets: Targets<'_>| {
            let mut wrong = Diagnostics::new();
            wrong.keep(aim::check(call, &self.wanted, targets));
            wrong.extend(names::check_rebuilt(
                call.graph_config,
                &call.input,
                &self.graphs,
                targets.full,
            ));
            wrong.or_ok(())
        };
        decision::generate(
            call.context,
            call.graph_config,
            &self.params,
            &self.options,
            &self.steps,
            &check,
        )
    }

    /// Runs the phases that depend on taskIds.
    async fn prepare(&self, call: &Call<'_>, generated: &Generated<'_>) -> Outcome<Promotion<'_>> {
        let prepared = generated.prepare().await?;
        let wanted = &self.wanted;
        let names = wanted.flavors.iter().map(|flavor| flavor.name.to_owned());
        let provenance = provenance::of(
            &call.own,
            names.collect(),
            self.params.str("head_rev"),
            &self.graphs,
            &prepared,
        );
        if !wanted.mixed_revisions {
            provenance::warn_of_revisions(&provenance, &self.graphs);
        }
        Ok(Promotion {
            wanted,
            graphs: &self.graphs,
            prepared,
            provenance,
        })
    }
}

/// Refuses a harmful promotion: surprises that the input does not accept, and tasks that cannot be
/// reused.
async fn review(call: &Call<'_>, promotion: &Promotion<'_>) -> Outcome<()> {
    let fates = fate::fates(promotion);
    let now = call.context.clock.now();
    let standing = standing::of(call.context.taskcluster()?, now, promotion, &fates).await?;
    let mut wrong = standing.mistakes();
    let surprises = surprise::surprises(call.graph_config, promotion, &fates);
    let surprises = surprise::mistakes(&surprises);
    if promotion.wanted.earlier_phases {
        for accepted in surprises.iter() {
            tracing::warn!("accepted: {accepted}");
        }
    } else {
        wrong.extend(surprises);
    }
    wrong.or_ok(())
}

/// How many labels are listed on one line.
const SHOWN: usize = 3;

/// Some labels of many.
pub fn some(labels: &[&str]) -> String {
    let shown = labels.iter().take(SHOWN).copied().collect::<Vec<_>>();
    match labels.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{}, … ({more} more)", shown.join(", ")),
    }
}

/// A count with its noun.
pub fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

/// The parameters of a flavor on top of these graphs.
fn parameters(
    call: &Call<'_>,
    wanted: &Wanted<'_>,
    flavor: Flavor<'_>,
    graphs: &[Graph],
    existing: &BTreeMap<Label, TaskId>,
) -> Outcome<Parameters> {
    let mut values = graphs
        .first()
        .map(|graph| graph.parameters.clone())
        .unwrap_or_default();
    let existing = existing
        .iter()
        .map(|(label, id)| (label.to_string(), json!(id.as_str())))
        .collect();
    let method = flavor.text("target-tasks-method").unwrap_or_default();
    for (key, value) in [
        ("head_rev", json!(call.params.str("head_rev"))),
        ("existing_tasks", Value::Object(existing)),
        ("do_not_optimize", json!(wanted.do_not_optimize)),
        (
            "target_tasks_method",
            json!(method.replace("{project}", call.params.project())),
        ),
        ("build_number", call.input["build_number"].clone()),
        ("optimize_target_tasks", json!(true)),
        ("shipping_phase", json!(flavor.name)),
        ("tasks_for", json!("action")),
    ] {
        values.insert(key, value);
    }
    let version = match &wanted.version {
        Some(version) => version.clone(),
        None => input::parsed_version(call, flavor, &values)?,
    };
    values.insert("version", json!(version));
    values.extend(wanted.parameters.clone());
    if let Some(product) = flavor.text("product") {
        values.insert("release_product", json!(product));
    }
    let release_type = release_type(&values, flavor, &version);
    values.insert("release_type", json!(release_type));
    Parameters::new(values, Strictness::Lenient)
}

/// The type of the release, which target-tasks methods choose by: what the flavor says, or else the
/// parameters of the first graph, or else the version.
fn release_type(values: &Object, flavor: Flavor<'_>, version: &str) -> String {
    const CANDIDATE: &str = "release-rc";
    if flavor.is("is-rc") {
        return CANDIDATE.to_owned();
    }
    let given = values.get("release_type").and_then(Value::as_str);
    // On top of a candidate an ordinary release is one again.
    let given = given.filter(|given| !given.is_empty() && *given != CANDIDATE);
    let version = version.parse::<Version>().ok();
    let by_version = version.map_or("release", |version| version.release_type());
    flavor
        .text("release-type")
        .or(given)
        .unwrap_or(if by_version == CANDIDATE {
            "release"
        } else {
            by_version
        })
        .to_owned()
}

/// States of tasks that are at work, or will be without anybody's doing.
const AT_WORK: &[&str] = &["pending", "running"];

/// Refuses to start when the group of this action holds tasks of an earlier run of it that are at
/// work, or that this run does not plan.
///
/// A run that was interrupted leaves tasks that all wait for the action task. They have the ids that
/// this run gives them, and are kept.
async fn check_group(call: &Call<'_>, promotion: &Promotion<'_>) -> Outcome<()> {
    let taskcluster = call.context.taskcluster()?;
    let members = match taskcluster.task_group(&call.own).await {
        Ok(members) => members,
        // There is none yet; or somebody tries the action at a desk.
        Err(error) if matches!(error.status, Some(400 | 404)) => return Ok(()),
        Err(error) => {
            return Err(Diagnostic::environment(format!(
                "the tasks of the group {} cannot be had",
                call.own
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
    let mut tell = |what: &str, found: Vec<String>, help: &str| {
        if let Some(first) = found.first() {
            let others = match found.len() {
                1 => String::new(),
                n => format!(" and {} more", n - 1),
            };
            wrong.push(
                Diagnostic::user(format!(
                    "the group of this action holds unfinished tasks of an earlier run that {what}"
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
    let at_work = |state: &str| AT_WORK.contains(&state);
    tell(
        "are at work",
        names(&|task| at_work(&task.state)),
        "wait until they are done, or cancel them with the action cancel-all; then rerun this action",
    );
    tell(
        "this run does not make",
        names(&|task| task.state == "unscheduled" && !known.contains(&task.task_id)),
        "cancel them with the action cancel-all, or promote with a new action task",
    );
    wrong.or_ok(())
}
