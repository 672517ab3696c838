//! The entries of taskgraph's tables after the project has been loaded.

use std::collections::BTreeMap;

use super::version::{Rule, Rules};
use crate::base::value::Value;

/// The entries of a table by name, each with whether the project defines it.
pub type Entries = BTreeMap<String, bool>;

/// What is registered.
#[derive(Debug, Clone, Default)]
pub struct Registered {
    /// `run.using` and the worker implementation.
    pub run_using: BTreeMap<(String, String), bool>,
    /// Worker implementations.
    pub payloads: Entries,
    /// Types of index routes.
    pub index_types: Entries,
    /// Types of fetches.
    pub fetch_types: Entries,
    /// Providers of the values of task contexts.
    pub contexts: Entries,
    /// Ways to group.
    pub group_by: Entries,
    /// Ways to name.
    pub set_name: Entries,
    /// Target-tasks methods.
    pub target_methods: Entries,
    /// Filters.
    pub filters: Entries,
    /// Optimization strategies.
    pub strategies: Entries,
    /// The morphs in use, in order, each with whether the project defines it; `None` if they are
    /// taskgraph's own.
    pub morphs: Option<Vec<(String, bool)>>,
    /// The verifications in use, in order; `None` if they are taskgraph's own.
    pub verifications: Option<Vec<RegisteredVerification>>,
    /// Actions.
    pub actions: Entries,
    /// Functions and classes of taskgraph that the project has replaced.
    pub patched: Vec<String>,
    /// Whether the project wants to be notified of finished phases.
    pub observes_phases: bool,
}

/// A verification in the table that a project's generator uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredVerification {
    /// The phase after which it runs, with underscores.
    pub phase: String,
    /// Its name.
    pub name: String,
    /// Whether the project defines it.
    pub own: bool,
}

impl RegisteredVerification {
    fn from_json(entry: &Value) -> Option<Self> {
        Some(Self {
            phase: entry[0].as_str()?.to_owned(),
            name: entry[1].as_str()?.to_owned(),
            own: entry[2].as_bool()?,
        })
    }
}

impl Registered {
    /// Reads the answer of a worker.
    #[must_use]
    pub fn from_json(found: &Value) -> Self {
        let list = |key: &str| found[key].as_array().cloned().unwrap_or_default();
        let entries = |key: &str| -> Entries {
            let one = |entry: &Value| Some((entry[0].as_str()?.to_owned(), entry[1].as_bool()?));
            list(key).iter().filter_map(one).collect()
        };
        let morph = |entry: &Value| Some((entry[0].as_str()?.to_owned(), entry[1].as_bool()?));
        let names = |key: &str| -> Vec<String> {
            let names = list(key);
            names
                .iter()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect()
        };
        let using = |entry: &Value| {
            let name = (entry[0].as_str()?.to_owned(), entry[1].as_str()?.to_owned());
            Some((name, entry[2].as_bool()?))
        };
        Self {
            run_using: list("run_using").iter().filter_map(using).collect(),
            payloads: entries("payloads"),
            index_types: entries("index_types"),
            fetch_types: entries("fetch_types"),
            contexts: entries("contexts"),
            group_by: entries("group_by"),
            set_name: entries("set_name"),
            target_methods: entries("target_methods"),
            filters: entries("filters"),
            strategies: entries("strategies"),
            morphs: found["morphs"]
                .as_array()
                .map(|morphs| morphs.iter().filter_map(morph).collect()),
            verifications: found["verifications"].as_array().map(|table| {
                let table = table.iter();
                table
                    .filter_map(RegisteredVerification::from_json)
                    .collect()
            }),
            actions: entries("actions"),
            patched: names("patched"),
            observes_phases: found["phase_finished"].as_bool().unwrap_or_default(),
        }
    }
}

/// Built-in strategies that differ in versions without one of these rules.
static STRATEGIES: &[(&str, &[Rule])] = &[(
    "skip-unless-changed",
    &[Rule::ChangesAreGiven, Rule::EmptyPushKeepsTasks],
)];

impl Registered {
    /// Uses the strategies of the installed taskgraph where the built-in ones may differ.
    pub fn prefer_installed(&mut self, rules: Rules) {
        for (name, needed) in STRATEGIES {
            if !rules.is_known() || !needed.iter().all(|rule| rules.has(*rule)) {
                self.strategies.insert((*name).to_owned(), true);
            }
        }
    }
}

/// Whether an entry belongs to the project: the project defines it, or it is not built in.
#[must_use]
pub fn is_custom(entries: &Entries, name: &str, native: bool) -> bool {
    match entries.get(name) {
        Some(foreign) => *foreign || !native,
        None => false,
    }
}
