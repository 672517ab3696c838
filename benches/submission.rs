//! How fast a graph is created, beside taskgraph's `create_tasks` on the same server.
//!
//! `cargo bench --bench submission -- [--tasks 1000,10000] [--latencies 0,20,100] [--peer PYTHON]`. The server
//! is the sandbox in this process; both clients are processes of their own, and say how long it took them
//! and how much their memory grew. Without a Python that has taskgraph only our side is measured.

#![expect(
    clippy::unwrap_used,
    reason = "a measurement may end where it finds something wrong"
)]
#![expect(clippy::print_stdout, reason = "the result is a table")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use snowman::base::name::{KindName, Label, TaskId};
use snowman::ports::clock::{Clock, SystemClock};
use snowman::ports::environment::Environment;
use snowman::ports::ids::DerivedIds;
use snowman::ports::stop::NEVER;
use snowman::sandbox::{FaultSchedule, InjectedFault, Options, Sandbox, WorkerOptions};
use snowman::submit::plan::{Creation, Plan};
use snowman::submit::{Ports, SubmitLimits, TokioSleeper, execute};
use snowman::taskcluster::Client;

const SCOPES: &[&str] = &["queue:*"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, graph, decision] = arguments.as_slice()
        && flag == "--client"
    {
        client(Path::new(graph), decision);
        return;
    }
    let option = |name: &str| {
        let at = arguments.iter().position(|one| one == name)?;
        arguments.get(at + 1).cloned()
    };
    let numbers =
        |text: String| -> Vec<u64> { text.split(',').map(|one| one.parse().unwrap()).collect() };
    let sizes = numbers(option("--tasks").unwrap_or("1000,10000".to_owned()));
    let latencies = numbers(option("--latencies").unwrap_or("0,20,100".to_owned()));
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let peer =
        option("--peer").map_or_else(|| root.join("tests/parity/.peer/bin/python"), PathBuf::from);
    println!(
        "| Tasks | Latency | snowman | taskgraph | Ratio | Bound | Memory grown by | taskgraph's |"
    );
    println!("| --: | --: | --: | --: | --: | --: | --: | --: |");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for size in sizes {
        for latency in &latencies {
            let ours = runtime.block_on(measure(size, *latency, None));
            let theirs = peer
                .exists()
                .then(|| runtime.block_on(measure(size, *latency, Some(&peer))));
            println!("{}", row(size, *latency, ours, theirs));
        }
    }
}

fn row(size: u64, latency: u64, ours: (f64, u64), theirs: Option<(f64, u64)>) -> String {
    let rate = |(seconds, _): (f64, u64)| size as f64 / seconds;
    let bound = match latency {
        0 => "-".to_owned(),
        some => format!(
            "{:.0}/s",
            SubmitLimits::default().in_flight as f64 * 1000.0 / some as f64
        ),
    };
    let (peer, ratio, memory) = match theirs {
        Some(theirs) => (
            format!("{:.0}/s", rate(theirs)),
            format!("{:.1}", rate(ours) / rate(theirs)),
            format!("{:.1} MiB", theirs.1 as f64 / 1024.0),
        ),
        None => ("-".to_owned(), "-".to_owned(), "-".to_owned()),
    };
    format!(
        "| {size} | {latency} ms | {:.0}/s | {peer} | {ratio} | {bound} | {:.1} MiB | {memory} |",
        rate(ours),
        ours.1 as f64 / 1024.0
    )
}

/// Seconds, and by how many KiB the client's memory grew.
async fn measure(size: u64, latency: u64, peer: Option<&Path>) -> (f64, u64) {
    let sandbox = Sandbox::start(Options {
        address: ([127, 0, 0, 1], 0).into(),
        folder: None,
        workers: WorkerOptions::default(),
        clock: Arc::new(|| SystemClock.now().moment()),
    })
    .await
    .unwrap();
    let decision = "AAAAAAAAQACAAAAAAAAAAA";
    let state = sandbox.state();
    let mut own = definition(decision, "decision", &[]);
    own["scopes"] = json!(SCOPES);
    own["taskGroupId"] = json!(decision);
    own["schedulerId"] = json!("bench-level-1");
    let now = SystemClock.now();
    for (name, seconds) in [
        ("created", 0),
        ("deadline", 86_400),
        ("expires", 86_400 * 30),
    ] {
        let span = snowman::base::time::Span::seconds(seconds);
        own[name] = json!(now.plus(span).to_string());
    }
    state.create_task(decision, &own).unwrap();
    state.claim(decision).unwrap();
    if latency > 0 {
        let late = InjectedFault::LateReply(Duration::from_millis(latency));
        state.set_fault_schedule("createTask", Some(FaultSchedule::from_call(0, late)));
    }
    let folder = tempfile::tempdir().unwrap();
    let graph = folder.path().join("graph.json");
    std::fs::write(&graph, Value::from(rows(decision, size)).to_string()).unwrap();
    let mut command = match peer {
        Some(python) => {
            let mut command = Command::new(python);
            command.arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/benches/submission_peer.py"
            ));
            command
        }
        None => {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.arg("--client");
            command
        }
    };
    command
        .arg(&graph)
        .arg(decision)
        .env("TASKCLUSTER_ROOT_URL", sandbox.root_url())
        .env("TASKCLUSTER_PROXY_URL", sandbox.proxy_url(decision));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout} {wrong}");
    assert_eq!(
        state.group_tasks(decision).len() as u64,
        size + 1,
        "{wrong}"
    );
    let mut words = stdout.split_whitespace();
    let seconds = words.next().unwrap().parse().unwrap();
    let grown = words.next().unwrap().parse().unwrap();
    sandbox.stop().await;
    (seconds, grown)
}

/// A task of about 4 KiB, as tasks of builds and tests are.
fn definition(decision: &str, label: &str, after: &[&str]) -> Value {
    let date = |text: &str| json!({"relative-datestamp": text});
    let environment: BTreeMap<String, String> = (0..40)
        .map(|n| {
            (
                format!("MOZ_VARIABLE_{n}"),
                format!("{label} has the value {n} of this variable"),
            )
        })
        .collect();
    let mut definition = json!({
        "provisionerId": "bench-1", "workerType": "linux", "priority": "low",
        "created": date("0 seconds"), "deadline": date("1 day"), "expires": date("28 days"),
        "scopes": [], "routes": [format!("checks.{label}")],
        "payload": {
            "command": ["/usr/bin/run-task", "--", "bash", "-c", "cd /builds && make"],
            "env": environment, "maxRunTime": 3600,
            "image": {"type": "task-image", "path": "public/image.tar.zst", "taskId": decision},
        },
        "metadata": {
            "name": label, "description": "A task", "owner": "someone@example.com",
            "source": "https://github.com/org/project",
        },
        "tags": {"kind": "bench", "label": label},
        "extra": {"treeherder": {"symbol": "B", "tier": 1, "platform": "linux/opt"}},
    });
    if !after.is_empty() {
        definition["dependencies"] = json!(after);
    }
    definition
}

/// Tasks in four layers, as a pipeline has them: a twentieth, a fifth, half, and the rest.
fn rows(decision: &str, size: u64) -> Vec<Value> {
    let ids = DerivedIds::new(TaskId::parse(decision).unwrap());
    let label = |n: u64| format!("task-{n}");
    let id = |n: u64| ids.id(&Label::parse(&label(n)).unwrap(), 0).to_string();
    let layers = [0, size / 20, size / 4, size * 3 / 4, size];
    let mut rows = Vec::new();
    for (layer, bounds) in layers.windows(2).enumerate() {
        for n in bounds[0]..bounds[1] {
            let after = layer.checked_sub(1).map(|before| {
                let (first, end) = (layers[before], layers[before + 1]);
                id(first + n % (end - first).max(1))
            });
            let after: Vec<&str> = after.iter().map(String::as_str).collect();
            rows.push(json!([
                id(n),
                label(n),
                definition(decision, &label(n), &after),
                after
            ]));
        }
    }
    rows
}

/// Our side: creates the graph, and prints seconds and KiB.
fn client(graph: &Path, decision: &str) {
    let rows: Vec<(String, String, Value, Vec<String>)> =
        serde_json::from_slice(&std::fs::read(graph).unwrap()).unwrap();
    let known: BTreeSet<&String> = rows.iter().map(|row| &row.0).collect();
    let task_id = |text: &str| TaskId::parse(text).unwrap();
    let creations = rows.iter().map(|(id, label, definition, after)| {
        let mut definition = definition.clone();
        definition["taskGroupId"] = json!(decision);
        definition["schedulerId"] = json!("bench-level-1");
        if after.is_empty() {
            definition["dependencies"] = json!([decision]);
        }
        let after = after.iter().filter(|one| known.contains(one));
        Creation {
            task_id: task_id(id),
            label: Label::parse(label).unwrap(),
            kind: KindName::parse("bench").unwrap(),
            copy: 0,
            definition: definition.into(),
            after: after.map(|one| task_id(one)).collect(),
            provenance: Arc::default(),
        }
    });
    let plan = Plan::new(creations.collect());
    let client = Client::connect(&Environment::of_process()).unwrap();
    let ports = Ports {
        taskcluster: &client,
        clock: &SystemClock,
        sleeper: &TokioSleeper,
        stop: &NEVER,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (memory, started) = (most_memory(), Instant::now());
    let report = runtime.block_on(execute(&plan, ports, &SubmitLimits::default(), &mut |_| ()));
    let seconds = started.elapsed().as_secs_f64();
    report.outcome().unwrap();
    println!("{seconds} {}", most_memory() - memory);
}

/// The most memory that this process has had so far, in KiB.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}
