//! Which formats fit which files: by the content, and by the end of the name, which the worker looks at.

use super::file_type::{FileType, pe_signature};
use super::formats::{Method, split, without_service};
use super::report::Output;
use super::zip::Zip;

/// A file, opened as far as the checks need it.
#[derive(Debug)]
pub struct Opened<'a> {
    /// Its name.
    pub path: &'a str,
    /// Its content.
    pub content: &'a [u8],
    /// The ZIP file that it is.
    pub zip: Option<Zip<'a>>,
    /// Its type.
    pub file_type: FileType,
}

impl<'a> Opened<'a> {
    /// Opens a file.
    #[must_use]
    pub fn new(path: &'a str, content: &'a [u8]) -> Self {
        let zip = Zip::read(content).ok();
        let names = zip.as_ref().map(Zip::names);
        let file_type = FileType::of(content, names.as_deref());
        Self {
            path,
            content,
            zip,
            file_type,
        }
    }

    /// The file with another content, or, with an ending, a file beside it.
    #[must_use]
    pub fn output(&self, ending: &str, content: Vec<u8>) -> Output {
        let path = format!("{}{ending}", self.path);
        Output { path, content }
    }

    fn ends(&self, end: &str) -> bool {
        self.path.ends_with(end)
    }
}

/// The names that may be an archive, each with the type of its content.
static ARCHIVES: &[(&str, FileType)] = &[
    (".tar.bz2", FileType::Bzip2),
    (".tar.gz", FileType::Gzip),
    (".tar.xz", FileType::Xz),
];

/// Files that come signed by their maker, and are left alone in a ZIP file. A `*` stands for any text.
static SIGNED_BY_OTHERS: &[&str] = &[
    "D3DCompiler_42.dll",
    "d3dx9_42.dll",
    "D3DCompiler_43.dll",
    "d3dx9_43.dll",
    "msvc*.dll",
];

/// The formats for Android packages beside those that begin with `autograph_apk`.
static ANDROID: &[&str] = &["autograph_focus", "autograph_aab", "autograph_stage_aab"];

/// What a format needs, and this file lacks; `None` when it fits.
#[must_use]
pub fn misfit(format: &str, method: Method, file: &Opened<'_>) -> Option<String> {
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
        let tars: [(&str, &[FileType]); 3] = [
            (ARCHIVES[0].0, &[FileType::Bzip2]),
            (ARCHIVES[1].0, &[FileType::Gzip]),
            (ARCHIVES[2].0, &[FileType::Xz]),
        ];
        expected(&[&tars[..], others].concat())
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

/// What is wrong with a file for Windows: nothing in it to sign, or signed already.
fn windows(file: &Opened<'_>) -> Option<String> {
    if file.ends(".zip") {
        let names = file.zip.as_ref().map(Zip::names).unwrap_or_default();
        let any = names.iter().any(|name| is_windows_program(name));
        return (!any).then(|| "the ZIP file holds nothing to sign".to_owned());
    }
    let signed = pe_signature(file.content);
    signed
        .then(|| "the program is already signed, and the worker would leave it as it is".to_owned())
}

/// Whether the worker signs a member of a ZIP file.
fn is_windows_program(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let ends = [".dll", ".exe", ".msi", ".msix", ".bin"];
    let excepted = SIGNED_BY_OTHERS
        .iter()
        .any(|pattern| match pattern.split_once('*') {
            Some((start, end)) => {
                let rest = name.strip_prefix(start);
                rest.is_some_and(|rest| rest.ends_with(end))
            }
            None => *pattern == name,
        });
    ends.iter().any(|end| name.ends_with(end)) && !excepted
}
