//! The phases, one by one.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::existing_tasks::existing_tasks;
use super::remote::Waiting;
use crate::base::diagnostic::{Class, Diagnostic, Diagnostics, Outcome};
use crate::base::name::{IndexPath, Label, TaskId};
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::{Value, json};
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::custom::heard::Heard;
use crate::custom::{Custom, NATIVE_REGISTRATIONS};
use crate::generate::{self, FullTaskGraph, FullTaskSet};
use crate::kind::{KindDefinition, KindGraph};
use crate::morph::{self, MorphedTaskGraph};
use crate::optimize::{self, IndexAnswers, OptimizedTaskGraph};
use crate::ports::artifacts::Artifacts;
use crate::ports::ids::DerivedIds;
use crate::ports::python::{Mode, Python};
use crate::ports::vcs::VcsError;
use crate::target::{self, TargetTaskGraph, TargetTaskSet};
use crate::transform::context::{DockerContexts, Project, Remote, Tracked};
use crate::verify;

/// Runs phases for one project and one set of parameters.
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
    /// Where docker contexts go; nowhere when graphs are only looked at.
    pub artifacts: Option<&'a dyn Artifacts>,
}

/// The results of generation.
#[derive(Debug, Clone)]
pub struct Full {
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
    /// Whether the project's own Python selected them.
    pub in_python: bool,
}

struct ContextArtifacts<'a>(&'a dyn Artifacts);

impl DockerContexts for ContextArtifacts<'_> {
    fn keep(&self, name: &str, tar_gz: &[u8]) -> Result<(), Diagnostic> {
        self.0
            .write(&format!("docker-contexts/{name}.tar.gz"), tar_gz)
    }
}

impl Phases<'_> {
    /// The kinds and their order.
    ///
    /// # Errors
    /// Everything that is wrong with any kind's file or their dependencies.
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

    /// The project's Python, unless it may not be used.
    fn python(&self) -> Option<&dyn Python> {
        let python = self.context.python?;
        (python.mode() != Mode::Never).then_some(python)
    }

    /// The strategies that are named in place of the registered ones.
    fn strategies(&self) -> Option<&str> {
        let environment = self
            .context
            .environment
            .filled("TASKGRAPH_OPTIMIZE_STRATEGIES");
        environment.or_else(|| self.params.get("optimize_strategies")?.as_str())
    }

    /// What the project adds in Python, where it adds anything.
    fn custom(&self, kinds: &KindGraph) -> Outcome<Option<Custom<'_>>> {
        let Some(python) = self.python() else {
            return Ok(None);
        };
        let references = generate::custom_references(kinds);
        let named = needs_python(self.graph_config, self.params)
            .next()
            .is_some();
        if references.is_empty() && !named && python.mode() != Mode::Whole {
            return Ok(None);
        }
        match Custom::open(
            python,
            self.params,
            Some(&references),
            self.writes_in_place(),
        ) {
            Ok(custom) => {
                if let Some(why) = &custom.whole {
                    tracing::info!("Kinds run wholly in Python: {why}");
                }
                Ok(Some(custom))
            }
            Err(why) if !python.started() && !references.is_empty() => {
                generate::refuse_custom(kinds, why).map(|()| None)
            }
            Err(why) => Err(why),
        }
    }

    /// Whether what the project's Python writes beside the artifacts belongs there.
    fn writes_in_place(&self) -> bool {
        self.artifacts.is_some_and(|artifacts| artifacts.in_place())
    }

    /// What the project adds in Python to the phases after its kinds.
    fn extensions(&self) -> Outcome<Option<Custom<'_>>> {
        let Some(python) = self.python().filter(|python| python.started()) else {
            return Ok(None);
        };
        Custom::open(python, self.params, None, self.writes_in_place()).map(Some)
    }

    /// The full task set.
    ///
    /// # Errors
    /// Everything that is wrong in any kind.
    pub fn full_set(&self) -> Outcome<FullTaskSet> {
        let _span = tracing::info_span!(target: "timing", "phase", what = "full task set");
        let kinds = self.kind_graph()?;
        let contexts = self.artifacts.map(ContextArtifacts);
        let remote = self.context.taskcluster.map(Waiting::new);
        let list = || match self.context.vcs {
            Some(vcs) => vcs
                .tracked_files(&[])
                .map_err(|error| vcs_diagnostic(&error)),
            None => Err(Diagnostic::environment(
                "the files that version control tracks are needed, and there is no repository",
            )),
        };
        let tracked = Tracked::new(&list);
        let project = Project {
            graph_config: self.graph_config,
            params: self.params,
            files: self.context.files,
            environment: self.context.environment,
            run_task: self.context.run_task,
            tracked: &tracked,
            docker_contexts: contexts
                .as_ref()
                .map(|contexts| contexts as &dyn DockerContexts),
            remote: remote.as_ref().map(|remote| remote as &dyn Remote),
            fast: self.context.fast,
        };
        let custom = self.custom(&kinds)?;
        let heard = || Heard::begin(custom.as_ref());
        // That the graph config has been read is over before the project registers anything.
        let phase = heard();
        if let Some(custom) = custom.as_ref().filter(|_| self.verify) {
            for phase in ["initial", "graph_config", "parameters"] {
                custom.verify(phase, json!({}))?;
            }
        }
        phase.over("parameters")?;
        let phase = heard();
        if let Some(custom) = custom.as_ref().filter(|_| self.verify) {
            let told = |kind: &&KindDefinition| json!([kind.name.as_str(), kind.path, kind.config]);
            let told: Vec<_> = kinds.in_order().iter().map(told).collect();
            custom.verify("kinds", json!({"kinds": told}))?;
        }
        phase.over("kind_graph")?;
        let phase = heard();
        let set = generate::full_task_set(&project, &kinds, custom.as_ref())?;
        if let Some(custom) = custom.as_ref().filter(|_| self.verify) {
            custom.verify_labels("full_task_set", &set.0, &set.0, false)?;
        }
        phase.over("full_task_set")?;
        Ok(set)
    }

    /// The full task graph, verified.
    ///
    /// # Errors
    /// Everything that is wrong in any kind, dependencies that do not exist, cycles, and breaches of
    /// verifications.
    pub fn full(&self) -> Outcome<Full> {
        let set = self.full_set()?;
        let custom = self.extensions()?;
        let phase = Heard::begin(custom.as_ref());
        let graph = generate::full_task_graph(&set)?;
        if self.verify {
            let surroundings = verify::Surroundings {
                graph_config: self.graph_config,
                params: self.params,
                cache_suffix: self.context.run_task.cache_suffix(),
            };
            verify::full_task_graph(&graph.0, surroundings)?;
            if let Some(custom) = &custom {
                custom.verify_labels("full_task_graph", &graph.0, &graph.0, true)?;
            }
        }
        phase.over("full_task_graph")?;
        Ok(Full { set, graph })
    }

    /// The target task set.
    ///
    /// # Errors
    /// An unknown filter or method.
    pub fn target_set(&self, full: &Full) -> Outcome<TargetTaskSet> {
        let _span = tracing::info_span!(target: "timing", "phase", what = "target task set");
        let custom = self.extensions()?;
        let phase = Heard::begin(custom.as_ref());
        let set = target::target_task_set(&full.graph, self.params, custom.as_ref())?;
        if let Some(custom) = custom.as_ref().filter(|_| self.verify) {
            custom.verify_labels("target_task_set", &full.graph.0, &set.0, false)?;
        }
        phase.over("target_task_set")?;
        Ok(set)
    }

    /// What this set of parameters selects, given its target tasks.
    ///
    /// # Errors
    /// When the project's Python cannot be used.
    pub fn selection(&self, targets: impl IntoIterator<Item = Label>) -> Outcome<Selection> {
        let custom = self.extensions()?;
        Ok(Selection {
            targets: targets.into_iter().collect(),
            in_python: target::chooses_in_python(self.params, custom.as_ref()),
        })
    }

    /// The target task graph.
    ///
    /// # Errors
    /// None so far.
    pub fn target_graph(&self, full: &Full, targets: &TargetTaskSet) -> Outcome<TargetTaskGraph> {
        let custom = self.extensions()?;
        let phase = Heard::begin(custom.as_ref());
        let target = target::target_task_graph(&full.graph, targets, self.params)?;
        if let Some(custom) = custom.as_ref().filter(|_| self.verify) {
            custom.verify_labels("target_task_graph", &full.graph.0, &target.graph, true)?;
        }
        phase.over("target_task_graph")?;
        Ok(target)
    }

    /// The optimized task graph, verified. Asks the index for what strategies want to know.
    ///
    /// # Errors
    /// Everything that optimization finds wrong, or the index cannot be asked.
    pub async fn optimize(
        &self,
        target: TargetTaskGraph,
        ids: &DerivedIds,
    ) -> Outcome<OptimizedTaskGraph> {
        let existing = existing_tasks(self.params)?;
        self.optimize_onto(target, ids, &existing).await
    }

    /// The optimized task graph over tasks that exist already.
    ///
    /// # Errors
    /// Everything that optimization finds wrong, or the index cannot be asked.
    pub async fn optimize_onto(
        &self,
        target: TargetTaskGraph,
        ids: &DerivedIds,
        existing: &BTreeMap<Label, TaskId>,
    ) -> Outcome<OptimizedTaskGraph> {
        let custom = self.extensions()?;
        let phase = Heard::begin(custom.as_ref());
        let strategies = match &custom {
            Some(custom) => custom.strategies(&target.graph, self.strategies(), &|name| {
                optimize::STRATEGIES.iter().any(|one| one.name == name)
            })?,
            None => None,
        };
        let questions = optimize::questions(&target, existing, strategies.as_ref());
        let index = self.ask_index(&questions).await?;
        let optimized = optimize::optimize(
            target,
            optimize::Surroundings {
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
            verify::optimized_task_graph(&optimized.graph)?;
            if let Some(custom) = &custom {
                custom.verify_ids("optimized_task_graph", &optimized.graph)?;
            }
        }
        phase.over("optimized_task_graph")?;
        Ok(optimized)
    }

    /// What the index and the queue say of index paths.
    ///
    /// # Errors
    /// When they cannot be asked.
    pub async fn ask_index(
        &self,
        questions: &BTreeSet<IndexPath>,
    ) -> Result<IndexAnswers, Diagnostic> {
        if questions.is_empty() {
            return Ok(IndexAnswers::default());
        }
        let taskcluster = self.context.taskcluster().map_err(|diagnostic| {
            let number = match questions.len() {
                1 => "1 index path has".to_owned(),
                n => format!("{n} index paths have"),
            };
            diagnostic
                .because(format!("{number} to be looked up"))
                .help(
                    "set TASKCLUSTER_ROOT_URL, e.g. to https://firefox-ci-tc.services.mozilla.com; \
                     or show the graph with `--no-optimize`, which asks nobody",
                )
        })?;
        let questions: Vec<IndexPath> = questions.iter().cloned().collect();
        let failed = |error: crate::ports::taskcluster::ApiError| {
            let help = match error.status {
                Some(401 | 403) => "check the credentials, and the scopes that go with them",
                _ => "try again when Taskcluster is well",
            };
            Diagnostic::environment("the index could not be asked for tasks that exist already")
                .because(error)
                .help(format!(
                    "{help}; `snowman optimized --no-optimize` shows the graph and asks nobody"
                ))
        };
        let tasks = taskcluster.find_tasks(&questions).await.map_err(failed)?;
        let found: BTreeSet<_> = tasks.values().cloned().collect();
        let found: Vec<_> = found.into_iter().collect();
        let statuses = if found.is_empty() {
            Default::default()
        } else {
            taskcluster.statuses(&found).await.map_err(failed)?
        };
        Ok(IndexAnswers { tasks, statuses })
    }

    /// The morphed task graph.
    ///
    /// # Errors
    /// A morph that cannot be applied.
    pub fn morph(
        &self,
        optimized: &OptimizedTaskGraph,
        ids: &DerivedIds,
    ) -> Outcome<MorphedTaskGraph> {
        let _span = tracing::info_span!(target: "timing", "phase", what = "morphed task graph");
        let custom = self.extensions()?;
        let phase = Heard::begin(custom.as_ref());
        let surroundings = morph::Surroundings {
            graph_config: self.graph_config,
            params: self.params,
            ids,
            environment: self.context.environment,
            custom: custom.as_ref(),
        };
        let morphed = morph::morph(optimized, surroundings)?;
        phase.over("label_to_taskid")?;
        let phase = Heard::begin(custom.as_ref());
        if let Some(custom) = custom.as_ref().filter(|_| self.verify) {
            custom.verify_ids("morphed_task_graph", &morphed.graph)?;
        }
        phase.over("morphed_task_graph")?;
        Ok(morphed)
    }
}

/// What a project and parameters name that is written in Python: where, its name, and its kind of
/// thing.
fn needs_python<'a>(
    graph_config: &'a GraphConfig,
    params: &'a Parameters,
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let registered = ["register", "decision-parameters"]
        .into_iter()
        .filter_map(|key| {
            let name = graph_config.taskgraph(key)?.as_str()?;
            (!NATIVE_REGISTRATIONS.contains(&name)).then_some((key, name))
        });
    let strategies = params.get("optimize_strategies").and_then(Value::as_str);
    registered.chain(strategies.map(|name| ("optimize_strategies", name)))
}

/// Says what of a project is written in Python and so cannot be honoured.
fn refuse_python(graph_config: &GraphConfig, params: &Parameters) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    for (key, name) in needs_python(graph_config, params) {
        let (message, native) = if key == "optimize_strategies" {
            let names: Vec<_> = optimize::STRATEGIES.iter().map(|one| one.name).collect();
            (
                format!("the parameter `{key}` names the Python object `{name}`"),
                names,
            )
        } else {
            (
                format!("`taskgraph.{key}` names the Python function `{name}`"),
                NATIVE_REGISTRATIONS.to_vec(),
            )
        };
        let path = ValuePath::keys(["taskgraph", key]);
        let place = graph_config
            .place(&path)
            .filter(|_| key != "optimize_strategies");
        let help = match suggest::nearest(name, native.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "Python may not run: leave `--python=never` out; rehearsals run none yet".to_owned()
            }
        };
        wrong.push(Diagnostic::user(message).at(place).help(help));
    }
    wrong.or_ok(())
}

/// A failure of version control as a diagnostic.
#[must_use]
pub fn vcs_diagnostic(error: &VcsError) -> Diagnostic {
    asked_in_vain("the repository could not be asked", error)
}

/// A question that version control did not answer.
pub(super) fn asked_in_vain(message: impl Into<String>, error: &VcsError) -> Diagnostic {
    let mut diagnostic = Diagnostic::environment(message).because(error);
    match error {
        VcsError::Refused { .. } => {
            diagnostic.class = Class::User;
            diagnostic
        }
        VcsError::NoCommit => {
            diagnostic.class = Class::User;
            diagnostic.help("commit something first")
        }
        VcsError::NotStarted {
            program,
            missing: true,
            ..
        } => diagnostic.help(format!(
            "`{program}` has to be installed, in a folder of PATH"
        )),
        _ => diagnostic,
    }
}
