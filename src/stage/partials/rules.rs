//! Which files updates treat in a way of their own, as the release's own scripts do.

use std::collections::BTreeSet;

use crate::base::posix::basename;
use crate::stage::mar::install::Tree;

/// Whether a file may be changed after the installation: an update adds it only if it is missing.
#[must_use]
pub fn is_kept(path: &str) -> bool {
    let name = basename(path);
    let mut parts = path.split('/').rev().skip(1);
    ["channel-prefs.js", "update-settings.ini"].contains(&name)
        || parts.any(|part| ["ChannelPrefs.framework", "UpdateSettings.framework"].contains(&part))
}

/// Whether every update brings a file whole.
#[must_use]
pub fn is_always_whole(path: &str) -> bool {
    const WHOLE: [&str; 6] = [
        "precomplete",
        "removed-files",
        "Contents/Resources/precomplete",
        "Contents/Resources/removed-files",
        "Contents/CodeResources",
        "Contents/MacOS/firefox",
    ];
    WHOLE.contains(&path) || path == "chk" || path.ends_with(".chk")
}

/// The folder of an extension that partners bring, which is updated only where it is.
#[must_use]
pub fn tested_folder(path: &str) -> Option<&str> {
    const FOLDER: &str = "distribution/extensions/";
    let mut found = path.rmatch_indices(FOLDER);
    found.find_map(|(at, _)| {
        let start = at + FOLDER.len();
        let end = start + path.get(start..)?.find('/')?;
        path.get(..end)
    })
}

/// Every folder, without a slash at its end.
#[must_use]
pub fn folders(tree: &Tree) -> BTreeSet<&str> {
    let slashes = tree.keys().flat_map(|path| {
        let slashes = path.match_indices('/');
        slashes.filter_map(|(at, _)| path.get(..at))
    });
    slashes.collect()
}

/// The instructions that the list of files of earlier versions asks for.
#[must_use]
pub fn removals(tree: &Tree) -> Vec<String> {
    let lists = ["removed-files", "Contents/Resources/removed-files"];
    let list = lists.iter().find_map(|path| tree.get(*path));
    let list = list.map(|file| String::from_utf8_lossy(&file.content));
    let lines = list.iter().flat_map(|list| list.lines());
    let mut lines: Vec<String> = lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    // Blanks are sorted as if they were bars.
    lines.sort_by_key(|line| std::cmp::Reverse(line.replace(' ', "|")));
    let instruction = |line: &String| match line.strip_suffix("/*") {
        Some(folder) => format!("rmrfdir \"{folder}/\""),
        None if line.ends_with('/') => format!("rmdir \"{line}\""),
        None => format!("remove \"{line}\""),
    };
    lines.iter().map(instruction).collect()
}
