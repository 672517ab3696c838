//! Standard output is data, standard error is status.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_subscriber::filter::LevelFilter;

use super::args::Verbosity;
use super::timings;
use crate::base::diagnostic::{Class, Diagnostic};

/// Where a command prints.
pub struct Output {
    terminal: bool,
}

impl Output {
    /// The streams of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            terminal: io::stderr().is_terminal(),
        }
    }

    /// Whether status may be coloured and may move.
    #[must_use]
    pub fn colour(&self) -> bool {
        self.terminal
    }

    /// Prints data. A reader that has gone away is no failure.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn data(&self, text: &str) -> Result<(), Diagnostic> {
        self.data_to(None, text)
    }

    /// Prints data to a file, or without one to standard output.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn data_to(&self, file: Option<&Path>, text: &str) -> Result<(), Diagnostic> {
        self.write_to(file, |out| out.write_all(text.as_bytes()))
    }

    /// Has data written to a file, or without one to standard output, as it comes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_to(
        &self,
        file: Option<&Path>,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Diagnostic> {
        let Some(path) = file else {
            let mut out = io::stdout().lock();
            return match write(&mut out).and_then(|()| out.flush()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    Err(Diagnostic::environment("cannot write to standard output").because(error))
                }
                _ => Ok(()),
            };
        };
        let written = std::fs::File::create(path).and_then(|mut file| write(&mut file));
        written.map_err(|error| {
            Diagnostic::environment(format!("cannot write {}", path.display())).because(error)
        })
    }

    /// Prints a line of status.
    pub fn status(&self, text: &str) {
        let mut err = io::stderr().lock();
        // There is nowhere left to say that status cannot be printed.
        let _ = writeln!(err, "{text}");
    }
}

/// Whether it is noted how long what takes.
static TIMED: AtomicBool = AtomicBool::new(false);

/// Has it noted how long what takes; to be called before the log is begun.
pub fn time() {
    TIMED.store(true, Ordering::Relaxed);
}

/// Sends the log to standard error, as far as it is wanted.
pub fn log(verbosity: &Verbosity) {
    let level = match (verbosity.quiet, verbosity.verbose) {
        (true, _) => LevelFilter::OFF,
        (_, true) => LevelFilter::DEBUG,
        _ => LevelFilter::INFO,
    };
    log_at(level);
}

/// Sends warnings to standard error while several things are done at once; more if it is asked for.
pub fn log_several(verbosity: &Verbosity) {
    if verbosity.quiet || verbosity.verbose {
        log(verbosity);
    } else {
        log_at(LevelFilter::WARN);
    }
}

/// Sends the log of this level to standard error.
pub fn log_at(level: LevelFilter) {
    use tracing_subscriber::Layer;
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;
    // Only what this house says; libraries speak of connections.
    let ours = Targets::new().with_target("snowman", level);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .with_filter(ours);
    let timing = Targets::new().with_target(timings::TARGET, LevelFilter::INFO);
    let timing = TIMED
        .load(Ordering::Relaxed)
        .then(|| timings::layer().with_filter(timing));
    // A second call, as in tests, leaves the first in place.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(timing)
        .try_init();
}

/// A runtime for calls to Taskcluster.
///
/// # Errors
/// When the system has no threads to give.
pub fn runtime() -> Result<tokio::runtime::Runtime, Diagnostic> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            let mut diagnostic = Diagnostic::environment("cannot start").because(error);
            diagnostic.class = Class::Environment;
            diagnostic
        })
}
