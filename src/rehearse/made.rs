//! What the artifacts of simulated builds contain.
//!
//! No build runs in a rehearsal, but release tasks open what builds upload. So `stage` makes small real files,
//! from the name of an artifact and what the graph says about its task: the attributes in `task-graph.json`
//! and the parameters of its group.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::flavors::previous_version;
use crate::base::json;
use crate::base::value::Value;
use crate::config::yaml;
use crate::sandbox::{Maker, ReadArtifact};
use crate::stage::makers::{Facts, make, partial};

/// The build that partial updates begin at.
const EARLIER_BUILD: &str = "20200101000000";

/// The decision or action task of a group, as far as builds depend on it.
#[derive(Debug, Default)]
struct Group {
    /// The attributes of each task.
    attributes: BTreeMap<String, Value>,
    /// The parameters.
    parameters: Value,
}

/// The groups that were read.
#[derive(Debug, Clone, Default)]
pub struct Builds(Arc<Mutex<BTreeMap<String, Arc<Group>>>>);

/// A task that was simulated.
#[derive(Debug, Clone)]
pub struct Build {
    /// Its taskId.
    pub task_id: String,
    /// Its label.
    pub label: String,
    /// Its group.
    pub group: String,
    /// The folders that it uploads as a whole, each with a slash at its end.
    pub folders: Vec<String>,
}

impl Build {
    /// Reads what is needed from a definition.
    pub fn new(task_id: &str, definition: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let artifacts = &definition["payload"]["artifacts"];
        let named = artifacts.as_object().into_iter().flatten();
        let named = named.map(|(name, value)| (name.to_string(), value));
        let listed = artifacts.as_array().into_iter().flatten();
        let listed = listed.map(|value| match value["name"].as_str() {
            Some(name) => (name.to_owned(), value),
            None => (text(&value["path"]), value),
        });
        let folders = named
            .chain(listed)
            .filter(|(_, value)| value["type"] == "directory");
        Self {
            task_id: task_id.to_owned(),
            label: text(&definition["metadata"]["name"]),
            group: text(&definition["taskGroupId"]),
            folders: folders
                .map(|(name, _)| format!("{}/", name.trim_end_matches('/')))
                .collect(),
        }
    }
}

impl Builds {
    /// Makes the artifacts that tasks declare.
    pub fn maker(&self) -> Maker {
        let builds = self.clone();
        Arc::new(move |run, name, read| {
            let group = run.definition.get("taskGroupId").and_then(|id| id.as_str());
            let build = Build {
                task_id: run.task_id.clone(),
                label: run.label.clone(),
                group: group.unwrap_or_default().to_owned(),
                folders: Vec::new(),
            };
            builds.make(&build, name, read)
        })
    }

    /// Makes an artifact of a task; `None` if nothing is known of such names.
    pub fn make(&self, build: &Build, name: &str, read: &ReadArtifact<'_>) -> Option<Vec<u8>> {
        let group = self.group(&build.group, read);
        let attributes = group.attributes.get(&build.task_id);
        let attribute = |name: &str| attributes.and_then(|all| all[name].as_str());
        let parameter = |name: &str| group.parameters[name].as_str().unwrap_or_default();
        let facts = Facts {
            label: &build.label,
            product: attribute("shipping_product").unwrap_or_default(),
            version: parameter("version"),
            build_id: parameter("moz_build_date"),
            platform: attribute("build_platform").unwrap_or_default(),
            locale: attribute("locale").unwrap_or("en-US"),
            branch: parameter("project"),
        };
        if let Some(number) = number_of_partial(name) {
            let history = group.parameters["release_history"].as_object();
            let known = history.and_then(|history| history.keys().nth(number));
            let version = match known {
                Some(version) => version.to_string(),
                None => previous_version(facts.version),
            };
            let before = Facts {
                version: &version,
                build_id: EARLIER_BUILD,
                ..facts
            };
            return partial(&before, &facts);
        }
        make(name, &facts)
    }

    fn group(&self, id: &str, read: &ReadArtifact<'_>) -> Arc<Group> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(id) {
            return Arc::clone(known);
        }
        let content = |name: &str| read(id, name).map(|(_, content)| content.bytes);
        let graph = content("public/task-graph.json");
        let graph = graph.and_then(|text| json::read("task-graph.json", &text).ok());
        let tasks = graph
            .as_ref()
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        let parameters = content("public/parameters.yml");
        let parameters = parameters.and_then(|text| yaml::load("parameters.yml", &text).ok());
        let group = Arc::new(Group {
            attributes: tasks
                .map(|(id, task)| (id.to_string(), task["attributes"].clone()))
                .collect(),
            parameters: parameters
                .map(|document| document.value)
                .unwrap_or_default(),
        });
        lock().insert(id.to_owned(), Arc::clone(&group));
        group
    }
}

/// Which of the partial updates of a build an artifact is, from 0; `None` if it is none:
/// `target.partial.mar`, or `target.partial-2.mar`.
fn number_of_partial(name: &str) -> Option<usize> {
    let (_, number) = name.strip_suffix(".mar")?.rsplit_once(".partial")?;
    match number.strip_prefix('-') {
        Some(number) => number.parse::<usize>().ok()?.checked_sub(1),
        None => number.is_empty().then_some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::number_of_partial;

    #[test]
    fn partial_updates_are_numbered() {
        for (name, number) in [
            ("public/build/de/target.partial-1.mar", Some(0)),
            ("public/build/target.partial-12.mar", Some(11)),
            ("public/build/target.partial.mar", Some(0)),
            ("public/build/target.partial-0.mar", None),
            ("public/build/target.partials.mar", None),
            ("public/build/target.complete.mar", None),
        ] {
            assert_eq!(number_of_partial(name), number, "{name}");
        }
    }
}
