//! The steps of landings, and what each tells the worker.

use std::collections::BTreeSet;

use super::Around;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::value::{Object, Value, py_str, truthy};
use crate::transform::{checks, fields};

/// One step of a landing.
pub(super) struct Step {
    /// Its name in an entry of `worker.actions`.
    pub name: &'static str,
    /// What the worker calls it.
    pub action: &'static str,
    /// Where in the payload the worker looks for what it has to know.
    pub key: &'static str,
    /// Makes what the worker has to know of what the entry says.
    pub info: fn(&Around<'_>, &Value) -> Outcome<Value>,
}

/// Every step, in the order in which those of one entry are taken.
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
        info: |around, info| l10n_bump(around, info).map_err(Into::into),
    },
    Step {
        name: "tag",
        action: "tag",
        key: "tag_info",
        info: |around, info| tag(around, info).map_err(Into::into),
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
fn with_files(_: &Around<'_>, info: &Value) -> Outcome<Value> {
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
fn l10n_bump(around: &Around<'_>, info: &Value) -> Result<Value, Diagnostic> {
    let bumps = info.as_array().map(|items| &**items).unwrap_or_default();
    let urls = bumps.iter().filter_map(|bump| bump.get("l10n-repo-url"));
    let urls: BTreeSet<String> = urls.map(py_str).collect();
    if urls.len() > 1 {
        let urls: Vec<_> = urls.iter().map(|url| format!("`{url}`")).collect();
        return Err(around
            .item
            .wrong(
                "worker.actions",
                format!(
                    "localizations are bumped from several repositories: {}",
                    urls.join(", ")
                ),
            )
            .help("make a task for each `l10n-repo-url`"));
    }
    let bumps = bumps.iter().map(|bump| Value::Object(underscored(bump)));
    Ok(bumps.collect())
}

/// The tags of the version that is released.
fn tag(around: &Around<'_>, info: &Value) -> Result<Value, Diagnostic> {
    let wrong = |message: &str| around.item.wrong("worker.actions", message);
    let Some(url) = info.get("hg-repo-url") else {
        return Err(wrong("`worker.actions.tag.hg-repo-url` is missing").help(
            "name the Mercurial repository that the revision is looked up in, or write null",
        ));
    };
    let product = fields::get(around.item, &["attributes", "shipping_product"])
        .and_then(Value::as_str)
        .ok_or_else(|| {
            wrong("it is not known which product is tagged")
                .help("name it in the attribute `shipping_product`")
        })?;
    let params = around.context.params().values();
    let version = params
        .get("version")
        .and_then(Value::as_str)
        .ok_or_else(|| {
            wrong("it is not known which version is tagged")
                .help("the parameter `version` has to be there; release promotion sets it")
        })?;
    let build = params.get("build_number").map(py_str).unwrap_or_default();
    let stem = format!("{}_{}", product.to_uppercase(), version.replace('.', "_"));
    let types = checks::strings(info.get("types"));
    let tags = [
        ("buildN", format!("{stem}_BUILD{build}")),
        ("release", format!("{stem}_RELEASE")),
    ];
    let tags = tags
        .into_iter()
        .filter(|(name, _)| types.iter().any(|one| one == name));
    let mut told = Object::new();
    told.insert("tags", tags.map(|(_, tag)| tag).collect::<Value>());
    let revision = info.get("revision").cloned().unwrap_or_default();
    told.insert("revision", revision);
    if truthy(url) {
        told.insert("hg_repo_url", url.clone());
    }
    Ok(Value::Object(told))
}

/// The next version and the files that it is put in.
fn version_bump(around: &Around<'_>, info: &Value) -> Outcome<Value> {
    let next = around.context.params().values().get("next_version");
    let files = info.get("bump-files");
    let told = [("next_version", next), ("files", files)];
    let told = told.map(|(key, value)| (key, value.cloned().unwrap_or_default()));
    Ok(Value::Object(Object::from_iter(told)))
}

/// A merge of one branch into another.
fn uplift(around: &Around<'_>, info: &Value) -> Outcome<Value> {
    let mut told = match with_files(around, info)? {
        Value::Object(told) => told,
        _ => Object::new(),
    };
    told.insert("merge_old_head", Value::Bool(true));
    if let Some(bumps) = info.get("l10n-bump-info").filter(|bumps| truthy(bumps)) {
        told.insert("l10n_bump_info", l10n_bump(around, bumps)?);
    }
    Ok(Value::Object(told))
}

/// A mapping with underscores for the dashes in its names.
fn underscored(map: &Value) -> Object {
    let entries = map.as_object().into_iter().flatten();
    entries
        .map(|(key, value)| (key.replace("-", "_"), value.clone()))
        .collect()
}
