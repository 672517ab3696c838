//! What is known of the files of updates, and of the builds that they are for.

use std::sync::Arc;

use crate::base::digest::hex;
use crate::stage::keys::{Certificate, Hash};
use crate::stage::mar::Mar;
use crate::stage::mar::install::Tree;
use crate::stage::mar::sign::{Verdict, verify};

/// What is known of a file of an update.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-512.
    pub sha512: String,
    /// Its content, if it can be read.
    pub content: Option<Arc<[u8]>>,
    /// The certificates whose keys have signed it; why it cannot be read.
    pub signers: Result<Vec<&'static str>, String>,
}

/// The hash of a file by the function of this name; `None` if it cannot be told.
#[must_use]
pub fn hash(function: &str, facts: &Facts) -> Option<String> {
    let of = |hash: Hash| {
        facts
            .content
            .as_ref()
            .map(|content| hex(&hash.digest(&[content])))
    };
    match function.to_ascii_lowercase().as_str() {
        "sha512" => Some(facts.sha512.clone()),
        "sha384" => of(Hash::Sha384),
        "sha256" => of(Hash::Sha256),
        "sha1" => of(Hash::Sha1),
        _ => Some(format!("(the function {function} is unknown)")),
    }
}

/// The certificates by whose keys a file is signed.
/// # Errors
/// Why it cannot be read, or that it is not signed, in words.
pub fn signers(content: &[u8]) -> Result<Vec<&'static str>, String> {
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
