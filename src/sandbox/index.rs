//! The index: tasks by path, and the tree of namespaces.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::error::ServiceError;
use super::patterns;
use super::queue::task::Task;
use super::time::{self, Moment};

/// The longest path that the database accepts.
const MAX_PATH_LENGTH: usize = 255;

/// A task in the index.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct IndexEntry {
    pub(crate) task_id: String,
    pub(crate) rank: f64,
    pub(crate) data: Value,
    pub(crate) expires: Moment,
}

impl IndexEntry {
    /// Returns the entry as JSON for responses.
    pub(crate) fn json(&self, path: &str) -> Value {
        json!({
            "namespace": path,
            "taskId": self.task_id,
            "rank": crate::sandbox::queue::definition::normalize_numbers(&json!(self.rank)),
            "data": self.data,
            "expires": time::format(self.expires),
        })
    }

    /// Reads an entry from [`IndexEntry::json`] or from a body of `insertTask`.
    pub(crate) fn from_json(value: &Value) -> Option<IndexEntry> {
        Some(IndexEntry {
            task_id: value.get("taskId")?.as_str()?.to_owned(),
            rank: value.get("rank")?.as_f64()?,
            data: value.get("data")?.clone(),
            expires: value.get("expires")?.as_str().and_then(time::parse)?,
        })
    }
}

/// All index entries, by namespace and name.
#[derive(Debug, Default)]
pub(crate) struct Index {
    tasks: BTreeMap<(String, String), IndexEntry>,
    namespaces: BTreeMap<(String, String), Moment>,
    /// Paths that have changed since they were last stored.
    pub(crate) changed: BTreeSet<String>,
}

impl Index {
    /// Returns the entry at a path unless it has expired.
    pub(crate) fn find(&self, path: &str, now: Moment) -> Result<&IndexEntry, ServiceError> {
        self.get(path)
            .filter(|entry| entry.expires > now)
            .ok_or_else(|| ServiceError::not_found("Indexed task not found"))
    }

    /// Returns the entry at a path, expired or not.
    pub(crate) fn get(&self, path: &str) -> Option<&IndexEntry> {
        self.tasks.get(&split_path(path))
    }

    /// Inserts an entry unless the existing one has a higher rank, and returns the current entry.
    pub(crate) fn insert(
        &mut self,
        path: &str,
        entry: IndexEntry,
    ) -> Result<&IndexEntry, ServiceError> {
        if path.len() > MAX_PATH_LENGTH {
            return Err(ServiceError::internal("value too long for the namespace"));
        }
        let key = split_path(path);
        let better = self
            .tasks
            .get(&key)
            .is_none_or(|current| current.rank <= entry.rank);
        if better {
            self.ensure_namespaces(&key.0, entry.expires);
            self.changed.insert(path.to_owned());
            self.tasks.insert(key.clone(), entry);
        }
        self.tasks
            .get(&key)
            .ok_or_else(|| ServiceError::internal("the entry is missing after its insertion"))
    }

    /// Removes an entry but keeps its namespaces.
    pub(crate) fn remove(&mut self, path: &str) {
        if self.tasks.remove(&split_path(path)).is_some() {
            self.changed.insert(path.to_owned());
        }
    }

    /// Removes the entries at paths that are chosen, but keeps their namespaces.
    pub(crate) fn remove_all(&mut self, chosen: impl Fn(&str) -> bool) {
        let paths = self
            .tasks
            .keys()
            .map(|(parent, name)| join_path(parent, name));
        let paths: Vec<_> = paths.filter(|path| chosen(path)).collect();
        for path in paths {
            self.remove(&path);
        }
    }

    /// Inserts a completed task at each of its `index.` routes.
    pub(crate) fn insert_completed_task(&mut self, task: &Task) {
        let options = task
            .definition
            .json
            .get("extra")
            .and_then(|extra| extra.get("index"));
        let option = |name: &str| options.and_then(|options| options.get(name));
        let expires = match option("expires") {
            None => Some(task.definition.expires),
            Some(text) => text.as_str().and_then(time::parse),
        };
        let rank = option("rank").map_or(Some(0.0), Value::as_f64);
        let data = option("data").cloned().unwrap_or_else(|| json!({}));
        let (Some(expires), Some(rank), true) = (expires, rank, data.is_object()) else {
            return;
        };
        for route in task.definition.texts("routes") {
            let path = route.strip_prefix("index.").unwrap_or_default();
            if (patterns::INDEX_PATH.matches)(path) {
                let entry = IndexEntry {
                    task_id: task.id.clone(),
                    rank,
                    data: data.clone(),
                    expires,
                };
                // A route is shorter than the longest path.
                let _ = self.insert(path, entry);
            }
        }
    }

    /// Returns the entries directly in a namespace.
    pub(crate) fn tasks_in(&self, namespace: &str) -> impl Iterator<Item = (String, &IndexEntry)> {
        let namespace = namespace.to_owned();
        self.tasks
            .range((namespace.clone(), String::new())..)
            .take_while(move |((parent, _), _)| *parent == namespace)
            .map(|((parent, name), entry)| (join_path(parent, name), entry))
    }

    /// Returns the namespaces directly in a namespace.
    pub(crate) fn namespaces_in(&self, namespace: &str) -> impl Iterator<Item = Value> {
        let namespace = namespace.to_owned();
        self.namespaces
            .range((namespace.clone(), String::new())..)
            .take_while(move |((parent, _), _)| *parent == namespace)
            .map(|((parent, name), expires)| {
                json!({
                    "namespace": join_path(parent, name),
                    "name": name,
                    "expires": time::format(*expires),
                })
            })
    }

    fn ensure_namespaces(&mut self, namespace: &str, expires: Moment) {
        const DAY: i64 = 24 * 60 * 60;
        let midnight = expires
            .timestamp()
            .div_euclid(DAY)
            .saturating_add(1)
            .saturating_mul(DAY);
        let expires = chrono::DateTime::from_timestamp(midnight, 0).unwrap_or(expires);
        let mut rest = namespace.to_owned();
        while !rest.is_empty() {
            let key = split_path(&rest);
            let namespace_expires = self.namespaces.entry(key.clone()).or_insert(expires);
            *namespace_expires = (*namespace_expires).max(expires);
            rest = key.0;
        }
    }
}

fn split_path(path: &str) -> (String, String) {
    let (namespace, name) = path.rsplit_once('.').unwrap_or(("", path));
    (namespace.to_owned(), name.to_owned())
}

fn join_path(parent: &str, name: &str) -> String {
    if parent.is_empty() {
        name.to_owned()
    } else {
        format!("{parent}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(task_id: &str, rank: f64) -> IndexEntry {
        let expires = time::parse("2026-03-02T10:00:00Z").unwrap();
        IndexEntry {
            task_id: task_id.to_owned(),
            rank,
            data: json!({}),
            expires,
        }
    }

    #[test]
    fn lower_ranks_do_not_replace_entries() {
        let now = time::parse("2026-03-01T00:00:00Z").unwrap();
        let mut index = Index::default();
        index.insert("a.b.c", entry("one", 5.0)).unwrap();
        assert_eq!(
            index.insert("a.b.c", entry("two", 4.0)).unwrap().task_id,
            "one"
        );
        assert_eq!(
            index.insert("a.b.c", entry("three", 5.0)).unwrap().task_id,
            "three"
        );
        assert_eq!(index.find("a.b.c", now).unwrap().task_id, "three");
        let later = time::parse("2026-03-02T10:00:00Z").unwrap();
        assert!(index.find("a.b.c", later).is_err());
    }

    #[test]
    fn chosen_entries_are_removed() {
        let mut index = Index::default();
        for path in ["a.b.c", "a.b.d", "a.d"] {
            index.insert(path, entry("one", 0.0)).unwrap();
        }
        index.changed.clear();
        index.remove_all(|path| path.starts_with("a.b."));
        let found = ["a.b.c", "a.b.d", "a.d"].map(|path| index.get(path).is_some());
        assert_eq!(found, [false, false, true]);
        assert_eq!(index.changed.len(), 2);
    }

    #[test]
    fn namespaces_form_a_tree() {
        let mut index = Index::default();
        index.insert("a.b.c", entry("one", 0.0)).unwrap();
        index.insert("a.d", entry("two", 0.0)).unwrap();
        let names = |namespace: &str| -> Vec<String> {
            index
                .namespaces_in(namespace)
                .map(|value| value["namespace"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(names(""), ["a"]);
        assert_eq!(names("a"), ["a.b"]);
        let tasks: Vec<String> = index.tasks_in("a").map(|(path, _)| path).collect();
        assert_eq!(tasks, ["a.d"]);
        assert!(index.insert(&"a.".repeat(128), entry("x", 0.0)).is_err());
    }
}
