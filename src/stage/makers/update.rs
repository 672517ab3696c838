//! MAR files: complete updates with the whole tree, and partial ones with patches.

use super::super::mar::ProductInfo;
use super::super::mar::pack::xz;
use super::super::mar::write::{NewEntry, write};
use super::facts::Facts;
use super::patch::patch;
use super::tree::{Tree, tree};
use crate::base::posix::basename;

/// How hard contents are compressed. They are small, and the large library is repetitive.
const LEVEL: u32 = 0;

/// Files that belong to the user: an update adds them only if they are missing.
const KEPT: [&str; 2] = ["channel-prefs.js", "update-settings.ini"];

/// Files that are never patched.
const WHOLE: [&str; 3] = ["precomplete", "removed-files", "CodeResources"];

/// The complete update to a build; `None` if its facts cannot be in a MAR file.
#[must_use]
pub fn complete(facts: &Facts<'_>) -> Option<Vec<u8>> {
    let tree = tree(facts);
    let mut lines = vec!["type \"complete\"".to_owned()];
    let mut entries = Vec::new();
    for (path, file) in tree.files.iter().rev() {
        lines.push(add(path));
        entries.push(NewEntry {
            name: path.clone(),
            mode: file.mode,
            content: xz(&file.content, LEVEL, true).ok()?,
        });
    }
    lines.extend(removals(&tree));
    finish(facts, &lines, entries)
}

/// The partial update from one build to another; `None` if there is none: the facts cannot be in a MAR
/// file, or the builds have different layouts.
#[must_use]
pub fn partial(from: &Facts<'_>, to: &Facts<'_>) -> Option<Vec<u8>> {
    let (old, new) = (tree(from), tree(to));
    if old.resources != new.resources {
        return None;
    }
    let mut lines = vec!["type \"partial\"".to_owned()];
    let mut entries = Vec::new();
    for (path, file) in new.files.iter().rev() {
        let before = old.files.get(path);
        if before == Some(file) && !named(path, &WHOLE) {
            continue;
        }
        let whole = xz(&file.content, LEVEL, true).ok()?;
        // A patch keeps the mode, and one that is no smaller than the file is of no use.
        let patched = before.filter(|before| before.mode == file.mode && !named(path, &WHOLE));
        let patched = patched.and_then(|before| patch(&before.content, &file.content));
        let patched = patched.and_then(|patch| xz(&patch, LEVEL, false).ok());
        let patched = patched.filter(|patch| patch.len() < whole.len() && !named(path, &KEPT));
        let (name, content) = match patched {
            Some(patch) => {
                lines.push(format!("patch \"{path}.patch\" \"{path}\""));
                (format!("{path}.patch"), patch)
            }
            None => {
                lines.push(add(path));
                (path.clone(), whole)
            }
        };
        let mode = file.mode;
        entries.push(NewEntry {
            name,
            mode,
            content,
        });
    }
    let gone = |path: &&String| !new.files.contains_key(*path);
    let gone = old.files.keys().rev().filter(gone);
    lines.extend(gone.map(|path| format!("remove \"{path}\"")));
    let (before, after) = (old.folders(), new.folders());
    let gone: Vec<&&str> = before.difference(&after).collect();
    lines.extend(gone.iter().rev().map(|path| format!("rmdir \"{path}/\"")));
    lines.extend(removals(&new));
    finish(to, &lines, entries)
}

/// The instruction that adds a file.
fn add(path: &str) -> String {
    match named(path, &KEPT) {
        true => format!("add-if-not \"{path}\" \"{path}\""),
        false => format!("add \"{path}\""),
    }
}

/// Whether the file has one of these names.
fn named(path: &str, names: &[&str]) -> bool {
    let name = basename(path);
    names.contains(&name)
}

/// The instructions that `removed-files` asks for.
fn removals(tree: &Tree) -> Vec<String> {
    let path = format!("{}removed-files", tree.resources);
    let list = tree.files.get(&path);
    let list = list.map(|file| String::from_utf8_lossy(&file.content));
    let instruction = |line: &str| match line.strip_suffix('*') {
        Some(folder) => format!("rmrfdir \"{folder}\""),
        None if line.ends_with('/') => format!("rmdir \"{line}\""),
        None => format!("remove \"{line}\""),
    };
    let lines = list.iter().flat_map(|list| list.lines());
    lines.map(instruction).collect()
}

/// The MAR file with the manifest in front.
fn finish(facts: &Facts<'_>, lines: &[String], entries: Vec<NewEntry>) -> Option<Vec<u8>> {
    let manifest = lines.join("\n") + "\n";
    let mut all = vec![NewEntry {
        name: "updatev3.manifest".to_owned(),
        mode: 0o644,
        content: xz(manifest.as_bytes(), LEVEL, true).ok()?,
    }];
    all.extend(entries);
    let product = ProductInfo {
        channel: facts.channel_id(),
        version: facts.application_version(),
    };
    write(&product, &all, &[]).ok()
}
