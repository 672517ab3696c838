//! Stores, which have no staging of their own.

use crate::release::payload::stores;
use crate::release::scopes::ScopeRule;
use crate::release::system::{Action, ActionSource, System};

/// `pushapk`
pub static PUSHAPK: System = System {
    name: "pushapk",
    doc: "Pushes Android packages and bundles to stores.",
    implementations: &["push-apk", "push-bundle", "scriptworker-pushapk"],
    pools: &["pushapk"],
    kinds: &[],
    source: ActionSource::Only,
    actions: &[Action::new("", "pushes packages of one product", |_| {
        Some(&stores::APK)
    })],
    scopes: &[ScopeRule::one("product", &[":googleplay:product:"])],
    staged: &[""],
    keeps_names: false,
    reads_repository: false,
    production: "an account of Google Play or of the Galaxy Store",
};

/// `pushsnap`
pub static PUSHSNAP: System = System {
    name: "pushsnap",
    doc: "Pushes snaps to the Snap Store.",
    implementations: &["push-snap", "scriptworker-pushsnap"],
    pools: &["pushsnap"],
    kinds: &[],
    source: ActionSource::Only,
    actions: &[Action::new("", "pushes a snap to a channel", |_| {
        Some(&stores::SNAP)
    })],
    scopes: &[ScopeRule::one("channel", &[":snapcraft:"]).naming("channel")],
    staged: &[""],
    keeps_names: false,
    reads_repository: false,
    production: "an account of the Snap Store",
};

/// `pushflatpak`
pub static PUSHFLATPAK: System = System {
    name: "pushflatpak",
    doc: "Pushes flatpaks to Flathub.",
    implementations: &["push-flatpak", "scriptworker-pushflatpak"],
    pools: &["pushflatpak"],
    kinds: &[],
    source: ActionSource::Only,
    actions: &[Action::new("", "pushes a flatpak to a channel", |_| {
        Some(&stores::FLATPAK)
    })],
    scopes: &[ScopeRule::some("channel", &[":flathub:"]).naming("channel")],
    staged: &[""],
    keeps_names: false,
    reads_repository: false,
    production: "a token of Flathub",
};

/// `pushmsix`
pub static PUSHMSIX: System = System {
    name: "pushmsix",
    doc: "Pushes MSIX packages to the Microsoft Store.",
    implementations: &["push-msix", "scriptworker-pushmsix"],
    pools: &["pushmsix"],
    kinds: &[],
    source: ActionSource::Only,
    actions: &[Action::new("", "pushes packages to a channel", |_| {
        Some(&stores::MSIX)
    })],
    scopes: &[ScopeRule::one("channel", &[":microsoftstore:"]).naming("channel")],
    staged: &[""],
    keeps_names: false,
    reads_repository: false,
    production: "an account of the Microsoft Store",
};

/// `image`
pub static IMAGE: System = System {
    name: "image",
    doc: "Pushes container images to a registry.",
    implementations: &[],
    pools: &[],
    kinds: &["push-image"],
    source: ActionSource::Script("push_image.sh"),
    actions: &[Action::new("", "pushes an image under its tags", |_| None)],
    scopes: &[],
    staged: &[""],
    keeps_names: false,
    reads_repository: false,
    production: "the password of an account of the registry",
};

/// `addons`
pub static ADDONS: System = System {
    name: "addons",
    doc: "Pushes language packs and other add-ons to addons.mozilla.org.",
    implementations: &["push-addons", "scriptworker-addons"],
    pools: &["addon"],
    kinds: &[],
    source: ActionSource::Only,
    actions: &[Action::new(
        "",
        "pushes add-ons, and returns them signed",
        |_| Some(&stores::ADDONS),
    )],
    scopes: &[ScopeRule::one("server", &[":addons.mozilla.org:server:"])],
    staged: &[""],
    keeps_names: false,
    reads_repository: false,
    production: "an account of addons.mozilla.org",
};
