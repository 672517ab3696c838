//! The environments of all services, and what belongs to each.

use std::collections::BTreeSet;

use super::host_name::names_host;
use super::patterns::{PoolPattern, ScopePattern};
use super::tier::Tier;

/// One environment of a service.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    pub(super) service: String,
    pub(super) tier: Tier,
    pub(super) hosts: Vec<String>,
    pub(super) scopes: Vec<ScopePattern>,
    /// Whether tasks of the other environments may read from its hosts.
    pub(super) may_be_read: bool,
}

/// The environments of all services.
#[derive(Debug, Clone)]
pub struct Environments {
    pub(super) environments: Vec<Environment>,
    pub(super) pools: Vec<(Tier, PoolPattern)>,
    pub(super) unmanaged: Vec<String>,
    /// Whether a project has described them itself.
    pub(super) is_declared: bool,
    /// The domains of all hosts, to find texts that name none.
    pub(super) domains: Vec<String>,
}

impl Environments {
    /// The environment that a scope belongs to: the service, and who it is for.
    #[must_use]
    pub fn of_scope(&self, scope: &str) -> Option<(&str, Tier)> {
        // `googleplay:product:*:dep` is more specific than `googleplay:product:*`.
        let found = self.environments.iter().flat_map(|environment| {
            let matching = environment
                .scopes
                .iter()
                .filter(|pattern| pattern.matches(scope));
            matching.map(move |pattern| (pattern.precision(), environment))
        });
        let (_, environment) = found.max_by_key(|(precision, environment)| {
            // Of equally specific ones, the more restrictive.
            (*precision, std::cmp::Reverse(environment.tier))
        })?;
        Some((&environment.service, environment.tier))
    }

    /// Who a worker pool (`provisioner/worker-type`) is for; `None` if that does not depend on the level, or is not
    /// known.
    #[must_use]
    pub fn of_pool(&self, pool: &str, trust_domain: &str) -> Option<Tier> {
        let mut tiers = self.pools.iter();
        // Development pools are named after those that they replace.
        let found = tiers.find(|(_, pattern)| pattern.matches(pool, trust_domain));
        found.map(|(tier, _)| *tier)
    }

    /// The hosts of an environment that a text names.
    pub(super) fn hosts_in<'e>(&'e self, text: &str) -> Vec<(&'e Environment, &'e str)> {
        if !self.may_name_a_host(text) {
            return Vec::new();
        }
        let hosts = self.environments.iter().flat_map(|environment| {
            let hosts = environment.hosts.iter();
            hosts.map(move |host| (environment, host.as_str()))
        });
        let mut found: Vec<_> = hosts.filter(|(_, host)| names_host(text, host)).collect();
        // A host that is known by name is not told a second time for its domain.
        if found.iter().any(|(_, host)| !host.starts_with('*')) {
            found.retain(|(_, host)| !host.starts_with('*'));
        }
        found
    }

    /// Whether a text names one of the domains.
    pub(super) fn may_name_a_host(&self, text: &str) -> bool {
        self.domains
            .iter()
            .any(|domain| text.contains(domain.as_str()))
    }

    /// Notes the domains of the hosts.
    pub(super) fn with_domains(mut self) -> Self {
        let hosts = self
            .environments
            .iter()
            .flat_map(|environment| &environment.hosts);
        let domains = hosts.chain(&self.unmanaged).map(|host| {
            let labels: Vec<&str> = host.rsplitn(3, '.').collect();
            let domain: Vec<&str> = labels.iter().take(2).rev().copied().collect();
            domain.join(".")
        });
        let domains: BTreeSet<String> = domains.collect();
        self.domains = domains.into_iter().collect();
        self
    }

    /// Whether the project has described its environments: what is wrong then is an error.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        self.is_declared
    }

    /// The hosts of services that nothing here manages.
    #[must_use]
    pub fn unmanaged(&self) -> &[String] {
        &self.unmanaged
    }
}
