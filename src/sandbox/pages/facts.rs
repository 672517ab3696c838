//! What pages say of a task: its kind, platform, state and times.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::frame::encode;
use crate::base::task_state::TaskState;
use crate::base::text::{escape_html, plural};
use crate::sandbox::queue::task::{Run, Task};
use crate::sandbox::services::Services;
use crate::sandbox::time::Moment;

/// The kind of a task, as taskgraph tags it.
pub(super) fn kind(task: &Task) -> &str {
    text(task, &["tags", "kind"]).unwrap_or("no kind")
}

/// The platform that Treeherder shows a task under, with its collection.
pub(super) fn platform(task: &Task) -> String {
    if let Some(platform) = text(task, &["extra", "treeherder-platform"]) {
        return platform.to_owned();
    }
    let Some(platform) = text(task, &["extra", "treeherder", "machine", "platform"]) else {
        return "no platform".to_owned();
    };
    let collection = value(task, &["extra", "treeherder", "collection"]).and_then(Value::as_object);
    match collection.and_then(|collection| collection.keys().next()) {
        Some(collection) => format!("{platform}/{collection}"),
        None => platform.to_owned(),
    }
}

/// The symbol that Treeherder shows for a task.
pub(super) fn symbol(task: &Task) -> Option<String> {
    let part = |name| text(task, &["extra", "treeherder", name]);
    let symbol = part("symbol")?;
    Some(match part("groupSymbol").filter(|group| *group != "?") {
        Some(group) => format!("{group}({symbol})"),
        None => symbol.to_owned(),
    })
}

/// The flavors that an action task promotes, or else its action; `None` for other tasks.
pub(super) fn purpose(task: &Task) -> Option<String> {
    let action = value(task, &["extra", "action"])?;
    let input = action
        .get("context")
        .and_then(|context| context.get("input"));
    let flavor = input.and_then(|input| input.get("release_promotion_flavor"));
    let flavors: Option<Vec<&str>> = match flavor {
        Some(Value::String(one)) => Some(vec![one]),
        Some(Value::Array(several)) => several.iter().map(Value::as_str).collect(),
        _ => None,
    };
    match flavors {
        Some(flavors) if !flavors.is_empty() => Some(flavors.join(" + ")),
        _ => action
            .get("name")
            .and_then(Value::as_str)
            .map(str::to_owned),
    }
}

/// The value at a path in a task's definition.
pub(super) fn value<'t>(task: &'t Task, path: &[&str]) -> Option<&'t Value> {
    path.iter()
        .try_fold(&task.definition.json, |value, key| value.get(key))
}

/// The text at a path in a task's definition.
pub(super) fn text<'t>(task: &'t Task, path: &[&str]) -> Option<&'t str> {
    value(task, path)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// A state, with its mark.
pub(super) fn state(state: TaskState) -> String {
    format!("<span class=\"state {0}\">{0}</span>", state.name())
}

/// A link to a task, with its state if it is here.
pub(super) fn link(services: &Services, id: &str) -> String {
    match services.queue.tasks.get(id) {
        Some(task) => format!("{} {}", named_link(task), state(task.state())),
        None => format!("<code>{}</code>", escape_html(id)),
    }
}

/// A link to a task; that of an action says what it is for.
pub(super) fn named_link(task: &Task) -> String {
    let purpose = purpose(task).map_or_else(String::new, |purpose| {
        format!(" ({})", escape_html(&purpose))
    });
    let label = match task.definition.label() {
        "" => &task.id,
        label => label,
    };
    format!(
        "<a href=\"/tasks/{}\">{}{purpose}</a>",
        encode(&task.id),
        escape_html(label)
    )
}

/// How many tasks are in each state.
#[derive(Default)]
pub(super) struct Counts(BTreeMap<TaskState, usize>);

impl Counts {
    /// Counts tasks.
    pub(super) fn of<'t>(tasks: impl IntoIterator<Item = &'t Task>) -> Self {
        let mut counts = Self::default();
        for task in tasks {
            counts.add(task);
        }
        counts
    }

    /// Counts one more task.
    pub(super) fn add(&mut self, task: &Task) {
        *self.0.entry(task.state()).or_default() += 1;
    }

    /// The number of all tasks.
    pub(super) fn total(&self) -> usize {
        self.0.values().sum()
    }

    /// Whether a task has failed.
    pub(super) fn has_failure(&self) -> bool {
        self.0.keys().any(|state| state.is_failure())
    }

    /// The counts of the states that tasks are in; other states are left out.
    pub(super) fn html(&self) -> String {
        let mut out = String::from("<span class=\"counts\">");
        for (state, count) in &self.0 {
            let name = state.name();
            let _ = write!(out, "<span class=\"state {name}\">{count} {name}</span> ");
        }
        out + "</span>"
    }

    /// The number of all tasks with its noun, and the counts.
    pub(super) fn with_total(&self) -> String {
        format!(
            "<span>{}</span> {}",
            plural(self.total(), "task"),
            self.html()
        )
    }
}

/// A moment as people read it, in UTC.
pub(super) fn time(moment: Moment) -> String {
    format!(
        "<time datetime=\"{}\">{} UTC</time>",
        crate::sandbox::time::format(moment),
        moment.format("%Y-%m-%d %H:%M:%S")
    )
}

/// How long a run took.
pub(super) fn duration(run: &Run) -> Option<String> {
    let span = run.resolved?.signed_duration_since(run.started?);
    let seconds = span.num_seconds();
    Some(match seconds {
        ..1 => format!("{} ms", span.num_milliseconds().max(0)),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    })
}

/// When a task last changed its state, as far as it is known.
pub(super) fn last_change(task: &Task) -> Option<Moment> {
    let run = task.runs.last()?;
    run.resolved.or(run.started).or(Some(run.scheduled))
}
