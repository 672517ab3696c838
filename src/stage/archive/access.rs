//! What the scopes of a task allow: one bucket or repository, and one action.

use crate::base::value::{Value, py_repr};

/// The actions that the worker knows.
pub const ACTIONS: &[&str] = &[
    "direct-push-to-bucket",
    "import-from-gcs-to-artifact-registry",
    "push-to-candidates",
    "push-to-maven",
    "push-to-nightly",
    "push-to-partner",
    "push-to-releases",
    "push-to-system-addons",
    "upload-data",
    "upload-translations-artifacts",
];

/// What a task writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    /// A bucket of files.
    Bucket,
    /// A repository of Debian packages.
    AptRepository,
    /// A repository of RPM packages.
    YumRepository,
}

impl ResourceKind {
    /// The word in scopes.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Bucket => "bucket",
            Self::AptRepository => "apt-repo",
            Self::YumRepository => "yum-repo",
        }
    }

    /// Determines it from all scopes: the first kind that any of them mentions, repositories before buckets.
    #[must_use]
    pub fn of<S: AsRef<str>>(scopes: &[S]) -> Option<Self> {
        [Self::AptRepository, Self::YumRepository, Self::Bucket]
            .into_iter()
            .find(|kind| {
                scopes
                    .iter()
                    .any(|scope| scope.as_ref().contains(kind.word()))
            })
    }
}

/// Reports scopes that the worker refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// No scope names a resource.
    #[error("no scope names a bucket, an apt repository or a yum repository")]
    NoResource,
    /// No scope names an action.
    #[error("no scope names an action")]
    NoAction,
    /// Scopes begin with different prefixes.
    #[error(
        "Scopes must exist and all have the same prefix. Given scopes: {scopes}. Allowed prefixes: {prefixes}"
    )]
    Prefixes {
        /// The scopes, as a list.
        scopes: String,
        /// The prefixes, as a list.
        prefixes: String,
    },
    /// Several scopes name resources.
    #[error("Only one resource can be used")]
    ManyResources,
    /// The name of a resource has other characters than letters, digits, `_` and `-`.
    #[error("Resource name `{0}` is malformed")]
    Malformed(String),
    /// The worker has no such resource.
    #[error("Invalid resource scope: {0}")]
    UnknownResource(String),
    /// Several scopes name actions.
    #[error("Only one action type can be used")]
    ManyActions,
    /// The worker has no such action.
    #[error("Invalid action scope")]
    UnknownAction(String),
}

/// The scopes below some prefixes, all of which have to begin with the same one.
fn scopes_below<'s, S: AsRef<str>>(
    scopes: &'s [S],
    prefixes: &[String],
) -> Result<Vec<&'s str>, AccessError> {
    // A scope counts once for each prefix that it begins with.
    let found: Vec<&str> = scopes
        .iter()
        .flat_map(|scope| prefixes.iter().map(move |prefix| (scope.as_ref(), prefix)))
        .filter(|(scope, prefix)| scope.starts_with(prefix.as_str()))
        .map(|(scope, _)| scope)
        .collect();
    let is_common = |prefix: &String| found.iter().all(|scope| scope.starts_with(prefix.as_str()));
    if prefixes.iter().any(is_common) {
        return Ok(found);
    }
    let list = |texts: Vec<&str>| py_repr(&Value::from(texts));
    Err(AccessError::Prefixes {
        prefixes: list(prefixes.iter().map(String::as_str).collect()),
        scopes: list(found),
    })
}

/// The prefixes of a part of the namespace; a final colon may be missing.
fn below(prefixes: &[&str], word: &str) -> Vec<String> {
    let prefixes = prefixes
        .iter()
        .map(|prefix| prefix.strip_suffix(':').unwrap_or(prefix));
    prefixes.map(|prefix| format!("{prefix}:{word}:")).collect()
}

fn last_part(scope: &str) -> &str {
    scope.rsplit_once(':').map_or(scope, |(_, last)| last)
}

/// Determines the bucket or repository that the scopes of a task name, among those that the worker has.
///
/// # Errors
/// Everything that is wrong with it.
pub fn resource<S: AsRef<str>>(
    scopes: &[S],
    prefixes: &[&str],
    available: &[&str],
) -> Result<(ResourceKind, String), Vec<AccessError>> {
    let Some(kind) = ResourceKind::of(scopes) else {
        return Err(vec![AccessError::NoResource]);
    };
    let found = scopes_below(scopes, &below(prefixes, kind.word())).map_err(|error| vec![error])?;
    let Some(first) = found.first() else {
        return Err(vec![AccessError::NoResource]);
    };
    let mut errors = Vec::new();
    if found.len() > 1 {
        errors.push(AccessError::ManyResources);
    }
    let name = last_part(first);
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if name.is_empty() || !name.bytes().all(is_word) {
        errors.push(AccessError::Malformed(name.to_owned()));
    }
    if !available.contains(&name) {
        errors.push(AccessError::UnknownResource(name.to_owned()));
    }
    if errors.is_empty() {
        Ok((kind, name.to_owned()))
    } else {
        Err(errors)
    }
}

/// Determines the action that the scopes of a task name.
///
/// # Errors
/// Everything that is wrong with it.
pub fn action<S: AsRef<str>>(scopes: &[S], prefixes: &[&str]) -> Result<String, Vec<AccessError>> {
    let found = scopes_below(scopes, &below(prefixes, "action")).map_err(|error| vec![error])?;
    let Some(first) = found.first() else {
        return Err(vec![AccessError::NoAction]);
    };
    let mut errors = Vec::new();
    if found.len() > 1 {
        errors.push(AccessError::ManyActions);
    }
    let name = last_part(first);
    if !ACTIONS.contains(&name) {
        errors.push(AccessError::UnknownAction(name.to_owned()));
    }
    if errors.is_empty() {
        Ok(name.to_owned())
    } else {
        Err(errors)
    }
}

/// The message of the worker: those of all errors, one per line.
#[must_use]
pub fn message(errors: &[AccessError]) -> String {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIXES: &[&str] = &["project:releng:beetmover:", "project:other:beetmover"];

    fn scopes(ends: &[&str]) -> Vec<String> {
        let full = ends.iter().map(|end| match end.split_once(' ') {
            Some((prefix, end)) => format!("project:{prefix}:beetmover:{end}"),
            None => format!("project:releng:beetmover:{end}"),
        });
        full.collect()
    }

    #[test]
    fn a_task_has_one_resource() {
        let resource = |ends: &[&str]| {
            let found = resource(&scopes(ends), PREFIXES, &["dep", "release"]);
            found.map_err(|errors| message(&errors))
        };
        let ok = |kind, name: &str| Ok((kind, name.to_owned()));
        assert_eq!(
            resource(&["bucket:dep", "action:x"]),
            ok(ResourceKind::Bucket, "dep")
        );
        assert_eq!(
            resource(&["other bucket:dep"]),
            ok(ResourceKind::Bucket, "dep")
        );
        assert_eq!(
            resource(&["bucket:release", "apt-repo:dep"]),
            ok(ResourceKind::AptRepository, "dep")
        );
        assert_eq!(
            resource(&["yum-repo:dep"]),
            ok(ResourceKind::YumRepository, "dep")
        );
        for (ends, expected) in [
            (
                &[][..],
                "no scope names a bucket, an apt repository or a yum repository",
            ),
            (
                &["unknown bucket:dep"],
                "no scope names a bucket, an apt repository or a yum repository",
            ),
            (
                &["bucket:nightly", "bucket:dep"],
                "Only one resource can be used\nInvalid resource scope: nightly",
            ),
            (
                &["bucket:d*"],
                "Resource name `d*` is malformed\nInvalid resource scope: d*",
            ),
            (
                &["bucket:dep", "other bucket:dep"],
                "Scopes must exist and all have the same prefix. Given scopes: \
                 ['project:releng:beetmover:bucket:dep', 'project:other:beetmover:bucket:dep']. \
                 Allowed prefixes: ['project:releng:beetmover:bucket:', \
                 'project:other:beetmover:bucket:']",
            ),
        ] {
            assert_eq!(resource(ends), Err(expected.to_owned()), "{ends:?}");
        }
    }

    #[test]
    fn a_task_has_one_action() {
        let action =
            |ends: &[&str]| action(&scopes(ends), PREFIXES).map_err(|errors| message(&errors));
        assert_eq!(
            action(&["bucket:dep", "action:push-to-releases"]),
            Ok("push-to-releases".to_owned())
        );
        for (ends, expected) in [
            (&["bucket:dep"][..], "no scope names an action"),
            (&["action:push"], "Invalid action scope"),
            (
                &["action:push-to-nightly", "action:push-to-nightly"],
                "Only one action type can be used",
            ),
        ] {
            assert_eq!(action(ends), Err(expected.to_owned()), "{ends:?}");
        }
    }
}
