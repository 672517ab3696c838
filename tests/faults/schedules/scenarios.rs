//! The scenarios of the schedules.

use snowman::sandbox::InjectedFault;

use super::super::bench::Failing;

/// What happens to the runs of a decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scenario {
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
    pub(super) fn name(self) -> String {
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

pub(super) fn scenarios() -> Vec<(Scenario, u64)> {
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
