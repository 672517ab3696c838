//! Paths with forward slashes, joined and split by the rules of POSIX on every system.

/// A path below a folder; an absolute path stays as it is, and an empty one adds a final slash.
#[must_use]
pub fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') || folder.is_empty() {
        path.to_owned()
    } else if folder.ends_with('/') {
        format!("{folder}{path}")
    } else {
        format!("{folder}/{path}")
    }
}

/// Returns what follows the last slash.
#[must_use]
pub fn basename(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Returns what precedes the last slash, without trailing slashes unless there is nothing else.
#[must_use]
pub fn dirname(path: &str) -> &str {
    let head = path.rfind('/').map_or("", |slash| &path[..=slash]);
    match head.trim_end_matches('/') {
        "" => head,
        trimmed => trimmed,
    }
}

/// The path without empty parts, `.` and those `..` that take a part back; `.` when nothing is left.
#[must_use]
pub fn normalize(path: &str) -> String {
    // POSIX leaves the meaning of exactly two slashes at the beginning open.
    let root = match path.len() - path.trim_start_matches('/').len() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if !root.is_empty() => {}
            part => parts.push(part),
        }
    }
    match format!("{root}{}", parts.join("/")) {
        whole if whole.is_empty() => ".".to_owned(),
        whole => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_split() {
        assert_eq!(join("a/b", "c"), "a/b/c");
        assert_eq!(join("a/", "c"), "a/c");
        assert_eq!(join("a", ""), "a/");
        assert_eq!(join("a", "/c"), "/c");
        assert_eq!(join("", "c"), "c");
        assert_eq!(basename("/usr/bin/run-task"), "run-task");
        assert_eq!(basename("run-task"), "run-task");
        assert_eq!(dirname("a/b//c"), "a/b");
        assert_eq!(dirname("/c"), "/");
        assert_eq!(dirname("c"), "");
    }

    #[test]
    fn normalized_paths_have_no_dots() {
        assert_eq!(normalize("a/./b//../c/"), "a/c");
        assert_eq!(normalize("../../a"), "../../a");
        assert_eq!(normalize("/../a"), "/a");
        assert_eq!(normalize("//a"), "//a");
        assert_eq!(normalize("///a"), "/a");
        assert_eq!(normalize("a/.."), ".");
        assert_eq!(normalize(""), ".");
    }
}
