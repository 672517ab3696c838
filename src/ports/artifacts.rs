//! What a decision or an action leaves behind.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::files::normalize;
use super::mask::Mask;
use crate::base::diagnostic::Diagnostic;

/// The folder of the artifacts.
const ARTIFACTS: &str = "artifacts";

/// The folder of docker contexts, beside that of the artifacts: a `.taskcluster.yml` publishes it by itself,
/// with an expiry of its own. A second copy among the artifacts would have the same name there and another
/// expiry, which the queue refuses.
const CONTEXTS: &str = "docker-contexts";

/// The path, from the working folder, of an artifact that is published as `public/NAME`.
#[must_use]
pub fn path_of(name: &str) -> PathBuf {
    match name.split('/').next() {
        Some(CONTEXTS) => PathBuf::from(name),
        _ => [ARTIFACTS, name].iter().collect(),
    }
}

/// Takes artifacts. Names are paths with forward slashes below `public/`.
pub trait Artifacts: Send + Sync {
    /// Writes an artifact, in place of one of the same name.
    ///
    /// # Errors
    /// When it cannot be written; then what was there before still is.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), Diagnostic>;

    /// Whether they are what lies in the folder `artifacts`, where other programs may write too.
    fn in_place(&self) -> bool;
}

/// The folders `artifacts` and `docker-contexts` of the working folder.
#[derive(Debug, Clone)]
pub struct ArtifactFolder {
    working: PathBuf,
    mask: Mask,
}

impl ArtifactFolder {
    /// Artifacts under `working`/artifacts, and docker contexts under `working`/docker-contexts.
    ///
    /// Artifacts are public, so `mask` keeps secrets out of them.
    #[must_use]
    pub fn new(working: PathBuf, mask: Mask) -> Self {
        Self { working, mask }
    }

    fn write_file(&self, path: &std::path::Path, content: &[u8]) -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
            // A checkout may hold links of these names.
            let working = std::fs::canonicalize(&self.working)?;
            if !std::fs::canonicalize(folder)?.starts_with(working) {
                return Err(std::io::Error::other(
                    "a link leads out of the working folder",
                ));
            }
        }
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".part");
        // What lies there may be a link, which must not be followed.
        match std::fs::remove_file(&temporary) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = std::fs::File::create_new(&temporary)?;
        let written = std::io::Write::write_all(&mut file, content);
        drop(file);
        let written = written.and_then(|()| std::fs::rename(&temporary, path));
        if written.is_err() {
            // What is only half there is of use to nobody, and a full disk needs the room.
            let _ = std::fs::remove_file(&temporary);
        }
        written
    }
}

impl Artifacts for ArtifactFolder {
    fn in_place(&self) -> bool {
        true
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), Diagnostic> {
        let name = &normalize(name).map_err(|_| {
            Diagnostic::user(format!(
                "the artifact {name:?} would lie outside of the artifacts"
            ))
            .help("names of docker images and the like must not hold `..`")
        })?;
        let path = self.working.join(path_of(name));
        let masked = self.mask.content(content);
        if *masked != *content {
            tracing::warn!(
                "the artifact {name} would have held the value of a secret environment variable, \
                 which is masked in it"
            );
        }
        let content = &*masked;
        let failed = |path: &std::path::Path, error: std::io::Error| {
            let shown = path.strip_prefix(&self.working).unwrap_or(path).display();
            let help = match error.kind() {
                std::io::ErrorKind::Other => "take the link out of the checkout",
                _ => "the working folder has to be writable and the disk must not be full",
            };
            Diagnostic::environment(format!("cannot write the artifact {shown}"))
                .because(error)
                .help(help)
        };
        self.write_file(&path, content)
            .map_err(|error| failed(&path, error))
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

    fn folder() -> (tempfile::TempDir, ArtifactFolder) {
        let working = tempfile::tempdir().unwrap();
        let folder = ArtifactFolder::new(working.path().join("work"), Mask::default());
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
            let told = folder.write(name, b"x").unwrap_err();
            assert!(
                told.message.contains("outside of the artifacts"),
                "{name}: {told}"
            );
        }
        assert!(!outer.path().join("x").exists() && !outer.path().join("work/x").exists());
        folder.write("docker-contexts/a.tar.gz", b"x").unwrap();
        folder.write("./docker-contexts/a/b.tar.gz", b"x").unwrap();
        folder.write("docker-contexts.json", b"x").unwrap();
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
    fn links_do_not_lead_out_of_the_working_folder() {
        let (outer, folder) = folder();
        let elsewhere = outer.path().join("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, outer.path().join("work/artifacts")).unwrap();
        let told = folder.write("x.json", b"x").unwrap_err().to_string();
        assert!(
            told.contains("a link leads out of the working folder"),
            "{told}"
        );
        assert_eq!(std::fs::read_dir(elsewhere).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_an_artifact_is_replaced_and_not_followed() {
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
        let written = outer.path().join("work/artifacts/x.json");
        assert_eq!(std::fs::read(&written).unwrap(), b"after");
        assert!(!std::fs::symlink_metadata(&written).unwrap().is_symlink());
    }
}
