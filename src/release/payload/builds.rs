//! Payloads of bitrisescript, which runs builds on Bitrise.

use super::{INTEGER, Needs, TaskShape, list, open};
use crate::base::shape::{Field, Shape, TEXT, optional};

const BUILD_FIELDS: &[Field] = &[
    optional("branch", TEXT),
    optional("branch_dest", TEXT),
    optional("branch_dest_repo_owner", TEXT),
    optional("branch_repo_owner", TEXT),
    optional("commit_hash", TEXT),
    optional("commit_message", TEXT),
    optional("environments", Shape::Map(&TEXT)),
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
