//! The auth service's methods for roles.

use serde_json::{Value, json};

use super::endpoint::{ApiCall, Endpoint, PAGED, Reply};
use super::request_schemas;
use crate::sandbox::auth::role_order::check_order;
use crate::sandbox::auth::scopes::{Expression, list};
use crate::sandbox::error::ServiceError;
use crate::sandbox::kept::RoleAbout;
use crate::sandbox::services::Services;
use crate::sandbox::time::{self, Moment};

/// The table of methods.
pub(crate) const METHODS: &[Endpoint] = &[
    Endpoint {
        method: "GET",
        route: "/roles/<roleId>",
        name: "role",
        scope: Some("auth:get-role:<roleId>"),
        query: &[],
        input: None,
        run: |services, call| {
            let id = call.param("roleId");
            let role = role(services, id);
            role.map_or_else(|| Err(ServiceError::not_found("Role not found")), Reply::ok)
        },
    },
    Endpoint {
        method: "PUT",
        route: "/roles/<roleId>",
        name: "createRole",
        scope: None,
        query: &[],
        input: Some(&request_schemas::ROLE),
        run: create,
    },
    Endpoint {
        method: "POST",
        route: "/roles/<roleId>",
        name: "updateRole",
        scope: None,
        query: &[],
        input: Some(&request_schemas::ROLE),
        run: update,
    },
    Endpoint {
        method: "DELETE",
        route: "/roles/<roleId>",
        name: "deleteRole",
        scope: Some("auth:delete-role:<roleId>"),
        query: &[],
        input: None,
        run: |services, call| {
            let id = call.param("roleId");
            services.auth.roles.remove(id);
            services.roles.remove(id);
            Reply::ok(json!({}))
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
            let ids = ids(services);
            Reply::ok(ids.iter().filter_map(|id| role(services, id)).collect())
        },
    },
    Endpoint {
        method: "GET",
        route: "/roles2",
        name: "listRoles2",
        scope: Some("auth:list-roles"),
        query: PAGED,
        input: None,
        run: |services, call| {
            let ids = ids(services);
            let roles: Vec<Value> = ids.iter().filter_map(|id| role(services, id)).collect();
            call.reply_page("roles", roles.into_iter(), |role| role)
        },
    },
    Endpoint {
        method: "GET",
        route: "/roleids",
        name: "listRoleIds",
        scope: Some("auth:list-roles"),
        query: PAGED,
        input: None,
        run: |services, call| call.reply_page("roleIds", ids(services).into_iter(), Value::String),
    },
];

fn ids(services: &Services) -> Vec<String> {
    let roles = services.auth.roles.iter();
    roles.map(|(id, _)| id.clone()).collect()
}

/// The scopes of a request; those that would satisfy everything are refused.
fn requested(call: &ApiCall) -> Result<Vec<String>, ServiceError> {
    let scopes = call.texts("scopes");
    if scopes.iter().any(|scope| scope.ends_with("**")) {
        return Err(ServiceError::input("scopes must not end with `**`"));
    }
    Ok(scopes)
}

fn create(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let id = call.param("roleId");
    let mut scopes = requested(call)?;
    let needed = std::iter::once(format!("auth:create-role:{id}"));
    call.authorize(&Expression::all_of(needed.chain(scopes.iter().cloned())))?;
    scopes.sort();
    let description = call.text("description");
    match services.auth.roles.get(id) {
        Some(existing) => {
            let mut existing = existing.to_vec();
            existing.sort();
            let known = services.roles.get(id);
            let known = known.map_or("", |about| about.description.as_str());
            if existing != scopes || known != description {
                let message = format!("Role with roleId '{id}' already exists");
                return Err(ServiceError::conflict(message));
            }
        }
        None => put(services, call, scopes)?,
    }
    reply(services, id)
}

fn update(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let id = call.param("roleId");
    let scopes = requested(call)?;
    let Some(former) = services.auth.roles.get(id).map(<[String]>::to_vec) else {
        return Err(ServiceError::not_found(format!(
            "Role with roleId '{id}' not found"
        )));
    };
    let former = services.auth.roles.expand(&former);
    let added = scopes
        .iter()
        .filter(|scope| !former.satisfies(scope))
        .cloned();
    let needed = std::iter::once(format!("auth:update-role:{id}"));
    call.authorize(&Expression::all_of(needed.chain(added)))?;
    put(services, call, scopes)?;
    reply(services, id)
}

/// Sets a role, unless roles would then grant each other in a circle.
fn put(services: &mut Services, call: &ApiCall, scopes: Vec<String>) -> Result<(), ServiceError> {
    let id = call.param("roleId");
    let others = services.auth.roles.iter();
    let others = others.filter(|(other, _)| *other != id);
    let roles = others.map(|(id, scopes)| (id.as_str(), scopes.as_slice()));
    check_order(roles.chain([(id, scopes.as_slice())])).map_err(ServiceError::input)?;
    let created = services.roles.get(id).map(|about| about.created);
    let about = RoleAbout {
        description: call.text("description").to_owned(),
        created: created.unwrap_or(call.now),
        modified: call.now,
    };
    services.roles.insert(id.to_owned(), about);
    services.auth.roles.set(id, scopes);
    Ok(())
}

fn reply(services: &mut Services, id: &str) -> Result<Reply, ServiceError> {
    match role(services, id) {
        Some(role) => Reply::ok(role),
        None => Err(ServiceError::not_found("Role not found")),
    }
}

/// A role as JSON. Those that the sandbox starts with are as old as Unix.
fn role(services: &mut Services, id: &str) -> Option<Value> {
    let scopes = services.auth.roles.get(id)?.to_vec();
    let expanded = services.auth.roles.expand(&[format!("assume:{id}")]);
    let about = services.roles.get(id);
    let date = |moment: Option<Moment>| time::format(moment.unwrap_or_default());
    Some(json!({
        "roleId": id,
        "scopes": scopes,
        "created": date(about.map(|about| about.created)),
        "lastModified": date(about.map(|about| about.modified)),
        "description": about.map_or("", |about| about.description.as_str()),
        "expandedScopes": list(&expanded),
    }))
}
