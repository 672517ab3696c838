//! Which certificate a task may sign with. The messages are those of the real worker.

/// Why a task may not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// The task has no scopes at all.
    #[error("No scopes found")]
    NoScopes,
    /// No scope names a certificate.
    #[error("No scope starting with any of these prefixes {prefixes} found. Given: []", prefixes = list(.0))]
    None(Vec<String>),
    /// More than one scope names a certificate.
    #[error("More than one scope found. Given: {scopes}", scopes = list(.0))]
    Many(Vec<String>),
    /// The scopes are of different products.
    #[error("Scopes must exist and all have the same prefix. Given scopes: {given}. Allowed prefixes: {allowed}", given = list(scopes), allowed = list(prefixes))]
    Mixed {
        /// The scopes that name a certificate.
        scopes: Vec<String>,
        /// The prefixes that such scopes may have.
        prefixes: Vec<String>,
    },
}

/// The one scope of a task that names a certificate. `prefixes` are those of the worker's products, such
/// as `project:releng:signing:`.
///
/// # Errors
///
/// When there is not exactly one.
pub fn certificate_scope<'s>(
    scopes: &'s [String],
    prefixes: &[&str],
) -> Result<&'s str, ScopeError> {
    if scopes.is_empty() {
        return Err(ScopeError::NoScopes);
    }
    let colon = |prefix: &&str| format!("{}:cert:", prefix.strip_suffix(':').unwrap_or(prefix));
    let prefixes: Vec<String> = prefixes.iter().map(colon).collect();
    let named = |scope: &&String| prefixes.iter().any(|prefix| scope.starts_with(prefix));
    let found: Vec<&String> = scopes.iter().filter(named).collect();
    let owned = || found.iter().map(|scope| (*scope).clone()).collect();
    let all_have = |prefix: &String| found.iter().all(|scope| scope.starts_with(prefix));
    if !prefixes.iter().any(all_have) {
        let scopes = owned();
        return Err(ScopeError::Mixed { scopes, prefixes });
    }
    match found[..] {
        [] => Err(ScopeError::None(prefixes)),
        [scope] => Ok(scope),
        _ => Err(ScopeError::Many(owned())),
    }
}

/// The name of the certificate in a scope: `dep` in `…:cert:dep-signing`. The accounts for notarization,
/// which sign nothing, have the same names: `…:cert:release-apple-notarization`.
#[must_use]
pub fn certificate_name(scope: &str) -> &str {
    let last = scope.rsplit_once(':').map_or(scope, |(_, last)| last);
    let mut ends = ["-signing", "-apple-notarization"].iter();
    ends.find_map(|end| last.strip_suffix(end)).unwrap_or(last)
}

/// Texts as Python writes a list of them.
fn list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("'{text}'")).collect();
    format!("[{}]", quoted.join(", "))
}
