//! Values about the release, derived from the parameters.
//!
//! Tasks use these values through the transform `task_context`, as parameters below `release`, e.g.
//! `from-parameters: {release-level: release.level}`. All are strings, so that each can select
//! alternatives: `by-release-level: {production: …, default: …}`.

use super::graph_config::GraphConfig;
use super::parameters::Parameters;
use crate::base::value::{Object, Value};
use crate::base::version::{ReleaseChannel, Version, reported};

/// The parameter that contains the values.
pub const PARAMETER: &str = "release";

/// A value that is derived.
#[derive(Debug)]
pub struct Derived {
    /// Its name.
    pub name: &'static str,
    /// Its description, for the reference.
    pub doc: &'static str,
    value: fn(&Release<'_>) -> Option<String>,
}

struct Release<'a> {
    params: &'a Parameters,
    config: &'a GraphConfig,
    version: Option<Version>,
}

impl Release<'_> {
    fn is(&self, channel: fn(ReleaseChannel) -> bool) -> Option<String> {
        self.version
            .as_ref()
            .map(|v| channel(v.channel).to_string())
    }
}

/// Every derived value.
pub static DERIVED: &[Derived] = &[
    Derived {
        name: "level",
        doc: "`production` if level, project and branch match `release-branches` in config.yml, else `staging`",
        value: |release| Some(level(release.config, release.params).to_owned()),
    },
    Derived {
        name: "environment",
        doc: "the environment of the release services: `production` for a release of production, `dev` on Try if `worker-overrides` of `try_task_config` name a worker pool of development, which ends with `-dev`, else `staging`",
        value: |release| Some(environment(release.config, release.params).to_owned()),
    },
    Derived {
        name: "type",
        doc: "the parameter `release_type`, or else derived from the version: `nightly`, `beta`, `release-rc`, `release` or `esr`",
        value: |release| {
            let version = release.version.as_ref().map(Version::release_type);
            let given = release.params.str("release_type");
            let known = Some(given).filter(|text| !text.is_empty()).or(version);
            known.map(str::to_owned)
        },
    },
    Derived {
        name: "product",
        doc: "the parameter `release_product`",
        value: |release| parameter(release, "release_product"),
    },
    Derived {
        name: "phase",
        doc: "the parameter `shipping_phase`: the flavor that is promoted",
        value: |release| parameter(release, "shipping_phase"),
    },
    Derived {
        name: "major",
        doc: "the first number of the version",
        value: |release| release.version.as_ref().map(|v| v.major().to_string()),
    },
    Derived {
        name: "minor",
        doc: "the second number of the version, or 0",
        value: |release| release.version.as_ref().map(|v| v.minor().to_string()),
    },
    Derived {
        name: "patch",
        doc: "the third number of the version, or 0",
        value: |release| release.version.as_ref().map(|v| v.patch().to_string()),
    },
    Derived {
        name: "app_version",
        doc: "the parameter `app_version`, or else the version that the program reports: 94.0 for 94.0b14 and 94.0esr",
        value: |release| {
            let version = reported(release.params.str("version"));
            let version = (!version.is_empty()).then(|| version.to_owned());
            parameter(release, "app_version").or(version)
        },
    },
    Derived {
        name: "is_nightly",
        doc: "`true` for versions like 94.0a1, else `false`",
        value: |release| release.is(|channel| matches!(channel, ReleaseChannel::Nightly(_))),
    },
    Derived {
        name: "is_beta",
        doc: "`true` for versions like 94.0b14, else `false`",
        value: |release| release.is(|channel| matches!(channel, ReleaseChannel::Beta(_))),
    },
    Derived {
        name: "is_esr",
        doc: "`true` for versions like 91.3.0esr, else `false`",
        value: |release| release.is(|channel| channel == ReleaseChannel::Esr),
    },
    Derived {
        name: "is_rc",
        doc: "`true` for release candidates: a flavor with `is-rc`, or a version like 94.0.0-rc.1",
        value: |release| {
            let flavor = release.params.str("release_type").ends_with("-rc");
            let version = release.version.as_ref().map(|v| v.channel);
            Some((flavor || matches!(version, Some(ReleaseChannel::Candidate(_)))).to_string())
        },
    },
    Derived {
        name: "beta_number",
        doc: "14 for 94.0b14; not set for other versions",
        value: |release| match release.version.as_ref()?.channel {
            ReleaseChannel::Beta(number) => Some(number.to_string()),
            _ => None,
        },
    },
];

fn parameter(release: &Release<'_>, name: &str) -> Option<String> {
    let value = release.params.str(name);
    (!value.is_empty()).then(|| value.to_owned())
}

/// Returns every value that can be derived from these parameters.
#[must_use]
pub fn derived(config: &GraphConfig, params: &Parameters) -> Object {
    let release = Release {
        params,
        config,
        version: params.str("version").parse().ok(),
    };
    DERIVED
        .iter()
        .filter_map(|derived| {
            let value = (derived.value)(&release)?;
            Some((derived.name.to_owned(), Value::from(value)))
        })
        .collect()
}

/// Returns the branch of the push: its name alone is `head_ref` in projects whose `.taskcluster.yml` was written for
/// older versions of taskgraph.
#[must_use]
pub fn pushed_branch(params: &Parameters) -> Option<&str> {
    let reference = params.str("head_ref");
    match reference.strip_prefix("refs/heads/") {
        None if reference.is_empty() || reference.starts_with("refs/") => None,
        None => Some(reference),
        branch => branch,
    }
}

/// Returns the environment of the release services that tasks use.
fn environment(config: &GraphConfig, params: &Parameters) -> &'static str {
    if is_production(config, params) {
        return "production";
    }
    let overrides = params.get("try_task_config");
    let overrides = overrides.and_then(|config| config.get("worker-overrides")?.as_object());
    let mut pools = overrides.into_iter().flat_map(Object::values);
    match pools.any(|pool| pool.as_str().is_some_and(|pool| pool.ends_with("-dev"))) {
        true => "dev",
        false => "staging",
    }
}

/// Returns whether a release is `production` or `staging`, as mozilla-taskgraph does: `head_ref` has to be the whole
/// name of a branch.
#[must_use]
pub fn level(config: &GraphConfig, params: &Parameters) -> &'static str {
    let branch = params.str("head_ref").strip_prefix("refs/heads/");
    match is_release(config, params, branch) {
        true => "production",
        false => "staging",
    }
}

/// Whether a push makes releases of production, which must not be staged, also if `head_ref` is the name of the branch
/// alone.
#[must_use]
pub fn is_production(config: &GraphConfig, params: &Parameters) -> bool {
    is_release(config, params, pushed_branch(params))
}

fn is_release(config: &GraphConfig, params: &Parameters, branch: Option<&str>) -> bool {
    let branches = config
        .release_branches()
        .and_then(|projects| projects.get(params.project()));
    let is_release_branch = match branches {
        Some(Value::Bool(all)) => *all,
        Some(Value::Array(names)) => {
            branch.is_some_and(|branch| names.iter().any(|name| name.as_str() == Some(branch)))
        }
        _ => false,
    };
    is_release_branch && params.level() == "3"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;
    use crate::config::test_support::{graph_config, params as parameters};

    #[test]
    fn values_are_derived_from_the_version() {
        let derive = |version: &str| {
            let config = graph_config(json!({}));
            derived(&config, &parameters(json!({"version": version})))
        };
        let beta = derive("94.0b14");
        assert_eq!(
            Value::Object(beta),
            json!({
                "level": "staging", "environment": "staging", "type": "beta", "major": "94", "minor": "0", "patch": "0",
                "app_version": "94.0",
                "is_nightly": "false", "is_beta": "true", "is_esr": "false", "is_rc": "false",
                "beta_number": "14",
            })
        );
        assert_eq!(derive("94.0.1esr")["type"], "esr");
        assert_eq!(derive("94.0.1esr")["is_esr"], "true");
        assert_eq!(derive("94.0a1")["is_nightly"], "true");
        assert_eq!(derive("94.1.0-rc.1")["is_rc"], "true");
        // Other strings have no version.
        assert_eq!(
            derive("tuesday").keys().collect::<Vec<_>>(),
            ["level", "environment", "is_rc"]
        );
    }

    #[test]
    fn the_environment_is_that_of_the_services() {
        let config = graph_config(json!({"release-branches": {"ci": ["beta"]}}));
        let of = |branch: &str, overrides: Value| {
            let params = json!({
                "project": "ci", "level": "3", "head_ref": format!("refs/heads/{branch}"),
                "try_task_config": {"worker-overrides": overrides},
            });
            derived(&config, &parameters(params))["environment"].clone()
        };
        let dev = json!({"balrog": "scriptworker-k8s/ci-1-balrog-dev"});
        let other = json!({"balrog": "scriptworker-k8s/ci-1-balrog"});
        assert_eq!(of("beta", json!({})), "production");
        assert_eq!(of("beta", dev.clone()), "production");
        assert_eq!(of("try", json!({})), "staging");
        assert_eq!(of("try", other), "staging");
        assert_eq!(of("try", dev), "dev");
    }

    #[test]
    fn parameters_take_precedence_over_the_version() {
        let over = json!({
            "version": "94.0", "release_type": "release-rc", "release_product": "fox",
            "shipping_phase": "ship_fox_rc",
        });
        let values = derived(&graph_config(json!({})), &parameters(over));
        assert_eq!(values["type"], "release-rc");
        assert_eq!(values["is_rc"], "true");
        assert_eq!(values["product"], "fox");
        assert_eq!(values["phase"], "ship_fox_rc");
    }

    #[test]
    fn production_releases_need_their_branch_and_level_3() {
        let level_of = |branches: Value, over: Value| {
            level(
                &graph_config(json!({"release-branches": {"ci": branches}})),
                &parameters(over),
            )
        };
        let main = json!({"level": "3", "head_ref": "refs/heads/main"});
        assert_eq!(level_of(json!(true), main.clone()), "production");
        assert_eq!(level_of(json!(false), main.clone()), "staging");
        assert_eq!(level_of(json!(["main"]), main.clone()), "production");
        assert_eq!(level_of(json!(["release"]), main.clone()), "staging");
        let short = json!({"level": "3", "head_ref": "main"});
        assert_eq!(level_of(json!(["main"]), short.clone()), "staging");
        let is_production = |branches: Value| {
            is_production(
                &graph_config(json!({"release-branches": {"ci": branches}})),
                &parameters(short.clone()),
            )
        };
        assert!(is_production(json!(["main"])));
        assert!(!is_production(json!(["release"])));
        let low = json!({"level": "1", "head_ref": "refs/heads/main"});
        assert_eq!(level_of(json!(true), low), "staging");
        let tag = json!({"level": "3", "head_ref": "refs/tags/main"});
        assert_eq!(level_of(json!(["main"]), tag), "staging");
        let other = json!({"level": "3", "project": "fork"});
        assert_eq!(level_of(json!(true), other), "staging");
    }
}
