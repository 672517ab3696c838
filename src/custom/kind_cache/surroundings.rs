//! What every kind depends on, as one digest.

use crate::base::digest::Digests;
use crate::base::value::{Object, Value};
use crate::config::parameters::Parameters;
use crate::ports::cache::Cache;
use crate::ports::environment::Environment;
use crate::ports::python::{Mode, Python};
use crate::ports::snapshot::Snapshot;
use crate::ports::vcs::Vcs;

/// What kinds are kept with.
#[derive(Clone, Copy)]
pub struct KindCacheSources<'a> {
    /// The cache, if there is one.
    pub cache: Option<&'a dyn Cache>,
    /// The repository, if there is one.
    pub vcs: Option<&'a dyn Vcs>,
    /// The environment variables.
    pub environment: &'a Environment,
    /// The parameters.
    pub params: &'a Parameters,
    /// The graph config.
    pub graph_config: &'a Object,
    /// Whether digests are not computed.
    pub fast: bool,
    /// Whether artifacts of a decision are written: a project may write what kinds have left in memory.
    pub write_artifacts: bool,
}

/// The variables that differ from terminal to terminal. All others count.
const VOLATILE: &[&str] = &[
    "COLUMNS",
    "LINES",
    "OLDPWD",
    "PWD",
    "SHLVL",
    "SSH_CLIENT",
    "SSH_CONNECTION",
    "SSH_TTY",
    "TERM_SESSION_ID",
    "TMUX",
    "TMUX_PANE",
    "WINDOWID",
    "XDG_SESSION_ID",
    "_",
];

/// The digest of everything that is known before kinds run.
pub(super) fn digest(
    sources: &KindCacheSources<'_>,
    python: &dyn Python,
    identity: &str,
    snapshot: &Snapshot,
) -> String {
    let mut digests = Digests::default();
    let mut add = |part: &str| digests.add(part.as_bytes());
    add(concat!(
        env!("CARGO_PKG_VERSION"),
        " ",
        env!("CARGO_PKG_NAME")
    ));
    add(&program());
    add(identity);
    add(match python.mode() {
        Mode::Whole => "whole",
        Mode::Mixed | Mode::Never => "mixed",
    });
    add(&format!("{} {}", sources.fast, sources.params.are_strict()));
    add(&Value::from(sources.params.values().clone()).to_string());
    add(&Value::from(sources.graph_config.clone()).to_string());
    add(&snapshot.digest);
    environment(sources.environment).for_each(|(name, value)| {
        add(name);
        add(value);
    });
    digests.finish()
}

fn environment(environment: &Environment) -> impl Iterator<Item = (&str, &str)> {
    environment
        .iter()
        .filter(|(name, _)| !VOLATILE.contains(name))
}

/// What distinguishes this program from others of the same version.
fn program() -> String {
    let program = std::env::current_exe();
    program
        .map(|path| crate::ports::fingerprint::looks(&path))
        .unwrap_or_default()
}
