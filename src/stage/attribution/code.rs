//! Codes, as the script checks them and the application reads them: `source=a&medium=b&…`.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The most characters of a code.
pub const LIMIT: usize = 1010;

/// What stands in front of a code.
pub const TAG: &str = "__MOZCUSTOM__";

/// The keys that the application knows.
const KEYS: &[&str] = &[
    "source",
    "medium",
    "campaign",
    "content",
    "experiment",
    "variation",
    "ua",
    "dlsource",
];

/// The keys that a code of a partner has.
const NEEDED: &[&str] = &["source", "medium", "campaign", "content"];

/// The signs that Python's `quote` leaves as they are, beside letters and digits.
const QUOTED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'.')
    .remove(b'-')
    .remove(b'~')
    .remove(b'/');

/// Why a code is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// It is empty.
    #[error("the code is empty")]
    Empty,
    /// It is too long.
    #[error("the code has {0} characters, more than {LIMIT}")]
    TooLong(usize),
    /// It does not fit into an installer.
    #[error(
        "the code has {0} characters when it is written into an installer, more than {LIMIT}: it would \
         overwrite what follows"
    )]
    TooLongWritten(usize),
    /// A key is not known.
    #[error("the key {0:?} is not one of {known}", known = KEYS.join(", "))]
    Key(String),
    /// A key is there twice.
    #[error("the key {0} occurs twice")]
    Twice(String),
    /// A key is missing.
    #[error("without `dlsource`, the code needs {0}")]
    Missing(&'static str),
}

/// A code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    pairs: Vec<(String, String)>,
    written: String,
}

impl Code {
    /// Reads a code.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(text: &str) -> Result<Self, Vec<CodeError>> {
        if text.is_empty() {
            return Err(vec![CodeError::Empty]);
        }
        let mut errors = Vec::new();
        let written = quoted(text);
        let length = text.chars().count();
        if length > LIMIT {
            errors.push(CodeError::TooLong(length));
        } else if written.len() > LIMIT {
            errors.push(CodeError::TooLongWritten(written.len()));
        }
        let pairs = pairs(text);
        let mut seen = BTreeSet::new();
        for (key, _) in &pairs {
            if !KEYS.contains(&key.as_str()) {
                errors.push(CodeError::Key(key.clone()));
            }
            if !seen.insert(key.as_str()) {
                errors.push(CodeError::Twice(key.clone()));
            }
        }
        if !seen.contains("dlsource") {
            let missing = NEEDED.iter().filter(|key| !seen.contains(**key));
            errors.extend(missing.map(|key| CodeError::Missing(key)));
        }
        match errors.is_empty() {
            true => Ok(Self { pairs, written }),
            false => Err(errors),
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        let mut pairs = self.pairs.iter();
        let found = pairs.find(|(own, _)| own == key);
        found.map(|(_, value)| value.as_str())
    }

    /// The code as it is written into an installer.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }
}

/// A text as Python's `quote` writes it.
fn quoted(text: &str) -> String {
    utf8_percent_encode(text, QUOTED).to_string()
}

/// The pairs of a code, as Python's `parse_qsl` reads them: those without a value are left out.
fn pairs(text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    let pairs = pairs.filter(|(_, value)| !value.is_empty());
    pairs
        .map(|(key, value)| (decoded(key), decoded(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> String {
        let errors = Code::read(text).unwrap_err();
        let errors = errors.iter().map(ToString::to_string);
        errors.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn codes_are_read_as_the_script_reads_them() {
        let text = "medium=distribution&source=mozilla&campaign=a+b&content=%28not+set%29";
        let code = Code::read(text).unwrap();
        assert_eq!(code.value("campaign"), Some("a b"));
        assert_eq!(code.value("content"), Some("(not set)"));
        assert_eq!(code.value("ua"), None);
        let written = "medium%3Ddistribution%26source%3Dmozilla%26campaign%3Da%2Bb%26content%3D%2528not%2Bset%2529";
        assert_eq!(code.written(), written);
        assert!(Code::read("dlsource=mozillaci").is_ok());
    }

    #[test]
    fn each_mistake_is_reported() {
        assert_eq!(errors(""), "the code is empty");
        assert_eq!(
            errors("source=a&medium=b&campaign=&content=c"),
            "without `dlsource`, the code needs campaign"
        );
        let twice = errors("dlsource=a&dlsource=b&other=1");
        assert!(
            twice.starts_with(
                "the key dlsource occurs twice; the key \"other\" is not one of source,"
            )
        );
        let rest = "dlsource=";
        let most = format!("{rest}{}", "a".repeat(LIMIT - rest.len()));
        let long = format!("{most}a");
        assert_eq!(
            errors(&long),
            "the code has 1011 characters, more than 1010"
        );
        // The equals sign needs three characters.
        assert!(errors(&most).starts_with("the code has 1012 characters when it is written"));
        let fits = format!("{rest}{}", "a".repeat(LIMIT - rest.len() - 2));
        assert_eq!(Code::read(&fits).unwrap().written().len(), LIMIT);
    }
}
