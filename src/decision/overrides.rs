//! Parameters that `try_task_config.json` or a git note overrides.

use super::context::Context;
use super::flags::DecisionFlags;
use super::phases::cannot_read_repository;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::json;
use crate::base::value::{Object, Value, type_name};
use crate::config::yaml;
use crate::custom::version::{Rule, Rules};
use crate::ports::files::FileError;

/// The ref of the notes that may override parameters.
const NOTES: &str = "refs/notes/decision-parameters";

/// Returns the parameters that a decision overrides: by `try_task_config.json`, or else by a git note, if
/// the flag allows it.
///
/// Before [`Rule::OverridesNeedFlag`], the file is read for pushes to try and pull requests, and the
/// flag allows the note in addition.
///
/// # Errors
/// The file or the note cannot be read, or is invalid.
pub(super) fn of_decision(
    context: Context<'_>,
    flags: &DecisionFlags,
    rules: Rules,
) -> Outcome<Object> {
    if rules.has(Rule::OverridesNeedFlag) {
        return match flags.allow_parameter_override {
            true => of_file_or_note(context, flags),
            false => Ok(Object::new()),
        };
    }
    let reads_file = match flags.tasks_for.as_str() {
        "hg-push" => flags.project.contains("try"),
        tasks_for => tasks_for == "github-pull-request",
    };
    let mut values = Object::new();
    if reads_file {
        values.extend(of_file(context, flags)?.unwrap_or_default());
    }
    if flags.allow_parameter_override {
        values.extend(of_note(context, flags)?);
    }
    Ok(values)
}

/// Returns the parameters that `try_task_config.json`, or else a git note, overrides.
///
/// # Errors
/// The file or the note cannot be read, or is invalid.
pub(super) fn of_file_or_note(context: Context<'_>, flags: &DecisionFlags) -> Outcome<Object> {
    match of_file(context, flags)? {
        Some(values) => Ok(values),
        None => of_note(context, flags),
    }
}

/// Returns the parameters that `try_task_config.json` overrides, if it exists.
fn of_file(context: Context<'_>, flags: &DecisionFlags) -> Outcome<Option<Object>> {
    let name = flags
        .try_task_config_file
        .as_deref()
        .unwrap_or("try_task_config.json");
    match context.files.read(name) {
        Ok(text) => {
            tracing::info!("using try tasks from {name}");
            try_task_config(name, &text).map(Some)
        }
        Err(FileError::Missing(_)) => Ok(None),
        Err(other) => Err(Diagnostic::from(other).into()),
    }
}

/// Returns the parameters that a git note overrides.
fn of_note(context: Context<'_>, flags: &DecisionFlags) -> Outcome<Object> {
    let note = match context.vcs {
        Some(vcs) => vcs.note(NOTES, &flags.head_repository).map_err(|error| {
            let from = &flags.head_repository;
            cannot_read_repository(
                format!("cannot fetch the notes {NOTES} from {from}"),
                &error,
            )
        })?,
        None => None,
    };
    let Some(note) = note.filter(|note| !note.is_empty()) else {
        return Ok(Object::new());
    };
    match json::read(&format!("the note {NOTES}"), note.as_bytes())? {
        Value::Object(values) => {
            let names: Vec<_> = values.keys().map(|key| key.as_str()).collect();
            tracing::info!("Overriding parameters from {NOTES}: {}", names.join(", "));
            Ok(values)
        }
        other => Err(Diagnostic::user(format!(
            "the note {NOTES} is {}",
            yaml::root_in_words(&other)
        ))
        .help(
            "make the note a JSON object of the parameters to override, e.g. `{\"level\": \"1\"}`",
        )
        .into()),
    }
}

/// Reads a `try_task_config.json` of version 2.
fn try_task_config(name: &str, text: &[u8]) -> Outcome<Object> {
    const FORM: &str = "use version 2: `{\"version\": 2, \"parameters\": {…}}`";
    let mut wrong = Diagnostics::new();
    let config = json::read(name, text)?;
    let Value::Object(mut config) = config else {
        let found = yaml::root_in_words(&config);
        return Err(Diagnostic::user(format!("{name} is {found}"))
            .help(FORM)
            .into());
    };
    match config.shift_remove("version") {
        Some(Value::Number(version)) if version.as_i64() == Some(2) => {}
        Some(version) => {
            return Err(
                Diagnostic::user(format!("{name} has the unknown version {version}"))
                    .help(FORM)
                    .into(),
            );
        }
        None => {
            return Err(Diagnostic::user(format!("{name} has no `version`"))
                .help(FORM)
                .into());
        }
    }
    let parameters = config.shift_remove("parameters");
    for key in config.keys() {
        wrong.push(
            Diagnostic::user(format!("{name} has the unknown key `{key}`"))
                .help("version 2 only allows `parameters`; move the key there"),
        );
    }
    let parameters = match parameters {
        Some(Value::Object(parameters)) => parameters,
        None | Some(Value::Null) => Object::new(),
        Some(other) => {
            let found = type_name(&other);
            wrong.push(Diagnostic::user(format!(
                "`parameters` in {name}: expected a mapping, found {found}"
            )));
            Object::new()
        }
    };
    wrong.or_ok(parameters)
}
