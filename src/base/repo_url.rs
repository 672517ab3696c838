//! The URLs that repositories on GitHub and hg.mozilla.org have.

/// The parts of a repository URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoUrl {
    /// The host, e.g. `github.com`.
    pub host: String,
    /// The owner; hg.mozilla.org has none.
    pub owner: Option<String>,
    /// The last part of the repository's path, e.g. `mozilla-beta`.
    pub name: String,
    /// What the roles of the repository begin with, e.g. `repo:hg.mozilla.org/releases/mozilla-beta`.
    pub role_prefix: String,
}

static GITHUB: &[&str] = &["github.com", "gist.github.com"];
const HGMO: &str = "hg.mozilla.org";

/// Reads the URL of a repository.
///
/// `None` for other hosts, and for forms of URL for which Taskcluster has no roles. Links to a file
/// or a branch of a repository count as the repository.
#[must_use]
pub fn parse_repository_url(url: &str) -> Option<RepoUrl> {
    let url = url.trim_end_matches('/');
    if url.contains(['?', '#', ' ']) || url.chars().any(char::is_control) {
        return None;
    }
    github(url).or_else(|| hgmo(url))
}

/// What follows a scheme, which may be written in capitals.
fn after<'a>(url: &'a str, scheme: &str) -> Option<&'a str> {
    let head = url.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme)
        .then(|| &url[scheme.len()..])
}

fn github(url: &str) -> Option<RepoUrl> {
    let plain = after(url, "git+").unwrap_or(url);
    let (host, path) = if let Some(rest) = after(plain, "https://") {
        let (authority, path) = rest.split_once('/')?;
        let host = match authority.split_once('@') {
            // A name and a token; a name alone is not a known form.
            Some((user, host)) if user.contains(':') => host,
            Some(_) => return None,
            None => authority,
        };
        (host, path)
    } else if let Some(rest) = after(url, "git://") {
        rest.split_once('/')?
    } else {
        let rest = after(plain, "ssh://").unwrap_or(url);
        after(rest, "git@")?.split_once([':', '/'])?
    };
    if !GITHUB.contains(&host) {
        return None;
    }
    let mut parts = path.split('/');
    let (owner, name) = (parts.next()?, parts.next()?);
    match (parts.next(), parts.next()) {
        (None, _) | (Some("tree" | "blob"), Some(_)) => {}
        _ => return None,
    }
    let name = name.strip_suffix(".git").unwrap_or(name);
    if owner.is_empty() || name.is_empty() {
        return None;
    }
    Some(RepoUrl {
        host: host.to_owned(),
        owner: Some(owner.to_owned()),
        name: name.to_owned(),
        role_prefix: format!("repo:{host}/{owner}/{name}"),
    })
}

fn hgmo(url: &str) -> Option<RepoUrl> {
    // git-cinnabar writes `hg::` before a URL, or the scheme `hg` with the transport after the host.
    let plain = after(url, "hg::").unwrap_or(url);
    let (host, path) = if let Some(rest) = after(plain, "https://") {
        let (host, path) = rest.split_once('/')?;
        let page = path.find("/file/").or_else(|| path.find("/raw-file/"));
        (host, page.map_or(path, |at| &path[..at]))
    } else if let Some(rest) = after(plain, "ssh://") {
        rest.split_once(['/', ':'])?
    } else {
        let (host, path) = after(url, "hg://")?.split_once('/')?;
        let host = host.strip_suffix(":https").unwrap_or(host);
        (host.strip_suffix(":ssh").unwrap_or(host), path)
    };
    let path = path.strip_suffix(".git").unwrap_or(path);
    if host != HGMO || path.split('/').any(str::is_empty) {
        return None;
    }
    let name = path.rsplit('/').next()?;
    Some(RepoUrl {
        host: host.to_owned(),
        owner: None,
        name: name.to_owned(),
        role_prefix: format!("repo:{host}/{path}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Option<(String, String)> {
        parse_repository_url(url).map(|parsed| (parsed.name, parsed.role_prefix))
    }

    #[test]
    fn github_urls_have_many_forms() {
        for url in [
            "https://github.com/mozilla/repo",
            "https://github.com/mozilla/repo/",
            "https://github.com/mozilla/repo.git",
            "https://github.com/mozilla/repo.git/",
            "https://user:token@github.com/mozilla/repo.git",
            "HTTPS://github.com/mozilla/repo",
            "git+https://github.com/mozilla/repo",
            "git@github.com:mozilla/repo.git",
            "git@github.com:mozilla/repo",
            "git@github.com/mozilla/repo",
            "ssh://git@github.com/mozilla/repo.git",
            "ssh://git@github.com:mozilla/repo.git",
            "git+ssh://git@github.com/mozilla/repo.git",
            "git://github.com/mozilla/repo.git",
            "https://github.com/mozilla/repo/tree/main",
            "https://github.com/mozilla/repo/blob/main/a/b.txt",
        ] {
            assert_eq!(
                parse_repository_url(url),
                Some(RepoUrl {
                    host: "github.com".to_owned(),
                    owner: Some("mozilla".to_owned()),
                    name: "repo".to_owned(),
                    role_prefix: "repo:github.com/mozilla/repo".to_owned(),
                }),
                "{url}"
            );
        }
        assert_eq!(
            read("https://github.com/mozilla/repo.js").map(|(name, _)| name),
            Some("repo.js".to_owned())
        );
        assert_eq!(
            read("https://gist.github.com/someone/0123").map(|(_, role)| role),
            Some("repo:gist.github.com/someone/0123".to_owned())
        );
    }

    #[test]
    fn paths_on_hgmo_are_kept_whole() {
        for url in [
            "https://hg.mozilla.org/releases/mozilla-beta",
            "https://hg.mozilla.org/releases/mozilla-beta/",
            "https://hg.mozilla.org/releases/mozilla-beta/raw-file/tip/README",
            "https://hg.mozilla.org/releases/mozilla-beta/file/tip/README",
            "ssh://hg.mozilla.org/releases/mozilla-beta",
            "hg::https://hg.mozilla.org/releases/mozilla-beta",
            "hg::ssh://hg.mozilla.org/releases/mozilla-beta",
            "hg://hg.mozilla.org/releases/mozilla-beta",
            "hg://hg.mozilla.org:ssh/releases/mozilla-beta",
            "hg://hg.mozilla.org:https/releases/mozilla-beta",
        ] {
            assert_eq!(
                read(url),
                Some((
                    "mozilla-beta".to_owned(),
                    "repo:hg.mozilla.org/releases/mozilla-beta".to_owned()
                )),
                "{url}"
            );
        }
        assert_eq!(
            read("https://hg.mozilla.org/try").map(|(_, role)| role),
            Some("repo:hg.mozilla.org/try".to_owned())
        );
    }

    #[test]
    fn everything_else_is_refused() {
        for url in [
            "",
            "/tmp/x",
            "../x",
            "file:///tmp/x",
            "http://github.com/mozilla/repo",
            "https://token@github.com/mozilla/repo.git",
            "https://github.com:443/mozilla/repo",
            "ssh://git@github.com:22/mozilla/repo.git",
            "someone@github.com:mozilla/repo.git",
            "https://GitHub.com/Mozilla/Repo",
            "https://www.github.com/mozilla/repo",
            "https://github.com.example.com/mozilla/repo",
            "https://github.com/mozilla",
            "https://github.com/mozilla/repo/pull/5",
            "https://github.com/a//b",
            "https://github.com/a/.git",
            "https://github.com/a/b?x=1",
            "https://github.com/a/b#x",
            "https://hg.mozilla.org/",
            "https://hg.mozilla.org/a//b",
            "http://hg.mozilla.org/mozilla-central",
            "hg.mozilla.org/try",
            "https://gitlab.com/a/b",
        ] {
            assert_eq!(parse_repository_url(url), None, "{url}");
        }
    }
}
