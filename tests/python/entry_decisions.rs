//! Decisions of a project's own entry: the state that kinds leave for them, and the flags of cron jobs.

use serde_json::{Value, json};

use super::services::{DECISION, Services};
use super::tables::{artifact, decision_arguments, with_entry};
use super::workers;
use super::world::{World, flat, python};

const CONFIG: &str = "taskcluster/config.yml";
const PACKAGE: &str = "taskcluster/hail_taskgraph/__init__.py";
const DECIDE: &str = "taskcluster/ice/decision.py";

/// What kinds leave behind, and a decision that publishes it.
const STATE: &str = "
class Cache:
    def __init__(self):
        self.entries = {}


SEEN = Cache()
";

/// Publishes the entries; those of gzip contain another time in each process.
const PUBLISH: &str = "    write_artifact(\"seen.json\", SEEN.entries)
    import gzip
    with gzip.GzipFile(os.path.join(ARTIFACTS_DIR, \"seen.json.gz\"), \"wb\", mtime=os.getpid()) as file:
        file.write(json.dumps(SEEN.entries).encode())
";

/// A project in which two kinds would be generated at the same time, in two workers; `odd` and `test` run in the
/// transforms of each. Its decision publishes what they have left in a cache.
fn project(odd: &str, test: &str) -> Option<World> {
    let found = with_entry(workers::project(python()?));
    let write = "    write_artifact(\"full-task-graph.json\"";
    let mut world = found
        .file("taskcluster/ice/state.py", STATE)
        .with(
            DECIDE,
            "\nARTIFACTS_DIR",
            "\nfrom ice.state import SEEN\n\nARTIFACTS_DIR",
        )
        .with(DECIDE, write, &format!("{PUBLISH}{write}"));
    for (kind, code) in [("odd", odd), ("test", test)] {
        let file = format!("taskcluster/hail_taskgraph/transforms/{kind}.py");
        let meet = format!("meet.meet(\"{kind}\")");
        let code = format!("from ice.state import SEEN; {code}");
        world = world.with(&file, &meet, &code);
    }
    Some(world)
}

/// Runs a dry decision in which all kinds run completely in Python.
fn decide(services: &Services, world: World) -> (World, std::process::Output) {
    let world = services.inside(world, DECISION);
    let mut arguments = decision_arguments(&world);
    arguments.extend(["--python=whole".to_owned(), "--preflight-only".to_owned()]);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let done = world.ours(&arguments);
    (world, done)
}

/// The artifact with what the kinds have left.
fn seen(services: &Services, world: World) -> Value {
    let (world, done) = decide(services, world);
    assert!(done.status.success(), "{}", stderr(&done));
    artifact(&world, "seen.json")
}

fn stderr(done: &std::process::Output) -> String {
    flat(&String::from_utf8_lossy(&done.stderr))
}

#[test]
fn the_decision_sees_what_kinds_have_left() {
    let Some(first) = project("SEEN.entries['odd'] = 1", "pass") else {
        return;
    };
    let services = Services::start(&["queue:*", "docker-worker:*", "hail:*", "assume:*"]);
    assert_eq!(seen(&services, first), json!({"odd": 1}));
    let second = project("pass", "SEEN.entries['test'] = 1").unwrap();
    assert_eq!(seen(&services, second), json!({"test": 1}));
    // All kinds run in its process, one after the other.
    let both = project("SEEN.entries['odd'] = 1", "SEEN.entries['test'] = 1").unwrap();
    assert_eq!(seen(&services, both), json!({"odd": 1, "test": 1}));
}

#[test]
fn flags_of_cron_jobs() {
    let Some(python) = python() else { return };
    let services = Services::start(&["queue:*", "docker-worker:*", "hail:*", "assume:*"]);
    let world = services.inside(with_entry(World::new(python.clone())), DECISION);
    let reason = "hail_reason=options.get(\"reason\", \"none\")";
    let given = "hail_reason=json.dumps([options.get(name) for name in (\"include_push_tasks\", \"rebuild_kinds\", \"optimize_target_tasks\")])";
    let world = world.with(DECIDE, reason, given);
    let run = |world: &World, flags: &[&str]| {
        let arguments = decision_arguments(world);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        world.ours(&[&arguments[..], flags, &["--preflight-only"]].concat())
    };
    let cases: [(&[&str], Value); 3] = [
        (&[], json!([null, null, null])),
        (
            &[
                "--include-push-tasks",
                "--rebuild-kind=build",
                "--rebuild-kind=odd",
            ],
            json!([true, ["build", "odd"], null]),
        ),
        (
            &["--optimize-target-tasks=false"],
            json!([null, null, false]),
        ),
    ];
    for (flags, expected) in cases {
        let done = run(&world, flags);
        assert!(done.status.success(), "{}", stderr(&done));
        let reason = artifact(&world, "counts.json")["warm"].clone();
        let found: Value = serde_json::from_str(reason.as_str().unwrap()).unwrap();
        assert_eq!(found, expected);
    }
    // Without a function that would use them, they are refused.
    let without = services.inside(World::new(python), DECISION);
    let done = run(&without, &["--include-push-tasks"]);
    assert_eq!(done.status.code(), Some(2));
    let refused = stderr(&done);
    assert!(
        refused.contains("use the options: include_push_tasks"),
        "{refused}"
    );
}

/// What a package that extends another one does when config.yml names it.
const EXTENDS: &str = "import ice\n\nfrom importlib import import_module\n";

/// The project, in which the package of `register` imports the one that has the program.
fn extending_project(python: std::path::PathBuf) -> World {
    with_entry(World::new(python))
        .with(CONFIG, "snowman: {entry: ice}\n", "")
        .with(PACKAGE, "from importlib import import_module\n", EXTENDS)
}

#[test]
fn an_entry_that_the_registered_package_extends() {
    let Some(python) = python() else { return };
    let services = Services::start(&["queue:*", "docker-worker:*", "hail:*", "assume:*"]);
    // The package has a function of the same name, which config.yml names for another purpose.
    let hook = "hail_taskgraph.parameters:decision_parameters";
    let changes = "def get_decision_parameters(graph_config, parameters):
    parameters[\"hail_reason\"] = \"hook\"
";
    let world = services
        .inside(extending_project(python), DECISION)
        .with(
            CONFIG,
            hook,
            "hail_taskgraph.decision:get_decision_parameters",
        )
        .file("taskcluster/hail_taskgraph/decision.py", changes);
    let run = |world: &World| {
        let arguments = decision_arguments(world);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        world.ours(
            &[
                &arguments[..],
                &["--option=reason=frost", "--preflight-only"],
            ]
            .concat(),
        )
    };
    let done = run(&world);
    assert!(done.status.success(), "{}", stderr(&done));
    assert_eq!(artifact(&world, "counts.json")["warm"], "frost");
    // Of two packages, one has to be named.
    let world = world
        .file("taskcluster/snow/__init__.py", "")
        .file(
            "taskcluster/snow/decision.py",
            "def get_decision_parameters(graph_config, options):\n    return {}\n",
        )
        .with(PACKAGE, "import ice\n", "import ice\nimport snow\n");
    let refused = stderr(&run(&world));
    assert!(
        refused.contains("the packages ice and snow have a function `get_decision_parameters`"),
        "{refused}"
    );
    assert!(
        refused.contains("`snowman.entry` in config.yml"),
        "{refused}"
    );
    let done = run(&world.variable("SNOWMAN_ENTRY", "ice"));
    assert!(done.status.success(), "{}", stderr(&done));
}

#[test]
fn functions_that_compute_parameters_can_read_the_arguments() {
    let Some(python) = python() else { return };
    let services = Services::start(&["queue:*", "docker-worker:*", "hail:*", "assume:*"]);
    let read = "import argparse
    parser = argparse.ArgumentParser()
    for name in (\"--tasks-for\", \"--target-tasks-method\", \"--head-tag\"):
        parser.add_argument(name)
    known = parser.parse_known_args()[0]
    reason = \"%s %s %r\" % (known.tasks_for, known.target_tasks_method, known.head_tag)
    ";
    let hook = services.inside(World::new(python.clone()), DECISION).with(
        "taskcluster/hail_taskgraph/parameters.py",
        "    parameters[\"hail_reason\"] = graph_config[\"trust-domain\"]\n",
        &format!("    {read}parameters[\"hail_reason\"] = reason\n"),
    );
    let entry = services
        .inside(with_entry(World::new(python)), DECISION)
        .with(
            DECIDE,
            "    return Parameters(",
            &format!("    {read}values[\"hail_reason\"] = reason\n    return Parameters("),
        );
    for world in [hook, entry] {
        let arguments = decision_arguments(&world);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let done = world.ours(&[&arguments[..], &["--preflight-only"]].concat());
        assert!(done.status.success(), "{}", stderr(&done));
        let parameters = std::fs::read_to_string(world.root().join("artifacts/parameters.yml"));
        let expected = "hail_reason: github-push hail ''\n";
        assert!(parameters.unwrap().contains(expected));
    }
}
