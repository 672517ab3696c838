//! Every file of tests is compiled into one of the test binaries.
//!
//! `Cargo.toml` lists the binaries (`autotests = false`), and each declares its modules, so a file that
//! no module declares would be forgotten without a word.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::layering::code::{Token, tokens, without_comments};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_test_file_is_in_a_binary() {
    let mut declared = BTreeSet::new();
    for binary in binaries() {
        add_modules(&root().join(binary), true, &mut declared);
    }
    let forgotten: Vec<PathBuf> = files(&root().join("tests"))
        .difference(&declared)
        .cloned()
        .collect();
    assert!(forgotten.is_empty(), "in no test binary: {forgotten:#?}");
}

#[test]
fn there_are_few_binaries() {
    // Each links the whole library again; one more is that of the unit tests.
    assert!(binaries().len() < 5, "{:?}", binaries());
}

/// The root files of the test binaries, as `Cargo.toml` lists them.
fn binaries() -> Vec<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("\nautotests = false\n"));
    manifest
        .split("[[test]]")
        .skip(1)
        .map(|section| {
            let (_, after) = section.split_once("path = \"").unwrap();
            after.split_once('"').unwrap().0.to_owned()
        })
        .collect()
}

/// Adds a file and those of the modules that it declares.
fn add_modules(file: &Path, is_root: bool, found: &mut BTreeSet<PathBuf>) {
    let code = without_comments(&fs::read_to_string(file).unwrap());
    let tokens = tokens(&code);
    let folder = if is_root || file.ends_with("mod.rs") {
        file.parent().unwrap().to_owned()
    } else {
        file.with_extension("")
    };
    for window in tokens.windows(3) {
        if let [
            (Token::Word("mod"), _),
            (Token::Word(name), _),
            (Token::Sign(';'), _),
        ] = window
        {
            let alone = folder.join(format!("{name}.rs"));
            let module = if alone.exists() {
                alone
            } else {
                folder.join(name).join("mod.rs")
            };
            add_modules(&module, false, found);
        }
    }
    found.insert(file.to_owned());
}

/// The Rust files of a folder; what is in a folder `src` is the source of a fixture project.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "src" && !name.starts_with('.') {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.insert(path);
        }
    }
    found
}
