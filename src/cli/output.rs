//! Prints data to standard output, and status and the log to standard error, without secrets.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

use super::args::common::{ColorMode, GlobalArgs, LogFormat};
use super::log::{LogLines, Style, fields_of, json_line};
use super::render::{self, Purpose};
use super::timings;
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::text::on_lines;
use crate::base::value::Object;
use crate::ports::environment::Environment;
use crate::ports::mask::Mask;
use crate::ports::output_path::{OutputFile, cannot_write};

/// Where a command prints. Secrets are masked in everything that it prints.
#[derive(Debug, Clone)]
pub struct Output {
    style: Style,
    moves: bool,
    mask: Mask,
}

impl Output {
    /// Prints to the streams of this process as the flags and the environment request, without the
    /// secrets that `mask` contains.
    #[must_use]
    pub fn of_process(flags: GlobalArgs, environment: &Environment, mask: Mask) -> Self {
        let terminal = io::stderr().is_terminal();
        let text = flags.log_format == LogFormat::Text;
        let style = Style {
            format: flags.log_format,
            colour: text && has_colour(flags.color, environment, terminal),
            times: environment.filled("TASK_ID").is_some(),
        };
        Self {
            style,
            moves: may_move(flags.log_format, environment, terminal),
            mask,
        }
    }

    /// The mask of secrets.
    #[must_use]
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Whether status may move.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.moves
    }

    /// Prints all diagnostics of a command that has failed.
    pub fn diagnostics(&self, all: &Diagnostics, purpose: Purpose) {
        match self.style.format {
            LogFormat::Text => self.line(&render::diagnostics(all, purpose, self.style.colour)),
            LogFormat::Json => {
                for diagnostic in all.iter() {
                    self.json_diagnostic(diagnostic);
                }
                let count = render::count(all, purpose);
                self.json("ERROR", &count, Object::new());
            }
        }
    }

    /// From now on, panics are reported in the form of the log; the standard library's lines are for people.
    pub fn report_panics(&self) {
        if self.style.format == LogFormat::Json {
            let output = self.clone();
            std::panic::set_hook(Box::new(move |panic| {
                let message = panic.to_string();
                let message = output.mask.text(&message);
                let backtrace = Backtrace::capture();
                let bug = Diagnostic::bug(message);
                output.json_diagnostic(&match backtrace.status() {
                    BacktraceStatus::Captured => bug.because(backtrace),
                    _ => bug,
                });
            }));
        }
    }

    fn json_diagnostic(&self, diagnostic: &Diagnostic) {
        self.json("ERROR", &diagnostic.message, fields_of(diagnostic));
    }

    fn json(&self, level: &str, message: &str, fields: Object) {
        self.line(&json_line(level, message, fields));
    }

    /// Prints data. A closed pipe is not an error.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn data(&self, text: &str) -> Result<(), Diagnostic> {
        self.data_to(None, text)
    }

    /// Prints data to a file, or to standard output without one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn data_to(&self, file: Option<&OutputFile>, text: &str) -> Result<(), Diagnostic> {
        self.write_to(file, |out| out.write_all(text.as_bytes()))
    }

    /// Lets `write` write data to a file, or to standard output without one.
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
        let result = std::fs::File::create(file.path()).and_then(|file| {
            let mut out = Masked::new(file, &self.mask);
            write(&mut out)?;
            out.finish()
        });
        result.map_err(|error| cannot_write(file.display_path(), error))
    }

    /// Prints a line of status.
    pub fn status(&self, text: &str) {
        self.status_at(Level::INFO, text);
    }

    /// Prints a line of status that warns.
    pub fn warning(&self, text: &str) {
        self.status_at(Level::WARN, text);
    }

    /// Prints a line of status about something that has failed, after which the command goes on.
    pub fn failure(&self, text: &str) {
        self.status_at(Level::ERROR, text);
    }

    fn status_at(&self, level: Level, text: &str) {
        // Quotes and control characters in a secret would be escaped later.
        let text = self.mask.text(text);
        match self.style.format {
            LogFormat::Json => self.json(level.as_str(), &text, Object::new()),
            LogFormat::Text if level == Level::WARN => {
                self.line(&format!("warning: {}", on_lines(&text)));
            }
            LogFormat::Text => self.line(&on_lines(&text)),
        }
    }

    fn line(&self, text: &str) {
        let text = self.mask.text(text);
        let mut err = io::stderr().lock();
        // An error here could not be printed either.
        let _ = writeln!(err, "{text}");
    }

    /// Starts logging to standard error at `level`. Later calls have no effect.
    pub fn log_at(&self, level: LevelFilter) {
        use tracing_subscriber::Layer;
        use tracing_subscriber::filter::Targets;
        use tracing_subscriber::layer::SubscriberExt;
        use tracing_subscriber::util::SubscriberInitExt;
        // Only snowman's own messages; libraries log connections.
        let ours = Targets::new().with_target("snowman", level);
        let lines = LogLines {
            style: self.style,
            mask: Arc::new(self.mask.clone()),
        };
        let lines = lines.with_filter(ours);
        let timing = Targets::new().with_target(timings::TARGET, LevelFilter::INFO);
        let timing = RECORD_TIMINGS
            .load(Ordering::Relaxed)
            .then(|| timings::layer().with_filter(timing));
        let _ = tracing_subscriber::registry()
            .with(lines)
            .with(timing)
            .try_init();
    }
}

/// Masks secrets in what is written piece by piece; lines are masked as a whole.
struct Masked<'m, W: Write> {
    inner: W,
    mask: &'m Mask,
    /// The bytes that may end in the middle of a line.
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

    /// Writes the remaining bytes.
    fn finish(mut self) -> io::Result<()> {
        self.inner.write_all(&self.mask.content(&self.pending))?;
        self.inner.flush()
    }
}

impl<W: Write> Write for Masked<'_, W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        /// The number of bytes that are masked together.
        const CHUNK: usize = 64 * 1024;
        if self.mask.is_empty() {
            return self.inner.write(piece);
        }
        self.pending.extend_from_slice(piece);
        if self.pending.len() >= CHUNK
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

/// Whether text on standard error is coloured.
fn has_colour(mode: ColorMode, environment: &Environment, terminal: bool) -> bool {
    match mode {
        ColorMode::Always => true,
        ColorMode::Never => false,
        ColorMode::Auto if environment.filled("NO_COLOR").is_some() => false,
        ColorMode::Auto => match environment.filled("CLICOLOR_FORCE") {
            Some("0") | None => {
                let refused = environment.filled("CLICOLOR") == Some("0");
                terminal && !refused && !is_dumb(environment)
            }
            Some(_) => true,
        },
    }
}

/// Whether lines on standard error may be overwritten.
fn may_move(format: LogFormat, environment: &Environment, terminal: bool) -> bool {
    terminal && format == LogFormat::Text && !is_dumb(environment)
}

/// Whether the terminal understands neither colours nor movements of the cursor.
fn is_dumb(environment: &Environment) -> bool {
    environment.filled("TERM") == Some("dumb")
}

/// Whether timings are recorded.
static RECORD_TIMINGS: AtomicBool = AtomicBool::new(false);

/// Records timings; must be called before the log is started.
pub fn record_timings() {
    RECORD_TIMINGS.store(true, Ordering::Relaxed);
}

/// Whether timings are recorded.
#[must_use]
pub fn records_timings() -> bool {
    RECORD_TIMINGS.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_come_before_the_environment_and_that_before_the_terminal() {
        let colour = |mode, variables: &[(&str, &str)], terminal| {
            let environment = variables
                .iter()
                .fold(Environment::default(), |all, (name, value)| {
                    all.with(name, value)
                });
            has_colour(mode, &environment, terminal)
        };
        use ColorMode::{Always, Auto, Never};
        assert!(colour(Auto, &[("TERM", "xterm")], true));
        assert!(!colour(Auto, &[("TERM", "xterm")], false));
        assert!(!colour(Auto, &[("TERM", "dumb")], true));
        assert!(!colour(Auto, &[("NO_COLOR", "1")], true));
        // https://no-color.org: an empty value is none.
        assert!(colour(Auto, &[("NO_COLOR", "")], true));
        assert!(colour(
            Auto,
            &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")],
            false
        ));
        assert!(!colour(Auto, &[("CLICOLOR_FORCE", "0")], false));
        assert!(!colour(Auto, &[("CLICOLOR", "0")], true));
        assert!(!colour(
            Auto,
            &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")],
            true
        ));
        assert!(colour(Always, &[("NO_COLOR", "1")], false));
        assert!(!colour(Never, &[("CLICOLOR_FORCE", "1")], true));
    }

    #[test]
    fn lines_move_only_on_terminals_that_can() {
        let of = |term| Environment::default().with("TERM", term);
        assert!(may_move(LogFormat::Text, &of("xterm"), true));
        assert!(!may_move(LogFormat::Text, &of("xterm"), false));
        assert!(!may_move(LogFormat::Text, &of("dumb"), true));
        assert!(!may_move(LogFormat::Json, &of("xterm"), true));
    }

    #[test]
    fn secrets_are_masked_across_writes() {
        let environment = Environment::default().with("A_TOKEN", "abcdefghij");
        let mask = Mask::from_environment(&environment);
        let text = "x abcdefghij y\n".repeat(20_000) + "abcdefghij";
        for size in [1, 7, 4096, text.len()] {
            let mut output = Vec::new();
            let mut out = Masked::new(&mut output, &mask);
            for piece in text.as_bytes().chunks(size) {
                out.write_all(piece).unwrap();
            }
            out.finish().unwrap();
            let expected = "x [masked] y\n".repeat(20_000) + "[masked]";
            assert!(output == expected.as_bytes(), "{size}");
        }
    }
}
