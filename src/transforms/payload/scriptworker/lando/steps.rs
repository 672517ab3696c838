//! The steps of landings, and their settings for the worker.

use std::collections::BTreeSet;

use super::context::StepContext;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::value::{Object, Value, py_str, truthy};
use crate::transform::checks;
use crate::transforms::payload::scriptworker::fields::underscored;
use crate::transforms::payload::scriptworker::release;

/// One step of a landing.
pub(super) struct Step {
    /// Its name in an entry of `worker.actions`.
    pub name: &'static str,
    /// Its name in the worker.
    pub action: &'static str,
    /// The key of its settings in the payload.
    pub key: &'static str,
    /// Converts the entry into the settings for the worker.
    pub info: fn(&StepContext<'_>, &Value) -> Outcome<Value>,
}

/// Every step, in order of execution.
pub(super) static STEPS: &[Step] = &[
    Step {
        name: "android-l10n-import",
        action: "android_l10n_import",
        key: "android_l10n_import_info",
        info: with_files,
    },
    Step {
        name: "android-l10n-sync",
        action: "android_l10n_sync",
        key: "android_l10n_sync_info",
        info: with_files,
    },
    Step {
        name: "l10n-bump",
        action: "l10n_bump",
        key: "l10n_bump_info",
        info: |context, info| l10n_bump(context, info).map_err(Into::into),
    },
    Step {
        name: "tag",
        action: "tag",
        key: "tag_info",
        info: |context, info| tag(context, info).map_err(Into::into),
    },
    Step {
        name: "version-bump",
        action: "version_bump",
        key: "version_bump_info",
        info: version_bump,
    },
    Step {
        name: "esr-bump",
        action: "merge_day",
        key: "merge_info",
        info: with_files,
    },
    Step {
        name: "main-bump",
        action: "merge_day",
        key: "merge_info",
        info: with_files,
    },
    Step {
        name: "early-to-late-beta",
        action: "merge_day",
        key: "merge_info",
        info: with_files,
    },
    Step {
        name: "uplift",
        action: "merge_day",
        key: "merge_info",
        info: uplift,
    },
];

/// The settings with the worker's names for them, also in their lists of files.
fn with_files(_: &StepContext<'_>, info: &Value) -> Outcome<Value> {
    let mut info = underscored(info);
    for key in ["toml_info", "version_files"] {
        if let Some(Value::Array(files)) = info.get_mut(key) {
            for file in files {
                *file = Value::Object(underscored(file));
            }
        }
    }
    Ok(Value::Object(info))
}

/// The bumps of localizations, which have to be from one repository.
fn l10n_bump(context: &StepContext<'_>, info: &Value) -> Result<Value, Diagnostic> {
    let bumps = info.as_array().map(|items| &**items).unwrap_or_default();
    let urls = bumps.iter().filter_map(|bump| bump.get("l10n-repo-url"));
    let urls: BTreeSet<String> = urls.map(py_str).collect();
    if urls.len() > 1 {
        let urls: Vec<_> = urls.iter().map(|url| format!("`{url}`")).collect();
        return Err(context
            .item
            .error_at(
                "worker.actions",
                format!(
                    "the localizations come from several repositories: {}",
                    urls.join(", ")
                ),
            )
            .help("create one task per `l10n-repo-url`"));
    }
    let bumps = bumps.iter().map(|bump| Value::Object(underscored(bump)));
    Ok(bumps.collect())
}

/// The tags of the version that is released.
fn tag(context: &StepContext<'_>, info: &Value) -> Result<Value, Diagnostic> {
    let wrong = |message: &str| context.item.error_at("worker.actions", message);
    let Some(url) = info.get("hg-repo-url") else {
        return Err(wrong("`worker.actions.tag.hg-repo-url` is missing").help(
            "set it to the Mercurial repository in which to look up the revision, or to null",
        ));
    };
    let types = checks::strings(info.get("types"));
    let tags = release::tags(context.context, context.item, "worker.actions", &types)?;
    let mut info_for_worker = Object::new();
    info_for_worker.insert("tags", tags.into_iter().collect::<Value>());
    let revision = info.get("revision").cloned().unwrap_or_default();
    info_for_worker.insert("revision", revision);
    if truthy(url) {
        info_for_worker.insert("hg_repo_url", url.clone());
    }
    Ok(Value::Object(info_for_worker))
}

/// The next version and the files to write it to.
fn version_bump(context: &StepContext<'_>, info: &Value) -> Outcome<Value> {
    let next = context.context.params().values().get("next_version");
    let files = info.get("bump-files");
    let info_for_worker = [("next_version", next), ("files", files)];
    let info_for_worker =
        info_for_worker.map(|(key, value)| (key, value.cloned().unwrap_or_default()));
    Ok(Value::Object(Object::from_iter(info_for_worker)))
}

/// A merge of one branch into another.
fn uplift(context: &StepContext<'_>, info: &Value) -> Outcome<Value> {
    let mut info_for_worker = match with_files(context, info)? {
        Value::Object(info_for_worker) => info_for_worker,
        _ => Object::new(),
    };
    info_for_worker.insert("merge_old_head", Value::Bool(true));
    if let Some(bumps) = info.get("l10n-bump-info").filter(|bumps| truthy(bumps)) {
        info_for_worker.insert("l10n_bump_info", l10n_bump(context, bumps)?);
    }
    Ok(Value::Object(info_for_worker))
}
