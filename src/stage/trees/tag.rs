//! Tags, and whether they may be set.

use super::action::{Action, ActionError};

/// The actions that set tags.
///
/// # Errors
/// [`ActionError::NoTags`].
pub fn actions(tags: &[&str], revision: &str) -> Result<Vec<Action>, ActionError> {
    if tags.is_empty() {
        return Err(ActionError::NoTags);
    }
    let tags = tags.iter().map(|tag| Action::Tag {
        name: (*tag).to_owned(),
        target: revision.to_owned(),
    });
    Ok(tags.collect())
}

/// Why a tag must not be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// Git would refuse the name.
    #[error("{0:?} is not a name of a tag")]
    Name(String),
    /// The tag exists at another commit.
    #[error("the tag {name} exists already at {at}, and would be moved to {target}")]
    Moved {
        /// The tag.
        name: String,
        /// The commit that it names.
        at: String,
        /// The commit that it would name.
        target: String,
    },
    /// The tag is that of another release.
    #[error("the tag {name} is not one of version {version}, such as {example}")]
    Version {
        /// The tag.
        name: String,
        /// The version of the release.
        version: String,
        /// A name that fits.
        example: String,
    },
    /// The tag is listed twice.
    #[error("the tag {0} is listed twice")]
    Twice(String),
}

/// Checks the name of a tag as `git check-ref-format` does.
///
/// # Errors
/// [`TagError::Name`].
pub fn check_name(name: &str) -> Result<(), TagError> {
    let is_bad_sign = |sign: char| sign.is_ascii_control() || " ~^:?*[\\".contains(sign);
    let parts_are_good = name
        .split('/')
        .all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"));
    let is_good = parts_are_good
        && !name.contains("..")
        && !name.contains("@{")
        && name != "@"
        && !name.ends_with('.')
        && !name.starts_with('-')
        && !name.contains(is_bad_sign);
    match is_good {
        true => Ok(()),
        false => Err(TagError::Name(name.to_owned())),
    }
}

/// Checks that a tag of a release names its version: `FIREFOX_94_0b3_BUILD1`. Tags of another form say
/// nothing about a version.
///
/// # Errors
/// [`TagError::Version`].
pub fn check_version(name: &str, version: &str) -> Result<(), TagError> {
    let end = ["_RELEASE", "_BUILD"].iter().find_map(|end| {
        let at = name.rfind(end)?;
        let rest = &name[at + end.len()..];
        rest.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then_some(&name[..at])
    });
    let wanted = version.replace('.', "_");
    let Some((product, found)) = end.and_then(|start| start.split_once('_')) else {
        return Ok(());
    };
    match found == wanted || found.ends_with(&format!("_{wanted}")) {
        true => Ok(()),
        false => Err(TagError::Version {
            name: name.to_owned(),
            version: version.to_owned(),
            example: format!("{product}_{wanted}_RELEASE"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_git_accepts() {
        for name in ["FIREFOX_94_0b3_BUILD1", "release/94.0", "v94.0", "a@b"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in [
            "", "a b", "a..b", ".a", "a/.b", "a.lock", "a/", "/a", "a~1", "@", "a@{1}", "a\n",
            "-a", "a.",
        ] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn tags_name_the_version() {
        for name in [
            "FIREFOX_94_0b3_BUILD1",
            "FIREFOX_94_0b3_RELEASE",
            "FIREFOX_ANDROID_94_0b3_BUILD2",
            "other",
        ] {
            assert_eq!(check_version(name, "94.0b3"), Ok(()), "{name}");
        }
        for name in [
            "FIREFOX_94_0b2_BUILD1",
            "FIREFOX_94_0_RELEASE",
            "FIREFOX_194_0b3_RELEASE",
        ] {
            assert!(check_version(name, "94.0b3").is_err(), "{name}");
        }
    }
}
