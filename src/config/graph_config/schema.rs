//! What `config.yml` may hold.

use super::try_push::TRY;
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
            "the provisioner; `{trust-domain}`, `{level}` and `{alias}` are replaced",
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
            "the worker type; `{trust-domain}`, `{level}` and `{alias}` are replaced",
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
        "the worker pool of each `worker-type`; names may be regular expressions",
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
            "a regular expression for the projects that use this repository",
        ),
        optional(
            "ssh-secret-name",
            Type::Str,
            "the secret with the SSH key to clone it with",
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
        "the caches of tasks: all, none, or the listed ones",
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
            "the index prefix of cached tasks (default: the trust domain)",
        ),
        optional(
            "cache-pull-requests",
            Type::Bool,
            "whether pull requests fill caches (default: true)",
        ),
        optional(
            "index-path-regexes",
            Type::List(&Type::Str),
            "patterns of index paths that index tasks cover with a single scope",
        ),
        optional("run", Type::Struct(&RUN), "settings of `run` transforms"),
        optional(
            "disabled-actions",
            Type::List(&Type::Str),
            "callback names of actions to leave out of `actions.json`",
        ),
    ],
    open: false,
    exclusive: &[],
};

static SHIPIT: Schema = Schema {
    name: "shipit",
    fields: &[
        optional("product", Type::Str, "the name of the product in Ship It"),
        optional("release-format", Type::Str, "the name of a release"),
        optional("scope-prefix", Type::Str, "the prefix of Ship It scopes"),
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
            "the target-tasks method; `{project}` is replaced",
        ),
        optional(
            "product",
            Type::Str,
            "the product, the parameter `release_product`",
        ),
        optional(
            "is-rc",
            Type::Bool,
            "whether the flavor is for release candidates",
        ),
        optional(
            "rebuild-kinds",
            Type::List(&Type::Str),
            "kinds that are rebuilt",
        ),
        optional(
            "do-not-optimize",
            Type::List(&Type::Str),
            "labels that are rebuilt",
        ),
        optional(
            "partial-updates",
            Type::Bool,
            "whether the input may request partial updates",
        ),
        optional(
            "version-bump",
            Type::Bool,
            "whether the input must contain the next version",
        ),
        optional(
            "release-type",
            Type::Str,
            "the parameter `release_type` (default: derived from the version)",
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
            "the kinds that the action's form offers for `rebuild_kinds`",
        ),
        optional(
            "chains",
            Type::Bool,
            "whether `release_promotion_flavor` may be a list, so that one action promotes several flavors",
        ),
        optional(
            "other-products",
            Type::List(&Type::Str),
            "values of `shipping_product` that are not misspellings, although no flavor releases these products",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// Actions that only projects have that enable them.
pub static ON_DEMAND: &[&str] = &["backfill", "create-interactive", "purge-caches"];

/// What `release-branches` contains.
const RELEASE_BRANCHES: Type = Type::Map(&Type::OneOf(&[Type::Bool, Type::List(&Type::Str)]));

/// The key of snowman's own settings.
pub(super) const SECTION: &str = "snowman";

/// Snowman's own settings.
pub(super) static SNOWMAN: Schema = Schema {
    name: SECTION,
    fields: &[
        optional(
            "kinds",
            Type::Str,
            "the folder that contains the kinds, relative to the root of the repository (default: `kinds` next to config.yml)",
        ),
        optional(
            "docker",
            Type::Str,
            "the folder with the definitions of docker images, relative to the root of the repository (default: `docker` next to config.yml)",
        ),
        optional(
            "run-task",
            Type::Str,
            "the folder with `run-task`, `fetch-content`, `hgrc` and `robustcheckout.py`, relative to the root of the repository (default: that of the installed taskgraph)",
        ),
        optional(
            "actions",
            Type::List(&Type::Literal(ON_DEMAND)),
            "additional actions that are offered",
        ),
        optional(
            "entry",
            Type::Str,
            "the Python package whose modules `actions` and `decision` are used in place of taskgraph's (default: that of `taskgraph.register`)",
        ),
        optional(
            "release-branches",
            RELEASE_BRANCHES,
            "the branches of each project whose releases are production releases, if config.yml has no such key",
        ),
        optional(
            "staging",
            Type::Struct(&STAGING),
            "stages release tasks below release level: each does its work in a task of its own, without any shared server",
        ),
        optional(
            "try",
            Type::Struct(&TRY),
            "what `snowman try-release` and `snowman try-scriptworker` change in the working copy, and where they push to",
        ),
    ],
    open: false,
    exclusive: &[],
};

static PUBLIC_DATA: Schema = Schema {
    name: "public data",
    fields: &[
        required(
            "balrog",
            Type::Str,
            "the URL of Balrog's public API, such as `https://aus-api.mozilla.org`",
        ),
        required(
            "archive",
            Type::Str,
            "the URL of the archive, such as `https://archive.mozilla.org`",
        ),
        optional(
            "updates",
            Type::Str,
            "the URL of the update server, such as `https://aus5.mozilla.org`: it is asked for some builds, and its answers have to follow from what was read",
        ),
        optional(
            "redirects",
            Type::List(&Type::Str),
            "the URLs of other hosts that these may redirect to",
        ),
    ],
    open: false,
    exclusive: &[],
};

static STAGING: Schema = Schema {
    name: "staging",
    fields: &[
        required(
            "worker-type",
            Type::Str,
            "the worker of staged tasks, an alias of docker-worker",
        ),
        optional(
            "image",
            Type::OneOf(&[Type::Str, Type::Map(&Type::Str)]),
            "the docker image of staged tasks, which contains snowman, as in the payload of docker-worker (default: that of the decision task)",
        ),
        optional(
            "archive",
            Type::Str,
            "the URL of the release archive, which is written to manifests for the update server (default: Mozilla's, depending on the bucket of the task)",
        ),
        optional(
            "index",
            Type::OneOf(&[Type::Str, Type::Bool]),
            "the index path below which staged tasks are indexed, each release below the taskId of its decision task; `false` for no index paths (default: `staging` below `TRUST-DOMAIN.v2.PROJECT`)",
        ),
        optional(
            "compare-production",
            Type::Bool,
            "whether release tasks are also generated as in production, checked, and compared with the staged ones (default: true)",
        ),
        optional(
            "kinds",
            Type::Map(&Type::Str),
            "the release system of kinds that are not recognized: the name of the kind, and that of the system",
        ),
        optional(
            "public-data",
            Type::Struct(&PUBLIC_DATA),
            "the services whose public data `snowman stage history --public` may read; nothing else reads them",
        ),
        optional(
            "history",
            Type::List(&Type::Str),
            "the tasks with earlier releases, oldest first: staged tasks of those releases, or tasks with an artifact `public/staging/history.json.gz`. The last entry may be the path of such a file in the repository, which the decision publishes",
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
            "the default priority of tasks",
        ),
        required("workers", Type::Struct(&WORKERS), "the workers"),
        required(
            "taskgraph",
            Type::Struct(&TASKGRAPH),
            "settings of graph generation",
        ),
        optional(
            "docker-image-kind",
            Type::Str,
            "the kind of docker images (default: `docker-image`)",
        ),
        optional(
            "task-deadline-after",
            Type::KeyedBy(&["project"], &Type::Str),
            "the deadline of tasks that do not set one (default: `1 day`)",
        ),
        optional(
            "task-expires-after",
            Type::Str,
            "the expiry of level 1 tasks that do not set one (default: `28 days`)",
        ),
        optional("shipit", Type::Struct(&SHIPIT), "Ship It"),
        optional(
            "version-parser",
            Type::Str,
            "the Python function that parses the version",
        ),
        optional(
            "release-branches",
            RELEASE_BRANCHES,
            "the branches of each project whose releases are production releases",
        ),
        optional(
            "release-promotion",
            Type::Struct(&RELEASE_PROMOTION),
            "release promotion",
        ),
        optional(
            SECTION,
            Type::Struct(&SNOWMAN),
            "snowman settings for this project; they may be in a file `snowman.yml` next to config.yml instead, without this key",
        ),
    ],
    open: true,
    exclusive: &[],
};
