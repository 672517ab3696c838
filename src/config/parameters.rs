//! Parameters: what a graph is generated for.
//!
//! They are read-only once made. Strict ones hold exactly the known keys; lenient ones, for
//! local use, are completed with defaults by the composition root.

use super::schema::{Schema, Type, optional, required};
use super::yaml::{self, Places};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome, Place};
use crate::base::digest;
use crate::base::json;
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::{Object, Value};

static CODE_REVIEW: Schema = Schema {
    name: "code-review",
    fields: &[required(
        "phabricator-build-target",
        Type::Str,
        "the build target in Phabricator",
    )],
    open: false,
    exclusive: &[],
};

/// The parameters that every decision task has.
pub static PARAMETERS: Schema = Schema {
    name: "parameters",
    fields: &[
        required(
            "base_repository",
            Type::Str,
            "the repository that the push is compared with",
        ),
        nullable("base_ref", "the ref that the push is compared with"),
        required(
            "base_rev",
            Type::Str,
            "the revision that the push is compared with",
        ),
        required(
            "build_date",
            Type::Int,
            "the time of the build, in seconds since 1970",
        ),
        required(
            "build_number",
            Type::Int,
            "the number of the release's build",
        ),
        required(
            "do_not_optimize",
            Type::List(&Type::Str),
            "labels that are not optimized",
        ),
        required(
            "enable_always_target",
            Type::OneOf(&[Type::Bool, Type::List(&Type::Str)]),
            "whether tasks with `always-target` are added: all, none, or those of the listed kinds",
        ),
        required(
            "existing_tasks",
            Type::Map(&Type::Str),
            "labels and the taskIds that replace them",
        ),
        required(
            "files_changed",
            Type::List(&Type::Str),
            "the files that the push changes",
        ),
        required(
            "filters",
            Type::List(&Type::Str),
            "the filters that select target tasks",
        ),
        required("head_ref", Type::Str, "the ref that is built"),
        required("head_repository", Type::Str, "the repository that is built"),
        required("head_rev", Type::Str, "the revision that is built"),
        required("head_tag", Type::Str, "the tag that is built"),
        required("level", Type::Str, "the SCM level: `1` or `3`"),
        required(
            "moz_build_date",
            Type::Str,
            "the build date as YYYYMMDDHHMMSS",
        ),
        nullable("next_version", "the version after this one"),
        nullable(
            "optimize_strategies",
            "a Python object with other strategies",
        ),
        required(
            "optimize_target_tasks",
            Type::Bool,
            "whether target tasks are optimized",
        ),
        required(
            "owner",
            Type::Str,
            "the email address of the person who pushed",
        ),
        required("project", Type::Str, "the project that is built"),
        required(
            "pushdate",
            Type::Int,
            "the time of the push, in seconds since 1970",
        ),
        required("pushlog_id", Type::Str, "the number of the push"),
        required("repository_type", Type::Str, "`git` or `hg`"),
        required(
            "target_tasks_method",
            Type::Str,
            "the method that selects target tasks",
        ),
        required(
            "tasks_for",
            Type::Str,
            "what triggered the graph, e.g. `github-push`",
        ),
        optional(
            "try_task_config",
            Type::Any,
            "what a push to try asks for: the target-tasks method `try_tasks` selects the tasks that it lists under `tasks`",
        ),
        nullable("version", "the version of the product"),
        optional(
            "code-review",
            Type::Struct(&CODE_REVIEW),
            "settings of code review",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// The parameters that release promotion adds.
pub static RELEASE_PARAMETERS: Schema = Schema {
    name: "release parameters",
    fields: &[
        optional("shipping_phase", Type::Str, "the flavor that is promoted"),
        optional("release_product", Type::Str, "the product that is released"),
        optional(
            "release_type",
            Type::Str,
            "the type of the release, e.g. `release-rc`",
        ),
        optional(
            "release_eta",
            Type::Str,
            "the time at which the release is published",
        ),
        optional(
            "release_history",
            Type::Any,
            "the releases that partial updates start from",
        ),
        optional(
            "release_partners",
            Type::List(&Type::Str),
            "the partners to build for",
        ),
        optional(
            "release_partner_config",
            Type::Any,
            "the configuration of partners' builds",
        ),
        optional(
            "release_partner_build_number",
            Type::Int,
            "the number of the partners' build",
        ),
        optional(
            "release_enable_partner_repack",
            Type::Bool,
            "whether partners are repacked",
        ),
        optional(
            "release_enable_partner_attribution",
            Type::Bool,
            "whether partners' builds are attributed",
        ),
        optional(
            "release_enable_emefree",
            Type::Bool,
            "whether to build releases without EME",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// A field that may be null or, as in the peer's schema, left out.
const fn nullable(name: &'static str, doc: &'static str) -> super::schema::Field {
    optional(name, Type::Str, doc)
}

/// A checked set of parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    values: Object,
    target_kinds: Vec<String>,
    strictness: Strictness,
}

/// Whether parameters may lack keys or have unknown ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// Exactly the known keys, as in a decision task.
    Strict,
    /// Unknown keys are taken; missing ones have been set to their defaults.
    Lenient,
}

/// Whether a number of seconds since 1970 is in a year of four digits at most.
fn is_moment(seconds: i64) -> bool {
    (-62_135_596_800..=253_402_300_799).contains(&seconds)
}

impl Parameters {
    /// Checks parameters. The key `target-kinds`, which is only used locally, is removed and stored
    /// separately.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn new(values: Object, strictness: Strictness) -> Outcome<Self> {
        Self::check(values, strictness, &|_| None)
    }

    /// As [`Parameters::new`], where `place` knows where some of them were written.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn check(
        mut values: Object,
        strictness: Strictness,
        place: &dyn Fn(&ValuePath) -> Option<Place>,
    ) -> Outcome<Self> {
        let mut wrong = Diagnostics::new();
        let target_kinds = match values.shift_remove("target-kinds") {
            Some(Value::Array(kinds)) => kinds
                .iter()
                .filter_map(|kind| kind.as_str().map(str::to_owned))
                .collect(),
            _ => Vec::new(),
        };
        let mut violations = PARAMETERS.check(&values);
        let release: Object = values
            .iter()
            .filter(|(key, _)| RELEASE_PARAMETERS.names().any(|name| name == key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        violations.extend(RELEASE_PARAMETERS.check(&release));
        for violation in violations {
            let mut diagnostic = Diagnostic::user(format!("parameters: {}", violation.message))
                .at(place(&violation.path));
            diagnostic.help = violation.help;
            wrong.push(diagnostic);
        }
        for name in ["build_date", "pushdate"] {
            let date = values
                .get(name)
                .filter(|date| date.as_i64().is_some() || date.as_u64().is_some());
            if let Some(date) = date.filter(|date| !date.as_i64().is_some_and(is_moment)) {
                wrong.push(
                    Diagnostic::user(format!(
                        "parameters: `{name}` is {date}, which is not in the years 1 to 9999"
                    ))
                    .at(place(&ValuePath::keys([name])))
                    .help("write the date in seconds since 1970"),
                );
            }
        }
        if strictness == Strictness::Strict {
            let known: Vec<_> = PARAMETERS
                .names()
                .chain(RELEASE_PARAMETERS.names())
                .collect();
            for key in values.keys().filter(|key| !known.contains(&key.as_str())) {
                let hint = suggest::nearest(key, known.iter().copied()).map_or_else(
                    || "remove it".to_owned(),
                    |n| format!("did you mean `{n}`?"),
                );
                wrong.push(
                    Diagnostic::user(format!("parameters: unknown key `{key}`"))
                        .at(place(&ValuePath::keys([key.as_str()])))
                        .help(hint),
                );
            }
        }
        wrong.or_ok(Self {
            values,
            target_kinds,
            strictness,
        })
    }

    /// Reads the text of a `parameters.yml` or `.json`, without checking what it says.
    ///
    /// # Errors
    /// Everything that is wrong with its form.
    pub fn read(name: &str, text: &[u8]) -> Outcome<Object> {
        Self::read_with_places(name, text).map(|(values, _)| values)
    }

    /// As [`Parameters::read`], with the places of what was read; JSON has none.
    ///
    /// # Errors
    /// Everything that is wrong with its form.
    pub fn read_with_places(name: &str, text: &[u8]) -> Outcome<(Object, Option<Places>)> {
        let (value, places) = if name.ends_with(".json") {
            (json::read(name, text)?, None)
        } else {
            let document = yaml::load(name, text)?;
            document.warn();
            (document.value, Some(document.places))
        };
        match value {
            Value::Object(values) => Ok((values, places)),
            other => {
                let place = places.and_then(|places| places.get(&ValuePath::root()));
                let found = yaml::root_in_words(&other);
                Err(Diagnostic::user(format!("parameters: {name} is {found}"))
                    .at(place)
                    .into())
            }
        }
    }

    /// Notes that the project's own schema has checked them strictly.
    #[must_use]
    pub fn checked_strictly(mut self) -> Self {
        self.strictness = Strictness::Strict;
        self
    }

    /// Whether they have been checked strictly, as those of a decision task.
    #[must_use]
    pub fn are_strict(&self) -> bool {
        self.strictness == Strictness::Strict
    }

    /// Every parameter.
    #[must_use]
    pub fn values(&self) -> &Object {
        &self.values
    }

    /// Kinds that generation is limited to; all if there is none.
    #[must_use]
    pub fn target_kinds(&self) -> &[String] {
        &self.target_kinds
    }

    /// The value of a parameter; `None` when it is not there or null.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }

    /// A parameter that is a string; empty when it is not there.
    #[must_use]
    pub fn str(&self, name: &str) -> &str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A parameter that is a list of strings.
    #[must_use]
    pub fn strings(&self, name: &str) -> Vec<&str> {
        self.get(name)
            .and_then(Value::as_array)
            .map(|items| items.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default()
    }

    /// The SCM level.
    #[must_use]
    pub fn level(&self) -> &str {
        self.str("level")
    }

    /// The project.
    #[must_use]
    pub fn project(&self) -> &str {
        self.str("project")
    }

    /// What the graph is for.
    #[must_use]
    pub fn tasks_for(&self) -> &str {
        self.str("tasks_for")
    }

    /// The time of the build, in seconds since 1970.
    #[must_use]
    pub fn build_date(&self) -> i64 {
        self.get("build_date")
            .and_then(Value::as_i64)
            .unwrap_or_default()
    }

    /// The first twelve digits of the hash that the peer names a set of parameters by.
    #[must_use]
    pub fn id(&self) -> String {
        let text = json::compact_sorted(&Value::Object(self.values.clone()));
        let mut digits = digest::sha256(text.as_bytes());
        digits.truncate(12);
        digits
    }

    /// The address at which people can look at a file of the repository that is built.
    ///
    /// # Errors
    /// When the repository is neither hg nor on GitHub.
    pub fn file_url(&self, path: &str) -> Result<String, Diagnostic> {
        let (path, prefix) = match path.split_once("comm/") {
            Some((_, rest)) => (rest.split("comm/").next().unwrap_or(rest), "comm_"),
            None => (path, ""),
        };
        let repository = self.str(&format!("{prefix}head_repository"));
        let revision = self.str(&format!("{prefix}head_rev"));
        match self.str("repository_type") {
            "hg" => Ok(format!("{repository}/file/{revision}/{path}")),
            "git" if repository.starts_with("https://github.com/") => {
                let repository = repository.strip_suffix('/').unwrap_or(repository);
                Ok(format!("{repository}/blob/{revision}/{path}"))
            }
            "git" if repository.starts_with("git@github.com:") => {
                let repository = repository
                    .strip_suffix(".git")
                    .unwrap_or(repository)
                    .replace("git@github.com:", "https://github.com/");
                Ok(format!("{repository}/blob/{revision}/{path}"))
            }
            "git" if repository.is_empty() => Err(Diagnostic::user(
                "the parameter `head_repository` is empty, so the source of tasks cannot be determined",
            )
            .help("add a remote on GitHub to the repository, pass parameters with `-p`, or set `default-repository` in config.yml")),
            "git" => Err(Diagnostic::user(format!(
                "cannot determine the URL of a file in `{repository}`"
            ))
            .help("set `head_repository` to a repository on GitHub, as `https://github.com/…` or `git@github.com:…`")),
            other => Err(Diagnostic::user(format!("unknown repository_type {other:?}"))
                .help("use `git` or `hg`")),
        }
    }
}
