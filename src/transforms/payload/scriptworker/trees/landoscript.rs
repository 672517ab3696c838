//! The payload of landoscript, with a setting for each action.

use super::schema::{
    ANDROID_IMPORT, BUMP_FILES, CLOSED_TREE, DONTBUILD, DRY_RUN, L10N_BUMP, MERGE, PARAM_PREFIX,
    TAGS, l10n_bumps,
};
use super::{Landing, Script, land};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::value::{Object, Value, py_str};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::Item;
use crate::transforms::payload::contract::Payload;
use crate::transforms::payload::images::Images;
use crate::transforms::payload::scriptworker::definition::sort_scopes;
use crate::transforms::payload::scriptworker::fields::{OS, copied, implementation};
use crate::transforms::payload::scriptworker::lando::schema::ANDROID_L10N_SYNC;

static SCHEMA: Schema = Schema {
    name: "worker: landoscript",
    fields: &[
        implementation(&["landoscript"]),
        OS,
        required(
            "lando-repo",
            Type::Str,
            "the name of the repository in Lando, which is part of the scope",
        ),
        optional(
            "hg-repo-url",
            Type::Str,
            "the Mercurial repository in which the revision to tag is looked up, if it is one of Mercurial",
        ),
        CLOSED_TREE,
        DONTBUILD,
        optional(
            "tags",
            TAGS,
            "the tags to create: `buildN` for the build, `release` for the release",
        ),
        PARAM_PREFIX,
        DRY_RUN,
        ANDROID_IMPORT,
        optional(
            "android-l10n-sync-info",
            Type::Struct(&ANDROID_L10N_SYNC),
            "copies localizations from another branch",
        ),
        l10n_bumps(&Type::Struct(&L10N_BUMP)),
        BUMP_FILES,
        MERGE,
    ],
    open: false,
    exclusive: &[],
};

/// `landoscript`
pub static LANDOSCRIPT: Payload = Payload {
    name: "landoscript",
    doc: "Lands version bumps, tags, localizations and merges, described by settings instead of a list.",
    schema: &SCHEMA,
    defaults: &[],
    automation: false,
    build,
};

static SCRIPT: Script = Script {
    schema: &SCHEMA,
    settings: "`worker.tags`, `worker.bump-files` and `worker.merge-info`",
    collect,
    fields: &[copied("lando_repo", "lando-repo")],
};

fn build(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let (worker, actions) = land(images, item, definition, &SCRIPT)?;
    let repo = worker.get("lando-repo").map(py_str).unwrap_or_default();
    let scopes = actions
        .iter()
        .map(|action| format!("project:releng:lando:action:{action}"));
    let repo = format!("project:releng:lando:repo:{repo}");
    sort_scopes(definition, scopes.chain([repo]));
    Ok(())
}

/// Collects the actions in the order in which the worker does them.
fn collect(landing: &mut Landing<'_>) -> Result<(), Diagnostic> {
    landing.android_l10n();
    let bumps = landing.l10n_bumps()?;
    let merge = landing.merge()?;
    // Localizations that a merge bumps belong to the merge.
    let of_merge = match (bumps, merge.is_some()) {
        (Some((bumps, _)), true) => Some(bumps),
        (Some((bumps, Some(_))), false) => {
            landing.add("l10n_bump", "l10n_bump_info", bumps);
            None
        }
        // Nothing says where they come from.
        (Some((_, None)), false) => {
            return Err(landing.item.error_at(
                "worker.l10n-bump-info",
                "`worker.l10n-bump-info[0].l10n-repo-url` is missing",
            ));
        }
        (None, _) => None,
    };
    landing.tags()?;
    if let Some(files) = landing.given("bump-files") {
        landing.version_bump(files);
    }
    if let Some(mut merge) = merge {
        if let Some(bumps) = of_merge {
            merge.insert("l10n_bump_info", bumps);
        }
        landing.add("merge_day", "merge_info", Value::Object(merge));
    }
    Ok(())
}
