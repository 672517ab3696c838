//! The docker program, as commands that build and load images need it.

use std::io::Write;

use crate::base::diagnostic::{Diagnostic, Outcome};

/// Writes the standard input of a docker command.
pub type Feed<'a> = dyn FnMut(&mut dyn Write) -> Outcome<()> + 'a;

/// Runs docker.
pub trait Docker {
    /// Checks that docker is installed and its daemon answers.
    ///
    /// # Errors
    /// When it is not, or does not.
    fn check(&self) -> Result<(), Diagnostic>;

    /// Runs a docker command and returns what it prints.
    ///
    /// # Errors
    /// When it cannot be started or fails.
    fn run(&self, arguments: &[&str]) -> Result<String, Diagnostic>;

    /// Runs a docker command with the standard input that `feed` writes.
    ///
    /// # Errors
    /// Those of `feed`; or when the command cannot be started or fails.
    fn run_with_input(&self, arguments: &[&str], feed: &mut Feed<'_>) -> Outcome<()>;

    /// Runs a docker command on this process's terminal, with `variables` added to its environment,
    /// and returns its exit code if it has one.
    ///
    /// # Errors
    /// When it cannot be started.
    fn run_in_foreground(
        &self,
        arguments: &[String],
        variables: &[(String, String)],
    ) -> Result<Option<i32>, Diagnostic>;
}
