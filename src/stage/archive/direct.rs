//! Files that do not come from candidates: data in the payload, and packages that repositories import.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::access::ResourceKind;
use super::artifact_map::is_path;

/// Data in a payload.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Data {
    /// The content, in base64.
    pub data: String,
    /// Its media type.
    pub content_type: String,
    /// The paths in the archive.
    pub destinations: Vec<String>,
}

/// Data at a place in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedData {
    /// The content.
    pub content: Vec<u8>,
    /// Its media type.
    pub content_type: String,
}

/// Reports what is wrong with data or packages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectError {
    /// The content is not base64.
    #[error("the data for {0} is not valid base64")]
    NoBase64(String),
    /// A destination is not a path below the root of the archive.
    #[error("{0:?} is not a path in the archive")]
    NoPath(String),
    /// Two items have the same destination and differ.
    #[error("several items with different data or types go to {0}")]
    SameDestination(String),
    /// A package is not in the archive.
    #[error("{0} is not in the archive")]
    Missing(String),
    /// A package has another format than the repository.
    #[error("{path} is not a package of an {} repository, whose names end with {ending}", kind.word())]
    OtherFormat {
        /// The package.
        path: String,
        /// The kind of repository.
        kind: ResourceKind,
        /// How the names of its packages end.
        ending: &'static str,
    },
    /// The resource is not a repository.
    #[error("packages can only be imported into an apt-repo or a yum-repo")]
    NoRepository,
}

/// Places the data of a payload.
///
/// It is stricter than the worker, which ignores characters that are not base64, and overwrites what it has
/// just written.
///
/// # Errors
/// Everything that is wrong with the data.
pub fn place_data(items: &[Data]) -> Result<BTreeMap<String, PlacedData>, Vec<DirectError>> {
    let mut places: BTreeMap<String, PlacedData> = BTreeMap::new();
    let mut errors = Vec::new();
    for item in items {
        let Ok(content) = STANDARD.decode(&item.data) else {
            errors.push(DirectError::NoBase64(item.destinations.join(", ")));
            continue;
        };
        for destination in &item.destinations {
            if !is_path(destination) {
                errors.push(DirectError::NoPath(destination.clone()));
                continue;
            }
            let placed = PlacedData {
                content: content.clone(),
                content_type: item.content_type.clone(),
            };
            let known = places.entry(destination.clone());
            if *known.or_insert_with(|| placed.clone()) != placed {
                errors.push(DirectError::SameDestination(destination.clone()));
            }
        }
    }
    if errors.is_empty() {
        Ok(places)
    } else {
        Err(errors)
    }
}

/// Checks the packages that a repository imports from the archive.
///
/// It is stricter than the worker, which leaves the formats to the repository.
#[must_use]
pub fn check_import(
    kind: ResourceKind,
    sources: &[String],
    is_in_archive: impl Fn(&str) -> bool,
) -> Vec<DirectError> {
    let ending = match kind {
        ResourceKind::AptRepository => ".deb",
        ResourceKind::YumRepository => ".rpm",
        ResourceKind::Bucket => return vec![DirectError::NoRepository],
    };
    let mut errors = Vec::new();
    for path in sources {
        if !path.ends_with(ending) {
            let path = path.clone();
            errors.push(DirectError::OtherFormat { path, kind, ending });
        } else if !is_in_archive(path) {
            errors.push(DirectError::Missing(path.clone()));
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(data: &str, destinations: &[&str]) -> Data {
        Data {
            data: data.to_owned(),
            content_type: "application/yaml".to_owned(),
            destinations: destinations.iter().map(|one| (*one).to_owned()).collect(),
        }
    }

    fn messages(errors: &[DirectError]) -> Vec<String> {
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn data_is_decoded() {
        let items = [
            item("YTogMQo=", &["a/b.yml", "c.yml"]),
            item("YTogMQo=", &["c.yml"]),
        ];
        let places = place_data(&items).unwrap();
        assert_eq!(places.keys().collect::<Vec<_>>(), ["a/b.yml", "c.yml"]);
        assert_eq!(places["c.yml"].content, b"a: 1\n");
        let wrong = [
            item("YTogMQo=", &["a", "../b"]),
            item("YTogMgo=", &["a"]),
            item("a: 1", &["c", "d"]),
        ];
        assert_eq!(
            messages(&place_data(&wrong).unwrap_err()),
            [
                "\"../b\" is not a path in the archive",
                "several items with different data or types go to a",
                "the data for c, d is not valid base64",
            ]
        );
    }

    #[test]
    fn repositories_import_their_own_packages() {
        let sources = ["a.deb", "b.deb", "c.rpm"].map(str::to_owned);
        let check = |kind| messages(&check_import(kind, &sources, |path| path != "b.deb"));
        assert_eq!(
            check(ResourceKind::AptRepository),
            [
                "b.deb is not in the archive",
                "c.rpm is not a package of an apt-repo repository, whose names end with .deb",
            ]
        );
        assert_eq!(check(ResourceKind::YumRepository).len(), 2);
        assert_eq!(
            check(ResourceKind::Bucket),
            ["packages can only be imported into an apt-repo or a yum-repo"]
        );
    }
}
