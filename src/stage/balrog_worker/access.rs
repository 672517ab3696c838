//! Which server and action the scopes and the payload of a task name.

/// The actions that the worker knows. Those with `v2-` use the second API of Balrog.
pub const BEHAVIORS: &[&str] = &[
    "submit-locale",
    "submit-toplevel",
    "schedule",
    "set-readonly",
    "v2-submit-locale",
    "v2-submit-toplevel",
    "submit-system-addons",
];

/// The servers that the worker knows.
pub const SERVERS: &[&str] = &[
    "aurora", "beta", "dep", "esr", "nightly", "release", "staging",
];

/// Reports scopes or a payload that the worker refuses. The words are the worker's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Scopes and payload name several actions. An action with and one without `v2-` are different ones.
    #[error("Only one behavior can be used")]
    ManyBehaviors,
    /// There is no such action.
    #[error("Invalid behavior")]
    Behavior,
    /// The scopes name several servers, or none.
    #[error("Only one server can be used")]
    NotOneServer,
    /// The name of the server has other characters than letters, digits, `_` and `-`.
    #[error("Server {0} is malformed")]
    Malformed(String),
    /// The worker has no such server.
    #[error("Invalid server scope")]
    Server,
}

/// The ends of scopes that begin with one of the prefixes and go on with `part`.
fn values<'s, S: AsRef<str>>(
    scopes: &'s [S],
    prefixes: &[&str],
    part: &'static str,
) -> impl Iterator<Item = &'s str> {
    scopes.iter().map(AsRef::as_ref).filter_map(move |scope| {
        let mut prefixes = prefixes.iter();
        let rest = prefixes.find_map(|prefix| scope.strip_prefix(prefix)?.strip_prefix(part))?;
        Some(rest.rsplit(':').next().unwrap_or(rest))
    })
}

/// Determines the action of a task from its scopes and the `behavior` of its payload; without either,
/// it is `submit-locale`. The prefixes end with `balrog:`.
///
/// # Errors
/// If there are several, or there is no such action.
pub fn behavior<S: AsRef<str>>(
    scopes: &[S],
    prefixes: &[&str],
    of_payload: Option<&str>,
) -> Result<&'static str, AccessError> {
    let mut named: Vec<&str> = values(scopes, prefixes, "action:").collect();
    named.extend(of_payload.filter(|name| !name.is_empty()));
    named.sort_unstable();
    named.dedup();
    let name = match named.as_slice() {
        [] => "submit-locale",
        [name] => *name,
        _ => return Err(AccessError::ManyBehaviors),
    };
    let mut known = BEHAVIORS.iter().copied();
    known
        .find(|known| *known == name)
        .ok_or(AccessError::Behavior)
}

/// Determines the server of a task from its scopes. The prefixes end with `balrog:`.
///
/// # Errors
/// If there is not exactly one, or there is no such server.
pub fn server<S: AsRef<str>>(scopes: &[S], prefixes: &[&str]) -> Result<&'static str, AccessError> {
    let named: Vec<&str> = values(scopes, prefixes, "server:").collect();
    let &[name] = named.as_slice() else {
        return Err(AccessError::NotOneServer);
    };
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "_-".contains(sign);
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(AccessError::Malformed(name.to_owned()));
    }
    let mut known = SERVERS.iter().copied();
    known
        .find(|known| *known == name)
        .ok_or(AccessError::Server)
}

/// The prefixes of the scopes of a task: what comes before and with `balrog:`.
#[must_use]
pub fn prefixes<S: AsRef<str>>(scopes: &[S]) -> Vec<&str> {
    const PART: &str = ":balrog:";
    let ends = scopes.iter().filter_map(|scope| {
        let scope = scope.as_ref();
        Some(&scope[..scope.find(PART)? + PART.len()])
    });
    let mut prefixes: Vec<&str> = ends.collect();
    prefixes.sort_unstable();
    prefixes.dedup();
    prefixes
}
