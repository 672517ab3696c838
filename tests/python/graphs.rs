//! Graphs of a project that uses every hook, beside the peer's.

use serde_json::Value;

use crate::services::{DECISION, Services};
use crate::world::{World, document, python};

fn compare(params: &str) {
    let Some(python) = python() else { return };
    let world = World::new(python);
    let params = format!("params/{params}.yml");
    for command in [
        "tasks",
        "full",
        "target",
        "target-graph",
        "optimized",
        "morphed",
    ] {
        let arguments = [command, "--json", "-p", &params];
        let theirs = document(&world.peer(&arguments));
        assert!(theirs.as_object().unwrap().len() > 2, "{command}");
        for mode in ["mixed", "whole"] {
            let python = format!("--python={mode}");
            let ours = document(&world.ours(&[&arguments[..], &[&python]].concat()));
            for (label, task) in theirs.as_object().unwrap() {
                assert_eq!(ours.get(label), Some(task), "{command} {mode} {label}");
            }
            assert_eq!(ours, theirs, "{command} {mode}");
        }
    }
}

#[test]
fn a_push_with_filters_and_a_method_of_its_own() {
    compare("push");
}

#[test]
fn everything_there_is() {
    compare("everything");
}

#[test]
fn strategies_that_a_parameter_names() {
    compare("others");
}

/// What the log says of kinds, with `--verbose`.
fn log(world: &World) -> String {
    let done = world.ours(&["full", "-v", "-p", "params/push.yml"]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}");
    said
}

#[test]
fn only_what_is_its_own_runs_in_python() {
    let Some(python) = python() else { return };
    let said = log(&World::new(python));
    assert!(!said.contains("Kinds run wholly in Python"), "{said}");
    for line in [
        "transforms.run:transforms runs in Python for kind late: `run.using: hail` on docker-worker",
        "transforms.from_deps:transforms runs in Python for kind sign: `group-by: size`",
        "The rest of kind odd runs in Python: task `one`: worker.env.SEEN is a builtins.set",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert!(!said.contains("runs in Python for kind build"), "{said}");
}

#[test]
fn a_project_that_reaches_into_taskgraph_runs_wholly_in_python() {
    let Some(python) = python() else { return };
    let world = World::new(python).with(
        "taskcluster/hail_taskgraph/workers.py",
        "class StonesPayload",
        "import taskgraph.transforms.task as task_module\n\n\n\
         def default_priority(graph_config, project):\n    return \"highest\"\n\n\n\
         task_module.get_default_priority = default_priority\n\n\nclass StonesPayload",
    );
    let said = log(&world);
    let why = "Kinds run wholly in Python: the project has put code of its own in place of \
               taskgraph.transforms.task.get_default_priority";
    assert!(said.contains(why), "{said}");
    let arguments = ["full", "--json", "-p", "params/push.yml"];
    let ours = document(&world.ours(&arguments));
    assert_eq!(
        ours["build-one"]["task"]["priority"],
        Value::from("highest")
    );
    assert_eq!(ours, document(&world.peer(&arguments)));
}

#[test]
fn without_leave_no_python_runs() {
    let Some(python) = python() else { return };
    let world = World::new(python);
    let said = world.failure(&["full", "--python=never", "-p", "params/push.yml"]);
    assert!(
        said.contains("`taskgraph.register` names the Python function `hail_taskgraph:register`"),
        "{said}"
    );
}

#[test]
fn defaults_of_the_project_are_laid_under_parameters() {
    let Some(python) = python() else { return };
    let world = World::new(python).variable("PYTHONDONTWRITEBYTECODE", "1");
    // Nothing is given, so `owner` and `hail_size` are the project's.
    let ours = document(&world.ours(&["full", "--json"]));
    let signed = &ours["sign-hail-two-stones"]["task"];
    assert_eq!(signed["payload"]["of"], Value::from(3));
    assert_eq!(signed["metadata"]["owner"], Value::from("hail@example.com"));
}

#[test]
fn a_decision_has_the_parameters_that_the_project_makes() {
    let Some(python) = python() else { return };
    let services = Services::start(&["queue:*", "docker-worker:*", "hail:*", "assume:*"]);
    let world = services.inside(World::new(python), DECISION);
    let revision = format!("--head-rev={}", world.head());
    let done = world.ours(&[
        "decision",
        "--project=hail",
        "--pushlog-id=1",
        "--pushdate=1757930400",
        "--owner=someone@example.com",
        "--level=3",
        "--repository-type=git",
        "--base-repository=https://github.com/hail/hail",
        "--head-repository=https://github.com/hail/hail",
        "--head-ref=main",
        &revision,
        "--tasks-for=github-push",
        "--target-tasks-method=hail",
    ]);
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    let read = |name: &str| {
        let path = world.root().join("artifacts").join(name);
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}\n{said}"))
    };
    let parameters = read("parameters.yml");
    assert!(parameters.contains("hail_size: 5\n"), "{parameters}");
    assert!(parameters.contains("hail_reason: hail\n"), "{parameters}");
    let actions: Value = serde_json::from_str(&read("actions.json")).unwrap();
    let names = actions["actions"].as_array().unwrap().iter();
    assert_eq!(names.filter(|action| action["name"] == "melt").count(), 1);
    let targets: Vec<String> = serde_json::from_str(&read("target-tasks.json")).unwrap();
    assert!(
        targets.contains(&"sign-hail-two-stones".to_owned()),
        "{targets:?}"
    );
    // What the project's Python has made of a task stands on the queue.
    let created = services.created();
    let stones = created
        .iter()
        .find(|task| task.label == "sign-hail-two-stones")
        .unwrap();
    assert_eq!(stones.definition["payload"]["of"], Value::from(5));
}
