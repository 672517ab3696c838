//! The environments that a project describes in `environments.yml`.

use super::patterns::{PoolPattern, ScopePattern};
use super::table::{Environment, Environments};
use super::tier::Tier;
use crate::base::value::{Object, Value};
use crate::config::graph_config::GraphConfig;

impl Environments {
    /// Those of a project: Mozilla's with what `environments.yml` adds to them. What it says of a host or a scope
    /// takes precedence, and so do its pools.
    #[must_use]
    pub fn of_project(config: &GraphConfig) -> Self {
        let mut known = Self::known();
        let Some(declared) = config.environments() else {
            return known;
        };
        known.is_declared = true;
        let section = |name: &str| declared.get(name).and_then(Value::as_object);
        for (service, environments) in section("services").into_iter().flatten() {
            for tier in Tier::ALL {
                if let Some(Value::Object(described)) = environments.get(tier.name()) {
                    known.describe(service, tier, described);
                }
            }
        }
        let mut pools = Vec::new();
        for tier in [Tier::Dev, Tier::Staging, Tier::Production] {
            let patterns = declared
                .get("pools")
                .and_then(|pools| pools.get(tier.name()));
            pools.extend(
                texts(patterns)
                    .iter()
                    .map(|text| (tier, PoolPattern::new(text))),
            );
        }
        known.pools.splice(0..0, pools);
        let unmanaged = texts(declared.get("unmanaged"));
        known
            .unmanaged
            .extend(unmanaged.iter().map(|host| host.to_ascii_lowercase()));
        known.unmanaged.sort();
        known.unmanaged.dedup();
        known.with_domains()
    }

    /// Adds what a project says of an environment.
    fn describe(&mut self, service: &str, tier: Tier, described: &Object) {
        let hosts: Vec<String> = texts(described.get("hosts"))
            .iter()
            .map(|host| host.to_ascii_lowercase())
            .collect();
        let scopes = texts(described.get("scopes"));
        let scopes: Vec<ScopePattern> = scopes.iter().map(|one| ScopePattern::new(one)).collect();
        for other in &mut self.environments {
            other.hosts.retain(|host| !hosts.contains(host));
            other.scopes.retain(|scope| !scopes.contains(scope));
        }
        let may_be_read = described
            .get("may-be-read")
            .map(|value| *value == Value::Bool(true));
        let mut same = self.environments.iter_mut();
        match same.find(|one| one.service == service && one.tier == tier) {
            Some(one) => {
                one.hosts.extend(hosts);
                one.scopes.extend(scopes);
                one.may_be_read = may_be_read.unwrap_or(one.may_be_read);
            }
            None => self.environments.push(Environment {
                service: service.to_owned(),
                tier,
                hosts,
                scopes,
                may_be_read: may_be_read.unwrap_or(false),
            }),
        }
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
