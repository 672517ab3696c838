//! What every command starts from.

use tracing_subscriber::filter::LevelFilter;

use super::args::common::ProjectArgs;
use super::context::CommandContext;
use super::output::Output;
use super::repository::working_folder;
use crate::base::diagnostic::Outcome;
use crate::ports::environment::Environment;

/// The environment and the output of this process, from which a command opens its project.
pub struct CommandHelper<'a> {
    /// The environment variables.
    pub environment: Environment,
    /// Where the command prints.
    pub output: &'a Output,
}

impl CommandHelper<'_> {
    /// Starts the log at `level` and opens the project, with the Python that it registers.
    ///
    /// # Errors
    /// Those of [`CommandContext::open`] and [`CommandContext::with_python`].
    pub fn open(&self, project: &ProjectArgs, level: LevelFilter) -> Outcome<CommandContext> {
        self.open_without_python(project, level)?
            .with_python(project, level)
    }

    /// Starts the log at `level` and opens the project. None of its Python runs until
    /// [`CommandContext::with_python`].
    ///
    /// # Errors
    /// Those of [`CommandContext::open`].
    pub fn open_without_python(
        &self,
        project: &ProjectArgs,
        level: LevelFilter,
    ) -> Outcome<CommandContext> {
        self.output.log_at(level);
        CommandContext::open(working_folder()?, &project.root, self.environment.clone())
    }

    /// The same helper with another variable in the environment.
    #[must_use]
    pub fn with_variable(&self, name: &str, value: &str) -> Self {
        Self {
            environment: self.environment.clone().with(name, value),
            output: self.output,
        }
    }
}
