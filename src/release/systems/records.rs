//! Systems that record a release: repositories, Ship It, messages.

use crate::release::payload::{builds, ship_it, stores, trees};
use crate::release::scopes::ScopeRule;
use crate::release::system::{Action, ActionSource, System};

/// `shipit`
pub static SHIPIT: System = System {
    name: "shipit",
    doc: "Records in Ship It what has been released.",
    implementations: &[
        "scriptworker-shipit",
        "shipit-shipped",
        "shipit-maybe-release",
        "shipit-merged",
        "shipit-update-product-channel-version",
    ],
    pools: &["shipit"],
    kinds: &[],
    source: ActionSource::Scope(":ship-it:action:"),
    actions: &[
        Action::new("mark-as-shipped", "marks a release as shipped", |_| {
            Some(&ship_it::MARK_AS_SHIPPED)
        }),
        Action::new(
            "create-new-release",
            "starts a release if there is something to release",
            |_| Some(&ship_it::CREATE_NEW_RELEASE),
        ),
        Action::new(
            "update-product-channel-version",
            "sets the current version of a channel",
            |_| Some(&ship_it::UPDATE_CHANNEL_VERSION),
        ),
        Action::new(
            "create-new-nightly-release",
            "records a nightly release",
            |_| Some(&ship_it::CREATE_NEW_NIGHTLY),
        ),
        Action::new(
            "mark-as-merged",
            "marks a merge of branches as done",
            |_| Some(&ship_it::MARK_AS_MERGED),
        ),
    ],
    scopes: &[
        ScopeRule::one("server", &[":ship-it:server:"]),
        ScopeRule::one("action", &[":ship-it:action:"]),
    ],
    staged: &[
        "mark-as-shipped",
        "create-new-release",
        "update-product-channel-version",
        "create-new-nightly-release",
        "mark-as-merged",
    ],
    keeps_names: false,
    reads_repository: false,
    production: "an account of Ship It",
};

/// `lando`
pub static LANDO: System = System {
    name: "lando",
    doc: "Commits to repositories and tags them, through Lando.",
    implementations: &["landoscript", "scriptworker-lando"],
    pools: &["lando"],
    kinds: &[],
    source: ActionSource::List,
    actions: &[Action::new(
        "",
        "makes the commits and tags of the listed actions",
        |_| Some(&trees::LANDO),
    )],
    scopes: &[
        ScopeRule::one("repository", &[":lando:repo:"]),
        ScopeRule::some("actions", &[":lando:action:"]),
    ],
    staged: &[""],
    keeps_names: false,
    reads_repository: true,
    production: "an account of Lando",
};

/// `tree`
pub static TREE: System = System {
    name: "tree",
    doc: "Commits to Mercurial repositories and tags them.",
    implementations: &["treescript"],
    pools: &["tree"],
    kinds: &[],
    source: ActionSource::List,
    actions: &[Action::new(
        "",
        "makes the commits and tags of the listed actions",
        |_| Some(&trees::TREE),
    )],
    scopes: &[ScopeRule::some("actions", &[":treescript:action:"])],
    staged: &[""],
    keeps_names: false,
    reads_repository: true,
    production: "a key that may push to the repository",
};

/// `github`
pub static GITHUB: System = System {
    name: "github",
    doc: "Makes releases on GitHub.",
    implementations: &["scriptworker-github"],
    pools: &["github"],
    kinds: &[],
    source: ActionSource::Scope(":github:action:"),
    actions: &[Action::new(
        "release",
        "makes a release with its files",
        |_| Some(&stores::GITHUB),
    )],
    scopes: &[
        ScopeRule::one("project", &[":github:project:"]),
        ScopeRule::one("action", &[":github:action:"]),
    ],
    staged: &["release"],
    keeps_names: false,
    reads_repository: true,
    production: "a token of GitHub",
};

/// `bitrise`
pub static BITRISE: System = System {
    name: "bitrise",
    doc: "Runs builds on Bitrise.",
    implementations: &["scriptworker-bitrise"],
    pools: &["bitrise"],
    kinds: &[],
    source: ActionSource::Only,
    actions: &[Action::new("", "runs workflows of an app", |_| {
        Some(&builds::BITRISE)
    })],
    scopes: &[
        ScopeRule::one("app", &[":bitrise:app:"]),
        ScopeRule::some("workflow", &[":bitrise:workflow:"]),
    ],
    staged: &[""],
    keeps_names: false,
    reads_repository: false,
    production: "a token of Bitrise",
};

/// `notify`
pub static NOTIFY: System = System {
    name: "notify",
    doc: "Tells people about the progress of a release, through routes of Taskcluster.",
    implementations: &[],
    pools: &[],
    kinds: &["notify-*"],
    source: ActionSource::Only,
    actions: &[Action::new("", "sends the messages of its routes", |_| {
        None
    })],
    scopes: &[],
    staged: &[""],
    keeps_names: false,
    reads_repository: false,
    production: "Taskcluster's notification service",
};
