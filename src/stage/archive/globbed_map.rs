//! Artifact maps whose paths are patterns, such as `*.log`.
//!
//! A pattern other than `*` comes first. The artifacts that match none of these go to the destinations of
//! `*`, if the map has it. A destination that ends with a slash is a folder, in which the artifact keeps its
//! path without the prefixes that are stripped.

use indexmap::IndexMap;

use crate::base::pattern::ShellPattern;
use crate::base::posix;
use crate::base::value::{Value, py_repr};

/// The prefixes that the worker strips.
pub const PREFIXES: &[&str] = &["public/build/", "public/logs/"];

/// The map of one task. The worker does not merge several maps of the same task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskMap {
    /// The task whose artifacts are meant.
    pub task_id: String,
    /// Patterns or paths of artifacts, with their destinations.
    pub paths: IndexMap<String, Vec<String>>,
}

/// Reports a map that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// Several artifacts have the same destination.
    #[error("'{0}' would be written to more than once")]
    ManySources(String),
    /// Several patterns match an artifact.
    #[error("'{0}' matched multiple concrete paths")]
    ManyPatterns(String),
}

/// Replaces the patterns of maps by the artifacts that match them.
///
/// # Errors
/// Destinations with several sources; if there are none, artifacts that several patterns match.
pub fn expand(
    maps: &[TaskMap],
    upstream: &IndexMap<String, Vec<String>>,
    stripped: &[&str],
) -> Result<Vec<TaskMap>, Vec<MapError>> {
    let mut ambiguous = Vec::new();
    let expanded: Vec<TaskMap> = maps
        .iter()
        .map(|map| {
            let artifacts = upstream.get(&map.task_id).map_or(&[][..], Vec::as_slice);
            TaskMap {
                task_id: map.task_id.clone(),
                paths: expand_one(map, artifacts, stripped, &mut ambiguous),
            }
        })
        .collect();
    let mut sources: IndexMap<&str, usize> = IndexMap::new();
    for destination in expanded.iter().flat_map(|map| map.paths.values().flatten()) {
        *sources.entry(destination).or_default() += 1;
    }
    let many = sources.iter().filter(|(_, count)| **count > 1);
    let many: Vec<MapError> = many
        .map(|(destination, _)| MapError::ManySources((*destination).to_owned()))
        .collect();
    match (many, ambiguous) {
        (many, ambiguous) if many.is_empty() && ambiguous.is_empty() => Ok(expanded),
        (many, ambiguous) if many.is_empty() => Err(ambiguous),
        (many, _) => Err(many),
    }
}

fn expand_one(
    map: &TaskMap,
    artifacts: &[String],
    stripped: &[&str],
    ambiguous: &mut Vec<MapError>,
) -> IndexMap<String, Vec<String>> {
    let patterns: Vec<(ShellPattern, &[String])> = map
        .paths
        .iter()
        .filter(|(pattern, _)| *pattern != "*")
        .map(|(pattern, destinations)| (ShellPattern::new(pattern), destinations.as_slice()))
        .collect();
    let rest = map.paths.get("*").map_or(&[][..], Vec::as_slice);
    let mut found = IndexMap::new();
    for artifact in artifacts {
        let mut destinations: &[String] = &[];
        for (pattern, own) in &patterns {
            if !pattern.matches(artifact) {
                continue;
            }
            if destinations.is_empty() {
                destinations = own;
            } else {
                ambiguous.push(MapError::ManyPatterns(artifact.clone()));
            }
        }
        if destinations.is_empty() {
            destinations = rest;
        }
        if !destinations.is_empty() {
            let places = destinations
                .iter()
                .map(|place| below(place, artifact, stripped));
            found.insert(artifact.clone(), places.collect());
        }
    }
    found
}

/// The place of an artifact: below the destination if that is a folder, else the destination.
fn below(destination: &str, artifact: &str, stripped: &[&str]) -> String {
    if !destination.ends_with('/') {
        return destination.to_owned();
    }
    let name = stripped
        .iter()
        .find_map(|prefix| artifact.strip_prefix(prefix));
    posix::join(destination, name.unwrap_or(artifact))
}

/// The message of the worker about all errors.
#[must_use]
pub fn message(errors: &[MapError]) -> String {
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    match &texts[..] {
        [one] => one.clone(),
        _ => {
            let quoted = texts
                .iter()
                .map(|text| py_repr(&Value::from(text.as_str())));
            format!("({})", quoted.collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(task_id: &str, paths: &[(&str, &[&str])]) -> TaskMap {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        TaskMap {
            task_id: task_id.to_owned(),
            paths: paths
                .iter()
                .map(|(path, places)| ((*path).to_owned(), list(places)))
                .collect(),
        }
    }

    fn upstream(artifacts: &[&str]) -> IndexMap<String, Vec<String>> {
        let artifacts = artifacts.iter().map(|name| (*name).to_owned()).collect();
        IndexMap::from([("build".to_owned(), artifacts)])
    }

    #[test]
    fn patterns_come_before_the_star() {
        let artifacts = upstream(&["public/build/a.log", "public/logs/live.log", "public/b/c"]);
        let patterns = map(
            "build",
            &[
                ("*", &["all/"]),
                ("public/logs/*.log", &["logs/", "latest.log"]),
                ("public/build/*", &[]),
            ],
        );
        let expected = map(
            "build",
            &[
                ("public/build/a.log", &["all/a.log"]),
                ("public/logs/live.log", &["logs/live.log", "latest.log"]),
                ("public/b/c", &["all/public/b/c"]),
            ],
        );
        let maps = [patterns, map("test", &[("*", &["test/"])])];
        let found = expand(&maps, &artifacts, PREFIXES);
        assert_eq!(found, Ok(vec![expected, map("test", &[])]));
    }

    #[test]
    fn ambiguous_maps_are_refused() {
        let artifacts = upstream(&["public/a.log", "public/b.log"]);
        let both = [("*.log", &["logs/"][..]), ("public/*", &["all/"])];
        let errors = expand(&[map("build", &both)], &artifacts, PREFIXES).unwrap_err();
        assert_eq!(
            message(&errors),
            "(\"'public/a.log' matched multiple concrete paths\", \
             \"'public/b.log' matched multiple concrete paths\")"
        );
        let same = [("*", &["latest", "latest"][..])];
        let errors = expand(&[map("build", &same)], &artifacts, PREFIXES).unwrap_err();
        assert_eq!(
            message(&errors),
            "'latest' would be written to more than once"
        );
    }
}
