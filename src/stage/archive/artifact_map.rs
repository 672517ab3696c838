//! The files of a task, from the artifacts of its upstream tasks to their places in the archive.
//!
//! 1. Each upstream artifact needs an entry of the map with its task, locale and path.
//! 2. The entry names its destinations, its name in the checksums, and whether it is a MAR that the update
//!    server has to know.
//! 3. Everything is checked before anything counts as written.
//!
//! It is stricter than the real worker, which overwrites what it has just written, keeps the first of two
//! checksums of one name, forgets the first of two artifacts with the same path and locale, and never looks
//! at entries that no artifact uses.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde::Deserialize;

use super::balrog_manifest::{
    Manifest, Mar, NoComplete, PreviousRelease, Properties, Target, complete_info, partial_info,
};
use super::media_type::media_type;
use crate::base::posix;
use crate::base::value::{Value, truthy};
use crate::stage::checksums::file::Sums;
use crate::stage::source::no_artifact;

/// What the payload of a task says about its files.
#[derive(Debug, Clone, Deserialize)]
pub struct Files {
    /// The artifacts that it reads.
    #[serde(rename = "upstreamArtifacts")]
    pub upstream: Vec<Upstream>,
    /// Where they go; empty if the payload does not say it.
    #[serde(rename = "artifactMap", default)]
    pub map: Vec<Entry>,
}

impl Files {
    /// The same without names in the checksums, for tasks that publish none.
    #[must_use]
    pub fn without_checksums(mut self) -> Self {
        let places = self
            .map
            .iter_mut()
            .flat_map(|entry| entry.paths.values_mut());
        for place in places {
            place.checksums_path.clear();
        }
        self
    }
}

/// Artifacts of an upstream task.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Upstream {
    /// The task.
    pub task_id: String,
    /// The names of the artifacts.
    pub paths: Vec<String>,
    /// Their locale.
    #[serde(default = "english")]
    pub locale: String,
    /// Whether they may be missing.
    #[serde(default)]
    pub optional: bool,
}

fn english() -> String {
    "en-US".to_owned()
}

/// An entry of the artifact map.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The task whose artifacts are meant.
    pub task_id: String,
    /// Their locale.
    pub locale: String,
    /// Where each artifact goes.
    pub paths: BTreeMap<String, Place>,
}

/// Where an artifact goes.
#[derive(Debug, Clone, Deserialize)]
pub struct Place {
    /// The paths in the archive.
    pub destinations: Vec<String>,
    /// The name in the checksums.
    pub checksums_path: String,
    /// Whether the update server has to know it.
    #[serde(default)]
    pub update_balrog_manifest: bool,
    /// The format of a complete MAR, if a release has several.
    #[serde(default)]
    pub balrog_format: String,
    /// The build from which a partial MAR updates.
    #[serde(default)]
    pub from_buildid: Option<Value>,
    /// When the file expires.
    #[serde(default)]
    pub expiry: Option<String>,
}

/// An artifact of a task.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Artifact {
    /// The task.
    pub task_id: String,
    /// Its name.
    pub path: String,
}

impl std::fmt::Display for Artifact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of task {}", self.path, self.task_id)
    }
}

/// A file in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The artifact that has its content.
    pub artifact: Artifact,
    /// Its size and hashes.
    pub sums: Sums,
    /// How it is served; `None` if the table of media types does not have it.
    pub media_type: Option<&'static str>,
    /// When it expires.
    pub expiry: Option<String>,
}

/// What a task puts into the archive.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The files, by path.
    pub files: BTreeMap<String, Placed>,
    /// The checksums that the task publishes, by name.
    pub checksums: BTreeMap<String, Sums>,
    /// The optional artifacts that do not exist.
    pub skipped: Vec<Artifact>,
    /// The locales of the artifact map that no upstream artifact has.
    pub other_locales: Vec<String>,
    mars: Vec<PlacedMar>,
}

#[derive(Debug, Clone)]
struct PlacedMar {
    locale: String,
    destination: String,
    format: String,
    from_build_id: Option<Value>,
    artifact: Artifact,
    sums: Sums,
}

/// Reports what is wrong with the files of a task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// An artifact has no entry.
    #[error("No artifact map entry for {task_id}/{locale} {path}")]
    NoEntry {
        /// The task.
        task_id: String,
        /// The locale.
        locale: String,
        /// The artifact.
        path: String,
    },
    /// An artifact does not exist.
    #[error("{}", no_artifact(&.0.task_id, &.0.path))]
    Missing(Artifact),
    /// No upstream artifact uses an entry.
    #[error(
        "the artifact map has an entry for {artifact} ({locale}), which is not among the upstream artifacts"
    )]
    UnusedEntry {
        /// The artifact of the entry.
        artifact: Artifact,
        /// The locale of the entry.
        locale: String,
    },
    /// Two artifacts of one locale have the same path, so the worker forgets the first one.
    #[error(
        "{one} and {other} have the same path and locale ({locale}); only the second one is used"
    )]
    SamePath {
        /// The first artifact.
        one: Artifact,
        /// The second artifact.
        other: Artifact,
        /// The locale of both.
        locale: String,
    },
    /// Two artifacts with different content have the same destination.
    #[error("{one} and {other} differ, but both go to {destination}")]
    SameDestination {
        /// The first artifact.
        one: Artifact,
        /// The second artifact.
        other: Artifact,
        /// Where both go.
        destination: String,
    },
    /// Two artifacts with different content have the same name in the checksums.
    #[error("{other} differs from the artifact whose checksums have the name {name}")]
    SameChecksums {
        /// The second artifact.
        other: Artifact,
        /// The name.
        name: String,
    },
    /// A destination is not a path below the root of the archive.
    #[error("{artifact} goes to {destination:?}, which is not a path in the archive")]
    NoPath {
        /// The artifact.
        artifact: Artifact,
        /// The destination.
        destination: String,
    },
    /// An entry has no destination.
    #[error("{0} has no destination")]
    NoDestination(Artifact),
    /// There is a `buildhub.json`, which has to name the installer, but no installer.
    #[error("could not determine installer path from task payload (locale {0})")]
    NoInstaller(String),
}

/// The names of installers.
pub(super) const INSTALLERS: &[&str] = &[
    "target.apk",
    "target.dmg",
    "target.installer.exe",
    "target.tar.bz2",
    "target.tar.xz",
];

/// The name of the artifact that describes a build.
const BUILDHUB: &str = "buildhub.json";

/// Plans where the files of a task go.
///
/// `sums` returns size and hashes of an artifact, or `None` if it does not exist.
///
/// # Errors
/// Everything that is wrong with the files.
pub fn plan(
    files: &Files,
    sums: impl Fn(&Artifact) -> Option<Sums>,
) -> Result<Plan, Vec<PlanError>> {
    let mut plan = Plan::default();
    let mut errors = Vec::new();
    let mut named: IndexMap<(&str, &str), Artifact> = IndexMap::new();
    let mut used: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    for upstream in &files.upstream {
        let locale = upstream.locale.as_str();
        for path in &upstream.paths {
            let artifact = Artifact {
                task_id: upstream.task_id.clone(),
                path: path.clone(),
            };
            if !used.insert((&upstream.task_id, locale, path)) {
                continue;
            }
            if let Some(one) = named.insert((locale, path), artifact.clone()) {
                errors.push(PlanError::SamePath {
                    one,
                    other: artifact.clone(),
                    locale: locale.to_owned(),
                });
            }
            let Some(place) = place(&files.map, &artifact, locale) else {
                errors.push(PlanError::NoEntry {
                    task_id: artifact.task_id,
                    locale: locale.to_owned(),
                    path: artifact.path,
                });
                continue;
            };
            match sums(&artifact) {
                Some(sums) => plan.add(artifact, locale, place, &sums, &mut errors),
                None if upstream.optional => plan.skipped.push(artifact),
                None => errors.push(PlanError::Missing(artifact)),
            }
        }
    }
    let locales: BTreeSet<&str> = used.iter().map(|(_, locale, _)| *locale).collect();
    let (known, other): (Vec<&Entry>, Vec<&Entry>) = files
        .map
        .iter()
        .partition(|entry| locales.contains(entry.locale.as_str()));
    errors.extend(unused(&known, &used));
    let other = other.into_iter().map(|entry| entry.locale.clone());
    plan.other_locales = other.collect::<BTreeSet<_>>().into_iter().collect();
    errors.extend(without_installer(&named));
    if errors.is_empty() {
        Ok(plan)
    } else {
        Err(errors)
    }
}

/// The first entry for an artifact.
pub(super) fn place<'m>(map: &'m [Entry], artifact: &Artifact, locale: &str) -> Option<&'m Place> {
    map.iter()
        .filter(|entry| entry.task_id == artifact.task_id && entry.locale == locale)
        .find_map(|entry| entry.paths.get(&artifact.path))
}

fn unused(map: &[&Entry], used: &BTreeSet<(&str, &str, &str)>) -> Vec<PlanError> {
    let mut errors = Vec::new();
    for entry in map {
        for path in entry.paths.keys() {
            if !used.contains(&(&entry.task_id, &entry.locale, path)) {
                errors.push(PlanError::UnusedEntry {
                    artifact: Artifact {
                        task_id: entry.task_id.clone(),
                        path: path.clone(),
                    },
                    locale: entry.locale.clone(),
                });
            }
        }
    }
    errors
}

fn without_installer(named: &IndexMap<(&str, &str), Artifact>) -> Vec<PlanError> {
    let locales_with = |names: &[&str]| -> BTreeSet<&str> {
        let found = named
            .keys()
            .filter(|(_, path)| names.iter().any(|name| path.ends_with(name)));
        found.map(|(locale, _)| *locale).collect()
    };
    let installers = locales_with(INSTALLERS);
    let bare = locales_with(&[BUILDHUB])
        .into_iter()
        .filter(|locale| !installers.contains(locale));
    bare.map(|locale| PlanError::NoInstaller(locale.to_owned()))
        .collect()
}

/// Whether a destination is a path of a file below the root.
pub fn is_path(destination: &str) -> bool {
    let is_inside = !destination.starts_with('/') && !destination.starts_with("..");
    is_inside && destination != "." && posix::normalize(destination) == destination
}

impl Plan {
    fn add(
        &mut self,
        artifact: Artifact,
        locale: &str,
        place: &Place,
        sums: &Sums,
        errors: &mut Vec<PlanError>,
    ) {
        for destination in &place.destinations {
            if !is_path(destination) {
                errors.push(PlanError::NoPath {
                    artifact: artifact.clone(),
                    destination: destination.clone(),
                });
            }
            let placed = Placed {
                artifact: artifact.clone(),
                sums: sums.clone(),
                media_type: media_type(&artifact.path),
                expiry: place.expiry.clone(),
            };
            match self.files.get(destination) {
                Some(other) if other.sums != *sums => errors.push(PlanError::SameDestination {
                    one: other.artifact.clone(),
                    other: artifact.clone(),
                    destination: destination.clone(),
                }),
                Some(_) => {}
                None => {
                    self.files.insert(destination.clone(), placed);
                }
            }
        }
        // Whoever does not want checksums leaves the name empty, for as many files as there are.
        let is_named = !place.checksums_path.is_empty() || place.update_balrog_manifest;
        let known = self.checksums.entry(place.checksums_path.clone());
        if known.or_insert_with(|| sums.clone()) != sums && is_named {
            errors.push(PlanError::SameChecksums {
                other: artifact.clone(),
                name: place.checksums_path.clone(),
            });
        }
        let Some(destination) = place.destinations.first() else {
            errors.push(PlanError::NoDestination(artifact));
            return;
        };
        if place.update_balrog_manifest {
            self.mars.push(PlacedMar {
                locale: locale.to_owned(),
                destination: destination.clone(),
                format: place.balrog_format.clone(),
                from_build_id: place.from_buildid.clone(),
                artifact,
                sums: sums.clone(),
            });
        }
    }

    /// The entries of the manifest for the update server; `prefix` is the address of the archive.
    ///
    /// # Errors
    /// [`ManifestError`] for each MAR or locale that cannot have an entry.
    pub fn manifest(
        &self,
        prefix: &str,
        properties: &Properties<'_>,
        target: &Target<'_>,
        previous: &[PreviousRelease<'_>],
    ) -> Result<Vec<Value>, Vec<ManifestError>> {
        let mut manifest = Manifest::default();
        let mut errors = Vec::new();
        for placed in &self.mars {
            let Some(hash) = placed.sums.hashes.get(properties.hash_type) else {
                errors.push(ManifestError::NoHash {
                    artifact: placed.artifact.clone(),
                    hash_type: properties.hash_type.to_owned(),
                });
                continue;
            };
            let mar = Mar {
                hash,
                size: placed.sums.size,
                destination: &placed.destination,
            };
            match placed.from_build_id.as_ref().filter(|id| truthy(id)) {
                Some(from) => {
                    let info = partial_info(prefix, &mar, from, target, previous);
                    manifest.add_partial(&placed.locale, info);
                }
                None => {
                    let info = complete_info(prefix, &mar);
                    manifest.add_complete(&placed.locale, &placed.format, info);
                }
            }
        }
        let entries = manifest.entries(properties, target);
        match (entries, errors) {
            (Ok(entries), errors) if errors.is_empty() => Ok(entries),
            (entries, mut errors) => {
                let bare = entries.err().into_iter().flatten();
                errors.extend(bare.map(ManifestError::NoComplete));
                Err(errors)
            }
        }
    }
}

/// Reports what prevents an entry of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The hash that the release uses is missing.
    #[error("{artifact} has no {hash_type} hash, which `hashType` of the release properties names")]
    NoHash {
        /// The MAR.
        artifact: Artifact,
        /// The algorithm.
        hash_type: String,
    },
    /// A locale has partial MARs only.
    #[error(transparent)]
    NoComplete(NoComplete),
}

#[cfg(test)]
mod tests;
