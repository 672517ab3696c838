//! What a task needs to check out repositories.

use super::repository::Repository;
use crate::base::json;
use crate::base::posix;
use crate::base::value::{Object, Str, Value};

/// The settings that the task sees in its environment, with the names that they have there.
static VARIABLES: &[(&str, &str)] = &[
    ("BASE_REPOSITORY", "base_repository"),
    ("HEAD_REPOSITORY", "head_repository"),
    ("HEAD_REV", "head_rev"),
    ("HEAD_REF", "head_ref"),
    ("REPOSITORY_TYPE", "type"),
    ("SSH_SECRET_NAME", "ssh_secret_name"),
];

/// One repository that a task checks out: its settings by name.
#[derive(Debug, Clone)]
pub(super) struct Checkout(pub(super) Object);

impl Checkout {
    pub(super) fn new(repository: &Repository) -> Self {
        let optional = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
        let settings = [
            ("prefix", Value::from(repository.prefix.as_str())),
            ("name", Value::from(repository.name.as_str())),
            (
                "base_repository",
                Value::from(repository.base_repository.as_str()),
            ),
            (
                "head_repository",
                Value::from(repository.head_repository.as_str()),
            ),
            ("head_ref", Value::from(repository.head_ref.as_str())),
            ("type", Value::from(repository.kind.as_str())),
            ("path", Value::from(repository.path.as_str())),
            ("head_rev", optional(&repository.head_rev)),
            ("ssh_secret_name", optional(&repository.ssh_secret_name)),
        ];
        Self(
            settings
                .map(|(key, value)| (key, value))
                .into_iter()
                .collect(),
        )
    }

    fn get(&self, setting: &str) -> Option<&str> {
        self.0.get(setting).and_then(Value::as_str)
    }

    fn required(&self, setting: &str) -> &str {
        self.get(setting).unwrap_or_default()
    }
}

/// The name of the folder that repositories are checked out in.
#[must_use]
pub fn vcs_name(os: &str) -> &'static str {
    if os == "windows" { "src" } else { "vcs" }
}

/// What a checkout needs. It is the same for all tasks with the same checkout on the same sort of
/// worker.
#[derive(Debug)]
pub(super) struct Setup {
    /// The folder of the checkouts.
    pub(super) vcs: Value,
    /// The environment of the task.
    pub(super) environment: Vec<(Str, Value)>,
    pub(super) scopes: Vec<Value>,
    /// The arguments for `run-task`.
    pub(super) arguments: Vec<Value>,
}

/// What [`Setup`] depends on if a task checks out all repositories: the folder, the operating
/// system, and whether the worker is docker-worker.
pub(super) type SetupKey = (String, String, bool);

impl Setup {
    pub(super) fn new(checkouts: &[Checkout], (folder, os, docker): &SetupKey) -> Self {
        let vcs = format!("{folder}/{}", vcs_name(os));
        let store = match (os.as_str(), docker) {
            ("windows", _) => "y:/hg-shared".to_owned(),
            (_, true) => format!("{folder}/hg-store"),
            _ => format!("{folder}/hg-shared"),
        };
        let names: Object = checkouts
            .iter()
            .map(|one| (one.required("prefix"), one.required("name")))
            .collect();
        let mut environment = vec![
            (Str::from("HG_STORE_PATH"), Value::from(store)),
            (
                Str::from("REPOSITORIES"),
                Value::from(json::compact(&Value::Object(names))),
            ),
            (Str::from("VCS_PATH"), Value::from(vcs.as_str())),
        ];
        let mut scopes = Vec::new();
        let mut arguments = Vec::new();
        for one in checkouts {
            let prefix = one.required("prefix");
            for (name, setting) in VARIABLES {
                if let Some(value) = one.get(setting) {
                    let name = format!("{}_{name}", prefix.to_uppercase());
                    environment.push((name.into(), Value::from(value)));
                }
            }
            let secret = one.get("ssh_secret_name").filter(|name| !name.is_empty());
            scopes.extend(secret.map(|secret| Value::from(format!("secrets:get:{secret}"))));
            let path = posix::join(&vcs, one.required("path"));
            arguments.push(Value::from(format!("--{prefix}-checkout={path}")));
        }
        Self {
            vcs: vcs.into(),
            environment,
            scopes,
            arguments,
        }
    }
}
