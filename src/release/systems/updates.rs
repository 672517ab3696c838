//! Systems that offer updates and downloads to users, and the tasks that verify them.

use crate::release::payload::{balrog, bouncer};
use crate::release::scopes::ScopeRule;
use crate::release::system::{Action, ActionSource, System};

/// `balrog`
pub static BALROG: System = System {
    name: "balrog",
    doc: "Changes what the update server offers to users.",
    implementations: &["balrog"],
    pools: &["balrog"],
    kinds: &[],
    source: ActionSource::Behavior(":balrog:action:", "submit-locale"),
    actions: &[
        Action::new(
            "submit-locale",
            "adds the files of one locale to the blob of a release",
            |_| Some(&balrog::SUBMIT_LOCALE),
        ),
        Action::new(
            "submit-toplevel",
            "makes the blob of a release, and points test rules to it",
            |_| Some(&balrog::SUBMIT_TOPLEVEL),
        ),
        Action::new(
            "schedule",
            "schedules the change of rules that offers a release",
            |_| Some(&balrog::SCHEDULE),
        ),
        Action::new(
            "set-readonly",
            "protects the blob of a release from changes",
            |_| Some(&balrog::SET_READONLY),
        ),
        Action::new("submit-system-addons", "adds system add-ons", |_| {
            Some(&balrog::SUBMIT_SYSTEM_ADDONS)
        }),
    ],
    scopes: &[
        ScopeRule::one("server", &[":balrog:server:"]),
        ScopeRule::at_most_one("action", &[":balrog:action:"]),
    ],
    staged: &[
        "submit-locale",
        "submit-toplevel",
        "schedule",
        "set-readonly",
        "submit-system-addons",
    ],
    keeps_names: false,
    reads_repository: false,
    production: "an account of Balrog; sign-offs for rules that need them",
};

/// `bouncer`
pub static BOUNCER: System = System {
    name: "bouncer",
    doc: "Changes where download links lead.",
    implementations: &["bouncer-aliases", "bouncer-locations", "bouncer-submission"],
    pools: &["bouncer"],
    kinds: &[],
    source: ActionSource::Scope(":bouncer:action:"),
    actions: &[
        Action::new(
            "submission",
            "adds products with the paths of their files",
            |_| Some(&bouncer::SUBMISSION),
        ),
        Action::new("aliases", "points aliases to products", |_| {
            Some(&bouncer::ALIASES)
        }),
        Action::new(
            "locations",
            "changes the paths of nightly products to a new version",
            |_| Some(&bouncer::LOCATIONS),
        ),
    ],
    scopes: &[
        ScopeRule::one("server", &[":bouncer:server:"]),
        ScopeRule::one("action", &[":bouncer:action:"]),
    ],
    staged: &["submission", "aliases", "locations"],
    keeps_names: false,
    reads_repository: false,
    production: "an account of bouncer's administration",
};

/// `partials`
pub static PARTIALS: System = System {
    name: "partials",
    doc: "Makes partial updates from earlier releases.",
    implementations: &[],
    pools: &[],
    kinds: &["partials"],
    source: ActionSource::Extra("funsize"),
    actions: &[Action::new(
        "",
        "makes the partial updates of one locale",
        |_| None,
    )],
    scopes: &[],
    staged: &[""],
    keeps_names: false,
    reads_repository: false,
    production: "the updates of earlier releases, from the archive",
};

/// `update-verify-config`
pub static UPDATE_VERIFY_CONFIG: System = System {
    name: "update-verify-config",
    doc: "Chooses the updates from earlier releases that are verified.",
    implementations: &[],
    pools: &[],
    kinds: &["update-verify-config"],
    source: ActionSource::Script("update-verify-config-creator.py"),
    actions: &[Action::new(
        "",
        "writes the list of updates to verify",
        |_| None,
    )],
    scopes: &[],
    staged: &[""],
    keeps_names: false,
    reads_repository: false,
    production: "product details, the archive, and the repositories of earlier releases",
};

/// `update-verify`
pub static UPDATE_VERIFY: System = System {
    name: "update-verify",
    doc: "Verifies that users of earlier releases are offered the update, and that it applies.",
    implementations: &[],
    pools: &[],
    kinds: &["update-verify"],
    source: ActionSource::Script("chunked-verify.sh"),
    actions: &[Action::new("", "verifies a part of the updates", |_| None)],
    scopes: &[],
    staged: &[""],
    keeps_names: false,
    reads_repository: false,
    production: "the update server, and earlier releases in the archive",
};

/// `final-verify`
pub static FINAL_VERIFY: System = System {
    name: "final-verify",
    doc: "Verifies that all files of updates can be downloaded.",
    implementations: &[],
    pools: &[],
    kinds: &["final-verify"],
    source: ActionSource::Script("final-verification.sh"),
    actions: &[Action::new("", "requests each file of the updates", |_| {
        None
    })],
    scopes: &[],
    staged: &[""],
    keeps_names: false,
    reads_repository: false,
    production: "the update server, bouncer and the archive",
};

/// `bouncer-check`
pub static BOUNCER_CHECK: System = System {
    name: "bouncer-check",
    doc: "Verifies that download links lead to files.",
    implementations: &[],
    pools: &[],
    kinds: &["bouncer-check", "cron-bouncer-check"],
    source: ActionSource::Only,
    actions: &[Action::new("", "follows the links of all products", |_| {
        None
    })],
    scopes: &[],
    staged: &[""],
    keeps_names: false,
    reads_repository: false,
    production: "bouncer and the archive",
};
