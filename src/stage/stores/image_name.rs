//! The names of container images: repositories and tags, as registries accept them.

/// Why a name is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is not the name of a repository.
    #[error(
        "{0:?} is not the name of a repository: its parts have lower-case letters and digits, with `.`, `_` or `-` between them"
    )]
    Repository(String),
    /// It has a tag or a hash.
    #[error("{0:?} has a tag or a hash, but the script adds the tag")]
    Tagged(String),
    /// It is not a tag.
    #[error(
        "{0:?} is not a tag: it has up to 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two"
    )]
    Tag(String),
}

/// The registry that counts if a name has none.
const DEFAULT: &str = "docker.io";

/// The full name of a repository, with its registry.
///
/// # Errors
/// [`NameError`].
pub fn repository(name: &str) -> Result<String, NameError> {
    let wrong = || NameError::Repository(name.to_owned());
    let (host, path) = match name.split_once('/') {
        // As Docker: a first part with a dot or a port is a host.
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
        _ => (DEFAULT, name),
    };
    if path.contains([':', '@']) {
        return Err(NameError::Tagged(name.to_owned()));
    }
    let is_host = |sign: char| sign.is_ascii_alphanumeric() || ".-:".contains(sign);
    if !host.chars().all(is_host) || !path.split('/').all(is_part) || name.len() > 255 {
        return Err(wrong());
    }
    Ok(match host == DEFAULT && !path.contains('/') {
        true => format!("{host}/library/{path}"),
        false => format!("{host}/{path}"),
    })
}

/// Whether a part of a path is one that registries accept.
fn is_part(part: &str) -> bool {
    let is_word = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit();
    let words: Vec<&str> = part.split(|sign: char| !is_word(sign)).collect();
    if words.first().is_none_or(|word| word.is_empty())
        || words.last().is_none_or(|word| word.is_empty())
    {
        return false;
    }
    let mut between = part.split(is_word).filter(|signs| !signs.is_empty());
    between.all(|signs| matches!(signs, "." | "_" | "__") || signs.bytes().all(|sign| sign == b'-'))
}

/// A tag that a script gives an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// Whether it may lead to another image later.
    pub moves: bool,
}

impl Tag {
    /// Checks that registries accept it.
    ///
    /// # Errors
    /// [`NameError::Tag`].
    pub fn check(&self) -> Result<(), NameError> {
        let name = &self.name;
        let is_sign = |sign: char| sign.is_ascii_alphanumeric() || "_.-".contains(sign);
        let begins = name.starts_with(|sign: char| sign.is_ascii_alphanumeric() || sign == '_');
        match begins && name.len() <= 128 && name.chars().all(is_sign) {
            true => Ok(()),
            false => Err(NameError::Tag(name.clone())),
        }
    }
}

/// The tags that the scripts of Mozilla's projects make of their variables: those of scriptworkers have them in
/// variables, Ship It's is the branch of the deployment, taskgraph's has name and version of an image, and Balrog's
/// the version. Tags with the time of the push are left out.
pub fn tags<'v>(variable: &dyn Fn(&str) -> Option<&'v str>) -> Vec<Tag> {
    let tag = |name: String, moves: bool| Tag { name, moves };
    if let Some(named) = variable("DOCKER_TAG") {
        let archived = variable("DOCKER_ARCHIVE_TAG");
        let archived = archived.map(|name| tag(name.to_owned(), true));
        return [tag(named.to_owned(), true)]
            .into_iter()
            .chain(archived)
            .collect();
    }
    if let Some(branch) = variable("DEPLOYMENT_BRANCH") {
        return vec![tag(branch.to_owned(), true)];
    }
    if let (Some(name), Some(version)) = (variable("NAME"), variable("VERSION")) {
        return vec![tag(format!("{name}-v{version}"), false)];
    }
    let version = variable("APP_VERSION");
    version
        .map(|version| tag(format!("v{version}"), true))
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `skopeo` 1.9 takes as names, by the rules of the distribution specification.
    #[test]
    fn repositories_have_their_full_names() {
        for (name, full) in [
            (
                "mozilla/releng-addonscript",
                "docker.io/mozilla/releng-addonscript",
            ),
            ("docker.io/mozilla/balrog", "docker.io/mozilla/balrog"),
            ("alpine", "docker.io/library/alpine"),
            ("localhost:5000/a__b/c.d", "localhost:5000/a__b/c.d"),
            ("ghcr.io/a/b--c", "ghcr.io/a/b--c"),
        ] {
            assert_eq!(repository(name).as_deref(), Ok(full));
        }
        for name in [
            "", "A/b", "a//b", "a/b.", "a/-b", "a/b..c", "a/b___c", "a b", "a/b/",
        ] {
            let wrong = NameError::Repository(name.to_owned());
            assert_eq!(repository(name), Err(wrong), "{name}");
        }
        for name in ["a/b:1", "a/b@sha256:00"] {
            assert_eq!(repository(name), Err(NameError::Tagged(name.to_owned())));
        }
    }

    #[test]
    fn tags_are_those_of_the_scripts() {
        let of = |variables: &[(&str, &'static str)]| -> Vec<(String, bool)> {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| *value)
            };
            let tags = tags(&variable).into_iter();
            tags.map(|tag| (tag.name, tag.moves)).collect()
        };
        let moves = |name: &str| (name.to_owned(), true);
        assert_eq!(of(&[]), []);
        assert_eq!(
            of(&[
                ("DOCKER_TAG", "production"),
                ("DOCKER_ARCHIVE_TAG", "production-1")
            ]),
            [moves("production"), moves("production-1")]
        );
        assert_eq!(
            of(&[("DEPLOYMENT_BRANCH", "dev"), ("APP_VERSION", "1")]),
            [moves("dev")]
        );
        assert_eq!(
            of(&[("NAME", "decision"), ("VERSION", "24.5")]),
            [("decision-v24.5".to_owned(), false)]
        );
        assert_eq!(of(&[("APP_VERSION", "3.121")]), [moves("v3.121")]);
    }

    #[test]
    fn tags_have_their_signs() {
        let check = |name: &str| {
            let tag = Tag {
                name: name.to_owned(),
                moves: true,
            };
            tag.check()
        };
        for name in ["v3.121", "_a", "A-b.c_d", &"a".repeat(128)] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        for name in ["", ".a", "-a", "a/b", "a:b", "a b", &"a".repeat(129)] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
