//! How much CPU time and memory staged tasks need.
//!
//! `cargo bench --bench staging -- [--tasks 1000,10000]`. A release is staged in this process, with as many threads
//! as there are processors: each locale has a build with a complete update, a signing task and a beetmover task, and
//! one task pushes all of them. Signing is told apart, as it is mostly arithmetic on keys. The tasks of a
//! measurement run in a process of their own, so that its memory can be seen.

#![expect(
    clippy::unwrap_used,
    reason = "a measurement may end where it finds something wrong"
)]
#![expect(clippy::print_stdout, reason = "the result is a table")]

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, RwLock};
use std::time::Instant;

use rayon::prelude::*;
use snowman::base::name::TaskId;
use snowman::base::value::{Value, json};
use snowman::release::staged::{Release, STATE, Staged};
use snowman::stage::makers::{Facts, make};
use snowman::stage::run::run;
use snowman::stage::source::{Artifact, Source, SourceError, StateRead};
use snowman::stage::state::{State, TaskRun};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, size] = arguments.as_slice()
        && flag == "--measure"
    {
        measure(size.parse().unwrap());
        return;
    }
    let at = arguments.iter().position(|one| one == "--tasks");
    let sizes = at.and_then(|at| arguments.get(at + 1));
    let sizes = sizes.map_or("1000,3000,10000", String::as_str);
    println!("| Tasks | CPU | CPU a task | of it signing | Wall | CPU / wall | Memory |");
    println!("| --: | --: | --: | --: | --: | --: | --: |");
    for size in sizes.split(',') {
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--measure", size])
            .status();
        assert!(status.unwrap().success());
    }
}

/// Stages a release of about so many tasks, and prints a row.
fn measure(size: usize) {
    let locales = size.div_ceil(2).max(1);
    let world = World::default();
    let builds: Vec<TaskId> = (0..locales).map(|number| world.id(number, 0)).collect();
    let mar = update();
    for build in &builds {
        world.put(build, "public/target.complete.mar", &mar);
    }
    let (cpu, wall) = (seconds(), Instant::now());
    let signed: Vec<TaskId> = (0..locales)
        .into_par_iter()
        .map(|number| {
            let payload = json!({"upstreamArtifacts": [{
                "taskId": builds[number].as_str(), "taskType": "build", "formats": ["autograph_hash_only_mar384"],
                "paths": ["public/target.complete.mar"],
            }]});
            world.stage(number, 1, ("signing", ""), payload, &[])
        })
        .collect();
    let signing = seconds() - cpu;
    let published: Vec<TaskId> = (0..locales)
        .into_par_iter()
        .map(|number| {
            let to = format!("pub/hail/candidates/94.0-candidates/build1/{number}/hail.mar");
            let task = signed[number].as_str();
            let payload = json!({
                "releaseProperties": {"appName": "Hail", "hashType": "sha512"},
                "upstreamArtifacts": [{
                    "taskId": task, "taskType": "signing", "paths": ["public/target.complete.mar"],
                }],
                "artifactMap": [{"taskId": task, "locale": "en-US", "paths": {"public/target.complete.mar": {
                    "destinations": [to], "checksums_path": "hail.mar",
                }}}],
            });
            let action = ("beetmover", "push-to-candidates");
            world.stage(number, 2, action, payload, &[&signed[number]])
        })
        .collect();
    let payload = json!({"product": "hail", "version": "94.0", "build_number": 1});
    let from: Vec<&TaskId> = published.iter().collect();
    world.stage(0, 3, ("beetmover", "push-to-releases"), payload, &from);
    let (cpu, wall) = (seconds() - cpu, wall.elapsed().as_secs_f64());
    let count = 2 * locales + 1;
    let each = |seconds: f64| seconds * 1000.0 / f64::from(u32::try_from(count).unwrap());
    println!(
        "| {count} | {cpu:.1} s | {:.2} ms | {:.2} ms | {wall:.1} s | {:.2} | {} MiB |",
        each(cpu),
        each(signing),
        cpu / wall,
        peak() / 1024
    );
}

/// A complete update, as the makers make it.
fn update() -> Vec<u8> {
    let facts = Facts {
        label: "build-linux64/opt",
        product: "hail",
        version: "94.0",
        build_id: "20260131120000",
        platform: "linux64",
        locale: "en-US",
        branch: "main",
    };
    make("public/target.complete.mar", &facts).unwrap()
}

type Artifacts = BTreeMap<(TaskId, String), Arc<[u8]>>;

/// Tasks with their artifacts, and the states that were read.
#[derive(Default)]
struct World {
    artifacts: RwLock<Artifacts>,
    states: RwLock<BTreeMap<TaskId, Arc<State>>>,
}

impl World {
    fn id(&self, number: usize, step: u8) -> TaskId {
        let mut bytes = [step; 16];
        bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
        TaskId::from_uuid_bytes(bytes)
    }

    fn put(&self, id: &TaskId, name: &str, content: &[u8]) {
        let key = (id.clone(), name.to_owned());
        self.artifacts.write().unwrap().insert(key, content.into());
    }

    /// Runs a task that has to pass.
    fn stage(
        &self,
        number: usize,
        step: u8,
        (system, action): (&str, &str),
        payload: Value,
        from: &[&TaskId],
    ) -> TaskId {
        let id = self.id(number, step);
        let scopes: &[&str] = match (system, action) {
            ("signing", _) => &["signing:cert:dep-signing"],
            (_, "push-to-releases") => {
                &["beetmover:bucket:dep", "beetmover:action:push-to-releases"]
            }
            _ => &[
                "beetmover:bucket:dep",
                "beetmover:action:push-to-candidates",
            ],
        };
        let scopes = scopes
            .iter()
            .map(|end| format!("project:hail:releng:{end}"));
        let staged = Staged {
            system: system.to_owned(),
            action: Some(action.to_owned()).filter(|name| !name.is_empty()),
            payload,
            scopes: scopes.collect(),
            pool: format!("scriptworker-k8s/hail-1-{system}"),
            release: Release {
                product: "hail".to_owned(),
                version: "94.0".to_owned(),
                build_number: 1,
                revision: "0123456789abcdef".to_owned(),
                next_version: String::new(),
            },
            decision: None,
            phase: "promote".to_owned(),
            from: from.iter().map(|&id| id.clone()).collect(),
            earlier: None,
            copy_of: None,
            archive: None,
            repository: None,
            partners: None,
            history: Vec::new(),
        };
        let definition = staged.into_definition(&json!({
            "metadata": {"name": format!("{system}-{number}")},
            "created": "2026-01-31T12:00:00.000Z",
            "tags": {"kind": system},
            "dependencies": ["fN1SbArXTPSVFNUvaOlinQ"],
        }));
        let of_run = TaskRun {
            task_id: id.clone(),
            run_id: 0,
        };
        let done = run(&of_run, &definition, self);
        assert_eq!(done.red, [""; 0]);
        for output in &done.artifacts {
            self.put(&id, &output.name, &output.content);
        }
        id
    }
}

impl Source for World {
    fn artifact(&self, task: &TaskId, name: &str, _: u64) -> Result<Artifact, SourceError> {
        let (task, name) = (task.clone(), name.to_owned());
        let known = self.artifacts.read().unwrap();
        let content = known.get(&(task.clone(), name.clone())).cloned();
        content
            .map(|content| Artifact { content })
            .ok_or(SourceError::Missing { task, name })
    }

    fn state(&self, task: &TaskId) -> StateRead {
        if let Some(known) = self.states.read().unwrap().get(task) {
            return Ok(Arc::clone(known));
        }
        let state = self.artifact(task, STATE, u64::MAX)?.state_of(task)?;
        let mut states = self.states.write().unwrap();
        states.insert(task.clone(), Arc::clone(&state));
        Ok(state)
    }
}

/// The CPU time of this process in seconds.
fn seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks: f64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<f64>().unwrap())
        .sum();
    // Linux counts a hundred of them a second.
    ticks / 100.0
}

/// The most memory that this process has had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let size = line.unwrap().split_whitespace().nth(1);
    size.unwrap().parse().unwrap()
}
