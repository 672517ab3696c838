//! What is rehearsed.

use std::path::PathBuf;

use super::defects::Defect;
use crate::base::value::Object;
use crate::ports::python::Mode;

/// The releases that are rehearsed first, so that partial updates have something to start from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Updates {
    /// The version before, if the release promises partial updates and release tasks are staged.
    #[default]
    Previous,
    /// These versions, the oldest first.
    From(Vec<String>),
}

/// Releases that are rehearsed at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concurrent {
    /// How many there are.
    pub count: usize,
    /// Their versions, in turn; by default, all have that of the project.
    pub versions: Vec<String>,
    /// The seed of the schedule.
    pub seed: u64,
    /// Whether workers are killed.
    pub disturb: bool,
}

impl Concurrent {
    /// The version of each release, in a project with this version.
    #[must_use]
    pub fn versions(&self, current: &str) -> Vec<String> {
        let all = self.versions.iter().map(String::as_str);
        let all: Vec<&str> = all
            .chain(self.versions.is_empty().then_some(current))
            .collect();
        let all = all.iter().cycle().take(self.count);
        all.map(|version| (*version).to_owned()).collect()
    }
}

/// What is rehearsed.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The flavors, in order. By default, one for each phase of the first product, or all if none has a
    /// product. One action promotes flavors that are joined by `+`.
    pub flavors: Vec<String>,
    /// The releases that are rehearsed first.
    pub updates: Updates,
    /// Kinds that every flavor builds again; by default, those of the flavor.
    pub rebuild_kinds: Vec<String>,
    /// Labels that every flavor builds again; by default, those of the flavor.
    pub do_not_optimize: Vec<String>,
    /// Several releases at once, in place of one.
    pub concurrent: Option<Concurrent>,
    /// A defect that one task is to have; of several releases, that of the second one.
    pub defect: Option<&'static Defect>,
    /// The labels of tasks that are to fail.
    pub fails: Vec<String>,
    /// The folder of the sandbox's state.
    pub folder: Option<PathBuf>,
    /// The address of the repository to push to; by default, the configured one, or the one of the clone.
    pub repository: Option<String>,
    /// The branch to push to; by default, the main branch of the project.
    pub branch: Option<String>,
    /// The root URL in the context of `.taskcluster.yml`, for projects that distinguish deployments; by
    /// default, that of the sandbox.
    pub root_url: Option<String>,
    /// Index paths with a completed task, as if other projects had built it.
    pub indexed: Vec<String>,
    /// How much of the project runs in Python.
    pub python: Mode,
    /// Whether a task is rehearsed even if its command cannot be read, with flags that fit the
    /// push.
    pub accept_unread_command: bool,
    /// Further input of every action, for the project's own schema; it overrides the computed input.
    pub input: Object,
}
