//! Holds the house to its ranks: a room imports only from rooms below its own.
//!
//! The table of ranks is here; `docs/architecture.md` says what each room is for. The test reads the
//! sources as text: comments and strings are left out, and what is left is searched for paths that
//! begin with `crate::` or climb out of a room with `super`. Tests inside of sources count too.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What a room may import.
enum Room {
    /// Every room of a lower rank.
    Rank(u8),
    /// These rooms alone. Rooms of rank 13 and 14 import it: they put the house together.
    Side(&'static [&'static str]),
}

/// Every room.
const ROOMS: &[(&str, Room)] = &[
    ("base", Room::Rank(0)),
    ("ports", Room::Rank(1)),
    ("config", Room::Rank(2)),
    ("model", Room::Rank(3)),
    ("kind", Room::Rank(4)),
    ("verify", Room::Rank(4)),
    ("custom", Room::Rank(4)),
    ("transform", Room::Rank(5)),
    ("generate", Room::Rank(6)),
    ("target", Room::Rank(7)),
    ("optimize", Room::Rank(8)),
    ("morph", Room::Rank(9)),
    ("submit", Room::Rank(10)),
    ("decision", Room::Rank(11)),
    ("actions", Room::Rank(12)),
    ("rehearse", Room::Rank(13)),
    ("cli", Room::Rank(14)),
    ("vcs", Room::Side(&["base", "ports"])),
    ("python", Room::Side(&["base", "ports"])),
    ("taskcluster", Room::Side(&["base", "ports"])),
    ("sandbox", Room::Side(&["base"])),
];

/// The lowest rank that may import side rooms.
const COMPOSES: u8 = 13;

/// The most lines that a source file may have.
const LINES: usize = 500;

#[test]
fn every_folder_is_a_room() {
    let folders: BTreeSet<String> = fs::read_dir(source())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let rooms: BTreeSet<String> = ROOMS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(folders, rooms, "the table of ranks is out of date");
}

#[test]
fn rooms_import_only_from_below() {
    let mut breaches = Vec::new();
    for file in files() {
        let Some(room) = room_of(&file) else {
            continue;
        };
        let text = fs::read_to_string(&file).unwrap();
        for (line, imported) in imports(&text, depth(&file)) {
            if imported != room && !may_import(&room, &imported) {
                let name = file.strip_prefix(root()).unwrap().display();
                breaches.push(format!("{name}:{line}: {room} imports {imported}"));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn files_are_short() {
    let mut long = Vec::new();
    for file in files() {
        let name = file.strip_prefix(root()).unwrap().display().to_string();
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        if lines > LINES {
            long.push(format!("{name} has {lines} lines, {LINES} are the limit"));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

fn may_import(room: &str, imported: &str) -> bool {
    let find = |name: &str| ROOMS.iter().find(|(known, _)| *known == name);
    match (find(room), find(imported)) {
        // Not a room, but something that the library's root holds; nothing there is anybody's.
        (_, None) | (None, _) => false,
        (Some((_, Room::Rank(own))), Some((_, Room::Rank(other)))) => other < own,
        (Some((_, Room::Rank(own))), Some((_, Room::Side(_)))) => *own >= COMPOSES,
        (Some((_, Room::Side(allowed))), Some(_)) => allowed.contains(&imported),
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source() -> PathBuf {
    root().join("src")
}

/// Every Rust file of the library, sorted.
fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![source()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The parts of a file's path below `src`.
fn parts(file: &Path) -> Vec<String> {
    let below = file.strip_prefix(source()).unwrap();
    below
        .iter()
        .map(|part| part.to_str().unwrap().to_owned())
        .collect()
}

/// The room of a file; the roots of library and binary are in none.
fn room_of(file: &Path) -> Option<String> {
    let parts = parts(file);
    (parts.len() > 1).then(|| parts[0].clone())
}

/// How many modules a file is away from the root of the crate.
fn depth(file: &Path) -> usize {
    let parts = parts(file);
    match parts.last().map(String::as_str) {
        Some("mod.rs") => parts.len() - 1,
        _ => parts.len(),
    }
}

/// The names right below the root of the crate that a source imports, each with its line.
///
/// `super::super::x` in a file that is two modules away from the root is `crate::x`. It may be less
/// in a module inside of the file, so such a path counts only where a room has the name.
fn imports(text: &str, depth: usize) -> Vec<(usize, String)> {
    let code = code_of(text);
    let rooms: BTreeMap<&str, ()> = ROOMS.iter().map(|(name, _)| (*name, ())).collect();
    let mut found = Vec::new();
    for (index, line) in code.lines().enumerate() {
        for start in beginnings(line, "crate::") {
            for name in heads(&code, line, start + "crate::".len()) {
                found.push((index + 1, name));
            }
        }
        for start in beginnings(line, "super::") {
            let mut rest = &line[start..];
            let mut climbs = 0;
            while let Some(after) = rest.strip_prefix("super::") {
                rest = after;
                climbs += 1;
            }
            let name = word(rest);
            if climbs >= depth && rooms.contains_key(name) {
                found.push((index + 1, name.to_owned()));
            }
        }
    }
    found
}

/// Where a path that begins with `prefix` begins in a line.
fn beginnings(line: &str, prefix: &str) -> Vec<usize> {
    line.match_indices(prefix)
        .map(|(at, _)| at)
        .filter(|at| {
            let before = line[..*at].chars().next_back();
            before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':' && c != '$')
        })
        .collect()
}

/// The first names of what follows `crate::`: one, or each of a list in braces.
fn heads(code: &str, line: &str, at: usize) -> Vec<String> {
    let rest = &line[at..];
    if !rest.starts_with('{') {
        return vec![word(rest).to_owned()];
    }
    // The list may go on in the lines that follow.
    let offset = line.as_ptr() as usize - code.as_ptr() as usize + at;
    let mut names = Vec::new();
    let mut level = 0;
    let mut expects_name = false;
    for (i, c) in code[offset..].char_indices() {
        match c {
            '{' => {
                level += 1;
                expects_name = level == 1;
            }
            '}' if level == 1 => break,
            '}' => level -= 1,
            ',' => expects_name = level == 1,
            c if expects_name && (c.is_alphabetic() || c == '_') => {
                names.push(word(&code[offset + i..]).to_owned());
                expects_name = false;
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// A source with comments and strings blanked out; line ends stay where they are.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, kept) = match first {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            '/' if rest.starts_with("/*") => (block_comment(rest), false),
            'r' if raw_string(rest).is_some() && !ends_in_word(&code) => {
                (raw_string(rest).unwrap(), false)
            }
            '"' => (string(rest), false),
            '\'' => (character(rest), true),
            other => (other.len_utf8(), true),
        };
        let piece = &rest[..length];
        if kept {
            code.push_str(piece);
        } else {
            code.push(' ');
            code.extend(piece.chars().filter(|c| *c == '\n'));
        }
        rest = &rest[length..];
    }
    code
}

fn ends_in_word(code: &str) -> bool {
    // A byte string's `b` stands before the `r` of a raw one.
    let mut last = code.chars().rev();
    match last.next() {
        Some('b') => last.next().is_some_and(|c| c.is_alphanumeric() || c == '_'),
        Some(c) => c.is_alphanumeric() || c == '_',
        None => false,
    }
}

fn block_comment(text: &str) -> usize {
    let mut level = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            level += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            level -= 1;
            at += 2;
            if level == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end)?;
    Some(1 + hashes + 1 + length + end.len())
}

/// The length of a character literal; that of the quote alone where a lifetime begins.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            let _ = chars.next();
            text[1..].find('\'').map_or(1, |_| {
                chars
                    .find(|(_, c)| *c == '\'')
                    .map_or(1, |(end, _)| end + 1)
            })
        }
        Some(_) => match chars.next() {
            Some((end, '\'')) => end + 1,
            _ => 1,
        },
        None => 1,
    }
}

#[test]
fn imports_are_found_and_comments_and_strings_are_not() {
    let text = "// crate::cli\n/* crate::cli */ use crate::base::name;\n\
                let s = \"crate::cli\"; let c = '\"'; crate::vcs::discover();\n\
                let r = r#\"crate::cli \" crate::cli\"#;\nuse crate::{\n    model::{task, id},\n    ports,\n};\n\
                use super::super::target::x;\nuse super::decision;\nfn f<'a>(x: &'a str) -> crate::kind::K {}\n";
    let found: Vec<String> = imports(text, 2)
        .into_iter()
        .map(|(line, name)| format!("{line} {name}"))
        .collect();
    assert_eq!(
        found,
        [
            "2 base", "3 vcs", "5 model", "5 ports", "9 target", "11 kind"
        ]
    );
}

#[test]
fn ranks_decide() {
    assert!(may_import("config", "base"));
    assert!(!may_import("base", "config"));
    assert!(!may_import("kind", "verify"));
    assert!(may_import("cli", "vcs"));
    assert!(!may_import("decision", "vcs"));
    assert!(!may_import("sandbox", "ports"));
}
