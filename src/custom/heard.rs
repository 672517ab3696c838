//! Projects that want to hear of phases as they end.
//!
//! A project may put a function of its own in place of `taskgraph.generator.phase_finished`. It is
//! called with the name of each phase, or with `None` for one that fails, and with the times between
//! which the phase ran.

use std::time::Instant;

use super::Custom;
use super::graph::ONE;
use crate::base::diagnostic::Diagnostic;
use crate::base::value::json;
use crate::ports::python::{Call, Failure};

/// A phase that runs. One that is dropped before it is over has failed.
#[derive(Debug)]
pub struct Heard<'c, 'a> {
    custom: Option<&'c Custom<'a>>,
    began: Instant,
}

impl<'c, 'a> Heard<'c, 'a> {
    /// A phase that begins.
    #[must_use]
    pub fn begin(custom: Option<&'c Custom<'a>>) -> Self {
        Self {
            custom: custom.filter(|custom| custom.registered.hears_phases),
            began: Instant::now(),
        }
    }

    /// Says that the phase of this name is over.
    ///
    /// # Errors
    /// What the project's function raises.
    pub fn over(mut self, name: &str) -> Result<(), Diagnostic> {
        let told = self.tell(Some(name));
        // It has not failed.
        self.custom = None;
        told.map_err(|failure| failure.diagnostic("`taskgraph.generator.phase_finished`"))
    }

    fn tell(&self, name: Option<&str>) -> Result<(), Failure> {
        if let Some(custom) = self.custom {
            let seconds = self.began.elapsed().as_secs_f64();
            let arguments = json!({"name": name, "seconds": seconds});
            custom
                .python
                .call(ONE, Call::new("phase_finished", arguments))?;
        }
        Ok(())
    }
}

impl Drop for Heard<'_, '_> {
    fn drop(&mut self) {
        // What made the phase fail is told; what more goes wrong because of it is not.
        let _ = self.tell(None);
    }
}
