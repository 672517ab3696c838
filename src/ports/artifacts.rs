//! The output files of a decision or an action.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::files::normalize;
use super::mask::Mask;
use super::output_path::{OutputError, OutputPaths};
use super::vcs::Vcs;
use crate::base::diagnostic::Diagnostic;
use crate::base::json;
use crate::base::value::Value;

/// The folder of the artifacts.
const ARTIFACTS: &str = "artifacts";

/// The folder of docker contexts, beside that of the artifacts: a `.taskcluster.yml` publishes it
/// separately, with its own expiry. A second copy among the artifacts would be published under the
/// same name with another expiry, which the queue refuses.
const CONTEXTS: &str = "docker-contexts";

/// The path, from the working folder, of an artifact that is published as `public/NAME`.
#[must_use]
pub fn path_of(name: &str) -> PathBuf {
    match name.split('/').next() {
        Some(CONTEXTS) => PathBuf::from(name),
        _ => [ARTIFACTS, name].iter().collect(),
    }
}

/// Writes artifacts. Names are paths with forward slashes below `public/`.
pub trait Artifacts: Send + Sync {
    /// Writes an artifact, replacing one of the same name.
    ///
    /// # Errors
    /// If it cannot be written; an earlier file of this name is then unchanged.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), Diagnostic>;

    /// Reads an artifact that was written; `None` if there is none that can be read.
    fn read(&self, name: &str) -> Option<Vec<u8>>;

    /// Whether they are in the folder `artifacts`, to which other programs may write too.
    fn in_place(&self) -> bool;
}

/// Writes an artifact as JSON with sorted keys, indented by two spaces.
///
/// # Errors
/// The artifact cannot be written.
pub fn write_json(artifacts: &dyn Artifacts, name: &str, value: &Value) -> Result<(), Diagnostic> {
    tracing::info!("writing artifact file `{name}`");
    artifacts.write(name, json::pretty(value).as_bytes())
}

/// The folders `artifacts` and `docker-contexts` of the working folder.
pub struct ArtifactFolder<'a> {
    paths: OutputPaths<'a>,
    mask: Mask,
}

impl<'a> ArtifactFolder<'a> {
    /// Artifacts under `working`/artifacts, and docker contexts under `working`/docker-contexts. A
    /// link that `vcs` tracks must not lead out of the checkout.
    ///
    /// Artifacts are public, so `mask` keeps secrets out of them.
    #[must_use]
    pub fn new(working: &Path, vcs: Option<&'a dyn Vcs>, mask: Mask) -> Self {
        Self {
            paths: OutputPaths::new(working, vcs),
            mask,
        }
    }

    fn write_file(&self, path: &Path, content: &[u8]) -> Result<(), OutputError> {
        let folder = self.paths.folder(path.parent().unwrap_or(path))?;
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(path.file_name().unwrap_or_default());
        let mut temporary = path.clone().into_os_string();
        temporary.push(".part");
        // There may be a link, which must not be followed.
        match std::fs::remove_file(&temporary) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let mut file = std::fs::File::create_new(&temporary)?;
        let result = std::io::Write::write_all(&mut file, content);
        drop(file);
        let result = result.and_then(|()| std::fs::rename(&temporary, path));
        if result.is_err() {
            // A partial file is of no use, and a full disk needs the space.
            let _ = std::fs::remove_file(&temporary);
        }
        Ok(result?)
    }
}

impl Artifacts for ArtifactFolder<'_> {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        let path = path_of(&normalize(name).ok()?);
        let folder = self.paths.folder(path.parent()?).ok()?;
        std::fs::read(folder.join(path.file_name()?)).ok()
    }

    fn in_place(&self) -> bool {
        true
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), Diagnostic> {
        let name = &normalize(name).map_err(|_| {
            Diagnostic::user(format!(
                "the artifact {name:?} would be outside the folder for artifacts"
            ))
            .help("do not use `..` in names, such as those of docker images")
        })?;
        let masked = self.mask.content(content);
        if *masked != *content {
            tracing::warn!(
                "masked the value of a secret environment variable in the artifact {name}"
            );
        }
        let path = path_of(name);
        self.write_file(&path, &masked)
            .map_err(|error| error.diagnostic("the artifact ", &path))
    }
}

/// Artifacts that are kept in memory: for rehearsals, dry runs and tests.
#[derive(Debug, Default)]
pub struct MemoryArtifacts(Mutex<BTreeMap<String, Vec<u8>>>);

impl MemoryArtifacts {
    /// Everything that was written, by name.
    #[must_use]
    pub fn take(&self) -> BTreeMap<String, Vec<u8>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Artifacts for MemoryArtifacts {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        let artifacts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        artifacts.get(name).cloned()
    }

    fn in_place(&self) -> bool {
        false
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), Diagnostic> {
        let mut artifacts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        artifacts.insert(name.to_owned(), content.to_vec());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, ArtifactFolder<'static>) {
        let working = tempfile::tempdir().unwrap();
        let folder = ArtifactFolder::new(&working.path().join("work"), None, Mask::default());
        std::fs::create_dir(working.path().join("work")).unwrap();
        (working, folder)
    }

    #[test]
    fn artifacts_stay_in_their_folder() {
        let (outer, folder) = folder();
        for name in [
            "../x",
            "/x",
            "docker-contexts/../../../x",
            "a/../../x",
            "..",
        ] {
            let error = folder.write(name, b"x").unwrap_err();
            assert!(
                error.message.contains("outside the folder for artifacts"),
                "{name}: {error}"
            );
        }
        assert!(!outer.path().join("x").exists() && !outer.path().join("work/x").exists());
        assert_eq!(folder.read("../x"), None);
        folder.write("docker-contexts/a.tar.gz", b"x").unwrap();
        folder.write("./docker-contexts/a/b.tar.gz", b"x").unwrap();
        folder.write("docker-contexts.json", b"x").unwrap();
        assert_eq!(folder.read("docker-contexts/a.tar.gz").unwrap(), b"x");
        assert_eq!(folder.read("docker-contexts/b.tar.gz"), None);
        for place in [
            "docker-contexts/a.tar.gz",
            "docker-contexts/a/b.tar.gz",
            "artifacts/docker-contexts.json",
        ] {
            let place = outer.path().join("work").join(place);
            assert!(place.is_file(), "{}", place.display());
        }
        assert!(!outer.path().join("work/artifacts/docker-contexts").exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_at_artifact_paths_are_replaced_and_not_followed() {
        let (outer, folder) = folder();
        let victim = outer.path().join("victim");
        std::fs::write(&victim, b"before").unwrap();
        std::fs::create_dir(outer.path().join("work/artifacts")).unwrap();
        for name in ["x.json", "x.json.part"] {
            let link = outer.path().join("work/artifacts").join(name);
            std::os::unix::fs::symlink(&victim, link).unwrap();
        }
        folder.write("x.json", b"after").unwrap();
        assert_eq!(std::fs::read(&victim).unwrap(), b"before");
        let path = outer.path().join("work/artifacts/x.json");
        assert_eq!(std::fs::read(&path).unwrap(), b"after");
        assert!(!std::fs::symlink_metadata(&path).unwrap().is_symlink());
    }
}
