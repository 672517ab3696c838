//! Compares an updated build with the build that it should be.
//!
//! Some files differ although the update is right: those that belong to the user keep what the earlier build
//! has there. What is known of them is a table here ([`EDITS`], [`UNPREDICTABLE`]).

use crate::stage::mar::install::Tree;

/// A build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// The updated one.
    Updated,
    /// The one that it should be.
    Expected,
}

/// A change to the lines of a file.
enum Change {
    /// Lines that begin so are left out.
    Without(&'static str),
    /// This text becomes that one.
    Instead(&'static str, &'static str),
}

/// A change that is made to a file before it is compared.
struct Edit {
    file: &'static str,
    /// The beginnings of the channels for which it is made.
    channels: &'static [&'static str],
    side: Side,
    change: Change,
}

const PREFERENCES: &str = "defaults/pref/channel-prefs.js";
const CHANNELS: &[&str] = &["aurora", "beta", "release", "esr"];
const TO_BETA: Change = Change::Instead(
    "pref(\"app.update.channel\", \"release\");\n",
    "pref(\"app.update.channel\", \"beta\");\n",
);

/// The changes, one after another, until the files are equal.
const EDITS: &[Edit] = &[
    // The preprocessor of old builds has left a comment with a path.
    Edit {
        file: PREFERENCES,
        channels: CHANNELS,
        side: Side::Updated,
        change: Change::Without("//@line 6 \""),
    },
    // From a beta to a release candidate, which is built for the release channel, and back.
    Edit {
        file: PREFERENCES,
        channels: &["beta"],
        side: Side::Expected,
        change: TO_BETA,
    },
    Edit {
        file: PREFERENCES,
        channels: &["beta"],
        side: Side::Updated,
        change: TO_BETA,
    },
    // Comments that builds before 70.0 do not have.
    Edit {
        file: PREFERENCES,
        channels: CHANNELS,
        side: Side::Expected,
        change: Change::Without("//"),
    },
    Edit {
        file: "update-settings.ini",
        channels: &["beta"],
        side: Side::Expected,
        change: Change::Instead(
            "ACCEPTED_MAR_CHANNEL_IDS=firefox-mozilla-release\n",
            "ACCEPTED_MAR_CHANNEL_IDS=firefox-mozilla-beta,firefox-mozilla-release\n",
        ),
    },
];

/// Files that are signed, but not updated.
const UNPREDICTABLE: &[&str] = &[
    "Contents/MacOS/updater.app/Contents/Frameworks/UpdateSettings.framework/Resources/Info.plist",
    "Contents/MacOS/updater.app/Contents/Frameworks/UpdateSettings.framework/_CodeSignature/CodeResources",
    "Contents/MacOS/updater.app/Contents/Frameworks/UpdateSettings.framework/UpdateSettings",
    "Contents/Frameworks/ChannelPrefs.framework/Resources/Info.plist",
    "Contents/Frameworks/ChannelPrefs.framework/_CodeSignature/CodeResources",
    "Contents/Frameworks/ChannelPrefs.framework/ChannelPrefs",
];

/// Files that builds with keys of staging do not have.
const OF_PRODUCTION: &[&str] = &[
    "Contents/CodeResources",
    "Contents/embedded.provisionprofile",
];

/// The folder of resources on macOS; the table has the names without it.
const RESOURCES: &str = "Contents/Resources/";

/// Each difference between an updated build and the expected one, in words. `dep` says that the expected one is
/// signed with keys of staging.
#[must_use]
pub fn differences(updated: &Tree, expected: &Tree, channel: &str, dep: bool) -> Vec<String> {
    let mut found = Vec::new();
    for (path, file) in updated {
        match expected.get(path) {
            None if dep && OF_PRODUCTION.contains(&path.as_str()) => {}
            None => found.push(format!("{path} is only in the updated build")),
            Some(other) if other.content == file.content => {}
            Some(_) if UNPREDICTABLE.contains(&path.as_str()) => {}
            Some(other) if is_like(path, &file.content, &other.content, channel) => {}
            Some(_) => found.push(format!("{path} differs")),
        }
    }
    let missing = expected.keys().filter(|path| !updated.contains_key(*path));
    found.extend(missing.map(|path| format!("{path} is missing in the updated build")));
    found
}

/// Whether two contents are equal after the known changes.
fn is_like(path: &str, updated: &[u8], expected: &[u8], channel: &str) -> bool {
    let name = path.strip_prefix(RESOURCES).unwrap_or(path);
    let edits = EDITS.iter().filter(|edit| {
        let mut channels = edit.channels.iter();
        edit.file == name && channels.any(|start| channel.starts_with(start))
    });
    let lines = |content: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(content).replace("\r\n", "\n");
        text.split_inclusive('\n').map(str::to_owned).collect()
    };
    let (mut updated, mut expected) = (lines(updated), lines(expected));
    for edit in edits {
        let lines = match edit.side {
            Side::Updated => &mut updated,
            Side::Expected => &mut expected,
        };
        match edit.change {
            Change::Without(start) => lines.retain(|line| !line.starts_with(start)),
            Change::Instead(from, to) => {
                for line in lines.iter_mut() {
                    *line = line.replace(from, to);
                }
            }
        }
        if updated == expected {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::mar::extract::File;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let file = |content: &str| File {
            mode: 0o644,
            content: content.as_bytes().to_vec(),
        };
        let files = files.iter();
        files
            .map(|(path, content)| ((*path).to_owned(), file(content)))
            .collect()
    }

    #[test]
    fn other_files_are_differences() {
        let updated = tree(&[("a", "1"), ("b", "1"), ("Contents/CodeResources", "x")]);
        let expected = tree(&[("b", "2"), ("c", "1")]);
        let found = differences(&updated, &expected, "release-localtest", true);
        assert_eq!(
            found,
            [
                "a is only in the updated build",
                "b differs",
                "c is missing in the updated build",
            ]
        );
        let found = differences(&updated, &expected, "release-localtest", false);
        assert_eq!(found.len(), 4);
        assert!(differences(&updated, &updated, "", false).is_empty());
    }

    #[test]
    fn a_candidate_on_the_beta_channel_is_expected_to_differ() {
        let line = |channel: &str| format!("pref(\"app.update.channel\", \"{channel}\");\n");
        let updated = tree(&[
            (PREFERENCES, &format!("//@line 6 \"/a\"\n{}", line("beta"))),
            (
                "update-settings.ini",
                "[Settings]\nACCEPTED_MAR_CHANNEL_IDS=firefox-mozilla-beta,firefox-mozilla-release\n",
            ),
        ]);
        let expected = tree(&[
            (PREFERENCES, &format!("// comment\n{}", line("release"))),
            (
                "update-settings.ini",
                "[Settings]\nACCEPTED_MAR_CHANNEL_IDS=firefox-mozilla-release\n",
            ),
        ]);
        assert!(differences(&updated, &expected, "beta-localtest", false).is_empty());
        let found = differences(&updated, &expected, "release-localtest", false);
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
