//! The types of workers that the tasks of a release run on, as people name them.
//!
//! A task has up to three kinds of types: the release system that it belongs to (`balrog`), that system with the
//! action (`balrog:submit-locale`), and each worker alias of config.yml whose pool it runs in, at any level.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::pyformat::{self, Scope};
use crate::base::value::{Object, Value};
use crate::base::worker_pool::WorkerPool;
use crate::config::graph_config::GraphConfig;
use crate::model::task::Task;
use crate::release::{Recognized, recognize, recognize_as};

/// The levels that pools may be for.
const LEVELS: [&str; 3] = ["1", "2", "3"];

/// Finds the types of tasks.
pub struct WorkerTypes<'c> {
    /// The systems of kinds that the project names.
    kinds: Option<&'c Object>,
    /// The aliases whose worker pools may have these names.
    aliases: BTreeMap<String, BTreeSet<&'c str>>,
}

impl<'c> WorkerTypes<'c> {
    /// Those of a project.
    #[must_use]
    pub fn new(config: &'c GraphConfig) -> Self {
        let staging = config.get("snowman").and_then(|own| own.get("staging"));
        let kinds = staging.and_then(|staging| staging.get("kinds"));
        let mut found: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        let aliases = config
            .get("workers")
            .and_then(|workers| workers.get("aliases"))
            .and_then(Value::as_object);
        for (alias, worker) in aliases.into_iter().flatten() {
            let alias = alias.as_str();
            let types = worker.get("worker-type").into_iter().flat_map(leaves);
            for (template, level) in types.flat_map(|text| LEVELS.map(|level| (text, level))) {
                let names = Object::from_iter([
                    ("alias", Value::from(alias)),
                    ("level", Value::from(level)),
                    ("trust-domain", Value::from(config.trust_domain())),
                ]);
                if let Ok(name) = pyformat::format(template, &Scope::new(&names)) {
                    found.entry(name).or_default().insert(alias);
                }
            }
        }
        Self {
            kinds: kinds.and_then(Value::as_object),
            aliases: found,
        }
    }

    /// The types of a task.
    #[must_use]
    pub fn of_task(&self, task: &Task) -> BTreeSet<String> {
        let mut types = BTreeSet::new();
        let definition = Value::Object(task.task.clone());
        if let Some(recognized) = self.recognize(task.kind.as_str(), &definition) {
            types.insert(recognized.system.name.to_owned());
            let action = recognized.action.map(|action| action.name);
            if let Some(action) = action.filter(|action| !action.is_empty()) {
                types.insert(format!("{}:{action}", recognized.system.name));
            }
        }
        let pool = WorkerPool::from_definition(&definition);
        let aliases = pool.and_then(|pool| self.aliases.get(&*pool.worker_type));
        types.extend(
            aliases
                .into_iter()
                .flatten()
                .map(|alias| (*alias).to_owned()),
        );
        types
    }

    fn recognize(&self, kind: &str, definition: &Value) -> Option<Recognized> {
        let named = self.kinds.and_then(|kinds| kinds.get(kind)?.as_str());
        match named {
            Some(system) => recognize_as(system, definition),
            None => recognize(kind, definition),
        }
    }
}

/// The texts that a value may be evaluated to.
fn leaves(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text.as_str()],
        Value::Object(map) => map.values().flat_map(leaves).collect(),
        _ => Vec::new(),
    }
}
