//! Credentials of clients, and temporary credentials with a signed certificate.

use serde_json::{Value, json};

use crate::sandbox::crypto;
use crate::sandbox::patterns;
use crate::sandbox::time::Moment;

/// A client id and its access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The client id.
    pub client_id: String,
    /// The access token.
    pub access_token: String,
    /// The certificate of temporary credentials, as JSON text.
    pub certificate: Option<String>,
}

impl Credentials {
    /// Returns the credentials as JSON for responses.
    pub(crate) fn json(&self) -> Value {
        let mut out = json!({"clientId": self.client_id, "accessToken": self.access_token});
        if let (Some(certificate), Some(fields)) = (&self.certificate, out.as_object_mut()) {
            fields.insert("certificate".to_owned(), Value::String(certificate.clone()));
        }
        out
    }

    /// Creates named temporary credentials signed with these.
    pub(crate) fn temporary(
        &self,
        client_id: &str,
        start: Moment,
        expiry: Moment,
        scopes: &[String],
    ) -> Credentials {
        let (start, expiry) = (start.timestamp_millis(), expiry.timestamp_millis());
        let seed = format!(
            "{}{}",
            crypto::derived_slug(&format!("{client_id}\n{start}")),
            crypto::derived_slug(&format!("{client_id}\n{expiry}"))
        );
        let mut certificate = json!({
            "version": 1, "scopes": scopes, "start": start, "expiry": expiry, "seed": seed,
            "issuer": self.client_id,
        });
        let signature = certificate_signature(&self.access_token, client_id, &certificate);
        if let Some(fields) = certificate.as_object_mut() {
            fields.insert("signature".to_owned(), Value::String(signature));
        }
        Credentials {
            client_id: client_id.to_owned(),
            access_token: temporary_token(&self.access_token, &seed),
            certificate: Some(certificate.to_string()),
        }
    }
}

/// Returns the signature of a certificate.
pub(crate) fn certificate_signature(token: &str, client_id: &str, certificate: &Value) -> String {
    let text = |name: &str| match certificate.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let mut lines = vec!["version:1".to_owned()];
    if certificate.get("issuer").is_some_and(Value::is_string) {
        lines.push(format!("clientId:{client_id}"));
        lines.push(format!("issuer:{}", text("issuer")));
    }
    for name in ["seed", "start", "expiry"] {
        lines.push(format!("{name}:{}", text(name)));
    }
    lines.push("scopes:".to_owned());
    lines.extend(
        certificate
            .get("scopes")
            .and_then(parse_scope_list)
            .unwrap_or_default(),
    );
    crypto::base64(&crypto::hmac(token.as_bytes(), lines.join("\n").as_bytes()))
}

/// Returns the access token of temporary credentials.
pub(crate) fn temporary_token(token: &str, seed: &str) -> String {
    crypto::base64_url(&crypto::hmac(token.as_bytes(), seed.as_bytes()))
}

/// Reads a list of scopes; returns `None` if one is malformed.
pub(crate) fn parse_scope_list(value: &Value) -> Option<Vec<String>> {
    value
        .as_array()?
        .iter()
        .map(|scope| {
            scope
                .as_str()
                .filter(|s| (patterns::SCOPE.matches)(s))
                .map(str::to_owned)
        })
        .collect()
}
