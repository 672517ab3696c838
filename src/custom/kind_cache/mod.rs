//! Keeps what kinds that run completely in Python yield for the next run.
//!
//! 1. The [`surroundings`] are what every kind depends on: this program, the interpreter, the environment,
//!    parameters, and the state of the working copy. Their digest names a list of the kinds that an earlier run
//!    with the same surroundings has kept, and of what workers had [read](reads) that is not part of them. If any
//!    of that looks different, the list is ignored.
//! 2. A kind is taken from the cache if the kinds that it depends on yield what they yielded then.
//! 3. Otherwise it runs, and the worker watches it (`python/worker/watch.py`). If it does nothing that cannot be
//!    checked in the next run, its tasks and messages are kept.
//! 4. After the last kind, these are written, unless something that was read has changed since the start.

mod entry;
mod reads;
mod surroundings;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::base::digest::{Digests, sha256};
use crate::base::value::{Object, Value, json};
use crate::ports::cache::Cache;
use crate::ports::python::{Answer, Call, Failure, Mode, Python};
use crate::ports::snapshot::Snapshot;
use crate::ports::vcs::{Vcs, VcsError};
use reads::{Paths, Reads};
pub use surroundings::KindCacheSources;

use super::kind_source::KindSource;
use super::version::{BUILT_IN, Rules};

/// How the names of all files begin.
const PREFIX: &str = "kind-cache-";

/// Nothing is kept if kinds take less in all.
const SHORT: Duration = Duration::from_millis(100);

/// The size of all files of all projects.
const LIMIT: u64 = 256 << 20;

/// What distinguishes the project's Python from others; `None` if its kinds do not run completely in Python.
#[must_use]
pub fn identity(python: &dyn Python) -> Option<String> {
    let version = python.version().ok()?;
    let native = Rules::of_version(&version).major() == Some(BUILT_IN);
    match python.mode() {
        Mode::Mixed if native => None,
        _ => python.identity(),
    }
}

/// The kinds that are kept.
pub struct KindCache<'a> {
    cache: &'a dyn Cache,
    vcs: &'a dyn Vcs,
    snapshot: Snapshot,
    surroundings: String,
    /// The keys of the kinds that an earlier run has kept.
    known: BTreeMap<String, String>,
    reads: Reads,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// A digest of what each kind has yielded.
    outputs: BTreeMap<String, String>,
    /// The kinds that have run and may be kept, each with its key and file.
    new: BTreeMap<String, (String, Vec<u8>)>,
    /// The kinds that were taken from the cache.
    taken: Vec<String>,
    /// How long kinds have run.
    time: Duration,
}

/// A kind that was kept.
pub(super) struct KeptKind {
    pub(super) blobs: Vec<Vec<u8>>,
    messages: Value,
}

impl KeptKind {
    /// Logs again what the kind has logged.
    pub(super) fn log(&self) {
        for message in self.messages.as_array().into_iter().flatten() {
            let text = message[1].as_str().unwrap_or_default();
            crate::ports::python::log(message[0].as_u64(), text);
        }
    }
}

impl<'a> KindCache<'a> {
    /// Opens the cache. `identity` is that of the project's Python.
    ///
    /// # Errors
    /// Why nothing is kept.
    pub fn open(
        sources: KindCacheSources<'a>,
        python: &dyn Python,
        identity: &str,
    ) -> Result<Self, String> {
        let cache = sources.cache.ok_or("the cache is turned off")?;
        if sources.write_artifacts {
            return Err("decisions generate every kind".to_owned());
        }
        if python.workers() == 1 {
            return Err(
                "all kinds run in one process, and may use what others leave there".to_owned(),
            );
        }
        if sources.environment.get("PYTHONHASHSEED") == Some("random") {
            return Err("PYTHONHASHSEED is random".to_owned());
        }
        let vcs = sources.vcs.ok_or("this is not a git repository")?;
        let snapshot = vcs.snapshot().map_err(|error| error.to_string())?;
        let surroundings = surroundings::digest(&sources, python, identity, &snapshot);
        let list = cache.read(&list_name(&surroundings));
        let list = list.and_then(|list| read_list(&list, &surroundings));
        let (mut known, mut reads) = list.unwrap_or_default();
        if let Some(path) = reads.changed() {
            tracing::debug!("kinds are not taken from the cache: {path} has changed");
            (known, reads) = Default::default();
        }
        Ok(Self {
            cache,
            vcs,
            snapshot,
            surroundings,
            known,
            reads,
            state: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of a kind: a digest of everything that is known of what it depends on.
    pub(super) fn key(&self, kind: KindSource<'_>) -> Option<String> {
        let state = self.state();
        let mut digests = Digests::default();
        digests.add(self.surroundings.as_bytes());
        digests.add(kind.name.as_str().as_bytes());
        digests.add(kind.path.as_bytes());
        digests.add(Value::from(kind.config.clone()).to_string().as_bytes());
        let dependencies = kind
            .config
            .get("kind-dependencies")
            .and_then(Value::as_array);
        for name in dependencies.into_iter().flatten() {
            digests.add(state.outputs.get(name.as_str()?)?.as_bytes());
        }
        Some(digests.finish())
    }

    /// Returns what an earlier run has kept of a kind.
    pub(super) fn take(&self, kind: &str, key: &str) -> Option<KeptKind> {
        let file = self.known.get(kind).filter(|known| *known == key)?;
        let (mut head, blobs) = entry::decode(&self.cache.read(&entry_name(file))?)?;
        let messages = head["messages"].take();
        let now = self.cache.opened().unix();
        let is_valid = head["since"].as_i64()? <= now
            && head["until"]
                .as_f64()
                .is_none_or(|until| (now as f64) < until);
        if head["key"].as_str() != Some(key) || !is_valid {
            return None;
        }
        Some(KeptKind { blobs, messages })
    }

    /// Notes that a kind was taken from the cache.
    pub(super) fn taken(&self, kind: &str, kept: &KeptKind) {
        tracing::debug!("The tasks of kind {kind} are taken from the cache");
        let mut state = self.state();
        state.outputs.insert(kind.to_owned(), output(&kept.blobs));
        state.taken.push(kind.to_owned());
    }

    /// Whether a kind was taken from the cache.
    #[must_use]
    pub fn is_taken(&self, kind: &str) -> bool {
        self.state().taken.iter().any(|taken| taken == kind)
    }

    /// Keeps the answer of a worker for a kind that has run this long.
    pub(super) fn put(&self, kind: &str, key: Option<String>, answer: &Answer, time: Duration) {
        let reasons = answer.value["reasons"].as_array().into_iter().flatten();
        let reasons: Vec<_> = reasons.filter_map(Value::as_str).collect();
        if !reasons.is_empty() {
            tracing::debug!(
                "The tasks of kind {kind} are not kept: {}",
                reasons.join("; ")
            );
        }
        let is_watched = answer.value["reasons"].as_array().is_some();
        let file = key
            .filter(|_| is_watched && reasons.is_empty())
            .and_then(|key| {
                let head = json!({
                    "key": key,
                    "messages": answer.value["messages"],
                    "since": self.cache.opened().unix(),
                    "until": answer.value["until"],
                });
                let file = entry::encode(&head, &answer.blobs)?;
                Some((key, file))
            });
        let mut state = self.state();
        state.outputs.insert(kind.to_owned(), output(&answer.blobs));
        state.time += time;
        state.new.extend(file.map(|file| (kind.to_owned(), file)));
    }

    /// Writes the kinds that may be kept, after the last one.
    pub(super) fn finish(&self, python: &dyn Python) {
        if let Err(why) = self.write(python) {
            tracing::debug!("kinds are not kept for the next run: {why}");
        }
    }

    fn write(&self, python: &dyn Python) -> Result<(), String> {
        let State { new, time, .. } = std::mem::take(&mut *self.state());
        if new.is_empty() || time < SHORT {
            return Ok(());
        }
        let mut paths = Paths::default();
        for worker in python.running() {
            let answer = python.call(worker, Call::new("all_reads", json!({})));
            let failed = |failure: Failure| failure.diagnostic("watching kinds").to_string();
            paths.add(&answer.map_err(failed)?.value)?;
        }
        let root = self.vcs.root();
        let root = std::fs::canonicalize(root).unwrap_or_else(|_| Path::new(root).to_owned());
        if !self
            .is_same(&paths, &root)
            .map_err(|error| error.to_string())?
        {
            return Err("files have changed meanwhile".to_owned());
        }
        let reads = paths.look(&root, &self.snapshot, self.cache.opened())?;
        let reads = reads.join(self.reads.clone())?;
        let mut known = self.known.clone();
        for (kind, (key, file)) in new {
            self.cache.write(&entry_name(&key), &file);
            known.insert(kind, key);
        }
        let list = write_list(&self.surroundings, &known, &reads).ok_or("it is not JSON")?;
        self.cache.write(&list_name(&self.surroundings), &list);
        self.cache.prune(PREFIX, LIMIT);
        Ok(())
    }

    /// Whether the working copy is as it was at the start, apart from what can be seen of the paths that were read. A
    /// snapshot of a large one takes seconds, so another one is only taken if it may show anything else.
    fn is_same(&self, paths: &Paths, root: &Path) -> Result<bool, VcsError> {
        let same_repository = self.vcs.repository_state()? == self.snapshot.repository;
        if same_repository && paths.are_complete(root, &self.snapshot) {
            if !paths.tracked_files {
                return Ok(true);
            }
            if let Some(tracked) = &self.snapshot.tracked {
                return Ok(self.vcs.tracked_state()? == *tracked);
            }
        }
        Ok(self.vcs.snapshot()?.digest == self.snapshot.digest)
    }
}

fn output(blobs: &[Vec<u8>]) -> String {
    let mut digests = Digests::default();
    blobs.iter().for_each(|blob| digests.add(blob));
    digests.finish()
}

fn list_name(surroundings: &str) -> String {
    format!("{PREFIX}{}-list", &sha256(surroundings.as_bytes())[..32])
}

fn entry_name(key: &str) -> String {
    format!("{PREFIX}{}", &sha256(key.as_bytes())[..32])
}

fn write_list(
    surroundings: &str,
    known: &BTreeMap<String, String>,
    reads: &Reads,
) -> Option<Vec<u8>> {
    let known = known
        .iter()
        .map(|(kind, key)| (kind.clone(), Value::from(key.as_str())));
    let known: Object = known.collect();
    let head = json!({"surroundings": surroundings, "kinds": known});
    entry::encode(&head, &[serde_json::to_vec(&reads.to_json()).ok()?])
}

fn read_list(file: &[u8], surroundings: &str) -> Option<(BTreeMap<String, String>, Reads)> {
    let (head, blobs) = entry::decode(file)?;
    if head["surroundings"].as_str() != Some(surroundings) {
        return None;
    }
    let kinds = head["kinds"].as_object()?.iter();
    let known = kinds.map(|(kind, key)| Some((kind.to_string(), key.as_str()?.to_owned())));
    let reads: Value = serde_json::from_slice(blobs.first()?).ok()?;
    Some((known.collect::<Option<_>>()?, Reads::from_json(&reads)?))
}
