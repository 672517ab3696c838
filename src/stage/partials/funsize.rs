//! What a task says about the partial updates that it makes: its checks, and the manifest about them.

use std::collections::BTreeSet;

use super::make::{Build, Partial};
use crate::base::posix;
use crate::base::value::{Object, Value, json};
use crate::stage::ini;
use crate::stage::keys::{Hash, PublicKey};
use crate::stage::mar::install::Tree;
use crate::stage::mar::sign::{Verdict, verify};
use crate::stage::mar::{Mar, MarError};

/// The beginnings of addresses that updates may come from, beside artifacts of tasks.
const ALLOWED: [&str; 6] = [
    "http://download.cdn.mozilla.net/pub/mozilla.org/firefox/nightly/",
    "http://download.cdn.mozilla.net/pub/firefox/nightly/",
    "http://ftp.mozilla.org/",
    "http://download.mozilla.org/",
    "https://archive.mozilla.org/",
    "http://archive.mozilla.org/",
];

/// Those that are allowed on top where staging is.
const STAGING: [&str; 2] = [
    "http://ftp.stage.mozaws.net/",
    "https://ftp.stage.mozaws.net/",
];

/// The processors that a task may name, and whether code for it is converted before it is compressed.
const PROCESSORS: [(&str, bool); 4] = [
    ("x86", true),
    ("x86_64", true),
    ("aarch64", false),
    ("macos-x86_64-aarch64", false),
];

/// What is wrong with a task or with an update that it reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunsizeError {
    /// The task does not name a processor that is known.
    #[error("`EXTRA_PARAMS` has to name the processor, such as `--arch=x86_64`, not `{0}`")]
    Processor(String),
    /// The address of an update is not allowed.
    #[error("{address} is at none of the addresses that updates may come from: {allowed}")]
    Address {
        /// The address.
        address: String,
        /// The beginnings of addresses that are allowed.
        allowed: String,
    },
    /// An update is not signed by the certificate that the task names.
    #[error("it is not signed with the key of the certificate {certificate}: {why}")]
    Signature {
        /// The certificate.
        certificate: String,
        /// What the signature is.
        why: String,
    },
    /// An update is for another channel.
    #[error("its MAR channel id is {found:?}, but the task is for {expected:?}")]
    Channel {
        /// The channel of the file.
        found: String,
        /// The channels of the task.
        expected: String,
    },
    /// A build does not have a fact.
    #[error("the build has no file `{file}` with `{option}` in [{section}]")]
    Option {
        /// The name of the file.
        file: &'static str,
        /// The section.
        section: &'static str,
        /// The option.
        option: &'static str,
    },
    /// The structure of an update cannot be followed.
    #[error(transparent)]
    Mar(#[from] MarError),
}

/// Whether code is converted before it is compressed, by the parameters of a task (`--arch=NAME`).
///
/// # Errors
/// If they do not name a processor that is known.
pub fn converts(parameters: &str) -> Result<bool, FunsizeError> {
    let mut words = parameters.split_whitespace();
    let name = words.clone().find_map(|word| word.strip_prefix("--arch="));
    let name = name.or_else(|| {
        words.by_ref().find(|word| *word == "--arch")?;
        words.next()
    });
    let mut known = PROCESSORS.iter();
    let known = known.find(|(processor, _)| Some(*processor) == name);
    known
        .map(|(_, converts)| *converts)
        .ok_or_else(|| FunsizeError::Processor(parameters.to_owned()))
}

/// The task and the name of an artifact, of an address in the queue of any Taskcluster.
#[must_use]
pub fn artifact(address: &str) -> Option<(&str, &str)> {
    let (scheme, path) = address.split_once("://")?;
    let (host, path) = path.split_once("/api/queue/v1/task/")?;
    if !["http", "https"].contains(&scheme) || host.contains(['/', '?', '#']) {
        return None;
    }
    let (task, rest) = path.split_once('/')?;
    let rest = match rest.strip_prefix("runs/") {
        Some(run) => run.split_once('/')?.1,
        None => rest,
    };
    Some((task, rest.strip_prefix("artifacts/")?))
}

/// Checks that an update may be read from an address. Artifacts of tasks always may.
///
/// # Errors
/// If it may not.
pub fn allow(address: &str, staging: bool) -> Result<(), FunsizeError> {
    let more: &[&str] = if staging { &STAGING } else { &[] };
    let allowed: Vec<&str> = ALLOWED.iter().chain(more).copied().collect();
    if artifact(address).is_some() || allowed.iter().any(|start| address.starts_with(start)) {
        return Ok(());
    }
    Err(FunsizeError::Address {
        address: address.to_owned(),
        allowed: allowed.join(", "),
    })
}

/// Checks that every signature of an update was made by a key.
///
/// # Errors
/// If it was not, or there is none.
pub fn check_signature(
    bytes: &[u8],
    certificate: &str,
    key: &PublicKey,
) -> Result<(), FunsizeError> {
    let mar = Mar::read(bytes)?;
    let verdicts = verify(&mar, &[key])?;
    let other = verdicts
        .iter()
        .find(|verdict| **verdict != Verdict::Valid(0));
    let why = match (other, verdicts.is_empty()) {
        (None, false) => return Ok(()),
        (None, true) => "it has no signature",
        (Some(Verdict::OtherContent(_)), _) => "it was changed after it was signed",
        (Some(Verdict::UnknownAlgorithm(_)), _) => "the algorithm is unknown",
        (Some(_), _) => "another key made the signature",
    };
    Err(FunsizeError::Signature {
        certificate: certificate.to_owned(),
        why: why.to_owned(),
    })
}

/// Checks that the MAR channel ids of an update, between commas, are among those of a task.
///
/// # Errors
/// If there are others.
pub fn check_channel(found: &str, expected: &str) -> Result<(), FunsizeError> {
    let set = |ids: &'_ str| -> BTreeSet<String> { ids.split(',').map(str::to_owned).collect() };
    match set(found).is_subset(&set(expected)) {
        true => Ok(()),
        false => Err(FunsizeError::Channel {
            found: found.to_owned(),
            expected: expected.to_owned(),
        }),
    }
}

/// An option of a file `NAME.ini` of a build. Of several files of this name, that nearest to the root counts.
///
/// # Errors
/// If there is no such option.
pub fn option(
    tree: &Tree,
    file: &'static str,
    section: &'static str,
    option: &'static str,
) -> Result<String, FunsizeError> {
    let named = tree
        .iter()
        .filter(|(path, _)| posix::basename(path) == file);
    let nearest = named.min_by_key(|(path, _)| path.matches('/').count());
    let text = nearest.map(|(_, file)| String::from_utf8_lossy(&file.content));
    let value = text
        .as_deref()
        .and_then(|text| ini::value(text, section, option));
    value.map(str::to_owned).ok_or(FunsizeError::Option {
        file,
        section,
        option,
    })
}

/// The entry of the manifest about a partial update.
///
/// # Errors
/// If a build does not have a fact that belongs there.
pub fn entry(
    definition: &Value,
    channel_ids: &str,
    (from, from_bytes): (&Build, &[u8]),
    (to, to_bytes): (&Build, &[u8]),
    partial: &Partial,
) -> Result<Value, FunsizeError> {
    let hash = |bytes: &[u8]| Hash::Sha512.hex(bytes);
    let repository = option(&to.tree, "platform.ini", "Build", "SourceRepository")?;
    let branch = match definition["branch"].as_str() {
        Some(branch) => branch,
        None => posix::basename(repository.trim_end_matches('/')),
    };
    let entry = json!({
        "MAR_CHANNEL_ID": channel_ids,
        "version": option(&to.tree, "application.ini", "App", "Version")?,
        "appName": option(&from.tree, "application.ini", "App", "Name")?,
        "repo": repository,
        "revision": option(&to.tree, "platform.ini", "Build", "SourceStamp")?,
        "locale": definition["locale"],
        "from_mar": definition["from_mar"],
        "from_size": from_bytes.len(),
        "from_hash": hash(from_bytes),
        "from_buildid": option(&from.tree, "application.ini", "App", "BuildID")?,
        "to_mar": definition["to_mar"],
        "to_size": to_bytes.len(),
        "to_hash": hash(to_bytes),
        "to_buildid": option(&to.tree, "application.ini", "App", "BuildID")?,
        "mar": definition["dest_mar"],
        "branch": branch,
        "size": partial.mar.len(),
        "hash": hash(&partial.mar),
    });
    let mut all = entry.as_object().cloned().unwrap_or_default();
    for name in MORE {
        if let Some(value) = definition.get(name) {
            all.insert(name, value.clone());
        }
    }
    let mut keys: Vec<_> = all.iter().collect();
    keys.sort_by_key(|(key, _)| *key);
    let sorted: Object = keys
        .into_iter()
        .map(|(key, value)| (key.to_string(), value.clone()))
        .collect();
    Ok(Value::Object(sorted))
}

/// What the manifest takes over from a task, if it is there.
const MORE: [&str; 5] = [
    "update_number",
    "previousVersion",
    "previousBuildNumber",
    "toVersion",
    "toBuildNumber",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_list() {
        let staging = "http://ftp.stage.mozaws.net/pub/a.mar";
        assert!(allow(staging, true).is_ok());
        assert!(allow(staging, false).is_err());
        assert!(allow("https://archive.mozilla.org/pub/a.mar", false).is_ok());
        assert!(allow("https://archive.mozilla.org.example.com/a.mar", true).is_err());
        assert!(allow("https://download.mozilla.org/?product=a", true).is_err());
        let address = "https://tc.example.com/api/queue/v1/task/abc/artifacts/public/build/a.mar";
        assert_eq!(artifact(address), Some(("abc", "public/build/a.mar")));
        assert!(allow(address, false).is_ok());
        let of_run = "https://tc/api/queue/v1/task/abc/runs/0/artifacts/public/a.mar";
        assert_eq!(artifact(of_run), Some(("abc", "public/a.mar")));
        let elsewhere = "https://evil/?/api/queue/v1/task/abc/artifacts/public/a.mar";
        assert!(allow(elsewhere, true).is_err());
        assert_eq!(artifact("https://tc/api/queue/v1/task/abc"), None);
    }

    #[test]
    fn parameters_name_the_processor() {
        assert_eq!(converts("--arch=x86_64"), Ok(true));
        assert_eq!(converts("-q --arch macos-x86_64-aarch64"), Ok(false));
        for wrong in ["", "--arch=", "--arch=arm", "x86"] {
            assert!(converts(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn channels_are_sets() {
        assert!(check_channel("a", "a,b").is_ok());
        assert!(check_channel("b,a", "a,b").is_ok());
        assert!(check_channel("a,c", "a,b").is_err());
        assert!(check_channel("", "a").is_err());
    }
}
