//! Prepares a promotion, up to the tasks that it would create.

use std::collections::BTreeMap;

use super::super::action::Call;
use super::super::{custom, render};
use super::flavor::Flavor;
use super::input::{self, PromotionInput};
use super::previous::{self, PreviousGraph};
use super::provenance::{GraphRecord, Origin, Provenance, Source};
use super::{revisions, selection, unknown_names};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::value::{Object, Value, json};
use crate::base::version::Version;
use crate::config::parameters::{Parameters, Strictness};
use crate::decision::flavor_chain::FlavorStep;
use crate::decision::{self, DecisionOptions, Generated, Prepared, Targets};
use crate::optimize::{Action, Reason};

/// The inputs of a promotion, before any phase has run.
pub struct Draft<'a> {
    input: PromotionInput<'a>,
    params: Parameters,
    /// The flavors before the last.
    steps: Vec<FlavorStep>,
    graphs: Vec<PreviousGraph>,
    /// The options of the decision.
    pub options: DecisionOptions<'a>,
}

/// A promotion that can be submitted.
pub struct Promotion<'d> {
    /// The input.
    pub input: &'d PromotionInput<'d>,
    /// The previous graphs.
    pub graphs: &'d [PreviousGraph],
    /// The graph, and the part of it that is created.
    pub prepared: Prepared,
    /// Where each task comes from.
    pub provenance: Provenance,
}

impl<'c> Draft<'c> {
    /// Reads the input and the previous graphs.
    ///
    /// # Errors
    /// When the input does not fit the flavor, or a previous graph cannot be read.
    pub async fn read(call: &'c Call<'_>) -> Outcome<Self> {
        let input = input::read(call)?;
        let ids = previous::ids(call, &input).await?;
        let graphs = previous::read(call, &ids).await?;
        let existing = previous::existing_tasks(&graphs, &input);
        tracing::info!(
            "Promoting {} on top of {} graphs with {} existing tasks",
            input.names(),
            graphs.len(),
            existing.len()
        );
        let mut steps: Vec<FlavorStep> = Vec::new();
        for flavor in &input.flavors {
            steps.push(FlavorStep {
                name: flavor.name.to_owned(),
                params: parameters(call, &input, *flavor, &graphs, &existing)?,
            });
        }
        let Some(last) = steps.pop() else {
            return Err(Diagnostic::user("`release_promotion_flavor` contains no flavor").into());
        };
        let params = last.params;
        let own = custom::project_actions(call.context, &params, call.action_task.as_str())?;
        let actions_json = render::actions_json(
            call.actions,
            call.context.files,
            call.graph_config,
            &params,
            call.action_task.as_str(),
            &own,
        )?;
        let options = DecisionOptions {
            // The decision task of the push has been indexed already.
            dry_run: true,
            decision_task_id: &call.action_task,
            actions_json,
            artifacts: call.artifacts,
            verify: true,
            events: call.events,
        };
        Ok(Self {
            input,
            params,
            steps,
            graphs,
            options,
        })
    }

    /// Runs the phases that do not depend on taskIds.
    ///
    /// # Errors
    /// When a phase fails, or the flavors do not select what they should.
    pub fn generate<'d>(&'d self, call: &'d Call<'_>) -> Outcome<Generated<'d>> {
        let check = |targets: Targets<'_>| {
            let mut wrong = Diagnostics::new();
            wrong.keep(selection::check(call, &self.input, targets));
            wrong.extend(unknown_names::check_rebuilt(
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
    ///
    /// # Errors
    /// When a phase fails.
    pub async fn prepare(
        &self,
        call: &Call<'_>,
        generated: &Generated<'_>,
    ) -> Outcome<Promotion<'_>> {
        let prepared = generated.prepare().await?;
        let input = &self.input;
        let names = input.flavors.iter().map(|flavor| flavor.name.to_owned());
        let provenance = provenance(
            &call.action_task,
            names.collect(),
            self.params.str("head_rev"),
            &self.graphs,
            &prepared,
        );
        if !input.mixed_revisions {
            revisions::warn_of_revisions(&provenance, &self.graphs);
        }
        Ok(Promotion {
            input,
            graphs: &self.graphs,
            prepared,
            provenance,
        })
    }
}

/// Returns the parameters of a flavor on top of these graphs.
fn parameters(
    call: &Call<'_>,
    input: &PromotionInput<'_>,
    flavor: Flavor<'_>,
    graphs: &[PreviousGraph],
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
        ("do_not_optimize", json!(input.do_not_optimize)),
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
    let version = match &input.version {
        Some(version) => version.clone(),
        None => input::parsed_version(call, flavor, &values)?,
    };
    values.insert("version", json!(version));
    values.extend(input.parameters.clone());
    if let Some(product) = flavor.text("product") {
        values.insert("release_product", json!(product));
    }
    let release_type = release_type(&values, flavor, &version);
    values.insert("release_type", json!(release_type));
    Parameters::new(values, Strictness::Lenient)
}

/// Returns the release type, by which target-tasks methods select: that of the flavor, or else of the
/// first graph's parameters, or else of the version.
fn release_type(values: &Object, flavor: Flavor<'_>, version: &str) -> String {
    const CANDIDATE: &str = "release-rc";
    if flavor.is("is-rc") {
        return CANDIDATE.to_owned();
    }
    let release_type = values.get("release_type").and_then(Value::as_str);
    // An ordinary release on top of a candidate is not a candidate.
    let release_type =
        release_type.filter(|release_type| !release_type.is_empty() && *release_type != CANDIDATE);
    let version = version.parse::<Version>().ok();
    let by_version = version.map_or("release", |version| version.release_type());
    flavor
        .text("release-type")
        .or(release_type)
        .unwrap_or(if by_version == CANDIDATE {
            "release"
        } else {
            by_version
        })
        .to_owned()
}

/// Records where the tasks of a graph on top of `graphs` came from.
fn provenance(
    action: &TaskId,
    flavors: Vec<String>,
    revision: &str,
    graphs: &[PreviousGraph],
    prepared: &Prepared,
) -> Provenance {
    let mut below: BTreeMap<TaskId, GraphRecord> = BTreeMap::new();
    for graph in graphs {
        let known = graph.provenance.as_ref();
        below.extend(known.into_iter().flat_map(|known| known.graphs.clone()));
        let previous = known
            .map(|known| known.previous.clone())
            .unwrap_or_default();
        let revision = graph.parameter("head_rev").to_owned();
        below.insert(graph.id.clone(), GraphRecord { revision, previous });
    }
    let tasks = prepared.morphed.label_to_taskid.iter();
    let tasks = tasks.map(|(label, task_id)| {
        let verdict = prepared.optimized.verdicts.get(label);
        let replaced = verdict.filter(|v| matches!(v.action, Action::Replaced(_)));
        let source = match replaced {
            Some(verdict) if verdict.reason == Reason::ExistingTasks => {
                let (graph, revision) = origin(graphs, label, task_id).unzip();
                Source {
                    task_id: task_id.clone(),
                    how: Origin::Reused,
                    graph,
                    revision,
                }
            }
            Some(_) => Source {
                task_id: task_id.clone(),
                how: Origin::Found,
                graph: None,
                revision: None,
            },
            None => Source {
                task_id: task_id.clone(),
                how: Origin::Created,
                graph: Some(action.clone()),
                revision: Some(revision.to_owned()),
            },
        };
        (label.clone(), source)
    });
    Provenance {
        action: action.clone(),
        flavors,
        previous: graphs.iter().map(|graph| graph.id.clone()).collect(),
        tasks: tasks.collect(),
        graphs: below,
    }
}

/// The graph that created a task, and its revision.
fn origin(graphs: &[PreviousGraph], label: &Label, task_id: &TaskId) -> Option<(TaskId, String)> {
    let by_creation = graphs
        .iter()
        .rev()
        .find(|graph| graph.created.contains(task_id));
    if let Some(graph) = by_creation {
        return Some((graph.id.clone(), graph.parameter("head_rev").to_owned()));
    }
    // An even earlier graph created it.
    graphs.iter().rev().find_map(|graph| {
        let source = graph.provenance.as_ref()?.tasks.get(label)?;
        (source.task_id == *task_id)
            .then(|| Some((source.graph.clone()?, source.revision.clone()?)))
            .flatten()
    })
}
