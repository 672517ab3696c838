//! The schema of task descriptions.

use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::description::{
    ATTRIBUTES, DEADLINE_AFTER, DEPENDENCIES, DESCRIPTION, EXPIRES_AFTER, EXTRA, IF_DEPENDENCIES,
    INDEX_FIELD, OPTIMIZATION, PRIORITY, REQUIRES, ROUTES, RUN_ON_GIT_BRANCHES, RUN_ON_PROJECTS,
    RUN_ON_TASKS_FOR, SCOPES, SHIPPING_PHASE, SOFT_DEPENDENCIES, TAGS, TASK_FROM, TREEHERDER_FIELD,
    WORKER_TYPE,
};
use crate::transform::fields::{Preset, Presets};

static WORKER: Schema = Schema {
    name: "worker",
    fields: &[required(
        "implementation",
        Type::Str,
        "the worker implementation, derived from `worker-type`",
    )],
    open: true,
    exclusive: &[],
};

/// A task description.
pub static TASK_DESCRIPTION: Schema = Schema {
    name: "task description",
    fields: &[
        required(
            "label",
            Type::Str,
            "the label (default: derived from the kind and the `name`)",
        ),
        DESCRIPTION,
        required(
            "always-target",
            Type::Bool,
            "whether the task is always a target task, regardless of filters",
        ),
        OPTIMIZATION,
        WORKER_TYPE,
        required("needs-sccache", Type::Bool, "whether the task uses sccache"),
        ATTRIBUTES,
        TASK_FROM,
        DEPENDENCIES,
        PRIORITY,
        SOFT_DEPENDENCIES,
        IF_DEPENDENCIES,
        REQUIRES,
        EXPIRES_AFTER,
        DEADLINE_AFTER,
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
            "worker",
            Type::Struct(&WORKER),
            "the settings of the worker",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// The default values of a task description.
pub static DEFAULTS: Presets = &[
    ("always-target", Preset::Bool(false)),
    ("optimization", Preset::Null),
    ("needs-sccache", Preset::Bool(false)),
];
