//! The push that is rehearsed, with the event that GitHub sends.

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::repo_url::parse_repository_url;
use crate::base::time::Timestamp;
use crate::base::value::{Object, Value, json};
use crate::config::graph_config::GraphConfig;
use crate::decision::flags::DecisionFlags;
use crate::decision::{self, Context};
use crate::ports::vcs::Tool;

/// Which service tells Taskcluster of a push, and so what `.taskcluster.yml` is rendered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// taskcluster-github, for repositories on GitHub.
    GitHub,
    /// build-decision, for repositories on hg.mozilla.org.
    Mercurial,
}

impl Service {
    /// The `tasks_for` of a push's decision task.
    #[must_use]
    pub fn tasks_for(self) -> &'static str {
        match self {
            Self::GitHub => "github-push",
            Self::Mercurial => "hg-push",
        }
    }
}

/// The push that is rehearsed.
#[derive(Debug, Clone)]
pub struct Push {
    /// The service that tells of it.
    pub service: Service,
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

/// Checks the address that a user names. It becomes a part of tasks, which everybody can read.
fn check_repository(url: &str) -> Outcome<()> {
    let authority = url.split_once("://").map(|(_, rest)| rest);
    let authority = authority.and_then(|rest| rest.split('/').next());
    // The text is not shown, as it may have a password.
    if authority.is_some_and(|authority| authority.contains(':') && authority.contains('@')) {
        return Err(Diagnostic::usage(
            "the address for `--repository` has a user and a password, which tasks would show",
        )
        .help("leave them out: a rehearsal reads only the checkout")
        .into());
    }
    match parse_repository_url(url) {
        Some(_) => Ok(()),
        None => Err(Diagnostic::usage(format!(
            "`--repository`: {url:?} is not the address of a repository on GitHub or hg.mozilla.org"
        ))
        .help("give one such as https://hg.mozilla.org/mozilla-central")
        .into()),
    }
}

/// The GitHub login that pushes.
const LOGIN: &str = "rehearsal";

impl Push {
    /// The push to rehearse: of the revision that is checked out, to the main branch of the
    /// given or configured repository, or else of the one that it was cloned from.
    ///
    /// # Errors
    /// When there is no repository, or it cannot be read.
    pub fn from_repository(
        context: Context<'_>,
        graph_config: &GraphConfig,
        repository: Option<&str>,
    ) -> Outcome<Self> {
        let vcs = context.vcs.ok_or_else(|| {
            Diagnostic::environment("a rehearsal needs a repository, but none was found")
                .help("run `snowman rehearse` in a checkout of the project")
        })?;
        if let Some(url) = repository {
            check_repository(url)?;
        }
        let vcs_error = |error| decision::vcs_diagnostic(&error);
        let first = graph_config.repositories().values().next();
        let text = |key: &str| first?.get(key)?.as_str().map(str::to_owned);
        let own = repository.or_else(|| graph_config.default_repository());
        let own = own.map(|url| url.trim_end_matches('/').to_owned());
        let cloned = vcs.remote_url().map_err(vcs_error)?;
        let cloned = cloned.filter(|url| parse_repository_url(url).is_some());
        let name = text("name").map_or_else(|| "project".to_owned(), |name| as_on_github(&name));
        let repository = own
            .or(cloned)
            .unwrap_or_else(|| format!("https://github.com/rehearsal/{name}"));
        let project = parse_repository_url(&repository).map_or(name, |url| url.name);
        let branch = text("default-ref").unwrap_or_else(|| "main".to_owned());
        Ok(Self {
            service: match vcs.tool() {
                Tool::Hg => Service::Mercurial,
                Tool::Git => Service::GitHub,
            },
            repository,
            project,
            head_ref: head_ref(&branch),
            head_rev: vcs.head_rev().map_err(vcs_error)?,
            owner: "rehearsal@example.com".to_owned(),
        })
    }

    /// The number of the push in its repository. Pushes to Git repositories have none.
    #[must_use]
    pub fn pushlog_id(&self) -> &'static str {
        match self.service {
            Service::GitHub => "0",
            Service::Mercurial => "1",
        }
    }

    /// The SCM level of a repository on hg.mozilla.org: taskgraph, too, knows Try by its name.
    fn level(&self) -> &'static str {
        match self.project.contains("try") {
            true => "1",
            false => "3",
        }
    }

    /// The scope with which the service creates the decision task: the role of the branch.
    #[must_use]
    pub fn scope(&self) -> String {
        let role = parse_repository_url(&self.repository).map(|url| url.role_prefix);
        let branch = match self.service {
            Service::GitHub => self.head_ref.trim_start_matches("refs/heads/"),
            Service::Mercurial => "default",
        };
        format!("assume:{}:branch:{branch}", role.unwrap_or_default())
    }

    /// Flags of a decision that fit the push, for a command that was not read.
    #[must_use]
    pub fn decision_flags(&self, definition: &Value, tool: &str) -> DecisionFlags {
        let head_ref = match self.service {
            Service::GitHub => self.head_ref.clone(),
            Service::Mercurial => self.head_rev.clone(),
        };
        DecisionFlags {
            entry_options: Object::new(),
            project: self.project.clone(),
            pushlog_id: self.pushlog_id().to_owned(),
            pushdate: 0,
            owner: self.owner.clone(),
            level: level_of(definition),
            target_tasks_method: None,
            repository_type: tool.to_owned(),
            base_repository: self.repository.clone(),
            base_ref: head_ref.clone(),
            // No task is skipped because of unchanged files.
            base_rev: self.head_rev.clone(),
            head_repository: self.repository.clone(),
            head_ref,
            head_rev: self.head_rev.clone(),
            head_tag: String::new(),
            tasks_for: self.service.tasks_for().to_owned(),
            try_task_config_file: None,
            decision_parameters: None,
            allow_parameter_override: false,
        }
    }

    /// What the service renders `.taskcluster.yml` with, apart from what all services know.
    #[must_use]
    pub fn context(&self, now: Timestamp) -> Object {
        let mut context = Object::new();
        context.insert("tasks_for", json!(self.service.tasks_for()));
        match self.service {
            Service::GitHub => context.insert("event", self.event(now)),
            Service::Mercurial => {
                context.insert("push", self.hg_push(now));
                context.insert("repository", self.hg_repository())
            }
        };
        context
    }

    /// What build-decision says about this push.
    /// See <https://github.com/mozilla-releng/fxci-config/blob/main/build-decision/src/build_decision/hg_push.py>.
    fn hg_push(&self, now: Timestamp) -> Value {
        json!({
            "owner": self.owner,
            "comment": "",
            "pushlog_id": self.pushlog_id(),
            "pushdate": now.moment().timestamp(),
            "revision": self.head_rev,
            "base_revision": self.head_rev,
        })
    }

    /// What build-decision says about the repository of this push.
    fn hg_repository(&self) -> Value {
        json!({
            "url": self.repository,
            "project": self.project,
            "level": self.level(),
            "type": "hg",
        })
    }

    /// Returns the event that GitHub sends for this push, without node ids and most URLs.
    /// See <https://docs.github.com/en/webhooks/webhook-events-and-payloads#push>.
    fn event(&self, now: Timestamp) -> Value {
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

/// A name that people read, such as `Snow Fox`, in the form that names on GitHub have.
fn as_on_github(name: &str) -> String {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || ['.', '-', '_'].contains(&c);
    name.replace(|c| !is_allowed(c), "-")
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

#[cfg(test)]
mod tests {
    use super::as_on_github;

    #[test]
    fn a_name_for_people_becomes_one_of_a_repository() {
        assert_eq!(as_on_github("Application Services"), "Application-Services");
        assert_eq!(as_on_github("snow_fox.v2-1"), "snow_fox.v2-1");
        assert_eq!(as_on_github("Füchse/a"), "F-chse-a");
    }
}
