//! The options of a shell, and how its commands end.

use super::expand::Field;

/// The options of a shell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shell {
    /// `-u`: a variable that is not set is an error.
    pub nounset: bool,
    /// `-e`: the shell ends with a command that fails.
    pub errexit: bool,
    /// `-o pipefail`: a pipeline fails where any of its commands does.
    pub pipefail: bool,
}

impl Shell {
    /// Takes the options that `set` or the start of a shell is given.
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

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With success.
    Well,
    /// With success, or else the task has failed.
    Taken,
    /// With failure.
    Badly,
    /// A condition that only the worker can tell.
    Unknown,
}
