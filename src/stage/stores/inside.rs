//! Paths in packages.

use std::collections::BTreeSet;

use crate::stage::safe_path;
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
    /// A path is not one inside of the package on every system.
    #[error("the path {0:?} could lead out of the package on some system")]
    Path(String),
    /// Two files have one path.
    #[error("the path {0:?} occurs twice")]
    Twice(String),
    /// There are too many files.
    #[error("the package has more than {MAX_FILES} files")]
    TooMany,
}

/// Whether a path names a file or folder inside of a package, on every system.
#[must_use]
pub fn is_safe(path: &str) -> bool {
    safe_path::is_safe(path.strip_suffix('/').unwrap_or(path))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for path in ["a", "a/b.c", "a/", "a b/..c"] {
            assert!(is_safe(path), "{path}");
        }
        for path in [
            "",
            "/a",
            "../a",
            "a/../b",
            "a//b",
            "a\\b",
            "c:/a",
            "./a",
            "a/.",
            "a//",
            "/",
            "a:b",
            "a\tb",
            "a\u{fffd}",
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
}
