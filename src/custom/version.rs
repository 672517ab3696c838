//! The version of the installed taskgraph, and the rules of the phases after the kinds that were
//! introduced in some version.

use crate::ports::python::{Failure, Python};

/// The major version of taskgraph that is built in.
pub(super) const BUILT_IN: u64 = 24;

/// A version of taskgraph: major, minor and patch.
type Version = [u64; 3];

/// A rule of 24.5.1 that older versions of taskgraph do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The attribute `always_target` only counts if the parameter `enable_always_target` allows it.
    AlwaysTargetIsOptional,
    /// `DONTBUILD` also applies to pushes to GitHub.
    DontbuildOnGithub,
    /// Docker images are only built if a target task needs them.
    ImagesOnDemand,
    /// `skip-unless-changed` uses the parameter `files_changed`.
    ChangesAreGiven,
    /// Notifications can be sent on all transitions of a task.
    NotificationsOnTransitions,
    /// Only the filters that `filters` names are applied.
    FiltersAreExplicit,
    /// `skip-unless-changed` keeps tasks if the base and the head are the same revision.
    EmptyPushKeepsTasks,
    /// Kinds are generated in parallel, so that tasks are in no particular order.
    KindsInParallel,
    /// The base of a push is that of the flags.
    BaseIsGiven,
    /// The dependencies of optimized tasks are taskIds, and include soft dependencies.
    DependenciesAreIds,
    /// Other names of the script `run-task` count, such as `run-task-git`.
    VariantsOfRunTask,
    /// Index routes must be valid in all characters, not just have no slash.
    IndexRoutesAreValid,
    /// Documents contain all dependencies of a task, not only the edges of the graph.
    AllDependenciesAreWritten,
    /// `try_task_config.json` is only read with `--allow-parameter-override`.
    OverridesNeedFlag,
    /// `run-on-git-branches` does not apply to untrusted pull requests either.
    UntrustedPullRequestsOfAnyBranch,
}

impl Rule {
    /// The first version that has it.
    fn since(self) -> Version {
        match self {
            Self::AlwaysTargetIsOptional => [3, 5, 0],
            Self::DontbuildOnGithub => [4, 3, 0],
            Self::ImagesOnDemand => [5, 1, 0],
            Self::ChangesAreGiven => [8, 0, 0],
            Self::NotificationsOnTransitions => [9, 0, 0],
            Self::FiltersAreExplicit => [12, 0, 0],
            Self::EmptyPushKeepsTasks => [12, 1, 0],
            Self::KindsInParallel => [15, 2, 0],
            Self::BaseIsGiven => [17, 0, 0],
            Self::DependenciesAreIds => [17, 2, 1],
            Self::VariantsOfRunTask => [18, 0, 1],
            Self::IndexRoutesAreValid => [21, 0, 0],
            Self::AllDependenciesAreWritten => [23, 0, 0],
            Self::OverridesNeedFlag => [24, 0, 0],
            Self::UntrustedPullRequestsOfAnyBranch => [24, 4, 0],
        }
    }
}

/// The rules of a version of taskgraph: by default, those of 24.5.1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rules {
    version: Option<Version>,
}

impl Rules {
    /// The rules of the installed taskgraph.
    ///
    /// # Errors
    /// If Python cannot be started.
    pub fn of_installed(python: &dyn Python) -> Result<Self, Failure> {
        Ok(Self::of_version(&python.version()?))
    }

    /// The rules of a version. If it is unknown, the worker sends 0.
    #[must_use]
    pub fn of_version(version: &str) -> Self {
        let mut numbers = version.split('.').map(leading_number);
        let mut next = || numbers.next().flatten();
        let version = next().map(|major| [major, next().unwrap_or(0), next().unwrap_or(0)]);
        Self {
            version: version.filter(|[major, ..]| *major > 0),
        }
    }

    /// Whether this version has a rule of 24.5.1.
    #[must_use]
    pub fn has(self, rule: Rule) -> bool {
        self.version.is_none_or(|version| version >= rule.since())
    }

    /// Whether the version is known and not newer than the built-in one.
    pub(super) fn is_known(self) -> bool {
        self.major().is_some_and(|major| major <= BUILT_IN)
    }

    /// The major version, if it is known.
    #[must_use]
    pub fn major(self) -> Option<u64> {
        self.version.map(|[major, ..]| major)
    }
}

/// The number at the start of a part of a version, e.g. 3 in `3rc1`.
fn leading_number(part: &str) -> Option<u64> {
    let end = part.find(|c: char| !c.is_ascii_digit());
    part.get(..end.unwrap_or(part.len()))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_counts_from_its_version_on() {
        let has = |version| Rules::of_version(version).has(Rule::DependenciesAreIds);
        for (version, expected) in [
            ("17.2.0", false),
            ("17.2.1", true),
            ("17.10", true),
            ("17", false),
            ("9.3.4", false),
            ("17.2.1rc1", true),
            ("18.0.0.dev3", true),
            ("0", true),
            ("main", true),
        ] {
            assert_eq!(has(version), expected, "{version}");
        }
        assert_eq!(Rules::of_version("17.2.1").major(), Some(17));
        assert_eq!(Rules::of_version("0").major(), None);
        assert_eq!(Rules::default(), Rules::of_version("unknown"));
    }
}
