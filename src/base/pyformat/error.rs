//! Why a template cannot be filled in.

use std::fmt;

/// What is wrong with a template, in terms of the exception that Python raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatErrorKind {
    /// A name or a key is missing: `KeyError`.
    Missing,
    /// A position is missing: `IndexError`.
    Index,
    /// A value has no such attribute: `AttributeError`.
    Attribute,
    /// A value is of the wrong type: `TypeError`.
    Type,
    /// The template or a spec is malformed: `ValueError`.
    Value,
    /// A number is too large: `OverflowError`.
    Overflow,
}

impl FormatErrorKind {
    /// The name of Python's exception.
    #[must_use]
    pub fn python_name(self) -> &'static str {
        match self {
            Self::Missing => "KeyError",
            Self::Index => "IndexError",
            Self::Attribute => "AttributeError",
            Self::Type => "TypeError",
            Self::Value => "ValueError",
            Self::Overflow => "OverflowError",
        }
    }
}

/// Says why a template cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatError {
    /// The template.
    pub template: String,
    /// The kind of mistake.
    pub kind: FormatErrorKind,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The name that is missing, where one is.
    pub name: Option<String>,
    /// The way out.
    pub help: Option<String>,
}

impl FormatError {
    pub(super) fn missing(name: &str, message: String) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..fail(FormatErrorKind::Missing, message)
        }
    }

    /// Names the template, in which the mistake is.
    pub(super) fn of(mut self, template: &str) -> Self {
        template.clone_into(&mut self.template);
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.template, self.message)
    }
}

impl std::error::Error for FormatError {}

pub(super) fn fail(kind: FormatErrorKind, message: impl Into<String>) -> FormatError {
    FormatError {
        template: String::new(),
        kind,
        message: message.into(),
        name: None,
        help: None,
    }
}
