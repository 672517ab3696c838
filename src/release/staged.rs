//! A staged task: what it does in place of a release worker, in `extra.staging` of its definition.

use super::system::System;
use super::systems::SYSTEMS;
use crate::base::name::TaskId;
use crate::base::value::{Object, Value, json};

/// The version of this form.
const VERSION: u64 = 1;

/// The folder of artifacts about the staging itself.
pub const FOLDER: &str = "public/staging";

/// The artifact with the state of a staged task.
pub const STATE: &str = "public/staging/state.json.gz";

/// The artifact with the report of a staged task, for programs.
pub const REPORT: &str = "public/staging/report.json";

/// The artifact with the report of a staged task, for people.
pub const PAGE: &str = "public/staging/report.html";

/// The artifact of a decision or an action with the staged tasks of the graphs before it.
pub const EARLIER: &str = "public/staging/earlier.json";

/// What a staged task does.
#[derive(Debug, Clone, PartialEq)]
pub struct Staged {
    /// The name of the system.
    pub system: String,
    /// The action, if the system has several.
    pub action: Option<String>,
    /// The payload that the release worker would get.
    pub payload: Value,
    /// The scopes that the task would have.
    pub scopes: Vec<String>,
    /// The worker pool that it would run in.
    pub pool: String,
    /// The release that it belongs to.
    pub release: Release,
    /// The decision task of the release, which tells it apart from others of the same version; `None` if it is not
    /// known.
    pub decision: Option<TaskId>,
    /// The phase of the release; empty if the task has none.
    pub phase: String,
    /// The nearest staged tasks before it in the same graph.
    pub from: Vec<TaskId>,
    /// The decision or action task that lists the staged tasks of earlier graphs, if there are any.
    pub earlier: Option<TaskId>,
    /// The tasks that the history comes from, the oldest first: what earlier releases have left.
    pub history: Vec<TaskId>,
    /// The task with the same label that existed when this one was added to the graph.
    pub copy_of: Option<TaskId>,
    /// The address of the archive, as manifests name it; without it, that of Mozilla.
    pub archive: Option<String>,
    /// The repository that the release is made of, for systems that read it.
    pub repository: Option<Repository>,
    /// The partners of the release as the decision knows them, for the system that repacks for them.
    pub partners: Option<Value>,
}

/// A repository that can be read over the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The version control system: `git` or `hg`.
    pub tool: String,
    /// Where it is.
    pub url: String,
}

/// The release that a staged task belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    /// The product; empty if the task has none.
    pub product: String,
    /// The version; empty if there is none.
    pub version: String,
    /// The number of the build.
    pub build_number: u64,
    /// The revision that it is made of.
    pub revision: String,
    /// The version after it; empty if it is not known.
    pub next_version: String,
}

/// Why `extra.staging` cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StagedError {
    /// There is none.
    #[error("the task is not staged: its definition has no `extra.staging`")]
    Missing,
    /// It has another version.
    #[error("`extra.staging` has version {0}, but this program reads version {VERSION}")]
    Version(String),
    /// A part of it is missing or not as it should be.
    #[error("`extra.staging.{0}` is missing or invalid")]
    Field(&'static str),
    /// It names a system that does not exist.
    #[error("unknown release system `{0}`")]
    System(String),
}

impl Staged {
    /// The system.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn system(&self) -> Result<&'static System, StagedError> {
        let mut systems = SYSTEMS.iter().copied();
        systems
            .find(|system| system.name == self.system)
            .ok_or_else(|| StagedError::System(self.system.clone()))
    }

    /// The definition of a task with this in `extra.staging`.
    #[must_use]
    pub fn into_definition(self, definition: &Value) -> Value {
        let mut definition = definition.as_object().cloned().unwrap_or_default();
        let extra = definition.get("extra").and_then(Value::as_object);
        let mut extra = extra.cloned().unwrap_or_default();
        extra.insert("staging", self.to_json());
        definition.insert("extra", Value::Object(extra));
        Value::Object(definition)
    }

    /// The value of `extra.staging`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let ids: Vec<&str> = self.from.iter().map(TaskId::as_str).collect();
        json!({
            "version": VERSION,
            "system": self.system,
            "action": self.action.as_deref().unwrap_or_default(),
            "payload": self.payload,
            "scopes": self.scopes.clone(),
            "pool": self.pool,
            "release": {
                "product": self.release.product,
                "version": self.release.version,
                "buildNumber": self.release.build_number,
                "revision": self.release.revision,
                "nextVersion": self.release.next_version,
            },
            "decision": self.decision.as_ref().map(TaskId::as_str),
            "phase": self.phase,
            "from": ids,
            "earlier": self.earlier.as_ref().map(TaskId::as_str),
            "history": self.history.iter().map(TaskId::as_str).collect::<Vec<_>>(),
            "copyOf": self.copy_of.as_ref().map(TaskId::as_str),
            "archive": self.archive.clone(),
            "repository": self.repository.as_ref().map(Repository::to_json),
            "partners": self.partners.clone(),
        })
    }

    /// Reads it from the definition of a task.
    ///
    /// # Errors
    /// If it is missing, or not as it should be.
    pub fn of_definition(definition: &Value) -> Result<Self, StagedError> {
        let extra = definition.get("extra");
        let staging = extra.and_then(|extra| extra.get("staging"));
        let map = staging.and_then(Value::as_object);
        let map: &Object = map.ok_or(StagedError::Missing)?;
        let field = |name: &'static str| map.get(name).ok_or(StagedError::Field(name));
        let version = map.get("version").cloned().unwrap_or_default();
        if version.as_u64() != Some(VERSION) {
            return Err(StagedError::Version(version.to_string()));
        }
        let text = |name: &'static str| match field(name)?.as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(StagedError::Field(name)),
        };
        let id = |value: &Value, name: &'static str| {
            let id = value.as_str().and_then(|id| TaskId::parse(id).ok());
            id.ok_or(StagedError::Field(name))
        };
        let optional_id = |name: &'static str| match map.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => id(value, name).map(Some),
        };
        let list = |name: &'static str| field(name)?.as_array().ok_or(StagedError::Field(name));
        let from = list("from")?.iter().map(|value| id(value, "from"));
        let history = match map.get("history") {
            None => &[][..],
            Some(_) => list("history")?,
        };
        let history = history.iter().map(|value| id(value, "history"));
        let scopes = list("scopes")?.iter().map(|value| match value.as_str() {
            Some(scope) => Ok(scope.to_owned()),
            None => Err(StagedError::Field("scopes")),
        });
        Ok(Self {
            system: text("system")?,
            action: Some(text("action")?).filter(|name| !name.is_empty()),
            payload: field("payload")?.clone(),
            scopes: scopes.collect::<Result<_, _>>()?,
            pool: text("pool")?,
            release: release(field("release")?)?,
            decision: optional_id("decision")?,
            phase: text("phase")?,
            from: from.collect::<Result<_, _>>()?,
            earlier: optional_id("earlier")?,
            history: history.collect::<Result<_, _>>()?,
            copy_of: optional_id("copyOf")?,
            archive: match map.get("archive") {
                None | Some(Value::Null) => None,
                Some(_) => Some(text("archive")?),
            },
            repository: match map.get("repository") {
                None | Some(Value::Null) => None,
                Some(value) => Some(Repository::read(value)?),
            },
            partners: match map.get("partners") {
                None | Some(Value::Null) => None,
                Some(value) if value.is_object() => Some(value.clone()),
                Some(_) => return Err(StagedError::Field("partners")),
            },
        })
    }
}

/// Whether a text can be the name of an artifact, and of a file: parts between slashes, none of which leads
/// elsewhere.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let is_part = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']);
    name.split('/').all(is_part)
}

/// What the decision knows of the partners of a task; the value has them by the beginning of kinds.
#[must_use]
pub fn partners(system: &System, of_kinds: &Value, kind: &str) -> Option<Value> {
    if system.name != "partner-repack" {
        return None;
    }
    let mut kinds = of_kinds.as_object().into_iter().flatten();
    let found = kinds.find(|(start, of)| kind.starts_with(start.as_str()) && of.is_object());
    found.map(|(_, partners)| partners.clone())
}

impl Repository {
    fn to_json(&self) -> Value {
        json!({"type": self.tool, "url": self.url})
    }

    fn read(value: &Value) -> Result<Self, StagedError> {
        let text = |name: &str| {
            let text = value[name].as_str().map(str::to_owned);
            text.ok_or(StagedError::Field("repository"))
        };
        Ok(Self {
            tool: text("type")?,
            url: text("url")?,
        })
    }
}

fn release(value: &Value) -> Result<Release, StagedError> {
    let wrong = || StagedError::Field("release");
    let text = |name: &str| value[name].as_str().map(str::to_owned).ok_or_else(wrong);
    Ok(Release {
        product: text("product")?,
        version: text("version")?,
        build_number: value["buildNumber"].as_u64().ok_or_else(wrong)?,
        revision: text("revision")?,
        // Tasks of older versions do not have it.
        next_version: value["nextVersion"].as_str().unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged() -> Staged {
        let id = TaskId::parse("fN1SbArXTPSVFNUvaOlinQ").unwrap();
        Staged {
            system: "beetmover".to_owned(),
            action: Some("push-to-candidates".to_owned()),
            payload: json!({"upstreamArtifacts": []}),
            scopes: vec!["project:hail:releng:beetmover:bucket:dep".to_owned()],
            pool: "scriptworker-k8s/hail-1-beetmover".to_owned(),
            release: Release {
                product: "hail".to_owned(),
                version: "94.0".to_owned(),
                build_number: 2,
                revision: "0123456789abcdef".to_owned(),
                next_version: "94.0.1".to_owned(),
            },
            decision: Some(id.clone()),
            phase: "promote".to_owned(),
            from: vec![id.clone()],
            earlier: Some(id.clone()),
            history: vec![id.clone()],
            copy_of: Some(id),
            archive: Some("https://archive.example.com".to_owned()),
            repository: Some(Repository {
                tool: "git".to_owned(),
                url: "https://git.example.com/hail".to_owned(),
            }),
            partners: Some(json!({"acme": {}})),
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let definition = json!({"extra": {"staging": staged().to_json()}});
        assert_eq!(Staged::of_definition(&definition), Ok(staged()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let read = |change: &dyn Fn(&mut Object)| {
            let mut value = staged().to_json();
            if let Value::Object(map) = &mut value {
                change(map);
            }
            let read = Staged::of_definition(&json!({"extra": {"staging": value}}));
            read.unwrap_err().to_string()
        };
        let missing = Staged::of_definition(&json!({}));
        assert_eq!(missing, Err(StagedError::Missing));
        assert_eq!(
            read(&|map| {
                map.insert("version", json!(2));
            }),
            "`extra.staging` has version 2, but this program reads version 1"
        );
        assert_eq!(
            read(&|map| {
                map.insert("from", json!(["../a"]));
            }),
            "`extra.staging.from` is missing or invalid"
        );
        assert_eq!(
            read(&|map| {
                map.insert("payload", json!(1));
                map.shift_remove("scopes");
            }),
            "`extra.staging.scopes` is missing or invalid"
        );
    }
}
