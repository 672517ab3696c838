//! Which step of a kind has added each dependency of a task.

use std::collections::BTreeMap;
use std::fmt;

use crate::base::diagnostic::Place;

/// A list of dependencies of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EdgeList {
    /// `dependencies`.
    Dependencies,
    /// `soft-dependencies`.
    Soft,
    /// `if-dependencies`.
    If,
}

impl EdgeList {
    /// Every list.
    pub const ALL: [Self; 3] = [Self::Dependencies, Self::Soft, Self::If];

    /// The key of the list in a kind.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Dependencies => "dependencies",
            Self::Soft => "soft-dependencies",
            Self::If => "if-dependencies",
        }
    }
}

/// Something that may add dependencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EdgeAuthor {
    /// It is written in a file of the kind.
    Written(Option<Place>),
    /// A loader of the project.
    Loader(String),
    /// A transform. If the project's Python has it, with its place: `NAME at FILE:LINE`.
    Transform {
        /// The reference that the kind names.
        name: String,
        /// The function.
        function: Option<String>,
    },
}

impl fmt::Display for EdgeAuthor {
    /// A fragment that follows "added".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written(Some(place)) => write!(f, "at {}:{}", place.source.name, place.line),
            Self::Written(None) => f.write_str("in the kind"),
            Self::Loader(name) => write!(f, "by the loader {name}"),
            Self::Transform { name, function } => {
                write!(f, "by the transform {name}")?;
                match function {
                    Some(function) => write!(f, " ({function})"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// A change of a dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeChange {
    /// The list.
    pub list: EdgeList,
    /// The name of the dependency in `dependencies`, or else its label.
    pub name: String,
    /// The label or what stands for it so far; `None` if the dependency was removed.
    pub to: Option<String>,
    /// What has changed it.
    pub by: EdgeAuthor,
}

/// The dependencies of an item so far: what each is called in its list, and what it leads to.
pub type Edges = BTreeMap<(EdgeList, String), String>;

/// What has changed the dependencies of an item, and how they are now.
#[derive(Debug, Clone, Default)]
pub struct EdgeNotes {
    /// The changes, in order.
    pub changes: Vec<EdgeChange>,
    /// The name that the item had at first, if only that is known of its origin.
    pub root: Option<String>,
    now: Edges,
}

impl EdgeNotes {
    /// The dependencies now.
    #[must_use]
    pub fn now(&self) -> &Edges {
        &self.now
    }

    /// Adds a change that was noted elsewhere.
    pub fn add(&mut self, change: EdgeChange) {
        let key = (change.list, change.name.clone());
        match &change.to {
            Some(to) => self.now.insert(key, to.clone()),
            None => self.now.remove(&key),
        };
        self.changes.push(change);
    }
}
