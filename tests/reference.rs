//! Compares the committed reference with the tables of the program.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn the_reference_is_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_snowman"))
        .args(["reference", "--folder"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let committed = pages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference"));
    let current = pages(folder.path());
    let stale: Vec<&String> = committed
        .keys()
        .chain(current.keys())
        .filter(|name| committed.get(*name) != current.get(*name))
        .collect();
    assert!(
        stale.is_empty(),
        "out of date: {stale:?}; run `cargo run -- reference --folder docs/reference`"
    );
}

/// Every file of a folder with its text.
fn pages(folder: &Path) -> BTreeMap<String, String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            // A checkout on Windows may have other line ends.
            let text = fs::read_to_string(entry.path()).unwrap();
            (name, text.replace("\r\n", "\n"))
        })
        .collect()
}
