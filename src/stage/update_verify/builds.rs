//! The files of earlier builds and of the new one.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::rc::Rc;
use std::sync::Arc;

use super::package::{PackageError, unpack};
use super::world::World;
use crate::stage::keys::{Certificate, PublicKey};
use crate::stage::mar::Mar;
use crate::stage::mar::extract::extract;
use crate::stage::mar::install::{Tree, install};
use crate::stage::mar::sign::{Verdict, verify};

/// The most bytes that an update may unpack to.
const LIMIT: u64 = 1 << 30;

/// Where the files of a build come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From its package.
    Package,
    /// From its complete update, as there is no package that can be opened.
    Update,
}

/// A build.
#[derive(Debug, Clone)]
pub struct Build {
    /// Its files.
    pub tree: Rc<Tree>,
    /// Where they come from.
    pub origin: Origin,
}

/// Why the files of a build are not known, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoBuild {
    /// Nothing that can be opened is there.
    #[error("{0}")]
    Unknown(String),
    /// What is there is damaged.
    #[error("{0}")]
    Damaged(String),
}

/// What was unpacked, by path in the archive.
#[derive(Debug, Default)]
pub struct Builds {
    updates: BTreeMap<String, Result<Rc<Tree>, String>>,
    builds: BTreeMap<String, Result<Build, NoBuild>>,
    signers: BTreeMap<String, Option<&'static Certificate>>,
}

impl Builds {
    /// The unpacked files of an update.
    ///
    /// # Errors
    /// Why it cannot be unpacked, in words.
    pub fn update(&mut self, path: &str, content: &[u8]) -> Result<Rc<Tree>, String> {
        if let Some(known) = self.updates.get(path) {
            return known.clone();
        }
        let mar = Mar::read(content).map_err(|error| error.to_string());
        let files = mar.and_then(|mar| {
            extract(&mar, LIMIT).map_err(|errors| {
                let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
                errors.join(", ")
            })
        });
        let files = files.map(Rc::new);
        self.updates.insert(path.to_owned(), files.clone());
        files
    }

    /// The build whose package is at a path. A package that cannot be opened here is replaced by the complete
    /// update of the build.
    ///
    /// # Errors
    /// [`NoBuild`].
    pub fn build(&mut self, world: &mut dyn World, package: &str) -> Result<Build, NoBuild> {
        if let Some(known) = self.builds.get(package) {
            return known.clone();
        }
        let build = self.open(world, package);
        self.builds.insert(package.to_owned(), build.clone());
        build
    }

    fn open(&mut self, world: &mut dyn World, package: &str) -> Result<Build, NoBuild> {
        let damaged = |path: &str, why: &dyn Display| NoBuild::Damaged(format!("{path}: {why}"));
        let why = match content(world, package) {
            Ok(content) => match unpack(package, &content) {
                Ok(tree) => {
                    return Ok(Build {
                        tree: Rc::new(tree),
                        origin: Origin::Package,
                    });
                }
                Err(error @ PackageError::Type) => format!("{package}: {error}"),
                Err(error) => return Err(damaged(package, &error)),
            },
            Err(why) => why,
        };
        let path = complete_update(package).ok_or(NoBuild::Unknown(why.clone()))?;
        let content = content(world, &path);
        let content = content.map_err(|update| NoBuild::Unknown(format!("{why}; {update}")))?;
        let update = self.update(&path, &content);
        let update = update.map_err(|error| damaged(&path, &error))?;
        let installed = install(&update, &Tree::new());
        let tree = installed.map_err(|error| damaged(&path, &error))?;
        Ok(Build {
            tree: Rc::new(tree),
            origin: Origin::Update,
        })
    }

    /// The certificate that a build accepts: that by whose key its own complete update is signed.
    pub fn signer(&mut self, world: &mut dyn World, package: &str) -> Option<&'static Certificate> {
        if let Some(known) = self.signers.get(package) {
            return *known;
        }
        let path = complete_update(package);
        let content = path.and_then(|path| content(world, &path).ok());
        let signer = content.and_then(|content| {
            let mar = Mar::read(&content).ok()?;
            Certificate::all().iter().find(|certificate| {
                let key: Option<&PublicKey> = certificate.key().ok().map(|key| key.public());
                let verdicts = key.and_then(|key| verify(&mar, &[key]).ok());
                verdicts.is_some_and(|verdicts| verdicts.contains(&Verdict::Valid(0)))
            })
        });
        self.signers.insert(package.to_owned(), signer);
        signer
    }
}

/// The content of a file of the archive, or why there is none.
fn content(world: &mut dyn World, path: &str) -> Result<Arc<[u8]>, String> {
    let file = world.file(path);
    let file = file.ok_or_else(|| format!("the archive has no {path}"))?;
    file.content.map_err(|why| format!("{path}: {why}"))
}

/// The path of the complete update of a build, whose package has this path:
/// `FOLDER/PLATFORM/LOCALE/PACKAGE`. In archives, updates of all products that are built from one application
/// have the name of that application, which packages for Linux begin with; others begin with its title.
fn complete_update(package: &str) -> Option<String> {
    let (rest, file) = package.rsplit_once('/')?;
    let (rest, locale) = rest.rsplit_once('/')?;
    let (folder, platform) = rest.rsplit_once('/')?;
    let name = file.split(['-', ' ']).next()?.to_lowercase();
    let (before, last) = folder.rsplit_once('/')?;
    let version = match before.rsplit_once('/')?.1.strip_suffix("-candidates") {
        Some(_) if !last.starts_with("build") => return None,
        Some(version) => version,
        None => last,
    };
    Some(format!(
        "{folder}/update/{platform}/{locale}/{name}-{version}.complete.mar"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_are_beside_the_packages() {
        for (package, update) in [
            (
                "pub/firefox/releases/92.0/linux-x86_64/de/firefox-92.0.tar.bz2",
                "pub/firefox/releases/92.0/update/linux-x86_64/de/firefox-92.0.complete.mar",
            ),
            (
                "pub/devedition/candidates/93.0b2-candidates/build3/mac/fr/Firefox 93.0b2.dmg",
                "pub/devedition/candidates/93.0b2-candidates/build3/update/mac/fr/firefox-93.0b2.complete.mar",
            ),
            (
                "pub/firefox/releases/92.0/win64/de/Firefox Setup 92.0.exe",
                "pub/firefox/releases/92.0/update/win64/de/firefox-92.0.complete.mar",
            ),
        ] {
            assert_eq!(complete_update(package).as_deref(), Some(update));
        }
        assert_eq!(complete_update("a/b/c"), None);
    }
}
