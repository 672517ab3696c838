//! A taskId that another task takes while the graph is created.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::json;
use snowman::actions::render::actions_json;
use snowman::actions::request::{Runner, read_request};
use snowman::actions::{ACTIONS, callback, existing};
use snowman::base::diagnostic::Diagnostic;
use snowman::base::name::{Label, TaskId};
use snowman::config::parameters::{Parameters, Strictness};
use snowman::custom::actions::ProjectActions;
use snowman::decision::{self, Context, DecisionOptions};
use snowman::ports::artifacts::{Artifacts, MemoryArtifacts};
use snowman::ports::files::{Disk, FileError, Files, Overlay};
use snowman::ports::ids::DerivedIds;

use super::bench::{Bench, Inside};
use super::project::Project;
use super::releases;

/// Counts how many times each name was used.
#[derive(Default)]
struct Counts(Mutex<BTreeMap<String, usize>>);

impl Counts {
    fn add(&self, name: &str) {
        *self.0.lock().unwrap().entry(name.to_owned()).or_default() += 1;
    }

    fn of(&self, name: &str) -> usize {
        self.0.lock().unwrap().get(name).copied().unwrap_or(0)
    }
}

/// Artifacts that count how many times each is written, and take a taskId after it was found to be
/// free and before its task is created.
struct CountedArtifacts<'a> {
    memory: MemoryArtifacts,
    writes: Counts,
    bench: &'a Bench,
    squatted: &'a TaskId,
}

impl<'a> CountedArtifacts<'a> {
    fn new(bench: &'a Bench, squatted: &'a TaskId) -> Self {
        Self {
            memory: MemoryArtifacts::default(),
            writes: Counts::default(),
            bench,
            squatted,
        }
    }

    /// Checks that an artifact was written twice, at last with one id and not with the other.
    fn assert_rewritten(&self, name: &str, with: &TaskId, without: &TaskId) {
        assert_eq!(self.writes.of(name), 2, "{name}");
        let text = String::from_utf8(self.read(name).unwrap()).unwrap();
        assert!(text.contains(with.as_str()), "{name}");
        assert!(!text.contains(without.as_str()), "{name}");
    }
}

impl Artifacts for CountedArtifacts<'_> {
    fn write(&self, name: &str, content: &[u8]) -> Result<(), Diagnostic> {
        self.writes.add(name);
        // It is written before the first task is created.
        if name == "submission.json" && self.writes.of(name) == 1 {
            let group = self.bench.new_id();
            let squatter = self.bench.definition(&group, "squatter", "branch:main");
            let state = self.bench.sandbox.state();
            state
                .create_task(self.squatted.as_str(), &squatter)
                .unwrap();
        }
        self.memory.write(name, content)
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.memory.read(name)
    }

    fn in_place(&self) -> bool {
        false
    }
}

/// Files that count how many times each is read.
struct CountedFiles<'a> {
    disk: &'a Disk,
    reads: Counts,
}

impl Overlay for CountedFiles<'_> {
    fn below(&self) -> &dyn Files {
        self.disk
    }

    fn read_over(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.reads.add(path);
        self.disk.read(path)
    }
}

/// Artifacts that do not contain taskIds of tasks of the graph.
const WITHOUT_IDS: &[&str] = &[
    "actions.json",
    "full-task-graph.json",
    "parameters.yml",
    "runnable-jobs.json",
    "target-tasks.json",
];

/// The first two ids of a label.
fn sequence(decision: &TaskId, label: &str) -> [TaskId; 2] {
    let ids = DerivedIds::new(decision.clone());
    let label = Label::parse(label).unwrap();
    [0, 1].map(|number| ids.id(&label, number))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_id_repeats_only_the_phases_that_depend_on_ids() {
    let bench = Bench::new(Project::release()).await;
    let decision = bench.new_id();
    let definition = bench.definition(&decision, "Decision Task", "branch:main");
    let environment = bench.begin(&decision, &definition);
    let inside = Inside::new(&bench, &environment).unwrap();
    let files = CountedFiles {
        disk: &inside.files,
        reads: Counts::default(),
    };
    let [first, second] = sequence(&decision, "sign-a");
    let artifacts = CountedArtifacts::new(&bench, &first);
    let context = Context {
        files: &files,
        ..inside.context()
    };
    let params = Parameters::new(bench.parameters(json!({})), Strictness::Lenient).unwrap();
    let id = decision.as_str();
    let actions_json = actions_json(
        ACTIONS,
        context.files,
        &inside.graph_config,
        &params,
        id,
        &ProjectActions::default(),
    );
    let options = DecisionOptions {
        decision_task_id: &decision,
        actions_json: actions_json.unwrap(),
        artifacts: &artifacts,
        verify: true,
        dry_run: false,
        events: &|_| {},
    };
    let report = decision::run(context, &inside.graph_config, &params, &options);
    let created = report.await.unwrap().created;

    let signing = created.iter().find(|task| task.label.as_str() == "sign-a");
    assert_eq!(signing.unwrap().task_id, second);
    assert_eq!(bench.labels(&decision), ["build-a", "sign-a", "test-a"]);
    // What does not depend on taskIds happened once.
    for kind in ["build", "sign", "test"] {
        let path = format!("taskcluster/kinds/{kind}/kind.yml");
        assert_eq!(files.reads.of(&path), 1, "{path}");
    }
    for name in WITHOUT_IDS {
        assert_eq!(artifacts.writes.of(name), 1, "{name}");
    }
    for name in ["label-to-taskid.json", "task-graph.json"] {
        artifacts.assert_rewritten(name, &second, &first);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_with_a_taken_id_is_generated_once() {
    let (bench, push) = Bench::with_push().await;
    let action = bench.new_id();
    let trigger = releases::promotion_trigger(&push, "promote_fox", json!({}));
    let environment = bench.begin_action(&action, &[], trigger);
    let inside = Inside::new(&bench, &environment).unwrap();
    let [first, second] = sequence(&action, "l10n-a");
    let artifacts = CountedArtifacts::new(&bench, &first);
    let request = read_request(&environment, &inside.client, &action);
    let request = request.await.unwrap();
    let parameters = existing::parameters(&inside.client, &push.task_id);
    let parameters = parameters.await.unwrap();
    let runner = Runner {
        context: inside.context(),
        graph_config: &inside.graph_config,
        action_task: &action,
        artifacts: &artifacts,
        events: &|_| {},
        check_scope: true,
    };
    callback::run(runner, request, parameters).await.unwrap();

    assert_eq!(bench.labels(&action), ["l10n-a", "partials-a"]);
    for name in WITHOUT_IDS {
        assert_eq!(artifacts.writes.of(name), 1, "{name}");
    }
    for name in ["label-to-taskid.json", "provenance.json", "task-graph.json"] {
        artifacts.assert_rewritten(name, &second, &first);
    }
}
