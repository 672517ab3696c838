//! The payloads of release workers: the rules of the JSON schema that each worker checks its tasks
//! against.
//!
//! A worker validates the whole task, so that a schema also says whether a task needs scopes and
//! dependencies. Where a schema allows other fields, so does a shape.

pub mod archive;
pub mod balrog;
pub mod bouncer;
pub mod builds;
pub mod ship_it;
pub mod signing;
pub mod stores;
pub mod trees;

use crate::base::shape::{Field, List, Shape, TEXT, optional, required};

/// A list of at least `min` items.
pub(super) const fn list(items: Shape, min: usize, unique: bool) -> List {
    List {
        items,
        min,
        max: usize::MAX,
        unique,
    }
}

/// A text that is needed.
pub(super) const fn text(name: &'static str) -> Field {
    required(name, TEXT)
}

/// Different texts, or none.
pub(super) const TEXTS: Shape = Shape::List(&list(TEXT, 0, true));

/// One or several different texts.
pub(super) const SOME_TEXTS: Shape = Shape::List(&list(TEXT, 1, true));

/// An integer of any size.
pub(super) const INTEGER: Shape = Shape::Integer {
    min: i64::MIN,
    max: i64::MAX,
};

/// Any mapping.
pub(super) const MAPPING: Shape = Shape::Map(&Shape::Any);

/// The artifacts of other tasks, with further fields allowed.
pub(super) const UPSTREAM: Shape = Shape::List(&list(UPSTREAM_ENTRY, 1, true));

/// The artifacts of other tasks, of which there may be none.
pub(super) const UPSTREAM_OR_NONE: Shape = Shape::List(&list(UPSTREAM_ENTRY, 0, true));

/// The artifacts of other tasks, without further fields.
pub(super) const UPSTREAM_ALONE: Shape =
    Shape::List(&list(Shape::Object(UPSTREAM_FIELDS), 1, true));

const UPSTREAM_ENTRY: Shape = Shape::Open(UPSTREAM_FIELDS);

const UPSTREAM_FIELDS: &[Field] = &[
    text("taskId"),
    text("taskType"),
    required("paths", SOME_TEXTS),
];

/// The artifacts of other tasks, which may be optional.
pub(super) const UPSTREAM_OR_ABSENT: Shape = Shape::List(&list(
    Shape::Object(&[
        required("taskId", TEXT),
        required("taskType", TEXT),
        required("paths", SOME_TEXTS),
        optional("optional", Shape::Boolean),
    ]),
    1,
    true,
));

/// What a worker asks of a task beside its payload.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    /// The fewest scopes, if the field is needed at all.
    pub scopes: Option<usize>,
    /// Whether it needs a dependency.
    pub dependencies: bool,
}

/// The rules of a worker for one of its actions.
pub struct TaskShape {
    /// What it needs beside the payload.
    pub needs: Needs,
    /// The fields of the payload.
    pub payload: Shape,
    /// Fields that are given together or not at all.
    pub together: &'static [[&'static str; 2]],
}

/// A scope and a dependency are needed.
pub(super) const BOTH: Needs = Needs {
    scopes: Some(1),
    dependencies: true,
};

/// A dependency is needed; scopes are not looked at.
pub(super) const DEPENDENCIES: Needs = Needs {
    scopes: None,
    dependencies: true,
};

/// A scope is needed.
pub(super) const SCOPES: Needs = Needs {
    scopes: Some(1),
    dependencies: false,
};

/// A payload with these fields, and any others.
pub(super) const fn open(needs: Needs, fields: &'static [Field]) -> TaskShape {
    TaskShape {
        needs,
        payload: Shape::Open(fields),
        together: &[],
    }
}

/// A payload with these fields and no others.
pub(super) const fn closed(needs: Needs, fields: &'static [Field]) -> TaskShape {
    TaskShape {
        needs,
        payload: Shape::Object(fields),
        together: &[],
    }
}
