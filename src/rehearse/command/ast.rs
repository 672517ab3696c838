//! The syntax tree of the supported subset of the shell language.

/// Why a text cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// The part of the text.
    pub part: String,
    /// Why.
    pub reason: String,
}

/// The operator between two pipelines of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListOperator {
    /// `;`, a line break, or nothing before the first.
    Sequence,
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands that `|` joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// The operator before it.
    pub operator: ListOperator,
    /// The commands.
    pub commands: Vec<SimpleCommand>,
}

/// One command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SimpleCommand {
    /// `NAME=word` before its name.
    pub assignments: Vec<(String, Word)>,
    /// Its name and arguments.
    pub words: Vec<Word>,
    /// Its redirections: the operator and the file.
    pub redirects: Vec<(String, Word)>,
    /// The text that it was read from.
    pub text: String,
}

/// A word before expansion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word(pub Vec<Part>);

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A text, and whether it was quoted.
    Text(String, bool),
    /// A variable.
    Variable(Variable),
    /// Something whose value only a shell can know: what it is.
    Opaque(&'static str),
}

/// `$NAME` or `${NAME…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Whether it is in double quotes.
    pub quoted: bool,
    /// `:-`, `-`, `:+` or `+`, with the word after it.
    pub alternative: Option<(String, Word)>,
}
