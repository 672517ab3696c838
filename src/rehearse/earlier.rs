//! Which releases are rehearsed before the one that is asked for.
//!
//! A release that promises partial updates needs releases that they start from: without their files, nothing can
//! make, sign, publish and verify them. So these are rehearsed first, each as a whole, from the same files with
//! another version.

use std::cmp::Ordering;

use super::flavors::{flavors, previous_version};
use super::options::{Options, Updates};
use super::staged;
use crate::actions::proposal::{PARTIAL_UPDATES, chain, of_product};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::value::{Value, truthy};
use crate::base::version::Version;
use crate::config::graph_config::GraphConfig;
use crate::decision::Context;
use crate::decision::parameters::version;
use crate::stage::version_order::compare;

/// A release that updates start from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Its version.
    pub version: String,
    /// The number of the build that was shipped.
    pub build_number: u64,
}

impl Start {
    /// The first build of a version.
    pub fn first_build(version: String) -> Self {
        Self {
            version,
            build_number: 1,
        }
    }
}

/// The versions to rehearse first, the oldest first. By default, that is the newest one that the project's history
/// knows, else the one before.
///
/// # Errors
/// A version that is none, or a project whose version is not in its files.
pub fn versions(
    context: Context<'_>,
    config: &GraphConfig,
    options: &Options,
    names: &[String],
    newest: Option<&Start>,
) -> Outcome<Vec<String>> {
    let own_parameters = config.taskgraph("decision-parameters").is_some();
    let current = version(context.files)?.filter(|_| !own_parameters);
    match (&options.updates, current) {
        (Updates::From(versions), Some(current)) => {
            named(versions, &current, has_candidate(config, names))
        }
        (Updates::From(versions), None) if !versions.is_empty() => Err(Diagnostic::user(
            "`--update-from` needs a project whose version is in version.txt",
        )
        .because("an earlier release is rehearsed from the same files with another version")
        .into()),
        (Updates::Previous, Some(current))
            if staged::is_wanted(config) && promises(config, options, names) =>
        {
            let previous = || previous_version(&current);
            let version = newest.map_or_else(previous, |start| start.version.clone());
            let first = Some(version).filter(|version| is_before(version, &current));
            Ok(first.into_iter().collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// Whether a version comes before another one; versions without an order are taken as they are given.
fn is_before(version: &str, current: &str) -> bool {
    compare(version, current).is_ok_and(Ordering::is_lt)
        || version.parse::<Version>().is_err()
        || current.parse::<Version>().is_err()
}

/// Checks versions that were asked for.
fn named(versions: &[String], current: &str, is_rc: bool) -> Outcome<Vec<String>> {
    let mut wrong = Diagnostics::new();
    for (at, version) in versions.iter().enumerate() {
        if let Err(error) = version.parse::<Version>() {
            wrong.push(Diagnostic::usage(format!("`--update-from`: {error}")));
        }
        if versions.iter().take(at).any(|other| other == version) {
            wrong.push(Diagnostic::usage(format!(
                "`--update-from`: {version} would be released twice"
            )));
        }
        if !is_before(version, current) {
            wrong.push(Diagnostic::usage(format!(
                "`--update-from`: {version} does not come before {current}, the version in version.txt"
            )));
        }
    }
    let all: Vec<&str> = versions.iter().map(String::as_str).collect();
    if wrong.is_empty() && !all.is_empty() && starts(current, &all, is_rc).is_empty() {
        wrong.push(
            Diagnostic::usage(format!(
                "`--update-from`: users of {} are not updated to {current}",
                all.join(", ")
            ))
            .because("these versions are of another channel"),
        );
    }
    wrong.or_ok(versions.to_vec())
}

/// Whether flavors promise partial updates, and nothing says from which releases.
fn promises(config: &GraphConfig, options: &Options, names: &[String]) -> bool {
    let mut all = names.iter().flat_map(|name| chain(name));
    let promise = |name: &str| flavor(config, name, "partial-updates").is_some_and(truthy);
    !options.input.contains_key(PARTIAL_UPDATES) && all.any(promise)
}

/// The versions that a release promises partial updates from, the newest first: of earlier ones, those that users of
/// its channel may have. A candidate is offered to users of betas and of releases.
pub fn starts(version: &str, earlier: &[&str], is_rc: bool) -> Vec<String> {
    let channel = |version: &str| version.parse::<Version>().map(|known| known.release_type());
    let own = channel(version);
    let fits = |other: &&&str| is_rc || own.is_err() || channel(other) == own;
    let fitting = earlier.iter().rev().filter(fits);
    fitting.map(|&version| version.to_owned()).collect()
}

/// Whether one of these flavors is for candidates.
pub fn has_candidate(config: &GraphConfig, names: &[String]) -> bool {
    let mut all = names.iter().flat_map(|name| chain(name));
    all.any(|name| flavor(config, name, "is-rc").is_some_and(truthy))
}

/// The configuration for a release that has nothing to update from: no flavor promises partial updates.
pub fn without_updates(config: &GraphConfig) -> GraphConfig {
    let mut values = config.values().clone();
    if let Some(Value::Object(section)) = values.get_mut("release-promotion")
        && let Some(Value::Object(flavors)) = section.get_mut("flavors")
    {
        let names: Vec<_> = flavors.keys().cloned().collect();
        for name in names {
            if let Some(Value::Object(flavor)) = flavors.get_mut(name.as_str()) {
                flavor.shift_remove("partial-updates");
            }
        }
    }
    let mut config = config.clone();
    config.replace(values);
    config
}

/// The product of flavors.
pub fn product<'c>(config: &'c GraphConfig, names: &[String]) -> Option<&'c str> {
    let mut all = names.iter().flat_map(|name| chain(name));
    all.find_map(|name| flavor(config, name, "product")?.as_str())
}

/// The flavors that release an earlier version of the product of these.
pub fn flavors_before(config: &GraphConfig, names: &[String]) -> Outcome<Vec<String>> {
    match product(config, names) {
        Some(product) => Ok(of_product(config, product)),
        None => flavors(config, &[]),
    }
}

fn flavor<'c>(config: &'c GraphConfig, name: &str, key: &str) -> Option<&'c Value> {
    let section = config.get("release-promotion")?;
    section.get("flavors")?.get(name)?.get(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_start_from_versions_of_the_channel() {
        let earlier = ["93.0", "94.0b1", "94.0b2", "91.0esr"];
        for (version, is_rc, expected) in [
            ("94.0b3", false, vec!["94.0b2", "94.0b1"]),
            ("94.0", false, vec!["93.0"]),
            ("94.0", true, vec!["91.0esr", "94.0b2", "94.0b1", "93.0"]),
            ("91.1.0esr", false, vec!["91.0esr"]),
            ("94.0a1", false, vec![]),
            ("other", false, vec!["91.0esr", "94.0b2", "94.0b1", "93.0"]),
        ] {
            assert_eq!(starts(version, &earlier, is_rc), expected, "{version}");
        }
    }

    #[test]
    fn earlier_releases_have_earlier_versions() {
        for (version, current, expected) in [
            ("0.0", "0.1.0", true),
            ("0.1b2", "0.1", true),
            ("9.0", "10.0", true),
            ("91.0esr", "91.1.0esr", true),
            ("0.1.0", "0.1.0", false),
            ("0.1", "0.1.0", false),
            ("0.0", "0.0.0", false),
            ("0.2.0", "0.1.0", false),
            ("2026-01", "2026-02", true),
        ] {
            assert_eq!(is_before(version, current), expected, "{version} {current}");
        }
        let named = |versions: &[&str]| {
            let versions: Vec<String> =
                versions.iter().map(|&version| version.to_owned()).collect();
            let wrong = named(&versions, "0.1.0", false).err();
            wrong.map_or(0, |wrong| wrong.iter().count())
        };
        assert_eq!(named(&["0.0.9"]), 0);
        assert_eq!(named(&["0.0.9", "0.0.9", "0.2.0", "one"]), 3);
    }
}
