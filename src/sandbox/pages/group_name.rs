//! Names of task groups: people know a push or a flavor, not an id.

use serde_json::Value;

use super::facts::{purpose, text, value};
use super::frame::encode;
use crate::base::text::escape_html;
use crate::sandbox::queue::task::Task;
use crate::sandbox::services::Services;
use crate::sandbox::time::Moment;

/// How much of a revision is shown.
const REVISION: usize = 12;

/// The name of a group, and what else tells it apart.
pub(super) struct GroupName {
    /// `push`, the flavors of a promotion, an action, or else what its first task is called.
    pub(super) name: String,
    /// What the task is called that made the group.
    pub(super) made_by: String,
    /// The branch or tag, and the revision.
    pub(super) of: Vec<String>,
    /// When that task, or else the first task of the group, was created.
    pub(super) created: Option<Moment>,
    /// The group that this one belongs to: that of the push.
    pub(super) parent: Option<String>,
}

impl GroupName {
    /// Names a group.
    pub(super) fn new(services: &Services, id: &str) -> Self {
        let tasks = &services.queue.tasks;
        let members = services.queue.groups.get(id).into_iter();
        let mut members = members
            .flat_map(|group| &group.tasks)
            .filter_map(|id| tasks.get(id));
        let maker = tasks.get(id);
        let created = match maker {
            Some(maker) => Some(maker.definition.created),
            None => members.clone().map(|task| task.definition.created).min(),
        };
        let of = match maker {
            Some(maker) => revision(maker),
            None => Vec::new(),
        };
        let own = maker.map(|maker| maker.definition.text("taskGroupId"));
        let label = |task: &Task| task.definition.label().to_owned();
        let made_by = maker.map(label).unwrap_or_default();
        Self {
            name: match maker {
                Some(maker) => purpose(maker)
                    .or_else(|| event(maker).map(str::to_owned))
                    .unwrap_or_else(|| made_by.clone()),
                None => members
                    .next()
                    .map(|first| format!("group of {}", label(first)))
                    .unwrap_or_default(),
            },
            made_by,
            of,
            created,
            parent: own.filter(|own| *own != id).map(str::to_owned),
        }
    }

    /// The title of a page about the group.
    pub(super) fn title(&self, id: &str) -> String {
        let name = match self.name.is_empty() {
            true => id,
            false => &self.name,
        };
        let of: Vec<&str> = self.of.iter().map(String::as_str).collect();
        match of.is_empty() {
            true => name.to_owned(),
            false => format!("{name} ({})", of.join(", ")),
        }
    }

    /// A link to the group.
    pub(super) fn link(&self, id: &str) -> String {
        let name = match self.name.is_empty() {
            true => id,
            false => &self.name,
        };
        format!(
            "<a href=\"/groups/{}\">{}</a>",
            encode(id),
            escape_html(name)
        )
    }
}

/// What a decision task was created for.
fn event(task: &Task) -> Option<&str> {
    match text(task, &["extra", "tasks_for"])? {
        "github-push" | "hg-push" => Some("push"),
        other if other.starts_with("github-pull-request") => Some("pull request"),
        "github-release" => Some("release on GitHub"),
        other => Some(other),
    }
}

/// The branch or tag and the revision that a decision task is for: all of them name these variables alike.
fn revision(task: &Task) -> Vec<String> {
    let variables = value(task, &["payload", "env"]).and_then(Value::as_object);
    let ending = |end: &str| {
        let mut found = variables.into_iter().flatten();
        found
            .find(|(name, value)| {
                name.ends_with(end) && value.as_str().is_some_and(|v| !v.is_empty())
            })
            .and_then(|(_, value)| value.as_str())
    };
    let branch = ending("_HEAD_REF").map(|name| {
        let name = name.trim_start_matches("refs/heads/");
        name.trim_start_matches("refs/").to_owned()
    });
    let revision = ending("_HEAD_REV").map(|revision| revision.chars().take(REVISION).collect());
    branch.into_iter().chain(revision).collect()
}
