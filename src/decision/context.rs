//! What a decision runs with.

use crate::base::diagnostic::Diagnostic;
use crate::ports::cache::Cache;
use crate::ports::clock::Clock;
use crate::ports::environment::Environment;
use crate::ports::files::Files;
use crate::ports::python::Python;
use crate::ports::stop::Stop;
use crate::ports::taskcluster::Taskcluster;
use crate::ports::vcs::Vcs;
use crate::submit::SubmitContext;
use crate::task_scripts::TaskScripts;

/// The ports and settings that decisions and actions run with.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The files of the repository.
    pub files: &'a dyn Files,
    /// The repository; `None` outside of one.
    pub vcs: Option<&'a dyn Vcs>,
    /// The environment variables.
    pub environment: &'a Environment,
    /// The clock.
    pub clock: &'a dyn Clock,
    /// Taskcluster; `None` when graphs are only shown offline.
    pub taskcluster: Option<&'a dyn Taskcluster>,
    /// The scripts that run tasks.
    pub task_scripts: &'a TaskScripts,
    /// The project's Python; `None` when it must not run.
    pub python: Option<&'a dyn Python>,
    /// What is kept from run to run, if anything.
    pub cache: Option<&'a dyn Cache>,
    /// Whether to skip digests.
    pub fast: bool,
    /// The shutdown signal.
    pub stop: &'a Stop,
}

impl<'a> Context<'a> {
    /// Returns the ports of submissions.
    ///
    /// # Errors
    /// No Taskcluster is configured.
    pub fn submit(&self) -> Result<SubmitContext<'a>, Diagnostic> {
        Ok(SubmitContext {
            taskcluster: self.taskcluster()?,
            clock: self.clock,
            environment: self.environment,
            stop: self.stop,
        })
    }

    /// Returns Taskcluster.
    ///
    /// # Errors
    /// No Taskcluster is configured.
    pub fn taskcluster(&self) -> Result<&'a dyn Taskcluster, Diagnostic> {
        let help = match self.environment.filled("TASK_ID") {
            Some(_) => {
                "tasks reach Taskcluster through the proxy: set `features.taskclusterProxy` in the \
                 payload of the task"
            }
            None => "set TASKCLUSTER_ROOT_URL, e.g. to https://firefox-ci-tc.services.mozilla.com",
        };
        self.taskcluster
            .ok_or_else(|| Diagnostic::environment("no Taskcluster is configured").help(help))
    }
}
