//! Whether releases that were rehearsed at once have seen anything of each other.
//!
//! What is looked at is what the tasks have left: the states of staged tasks, the graphs of the phases, and the index.
//! A release may use builds of another one that it finds in the index by their contents, such as docker images, as
//! pushes do; never a staged task, or anything that one has made.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diagnostic::Outcome;
use crate::base::json;
use crate::base::name::TaskId;
use crate::rehearse::artifacts::PhaseOutput;
use crate::rehearse::check::Check;
use crate::rehearse::staged::StagedTasks;
use crate::sandbox::Sandbox;
use crate::stage::merged::Merged;
use crate::stage::state::State;

/// One of the releases, after all have ended.
pub struct Release<'r> {
    /// The revision that it is made of.
    pub revision: &'r str,
    /// Its phases.
    pub outputs: &'r [PhaseOutput],
    /// Its staged tasks.
    pub staged: &'r StagedTasks,
}

/// What the tasks of one release have left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// The decision task.
    pub decision: String,
    /// How many tasks its phases have created.
    pub created: usize,
    /// How many staged tasks have passed.
    pub staged: usize,
    /// How many entries the state of the release has, by space.
    pub spaces: BTreeMap<String, usize>,
    /// How many index paths name its tasks.
    pub indexed: usize,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Isolation {
    /// What each release has left.
    pub left: Vec<Left>,
    /// What must hold.
    pub checks: Vec<Check>,
    /// How many tasks of other releases were found in the index, by kind.
    pub shared: BTreeMap<String, usize>,
    /// How many index paths of builds several releases have written; they name the last one.
    pub overwritten: usize,
}

/// The release and the label of each task.
type Tasks<'r> = BTreeMap<&'r str, (usize, &'r str)>;

/// Looks for anything of one release in another one.
///
/// # Errors
/// When a state cannot be read.
pub fn check(sandbox: &Sandbox, releases: &[Release<'_>]) -> Outcome<Isolation> {
    let tasks = tasks(releases);
    let mut found = Isolation::default();
    let mut foreign = Vec::new();
    let mut revisions = Vec::new();
    for (number, release) in releases.iter().enumerate() {
        let states = release.staged.states(sandbox)?;
        let seen = Seen {
            releases,
            number,
            tasks: &tasks,
        };
        for state in states.values() {
            foreign.extend(seen.in_state(state));
            revisions.extend(seen.wrong_revision(state));
        }
        let merged = Merged::new(&states);
        let spaces = merged.spaces();
        let spaces = spaces.map(|space| (space.to_owned(), merged.space(space).count()));
        found.left.push(Left {
            decision: decision(release).to_owned(),
            created: release
                .outputs
                .iter()
                .map(|output| output.created.len())
                .sum(),
            staged: states.len(),
            spaces: spaces.collect(),
            indexed: 0,
        });
    }
    let depends = dependencies(sandbox, releases, &tasks, &mut found.shared);
    let index = index(sandbox, releases, &mut found);
    let check = |rule, breaches: Vec<String>| Check { rule, breaches };
    found.checks = vec![
        check(
            "no state names a task or revision of another release",
            foreign,
        ),
        check("every state is of the revision of its release", revisions),
        check(
            "no task depends on a staged task of another release",
            depends,
        ),
        check(
            "every index path of a staged task names a task of its release",
            index,
        ),
    ];
    Ok(found)
}

fn decision<'r>(release: &Release<'r>) -> &'r str {
    let first = release.outputs.first();
    first.map_or("", |output| output.task_id.as_str())
}

/// How messages name a release.
fn name(releases: &[Release<'_>], number: usize) -> String {
    match releases.get(number) {
        Some(release) => format!("release {} ({})", number + 1, decision(release)),
        None => format!("release {}", number + 1),
    }
}

/// The tasks of all releases: decision and action tasks, and what they have created.
fn tasks<'r>(releases: &[Release<'r>]) -> Tasks<'r> {
    let mut tasks = BTreeMap::new();
    for (number, release) in releases.iter().enumerate() {
        for output in release.outputs {
            tasks.insert(output.task_id.as_str(), (number, output.name.as_str()));
            let created = output.created.iter();
            tasks.extend(created.map(|(id, label)| (id.as_str(), (number, label.as_str()))));
        }
    }
    tasks
}

/// Looks at the states of one release.
struct Seen<'s> {
    releases: &'s [Release<'s>],
    number: usize,
    tasks: &'s Tasks<'s>,
}

impl Seen<'_> {
    /// What a state has of another release.
    fn in_state(&self, state: &State) -> Vec<String> {
        let mut found = BTreeSet::new();
        for parent in &state.parents {
            let what = "it is made on top of";
            found.extend(self.of_task(state, parent.task_id.as_str(), what));
        }
        for effect in &state.effects {
            let text = json::compact(&effect.value);
            let is_part = |c: char| c.is_ascii_alphanumeric() || ['-', '_'].contains(&c);
            let words = text
                .split(|c| !is_part(c))
                .chain(effect.key.split(|c| !is_part(c)));
            for word in words.filter(|word| word.len() >= SHORTEST) {
                let what = format!("`{}` in {} names", effect.key, effect.space);
                found.extend(self.of_task(state, word, &what));
                found.extend(self.of_revision(state, word, &what));
            }
        }
        found.into_iter().collect()
    }

    /// A breach if a word is the id of a task of another release, which this one has not found in the index.
    fn of_task(&self, state: &State, word: &str, what: &str) -> Option<String> {
        let (owner, label) = *self.tasks.get(word)?;
        let own = self.releases.get(self.number)?;
        let mut outputs = own.outputs.iter();
        let mut is_used =
            || outputs.any(|output| output.label_to_taskid.values().any(|id| id == word));
        if owner == self.number || is_used() {
            return None;
        }
        let (own, other) = (name(self.releases, self.number), name(self.releases, owner));
        Some(format!(
            "{} of {own}: {what} {label} ({word}) of {other}",
            state.label
        ))
    }

    /// A breach if a word is the revision of another release alone.
    fn of_revision(&self, state: &State, word: &str, what: &str) -> Option<String> {
        let own = self.releases.get(self.number)?.revision;
        let other = self
            .releases
            .iter()
            .position(|release| release.revision == word)?;
        if word == own {
            return None;
        }
        let (own, other) = (name(self.releases, self.number), name(self.releases, other));
        Some(format!(
            "{} of {own}: {what} the revision {word} of {other}",
            state.label
        ))
    }

    /// A breach if a state is of the revision of another release.
    fn wrong_revision(&self, state: &State) -> Option<String> {
        let own = self.releases.get(self.number)?.revision;
        if state.revision == own {
            return None;
        }
        let mut all = self.releases.iter();
        let other = all.position(|release| release.revision == state.revision);
        let of = other.map(|other| format!(" of {}", name(self.releases, other)));
        Some(format!(
            "{} of {} is of the revision {}{}",
            state.label,
            name(self.releases, self.number),
            state.revision,
            of.unwrap_or_default()
        ))
    }
}

/// The shortest text that may be the id of a task or a revision.
const SHORTEST: usize = 22;

/// The tasks that depend on staged ones of another release; others are counted by kind.
fn dependencies(
    sandbox: &Sandbox,
    releases: &[Release<'_>],
    tasks: &Tasks<'_>,
    shared: &mut BTreeMap<String, usize>,
) -> Vec<String> {
    let mut breaches = Vec::new();
    let mut known = BTreeSet::new();
    for (number, release) in releases.iter().enumerate() {
        for output in release.outputs {
            let used = output.label_to_taskid.iter();
            let mut used: Vec<(String, String)> = used
                .map(|(label, id)| (label.clone(), id.clone()))
                .collect();
            for (id, label) in &output.created {
                let task = sandbox.state().task(id);
                let of =
                    task.and_then(|task| Some(task.definition["dependencies"].as_array()?.clone()));
                let of = of.into_iter().flatten();
                used.extend(of.filter_map(|id| Some((label.clone(), id.as_str()?.to_owned()))));
            }
            for (label, id) in used {
                let Some((owner, other)) =
                    tasks.get(id.as_str()).filter(|(owner, _)| *owner != number)
                else {
                    continue;
                };
                let is_staged = TaskId::parse(&id).ok().zip(releases.get(*owner));
                if is_staged.is_some_and(|(id, owner)| owner.staged.has_run(&id)) {
                    breaches.push(format!(
                        "{label} of {} depends on {other} ({id}) of {}",
                        name(releases, number),
                        name(releases, *owner)
                    ));
                } else if known.insert((number, id)) {
                    let kind = output.full.get(*other).map(|task| task.kind.clone());
                    *shared.entry(kind.unwrap_or_default()).or_default() += 1;
                }
            }
        }
    }
    breaches.sort_unstable();
    breaches.dedup();
    breaches
}

/// The index paths of staged tasks that name a task of another release. Counts the paths of each release.
fn index(sandbox: &Sandbox, releases: &[Release<'_>], found: &mut Isolation) -> Vec<String> {
    let state = sandbox.state();
    let mut written: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    let mut of_staged: BTreeMap<(String, usize), String> = BTreeMap::new();
    let mut owners = BTreeMap::new();
    for (number, release) in releases.iter().enumerate() {
        let created = release.outputs.iter().flat_map(|output| &output.created);
        for (id, label) in created {
            owners.insert(id.clone(), number);
            let Some(task) = state.task(id) else { continue };
            let routes = task.definition["routes"].as_array().into_iter().flatten();
            let routes = routes.filter_map(|route| route.as_str()?.strip_prefix("index."));
            let is_staged = TaskId::parse(id).is_ok_and(|id| release.staged.has_run(&id));
            for path in routes {
                written.entry(path.to_owned()).or_default().insert(number);
                if is_staged {
                    of_staged.insert((path.to_owned(), number), label.clone());
                }
            }
        }
    }
    let mut breaches = Vec::new();
    for (path, by) in &written {
        let named = state.find_index(path);
        let owner = named.as_ref().and_then(|id| owners.get(id)).copied();
        if let Some(left) = owner.and_then(|owner| found.left.get_mut(owner)) {
            left.indexed += 1;
        }
        let mut staged = by
            .iter()
            .filter_map(|number| Some((*number, of_staged.get(&(path.clone(), *number))?)))
            .peekable();
        if staged.peek().is_none() {
            found.overwritten += usize::from(by.len() > 1);
            continue;
        }
        let wrong = staged.filter(|(number, _)| owner.is_some_and(|owner| owner != *number));
        breaches.extend(wrong.map(|(number, label)| {
            format!(
                "{label} of {}: the index path {path} names a task of {}",
                name(releases, number),
                name(releases, owner.unwrap_or_default())
            )
        }));
    }
    breaches
}
