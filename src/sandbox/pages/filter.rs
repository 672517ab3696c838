//! The filter of a group's page: words, kind, platform and state, from the address.

use std::collections::BTreeMap;

use super::facts::{kind, platform, purpose, symbol};
use super::frame::encode;
use crate::sandbox::queue::task::Task;

/// How a group's page orders its tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// By kind.
    Kind,
    /// By platform.
    Platform,
    /// In the order in which they last changed, the latest first.
    Time,
    /// In layers of the graph.
    Graph,
}

impl View {
    /// All views, with their names in addresses and on pages.
    pub(super) const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Kind, "kind", "By kind"),
        (Self::Platform, "platform", "By platform"),
        (Self::Time, "time", "By time"),
        (Self::Graph, "graph", "Graph"),
    ];

    /// Its name in addresses.
    pub(super) fn name(self) -> &'static str {
        let found = Self::ALL.into_iter().find(|(view, _, _)| *view == self);
        found.map_or("kind", |(_, name, _)| name)
    }
}

/// What a person wants to see of a group.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    /// The view.
    pub(super) view: View,
    /// The words that a task has to contain.
    pub(super) words: String,
    kind: Option<String>,
    platform: Option<String>,
    state: Option<String>,
    /// The page of a long list, from 1.
    pub(super) page: usize,
}

impl Filter {
    /// Reads a filter from the address of a page.
    pub(super) fn new(query: &BTreeMap<String, String>) -> Self {
        let text = |name: &str| query.get(name).filter(|text| !text.is_empty()).cloned();
        let view = text("view").unwrap_or_default();
        let view = View::ALL.into_iter().find(|(_, name, _)| *name == view);
        Self {
            view: view.map_or(View::Kind, |(view, _, _)| view),
            words: text("q").unwrap_or_default(),
            kind: text("kind"),
            platform: text("platform"),
            state: text("state"),
            page: text("page")
                .and_then(|page| page.parse().ok())
                .unwrap_or(1)
                .max(1),
        }
    }

    /// The chosen kind, platform and state, each with its name in addresses.
    pub(super) fn chosen(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let parts = [
            ("kind", &self.kind),
            ("platform", &self.platform),
            ("state", &self.state),
        ];
        parts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// Whether a task has the chosen kind, platform and state.
    pub(super) fn chooses(&self, task: &Task) -> bool {
        let is =
            |chosen: &Option<String>, value: &str| chosen.as_deref().is_none_or(|c| c == value);
        is(&self.kind, kind(task))
            && is(&self.state, task.state().name())
            && (self.platform.is_none() || is(&self.platform, &platform(task)))
    }

    /// Whether a text to find contains all words.
    pub(super) fn finds(&self, text: &str) -> bool {
        let words = self.words.to_lowercase();
        words.split_whitespace().all(|word| text.contains(word))
    }

    /// The address of a page of a group with this filter, and with one part of it set or removed.
    pub(super) fn address(&self, group: &str, set: &str, value: Option<&str>) -> String {
        let view = self.view.name();
        let page = self.page.to_string();
        let mut parts: Vec<(&str, &str)> = vec![("view", view)];
        for (name, value) in self.chosen() {
            parts.push((name, value));
        }
        if !self.words.is_empty() {
            parts.push(("q", &self.words));
        }
        if self.page > 1 && set == "page" {
            parts.push(("page", &page));
        }
        parts.retain(|(name, _)| *name != set);
        parts.extend(value.map(|value| (set, value)));
        let parts: Vec<String> = parts
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        format!("/groups/{}?{}", encode(group), parts.join("&amp;"))
    }
}

/// The text that words are looked for in, in lower case.
pub(super) fn searched(task: &Task) -> String {
    let parts = [
        task.definition.label().to_owned(),
        kind(task).to_owned(),
        platform(task),
        task.state().name().to_owned(),
        symbol(task).unwrap_or_default(),
        purpose(task).unwrap_or_default(),
        task.id.clone(),
    ];
    parts.join(" ").to_lowercase()
}
