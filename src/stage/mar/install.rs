//! Installs an update into a tree of files, as the client does.
//!
//! 1. The manifest is read. When the update is complete, the instructions of the installed file
//!    `precomplete` come first; they remove what the installed version brought.
//! 2. Conditions are decided by the installed tree, before anything changes.
//! 3. The instructions are followed in their order. A file that is added has the mode of its entry, a
//!    file that is patched keeps its own. What is to be removed may be missing.
//!
//! When anything fails, the client restores what it had; here the installed tree is never changed.

use std::collections::BTreeMap;

use super::extract::File;
use super::manifest::{Instruction, Kind, Manifest, ManifestError, Version, When};
use super::patch::{PatchError, apply};

/// Files by their paths.
pub type Tree = BTreeMap<String, File>;

/// The places of the list of what a version brought, relative to the installation.
const PRECOMPLETE: [&str; 2] = ["precomplete", "Contents/Resources/precomplete"];

/// Why an update cannot be installed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstallError {
    /// The update has no manifest that the client looks for.
    #[error("the update has no entry updatev3.manifest")]
    NoManifest,
    /// A list of instructions is not valid.
    #[error("{name}: {error}")]
    Manifest {
        /// Its name.
        name: String,
        /// What is wrong.
        error: ManifestError,
    },
    /// The update lacks a file that it is to write, or a patch.
    #[error("the update has no entry {0:?}")]
    NoEntry(String),
    /// The file to be patched is not installed.
    #[error("{0:?} is to be patched, but not installed")]
    NotInstalled(String),
    /// A patch does not fit.
    #[error("{path:?}: {error}")]
    Patch {
        /// The file.
        path: String,
        /// What is wrong.
        error: PatchError,
    },
    /// A folder is to be removed as if it were a file, or the reverse.
    #[error("{0:?} is to be removed, but is no {1}")]
    OtherType(String, &'static str),
}

/// The tree after an update, given the unpacked files of the update.
///
/// # Errors
///
/// When the client would stop, and restore what was installed.
pub fn install(update: &Tree, installed: &Tree) -> Result<Tree, InstallError> {
    let name = Version::V3.entry();
    let manifest = update.get(name).ok_or(InstallError::NoManifest)?;
    let manifest = read(name, manifest, Version::V3)?;
    let mut instructions = Vec::new();
    if manifest.kind == Some(Kind::Complete) {
        let found = PRECOMPLETE
            .iter()
            .find_map(|name| Some((name, installed.get(*name)?)));
        if let Some((name, list)) = found {
            instructions.extend(read(name, list, Version::V1)?.instructions);
        }
    }
    instructions.extend(manifest.instructions);
    let mut tree = installed.clone();
    for instruction in &instructions {
        follow(instruction, update, installed, &mut tree)?;
    }
    Ok(tree)
}

fn read(name: &str, file: &File, version: Version) -> Result<Manifest, InstallError> {
    Manifest::read(&file.content, version).map_err(|error| InstallError::Manifest {
        name: name.to_owned(),
        error,
    })
}

fn follow(
    instruction: &Instruction,
    update: &Tree,
    installed: &Tree,
    tree: &mut Tree,
) -> Result<(), InstallError> {
    let entry = |name: &String| {
        let found = update.get(name);
        found.ok_or_else(|| InstallError::NoEntry(name.clone()))
    };
    match instruction {
        Instruction::Add { when, .. } | Instruction::Patch { when, .. }
            if !holds(when, installed) => {}
        Instruction::Add { path, .. } => {
            tree.insert(path.clone(), entry(path)?.clone());
        }
        Instruction::Patch {
            entry: name, path, ..
        } => {
            let patch = entry(name)?;
            let file = tree.get_mut(path);
            let file = file.ok_or_else(|| InstallError::NotInstalled(path.clone()))?;
            file.content = apply(&file.content, &patch.content).map_err(|error| {
                let path = path.clone();
                InstallError::Patch { path, error }
            })?;
        }
        Instruction::Remove(path) => {
            if is_folder(path, installed) {
                return Err(InstallError::OtherType(path.clone(), "file"));
            }
            tree.remove(path);
        }
        // Empty folders are not in the tree, so there is nothing to do.
        Instruction::RemoveFolder(path) if installed.contains_key(path) => {
            return Err(InstallError::OtherType(path.clone(), "folder"));
        }
        Instruction::RemoveFolder(_) => {}
        Instruction::RemoveTree(path) => {
            let removed = |name: &String| is_below(name, path) && installed.contains_key(name);
            tree.retain(|name, _| !removed(name));
        }
    }
    Ok(())
}

fn holds(when: &When, installed: &Tree) -> bool {
    let exists = |path: &String| installed.contains_key(path) || is_folder(path, installed);
    match when {
        When::Always => true,
        When::Exists(path) => exists(path),
        When::Missing(path) => !exists(path),
    }
}

fn is_folder(path: &str, tree: &Tree) -> bool {
    tree.keys().any(|name| is_below(name, path))
}

fn is_below(name: &str, folder: &str) -> bool {
    name.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}
