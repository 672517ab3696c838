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

/// Starts the program, and waits until the worker has started its processes. Returns the numbers of
/// the worker and of these processes.
fn start(world: &World, more: &[&str]) -> (Child, Vec<String>) {
    let program = world.start(&[&["full", "-p", "params/push.yml"], more].concat());
    let numbers = wait_for("the worker sleeps", || {
        std::fs::read_to_string(world.root().join("numbers")).ok()
    });
    let numbers: Vec<_> = numbers.split(' ').map(str::to_owned).collect();
    assert!(numbers.iter().all(|number| runs(number)), "{numbers:?}");
    (program, numbers)
}

/// Whether a process runs. One that has ended may still be listed.
fn runs(number: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(number).join("stat"));
    stat.is_ok_and(|stat| {
        let state = stat
            .rsplit(") ")
            .next()
            .and_then(|rest| rest.chars().next());
        !matches!(state, None | Some('Z' | 'X'))
    })
}

fn wait_until_none_runs(numbers: &[String]) {
    wait_for("a process is left", || {
        (!numbers.iter().any(|number| runs(number))).then_some(())
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
        let (mut program, numbers) = start(&world, &[]);
        send(signal, &program.id().to_string());
        wait_until_none_runs(&numbers);
        assert!(!program.wait().unwrap().success());
    }
}

#[test]
fn a_worker_that_is_killed_leaves_no_process_behind() {
    let Some(world) = sleeping() else { return };
    let (program, numbers) = start(&world, &[]);
    send("KILL", &numbers[0]);
    // The others hold its pipes open, but its end is noticed.
    let output = program.wait_with_output().unwrap();
    let error = flat(&String::from_utf8_lossy(&output.stderr));
    assert!(
        error.contains("the Python worker ended unexpectedly (signal: 9 (SIGKILL))"),
        "{error}"
    );
    wait_until_none_runs(&numbers);
}

#[test]
fn a_worker_that_takes_too_long_leaves_no_process_behind() {
    let Some(world) = sleeping() else { return };
    let world = world.variable("SNOWMAN_PYTHON_TIMEOUT", "3");
    let (program, numbers) = start(&world, &[]);
    let output = program.wait_with_output().unwrap();
    let error = flat(&String::from_utf8_lossy(&output.stderr));
    assert!(error.contains("did not answer within 3 seconds"), "{error}");
    wait_until_none_runs(&numbers);
}

/// The worker that this worker has forked: its child that leads a group.
fn forked_by(worker: &str) -> Option<String> {
    let numbers = std::fs::read_dir("/proc").unwrap();
    let mut numbers = numbers.filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    numbers.find(|number| {
        let stat = std::fs::read_to_string(Path::new("/proc").join(number).join("stat"));
        let stat = stat.unwrap_or_default();
        let fields: Vec<_> = stat
            .rsplit(") ")
            .next()
            .unwrap_or_default()
            .split(' ')
            .collect();
        fields.get(1) == Some(&worker) && fields.get(2) == Some(&number.as_str())
    })
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
        let (mut program, mut numbers) = start(&world, &["--python=whole"]);
        numbers.push(forked_by(&numbers[0]).unwrap());
        let killed = match signal_to_program {
            true => program.id().to_string(),
            false => numbers[0].clone(),
        };
        send("KILL", &killed);
        assert!(!program.wait().unwrap().success());
        wait_until_none_runs(&numbers);
    }
}
