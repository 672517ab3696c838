//! githubscript: releases on GitHub, with their files.
//!
//! The space [`RELEASES`] holds what each release says, by repository and tag; [`ASSETS`] the size, media type
//! and hash of each of its files. The rules are those of githubscript's `release_config` and `github`: a release
//! that exists is edited where its fields differ, but for its commit; a file of other size or type is replaced.

use std::collections::BTreeMap;

use super::repository::TAGS;
use super::upstream;
use crate::base::digest::sha256;
use crate::base::value::{Value, json};
use crate::stage::archive::media_type::media_type;
use crate::stage::report::Table;
use crate::stage::trees::tag;
use crate::stage::work::Work;

/// The space of releases.
const RELEASES: &str = "github-release";

/// The space of the files of releases.
const ASSETS: &str = "github-asset";

/// What the worker compares of a release that exists: the field of the payload, and of the release.
const EDITED: &[(&str, &str)] = &[
    ("releaseName", "name"),
    ("releaseBody", "body"),
    ("isPrerelease", "prerelease"),
];

/// Checks the release that would be made, and its files.
pub fn release(work: &mut Work<'_>) {
    let Some(repository) = repository(work) else {
        return;
    };
    let tag = work.text("gitTag");
    let revision = work.text("gitRevision");
    let key = format!("{repository} {tag}");
    check_tag(work, &repository, tag, revision);
    describe(work, &key, tag, revision);
    let files = match work.payload()["upstreamArtifacts"]
        .as_array()
        .map(|list| &list[..])
    {
        Some([]) => Vec::new(),
        _ => upstream::read(work),
    };
    let mut rows = Vec::new();
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    for file in &files {
        let path = &file.path;
        let name = match destination(work.payload(), path) {
            Ok(name) => name.to_owned(),
            Err(why) => {
                work.report.problem(why);
                continue;
            }
        };
        if let Some(other) = named.insert(name.clone(), path.clone()) {
            work.report.problem(format!(
                "{path} and {other} would both be the file {name} of the release"
            ));
            continue;
        }
        if let Err(why) = check_name(&name) {
            work.report.problem(format!("{path}: {why}"));
        }
        let asset = Asset::new(path, &file.content);
        asset.compare(work, &format!("{key} {name}"), &name);
        rows.push(vec![
            name,
            asset.media_type.unwrap_or("?").to_owned(),
            asset.size.to_string(),
            path.clone(),
        ]);
    }
    work.report.checked(
        "each file has one name, which GitHub keeps, and a media type",
        files.len(),
    );
    work.report.unchecked.push(
        "what only GitHub and the worker's settings know: releases made before, whether the project may make them, \
         and the repository that it may write to"
            .to_owned(),
    );
    work.report.tables.push(Table {
        title: format!("Release {tag} of {repository}"),
        columns: vec!["File", "Media type", "Bytes", "Artifact"],
        rows,
    });
}

/// The owner and name of the repository: those of the payload, if the project lets it choose, or those in its URL. The
/// name of the project stands for a repository that only the worker knows.
fn repository(work: &mut Work<'_>) -> Option<String> {
    let (owner, name) = (work.text("githubOwner"), work.text("githubRepoName"));
    let url = work.text("githubRepoUrl");
    let projects = upstream::scope_ends(work, ":github:project:");
    if let ("", "", "", Some(project)) = (owner, name, url, projects.first()) {
        let project = (*project).to_owned();
        work.report.unchecked.push(format!(
            "the repository: the payload names none, so it is that of the project {project} in the worker's settings"
        ));
        return Some(project);
    }
    let of_url = url
        .strip_prefix("https://github.com/")
        .map(|path| path.trim_end_matches('/'))
        .map(|path| path.strip_suffix(".git").unwrap_or(path))
        .filter(|path| path.split('/').filter(|part| !part.is_empty()).count() == 2);
    let found = match (owner, name) {
        ("", "") => of_url.map(str::to_owned),
        (owner, name) if owner.is_empty() || name.is_empty() => None,
        (owner, name) => Some(format!("{owner}/{name}")),
    };
    match (&found, of_url) {
        (None, _) => work.report.problem(format!(
            "the payload names no repository: `githubRepoUrl` is {url:?}, but has to be \
             `https://github.com/OWNER/NAME`"
        )),
        (Some(found), Some(of_url)) if found != of_url => work.report.problem(format!(
            "`githubOwner` and `githubRepoName` name {found}, but `githubRepoUrl` names {of_url}"
        )),
        _ => work.report.checked("the repository", 1),
    }
    found
}

/// Checks the tag, and the commit that it is set at.
fn check_tag(work: &mut Work<'_>, repository: &str, tag: &str, revision: &str) {
    if let Err(error) = tag::check_name(tag) {
        work.report.problem(error.to_string());
    }
    let is_commit = revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_commit {
        work.report.problem(format!(
            "`gitRevision` is {revision:?}, which is not the full hash of a commit: the tag would be set wherever a \
             branch of that name points when the task runs"
        ));
    }
    let made_of = &work.staged.release.revision;
    if is_commit && !made_of.is_empty() && revision != made_of {
        work.report.problem(format!(
            "the tag {tag} would be set at {revision}, but the release is made of {made_of}"
        ));
    }
    // Tasks that set tags may name the repository without its owner.
    let is_here = |of: &str| {
        let owner = repository.strip_suffix(of);
        owner.is_some_and(|owner| owner.is_empty() || owner.ends_with('/'))
    };
    let before = work.merged.space(TAGS).filter(|(key, _)| {
        let of = key.rsplit_once(':');
        of.is_some_and(|(of, name)| name == tag && is_here(of))
    });
    let mut at: Vec<String> = before
        .filter_map(|(_, entry)| entry.value["target"].as_str().map(str::to_owned))
        .collect();
    match work.tree().map(|tree| tree.tag(tag)) {
        Some(Ok(target)) => at.extend(target),
        Some(Err(error)) => work.report.problem(error.to_string()),
        None => work
            .report
            .unchecked
            .push("whether the tag exists in the repository".to_owned()),
    }
    for at in at.iter().filter(|at| *at != revision) {
        work.report.problem(format!(
            "the tag {tag} exists already at {at}: GitHub would make the release of that commit, not of {revision}"
        ));
    }
    work.report
        .checked("the tag, and the commit that it is set at", 2);
}

/// Reports what would become of the release itself, and notes what it says then.
fn describe(work: &mut Work<'_>, key: &str, tag: &str, revision: &str) {
    let payload = work.payload();
    let before = work.merged.get(RELEASES, key);
    let mut says = json!({"revision": revision});
    for (field, of_release) in EDITED {
        if let Some(value) = payload.get(field) {
            says[*of_release] = value.clone();
        }
    }
    match before {
        None => work
            .report
            .would
            .push(format!("the release {tag} would be made at {revision}")),
        Some(entry) => {
            let (authors, was) = (entry.authors(), &entry.value);
            if was["revision"] != says["revision"] {
                work.report.problem(format!(
                    "the release {tag} exists, from {authors}, at the commit {}: the worker never changes the \
                     commit of a release",
                    was["revision"].as_str().unwrap_or_default()
                ));
            }
            let differ = EDITED
                .iter()
                .filter(|(_, name)| says.get(name).is_some() && was.get(name) != says.get(name));
            let differ: Vec<&str> = differ.map(|(field, _)| *field).collect();
            work.report.would.push(match differ.as_slice() {
                [] => format!("the release {tag} exists, and would stay as it is"),
                fields => format!(
                    "the release {tag} exists, and would be edited: {}",
                    fields.join(", ")
                ),
            });
        }
    }
    work.change(RELEASES, key, says);
}

/// The name that a file gets in the release.
fn destination<'p>(payload: &'p Value, path: &str) -> Result<&'p str, String> {
    let maps = payload["artifactMap"].as_array().into_iter().flatten();
    let mut entries = maps.filter_map(|map| map["paths"].get(path));
    let entry = entries
        .next()
        .ok_or_else(|| format!("`artifactMap` has no entry for {path}"))?;
    if entries.next().is_some() {
        return Err(format!("`artifactMap` has more than one entry for {path}"));
    }
    match entry["destinations"].as_array().map(|list| &list[..]) {
        Some([name]) => name
            .as_str()
            .ok_or_else(|| format!("the destination of {path} in `artifactMap` is not a text")),
        destinations => Err(format!(
            "{path} has {} destinations in `artifactMap`, but has to have one",
            destinations.map_or(0, <[Value]>::len)
        )),
    }
}

/// Checks that GitHub keeps the name of a file. It replaces characters that it does not take with dots, and the
/// worker would not find the file afterwards.
fn check_name(name: &str) -> Result<(), String> {
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+@".contains(&byte);
    let is_good = !name.is_empty()
        && !name.starts_with('.')
        && !name.ends_with('.')
        && name.bytes().all(is_kept);
    match is_good {
        true => Ok(()),
        false => Err(format!(
            "GitHub would give the file {name:?} another name: only letters, digits and -_.+@ stay, and no dot at \
             the start or the end"
        )),
    }
}

/// What the worker knows of a file.
struct Asset<'p> {
    path: &'p str,
    size: usize,
    media_type: Option<&'static str>,
    hash: String,
}

impl<'p> Asset<'p> {
    fn new(path: &'p str, content: &[u8]) -> Self {
        Self {
            path,
            size: content.len(),
            media_type: media_type(path),
            hash: sha256(content),
        }
    }

    /// Compares with the file that the release has already, and notes that it has this one.
    fn compare(&self, work: &mut Work<'_>, key: &str, name: &str) {
        let path = self.path;
        let has_extension = path
            .rsplit('/')
            .next()
            .is_some_and(|file| file.contains('.'));
        match self.media_type {
            _ if !has_extension => work.report.problem(format!(
                "{path} has no extension: the worker finds no media type, and fails when it compares what it uploaded"
            )),
            None => work.report.unchecked.push(format!(
                "whether the worker knows a media type for {path}; if not, it fails when it compares what it uploaded"
            )),
            Some(_) => {}
        }
        let before = work.merged.get(ASSETS, key);
        if let Some(entry) = before {
            let (authors, was) = (entry.authors(), &entry.value);
            let same_content = was["sha256"].as_str() == Some(&self.hash);
            let looks_same =
                was["size"] == json!(self.size) && was["type"].as_str() == self.media_type;
            match (same_content, looks_same) {
                (true, true) => work
                    .report
                    .would
                    .push(format!("{name} is there already, with the same content")),
                (false, true) => work.report.problem(format!(
                    "{name} is there already, from {authors}, with as many bytes and other content: the worker \
                     compares only sizes and media types, and would leave the old file"
                )),
                (_, false) => work.report.would.push(format!(
                    "{name} is there already, and would be deleted and uploaded again"
                )),
            }
        }
        work.change(
            ASSETS,
            key,
            json!({"size": self.size, "type": self.media_type, "sha256": self.hash}),
        );
    }
}
