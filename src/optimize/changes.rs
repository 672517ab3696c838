//! What a push has changed.

use std::convert::Infallible;

use super::evidence::Evidence;
use crate::base::memo::Memo;
use crate::base::pattern::PathPattern;
use crate::base::value::{Str, Value};
use crate::config::parameters::Parameters;

/// What a push has changed. Many tasks name the same patterns, and each is matched once.
#[derive(Debug)]
pub struct Changes<'a> {
    files: Vec<&'a str>,
    /// The revision, if the push cannot have changes: cron tasks and actions have no changes of their
    /// own.
    none_at: Option<Str>,
    /// The first file that matches each pattern.
    matched: Memo<Str, Option<Str>>,
}

impl<'a> Changes<'a> {
    /// Reads the parameters.
    #[must_use]
    pub fn new(params: &'a Parameters) -> Self {
        let base = params.str("base_rev");
        Self {
            files: params.strings("files_changed"),
            none_at: (!base.is_empty() && base == params.str("head_rev")).then(|| base.into()),
            matched: Memo::default(),
        }
    }

    /// Whether the push changes no file that matches one of these patterns. Without changes of its
    /// own, nothing can be skipped.
    #[must_use]
    pub fn can_skip(&self, patterns: &Value) -> (bool, Evidence) {
        if let Some(revision) = &self.none_at {
            return (false, Evidence::NoChanges(revision.clone()));
        }
        let listed = patterns.as_array().into_iter().flatten();
        let mut listed = listed.filter_map(|pattern| match pattern {
            Value::String(pattern) => Some(pattern),
            _ => None,
        });
        let changed = listed.find_map(|pattern| {
            let (pattern, file) = (pattern.clone(), self.changed(pattern)?);
            Some(Evidence::Changed { pattern, file })
        });
        match changed {
            Some(changed) => (false, changed),
            None => (true, Evidence::Unchanged(patterns.clone())),
        }
    }

    /// The first changed file that matches a pattern.
    fn changed(&self, pattern: &Str) -> Option<Str> {
        let find = |pattern: &Str| {
            let pattern = PathPattern::new(pattern).ok();
            let file = pattern.and_then(|pattern| {
                let mut files = self.files.iter();
                files.find(|file| pattern.matches(file))
            });
            Ok::<_, Infallible>(file.map(|file| Str::from(*file)))
        };
        let Ok(file) = self.matched.get(pattern.clone(), find);
        file
    }
}
