//! What every command starts from.

use tracing_subscriber::filter::LevelFilter;

use super::args::common::{GlobalArgs, ProjectArgs};
use super::context::CommandContext;
use super::output::Output;
use super::own_task::own_task;
use super::repository::working_folder;
use super::signals;
use crate::base::diagnostic::Outcome;
use crate::base::name::TaskId;
use crate::ports::environment::Environment;

/// The environment and the output of this process, from which a command opens its project.
pub struct CommandHelper<'a> {
    /// The flags of every command.
    pub global: GlobalArgs,
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
        let root = project.root.as_deref();
        CommandContext::open(working_folder()?, root, self.environment.clone())
    }

    /// Opens the project of the decision or action task that this process runs in. From then on, the
    /// first signal only stops what is not in progress.
    ///
    /// # Errors
    /// When the environment does not contain the task's id; or those of [`CommandHelper::open`].
    pub fn open_in_task(&self, project: &ProjectArgs) -> Outcome<(CommandContext, TaskId)> {
        let level = self.global.level(LevelFilter::INFO);
        self.output.log_at(level);
        let own = own_task(&self.environment)?;
        let mut context = self.open(project, level)?;
        context.stop = &signals::STOP;
        signals::listen(&context.runtime, self.output.clone());
        Ok((context, own))
    }

    /// The same helper with another variable in the environment.
    #[must_use]
    pub fn with_variable(&self, name: &str, value: &str) -> Self {
        Self {
            global: self.global,
            environment: self.environment.clone().with(name, value),
            output: self.output,
        }
    }
}
