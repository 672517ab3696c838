//! Packages in the Maven repository: their folders and names have to contain the version.

use super::artifact_map::Entry;
use crate::base::posix::{basename, dirname};
use crate::base::version::{ReleaseChannel, Version};

/// The folder of each product.
const FOLDERS: &[(&str, &str)] = &[
    ("appservices", "maven2/org/mozilla/appservices/"),
    ("components", "maven2/org/mozilla/components/"),
    ("geckoview", "maven2/org/mozilla/geckoview/"),
    ("nightly_components", "maven2/org/mozilla/components/"),
    ("telemetry", "maven2/org/mozilla/telemetry/"),
];

/// The product whose versions may be betas and candidates.
const WITH_PRERELEASES: &str = "components";

/// Reports what is wrong with the packages of a task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MavenError {
    /// The product has no folder.
    #[error("the Maven repository has no folder for the product {0:?}")]
    Product(String),
    /// The version is none of a package.
    #[error(
        "Version defined in the payload does not match the pattern of a MavenVersion. Got: {0}"
    )]
    Version(String),
    /// A file is not in the folder of the product.
    #[error("Destination path '{destination}' does not match bucket '{product}'")]
    OtherFolder {
        /// The destination.
        destination: String,
        /// The product.
        product: String,
    },
    /// The folder of a file is not that of the version.
    #[error(
        "Name of last folder '{folder}' in path '{destination}' does not match payload version '{version}'"
    )]
    OtherVersion {
        /// The name of the folder.
        folder: String,
        /// The destination.
        destination: String,
        /// The version of the payload.
        version: String,
    },
    /// The name of a file does not contain the version.
    #[error(
        "Cannot find version '{version}' in file name '{name}'. Path under test: {destination}"
    )]
    NoVersion {
        /// The version of the payload.
        version: String,
        /// The name.
        name: String,
        /// The destination.
        destination: String,
    },
}

/// Whether a text is the version of a package, such as `84.0.20200920201111` or `84.0-SNAPSHOT`.
///
/// The worker has further rules for the numbers of some products, which are not checked.
fn is_version(app_name: &str, text: &str) -> bool {
    let numbers = match text.strip_suffix("-SNAPSHOT") {
        Some(numbers) if app_name != WITH_PRERELEASES => numbers,
        _ => text,
    };
    if app_name == WITH_PRERELEASES && text.parse().is_ok_and(is_prerelease) {
        return true;
    }
    let parts: Vec<&str> = numbers.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|one| one.is_ascii_digit());
    (2..=3).contains(&parts.len()) && parts.iter().all(is_number)
}

fn is_prerelease(version: Version) -> bool {
    let has_parts = (2..=3).contains(&version.numbers.len());
    has_parts
        && !matches!(
            version.channel,
            ReleaseChannel::Release | ReleaseChannel::Esr
        )
}

/// Checks the destinations of a task.
#[must_use]
pub fn check(app_name: &str, version: &str, map: &[Entry]) -> Vec<MavenError> {
    let mut errors = Vec::new();
    if !is_version(app_name, version) {
        errors.push(MavenError::Version(version.to_owned()));
    }
    let product = app_name.to_lowercase();
    let Some((_, folder)) = FOLDERS.iter().find(|(name, _)| *name == product) else {
        errors.push(MavenError::Product(product));
        return errors;
    };
    let places = map.iter().flat_map(|entry| entry.paths.values());
    for destination in places.flat_map(|place| &place.destinations) {
        errors.extend(check_one(destination, folder, &product, version));
    }
    errors
}

fn check_one(destination: &str, folder: &str, product: &str, version: &str) -> Option<MavenError> {
    let (own, name) = (basename(dirname(destination)), basename(destination));
    let (destination, version) = (destination.to_owned(), version.to_owned());
    if !destination.starts_with(folder) {
        let product = product.to_owned();
        return Some(MavenError::OtherFolder {
            destination,
            product,
        });
    }
    if own != version {
        let folder = own.to_owned();
        return Some(MavenError::OtherVersion {
            folder,
            destination,
            version,
        });
    }
    let has_version = name.contains(&version);
    let name = name.to_owned();
    (!has_version).then_some(MavenError::NoVersion {
        version,
        name,
        destination,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::{from_value, json};

    fn check_places(app_name: &str, version: &str, places: &[&str]) -> Vec<String> {
        let entry = json!({
            "taskId": "build",
            "locale": "en-US",
            "paths": {"public/a.jar": {"destinations": places, "checksums_path": ""}},
        });
        let map: Vec<Entry> = vec![from_value(entry).unwrap()];
        let errors = check(app_name, version, &map);
        errors.iter().map(ToString::to_string).collect()
    }

    /// Most versions are those of the worker's own tests.
    #[test]
    fn versions_have_the_form_of_packages() {
        for (app_name, version, accepted) in [
            ("components", "63.0.20201013153553", true),
            ("components", "63.0.0-TESTING", false),
            ("components", "109.0b1", true),
            ("components", "109.0.1", true),
            ("components", "109.0-SNAPSHOT", false),
            ("geckoview", "84.0.20200920201111", true),
            ("geckoview", "84.0.0-TESTING", false),
            ("geckoview", "84.0-SNAPSHOT", true),
            ("geckoview", "84.0b1", false),
            ("geckoview", "84", false),
            ("geckoview", "84.", false),
        ] {
            let expected = format!(
                "Version defined in the payload does not match the pattern of a MavenVersion. Got: {version}"
            );
            let expected = if accepted { vec![] } else { vec![expected] };
            assert_eq!(
                check_places(app_name, version, &[]),
                expected,
                "{app_name} {version}"
            );
        }
    }

    #[test]
    fn paths_contain_the_version() {
        let folder = "maven2/org/mozilla/geckoview/geckoview";
        let right = format!("{folder}/84.0.1/geckoview-84.0.1.aar");
        let wrong = [
            format!("{folder}/84.0.2/geckoview-84.0.1.aar"),
            format!("{folder}/84.0.1/geckoview-84.0.aar"),
            "maven2/84.0.1/geckoview-84.0.1.aar".to_owned(),
        ];
        let places: Vec<&str> = std::iter::once(&right)
            .chain(&wrong)
            .map(String::as_str)
            .collect();
        assert_eq!(
            check_places("GeckoView", "84.0.1", &places),
            [
                format!(
                    "Name of last folder '84.0.2' in path '{}' does not match payload version '84.0.1'",
                    wrong[0]
                ),
                format!(
                    "Cannot find version '84.0.1' in file name 'geckoview-84.0.aar'. Path under test: {}",
                    wrong[1]
                ),
                format!(
                    "Destination path '{}' does not match bucket 'geckoview'",
                    wrong[2]
                ),
            ]
        );
        assert_eq!(
            check_places("unknown", "1.0", &[]),
            ["the Maven repository has no folder for the product \"unknown\""]
        );
    }
}
