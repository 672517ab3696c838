//! The push that is rehearsed, as GitHub tells of it.

use crate::base::repo_url::parse_repository_url;
use crate::base::time::Timestamp;
use crate::base::value::{Value, json};

/// The push that is rehearsed.
#[derive(Debug, Clone)]
pub struct Push {
    /// The repository.
    pub repository: String,
    /// The project: the last part of its address.
    pub project: String,
    /// The ref that is pushed to.
    pub head_ref: String,
    /// The revision that is pushed.
    pub head_rev: String,
    /// Who pushes.
    pub owner: String,
}

/// The name under which a rehearsal pushes.
const LOGIN: &str = "rehearsal";

impl Push {
    /// What GitHub sends of this push, without what only identifies (node ids, most addresses).
    /// See <https://docs.github.com/en/webhooks/webhook-events-and-payloads#push>.
    #[must_use]
    pub fn event(&self, now: Timestamp) -> Value {
        let url = &self.repository;
        let owner = parse_repository_url(url)
            .and_then(|url| url.owner)
            .unwrap_or_else(|| LOGIN.to_owned());
        let full_name = format!("{owner}/{}", self.project);
        let path = url.split_once("://").map_or(url.as_str(), |(_, path)| path);
        let (host, _) = path.split_once('/').unwrap_or((path, ""));
        let person = json!({"name": LOGIN, "email": self.owner, "username": LOGIN});
        let commit = json!({
            "id": self.head_rev,
            "distinct": true,
            "message": "",
            "timestamp": now.to_string(),
            "url": format!("{url}/commit/{}", self.head_rev),
            "author": person,
            "committer": person,
            "added": [],
            "removed": [],
            "modified": [],
        });
        let branch = self.head_ref.trim_start_matches("refs/heads/");
        json!({
            "ref": self.head_ref,
            "before": self.head_rev,
            "after": self.head_rev,
            "base_ref": null,
            "created": false,
            "deleted": false,
            "forced": false,
            "compare": format!("{url}/compare/{0}...{0}", self.head_rev),
            "commits": [commit],
            "head_commit": commit,
            "pusher": {"name": LOGIN, "email": self.owner},
            "sender": {"login": LOGIN, "type": "User", "site_admin": false},
            "repository": {
                "name": self.project,
                "full_name": full_name,
                "private": false,
                "fork": false,
                "owner": {"name": owner, "login": owner, "email": null},
                "html_url": url,
                "url": url,
                "clone_url": format!("{url}.git"),
                "git_url": format!("git://{path}.git"),
                "ssh_url": format!("git@{host}:{full_name}.git"),
                "default_branch": branch,
                "master_branch": branch,
            },
        })
    }
}
