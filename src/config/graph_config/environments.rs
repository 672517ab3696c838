//! The environments of release services, in the file `environments.yml` next to config.yml.
//!
//! The file is also read by `task-context.from-file`, which needs plain names with hosts: they may stand beside the
//! sections below. A file without these sections describes no environments.

use super::check::Violations;
use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::value::{Object, Value};
use crate::config::schema::{Field, Schema, Type, optional};
use crate::config::yaml;

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
    if !SECTIONS.iter().any(|section| values.contains_key(section)) {
        return Ok(None);
    }
    document.warn();
    let wrong: Diagnostics = Violations::of_file(&ENVIRONMENTS, values, &document.places);
    wrong.or_ok(Some(document.value))
}
