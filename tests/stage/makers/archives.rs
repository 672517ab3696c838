//! Archives, opened by `tar`, `unzip` and others.

use std::collections::BTreeMap;

use snowman::stage::makers::{Facts, tree};
use snowman::stage::mar::extract::File;

use super::super::judges::{folder, succeeds};
use super::{build, made, unpacked};

/// The files of the application below the folder of archives.
fn expected(facts: &Facts<'_>) -> BTreeMap<String, File> {
    let tree = tree(facts);
    let below = |(path, file)| (format!("{}/{path}", tree.root), file);
    tree.files.into_iter().map(below).collect()
}

#[test]
fn tar_unpacks_the_application() {
    for (platform, name) in [
        ("linux64", "a.tar.xz"),
        ("linux64", "a.tar.bz2"),
        ("linux64", "a.tar.gz"),
        ("linux64", "a.tar.zst"),
        ("macosx64", "a.tar.gz"),
    ] {
        let facts = build(platform);
        let folder = folder(&[(name, &made(name, &facts))]);
        let program = match name {
            "a.tar.zst" => "zstd",
            _ => "tar",
        };
        if succeeds(folder.path(), program, &["--version"]).is_none() {
            continue;
        }
        succeeds(folder.path(), "tar", &["-xf", name]);
        std::fs::remove_file(folder.path().join(name)).unwrap();
        assert_eq!(unpacked(folder.path()), expected(&facts), "{name}");
    }
}

#[test]
fn unzip_unpacks_the_application() {
    let facts = build("win64");
    let folder = folder(&[("a.zip", &made("target.zip", &facts))]);
    if succeeds(folder.path(), "unzip", &["-q", "a.zip"]).is_none() {
        return;
    }
    std::fs::remove_file(folder.path().join("a.zip")).unwrap();
    assert_eq!(unpacked(folder.path()), expected(&facts));
}

#[test]
fn zip_files_of_every_kind_are_sound() {
    for (platform, name) in super::NAMES {
        let ends = [".xpi", ".jar", ".aar", ".apk", ".aab", ".msix", ".zip"];
        if !ends.iter().any(|end| name.ends_with(end)) {
            continue;
        }
        let folder = folder(&[("a.zip", &made(name, &build(platform)))]);
        let script = "import zipfile\nz = zipfile.ZipFile('a.zip')\nassert z.testzip() is None\n\
            assert len(z.namelist()) == len(set(z.namelist())) > 1\n";
        succeeds(folder.path(), "unzip", &["-tq", "a.zip"]);
        succeeds(folder.path(), "python3", &["-c", script]);
    }
}

#[test]
fn other_archives_do_not_hold_the_application() {
    let facts = build("linux64");
    let folder = folder(&[("a.tar.gz", &made("target.common.tests.tar.gz", &facts))]);
    let Some(names) = succeeds(folder.path(), "tar", &["-tf", "a.tar.gz"]) else {
        return;
    };
    let expected = "snowfox-3.1/\nsnowfox-3.1/README.txt\nsnowfox-3.1/bin/\n\
        snowfox-3.1/bin/snowfox\nsnowfox-3.1/version.txt\n";
    assert_eq!(names, expected);
}

#[test]
fn checksums_are_those_of_the_package() {
    let facts = build("linux64");
    for (list, program) in [("SHA256SUMS", "sha256sum"), ("SHA512SUMS", "sha512sum")] {
        let package = made("target.tar.xz", &facts);
        let folder = folder(&[("target.tar.xz", &package), (list, &made(list, &facts))]);
        succeeds(folder.path(), program, &["-c", list]);
        let lines = String::from_utf8(made("target.checksums", &facts)).unwrap();
        let sum = String::from_utf8(made(list, &facts)).unwrap();
        let (hash, _) = sum.split_once(' ').unwrap();
        let algorithm = program.strip_suffix("sum").unwrap();
        let line = format!("{hash} {algorithm} {} target.tar.xz\n", package.len());
        assert!(lines.contains(&line), "{lines}");
    }
}
