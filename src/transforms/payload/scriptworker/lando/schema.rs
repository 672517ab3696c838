//! The schema of the `worker` of a landing.

use crate::config::schema::{Field, Schema, Type, optional, required};
use crate::transforms::payload::scriptworker::fields::implementation;

const FETCH_VERSION_FROM: Field = required(
    "fetch-version-from",
    Type::Str,
    "the file with the version of the product",
);
const FROM_REVISION: Field = optional(
    "from-revision",
    Type::Str,
    "the revision of the branch to merge (default: its tip)",
);
const TO_BRANCH: Field = required("to-branch", Type::Str, "the branch to change");
const TO_REVISION: Field = optional(
    "to-revision",
    Type::Str,
    "the revision of the branch to change (default: its tip)",
);
const REPLACEMENTS: Field = optional(
    "replacements",
    Type::List(&Type::List(&Type::Str)),
    "replacements, each a list of a file, a text and its replacement",
);
const END_TAG: Field = optional(
    "end-tag",
    Type::Str,
    "the tag that marks the end of the version's development; `{major_version}` is replaced",
);
const VERSION_FILES: Field = required(
    "version-files",
    Type::List(&Type::Struct(&BUMPED_FILE)),
    "the files in which to change the version",
);

const BUMPED_FILE: Schema = Schema {
    name: "bumped file",
    fields: &[
        FILENAME,
        required("version-bump", Type::Str, VERSION_BUMP_DOC),
        NEW_SUFFIX,
    ],
    open: false,
    exclusive: &[],
};

static VERSION_FILE: Schema = Schema {
    name: "version file",
    fields: &[
        FILENAME,
        optional("version-bump", Type::Str, VERSION_BUMP_DOC),
        NEW_SUFFIX,
    ],
    open: false,
    exclusive: &[],
};

const VERSION_BUMP_DOC: &str = "the part of the version to increase: `major` or `minor`";
const FILENAME: Field = required("filename", Type::Str, "the path of the file");
const NEW_SUFFIX: Field = optional(
    "new-suffix",
    Type::Str,
    "the new suffix of the version, e.g. `b1`; it may be empty",
);

/// The locales of platforms.
pub static PLATFORMS: Schema = Schema {
    name: "locale platforms",
    fields: &[
        required("platforms", Type::List(&Type::Str), "the platforms"),
        required("path", Type::Str, "the file that lists their locales"),
        optional("format", Type::Str, "the format of the file"),
    ],
    open: false,
    exclusive: &[],
};

static L10N_BUMP: Schema = Schema {
    name: "localization bump",
    fields: &[
        required("name", Type::Str, "a description of the bump"),
        required(
            "path",
            Type::Str,
            "the file with the revisions of the locales",
        ),
        required(
            "l10n-repo-url",
            Type::Str,
            "the localization repository, which must be the same for all bumps of the task",
        ),
        required(
            "l10n-repo-target-branch",
            Type::Str,
            "the branch of that repository",
        ),
        required(
            "platform-configs",
            Type::List(&Type::Struct(&PLATFORMS)),
            "the locales of each platform",
        ),
        optional(
            "ignore-config",
            Type::Any,
            "the platforms that each locale is not built for",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// A file that lists what to copy from a branch.
pub static SYNCED: Schema = Schema {
    name: "synchronized file",
    fields: &[required("toml-path", Type::Str, "the path of the file")],
    open: false,
    exclusive: &[],
};

/// A copy of localizations from another branch.
pub static ANDROID_L10N_SYNC: Schema = Schema {
    name: "Android localization sync",
    fields: &[
        required("from-branch", Type::Str, "the source branch"),
        required(
            "toml-info",
            Type::List(&Type::Struct(&SYNCED)),
            "the files that list what to copy",
        ),
    ],
    open: false,
    exclusive: &[],
};

static IMPORTED: Schema = Schema {
    name: "imported file",
    fields: &[
        required("toml-path", Type::Str, "the path of the file"),
        required("dest-path", Type::Str, "the path to copy its content to"),
    ],
    open: false,
    exclusive: &[],
};

/// A copy of localizations from another repository.
pub static ANDROID_L10N_IMPORT: Schema = Schema {
    name: "Android localization import",
    fields: &[
        required("from-repo-url", Type::Str, "the source repository"),
        required(
            "toml-info",
            Type::List(&Type::Struct(&IMPORTED)),
            "the files that list what to copy",
        ),
    ],
    open: false,
    exclusive: &[],
};

static TAG: Schema = Schema {
    name: "tag",
    fields: &[
        required(
            "types",
            Type::List(&Type::Literal(&["buildN", "release"])),
            "the tags to create: `buildN` for the build, `release` for the release",
        ),
        required("revision", Type::Str, "the revision to tag"),
        optional(
            "hg-repo-url",
            Type::Str,
            "the Mercurial repository in which to look up the revision; required, but may be null",
        ),
    ],
    open: false,
    exclusive: &[],
};

static VERSION_BUMP: Schema = Schema {
    name: "version bump",
    fields: &[required(
        "bump-files",
        Type::List(&Type::Str),
        "the files to write the next version to",
    )],
    open: false,
    exclusive: &[],
};

static ESR_BUMP: Schema = Schema {
    name: "ESR bump",
    fields: &[TO_BRANCH, FETCH_VERSION_FROM, VERSION_FILES, TO_REVISION],
    open: false,
    exclusive: &[],
};

static MAIN_BUMP: Schema = Schema {
    name: "main branch bump",
    fields: &[
        TO_BRANCH,
        FETCH_VERSION_FROM,
        VERSION_FILES,
        TO_REVISION,
        REPLACEMENTS,
        optional(
            "regex-replacements",
            Type::List(&Type::List(&Type::Str)),
            "replacements, each a list of a file, a regular expression and its replacement",
        ),
        END_TAG,
    ],
    open: false,
    exclusive: &[],
};

static EARLY_TO_LATE_BETA: Schema = Schema {
    name: "early to late beta",
    fields: &[TO_BRANCH, FETCH_VERSION_FROM, TO_REVISION, REPLACEMENTS],
    open: false,
    exclusive: &[],
};

static UPLIFT: Schema = Schema {
    name: "uplift",
    fields: &[
        FETCH_VERSION_FROM,
        required(
            "version-files",
            Type::List(&Type::Struct(&VERSION_FILE)),
            "the files in which to change the version",
        ),
        required("from-branch", Type::Str, "the branch to merge"),
        TO_BRANCH,
        FROM_REVISION,
        TO_REVISION,
        REPLACEMENTS,
        optional(
            "base-tag",
            Type::Str,
            "the tag at which the branches diverge; `{major_version}` is replaced",
        ),
        END_TAG,
        optional(
            "l10n-bump-info",
            Type::List(&Type::Struct(&L10N_BUMP)),
            "the localizations to bump as well",
        ),
    ],
    open: false,
    exclusive: &[],
};

static ACTION: Schema = Schema {
    name: "landing action",
    fields: &[
        optional(
            "android-l10n-sync",
            Type::Struct(&ANDROID_L10N_SYNC),
            "copies localizations from another branch",
        ),
        optional(
            "android-l10n-import",
            Type::Struct(&ANDROID_L10N_IMPORT),
            "copies localizations from another repository",
        ),
        optional(
            "l10n-bump",
            Type::List(&Type::Struct(&L10N_BUMP)),
            "updates localizations to the latest revisions",
        ),
        optional("tag", Type::Struct(&TAG), "tags a revision"),
        optional(
            "version-bump",
            Type::Struct(&VERSION_BUMP),
            "writes the next version to files",
        ),
        optional(
            "esr-bump",
            Type::Struct(&ESR_BUMP),
            "bumps the version of an ESR branch (merge day)",
        ),
        optional(
            "main-bump",
            Type::Struct(&MAIN_BUMP),
            "bumps the version of the main branch (merge day)",
        ),
        optional(
            "early-to-late-beta",
            Type::Struct(&EARLY_TO_LATE_BETA),
            "switches from early to late beta (merge day)",
        ),
        optional(
            "uplift",
            Type::Struct(&UPLIFT),
            "merges a branch into the next one (merge day)",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// The `worker` of a landing.
pub static SCHEMA: Schema = Schema {
    name: "worker: scriptworker-lando",
    fields: &[
        implementation(&["scriptworker-lando"]),
        required(
            "lando-repo",
            Type::Str,
            "the name of the repository in Lando, which is part of the scope",
        ),
        required(
            "actions",
            Type::List(&Type::Struct(&ACTION)),
            "the actions to perform",
        ),
        optional(
            "ignore-closed-tree",
            Type::Bool,
            "whether to land even if the tree is closed",
        ),
        optional(
            "dontbuild",
            Type::Bool,
            "whether to skip builds for the landed changes",
        ),
        optional(
            "force-dry-run",
            Type::Bool,
            "whether to only simulate the landing",
        ),
        optional(
            "matrix-rooms",
            Type::List(&Type::Str),
            "the Matrix rooms to notify about the task",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// Texts that may be left out and not be null, by the action that has them.
pub static NO_NULLS: &[(&str, &[&str])] = &[
    ("esr-bump", &["to-revision"]),
    ("main-bump", &["to-revision"]),
    ("early-to-late-beta", &["to-revision"]),
    ("uplift", &["from-revision", "to-revision"]),
];
