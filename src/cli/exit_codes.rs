//! The exit codes, for the manual pages and the reference.

use crate::base::diagnostic::Class;

/// An exit code.
pub struct ExitCode {
    /// The code.
    pub number: u8,
    /// What it means.
    pub meaning: &'static str,
}

const fn of(class: Class, meaning: &'static str) -> ExitCode {
    ExitCode {
        number: class.exit_code(),
        meaning,
    }
}

/// Every exit code.
pub const EXIT_CODES: &[ExitCode] = &[
    ExitCode {
        number: 0,
        meaning: "success",
    },
    of(
        Class::User,
        "an error in the project, its parameters or an input; or a failed check of a rehearsal or a plan",
    ),
    of(Class::Usage, "an error on the command line"),
    of(
        Class::Environment,
        "a failure of the environment, the disk, version control or the network",
    ),
    of(Class::Bug, "a bug in snowman"),
];
