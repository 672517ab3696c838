//! The table of release systems.

use super::payload::{archive, balrog, bouncer, builds, shipit, signing, stores, trees};
use super::scopes::{Count, ScopeRule};
use super::system::{Action, ActionSource, System};

const CERTIFICATE: ScopeRule = one("certificate", &[":signing:cert:"]);

const fn one(what: &'static str, parts: &'static [&'static str]) -> ScopeRule {
    ScopeRule {
        what,
        parts,
        count: Count::One,
    }
}

/// What a worker that does one thing does.
macro_rules! only {
    ($doc:literal, $shape:expr) => {
        &[Action {
            name: "",
            doc: $doc,
            shape: |_| $shape,
        }]
    };
}

/// What a worker does if it is asked to.
macro_rules! action {
    ($name:literal, $doc:literal, $shape:expr) => {
        Action {
            name: $name,
            doc: $doc,
            shape: |_| Some($shape),
        }
    };
    ($name:literal, $doc:literal) => {
        Action {
            name: $name,
            doc: $doc,
            shape: |payload| {
                Some(match payload.get("artifactMap") {
                    Some(_) => &archive::WITH_MAP,
                    None => &archive::WITHOUT_MAP,
                })
            },
        }
    };
}

/// Every release system. The first one that fits a task is that of the task.
pub static SYSTEMS: &[System] = &[
    System {
        name: "mac-signing",
        doc: "Signs applications and packages for macOS.",
        implementations: &["iscript"],
        pools: &["signing mac*"],
        kinds: &[],
        source: ActionSource::Only,
        actions: only!("signs each file on macOS", Some(&signing::MAC_SIGNING)),
        scopes: &[CERTIFICATE],
        production: "a Mac with the certificates of the developer account; Apple's notary service",
    },
    System {
        name: "signing",
        doc: "Signs files for all systems except macOS: updates, packages, installers, checksums.",
        implementations: &["scriptworker-signing"],
        pools: &["signing"],
        kinds: &[],
        source: ActionSource::Only,
        actions: only!("signs each file in its formats", Some(&signing::SIGNING)),
        scopes: &[CERTIFICATE],
        production: "Autograph, with the key of the certificate",
    },
    System {
        name: "beetmover",
        doc: "Publishes files in the archive, in Maven repositories, and in apt and yum repositories.",
        implementations: &[
            "beetmover",
            "beetmover-data",
            "beetmover-maven",
            "beetmover-push-to-release",
            "beetmover-import-from-gcs-to-artifact-registry",
            "beetmover-direct",
            "scriptworker-beetmover",
            "scriptworker-beetmover-data",
        ],
        pools: &["beetmover"],
        kinds: &[],
        source: ActionSource::Scope(":beetmover:action:"),
        actions: &[
            action!(
                "push-to-candidates",
                "copies files to the folder of a candidate"
            ),
            action!(
                "push-to-nightly",
                "copies files to the folders of a nightly build"
            ),
            action!("push-to-partner", "copies files to the folders of partners"),
            action!(
                "push-to-releases",
                "copies a candidate to the folder of its release",
                &archive::RELEASES
            ),
            Action {
                name: "push-to-maven",
                doc: "copies libraries to a Maven repository",
                shape: |payload| {
                    Some(match payload.get("artifactMap") {
                        Some(_) => &archive::WITH_MAP,
                        None => &archive::MAVEN,
                    })
                },
            },
            action!(
                "push-to-system-addons",
                "copies system add-ons to their folder"
            ),
            action!("direct-push-to-bucket", "copies files to a bucket"),
            action!(
                "import-from-gcs-to-artifact-registry",
                "imports packages of the archive into an apt or yum repository",
                &archive::REGISTRY
            ),
            action!(
                "upload-data",
                "publishes data that the payload contains",
                &archive::DATA
            ),
            action!(
                "upload-translations-artifacts",
                "publishes the models of a translation",
                &archive::TRANSLATIONS
            ),
        ],
        scopes: &[
            one(
                "bucket or repository",
                &[
                    ":beetmover:bucket:",
                    ":beetmover:apt-repo:",
                    ":beetmover:yum-repo:",
                ],
            ),
            one("action", &[":beetmover:action:"]),
        ],
        production: "credentials of the buckets and of the artifact registry",
    },
    System {
        name: "balrog",
        doc: "Changes what the update server offers to users.",
        implementations: &["balrog"],
        pools: &["balrog"],
        kinds: &[],
        source: ActionSource::Behavior(":balrog:action:", "submit-locale"),
        actions: &[
            action!(
                "submit-locale",
                "adds the files of one locale to the blob of a release",
                &balrog::SUBMIT_LOCALE
            ),
            action!(
                "submit-toplevel",
                "makes the blob of a release, and points test rules to it",
                &balrog::SUBMIT_TOPLEVEL
            ),
            action!(
                "schedule",
                "schedules the change of rules that offers a release",
                &balrog::SCHEDULE
            ),
            action!(
                "set-readonly",
                "protects the blob of a release from changes",
                &balrog::SET_READONLY
            ),
            action!(
                "submit-system-addons",
                "adds system add-ons",
                &balrog::SUBMIT_SYSTEM_ADDONS
            ),
        ],
        scopes: &[
            one("server", &[":balrog:server:"]),
            ScopeRule {
                what: "action",
                parts: &[":balrog:action:"],
                count: Count::AtMostOne,
            },
        ],
        production: "an account of Balrog; sign-offs for rules that need them",
    },
    System {
        name: "bouncer",
        doc: "Changes where download links lead.",
        implementations: &["bouncer-aliases", "bouncer-locations", "bouncer-submission"],
        pools: &["bouncer"],
        kinds: &[],
        source: ActionSource::Scope(":bouncer:action:"),
        actions: &[
            action!(
                "submission",
                "adds products with the paths of their files",
                &bouncer::SUBMISSION
            ),
            action!("aliases", "points aliases to products", &bouncer::ALIASES),
            action!(
                "locations",
                "changes the paths of nightly products to a new version",
                &bouncer::LOCATIONS
            ),
        ],
        scopes: &[
            one("server", &[":bouncer:server:"]),
            one("action", &[":bouncer:action:"]),
        ],
        production: "an account of bouncer's administration",
    },
    System {
        name: "shipit",
        doc: "Records in Ship It what has been released.",
        implementations: &[
            "scriptworker-shipit",
            "shipit-shipped",
            "shipit-maybe-release",
            "shipit-update-product-channel-version",
        ],
        pools: &["shipit"],
        kinds: &[],
        source: ActionSource::Scope(":ship-it:action:"),
        actions: &[
            action!(
                "mark-as-shipped",
                "marks a release as shipped",
                &shipit::MARK_AS_SHIPPED
            ),
            action!(
                "create-new-release",
                "starts a release if there is something to release",
                &shipit::CREATE_NEW_RELEASE
            ),
            action!(
                "update-product-channel-version",
                "sets the current version of a channel",
                &shipit::UPDATE_CHANNEL_VERSION
            ),
            action!(
                "create-new-nightly-release",
                "records a nightly release",
                &shipit::CREATE_NEW_NIGHTLY
            ),
            action!(
                "mark-as-merged",
                "marks a merge of branches as done",
                &shipit::MARK_AS_MERGED
            ),
        ],
        scopes: &[
            one("server", &[":ship-it:server:"]),
            one("action", &[":ship-it:action:"]),
        ],
        production: "an account of Ship It",
    },
    System {
        name: "lando",
        doc: "Commits to repositories and tags them, through Lando.",
        implementations: &["landoscript", "scriptworker-lando"],
        pools: &["lando"],
        kinds: &[],
        source: ActionSource::List,
        actions: only!(
            "makes the commits and tags of the listed actions",
            Some(&trees::LANDO)
        ),
        scopes: &[
            one("repository", &[":lando:repo:"]),
            ScopeRule {
                what: "actions",
                parts: &[":lando:action:"],
                count: Count::Some,
            },
        ],
        production: "an account of Lando",
    },
    System {
        name: "tree",
        doc: "Commits to Mercurial repositories and tags them.",
        implementations: &["treescript"],
        pools: &["tree"],
        kinds: &[],
        source: ActionSource::List,
        actions: only!(
            "makes the commits and tags of the listed actions",
            Some(&trees::TREE)
        ),
        scopes: &[ScopeRule {
            what: "actions",
            parts: &[":treescript:action:"],
            count: Count::Some,
        }],
        production: "a key that may push to the repository",
    },
    System {
        name: "pushapk",
        doc: "Pushes Android packages and bundles to stores.",
        implementations: &["push-apk", "push-bundle", "scriptworker-pushapk"],
        pools: &["pushapk"],
        kinds: &[],
        source: ActionSource::Only,
        actions: only!("pushes packages of one product", Some(&stores::APK)),
        scopes: &[one("product", &[":googleplay:product:"])],
        production: "an account of Google Play or of the Galaxy Store",
    },
    System {
        name: "pushsnap",
        doc: "Pushes snaps to the Snap Store.",
        implementations: &["push-snap", "scriptworker-pushsnap"],
        pools: &["pushsnap"],
        kinds: &[],
        source: ActionSource::Only,
        actions: only!("pushes a snap to a channel", Some(&stores::SNAP)),
        scopes: &[one("channel", &[":snapcraft:"])],
        production: "an account of the Snap Store",
    },
    System {
        name: "pushflatpak",
        doc: "Pushes flatpaks to Flathub.",
        implementations: &["push-flatpak", "scriptworker-pushflatpak"],
        pools: &["pushflatpak"],
        kinds: &[],
        source: ActionSource::Only,
        actions: only!("pushes a flatpak to a channel", Some(&stores::FLATPAK)),
        scopes: &[ScopeRule {
            what: "application",
            parts: &[":flathub:"],
            count: Count::Some,
        }],
        production: "a token of Flathub",
    },
    System {
        name: "pushmsix",
        doc: "Pushes MSIX packages to the Microsoft Store.",
        implementations: &["push-msix", "scriptworker-pushmsix"],
        pools: &["pushmsix"],
        kinds: &[],
        source: ActionSource::Only,
        actions: only!("pushes packages to a channel", Some(&stores::MSIX)),
        scopes: &[one("channel", &[":microsoftstore:"])],
        production: "an account of the Microsoft Store",
    },
    System {
        name: "addons",
        doc: "Pushes language packs and other add-ons to addons.mozilla.org.",
        implementations: &["push-addons", "scriptworker-addons"],
        pools: &["addon"],
        kinds: &[],
        source: ActionSource::Only,
        actions: only!(
            "pushes add-ons, and returns them signed",
            Some(&stores::ADDONS)
        ),
        scopes: &[one("server", &[":addons.mozilla.org:server:"])],
        production: "an account of addons.mozilla.org",
    },
    System {
        name: "github",
        doc: "Makes releases on GitHub.",
        implementations: &["scriptworker-github"],
        pools: &["github"],
        kinds: &[],
        source: ActionSource::Scope(":github:action:"),
        actions: &[action!(
            "release",
            "makes a release with its files",
            &stores::GITHUB
        )],
        scopes: &[
            one("project", &[":github:project:"]),
            one("action", &[":github:action:"]),
        ],
        production: "a token of GitHub",
    },
    System {
        name: "bitrise",
        doc: "Runs builds on Bitrise.",
        implementations: &["scriptworker-bitrise"],
        pools: &["bitrise"],
        kinds: &[],
        source: ActionSource::Only,
        actions: only!("runs workflows of an app", Some(&builds::BITRISE)),
        scopes: &[
            one("app", &[":bitrise:app:"]),
            ScopeRule {
                what: "workflow",
                parts: &[":bitrise:workflow:"],
                count: Count::Some,
            },
        ],
        production: "a token of Bitrise",
    },
    System {
        name: "partials",
        doc: "Makes partial updates from earlier releases.",
        implementations: &[],
        pools: &[],
        kinds: &["partials"],
        source: ActionSource::Only,
        actions: only!("makes the partial updates of one locale", None),
        scopes: &[],
        production: "the updates of earlier releases, from the archive",
    },
    System {
        name: "checksums",
        doc: "Collects the checksums of all files of a candidate.",
        implementations: &[],
        pools: &[],
        kinds: &["generate-checksums"],
        source: ActionSource::Only,
        actions: only!("writes the lists of checksums", None),
        scopes: &[],
        production: "the files of the candidate in the archive",
    },
    System {
        name: "update-verify-config",
        doc: "Chooses the updates from earlier releases that are verified.",
        implementations: &[],
        pools: &[],
        kinds: &["update-verify-config"],
        source: ActionSource::Only,
        actions: only!("writes the list of updates to verify", None),
        scopes: &[],
        production: "product details, the archive, and the repositories of earlier releases",
    },
    System {
        name: "update-verify",
        doc: "Verifies that users of earlier releases are offered the update, and that it applies.",
        implementations: &[],
        pools: &[],
        kinds: &["update-verify"],
        source: ActionSource::Only,
        actions: only!("verifies a part of the updates", None),
        scopes: &[],
        production: "the update server, and earlier releases in the archive",
    },
    System {
        name: "final-verify",
        doc: "Verifies that all files of updates can be downloaded.",
        implementations: &[],
        pools: &[],
        kinds: &["final-verify"],
        source: ActionSource::Only,
        actions: only!("requests each file of the updates", None),
        scopes: &[],
        production: "the update server, bouncer and the archive",
    },
    System {
        name: "bouncer-check",
        doc: "Verifies that download links lead to files.",
        implementations: &[],
        pools: &[],
        kinds: &["bouncer-check", "cron-bouncer-check"],
        source: ActionSource::Only,
        actions: only!("follows the links of all products", None),
        scopes: &[],
        production: "bouncer and the archive",
    },
    System {
        name: "notify",
        doc: "Tells people about the progress of a release, through routes of Taskcluster.",
        implementations: &[],
        pools: &[],
        kinds: &["notify-*"],
        source: ActionSource::Only,
        actions: only!("sends the messages of its routes", None),
        scopes: &[],
        production: "Taskcluster's notification service",
    },
];
