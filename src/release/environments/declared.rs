//! The environments that a project describes in `environments.yml`.

use super::patterns::{PoolPattern, ScopePattern};
use super::table::{Environment, Environments};
use super::tier::Tier;
use crate::base::value::{Object, Value};
use crate::config::graph_config::GraphConfig;

impl Environments {
    /// Those of a project: Mozilla's, with the services that `environments.yml` describes in place of those of the
    /// same name, and its pools before Mozilla's.
    #[must_use]
    pub fn of_project(config: &GraphConfig) -> Self {
        let mut known = Self::known();
        let Some(declared) = config.environments() else {
            return known;
        };
        known.is_declared = true;
        let section = |name: &str| declared.get(name).and_then(Value::as_object);
        for (service, environments) in section("services").into_iter().flatten() {
            known
                .environments
                .retain(|environment| environment.service != service.as_str());
            for tier in Tier::ALL {
                if let Some(Value::Object(described)) = environments.get(tier.name()) {
                    known
                        .environments
                        .push(environment(service, tier, described));
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
        known.unmanaged.extend(texts(declared.get("unmanaged")));
        known.unmanaged.sort();
        known.unmanaged.dedup();
        known.with_domains()
    }
}

fn environment(service: &str, tier: Tier, described: &Object) -> Environment {
    let scopes = texts(described.get("scopes"));
    Environment {
        service: service.to_owned(),
        tier,
        hosts: texts(described.get("hosts")),
        scopes: scopes
            .iter()
            .map(|scope| ScopePattern::new(scope))
            .collect(),
        may_be_read: described.get("may-be-read") == Some(&Value::Bool(true)),
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
