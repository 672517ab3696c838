//! The payload of treescript, which commits to Mercurial repositories.

use super::schema::{
    ANDROID_IMPORT, BUMP_FILES, CLOSED_TREE, DONTBUILD, DRY_RUN, L10N_BUMP_WITH_VERSION, MERGE,
    PARAM_PREFIX, TAGS, l10n_bumps,
};
use super::{Landing, Script, land};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::value::{Object, Value};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::Item;
use crate::transforms::payload::contract::Payload;
use crate::transforms::payload::images::Images;
use crate::transforms::payload::scriptworker::fields::{OS, implementation, unless_empty};
use crate::transforms::payload::scriptworker::lando::schema::SYNCED;

static SYNC: Schema = Schema {
    name: "synchronization with a repository",
    fields: &[
        required("from-repo-url", Type::Str, "the source repository"),
        required(
            "toml-info",
            Type::List(&Type::Struct(&SYNCED)),
            "the files that list what to copy",
        ),
    ],
    open: false,
    exclusive: &[],
};

static SCHEMA: Schema = Schema {
    name: "worker: treescript",
    fields: &[
        implementation(&["treescript"]),
        OS,
        required(
            "tags",
            TAGS,
            "the tags to create: `buildN` for the build, `release` for the release; may be empty",
        ),
        required(
            "bump",
            Type::Bool,
            "whether to write the next version to files",
        ),
        BUMP_FILES,
        PARAM_PREFIX,
        DONTBUILD,
        CLOSED_TREE,
        DRY_RUN,
        optional("push", Type::Bool, "whether the commits are pushed"),
        optional(
            "source-repo",
            Type::Str,
            "the repository to commit to (default: that of the task)",
        ),
        optional("ssh-user", Type::Str, "the account that pushes"),
        l10n_bumps(&Type::Struct(&L10N_BUMP_WITH_VERSION)),
        MERGE,
        ANDROID_IMPORT,
        optional(
            "android-l10n-sync-info",
            Type::Struct(&SYNC),
            "copies localizations from another repository of the same project",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// `treescript`
pub static TREESCRIPT: Payload = Payload {
    name: "treescript",
    doc: "Commits version bumps, tags, localizations and merges to a Mercurial repository.",
    schema: &SCHEMA,
    defaults: &[],
    automation: false,
    build,
};

static SCRIPT: Script = Script {
    schema: &SCHEMA,
    settings: "`worker.tags`, `worker.bump` and `worker.merge-info`",
    collect,
    fields: &[
        unless_empty("source_repo", "source-repo"),
        unless_empty("ssh_user", "ssh-user"),
    ],
};

fn build(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    land(images, item, definition, &SCRIPT).map(|_| ())
}

/// Collects the actions in the order in which the worker does them.
fn collect(landing: &mut Landing<'_>) -> Result<(), Diagnostic> {
    landing.tags()?;
    if landing.given("bump").is_some() {
        let Some(files) = landing.given("bump-files") else {
            return Err(landing
                .item
                .error_at(
                    "worker.bump",
                    "`worker.bump` is true, but there are no files to write to",
                )
                .help("list them in `worker.bump-files`"));
        };
        landing.version_bump(files);
    }
    match landing.l10n_bumps()? {
        Some((bumps, Some(url))) => {
            let github = url.contains("github.com");
            let action = if github {
                "l10n_bump_github"
            } else {
                "l10n_bump"
            };
            landing.add(action, "l10n_bump_info", bumps);
        }
        // The worker knows the repositories of locales in Mercurial; nothing asks for the action then.
        Some((bumps, None)) => {
            landing.infos.insert("l10n_bump_info", bumps);
        }
        None => {}
    }
    if let Some(merge) = landing.merge()? {
        landing.add("merge_day", "merge_info", Value::Object(merge));
    }
    landing.android_l10n();
    if landing.given("push").is_some() {
        landing.actions.push("push");
    }
    Ok(())
}
