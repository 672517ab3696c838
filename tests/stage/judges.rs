//! The outside programs.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Runs a program in a folder; `None`, with a message, when it is not installed.
pub fn run(folder: &Path, program: &str, arguments: &[&str]) -> Option<Output> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C")
        .output();
    match output {
        Ok(output) => Some(output),
        Err(missing) => {
            assert!(!all_are_wanted(), "{program}: {missing}");
            println!("skipped: {program}: {missing}");
            None
        }
    }
}

/// Whether a missing program is a failure.
fn all_are_wanted() -> bool {
    std::env::var("SNOWMAN_JUDGES").is_ok_and(|value| value == "all")
}

/// As [`run`], for a program that has to succeed.
pub fn succeeds(folder: &Path, program: &str, arguments: &[&str]) -> Option<String> {
    let output = run(folder, program, arguments)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {text}{messages}"
    );
    Some(text + &messages)
}

/// Unpacks an archive with `tar`; `None`, with a message, when it is not installed, or the program that it
/// starts to decompress the archive is not.
pub fn untar(folder: &Path, name: &str) -> Option<()> {
    let program = match Path::new(name).extension()?.to_str()? {
        "gz" => "gzip",
        "bz2" => "bzip2",
        "xz" => "xz",
        "zst" => "zstd",
        other => panic!("{name}: no program decompresses {other}"),
    };
    succeeds(folder, program, &["--help"])?;
    succeeds(folder, "tar", &["-xf", name]).map(drop)
}

/// The program `mar` of the Python package `mar`, which `SNOWMAN_MARDOR` names: other programs have
/// that name, too.
pub fn mardor(folder: &Path, arguments: &[&str]) -> Option<Output> {
    let Ok(program) = std::env::var("SNOWMAN_MARDOR") else {
        assert!(!all_are_wanted(), "SNOWMAN_MARDOR names no program");
        println!("skipped: SNOWMAN_MARDOR names no program");
        return None;
    };
    run(folder, &program, arguments)
}

/// A folder with files.
pub fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}
