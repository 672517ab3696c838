//! Compares the rules of the release systems with what the real programs answer.
//!
//! A table is a JSON file of rows, each with input and answer. The tables are those of the folder that the
//! variable `SNOWMAN_TABLES` names, else those of `../shared/staging/given` beside the repository, else the
//! few rows in `tests/tables/selection`. Rows go through the program's own code; the test knows no row, so it
//! holds for every folder with tables of these names.
//!
//! To add a table, write a function from a row to a [`Verdict`] in the file of its system, add it to the
//! `TABLES` there, remove its name from [`NOT_COVERED`], and add a few of its rows to the selection.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and says where; what it found is its output"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

mod archive;
mod balrog;
mod balrog_worker;
mod bouncer;
mod checksums;
mod environments;
mod mar;
mod row;
mod signing;
mod stores;
mod trees;
mod update_verify;
mod versions;

use row::{Table, Verdict};

/// The tables of all systems.
const SYSTEMS: &[&[Table]] = &[
    archive::TABLES,
    balrog::TABLES,
    balrog_worker::TABLES,
    bouncer::TABLES,
    checksums::TABLES,
    environments::TABLES,
    mar::TABLES,
    signing::TABLES,
    stores::TABLES,
    trees::TABLES,
    update_verify::TABLES,
    versions::TABLES,
];

/// The file that no test goes through row by row: it is the database of `go-bouncer-requests.json`.
const NOT_COVERED: &[&str] = &["go-bouncer-database.json"];

fn tables() -> impl Iterator<Item = &'static Table> {
    SYSTEMS.iter().flat_map(|tables| *tables)
}

#[test]
fn the_rules_are_those_of_the_real_programs() {
    let folder = folder();
    println!("tables of {}", folder.display());
    let mut failures = Vec::new();
    let mut compared = 0;
    for name in names(&folder) {
        let Some(table) = tables().find(|table| table.file == name) else {
            if NOT_COVERED.contains(&name.as_str()) {
                println!("{name}: not covered");
            } else {
                failures.push(format!("{name}: no system has this table"));
            }
            continue;
        };
        compared += 1;
        failures.extend(compare(&folder, table));
    }
    assert!(compared > 0, "{} has none of the tables", folder.display());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_selection_has_rows_of_each_table() {
    let names: BTreeSet<String> = names(&selection()).into_iter().collect();
    let expected: BTreeSet<String> = tables().map(|table| table.file.to_owned()).collect();
    assert_eq!(names, expected);
    for table in tables() {
        assert_eq!(compare(&selection(), table), [""; 0]);
        assert!(!NOT_COVERED.contains(&table.file), "{}", table.file);
    }
}

/// Compares a table, prints the counts, and returns what is wrong.
fn compare(folder: &Path, table: &Table) -> Vec<String> {
    let text = fs::read_to_string(folder.join(table.file)).unwrap();
    let content: Value = match serde_json::from_str(&text) {
        Ok(content) => content,
        Err(error) => return vec![format!("{}: {error}", table.file)],
    };
    let verdicts = table.verdicts(folder, &content);
    let count = |wanted: fn(&Verdict) -> bool| verdicts.iter().filter(|one| wanted(one)).count();
    let right = count(|one| matches!(one, Verdict::Right));
    let crashed = count(|one| matches!(one, Verdict::Crashed));
    let mut failures: Vec<String> = verdicts
        .iter()
        .enumerate()
        .filter_map(|(i, verdict)| match verdict {
            Verdict::Wrong(how) => Some(format!("{}: row {i}: {how}", table.file)),
            _ => None,
        })
        .collect();
    let crashed = match crashed {
        0 => String::new(),
        count => format!(", {count} on which the real program crashes"),
    };
    println!(
        "{}: {right} right, {} wrong{crashed}",
        table.file,
        failures.len(),
    );
    if right + failures.len() == 0 {
        failures.push(format!("{}: there are no rows to compare", table.file));
    }
    failures
}

/// The folder with the tables.
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no other access to the environment"
)]
fn folder() -> PathBuf {
    if let Some(named) = std::env::var_os("SNOWMAN_TABLES").filter(|name| !name.is_empty()) {
        return named.into();
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/staging/given");
    if beside.is_dir() { beside } else { selection() }
}

fn selection() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables/selection")
}

/// The names of all JSON files in a folder and in the folders in it, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        assert!(folder.is_dir(), "there is no folder {}", folder.display());
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let mut names = Vec::new();
    for path in entries(folder) {
        let below = if path.is_dir() {
            entries(&path)
        } else {
            vec![path]
        };
        for file in below
            .iter()
            .filter(|file| file.extension().is_some_and(|end| end == "json"))
        {
            let name = file.strip_prefix(folder).unwrap();
            names.push(name.to_str().unwrap().replace('\\', "/"));
        }
    }
    names.sort();
    names
}
