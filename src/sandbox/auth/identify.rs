//! Identifies callers: clients, Hawk signatures, signed URLs, temporary credentials and authorized
//! scopes.
//!
//! A signature covers the method, the path with its query, host, port, time and a nonce. Its `ext`
//! field may contain the certificate of temporary credentials, and `authorizedScopes` that restrict
//! the call. Every caller also has the role `anonymous`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::credentials::{certificate_signature, parse_scope_list, temporary_token};
use super::hawk::{Bewit, SignedRequest, compute_mac, extract_bewit, parse_authorization};
use super::scopes::{Expression, Roles, list};
use crate::base::scope::{Scope, ScopeSet};
use crate::sandbox::crypto;
use crate::sandbox::error::{ErrorCode, ServiceError};
use crate::sandbox::time::Moment;

/// How far a client's clock may be off, in seconds.
const MAX_CLOCK_SKEW: i64 = 15 * 60;
/// How long temporary credentials may be valid, in milliseconds.
const MAX_LIFETIME: i64 = 31 * 24 * 60 * 60 * 1000;
/// How far the times of a certificate may be off, in milliseconds.
const CERTIFICATE_SKEW: i64 = 5 * 60 * 1000;

/// The caller of a method.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// The request has a valid signature.
    Known {
        /// The client id.
        client_id: String,
        /// The expanded scopes.
        scopes: Arc<ScopeSet>,
        /// The hash of the body that the signature includes, in base64.
        hash: Option<String>,
    },
    /// The request has no signature.
    Anonymous {
        /// The scopes of the role `anonymous`.
        scopes: Arc<ScopeSet>,
    },
    /// The request has an invalid signature.
    Refused {
        /// The reason.
        message: String,
    },
}

impl Caller {
    /// Returns the caller's scopes.
    pub(crate) fn scopes(&self) -> &ScopeSet {
        static NONE: ScopeSet = ScopeSet::new();
        match self {
            Caller::Known { scopes, .. } | Caller::Anonymous { scopes } => scopes,
            Caller::Refused { .. } => &NONE,
        }
    }

    /// Returns an error unless the caller satisfies the expression.
    pub(crate) fn authorize(&self, needed: &Expression) -> Result<(), ServiceError> {
        match self {
            Caller::Refused { message } => Err(ServiceError::new(
                ErrorCode::AuthenticationFailed,
                message.clone(),
            )),
            _ if needed.satisfied_by(self.scopes()) => Ok(()),
            Caller::Known {
                client_id, scopes, ..
            } => {
                let missing = needed
                    .missing(scopes)
                    .map(|left| left.text())
                    .unwrap_or_default();
                Err(ServiceError::new(
                    ErrorCode::InsufficientScopes,
                    format!(
                        "Client ID {client_id} does not have sufficient scopes and is missing the \
                         following scopes:\n\n```\n{missing}\n```\n\nThis request requires the client \
                         to satisfy the following scope expression:\n\n```\n{}\n```",
                        needed.text()
                    ),
                ))
            }
            Caller::Anonymous { .. } => Err(ServiceError::new(
                ErrorCode::InsufficientScopes,
                format!(
                    "This request requires Taskcluster credentials that satisfy the following scope \
                     expression:\n\n```\n{}\n```",
                    needed.text()
                ),
            )),
        }
    }
}

struct Client {
    access_token: String,
    scopes: Vec<String>,
}

/// The clients and roles of the sandbox.
pub(crate) struct Auth {
    clients: BTreeMap<String, Client>,
    /// The roles.
    pub(crate) roles: Roles,
}

struct SigningKey {
    token: String,
    scopes: ScopeSet,
}

impl Auth {
    /// Creates the service without clients, and with the read scopes that deployments grant to
    /// everyone.
    pub(crate) fn new() -> Auth {
        let mut roles = Roles::default();
        roles.set(
            "anonymous",
            ANONYMOUS.iter().map(|scope| (*scope).to_owned()).collect(),
        );
        Auth {
            clients: BTreeMap::new(),
            roles,
        }
    }

    /// Creates a service that knows only the client of tests, with these scopes.
    pub(crate) fn of_tester(scopes: Vec<String>) -> Auth {
        let mut auth = Auth {
            clients: BTreeMap::new(),
            roles: Roles::default(),
        };
        auth.add_client("tester", "no-secret", scopes);
        auth
    }

    /// Adds a client, or replaces the client of that name.
    pub(crate) fn add_client(&mut self, client_id: &str, access_token: &str, scopes: Vec<String>) {
        self.clients.insert(
            client_id.to_owned(),
            Client {
                access_token: access_token.to_owned(),
                scopes,
            },
        );
    }

    /// Expands scopes together with those of the role `anonymous`.
    pub(crate) fn expand_with_anonymous(&mut self, scopes: &ScopeSet) -> Arc<ScopeSet> {
        let anonymous = Scope::new("assume:anonymous");
        let all: ScopeSet = scopes.iter().cloned().chain([anonymous]).collect();
        self.roles.expand(&list(&all.normalized()))
    }

    /// Identifies the caller of a request.
    pub(crate) fn identify(&mut self, request: &SignedRequest<'_>, now: Moment) -> Caller {
        let bewit = extract_bewit(request.resource);
        let outcome = match (request.authorization, bewit) {
            (Some(_), Some(_)) => Err(
                "Cannot use two authentication schemes at once this request has both bewit in \
                 querystring and 'authorization' header"
                    .to_owned(),
            ),
            (Some(header), None) => self.identify_by_header(request, header, now),
            (None, Some(bewit)) => self.identify_by_bewit(request, bewit, now),
            (None, None) => {
                return Caller::Anonymous {
                    scopes: self.expand_with_anonymous(&ScopeSet::new()),
                };
            }
        };
        outcome.unwrap_or_else(|message| Caller::Refused { message })
    }

    fn identify_by_header(
        &mut self,
        request: &SignedRequest<'_>,
        header: &str,
        now: Moment,
    ) -> Result<Caller, String> {
        let fields = parse_authorization(header)?;
        let field = |name: &str| fields.get(name).map(String::as_str);
        let missing = || "Bad Request: Missing attributes".to_owned();
        let id = field("id").ok_or_else(missing)?;
        let ts = field("ts").ok_or_else(missing)?;
        let nonce = field("nonce").ok_or_else(missing)?;
        let mac = field("mac").ok_or_else(missing)?;
        let hash = field("hash");
        let ext = field("ext");
        let key = self.signing_key(id, ext, now)?;
        let computed = compute_mac(
            "header",
            &key.token,
            ts,
            nonce,
            request,
            request.resource,
            hash,
            ext,
        );
        if mac != computed {
            return Err("Unauthorized: Bad mac".to_owned());
        }
        let sent: i64 = ts
            .parse()
            .map_err(|_| "Bad Request: Bad header format".to_owned())?;
        if (now.timestamp() - sent).abs() > MAX_CLOCK_SKEW {
            return Err("Unauthorized: Stale timestamp".to_owned());
        }
        Ok(Caller::Known {
            client_id: id.to_owned(),
            scopes: self.expand_with_anonymous(&key.scopes),
            hash: hash.map(str::to_owned),
        })
    }

    fn identify_by_bewit(
        &mut self,
        request: &SignedRequest<'_>,
        bewit: Bewit,
        now: Moment,
    ) -> Result<Caller, String> {
        let decoded = crypto::from_base64(&bewit.value)
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| "Bad Request: Invalid bewit encoding".to_owned())?;
        let parts: Vec<&str> = decoded.split('\\').collect();
        let [id, expiry, mac, ext] = parts.as_slice() else {
            return Err("Bad Request: Invalid bewit structure".to_owned());
        };
        if request.method != "GET" && request.method != "HEAD" {
            return Err("Unauthorized: Invalid method".to_owned());
        }
        let ext = (!ext.is_empty()).then_some(*ext);
        let key = self.signing_key(id, ext, now)?;
        let until: i64 = expiry
            .parse()
            .map_err(|_| "Bad Request: Invalid bewit".to_owned())?;
        if until <= now.timestamp() {
            return Err("Unauthorized: Access expired".to_owned());
        }
        let get = SignedRequest {
            method: "GET",
            ..request.clone()
        };
        let computed = compute_mac(
            "bewit",
            &key.token,
            expiry,
            "",
            &get,
            &bewit.resource,
            None,
            ext,
        );
        if *mac != computed {
            return Err("Unauthorized: Bad mac".to_owned());
        }
        Ok(Caller::Known {
            client_id: (*id).to_owned(),
            scopes: self.expand_with_anonymous(&key.scopes),
            hash: None,
        })
    }

    fn signing_key(
        &mut self,
        client_id: &str,
        ext: Option<&str>,
        now: Moment,
    ) -> Result<SigningKey, String> {
        let ext: Option<Value> = match ext.filter(|ext| !ext.is_empty()) {
            None => None,
            Some(text) => Some(
                crypto::from_base64(text)
                    .and_then(|bytes| serde_json::from_slice(&bytes).ok())
                    .ok_or_else(|| "Failed to parse ext".to_owned())?,
            ),
        };
        let certificate = ext
            .as_ref()
            .and_then(|ext| ext.get("certificate"))
            .filter(|certificate| !certificate.is_null());
        let issuer = match certificate.and_then(|certificate| certificate.get("issuer")) {
            None | Some(Value::Null) => client_id,
            Some(Value::String(issuer)) if issuer == client_id => {
                return Err(
                    "ext.certificate.issuer must differ from the supplied clientId".to_owned(),
                );
            }
            Some(Value::String(issuer)) => issuer,
            Some(_) => return Err("ext.certificate.issuer must be a string".to_owned()),
        };
        let client = self
            .clients
            .get(issuer)
            .ok_or_else(|| format!("Client with clientId '{issuer}' not found"))?;
        let mut key = SigningKey {
            token: client.access_token.clone(),
            scopes: ScopeSet::clone(&self.roles.expand(&client.scopes)),
        };
        if let Some(certificate) = certificate {
            key = temporary_key(client_id, issuer, key, certificate, now)?;
        }
        if let Some(limit) = ext.as_ref().and_then(|ext| ext.get("authorizedScopes")) {
            let limit = parse_scope_list(limit).ok_or_else(|| {
                "ext.authorizedScopes must be an array of valid scopes".to_owned()
            })?;
            let held = self.expand_with_anonymous(&key.scopes);
            if !limit.iter().all(|scope| held.satisfies(scope)) {
                return Err(format!(
                    "Supplied credentials do not satisfy authorizedScopes; credentials have \
                     scopes:\n\n```\n{}\n```\n\nauthorizedScopes are:\n\n```\n{}\n```",
                    list(&held).join("\n"),
                    limit.join("\n")
                ));
            }
            key.scopes = limit.into_iter().collect();
        }
        Ok(key)
    }
}

fn temporary_key(
    client_id: &str,
    issuer: &str,
    key: SigningKey,
    certificate: &Value,
    now: Moment,
) -> Result<SigningKey, String> {
    let error = |what: &str| Err(format!("ext.certificate{what}"));
    if !certificate.is_object() {
        return error(" must be a JSON object");
    }
    if certificate.get("version").and_then(Value::as_i64) != Some(1) {
        return error(".version must be 1");
    }
    let Some(seed) = certificate.get("seed").and_then(Value::as_str) else {
        return error(".seed must be a string");
    };
    if seed.chars().count() != 44 {
        return error(".seed must be 44 characters");
    }
    let Some(start) = certificate.get("start").and_then(Value::as_i64) else {
        return error(".start must be a number");
    };
    let Some(expiry) = certificate.get("expiry").and_then(Value::as_i64) else {
        return error(".expiry must be a number");
    };
    let Some(scopes) = certificate.get("scopes").and_then(parse_scope_list) else {
        return error(".scopes must be an array of valid scopes");
    };
    let now = now.timestamp_millis();
    if start > now + CERTIFICATE_SKEW {
        return error(".start > now");
    }
    if expiry < now - CERTIFICATE_SKEW {
        return error(".expiry < now");
    }
    if expiry - start > MAX_LIFETIME {
        return error(" cannot last longer than 31 days!");
    }
    if issuer != client_id {
        let create = format!("auth:create-client:{client_id}");
        if !key.scopes.satisfies(&create) {
            return Err(format!(
                "ext.certificate issuer `{issuer}` doesn't have `{create}` for supplied clientId."
            ));
        }
    }
    if !scopes.iter().all(|scope| key.scopes.satisfies(scope)) {
        return Err(format!(
            "ext.certificate issuer `{issuer}` doesn't satisfy all certificate scopes {}.  The \
             temporary credentials were not generated correctly.",
            scopes.join(", ")
        ));
    }
    let signature = certificate
        .get("signature")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if signature != certificate_signature(&key.token, client_id, certificate) {
        return error(if issuer == client_id {
            ".signature is not valid"
        } else {
            ".signature is not valid, or wrong clientId provided"
        });
    }
    Ok(SigningKey {
        token: temporary_token(&key.token, seed),
        scopes: scopes.into_iter().collect(),
    })
}

/// The scopes that public deployments grant to callers without credentials.
const ANONYMOUS: &[&str] = &[
    "auth:current-scopes",
    "auth:expand-scopes",
    "auth:get-role:*",
    "auth:list-roles",
    "index:find-task:*",
    "index:list-namespaces:*",
    "index:list-tasks:*",
    "queue:claimed-count:*",
    "queue:claimed-list:*",
    "queue:get-artifact:public/*",
    "queue:get-task-queue:*",
    "queue:get-task:*",
    "queue:list-artifacts:*",
    "queue:list-dependent-tasks:*",
    "queue:list-task-group:*",
    "queue:list-task-queues",
    "queue:pending-count:*",
    "queue:pending-list:*",
    "queue:status:*",
];
