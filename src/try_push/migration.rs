//! The migrations of a project: what changes when a version moves to the next branch.

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::value::{Object, Value};
use crate::config::graph_config::{GraphConfig, MIGRATION};
use crate::stage::trees::merge_day::Replacement;

/// The section of config.yml that has the migrations of projects, and its key.
const AUTOMATION: [&str; 2] = ["merge-automation", "behaviors"];

/// A migration.
#[derive(Debug, Clone)]
pub struct Migration<'c> {
    /// Its name.
    pub name: &'c str,
    /// Where it is written.
    pub path: ValuePath,
    /// The file with the version before it.
    pub version_from: Option<&'c str>,
    /// The files whose version it changes, each with what follows the numbers afterwards.
    pub version_files: Vec<(&'c str, &'c str)>,
    /// Texts that it replaces.
    pub replacements: Vec<Replacement<'c>>,
    /// Regular expressions that it replaces.
    pub patterns: Vec<Replacement<'c>>,
    /// The branch that moves; empty if none does.
    pub from_branch: &'c str,
    /// The branch that changes.
    pub to_branch: &'c str,
}

impl Migration<'_> {
    /// Whether `other` belongs to it: a change that the branch that moves has had before, between its versions.
    #[must_use]
    pub fn follows(&self, other: &Migration<'_>) -> bool {
        !self.from_branch.is_empty()
            && other.to_branch == self.from_branch
            && other.from_branch.is_empty()
            && other.version_files.is_empty()
    }
}

/// Reads the migrations: those of snowman's own settings, or else those of the automation.
///
/// # Errors
/// Everything in the automation that is not as it should be.
pub fn read(config: &GraphConfig) -> Outcome<Vec<Migration<'_>>> {
    let own = config.get("snowman").and_then(|own| own.get("try"));
    let own = own.and_then(|own| own.get("migrations"));
    let [section, key] = AUTOMATION;
    let of_automation = config.get(section).and_then(|section| section.get(key));
    let (above, behaviors) = match own {
        Some(own) => (ValuePath::keys(["snowman", "try", "migrations"]), Some(own)),
        None => (ValuePath::keys(AUTOMATION), of_automation),
    };
    let mut wrong = Diagnostics::new();
    let mut migrations = Vec::new();
    for (name, behavior) in behaviors.and_then(Value::as_object).into_iter().flatten() {
        let path = above.key(name.as_str());
        match behavior.as_object() {
            Some(behavior) => {
                migrations.extend(wrong.keep(one(config, name.as_str(), behavior, path)));
            }
            None => wrong.push(
                Diagnostic::user(format!("`{path}` is not a mapping")).at(config.place(&path)),
            ),
        }
    }
    wrong.or_ok(migrations)
}

fn one<'c>(
    config: &GraphConfig,
    name: &'c str,
    behavior: &'c Object,
    path: ValuePath,
) -> Outcome<Migration<'c>> {
    let mut wrong = Diagnostics::new();
    for violation in MIGRATION.check(behavior) {
        let mut whole = path.clone();
        whole.0.extend(violation.path.0);
        let message = format!("the migration `{name}`: {}", violation.message);
        let mut diagnostic = Diagnostic::user(message).at(config.place(&whole));
        diagnostic.help = violation.help;
        wrong.push(diagnostic);
    }
    let mut replacements = |key: &str| {
        let items = behavior.get(key).and_then(Value::as_array);
        let mut read = Vec::new();
        for (at, item) in items.into_iter().flatten().enumerate() {
            match item.texts().collect::<Vec<_>>()[..] {
                [file, from, to] => read.push((file, from, to)),
                // The schema has found it.
                _ if !item.is_array() => {}
                _ => {
                    let place = config.place(&path.key(key).index(at));
                    wrong.push(
                        Diagnostic::user(format!(
                            "the migration `{name}`: an entry of `{key}` does not have three texts"
                        ))
                        .at(place)
                        .help("write `[FILE, TEXT, REPLACEMENT]`"),
                    );
                }
            }
        }
        read
    };
    let (texts, patterns) = (
        replacements("replacements"),
        replacements("regex-replacements"),
    );
    let text = |key: &str| behavior.get(key).and_then(Value::as_str);
    let files = behavior.get("version-files").and_then(Value::as_array);
    let files = files.into_iter().flatten().filter_map(|file| {
        let suffix = file.get("new-suffix").and_then(Value::as_str);
        let name = file.get("filename").and_then(Value::as_str)?;
        Some((name, suffix.unwrap_or_default()))
    });
    let migration = Migration {
        name,
        version_from: text("fetch-version-from"),
        version_files: files.collect(),
        replacements: texts,
        patterns,
        from_branch: text("from-branch").unwrap_or_default(),
        to_branch: text("to-branch").unwrap_or_default(),
        path,
    };
    wrong.or_ok(migration)
}
