//! No process outlives the program, or the worker that has started it.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::world::{World, flat, python};

const BUILD: &str = "taskcluster/hail_taskgraph/transforms/build.py";

/// Starts processes in two ways, writes the numbers of all processes to a file, and does not return.
const SLEEP: &str = r#"
        import multiprocessing, subprocess, sys, time
        forked = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
        forked.start()
        run = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        numbers = "%d %d %d" % (os.getpid(), forked.pid, run.pid)
        with open("numbers.new", "w") as file:
            file.write(numbers)
        os.rename("numbers.new", "numbers")
        time.sleep(600)
        attributes["size"] ="#;

fn sleeping() -> Option<World> {
    let world = python().map(World::new)?;
    Some(world.with(BUILD, "\n        attributes[\"size\"] =", SLEEP))
}

/// Waits until something is the case.
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A process. Another one may get its number later, but has then started at another time.
#[derive(Debug)]
struct Process {
    number: String,
    started: String,
}

impl Process {
    /// The process with this number, if one runs.
    fn running(number: &str) -> Option<Self> {
        let fields = fields(number)?;
        Some(Self {
            number: number.to_owned(),
            started: fields.get(19)?.clone(),
        })
    }

    fn runs(&self) -> bool {
        Self::running(&self.number).is_some_and(|found| found.started == self.started)
    }
}

/// What the system says about a process after its name: its state, its parent, its group and so on. One that
/// has ended may still be listed.
fn fields(number: &str) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(Path::new("/proc").join(number).join("stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<_> = fields.split(' ').map(str::to_owned).collect();
    (!matches!(fields.first()?.as_str(), "Z" | "X")).then_some(fields)
}

/// Starts the program, and waits until the worker has started its processes. Returns the worker and these
/// processes.
fn start(world: &World, more: &[&str]) -> (Child, Vec<Process>) {
    let program = world.start(&[&["full", "-p", "params/push.yml"], more].concat());
    let numbers = wait_for("the worker sleeps", || {
        std::fs::read_to_string(world.root().join("numbers")).ok()
    });
    let found = numbers.split(' ').map(Process::running);
    let found: Option<Vec<_>> = found.collect();
    (program, found.unwrap())
}

fn wait_until_none_runs(processes: &[Process]) {
    wait_for("a process is left", || {
        (!processes.iter().any(Process::runs)).then_some(())
    });
}

fn send(signal: &str, number: &str) {
    let sent = Command::new("kill").args(["-s", signal, number]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_program_that_is_ended_leaves_no_process_behind() {
    for signal in ["KILL", "TERM", "INT"] {
        let Some(world) = sleeping() else { return };
        let (mut program, processes) = start(&world, &[]);
        send(signal, &program.id().to_string());
        wait_until_none_runs(&processes);
        assert!(!program.wait().unwrap().success());
    }
}

#[test]
fn a_worker_that_is_killed_leaves_no_process_behind() {
    let Some(world) = sleeping() else { return };
    let (program, processes) = start(&world, &[]);
    send("KILL", &processes[0].number);
    // The others hold its pipes open, but its end is noticed.
    let output = program.wait_with_output().unwrap();
    let error = flat(&String::from_utf8_lossy(&output.stderr));
    assert!(
        error.contains("the Python worker ended unexpectedly (signal: 9 (SIGKILL))"),
        "{error}"
    );
    // The system kills processes this way if memory runs out.
    assert!(error.contains("MiB of memory"), "{error}");
    assert!(error.contains("SNOWMAN_PYTHON_WORKERS=1"), "{error}");
    wait_until_none_runs(&processes);
}

#[test]
fn a_forked_worker_that_ends_says_how() {
    for (ending, told) in [
        ("os.kill(os.getpid(), 9)", "(signal: 9 (SIGKILL))"),
        ("os._exit(7)", "(exit status: 7)"),
        ("os.abort()", "(signal: 6 (SIGABRT)"),
    ] {
        let Some(world) = python().map(World::new) else {
            return;
        };
        let import = "from importlib import import_module\n";
        // A second worker is forked if loading takes long.
        let slow = format!(
            "import os\nimport time\nfrom taskgraph import generator\n\
             FIRST = os.getpid()\nGIVEN = generator.Kind.load_tasks\ntime.sleep(0.4)\n\n\n\
             def load_tasks(*arguments):\n    if os.getpid() != FIRST:\n        {ending}\n    \
             return GIVEN(*arguments)\n\n\ngenerator.Kind.load_tasks = load_tasks\n{import}"
        );
        let world = world.with("taskcluster/hail_taskgraph/__init__.py", import, &slow);
        let error = flat(&world.failure(&["full", "-p", "params/push.yml", "--python=whole"]));
        assert!(error.contains(told), "{ending}: {error}");
        if ending == "os.abort()" {
            assert!(error.contains("in load_tasks"), "{error}");
        }
    }
}

#[test]
fn a_worker_that_takes_too_long_leaves_no_process_behind() {
    let Some(world) = sleeping() else { return };
    let world = world.variable("SNOWMAN_PYTHON_TIMEOUT", "3");
    let (program, processes) = start(&world, &[]);
    let output = program.wait_with_output().unwrap();
    let error = flat(&String::from_utf8_lossy(&output.stderr));
    assert!(error.contains("did not answer within 3 seconds"), "{error}");
    wait_until_none_runs(&processes);
}

/// The worker that this process has started or forked: its child that leads a group.
fn worker_of(process: &str) -> Option<Process> {
    let numbers = std::fs::read_dir("/proc").unwrap();
    let mut numbers = numbers.filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    let found = numbers.find(|number| {
        let fields = fields(number).unwrap_or_default();
        fields.get(1).is_some_and(|parent| parent == process) && fields.get(2) == Some(number)
    });
    Process::running(&found?)
}

#[test]
fn a_forked_worker_ends_with_the_program() {
    for signal_to_program in [true, false] {
        let Some(world) = sleeping() else { return };
        // A second worker is forked if loading takes long.
        let import = "from importlib import import_module\n";
        let world = world.with(
            "taskcluster/hail_taskgraph/__init__.py",
            import,
            &format!("import time\ntime.sleep(0.4)\n{import}"),
        );
        let (mut program, mut processes) = start(&world, &["--python=whole"]);
        // The kind that sleeps may have come to either worker.
        let number = program.id().to_string();
        let first = wait_for("a worker is started", || worker_of(&number));
        let second = wait_for("a worker is forked", || worker_of(&first.number));
        let killed = match signal_to_program {
            true => number,
            false => first.number.clone(),
        };
        processes.extend([first, second]);
        send("KILL", &killed);
        assert!(!program.wait().unwrap().success());
        wait_until_none_runs(&processes);
    }
}
