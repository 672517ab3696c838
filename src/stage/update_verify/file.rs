//! What is known of the files of updates, and of the builds that they are for.

use std::sync::Arc;

use crate::base::text::plural;

use super::offer::Patch;
use super::world::{ArchiveFile, Stored};
use crate::stage::keys::{Certificate, Hash};
use crate::stage::mar::Mar;
use crate::stage::mar::install::Tree;
use crate::stage::mar::sign::{Verdict, verify};

/// What is known of a file of an update.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What the archive says about it.
    pub stored: Stored,
    /// Its content, or why that cannot be read, in words.
    pub content: Result<Arc<[u8]>, String>,
    /// The certificates whose keys have signed it, or why that cannot be told, in words.
    pub signers: Result<Vec<&'static str>, String>,
}

impl Facts {
    /// What is known of a file of the archive.
    #[must_use]
    pub fn of(file: ArchiveFile) -> Self {
        let content = file.content.map_err(|why| why.to_string());
        Self {
            stored: file.stored,
            signers: content.clone().and_then(|content| signers(&content)),
            content,
        }
    }

    /// Compares the file with what the update server says about it; returns what is wrong, in words.
    #[must_use]
    pub fn compare(&self, kind: &str, patch: Patch<'_>) -> Vec<String> {
        let size = self.stored.size;
        let size = (patch.size != size.to_string()).then(|| {
            format!(
                "has {}, but the {kind} update is offered with {}",
                plural(size, "byte"),
                patch.size
            )
        });
        size.into_iter()
            .chain(self.wrong_hash(kind, patch))
            .collect()
    }

    fn wrong_hash(&self, kind: &str, patch: Patch<'_>) -> Option<String> {
        let name = patch.hash_function.to_ascii_lowercase();
        let known = FUNCTIONS.iter().find(|(known, _)| *known == name);
        let own = match (known, &self.content) {
            (None, _) => {
                let known = FUNCTIONS.map(|(name, _)| name).join(", ");
                return Some(format!(
                    "cannot be compared with its hash: the {kind} update is offered with one of the function {:?}, \
                     which is none of {known}",
                    patch.hash_function
                ));
            }
            (Some((_, Hash::Sha512)), _) => self.stored.sha512.clone(),
            (Some((_, hash)), Ok(content)) => hash.hex(content),
            // The signatures cannot be checked either, which is a problem already.
            (Some(_), Err(_)) => return None,
        };
        (own != patch.hash).then(|| {
            format!(
                "has the {name} {own}, but the {kind} update is offered with {}",
                patch.hash
            )
        })
    }
}

/// The functions of the hashes of updates, as offers name them.
const FUNCTIONS: [(&str, Hash); 4] = [
    ("sha512", Hash::Sha512),
    ("sha384", Hash::Sha384),
    ("sha256", Hash::Sha256),
    ("sha1", Hash::Sha1),
];

/// The certificates by whose keys a file is signed.
///
/// # Errors
/// Why it cannot be read, or that it is not signed, in words.
fn signers(content: &[u8]) -> Result<Vec<&'static str>, String> {
    let mar = Mar::read(content).map_err(|error| error.to_string())?;
    let mut signers = Vec::new();
    for certificate in Certificate::all() {
        let key = certificate.key().map_err(|error| error.to_string())?;
        let verdicts = verify(&mar, &[key.public()]).map_err(|error| error.to_string())?;
        match verdicts[..] {
            [] => return Err("it is not signed".to_owned()),
            _ if verdicts.contains(&Verdict::OtherContent(0)) => {
                return Err("it was changed after it was signed".to_owned());
            }
            _ if verdicts.contains(&Verdict::Valid(0)) => signers.push(certificate.name),
            _ => {}
        }
    }
    Ok(signers)
}

/// The files of a build with other MAR channel ids in its settings, and the ids that it accepts.
#[must_use]
pub fn settings(tree: &Tree, channels: Option<&str>) -> (Tree, String) {
    const KEY: &str = "ACCEPTED_MAR_CHANNEL_IDS";
    const FILES: [&str; 2] = [
        "update-settings.ini",
        "Contents/Resources/update-settings.ini",
    ];
    let mut tree = tree.clone();
    let mut accepted = String::new();
    for name in FILES {
        let Some(file) = tree.get_mut(name) else {
            continue;
        };
        let text = String::from_utf8_lossy(&file.content).into_owned();
        let lines = text.split_inclusive('\n').map(|line| {
            let Some(value) = line.strip_prefix(KEY) else {
                return line.to_owned();
            };
            let own = value.trim().trim_start_matches('=').trim();
            let ids = channels.unwrap_or(own);
            ids.clone_into(&mut accepted);
            match channels {
                Some(ids) => format!("{KEY}={ids}\n"),
                None => line.to_owned(),
            }
        });
        let text: String = lines.collect();
        file.content = text.into_bytes();
    }
    (tree, accepted)
}
