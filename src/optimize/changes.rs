//! What a push has changed.

use std::convert::Infallible;

use crate::base::memo::Memo;
use crate::base::pattern::PathPattern;
use crate::base::value::{Str, Value};
use crate::config::parameters::Parameters;

/// What a push has changed. Many tasks name the same patterns, and each is matched once.
#[derive(Debug)]
pub struct Changes<'a> {
    files: Vec<&'a str>,
    /// Whether the push cannot have changes: cron tasks and actions have no
    /// changes of their own.
    is_none: bool,
    matched: Memo<Str, bool>,
}

impl<'a> Changes<'a> {
    /// Reads the parameters.
    #[must_use]
    pub fn new(params: &'a Parameters) -> Self {
        let base = params.str("base_rev");
        Self {
            files: params.strings("files_changed"),
            is_none: !base.is_empty() && base == params.str("head_rev"),
            matched: Memo::default(),
        }
    }

    /// Whether the push changes no file that matches one of these patterns. Without changes of its
    /// own, nothing can be skipped.
    #[must_use]
    pub fn can_skip(&self, patterns: &Value) -> bool {
        let mut patterns = patterns.as_array().into_iter().flatten();
        !self.is_none && !patterns.any(|pattern| self.has(pattern))
    }

    fn has(&self, pattern: &Value) -> bool {
        let Value::String(pattern) = pattern else {
            return false;
        };
        let find = |pattern: &Str| {
            let matches =
                |pattern: PathPattern| self.files.iter().any(|file| pattern.matches(file));
            Ok::<_, Infallible>(PathPattern::new(pattern).is_ok_and(matches))
        };
        let Ok(has) = self.matched.get(pattern.clone(), find);
        has
    }
}
