//! Which formats fit which files: by the content, and by the end of the name, which the worker looks at.

use super::existing::existing;
use super::file_type::FileType;
use super::formats::{Method, split, without_service};
use super::opened::Opened;
use super::zip::Zip;
use crate::base::pattern::ShellPattern;
use crate::base::posix::basename;

/// The names that may be an archive, each with the type of its content.
static ARCHIVES: [(&str, &[FileType]); 3] = [
    (".tar.bz2", &[FileType::Bzip2]),
    (".tar.gz", &[FileType::Gzip]),
    (".tar.xz", &[FileType::Xz]),
];

/// Files that come signed by their maker, and are left alone in a ZIP file.
static SIGNED_BY_OTHERS: &[&str] = &[
    "D3DCompiler_42.dll",
    "d3dx9_42.dll",
    "D3DCompiler_43.dll",
    "d3dx9_43.dll",
    "msvc*.dll",
];

/// The formats for Android packages beside those that begin with `autograph_apk`.
static ANDROID: &[&str] = &["autograph_focus", "autograph_aab", "autograph_stage_aab"];

/// Why a format cannot be applied to a file: what the format needs and the file lacks, or a signature
/// that the file has; `None` when it can be applied.
#[must_use]
pub fn misfit(format: &str, method: Method, file: &Opened<'_>) -> Option<String> {
    let signed = || {
        let signs = matches!(method, Method::Authenticode | Method::Rpm | Method::Service);
        let signature = existing(file).filter(|_| signs)?;
        Some(format!(
            "the file already has {signature}, made by another key"
        ))
    };
    unfit(format, method, file).or_else(signed)
}

fn unfit(format: &str, method: Method, file: &Opened<'_>) -> Option<String> {
    if file.file_type == FileType::Empty {
        return Some("the file is empty".to_owned());
    }
    let expected = |pairs: &[(&str, &[FileType])]| match pairs
        .iter()
        .find(|(end, _)| file.ends(end))
    {
        None => {
            let ends: Vec<&str> = pairs.iter().map(|(end, _)| *end).collect();
            Some(format!(
                "the format {format} is for files named {}",
                ends.join(", ")
            ))
        }
        Some((end, types)) if !types.contains(&file.file_type) => {
            let (actual, wanted) = (file.file_type.name(), types[0].name());
            Some(format!(
                "the format {format} needs {wanted} for a name with {end:?}; the content is {actual}"
            ))
        }
        Some(_) => None,
    };
    let archive = |others: &[(&'static str, &'static [FileType])]| {
        expected(&[&ARCHIVES[..], others].concat())
    };
    match method {
        Method::Mar => expected(&[(".mar", &[FileType::Mar])]),
        Method::Gpg if file.ends(".asc") => {
            Some("the file is a detached signature itself".to_owned())
        }
        Method::Gpg | Method::Detached => None,
        Method::Widevine | Method::OmniJa => archive(&[
            (".zip", &[FileType::Zip, FileType::Jar]),
            (".dmg", &[FileType::Dmg]),
        ]),
        Method::Xpi => expected(&[(".xpi", &[FileType::Xpi]), (".zip", &[FileType::Xpi])])
            .or_else(|| extension(format, file)),
        Method::Authenticode => expected(&[
            (".exe", &[FileType::Pe]),
            (".dll", &[FileType::Pe]),
            (".bin", &[FileType::Pe]),
            (".msi", &[FileType::Msi]),
            (".msix", &[FileType::Msix]),
            (".zip", &[FileType::Zip, FileType::Jar]),
        ])
        .or_else(|| windows(file)),
        Method::Rpm => expected(&[(".rpm", &[FileType::Rpm])]),
        Method::MacApp => archive(&[(".dmg", &[FileType::Dmg]), (".pkg", &[FileType::Xar])]),
        Method::Notarize | Method::NotarizeStacked => archive(&[(".pkg", &[FileType::Xar])]),
        Method::NotarizeDriver => archive(&[]),
        Method::NotarizePlugin => expected(&[(".zip", &[FileType::Zip, FileType::Jar])]),
        Method::Service => match without_service(split(format).0) {
            plain if plain.starts_with("autograph_apk") || ANDROID.contains(&plain) => {
                expected(&[(".apk", &[FileType::Apk]), (".aab", &[FileType::Aab])])
            }
            "autograph_debsign" => expected(&[(".deb", &[FileType::Deb])]),
            _ => Some(format!("no format is named {format}")),
        },
    }
}

/// What is wrong with the manifest of an extension.
fn extension(format: &str, file: &Opened<'_>) -> Option<String> {
    let zip = file.zip.as_ref()?;
    let names = ["manifest.json", "webextension/manifest.json"];
    let manifest = names.iter().find_map(|name| zip.member(name));
    let Some(manifest) = manifest else {
        return Some("the extension has no manifest.json".to_owned());
    };
    let text = match manifest.content(1 << 20) {
        Ok(text) => text,
        Err(error) => return Some(error.to_string()),
    };
    let value: serde_json::Value = match serde_json::from_slice(&text) {
        Ok(value) => value,
        Err(error) => return Some(format!("manifest.json is not valid JSON: {error}")),
    };
    let settings = ["browser_specific_settings", "applications"];
    let settings = settings.iter().find_map(|key| value.get(key));
    let id = settings.and_then(|settings| settings.pointer("/gecko/id")?.as_str());
    let Some(id) = id else {
        return Some("manifest.json names no extension id".to_owned());
    };
    if !format.contains("langpack") {
        return None;
    }
    let tag = id
        .strip_prefix("langpack-")
        .and_then(|rest| rest.split_once('@'));
    let valid = tag.is_some_and(|(tag, product)| {
        let parts: Vec<&str> = tag.split('-').collect();
        let letters =
            |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphabetic());
        parts.len() <= 3 && parts.iter().all(letters) && !product.is_empty()
    });
    let has = |key: &str| value.get(key).is_some();
    if !valid || !has("languages") || !has("langpack_id") || !file.ends(".xpi") {
        return Some(format!("{id:?} is not a valid language pack"));
    }
    None
}

/// Whether a ZIP file holds nothing for Windows to sign.
fn windows(file: &Opened<'_>) -> Option<String> {
    let names = file
        .zip
        .as_ref()
        .filter(|_| file.ends(".zip"))
        .map(Zip::names);
    let nothing = names.is_some_and(|names| !names.iter().any(|name| is_windows_program(name)));
    nothing.then(|| "the ZIP file holds nothing to sign".to_owned())
}

/// Whether the worker signs a member of a ZIP file.
fn is_windows_program(path: &str) -> bool {
    let name = basename(path);
    let ends = [".dll", ".exe", ".msi", ".msix", ".bin"];
    let mut excepted = SIGNED_BY_OTHERS
        .iter()
        .map(|pattern| ShellPattern::new(pattern));
    let excepted = excepted.any(|pattern| pattern.matches(name));
    ends.iter().any(|end| name.ends_with(end)) && !excepted
}
