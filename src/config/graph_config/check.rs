//! What is wrong with a graph config.
//!
//! A project whose registration function may replace the schema decides itself whether its config.yml is
//! valid, so violations are kept until its code has been loaded.

use super::schema::{GRAPH_CONFIG, SECTION};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::value::{Object, Value};
use crate::config::schema::{Schema, Violation};
use crate::config::yaml::Places;

/// Functions of `taskgraph.register` that only register what is built in.
pub static NATIVE_REGISTRATIONS: &[&str] = &["mozilla_taskgraph:register"];

/// The section that only promotions read.
pub(super) const PROMOTION: &str = "release-promotion";

/// Every violation of the built-in schema, with its path.
#[derive(Debug, Clone, Default)]
pub(super) struct Violations(Vec<(String, Diagnostic)>);

/// Every violation of a schema, with its path.
fn violations(schema: &Schema, values: &Object, places: &Places) -> Vec<(String, Diagnostic)> {
    let describe = |violation: Violation| {
        let path = violation.path.to_string();
        let mut diagnostic = Diagnostic::user(violation.message).at(places.get(&violation.path));
        diagnostic.help = violation.help;
        (path, diagnostic)
    };
    let found = schema.check(values);
    found.into_iter().map(describe).collect()
}

/// Whether a path is this one or lies below it.
fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

impl Violations {
    /// Finds every violation.
    pub(super) fn find(values: &Object, places: &Places) -> Self {
        let mut wrong = violations(&GRAPH_CONFIG, values, places);
        let only_promotion = wrong.iter().all(|(path, _)| is_below(path, PROMOTION));
        let repositories = values
            .get("taskgraph")
            .and_then(|own| own.get("repositories"));
        let repositories = repositories.and_then(Value::as_object);
        if only_promotion && repositories.is_none_or(Object::is_empty) {
            let path = ValuePath::keys(["taskgraph", "repositories"]);
            let diagnostic = Diagnostic::user("`taskgraph.repositories` is empty")
                .at(places.get(&path))
                .help("add the repository that is built, e.g. `ci: {name: my-project}`");
            wrong.push((path.to_string(), diagnostic));
        }
        Self(wrong)
    }

    /// Finds every violation in snowman's own settings, which have a file of their own.
    pub(super) fn of_settings(schema: &Schema, values: &Object, places: &Places) -> Self {
        let found = violations(schema, values, places);
        let below = |(path, diagnostic)| (format!("{SECTION}.{path}"), diagnostic);
        Self(found.into_iter().map(below).collect())
    }

    /// Finds every violation in another file.
    pub(super) fn of_file(schema: &Schema, values: &Object, places: &Places) -> Diagnostics {
        let mut wrong = Diagnostics::new();
        for (_, diagnostic) in violations(schema, values, places) {
            wrong.push(diagnostic);
        }
        wrong
    }

    /// Adds others.
    pub(super) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Keeps only those in snowman's own settings, which no schema of a project knows.
    pub(super) fn keep_settings(&mut self) {
        self.0.retain(|(path, _)| is_below(path, SECTION));
    }

    /// Warns of those in the section of release promotion.
    ///
    /// # Errors
    /// All others.
    pub(super) fn refuse(&self) -> Outcome<()> {
        let mut wrong = Diagnostics::new();
        for (path, diagnostic) in &self.0 {
            if is_below(path, PROMOTION) {
                tracing::warn!("{diagnostic}");
            } else {
                wrong.push(diagnostic.clone());
            }
        }
        wrong.or_ok(())
    }

    /// Whether there are others than those in the section of release promotion and in snowman's own settings.
    pub(super) fn may_be_replaced(&self) -> bool {
        let counts = |path: &str| !is_below(path, PROMOTION) && !is_below(path, SECTION);
        self.0.iter().any(|(path, _)| counts(path))
    }
}

/// What is wrong with a flavor of release promotion.
pub(super) fn mistakes_in_flavor(values: &Object, places: &Places, name: &str) -> Diagnostics {
    let flavor = ValuePath::keys([PROMOTION, "flavors", name]);
    let keys = ["target-tasks-method", "rebuild-kinds", "do-not-optimize"];
    let keys: Vec<String> = keys.map(|key| flavor.key(key).to_string()).into();
    let whole = flavor.to_string();
    let counts = |path: &str| path == whole || keys.iter().any(|key| is_below(path, key));
    let mut wrong = Diagnostics::new();
    for (path, diagnostic) in violations(&GRAPH_CONFIG, values, places) {
        if counts(&path) {
            wrong.push(diagnostic);
        }
    }
    wrong
}
