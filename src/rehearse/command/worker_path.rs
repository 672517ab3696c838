//! Paths on a worker, which is not this machine: they are computed as text.

use crate::base::posix::join;

/// A path without `.`, `..` and doubled slashes; it begins with a slash.
pub fn absolute(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let whole = join(folder, path);
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The path relative to a folder; empty for the folder itself.
pub fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    if rest.is_empty() {
        Some(rest)
    } else {
        rest.strip_prefix('/')
    }
}

/// Symbolic links, each with its path and target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links(Vec<(String, String)>);

impl Links {
    /// The maximum number of links in one path, as on Linux.
    const MAX_LINKS: usize = 40;

    /// Creates a link, replacing an existing one.
    pub fn create(&mut self, path: String, target: String) {
        self.remove(&path);
        self.0.push((path, target));
    }

    /// Whether a path is a link.
    pub fn contains(&self, path: &str) -> bool {
        self.0.iter().any(|(link, _)| link == path)
    }

    /// Removes a link, and those below a folder of that name.
    pub fn remove(&mut self, path: &str) {
        self.0.retain(|(link, _)| below(link, path).is_none());
    }

    /// Resolves the links of a path; `None` if they form a loop.
    pub fn resolve(&self, path: &str) -> Option<String> {
        let mut path = absolute("/", path);
        for _ in 0..Self::MAX_LINKS {
            let found = self.0.iter().find_map(|(link, target)| {
                let rest = below(&path, link)?;
                let folder = link.rsplit_once('/').map_or("/", |(folder, _)| folder);
                Some(absolute(&absolute(folder, target), rest))
            });
            match found {
                Some(next) => path = next,
                None => return Some(path),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_resolved_as_text() {
        assert_eq!(
            absolute("/builds/worker", "src/../x/./y"),
            "/builds/worker/x/y"
        );
        assert_eq!(absolute("/builds", "/a//b/"), "/a/b");
        assert_eq!(absolute("/a", "../../.."), "/");
        assert_eq!(below("/a/b", "/a"), Some("b"));
        assert_eq!(below("/ab", "/a"), None);
        assert_eq!(below("/a", "/a/"), Some(""));
        assert_eq!(below("/a", "/"), Some("a"));
    }

    #[test]
    fn links_are_followed_and_loops_detected() {
        let mut links = Links::default();
        links.create("/src/artifacts".to_owned(), "/builds/artifacts".to_owned());
        links.create("/builds".to_owned(), "../mnt/builds".to_owned());
        assert_eq!(
            links.resolve("/src/artifacts/x.json").as_deref(),
            Some("/mnt/builds/artifacts/x.json")
        );
        assert_eq!(
            links.resolve("/src/artifacts2").as_deref(),
            Some("/src/artifacts2")
        );
        links.create("/mnt/builds".to_owned(), "/builds".to_owned());
        assert_eq!(links.resolve("/builds/x"), None);
        links.remove("/mnt");
        assert_eq!(links.resolve("/builds/x").as_deref(), Some("/mnt/builds/x"));
    }
}
