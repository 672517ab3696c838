//! The graph of a group, in layers: each kind of tasks below those that it needs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;

use super::facts::{Counts, kind, named_link, state};
use super::filter::Filter;
use super::frame::encode;
use crate::base::text::{escape_html, plural};
use crate::sandbox::queue::task::Task;

/// Up to how many tasks each is shown by itself, and not only its kind.
const BY_TASK: usize = 40;

/// Tasks of one kind in one layer.
#[derive(Default)]
struct Node<'t> {
    tasks: Vec<&'t Task>,
    /// The kinds that they need.
    needs: BTreeSet<&'t str>,
    /// The tasks that they need and that are not shown.
    outside: BTreeSet<&'t str>,
}

/// The layers of tasks: a task is in the layer after the last one that it needs.
fn layers<'t>(tasks: &[&'t Task]) -> BTreeMap<&'t str, usize> {
    let known: BTreeMap<&str, &Task> = tasks.iter().map(|task| (task.id.as_str(), *task)).collect();
    let needed = |task: &'t Task| {
        let ids = task.definition.texts("dependencies").into_iter();
        ids.filter(|id| *id != task.id && known.contains_key(id))
            .collect::<BTreeSet<&str>>()
    };
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    let mut dependents: BTreeMap<&str, Vec<&'t Task>> = BTreeMap::new();
    let mut next: VecDeque<&'t Task> = VecDeque::new();
    let mut layers: BTreeMap<&str, usize> = BTreeMap::new();
    for task in tasks.iter().copied() {
        let needs = needed(task);
        if needs.is_empty() {
            layers.insert(&task.id, 0);
            next.push_back(task);
        }
        open.insert(&task.id, needs.len());
        for id in needs {
            dependents.entry(id).or_default().push(task);
        }
    }
    while let Some(task) = next.pop_front() {
        let layer = layers.get(task.id.as_str()).copied().unwrap_or_default();
        for dependent in dependents.get(task.id.as_str()).into_iter().flatten() {
            let id = dependent.id.as_str();
            let known = layers.entry(id).or_default();
            *known = (*known).max(layer + 1);
            if let Some(left) = open.get_mut(id) {
                *left -= 1;
                if *left == 0 {
                    next.push_back(dependent);
                }
            }
        }
    }
    layers
}

/// The layers as a list.
pub(super) fn html(group: &str, filter: &Filter, tasks: &[&Task]) -> String {
    let layer_of = layers(tasks);
    let kinds: BTreeMap<&str, &str> = tasks
        .iter()
        .map(|task| (task.id.as_str(), kind(task)))
        .collect();
    let mut layers: BTreeMap<usize, BTreeMap<&str, Node<'_>>> = BTreeMap::new();
    for task in tasks.iter().copied() {
        let layer = layer_of.get(task.id.as_str()).copied().unwrap_or_default();
        let own = kind(task);
        let node = layers.entry(layer).or_default().entry(own).or_default();
        for id in task.definition.texts("dependencies") {
            match kinds.get(id) {
                Some(kind) => drop(node.needs.insert(kind)),
                None => drop(node.outside.insert(id)),
            }
        }
        node.tasks.push(task);
    }
    let mut out = String::from(
        "<p class=\"muted\">Each layer needs only layers above it. Tasks of one kind are in several layers if some \
         need others.</p>\n<ol class=\"layers\">\n",
    );
    for (layer, nodes) in &layers {
        let count: usize = nodes.values().map(|node| node.tasks.len()).sum();
        let _ = writeln!(
            out,
            "<li><h3>Layer {}: {}</h3><ul class=\"nodes\">",
            layer + 1,
            plural(count, "task")
        );
        for (kind, node) in nodes {
            let counts = Counts::of(node.tasks.iter().copied());
            let address = filter.address(group, "view", Some("kind"));
            let _ = write!(
                out,
                "<li><a href=\"{address}&amp;kind={}\">{}</a> {}",
                encode(kind),
                escape_html(kind),
                counts.with_total()
            );
            let mut needs: Vec<String> = node.needs.iter().map(|kind| escape_html(kind)).collect();
            if !node.outside.is_empty() {
                needs.push(format!(
                    "{} not shown here",
                    plural(node.outside.len(), "other task")
                ));
            }
            if !needs.is_empty() {
                let _ = write!(
                    out,
                    "<span class=\"muted\">needs {}</span>",
                    needs.join(", ")
                );
            }
            if tasks.len() <= BY_TASK {
                for task in &node.tasks {
                    let _ = write!(
                        out,
                        "<span class=\"muted\">{} {}</span>",
                        named_link(task),
                        state(task.state())
                    );
                }
            }
            out.push_str("</li>\n");
        }
        out.push_str("</ul></li>\n");
    }
    out + "</ol>\n"
}
