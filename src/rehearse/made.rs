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
use crate::stage::makers::{Facts, make, make_any, partial};

/// The build that partial updates begin at.
const EARLIER_BUILD: &str = "20200101000000";

/// The decision or action task of a group, as far as builds depend on it.
#[derive(Debug, Default)]
struct Group {
    /// The tasks.
    tasks: BTreeMap<String, Described>,
    /// The parameters.
    parameters: Value,
}

/// What a graph says about a task.
#[derive(Debug, Default)]
struct Described {
    /// Its attributes.
    attributes: Value,
    /// The platform that Treeherder shows it under, such as `windows/x86_64`; empty if there is none.
    shown_under: String,
}

impl Described {
    fn new(task: &Value) -> Self {
        let machine = &task["task"]["extra"]["treeherder"];
        let collections = machine["collection"].as_object().into_iter().flatten();
        let platform = machine["machine"]["platform"].as_str();
        let names = collections.map(|(name, _)| name.as_str());
        let parts: Vec<&str> = platform.into_iter().chain(names).collect();
        Self {
            attributes: task["attributes"].clone(),
            shown_under: parts.join("/"),
        }
    }

    /// The locale of an artifact: the task's own, or, if it builds a part of all locales, the one that is a folder in
    /// the name of the artifact, such as `public/build/de/target.langpack.xpi`.
    fn locale<'a>(&'a self, artifact: &str) -> &'a str {
        let of_part = || {
            let locales = self.attributes["chunk_locales"].as_array()?.iter();
            let mut locales = locales.filter_map(Value::as_str);
            locales.find(|locale| artifact.split('/').any(|part| part == *locale))
        };
        let own = self.attributes["locale"].as_str();
        own.or_else(of_part).unwrap_or("en-US")
    }

    /// The platform that the task builds for. Projects without the attribute `build_platform` show it in
    /// Treeherder, or in the label.
    fn platform<'a>(&'a self, label: &'a str) -> &'a str {
        let attribute = self.attributes["build_platform"].as_str();
        let shown = Some(self.shown_under.as_str()).filter(|platform| !platform.is_empty());
        attribute.or(shown).unwrap_or(label)
    }
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
    /// The folders that it uploads as a whole, each with a slash at its end. An empty name stands for all
    /// names: nothing says what the task uploads.
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
        let folders = folders.map(|(name, _)| format!("{}/", name.trim_end_matches('/')));
        // The payload of a release worker says what it reads, not what it uploads.
        let reads = definition["payload"].get("upstreamArtifacts").is_some();
        let any = (reads && artifacts.is_null()).then(String::new);
        Self {
            task_id: task_id.to_owned(),
            label: text(&definition["metadata"]["name"]),
            group: text(&definition["taskGroupId"]),
            folders: folders.chain(any).collect(),
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
        let unknown = Described::default();
        let described = group.tasks.get(&build.task_id).unwrap_or(&unknown);
        let attribute = |name: &str| described.attributes[name].as_str();
        let parameter = |name: &str| group.parameters[name].as_str().unwrap_or_default();
        let facts = Facts {
            label: &build.label,
            product: attribute("shipping_product").unwrap_or_default(),
            version: parameter("version"),
            build_id: parameter("moz_build_date"),
            platform: described.platform(&build.label),
            locale: described.locale(name),
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
        match build.folders.is_empty() {
            true => make(name, &facts),
            false => make_any(name, &facts),
        }
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
            tasks: tasks
                .map(|(id, task)| (id.to_string(), Described::new(task)))
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
    use super::*;
    use crate::base::value::json;

    #[test]
    fn the_platform_is_an_attribute_or_what_treeherder_shows() {
        let treeherder =
            json!({"machine": {"platform": "windows"}, "collection": {"x86_64": true}});
        let task = |attributes: Value| {
            Described::new(&json!({
                "attributes": attributes,
                "task": {"extra": {"treeherder": treeherder.clone()}},
            }))
        };
        let shown = task(json!({}));
        assert_eq!(shown.platform("build-a"), "windows/x86_64");
        let says = task(json!({"build_platform": "macosx64"}));
        assert_eq!(says.platform("build-a"), "macosx64");
        assert_eq!(Described::default().platform("build-win64"), "build-win64");
    }

    #[test]
    fn a_part_of_all_locales_has_a_folder_for_each() {
        let task = |attributes: Value| Described::new(&json!({"attributes": attributes}));
        let part = task(json!({"chunk_locales": ["ach", "ja-JP-mac"]}));
        for (name, locale) in [
            ("public/build/ach/target.langpack.xpi", "ach"),
            ("public/build/ja-JP-mac/target.langpack.xpi", "ja-JP-mac"),
            ("public/build/target.langpack.xpi", "en-US"),
            ("public/build/de/target.langpack.xpi", "en-US"),
        ] {
            assert_eq!(part.locale(name), locale, "{name}");
        }
        let one = task(json!({"locale": "de", "chunk_locales": ["ach"]}));
        assert_eq!(one.locale("public/build/ach/x"), "de");
    }

    #[test]
    fn release_workers_do_not_say_what_they_upload() {
        let build = |payload: Value| Build::new("id", &json!({"payload": payload})).folders;
        assert_eq!(build(json!({"upstreamArtifacts": []})), [""]);
        assert!(build(json!({"command": ["make"]})).is_empty());
        let folder = json!({"name": "public/build", "type": "directory", "path": "out"});
        assert_eq!(build(json!({"artifacts": [folder]})), ["public/build/"]);
    }

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
