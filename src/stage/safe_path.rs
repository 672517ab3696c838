//! Paths in archives.

/// Whether a path names a file below the folder that an archive is unpacked in, on every system.
#[must_use]
pub fn is_safe(path: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, '\\' | ':' | '\u{fffd}');
    let parts = path.split('/');
    !path.contains(odd)
        && parts
            .into_iter()
            .all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_must_stay_below_the_folder() {
        for safe in ["a", "a/b c/d.e", ".hidden", "a/..b", "é"] {
            assert!(is_safe(safe), "{safe}");
        }
        for bad in [
            "",
            "/a",
            "a/",
            "a//b",
            "..",
            "a/../b",
            "./a",
            "a\\b",
            "c:d",
            "a\nb",
            "a\u{fffd}",
        ] {
            assert!(!is_safe(bad), "{bad}");
        }
    }
}
