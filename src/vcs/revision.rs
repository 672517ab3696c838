//! Checks of what users write: revisions, names of refs, addresses of remotes.

use std::path::{Component, Path};

use crate::ports::vcs::VcsError;

/// Refuses text that a program could parse as an option, and text that is never a valid revision.
pub(super) fn check<'a>(what: &'static str, text: &'a str) -> Result<&'a str, VcsError> {
    let why = if text.is_empty() {
        "it is empty"
    } else if text.starts_with('-') {
        "it begins with a dash"
    } else if text.chars().any(char::is_control) {
        "it contains a control character"
    } else {
        return Ok(text);
    };
    Err(invalid_revision(what, text, why))
}

/// How the address of a repository to clone may begin. Others run programs.
static SCHEMES: &[&str] = &["https://", "http://", "file://"];

/// Refuses what cannot be cloned: an address that runs a program, and a revision that is not given by its hash.
pub(super) fn check_clone(url: &str, revision: &str) -> Result<(), VcsError> {
    check("the repository", url)?;
    if !SCHEMES.iter().any(|scheme| url.starts_with(scheme)) {
        let why = "it is not an address that begins with https://, http:// or file://";
        return Err(invalid_revision("the repository", url, why));
    }
    match is_hash(revision) {
        true => Ok(()),
        false => Err(VcsError::NoRevision(revision.to_owned())),
    }
}

/// The ref of a note, with `refs/notes/` before it.
pub(super) fn note_ref(name: &str) -> Result<String, VcsError> {
    let short = name.strip_prefix("refs/notes/").unwrap_or(name);
    check("the notes ref", short)?;
    let bad = short.contains([' ', '~', '^', ':', '?', '*', '[', '\\'])
        || short.contains("..")
        || short.contains("@{");
    if bad {
        return Err(invalid_revision(
            "the notes ref",
            name,
            "it is not a valid git ref",
        ));
    }
    Ok(format!("refs/notes/{short}"))
}

/// Whether this is the revision before the first, which both systems write as zeros.
pub(super) fn is_null(revision: &str) -> bool {
    revision.len() >= 40 && revision.bytes().all(|byte| byte == b'0')
}

/// Whether this is the full hash of a revision.
pub(super) fn is_hash(revision: &str) -> bool {
    matches!(revision.len(), 40 | 64) && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether this is the path of a file below the root, without steps upwards.
pub(super) fn is_path(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}

pub(super) fn invalid_revision(what: &'static str, text: &str, why: &'static str) -> VcsError {
    VcsError::Refused {
        what,
        text: text.to_owned(),
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_not_revisions() {
        assert_eq!(check("the revision", "main~1"), Ok("main~1"));
        for text in ["", "-x", "--output=/tmp/x", "a\nb", "a\0b"] {
            assert!(check("the revision", text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn refs_of_notes_are_below_notes() {
        let whole = Ok("refs/notes/a/b".to_owned());
        assert_eq!(note_ref("a/b"), whole);
        assert_eq!(note_ref("refs/notes/a/b"), whole);
        for name in [
            "",
            "-a",
            "a:refs/heads/main",
            "../heads/main",
            "a*",
            "refs/notes/",
        ] {
            assert!(note_ref(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn zeros_are_the_null_revision() {
        assert!(is_null(&"0".repeat(40)) && is_null(&"0".repeat(64)));
        assert!(!is_null("0") && !is_null("") && !is_null(&"01".repeat(20)));
    }
}
