//! What an archive for macOS has to hold, so that all is signed that the payload means.
//!
//! - There is exactly one application in it, at the top or in a folder there.
//! - Each pattern matches a file of the application. The worker only warns of a pattern that matches nothing,
//!   and the file that it meant stays unsigned.
//! - Where patterns say what is signed, the application itself is signed, too, after everything inside of it:
//!   its signature seals what it contains. The worker does not check this; Apple's notary service does.
//! - Where they do not, the application has the property list that names its main program.
//! - A provisioning profile goes to a folder that exists, inside of the application.

use super::glob::matches_any;

/// What the payload means to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Whether single files are signed instead of an application.
    pub single: bool,
    /// Whether patterns say what is signed.
    pub hardened: bool,
    /// The patterns, in the order in which they are signed.
    pub patterns: Vec<&'a str>,
    /// The places of provisioning profiles, relative to the application.
    pub profiles: Vec<&'a str>,
}

/// The property list of an application.
const PROPERTIES: &str = "Contents/Info.plist";

/// Everything that the archive with these paths lacks.
#[must_use]
pub fn missing(wanted: &Wanted<'_>, names: &[String]) -> Vec<String> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if wanted.single {
        return unmatched(&wanted.patterns, &names);
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
    let mut problems = Vec::new();
    if wanted.hardened {
        let (own, others): (Vec<&str>, Vec<&str>) = wanted
            .patterns
            .iter()
            .partition(|pattern| is_application_itself(pattern));
        problems.extend(unmatched(&others, &inner));
        if own.is_empty() && !others.is_empty() {
            problems.push(format!(
                "no pattern means {application} itself, which would stay unsigned; add the pattern \"/\""
            ));
        } else if let Some(last) = wanted.patterns.last()
            && !is_application_itself(last)
        {
            problems.push(format!(
                "the pattern {last:?} is signed after the application, whose signature it breaks; move \"/\" to the end"
            ));
        }
    } else if !inner.contains(&PROPERTIES) {
        problems.push(format!("{application} has no {PROPERTIES}"));
    }
    for profile in &wanted.profiles {
        problems.extend(misplaced(profile, &inner));
    }
    problems
}

/// Whether a pattern means the application itself.
fn is_application_itself(pattern: &str) -> bool {
    pattern.trim_matches('/').is_empty()
}

fn unmatched(patterns: &[&str], names: &[&str]) -> Vec<String> {
    let unmatched = patterns
        .iter()
        .filter(|pattern| !matches_any(pattern, names));
    unmatched
        .map(|pattern| format!("the pattern {pattern:?} matches no file"))
        .collect()
}

/// Why a provisioning profile cannot be put at a place.
fn misplaced(place: &str, inner: &[&str]) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in place.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => {
                return Some(format!(
                    "the provisioning profile goes to {place:?}, which is not inside of the application"
                ));
            }
            ".." => {}
            part => parts.push(part),
        }
    }
    let is_folder = |path: &str| {
        let below = |name: &&str| {
            name.strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        path.is_empty() || inner.iter().any(below)
    };
    let whole = parts.join("/");
    parts.pop();
    let folder = parts.join("/");
    let is_possible = is_folder(&whole) || is_folder(&folder);
    (!is_possible).then(|| {
        format!(
            "the provisioning profile goes to {place:?}, but the application has no folder {folder}"
        )
    })
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
