//! What a system has while it does the work of a staged task.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::kept::Kept;
use super::merged::Merged;
use super::report::Report;
use super::source::{MAX_ARTIFACT, Source, SourceError};
use super::state::Effect;
use super::trees::tree::Tree;
use crate::base::name::TaskId;
use crate::base::posix::basename;
use crate::base::value::Value;
use crate::release::staged::{FOLDER, Staged, is_name};

/// An artifact that a staged task makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its content.
    pub content: Vec<u8>,
    /// Its media type.
    pub media_type: &'static str,
}

/// The work of a staged task.
pub struct Work<'a> {
    /// What the task does.
    pub staged: &'a Staged,
    /// The definition of the task.
    pub definition: &'a Value,
    /// What the release looks like before it.
    pub merged: &'a Merged,
    /// What earlier releases have left.
    pub history: &'a Merged,
    /// What the tasks before this one have done, on top of what earlier releases have left.
    pub all: &'a Merged,
    /// What it reports.
    pub report: Report,
    /// What it changes.
    pub effects: Vec<Effect>,
    /// What it makes.
    pub outputs: Vec<Output>,
    source: &'a dyn Source,
    kept: Kept<Place>,
    /// The artifacts that cannot be read, which is reported once.
    missing: BTreeSet<Place>,
}

/// Where an artifact is: the task and its name.
type Place = (String, String);

/// The most bytes of artifacts that are kept for the case that they are read again.
const KEPT: usize = 256 * 1024 * 1024;

impl<'a> Work<'a> {
    /// The work of a task, with nothing done. The states are those of the release, of earlier ones, and of both.
    pub fn new(
        staged: &'a Staged,
        definition: &'a Value,
        [merged, history, all]: [&'a Merged; 3],
        source: &'a dyn Source,
        report: Report,
    ) -> Self {
        Self {
            staged,
            definition,
            merged,
            history,
            all,
            report,
            effects: Vec::new(),
            outputs: Vec::new(),
            source,
            kept: Kept::new(KEPT),
            missing: BTreeSet::new(),
        }
    }

    /// The payload.
    pub fn payload(&self) -> &'a Value {
        &self.staged.payload
    }

    /// A text of the payload; empty if it is missing.
    pub fn text(&self, key: &str) -> &'a str {
        self.staged.payload[key].as_str().unwrap_or_default()
    }

    /// The artifact that the payload declares for a file of this name.
    pub fn declared(&self, file: &str) -> Option<String> {
        let artifacts = &self.staged.payload["artifacts"];
        let is_it = |value: &Value| value["path"].as_str().map(basename) == Some(file);
        let mut named = artifacts.as_object().into_iter().flatten();
        let named = named.find(|(_, value)| is_it(value));
        let named = named.map(|(name, _)| name.to_string());
        let mut listed = artifacts.as_array().into_iter().flatten();
        named.or_else(|| {
            let found = listed.find(|value| is_it(value))?;
            found["name"].as_str().map(str::to_owned)
        })
    }

    /// Reads an artifact of a task; `None` if it does not exist, which is a problem only if it is needed.
    /// Any other failure is one. A release has hundreds of large ones, so only those that were read last are kept.
    pub fn artifact(&mut self, task: &str, name: &str) -> Option<Arc<[u8]>> {
        let place = (task.to_owned(), name.to_owned());
        if self.missing.contains(&place) {
            return None;
        }
        if let Some(known) = self.kept.get(&place) {
            return Some(known);
        }
        let content = self.read_artifact(task, name);
        match &content {
            Some(content) => self.kept.keep(place, content),
            None => {
                self.missing.insert(place);
            }
        }
        content
    }

    fn read_artifact(&mut self, task: &str, name: &str) -> Option<Arc<[u8]>> {
        let Ok(id) = TaskId::parse(task) else {
            self.report.problem(format!("`{task}` is not a taskId"));
            return None;
        };
        if !is_name(name) {
            self.report
                .problem(format!("`{name}` is not the name of an artifact"));
            return None;
        }
        match self.source.artifact(&id, name, MAX_ARTIFACT) {
            Ok(artifact) => Some(artifact.content),
            Err(SourceError::Missing { .. }) => None,
            Err(error) => {
                self.report.problem(error.to_string());
                None
            }
        }
    }

    /// The repository that the release is made of, if there is one.
    pub fn tree(&self) -> Option<&'a dyn Tree> {
        self.source.tree()
    }

    /// Notes a change.
    pub fn change(&mut self, space: &str, key: impl Into<String>, value: Value) {
        self.effects.push(Effect {
            space: space.to_owned(),
            key: key.into(),
            value,
        });
    }

    /// Makes an artifact. A name that cannot be a file among the others is a problem.
    pub fn make(&mut self, name: impl Into<String>, content: Vec<u8>, media_type: &'static str) {
        let name = name.into();
        if let Some(why) = self.refused(&name) {
            self.report
                .problem(format!("the artifact `{name}` cannot be made: {why}"));
            return;
        }
        self.outputs.push(Output {
            name,
            content,
            media_type,
        });
    }

    /// Why there cannot be an artifact of a name.
    fn refused(&self, name: &str) -> Option<String> {
        if !is_name(name) {
            return Some("it would be outside its folder".to_owned());
        }
        let is_below = |inner: &str, outer: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if is_below(name, FOLDER) || is_below(FOLDER, name) {
            return Some(format!("{FOLDER} is for what the task reports"));
        }
        let mut outputs = self.outputs.iter();
        let other = outputs.find(|one| is_below(&one.name, name) || is_below(name, &one.name));
        other.map(|other| format!("the task also makes `{}`", other.name))
    }
}
