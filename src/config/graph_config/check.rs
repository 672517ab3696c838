//! What is wrong with a graph config.
//!
//! A project whose registration function may replace the schema decides itself whether its config.yml is
//! valid, so violations are kept until its code has been loaded.

use super::GraphConfig;
use super::schema::GRAPH_CONFIG;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::value::Object;
use crate::config::schema::Violation;
use crate::config::yaml::Places;

/// Functions of `taskgraph.register` that only register what is built in.
pub static NATIVE_REGISTRATIONS: &[&str] = &["mozilla_taskgraph:register"];

/// The section that only promotions read.
pub(super) const PROMOTION: &str = "release-promotion";

/// Every violation of the schema, with its path.
fn violations(values: &Object, places: &Places) -> Vec<(String, Diagnostic)> {
    let describe = |violation: Violation| {
        let path = violation.path.to_string();
        let mut diagnostic = Diagnostic::user(violation.message).at(places.get(&violation.path));
        diagnostic.help = violation.help;
        (path, diagnostic)
    };
    let found = GRAPH_CONFIG.check(values);
    found.into_iter().map(describe).collect()
}

/// Whether a path is this one or lies below it.
fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

impl GraphConfig {
    /// Every violation of the schema, with its path.
    pub(super) fn schema_violations(&self) -> Vec<(String, Diagnostic)> {
        let mut wrong = violations(&self.values, &self.places);
        let only_promotion = wrong.iter().all(|(path, _)| is_below(path, PROMOTION));
        if only_promotion && self.repositories().is_empty() {
            let path = ValuePath::keys(["taskgraph", "repositories"]);
            let diagnostic = Diagnostic::user("`taskgraph.repositories` is empty")
                .at(self.place(&path))
                .help("add the repository that is built, e.g. `ci: {name: my-project}`");
            wrong.push((path.to_string(), diagnostic));
        }
        wrong
    }

    /// The Python function in `taskgraph.register`, unless it only registers what is built in.
    #[must_use]
    pub fn registration(&self) -> Option<&str> {
        let name = self.taskgraph("register")?.as_str()?;
        (!NATIVE_REGISTRATIONS.contains(&name)).then_some(name)
    }

    /// Checks the values against the built-in schema, unless the project's own is used. For a
    /// project with a registration function, which may replace the schema, this is not part of
    /// reading config.yml. Mistakes in the section of release promotion are only warned of: see
    /// [`Self::mistakes_in_flavor`].
    ///
    /// # Errors
    /// Every other violation.
    pub fn check_schema(&self) -> Outcome<()> {
        let mut wrong = Diagnostics::new();
        for (path, diagnostic) in &self.violations {
            if is_below(path, PROMOTION) {
                tracing::warn!("{diagnostic}");
            } else {
                wrong.push(diagnostic.clone());
            }
        }
        wrong.or_ok(())
    }

    /// Whether the values violate the built-in schema outside the section of release promotion.
    #[must_use]
    pub fn violates_schema(&self) -> bool {
        let mut paths = self.violations.iter().map(|(path, _)| path);
        paths.any(|path| !is_below(path, PROMOTION))
    }

    /// Notes that the project's own schema is used in place of the built-in one.
    pub fn replace_schema(&mut self) {
        self.violations.clear();
    }

    /// What is wrong with a flavor of release promotion. That is reported when it is promoted: the
    /// section is read by nothing else, and projects may have keys of their own there.
    #[must_use]
    pub fn mistakes_in_flavor(&self, name: &str) -> Diagnostics {
        let flavor = ValuePath::keys([PROMOTION, "flavors", name]);
        let keys = ["target-tasks-method", "rebuild-kinds", "do-not-optimize"];
        let keys: Vec<String> = keys.map(|key| flavor.key(key).to_string()).into();
        let whole = flavor.to_string();
        let counts = |path: &str| path == whole || keys.iter().any(|key| is_below(path, key));
        let mut wrong = Diagnostics::new();
        for (path, diagnostic) in violations(&self.values, &self.places) {
            if counts(&path) {
                wrong.push(diagnostic);
            }
        }
        wrong
    }
}
