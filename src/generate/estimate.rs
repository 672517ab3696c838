//! How long kinds take, so that the longest can be started first.
//!
//! Times are those of the last run, as the cache keeps them. The time of a kind that it does not
//! know is estimated from the size of its `kind.yml`. They only decide when a kind is started:
//! tasks are the same whatever they are.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::json;
use crate::base::name::KindName;
use crate::base::value::{Object, Value};
use crate::kind::{KindDefinition, KindGraph};
use crate::ports::cache::Cache;

/// The file of the cache.
const FILE: &str = "kind-times.json";

/// Times are not kept if kinds take less in all: there is little to save.
const SHORT: Duration = Duration::from_secs(1);

/// The size of a file under `tasks-from`, which is not read for this.
const FILE_SIZE: u32 = 500;

/// The estimated seconds that each kind takes.
pub type Times = BTreeMap<KindName, f64>;

/// Estimates how long each kind takes.
pub fn times(kinds: &KindGraph, cache: Option<&dyn Cache>) -> Times {
    let kinds = kinds.in_order();
    let known = known_times(cache);
    let mut known_size = 0.0;
    let mut known_time = 0.0;
    for kind in &kinds {
        if let Some(time) = known.get(kind.name.as_str()) {
            known_time += time;
            known_size += size(kind);
        }
    }
    let scale = if known_size > 0.0 {
        known_time / known_size
    } else {
        1.0
    };
    let time = |kind: &KindDefinition| {
        let known = known.get(kind.name.as_str());
        known.copied().unwrap_or_else(|| size(kind) * scale)
    };
    let times = kinds.iter().map(|kind| (kind.name.clone(), time(kind)));
    times.collect()
}

/// Keeps the times that kinds have taken.
pub fn keep(times: &[(KindName, Duration)], cache: Option<&dyn Cache>) {
    let Some(cache) = cache else { return };
    if times.iter().map(|(_, time)| *time).sum::<Duration>() < SHORT {
        return;
    }
    let mut known = known_times(Some(cache));
    for (kind, time) in times {
        known.insert(kind.to_string(), time.as_secs_f64());
    }
    let rounded = |seconds: f64| Value::from((seconds * 1000.0).round() / 1000.0);
    let known = known.into_iter().map(|(kind, time)| (kind, rounded(time)));
    let known: Object = known.collect();
    cache.write(FILE, json::pretty(&Value::Object(known)).as_bytes());
}

/// The times that the cache has. What is not a time is left out.
fn known_times(cache: Option<&dyn Cache>) -> BTreeMap<String, f64> {
    let text = cache.and_then(|cache| cache.read(FILE));
    let value = text.and_then(|text| json::read(FILE, &text).ok());
    let Some(Value::Object(entries)) = value else {
        return BTreeMap::new();
    };
    let time = |value: &Value| {
        value
            .as_f64()
            .filter(|time| time.is_finite() && *time >= 0.0)
    };
    let known = entries
        .iter()
        .map(|(kind, value)| Some((kind.to_string(), time(value)?)));
    known.flatten().collect()
}

/// The number of values in the `kind.yml`, and approximately in the files that it names.
fn size(kind: &KindDefinition) -> f64 {
    let files = ["tasks-from", "jobs-from"].into_iter();
    let files = files.filter_map(|key| kind.config.get(key)?.as_array());
    let files: usize = files.map(|names| names.iter().count()).sum();
    let own: u32 = kind.config.values().map(count).sum();
    f64::from(own) + f64::from(FILE_SIZE) * files.min(1000) as f64
}

fn count(value: &Value) -> u32 {
    1 + match value {
        Value::Object(entries) => entries.values().map(count).sum(),
        Value::Array(items) => items.iter().map(count).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::base::time::Timestamp;

    #[derive(Default)]
    struct Memory(Mutex<Option<Vec<u8>>>);

    impl Cache for Memory {
        fn read(&self, name: &str) -> Option<Vec<u8>> {
            assert_eq!(name, FILE);
            self.0.lock().unwrap().clone()
        }

        fn opened(&self) -> Timestamp {
            Timestamp::from_unix(0)
        }

        fn prune(&self, _: &str, _: u64) {}

        fn write(&self, _: &str, content: &[u8]) {
            *self.0.lock().unwrap() = Some(content.to_vec());
        }
    }

    fn kinds(texts: &[(&str, &str)]) -> KindGraph {
        let read = |(name, text): &(&str, &str)| {
            let name = KindName::parse(name).unwrap();
            let path = format!("kinds/{name}");
            let kind = KindDefinition::from_text(&name, path, "kind.yml", text.as_bytes()).unwrap();
            (name, kind)
        };
        KindGraph::new(texts.iter().map(read).collect()).unwrap()
    }

    fn listed(times: &Times) -> String {
        let times = times.iter().map(|(kind, time)| format!("{kind} {time}"));
        times.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn unknown_times_are_estimated_from_sizes() {
        let kinds = kinds(&[
            ("a", "tasks: {x: {}, y: {}}"),
            ("b", "tasks: {x: {c: [1, 2]}}"),
            ("c", "tasks-from: [x.yml]"),
        ]);
        assert_eq!(listed(&times(&kinds, None)), "a 3, b 5, c 502");
        let cache = Memory::default();
        let name = |text: &str| KindName::parse(text).unwrap();
        let second = Duration::from_secs(1);
        keep(
            &[(name("a"), second / 2), (name("old"), second / 3)],
            Some(&cache),
        );
        assert_eq!(cache.read(FILE), None);
        keep(
            &[(name("a"), second * 6), (name("old"), second / 3)],
            Some(&cache),
        );
        assert_eq!(listed(&times(&kinds, Some(&cache))), "a 6, b 10, c 1004");
        keep(&[(name("b"), second * 2)], Some(&cache));
        assert_eq!(listed(&times(&kinds, Some(&cache))), "a 6, b 2, c 502");
        let text = String::from_utf8(cache.read(FILE).unwrap()).unwrap();
        assert_eq!(
            text.split_whitespace().collect::<String>(),
            r#"{"a":6.0,"b":2.0,"old":0.333}"#
        );
    }

    #[test]
    fn a_broken_cache_is_ignored() {
        let kinds = kinds(&[("a", "tasks: {x: {}, y: {}}")]);
        for text in [
            "",
            "{",
            "[1]",
            r#"{"a": "long"}"#,
            r#"{"a": -1}"#,
            r#"{"a": null}"#,
        ] {
            let cache = Memory(Mutex::new(Some(text.into())));
            assert_eq!(listed(&times(&kinds, Some(&cache))), "a 3", "{text}");
            keep(&[], Some(&cache));
        }
    }
}
