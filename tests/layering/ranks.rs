//! A room imports only from rooms below its own.
//!
//! The table of ranks is here. Every path that leads to the root of the crate counts, also those of
//! tests inside of sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::modules::read;
use super::sources::{all, folder};

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
    ("task_scripts", Room::Rank(3)),
    ("kind", Room::Rank(4)),
    ("custom", Room::Rank(4)),
    ("release", Room::Rank(4)),
    ("transform", Room::Rank(4)),
    ("transforms", Room::Rank(5)),
    ("verify", Room::Rank(5)),
    ("generate", Room::Rank(6)),
    ("target", Room::Rank(7)),
    ("optimize", Room::Rank(8)),
    ("morph", Room::Rank(9)),
    ("submit", Room::Rank(10)),
    ("decision", Room::Rank(11)),
    ("actions", Room::Rank(12)),
    ("rehearse", Room::Rank(13)),
    ("explain", Room::Rank(13)),
    ("image", Room::Rank(13)),
    ("try_push", Room::Rank(13)),
    ("cli", Room::Rank(14)),
    ("vcs", Room::Side(&["base", "ports"])),
    ("python", Room::Side(&["base", "ports"])),
    ("taskcluster", Room::Side(&["base", "ports"])),
    ("sandbox", Room::Side(&["base"])),
    ("overview", Room::Side(&["base"])),
    ("stage", Room::Side(&["base", "ports", "config", "release"])),
];

/// The lowest rank that may import side rooms.
const COMPOSES: u8 = 13;

/// The most lines that a source file may have.
const LINES: usize = 500;

#[test]
fn every_folder_is_a_room() {
    let folders: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let rooms: BTreeSet<String> = ROOMS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(folders, rooms, "the table of ranks is out of date");
}

#[test]
fn tables_in_the_documentation_have_these_ranks() {
    let ranks: BTreeSet<(String, String)> = ROOMS
        .iter()
        .map(|(name, room)| match room {
            Room::Rank(rank) => ((*name).to_owned(), rank.to_string()),
            Room::Side(_) => ((*name).to_owned(), String::new()),
        })
        .collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let front = fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let page = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let (_, page) = page.split_once("## Rooms").unwrap();
    let (page, _) = page.split_once("## Phases").unwrap();
    assert_eq!(rows(&front), ranks, "src/lib.rs");
    assert_eq!(rows(page), ranks, "docs/architecture.md");
}

/// The rooms of the tables in a page, each with its rank: that of the first cell, if it is a number.
fn rows(page: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for line in page.lines() {
        let line = line.trim_start_matches("//!").trim();
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, first, second, ..] = cells[..] else {
            continue;
        };
        let is_rank = !first.is_empty() && first.chars().all(|c| c.is_ascii_digit());
        let (rank, rooms) = if is_rank || first.is_empty() {
            (first, second)
        } else {
            ("", first)
        };
        for name in rooms.split('`').skip(1).step_by(2) {
            found.insert((name.to_owned(), rank.to_owned()));
        }
    }
    found
}

#[test]
fn rooms_import_only_from_below() {
    let mut breaches = Vec::new();
    for source in all() {
        let Some(room) = source.room() else {
            continue;
        };
        for path in read(&source).paths {
            let Some(absolute) = path.absolute() else {
                continue;
            };
            let imported = absolute.first().map_or("the root", String::as_str);
            if imported != room && !may_import(room, imported) {
                breaches.push(format!(
                    "{}:{}: {room} imports {imported}",
                    source.path, path.line
                ));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn files_are_short() {
    let mut long = Vec::new();
    for source in all() {
        let lines = source.text.lines().count();
        if lines > LINES {
            long.push(format!(
                "{} has {lines} lines, {LINES} are the limit",
                source.path
            ));
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

#[test]
fn imports_must_go_to_lower_ranks() {
    assert!(may_import("config", "base"));
    assert!(!may_import("base", "config"));
    assert!(!may_import("kind", "verify"));
    assert!(may_import("cli", "vcs"));
    assert!(!may_import("decision", "vcs"));
    assert!(!may_import("sandbox", "ports"));
}
