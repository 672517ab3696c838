//! The secrets service. Its secrets are kept in memory, and nothing but their readers sees them.

use serde_json::{Value, json};

use super::endpoint::{Endpoint, PAGED, Reply};
use super::request_schemas;
use crate::sandbox::error::ServiceError;
use crate::sandbox::kept::Secret;
use crate::sandbox::time;

/// The table of methods.
pub(crate) const METHODS: &[Endpoint] = &[
    Endpoint {
        method: "PUT",
        route: "/secret/<name*>",
        name: "set",
        scope: Some("secrets:set:<name>"),
        query: &[],
        input: Some(&request_schemas::SECRET),
        run: |services, call| {
            let secret = Secret {
                value: call.body.get("secret").cloned().unwrap_or_default(),
                expires: time::parse(call.text("expires")).unwrap_or(call.now),
            };
            services
                .secrets
                .insert(call.param("name").to_owned(), secret);
            Reply::ok(json!({}))
        },
    },
    Endpoint {
        method: "DELETE",
        route: "/secret/<name*>",
        name: "remove",
        scope: Some("secrets:set:<name>"),
        query: &[],
        input: None,
        run: |services, call| {
            services.secrets.remove(call.param("name"));
            Reply::ok(json!({}))
        },
    },
    Endpoint {
        method: "GET",
        route: "/secret/<name*>",
        name: "get",
        scope: Some("secrets:get:<name>"),
        query: &[],
        input: None,
        run: |services, call| {
            let secret = services.secrets.get(call.param("name"));
            // As in the database, a secret that has expired is not there.
            let secret = secret.filter(|secret| secret.expires > call.now);
            match secret {
                Some(Secret { value, expires }) => {
                    Reply::ok(json!({"secret": value, "expires": time::format(*expires)}))
                }
                None => Err(ServiceError::not_found("Secret not found")),
            }
        },
    },
    Endpoint {
        method: "GET",
        route: "/secrets",
        name: "list",
        scope: Some("secrets:list-secrets"),
        query: PAGED,
        input: None,
        run: |services, call| {
            let now = call.now;
            let known = services.secrets.iter();
            let known = known.filter(|(_, secret)| secret.expires > now);
            call.reply_page("secrets", known, |(name, _)| Value::String(name.clone()))
        },
    },
];
