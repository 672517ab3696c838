//! The artifacts that a decision or a promotion writes about its graph.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::facts::{Attributes, text, texts};
use crate::base::json;
use crate::base::value::Value;

/// What the artifacts of a phase say.
#[derive(Debug, Default)]
pub struct Files {
    /// The taskId of each label of the optimized graph.
    pub task_ids: BTreeMap<String, String>,
    /// The created tasks: the label of each taskId.
    pub created: BTreeMap<String, String>,
    /// What graphs say about each label.
    pub attributes: BTreeMap<String, Attributes>,
    /// The labels that were selected.
    pub targets: BTreeSet<String>,
    /// The task through which each label that was not selected is needed.
    pub needed_by: BTreeMap<String, String>,
    /// The lines of `optimizations.log` about each label, without it.
    pub reasons: BTreeMap<String, Vec<String>>,
}

impl Files {
    /// Reads the artifacts of a phase; `read` returns one by its name below `public/`, if it is there.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn read<E>(mut read: impl FnMut(&str) -> Result<Option<Vec<u8>>, E>) -> Result<Self, E> {
        let mut document = |name: &str| {
            let content = read(name)?;
            let value = content.and_then(|content| json::read(name, &content).ok());
            Ok(value.unwrap_or_default())
        };
        let mut files = Self::default();
        let labels = document("label-to-taskid.json")?;
        for (label, id) in labels.as_object().into_iter().flatten() {
            files.task_ids.insert(label.to_string(), text(id));
        }
        let targets: Value = document("target-tasks.json")?;
        files.targets = match targets.as_object() {
            Some(by_label) => by_label.keys().map(ToString::to_string).collect(),
            None => texts(&targets).into_iter().collect(),
        };
        let full = document("full-task-graph.json")?;
        for (label, task) in full.as_object().into_iter().flatten() {
            files
                .attributes
                .insert(label.to_string(), Attributes::new(task));
        }
        drop(full);
        files.needed_by = files.needs();
        let graph = document("task-graph.json")?;
        for (id, task) in graph.as_object().into_iter().flatten() {
            let label = text(&task["label"]);
            if label.is_empty() {
                continue;
            }
            // Morphs add tasks that are in no full graph.
            let known = files.attributes.entry(label.clone());
            known.or_insert_with(|| Attributes::new(task));
            files.created.insert(id.to_string(), label);
        }
        drop(graph);
        let log = read("optimizations.log")?.unwrap_or_default();
        for line in String::from_utf8_lossy(&log).lines() {
            if let Some((label, reason)) = reason(line) {
                let reasons = files.reasons.entry(label.to_owned()).or_default();
                reasons.push(reason);
            }
        }
        Ok(files)
    }

    /// The labels that optimization removed.
    pub fn removed(&self) -> impl Iterator<Item = &str> {
        let all = self.reasons.iter();
        all.filter(|(label, reasons)| {
            let result = reasons.last().is_some_and(|last| last.starts_with(REMOVED));
            result && !self.task_ids.contains_key(*label)
        })
        .map(|(label, _)| label.as_str())
    }

    /// For each label that was not selected a task that needs it, on a shortest way to one that was.
    fn needs(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut next: VecDeque<&str> = self.targets.iter().map(String::as_str).collect();
        while let Some(label) = next.pop_front() {
            let Some(task) = self.attributes.get(label) else {
                continue;
            };
            for to in &task.dependencies {
                if !self.targets.contains(to) && !found.contains_key(to) {
                    found.insert(to.clone(), label.to_owned());
                    next.push_back(to);
                }
            }
        }
        found
    }
}

/// How the last line about a removed task begins.
const REMOVED: &str = "removed ";

/// The label that a line of the log is about, and what it says.
fn reason(line: &str) -> Option<(&str, String)> {
    let (step, rest) = line.split_once(": ")?;
    let (label, what) = rest.split_once(' ')?;
    let reason = match step {
        "optimize" => what.to_owned(),
        "remove_tasks" => format!("removing: {what}"),
        "replace_tasks" => format!("replacing: {what}"),
        _ => return None,
    };
    Some((label, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(artifacts: &[(&str, &str)]) -> Files {
        let read = |name: &str| -> Result<Option<Vec<u8>>, ()> {
            let found = artifacts.iter().find(|(known, _)| *known == name);
            Ok(found.map(|(_, text)| text.as_bytes().to_vec()))
        };
        Files::read(read).unwrap()
    }

    #[test]
    fn a_label_is_needed_by_the_next_one_on_the_way_to_a_target() {
        let full = r#"{
            "a": {"kind": "x", "dependencies": {"one": "b", "two": "t"}},
            "b": {"dependencies": {"one": "c"}},
            "c": {"dependencies": {"back": "a"}},
            "t": {},
            "u": {"dependencies": {"one": "c"}}
        }"#;
        let files = files(&[
            ("full-task-graph.json", full),
            ("target-tasks.json", r#"["a", "t"]"#),
        ]);
        let needed: Vec<_> = files.needed_by.iter().collect();
        let expected = [("b", "a"), ("c", "b")].map(|(to, by)| (to.to_owned(), by.to_owned()));
        assert_eq!(
            needed,
            expected.iter().map(|(to, by)| (to, by)).collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_last_line_about_a_task_says_what_became_of_it() {
        let log = "remove_tasks: a kept because of x\nreplace_tasks: a removed\noptimize: a kept because of x\n\
                   optimize: b removed because of y\nNo tasks removed during optimization\n";
        let files = files(&[("optimizations.log", log)]);
        assert_eq!(files.removed().collect::<Vec<_>>(), ["b"]);
        assert_eq!(
            files.reasons["a"],
            [
                "removing: kept because of x",
                "replacing: removed",
                "kept because of x"
            ]
        );
    }

    #[test]
    fn what_has_another_form_is_missing() {
        let files = files(&[
            ("label-to-taskid.json", "[1, 2]"),
            ("task-graph.json", r#"{"x": 5}"#),
            ("full-task-graph.json", "{"),
            ("target-tasks.json", "7"),
        ]);
        assert!(files.task_ids.is_empty() && files.targets.is_empty());
        assert!(files.created.is_empty() && files.attributes.is_empty());
    }
}
