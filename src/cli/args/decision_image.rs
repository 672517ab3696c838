//! The docker image of a new project's decision task.

use std::fmt;
use std::str::FromStr;

/// The name of a docker image with a version or a digest, so that it always means the same image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionImage(String);

impl DecisionImage {
    /// The decision image of this version of the program, in the registry of a GitHub organization.
    pub fn of_organization(owner: &str) -> Self {
        let owner = owner.to_lowercase();
        let version = env!("CARGO_PKG_VERSION");
        Self(format!("ghcr.io/{owner}/snowman-decision:{version}"))
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has a digest.
    pub fn has_digest(&self) -> bool {
        self.0.contains('@')
    }
}

impl fmt::Display for DecisionImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DecisionImage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            // A colon before a slash belongs to a port.
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        if !is_name(name) {
            return Err(format!("{name:?} is not a valid name of a docker image"));
        }
        if let Some(digest) = digest.filter(|digest| !is_digest(digest)) {
            return Err(format!(
                "the digest {digest:?} is not `sha256:` followed by 64 lowercase hexadecimal digits"
            ));
        }
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(format!("{tag:?} is not a valid tag of a docker image"));
        }
        match (tag, digest) {
            (None, None) => Err("the image has no version: add a tag or a digest".to_owned()),
            (Some("latest"), None) => Err(
                "the tag `latest` may move to another image: use a version, or add a digest"
                    .to_owned(),
            ),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

/// Whether the parts between slashes are valid for registries; the first may be a host with a port.
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        let is_alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        part.starts_with(is_alphanumeric)
            && part.ends_with(is_alphanumeric)
            && part
                .chars()
                .all(|c| is_alphanumeric(c) || matches!(c, '.' | '_' | '-'))
    };
    let is_host = |host: &str| {
        let (host, port) = host.split_once(':').unwrap_or((host, "0"));
        let is_port = !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
        is_port && is_part(&host.to_ascii_lowercase())
    };
    match name.split_once('/') {
        Some((first, others)) => is_host(first) && others.split('/').all(is_part),
        None => is_part(name),
    }
}

fn is_tag(tag: &str) -> bool {
    /// The maximum number of characters in a tag.
    const MAX_LENGTH: usize = 128;
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= MAX_LENGTH
        && tag.starts_with(is_word)
        && tag.chars().all(|c| is_word(c) || matches!(c, '.' | '-'))
}

fn is_digest(digest: &str) -> bool {
    let digits = digest.strip_prefix("sha256:");
    digits.is_some_and(|digits| {
        let is_digit = |c: char| c.is_ascii_digit() || matches!(c, 'a'..='f');
        digits.len() == 64 && digits.chars().all(is_digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_a_version_or_a_digest() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for text in [
            "snowman-decision:0.1.0",
            "snowman-decision:v1_rc.1-python",
            "localhost:5000/a/b:1",
            "Registry.example.com/team/image:2026-11-28",
            &format!("a/b@{digest}"),
            &format!("a/b:1@{digest}"),
            &format!("a/b:latest@{digest}"),
        ] {
            assert_eq!(text.parse::<DecisionImage>().unwrap().as_str(), text);
        }
        for (text, part) in [
            ("", "is not a valid name"),
            ("a b:1", "is not a valid name"),
            ("A:1", "is not a valid name"),
            ("a//b:1", "is not a valid name"),
            ("a/-b:1", "is not a valid name"),
            ("a:x/b:1", "is not a valid name"),
            ("a:", "is not a valid tag"),
            ("a:${b}", "is not a valid tag"),
            ("a:-1", "is not a valid tag"),
            (&format!("a:{}", "1".repeat(129)), "is not a valid tag"),
            ("a", "has no version"),
            ("localhost:5000/a", "has no version"),
            ("a:latest", "may move to another image"),
            ("a@sha256:12", "the digest"),
            (&format!("a@{}", digest.to_uppercase()), "the digest"),
        ] {
            let error = text.parse::<DecisionImage>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn the_default_has_the_version_of_this_program() {
        let image = DecisionImage::of_organization("Org");
        let expected = format!("ghcr.io/org/snowman-decision:{}", env!("CARGO_PKG_VERSION"));
        assert_eq!(image.as_str(), expected);
        assert_eq!(image.as_str().parse::<DecisionImage>().unwrap(), image);
        assert!(!image.has_digest());
    }
}
