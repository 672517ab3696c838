//! An explanation as text for people.

use std::fmt::Write;

use super::optimization::{Cause, Optimization};
use super::promotion::{Reuse, Unlisted};
use super::selection::{Applied, Selection};
use super::{Edge, Explanation, Fate, Recorded};
use crate::base::diagnostic::Place;
use crate::base::name::Label;
use crate::base::text::on_one_line;
use crate::model::edge_trail::EdgeList;
use crate::optimize::evidence::Told;
use crate::target::Requested;

/// The column at which the text of a section begins.
const INDENT: usize = 14;

/// Writes an explanation: the label, and below it a section for each question.
#[must_use]
pub fn text(explanation: &Explanation) -> String {
    let mut out = format!("{}\n", explanation.label);
    let mut section = |name: &str, lines: Vec<String>| {
        for (number, line) in lines.iter().enumerate() {
            let name = if number == 0 { name } else { "" };
            let width = INDENT - 2;
            // Some of it is from other tasks, and from strategies of the project.
            let line = on_one_line(line);
            let _ = writeln!(out, "  {name:width$}{line}");
        }
    };
    section("result", vec![result(&explanation.result)]);
    let is_added = explanation.result == Fate::Added;
    if !is_added {
        section("written", vec![written(explanation)]);
    }
    section(
        "target",
        match is_added {
            true => Vec::new(),
            false => selection(&explanation.selection, &explanation.label),
        },
    );
    let edges = &explanation.edges;
    section("depends on", edges.iter().map(edge).collect());
    if let Some(optimization) = &explanation.optimization {
        section("removing", removing(optimization));
        section("replacing", replacing(optimization));
        let reuse = optimization.reuse.as_ref();
        section("promotion", reuse.map(promotion).unwrap_or_default());
    }
    let recorded = explanation.recorded.as_ref();
    section("recorded", recorded.map(recorded_lines).unwrap_or_default());
    out
}

/// What the task that made the graph has recorded.
fn recorded_lines(recorded: &Recorded) -> Vec<String> {
    let id = match &recorded.task_id {
        Some(task_id) => format!("its taskId was {task_id}"),
        None => "it had no taskId".to_owned(),
    };
    std::iter::once(id)
        .chain(recorded.log.iter().cloned())
        .collect()
}

fn result(fate: &Fate) -> String {
    match fate {
        Fate::Created => "created".to_owned(),
        Fate::Removed => "removed by optimization".to_owned(),
        Fate::Replaced(task_id) => format!("replaced with {task_id}"),
        Fate::NotTarget => "not in the target task graph".to_owned(),
        Fate::Added => "created: a morph adds it after optimization".to_owned(),
    }
}

fn place(place: &Place) -> String {
    format!("{}:{}", place.source.name, place.line)
}

fn written(explanation: &Explanation) -> String {
    let kind = &explanation.kind;
    match &explanation.place {
        Some(found) => format!("{} (kind {kind})", place(found)),
        None => format!("in the kind {kind}"),
    }
}

fn applied(filter: &Applied) -> String {
    let (what, name) = match &filter.method {
        Some(method) => ("target-tasks method", method),
        None => ("filter", &filter.name),
    };
    let function = filter.function.as_deref().map(|function| {
        // The function mostly has the name of what it is registered as.
        let place = function.strip_prefix(name.as_str());
        place
            .and_then(|rest| rest.strip_prefix(" at "))
            .unwrap_or(function)
    });
    match function {
        Some(function) => format!("the {what} {name} ({function})"),
        None => format!("the {what} {name}"),
    }
}

fn selection(selection: &Selection, label: &Label) -> Vec<String> {
    let mut lines = Vec::new();
    match selection.requested {
        Some(Requested::Filters) => {
            for kept in &selection.kept_by {
                lines.push(format!("selected by {}", applied(&kept.filter)));
                // That an attribute is missing is not worth a line.
                let told = kept.conditions.iter().filter(|one| one.is_set());
                lines.extend(told.map(|one| format!("  {one}")));
            }
        }
        Some(Requested::AlwaysTarget) => {
            lines.push("selected because its attribute `always_target` is set".to_owned());
        }
        Some(Requested::Image) => lines.push(
            "selected because it builds a docker image: the installed taskgraph selects all of these"
                .to_owned(),
        ),
        Some(Requested::Action) => lines.push("selected by an action".to_owned()),
        None => {}
    }
    if let Some(excluded) = &selection.excluded {
        lines.push(format!("not selected by {}", applied(&excluded.filter)));
        let condition = excluded.condition.as_ref();
        lines.extend(condition.map(|condition| format!("  {condition}")));
    }
    if !selection.path.is_empty() {
        lines.push("in the graph as a dependency:".to_owned());
        for link in &selection.path {
            let (from, name, to) = (&link.from, &link.name, &link.to);
            lines.push(format!("  {from} depends on {to} as `{name}`"));
        }
    } else if selection.requested.is_none() {
        lines.push(format!("no task in the graph depends on {label}"));
    }
    lines
}

fn edge(edge: &Edge) -> String {
    let (name, to) = (&edge.name, &edge.to);
    let mut line = match edge.list {
        EdgeList::Dependencies => format!("{to} as `{name}`"),
        EdgeList::Soft => format!("{to} (soft dependency: if it is in the graph)"),
        EdgeList::If => format!("{to} (if-dependency: at least one of these must be kept)"),
    };
    for (number, change) in edge.changes.iter().flatten().enumerate() {
        let verb = match (number, &change.to) {
            (_, None) => "removed",
            (0, _) => "added",
            (_, Some(_)) => "changed",
        };
        let _ = write!(line, ", {verb} {}", change.by);
    }
    line
}

/// What was found about a task, and below it what it follows from.
fn told(indent: &str, name: &str, told: &Told) -> Vec<String> {
    match told.found.as_slice() {
        [] | [_] => vec![format!("{indent}{name}{told}")],
        found => {
            let found = found.iter().map(|line| format!("{indent}  {line}"));
            let what = format!("{indent}{name}{}", told.what);
            std::iter::once(what).chain(found).collect()
        }
    }
}

/// The causes of a verdict, from the nearest one on.
fn causes(causes: &[Cause]) -> Vec<String> {
    let lines = causes.iter();
    lines
        .flat_map(|cause| told("  ", &format!("{} ", cause.label), &cause.told))
        .collect()
}

fn removing(optimization: &Optimization) -> Vec<String> {
    let found = optimization.verdict.removing.iter();
    let own = found.flat_map(|found| told("", "", &found.told()));
    own.chain(causes(&optimization.kept_for)).collect()
}

fn replacing(optimization: &Optimization) -> Vec<String> {
    let found = optimization.verdict.replacing.iter();
    let own = found.flat_map(|found| told("", "", &found.told()));
    own.chain(causes(&optimization.built_after)).collect()
}

fn promotion(reuse: &Reuse) -> Vec<String> {
    let mut lines = Vec::new();
    match (&reuse.listed, reuse.unlisted) {
        (Some(task_id), _) => {
            let by = match &reuse.origin {
                Some((graph, revision)) => format!(" of the graph {graph} (revision {revision})"),
                None => String::new(),
            };
            lines.push(format!("`existing_tasks` has {task_id}{by}"));
        }
        (None, Some(why)) => lines.push(format!(
            "`existing_tasks` does not have it{}",
            match why {
                Unlisted::DoNotOptimize => ": the parameter `do_not_optimize` lists it",
                Unlisted::RebuildKinds => ": `rebuild_kinds` lists its kind",
                Unlisted::NoGraph => ": no earlier graph has it",
                Unlisted::Unknown => "",
            }
        )),
        (None, None) => {}
    }
    for (position, (graph, task_id)) in reuse.graphs.iter().enumerate() {
        let counts = match (reuse.graphs.len(), position + 1 == reuse.graphs.len()) {
            (1, _) | (_, false) => "",
            (_, true) => ", which counts, because this graph is the last one",
        };
        lines.push(format!("the earlier graph {graph} has {task_id}{counts}"));
    }
    if reuse.rebuilt {
        lines.push("so it is built again".to_owned());
    }
    lines
}
