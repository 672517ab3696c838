//! Systems that sign files and publish them.

use crate::release::payload::{archive, signing};
use crate::release::scopes::ScopeRule;
use crate::release::system::{Action, ActionSource, System};

const CERTIFICATE: ScopeRule = ScopeRule::one("certificate", &[":signing:cert:"]);

/// `mac-signing`
pub static MAC_SIGNING: System = System {
    name: "mac-signing",
    doc: "Signs applications and packages for macOS.",
    implementations: &["iscript"],
    pools: &["signing mac*"],
    kinds: &[],
    source: ActionSource::Only,
    actions: &[Action::new("", "signs each file on macOS", |_| {
        Some(&signing::MAC_SIGNING)
    })],
    scopes: &[CERTIFICATE],
    staged: &[""],
    keeps_names: true,
    reads_repository: true,
    production: "a Mac with the certificates of the developer account; Apple's notary service",
};

/// `signing`
pub static SIGNING: System = System {
    name: "signing",
    doc: "Signs files for all systems except macOS: updates, packages, installers, checksums.",
    implementations: &["scriptworker-signing"],
    pools: &["signing"],
    kinds: &[],
    source: ActionSource::Only,
    actions: &[Action::new("", "signs each file in its formats", |_| {
        Some(&signing::SIGNING)
    })],
    scopes: &[CERTIFICATE],
    staged: &[""],
    keeps_names: true,
    reads_repository: false,
    production: "Autograph, with the key of the certificate",
};

/// `beetmover`
pub static BEETMOVER: System = System {
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
        Action::new(
            "push-to-candidates",
            "copies files to the folder of a candidate",
            archive::with_or_without_map,
        ),
        Action::new(
            "push-to-nightly",
            "copies files to the folders of a nightly build",
            archive::with_or_without_map,
        ),
        Action::new(
            "push-to-partner",
            "copies files to the folders of partners",
            archive::with_or_without_map,
        ),
        Action::new(
            "push-to-releases",
            "copies a candidate to the folder of its release",
            |_| Some(&archive::RELEASES),
        ),
        Action::new(
            "push-to-maven",
            "copies libraries to a Maven repository",
            archive::maven,
        ),
        Action::new(
            "push-to-system-addons",
            "copies system add-ons to their folder",
            archive::with_or_without_map,
        ),
        Action::new(
            "direct-push-to-bucket",
            "copies files to a bucket",
            archive::with_or_without_map,
        ),
        Action::new(
            "import-from-gcs-to-artifact-registry",
            "imports packages of the archive into an apt or yum repository",
            |_| Some(&archive::REGISTRY),
        ),
        Action::new(
            "upload-data",
            "publishes data that the payload contains",
            |_| Some(&archive::DATA),
        ),
        Action::new(
            "upload-translations-artifacts",
            "publishes the models of a translation",
            |_| Some(&archive::TRANSLATIONS),
        ),
    ],
    scopes: &[
        ScopeRule::one(
            "bucket or repository",
            &[
                ":beetmover:bucket:",
                ":beetmover:apt-repo:",
                ":beetmover:yum-repo:",
            ],
        ),
        ScopeRule::one("action", &[":beetmover:action:"]),
    ],
    staged: &[
        "push-to-candidates",
        "push-to-nightly",
        "push-to-partner",
        "push-to-releases",
        "push-to-maven",
        "push-to-system-addons",
        "direct-push-to-bucket",
        "import-from-gcs-to-artifact-registry",
        "upload-data",
        "upload-translations-artifacts",
    ],
    keeps_names: false,
    reads_repository: false,
    production: "credentials of the buckets and of the artifact registry",
};

/// `partner-repack`
pub static PARTNER_REPACK: System = System {
    name: "partner-repack",
    doc: "Adds the settings of partners to builds.",
    implementations: &[],
    pools: &[],
    kinds: &["partner-repack", "eme-free-repack"],
    source: ActionSource::Script("partner_repack"),
    actions: &[Action::new(
        "",
        "repacks the builds of a platform for each partner",
        |_| None,
    )],
    scopes: &[],
    staged: &[""],
    keeps_names: false,
    reads_repository: true,
    production: "a key that may read the repositories of partners",
};

/// `attribution`
pub static ATTRIBUTION: System = System {
    name: "attribution",
    doc: "Writes where an installation comes from into installers.",
    implementations: &[],
    pools: &[],
    kinds: &["attribution", "attribution-l10n", "partner-attribution"],
    source: ActionSource::Script("attribut"),
    actions: &[Action::new("", "writes a code into each installer", |_| {
        None
    })],
    scopes: &[],
    staged: &[""],
    keeps_names: false,
    reads_repository: false,
    production: "nothing but the signed installers",
};

/// `checksums`
pub static CHECKSUMS: System = System {
    name: "checksums",
    doc: "Collects the checksums of all files of a candidate.",
    implementations: &[],
    pools: &[],
    kinds: &["generate-checksums"],
    source: ActionSource::Only,
    actions: &[Action::new("", "writes the lists of checksums", |_| None)],
    scopes: &[],
    staged: &[""],
    keeps_names: false,
    reads_repository: false,
    production: "the files of the candidate in the archive",
};
