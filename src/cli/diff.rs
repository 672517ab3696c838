//! `--diff`: shows the difference between a graph and that of another revision.
//!
//! The other revision is checked out into a temporary folder and its graph is generated there, so the
//! working copy and its uncommitted changes stay as they are. Both graphs are generated with the same
//! time of day.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use similar::TextDiff;
use tempfile::TempDir;
use tracing_subscriber::filter::LevelFilter;

use super::args::common::{ProjectArgs, ROOT};
use super::context::{CommandContext, runtime};
use super::graph_document::GraphDocument;
use super::output::Output;
use super::parameter_sets::{ParameterSets, merge_diagnostics};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::decision::vcs_diagnostic;
use crate::ports::clock::FixedClock;
use crate::ports::files::{metadata, normalize};
use crate::ports::vcs::{Vcs, VcsError};

/// The number of equal lines shown around a difference.
const CONTEXT_LINES: usize = 20;

/// The number of digits in an abbreviated hash.
const SHORT_HASH: usize = 12;

/// How long to search for the shortest difference; after that, any will do.
const DIFF_TIMEOUT: Duration = Duration::from_secs(20);

/// The exit code of a program that was interrupted.
const INTERRUPTED: i32 = 130;

/// The value of `--diff` without an argument.
const DEFAULT_REVISION: &str = "default";

/// Shows the difference between graphs and those of another revision, for each set of parameters.
///
/// # Errors
/// Every error at either revision; or when the repository cannot be read.
pub fn run(
    sets: &ParameterSets<'_>,
    mut context: CommandContext,
    revision: &str,
    level: LevelFilter,
    output: &Output,
) -> Outcome<ExitCode> {
    let vcs_error = |error| vcs_diagnostic(&error);
    let vcs = context.vcs.as_deref().ok_or_else(|| {
        Diagnostic::user("--diff needs a git or hg repository")
            .help("run the command in a checkout")
    })?;
    let base = base_of(vcs, revision)?;
    let head = match vcs.branch().map_err(vcs_error)? {
        Some(branch) => branch,
        None => short(&vcs.head_rev().map_err(vcs_error)?).to_owned(),
    };
    let root = vcs.root().to_owned();
    let now = FixedClock(context.clock.now());
    context.clock = Box::new(now);
    let phase = sets.phase.name();
    let generating = |revision: &str| output.status(&format!("Generating {phase} @ {revision}"));

    let files = sets.output_files(&context)?;
    generating(&head);
    let current = sets.generate(&context);

    let checkout = InterruptibleCheckout::new(Checkout::prepare(&root, &context)?)?;
    generating(short(&base));
    let folder = checkout.check_out(context.vcs.as_deref(), &base)?;
    let before = generate_at(sets, &context, level, &base, &folder, now)?;
    drop(checkout);

    let labels = [short(&base), &head].map(|revision| format!("{phase}@{revision}"));
    let mut failed = Vec::new();
    let mut failed_before = Vec::new();
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
                failed_before.extend(before.err().map(|errors| (spec.name(), errors)));
                failed.extend(current.err().map(|errors| (spec.name(), errors)));
            }
        }
    }
    if !sets.args.json {
        output.status("If you were expecting differences in task bodies you should pass \"-J\"");
    }
    let mut all = merge_diagnostics(failed, sets.specs.len());
    let before = merge_diagnostics(failed_before, sets.specs.len());
    all.extend(before.map(|error| at_revision(error, &base)));
    all.or_ok(ExitCode::SUCCESS)
}

/// Generates the graphs of another revision, which is checked out in `folder`.
fn generate_at(
    sets: &ParameterSets<'_>,
    context: &CommandContext,
    level: LevelFilter,
    revision: &str,
    folder: &Path,
    now: FixedClock,
) -> Outcome<Vec<Outcome<GraphDocument>>> {
    let (working_folder, project) = same_project(sets, context, folder);
    let environment = context.environment.clone();
    let other = CommandContext::open(working_folder, project.root.as_deref(), environment);
    let other = other.and_then(|mut other| {
        other.fast = context.fast;
        // The folder of the other revision is gone afterwards.
        other.cache.clone_from(&context.cache);
        other.keeps_kinds = false;
        other.with_python(&project, level)
    });
    let mut other = other.map_err(|errors| errors.map(|error| at_revision(error, revision)))?;
    other.clock = Box::new(now);
    Ok(sets.generate(&other))
}

/// The working folder in the checkout of another revision, and the flags that name the same project there. The
/// folder that the program runs in may be new.
fn same_project(
    sets: &ParameterSets<'_>,
    context: &CommandContext,
    checkout: &Path,
) -> (PathBuf, ProjectArgs) {
    let below = context.project_folder.strip_prefix(context.files.root());
    let below = below.unwrap_or(Path::new(""));
    let folder = checkout.join(below);
    let project = &sets.args.project;
    let root = project.root.as_deref().unwrap_or(ROOT);
    let (folder, root) = match below.join(root).to_str().map(normalize) {
        Some(Ok(whole)) if !folder.is_dir() => (checkout.to_owned(), whole),
        _ => (folder, root.to_owned()),
    };
    let project = ProjectArgs {
        root: Some(root),
        ..project.clone()
    };
    (folder, project)
}

/// The hash of the revision to compare with.
fn base_of(vcs: &dyn Vcs, revision: &str) -> Result<String, Diagnostic> {
    if revision != DEFAULT_REVISION {
        return vcs.resolve(revision).map_err(|error| match error {
            VcsError::NoRevision(_) | VcsError::Refused { .. } => Diagnostic::user(format!(
                "cannot find the revision `{revision}` to compare with"
            ))
            .because(error),
            error => vcs_diagnostic(&error),
        });
    }
    let base = vcs.base_rev().map_err(|error| vcs_diagnostic(&error))?;
    base.ok_or_else(|| {
        Diagnostic::user("cannot determine which revision the current work is based on")
            .because("no earlier revision is known to exist in another repository")
            .help("pass the revision to compare with: `--diff REV`")
    })
}

fn short(hash: &str) -> &str {
    hash.get(..SHORT_HASH).unwrap_or(hash)
}

fn at_revision(mut error: Diagnostic, revision: &str) -> Diagnostic {
    error.message = format!("{} (at revision {})", error.message, short(revision));
    error
}

/// Returns the difference of two texts as `diff -U20` writes it, and whether they are identical.
fn difference(labels: &[String; 2], before: &str, current: &str) -> (String, bool) {
    let [old, new] = labels;
    if before == current {
        return (format!("Files {old} and {new} are identical\n"), true);
    }
    let diff = TextDiff::configure()
        .timeout(DIFF_TIMEOUT)
        .diff_lines(before, current);
    let mut unified = diff.unified_diff();
    let unified = unified.context_radius(CONTEXT_LINES).header(old, new);
    (unified.to_string(), false)
}

/// A temporary folder for a revision; dropping it removes the checkout.
struct Checkout {
    vcs: Box<dyn Vcs>,
    folder: TempDir,
}

impl Checkout {
    /// Creates the temporary folder.
    fn prepare(root: &Path, context: &CommandContext) -> Result<Self, Diagnostic> {
        let folder = tempfile::Builder::new().prefix("snowman-").tempdir();
        let folder = folder.map_err(|error| {
            Diagnostic::environment("cannot create a temporary folder to check out a revision")
                .because(error)
        })?;
        let vcs = crate::vcs::discover(root, &context.environment);
        let vcs = vcs.map_err(|error| vcs_diagnostic(&error))?;
        Ok(Self { vcs, folder })
    }

    /// The folder of the revision.
    fn path(&self) -> PathBuf {
        self.folder.path().join("checkout")
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let path = self.path();
        if !matches!(metadata(&path), Ok(None))
            && let Err(error) = self.vcs.remove_check_out(&path)
        {
            tracing::warn!("{error}");
        }
    }
}

/// A checkout that is also removed when the program is interrupted.
struct InterruptibleCheckout {
    /// Locked during the checkout, so that it is only removed once it has ended.
    checkout: Arc<Mutex<Option<Checkout>>>,
    interrupted: Arc<AtomicBool>,
    _runtime: tokio::runtime::Runtime,
}

impl InterruptibleCheckout {
    fn new(checkout: Checkout) -> Result<Self, Diagnostic> {
        let checkout = Arc::new(Mutex::new(Some(checkout)));
        let interrupted = Arc::new(AtomicBool::new(false));
        let (to_remove, flag) = (Arc::clone(&checkout), Arc::clone(&interrupted));
        let runtime = runtime()?;
        runtime.spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                flag.store(true, Ordering::SeqCst);
                drop(take(&to_remove));
                std::process::exit(INTERRUPTED);
            }
        });
        Ok(Self {
            checkout,
            interrupted,
            _runtime: runtime,
        })
    }

    /// Checks out a revision and returns its folder.
    ///
    /// # Errors
    /// When that fails. If it fails because of an interrupt, this never returns.
    fn check_out(&self, vcs: Option<&dyn Vcs>, revision: &str) -> Result<PathBuf, Diagnostic> {
        let path = {
            let checkout = self.checkout.lock();
            let checkout = checkout.unwrap_or_else(PoisonError::into_inner);
            let path = checkout.as_ref().map(Checkout::path);
            let failed = match (vcs, &path) {
                (Some(vcs), Some(path)) => vcs.check_out(revision, path).err(),
                _ => None,
            };
            if !self.interrupted.load(Ordering::SeqCst)
                && let Some(error) = failed
            {
                return Err(vcs_diagnostic(&error));
            }
            path.filter(|_| !self.interrupted.load(Ordering::SeqCst))
        };
        match path {
            Some(path) => Ok(path),
            // The interrupt handler removes the checkout and ends the process.
            None => loop {
                std::thread::park();
            },
        }
    }
}

impl Drop for InterruptibleCheckout {
    fn drop(&mut self) {
        drop(take(&self.checkout));
    }
}

fn take(checkout: &Mutex<Option<Checkout>>) -> Option<Checkout> {
    let mut checkout = checkout.lock().unwrap_or_else(PoisonError::into_inner);
    checkout.take()
}
