//! The fields that run descriptions and task descriptions share.

use crate::config::graph_config::PRIORITIES;
use crate::config::schema::{Field, Schema, Type, optional, required};

const TREEHERDER: Schema = Schema {
    name: "treeherder",
    fields: &[
        optional(
            "symbol",
            Type::Str,
            "the symbol, or `group(symbol)` (default: the initials of the words in the kind's name)",
        ),
        optional(
            "kind",
            Type::Literal(&["build", "test", "other"]),
            "the type of task (default: derived from the kind's name)",
        ),
        optional("tier", Type::Int, "the tier (default: 1)"),
        optional(
            "platform",
            Type::Str,
            "the platform and the collection (default: `default/opt`)",
        ),
    ],
    open: false,
    exclusive: &[],
};

const INDEX: Schema = Schema {
    name: "index",
    fields: &[
        optional(
            "product",
            Type::Str,
            "the product, one of `index.products` in config.yml",
        ),
        optional("job-name", Type::Str, "the name of the task in the index"),
        optional(
            "type",
            Type::Str,
            "the type of index routes (default: `generic`)",
        ),
        optional(
            "rank",
            Type::OneOf(&[Type::Literal(&["by-tier", "build_date"]), Type::Int]),
            "the rank: a number, `build_date`, or `by-tier`, which means the build date for tier 1 and 0 for other tiers (default: `by-tier`)",
        ),
    ],
    open: false,
    exclusive: &[],
};

const OPTIMIZATION_STRATEGY: Schema = Schema {
    name: "optimization",
    fields: &[
        optional(
            "index-search",
            Type::List(&Type::Str),
            "index paths to search for a task that can replace this one",
        ),
        optional(
            "skip-unless-changed",
            Type::List(&Type::Str),
            "patterns of files; the task is removed unless a matching file has changed",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// `optimization`
pub const OPTIMIZATION: Field = optional(
    "optimization",
    Type::Struct(&OPTIMIZATION_STRATEGY),
    "the strategy that decides whether the task is removed or replaced",
);
/// `description`
pub const DESCRIPTION: Field = required("description", Type::Str, "a description of the task");
/// `worker-type`
pub const WORKER_TYPE: Field = required(
    "worker-type",
    Type::Str,
    "the alias of the worker type, one of `workers.aliases` in config.yml",
);
/// `priority`
pub const PRIORITY: Field = optional(
    "priority",
    Type::Literal(PRIORITIES),
    "the priority of the task",
);
/// `attributes`
pub const ATTRIBUTES: Field = optional(
    "attributes",
    Type::Map(&Type::Any),
    "attributes, used to select tasks",
);
/// `task-from`
pub const TASK_FROM: Field = optional(
    "task-from",
    Type::Str,
    "the file in the kind's folder that defines the task",
);
/// `dependencies`
pub const DEPENDENCIES: Field = optional(
    "dependencies",
    Type::Map(&Type::Str),
    "the labels of the tasks that must finish first, by the names used in references",
);
/// `soft-dependencies`
pub const SOFT_DEPENDENCIES: Field = optional(
    "soft-dependencies",
    Type::List(&Type::Str),
    "labels of tasks that must finish first if they are in the graph",
);
/// `if-dependencies`
pub const IF_DEPENDENCIES: Field = optional(
    "if-dependencies",
    Type::List(&Type::Str),
    "names of dependencies, at least one of which must be in the graph",
);
/// `requires`
pub const REQUIRES: Field = optional(
    "requires",
    Type::Literal(&["all-completed", "all-resolved"]),
    "whether the task can start only when all dependencies have completed, or when they are resolved in any way",
);
/// `expires-after`
pub const EXPIRES_AFTER: Field = optional(
    "expires-after",
    Type::Str,
    "how long the task is kept, e.g. `14 days`",
);
/// `deadline-after`
pub const DEADLINE_AFTER: Field = optional(
    "deadline-after",
    Type::Str,
    "the time until the deadline of the task, e.g. `1 day`",
);
/// `routes`
pub const ROUTES: Field = optional("routes", Type::List(&Type::Str), "additional routes");
/// `scopes`
pub const SCOPES: Field = optional(
    "scopes",
    Type::List(&Type::Str),
    "additional scopes; `{level}` and `{project}` are replaced",
);
/// `tags`
pub const TAGS: Field = optional("tags", Type::Map(&Type::Str), "additional tags");
/// `extra`
pub const EXTRA: Field = optional(
    "extra",
    Type::Map(&Type::Any),
    "additional values for `extra`",
);
/// `treeherder`
pub const TREEHERDER_FIELD: Field = optional(
    "treeherder",
    Type::OneOf(&[Type::Bool, Type::Struct(&TREEHERDER)]),
    "how Treeherder shows the task; `true` uses defaults derived from the kind's name",
);
/// `index`
pub const INDEX_FIELD: Field = optional("index", Type::Struct(&INDEX), "where the task is indexed");
/// `run-on-projects`: any value, as in taskgraph.
pub const RUN_ON_PROJECTS: Field = optional(
    "run-on-projects",
    Type::Any,
    "a list of the projects that the task runs on, which may be keyed by any field of the task or by `build-platform` (default: `[all]`)",
);
/// `run-on-tasks-for`
pub const RUN_ON_TASKS_FOR: Field = optional(
    "run-on-tasks-for",
    Type::List(&Type::Str),
    "the values of `tasks_for` for which the task runs (default: `[all]`)",
);
/// `run-on-git-branches`
pub const RUN_ON_GIT_BRANCHES: Field = optional(
    "run-on-git-branches",
    Type::List(&Type::Str),
    "the branches that the task runs on",
);
/// `shipping-phase`
pub const SHIPPING_PHASE: Field = optional(
    "shipping-phase",
    Type::Literal(&["build", "promote", "push", "ship"]),
    "the phase of release promotion that the task belongs to",
);

const FETCH: Schema = Schema {
    name: "fetch",
    fields: &[
        required(
            "artifact",
            Type::Str,
            "the name of the fetch, or the path of the artifact",
        ),
        optional("dest", Type::Str, "the folder to put it in"),
        optional(
            "extract",
            Type::Bool,
            "whether to extract it (default: true)",
        ),
        optional(
            "verify-hash",
            Type::Bool,
            "whether to verify its hash (default: false)",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// `fetches`
pub const FETCHES: Field = optional(
    "fetches",
    Type::Map(&Type::List(&Type::OneOf(&[
        Type::Str,
        Type::Struct(&FETCH),
    ]))),
    "artifacts to download before the task starts, by kind or dependency",
);

/// The keys that other transforms than `taskgraph.transforms.task` handle, with the transform of each.
pub const KEYS_OF_TRANSFORMS: &[(&str, &str)] = &[
    ("cache", "taskgraph.transforms.cached_tasks"),
    ("chunk", "taskgraph.transforms.chunking"),
    ("fetch", "taskgraph.transforms.fetch"),
    ("fetches", "taskgraph.transforms.run"),
    ("from-deps", "taskgraph.transforms.from_deps"),
    ("matrix", "taskgraph.transforms.matrix"),
    ("notifications", "taskgraph.transforms.notify"),
    ("notify", "taskgraph.transforms.notify"),
    ("partial-updates", "snowman.transforms.partial_updates"),
    ("publish", "snowman.transforms.publish"),
    (
        "release-artifacts",
        "mozilla_taskgraph.transforms.scriptworker.release_artifacts",
    ),
    ("replicate", "mozilla_taskgraph.transforms.replicate"),
    ("run", "taskgraph.transforms.run"),
    ("run-on-releases", "snowman.transforms.run_on_releases"),
    ("task-context", "taskgraph.transforms.task_context"),
    ("when", "taskgraph.transforms.run"),
];

/// The transform that handles a key, if it is none of a task description.
#[must_use]
pub fn transform_of_key(key: &str) -> Option<&'static str> {
    let mut keys = KEYS_OF_TRANSFORMS.iter();
    keys.find(|(name, _)| *name == key)
        .map(|(_, transform)| *transform)
}
