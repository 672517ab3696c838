//! What `config.yml` may hold about pushes to try.

use crate::config::schema::{Schema, Type, optional, required};

/// How a version is written to a file.
static VERSION_FORMS: &[&str] = &["numbers", "version"];

static LIMITED_LOCALES: Schema = Schema {
    name: "limited locales",
    fields: &[
        required(
            "from",
            Type::Str,
            "the file whose content it gets, which lists fewer locales",
        ),
        optional("begin", Type::Str, "text that is put before that content"),
    ],
    open: false,
    exclusive: &[],
};

static BUMPED_FILE: Schema = Schema {
    name: "file of a migration",
    fields: &[
        required("filename", Type::Str, "the file with a version"),
        optional(
            "new-suffix",
            Type::Str,
            "what follows the numbers of the version after the migration",
        ),
        optional(
            "version-bump",
            Type::Str,
            "the part of the version that the migration increases",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// A migration, as a list of them in config.yml describes it.
pub static MIGRATION: Schema = Schema {
    name: "migration",
    fields: &[
        optional(
            "fetch-version-from",
            Type::Str,
            "the file with the version before the migration (default: the first file that gets the version)",
        ),
        optional(
            "version-files",
            Type::List(&Type::Struct(&BUMPED_FILE)),
            "the files with versions that the migration changes",
        ),
        optional(
            "replacements",
            Type::List(&Type::List(&Type::Str)),
            "texts to replace, each as a list of file, text and replacement. `{current_major_version}`, `{next_major_version}`, `{current_weave_version}` and `{next_weave_version}` are replaced",
        ),
        optional(
            "regex-replacements",
            Type::List(&Type::List(&Type::Str)),
            "the same with regular expressions",
        ),
        optional(
            "from-branch",
            Type::Str,
            "the branch that is merged into the other",
        ),
        optional("to-branch", Type::Str, "the branch that changes"),
    ],
    open: true,
    exclusive: &[],
};

/// What a project says about pushes to try.
pub(super) static TRY: Schema = Schema {
    name: "try",
    fields: &[
        optional(
            "tasks",
            Type::Map(&Type::Str),
            "the target-tasks method of each value of `--tasks` (default: `staging` with `default`, or in projects with Python code, `staging` with `staging_release_builds` and `release-sim` with `release_simulation`)",
        ),
        optional(
            "version-files",
            Type::Map(&Type::Literal(VERSION_FORMS)),
            "the files that get the version, and how: as it is, or its numbers alone (default: those of the migrations, or else `version.txt`)",
        ),
        optional(
            "migrations",
            Type::Map(&Type::Struct(&MIGRATION)),
            "the migrations, by name (default: those in `merge-automation.behaviors`)",
        ),
        optional(
            "limited-locales",
            Type::Map(&Type::Struct(&LIMITED_LOCALES)),
            "the files that list locales, and what they contain while locales are limited",
        ),
        optional(
            "repository",
            Type::Str,
            "the repository to push to: a URL, or the name of a remote",
        ),
        optional(
            "ref",
            Type::Str,
            "the ref to push to in git repositories; `{version}` is replaced (default: `refs/heads/try/{version}`)",
        ),
    ],
    open: false,
    exclusive: &[],
};
