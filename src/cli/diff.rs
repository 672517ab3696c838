//! `--diff`: how a graph differs from that of another revision.
//!
//! The other revision is checked out into a temporary folder and its graph generated there, so that
//! the working copy stays as it is, with what is not committed in it. Both graphs are generated at
//! the same time of day.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use similar::TextDiff;
use tempfile::TempDir;

use super::document::Document;
use super::output::{self, Output};
use super::outside::Outside;
use super::sets::{self, Sets};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::decision::vcs_diagnostic;
use crate::ports::clock::FixedClock;
use crate::ports::files::metadata;
use crate::ports::vcs::{Vcs, VcsError};

/// How many equal lines are shown around a difference.
const CONTEXT: usize = 20;

/// How many digits of a hash stand for a revision.
const SHORT: usize = 12;

/// How long a shortest difference is looked for; after that any will do.
const PATIENCE: Duration = Duration::from_secs(20);

/// The exit code of a program that was interrupted.
const INTERRUPTED: i32 = 130;

/// What `--diff` has for a value when none is given.
const DEFAULT: &str = "default";

/// Shows how graphs differ from those of another revision, for each set of parameters.
///
/// # Errors
/// Everything that is wrong at either revision, or the repository cannot be asked.
pub fn run(
    sets: &Sets<'_>,
    mut outside: Outside,
    revision: &str,
    output: &Output,
) -> Outcome<ExitCode> {
    let asked = |error| vcs_diagnostic(&error);
    let vcs = outside.vcs.as_deref().ok_or_else(|| {
        Diagnostic::user("--diff needs a git or hg repository").help("run it in a checkout")
    })?;
    let base = base_of(vcs, revision)?;
    let head = match vcs.branch().map_err(asked)? {
        Some(branch) => branch,
        None => short(&vcs.head_rev().map_err(asked)?).to_owned(),
    };
    let root = vcs.root().to_owned();
    let now = FixedClock(outside.clock.now());
    outside.clock = Box::new(now);
    let phase = sets.phase.name();
    let generating = |revision: &str| output.status(&format!("Generating {phase} @ {revision}"));

    let files = sets.files(&outside)?;
    generating(&head);
    let current = sets.generate(&outside)?;

    let checked_out = Shared::new(CheckedOut::prepare(&root, &outside)?)?;
    generating(short(&base));
    let folder = checked_out.check_out(outside.vcs.as_deref(), &base)?;
    let before = generate_at(sets, &outside, &base, &folder, now)?;
    drop(checked_out);

    let labels = [short(&base), &head].map(|revision| format!("{phase}@{revision}"));
    let mut wrong = Vec::new();
    let mut wrong_before = Vec::new();
    for (((spec, before), current), file) in sets.specs.iter().zip(before).zip(current).zip(files) {
        match (before, current) {
            (Ok(before), Ok(current)) => {
                let (before, current) = (before.into_text(), current.into_text());
                let (text, same) = difference(&labels, &before, &current);
                let file = file.filter(|_| !same);
                if file.is_none() && sets.specs.len() > 1 {
                    let name = spec.name();
                    output.status(&format!("Dumping result with parameters from {name}:"));
                }
                output.data_to(file.as_ref(), &text)?;
            }
            (before, current) => {
                wrong_before.extend(before.err().map(|errors| (spec.name(), errors)));
                wrong.extend(current.err().map(|errors| (spec.name(), errors)));
            }
        }
    }
    if !sets.args.json {
        output.status("If you were expecting differences in task bodies you should pass \"-J\"");
    }
    let mut all = sets::together(wrong, sets.specs.len());
    let before = sets::together(wrong_before, sets.specs.len());
    all.extend(before.map(|error| at_revision(error, &base)));
    all.or_ok(ExitCode::SUCCESS)
}

/// The graphs of another revision, which is checked out into `folder`.
fn generate_at(
    sets: &Sets<'_>,
    outside: &Outside,
    revision: &str,
    folder: &Path,
    now: FixedClock,
) -> Outcome<Vec<Outcome<Document>>> {
    let below = outside.working.strip_prefix(outside.files.root());
    let working = folder.join(below.unwrap_or(Path::new("")));
    let environment = outside.environment.clone();
    let (root, python) = (&sets.args.root, sets.args.python.python.into());
    let other = Outside::open_at(working, root, environment).and_then(|mut other| {
        other.fast = outside.fast;
        other.with_python(root, python, sets.args.verbosity.verbose)
    });
    let mut other = other.map_err(|errors| errors.map(|error| at_revision(error, revision)))?;
    other.clock = Box::new(now);
    Ok(sets.generate(&other)?)
}

/// The hash of the revision to compare with.
fn base_of(vcs: &dyn Vcs, revision: &str) -> Result<String, Diagnostic> {
    if revision != DEFAULT {
        return vcs.resolve(revision).map_err(|error| match error {
            VcsError::NoRevision(_) | VcsError::Refused { .. } => {
                Diagnostic::user(format!("there is no revision `{revision}` to compare with"))
                    .because(error)
            }
            error => vcs_diagnostic(&error),
        });
    }
    let base = vcs.base_rev().map_err(|error| vcs_diagnostic(&error))?;
    base.ok_or_else(|| {
        Diagnostic::user("it is not known which revision the current work is based on")
            .because("no revision before it is known to be in another repository")
            .help("name the revision to compare with: `--diff REV`")
    })
}

fn short(hash: &str) -> &str {
    hash.get(..SHORT).unwrap_or(hash)
}

fn at_revision(mut error: Diagnostic, revision: &str) -> Diagnostic {
    error.message = format!("{} (at revision {})", error.message, short(revision));
    error
}

/// How two texts differ, as `diff -U20` writes it, and whether they do not.
fn difference(labels: &[String; 2], before: &str, current: &str) -> (String, bool) {
    let [old, new] = labels;
    if before == current {
        return (format!("Files {old} and {new} are identical\n"), true);
    }
    let diff = TextDiff::configure()
        .timeout(PATIENCE)
        .diff_lines(before, current);
    let mut unified = diff.unified_diff();
    let unified = unified.context_radius(CONTEXT).header(old, new);
    (unified.to_string(), false)
}

/// A revision in a temporary folder, which goes away with this value.
struct CheckedOut {
    vcs: Box<dyn Vcs>,
    folder: TempDir,
}

impl CheckedOut {
    /// Makes the folder around it.
    fn prepare(root: &Path, outside: &Outside) -> Result<Self, Diagnostic> {
        let folder = tempfile::Builder::new().prefix("snowman-").tempdir();
        let folder = folder.map_err(|error| {
            Diagnostic::environment("there is no folder to check a revision out into")
                .because(error)
        })?;
        let vcs = crate::vcs::discover(root, &outside.environment);
        let vcs = vcs.map_err(|error| vcs_diagnostic(&error))?;
        Ok(Self { vcs, folder })
    }

    /// The folder of the revision.
    fn place(&self) -> PathBuf {
        self.folder.path().join("checkout")
    }
}

impl Drop for CheckedOut {
    fn drop(&mut self) {
        let place = self.place();
        if !matches!(metadata(&place), Ok(None))
            && let Err(error) = self.vcs.remove_check_out(&place)
        {
            tracing::warn!("{error}");
        }
    }
}

/// A checked-out revision that goes away when the program is interrupted, too.
struct Shared {
    /// Locked while it is checked out, so that what it leaves is not looked at before it has ended.
    checked_out: Arc<Mutex<Option<CheckedOut>>>,
    interrupted: Arc<AtomicBool>,
    _watching: tokio::runtime::Runtime,
}

impl Shared {
    fn new(checked_out: CheckedOut) -> Result<Self, Diagnostic> {
        let shared = Arc::new(Mutex::new(Some(checked_out)));
        let watched = Arc::clone(&shared);
        let interrupted = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&interrupted);
        let watching = output::runtime()?;
        watching.spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                told.store(true, Ordering::SeqCst);
                drop(take(&watched));
                std::process::exit(INTERRUPTED);
            }
        });
        Ok(Self {
            checked_out: shared,
            interrupted,
            _watching: watching,
        })
    }

    /// Checks a revision out; yields the folder.
    ///
    /// # Errors
    /// When that fails. When it fails because of an interrupt, the process ends here.
    fn check_out(&self, vcs: Option<&dyn Vcs>, revision: &str) -> Result<PathBuf, Diagnostic> {
        let place = {
            let checked_out = self.checked_out.lock();
            let checked_out = checked_out.unwrap_or_else(PoisonError::into_inner);
            let place = checked_out.as_ref().map(CheckedOut::place);
            let failed = match (vcs, &place) {
                (Some(vcs), Some(place)) => vcs.check_out(revision, place).err(),
                _ => None,
            };
            if !self.interrupted.load(Ordering::SeqCst)
                && let Some(error) = failed
            {
                return Err(vcs_diagnostic(&error));
            }
            place.filter(|_| !self.interrupted.load(Ordering::SeqCst))
        };
        match place {
            Some(place) => Ok(place),
            // Whoever was told of the interrupt clears up and ends the process.
            None => loop {
                std::thread::park();
            },
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        drop(take(&self.checked_out));
    }
}

fn take(shared: &Mutex<Option<CheckedOut>>) -> Option<CheckedOut> {
    shared.lock().unwrap_or_else(PoisonError::into_inner).take()
}
