//! The environments of all services, and what belongs to each.

use std::collections::BTreeSet;

use super::host_name::{domain, is_host, names_in};
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
    /// The environment that a scope belongs to: the service, and who it is for. One that ends in `*` belongs to
    /// production if it includes any scope of production.
    #[must_use]
    pub fn of_scope(&self, scope: &str) -> Option<(&str, Tier)> {
        let known = self.environments.iter().flat_map(|environment| {
            let patterns = environment.scopes.iter();
            patterns.map(move |pattern| (pattern, environment))
        });
        if let Some(beginning) = scope.strip_suffix('*') {
            let mut known = known.clone();
            let included = known.find(|(pattern, environment)| {
                environment.tier == Tier::Production && pattern.may_continue(beginning)
            });
            if let Some((_, environment)) = included {
                return Some((&environment.service, Tier::Production));
            }
        }
        // `googleplay:product:*:dep` is more specific than `googleplay:product:*`.
        let matching = known.filter(|(pattern, _)| pattern.matches(scope));
        let (_, environment) = matching.max_by_key(|(pattern, environment)| {
            // Of equally specific ones, the more restrictive.
            (pattern.precision(), std::cmp::Reverse(environment.tier))
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

    /// The hosts that a text in lower case names, with their environments.
    pub(super) fn hosts_in(&self, text: &str) -> Vec<(&Environment, String)> {
        let mut found = Vec::new();
        for name in names_in(text) {
            let of = |wanted: fn(&str) -> bool| {
                let environments = self.environments.iter();
                let of_name = environments.filter(|environment| {
                    let mut hosts = environment.hosts.iter().filter(|host| wanted(host));
                    hosts.any(|host| is_host(&name, host))
                });
                of_name.collect::<Vec<_>>()
            };
            // A host that is known by name is not a part of its domain.
            let mut environments = of(|host| !host.starts_with('*'));
            if environments.is_empty() {
                environments = of(|host| host.starts_with('*'));
            }
            found.extend(environments.into_iter().map(|one| (one, name.clone())));
        }
        found
    }

    /// The hosts of services that nothing here manages, in a text in lower case.
    pub(super) fn unmanaged_in(&self, text: &str) -> Vec<&str> {
        let names = names_in(text);
        let hosts = self.unmanaged.iter().map(String::as_str);
        hosts
            .filter(|host| names.iter().any(|name| is_host(name, host)))
            .collect()
    }

    /// Whether a text in lower case may name a host.
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
        let domains = hosts.chain(&self.unmanaged).map(|host| domain(host));
        let domains: BTreeSet<String> = domains.collect();
        self.domains = domains.into_iter().collect();
        self
    }

    /// Whether the project has described its environments: what is wrong then is an error.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        self.is_declared
    }
}
