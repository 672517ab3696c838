//! Reports finished phases to a project's callback.
//!
//! A project may replace `taskgraph.generator.phase_finished`. Its function is called with the name
//! of each phase, or with `None` for one that fails, and with the start and end times of the phase.

use std::time::Instant;

use super::project::{Custom, GRAPH_WORKER};
use crate::base::diagnostic::Diagnostic;
use crate::base::value::json;
use crate::ports::python::{Call, Failure};

/// A phase that runs. Dropping it before [`finish`](Self::finish) reports a failure.
#[derive(Debug)]
pub struct PhaseObserver<'c, 'a> {
    custom: Option<&'c Custom<'a>>,
    began: Instant,
}

impl<'c, 'a> PhaseObserver<'c, 'a> {
    /// Starts a phase.
    #[must_use]
    pub fn start(custom: Option<&'c Custom<'a>>) -> Self {
        Self {
            custom: custom.filter(|custom| custom.registered.observes_phases),
            began: Instant::now(),
        }
    }

    /// Reports that the phase of this name is finished.
    ///
    /// # Errors
    /// What the project's function raises.
    pub fn finish(mut self, name: &str) -> Result<(), Diagnostic> {
        let sent = self.notify(Some(name));
        // It has not failed.
        self.custom = None;
        sent.map_err(|failure| failure.diagnostic("`taskgraph.generator.phase_finished`"))
    }

    fn notify(&self, name: Option<&str>) -> Result<(), Failure> {
        if let Some(custom) = self.custom {
            let seconds = self.began.elapsed().as_secs_f64();
            let arguments = json!({"name": name, "seconds": seconds});
            custom
                .python
                .call(GRAPH_WORKER, Call::new("phase_finished", arguments))?;
        }
        Ok(())
    }
}

impl Drop for PhaseObserver<'_, '_> {
    fn drop(&mut self) {
        // The cause of the failure is reported; errors of the callback itself are not.
        let _ = self.notify(None);
    }
}
