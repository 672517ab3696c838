//! The worker's replacements for functions of taskgraph give the results of the originals.

use std::path::Path;
use std::process::Command;

use super::world::python;

#[test]
fn replacements_equal_the_originals_on_random_input() {
    let Some(python) = python() else { return };
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python)
        .arg(top.join("tests/python/quick/compare.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}{errors}");
}
