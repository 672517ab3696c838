//! What a file of the project knows about earlier releases.
//!
//! `snowman.staging.history` may name such a file. It is the oldest history of the release that is rehearsed. A release
//! that is rehearsed first is made anew, so it sees only what does not belong to any release: rules, hosts and required
//! sign-offs.

use std::cmp::Ordering;

use super::earlier::{Start, starts};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::path::ValuePath;
use crate::base::value::Value;
use crate::config::graph_config::GraphConfig;
use crate::morph::staged::{Listed, history};
use crate::ports::files::Files;
use crate::stage::archive::SPACE;
use crate::stage::archive::layout::releases_folder;
use crate::stage::balrog_state::{DOMAINS, RULES, SIGNOFFS};
use crate::stage::history::Bundle;
use crate::stage::state::Effect;
use crate::stage::update_verify::shipped::shipped;
use crate::stage::version_order::compare;

/// What Balrog has that belongs to no release.
const SETTINGS: [&str; 3] = [DOMAINS, RULES, SIGNOFFS];

/// The columns of a rule that name a release.
const OFFERED: [&str; 2] = ["mapping", "fallbackMapping"];

/// The end of the names of complete updates.
const COMPLETE: &str = ".complete.mar";

/// What is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// The path of the file.
    pub path: String,
    /// Its content.
    pub bundle: Bundle,
}

/// Reads the file of a project, if it has one; and returns the tasks that know earlier releases, too: they are on a
/// Taskcluster that a rehearsal does not read.
///
/// # Errors
/// When the setting is wrong, or the file cannot be read.
pub fn read(files: &dyn Files, config: &GraphConfig) -> Outcome<(Option<Known>, Vec<TaskId>)> {
    let Listed { tasks, file } = history(config)?;
    let Some(path) = file else {
        return Ok((None, tasks));
    };
    let place = || config.place(&ValuePath::keys(["snowman", "staging", "history"]));
    let content = files.read(&path);
    let content = content.map_err(|error| Diagnostic::from(error).at(place()))?;
    let bundle = Bundle::read(&content).map_err(|error| {
        Diagnostic::user(format!("{path} is not a history"))
            .because(error)
            .at(place())
            .help("write one with `snowman stage history`")
    })?;
    Ok((Some(Known { path, bundle }), tasks))
}

impl Known {
    /// The newest release of a product before a version whose users are updated to it.
    pub fn newest(&self, product: &str, version: &str, is_rc: bool) -> Option<Start> {
        // The id only says where effects come from.
        let merged = self.bundle.merged(&TaskId::from_uuid_bytes([0; 16]));
        let all = shipped(&merged).into_iter().filter_map(|release| {
            // Products may have dashes, too.
            let shipped = release.name.strip_prefix(product)?.strip_prefix('-')?;
            let is_earlier = compare(shipped, version) == Ok(Ordering::Less);
            is_earlier.then(|| Start {
                version: shipped.to_owned(),
                build_number: release.build_number,
            })
        });
        let fits = |start: &Start| !starts(version, &[&start.version], is_rc).is_empty();
        all.filter(fits)
            .max_by(|one, other| compare(&one.version, &other.version).unwrap_or(Ordering::Equal))
    }

    /// The artifacts with the complete updates of a release: task and name. `None` if it has none, or one of them is
    /// known by its size and hashes alone.
    pub fn updates(&self, product: &str, version: &str) -> Option<Vec<(&str, &str)>> {
        let folder = format!("pub{}/update/", releases_folder(product, version));
        let files = self.bundle.effects.iter().filter(|effect| {
            let key = &effect.key;
            effect.space == SPACE && key.starts_with(&folder) && key.ends_with(COMPLETE)
        });
        let found: Option<Vec<_>> = files
            .map(|file| {
                let content = &file.value["content"];
                Some((content["taskId"].as_str()?, content["artifact"].as_str()?))
            })
            .collect();
        found.filter(|found| !found.is_empty())
    }

    /// What releases see that are rehearsed first. Their rules offer nothing yet.
    pub fn settings(&self) -> Bundle {
        let effects = self.bundle.effects.iter();
        let effects = effects.filter(|effect| SETTINGS.contains(&effect.space.as_str()));
        let effects = effects.cloned().map(|mut effect: Effect| {
            if effect.space == RULES {
                for column in OFFERED {
                    effect.value[column] = Value::Null;
                }
            }
            effect
        });
        Bundle {
            origin: format!("{} without its releases", self.path),
            groups: Vec::new(),
            effects: effects.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;
    use crate::stage::history::RELEASES;

    fn known(effects: &[(&str, &str, Value)]) -> Known {
        let effects = effects.iter().map(|(space, key, value)| Effect {
            space: (*space).to_owned(),
            key: (*key).to_owned(),
            value: value.clone(),
        });
        Known {
            path: "history.json.gz".to_owned(),
            bundle: Bundle {
                effects: effects.collect(),
                ..Bundle::default()
            },
        }
    }

    #[test]
    fn the_newest_release_of_the_channel_counts() {
        let build = |number: u64| json!({"buildNumber": number});
        let known = known(&[
            (RELEASES, "fox-9.0", build(1)),
            (RELEASES, "fox-10.0", build(2)),
            (RELEASES, "fox-10.0.1esr", build(1)),
            (RELEASES, "fox-11.0b3", build(3)),
            (RELEASES, "fox-11.0", build(1)),
            (RELEASES, "bird-10.5", build(1)),
            (RELEASES, "fox-phone-10.3", build(5)),
            (
                "ship-it-release",
                "Fox-10.1-build4",
                json!({"product": "fox", "version": "10.1", "buildNumber": 4, "status": "shipped"}),
            ),
            (
                "ship-it-release",
                "Fox-10.2-build1",
                json!({"product": "fox", "version": "10.2", "buildNumber": 1, "status": "scheduled"}),
            ),
        ]);
        let newest = |version: &str, is_rc| {
            let found = known.newest("fox", version, is_rc);
            found.map(|start| (start.version, start.build_number))
        };
        assert_eq!(newest("11.0", false), Some(("10.1".to_owned(), 4)));
        assert_eq!(newest("11.0", true), Some(("11.0b3".to_owned(), 3)));
        assert_eq!(newest("10.2esr", false), Some(("10.0.1esr".to_owned(), 1)));
        assert_eq!(newest("9.0", false), None);
        assert_eq!(known.newest("cat", "11.0", false), None);
        let phone = known.newest("fox-phone", "11.0", false).unwrap();
        assert_eq!((phone.version.as_str(), phone.build_number), ("10.3", 5));
    }

    #[test]
    fn updates_are_artifacts_or_only_hashes() {
        let file = |value: Value| {
            let path = "pub/fox/releases/10.0/update/mac/de/fox-10.0.complete.mar";
            known(&[(SPACE, path, value)])
        };
        let artifact = json!({"content": {"taskId": "a", "artifact": "b"}, "size": 1});
        let with_artifact = file(artifact);
        assert_eq!(with_artifact.updates("fox", "10.0"), Some(vec![("a", "b")]));
        assert_eq!(with_artifact.updates("fox", "10"), None);
        assert_eq!(file(json!({"size": 1})).updates("fox", "10.0"), None);
    }

    #[test]
    fn settings_belong_to_no_release() {
        let rule = json!({"mapping": "Fox-9.0-build1", "fallbackMapping": "Fox-8.0-build1", "priority": 90});
        let known = known(&[
            (RULES, "145", rule),
            (DOMAINS, "archive.example.com", json!(["Fox"])),
            ("balrog-release", "Fox-9.0-build1", json!({})),
            (SPACE, "pub/fox", json!({})),
        ]);
        let settings = known.settings();
        let rule = json!({"mapping": null, "fallbackMapping": null, "priority": 90});
        let effects = settings.effects.iter();
        let effects: Vec<_> = effects
            .map(|effect| (effect.space.as_str(), effect.key.as_str(), &effect.value))
            .collect();
        assert_eq!(
            effects,
            [
                (RULES, "145", &rule),
                (DOMAINS, "archive.example.com", &json!(["Fox"])),
            ]
        );
    }
}
