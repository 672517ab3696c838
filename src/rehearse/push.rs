//! The push that is rehearsed, with the event that GitHub sends.

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::repo_url::parse_repository_url;
use crate::base::time::Timestamp;
use crate::base::value::{Object, Value, json};
use crate::config::graph_config::GraphConfig;
use crate::decision::flags::DecisionFlags;
use crate::decision::{self, Context};

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
    /// The email address of the person who pushes.
    pub owner: String,
}

/// The `tasks_for` of a push's decision task.
pub const TASKS_FOR: &str = "github-push";

/// Pushes to Git repositories have no number.
pub const PUSHLOG_ID: &str = "0";

/// The GitHub login that pushes.
const LOGIN: &str = "rehearsal";

impl Push {
    /// The push to rehearse: of the revision that is checked out, to the main branch of the
    /// configured repository, or else of the one that it was cloned from.
    ///
    /// # Errors
    /// When there is no repository, or it cannot be read.
    pub fn from_repository(context: Context<'_>, graph_config: &GraphConfig) -> Outcome<Self> {
        let vcs = context.vcs.ok_or_else(|| {
            Diagnostic::environment("a rehearsal needs a repository, but none was found")
                .help("run `snowman rehearse` in a checkout of the project")
        })?;
        let vcs_error = |error| decision::vcs_diagnostic(&error);
        let first = graph_config.repositories().values().next();
        let text = |key: &str| first?.get(key)?.as_str().map(str::to_owned);
        let own = graph_config.default_repository().map(str::to_owned);
        let cloned = vcs.remote_url().map_err(vcs_error)?;
        let cloned = cloned.filter(|url| parse_repository_url(url).is_some());
        let name = text("name").unwrap_or_else(|| "project".to_owned());
        let repository = own
            .or(cloned)
            .unwrap_or_else(|| format!("https://github.com/rehearsal/{name}"));
        let project = parse_repository_url(&repository).map_or(name, |url| url.name);
        let branch = text("default-ref").unwrap_or_else(|| "main".to_owned());
        Ok(Self {
            repository,
            project,
            head_ref: head_ref(&branch),
            head_rev: vcs.head_rev().map_err(vcs_error)?,
            owner: "rehearsal@example.com".to_owned(),
        })
    }

    /// The scope with which taskcluster-github creates the decision task: the role of the branch.
    #[must_use]
    pub fn scope(&self) -> String {
        let role = parse_repository_url(&self.repository).map(|url| url.role_prefix);
        let branch = self.head_ref.trim_start_matches("refs/heads/");
        format!("assume:{}:branch:{branch}", role.unwrap_or_default())
    }

    /// Flags of a decision that fit the push, for a command that was not read.
    #[must_use]
    pub fn decision_flags(&self, definition: &Value, tool: &str) -> DecisionFlags {
        DecisionFlags {
            entry_options: Object::new(),
            project: self.project.clone(),
            pushlog_id: PUSHLOG_ID.to_owned(),
            pushdate: 0,
            owner: self.owner.clone(),
            level: level_of(definition),
            target_tasks_method: None,
            repository_type: tool.to_owned(),
            base_repository: self.repository.clone(),
            base_ref: self.head_ref.clone(),
            // No task is skipped because of unchanged files.
            base_rev: self.head_rev.clone(),
            head_repository: self.repository.clone(),
            head_ref: self.head_ref.clone(),
            head_rev: self.head_rev.clone(),
            head_tag: String::new(),
            tasks_for: TASKS_FOR.to_owned(),
            try_task_config_file: None,
            decision_parameters: None,
            allow_parameter_override: false,
        }
    }

    /// Returns the event that GitHub sends for this push, without node ids and most URLs.
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

/// The ref of a branch, which may be given with or without `refs/heads/`.
pub fn head_ref(branch: &str) -> String {
    format!("refs/heads/{}", branch.trim_start_matches("refs/heads/"))
}

/// The SCM level that a decision task was rendered for: the end of its schedulerId.
fn level_of(definition: &Value) -> String {
    let scheduler = definition["schedulerId"].as_str().unwrap_or_default();
    scheduler
        .rsplit_once("-level-")
        .map_or("3", |(_, level)| level)
        .to_owned()
}

/// Returns the scopes of a project in a rehearsal: everything, except for the roles of repositories,
/// which separate actions.
pub fn granted_scopes() -> Vec<String> {
    let first = ('!'..='~')
        .filter(|c| !matches!(c, 'a' | '*'))
        .map(|c| format!("{c}*"));
    let second = ('!'..='~')
        .filter(|c| !matches!(c, 's' | '*'))
        .map(|c| format!("a{c}*"));
    let assumed = [
        "assume:project:*",
        "assume:worker-pool:*",
        "assume:worker-type:*",
    ];
    first
        .chain(second)
        .chain(assumed.map(str::to_owned))
        .collect()
}
