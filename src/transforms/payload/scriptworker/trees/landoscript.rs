//! The payload of landoscript, with a setting for each action.

use super::Landing;
use super::schema::{
    BUMP_FILES, CLOSED_TREE, DONTBUILD, DRY_RUN, L10N_BUMP, MERGE, PARAM_PREFIX, TAGS,
};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::value::{Object, Value, py_str};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::Item;
use crate::transforms::payload::contract::Payload;
use crate::transforms::payload::images::Images;
use crate::transforms::payload::scriptworker::definition::sort_scopes;
use crate::transforms::payload::scriptworker::fields::{OS, refuse_nulls};
use crate::transforms::payload::scriptworker::lando::schema::{
    ANDROID_L10N_IMPORT, ANDROID_L10N_SYNC,
};
use crate::transforms::payload::worker::take_worker;

static SCHEMA: Schema = Schema {
    name: "worker: landoscript",
    fields: &[
        required("implementation", Type::Literal(&["landoscript"]), ""),
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
        optional(
            "android-l10n-import-info",
            Type::Struct(&ANDROID_L10N_IMPORT),
            "copies localizations from another repository",
        ),
        optional(
            "android-l10n-sync-info",
            Type::Struct(&ANDROID_L10N_SYNC),
            "copies localizations from another branch",
        ),
        optional(
            "l10n-bump-info",
            Type::List(&Type::Struct(&L10N_BUMP)),
            "updates localizations to the latest revisions",
        ),
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

fn build(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let worker = take_worker(item)?;
    refuse_nulls(item, &worker, &SCHEMA)?;
    let mut landing = Landing::new(images.context(), item, &worker);
    collect(&mut landing)?;
    landing.check("`worker.tags`, `worker.bump-files` and `worker.merge-info`")?;
    let Landing { actions, infos, .. } = landing;
    let repo = worker.get("lando-repo").map(py_str).unwrap_or_default();
    let mut payload = Object::new();
    payload.insert("actions", Value::from(actions.clone()));
    payload.insert("lando_repo", repo.as_str());
    if let Some(flag) = worker.get("ignore-closed-tree") {
        payload.insert("ignore_closed_tree", flag.clone());
    }
    for (name, key) in [("dontbuild", "dontbuild"), ("force-dry-run", "dry_run")] {
        if worker.get(name) == Some(&Value::Bool(true)) {
            payload.insert(key, true);
        }
    }
    payload.extend(infos);
    definition.insert("payload", Value::Object(payload));
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
