//! Payloads of landoscript and treescript, which commit to repositories and tag them.

use super::{MAPPING, Needs, SOME_TEXTS, TaskShape, list, open};
use crate::base::shape::{Field, Shape, TEXT, optional, pattern, required};

const TAG_FOR_VERSION: Shape = pattern("a text that contains `{major_version}`", |text| {
    text.lines()
        .next()
        .is_some_and(|line| line.contains("{major_version}"))
});

const BUMPED_FILES: Shape = Shape::List(&list(
    Shape::Open(&[
        required("filename", TEXT),
        optional("new_suffix", TEXT),
        optional("version_bump", Shape::OneOf(&["major", "minor"])),
    ]),
    0,
    false,
));

/// Where, what, and with what to replace it.
const REPLACEMENTS: Shape = Shape::List(&list(
    Shape::List(&crate::base::shape::List {
        items: TEXT,
        min: 3,
        max: 3,
        unique: false,
    }),
    0,
    false,
));

const FETCH_VERSION_FROM: Field = optional("fetch_version_from", TEXT);
const REGEX_REPLACEMENTS: Field = optional("regex_replacements", REPLACEMENTS);
const FROM_BRANCH: Field = optional("from_branch", TEXT);
const INCREMENT: Field = optional("incr_major_version", Shape::Boolean);
const BASE_TAG: Field = optional("base_tag", TAG_FOR_VERSION);
const END_TAG: Field = optional("end_tag", TAG_FOR_VERSION);
const TO_BRANCH: Field = required("to_branch", TEXT);

const LANDO_MERGE: Shape = Shape::Open(&[
    TO_BRANCH,
    FETCH_VERSION_FROM,
    optional("version_files", BUMPED_FILES),
    optional("replacements", REPLACEMENTS),
    REGEX_REPLACEMENTS,
    FROM_BRANCH,
    optional("from_revision", TEXT),
    optional("to_revision", TEXT),
    optional("merge_old_head", Shape::Boolean),
    optional("update_clobber_file", Shape::Boolean),
    INCREMENT,
    BASE_TAG,
    END_TAG,
]);

const TREE_MERGE: Shape = Shape::Open(&[
    TO_BRANCH,
    required("version_files", BUMPED_FILES),
    required("replacements", REPLACEMENTS),
    required("to_repo", TEXT),
    required("merge_old_head", Shape::Boolean),
    FETCH_VERSION_FROM,
    REGEX_REPLACEMENTS,
    FROM_BRANCH,
    optional("from_repo", TEXT),
    INCREMENT,
    BASE_TAG,
    END_TAG,
]);

const VERSION_BUMP: Field = optional(
    "version_bump_info",
    Shape::Open(&[
        required("next_version", TEXT),
        required("files", SOME_TEXTS),
    ]),
);

const TAG: Field = optional(
    "tag_info",
    Shape::Open(&[
        required("tags", SOME_TEXTS),
        required("revision", TEXT),
        optional("hg_repo_url", TEXT),
    ]),
);

const IMPORTED: Shape = Shape::List(&list(
    Shape::Open(&[required("toml_path", TEXT), required("dest_path", TEXT)]),
    1,
    true,
));

const SYNCED: Shape = Shape::List(&list(Shape::Open(&[required("toml_path", TEXT)]), 1, true));

const IMPORT: Field = optional(
    "android_l10n_import_info",
    Shape::Open(&[
        required("from_repo_url", TEXT),
        required("toml_info", IMPORTED),
    ]),
);

const PLATFORMS: Shape = Shape::List(&list(MAPPING, 0, false));
const DRY_RUN: Field = optional("dry_run", Shape::Boolean);
const DONTBUILD: Field = optional("dontbuild", Shape::Boolean);
const IGNORE_CLOSED: Field = optional("ignore_closed_tree", Shape::Boolean);

/// landoscript.
pub static LANDO: TaskShape = open(
    Needs {
        scopes: None,
        dependencies: false,
    },
    &[
        TAG,
        VERSION_BUMP,
        IMPORT,
        optional(
            "android_l10n_sync_info",
            Shape::Open(&[required("from_branch", TEXT), required("toml_info", SYNCED)]),
        ),
        optional(
            "l10n_bump_info",
            Shape::List(&list(
                Shape::Open(&[
                    required("path", TEXT),
                    required("name", TEXT),
                    required("platform_configs", PLATFORMS),
                    required("l10n_repo_url", TEXT),
                    required("l10n_repo_target_branch", TEXT),
                    optional("ignore_config", MAPPING),
                ]),
                1,
                true,
            )),
        ),
        optional("merge_info", LANDO_MERGE),
        optional("lando_repo", TEXT),
        DRY_RUN,
        DONTBUILD,
        IGNORE_CLOSED,
        optional(
            "actions",
            Shape::List(&list(
                Shape::OneOf(&[
                    "tag",
                    "version_bump",
                    "l10n_bump",
                    "l10n_bump_github",
                    "merge_day",
                    "android_l10n_import",
                    "android_l10n_sync",
                ]),
                1,
                true,
            )),
        ),
    ],
);

/// treescript.
pub static TREE: TaskShape = open(
    Needs {
        scopes: Some(0),
        dependencies: false,
    },
    &[
        TAG,
        VERSION_BUMP,
        IMPORT,
        optional(
            "create_branch_info",
            Shape::Open(&[required("branch_name", TEXT)]),
        ),
        optional(
            "android_l10n_sync_info",
            Shape::Open(&[
                required("from_repo_url", TEXT),
                required("toml_info", SYNCED),
            ]),
        ),
        optional(
            "l10n_bump_info",
            Shape::List(&list(
                Shape::Open(&[
                    required("path", TEXT),
                    required("name", TEXT),
                    required("platform_configs", PLATFORMS),
                    required("version_path", TEXT),
                    optional("l10n_repo_url", TEXT),
                    optional("l10n_repo_target_branch", TEXT),
                    optional("ignore_config", MAPPING),
                ]),
                1,
                true,
            )),
        ),
        optional("merge_info", TREE_MERGE),
        optional("branch", TEXT),
        optional("source_repo", TEXT),
        optional("ssh_user", TEXT),
        DRY_RUN,
        optional("push", Shape::Boolean),
        DONTBUILD,
        IGNORE_CLOSED,
        optional(
            "actions",
            Shape::List(&list(
                Shape::OneOf(&[
                    "tag",
                    "version_bump",
                    "l10n_bump",
                    "l10n_bump_github",
                    "merge_day",
                    "android_l10n_import",
                    "android_l10n_sync",
                    "push",
                    "create_branch",
                ]),
                1,
                true,
            )),
        ),
    ],
);
