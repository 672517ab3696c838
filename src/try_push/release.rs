//! A staging release: the version, the migrations before it, and the parameters of its push.
//!
//! 1. Each file with a version gets the one of the release, as it is or its numbers alone.
//! 2. Each migration replaces its texts in what the files then contain. The major version before is that of the
//!    checkout, the next one that of the release.
//! 3. Unless all locales are built, the files that list locales get the content of those with fewer.
//! 4. `try_task_config.json` names the target-tasks method and the type of the release.

use indexmap::IndexMap;

use super::edits::{Edit, Edits};
use super::migration::Migration;
use super::settings::{Form, Settings};
use super::task_config;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::text::list_some;
use crate::base::value::{Object, Value, json};
use crate::base::version::{ReleaseChannel, Version, reported};
use crate::config::graph_config::GraphConfig;
use crate::ports::files::Files;
use crate::stage::trees::action::ActionError;
use crate::stage::trees::bump::last_version;
use crate::stage::trees::replace::{self, Majors};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The version.
    pub version: String,
    /// The migrations, in order.
    pub migrations: Vec<String>,
    /// Which tasks run on push.
    pub tasks: String,
    /// Whether fewer locales are built.
    pub limits_locales: bool,
    /// Further parameters.
    pub parameters: Object,
}

/// What the push is made of.
#[derive(Debug, Clone)]
pub struct StagingRelease {
    /// The files that change, in order of their paths.
    pub changes: IndexMap<String, Edit>,
    /// The content of `try_task_config.json`.
    pub task_config: Value,
    /// The migrations, with those that belong to the ones that were asked for.
    pub migrations: Vec<String>,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// Computes what a push is made of.
///
/// # Errors
/// A version that is not one of a release, an unknown migration or value of `--tasks`, and files that are missing:
/// all of them.
pub fn plan(
    files: &dyn Files,
    config: &GraphConfig,
    settings: &Settings<'_>,
    options: &Options,
) -> Outcome<StagingRelease> {
    let mut wrong = Diagnostics::new();
    let version = wrong.keep(read_version(&options.version).map_err(Diagnostics::from));
    let migrations = wrong.keep(chosen(settings, &options.migrations));
    let method = wrong.keep(method(settings, &options.tasks).map_err(Diagnostics::from));
    let (Some(version), Some(migrations), Some(method)) = (version, migrations, method) else {
        return Err(wrong);
    };
    let mut plan = Plan {
        edits: Edits::new(files),
        notes: Vec::new(),
        config,
        settings,
        version: &version,
    };
    let majors: Vec<_> = migrations
        .iter()
        .map(|migration| wrong.keep(plan.majors(migration).map_err(Diagnostics::from)))
        .collect();
    wrong.keep(plan.write_versions(&options.version));
    for (migration, majors) in migrations.iter().zip(majors) {
        // Whatever the version is, other files may be missing.
        let majors = majors.unwrap_or(Majors::after(version.major()));
        wrong.keep(plan.migrate(migration, majors));
    }
    if options.limits_locales {
        wrong.keep(plan.limit_locales());
    }
    let mut parameters = options.parameters.clone();
    parameters.insert("target_tasks_method", method);
    parameters.insert("optimize_target_tasks", json!(true));
    parameters.insert("release_type", release_type(&version, settings.in_python));
    let Plan { edits, notes, .. } = plan;
    wrong.or_ok(StagingRelease {
        changes: edits.changes(),
        task_config: task_config::of_parameters(parameters),
        migrations: migrations
            .iter()
            .map(|migration| migration.name.to_owned())
            .collect(),
        notes,
    })
}

/// Reads the version of a release.
fn read_version(text: &str) -> Result<Version, Diagnostic> {
    let version = text
        .parse::<Version>()
        .map_err(|error| Diagnostic::usage(format!("`--version`: {error}")))?;
    match version.channel {
        ReleaseChannel::Beta(_) | ReleaseChannel::Release | ReleaseChannel::Esr => Ok(version),
        ReleaseChannel::Nightly(_) | ReleaseChannel::Candidate(_) => Err(Diagnostic::usage(format!(
            "`--version`: {text} is neither a beta, nor a release, nor one with extended support"
        ))
        .help(
            "nightly builds are not promoted; the candidate of a release has the version of that release, such as \
             94.0",
        )),
    }
}

/// The type of the release. That of extended support contains the major version where Python code reads it.
fn release_type(version: &Version, in_python: bool) -> String {
    match version.channel {
        ReleaseChannel::Esr if in_python => format!("esr{}", version.major()),
        _ => version.release_type().to_owned(),
    }
}

/// The target-tasks method for a value of `--tasks`.
fn method<'c>(settings: &Settings<'c>, tasks: &str) -> Result<&'c str, Diagnostic> {
    settings.tasks.get(tasks).copied().ok_or_else(|| {
        Diagnostic::usage(format!("`--tasks`: unknown tasks `{tasks}`"))
            .help(suggest::hint(tasks, settings.tasks.keys().copied()))
    })
}

/// The migrations of these names, and those that belong to them.
fn chosen<'s, 'c>(settings: &'s Settings<'c>, names: &[String]) -> Outcome<Vec<&'s Migration<'c>>> {
    let mut wrong = Diagnostics::new();
    let mut chosen: Vec<&Migration<'_>> = Vec::new();
    for name in names {
        let mut all = settings.migrations.iter();
        match all.find(|migration| migration.name == name) {
            Some(found) if chosen.iter().any(|one| one.name == name) => wrong.push(
                Diagnostic::usage(format!("`--migration {}` is given twice", found.name)),
            ),
            Some(found) => chosen.push(found),
            None if settings.migrations.is_empty() => wrong.push(
                Diagnostic::usage(format!("the project has no migration `{name}`"))
                    .because("config.yml has neither `merge-automation.behaviors` nor `snowman.try.migrations`")
                    .help("describe the project's migrations in one of these sections"),
            ),
            None => {
                let names = settings.migrations.iter().map(|migration| migration.name);
                wrong.push(
                    Diagnostic::usage(format!("unknown migration `{name}`"))
                        .help(suggest::hint(name, names)),
                );
            }
        }
    }
    for migration in chosen.clone() {
        for other in &settings.migrations {
            if migration.follows(other) && !chosen.iter().any(|one| one.name == other.name) {
                chosen.push(other);
            }
        }
    }
    wrong.or_ok(chosen)
}

struct Plan<'a, 'c> {
    edits: Edits<'a>,
    notes: Vec<String>,
    config: &'a GraphConfig,
    settings: &'a Settings<'c>,
    version: &'a Version,
}

impl Plan<'_, '_> {
    /// The major versions that templates of a migration name. Must be called before files change.
    fn majors(&self, migration: &Migration<'_>) -> Result<Majors, Diagnostic> {
        let first = self.settings.version_files.keys().next().copied();
        let file = migration.version_from.or(first).unwrap_or_default();
        let place = self.config.place(&migration.path.key("fetch-version-from"));
        let content = self.edits.read(file)?.ok_or_else(|| {
            missing(file).at(place.clone()).because(format!(
                "the migration `{}` reads the current version from it",
                migration.name
            ))
        })?;
        let text = last_version(&content).unwrap_or_default();
        let current = text.trim().parse::<Version>().map_err(|error| {
            Diagnostic::user(format!("cannot read the version in {file}"))
                .because(error)
                .at(place)
        })?;
        Ok(Majors {
            current: current.major(),
            next: self.version.major(),
        })
    }

    fn write_versions(&mut self, version: &str) -> Outcome<()> {
        let mut wrong = Diagnostics::new();
        for (file, form) in &self.settings.version_files {
            if let Some(None) = wrong.keep(self.edits.read(file).map_err(Diagnostics::from)) {
                wrong.push(
                    missing(file)
                        .because("it should get the version")
                        .help("list the files that contain the version in `snowman.try.version-files` in config.yml"),
                );
                continue;
            }
            let content = match form {
                Form::Whole => format!("{version}\n"),
                Form::Numbers => format!("{}\n", reported(version)),
            };
            wrong.keep(self.edits.write(file, content).map_err(Diagnostics::from));
        }
        wrong.or_ok(())
    }

    fn migrate(&mut self, migration: &Migration<'_>, majors: Majors) -> Outcome<()> {
        let mut wrong = Diagnostics::new();
        let mut unchanged: Vec<&str> = Vec::new();
        let texts = migration.replacements.iter().enumerate();
        let texts = texts.map(|(at, one)| ("replacements", at, *one));
        let patterns = migration.patterns.iter().enumerate();
        let patterns = patterns.map(|(at, one)| ("regex-replacements", at, *one));
        for (key, at, (file, from, to)) in texts.chain(patterns) {
            let path = migration.path.key(key).index(at);
            let Some(before) = wrong.keep(self.edits.read(file).map_err(Diagnostics::from)) else {
                continue;
            };
            let Some(before) = before else {
                wrong.push(missing(file).at(self.config.place(&path)).because(format!(
                    "the migration `{}` replaces a text in it",
                    migration.name
                )));
                continue;
            };
            let after = match key {
                "replacements" => replace::text(file, &before, (from, to), majors),
                _ => replace::pattern(file, &before, (from, to), majors),
            };
            match after {
                Ok(after) => {
                    wrong.keep(self.edits.write(file, after).map_err(Diagnostics::from));
                }
                Err(ActionError::NoText { .. }) => unchanged.push(file),
                Err(error) => wrong.push(self.wrong_template(migration, &path, &error)),
            }
        }
        if !unchanged.is_empty() {
            self.notes.push(format!(
                "the migration `{}` changes nothing in {}: either it has happened already, or the real migration will \
                 fail on these files",
                migration.name,
                list_some(&unchanged)
            ));
        }
        wrong.or_ok(())
    }

    fn wrong_template(
        &self,
        migration: &Migration<'_>,
        path: &ValuePath,
        error: &ActionError,
    ) -> Diagnostic {
        Diagnostic::user(format!("the migration `{}`: {error}", migration.name))
            .at(self.config.place(path))
    }

    fn limit_locales(&mut self) -> Outcome<()> {
        let mut wrong = Diagnostics::new();
        if self.settings.limited_locales.is_empty() {
            self.notes.push(
                "the locales are not limited: `snowman.try.limited-locales` in config.yml names no files".to_owned(),
            );
        }
        for limited in &self.settings.limited_locales {
            let path = ValuePath::keys(["snowman", "try", "limited-locales", limited.file]);
            match self.edits.read(limited.from) {
                Ok(Some(content)) => {
                    let content = format!("{}{content}", limited.begin);
                    let written = self.edits.write(limited.file, content);
                    wrong.keep(written.map_err(Diagnostics::from));
                }
                Ok(None) => wrong.push(
                    missing(limited.from)
                        .at(self.config.place(&path.key("from")))
                        .because(format!("{} should get its content", limited.file))
                        .help("correct the path, or build all locales with `--no-limit-locales`"),
                ),
                Err(error) => wrong.push(error.at(self.config.place(&path.key("from")))),
            }
        }
        wrong.or_ok(())
    }
}

fn missing(file: &str) -> Diagnostic {
    Diagnostic::user(format!("the file `{file}` does not exist"))
}
