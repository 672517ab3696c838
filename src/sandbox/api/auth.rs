//! The auth service's methods for scopes.

use serde_json::json;

use super::endpoint::{Endpoint, Reply};
use super::request_schemas;
use crate::sandbox::auth::scopes::list;

/// The table of methods.
pub(crate) const METHODS: &[Endpoint] = &[
    Endpoint {
        method: "GET",
        route: "/scopes/current",
        name: "currentScopes",
        scope: Some("auth:current-scopes"),
        query: &[],
        input: None,
        run: |_, call| Reply::ok(json!({"scopes": list(call.caller.scopes())})),
    },
    Endpoint {
        method: "POST",
        route: "/scopes/expand",
        name: "expandScopes",
        scope: Some("auth:expand-scopes"),
        query: &[],
        input: Some(&request_schemas::SCOPES),
        run: |services, call| {
            let scopes = services.auth.roles.expand(&call.texts("scopes"));
            Reply::ok(json!({"scopes": list(&scopes)}))
        },
    },
];
