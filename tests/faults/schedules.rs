//! Hundreds of seeded schedules of faults, each until a run of the decision succeeds.

use std::collections::BTreeMap;

use snowman::base::value::json;
use snowman::ports::ids::DerivedIds;
use snowman::sandbox::{FaultSchedule, InjectedFault};

use super::bench::{Bench, DECISION, Direct, End, Gone, OTHER, Outage, begun, is_dead};
use super::graph::{Ran, Random, Spec, decide, decide_beside, decision, standing};

/// What befalls the runs of a decision.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sort {
    /// Calls fail at random, always in the same way.
    Passing(InjectedFault),
    /// Calls fail at random, in every way that passes.
    Everything,
    /// From some call on each is refused.
    Lasting(InjectedFault),
    /// The service is away for a while.
    Restart,
    /// The process is killed before or after some call.
    Killed,
    /// The process is killed, and calls fail.
    KilledInTrouble,
    /// The process is asked to stop.
    Stopped,
    /// The process is killed, and the next run decides otherwise.
    Otherwise,
    /// Another group has taskIds of ours before we begin.
    Squatted,
    /// Our own group has such tasks.
    SquattedInside,
    /// Somebody takes a taskId while we create tasks.
    SquattedMeanwhile,
    /// The process is killed, and the calls that were under way arrive between any two calls of the
    /// next run, or after it.
    Late,
    /// The same, and the next run decides otherwise.
    LateOtherwise,
    /// A second run begins while the first is alive.
    Two {
        /// The queue knows of both: the first has lost its place.
        known: bool,
        /// They decide differently.
        otherwise: bool,
    },
    /// Something is away for a while.
    Away(Gone, bool),
}

impl Sort {
    fn name(self) -> String {
        match self {
            Self::Passing(sort) => format!("{}, at random", sort.name()),
            Self::Everything => "all of these at random".to_owned(),
            Self::Lasting(sort) => format!("{}, from some call on", sort.name()),
            Self::Restart => "the service restarts".to_owned(),
            Self::Killed => "killed at some call, thrice".to_owned(),
            Self::KilledInTrouble => "killed thrice, with all of the first".to_owned(),
            Self::Stopped => "asked to stop at some call".to_owned(),
            Self::Otherwise => "killed, then decided otherwise".to_owned(),
            Self::Squatted => "taskIds taken by another group".to_owned(),
            Self::SquattedInside => "taskIds taken in the own group".to_owned(),
            Self::SquattedMeanwhile => "a taskId taken meanwhile".to_owned(),
            Self::Late => "killed twice, late calls between any two calls".to_owned(),
            Self::LateOtherwise => "the same, then decided otherwise".to_owned(),
            Self::Two { known, otherwise } => format!(
                "two live runs, {}{}",
                if known {
                    "each with its credentials"
                } else {
                    "with one's credentials"
                },
                if otherwise {
                    ", decided differently"
                } else {
                    ""
                }
            ),
            Self::Away(gone, proxied) => format!(
                "{} for 5 to 300 s, {}",
                match gone {
                    Gone::Database => "database gone",
                    Gone::Queue => "queue gone",
                    Gone::Auth => "auth gone",
                    Gone::Broker => "message broker gone",
                },
                if proxied {
                    "proxy that retries"
                } else {
                    "no retries in between"
                }
            ),
        }
    }
}

/// What a sort of schedule came to.
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

/// One schedule, until a run succeeds; then everything that must hold is checked.
async fn schedule(sort: Sort, seed: u64, row: &mut Row) {
    let mut random = Random::new(seed);
    let size = 40 + random.below(180);
    let mut spec = Spec::new(seed, size);
    let bench = Bench::new().await;
    let told = format!("{sort:?}, seed {seed}, {size} tasks");
    squat(sort, &bench, &spec, &mut random);
    let mut ended = None;
    let mut first = 0;
    if let Sort::Two { known, otherwise } = sort {
        let other = match otherwise {
            true => spec.decided_otherwise(seed),
            false => spec.clone(),
        };
        let two = Two {
            known,
            seed,
            offset: random.below(3001),
        };
        ended = two.run(&bench, [&spec, &other], row, &told).await;
        match &ended {
            Some((found, _)) => spec = found.clone(),
            None => spec = other,
        }
        // What is left of both is settled by the next run.
        first = if ended.is_some() { 12 } else { 2 };
    }
    let mut ended = ended.map(|(_, ran)| ran);
    let mut late = BTreeMap::new();
    for run in first..12 {
        let mut queue = queue(sort, &bench, run, size, &mut random);
        if let Sort::Away(gone, proxied) = sort {
            const SECONDS: [i64; 5] = [5, 13, 30, 65, 300];
            let seconds = SECONDS[usize::try_from(seed).unwrap() % SECONDS.len()];
            let from = random.below(size / 2 + 10);
            queue.outage = Some(Outage {
                gone,
                from,
                seconds,
                proxied,
            });
            queue.latency = Some(seed);
            queue.in_flight = 200;
        }
        if matches!(sort, Sort::Late | Sort::LateOtherwise) {
            queue.latency = Some(seed);
            // With other definitions, what arrives after all is done cannot be known of.
            let last = if sort == Sort::Late {
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
            queue.squat.lock().unwrap().extend(calls);
        }
        if let (Sort::SquattedMeanwhile, 0) = (sort, run) {
            let id = DerivedIds::new(decision()).id(&spec.label(random.below(size)), 0);
            let definition = bench.definition(OTHER, "squatter");
            let call = 2 + random.below(size / 2);
            queue.squat.lock().unwrap().push((call, id, definition));
        }
        let ran = decide(&bench, &queue, &spec, run).await;
        if ran.is_none() {
            late.append(&mut queue.under_way.lock().unwrap());
        }
        queue.land(usize::MAX);
        row.runs += 1;
        row.calls += queue.calls();
        row.faults += queue.faults.load(std::sync::atomic::Ordering::SeqCst);
        for task in bench.tasks() {
            let waits = task.state.name() == "unscheduled" || is_dead(&task);
            assert!(
                waits,
                "{told}, run {run}: {} is {}",
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
                    assert_eq!(report["complete"], false, "{told}: {why}");
                }
                assert!(may_fail(sort), "{told}, run {run}: {why}");
            }
            None => {}
        }
        if let (Sort::Otherwise, 0..3) | (Sort::LateOtherwise, 0) = (sort, run) {
            spec = spec.decided_otherwise(seed + run as u64);
        }
        bench.time.pass(60_000);
    }
    let ran = ended.unwrap_or_else(|| panic!("{told}: no run succeeded"));

    // Each label stands as often as it should, nothing else does, and all is as without any trouble.
    let stands = standing(&bench);
    let counts = stands
        .iter()
        .map(|(label, copies)| (label.clone(), copies.len()));
    assert_eq!(counts.collect::<BTreeMap<_, _>>(), spec.wanted(), "{told}");
    let (wanted, undisturbed) = undisturbed(&spec).await;
    assert_eq!(stands, wanted, "{told}");
    for (label, id) in &ran.named {
        let task = bench.state().task(id.as_str()).unwrap();
        assert_eq!(
            (task.label.as_str(), is_dead(&task)),
            (label.as_str(), false),
            "{told}"
        );
        row.renamed += usize::from(undisturbed.named[label] != *id);
    }

    // Now the decision ends, and each task runs once.
    bench.state().report_completed(DECISION).unwrap();
    bench.sandbox.run_workers_until_idle().await.unwrap();
    for task in bench.tasks() {
        let expected = if is_dead(&task) { 0 } else { 1 };
        row.cancelled += 1 - expected;
        assert_eq!(
            begun(&task),
            expected,
            "{told}: {} is {}",
            task.label,
            task.state.name()
        );
    }
    row.schedules += 1;
    row.tasks += stands.values().map(Vec::len).sum::<usize>();
}

fn may_fail(sort: Sort) -> bool {
    !matches!(
        sort,
        Sort::Squatted
            | Sort::SquattedInside
            | Sort::SquattedMeanwhile
            | Sort::Late
            | Sort::Away(..)
    )
}

/// Two runs of one decision that are alive at once.
struct Two {
    known: bool,
    seed: u64,
    /// By how many milliseconds the second begins later.
    offset: usize,
}

impl Two {
    /// Runs both to their ends; yields what stands when both have succeeded.
    async fn run(
        &self,
        bench: &Bench,
        specs: [&Spec; 2],
        row: &mut Row,
        told: &str,
    ) -> Option<(Spec, Ran)> {
        let queues = [0, 1].map(|number| {
            let mut queue = Direct::well(bench);
            queue.latency = Some(self.seed * 1000 + number * 500);
            queue
        });
        let ids = || DerivedIds::new(decision());
        let first = decide_beside(bench, &queues[0], specs[0], 0, ids());
        let second = async {
            bench.time.wait(i64::try_from(self.offset).unwrap()).await;
            if self.known {
                let state = bench.state();
                state.report_exception(DECISION, "worker-shutdown").unwrap();
                state.claim(DECISION).unwrap();
            }
            let run = usize::from(self.known);
            decide_beside(bench, &queues[1], specs[1], run, ids()).await
        };
        let (first, second) = bench
            .time
            .drive(futures_util::future::join(first, second))
            .await;
        row.runs += 2;
        row.calls += queues.iter().map(Direct::calls).sum::<usize>();
        let runs = [first.unwrap(), second.unwrap()];
        for run in runs.iter().filter(|run| run.outcome.is_err()) {
            row.faults += 1;
            let report = run.artifacts.get("submission.json");
            let report = report.map(|text| serde_json::from_slice(text).unwrap());
            let report: serde_json::Value = report.unwrap_or_default();
            assert_ne!(report["complete"], true, "{told}");
        }
        let ended = runs.each_ref().map(|run| run.outcome.is_ok());
        let equal = specs[0].wanted() == specs[1].wanted();
        if self.known || equal {
            let [_, second] = &runs;
            assert!(ended[1], "{told}: {:?}", second.outcome);
        }
        let mut found = None;
        for ((spec, run), ended) in specs.into_iter().zip(runs).zip(ended) {
            if ended && standing(bench) == undisturbed(spec).await.0 {
                found = Some((spec.clone(), run));
            }
        }
        // Whoever has lost its place may add to what stands when all else is over, and then fails.
        let both = ended == [true, true];
        assert!(
            found.is_some() || !both,
            "{told}: both succeeded, and neither graph stands"
        );
        found
    }
}

/// What stands when a decision is not disturbed, and how it names its tasks.
async fn undisturbed(spec: &Spec) -> (BTreeMap<String, Vec<String>>, Ran) {
    let calm = Bench::new().await;
    let well = Direct::well(&calm);
    let ran = decide(&calm, &well, spec, 0).await.unwrap();
    assert!(ran.outcome.is_ok());
    (standing(&calm), ran)
}

/// The queue as a run finds it.
fn queue<'b>(
    sort: Sort,
    bench: &'b Bench,
    run: usize,
    size: usize,
    random: &mut Random,
) -> Direct<'b> {
    let seed = random.below(1 << 30) as u64;
    let none = || FaultSchedule::new(0, 0, &[]);
    let passing = || FaultSchedule::new(seed, 120, InjectedFault::TRANSIENT);
    let call = 1 + random.below(size + 20);
    let killed = match (run, random.below(2)) {
        (3.., _) => None,
        (_, 0) => Some(End::Before(call)),
        (..) => Some(End::After(call)),
    };
    let at_first = run == 0;
    match sort {
        Sort::Passing(kind) => Direct::new(
            bench,
            FaultSchedule::new(seed, 150, &[kind]),
            FaultSchedule::new(seed + 1, 150, &[kind]),
            None,
        ),
        Sort::Everything => Direct::new(bench, passing(), passing(), None),
        Sort::Lasting(kind) if at_first => Direct::new(
            bench,
            FaultSchedule::from_call(call as u64, kind),
            none(),
            None,
        ),
        Sort::Restart => Direct::new(
            bench,
            FaultSchedule::new(seed, 1000, &[InjectedFault::DisconnectBeforeWrite])
                .window(call as u64, 60),
            none(),
            None,
        ),
        Sort::Late | Sort::LateOtherwise if run < 2 => {
            let call = 8 + random.below(size);
            Direct::new(bench, none(), none(), Some(End::Before(call)))
        }
        Sort::Killed | Sort::Otherwise => Direct::new(bench, none(), none(), killed),
        Sort::KilledInTrouble => Direct::new(bench, passing(), passing(), killed),
        Sort::Stopped if at_first => Direct::new(bench, passing(), none(), Some(End::Asked(call))),
        _ => Direct::well(bench),
    }
}

/// Takes taskIds before the decision begins.
fn squat(sort: Sort, bench: &Bench, spec: &Spec, random: &mut Random) {
    let group = match sort {
        Sort::Squatted => OTHER,
        Sort::SquattedInside => DECISION,
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

fn sorts() -> Vec<(Sort, u64)> {
    let passing = InjectedFault::TRANSIENT
        .iter()
        .map(|sort| (Sort::Passing(*sort), 8));
    let mut sorts: Vec<(Sort, u64)> = passing.collect();
    sorts.extend([
        (Sort::Everything, 20),
        (Sort::Lasting(InjectedFault::Conflict), 8),
        (Sort::Lasting(InjectedFault::ClockSkew), 8),
        (Sort::Lasting(InjectedFault::MissingScopes), 8),
        (Sort::Restart, 10),
        (Sort::Killed, 32),
        (Sort::KilledInTrouble, 24),
        (Sort::Stopped, 12),
        (Sort::Otherwise, 24),
        (Sort::Squatted, 12),
        (Sort::SquattedInside, 12),
        (Sort::SquattedMeanwhile, 12),
        (Sort::Late, 48),
        (Sort::LateOtherwise, 24),
    ]);
    for (known, otherwise) in [(false, false), (true, false), (false, true), (true, true)] {
        sorts.push((Sort::Two { known, otherwise }, 16));
    }
    for gone in [Gone::Database, Gone::Queue, Gone::Auth, Gone::Broker] {
        sorts.extend([false, true].map(|proxied| (Sort::Away(gone, proxied), 5)));
    }
    sorts
}

/// With `--nocapture` the table is shown.
#[test]
fn every_task_is_created_exactly_once() {
    let times = super::times();
    let (next, sorts) = (std::sync::atomic::AtomicUsize::new(0), sorts());
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut rows = Vec::new();
        loop {
            let number = next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let Some((sort, many)) = sorts.get(number) else {
                return rows;
            };
            let mut row = Row::default();
            for seed in 0..many * times {
                runtime.block_on(schedule(*sort, seed * 31 + number as u64, &mut row));
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
            sorts[*number].0.name(),
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
    println!("{schedules} schedules, and each ended as if nothing had happened.");
    assert_eq!(
        schedules as u64,
        sorts.iter().map(|(_, many)| many * times).sum::<u64>()
    );
}
