//! Makes the configuration of update verification for a release.
//!
//! From the newest earlier release to the oldest, each becomes one of these:
//!
//! 1. If partial updates from it are promised: a full check of all locales, with complete and partial update.
//! 2. Else a full check of some locales, for the 1st, 2nd, 4th, 7th, 11th … of these; and a quick check of
//!    all other locales.
//!
//! Like the real tool, this compares versions as texts here, so 100.0 counts as older than 99.0.

use std::collections::{BTreeMap, BTreeSet};

use super::config::{Config, ConfigError, Release};
use super::platform::{Platform, UnknownPlatform};
use crate::stage::archive::layout::{
    Installer, LayoutError, candidates_folder, pretty_version, releases_folder,
};

/// The locales that are checked in full unless a task says otherwise.
pub const FULL_CHECK_LOCALES: [&str; 3] = ["de", "en-US", "ru"];

/// What a configuration is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The product, in addresses and the names of files.
    pub product: String,
    /// The product, in folders of the archive.
    pub stage_product: String,
    /// The channel that is asked.
    pub channel: String,
    /// The address of the update server.
    pub aus_server: String,
    /// The version of the release.
    pub to_version: String,
    /// The version that the application has.
    pub to_app_version: String,
    /// The version as people read it, if it does not follow from the version.
    pub to_display_version: Option<String>,
    /// The number of the build.
    pub to_build_number: u64,
    /// The build id.
    pub to_build_id: String,
    /// The versions from which partial updates are promised.
    pub partial_versions: Vec<String>,
    /// The certificates that earlier builds are to accept in place of their own.
    pub override_certs: Option<String>,
    /// The platform, as the archive names it.
    pub platform: String,
    /// The platform whose updater is run.
    pub updater_platform: String,
    /// The address of the archive with the release.
    pub archive_prefix: String,
    /// The address of the archive with earlier releases.
    pub previous_archive_prefix: String,
    /// The last version whose archives for Linux are compressed with bzip2; without it, all are.
    pub last_linux_bz2_version: Option<String>,
    /// The locales that are checked in full.
    pub full_check_locales: Vec<String>,
}

/// An earlier release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdatePath {
    /// The version that the application has.
    pub app_version: String,
    /// Its build id.
    pub build_id: String,
    /// Its locales on the platform.
    pub locales: Vec<String>,
    /// The MAR channel ids that it is to accept in place of its own, between commas.
    pub mar_channel_ids: Option<String>,
}

/// Reports that there is no configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// The platform is unknown.
    #[error(transparent)]
    Platform(#[from] UnknownPlatform),
    /// An installer has no path.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Two builds cannot be told apart.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Options {
    /// Makes the configuration.
    ///
    /// `paths` are the earlier releases by version, `locales` those of the release on the platform.
    ///
    /// # Errors
    /// [`CreateError`].
    pub fn create(
        &self,
        paths: &BTreeMap<String, UpdatePath>,
        locales: &[&str],
    ) -> Result<Config, CreateError> {
        let platform = Platform::in_archive(&self.platform)?;
        let folder = candidates_folder(&self.stage_product, &self.to_version, self.to_build_number);
        let to = self.installer(&self.to_version, &self.platform)?;
        let mut config = Config {
            product: Some(title(&self.product)),
            channel: Some(self.channel.clone()),
            aus_server: Some(self.aus_server.clone()),
            to: Some(format!("{folder}/{to}")),
            to_build_id: Some(self.to_build_id.clone()),
            to_display_version: Some(match &self.to_display_version {
                Some(version) if !version.is_empty() => version.clone(),
                _ => pretty_version(&self.to_version),
            }),
            to_app_version: Some(self.to_app_version.clone()),
            override_certs: self.override_certs.clone(),
            releases: Vec::new(),
        };
        let mut versions: Vec<&String> = paths.keys().collect();
        versions.sort_by_key(|version| sort_key(version));
        let mut completes_only = 0;
        for version in versions.into_iter().rev() {
            let Some(path) = paths.get(version) else {
                continue;
            };
            let shared: BTreeSet<&str> = path.locales.iter().map(String::as_str).collect();
            let shared: Vec<&str> = shared
                .into_iter()
                .filter(|locale| locales.contains(locale))
                .collect();
            let quick = Release {
                release: Some(path.app_version.clone()),
                platform: Some(platform.client(version).to_owned()),
                build_id: Some(path.build_id.clone()),
                patch_types: Release::complete(),
                ..Release::default()
            };
            let folder = releases_folder(&self.stage_product, version);
            let from = self.installer(version, &self.platform)?;
            let updater = self.installer(version, &self.updater_platform)?;
            let full = Release {
                from: Some(format!("{folder}/{from}")),
                ftp_server_from: Some(self.previous_archive_prefix.clone()),
                ftp_server_to: Some(self.archive_prefix.clone()),
                mar_channel_ids: path.mar_channel_ids.clone(),
                updater_package: Some(format!("{folder}/{updater}")),
                ..quick.clone()
            };
            let owned = |list: &[&str]| list.iter().map(|&locale| locale.to_owned()).collect();
            if self.partial_versions.contains(version) {
                config.add(Release {
                    locales: owned(&shared),
                    patch_types: ["complete", "partial"].map(str::to_owned).to_vec(),
                    ..full
                })?;
                continue;
            }
            let in_full = self.full_check_locales.iter().map(String::as_str);
            let in_full: Vec<&str> = in_full.filter(|locale| shared.contains(locale)).collect();
            let mut others = shared.clone();
            others.retain(|locale| !self.full_check_locales.iter().any(|full| full == locale));
            let checked_in_full = is_triangular(completes_only);
            completes_only += 1;
            if checked_in_full && !in_full.is_empty() {
                config.add(Release {
                    locales: owned(&in_full),
                    ..full
                })?;
            }
            if !others.is_empty() {
                config.add(Release {
                    locales: owned(if checked_in_full { &others } else { &shared }),
                    ..quick
                })?;
            }
        }
        Ok(config)
    }

    fn installer(&self, version: &str, platform: &str) -> Result<String, LayoutError> {
        let installer = Installer {
            product: &self.product,
            brand: &title(&self.product),
            version,
            platform,
            locale: "%locale%",
            last_bzip2_version: self.last_linux_bz2_version.as_deref(),
        };
        installer.path()
    }
}

/// The name of a product with capital letters at the beginnings of words.
fn title(product: &str) -> String {
    let mut inside = false;
    let letters = product.chars().map(|letter| {
        let first = !std::mem::replace(&mut inside, letter.is_alphabetic());
        match first {
            true => letter.to_ascii_uppercase(),
            false => letter.to_ascii_lowercase(),
        }
    });
    letters.collect()
}

/// The text that decides the order of a version: with three numbers, and letters behind the last one.
fn sort_key(version: &str) -> String {
    match version.split('.').collect::<Vec<_>>()[..] {
        [major, minor] => {
            let end = minor.find(|sign: char| !sign.is_ascii_digit());
            match minor.split_at(end.unwrap_or(minor.len())) {
                ("", _) => version.to_owned(),
                (minor, letters) => format!("{major}.{minor}.0{letters}"),
            }
        }
        _ => format!("{version}.0"),
    }
}

/// Whether a number is a sum 0 + 1 + 2 + 3 …
fn is_triangular(number: usize) -> bool {
    let mut sum = 0;
    let mut next = 1;
    while sum < number {
        sum += next;
        next += 1;
    }
    sum == number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_numbers_are_triangular() {
        let found: Vec<usize> = (0..30).filter(|number| is_triangular(*number)).collect();
        assert_eq!(found, [0, 1, 3, 6, 10, 15, 21, 28]);
    }

    #[test]
    fn versions_are_ordered_as_texts() {
        // The order that the real tool has for these.
        let newest_first = [
            "99.0",
            "92.0",
            "91.0.1",
            "9.0",
            "140.0b2",
            "140.0b10",
            "128.9.0esr",
            "128.10.0esr",
            "115.0.1",
            "115.0",
            "100.0",
        ];
        let mut sorted = newest_first;
        sorted.sort_by_key(|version| std::cmp::Reverse(sort_key(version)));
        assert_eq!(sorted, newest_first);
    }

    #[test]
    fn products_have_titles() {
        assert_eq!(title("firefox"), "Firefox");
        assert_eq!(title("two-words 3rd"), "Two-Words 3Rd");
    }
}
