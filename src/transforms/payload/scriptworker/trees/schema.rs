//! What the `worker` of landoscript and treescript have in common.

use crate::config::schema::{Field, Schema, Type, optional, required};
use crate::transforms::payload::scriptworker::lando::schema::{ANDROID_L10N_IMPORT, PLATFORMS};

static ONE_PLATFORM_LIST: Type = Type::Struct(&PLATFORMS);

const NAME: Field = required("name", Type::Str, "a description of the bump");
const PATH: Field = required(
    "path",
    Type::Str,
    "the file with the revisions of the locales",
);
const URL: Field = optional(
    "l10n-repo-url",
    Type::Str,
    "the repository with the localizations, which must be the same for all bumps of the task",
);
const BRANCH: Field = optional(
    "l10n-repo-target-branch",
    Type::Str,
    "the branch of that repository",
);
const IGNORE: Field = optional(
    "ignore-config",
    Type::Any,
    "the platforms that each locale is not built for",
);
const PLATFORM_CONFIGS: Field = required(
    "platform-configs",
    Type::List(&ONE_PLATFORM_LIST),
    "the locales of each platform",
);

/// A bump of localizations by landoscript.
pub(super) static L10N_BUMP: Schema = Schema {
    name: "bump of localizations",
    fields: &[NAME, PATH, URL, BRANCH, IGNORE, PLATFORM_CONFIGS],
    open: false,
    exclusive: &[],
};

/// A bump of localizations by treescript.
pub(super) static L10N_BUMP_WITH_VERSION: Schema = Schema {
    name: "bump of localizations with a version",
    fields: &[
        NAME,
        PATH,
        required("version-path", Type::Str, "the file with the version"),
        URL,
        BRANCH,
        IGNORE,
        PLATFORM_CONFIGS,
    ],
    open: false,
    exclusive: &[],
};

pub(super) const BUMP_FILES: Field = optional(
    "bump-files",
    Type::List(&Type::Str),
    "the files to write the next version to",
);
pub(super) const DONTBUILD: Field = optional(
    "dontbuild",
    Type::Bool,
    "whether to skip builds for the commits",
);
pub(super) const CLOSED_TREE: Field = optional(
    "ignore-closed-tree",
    Type::Bool,
    "whether to go on even if the tree is closed",
);
pub(super) const DRY_RUN: Field =
    optional("force-dry-run", Type::Bool, "whether nothing is pushed");
pub(super) const PARAM_PREFIX: Field = optional(
    "repo-param-prefix",
    Type::Str,
    "the prefix of the parameter with the revision to tag, e.g. `comm_`",
);
pub(super) const MERGE: Field = optional(
    "merge-info",
    Type::Map(&Type::Any),
    "the branches to merge, and what changes on the way",
);

/// The tags, of these types.
pub(super) const TAGS: Type = Type::List(&Type::Literal(&["buildN", "release"]));
pub(super) const ANDROID_IMPORT: Field = optional(
    "android-l10n-import-info",
    Type::Struct(&ANDROID_L10N_IMPORT),
    "copies localizations from another repository",
);

/// The bumps of localizations, each with these fields.
pub(super) const fn l10n_bumps(each: &'static Type) -> Field {
    optional(
        "l10n-bump-info",
        Type::List(each),
        "updates localizations to the latest revisions",
    )
}
