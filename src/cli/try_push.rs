//! What the commands for pushes to try have in common: they write files, and show the commands that push.

use indexmap::IndexMap;
use tracing_subscriber::filter::LevelFilter;

use super::args::TryArgs;
use super::args::common::ProjectArgs;
use super::context::CommandContext;
use super::helper::CommandHelper;
use super::output::Output;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::text::list_some;
use crate::base::value::{Value, json};
use crate::decision::vcs_diagnostic;
use crate::ports::output_path::cannot_write;
use crate::ports::vcs::{Change, Tool};
use crate::try_push::commands::{Push, UNKNOWN};
use crate::try_push::edits::Edit;
use crate::try_push::overrides::Overrides;
use crate::try_push::settings::Settings;
use crate::try_push::task_config::{FILE, text};

/// Opens a project, none of whose Python is needed.
///
/// # Errors
/// Those of its config.yml; if the project has Python code, only those in snowman's own settings, as the project's
/// own schema may allow more.
pub fn open(
    project: &ProjectArgs,
    command: &CommandHelper<'_>,
    level: LevelFilter,
) -> Outcome<CommandContext> {
    let mut context = command.open_without_python(project, level)?;
    let config = &mut context.graph_config;
    if config.registration().is_some() || config.entry().is_some() {
        config.replace_schema();
    }
    config.check_schema()?;
    Ok(context)
}

impl TryArgs {
    /// What the flags ask of the project's own Python code.
    pub fn overrides(&self) -> Overrides<'_> {
        Overrides {
            pools: &self.worker_overrides,
            suffixes: &self.worker_suffixes,
            ..Overrides::default()
        }
    }
}

/// The commands that commit and push a change.
pub struct Commands {
    /// The lines to type.
    pub lines: Vec<String>,
    /// What has to be replaced in them, if anything.
    remark: Option<String>,
}

/// A push to try.
pub struct TryPush<'a> {
    /// The files that change, beside `try_task_config.json`.
    pub changes: &'a IndexMap<String, Edit>,
    /// The content of `try_task_config.json`.
    pub task_config: &'a Value,
    /// The message of the commit.
    pub message: &'a str,
    /// What `{version}` stands for in the ref.
    pub version: &'a str,
}

impl TryPush<'_> {
    /// The differences of the files that change.
    pub fn diff(&self) -> String {
        let diffs = self.changes.iter();
        diffs.map(|(path, edit)| edit.diff(path)).collect()
    }

    /// The files that change, and their differences.
    pub fn changes_json(&self) -> Value {
        let changes = self.changes.iter();
        let changes = changes.map(|(path, edit)| json!({"file": path, "diff": edit.diff(path)}));
        Value::Array(changes.collect())
    }

    /// The commands that commit and push the change.
    pub fn commands(
        &self,
        args: &TryArgs,
        context: &CommandContext,
        settings: &Settings<'_>,
    ) -> Commands {
        let tool = context.vcs.as_ref().map_or(Tool::Git, |vcs| vcs.tool());
        let mut files: Vec<&str> = self.changes.keys().map(String::as_str).collect();
        files.push(FILE);
        let repository = args.push_to.as_deref().or(settings.repository);
        let push = Push {
            tool,
            files: &files,
            message: self.message,
            repository,
            reference: &settings.reference.replace("{version}", self.version),
        };
        let remark = repository.is_none().then(|| {
            format!(
                "Replace {UNKNOWN} with the repository for pushes to try, or name it with `--push-to` or with \
                 `snowman.try.repository` in config.yml"
            )
        });
        Commands {
            lines: push.commands(),
            remark,
        }
    }

    /// Writes the files, if the working copy has no other changes.
    ///
    /// # Errors
    /// When it has some, or a file cannot be written.
    pub fn apply(&self, args: &TryArgs, context: &CommandContext) -> Outcome<()> {
        if let Some(vcs) = context.vcs.as_deref().filter(|_| !args.allow_dirty) {
            let changed = vcs.changed_files(&Change::WorkingCopy);
            let changed = changed.map_err(|error| vcs_diagnostic(&error))?;
            if !changed.is_empty() {
                return Err(Diagnostic::user(
                    "the working copy has changes that are not committed",
                )
                .because(format!("changed: {}", list_some(&changed)))
                .help("commit or stash them first, or write beside them with `--allow-dirty`")
                .into());
            }
        }
        let config = text(self.task_config);
        let files = self.changes.iter();
        let files = files.map(|(path, edit)| (path.as_str(), edit.after.as_str()));
        let paths = context.output_paths();
        let mut outputs = Vec::new();
        for (path, content) in files.chain([(FILE, config.as_str())]) {
            outputs.push((paths.file(&context.files.root().join(path))?, content));
        }
        for (file, content) in outputs {
            std::fs::write(file.path(), content)
                .map_err(|error| cannot_write(file.display_path(), error))?;
        }
        Ok(())
    }
}

impl TryPush<'_> {
    /// Shows the push for people, with further parts behind it, and says what was written.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn show(
        &self,
        commands: &Commands,
        more: &str,
        notes: &[String],
        is_applied: bool,
        output: &Output,
    ) -> Result<(), Diagnostic> {
        let mut page = String::new();
        match self.changes.is_empty() {
            true => part(&mut page, "# Changes", "none"),
            false => part(&mut page, "# Changes", &self.diff()),
        }
        part(&mut page, &format!("# {FILE}"), &text(self.task_config));
        part(&mut page, "# Push", &commands.lines.join("\n"));
        page.push_str(more);
        output.data(&page)?;
        for note in notes.iter().chain(&commands.remark) {
            output.status(&format!("Note: {note}"));
        }
        output.status(match is_applied {
            true => "The changes are in the working copy. Nothing was committed or pushed",
            false => {
                "Nothing was written. Use `--apply` to write these changes to the working copy"
            }
        });
        Ok(())
    }
}

/// Adds a part to a page: a heading, and what is below it.
fn part(page: &mut String, heading: &str, body: &str) {
    if !page.is_empty() {
        page.push('\n');
    }
    page.push_str(&section(heading, body));
}

/// A heading, and what is below it.
pub fn section(heading: &str, body: &str) -> String {
    format!("{heading}\n\n{}\n", body.trim_end())
}
