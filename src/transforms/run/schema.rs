//! The schema of run descriptions.

use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::description::{
    ATTRIBUTES, DEADLINE_AFTER, DEPENDENCIES, DESCRIPTION, EXPIRES_AFTER, EXTRA, FETCHES,
    IF_DEPENDENCIES, INDEX_FIELD, OPTIMIZATION, PRIORITY, REQUIRES, ROUTES, RUN_ON_GIT_BRANCHES,
    RUN_ON_PROJECTS, RUN_ON_TASKS_FOR, SCOPES, SHIPPING_PHASE, SOFT_DEPENDENCIES, TAGS, TASK_FROM,
    TREEHERDER_FIELD, WORKER_TYPE,
};

static RUN: Schema = Schema {
    name: "run",
    fields: &[
        required("using", Type::Str, "how to run the task, e.g. `run-task`"),
        optional("workdir", Type::Str, "the working folder of the task"),
    ],
    open: true,
    exclusive: &[],
};

static WHEN: Schema = Schema {
    name: "when",
    fields: &[optional(
        "files-changed",
        Type::List(&Type::Str),
        "patterns of files; the task is removed unless a matching file has changed",
    )],
    open: false,
    exclusive: &[],
};

/// A run description: a task description with `run`, which configures the worker.
pub static RUN_DESCRIPTION: Schema = Schema {
    name: "run description",
    fields: &[
        required("run", Type::Struct(&RUN), "how to run the task"),
        optional(
            "name",
            Type::Str,
            "the name; the label is derived from the kind and the name",
        ),
        optional(
            "label",
            Type::Str,
            "the label (default: derived from the kind and the name)",
        ),
        DESCRIPTION,
        WORKER_TYPE,
        PRIORITY,
        ATTRIBUTES,
        TASK_FROM,
        DEPENDENCIES,
        SOFT_DEPENDENCIES,
        IF_DEPENDENCIES,
        REQUIRES,
        DEADLINE_AFTER,
        EXPIRES_AFTER,
        ROUTES,
        SCOPES,
        TAGS,
        EXTRA,
        TREEHERDER_FIELD,
        INDEX_FIELD,
        RUN_ON_PROJECTS,
        RUN_ON_TASKS_FOR,
        RUN_ON_GIT_BRANCHES,
        SHIPPING_PHASE,
        optional(
            "always-target",
            Type::Bool,
            "whether the task is always a target task, regardless of filters",
        ),
        OPTIMIZATION,
        optional("needs-sccache", Type::Bool, "whether the task uses sccache"),
        optional(
            "when",
            Type::Struct(&WHEN),
            "when the task is needed; converted to an optimization",
        ),
        FETCHES,
        optional(
            "worker",
            Type::Map(&Type::Any),
            "the settings of the worker",
        ),
    ],
    open: true,
    exclusive: &["optimization", "when"],
};
