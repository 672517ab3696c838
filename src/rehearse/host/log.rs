//! The log of a decision or action task.

use crate::base::diagnostic::Diagnostic;
use crate::rehearse::check::Check;
use crate::rehearse::definition::Findings;
use crate::sandbox::{LOG_ARTIFACT, Sandbox, TaskView};

/// The log of a task, while it grows.
#[derive(Debug)]
pub struct Log(String);

impl Log {
    /// Begins the log of a task.
    pub fn new(task: &TaskView) -> Self {
        let mut log = Self(String::new());
        log.note(&format!("{} ({})", task.label, task.task_id));
        log.note("This task runs in the sandbox's own process, with the files of the checkout.");
        log
    }

    /// Adds a line of the sandbox.
    pub fn note(&mut self, text: &str) {
        self.0 += &format!("[sandbox] {text}\n");
    }

    /// Adds what was checked before the task runs.
    pub fn findings(&mut self, found: &Findings) {
        for check in &found.checks {
            self.check(check);
        }
        for note in &found.notes {
            self.note(&format!("note: {note}"));
        }
    }

    /// Adds a check.
    pub fn check(&mut self, check: &Check) {
        let mark = if check.holds() { "passed" } else { "FAILED" };
        self.note(&format!("{mark}: {}", check.rule));
        for breach in &check.breaches {
            self.note(&format!("    {breach}"));
        }
    }

    /// Adds why the task fails.
    pub fn failure(&mut self, rendered: &str) {
        self.note("failed");
        self.0 += rendered;
        self.0.push('\n');
    }

    /// Writes what there is so far as the log of the latest run.
    ///
    /// # Errors
    /// When the queue refuses it.
    pub fn write(&self, sandbox: &Sandbox, task_id: &str) -> Result<(), Diagnostic> {
        let (state, kind) = (sandbox.state(), "text/plain; charset=utf-8");
        let written = state.put_artifact(task_id, None, LOG_ARTIFACT, kind, self.0.clone());
        written.map_err(|error| {
            Diagnostic::bug(format!("cannot write the log of the task {task_id}")).because(error)
        })
    }

    /// The whole text.
    pub fn into_text(self) -> String {
        self.0
    }
}
