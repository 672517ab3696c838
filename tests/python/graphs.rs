//! Compares the graphs of a project that uses every hook with the peer's.

use serde_json::Value;

use super::services::{DECISION, Services};
use super::world::{World, document, python};

fn compare(params: &str) {
    let Some(python) = python() else { return };
    compare_all(&World::new(python), params);
}

/// Compares the graphs of every phase with those of the peer.
fn compare_all(world: &World, params: &str) {
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
fn a_push_with_filters_and_a_target_tasks_method() {
    compare("push");
}

#[test]
fn a_project_that_uses_every_hook() {
    compare("everything");
}

#[test]
fn strategies_named_by_a_parameter() {
    compare("others");
}

#[test]
fn filters_that_change_tasks() {
    let Some(python) = python() else { return };
    // The filter runs first. Both change tasks that they do not keep.
    let method = "    for task in full_task_graph.tasks.values():
        task.attributes[\"hail_seen\"] = len(full_task_graph.tasks)
        if task.kind != \"odd\":
            task.task.setdefault(\"routes\", []).append(\"notify.email.someone@example.com.on-any\")
            task.description = task.description + \", seen\"
    return [
";
    let filter = "    for task in graph.tasks.values():
        task.attributes[\"hail_seen\"] = [task.attributes.get(\"hail_seen\"), len(graph.tasks)]
    return [";
    let world = World::new(python)
        .with(
            "taskcluster/hail_taskgraph/target_tasks.py",
            "    return [\n",
            method,
        )
        .with(
            "taskcluster/hail_taskgraph/filters.py",
            "    return [",
            filter,
        );
    compare_all(&world, "push");
}

#[test]
fn a_target_tasks_method_without_tasks() {
    let Some(python) = python() else { return };
    let kind = "transforms: [taskgraph.transforms.task]\ntasks: {}\n";
    let world = World::new(python)
        .file("taskcluster/kinds/none/kind.yml", kind)
        .file("taskcluster/kinds/docker-image/kind.yml", kind);
    for command in ["target", "target-graph", "optimized"] {
        let arguments = [command, "--json", "-k", "none", "-p", "params/push.yml"];
        let ours = document(&world.ours(&arguments));
        assert_eq!(ours, document(&world.peer(&arguments)), "{command}");
        assert_eq!(ours, serde_json::json!({}), "{command}");
    }
}

/// Returns the log lines on kinds, with `--verbose`.
fn log(world: &World) -> String {
    let done = world.ours(&["full", "-v", "-p", "params/push.yml"]);
    let stderr = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{stderr}");
    stderr
}

#[test]
fn only_project_code_runs_in_python() {
    let Some(python) = python() else { return };
    let log_text = log(&World::new(python));
    assert!(
        !log_text.contains("Kinds run entirely in Python"),
        "{log_text}"
    );
    for line in [
        "transforms.run:transforms runs in Python for kind late: `run.using: hail` on docker-worker",
        "transforms.fetch:transforms runs in Python for kind fetched: `fetch.type: hail-stones`",
        "transforms.task_context:transforms runs in Python for kind told: `from-custom: hail-weather`",
        "transforms.from_deps:transforms runs in Python for kind sign: `group-by: size`",
        "The rest of kind odd runs in Python: task `one`: worker.env.SEEN is a builtins.set",
    ] {
        assert!(log_text.contains(line), "{line}\n{log_text}");
    }
    assert!(
        !log_text.contains("runs in Python for kind build"),
        "{log_text}"
    );
}

/// Adds this code to a module of the project, which then has to run wholly in Python; the log must
/// give this name as the reason. Returns the build `one` of the graph, which must equal the peer's.
fn patched(text: &str, name: &str) -> Option<Value> {
    let world = World::new(python()?).with(
        "taskcluster/hail_taskgraph/workers.py",
        "class StonesPayload",
        &format!(
            "import taskgraph.transforms.task as task_module\n\n\n{text}\n\nclass StonesPayload"
        ),
    );
    let log_text = log(&world);
    let why = format!(
        "Kinds run entirely in Python: the project replaces \
         taskgraph.{name}\n"
    );
    assert!(log_text.contains(&why), "{log_text}");
    let arguments = ["full", "--json", "-p", "params/push.yml"];
    let mut ours = document(&world.ours(&arguments));
    assert_eq!(ours, document(&world.peer(&arguments)));
    Some(ours["build-one"].take())
}

#[test]
fn a_patched_function_is_used() {
    let text = "def default_priority(graph_config, project):\n    return \"highest\"\n\n\n\
                task_module.get_default_priority = default_priority\n";
    let build = patched(text, "transforms.task.get_default_priority");
    let priority = build.map(|build| build["task"]["priority"].clone());
    assert!(priority.is_none_or(|found| found == "highest"));
}

#[test]
fn a_patched_value_is_used() {
    let text = "task_module.TREEHERDER_ROUTE_ROOT = \"hail-treeherder\"\n";
    patched(text, "transforms.task.TREEHERDER_ROUTE_ROOT");
}

#[test]
fn an_extended_list_is_used() {
    let text = "task_module.V2_ROUTE_TEMPLATES.append(\"index.hail.{job-name}\")\n";
    patched(text, "transforms.task.V2_ROUTE_TEMPLATES");
}

#[test]
fn a_transform_added_to_a_sequence_of_taskgraph_is_used() {
    let text = "@task_module.transforms.add\ndef cold(config, tasks):\n    for task in tasks:\n        \
                task[\"attributes\"][\"cold\"] = True\n        yield task\n";
    let build = patched(text, "transforms.task.transforms");
    let cold = build.map(|build| build["attributes"]["cold"].clone());
    assert!(cold.is_none_or(|found| found == true));
}

#[test]
fn python_never_runs_no_python() {
    let Some(python) = python() else { return };
    let world = World::new(python);
    let error = world.failure(&["full", "--python=never", "-p", "params/push.yml"]);
    assert!(
        error.contains(
            "`taskgraph.register` is set to the Python function `hail_taskgraph:register`"
        ),
        "{error}"
    );
}

#[test]
fn parameters_get_the_defaults_of_the_project() {
    let Some(python) = python() else { return };
    let world = World::new(python).variable("PYTHONDONTWRITEBYTECODE", "1");
    // No values are given, so `owner` and `hail_size` are the project's.
    let ours = document(&world.ours(&["full", "--json"]));
    let signed = &ours["sign-hail-two-stones"]["task"];
    assert_eq!(signed["payload"]["of"], Value::from(3));
    assert_eq!(signed["metadata"]["owner"], Value::from("hail@example.com"));
}

#[test]
fn a_decision_has_the_parameters_of_the_project() {
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
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{stderr}");
    let read = |name: &str| {
        let path = world.root().join("artifacts").join(name);
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}\n{stderr}"))
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
    let full: Value = serde_json::from_str(&read("full-task-graph.json")).unwrap();
    assert_eq!(full["build-one"]["attributes"]["writes"], true);
    // The queue has the task as the project's Python has changed it.
    let created = services.created();
    let stones = created
        .iter()
        .find(|task| task.label == "sign-hail-two-stones")
        .unwrap();
    assert_eq!(stones.definition["payload"]["of"], Value::from(5));
}

/// Returns the phases that each program reports to the project during a command, in order.
fn phase_reports(command: &str, add: &str) -> Option<[String; 2]> {
    let text = format!(
        "import taskgraph.generator\n\n\ndef hear(name, start, end):\n    \
         with open(\"heard.txt\", \"a\") as file:\n        \
         file.write(\"%s %s\\n\" % (name, 0 <= start <= end))\n\n\n\
         taskgraph.generator.phase_finished = hear\n{add}\n\nclass StonesPayload"
    );
    let python = python()?;
    let world = World::new(python).with(
        "taskcluster/hail_taskgraph/workers.py",
        "class StonesPayload",
        &text,
    );
    let file = world.root().join("heard.txt");
    let read = || {
        let requests = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        requests
    };
    let arguments = [command, "--json", "-p", "params/push.yml"];
    let done = world.ours(&arguments);
    let log_text = String::from_utf8_lossy(&done.stderr);
    assert!(
        !log_text.contains("Kinds run entirely in Python"),
        "{log_text}"
    );
    let ours = read();
    world.peer(&arguments);
    Some([ours, read()])
}

#[test]
fn finished_phases_are_reported_to_the_project() {
    for command in ["target", "morphed"] {
        let Some([ours, theirs]) = phase_reports(command, "") else {
            return;
        };
        assert!(theirs.contains("target_task_set True"), "{theirs}");
        assert_eq!(ours, theirs, "{command}");
    }
    let fails = "from taskgraph.util.verify import verifications\n\n\n\
                 @verifications.add(\"full_task_graph\")\n\
                 def fails(task, taskgraph, scratch_pad, graph_config, parameters):\n    \
                 assert task is not None\n";
    if let Some([ours, theirs]) = phase_reports("morphed", fails) {
        assert!(theirs.ends_with("None True\n"), "{theirs}");
        assert_eq!(ours, theirs);
    }
}
