//! What a decision or an action leaves behind.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::base::diagnostic::Diagnostic;

/// The folder, beside that of the artifacts, where existing `.taskcluster.yml` files look for docker
/// contexts.
const CONTEXTS: &str = "docker-contexts";

/// Takes artifacts. Names are paths with forward slashes below `public/`.
pub trait Artifacts: Send + Sync {
    /// Writes an artifact, in place of one of the same name.
    ///
    /// # Errors
    /// When it cannot be written; then what was there before still is.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), Diagnostic>;
}

/// The folder `artifacts` of the working folder.
#[derive(Debug, Clone)]
pub struct ArtifactFolder {
    working: PathBuf,
}

impl ArtifactFolder {
    /// Artifacts under `working`/artifacts; docker contexts are in `working`/docker-contexts too.
    #[must_use]
    pub fn new(working: PathBuf) -> Self {
        Self { working }
    }

    fn write_file(path: &std::path::Path, content: &[u8]) -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".part");
        std::fs::write(&temporary, content)?;
        std::fs::rename(&temporary, path)
    }
}

impl Artifacts for ArtifactFolder {
    fn write(&self, name: &str, content: &[u8]) -> Result<(), Diagnostic> {
        let path = self.working.join("artifacts").join(name);
        let failed = |path: &std::path::Path, error: std::io::Error| {
            let shown = path.strip_prefix(&self.working).unwrap_or(path).display();
            Diagnostic::environment(format!("cannot write the artifact {shown}"))
                .because(error)
                .help("the working folder has to be writable and the disk must not be full")
        };
        Self::write_file(&path, content).map_err(|error| failed(&path, error))?;
        if name.starts_with("docker-contexts/") {
            let beside = self.working.join(name);
            debug_assert!(beside.starts_with(self.working.join(CONTEXTS)));
            Self::write_file(&beside, content).map_err(|error| failed(&beside, error))?;
        }
        Ok(())
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
    fn write(&self, name: &str, content: &[u8]) -> Result<(), Diagnostic> {
        let mut artifacts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        artifacts.insert(name.to_owned(), content.to_vec());
        Ok(())
    }
}
