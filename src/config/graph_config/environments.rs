//! The environments of release services, in the file `environments.yml` next to config.yml.
//!
//! The file is also read by `task-context.from-file`, which needs plain names with hosts: they may stand beside the
//! sections below. A file without these sections describes no environments; so a key of their form that is nearly one
//! of them is refused, as it would silently describe nothing.

use super::check::Violations;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::{List, Object, Value};
use crate::config::schema::{Field, Schema, Type, optional};
use crate::config::yaml::{self, Document};

/// The name of the file.
pub(super) const FILE: &str = "environments.yml";

/// The sections that describe environments.
const SECTIONS: [&str; 3] = ["services", "pools", "unmanaged"];

static ENVIRONMENT: Schema = Schema {
    name: "environment",
    fields: &[
        optional(
            "hosts",
            Type::List(&Type::Str),
            "its hosts; `*.` at the beginning stands for all hosts below a domain",
        ),
        optional(
            "scopes",
            Type::List(&Type::Str),
            "the scopes that give access to it, without the prefix of the trust domain, such as `balrog:server:dep`; in a part, `*` stands for any text",
        ),
        optional(
            "may-be-read",
            Type::Bool,
            "whether tasks of other environments may name its hosts, because they only read from them (default: false)",
        ),
    ],
    open: false,
    exclusive: &[],
};

const fn environment(name: &'static str, doc: &'static str) -> Field {
    optional(name, Type::Struct(&ENVIRONMENT), doc)
}

static SERVICE: Schema = Schema {
    name: "service",
    fields: &[
        environment("production", "the environment whose releases reach users"),
        environment("staging", "the environment of staging releases"),
        environment("dev", "the environment of those who develop the service"),
    ],
    open: false,
    exclusive: &[],
};

static POOLS: Schema = Schema {
    name: "pools",
    fields: &[
        optional(
            "production",
            Type::List(&Type::Str),
            "the worker pools of production: `provisioner/worker-type`, or one of the two, with `*` for any text and `{trust-domain}`",
        ),
        optional(
            "staging",
            Type::List(&Type::Str),
            "the worker pools of staging",
        ),
        optional(
            "dev",
            Type::List(&Type::Str),
            "the worker pools of those who develop workers",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// What `environments.yml` may hold.
pub static ENVIRONMENTS: Schema = Schema {
    name: "environments",
    fields: &[
        optional(
            "services",
            Type::Map(&Type::Struct(&SERVICE)),
            "the environments of each service, added to what is known of a service of the same name",
        ),
        optional(
            "pools",
            Type::Struct(&POOLS),
            "the worker pools of each environment, before those that are known",
        ),
        optional(
            "unmanaged",
            Type::List(&Type::Str),
            "the hosts of services whose environments are managed elsewhere",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// Reads the text of the file; `None` if it describes no environments.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn read(path: &str, text: &[u8]) -> Outcome<Option<Value>> {
    let document = yaml::load(path, text)?;
    let nothing = Object::new();
    let values = document.value.as_object().unwrap_or(&nothing);
    let mut wrong = misspelt_sections(&document, values);
    if !SECTIONS.iter().any(|section| values.contains_key(section)) {
        return wrong.or_ok(None);
    }
    document.warn();
    wrong.extend(Violations::of_file(&ENVIRONMENTS, values, &document.places));
    wrong.extend(misplaced_stars(&document, values));
    wrong.or_ok(Some(document.value))
}

/// The keys that nearly have the name of a section, and hold what it may hold.
fn misspelt_sections(document: &Document, values: &Object) -> Diagnostics {
    let mut wrong = Diagnostics::new();
    for (key, value) in values {
        let near = suggest::nearest(key, SECTIONS);
        let Some(near) = near.filter(|near| !values.contains_key(near)) else {
            continue;
        };
        if resembles(near, value) {
            let place = document.places.get(&ValuePath::keys([key.as_str()]));
            let diagnostic = Diagnostic::user(format!("unknown section `{key}`")).at(place);
            wrong.push(diagnostic.help(format!("did you mean `{near}`?")));
        }
    }
    wrong
}

/// Whether a value has the form of a section.
fn resembles(section: &str, value: &Value) -> bool {
    let has_environments = |value: &Value| POOLS.names().any(|name| value.get(name).is_some());
    match (section, value) {
        ("services", Value::Object(services)) => services.values().any(has_environments),
        ("pools", _) => has_environments(value),
        ("unmanaged", Value::Array(hosts)) => hosts.iter().any(Value::is_string),
        _ => false,
    }
}

/// The hosts with a `*` that stands for nothing.
fn misplaced_stars(document: &Document, values: &Object) -> Diagnostics {
    let mut wrong = Diagnostics::new();
    let mut check = |path: &ValuePath, hosts: Option<&List>| {
        for (index, host) in hosts.into_iter().flatten().enumerate() {
            let Some(host) = host.as_str() else { continue };
            if !host.strip_prefix("*.").unwrap_or(host).contains('*') {
                continue;
            }
            let path = path.index(index);
            wrong.push(
                Diagnostic::user(format!(
                    "`{path}`: a `*` may only stand at the beginning of a host: `{host}`"
                ))
                .at(document.places.get(&path))
                .help("write `*.` and a domain for all hosts below it, or list the hosts"),
            );
        }
    };
    let services = values.get("services").and_then(Value::as_object);
    for (service, environments) in services.into_iter().flatten() {
        for (tier, described) in environments.as_object().into_iter().flatten() {
            let path = ValuePath::keys(["services", service.as_str(), tier.as_str(), "hosts"]);
            let hosts = described.get("hosts").and_then(Value::as_array);
            check(&path, hosts);
        }
    }
    let unmanaged = values.get("unmanaged").and_then(Value::as_array);
    check(&ValuePath::keys(["unmanaged"]), unmanaged);
    wrong
}
