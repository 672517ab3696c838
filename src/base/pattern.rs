//! Patterns: regular expressions as Python matches them, path patterns, and those of `fnmatch`.

mod error;
mod python;
mod search;
mod shell;

use std::sync::Arc;

use fancy_regex::{Regex, RegexBuilder};

pub use error::PatternError;
use error::{BACKTRACKING, in_words, refused};
pub use search::Search;
pub use shell::ShellPattern;

/// A regular expression that matches at the beginning of a text, as Python's `re.match` does.
#[derive(Clone, Debug)]
pub struct Prefix {
    pattern: Arc<str>,
    regex: Arc<Regex>,
}

/// Compiles a pattern that was translated for the engine.
fn compile(pattern: &str, regex: &str) -> Result<Prefix, PatternError> {
    let regex = RegexBuilder::new(&format!(r"\A(?:{regex})"))
        .backtrack_limit(BACKTRACKING)
        .build()
        .map_err(|error| refused(pattern, in_words(&error.to_string())))?;
    Ok(Prefix {
        pattern: pattern.into(),
        regex: Arc::new(regex),
    })
}

impl Prefix {
    /// `re.match(pattern, …)`.
    ///
    /// # Errors
    /// [`PatternError`] when `pattern` is not a valid regular expression.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        let regex = python::translate(pattern).map_err(|why| refused(pattern, why))?;
        compile(pattern, &regex)
    }

    /// `re.match(pattern + "$", …)`: the end is tied to the last alternative only, as in Python.
    ///
    /// # Errors
    /// [`PatternError`] when `pattern` is not a valid regular expression.
    pub fn to_end(pattern: &str) -> Result<Self, PatternError> {
        let tied = python::translate(&format!("{pattern}$"));
        compile(pattern, &tied.map_err(|why| refused(pattern, why))?)
    }

    /// Whether a text begins with a match.
    ///
    /// A pattern that takes too long is abandoned with a warning in the log.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text).unwrap_or_else(|error| {
            tracing::warn!(
                "gave up matching the regular expression {:?} against {text:?}; treating it as no match: {error}",
                self.pattern
            );
            false
        })
    }

    /// The first group of a match at the beginning, if the pattern matches and has one.
    #[must_use]
    pub fn first_group(&self, text: &str) -> Option<String> {
        let found = self.regex.captures(text).ok().flatten()?;
        found.get(1).map(|group| group.as_str().to_owned())
    }
}

/// A path pattern: `*` matches within one part of a path, `**` any number of parts, and a pattern
/// that matches a folder matches everything below it.
#[derive(Clone, Debug)]
pub struct PathPattern(Option<Prefix>);

impl PathPattern {
    /// Reads a path pattern; the empty one matches every path.
    ///
    /// # Errors
    /// [`PatternError`] when the pattern is too large.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        if pattern.is_empty() {
            return Ok(Self(None));
        }
        // Stars are rewritten in the escaped text, left to right and without overlap, since that
        // is what decides how `a/**/**/b` reads.
        let escaped = fancy_regex::escape(pattern).into_owned();
        let mut regex = String::new();
        let mut rest = escaped.as_str();
        let mut at_start = true;
        while !rest.is_empty() {
            let (slash, after) = match rest.strip_prefix('/') {
                Some(after) => ("/", after),
                None if at_start => ("", rest),
                None => ("", ""),
            };
            let stars = after.strip_prefix(r"\*\*");
            at_start = false;
            if let Some(after) = stars.and_then(|after| after.strip_prefix('/')) {
                regex.push_str(slash);
                regex.push_str("(?:.+/)?");
                rest = after;
            } else if stars == Some("") {
                regex.push_str(&format!("(?:{slash}.+)?"));
                rest = "";
            } else if let Some(after) = rest.strip_prefix(r"\*") {
                regex.push_str("[^/]*");
                rest = after;
            } else {
                let width = rest.chars().next().map_or(1, char::len_utf8);
                regex.push_str(&rest[..width]);
                rest = &rest[width..];
            }
        }
        compile(pattern, &format!(r"{regex}(?:/.*)?(?:\n?\z)")).map(|p| Self(Some(p)))
    }

    /// Whether the pattern matches `path`, which is written with forward slashes.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.0.as_ref().is_none_or(|pattern| pattern.matches(path))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(pattern: &str, path: &str) -> bool {
        PathPattern::new(pattern).is_ok_and(|p| p.matches(path))
    }

    #[test]
    fn path_patterns_match_as_the_peer_documents() {
        for pattern in ["*", "f*", "fo*o", "foo", "**", ""] {
            assert!(path(pattern, "foo"), "{pattern}");
        }
        assert!(!path("foo/*/bar", "foo/bar"));
        assert!(path("foo", "foo/bar"));
        assert!(path("foo/**/bar", "foo/bar"));
        assert!(path("**/bar", "foo/bar"));
        assert!(path("foo/**", "foo/bar/baz"));
        assert!(path("foo/**", "foo"));
        assert!(path("a/**/b/**/c", "a/x/b/c"));
        assert!(!path("a/**/**/c", "a/c"));
        assert!(path("a/**/**/c", "a/b/c"));
        assert!(path("src/*.rs", "src/lib.rs"));
        assert!(!path("src/*.rs", "src/a/lib.rs"));
        assert!(!path("foo", "foobar"));
        assert!(path("a.b", "a.b"));
        assert!(!path("a.b", "axb"));
    }

    #[test]
    fn only_the_last_alternative_is_anchored() {
        let pattern = Prefix::to_end("beta|release|esr.*");
        assert!(pattern.as_ref().is_ok_and(|p| p.matches("betamax")));
        assert!(pattern.as_ref().is_ok_and(|p| p.matches("esr128")));
        assert!(pattern.is_ok_and(|p| !p.matches("alpha")));
        assert!(Prefix::to_end("rel").is_ok_and(|p| !p.matches("release")));
        assert!(Prefix::to_end("(").is_err());
    }

    #[test]
    fn too_expensive_patterns_are_refused() {
        // Without a limit the first needs 2^5000 steps, and the second a gigabyte.
        let slow = Prefix::new(r"(?=(a|aa|a)+$)(?:(a|a)*)*\2b").unwrap();
        assert!(!slow.matches(&"a".repeat(5000)));
        let error = Prefix::new("((a{100}){100}){1000}").unwrap_err();
        assert!(error.why.contains("too large"), "{error}");
        // The engine without backtracking accepts what would be slow with it.
        assert!(!Prefix::new("(a*)*b").unwrap().matches(&"a".repeat(100_000)));
    }

    #[test]
    fn conditions_need_existing_groups() {
        for pattern in ["(?(2)a|b)", "(x)?(?(2)a|b)", "y(?:(x)(?(9999999999)a|b))"] {
            assert!(Prefix::new(pattern).is_err(), "{pattern}");
        }
        let error = Prefix::to_end("(x)?(?(2)a|b)").unwrap_err();
        assert_eq!(error.why, "there is no group 2");
        let pattern = Prefix::to_end("(x)?(?(1)a|b)").unwrap();
        assert!(pattern.matches("xa") && pattern.matches("b") && !pattern.matches("xb"));
        assert!(Prefix::to_end(r"\(?(12)").unwrap().matches("12"));
    }

    const SIGNS: &[&str] = &[
        "a",
        "b",
        "1",
        "\\",
        "(",
        ")",
        "(?",
        "(?:",
        "(?P<a>",
        "(?P=a)",
        "(?(1)",
        "(?(a)",
        "(?=",
        "(?<!",
        "(?i)",
        "(?i:",
        "(?x)",
        "[",
        "]",
        "[^",
        "-",
        "|",
        "*",
        "+",
        "?",
        "{",
        "}",
        "{1,2}",
        ",",
        "^",
        "$",
        ".",
        " ",
        "#",
        "\n",
        "\\1",
        "\\b",
        "\\B",
        "\\d",
        "\\x",
        "\\0",
        "\u{e9}",
        "\u{1f600}",
    ];

    proptest! {
        #[test]
        fn matching_always_terminates(
            signs in prop::collection::vec(prop::sample::select(SIGNS), 0..9),
            text in "[ab1 \n\u{e9}]{0,6}",
        ) {
            if let Ok(pattern) = Prefix::new(&signs.concat()) {
                // That it comes to an end is what counts.
                let _ = pattern.matches(&text);
            }
        }
    }

    #[test]
    fn too_deep_patterns_are_refused() {
        for opening in ["(", "(?:", "(?=", "(?<=", "(?i:", "(?(1)"] {
            let nested = |depth| format!("()?{}{}", opening.repeat(depth), ")".repeat(depth));
            let error = Prefix::new(&nested(50_000)).unwrap_err();
            assert!(error.why.contains("nested too deeply"), "{error}");
            assert!(Prefix::new(&nested(30)).is_ok(), "{opening}");
        }
    }
}
