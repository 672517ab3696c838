//! What `config.yml` may hold.

use crate::config::schema::{Schema, Type, optional, required};

/// The priorities that a task may have, the highest first.
pub static PRIORITIES: &[&str] = &[
    "highest",
    "very-high",
    "high",
    "medium",
    "low",
    "very-low",
    "lowest",
];

static CACHES: &[&str] = &["cargo", "checkout", "npm", "pip", "uv"];

static WORKER_ALIAS: Schema = Schema {
    name: "worker alias",
    fields: &[
        required(
            "provisioner",
            Type::KeyedBy(&["level"], &Type::Str),
            "the provisioner; `{trust-domain}`, `{level}` and `{alias}` are filled in",
        ),
        required(
            "implementation",
            Type::Str,
            "the worker implementation, e.g. `docker-worker`",
        ),
        required(
            "os",
            Type::Str,
            "the operating system of the worker, e.g. `linux`",
        ),
        required(
            "worker-type",
            Type::KeyedBy(&["level"], &Type::Str),
            "the worker type; `{trust-domain}`, `{level}` and `{alias}` are filled in",
        ),
    ],
    open: false,
    exclusive: &[],
};

static WORKERS: Schema = Schema {
    name: "workers",
    fields: &[required(
        "aliases",
        Type::Map(&Type::Struct(&WORKER_ALIAS)),
        "what each `worker-type` of a task stands for; regular expressions are taken too",
    )],
    open: false,
    exclusive: &[],
};

static REPOSITORY: Schema = Schema {
    name: "repository",
    fields: &[
        required("name", Type::Str, "the name of the repository"),
        optional(
            "project-regex",
            Type::Str,
            "the projects that this repository is checked out for",
        ),
        optional(
            "ssh-secret-name",
            Type::Str,
            "the secret that holds the key to clone it with",
        ),
    ],
    open: true,
    exclusive: &[],
};

static RUN: Schema = Schema {
    name: "run",
    fields: &[optional(
        "use-caches",
        Type::OneOf(&[Type::Bool, Type::List(&Type::Literal(CACHES))]),
        "the caches that tasks have: all, none, or those named",
    )],
    open: false,
    exclusive: &[],
};

static TASKGRAPH: Schema = Schema {
    name: "taskgraph",
    fields: &[
        required(
            "repositories",
            Type::Map(&Type::Struct(&REPOSITORY)),
            "the repositories that tasks check out, by prefix",
        ),
        optional(
            "register",
            Type::Str,
            "a Python function that registers extensions",
        ),
        optional(
            "decision-parameters",
            Type::Str,
            "a Python function that changes parameters",
        ),
        optional(
            "cached-task-prefix",
            Type::Str,
            "the index prefix of cached tasks; the trust domain when it is not given",
        ),
        optional(
            "cache-pull-requests",
            Type::Bool,
            "whether pull requests fill caches",
        ),
        optional(
            "index-path-regexes",
            Type::List(&Type::Str),
            "index paths that are summarized in the scopes of index tasks",
        ),
        optional("run", Type::Struct(&RUN), "the `run` transforms"),
        optional(
            "disabled-actions",
            Type::List(&Type::Str),
            "callback names of actions that are left out of `actions.json`",
        ),
    ],
    open: false,
    exclusive: &[],
};

static SHIPIT: Schema = Schema {
    name: "shipit",
    fields: &[
        optional("product", Type::Str, "the product as Ship-it calls it"),
        optional("release-format", Type::Str, "the name of a release"),
        optional("scope-prefix", Type::Str, "the prefix of Ship-it scopes"),
    ],
    open: true,
    exclusive: &[],
};

static FLAVOR: Schema = Schema {
    name: "release promotion flavor",
    fields: &[
        required(
            "target-tasks-method",
            Type::Str,
            "the target-tasks method; `{project}` is filled in",
        ),
        optional(
            "product",
            Type::Str,
            "the product, the parameter `release_product`",
        ),
        optional(
            "is-rc",
            Type::Bool,
            "whether it is a release candidate's flavor",
        ),
        optional(
            "rebuild-kinds",
            Type::List(&Type::Str),
            "kinds that are built again",
        ),
        optional(
            "do-not-optimize",
            Type::List(&Type::Str),
            "labels that are built again",
        ),
        optional(
            "partial-updates",
            Type::Bool,
            "whether partial updates can be asked for",
        ),
        optional(
            "version-bump",
            Type::Bool,
            "whether the next version has to be given",
        ),
        optional(
            "release-type",
            Type::Str,
            "the parameter `release_type`; what the version says when it is not given",
        ),
    ],
    open: true,
    exclusive: &[],
};

static RELEASE_PROMOTION: Schema = Schema {
    name: "release-promotion",
    fields: &[
        required(
            "flavors",
            Type::Map(&Type::Struct(&FLAVOR)),
            "the flavors, by name",
        ),
        optional(
            "rebuild-kinds",
            Type::List(&Type::Str),
            "the kinds that interfaces offer as `rebuild_kinds` of the action's input",
        ),
        optional(
            "chains",
            Type::Bool,
            "whether `release_promotion_flavor` may be a list, for one action that prepares several flavors in a row",
        ),
        optional(
            "other-products",
            Type::List(&Type::Str),
            "products that tasks name in `shipping_product` and that none of these flavors releases",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// Actions that only those projects have that ask for them.
pub static ON_DEMAND: &[&str] = &["backfill", "create-interactive", "purge-caches"];

static SNOWMAN: Schema = Schema {
    name: "snowman",
    fields: &[
        optional(
            "kinds",
            Type::Str,
            "the folder of kinds, from the root of the repository; `kinds` under the root folder when it is not given",
        ),
        optional(
            "docker",
            Type::Str,
            "the folder of docker images, from the root of the repository; `docker` under the root folder when it is not given",
        ),
        optional(
            "run-task",
            Type::Str,
            "the folder with `run-task`, `fetch-content`, `hgrc` and `robustcheckout.py`, from the root of the repository; that of an installed taskgraph when it is not given",
        ),
        optional(
            "actions",
            Type::List(&Type::Literal(ON_DEMAND)),
            "actions that are offered beside the usual ones",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// The schema of `config.yml`. Keys beside these are the project's own.
pub static GRAPH_CONFIG: Schema = Schema {
    name: "graph config",
    fields: &[
        required("trust-domain", Type::Str, "the trust domain of the graph"),
        required(
            "task-priority",
            Type::KeyedBy(&["project", "level"], &Type::Literal(PRIORITIES)),
            "the priority of tasks that name none",
        ),
        required("workers", Type::Struct(&WORKERS), "the workers"),
        required(
            "taskgraph",
            Type::Struct(&TASKGRAPH),
            "the graph's own settings",
        ),
        optional(
            "docker-image-kind",
            Type::Str,
            "the kind of docker images: `docker-image`",
        ),
        optional(
            "task-deadline-after",
            Type::KeyedBy(&["project"], &Type::Str),
            "the deadline of tasks that name none: `1 day`",
        ),
        optional(
            "task-expires-after",
            Type::Str,
            "when level 1 tasks that say nothing else expire: `28 days`",
        ),
        optional("shipit", Type::Struct(&SHIPIT), "Ship-it"),
        optional(
            "version-parser",
            Type::Str,
            "a Python function that finds the version",
        ),
        optional(
            "release-branches",
            Type::Map(&Type::OneOf(&[Type::Bool, Type::List(&Type::Str)])),
            "the branches of each project whose releases are real",
        ),
        optional(
            "release-promotion",
            Type::Struct(&RELEASE_PROMOTION),
            "release promotion",
        ),
        optional(
            "snowman",
            Type::Struct(&SNOWMAN),
            "where this project differs in its folders",
        ),
    ],
    open: true,
    exclusive: &[],
};
