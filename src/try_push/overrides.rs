//! What a push to try asks of the project's own Python code, in the parameter `try_task_config`.

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::value::{Object, Value, json};
use crate::config::graph_config::GraphConfig;

/// The SCM level of pushes to try.
const LEVEL: &str = "1";

/// What is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Overrides<'a> {
    /// Worker aliases with their pools: `ALIAS=PROVISIONER/WORKER-TYPE`.
    pub pools: &'a [String],
    /// Worker aliases with what follows the names of their pools: `ALIAS=SUFFIX`.
    pub suffixes: &'a [String],
    /// Routes that the tasks get.
    pub routes: &'a [String],
    /// Whether builds are not optimized with profiles.
    pub disables_pgo: bool,
}

impl Overrides<'_> {
    /// The parameter `try_task_config`; empty if nothing is asked for.
    ///
    /// # Errors
    /// An unknown alias, one that is named twice, or a project that reads none of this.
    pub fn parameter(&self, config: &GraphConfig, in_python: bool) -> Outcome<Object> {
        let mut parameter = Object::new();
        if self.disables_pgo {
            parameter.insert("disable-pgo", json!(true));
        }
        if !self.routes.is_empty() {
            parameter.insert("routes", json!(self.routes));
        }
        let pools = self.worker_pools(config)?;
        if !pools.is_empty() {
            parameter.insert("worker-overrides", Value::Object(pools));
        }
        if !in_python && let Some((key, _)) = parameter.iter().next() {
            return Err(Diagnostic::usage(format!(
                "nothing would read `{key}` in the parameter `try_task_config`"
            ))
            .because("only the Python code of a project can do so, and this project has none")
            .help("change the kinds or config.yml in the push itself")
            .into());
        }
        Ok(parameter)
    }

    fn worker_pools(&self, config: &GraphConfig) -> Outcome<Object> {
        let mut wrong = Diagnostics::new();
        let mut pools = Object::new();
        let whole = self.pools.iter().map(|text| ("--worker-override", text));
        let suffixes = self.suffixes.iter().map(|text| ("--worker-suffix", text));
        for (flag, text) in whole.chain(suffixes) {
            let Some((alias, value)) = text.split_once('=') else {
                wrong.push(
                    Diagnostic::usage(format!("`{flag} {text}`: there is no `=`"))
                        .help("write the alias before it, such as `beetmover=-dev`"),
                );
                continue;
            };
            let attribute = |by: &str| match by {
                "level" => Some(Value::from(LEVEL)),
                "release-level" => Some(Value::from("staging")),
                _ => None,
            };
            let pool = config.worker_pool_by(alias, LEVEL, &attribute);
            let Some(pool) = wrong.keep(pool.map_err(Diagnostics::from)) else {
                continue;
            };
            let pool = match flag {
                "--worker-suffix" => format!("{pool}{value}"),
                _ => value.to_owned(),
            };
            if pools.insert(alias.to_owned(), Value::from(pool)).is_some() {
                wrong.push(
                    Diagnostic::usage(format!("the worker alias `{alias}` gets two pools"))
                        .help("name it once, with `--worker-override` or `--worker-suffix`"),
                );
            }
        }
        wrong.or_ok(pools)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::test_support::graph_config;

    fn config() -> GraphConfig {
        let keyed = json!({"by-release-level": {
            "production": "{trust-domain}-{level}-balrog",
            "default": {"by-level": {"1": "{trust-domain}-1-balrog", "default": "other"}},
        }});
        let alias = |worker_type: Value| {
            json!({
                "provisioner": "scriptworker-k8s", "implementation": "balrog", "os": "linux",
                "worker-type": worker_type,
            })
        };
        let aliases = json!({"balrog": alias(keyed), "t-linux.*": alias(json!("{alias}-gcp"))});
        // Without Python code, no alias may be keyed by the release level.
        let taskgraph = json!({"register": "a:b", "repositories": {"ci": {"name": "ci"}}});
        graph_config(json!({"workers": {"aliases": aliases}, "taskgraph": taskgraph}))
    }

    #[test]
    fn pools_are_those_below_release_level() {
        let overrides = Overrides {
            pools: &["t-linux-large=other/pool".to_owned()],
            suffixes: &["balrog=-dev".to_owned()],
            disables_pgo: true,
            routes: &["index.a".to_owned()],
        };
        assert_eq!(
            Value::Object(overrides.parameter(&config(), true).unwrap()),
            json!({
                "disable-pgo": true,
                "routes": ["index.a"],
                "worker-overrides": {
                    "t-linux-large": "other/pool",
                    "balrog": "scriptworker-k8s/snow-1-balrog-dev",
                },
            })
        );
        let refused = overrides.parameter(&config(), false).unwrap_err();
        assert!(
            refused
                .iter()
                .any(|one| one.message.contains("disable-pgo"))
        );
        let nothing = Overrides::default().parameter(&config(), false);
        assert_eq!(nothing, Ok(Object::new()));
    }

    #[test]
    fn mistakes_are_found_together() {
        let texts = ["balrog", "balrogg=a/b", "balrog=a/b"].map(str::to_owned);
        let overrides = Overrides {
            pools: &texts,
            suffixes: &["balrog=-dev".to_owned()],
            ..Overrides::default()
        };
        let wrong = overrides.parameter(&config(), true).unwrap_err();
        let said: Vec<&str> = wrong.iter().map(|one| one.message.as_str()).collect();
        assert_eq!(
            said,
            [
                "`--worker-override balrog`: there is no `=`",
                "unknown worker alias `balrogg`",
                "the worker alias `balrog` gets two pools",
            ]
        );
    }
}
