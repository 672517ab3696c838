//! Payloads of bitrisescript, which runs builds on Bitrise.

use super::{INTEGER, Needs, TaskShape, list, open};
use crate::base::shape::{Choice, Field, Shape, TEXT, optional, required};
use crate::base::value::Value;

/// The worker's schema has a mapping, but the worker does not look at its schema: it hands the value to the
/// service, which has a list of pairs, as have all that write payloads.
static ENVIRONMENTS: Choice = Choice {
    doc: "a mapping or a list",
    pick: |value| match value {
        Value::Array(_) => Some(&PAIRS),
        _ => Some(&VARIABLES),
    },
};

static VARIABLES: Shape = Shape::Map(&TEXT);

static PAIRS: Shape = Shape::List(&list(
    Shape::Open(&[required("mapped_to", TEXT), required("value", TEXT)]),
    0,
    false,
));

const BUILD_FIELDS: &[Field] = &[
    optional("branch", TEXT),
    optional("branch_dest", TEXT),
    optional("branch_dest_repo_owner", TEXT),
    optional("branch_repo_owner", TEXT),
    optional("commit_hash", TEXT),
    optional("commit_message", TEXT),
    optional("environments", Shape::Choice(&ENVIRONMENTS)),
    optional("pull_request_author", TEXT),
    optional("pull_request_id", INTEGER),
    optional("skip_git_status_report", Shape::Boolean),
    optional("tag", TEXT),
];

/// Runs of workflows.
pub static BITRISE: TaskShape = open(
    Needs {
        scopes: Some(0),
        dependencies: false,
    },
    &[
        optional("artifact_prefix", TEXT),
        optional(
            "workflow_params",
            Shape::Map(&Shape::List(&list(Shape::Open(BUILD_FIELDS), 0, false))),
        ),
        optional("global_params", Shape::Open(BUILD_FIELDS)),
    ],
);
