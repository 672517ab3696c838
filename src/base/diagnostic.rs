//! Errors and warnings, with their places and suggestions.
//!
//! Code that checks something collects every mistake that it finds before it fails. Rendering is left
//! to the command line, so there is neither colour nor layout here.

use std::fmt;
use std::sync::Arc;

use super::name::KindName;

/// A text file that was read, kept so that a message can show the lines that it is about.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path as users know it: relative to the repository where possible.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A place in a source file.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub source: Arc<SourceFile>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source.name, self.line, self.column)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Who has to act; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A mistake in what the user wrote: exit code 1.
    User,
    /// A mistake on the command line: exit code 2.
    Usage,
    /// The environment or the network failed: exit code 3.
    Environment,
    /// A mistake in snowman: exit code 70.
    Bug,
}

impl Class {
    /// The exit code that a failure of this class has.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Class::User => 1,
            Class::Usage => 2,
            Class::Environment => 3,
            Class::Bug => 70,
        }
    }
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Who has to act.
    pub class: Class,
    /// What is wrong: one sentence, lower case, no full stop.
    pub message: String,
    /// The kind in which it is wrong.
    pub kind: Option<KindName>,
    /// The task for which it is wrong: its label, or whatever name it has so far.
    pub task: Option<String>,
    /// Where it was written.
    pub place: Option<Place>,
    /// How to solve it.
    pub help: Option<String>,
    /// The cause, e.g. the server's response.
    pub cause: Option<String>,
}

impl Diagnostic {
    fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            kind: None,
            task: None,
            place: None,
            help: None,
            cause: None,
        }
    }

    /// A mistake in what the user wrote.
    pub fn user(message: impl Into<String>) -> Self {
        Self::new(Class::User, message)
    }

    /// A mistake on the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Class::Usage, message)
    }

    /// A failure of the environment or the network.
    pub fn environment(message: impl Into<String>) -> Self {
        Self::new(Class::Environment, message)
    }

    /// A mistake in snowman itself.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(Class::Bug, message)
    }

    /// Names the kind, unless one is named already.
    #[must_use]
    pub fn in_kind(mut self, kind: &KindName) -> Self {
        self.kind.get_or_insert_with(|| kind.clone());
        self
    }

    /// Names the task, unless one is named already.
    #[must_use]
    pub fn in_task(mut self, task: impl Into<String>) -> Self {
        self.task.get_or_insert_with(|| task.into());
        self
    }

    /// Names the place, unless one is named already.
    #[must_use]
    pub fn at(mut self, place: Option<Place>) -> Self {
        self.place = self.place.or(place);
        self
    }

    /// Sets the help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the help of a user error; other diagnostics keep theirs.
    #[must_use]
    pub fn help_user(self, help: impl Into<String>) -> Self {
        match self.class {
            Class::User => self.help(help),
            _ => self,
        }
    }

    /// Sets the cause.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }
}

impl fmt::Display for Diagnostic {
    /// One line: place, kind, task, message; then help and cause on lines of their own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        match (&self.kind, &self.task) {
            (Some(kind), Some(task)) => write!(f, "kind `{kind}`, task `{task}`: ")?,
            (Some(kind), None) => write!(f, "kind `{kind}`: ")?,
            (None, Some(task)) => write!(f, "task `{task}`: ")?,
            (None, None) => {}
        }
        f.write_str(&self.message)?;
        if let Some(cause) = &self.cause {
            write!(f, "\n  cause: {cause}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

/// All the mistakes that were found; never empty as an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostics {
    all: Vec<Diagnostic>,
    summary: Option<String>,
}

/// A result, or all the mistakes that prevent it.
pub type Outcome<T> = Result<T, Diagnostics>;

impl Diagnostics {
    /// No mistake so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a mistake.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.all.push(diagnostic);
    }

    /// Adds the mistakes of another check.
    pub fn extend(&mut self, others: Diagnostics) {
        self.all.extend(others.all);
        self.summary = self.summary.take().or(others.summary);
    }

    /// Adds a summary of what was done nevertheless.
    #[must_use]
    pub fn with_summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = Some(summary.into());
        self
    }

    /// Returns the summary of what was done nevertheless; `None` if nothing was done.
    #[must_use]
    pub fn summary(&self) -> Option<&str> {
        self.summary.as_deref()
    }

    /// Keeps a success, collects a failure.
    pub fn keep<T>(&mut self, outcome: Outcome<T>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(others) => {
                self.extend(others);
                None
            }
        }
    }

    /// `value` when nothing is wrong, otherwise everything that is.
    ///
    /// # Errors
    /// These diagnostics, when there are any.
    pub fn or_ok<T>(self, value: T) -> Outcome<T> {
        if self.all.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }

    /// Applies `change` to each of them.
    #[must_use]
    pub fn map(self, change: impl FnMut(Diagnostic) -> Diagnostic) -> Self {
        Self {
            all: self.all.into_iter().map(change).collect(),
            summary: self.summary,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.all.iter()
    }

    /// The class that decides the exit code: the most severe one.
    #[must_use]
    pub fn class(&self) -> Class {
        self.all.iter().map(|d| d.class).max().unwrap_or(Class::Bug)
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            all: vec![diagnostic],
            summary: None,
        }
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnostic) in self.all.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
