//! Kinds whose tasks are kept for the next run.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::services::{DECISION, Services};
use super::tables::decision_arguments;
use super::world::{World, document, flat, python};

const MODULE: &str = "taskcluster/hail_taskgraph/kept.py";
const KIND: &str = "taskcluster/kinds/kept/kind.yml";

/// A loader whose task shows its process and what `BODY` has found.
const LOADER: &str = r#"import logging, os, sys, time

COLUMNS = os.environ.get("COLUMNS")

def read(path):
    with open(path) as file:
        return file.read()


def find(parameters, loaded_tasks):
    found = []
    BODY
    return found


def loader(kind, path, config, parameters, loaded_tasks):
    time.sleep(0.12)
    yield {
        "name": "one",
        "label": "kept-one",
        "description": "a task",
        "worker-type": "linux",
        "worker": {"docker-image": "hail:1", "max-run-time": 60, "command": ["true"]},
        "attributes": {"process": os.getpid(), "found": find(parameters, loaded_tasks)},
    }


def before(kind, path, config, parameters, loaded_tasks):
    for task in loader(kind, path, config, parameters, loaded_tasks):
        # It is not kept because of this, and the number of columns does not matter to other kinds.
        os.environ["BEFORE"] = "1"
        task["label"] = "before-one"
        task["attributes"] = {"found": [COLUMNS]}
        yield task
"#;

const ARGUMENTS: &[&str] = &[
    "full",
    "--json",
    "--python=whole",
    "--target-kind=kept",
    "-p",
    "params/push.yml",
];

fn kind(name: &str, loader: &str, rest: &str) -> (String, String) {
    (
        format!("taskcluster/kinds/{name}/kind.yml"),
        format!(
            "loader: hail_taskgraph.kept:{loader}\ntransforms: [taskgraph.transforms.task]\n{rest}"
        ),
    )
}

/// A project with a kind that finds something.
fn project(body: &str) -> Option<World> {
    let (file, text) = kind("kept", "loader", "");
    let module = LOADER.replace("BODY", body);
    let world = World::new(python()?).file(MODULE, &module);
    let world = world.file(&file, &text);
    world.git(&["add", "--all"]);
    world.git(&["commit", "--quiet", "--message=kept"]);
    Some(world)
}

/// A run of the kind.
#[derive(Debug)]
struct Run {
    /// The process that has made its task.
    process: u64,
    /// What it has found.
    found: Value,
    /// The log.
    log: String,
}

fn run_with(world: &World, more: &[&str]) -> Run {
    let done = world.ours(&[ARGUMENTS, more].concat());
    let task = document(&done)["kept-one"]["attributes"].clone();
    Run {
        process: task["process"].as_u64().unwrap(),
        found: task["found"].clone(),
        log: flat(&String::from_utf8_lossy(&done.stderr)),
    }
}

fn run(world: &World) -> Run {
    run_with(world, &[])
}

/// Runs the kind, whose task must be kept from then on.
fn kept(world: &World, why: &str) -> Run {
    let first = run_with(world, &["--verbose"]);
    let second = run(world);
    assert_eq!(first.process, second.process, "{why}: {}", first.log);
    assert_eq!(first.found, second.found, "{why}");
    first
}

/// The folder of the cache.
fn files(world: &World) -> Vec<PathBuf> {
    let cache = world.root().parent().unwrap().join(".cache/snowman");
    let below = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten();
    let projects = below(cache).map(|project| project.unwrap().path());
    let files = projects.flat_map(|project| below(project).map(|file| file.unwrap().path()));
    files
        .filter(|file| {
            file.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("kind-cache-")
        })
        .collect()
}

const SOURCES: &str = "import snow
    found += [read('data/tracked'), read('data/untracked'), read('data/ignored'), read('../outside')]
    found += [sorted(os.listdir('data/listed')), os.path.exists('data/later.ignored'), snow.FLAKES]
    found += [os.environ.get('COLOUR'), parameters['build_number'], [one.attributes['found'] for one in loaded_tasks]]
    import subprocess
    found += [subprocess.run(['git', 'rev-parse', 'HEAD'], stdout=subprocess.PIPE).stdout.decode().strip()]
    found += ['edit']";

#[test]
fn a_kind_runs_again_when_anything_that_it_depends_on_changes() {
    let Some(world) = project(SOURCES) else {
        return;
    };
    let root = world.root();
    let outer = root.parent().unwrap();
    let write = |name: &str, text: &str| {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let params = std::fs::read_to_string(root.join("params/push.yml")).unwrap();
    let replace = |name: &str, from: &str, to: &str| {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        assert!(text.contains(from), "{name}");
        write(name, &text.replace(from, to));
    };
    write("../outside", "1");
    write("../modules/snow.py", "FLAKES = 1\n");
    write("../push.yml", &params);
    write("data/tracked", "1");
    write("data/listed/one", "");
    write("data/listed/one.ignored", "");
    write("data/ignored", "1");
    write(".gitignore", "*ignored\n__pycache__\n");
    let (file, text) = kind("before", "before", "");
    write(&file, &text);
    let (_, text) = kind("kept", "loader", "kind-dependencies: [before]\n");
    write(KIND, &text);
    world.git(&["add", "--all"]);
    world.git(&["commit", "--quiet", "--message=data"]);
    write("data/untracked", "1");
    let modules = outer.join("modules").display().to_string();
    let mut world = world
        .variable("PYTHONPATH", &modules)
        .variable("COLUMNS", "80");
    let run = |world: &World| {
        let done = world.ours(&[&ARGUMENTS[..4], &["-p", "../push.yml", "--verbose"]].concat());
        let task = document(&done)["kept-one"]["attributes"].clone();
        let log = String::from_utf8_lossy(&done.stderr).into_owned();
        (
            task["process"].as_u64().unwrap(),
            task["found"].clone(),
            log,
        )
    };
    let mut last = run(&world);
    let changes: &[(&str, usize, &dyn Fn(&World))] = &[
        ("a tracked file", 0, &|_| write("data/tracked", "2")),
        ("an untracked file", 1, &|_| write("data/untracked", "2")),
        ("an ignored file", 2, &|_| write("data/ignored", "22")),
        ("a file outside", 3, &|_| write("../outside", "22")),
        ("a new file", 4, &|_| write("data/listed/two", "")),
        ("a new ignored file", 4, &|_| {
            write("data/listed/two.ignored", "")
        }),
        ("an ignored file that did not exist", 5, &|_| {
            write("data/later.ignored", "")
        }),
        ("an installed package", 6, &|_| {
            write("../modules/snow.py", "FLAKES = 22\n")
        }),
        ("a variable", 7, &|_| ()),
        ("a parameter", 8, &|_| {
            let old = "build_number: 1\n";
            assert!(params.contains(old));
            write("../push.yml", &params.replace(old, "build_number: 2\n"));
        }),
        ("the tasks of a dependency", 9, &|_| ()),
        ("a commit", 10, &|world| {
            world.git(&["commit", "--quiet", "--allow-empty", "--message=new"]);
        }),
        ("the code", 11, &|_| {
            replace(MODULE, "['edit']", "['edited']")
        }),
        ("the kind", 12, &|_| {
            replace(KIND, "[before]", "[before]\nx: 1")
        }),
        ("a ref", 12, &|world| world.git(&["branch", "new"])),
        ("the configuration", 12, &|world| {
            world.git(&["config", "hail.x", "1"])
        }),
    ];
    for (what, index, change) in changes {
        let again = run(&world);
        assert_eq!(
            (again.0, &again.1),
            (last.0, &last.1),
            "before {what}: {}",
            last.2
        );
        change(&world);
        world = match *what {
            "a variable" => world.variable("COLOUR", "red"),
            "the tasks of a dependency" => world.variable("COLUMNS", "81"),
            _ => world,
        };
        let now = run(&world);
        assert_ne!(now.0, last.0, "{what}: {}", now.2);
        for (place, found) in now.1.as_array().unwrap().iter().enumerate() {
            // One that differs in the expected place has read the change.
            assert_eq!(*found == last.1[place], place != *index, "{what}: {found}");
        }
        last = now;
    }
}

#[test]
fn what_cannot_be_checked_is_not_kept() {
    let late = "from taskgraph.target_tasks import register_target_task
    register_target_task('late')(lambda tasks, parameters, config: [])";
    for (body, reason) in [
        ("found.append(time.time())", "reads the clock"),
        (
            "from datetime import datetime; str(datetime.now())",
            "reads the clock",
        ),
        (
            "from datetime import date; str(date.today())",
            "reads the clock",
        ),
        ("time.strftime('%Y')", "reads the clock"),
        ("import random; random.choice('ab')", "uses random numbers"),
        (
            "import random; random.Random().random()",
            "uses random numbers",
        ),
        ("import uuid; uuid.uuid4()", "uses random numbers"),
        ("os.urandom(3)", "uses random numbers"),
        (
            "read('/dev/urandom')[:1] if os.getpid() < 0 else open('/dev/urandom', 'rb').read(1)",
            "reads /dev/urandom",
        ),
        ("import slugid; slugid.nice()", "draws a taskId"),
        (
            "import socket; socket.socket().connect_ex(('127.0.0.1', 9))",
            "uses the network",
        ),
        (
            "import subprocess; subprocess.run(['true'])",
            "starts the program `true`",
        ),
        (
            "import subprocess; subprocess.run(['git', 'gc', '--auto'])",
            "starts the program `git gc`",
        ),
        ("os.system('true')", "starts a program"),
        (
            "pid = os.fork(); pid or os._exit(0); os.waitpid(pid, 0)",
            "forks a process",
        ),
        ("open('written', 'w').close()", "writes written"),
        ("os.makedirs('made')", "writes made"),
        ("os.environ['HAIL'] = '1'", "changes the environment"),
        ("os.chdir('.')", "changes the working folder"),
        (late, "registers something that later phases use"),
    ] {
        let Some(world) = project(body) else {
            return;
        };
        let first = run_with(&world, &["--verbose"]);
        let reason = format!("The tasks of kind kept are not kept: {reason}");
        assert!(first.log.contains(&reason), "{body}: {}", first.log);
        assert_eq!(files(&world), [PathBuf::new(); 0], "{body}");
    }
}

#[test]
fn a_kind_that_only_computes_is_kept() {
    for body in [
        "import random; found.append(random.Random(3).random())",
        "import subprocess; subprocess.run(['git', '-c', 'x.y=z', 'log', '-1', '--oneline'], stdout=subprocess.PIPE)",
        "import tempfile; file = tempfile.NamedTemporaryFile(); file.write(b'x'); read(file.name)",
        "import tempfile; folder = tempfile.TemporaryDirectory(); open(folder.name + '/x', 'w').close(); folder.cleanup()",
        "from datetime import datetime; found.append(str(datetime.fromtimestamp(0).year))",
        "time.strftime('%Y', time.gmtime(0)); logging.warning('a warning')",
        "os.path.exists('/nowhere'); os.listdir('.')",
    ] {
        let Some(world) = project(body) else {
            return;
        };
        kept(&world, body);
    }
}

#[test]
fn what_a_kind_logs_is_logged_again() {
    let Some(world) = project("logging.warning('hail is coming'); print('a', 'stone')") else {
        return;
    };
    let first = kept(&world, "");
    let second = run(&world);
    for log in [first.log, second.log] {
        assert!(log.contains("WARN hail is coming"), "{log}");
        assert!(log.contains("INFO python: a stone"), "{log}");
        assert!(log.contains("Generated 1 tasks for kind kept"), "{log}");
    }
}

#[test]
fn what_an_earlier_kind_has_read_may_be_used_by_later_ones() {
    let body = "loaded_tasks or sys.modules.setdefault('now', time.time())";
    let Some(world) = project(body) else {
        return;
    };
    let (file, text) = kind("before", "loader", "");
    let (_, kept) = kind("kept", "loader", "kind-dependencies: [before]\n");
    let world = world.file(&file, &text).file(KIND, &kept);
    let world = world.with(MODULE, "\"kept-one\"", "kind + \"-one\"");
    let log = run_with(&world, &["--verbose"]).log;
    let reason =
        "The tasks of kind kept are not kept: earlier in the same process: reads the clock";
    assert!(log.contains(reason), "{log}");
}

#[test]
fn damaged_files_are_ignored() {
    let Some(world) = project("pass") else {
        return;
    };
    for damage in [
        |text: &[u8]| text[..text.len() - 1].to_vec(),
        |_: &[u8]| Vec::new(),
        |_: &[u8]| b"something else".to_vec(),
        |text: &[u8]| text.iter().rev().copied().collect(),
    ] {
        let first = kept(&world, "");
        for only_entries in [true, false] {
            let is_list = |file: &PathBuf| file.to_string_lossy().ends_with("-list");
            for file in files(&world)
                .iter()
                .filter(|file| !(only_entries && is_list(file)))
            {
                std::fs::write(file, damage(&std::fs::read(file).unwrap())).unwrap();
            }
            let second = run(&world);
            assert_ne!(second.process, first.process);
        }
    }
    // A file of another kind.
    let names = files(&world);
    let [one, other] = names.as_slice() else {
        panic!("{names:?}");
    };
    let first = kept(&world, "");
    let (one_text, other_text) = (std::fs::read(one).unwrap(), std::fs::read(other).unwrap());
    std::fs::write(one, other_text).unwrap();
    std::fs::write(other, one_text).unwrap();
    assert_ne!(run(&world).process, first.process);
}

#[test]
fn the_cache_can_be_turned_off() {
    let Some(world) = project("pass") else {
        return;
    };
    run_with(&world, &["--no-cache"]);
    let world = world.variable("SNOWMAN_CACHE", "0");
    run(&world);
    let world = world.without("SNOWMAN_CACHE");
    assert_eq!(files(&world), [PathBuf::new(); 0]);
    let first = kept(&world, "");
    assert_ne!(run_with(&world, &["--no-cache"]).process, first.process);
    let world = world.variable("SNOWMAN_CACHE", "0");
    assert_ne!(run(&world).process, first.process);
    // What kinds leave in the only process may be used by others.
    let world = world
        .without("SNOWMAN_CACHE")
        .variable("SNOWMAN_PYTHON_WORKERS", "1");
    let alone = run_with(&world, &["--verbose"]);
    assert!(
        alone.log.contains("all kinds run in one process"),
        "{}",
        alone.log
    );
    // The worker has the same environment otherwise, so nothing else can have made it run again.
    assert_ne!(run(&world).process, alone.process);
}

#[test]
fn decisions_generate_every_kind() {
    let Some(world) = project("pass") else {
        return;
    };
    let services = Services::start(&["queue:*", "docker-worker:*", "hail:*", "assume:*"]);
    let world = services.inside(world, DECISION);
    let mut arguments = decision_arguments(&world);
    let more = ["--python=whole", "--preflight-only", "--verbose"];
    arguments.extend(more.map(str::to_owned));
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let done = world.ours(&arguments);
    let log = flat(&String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{log}");
    assert!(log.contains("decisions generate every kind"), "{log}");
    assert_eq!(files(&world), [PathBuf::new(); 0]);
}

#[test]
fn a_repository_inside_must_not_differ() {
    let Some(world) = project("pass") else {
        return;
    };
    world.git(&["init", "--quiet", "inside"]);
    let first = run_with(&world, &["--verbose"]);
    assert!(
        first.log.contains("inside/ is a repository of its own"),
        "{}",
        first.log
    );
    assert_eq!(files(&world), [PathBuf::new(); 0]);
    assert_eq!(first.found, json!([]));
}
