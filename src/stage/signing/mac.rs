//! Signing for macOS: what the worker with Apple's tools checks, and what it names its results.
//!
//! Nothing is signed for real here. The payload and the archive are checked:
//!
//! - the behavior exists, and the archive is one that it opens;
//! - there is exactly one application in it, and each pattern of the payload matches a file of it. The
//!   worker only warns of a pattern that matches nothing, and the file that it meant stays unsigned;
//! - entitlements and constraints that are no URLs come with the archive.
//!
//! Disk images are not opened, so there the patterns are not checked, and a note says so.

use super::fit::misfit;
use super::formats::Method;
use super::glob::matches_any;
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
    /// The names of the other artifacts of the task that the archive comes from.
    pub beside: Vec<&'a str>,
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
    if let Some(text) = misfit(behavior.name, method, &file) {
        return Err(vec![Problem::of(path, text)]);
    }
    let mut problems = resources(request);
    let mut notes = Vec::new();
    match names(&file) {
        Err(Reason(text)) => problems.push(text),
        Ok(None) => notes.push(
            "not checked: this archive is not opened, so the patterns may match nothing".to_owned(),
        ),
        Ok(Some(names)) => problems.extend(patterns(request, &names)),
    }
    if !problems.is_empty() {
        return Err(problems
            .into_iter()
            .map(|text| Problem::of(path, text))
            .collect());
    }
    let mut outputs = Vec::new();
    let made = attested_archive(&file).map_err(|Reason(text)| vec![Problem::of(path, text)])?;
    let stem = made
        .path
        .strip_suffix(".tar.gz")
        .unwrap_or(&made.path)
        .to_owned();
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

/// Patterns that match nothing.
fn patterns(request: &MacRequest<'_>, names: &[String]) -> Vec<String> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let unmatched = |patterns: &[&str], names: &[&str]| -> Vec<String> {
        let unmatched = patterns
            .iter()
            .filter(|pattern| !matches_any(pattern, names));
        unmatched
            .map(|pattern| format!("the pattern {pattern:?} matches no file"))
            .collect()
    };
    if request.behavior.single {
        return unmatched(&request.single_files, &names);
    }
    let applications = applications(&names);
    let [application] = applications[..] else {
        let count = applications.len();
        return vec![format!(
            "the archive has {count} applications; expected exactly one"
        )];
    };
    let inner = names
        .iter()
        .filter_map(|name| name.strip_prefix(application)?.strip_prefix('/'));
    let inner: Vec<&str> = inner.collect();
    // The pattern "/" means the application itself.
    let patterns = request
        .hardened
        .iter()
        .flat_map(|part| part.globs.iter().copied());
    let patterns: Vec<&str> = patterns
        .filter(|pattern| !pattern.trim_matches('/').is_empty())
        .collect();
    unmatched(&patterns, &inner)
}

fn is_application(folder: &str) -> bool {
    let named = [".app", ".systemextension"]
        .iter()
        .any(|end| folder.contains(end));
    named && !folder.starts_with('.')
}

/// The applications of an archive: folders named so, at the top or in a folder there.
fn applications<'n>(names: &[&'n str]) -> Vec<&'n str> {
    let mut found: Vec<&'n str> = Vec::new();
    for name in names {
        let parts: Vec<&str> = name.split('/').take(2).collect();
        let depth = parts.iter().position(|part| is_application(part));
        let Some(depth) = depth else { continue };
        let end = parts
            .iter()
            .take(depth + 1)
            .map(|part| part.len())
            .sum::<usize>()
            + depth;
        let application = name.get(..end).unwrap_or(name);
        if !found.contains(&application) {
            found.push(application);
        }
    }
    found
}
