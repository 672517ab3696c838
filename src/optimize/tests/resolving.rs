use std::collections::BTreeSet;

use crate::base::value::{Value, json};

use super::{DECISION, new_id, optimizing};
use crate::base::diagnostic::Class;
use crate::base::name::Label;
use crate::model::test_support::{TestTask, label, task, tasks_of_chains};
use crate::optimize::{OptimizedTaskGraph, resolve};
use crate::ports::environment::Environment;

fn definition<'o>(optimized: &'o OptimizedTaskGraph, name: &str) -> &'o crate::base::value::Object {
    &optimized.graph.get(&new_id(name)).unwrap().task
}

#[test]
fn names_in_a_definition_become_ids() {
    let text = json!({"task-reference": "<self> <decision> <old> <edge>"});
    let optimized = optimizing([
        task("old"),
        task("new"),
        task("b")
            .dep("old")
            .dep_as("edge", "new")
            .field("payload", json!({"env": {"X": text}})),
    ])
    .existing("old", "OLD")
    .optimized();
    let expected = format!("{} {DECISION} OLD {}", new_id("b"), new_id("new"));
    let b = definition(&optimized, "b");
    assert_eq!(b["payload"]["env"]["X"], json!(expected));
    let planned = optimized.graph.get(&new_id("b")).unwrap();
    let names: Vec<_> = planned
        .dependencies
        .all
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(names, ["edge", "old"]);
}

#[test]
fn tasks_share_the_results_of_equal_references() {
    let build = json!({"env": {"X": {"task-reference": "<build>"}}});
    let own = json!({"env": {"X": {"task-reference": "<self>"}}});
    let on = |name: &str, to: &str, payload: &Value| {
        let task = task(name).dep_as("build", to);
        task.field("payload", payload.clone())
    };
    let optimized = optimizing([
        task("x"),
        task("y"),
        on("a", "x", &build),
        on("b", "x", &build),
        on("c", "y", &build),
        on("d", "y", &own),
        on("e", "y", &own),
    ])
    .optimized();
    let stands_for = [("a", "x"), ("b", "x"), ("c", "y"), ("d", "d"), ("e", "e")];
    for (name, id) in stands_for {
        let payload = &definition(&optimized, name)["payload"];
        assert_eq!(payload["env"]["X"], json!(new_id(id).as_str()), "{name}");
    }
    let [a, b, c] = ["a", "b", "c"].map(|name| definition(&optimized, name));
    assert!(a["payload"].is_same(&b["payload"]));
    assert!(a["dependencies"].is_same(&b["dependencies"]));
    assert_eq!(c["dependencies"], json!([new_id("y").as_str()]));
}

#[test]
fn dependencies_are_listed_once_and_in_order() {
    let mut expected = vec![
        "ZZZ".to_owned(),
        new_id("a").to_string(),
        new_id("c").to_string(),
    ];
    expected[1..].sort_unstable();
    let optimized = optimizing([
        task("a"),
        task("c"),
        task("b")
            .dep("a")
            .dep_as("again", "a")
            .dep("c")
            .field("dependencies", json!(["ZZZ"])),
    ])
    .optimized();
    assert_eq!(definition(&optimized, "b")["dependencies"], json!(expected));
    assert_eq!(definition(&optimized, "a")["dependencies"], json!([]));
}

#[test]
fn existing_dependencies_are_not_listed_again() {
    let optimized = optimizing([
        task("old"),
        task("b")
            .dep("old")
            .field("dependencies", json!(["OLD", "ZZZ"])),
    ])
    .existing("old", "OLD")
    .optimized();
    assert_eq!(
        definition(&optimized, "b")["dependencies"],
        json!(["OLD", "ZZZ"])
    );
}

#[test]
fn kept_soft_dependencies_become_dependencies() {
    let soft = |name: &str| {
        task("b")
            .soft("kept")
            .soft("gone")
            .soft("old")
            .soft("nowhere")
            .field("payload", json!({"task-reference": format!("<{name}>")}))
    };
    let tasks = |name: &str| {
        [
            task("kept"),
            task("gone").optimized("always", json!(null)),
            task("old"),
            soft(name),
        ]
    };
    let optimized = optimizing(tasks("kept")).existing("old", "OLD").optimized();
    let b = definition(&optimized, "b");
    assert_eq!(b["dependencies"], json!([new_id("kept").as_str()]));
    assert_eq!(b["payload"], json!(new_id("kept").as_str()));
    for name in ["gone", "old", "nowhere"] {
        let message = optimizing(tasks(name)).existing("old", "OLD").errors();
        assert!(message.contains(&format!("uses `{name}`")), "{message}");
    }
}

#[test]
fn artifact_urls_contain_the_root_url() {
    let linked = |artifact: &str| {
        let reference = json!({"artifact-reference": format!("<a/{artifact}>")});
        task("b").dep("a").field("payload", reference)
    };
    let payload = |artifact: &str, environment: Environment| {
        let case = optimizing([task("a"), linked(artifact)]).environment(environment);
        definition(&case.optimized(), "b")["payload"].clone()
    };
    let outer = Environment::default().with("TASKCLUSTER_ROOT_URL", "https://tc.example/");
    let inner = outer.clone().with("TASKCLUSTER_PROXY_URL", "http://proxy/");
    let path = format!("api/queue/v1/task/{}/artifacts", new_id("a"));
    let link = |server: &str, artifact: &str| Value::from(format!("{server}/{path}/{artifact}"));
    for (artifact, environment, server) in [
        ("public/x", &outer, "https://tc.example"),
        ("public/x", &inner, "https://tc.example"),
        ("private/x", &outer, "https://tc.example"),
        ("private/x", &inner, "http://proxy"),
    ] {
        assert_eq!(
            payload(artifact, environment.clone()),
            link(server, artifact)
        );
    }
    let nowhere = optimizing([task("a"), linked("public/x")]).environment(Environment::default());
    let wrong = nowhere.run().unwrap_err();
    assert_eq!(wrong.class(), Class::Environment);
    assert!(wrong.to_string().contains("TASKCLUSTER_ROOT_URL"));
}

#[test]
fn every_task_with_an_invalid_reference_is_reported() {
    let referring = |name: &str, text: &str| {
        task(name)
            .dep("build")
            .field("payload", json!({"task-reference": text}))
    };
    let case = optimizing([
        task("build"),
        referring("a", "<biuld>"),
        referring("b", "<build>"),
        referring("c", "<zzz>"),
    ]);
    let wrong = case.run().unwrap_err();
    assert_eq!(wrong.len(), 2);
    let message = wrong.to_string();
    assert!(message.contains("task `a`: the reference"), "{message}");
    assert!(message.contains("did you mean `build`?"), "{message}");
    assert!(message.contains("task `c`: the reference"), "{message}");
}

#[test]
fn no_kept_task_depends_on_a_removed_one() {
    let target = optimizing(tasks_of_chains("c -> b -> a")).target;
    let message = |removed: &[&str]| {
        let removed: BTreeSet<Label> = removed.iter().map(|name| label(name)).collect();
        resolve::check_removed(&target, &removed).map_err(|all| all.to_string())
    };
    let of_one = message(&["a"]).unwrap_err();
    assert!(
        of_one.contains("task `b`: it depends on `a` as `a`"),
        "{of_one}"
    );
    assert!(!of_one.contains("task `c`"), "{of_one}");
    let of_two = message(&["a", "b"]).unwrap_err();
    assert!(
        of_two.contains("task `c`: it depends on `b` as `b`"),
        "{of_two}"
    );
    assert!(!of_two.contains("task `b`: it"), "{of_two}");
    assert_eq!(message(&["a", "b", "c"]), Ok(()));
    assert_eq!(message(&[]), Ok(()));
}

#[test]
fn ids_are_derived_from_the_decision_and_the_label() {
    // Were these to change, a rerun by a newer version would build everything once more.
    let optimized = optimizing([task("a")]).optimized();
    let planned: Vec<&str> = optimized
        .graph
        .tasks()
        .map(|task| task.task_id.as_str())
        .collect();
    assert_eq!(planned, ["SW_yqfdtRGW9Vt_hoCf-iQ"]);
    let described: TestTask = task("a").field("payload", json!({"other": true}));
    assert!(
        optimizing([described])
            .optimized()
            .graph
            .get(&new_id("a"))
            .is_some()
    );
}
