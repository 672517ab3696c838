//! A release in the folder of a rehearsal, on top of others.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use snowman::base::name::TaskId;
use snowman::base::time::Span;
use snowman::ports::clock::{Clock, SystemClock};
use snowman::release::staged::STATE;
use snowman::sandbox::Sandbox;
use snowman::stage::history::{Bundle, HISTORY};
use snowman::stage::state::{Effect, State, TaskRun};

use super::processes::id;
use crate::rehearse::small::open;

/// A task in a group, with an artifact. It was created so many seconds after the first one.
fn create(
    sandbox: &Sandbox,
    (id, group): (&str, &str),
    seconds: i64,
    history: &[&str],
    (name, content): (&str, Vec<u8>),
) {
    let now = SystemClock.now();
    let later = |seconds: i64| now.plus(Span::seconds(seconds)).to_string();
    let definition = json!({
        "provisionerId": "a", "workerType": "b", "schedulerId": "c", "taskGroupId": group,
        "created": later(seconds - 100), "deadline": later(1000), "payload": {},
        "extra": {"staging": {"history": history}},
        "metadata": {"name": "a", "description": "a", "owner": "a@example.com", "source": "https://example.com"},
    });
    let state = sandbox.state();
    state.create_task(id, &definition).unwrap();
    state.claim(id).unwrap();
    state
        .put_artifact(id, None, name, "application/gzip", content)
        .unwrap();
    state.report_completed(id).unwrap();
}

/// Effects that set some keys to one value.
fn effects(keys: &[&str], value: &str) -> Vec<Effect> {
    let effect = |key: &&str| Effect {
        space: "s".to_owned(),
        key: (*key).to_owned(),
        value: value.into(),
    };
    keys.iter().map(effect).collect()
}

fn bundle(keys: &[&str], value: &str, groups: &[&str]) -> (&'static str, Vec<u8>) {
    let groups = groups.iter().map(|id| TaskId::parse(id).unwrap());
    let bundle = Bundle {
        origin: value.to_owned(),
        groups: groups.collect(),
        effects: effects(keys, value),
    };
    (HISTORY, bundle.write())
}

fn state(of: &str, keys: &[&str], value: &str) -> (&'static str, Vec<u8>) {
    let state = State {
        run: TaskRun {
            task_id: TaskId::parse(of).unwrap(),
            run_id: 0,
        },
        label: value.to_owned(),
        decision: None,
        revision: String::new(),
        parents: Vec::new(),
        effects: effects(keys, value),
    };
    (STATE, state.write())
}

/// What `snowman stage history` writes of a folder: keys and values.
fn history(folder: &Path) -> Vec<(String, Value)> {
    let file = folder.join("history");
    let output = tokio::task::block_in_place(|| {
        Command::new(env!("CARGO_BIN_EXE_snowman"))
            .args(["stage", "history"])
            .args([folder, "--output".as_ref(), &file])
            .output()
    });
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    let effects = Bundle::read(&std::fs::read(file).unwrap()).unwrap().effects;
    let effects = effects.into_iter();
    effects
        .map(|effect| (effect.key, Value::from(effect.value)))
        .collect()
}

/// The file of a project is published by each decision of a rehearsal. It is not the history of a release that was
/// rehearsed on top of another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_on_top_of_those_that_were_rehearsed_before() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = open(folder.path()).await;
    let [earlier, left, current, task, other] = ['A', 'B', 'C', 'D', 'E'].map(id);
    let all = ["file", "earlier", "current"];
    let file = || bundle(&all, "a file", &[]);
    create(&sandbox, (&earlier, &earlier), 1, &[], file());
    let of_earlier = state(&other, &all, "its own task");
    create(&sandbox, (&other, &earlier), 2, &[&earlier], of_earlier);
    let release = bundle(&all[1..], "earlier", &[&earlier]);
    create(&sandbox, (&left, &left), 3, &[], release);
    create(&sandbox, (&current, &current), 4, &[], file());
    let own = state(&task, &all[2..], "current");
    create(&sandbox, (&task, &current), 5, &[&current], own);
    sandbox.stop().await;
    let expected = [("current", "current"), ("earlier", "earlier")];
    let expected = expected.map(|(key, value)| (key.to_owned(), json!(value)));
    assert_eq!(history(folder.path()), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_another_taskcluster_are_no_history_of_a_rehearsed_release() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = open(folder.path()).await;
    let [decision, task, elsewhere] = ['A', 'B', 'C'].map(id);
    create(
        &sandbox,
        (&decision, &decision),
        1,
        &[],
        ("public/a", Vec::new()),
    );
    let own = state(&task, &["key"], "value");
    create(&sandbox, (&task, &decision), 2, &[&elsewhere], own);
    sandbox.stop().await;
    assert_eq!(history(folder.path()), [("key".to_owned(), json!("value"))]);
}
