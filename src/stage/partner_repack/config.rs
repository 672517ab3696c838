//! `repack.cfg`: for which locales and platforms a build is customized.
//!
//! The file is read twice: by the decision, which makes a task for each repack, and by the script that repacks.
//! The script is the stricter one: a line that is not a comment must be one pair, `key=value`.

use std::collections::{BTreeMap, BTreeSet};

use super::platform::{archive_platform, of_build};
use crate::base::value::Value;

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The locales.
    pub locales: Vec<String>,
    /// The platforms, with their names in the archive.
    pub platforms: BTreeSet<&'static str>,
    /// The locale that is customized in place of another one, by the latter.
    pub sources: BTreeMap<String, String>,
    /// Whether nothing is imported from other browsers.
    pub without_migration: bool,
    /// Whether the partner gets no repacks of ordinary releases.
    pub oem: bool,
    /// Whether the stub installer is customized, too.
    pub stub_installer: bool,
    /// The URL of another program that installs.
    pub setup: Option<String>,
}

/// Why the script stops at a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A line is no pair.
    #[error("line {0} is not `key=value`: the script stops there")]
    NoPair(usize),
    /// A value has an equals sign.
    #[error("line {0} has several `=`: the script stops there")]
    SeveralPairs(usize),
    /// There are no locales.
    #[error("there is no `locales`: the script stops there")]
    NoLocales,
    /// A locale has no name.
    #[error(
        "`locales` has two blanks in a row, or one at an end: the script asks for a locale without a name"
    )]
    EmptyLocale,
    /// Another installer is for one locale.
    #[error("`replacement_setup_exe` is for one locale, but there are {0}")]
    SetupForSeveral(usize),
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything that the script would stop at.
    pub fn read(text: &str) -> Result<Self, Vec<ConfigError>> {
        let mut config = Self::default();
        let mut errors = Vec::new();
        let mut has_locales = false;
        for (number, line) in text.split('\n').enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let pair = match line.split('=').collect::<Vec<_>>()[..] {
                [key, value] => Some((key, value.trim_matches('"'))),
                [_] => {
                    errors.push(ConfigError::NoPair(number + 1));
                    None
                }
                _ => {
                    errors.push(ConfigError::SeveralPairs(number + 1));
                    None
                }
            };
            let Some((key, value)) = pair else { continue };
            has_locales |= key == "locales";
            config.set(key, value);
        }
        if !config.platforms.is_empty() {
            match config.locales.iter().any(String::is_empty) {
                _ if !has_locales => errors.push(ConfigError::NoLocales),
                true => errors.push(ConfigError::EmptyLocale),
                false => {}
            }
        }
        if config.setup.is_some() && config.locales.len() > 1 {
            errors.push(ConfigError::SetupForSeveral(config.locales.len()));
        }
        match errors.is_empty() {
            true => Ok(config),
            false => Err(errors),
        }
    }

    fn set(&mut self, key: &str, value: &str) {
        let is_true = value.eq_ignore_ascii_case("true");
        match key {
            "dist_id" | "deb_section" => {}
            "replacement_setup_exe" => {
                self.setup = Some(value.to_owned()).filter(|url| !url.is_empty());
            }
            "migrationWizardDisabled" => self.without_migration |= is_true,
            "oem" => self.oem |= is_true,
            "repack_stub_installer" => self.stub_installer |= is_true,
            "locales" => self.locales = value.split(' ').map(str::to_owned).collect(),
            _ => match (key.strip_prefix("locale."), archive_platform(key)) {
                (Some(locale), _) => {
                    self.sources.insert(locale.to_owned(), value.to_owned());
                }
                (None, Some(platform)) if is_true => {
                    self.platforms.insert(platform);
                }
                _ => {}
            },
        }
    }

    /// What the decision has read of a file.
    #[must_use]
    pub fn of_decision(value: &Value) -> Self {
        let platforms = value["platforms"].texts().filter_map(of_build);
        let stub = &value["repack_stub_installer"];
        Self {
            locales: value["locales"].texts().map(str::to_owned).collect(),
            platforms: platforms.collect(),
            stub_installer: *stub == Value::Bool(true) || stub.as_str() == Some("true"),
            ..Self::default()
        }
    }

    /// The locale that is customized for a locale.
    #[must_use]
    pub fn source<'c>(&'c self, locale: &'c str) -> &'c str {
        self.sources.get(locale).map_or(locale, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    #[test]
    fn a_file_is_read_as_the_script_reads_it() {
        let text = "# comment\n\naus=\"acme\"\ndist_id=\"acme\"\nlinux-i686=false\nlinux-x86_64=true\n\
                    locales=\"de en-HK\"\nlocale.en-HK=\"en-US\"\nmac=TRUE\nwin32=true\nwin64=\"true\"\n\
                    migrationWizardDisabled=true\nrepack_stub_installer=true\noem=no\n\
                    output_dir=\"%(platform)s/%(locale)s\"\n";
        let config = Config::read(text).unwrap();
        assert_eq!(config.locales, ["de", "en-HK"]);
        let platforms: Vec<&str> = config.platforms.iter().copied().collect();
        assert_eq!(platforms, ["linux-x86_64", "mac", "win32", "win64"]);
        assert_eq!(
            (config.source("en-HK"), config.source("de")),
            ("en-US", "de")
        );
        assert!(config.without_migration && config.stub_installer && !config.oem);
        assert_eq!(config.setup, None);
    }

    #[test]
    fn all_that_stops_the_script_is_reported() {
        let errors = |text: &str| {
            let errors = Config::read(text).unwrap_err();
            let errors = errors.iter().map(ToString::to_string);
            errors.collect::<Vec<_>>().join("; ")
        };
        assert_eq!(
            errors("mac=true\nno pair\nlocales=\"de\"\nlink=https://a/?b=c\n"),
            "line 2 is not `key=value`: the script stops there; line 4 has several `=`: the script stops there"
        );
        assert!(errors("mac=true\n").contains("there is no `locales`"));
        assert!(errors("mac=true\nlocales=\"de  fr\"\n").contains("two blanks"));
        assert!(errors("mac=true\nlocales=\"\"\n").contains("two blanks"));
        assert!(
            errors("win64=true\nlocales=\"de fr\"\nreplacement_setup_exe=\"https://a\"\n")
                .contains("but there are 2")
        );
        // A partner without a platform is left out, whatever else is missing.
        assert_eq!(Config::read("mac=false\n"), Ok(Config::default()));
    }

    #[test]
    fn what_a_decision_knows_is_less() {
        let value = json!({
            "platforms": ["linux64-shippable", "win32-shippable"], "locales": ["de"],
            "repack_stub_installer": "true", "upload_to_candidates": "true",
        });
        let config = Config::of_decision(&value);
        assert_eq!(config.locales, ["de"]);
        assert!(config.platforms.contains("linux-x86_64") && config.platforms.contains("win32"));
        assert!(config.stub_installer);
    }
}
