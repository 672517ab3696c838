//! The schema of the input of release promotion.
//!
//! It is the peer's for flavors that say no more than the peer knows. What else can be given depends
//! on what the flavors need.

use crate::base::diagnostic::Diagnostic;
use crate::base::path::ValuePath;

use crate::base::value::{Object, Value, json, truthy};
use crate::config::graph_config::GraphConfig;

/// The input that accepts tasks of earlier phases that were not asked for.
pub const EARLIER_PHASES: &str = "allow_earlier_phases";

/// The flavors of a project, in the order in which they are written.
pub fn flavors(config: &GraphConfig) -> impl Iterator<Item = (&str, &Object)> {
    written(config).filter_map(|(name, flavor)| Some((name, flavor.as_object()?)))
}

/// The names of all flavors in order: of those too that say nothing yet.
pub fn names(config: &GraphConfig) -> Vec<&str> {
    let mut names: Vec<&str> = written(config).map(|(name, _)| name).collect();
    names.sort_unstable();
    names
}

fn written(config: &GraphConfig) -> impl Iterator<Item = (&str, &Value)> {
    let flavors = config
        .get("release-promotion")
        .and_then(|section| section.get("flavors"))
        .and_then(Value::as_object);
    let flavors = flavors.into_iter().flatten();
    flavors.map(|(name, flavor)| (name.as_str(), flavor))
}

/// Whether one action may prepare several flavors.
pub fn chains(config: &GraphConfig) -> bool {
    let section = config.get("release-promotion");
    section
        .and_then(|section| section.get("chains"))
        .is_some_and(truthy)
}

/// Refuses several flavors where the project has no chains.
///
/// # Errors
/// With how to have them.
pub fn check_chain(config: &GraphConfig, input: &Value) -> Result<(), Diagnostic> {
    match &input["release_promotion_flavor"] {
        Value::Array(_) if !chains(config) => Err(Diagnostic::user(
            "`release_promotion_flavor` is a list, and this project has no chains of flavors",
        )
        .at(config.place(&ValuePath::keys(["release-promotion"])))
        .help(
            "promote the flavors one after the other, or set `chains: true` in the section \
             `release-promotion` of config.yml",
        )),
        _ => Ok(()),
    }
}

/// The Treeherder symbol: the flavor, or the flavors of a chain.
pub fn symbol(config: &GraphConfig) -> Value {
    let one = "${input.release_promotion_flavor}";
    if !chains(config) {
        return json!(one);
    }
    json!({
        "$if": "typeof(input.release_promotion_flavor) == 'string'",
        "then": one,
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
                "The flavor of release promotion to perform, or several in a row: each begins when \
                 the one before it has completed."
            ),
        );
    }
    one
}

/// A description with what each flavor has in place of the default.
fn described(config: &GraphConfig, text: &str, key: &str) -> String {
    let mut said: Vec<String> = flavors(config)
        .filter_map(|(name, flavor)| {
            let list = flavor.get(key)?.as_array()?;
            let items: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            (!items.is_empty()).then(|| format!("{name}: {}", items.join(" ")))
        })
        .collect();
    if said.is_empty() {
        return text.to_owned();
    }
    said.sort_unstable();
    format!(
        "{text} Left out, it is that of the flavor ({}).",
        said.join("; ")
    )
}

/// What flavors need beyond what the peer knows.
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
            "description": "Optional: the revision whose decision task is promoted, when \
                            `previous_graph_ids` is not given.",
        }),
    );
    add(
        "allow_mixed_revisions",
        json!({
            "type": "boolean",
            "default": false,
            "description": "Ships although tasks of one phase were made from several revisions.",
        }),
    );
    add(
        EARLIER_PHASES,
        json!({
            "type": "boolean",
            "default": false,
            "description": "Creates tasks of earlier phases that the previous graphs should have, \
                            although neither the input nor the flavor asks for them.",
        }),
    );
    for (name, property) in release_properties() {
        add(name, property);
    }
    further
}

/// Input that becomes the parameter of the same name.
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
                "description": "Optional: the partners to build for; all when it is left out.",
                "items": {"type": "string"},
            }),
        ),
        (
            "release_partner_config",
            json!({
                "type": "object",
                "description": "Optional: what the builds of partners are made of.",
            }),
        ),
        (
            "release_partner_build_number",
            json!({
                "type": "integer",
                "minimum": 1,
                "description": "Optional: the number of the builds for partners.",
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
            flag("Optional: whether releases without EME are made."),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::test_support::graph_config;

    #[test]
    fn flavors_that_say_nothing_are_offered() {
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
