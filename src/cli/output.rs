//! Standard output is data, standard error is status.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_subscriber::filter::LevelFilter;

use super::args::Verbosity;
use super::timings;
use crate::base::diagnostic::{Class, Diagnostic};
use crate::ports::mask::Mask;
use crate::ports::output_path::{OutputFile, cannot_write};

/// Where a command prints; what it prints holds no secrets.
#[derive(Debug, Clone)]
pub struct Output {
    terminal: bool,
    mask: Mask,
}

impl Output {
    /// The streams of this process, without the secrets that `mask` knows.
    #[must_use]
    pub fn of_process(mask: Mask) -> Self {
        Self {
            terminal: io::stderr().is_terminal(),
            mask,
        }
    }

    /// What keeps secrets out of all that is printed or written.
    #[must_use]
    pub fn mask(&self) -> &Mask {
        &self.mask
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
    pub fn data_to(&self, file: Option<&OutputFile>, text: &str) -> Result<(), Diagnostic> {
        self.write_to(file, |out| out.write_all(text.as_bytes()))
    }

    /// Has data written to a file, or without one to standard output, as it comes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_to(
        &self,
        file: Option<&OutputFile>,
        write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
    ) -> Result<(), Diagnostic> {
        let Some(file) = file else {
            let mut out = Masked::new(io::stdout(), &self.mask);
            return match write(&mut out).and_then(|()| out.finish()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    Err(Diagnostic::environment("cannot write to standard output").because(error))
                }
                _ => Ok(()),
            };
        };
        let written = std::fs::File::create(file.path()).and_then(|file| {
            let mut out = Masked::new(file, &self.mask);
            write(&mut out)?;
            out.finish()
        });
        written.map_err(|error| cannot_write(file.shown(), error))
    }

    /// Prints a line of status.
    pub fn status(&self, text: &str) {
        let text = self.mask.text(text);
        let mut err = io::stderr().lock();
        // There is nowhere left to say that status cannot be printed.
        let _ = writeln!(err, "{text}");
    }

    /// Sends the log to standard error, as far as it is wanted.
    pub fn log(&self, verbosity: &Verbosity) {
        let level = match (verbosity.quiet, verbosity.verbose) {
            (true, _) => LevelFilter::OFF,
            (_, true) => LevelFilter::DEBUG,
            _ => LevelFilter::INFO,
        };
        self.log_at(level);
    }

    /// Sends warnings to standard error while several things are done at once; more if it is asked for.
    pub fn log_several(&self, verbosity: &Verbosity) {
        if verbosity.quiet || verbosity.verbose {
            self.log(verbosity);
        } else {
            self.log_at(LevelFilter::WARN);
        }
    }

    /// Sends the log of this level to standard error.
    pub fn log_at(&self, level: LevelFilter) {
        use tracing_subscriber::Layer;
        use tracing_subscriber::filter::Targets;
        use tracing_subscriber::layer::SubscriberExt;
        use tracing_subscriber::util::SubscriberInitExt;
        // Only what this house says; libraries speak of connections.
        let ours = Targets::new().with_target("snowman", level);
        let mask = Arc::new(self.mask.clone());
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(move || MaskedLog(Arc::clone(&mask)))
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
}

/// Takes secrets out of what is written piece by piece. Lines are looked at as wholes.
struct Masked<'m, W: Write> {
    inner: W,
    mask: &'m Mask,
    /// What may be a part of a secret.
    pending: Vec<u8>,
}

impl<'m, W: Write> Masked<'m, W> {
    fn new(inner: W, mask: &'m Mask) -> Self {
        Self {
            inner,
            mask,
            pending: Vec::new(),
        }
    }

    /// Writes what is left.
    fn finish(mut self) -> io::Result<()> {
        self.inner.write_all(&self.mask.content(&self.pending))?;
        self.inner.flush()
    }
}

impl<W: Write> Write for Masked<'_, W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        /// How much is looked at together.
        const ENOUGH: usize = 64 * 1024;
        if self.mask.is_empty() {
            return self.inner.write(piece);
        }
        self.pending.extend_from_slice(piece);
        if self.pending.len() >= ENOUGH
            && let Some(end) = self.pending.iter().rposition(|byte| *byte == b'\n')
        {
            let rest = self.pending.split_off(end + 1);
            let lines = std::mem::replace(&mut self.pending, rest);
            self.inner.write_all(&self.mask.content(&lines))?;
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Standard error without secrets, for lines of the log: each is written at once.
struct MaskedLog(Arc<Mask>);

impl Write for MaskedLog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut err = io::stderr().lock();
        err.write_all(&self.0.content(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Whether it is noted how long what takes.
static TIMED: AtomicBool = AtomicBool::new(false);

/// Has it noted how long what takes; to be called before the log is begun.
pub fn time() {
    TIMED.store(true, Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::environment::Environment;

    #[test]
    fn secrets_are_masked_however_they_are_cut() {
        let environment = Environment::default().with("A_TOKEN", "abcdefghij");
        let mask = Mask::of(&environment);
        let text = "x abcdefghij y\n".repeat(20_000) + "abcdefghij";
        for size in [1, 7, 4096, text.len()] {
            let mut written = Vec::new();
            let mut out = Masked::new(&mut written, &mask);
            for piece in text.as_bytes().chunks(size) {
                out.write_all(piece).unwrap();
            }
            out.finish().unwrap();
            let expected = "x [masked] y\n".repeat(20_000) + "[masked]";
            assert!(written == expected.as_bytes(), "{size}");
        }
    }
}
