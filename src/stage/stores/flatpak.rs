//! Flatpaks: archives with a repository, as builds pack them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use super::inside::{is_safe, leads_out};
use super::ostree::{Objects, OstreeError};
use crate::stage::mar::pack::unpack;

/// The most bytes of an archive that the worker takes.
const MAX_ARCHIVE: u64 = 400 << 20;
/// The most bytes of an unpacked archive.
const MAX_UNPACKED: u64 = 4 << 30;
/// The folder of the repository.
const FOLDER: &str = "repo";

/// A reference of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The application.
    pub app: String,
    /// The processor.
    pub architecture: String,
    /// The branch.
    pub branch: String,
    /// The commit.
    pub commit: String,
    /// How many files it has.
    pub files: usize,
}

/// What a flatpak contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flatpak {
    /// The applications.
    pub references: Vec<Reference>,
    /// How many objects were compared with their names.
    pub objects: usize,
    /// What is wrong with its files.
    pub faults: Vec<String>,
}

/// Why a flatpak is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlatpakError {
    /// It is too large.
    #[error("the archive has more than {MAX_ARCHIVE} bytes, which the worker refuses")]
    TooLarge,
    /// It cannot be unpacked.
    #[error("the archive cannot be unpacked: {0}")]
    Damaged(String),
    /// A path leads out of the archive.
    #[error("the path {0:?} leads out of the archive")]
    Path(String),
    /// A link leads out of the archive.
    #[error("the link {0:?} leads out of the archive")]
    Link(String),
    /// A file would run with the rights of its owner.
    #[error("{0:?} would run with the rights of its owner")]
    Rights(String),
    /// A path occurs twice.
    #[error("the path {0:?} occurs twice")]
    Twice(String),
    /// It has other folders at its top.
    #[error("the archive has {0:?} at its top, but only `{FOLDER}` is expected")]
    Top(String),
    /// A reference is not one of an application.
    #[error("the reference {0:?} is not one of an application")]
    Reference(String),
    /// The repository is damaged.
    #[error(transparent)]
    Repository(#[from] OstreeError),
}

/// Reads a flatpak, and checks all objects of its repository.
///
/// # Errors
/// [`FlatpakError`].
pub fn read(bytes: &[u8]) -> Result<Flatpak, FlatpakError> {
    if bytes.len() as u64 > MAX_ARCHIVE {
        return Err(FlatpakError::TooLarge);
    }
    let unpacked = unpack(bytes, MAX_UNPACKED);
    let unpacked = unpacked.map_err(|error| FlatpakError::Damaged(error.to_string()))?;
    let files = files(&unpacked)?;
    if files.is_empty() {
        return Err(FlatpakError::Damaged("it is empty".to_owned()));
    }
    let mut objects = Objects::default();
    let mut references = Vec::new();
    for (path, content) in &files {
        let path = path.strip_prefix("repo/").unwrap_or(path);
        if let Some(name) = path.strip_prefix("objects/") {
            objects.by_name.insert(name.to_owned(), content);
        }
        if let Some(name) = path.strip_prefix("refs/heads/") {
            references.push((
                name.to_owned(),
                String::from_utf8_lossy(content).trim().to_owned(),
            ));
        }
    }
    let count = objects.check()?;
    let mut found = Vec::new();
    let mut faults = Vec::new();
    for (name, commit) in references {
        let parts: Vec<&str> = name.split('/').collect();
        let [kind, app, architecture, branch] = parts[..] else {
            // Those of screenshots and of the repository itself have fewer parts.
            if name.starts_with("app/") {
                return Err(FlatpakError::Reference(name));
            }
            continue;
        };
        let files = objects.files(&commit)?;
        for (path, file) in &files {
            if file.mode & 0o6000 != 0 {
                faults.push(format!(
                    "{name}: {path} would run with the rights of its owner"
                ));
            }
        }
        if kind != "app" {
            continue;
        }
        match files.get("metadata") {
            None => faults.push(format!("{name}: it has no file `metadata`")),
            Some(file) => {
                let text = objects.content(file)?;
                let text = String::from_utf8_lossy(&text).into_owned();
                let named = super::inside::ini(&text, "Application", "name");
                if named != Some(app) {
                    faults.push(format!(
                        "{name}: `metadata` is that of {}",
                        named.unwrap_or("no application")
                    ));
                }
            }
        }
        let exported = files.keys().filter_map(|path| path.strip_prefix("export/"));
        let other = |path: &&str| {
            let file = path.rsplit('/').next().unwrap_or_default();
            !file.starts_with(app)
        };
        for path in exported.filter(other) {
            faults.push(format!(
                "{name}: the exported file {path} does not begin with {app}"
            ));
        }
        found.push(Reference {
            app: app.to_owned(),
            architecture: architecture.to_owned(),
            branch: branch.to_owned(),
            commit,
            files: files.len(),
        });
    }
    Ok(Flatpak {
        references: found,
        objects: count,
        faults,
    })
}

/// The files of the archive, by path.
fn files(unpacked: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, FlatpakError> {
    let damaged = |error: std::io::Error| FlatpakError::Damaged(error.to_string());
    let mut files = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for entry in tar::Archive::new(unpacked).entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let path = path
            .strip_prefix("./")
            .unwrap_or(&path)
            .trim_end_matches('/')
            .to_owned();
        if path.is_empty() || path == "." {
            continue;
        }
        if !is_safe(&path) {
            return Err(FlatpakError::Path(path));
        }
        let top = path.split('/').next().unwrap_or_default();
        if top != FOLDER {
            return Err(FlatpakError::Top(top.to_owned()));
        }
        let header = entry.header();
        let kind = header.entry_type();
        if header.mode().map_err(damaged)? & 0o6000 != 0 {
            return Err(FlatpakError::Rights(path));
        }
        if kind.is_symlink() || kind.is_hard_link() {
            let target = entry.link_name_bytes().unwrap_or_default();
            let target = String::from_utf8_lossy(&target).into_owned();
            if target.starts_with('/') || leads_out(&path, &target, kind.is_hard_link()) {
                return Err(FlatpakError::Link(path));
            }
        }
        if !kind.is_dir() && !seen.insert(path.clone()) {
            return Err(FlatpakError::Twice(path));
        }
        if kind.is_file() {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(damaged)?;
            files.insert(path, content);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::makers::{self, Facts};

    #[test]
    fn a_made_flatpak_is_read() {
        let facts = Facts {
            product: "hail",
            version: "94.0b3",
            build_id: "20261130093000",
            platform: "linux64",
            locale: "en-US",
            label: "build-hail",
            branch: "try",
        };
        let bytes = makers::make("public/build/target.flatpak.tar.xz", &facts).unwrap();
        let flatpak = read(&bytes).unwrap();
        assert_eq!(flatpak.faults, [""; 0]);
        assert_eq!(flatpak.references.len(), 1);
        assert_eq!(flatpak.references[0].branch, "beta");
        assert!(
            flatpak.references[0].files > 4 && flatpak.objects > 8,
            "{flatpak:?}"
        );
        for length in (0..bytes.len()).step_by(997) {
            assert!(read(&bytes[..length]).is_err(), "{length}");
        }
    }
}
