//! Installers of desktop systems.

use std::collections::BTreeMap;

use snowman::stage::archive::access::ResourceKind;
use snowman::stage::archive::packages::Package;
use snowman::stage::makers::{Facts, tree};
use snowman::stage::mar::extract::File;

use super::super::judges::{folder, succeeds};
use super::{build, made, unpacked};

/// The content of each file below a folder.
fn below(folder: &str, facts: &Facts<'_>) -> BTreeMap<String, Vec<u8>> {
    let files = tree(facts).files.into_iter();
    files
        .map(|(path, file)| (format!("{folder}/{path}"), file.content))
        .collect()
}

fn contents(files: BTreeMap<String, File>) -> BTreeMap<String, Vec<u8>> {
    files
        .into_iter()
        .map(|(path, file)| (path, file.content))
        .collect()
}

#[test]
fn seven_zip_unpacks_the_disk_image() {
    // With long versions, the catalog has more and longer names.
    for version in ["3.1", "3.1.4159265358979323846264338"] {
        let facts = Facts {
            version,
            ..build("macosx64")
        };
        let folder = folder(&[("a.dmg", &made("target.dmg", &facts))]);
        let Some(said) = succeeds(folder.path(), "7z", &["x", "-ointo", "a.dmg"]) else {
            return;
        };
        assert!(
            said.contains("Type = Dmg") && said.contains("Method = HFS+"),
            "{said}"
        );
        assert!(said.contains("Everything is Ok"), "{said}");
        let files = contents(unpacked(&folder.path().join("into")));
        assert_eq!(files, below("Snowfox/Snowfox.app", &facts));
    }
}

#[test]
fn seven_zip_unpacks_the_installer() {
    for platform in ["win32", "win64"] {
        let facts = build(platform);
        let folder = folder(&[("a.exe", &made("target.installer.exe", &facts))]);
        let Some(said) = succeeds(folder.path(), "7z", &["x", "-ointo", "a.exe"]) else {
            return;
        };
        assert!(said.contains("Everything is Ok"), "{said}");
        let mut files = unpacked(&folder.path().join("into"));
        let setup = files.remove("setup.exe").unwrap();
        assert_eq!(setup.content, made("setup.exe", &facts));
        assert_eq!(contents(files), below("core", &facts));
    }
    let stub = made("target.stub-installer.exe", &build("win64"));
    assert!(stub.len() < 10_000);
}

#[test]
fn dpkg_unpacks_the_package() {
    let facts = Facts {
        version: "142.0b3",
        ..build("linux64")
    };
    let folder = folder(&[("a.deb", &made("target.deb", &facts))]);
    let Some(fields) = succeeds(folder.path(), "dpkg-deb", &["--field", "a.deb"]) else {
        return;
    };
    let read = Package::read(ResourceKind::AptRepository, &made("target.deb", &facts));
    let read = read.unwrap();
    assert!(read.is_of("142.0b3") && !read.is_of("142.0"), "{read:?}");
    for line in [
        format!("Package: {}", read.name),
        format!("Version: {}", read.version),
        format!("Architecture: {}", read.architecture),
    ] {
        assert!(
            fields.lines().any(|other| other == line),
            "{line}: {fields}"
        );
    }
    for line in [
        "Package: snowfox",
        "Version: 142.0~b3~build20261128010203",
        "Architecture: amd64",
    ] {
        assert!(fields.lines().any(|other| other == line), "{fields}");
    }
    succeeds(folder.path(), "dpkg-deb", &["--extract", "a.deb", "into"]);
    let mut files = contents(unpacked(&folder.path().join("into")));
    let start = files.remove("usr/bin/snowfox").unwrap();
    assert!(start.starts_with(b"#!/bin/sh\nexec /usr/lib/snowfox/snowfox "));
    assert!(
        files
            .remove("usr/share/applications/snowfox.desktop")
            .is_some()
    );
    assert_eq!(files, below("usr/lib/snowfox", &facts));
    // A beta is older than what it becomes.
    let compared = [
        "--compare-versions",
        "142.0~b3~build1",
        "lt",
        "142.0~build1",
    ];
    succeeds(folder.path(), "dpkg", &compared);
}

#[test]
fn dpkg_reads_the_package_of_a_language_pack() {
    let facts = build("linux64");
    let folder = folder(&[("a.deb", &made("target.langpack.deb", &facts))]);
    let Some(fields) = succeeds(folder.path(), "dpkg-deb", &["--field", "a.deb"]) else {
        return;
    };
    let depends = "Depends: snowfox (= 3.1~build20261128010203)";
    for line in ["Package: snowfox-l10n-de", depends] {
        assert!(fields.lines().any(|other| other == line), "{fields}");
    }
    succeeds(folder.path(), "dpkg-deb", &["--extract", "a.deb", "into"]);
    let pack = folder
        .path()
        .join("into/usr/lib/snowfox/extensions/langpack-de.xpi");
    assert_eq!(
        std::fs::read(pack).unwrap(),
        made("target.langpack.xpi", &facts)
    );
}

#[test]
fn rpm_verifies_the_package() {
    let facts = Facts {
        version: "142.0b3",
        ..build("linux64")
    };
    let folder = folder(&[("a.rpm", &made("target.rpm", &facts))]);
    let Some(said) = succeeds(folder.path(), "rpm", &["-Kv", "--nosignature", "a.rpm"]) else {
        return;
    };
    for line in [
        "Header SHA256 digest: OK",
        "Header SHA1 digest: OK",
        "Payload SHA256 digest: OK",
    ] {
        assert!(said.contains(line), "{said}");
    }
    let format = "%{NAME} %{VERSION} %{ARCH}\n[%{FILENAMES} %{FILESIZES} %{FILEMODES:octal}\n]";
    let said = succeeds(folder.path(), "rpm", &["-qp", "--qf", format, "a.rpm"]).unwrap();
    assert!(said.starts_with("snowfox 142.0b3 x86_64\n"), "{said}");
    let read = Package::read(ResourceKind::YumRepository, &made("target.rpm", &facts));
    let read = read.unwrap();
    let release = succeeds(
        folder.path(),
        "rpm",
        &["-qp", "--qf", "%{RELEASE}", "a.rpm"],
    );
    let version = format!("142.0b3-{}", release.unwrap());
    assert_eq!(
        (read.name.as_str(), read.version, read.architecture.as_str()),
        ("snowfox", version, "x86_64")
    );
    for (path, file) in tree(&facts).files {
        let (size, mode) = (file.content.len(), file.mode | 0o100_000);
        let line = format!("/usr/lib/snowfox/{path} {size} {mode:o}");
        assert!(said.lines().any(|other| other == line), "{line}: {said}");
    }
    std::fs::create_dir(folder.path().join("into")).unwrap();
    let unpack = ["-xf", "a.rpm", "-C", "into"];
    if succeeds(folder.path(), "bsdtar", &unpack).is_none() {
        return;
    }
    let files = contents(unpacked(&folder.path().join("into")));
    for (path, content) in below("usr/lib/snowfox", &facts) {
        assert_eq!(files[&path], content, "{path}");
    }
}
