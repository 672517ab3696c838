//! A release in memory: tasks with their artifacts.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use snowman::base::json;
use snowman::base::name::TaskId;
use snowman::base::value::{Value, json};
use snowman::release::staged::{REPORT, STATE, Staged};
use snowman::stage::run::{Done, run};
use snowman::stage::source::{Artifact, Source, SourceError};
use snowman::stage::state::{Effect, State, TaskRun};
use snowman::stage::trees::tree::{Tree, TreeError};

use crate::common::staged::{REVISION, staged};

/// Tasks with their artifacts.
#[derive(Default)]
pub struct World {
    /// The files of the repository; there is none if there are none.
    pub files: BTreeMap<String, String>,
    /// The tags of the repository.
    pub tags: BTreeMap<String, String>,
    artifacts: BTreeMap<(String, String), Vec<u8>>,
    ids: u8,
    /// How many artifacts are read at once.
    pub readers: usize,
}

/// A staged task before it runs.
pub struct Task {
    /// Its taskId.
    pub id: TaskId,
    /// What it does.
    pub staged: Staged,
    /// The kind, in its tags.
    pub kind: &'static str,
    /// What else its definition says.
    pub extra: Value,
    /// Its routes.
    pub routes: Value,
}

impl Task {
    /// Its definition.
    pub fn definition(&self) -> Value {
        let definition = json!({
            "metadata": {"name": (format!("task-{}", self.id.as_str()))},
            "created": "2026-01-31T12:00:00.000Z",
            "tags": {"kind": self.kind},
            "dependencies": ["fN1SbArXTPSVFNUvaOlinQ"],
            "extra": self.extra,
            "routes": self.routes,
        });
        self.staged.clone().into_definition(&definition)
    }
}

impl World {
    /// A new taskId.
    pub fn id(&mut self) -> TaskId {
        self.ids += 1;
        let mut bytes = [7; 16];
        bytes[0] = self.ids;
        TaskId::from_uuid_bytes(bytes)
    }

    /// A task that is not staged, with these artifacts.
    pub fn build(&mut self, artifacts: &[(&str, &[u8])]) -> TaskId {
        let id = self.id();
        for (name, content) in artifacts {
            self.put(&id, name, content);
        }
        id
    }

    /// A task that has left these effects.
    pub fn left(&mut self, effects: Vec<Effect>) -> TaskId {
        let id = self.id();
        let state = State {
            run: TaskRun {
                task_id: id.clone(),
                run_id: 0,
            },
            label: "an-earlier-task".to_owned(),
            decision: None,
            revision: REVISION.to_owned(),
            parents: Vec::new(),
            effects,
        };
        self.put(&id, STATE, &state.write());
        id
    }

    /// Gives a task an artifact.
    pub fn put(&mut self, id: &TaskId, name: &str, content: &[u8]) {
        let key = (id.to_string(), name.to_owned());
        self.artifacts.insert(key, content.to_vec());
    }

    /// All artifacts: task, name and content.
    #[cfg(unix)]
    pub fn artifacts(&self) -> impl Iterator<Item = (&str, &str, &[u8])> {
        let all = self.artifacts.iter();
        all.map(|((task, name), content)| (task.as_str(), name.as_str(), content.as_slice()))
    }

    /// The content of an artifact.
    pub fn get(&self, id: &TaskId, name: &str) -> Option<&[u8]> {
        let key = (id.to_string(), name.to_owned());
        self.artifacts.get(&key).map(Vec::as_slice)
    }

    /// A task of a system.
    pub fn task(&mut self, system: &str, action: &str, payload: Value, from: &[&TaskId]) -> Task {
        let scopes: &[&str] = match (system, action) {
            ("balrog", _) => &["server:dep"],
            ("beetmover", "push-to-partner") => &["bucket:dep-partner", "action:push-to-partner"],
            ("beetmover", "push-to-releases") => &["bucket:dep", "action:push-to-releases"],
            ("beetmover", _) => &["bucket:dep", "action:push-to-candidates"],
            ("bouncer", "submission") => &["action:submission", "server:staging"],
            ("bouncer", "aliases") => &["action:aliases", "server:staging"],
            ("bouncer", "locations") => &["action:locations", "server:staging"],
            ("signing" | "mac-signing", _) => &["cert:dep-signing"],
            _ => &[],
        };
        let scopes = scopes.iter();
        let worker = system.strip_prefix("mac-").unwrap_or(system);
        Task {
            id: self.id(),
            staged: Staged {
                scopes: scopes
                    .map(|end| format!("project:hail:releng:{worker}:{end}"))
                    .collect(),
                from: from.iter().map(|&id| id.clone()).collect(),
                ..staged(system, action, payload)
            },
            kind: "any",
            extra: json!({}),
            routes: json!([]),
        }
    }

    /// Runs a task, and keeps its artifacts.
    pub fn run(&mut self, task: &Task) -> Done {
        self.rerun(task, 0)
    }

    /// Makes a run of a task, and keeps its artifacts.
    pub fn rerun(&mut self, task: &Task, run_id: u32) -> Done {
        let definition = task.definition();
        let of_run = TaskRun {
            task_id: task.id.clone(),
            run_id,
        };
        let done = run(&of_run, &definition, self);
        let report = done.artifacts.iter().find(|output| output.name == REPORT);
        check_report(&report.unwrap().content);
        for output in &done.artifacts {
            self.put(&task.id, &output.name, &output.content);
        }
        done
    }

    /// Runs a task that has to pass.
    pub fn pass(&mut self, task: &Task) -> TaskId {
        let done = self.run(task);
        assert_eq!(done.red, Vec::<String>::new(), "{}", done.log);
        task.id.clone()
    }

    /// Runs a task that has to fail; returns why. It leaves its report alone.
    pub fn fail(&mut self, task: &Task) -> Vec<String> {
        let done = self.run(task);
        assert!(!done.red.is_empty(), "{}", done.log);
        let names: Vec<&str> = done.artifacts.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, [REPORT, "public/staging/report.html"]);
        assert_eq!(self.report(&task.id)["verdict"], "failed");
        done.red
    }

    /// The report of a task.
    pub fn report(&self, id: &TaskId) -> Value {
        json::read("report", self.get(id, REPORT).unwrap()).unwrap()
    }

    /// The state of a task.
    pub fn state(&self, id: &TaskId) -> State {
        State::read(self.get(id, STATE).unwrap()).unwrap()
    }
}

/// Checks a report against the published schema.
fn check_report(content: &[u8]) {
    static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
        let schema = serde_json::from_str(snowman::stage::report::SCHEMA).unwrap();
        jsonschema::draft202012::new(&schema).unwrap()
    });
    let report = serde_json::from_slice(content).unwrap();
    let errors: Vec<String> = SCHEMA
        .iter_errors(&report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [""; 0], "{report}");
}

impl Source for World {
    fn readers(&self) -> usize {
        self.readers
    }

    fn artifact(&self, task: &TaskId, name: &str, limit: u64) -> Result<Artifact, SourceError> {
        let (task, name) = (task.clone(), name.to_owned());
        match self.get(&task, &name) {
            Some(content) if content.len() as u64 > limit => {
                Err(SourceError::TooLarge { task, name, limit })
            }
            Some(content) => Ok(Artifact {
                content: Arc::from(content),
            }),
            None => Err(SourceError::Missing { task, name }),
        }
    }

    fn tree(&self) -> Option<&dyn Tree> {
        let is_there = !self.files.is_empty() || !self.tags.is_empty();
        is_there.then_some(self as &dyn Tree)
    }
}

impl Tree for World {
    fn file(&self, _: &str, path: &str) -> Result<Option<String>, TreeError> {
        Ok(self.files.get(path).cloned())
    }

    fn content(&self, _: &str, path: &str) -> Result<Option<Vec<u8>>, TreeError> {
        let file = self.files.get(path);
        Ok(file.map(|content| content.as_bytes().to_vec()))
    }

    fn files(&self, _: &str, folder: &str) -> Result<Vec<String>, TreeError> {
        let below = format!("{folder}/");
        let files = self.files.keys().filter(|path| path.starts_with(&below));
        Ok(files.cloned().collect())
    }

    fn head(&self, branch: &str) -> Result<String, TreeError> {
        Ok(format!("head-of-{branch}"))
    }

    fn tag(&self, name: &str) -> Result<Option<String>, TreeError> {
        Ok(self.tags.get(name).cloned())
    }
}
