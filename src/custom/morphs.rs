//! Morphs that run in the project's Python.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::project::{Custom, GRAPH_WORKER};
use super::version::{Rule, Rules};
use super::wire::graph_blob;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::value::{Value, json};
use crate::model::id_graph::{IdGraph, PlannedTask};
use crate::model::planned_dependencies::PlannedDependencies;
use crate::ports::ids::DerivedIds;
use crate::ports::python::Call;

/// The number of characters of a taskId.
const ID_LENGTH: usize = 22;

/// A graph after the project's morphs.
#[derive(Debug)]
pub struct Morphed {
    /// The graph.
    pub graph: IdGraph,
    /// The taskId of each label.
    pub label_to_taskid: BTreeMap<Label, TaskId>,
}

impl Custom<'_> {
    /// How many of the morphs in use, from the first, are the built-in ones. Other versions of
    /// taskgraph have morphs that add other tasks, so none of theirs is.
    #[must_use]
    pub fn built_in_morphs(&self) -> usize {
        if !self.is_built_in_major() {
            return 0;
        }
        let native = &self.native.morphs;
        let Some(in_use) = &self.registered.morphs else {
            return native.len();
        };
        let pairs = in_use.iter().zip(native);
        pairs
            .take_while(|((name, own), native)| !own && name == *native)
            .count()
    }

    /// The names of the morphs that Python runs, as far as they are known; `None` if it runs none.
    fn morphs_in_python(&self, skipped: usize) -> Option<Vec<&str>> {
        match &self.registered.morphs {
            Some(in_use) => {
                let rest = in_use.iter().skip(skipped);
                let names: Vec<_> = rest.map(|(name, _)| name.as_str()).collect();
                (!names.is_empty()).then_some(names)
            }
            None => (!self.is_built_in_major()).then(Vec::new),
        }
    }

    /// Applies the morphs that are not built in, or follow one that is not.
    ///
    /// Added tasks get taskIds that are derived from their labels, like all other tasks, instead of
    /// random ones.
    ///
    /// # Errors
    /// What a morph raises, and invalid tasks.
    pub fn morph(
        &self,
        graph: IdGraph,
        label_to_taskid: BTreeMap<Label, TaskId>,
        ids: &DerivedIds,
    ) -> Outcome<Morphed> {
        let skipped = self.built_in_morphs();
        let in_python = self.morphs_in_python(skipped);
        let Some(names) = in_python else {
            return Ok(Morphed {
                graph,
                label_to_taskid,
            });
        };
        let morphs = names.join(", ");
        let what = match names.len() {
            0 => "one of the morphs".to_owned(),
            1 => format!("the morph {morphs}"),
            _ => format!("one of the morphs {morphs}"),
        };
        let known: BTreeMap<&str, &str> = label_to_taskid
            .iter()
            .map(|(label, id)| (label.as_str(), id.as_str()))
            .collect();
        let mut call = Call::new(
            "morph",
            json!({"graph": self.graph, "label_to_taskid": known, "skip": skipped}),
        );
        call.blobs.push(graph_blob(&graph, self.rules)?);
        let answer = self.python.call(GRAPH_WORKER, call);
        let answer = answer.map_err(|failure| failure.diagnostic(&what))?;
        let blob = answer.blobs.first().map(Vec::as_slice).unwrap_or_default();
        let added = answer.value["added"].as_array().into_iter().flatten();
        let derived = added.filter_map(|pair| {
            let label = Label::parse(pair[1].as_str()?).ok()?;
            Some((pair[0].as_str()?, ids.id(&label, 0)))
        });
        let derived: BTreeMap<&str, TaskId> = derived.collect();
        let text = replace_ids(&String::from_utf8_lossy(blob), &derived);
        let labels = replace_ids(&answer.value["label_to_taskid"].to_string(), &derived);
        let unread = |error: serde_json::Error| {
            Diagnostic::bug(format!("cannot read the result of {what}")).because(error)
        };
        let tasks: Value = serde_json::from_str(&text).map_err(unread)?;
        let labels: BTreeMap<String, String> = serde_json::from_str(&labels).map_err(unread)?;
        let mut wrong = Diagnostics::new();
        let mut morphed = Vec::new();
        for (id, value) in tasks.as_object().into_iter().flatten() {
            morphed.extend(
                wrong.keep(planned_task(id, value, &graph, self.rules).map_err(Into::into)),
            );
        }
        let mut named = BTreeMap::new();
        for (label, id) in labels {
            match (Label::parse(&label), TaskId::parse(&id)) {
                (Ok(label), Ok(id)) => {
                    named.insert(label, id);
                }
                _ => wrong.push(Diagnostic::user(format!(
                    "{what}: the task `{label}` has an invalid taskId `{id}`"
                ))),
            }
        }
        wrong.or_ok(Morphed {
            graph: IdGraph::new(morphed),
            label_to_taskid: named,
        })
    }
}

/// Replaces taskIds in a text.
fn replace_ids(text: &str, ids: &BTreeMap<&str, TaskId>) -> String {
    if ids.is_empty() {
        return text.to_owned();
    }
    let is_of_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut replaced = String::with_capacity(text.len());
    let (mut copied, mut at, mut run) = (0, 0, 0);
    // `run` counts the characters before `at` that an id may have.
    for byte in text.bytes() {
        at += 1;
        run = if is_of_id(byte) { run + 1 } else { 0 };
        if run < ID_LENGTH {
            continue;
        }
        let start = at - ID_LENGTH;
        if let Some(id) = text.get(start..at).and_then(|found| ids.get(found)) {
            replaced.push_str(&text[copied..start]);
            replaced.push_str(id.as_str());
            (copied, run) = (at, 0);
        }
    }
    replaced.push_str(&text[copied..]);
    replaced
}

/// A task by taskId as a worker sends it.
fn planned_task(
    id: &str,
    value: &Value,
    before: &IdGraph,
    rules: Rules,
) -> Result<PlannedTask, Diagnostic> {
    let task_id = TaskId::parse(id).map_err(|error| Diagnostic::user(error.to_string()))?;
    let mut value = value.clone();
    let edges = value["edges"].take();
    let are_ids = rules.has(Rule::DependenciesAreIds);
    let before = before.get(&task_id);
    let by_label = before.filter(|task| !are_ids && task.dependencies.named.is_some());
    let all = match by_label {
        Some(_) => Value::Null,
        None => value["dependencies"].take(),
    };
    let task = crate::model::task::Task::from_json(&value)?;
    let read = |ids: &Value| {
        let ids = ids.as_object().into_iter().flatten();
        ids.map(|(name, to)| {
            let to = TaskId::parse(to.as_str().unwrap_or_default());
            let to = to.map_err(|error| task.diagnostic(error.to_string()))?;
            Ok((name.to_string(), to))
        })
        .collect::<Result<BTreeMap<_, _>, Diagnostic>>()
    };
    let edges = Arc::new(read(&edges)?);
    let dependencies = match by_label {
        // Which tasks outside the graph a label means cannot have changed.
        Some(before) => {
            let PlannedDependencies {
                all, edges: old, ..
            } = &before.dependencies;
            let outside = all.iter().filter(|(name, _)| !old.contains_key(*name));
            let all = outside.chain(edges.iter());
            let all = all.map(|(name, id)| (name.clone(), id.clone()));
            PlannedDependencies {
                all: Arc::new(all.collect()),
                edges,
                named: Some(Arc::clone(&task.dependencies)),
            }
        }
        None => PlannedDependencies {
            all: Arc::new(read(&all)?),
            edges,
            named: before.and_then(|task| task.dependencies.named.clone()),
        },
    };
    let provenance = before.map(|task| Arc::clone(&task.provenance));
    Ok(PlannedTask {
        task_id,
        kind: task.kind,
        label: task.label,
        description: task.description,
        attributes: task.attributes,
        task: task.task,
        optimization: task.optimization,
        dependencies,
        soft_dependencies: task.soft_dependencies,
        if_dependencies: task.if_dependencies,
        provenance: provenance.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_replaced_wherever_they_are_in_a_text() {
        let from = "AAAAAAAAAAAAAAAAAAAAAA";
        let to = TaskId::parse("BBBBBBBBBBBBBBBBBBBBBA").unwrap();
        let ids = BTreeMap::from([(from, to.clone())]);
        let text = format!("{{\"{from}\": \"x-{from}/{from}{from} {from}-y ünd A{from}\"}}");
        assert_eq!(replace_ids(&text, &ids), text.replace(from, to.as_str()));
        assert_eq!(replace_ids(&text, &BTreeMap::new()), text);
    }
}
