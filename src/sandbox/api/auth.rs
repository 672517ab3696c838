//! The auth service's methods that rehearsals need.

use serde_json::{Value, json};

use super::endpoint::{Endpoint, Reply};
use super::request_schemas;
use crate::sandbox::auth::scopes::list;
use crate::sandbox::error::{ErrorCode, ServiceError};
use crate::sandbox::services::Services;

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
    Endpoint {
        method: "GET",
        route: "/roles/<roleId>",
        name: "role",
        scope: Some("auth:get-role:<roleId>"),
        query: &[],
        input: None,
        run: |services, call| {
            let id = call.param("roleId");
            role(services, id).map_or_else(
                || {
                    Err(ServiceError::new(
                        ErrorCode::ResourceNotFound,
                        "Role not found",
                    ))
                },
                Reply::ok,
            )
        },
    },
    Endpoint {
        method: "GET",
        route: "/roles",
        name: "listRoles",
        scope: Some("auth:list-roles"),
        query: &[],
        input: None,
        run: |services, _| {
            let ids: Vec<String> = services
                .auth
                .roles
                .iter()
                .map(|(id, _)| id.clone())
                .collect();
            Reply::ok(ids.iter().filter_map(|id| role(services, id)).collect())
        },
    },
];

/// The date of all roles: the sandbox does not record when they were created.
const ROLE_DATE: &str = "1970-01-01T00:00:00.000Z";

fn role(services: &mut Services, id: &str) -> Option<Value> {
    let scopes = services
        .auth
        .roles
        .iter()
        .find(|(known, _)| *known == id)?
        .1
        .clone();
    let expanded = services.auth.roles.expand(&[format!("assume:{id}")]);
    Some(json!({
        "roleId": id,
        "scopes": scopes,
        "created": ROLE_DATE,
        "lastModified": ROLE_DATE,
        "description": "",
        "expandedScopes": list(&expanded),
    }))
}
