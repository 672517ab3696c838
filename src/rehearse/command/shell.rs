//! The options of a shell, and the exit status of its commands.

use super::expand::Field;

/// The options of a shell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shell {
    /// `-u`: a variable that is not set is an error.
    pub nounset: bool,
    /// `-e`: the shell exits if a command fails.
    pub errexit: bool,
    /// `-o pipefail`: a pipeline fails if any of its commands does.
    pub pipefail: bool,
}

impl Shell {
    /// Applies the options of `set`, or of a starting shell.
    pub fn set(&mut self, options: &[Field]) {
        let mut named = false;
        for option in options {
            let text = option.text.as_str();
            let on = text.starts_with('-');
            if std::mem::take(&mut named) {
                match text {
                    "errexit" => self.errexit = true,
                    "nounset" => self.nounset = true,
                    "pipefail" => self.pipefail = true,
                    _ => {}
                }
            } else if (on || text.starts_with('+')) && !text.starts_with("--") {
                if text.contains('u') {
                    self.nounset = on;
                }
                if text.contains('e') {
                    self.errexit = on;
                }
                named = on && text.ends_with('o');
            }
        }
    }
}

/// How a command exits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// It succeeds.
    Success,
    /// It succeeds, or else the task fails.
    AssumedSuccess,
    /// It fails.
    Failure,
    /// Only the worker can know.
    Unknown,
}
