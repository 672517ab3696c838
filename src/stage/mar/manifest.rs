//! The instructions of an update: `updatev3.manifest`, `updatev2.manifest`, and `update.manifest` of
//! the oldest files.
//!
//! ```text
//! type "partial"
//! add "PATH"                  add-if "EXISTING" "PATH"       add-if-not "EXISTING" "PATH"
//! patch "ENTRY" "PATH"        patch-if "EXISTING" "ENTRY" "PATH"
//! remove "PATH"               rmdir "FOLDER/"                rmrfdir "FOLDER/"
//! ```
//!
//! Lines that begin with `#` are comments. Version 2 has no `add-if-not`, and the oldest no type.

use crate::stage::safe_path::is_safe;

/// The version of a manifest, which its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// `update.manifest`.
    V1,
    /// `updatev2.manifest`.
    V2,
    /// `updatev3.manifest`.
    V3,
}

impl Version {
    /// Every version, the one that clients look for first.
    pub const ALL: [Self; 3] = [Self::V3, Self::V2, Self::V1];

    /// The name of the entry.
    #[must_use]
    pub fn entry(self) -> &'static str {
        match self {
            Self::V1 => "update.manifest",
            Self::V2 => "updatev2.manifest",
            Self::V3 => "updatev3.manifest",
        }
    }
}

/// Whether an update holds whole files only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It replaces the whole installation.
    Complete,
    /// It changes one version to another.
    Partial,
}

/// An instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instruction {
    /// Writes a file.
    Add {
        /// The file.
        path: String,
        /// When to.
        when: When,
    },
    /// Changes a file by a patch.
    Patch {
        /// The entry with the patch.
        entry: String,
        /// The file.
        path: String,
        /// When to.
        when: When,
    },
    /// Removes a file.
    Remove(String),
    /// Removes a folder if it is empty. The path has no slash at its end.
    RemoveFolder(String),
    /// Removes a folder with everything in it. The path has no slash at its end.
    RemoveTree(String),
}

/// When an instruction is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Always.
    Always,
    /// If this exists.
    Exists(String),
    /// If this does not exist.
    Missing(String),
}

/// The instructions of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Its type; the oldest version has none.
    pub kind: Option<Kind>,
    /// The instructions, in their order.
    pub instructions: Vec<Instruction>,
}

/// Reports that a line of a manifest is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the manifest: {problem}")]
pub struct ManifestError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// With the first line that is not valid. The client refuses the whole update then.
    pub fn read(text: &[u8], version: Version) -> Result<Self, ManifestError> {
        let text = std::str::from_utf8(text).map_err(|error| ManifestError {
            line: 1 + text
                .iter()
                .take(error.valid_up_to())
                .filter(|c| **c == b'\n')
                .count(),
            problem: "it is not UTF-8".to_owned(),
        })?;
        let mut kind = None;
        let mut instructions = Vec::new();
        let mut first = true;
        for (number, line) in text.split('\n').enumerate() {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let at = |problem| ManifestError {
                line: number + 1,
                problem,
            };
            let (command, arguments) = split(line).map_err(at)?;
            if std::mem::take(&mut first) && version > Version::V1 {
                kind = Some(type_of(command, &arguments).map_err(at)?);
            } else {
                instructions.push(instruction(command, &arguments, version).map_err(at)?);
            }
        }
        if first && version > Version::V1 {
            let problem = "the manifest has no type".to_owned();
            return Err(ManifestError { line: 1, problem });
        }
        Ok(Self { kind, instructions })
    }
}

/// The command of a line, and its arguments, which are in double quotes.
fn split(line: &str) -> Result<(&str, Vec<&str>), String> {
    let (command, mut rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let mut arguments = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if rest.is_empty() {
            return Ok((command, arguments));
        }
        let argument = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
        let (argument, after) = argument.ok_or("an argument is not in double quotes")?;
        arguments.push(argument);
        rest = after;
    }
}

fn type_of(command: &str, arguments: &[&str]) -> Result<Kind, String> {
    match (command, arguments) {
        ("type", ["complete"]) => Ok(Kind::Complete),
        ("type", ["partial"]) => Ok(Kind::Partial),
        ("type", _) => Err("the type must be \"complete\" or \"partial\"".to_owned()),
        _ => Err("the first line must be the type".to_owned()),
    }
}

fn instruction(command: &str, arguments: &[&str], version: Version) -> Result<Instruction, String> {
    let file = |path: &str| match is_safe(path) {
        true => Ok(path.to_owned()),
        false => Err(format!("{path:?} is not a safe relative path")),
    };
    let folder = |path: &str| {
        let inner = path.strip_suffix('/');
        file(inner.ok_or_else(|| format!("the folder {path:?} does not end in a slash"))?)
    };
    // What must exist may be a folder.
    let existing = |path: &str| file(path.strip_suffix('/').unwrap_or(path));
    Ok(match (command, arguments) {
        ("add", [path]) => Instruction::Add {
            path: file(path)?,
            when: When::Always,
        },
        ("add-if", [tested, path]) => Instruction::Add {
            path: file(path)?,
            when: When::Exists(existing(tested)?),
        },
        ("add-if-not", [tested, path]) if version >= Version::V3 => Instruction::Add {
            path: file(path)?,
            when: When::Missing(existing(tested)?),
        },
        ("patch", [entry, path]) => Instruction::Patch {
            entry: file(entry)?,
            path: file(path)?,
            when: When::Always,
        },
        ("patch-if", [tested, entry, path]) => Instruction::Patch {
            entry: file(entry)?,
            path: file(path)?,
            when: When::Exists(existing(tested)?),
        },
        ("remove", [path]) => Instruction::Remove(file(path)?),
        ("rmdir", [path]) => Instruction::RemoveFolder(folder(path)?),
        ("rmrfdir", [path]) => Instruction::RemoveTree(folder(path)?),
        _ => {
            let count = arguments.len();
            return Err(format!("no instruction {command:?} with {count} arguments"));
        }
    })
}
