//! The auth service's methods that check signatures for other services, and for tests of clients.

use serde_json::{Value, json};

use super::endpoint::{ApiCall, Endpoint, Reply};
use super::request_schemas;
use crate::sandbox::auth::hawk::SignedRequest;
use crate::sandbox::auth::identify::Caller;
use crate::sandbox::auth::scopes::{Expression, list};
use crate::sandbox::error::{ErrorCode, ServiceError};
use crate::sandbox::services::Services;
use crate::sandbox::time;

/// How long scopes are certainly valid that have no end of their own.
const VALID_SECONDS: i64 = 15 * 60;

/// The table of methods.
pub(crate) const METHODS: &[Endpoint] = &[
    Endpoint {
        method: "POST",
        route: "/authenticate-hawk",
        name: "authenticateHawk",
        scope: None,
        query: &[],
        input: Some(&request_schemas::HAWK),
        run: authenticate_hawk,
    },
    Endpoint {
        method: "POST",
        route: "/test-authenticate",
        name: "testAuthenticate",
        scope: None,
        query: &[],
        input: Some(&request_schemas::TEST_AUTHENTICATE),
        run: |_, call| test_authenticate(call, call.texts("requiredScopes")),
    },
    Endpoint {
        method: "GET",
        route: "/test-authenticate-get/",
        name: "testAuthenticateGet",
        scope: None,
        query: &[],
        input: None,
        run: |_, call| test_authenticate(call, vec!["test:authenticate-get".to_owned()]),
    },
];

fn authenticate_hawk(services: &mut Services, call: &ApiCall) -> Result<Reply, ServiceError> {
    let port = call.body.get("port").and_then(Value::as_u64);
    let caller = services.auth.identify(
        &SignedRequest {
            method: &call.text("method").to_ascii_uppercase(),
            resource: call.text("resource"),
            host: call.text("host"),
            port: port
                .and_then(|port| u16::try_from(port).ok())
                .unwrap_or_default(),
            authorization: call.body.get("authorization").and_then(Value::as_str),
        },
        call.now,
    );
    let expires = time::format(time::plus_seconds(call.now, VALID_SECONDS));
    Reply::ok(match caller {
        Caller::Refused { message } => json!({"status": "auth-failed", "message": message}),
        Caller::Anonymous { scopes } => json!({
            "status": "no-auth", "scheme": "none", "expires": expires, "scopes": list(&scopes),
        }),
        Caller::Known {
            client_id,
            scopes,
            hash,
        } => {
            let mut answer = json!({
                "status": "auth-success", "scheme": "hawk", "expires": expires,
                "clientId": client_id, "scopes": list(&scopes),
            });
            if let Some(hash) = hash {
                answer["hash"] = Value::String(hash);
            }
            answer
        }
    })
}

/// Tells a client what it is seen as. The caller is the client `tester`, with the scopes that the request gives it.
fn test_authenticate(call: &ApiCall, required: Vec<String>) -> Result<Reply, ServiceError> {
    call.authorize(&Expression::all_of(required))?;
    match &call.caller {
        Caller::Known {
            client_id, scopes, ..
        } => Reply::ok(json!({"clientId": client_id, "scopes": list(scopes)})),
        _ => Err(ServiceError::new(
            ErrorCode::AuthenticationFailed,
            "the request has no credentials",
        )),
    }
}
