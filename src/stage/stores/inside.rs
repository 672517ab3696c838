//! Paths in packages.

use std::collections::BTreeSet;

use crate::stage::signing::zip::{Zip, ZipError};

/// The most bytes of a file in a package that is looked at.
pub const MAX_FILE: u64 = 1 << 30;

/// The most bytes of a file in a package that is read as text.
pub const MAX_TEXT: u64 = 64 << 20;

/// The most files in a package.
pub const MAX_FILES: usize = 200_000;

/// Why a package is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InsideError {
    /// It is no ZIP file, or damaged.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// A path leads out of the package.
    #[error("the path {0:?} leads out of the package")]
    Path(String),
    /// Two files have one path.
    #[error("the path {0:?} occurs twice")]
    Twice(String),
    /// There are too many files.
    #[error("the package has more than {MAX_FILES} files")]
    TooMany,
}

/// Whether a path stays where it is unpacked.
#[must_use]
pub fn is_safe(path: &str) -> bool {
    let parts = path.trim_end_matches('/').split('/');
    let mut bad = parts.filter(|part| part.is_empty() || *part == "." || *part == "..");
    bad.next().is_none() && !path.contains(['\\', '\0']) && !path.contains(":/")
}

/// Whether a relative link leads out of a package, from the folder of a path, or from the top.
#[must_use]
pub fn leads_out(path: &str, target: &str, from_top: bool) -> bool {
    let mut depth = if from_top {
        0
    } else {
        path.matches('/').count()
    };
    for part in target.split('/') {
        match part {
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            "" | "." => {}
            _ => depth += 1,
        }
    }
    false
}

/// Opens a ZIP file, and checks its paths.
///
/// # Errors
/// [`InsideError`].
pub fn open(bytes: &[u8]) -> Result<Zip<'_>, InsideError> {
    let zip = Zip::read(bytes)?;
    if zip.members.len() > MAX_FILES {
        return Err(InsideError::TooMany);
    }
    let mut seen = BTreeSet::new();
    for name in zip.names() {
        if !is_safe(name) {
            return Err(InsideError::Path(name.to_owned()));
        }
        if !seen.insert(name.to_owned()) {
            return Err(InsideError::Twice(name.to_owned()));
        }
    }
    Ok(zip)
}

/// Reads a text from a ZIP file; `None` if there is none of this name.
///
/// # Errors
/// [`InsideError::Zip`].
pub fn text(zip: &Zip<'_>, name: &str) -> Result<Option<String>, InsideError> {
    let Some(member) = zip.member(name) else {
        return Ok(None);
    };
    let content = member.content(MAX_TEXT)?;
    let text = String::from_utf8_lossy(&content);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(Some(text.to_owned()))
}

/// Reads every file, so that damage is found; returns how many there are.
///
/// # Errors
/// [`InsideError::Zip`].
pub fn test(zip: &Zip<'_>) -> Result<usize, InsideError> {
    for member in &zip.members {
        member.content(MAX_FILE)?;
    }
    Ok(zip.members.len())
}

/// A value of an INI file: `Version=94.0` in the section `[App]`.
#[must_use]
pub fn ini<'t>(text: &'t str, section: &str, key: &str) -> Option<&'t str> {
    let mut is_in = false;
    text.lines().find_map(|line| {
        let line = line.trim();
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            is_in = name == section;
            return None;
        }
        let (name, value) = line.split_once('=')?;
        (is_in && name.trim() == key).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for path in ["a", "a/b.c", "a/", "a b/..c"] {
            assert!(is_safe(path), "{path}");
        }
        for path in [
            "", "/a", "../a", "a/../b", "a//b", "a\\b", "c:/a", "./a", "a/.",
        ] {
            assert!(!is_safe(path), "{path}");
        }
    }

    #[test]
    fn links_stay_inside() {
        assert!(!leads_out("a/b", "../c", false));
        assert!(leads_out("a/b", "../../c", false));
        assert!(leads_out("a", "..", false));
        assert!(leads_out("a/b", "../c", true));
        assert!(!leads_out("a/b", "c/../d", true));
    }

    #[test]
    fn sections_have_their_own_keys() {
        let text = "; no\n[Gecko]\nVersion=1\n[App]\nVersion = 94.0\nName=x\n";
        assert_eq!(ini(text, "App", "Version"), Some("94.0"));
        assert_eq!(ini(text, "App", "BuildID"), None);
    }
}
