//! The configuration of update verification: a line for each earlier build, of pairs `key="value"`.
//!
//! A line with `from` is a *full* check: the update is applied to that build. One without is a *quick* check:
//! the offer and the file alone. What is the same for all builds is in the first line only. Lines that begin
//! with `#` are comments.

use super::chunk::{ChunkError, chunk};

/// A configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The product, as clients name it.
    pub product: Option<String>,
    /// The channel that is asked.
    pub channel: Option<String>,
    /// The address of the update server.
    pub aus_server: Option<String>,
    /// The path of the new build, with `%locale%`.
    pub to: Option<String>,
    /// The build id of the new build.
    pub to_build_id: Option<String>,
    /// The version of the new build, as people read it.
    pub to_display_version: Option<String>,
    /// The version of the new build, as it has it.
    pub to_app_version: Option<String>,
    /// The certificates that earlier builds are to accept in place of their own.
    pub override_certs: Option<String>,
    /// The earlier builds.
    pub releases: Vec<Release>,
}

/// An earlier build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    /// Its version.
    pub release: Option<String>,
    /// The platform, as clients name it.
    pub platform: Option<String>,
    /// Its build id.
    pub build_id: Option<String>,
    /// The locales to check.
    pub locales: Vec<String>,
    /// The types of updates to check.
    pub patch_types: Vec<String>,
    /// The path of the build, with `%locale%`; without it, the check is quick.
    pub from: Option<String>,
    /// The address that `from` is below.
    pub ftp_server_from: Option<String>,
    /// The address that `to` is below.
    pub ftp_server_to: Option<String>,
    /// The MAR channel ids that the build is to accept in place of its own, between commas.
    pub mar_channel_ids: Option<String>,
    /// The path of the build whose updater is run.
    pub updater_package: Option<String>,
}

/// Reports that a configuration is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It is not text.
    #[error("the configuration is not UTF-8")]
    NotText,
    /// A line has an unknown key.
    #[error("Unknown key '{key}' found on line:\n{line}")]
    UnknownKey {
        /// The key.
        key: String,
        /// The line.
        line: String,
    },
    /// A line has a key twice.
    #[error("Multiple values found for key '{key}' on line:\n{line}")]
    Twice {
        /// The key.
        key: String,
        /// The line.
        line: String,
    },
    /// A key has no value.
    #[error("key '{key}' has an empty value on line:\n{line}")]
    Empty {
        /// The key.
        key: String,
        /// The line.
        line: String,
    },
    /// A line has no keys.
    #[error("No parseable data in line '{0}'")]
    NoData(String),
    /// Two builds cannot be told apart.
    #[error(
        "Couldn't add release identified by build_id '{build_id}' and from_path '{from}': already exists in config"
    )]
    Duplicate {
        /// The build id.
        build_id: String,
        /// The path of the build, or `None`.
        from: String,
    },
}

/// A key of a line.
struct Key {
    name: &'static str,
    /// Its value, for a line that may have it.
    value: for<'c> fn(&'c Config, &'c Release) -> Value<'c>,
    /// Sets the value.
    set: fn(&mut Config, &mut Release, String),
    /// Whether it belongs to the first line alone.
    first_only: bool,
}

enum Value<'c> {
    Text(Option<&'c str>),
    List(&'c [String]),
}

macro_rules! key {
    ($name:literal, config.$field:ident, $first_only:literal) => {
        Key {
            name: $name,
            value: |config, _| Value::Text(config.$field.as_deref()),
            set: |config, _, value| config.$field = Some(value),
            first_only: $first_only,
        }
    };
    ($name:literal, release.$field:ident) => {
        Key {
            name: $name,
            value: |_, release| Value::Text(release.$field.as_deref()),
            set: |_, release, value| release.$field = Some(value),
            first_only: false,
        }
    };
}

/// The keys, in the order in which they are written.
static KEYS: &[Key] = &[
    key!("release", release.release),
    key!("product", config.product, false),
    key!("platform", release.platform),
    key!("build_id", release.build_id),
    Key {
        name: "locales",
        value: |_, release| Value::List(&release.locales),
        set: |_, release, value| {
            release.locales = words(&value);
            release.locales.sort();
        },
        first_only: false,
    },
    key!("channel", config.channel, false),
    Key {
        name: "patch_types",
        value: |_, release| Value::List(&release.patch_types),
        set: |_, release, value| release.patch_types = words(&value),
        first_only: false,
    },
    key!("from", release.from),
    key!("aus_server", config.aus_server, true),
    key!("ftp_server_from", release.ftp_server_from),
    key!("ftp_server_to", release.ftp_server_to),
    key!("to", config.to, true),
    key!("mar_channel_IDs", release.mar_channel_ids),
    key!("override_certs", config.override_certs, true),
    key!("to_build_id", config.to_build_id, true),
    key!("to_display_version", config.to_display_version, true),
    key!("to_app_version", config.to_app_version, true),
    key!("updater_package", release.updater_package),
];

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

impl Release {
    /// The type of update that is checked if a line has none.
    #[must_use]
    pub fn complete() -> Vec<String> {
        vec!["complete".to_owned()]
    }

    /// Whether the update is applied to this build.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.from.is_some()
    }

    fn is_like(&self, other: &Self) -> bool {
        self.build_id == other.build_id && self.from == other.from
    }
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// With the first line that is not valid.
    pub fn read(text: &[u8]) -> Result<Self, ConfigError> {
        let text = std::str::from_utf8(text).map_err(|_| ConfigError::NotText)?;
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut config = Self::default();
        for line in text.split_inclusive('\n') {
            if line.starts_with('#') {
                continue;
            }
            let mut release = Release {
                patch_types: Release::complete(),
                ..Release::default()
            };
            for (key, value) in entries(line)? {
                (key.set)(&mut config, &mut release, value.to_owned());
            }
            config.add(release)?;
        }
        Ok(config)
    }

    /// Adds an earlier build.
    ///
    /// # Errors
    /// If there is one with the same build id and path already.
    pub fn add(&mut self, release: Release) -> Result<(), ConfigError> {
        if self.releases.iter().any(|known| known.is_like(&release)) {
            let name = |text: Option<String>| text.unwrap_or_else(|| "None".to_owned());
            return Err(ConfigError::Duplicate {
                build_id: name(release.build_id),
                from: name(release.from),
            });
        }
        self.releases.push(release);
        Ok(())
    }

    /// The text of the configuration.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = String::new();
        for (at, release) in self.releases.iter().enumerate() {
            let keys = KEYS.iter().filter(|key| at == 0 || !key.first_only);
            let pairs = keys.filter_map(|key| {
                let value = match (key.value)(self, release) {
                    Value::Text(text) => text?.to_owned(),
                    Value::List(list) => list.join(" "),
                };
                Some(format!("{}=\"{value}\"", key.name))
            });
            text.push_str(&pairs.collect::<Vec<_>>().join(" "));
            text.push('\n');
        }
        text
    }

    /// How many checks it has: one for each earlier build and locale.
    #[must_use]
    pub fn checks(&self) -> usize {
        let releases = self.releases.iter();
        releases.map(|release| release.locales.len()).sum()
    }

    /// The part of the checks that one of several tasks makes, counted from 1. Full checks are divided among
    /// the tasks first, then quick ones.
    ///
    /// # Errors
    /// If there is no such part.
    pub fn chunk(&self, total: usize, this: usize) -> Result<Self, ChunkError> {
        let mut part = Self {
            releases: Vec::new(),
            ..self.clone()
        };
        for full in [true, false] {
            let releases = self.releases.iter();
            let releases = releases.filter(|release| release.is_full() == full);
            let checks: Vec<(&Release, &String)> = releases
                .flat_map(|release| release.locales.iter().map(move |locale| (release, locale)))
                .collect();
            for (release, locale) in chunk(&checks, total, this)? {
                let mut known = part.releases.iter_mut();
                match known.find(|known| known.is_like(release)) {
                    Some(known) => {
                        known.locales.push((*locale).clone());
                        known.locales.sort();
                    }
                    None => part.releases.push(Release {
                        locales: vec![(*locale).clone()],
                        ..(*release).clone()
                    }),
                }
            }
        }
        Ok(part)
    }
}

/// The keys of a line with their values, between single or double quotes.
fn entries(line: &str) -> Result<Vec<(&'static Key, &str)>, ConfigError> {
    let mut found: Vec<(&Key, &str)> = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('=') {
        rest = after;
        let word = |sign: char| sign.is_alphanumeric() || sign == '_';
        let name = &before[before.trim_end_matches(word).len()..];
        let quotes = ['"', '\''];
        let value = after.strip_prefix(quotes);
        let value = value.and_then(|value| value.split_once(quotes));
        let Some((value, after)) = value.filter(|_| !name.is_empty()) else {
            continue;
        };
        rest = after;
        let (key, line) = (name.to_owned(), line.to_owned());
        if value.is_empty() {
            return Err(ConfigError::Empty { key, line });
        }
        let Some(known) = KEYS.iter().find(|known| known.name == name) else {
            return Err(ConfigError::UnknownKey { key, line });
        };
        if found.iter().any(|(other, _)| other.name == name) {
            return Err(ConfigError::Twice { key, line });
        }
        found.push((known, value));
    }
    if found.is_empty() {
        return Err(ConfigError::NoData(line.to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> String {
        Config::read(text.as_bytes()).unwrap_err().to_string()
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(text in "((release|from|locales|build_id)=[\"'][a-c \"']{0,3}[\"'] ?|#|\n|.){0,12}") {
            if let Ok(config) = Config::read(text.as_bytes()) {
                let again = Config::read(config.write().as_bytes());
                let is_plain = !config.write().contains("=\"\"");
                prop_assert!(!is_plain || again == Ok(config), "{text}");
            }
        }
    }

    #[test]
    fn lines_may_be_written_by_hand() {
        let text =
            "# a comment\nrelease='1.0'  build_id=\"5\"from=\"/a b\" x = locales=\"fr de\"\r\n";
        let config = Config::read(text.as_bytes()).unwrap();
        assert_eq!(
            config.write(),
            "release=\"1.0\" build_id=\"5\" locales=\"de fr\" patch_types=\"complete\" from=\"/a b\"\n"
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        assert_eq!(
            error("release=\"1\" release=\"2\""),
            "Multiple values found for key 'release' on line:\nrelease=\"1\" release=\"2\""
        );
        assert_eq!(error("\n"), "No parseable data in line '\n'");
        assert_eq!(
            error("release=\"1"),
            "No parseable data in line 'release=\"1'"
        );
        assert_eq!(
            error("release=\"\""),
            "key 'release' has an empty value on line:\nrelease=\"\""
        );
        let twice = "build_id=\"5\"\nbuild_id=\"5\"\n";
        assert_eq!(
            error(twice),
            "Couldn't add release identified by build_id '5' and from_path 'None': already exists in config"
        );
        assert_eq!(Config::read(b"\xff"), Err(ConfigError::NotText));
    }
}
