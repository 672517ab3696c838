//! Mozilla's release services.
//!
//! The hosts are those that Mozilla's projects and workers name, the scopes those that its workers ask for
//! (<https://github.com/mozilla-releng/scriptworker-scripts>), and the pools those of its deployment
//! (<https://github.com/mozilla-releng/fxci-config>).

use super::patterns::{PoolPattern, ScopePattern};
use super::table::{Environment, Environments};
use super::tier::Tier;

/// One environment of a service.
pub(super) struct KnownEnvironment {
    pub(super) service: &'static str,
    pub(super) tier: Tier,
    pub(super) hosts: &'static [&'static str],
    scopes: &'static [&'static str],
    may_be_read: bool,
}

const fn production(
    service: &'static str,
    hosts: &'static [&'static str],
    scopes: &'static [&'static str],
) -> KnownEnvironment {
    KnownEnvironment {
        service,
        tier: Tier::Production,
        hosts,
        scopes,
        may_be_read: false,
    }
}

const fn staging(
    service: &'static str,
    hosts: &'static [&'static str],
    scopes: &'static [&'static str],
) -> KnownEnvironment {
    KnownEnvironment {
        tier: Tier::Staging,
        ..production(service, hosts, scopes)
    }
}

impl KnownEnvironment {
    /// The environment of those who develop the service.
    const fn dev(self) -> Self {
        Self {
            tier: Tier::Dev,
            ..self
        }
    }

    /// Tasks of other environments may read from it: previous releases, their updates, and tasks of earlier pushes.
    const fn read_by_others(self) -> Self {
        Self {
            may_be_read: true,
            ..self
        }
    }
}

/// The environments of Mozilla's services.
pub(super) static SERVICES: &[KnownEnvironment] = &[
    production(
        "addons",
        &["addons.mozilla.org"],
        &["addons.mozilla.org:server:production"],
    ),
    staging(
        "addons",
        &["addons.allizom.org"],
        &["addons.mozilla.org:server:staging"],
    ),
    staging("addons", &["addons-dev.allizom.org"], &[]).dev(),
    production(
        "archive",
        &[
            "archive.mozilla.org",
            "download.cdn.mozilla.net",
            "ftp.mozilla.org",
        ],
        &[
            "beetmover:bucket:nightly",
            "beetmover:bucket:release",
            "beetmover:bucket:partner",
            "beetmover:apt-repo:nightly",
            "beetmover:apt-repo:release",
            "beetmover:yum-repo:nightly",
            "beetmover:yum-repo:release",
        ],
    )
    .read_by_others(),
    staging(
        "archive",
        &[
            "ftp.stage.mozaws.net",
            "bucketlister-delivery.stage.mozaws.net",
        ],
        &[
            "beetmover:bucket:dep",
            "beetmover:bucket:dep-partner",
            "beetmover:apt-repo:dep",
            "beetmover:yum-repo:dep",
        ],
    ),
    production(
        "autograph",
        &["prod.autograph.prod.webservices.mozgcp.net"],
        &[
            "signing:cert:nightly-signing",
            "signing:cert:release-signing",
            "signing:cert:production-signing",
            "signing:cert:fennec-production-signing",
        ],
    ),
    // Keys of dep builds are in the production service.
    staging("dep signing", &[], &["signing:cert:dep-signing"]),
    staging(
        "autograph",
        &[
            "stage.autograph.nonprod.webservices.mozgcp.net",
            "autograph-external.stage.autograph.services.mozaws.net",
        ],
        &[],
    ),
    production(
        "balrog",
        &[
            "aus2.mozilla.org",
            "aus3.mozilla.org",
            "aus4-admin.mozilla.org",
            "aus4.mozilla.org",
            "aus5.mozilla.org",
        ],
        &[
            "balrog:server:nightly",
            "balrog:server:beta",
            "balrog:server:release",
            "balrog:server:esr",
            "balrog:server:aurora",
        ],
    )
    .read_by_others(),
    staging(
        "balrog",
        &[
            "admin.stage.balrog.nonprod.webservices.mozgcp.net",
            "balrog-admin-static-stage.stage.mozaws.net",
            "stage.balrog.nonprod.cloudops.mozgcp.net",
        ],
        &["balrog:server:dep"],
    ),
    production(
        "bouncer",
        &[
            "download.mozilla.org",
            "admin.prod.bouncer.prod.webservices.mozgcp.net",
        ],
        &["bouncer:server:production"],
    )
    .read_by_others(),
    staging(
        "bouncer",
        &[
            "dev.bouncer.nonprod.webservices.mozgcp.net",
            "admin.dev.bouncer.nonprod.webservices.mozgcp.net",
        ],
        &["bouncer:server:staging", "bouncer:server:staging-nazgul"],
    ),
    production(
        "Flathub",
        &[],
        &[
            "flathub:beta",
            "flathub:stable",
            "flathub:*:beta",
            "flathub:*:stable",
        ],
    ),
    staging("Flathub", &[], &["flathub:mock", "flathub:*:mock"]),
    production("Google Play", &[], &["googleplay:product:*"]),
    staging("Google Play", &[], &["googleplay:product:*:dep"]),
    production("Lando", &[], &["lando:repo:*", "treescript:action:push"]),
    staging(
        "Lando",
        &["stage.lando.nonprod.webservices.mozgcp.net"],
        &["lando:repo:staging-*"],
    ),
    production(
        "Maven",
        &["maven.mozilla.org"],
        &[
            "beetmover:bucket:maven-production",
            "beetmover:bucket:maven-nightly-production",
        ],
    )
    .read_by_others(),
    staging(
        "Maven",
        &[
            "maven-default.stage.mozaws.net",
            "maven-nightly-stage-s3-upload-bucket.s3.amazonaws.com",
        ],
        &[
            "beetmover:bucket:maven-staging",
            "beetmover:bucket:maven-nightly-staging",
        ],
    ),
    production(
        "Microsoft Store",
        &[],
        &[
            "microsoftstore:beta",
            "microsoftstore:release",
            "microsoftstore:esr",
        ],
    ),
    staging("Microsoft Store", &[], &["microsoftstore:mock"]),
    production(
        "Ship It",
        &["shipit.mozilla-releng.net", "shipit-api.mozilla-releng.net"],
        // Chain of Trust knows the second one.
        &["ship-it:server:production", "ship-it:production"],
    )
    .read_by_others(),
    staging(
        "Ship It",
        &[
            "shipit.staging.mozilla-releng.net",
            "api.shipit.staging.mozilla-releng.net",
        ],
        &["ship-it:server:staging"],
    ),
    production("Taskcluster", &["firefox-ci-tc.services.mozilla.com"], &[]).read_by_others(),
    staging(
        "Taskcluster",
        &["stage.taskcluster.nonprod.cloudops.mozgcp.net"],
        &[],
    ),
    staging(
        "other services",
        &[
            "*.nonprod.cloudops.mozgcp.net",
            "*.nonprod.webservices.mozgcp.net",
            "*.stage.mozaws.net",
            "*.allizom.org",
            "*.staging.mozilla-releng.net",
        ],
        &[],
    ),
];

/// Mozilla's worker pools. The first that matches counts.
static POOLS: &[(Tier, &str)] = &[
    (Tier::Dev, "scriptworker-*/*-dev"),
    (Tier::Staging, "scriptworker-*/dep-*"),
    (Tier::Staging, "scriptworker-*/*-1-*"),
    (Tier::Staging, "scriptworker-*/*-2-*"),
    (Tier::Staging, "scriptworker-*/*-t-*"),
    (Tier::Production, "scriptworker-*/*-3-*"),
    (Tier::Production, "scriptworker-*/*-signing-mac*"),
    (Tier::Production, "{trust-domain}-3"),
    (Tier::Production, "{trust-domain}-3-*"),
    (Tier::Staging, "{trust-domain}-1"),
    (Tier::Staging, "{trust-domain}-1-*"),
    (Tier::Staging, "{trust-domain}-2"),
    (Tier::Staging, "{trust-domain}-2-*"),
];

/// The hosts of services that releases use, but that have no other environment, or none that tasks could choose.
static UNMANAGED: &[&str] = &[
    "bugzilla.mozilla.org",
    "hg.mozilla.org",
    "product-details.mozilla.org",
    "pulse.mozilla.org",
    "treeherder.mozilla.org",
    "www.mozilla.org",
];

impl Environments {
    /// Mozilla's.
    #[must_use]
    pub fn known() -> Self {
        let environments = SERVICES.iter().map(|known| Environment {
            service: known.service.to_owned(),
            tier: known.tier,
            hosts: known.hosts.iter().map(|host| (*host).to_owned()).collect(),
            scopes: known
                .scopes
                .iter()
                .map(|scope| ScopePattern::new(scope))
                .collect(),
            may_be_read: known.may_be_read,
        });
        let pools = POOLS
            .iter()
            .map(|(tier, pattern)| (*tier, PoolPattern::new(pattern)));
        Self {
            environments: environments.collect(),
            pools: pools.collect(),
            unmanaged: UNMANAGED.iter().map(|host| (*host).to_owned()).collect(),
            is_declared: false,
            domains: Vec::new(),
        }
        .with_domains()
    }
}
