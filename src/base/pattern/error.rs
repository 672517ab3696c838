//! Why a text is not a regular expression, and how long one may take.

/// Reports that a text is not a regular expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pattern:?} is not a valid regular expression: {why}")]
pub struct PatternError {
    /// The text.
    pub pattern: String,
    /// What is wrong with it.
    pub why: String,
}

/// How many steps a pattern with backtracking may take before it counts as not matching.
pub const BACKTRACKING: usize = 1_000_000;

/// The error for a pattern.
pub fn refused(pattern: &str, why: String) -> PatternError {
    PatternError {
        pattern: pattern.to_owned(),
        why,
    }
}

/// The engine's message without the position, which refers to the translated pattern.
pub fn in_words(message: &str) -> String {
    // The engine gives no details for an expression whose repetitions exceed its limit.
    if message.ends_with("error building NFA") {
        return "it is too large once its repetitions are expanded".to_owned();
    }
    match message.strip_prefix("Parsing error at position ") {
        Some(rest) => rest
            .split_once(": ")
            .map_or(rest, |(_, why)| why)
            .to_lowercase(),
        None => message.to_owned(),
    }
}
