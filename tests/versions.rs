//! Versions that are written in several places are the same.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

use std::fs;
use std::path::Path;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The kinds of this repository release it under the version in `version.txt`.
#[test]
fn version_txt_has_the_version_of_the_package() {
    assert_eq!(read("version.txt").trim(), env!("CARGO_PKG_VERSION"));
}

/// `.ci/oldest-rust` compares dependencies with `rust-version`; the README names it for users.
#[test]
fn readme_has_the_oldest_rust() {
    let oldest = format!("Rust {} or later", env!("CARGO_PKG_RUST_VERSION"));
    assert!(read("README.md").contains(&oldest), "{oldest}");
}
