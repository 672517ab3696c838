//! What earlier releases have left.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use snowman::base::name::TaskId;
use snowman::base::value::json;
use snowman::release::staged::STATE;
use snowman::stage::history::{Bundle, HISTORY, read};
use snowman::stage::report::Report;
use snowman::stage::source::{Artifact, Source, SourceError, StateRead};
use snowman::stage::state::{State, TaskRun};

use super::builds::{effect, history};
use super::world::{Task, World};

/// A task that publishes a file of a version.
fn publish(world: &mut World, version: &str, content: &[u8]) -> Task {
    let build = world.build(&[("public/a.tar.xz", content)]);
    let folder = format!("pub/hail/candidates/{version}-candidates/build1");
    let payload = json!({
        "releaseProperties": {"appName": "Hail"},
        "upstreamArtifacts": [{"taskId": build.as_str(), "taskType": "build", "paths": ["public/a.tar.xz"]}],
        "artifactMap": [{"taskId": build.as_str(), "locale": "en-US", "paths": {"public/a.tar.xz": {
            "destinations": [format!("{folder}/a.tar.xz")], "checksums_path": "a.tar.xz",
        }}}],
    });
    world.task("beetmover", "push-to-candidates", payload, &[])
}

/// A task that pushes a version.
fn push(world: &mut World, version: &str, from: &[&TaskId], history: Vec<TaskId>) -> Task {
    let payload = json!({"product": "hail", "version": version, "build_number": 1});
    let mut task = world.task("beetmover", "push-to-releases", payload, from);
    task.staged.history = history;
    task
}

#[test]
fn an_earlier_release_counts_as_its_task_saw_it() {
    let mut world = World::default();
    let task = publish(&mut world, "93.0", b"old");
    let candidate = world.pass(&task);
    let task = push(&mut world, "93.0", &[&candidate], Vec::new());
    let earlier = world.pass(&task);
    // What was pushed of the earlier release is there: pushed again, nothing changes.
    let task = push(&mut world, "93.0", &[], vec![earlier.clone()]);
    let again = world.pass(&task);
    assert!(world.state(&again).effects.is_empty());
    // Its tasks are no parents: only those of one release are.
    assert!(world.state(&again).parents.is_empty());
    let report = world.report(&again);
    let checked = report["checked"].to_string();
    assert!(
        checked.contains(&format!("history: the release at the task {earlier}")),
        "{checked}"
    );
}

#[test]
fn later_history_and_own_tasks_replace_earlier_ones() {
    let mut world = World::default();
    let path = "pub/hail/candidates/94.0-candidates/build1/a.tar.xz";
    let file = |hash: &str| effect("archive", path, json!({"size": 1, "sha512": hash}));
    let first = history(&mut world, vec![file("00")]);
    let second = history(&mut world, vec![file("11")]);
    let task = push(&mut world, "94.0", &[], vec![first.clone(), second]);
    let pushed = world.pass(&task);
    assert_eq!(world.state(&pushed).effects[0].value["sha512"], "11");
    let task = publish(&mut world, "94.0", b"new");
    let own = world.pass(&task);
    let task = push(&mut world, "94.0", &[&own], vec![first]);
    let pushed = world.pass(&task);
    assert_eq!(world.state(&pushed).effects[0].value["size"], 3);
}

#[test]
fn a_history_that_cannot_be_read_is_red() {
    let mut world = World::default();
    let missing = world.build(&[]);
    let damaged = world.build(&[(HISTORY, b"\x1f\x8bdamaged")]);
    let other = Bundle::default().write();
    let whole = world.build(&[(HISTORY, &other[..other.len() / 2])]);
    for (id, why) in [
        (&missing, "has no artifact `public/staging/state.json.gz`"),
        (&damaged, "the state is damaged"),
        (&whole, "the state is damaged"),
    ] {
        let task = push(&mut world, "94.0", &[], vec![id.clone()]);
        let red = world.fail(&task).join("\n");
        assert!(
            red.contains(&format!("the history of the task {id}: ")),
            "{red}"
        );
        assert!(red.contains(why), "{red}");
    }
}

/// A task with a state: its own, those of its parents, and what it has set the key `k` to.
fn with_state(world: &mut World, of: &TaskId, parents: &[&TaskId], value: Option<&str>) {
    let run = |id: &TaskId| TaskRun {
        task_id: id.clone(),
        run_id: 0,
    };
    let state = State {
        run: run(of),
        label: "an-earlier-task".to_owned(),
        decision: None,
        revision: String::new(),
        parents: parents.iter().map(|id| run(id)).collect(),
        effects: value
            .map(|value| effect("s", "k", json!(value)))
            .into_iter()
            .collect(),
    };
    world.put(of, STATE, &state.write());
}

#[test]
fn every_state_of_an_earlier_release_has_to_be_its_tasks_own() {
    let mut world = World::default();
    let [last, foreign, missing] = [world.id(), world.id(), world.id()];
    with_state(&mut world, &last, &[&foreign, &missing], None);
    let state = world.state(&last).write();
    world.put(&foreign, STATE, &state);
    let task = push(&mut world, "94.0", &[], vec![last.clone()]);
    // All that is wrong is reported together.
    let red = world.fail(&task);
    let of_history = format!("the history of the task {last}: ");
    assert_eq!(
        red,
        [
            format!("{of_history}the state of the task {foreign} is that of the task {last}"),
            format!("{of_history}the task {missing} has no artifact `{STATE}`"),
        ]
    );
}

#[test]
fn a_conflict_within_an_earlier_release_is_red() {
    let mut world = World::default();
    let [one, other, last] = [world.id(), world.id(), world.id()];
    with_state(&mut world, &one, &[], Some("1"));
    with_state(&mut world, &other, &[], Some("2"));
    with_state(&mut world, &last, &[&one, &other], None);
    let task = push(&mut world, "94.0", &[], vec![last.clone()]);
    let red = world.fail(&task).join("\n");
    assert!(
        red.starts_with("an earlier release of the history: s: the tasks an-earlier-task ("),
        "{red}"
    );
    // Unless a later task has decided.
    with_state(&mut world, &last, &[&one, &other], Some("3"));
    let red = world.fail(&task).join("\n");
    assert!(!red.contains("an earlier release of the history"), "{red}");
}

/// Reads the artifacts of a world. All states but one have to be read at once.
struct Together<'w> {
    world: &'w World,
    alone: TaskId,
    others: usize,
    reading: Mutex<usize>,
    arrived: Condvar,
}

impl Source for Together<'_> {
    fn readers(&self) -> usize {
        self.others
    }

    fn artifact(&self, task: &TaskId, name: &str, limit: u64) -> Result<Artifact, SourceError> {
        self.world.artifact(task, name, limit)
    }

    fn state(&self, task: &TaskId) -> StateRead {
        if *task != self.alone {
            let mut reading = self.reading.lock().unwrap();
            *reading += 1;
            self.arrived.notify_all();
            let are_missing = |reading: &mut usize| *reading < self.others;
            let most = Duration::from_secs(30);
            let waited = self.arrived.wait_timeout_while(reading, most, are_missing);
            let is_late = waited.unwrap().1.timed_out();
            assert!(!is_late, "states are read one after another");
        }
        self.world.artifact(task, STATE, u64::MAX)?.state_of(task)
    }
}

#[test]
fn the_states_of_an_earlier_release_are_read_at_once() {
    let mut world = World::default();
    let [a, b, c, last] = [world.id(), world.id(), world.id(), world.id()];
    for parent in [&a, &b, &c] {
        with_state(&mut world, parent, &[], None);
    }
    with_state(&mut world, &last, &[&a, &b, &c], Some("1"));
    let source = Together {
        world: &world,
        alone: last.clone(),
        others: 3,
        reading: Mutex::new(0),
        arrived: Condvar::new(),
    };
    let mut report = Report::default();
    let merged = read(&[last], &source, &mut report);
    assert_eq!(report.problems, [""; 0]);
    assert_eq!(merged.len(), 1);
    assert_eq!(*source.reading.lock().unwrap(), 3);
}
