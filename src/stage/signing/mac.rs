//! Signing for macOS: what the worker with Apple's tools checks, and what it names its results.
//!
//! Nothing is signed for real here. The payload and the archive are checked:
//!
//! - the behavior exists, the archive is one that it opens, and its name one that it can write;
//! - the archive holds what the payload means to sign ([`super::mac_archive`]);
//! - entitlements and constraints that are no URLs come with the archive;
//! - provisioning profiles go to a place inside of the application.
//!
//! Disk images are not opened, so there nothing inside is checked, and a note says so.

use super::file_type::FileType;
use super::formats::Method;
use super::mac_archive::{Wanted, missing};
use super::members::names;
use super::opened::Opened;
use super::report::{How, Output, Problem, Reason, SignedFile, Step};
use super::work::attested_archive;
use super::xar::archive;
use crate::stage::keys::Hash;

/// What the worker does with an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behavior {
    /// Its name in payloads.
    pub name: &'static str,
    /// Whether the patterns of the payload say what is signed.
    pub hardened: bool,
    /// Whether an installer package is made, too.
    pub package: bool,
    /// Whether single files are signed instead of an application.
    pub single: bool,
}

impl Behavior {
    /// Whether installer packages are signed, which are not opened.
    #[must_use]
    pub fn installer(&self) -> bool {
        self.name == "mac_sign_pkg"
    }
}

const fn behavior(name: &'static str, [hardened, package, single]: [bool; 3]) -> Behavior {
    Behavior {
        name,
        hardened,
        package,
        single,
    }
}

/// Every behavior.
pub static BEHAVIORS: &[Behavior] = &[
    behavior("mac_geckodriver", [false, false, true]),
    behavior("mac_sign", [false, false, false]),
    behavior("mac_sign_and_pkg", [false, true, false]),
    behavior("mac_sign_and_pkg_hardened", [true, true, false]),
    behavior("mac_sign_and_pkg_vpn", [false, true, false]),
    behavior("mac_sign_hardened", [true, false, false]),
    behavior("mac_sign_pkg", [false, false, false]),
    behavior("mac_single_file", [false, false, true]),
];

impl Behavior {
    /// The behavior of a name.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn named(name: &str) -> Result<&'static Self, Problem> {
        let found = BEHAVIORS.iter().find(|behavior| behavior.name == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = BEHAVIORS.iter().map(|behavior| behavior.name).collect();
            let known = known.join(", ");
            Problem::of_task(format!("no behavior is named {name:?}; there are {known}"))
        })
    }
}

/// A part of `hardened-sign-config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hardened<'a> {
    /// The patterns of what is signed, relative to the application.
    pub globs: Vec<&'a str>,
    /// The files that say what the programs may do: entitlements and constraints.
    pub resources: Vec<&'a str>,
}

/// What a payload asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacRequest<'a> {
    /// The behavior.
    pub behavior: &'static Behavior,
    /// The parts of `hardened-sign-config`.
    pub hardened: Vec<Hardened<'a>>,
    /// The patterns of single files.
    pub single_files: Vec<&'a str>,
    /// The places of provisioning profiles, relative to the application.
    pub profiles: Vec<&'a str>,
    /// The names of the other artifacts of the task that the archive comes from.
    pub beside: Vec<&'a str>,
}

/// A name that a file may have, the types of its content, and whether the worker writes such files.
type Name = (&'static str, &'static [FileType], bool);

/// The archives that the worker opens.
const ARCHIVES: &[Name] = &[
    (".tar.bz2", &[FileType::Bzip2], true),
    (".tar.gz", &[FileType::Gzip], true),
    (".tgz", &[FileType::Gzip], false),
    (".dmg", &[FileType::Dmg], true),
    (".zip", &[FileType::Zip, FileType::Jar], false),
];

/// The installers that the worker signs.
const INSTALLERS: &[Name] = &[(".pkg", &[FileType::Xar], true)];

impl MacRequest<'_> {
    /// Why the worker does not take a file, by its name and its content.
    fn misfit(&self, file: &Opened<'_>) -> Option<String> {
        let behavior = self.behavior.name;
        let names = match self.behavior.installer() {
            true => INSTALLERS,
            false => ARCHIVES,
        };
        let Some((end, types, is_written)) = names.iter().find(|(end, ..)| file.ends(end)) else {
            let ends: Vec<&str> = names.iter().map(|(end, ..)| *end).collect();
            let ends = ends.join(", ");
            return Some(format!("the behavior {behavior} is for files named {ends}"));
        };
        if !types.contains(&file.file_type) {
            let (actual, wanted) = (file.file_type.name(), types[0].name());
            return Some(format!(
                "the behavior {behavior} needs {wanted} for a name with {end:?}; the content is {actual}"
            ));
        }
        // The worker updates a ZIP file with the single files that it has signed.
        let is_updated = self.behavior.single && *end == ".zip";
        (!is_written && !is_updated)
            .then(|| format!("the worker opens files named {end}, but cannot write them"))
    }
}

/// Checks an archive, and attests that it would be signed.
///
/// # Errors
///
/// With everything for which the real task would fail, or leave a file unsigned.
pub fn attest(
    request: &MacRequest<'_>,
    path: &str,
    content: &[u8],
) -> Result<SignedFile, Vec<Problem>> {
    let file = Opened::new(path, content);
    let behavior = request.behavior;
    let method = Method::MacApp;
    if let Some(text) = request.misfit(&file) {
        return Err(vec![Problem::of(path, text)]);
    }
    let mut problems = resources(request);
    let mut notes = Vec::new();
    match names(&file) {
        Err(Reason(text)) => problems.push(text),
        Ok(None) => notes.push(
            "not checked: this archive is not opened, so the patterns may match nothing".to_owned(),
        ),
        Ok(Some(names)) => problems.extend(missing(&request.wanted(), &names)),
    }
    if !problems.is_empty() {
        return Err(problems
            .into_iter()
            .map(|text| Problem::of(path, text))
            .collect());
    }
    let mut outputs = Vec::new();
    let made = written(&file).map_err(|Reason(text)| vec![Problem::of(path, text)])?;
    let ends = [".tar.gz", ".tar.bz2"];
    let stem = ends.iter().find_map(|end| made.path.strip_suffix(end));
    let stem = stem.unwrap_or(&made.path).to_owned();
    if made.content != content {
        notes.push("not done: the new archive holds the old one".to_owned());
    }
    let after = Hash::Sha256.hex(&made.content);
    outputs.push(made);
    if behavior.package {
        let content = archive(path, content);
        let content = content.map_err(|error| vec![Problem::of(path, error.to_string())])?;
        outputs.push(Output {
            path: format!("{stem}.pkg"),
            content,
        });
        notes.push("not done: the installer package holds the unsigned archive".to_owned());
    }
    let step = Step {
        format: behavior.name.to_owned(),
        method,
        how: How::Attested,
        before: Hash::Sha256.hex(content),
        after,
        notes,
    };
    Ok(SignedFile {
        path: path.to_owned(),
        file_type: file.file_type,
        steps: vec![step],
        outputs,
    })
}

/// Entitlements and constraints that are missing.
fn resources(request: &MacRequest<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    if request.behavior.hardened && request.hardened.is_empty() {
        let name = request.behavior.name;
        problems.push(format!("the behavior {name} needs hardened-sign-config"));
    }
    for resource in request.hardened.iter().flat_map(|part| &part.resources) {
        let is_url = resource.starts_with("http://") || resource.starts_with("https://");
        if is_url {
            continue;
        }
        if resource.starts_with('/') || resource.contains("//") {
            problems.push(format!("{resource:?} is not a valid path of a resource"));
        } else if !request.beside.contains(resource) {
            problems.push(format!(
                "the resource {resource:?} does not come with the archive"
            ));
        }
    }
    problems
}

impl MacRequest<'_> {
    /// What the archive has to hold.
    fn wanted(&self) -> Wanted<'_> {
        let patterns = match self.behavior.single {
            true => self.single_files.clone(),
            false => self.parts().flat_map(|part| part.globs.clone()).collect(),
        };
        Wanted {
            single: self.behavior.single,
            hardened: self.behavior.hardened || self.parts().next().is_some(),
            patterns,
            profiles: self.profiles.clone(),
        }
    }

    /// The parts of `hardened-sign-config` that count.
    fn parts(&self) -> impl Iterator<Item = &Hardened<'_>> {
        let counts = self.behavior.hardened || self.behavior.name == "mac_sign_and_pkg_vpn";
        self.hardened.iter().filter(move |_| counts)
    }
}

/// The archive that the worker writes. Only disk images get another name.
fn written(file: &Opened<'_>) -> Result<Output, Reason> {
    if file.path.ends_with(".tar.bz2") || file.path.ends_with(".zip") {
        return Ok(file.output("", file.content.to_vec()));
    }
    attested_archive(file)
}
