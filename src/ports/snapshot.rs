//! The state of a working copy at one moment.

/// The state of a working copy: what is checked out, and how its files differ from that.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// A digest of everything.
    pub digest: String,
    /// A digest of the repository alone: its refs, its configuration, and which files are tracked.
    pub repository: String,
    /// A digest of how tracked files differ from what is checked out, if version control looks at all of them.
    pub tracked: Option<String>,
    /// The files whose content is part of it, sorted; paths from the root. A file that is neither among
    /// them nor ignored by version control does not exist.
    pub files: Vec<String>,
    /// Those of them that are symbolic links, sorted.
    pub links: Vec<String>,
}

impl Snapshot {
    /// Whether the content of the file at this path is part of it.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        has(&self.files, path)
    }

    /// Whether the path, or a folder that it is in, is a symbolic link.
    #[must_use]
    pub fn passes_link(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at);
        !self.links.is_empty()
            && ends
                .chain([path.len()])
                .any(|end| has(&self.links, &path[..end]))
    }
}

fn has(sorted: &[String], path: &str) -> bool {
    sorted
        .binary_search_by(|one| one.as_str().cmp(path))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_in_paths() {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let snapshot = Snapshot {
            files: own(&["a/file", "a/link"]),
            links: own(&["a/link"]),
            ..Snapshot::default()
        };
        assert!(snapshot.contains("a/file") && !snapshot.contains("a"));
        for (path, passes) in [
            ("a/link", true),
            ("a/link/below/it", true),
            ("a/links", false),
            ("a/file", false),
        ] {
            assert_eq!(snapshot.passes_link(path), passes, "{path}");
        }
    }
}
