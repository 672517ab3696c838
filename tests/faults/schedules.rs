//! Hundreds of seeded fault schedules, each with reruns until a decision succeeds.

use std::collections::BTreeMap;

use snowman::base::value::json;
use snowman::ports::ids::DerivedIds;
use snowman::sandbox::{FaultSchedule, InjectedFault};

use super::bench::{
    Bench, DECISION, Failing, FaultyQueue, OTHER, Outage, ProcessEnd, started_runs,
    was_cancelled_unstarted,
};
use super::graph::{Random, RunResult, Spec, decide, decide_concurrently, decision, live_tasks};

/// What happens to the runs of a decision.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Scenario {
    /// Calls fail at random, always in the same way.
    Transient(InjectedFault),
    /// Calls fail at random, with every transient fault.
    AnyTransient,
    /// Every call fails from some call onwards.
    Permanent(InjectedFault),
    /// The service restarts.
    Restart,
    /// The process is killed before or after a call.
    Killed,
    /// The process is killed, and calls fail.
    KilledWithFaults,
    /// The process receives a stop signal.
    Stopped,
    /// The process is killed, and the next run has other definitions.
    OtherDefinitions,
    /// Another group has some of the taskIds before the decision begins.
    Squatted,
    /// The own group has tasks with such taskIds.
    SquattedInGroup,
    /// Another process takes a taskId while tasks are created.
    SquattedDuringRun,
    /// The process is killed, and its open calls arrive during the next run or after it.
    LateCalls,
    /// The same, and the next run has other definitions.
    LateCallsOtherDefinitions,
    /// A second run begins while the first still runs.
    ConcurrentRuns {
        /// The queue has started the second run, so the first is superseded.
        known: bool,
        /// The runs have different definitions.
        differently: bool,
    },
    /// An outage, without or with a proxy that retries.
    Outage(Failing, bool),
}

impl Scenario {
    fn name(self) -> String {
        match self {
            Self::Transient(scenario) => format!("{}, at random", scenario.name()),
            Self::AnyTransient => "all of these at random".to_owned(),
            Self::Permanent(scenario) => {
                format!("{}, from some call onwards", scenario.name())
            }
            Self::Restart => "the service restarts".to_owned(),
            Self::Killed => "killed three times".to_owned(),
            Self::KilledWithFaults => "killed three times, with random faults".to_owned(),
            Self::Stopped => "stop signal".to_owned(),
            Self::OtherDefinitions => "killed, then other definitions".to_owned(),
            Self::Squatted => "taskIds taken by another group".to_owned(),
            Self::SquattedInGroup => "taskIds taken in the decision's group".to_owned(),
            Self::SquattedDuringRun => "a taskId taken during the run".to_owned(),
            Self::LateCalls => "killed twice, with late calls".to_owned(),
            Self::LateCallsOtherDefinitions => {
                "killed twice, with late calls, then other definitions".to_owned()
            }
            Self::ConcurrentRuns { known, differently } => format!(
                "two concurrent runs, {}{}",
                if known {
                    "own credentials"
                } else {
                    "shared credentials"
                },
                if differently {
                    ", other definitions"
                } else {
                    ""
                }
            ),
            Self::Outage(failing, proxied) => format!(
                "{} for 5 to 300 s, {}",
                match failing {
                    Failing::Database => "database failing",
                    Failing::Queue => "queue failing",
                    Failing::Auth => "auth failing",
                    Failing::Broker => "message broker failing",
                },
                if proxied {
                    "with retries by the proxy"
                } else {
                    "without retries by the proxy"
                }
            ),
        }
    }
}

/// The totals of a scenario.
#[derive(Default)]
struct Row {
    schedules: usize,
    tasks: usize,
    runs: usize,
    calls: usize,
    faults: usize,
    cancelled: usize,
    renamed: usize,
}

/// Runs one schedule until a run succeeds, and then checks every requirement.
async fn schedule(scenario: Scenario, seed: u64, row: &mut Row) {
    let mut random = Random::new(seed);
    let size = 40 + random.below(180);
    let mut spec = Spec::new(seed, size);
    let bench = Bench::new().await;
    let context = format!("{scenario:?}, seed {seed}, {size} tasks");
    squat(scenario, &bench, &spec, &mut random);
    let mut ended = None;
    let mut first = 0;
    if let Scenario::ConcurrentRuns { known, differently } = scenario {
        let other = match differently {
            true => spec.with_other_payloads(seed),
            false => spec.clone(),
        };
        let two = ConcurrentRuns {
            known,
            seed,
            offset: random.below(3001),
        };
        ended = two.run(&bench, [&spec, &other], row, &context).await;
        match &ended {
            Some((found, _)) => spec = found.clone(),
            None => spec = other,
        }
        // The next run completes what both left.
        first = if ended.is_some() { 12 } else { 2 };
    }
    let mut ended = ended.map(|(_, ran)| ran);
    let mut late = BTreeMap::new();
    for run in first..12 {
        let mut queue = queue(scenario, &bench, run, size, &mut random);
        if let Scenario::Outage(failing, proxied) = scenario {
            const SECONDS: [i64; 5] = [5, 13, 30, 65, 300];
            let seconds = SECONDS[usize::try_from(seed).unwrap() % SECONDS.len()];
            let from = random.below(size / 2 + 10);
            queue.outage = Some(Outage {
                failing,
                from,
                seconds,
                proxied,
            });
            queue.latency = Some(seed);
            queue.in_flight = 200;
        }
        if matches!(
            scenario,
            Scenario::LateCalls | Scenario::LateCallsOtherDefinitions
        ) {
            queue.latency = Some(seed);
            // With other definitions, a late call must arrive before the run ends, or nothing would
            // notice it.
            let last = if scenario == Scenario::LateCalls {
                size + 30
            } else {
                size / 2
            };
            let calls = std::mem::take(&mut late)
                .into_iter()
                .map(|(id, definition)| {
                    let near = random.below(2) == 0;
                    (random.below(if near { 10 } else { last }), id, definition)
                });
            queue.foreign_creations.lock().unwrap().extend(calls);
        }
        if let (Scenario::SquattedDuringRun, 0) = (scenario, run) {
            let id = DerivedIds::new(decision()).id(&spec.label(random.below(size)), 0);
            let definition = bench.definition(OTHER, "squatter");
            let call = 2 + random.below(size / 2);
            queue
                .foreign_creations
                .lock()
                .unwrap()
                .push((call, id, definition));
        }
        let ran = decide(&bench, &queue, &spec, run).await;
        if ran.is_none() {
            late.append(&mut queue.unanswered.lock().unwrap());
        }
        queue.apply_foreign_changes(usize::MAX);
        row.runs += 1;
        row.calls += queue.calls();
        row.faults += queue.faults.load(std::sync::atomic::Ordering::SeqCst);
        for task in bench.tasks() {
            let waits = task.state.name() == "unscheduled" || was_cancelled_unstarted(&task);
            assert!(
                waits,
                "{context}, run {run}: {} is {}",
                task.label,
                task.state.name()
            );
        }
        match ran {
            Some(ran) if ran.outcome.is_ok() => {
                ended = Some(ran);
                break;
            }
            Some(ran) => {
                let why = ran.outcome.unwrap_err().to_string();
                let report = ran.artifacts.get("submission.json");
                if let Some(report) = report {
                    let report: serde_json::Value = serde_json::from_slice(report).unwrap();
                    assert_eq!(report["complete"], false, "{context}: {why}");
                }
                assert!(may_fail(scenario), "{context}, run {run}: {why}");
            }
            None => {}
        }
        if let (Scenario::OtherDefinitions, 0..3) | (Scenario::LateCallsOtherDefinitions, 0) =
            (scenario, run)
        {
            spec = spec.with_other_payloads(seed + run as u64);
        }
        bench.time.advance(60_000);
    }
    let ran = ended.unwrap_or_else(|| panic!("{context}: no run succeeded"));

    // Each label exists as often as it should, nothing else exists, and everything is as without
    // faults.
    let stands = live_tasks(&bench);
    let counts = stands
        .iter()
        .map(|(label, copies)| (label.clone(), copies.len()));
    assert_eq!(
        counts.collect::<BTreeMap<_, _>>(),
        spec.wanted(),
        "{context}"
    );
    let (wanted, without_faults) = without_faults(&spec).await;
    assert_eq!(stands, wanted, "{context}");
    for (label, id) in &ran.named {
        let task = bench.state().task(id.as_str()).unwrap();
        assert_eq!(
            (task.label.as_str(), was_cancelled_unstarted(&task)),
            (label.as_str(), false),
            "{context}"
        );
        row.renamed += usize::from(without_faults.named[label] != *id);
    }

    // The decision ends, and each task runs once.
    bench.state().report_completed(DECISION).unwrap();
    bench.sandbox.run_workers_until_idle().await.unwrap();
    for task in bench.tasks() {
        let expected = if was_cancelled_unstarted(&task) { 0 } else { 1 };
        row.cancelled += 1 - expected;
        assert_eq!(
            started_runs(&task),
            expected,
            "{context}: {} is {}",
            task.label,
            task.state.name()
        );
    }
    row.schedules += 1;
    row.tasks += stands.values().map(Vec::len).sum::<usize>();
}

fn may_fail(scenario: Scenario) -> bool {
    !matches!(
        scenario,
        Scenario::Squatted
            | Scenario::SquattedInGroup
            | Scenario::SquattedDuringRun
            | Scenario::LateCalls
            | Scenario::Outage(..)
    )
}

/// Two concurrent runs of one decision.
struct ConcurrentRuns {
    known: bool,
    seed: u64,
    /// How many milliseconds later the second run begins.
    offset: usize,
}

impl ConcurrentRuns {
    /// Runs both to their ends, and returns the graph that exists if both have succeeded.
    async fn run(
        &self,
        bench: &Bench,
        specs: [&Spec; 2],
        row: &mut Row,
        context: &str,
    ) -> Option<(Spec, RunResult)> {
        let queues = [0, 1].map(|number| {
            let mut queue = FaultyQueue::healthy(bench);
            queue.latency = Some(self.seed * 1000 + number * 500);
            queue
        });
        let ids = || DerivedIds::new(decision());
        let first = decide_concurrently(bench, &queues[0], specs[0], 0, ids());
        let second = async {
            bench.time.wait(i64::try_from(self.offset).unwrap()).await;
            if self.known {
                let state = bench.state();
                state.report_exception(DECISION, "worker-shutdown").unwrap();
                state.claim(DECISION).unwrap();
            }
            let run = usize::from(self.known);
            decide_concurrently(bench, &queues[1], specs[1], run, ids()).await
        };
        let (first, second) = bench
            .time
            .run_until(futures_util::future::join(first, second))
            .await;
        row.runs += 2;
        row.calls += queues.iter().map(FaultyQueue::calls).sum::<usize>();
        let runs = [first.unwrap(), second.unwrap()];
        for run in runs.iter().filter(|run| run.outcome.is_err()) {
            row.faults += 1;
            let report = run.artifacts.get("submission.json");
            let report = report.map(|text| serde_json::from_slice(text).unwrap());
            let report: serde_json::Value = report.unwrap_or_default();
            assert_ne!(report["complete"], true, "{context}");
        }
        let ended = runs.each_ref().map(|run| run.outcome.is_ok());
        let equal = specs[0].wanted() == specs[1].wanted();
        if self.known || equal {
            let [_, second] = &runs;
            assert!(ended[1], "{context}: {:?}", second.outcome);
        }
        let mut found = None;
        for ((spec, run), ended) in specs.into_iter().zip(runs).zip(ended) {
            if ended && live_tasks(bench) == without_faults(spec).await.0 {
                found = Some((spec.clone(), run));
            }
        }
        // A superseded run may still add tasks after the other has ended, and then fails.
        let both = ended == [true, true];
        assert!(
            found.is_some() || !both,
            "{context}: both succeeded, and neither graph stands"
        );
        found
    }
}

/// Returns the tasks of a decision without faults, and its result.
async fn without_faults(spec: &Spec) -> (BTreeMap<String, Vec<String>>, RunResult) {
    let healthy_bench = Bench::new().await;
    let healthy = FaultyQueue::healthy(&healthy_bench);
    let ran = decide(&healthy_bench, &healthy, spec, 0).await.unwrap();
    assert!(ran.outcome.is_ok());
    (live_tasks(&healthy_bench), ran)
}

/// Returns the queue for a run.
fn queue<'b>(
    scenario: Scenario,
    bench: &'b Bench,
    run: usize,
    size: usize,
    random: &mut Random,
) -> FaultyQueue<'b> {
    let seed = random.below(1 << 30) as u64;
    let none = || FaultSchedule::new(0, 0, &[]);
    let transient = || FaultSchedule::new(seed, 120, InjectedFault::TRANSIENT);
    let call = 1 + random.below(size + 20);
    let killed = match (run, random.below(2)) {
        (3.., _) => None,
        (_, 0) => Some(ProcessEnd::Before(call)),
        (..) => Some(ProcessEnd::After(call)),
    };
    let at_first = run == 0;
    match scenario {
        Scenario::Transient(kind) => FaultyQueue::new(
            bench,
            FaultSchedule::new(seed, 150, &[kind]),
            FaultSchedule::new(seed + 1, 150, &[kind]),
            None,
        ),
        Scenario::AnyTransient => FaultyQueue::new(bench, transient(), transient(), None),
        Scenario::Permanent(kind) if at_first => FaultyQueue::new(
            bench,
            FaultSchedule::from_call(call as u64, kind),
            none(),
            None,
        ),
        Scenario::Restart => FaultyQueue::new(
            bench,
            FaultSchedule::new(seed, 1000, &[InjectedFault::DisconnectBeforeWrite])
                .window(call as u64, 60),
            none(),
            None,
        ),
        Scenario::LateCalls | Scenario::LateCallsOtherDefinitions if run < 2 => {
            let call = 8 + random.below(size);
            FaultyQueue::new(bench, none(), none(), Some(ProcessEnd::Before(call)))
        }
        Scenario::Killed | Scenario::OtherDefinitions => {
            FaultyQueue::new(bench, none(), none(), killed)
        }
        Scenario::KilledWithFaults => FaultyQueue::new(bench, transient(), transient(), killed),
        Scenario::Stopped if at_first => FaultyQueue::new(
            bench,
            transient(),
            none(),
            Some(ProcessEnd::StopRequested(call)),
        ),
        _ => FaultyQueue::healthy(bench),
    }
}

/// Creates tasks with some of the taskIds before the decision begins.
fn squat(scenario: Scenario, bench: &Bench, spec: &Spec, random: &mut Random) {
    let group = match scenario {
        Scenario::Squatted => OTHER,
        Scenario::SquattedInGroup => DECISION,
        _ => return,
    };
    let ids = DerivedIds::new(decision());
    for _ in 0..1 + random.below(6) {
        let label = spec.label(random.below(500));
        let id = ids.id(&label, random.below(2));
        let mut definition = bench.definition(group, label.as_str());
        if group == DECISION {
            definition["dependencies"] = json!([DECISION]);
        }
        let _ = bench.state().create_task(id.as_str(), &definition.into());
    }
}

fn scenarios() -> Vec<(Scenario, u64)> {
    let transient = InjectedFault::TRANSIENT
        .iter()
        .map(|scenario| (Scenario::Transient(*scenario), 8));
    let mut scenarios: Vec<(Scenario, u64)> = transient.collect();
    scenarios.extend([
        (Scenario::AnyTransient, 20),
        (Scenario::Permanent(InjectedFault::Conflict), 8),
        (Scenario::Permanent(InjectedFault::ClockSkew), 8),
        (Scenario::Permanent(InjectedFault::MissingScopes), 8),
        (Scenario::Restart, 10),
        (Scenario::Killed, 32),
        (Scenario::KilledWithFaults, 24),
        (Scenario::Stopped, 12),
        (Scenario::OtherDefinitions, 24),
        (Scenario::Squatted, 12),
        (Scenario::SquattedInGroup, 12),
        (Scenario::SquattedDuringRun, 12),
        (Scenario::LateCalls, 48),
        (Scenario::LateCallsOtherDefinitions, 24),
    ]);
    for (known, differently) in [(false, false), (true, false), (false, true), (true, true)] {
        scenarios.push((Scenario::ConcurrentRuns { known, differently }, 16));
    }
    for failing in [
        Failing::Database,
        Failing::Queue,
        Failing::Auth,
        Failing::Broker,
    ] {
        scenarios.extend([false, true].map(|proxied| (Scenario::Outage(failing, proxied), 5)));
    }
    scenarios
}

/// Prints a table, which `--nocapture` shows.
#[test]
fn every_task_is_created_exactly_once() {
    let times = super::times();
    let (next, scenarios) = (std::sync::atomic::AtomicUsize::new(0), scenarios());
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut rows = Vec::new();
        loop {
            let number = next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let Some((scenario, many)) = scenarios.get(number) else {
                return rows;
            };
            let mut row = Row::default();
            for seed in 0..many * times {
                runtime.block_on(schedule(*scenario, seed * 31 + number as u64, &mut row));
            }
            rows.push((number, row));
        }
    };
    let mut rows: Vec<(usize, Row)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    rows.sort_by_key(|(number, _)| *number);
    println!(
        "| Fault | Schedules | Runs | Calls | Faults | Tasks created once | Other ids | Cancelled |"
    );
    println!("| --- | --: | --: | --: | --: | --: | --: | --: |");
    for (number, row) in &rows {
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            scenarios[*number].0.name(),
            row.schedules,
            row.runs,
            row.calls,
            row.faults,
            row.tasks,
            row.renamed,
            row.cancelled
        );
    }
    let schedules: usize = rows.iter().map(|(_, row)| row.schedules).sum();
    println!("{schedules} schedules; each ended as if nothing had failed.");
    assert_eq!(
        schedules as u64,
        scenarios.iter().map(|(_, many)| many * times).sum::<u64>()
    );
}
