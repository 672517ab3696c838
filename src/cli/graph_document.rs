//! A graph as a command shows it: labels, JSON or YAML.

use std::io::{self, Write};

use super::args::ShowArgs;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::json::{self, Entries};
use crate::base::name::Label;
use crate::base::pattern::Prefix;
use crate::base::value::{Object, Value};
use crate::config::yaml;
use crate::custom::version::{Rule, Rules};
use crate::model::id_graph::IdGraph;
use crate::model::label_graph::LabelGraph;

/// A text, or a whole graph as JSON, which is only serialized while it is written.
#[derive(Debug)]
pub enum GraphDocument {
    /// A text.
    Text(String),
    /// A graph by label.
    ByLabel(LabelGraph),
    /// A graph by taskId.
    ById(IdGraph),
}

impl GraphDocument {
    /// Selects what the flags show of a graph.
    ///
    /// # Errors
    /// When a flag has an invalid pattern.
    pub fn new<G: ShownGraph>(args: &ShowArgs, graph: G, rules: Rules) -> Outcome<Self> {
        let only_edges = !rules.has(Rule::AllDependenciesAreWritten);
        let graph = match only_edges {
            true => graph.with_edges_alone(),
            false => graph,
        };
        let whole = args.tasks_regex.is_none() && args.exclude_keys.is_empty();
        if whole && args.json {
            return Ok(graph.document());
        }
        let regex = args.tasks_regex.as_deref().map(Prefix::new).transpose();
        let regex = regex.map_err(|error| Diagnostic::usage(format!("--tasks-regex: {error}")))?;
        let is_selected = |label: &str| regex.as_ref().is_none_or(|regex| regex.matches(label));
        if !args.json && !args.yaml {
            let mut labels: Vec<&Label> = graph.labels();
            labels.retain(|label| is_selected(label.as_str()));
            labels.sort_unstable();
            let lines = labels.into_iter().map(|label| format!("{label}\n"));
            return Ok(Self::Text(lines.collect()));
        }
        let mut graph = json::value_of(&graph);
        if only_edges && regex.is_some() {
            keep_dependencies(&mut graph, is_selected);
        }
        let graph = filtered(graph, is_selected, &args.exclude_keys);
        Ok(Self::Text(if args.json {
            json::pretty(&graph) + "\n"
        } else {
            yaml::dump(&graph)
        }))
    }

    /// Writes the document.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut (dyn Write + Send)) -> io::Result<()> {
        match self {
            Self::Text(text) => return out.write_all(text.as_bytes()),
            Self::ByLabel(graph) => json::write_of(graph, out)?,
            Self::ById(graph) => json::write_of(graph, out)?,
        }
        out.write_all(b"\n")
    }

    /// Returns the whole text.
    #[must_use]
    pub fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::ByLabel(graph) => json::pretty_of(&graph) + "\n",
            Self::ById(graph) => json::pretty_of(&graph) + "\n",
        }
    }
}

/// A graph that can be shown.
pub trait ShownGraph: Entries + Sized {
    /// The labels of its tasks.
    fn labels(&self) -> Vec<&Label>;
    /// The same tasks, with only the edges of the graph as their dependencies.
    #[must_use]
    fn with_edges_alone(self) -> Self;
    /// Turns the whole graph into a JSON document.
    fn document(self) -> GraphDocument;
}

impl ShownGraph for LabelGraph {
    fn labels(&self) -> Vec<&Label> {
        self.labels().collect()
    }

    fn with_edges_alone(self) -> Self {
        self.with_edges_alone()
    }

    fn document(self) -> GraphDocument {
        GraphDocument::ByLabel(self)
    }
}

impl ShownGraph for IdGraph {
    fn labels(&self) -> Vec<&Label> {
        self.tasks().map(|task| &task.label).collect()
    }

    fn with_edges_alone(self) -> Self {
        self.with_edges_alone()
    }

    fn document(self) -> GraphDocument {
        GraphDocument::ById(self)
    }
}

/// Removes the dependencies on tasks whose keys are not selected.
fn keep_dependencies(graph: &mut Value, is_selected: impl Fn(&str) -> bool) {
    let Value::Object(tasks) = graph else {
        return;
    };
    for task in tasks.values_mut() {
        if let Value::Object(dependencies) = &mut task["dependencies"] {
            dependencies.retain(|_, to| is_selected(to.as_str().unwrap_or_default()));
        }
    }
}

/// Removes the tasks that are not shown, and the excluded keys of the others.
fn filtered(graph: Value, is_selected: impl Fn(&str) -> bool, excluded: &[String]) -> Value {
    let Value::Object(tasks) = graph else {
        return graph;
    };
    let remaining = tasks
        .into_iter()
        .filter(|(_, task)| is_selected(task["label"].as_str().unwrap_or_default()));
    let remaining = remaining.map(|(key, mut task)| {
        for path in excluded {
            if let Value::Object(map) = &mut task
                && let Some((parent, last)) = crate::base::dotted::parent_mut(map, path)
            {
                parent.shift_remove(last);
            }
        }
        (key, task)
    });
    Value::Object(remaining.collect::<Object>())
}
