//! The phases of a decision, one by one.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::existing_tasks::existing_tasks;
use super::python_needs::refuse_python;
use crate::base::diagnostic::{Class, Diagnostic, Outcome};
use crate::base::name::{IndexPath, Label, TaskId};
use crate::base::path::ValuePath;
use crate::base::value::{Value, json};
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::custom::Custom;
use crate::custom::parameter_hooks;
use crate::custom::phase_hook::PhaseObserver;
use crate::custom::strategies::Strategies;
use crate::custom::version::{Rule, Rules};
use crate::generate::{self, FullTaskGraph, FullTaskSet};
use crate::kind::{KindDefinition, KindGraph};
use crate::model::label_graph::LabelGraph;
use crate::morph::{self, MorphedTaskGraph, staged};
use crate::optimize::{self, IndexAnswers, OptimizedTaskGraph};
use crate::ports::artifacts::Artifacts;
use crate::ports::ids::DerivedIds;
use crate::ports::taskcluster::ApiError;
use crate::ports::vcs::VcsError;
use crate::target::{self, TargetTaskGraph, TargetTaskSet};
use crate::verify;

/// Runs phases with one project and one set of parameters.
#[derive(Clone, Copy)]
pub struct Phases<'a> {
    /// The ports and settings.
    pub context: Context<'a>,
    /// The graph config.
    pub graph_config: &'a GraphConfig,
    /// The parameters.
    pub params: &'a Parameters,
    /// Whether verifications run.
    pub verify: bool,
    /// Where docker contexts are written; `None` when graphs are only shown.
    pub artifacts: Option<&'a dyn Artifacts>,
}

/// The full task set and the full task graph.
#[derive(Debug, Clone)]
pub struct FullTasks {
    /// All tasks, without edges.
    pub set: FullTaskSet,
    /// All tasks, with edges.
    pub graph: FullTaskGraph,
}

/// What a set of parameters selects.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The labels that its filters select.
    pub targets: BTreeSet<Label>,
    /// Whether the project's Python selected them.
    pub in_python: bool,
}

impl Phases<'_> {
    /// Loads the kinds and sorts them by their dependencies.
    ///
    /// # Errors
    /// Every mistake in the files of the kinds or in their dependencies.
    pub fn kind_graph(&self) -> Outcome<KindGraph> {
        if self.python().is_none() {
            refuse_python(self.graph_config, self.params)?;
        }
        KindGraph::load(
            self.context.files,
            self.graph_config,
            self.params.target_kinds(),
        )
    }

    /// Returns the Python object with the project's strategies, if the environment or the parameters
    /// name one.
    fn strategies(&self) -> Option<&str> {
        let environment = self
            .context
            .environment
            .filled("TASKGRAPH_OPTIMIZE_STRATEGIES");
        environment.or_else(|| self.params.get("optimize_strategies")?.as_str())
    }

    /// Generates the full task set.
    ///
    /// # Errors
    /// Every mistake in any kind.
    pub fn full_set(&self) -> Outcome<FullTaskSet> {
        let _span = tracing::info_span!(target: "timing", "phase", what = "full task set");
        let kinds = self.kind_graph()?;
        let custom = self.custom(&kinds)?;
        let custom = custom.as_ref();
        let kinds = match custom {
            Some(custom) if !custom.rules.has(Rule::KindsInParallel) => kinds.in_order_of_visits(),
            _ => kinds,
        };
        let verifier = custom.filter(|_| self.verify);
        // The phase `graph_config` ends before the project registers anything, so it is not observed.
        observe(custom, "parameters", || {
            for phase in ["initial", "graph_config", "parameters"] {
                if let Some(custom) = verifier {
                    custom.verify(phase, json!({}))?;
                }
            }
            Ok(())
        })?;
        observe(custom, "kind_graph", || {
            let Some(custom) = verifier else {
                return Ok(());
            };
            let kind = |kind: &&KindDefinition| json!([kind.name.as_str(), kind.path, kind.config]);
            let kinds: Vec<_> = kinds.in_order().iter().map(kind).collect();
            custom.verify("kinds", json!({"kinds": kinds}))
        })?;
        observe(custom, "full_task_set", || {
            let cache = self.context.cache;
            let set = self
                .with_project(|project| generate::full_task_set(project, &kinds, custom, cache))?;
            if let Some(custom) = custom {
                let kept = custom.finish_kinds();
                kept.map_err(|failure| failure.diagnostic("the end of the kinds"))?;
            }
            if let Some(custom) = verifier {
                custom.verify_labels("full_task_set", &set.0, &set.0, false)?;
            }
            Ok(set)
        })
    }

    /// Generates and verifies the full task graph.
    ///
    /// # Errors
    /// Every mistake in any kind, missing or circular dependencies, and failed verifications.
    pub fn full(&self) -> Outcome<FullTasks> {
        let set = self.full_set()?;
        let graph = self.phase("full_task_graph", |custom| {
            let graph = generate::full_task_graph(&set)?;
            if self.verify {
                let context = verify::VerifyContext {
                    graph_config: self.graph_config,
                    params: self.params,
                    cache_suffix: self.context.task_scripts.cache_suffix(),
                    custom,
                };
                verify::full_task_graph(&graph.0, context)?;
                self.check_strategies(&graph.0, custom)?;
                if let Some(custom) = custom {
                    custom.verify_labels("full_task_graph", &graph.0, &graph.0, true)?;
                }
            }
            Ok(graph)
        })?;
        Ok(FullTasks { set, graph })
    }

    /// Checks the names of strategies, if all that the project has are known: a parameter can name a table
    /// of its own, and without Python nobody registers any.
    fn check_strategies(&self, graph: &LabelGraph, custom: Option<&Custom<'_>>) -> Outcome<()> {
        let registers = self.graph_config.registration().is_some();
        if self.strategies().is_some() || (custom.is_none() && registers) {
            return Ok(());
        }
        let own = custom.map(Custom::strategy_names).unwrap_or_default();
        optimize::check_names(graph, &own)
    }

    /// Selects the target task set.
    ///
    /// # Errors
    /// An unknown filter or method.
    pub fn target_set(&self, full: &FullTasks) -> Outcome<TargetTaskSet> {
        let _span = tracing::info_span!(target: "timing", "phase", what = "target task set");
        self.phase("target_task_set", |custom| {
            let set = target::target_task_set(&full.graph, self.params, custom)?;
            if let Some(custom) = custom.filter(|_| self.verify) {
                custom.verify_labels("target_task_set", &full.graph.0, &set.tasks, false)?;
            }
            Ok(set)
        })
    }

    /// Returns the rules of the installed taskgraph: those of 24.5.1 if nothing runs in Python.
    ///
    /// # Errors
    /// The project's Python fails.
    pub fn rules(&self) -> Result<Rules, Diagnostic> {
        match self.python().filter(|python| python.started()) {
            Some(python) => parameter_hooks::rules(python),
            None => Ok(Rules::default()),
        }
    }

    /// Returns what this set of parameters selects, given its target tasks.
    ///
    /// # Errors
    /// The project's Python fails.
    pub fn selection(&self, targets: impl IntoIterator<Item = Label>) -> Outcome<Selection> {
        let custom = self.extensions()?;
        Ok(Selection {
            targets: targets.into_iter().collect(),
            in_python: target::runs_in_python(self.params, custom.as_ref()),
        })
    }

    /// Adds the dependencies of the target tasks.
    ///
    /// # Errors
    /// Failed verifications of the project.
    pub fn target_graph(
        &self,
        full: &FullTasks,
        targets: &TargetTaskSet,
    ) -> Outcome<TargetTaskGraph> {
        self.phase("target_task_graph", |custom| {
            let rules = custom.map(|custom| custom.rules).unwrap_or_default();
            let target = target::target_task_graph(&full.graph, targets, self.params, rules)?;
            if let Some(custom) = custom.filter(|_| self.verify) {
                custom.verify_labels("target_task_graph", &full.graph.0, &target.graph, true)?;
            }
            Ok(target)
        })
    }

    /// Optimizes and verifies the target task graph. Looks up in the index what strategies need.
    ///
    /// # Errors
    /// Every mistake that optimization finds, or the index does not answer.
    pub async fn optimize(
        &self,
        target: TargetTaskGraph,
        ids: &DerivedIds,
    ) -> Outcome<OptimizedTaskGraph> {
        let existing = existing_tasks(self.params)?;
        self.optimize_onto(target, ids, &existing).await
    }

    /// Optimizes and verifies the target task graph, with these existing tasks.
    ///
    /// # Errors
    /// Every mistake that optimization finds, or the index does not answer.
    pub async fn optimize_onto(
        &self,
        target: TargetTaskGraph,
        ids: &DerivedIds,
        existing: &BTreeMap<Label, TaskId>,
    ) -> Outcome<OptimizedTaskGraph> {
        self.optimize_with(target, ids, existing, false).await
    }

    /// Optimizes and verifies the target task graph for an explanation: with all that can be noted on the way.
    /// If the index does not answer, a warning says so, and no task is replaced by one that is found there.
    ///
    /// # Errors
    /// Every mistake that optimization finds.
    pub async fn optimize_to_explain(
        &self,
        target: TargetTaskGraph,
        ids: &DerivedIds,
    ) -> Outcome<OptimizedTaskGraph> {
        let existing = existing_tasks(self.params)?;
        self.optimize_with(target, ids, &existing, true).await
    }

    async fn optimize_with(
        &self,
        target: TargetTaskGraph,
        ids: &DerivedIds,
        existing: &BTreeMap<Label, TaskId>,
        explained: bool,
    ) -> Outcome<OptimizedTaskGraph> {
        let custom = self.extensions()?;
        let phase = PhaseObserver::start(custom.as_ref());
        let strategies = match &custom {
            Some(custom) => custom.strategies(&target.graph, self.strategies(), &|name| {
                optimize::STRATEGIES.iter().any(|one| one.name == name)
            })?,
            None => None,
        };
        let strategies = match explained {
            true => strategies.map(Strategies::traced),
            false => strategies,
        };
        let questions = optimize::index_paths(&target, existing, strategies.as_ref());
        let index = match self.ask_index(&questions).await {
            Err(why) if explained && why.class == Class::Environment => {
                let cause = why
                    .cause
                    .map_or_else(String::new, |cause| format!(": {cause}"));
                tracing::warn!(
                    "no task is replaced by one of the index: {}{cause}",
                    why.message
                );
                IndexAnswers {
                    not_asked: true,
                    ..IndexAnswers::default()
                }
            }
            answers => answers?,
        };
        let optimized = optimize::optimize(
            target,
            optimize::OptimizeInputs {
                params: self.params,
                index: &index,
                existing,
                ids,
                now: self.context.clock.now(),
                environment: self.context.environment,
                custom: strategies.as_ref(),
            },
        )?;
        if self.verify {
            verify::optimized_task_graph(&optimized.graph, custom.as_ref())?;
            if let Some(custom) = &custom {
                custom.verify_ids("optimized_task_graph", &optimized.graph)?;
            }
        }
        phase.finish("optimized_task_graph")?;
        Ok(optimized)
    }

    /// Looks up index paths, and the statuses of the tasks there.
    ///
    /// # Errors
    /// The index or the queue does not answer.
    pub async fn ask_index(
        &self,
        questions: &BTreeSet<IndexPath>,
    ) -> Result<IndexAnswers, Diagnostic> {
        if questions.is_empty() {
            return Ok(IndexAnswers::default());
        }
        let taskcluster = self.context.taskcluster().map_err(|diagnostic| {
            let number = match questions.len() {
                1 => "1 index path".to_owned(),
                n => format!("{n} index paths"),
            };
            diagnostic
                .because(format!("optimization needs to look up {number}"))
                .help(
                    "set TASKCLUSTER_ROOT_URL, e.g. to https://firefox-ci-tc.services.mozilla.com; \
                     or show the graph with `--no-optimize`, which does not need Taskcluster",
                )
        })?;
        let questions: Vec<IndexPath> = questions.iter().cloned().collect();
        let failed = |error: ApiError| {
            let failure = error.environment("cannot look up existing tasks in the index");
            let local =
                "run `snowman optimized --no-optimize` to show the graph without Taskcluster";
            let help = failure.help.as_deref();
            let help = help.map_or_else(|| local.to_owned(), |help| format!("{help}; {local}"));
            failure.help(help)
        };
        let tasks = taskcluster.find_tasks(&questions).await.map_err(failed)?;
        let found: BTreeSet<_> = tasks.values().cloned().collect();
        let found: Vec<_> = found.into_iter().collect();
        let statuses = if found.is_empty() {
            Default::default()
        } else {
            taskcluster.statuses(&found).await.map_err(failed)?
        };
        Ok(IndexAnswers {
            tasks,
            statuses,
            not_asked: false,
        })
    }

    /// The image of staged tasks, if the project leaves it to the task that this process runs in. It is not
    /// known where graphs are only shown.
    ///
    /// # Errors
    /// The task has no image, or Taskcluster does not answer.
    pub async fn own_image(&self) -> Outcome<Option<Value>> {
        let settings = staged::settings(self.graph_config, self.params)?;
        let id = self.context.environment.filled("TASK_ID");
        let id = id.and_then(|id| TaskId::parse(id).ok());
        let (Some(settings), Some(id), Some(taskcluster)) =
            (settings, id, self.context.taskcluster)
        else {
            return Ok(None);
        };
        if !settings.takes_image() {
            return Ok(None);
        }
        let definition = taskcluster.task(&id).await.map_err(|error| {
            error.environment(
                "cannot read the definition of this task, whose image staged tasks use",
            )
        })?;
        match &definition["payload"]["image"] {
            Value::Null => Err(Diagnostic::user(format!(
                "`snowman.staging.image` is missing, and the task {id}, which stages release tasks, has no image"
            ))
            .at(self.graph_config.place(&ValuePath::keys(["snowman", "staging"])))
            .help("name an image that contains snowman")
            .into()),
            image => Ok(Some(image.clone())),
        }
    }

    /// Morphs the optimized task graph.
    ///
    /// # Errors
    /// A morph that cannot be applied.
    pub async fn morph(
        &self,
        optimized: &OptimizedTaskGraph,
        ids: &DerivedIds,
    ) -> Outcome<MorphedTaskGraph> {
        let _span = tracing::info_span!(target: "timing", "phase", what = "morphed task graph");
        let image = self.own_image().await?;
        let custom = self.extensions()?;
        let custom = custom.as_ref();
        let morphed = observe(custom, "label_to_taskid", || {
            let context = morph::MorphContext {
                graph_config: self.graph_config,
                params: self.params,
                ids,
                environment: self.context.environment,
                image: image.as_ref(),
                custom,
            };
            morph::morph(optimized, context)
        })?;
        observe(custom, "morphed_task_graph", || {
            if let Some(custom) = custom.filter(|_| self.verify) {
                custom.verify_ids("morphed_task_graph", &morphed.graph)?;
            }
            Ok(morphed)
        })
    }

    /// Runs a phase after the kinds with what the project adds in Python.
    fn phase<T>(
        &self,
        name: &str,
        run: impl FnOnce(Option<&Custom<'_>>) -> Outcome<T>,
    ) -> Outcome<T> {
        let custom = self.extensions()?;
        observe(custom.as_ref(), name, || run(custom.as_ref()))
    }
}

/// Runs a phase, and reports its end to the project's callback.
fn observe<T>(
    custom: Option<&Custom<'_>>,
    name: &str,
    run: impl FnOnce() -> Outcome<T>,
) -> Outcome<T> {
    let phase = PhaseObserver::start(custom);
    let result = run()?;
    phase.finish(name)?;
    Ok(result)
}

/// Converts an error of version control.
#[must_use]
pub fn vcs_diagnostic(error: &VcsError) -> Diagnostic {
    cannot_read_repository("cannot read the repository", error)
}

/// Converts an error of version control, with a message.
pub(super) fn cannot_read_repository(message: impl Into<String>, error: &VcsError) -> Diagnostic {
    let mut diagnostic = Diagnostic::environment(message).because(error);
    match error {
        VcsError::Refused { .. } => {
            diagnostic.class = Class::User;
            diagnostic
        }
        VcsError::NoCommit => {
            diagnostic.class = Class::User;
            diagnostic.help("create a commit first")
        }
        VcsError::NotStarted {
            program,
            missing: true,
            ..
        } => diagnostic.help(format!("install `{program}`, and add its folder to PATH")),
        _ => diagnostic,
    }
}
