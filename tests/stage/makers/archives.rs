//! Archives, opened by `tar`, `unzip` and others.

use std::collections::BTreeMap;

use snowman::stage::makers::{Facts, tree};
use snowman::stage::mar::extract::File;

use super::super::judges::{folder, succeeds, untar};
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
        ("linux64", "target.tar.xz"),
        ("linux64", "target.tar.bz2"),
        ("linux64", "target.tar.gz"),
        ("linux64", "target.tar.zst"),
        ("macosx64", "target.tar.gz"),
    ] {
        let facts = build(platform);
        let folder = folder(&[(name, &made(name, &facts))]);
        if untar(folder.path(), name).is_none() {
            continue;
        }
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
    // What lists an archive decompresses it, too.
    if untar(folder.path(), "a.tar.gz").is_none() {
        return;
    }
    let names = succeeds(folder.path(), "tar", &["-tf", "a.tar.gz"]).unwrap();
    let expected = "snowfox-3.1/\nsnowfox-3.1/README.txt\nsnowfox-3.1/bin/\n\
        snowfox-3.1/bin/run.sh\nsnowfox-3.1/version.txt\n";
    assert_eq!(names, expected);
    let tool = made("a-tool.tar.gz", &facts);
    std::fs::write(folder.path().join("a.tar.gz"), tool).unwrap();
    let names = succeeds(folder.path(), "tar", &["-tf", "a.tar.gz"]).unwrap();
    assert_eq!(names, "a-tool\nREADME.txt\n");
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

#[test]
fn hashes_of_libraries_are_those_of_other_programs() {
    let facts = build("android-arm64");
    // Lengths around those at which MD5 needs another block.
    for version in [
        "3",
        "3.1",
        "3.1.2",
        "3.1.20",
        "3.1.201",
        "3.1.2010",
        "3.1.20101",
        "3.1.201011",
    ] {
        let facts = Facts { version, ..facts };
        let name = format!("library-{version}.jar");
        let library = made(&name, &facts);
        for end in ["md5", "sha1", "sha256", "sha512"] {
            let hash = String::from_utf8(made(&format!("{name}.{end}"), &facts)).unwrap();
            let folder = folder(&[("a.jar", &library)]);
            let Some(said) = succeeds(folder.path(), &format!("{end}sum"), &["a.jar"]) else {
                return;
            };
            assert_eq!(said, format!("{hash}  a.jar\n"));
        }
    }
}
