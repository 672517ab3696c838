//! The schema of the input of release promotion.
//!
//! For flavors with only the keys of mozilla-taskgraph, it is that of mozilla-taskgraph. Further
//! properties depend on the needs of the flavors.

use super::flavor::{chains, flavors, names};
use crate::base::value::{Object, Value, json, truthy};
use crate::config::graph_config::GraphConfig;

/// The input that accepts unexpected tasks of earlier phases.
pub const EARLIER_PHASES: &str = "allow_earlier_phases";

/// The Treeherder symbol: the flavor, or the flavors of a chain.
pub fn symbol(config: &GraphConfig) -> Value {
    let flavor = "${input.release_promotion_flavor}";
    if !chains(config) {
        return json!(flavor);
    }
    json!({
        "$if": "typeof(input.release_promotion_flavor) == 'string'",
        "then": flavor,
        "else": "${join(input.release_promotion_flavor, '+')}",
    })
}

/// The schema of the input.
pub fn schema(config: &GraphConfig) -> Value {
    let names = names(config);
    let rebuild = config
        .get("release-promotion")
        .and_then(|section| section.get("rebuild-kinds"))
        .cloned()
        .unwrap_or(json!([]));
    let mut schema = json!({
        "type": "object",
        "properties": {
            "release_promotion_flavor": flavor(config, &names),
            "build_number": {
                "type": "integer",
                "default": 1,
                "minimum": 1,
                "title": "The release build number",
                "description": "The release build number. Starts at 1 per release version, and \
                                increments on rebuild.",
            },
            "version": {
                "type": "string",
                "description": "Optional: override the version for release promotion. \
                                Occasionally we'll land a taskgraph fix in a later commit, but want \
                                to act on a build from a previous commit. If a version bump has \
                                landed in the meantime, relying on the in-tree version will break \
                                things.",
                "default": "",
            },
            "do_not_optimize": {
                "type": "array",
                "description": described(
                    config,
                    "Optional: a list of labels to avoid optimizing out of the graph (to force a \
                     rerun).",
                    "do-not-optimize",
                ),
                "items": {"type": "string"},
            },
            "rebuild_kinds": {
                "type": "array",
                "description": described(
                    config,
                    "Optional: an array of kinds to ignore from the previous graph(s).",
                    "rebuild-kinds",
                ),
                "default": rebuild,
                "items": {"type": "string"},
            },
            "previous_graph_ids": {
                "type": "array",
                "description": "Optional: an array of taskIds of decision or action tasks from the \
                                previous graph(s) to use to populate our `previous_graph_kinds`.",
                "items": {"type": "string"},
            },
        },
        "required": ["release_promotion_flavor", "build_number"],
    });
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.extend(further(config));
    }
    schema
}

fn flavor(config: &GraphConfig, names: &[&str]) -> Value {
    let mut one = json!({
        "type": "string",
        "description": "The flavor of release promotion to perform.",
        "default": "<REPLACE ME>",
        "enum": names,
    });
    if !chains(config) {
        return one;
    }
    if let Value::Object(one) = &mut one {
        one.shift_remove("type");
        one.shift_remove("enum");
        let several = json!({
            "type": "array",
            "items": {"type": "string", "enum": names},
            "minItems": 1,
            "uniqueItems": true,
        });
        let choice = json!([{"type": "string", "enum": names}, several]);
        one.insert("anyOf", choice);
        one.insert(
            "description",
            json!(
                "The flavor of release promotion to perform, or a list of flavors: each starts when \
                 the previous one has completed."
            ),
        );
    }
    one
}

/// Returns a description with the default of each flavor.
fn described(config: &GraphConfig, text: &str, key: &str) -> String {
    let mut defaults: Vec<String> = flavors(config)
        .filter_map(|(name, flavor)| {
            let list = flavor.get(key)?.as_array()?;
            let items: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            (!items.is_empty()).then(|| format!("{name}: {}", items.join(" ")))
        })
        .collect();
    if defaults.is_empty() {
        return text.to_owned();
    }
    defaults.sort_unstable();
    format!(
        "{text} By default, the list of the flavor ({}).",
        defaults.join("; ")
    )
}

/// Returns the properties that mozilla-taskgraph does not have.
fn further(config: &GraphConfig) -> Object {
    let with = |key: &str| {
        let mut names: Vec<&str> = flavors(config)
            .filter(|(_, flavor)| flavor.get(key).is_some_and(truthy))
            .map(|(name, _)| name)
            .collect();
        names.sort_unstable();
        names.join(", ")
    };
    let mut further = Object::new();
    let mut add = |name: &str, property: Value| {
        further.insert(name.to_owned(), property);
    };
    let bumped = with("version-bump");
    if !bumped.is_empty() {
        add(
            "next_version",
            json!({
                "type": "string",
                "description": format!("The version after this one. Needed by: {bumped}."),
                "default": "",
            }),
        );
    }
    let partial = with("partial-updates");
    if !partial.is_empty() {
        add(
            "partial_updates",
            json!({
                "type": "object",
                "description": format!(
                    "The releases that partial updates start from, by version. Needed for real \
                     releases by: {partial}."
                ),
                "default": {},
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "buildNumber": {"type": "integer", "minimum": 1},
                        "locales": {"type": "array", "items": {"type": "string"}},
                    },
                    "required": ["buildNumber"],
                    "additionalProperties": false,
                },
            }),
        );
    }
    if with("product").is_empty() {
        return further;
    }
    add(
        "revision",
        json!({
            "type": "string",
            "description": "Optional: the revision whose decision task is promoted if \
                            `previous_graph_ids` is not given.",
        }),
    );
    add(
        "allow_mixed_revisions",
        json!({
            "type": "boolean",
            "default": false,
            "description": "Ship even if tasks of one phase were created from several revisions.",
        }),
    );
    add(
        EARLIER_PHASES,
        json!({
            "type": "boolean",
            "default": false,
            "description": "Create tasks of earlier phases that the previous graphs should have, \
                            even if neither the input nor the flavor names them.",
        }),
    );
    for (name, property) in release_properties() {
        add(name, property);
    }
    further
}

/// The properties that become the parameter of the same name.
pub fn release_properties() -> [(&'static str, Value); 7] {
    let text = |about: &str| json!({"type": "string", "description": about});
    let flag = |about: &str| json!({"type": "boolean", "description": about});
    [
        (
            "release_eta",
            text("Optional: when the release goes out, as an ISO 8601 date with a time zone."),
        ),
        (
            "release_partners",
            json!({
                "type": "array",
                "description": "Optional: the partners to build for; by default, all of them.",
                "items": {"type": "string"},
            }),
        ),
        (
            "release_partner_config",
            json!({
                "type": "object",
                "description": "Optional: the configuration of partner builds.",
            }),
        ),
        (
            "release_partner_build_number",
            json!({
                "type": "integer",
                "minimum": 1,
                "description": "Optional: the build number of partner builds.",
            }),
        ),
        (
            "release_enable_partner_repack",
            flag("Optional: whether releases are repacked for partners."),
        ),
        (
            "release_enable_partner_attribution",
            flag("Optional: whether releases are attributed to partners."),
        ),
        (
            "release_enable_emefree",
            flag("Optional: whether to build releases without EME."),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::test_support::graph_config;

    #[test]
    fn flavors_without_a_mapping_are_offered() {
        let flavors = json!({
            "ship": {"target-tasks-method": "ship"},
            "later": null,
            "promote": {"target-tasks-method": "promote"},
        });
        let config = graph_config(json!({"release-promotion": {"flavors": flavors}}));
        let offered = &schema(&config)["properties"]["release_promotion_flavor"]["enum"];
        assert_eq!(*offered, json!(["later", "promote", "ship"]));
    }
}
