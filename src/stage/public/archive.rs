//! The files of a release in the archive, by their hashes.

use std::collections::{BTreeMap, BTreeSet};

use super::name::ReleaseName;
use super::read::{PublicError, Reader, Services};
use crate::base::digest::hex;
use crate::base::text::list_some;
use crate::base::value::{Value, json};
use crate::stage::archive::SPACE;
use crate::stage::archive::layout::{candidates_folder, releases_folder};
use crate::stage::balrog_state::locales;
use crate::stage::keys::Hash;
use crate::stage::safe_path::is_safe;
use crate::stage::state::Effect;
use crate::stage::update_verify::platform::Platform;

/// The list of the hashes of a release.
const SUMS: &str = "SHA512SUMS";

/// The most bytes of this list.
const MAX_SUMS: u64 = 32 << 20;

/// The most bytes of a file about a build.
const MAX_INFORMATION: u64 = 4096;

/// The folder of updates in a release.
const UPDATES: &str = "update";

/// The end of the names of complete updates.
const COMPLETE: &str = ".complete.mar";

/// The digits of a hash.
const DIGITS: usize = 128;

/// The files of a release.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Files {
    /// The files.
    pub effects: Vec<Effect>,
    /// What is missing, or contradicts itself.
    pub notes: Vec<String>,
}

/// The files of a release that count for later ones: packages and complete updates of each locale, and the build ids.
/// `None` if the archive does not have it among the releases.
///
/// # Errors
/// When a file cannot be read, or has another form.
pub fn files(
    reader: &dyn Reader,
    services: &Services,
    name: &ReleaseName,
    blob: &Value,
) -> Result<Option<Files>, Vec<PublicError>> {
    let folder = format!("pub{}", releases_folder(&name.folder(), &name.version));
    let address = format!("{}/{folder}/{SUMS}", services.archive);
    let content = reader.get(&address, MAX_SUMS);
    let Some(content) = content.map_err(|error| vec![error.into()])? else {
        return Ok(None);
    };
    let lines = sums(&content).map_err(|why| vec![PublicError::Form { address, why }])?;
    let folders = folders(blob);
    let sizes = sizes(blob);
    let mut files = Files::default();
    for (path, hash) in &lines {
        if !counts(path, &folders) {
            continue;
        }
        let mut value = json!({"sha512": hash});
        if let Some(size) = sizes.get(hash.as_str()) {
            value["size"] = (*size).into();
        }
        files.effects.push(Effect {
            space: SPACE.to_owned(),
            key: format!("{folder}/{path}"),
            value,
        });
    }
    let listed: BTreeSet<&str> = lines.values().map(String::as_str).collect();
    let unlisted = completes(blob).filter(|update| !listed.contains(update.hash));
    let unlisted: Vec<String> = unlisted.map(|update| update.place).collect();
    if !unlisted.is_empty() {
        files.notes.push(format!(
            "{name}: {SUMS} does not have the complete updates that Balrog offers for {}",
            list_some(&unlisted)
        ));
    }
    let mut errors = Vec::new();
    for platform in &folders {
        match information(reader, services, name, platform) {
            Ok(Some(effect)) => files.effects.push(effect),
            Ok(None) => files.notes.push(format!(
                "{name}: the archive does not say which build it is for {platform}"
            )),
            Err(error) => errors.push(error),
        }
    }
    match errors.is_empty() {
        true => Ok(Some(files)),
        false => Err(errors),
    }
}

/// Reads lines `HASH  PATH`.
fn sums(content: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let text = std::str::from_utf8(content).map_err(|error| error.to_string())?;
    let mut files = BTreeMap::new();
    for (at, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
    {
        let number = at + 1;
        let fields = line.split_once("  ");
        let fields = fields.filter(|(hash, path)| is_hash(hash) && is_safe(path));
        let (hash, path) = fields.ok_or_else(|| {
            format!("line {number} is not a SHA-512 hash, two blanks and the path of a file")
        })?;
        let hash = hash.to_ascii_lowercase();
        if let Some(before) = files.insert(path.to_owned(), hash.clone())
            && before != hash
        {
            return Err(format!("line {number}: {path} has two hashes"));
        }
    }
    Ok(files)
}

fn is_hash(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The folders of the platforms that a release has updates for.
fn folders(blob: &Value) -> BTreeSet<String> {
    let platforms = blob["platforms"].as_object().into_iter().flatten();
    let names = platforms.filter_map(|(_, platform)| platform["OS_FTP"].as_str());
    let known = names.filter(|name| Platform::in_archive(name).is_ok());
    known.map(str::to_owned).collect()
}

/// Whether later releases look at a file: a package of a platform in a locale, or its complete update.
fn counts(path: &str, folders: &BTreeSet<String>) -> bool {
    match path.split('/').collect::<Vec<_>>()[..] {
        [UPDATES, platform, _, file] => folders.contains(platform) && file.ends_with(COMPLETE),
        [platform, _, file] => folders.contains(platform) && !file.ends_with(".asc"),
        _ => false,
    }
}

/// A complete update that a release offers.
struct Complete<'b> {
    /// Its locale and platform.
    place: String,
    hash: &'b str,
    size: Option<u64>,
}

fn completes(blob: &Value) -> impl Iterator<Item = Complete<'_>> {
    locales(blob).flat_map(|(platform, locale, data)| {
        let completes = data["completes"].as_array().into_iter().flatten();
        completes.map(move |update| Complete {
            place: format!("{locale} on {platform}"),
            hash: update["hashValue"].as_str().unwrap_or_default(),
            size: update["filesize"].as_u64(),
        })
    })
}

/// The sizes of complete updates by hash.
fn sizes(blob: &Value) -> BTreeMap<&str, u64> {
    let sized = completes(blob).filter_map(|update| Some((update.hash, update.size?)));
    sized.collect()
}

/// The file that says which build a release is on a platform.
fn information(
    reader: &dyn Reader,
    services: &Services,
    name: &ReleaseName,
    platform: &str,
) -> Result<Option<Effect>, PublicError> {
    let Ok(platform) = Platform::in_archive(platform) else {
        return Ok(None);
    };
    let folder = candidates_folder(&name.folder(), &name.version, name.build_number);
    let path = format!("pub{folder}/{}", platform.information());
    let address = format!("{}/{path}", services.archive);
    let Some(content) = reader.get(&address, MAX_INFORMATION)? else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&content).into_owned();
    let build_id = text.trim_end().strip_prefix("buildID=");
    let is_number = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    if !build_id.is_some_and(is_number) {
        let why = "it is not `buildID=` and a number".to_owned();
        return Err(PublicError::Form { address, why });
    }
    Ok(Some(Effect {
        space: SPACE.to_owned(),
        key: path,
        value: json!({
            "size": content.len(),
            "sha512": hex(&Hash::Sha512.digest(&[&content])),
            "text": text,
        }),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_hashes_are_read_line_by_line() {
        let (one, other) = ("a".repeat(128), "B".repeat(128));
        let read = |text: String| sums(text.as_bytes());
        let files = read(format!("{one}  a/b c.exe\n{other}  d\n\n")).unwrap();
        let expected = [("a/b c.exe", one.as_str()), ("d", &"b".repeat(128))];
        let expected = expected.map(|(path, hash)| (path.to_owned(), hash.to_owned()));
        assert_eq!(files, BTreeMap::from(expected));
        for text in [
            format!("{one} a"),
            format!("{one}  "),
            format!("{one}  ../a"),
            format!("{one}  /a"),
            format!("{}  a", &one[1..]),
            "<html>".to_owned(),
        ] {
            let why = read(format!("{one}  x\n{text}\n")).unwrap_err();
            assert!(
                why.starts_with("line 2 is not a SHA-512 hash"),
                "{text}: {why}"
            );
        }
        let why = read(format!("{one}  x\n{other}  x\n")).unwrap_err();
        assert_eq!(why, "line 2: x has two hashes");
    }

    #[test]
    fn packages_and_complete_updates_count() {
        let folders = BTreeSet::from(["mac".to_owned()]);
        for (path, is_it) in [
            ("mac/de/Firefox 141.0.dmg", true),
            ("mac/de/Firefox 141.0.dmg.asc", false),
            ("update/mac/de/firefox-141.0.complete.mar", true),
            ("update/mac/de/firefox-140.0-141.0.partial.mar", false),
            ("win64/de/Firefox Setup 141.0.exe", false),
            ("source/firefox-141.0.source.tar.xz", false),
            ("mac/a/b/c", false),
        ] {
            assert_eq!(counts(path, &folders), is_it, "{path}");
        }
    }
}
