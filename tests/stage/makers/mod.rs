//! The artifacts that stand for those of real builds, opened by programs that are not snowman's.

mod archives;
mod facts;
mod installers;
mod packages;
mod updates;

use snowman::stage::makers::{Facts, make, make_any};
use snowman::stage::mar::extract::File;

/// The artifacts of every format, each on a platform that has it.
const NAMES: &[(&str, &str)] = &[
    ("linux64", "public/build/target.complete.mar"),
    ("linux64", "public/build/target.tar.xz"),
    ("linux64", "public/build/target.tar.bz2"),
    ("linux64", "public/build/target.tar.gz"),
    ("linux64", "public/build/target.tar.zst"),
    ("linux64", "public/build/target.common.tests.tar.gz"),
    ("linux64", "public/build/target.source.tar.xz"),
    ("linux64", "public/build/target.snap"),
    ("linux64", "public/image.tar.zst"),
    ("linux64", "public/build/target.flatpak.tar.xz"),
    ("linux64", "public/build/target.deb"),
    ("linux64", "public/build/target.langpack.deb"),
    ("linux64", "public/build/target.rpm"),
    ("linux64", "public/build/a-tool.tar.gz"),
    ("win64", "public/build/a-tool.zip"),
    ("linux64", "public/build/target.langpack.xpi"),
    ("linux64", "public/build/an-addon.xpi"),
    ("linux64", "public/build/target.checksums"),
    ("linux64", "public/build/SHA256SUMS"),
    ("linux64", "public/build/SHA512SUMS"),
    ("linux64", "public/build/buildhub.json"),
    ("linux64", "public/build/target.json"),
    ("linux64", "public/build/target.mozinfo.json"),
    ("linux64", "public/build/target_info.txt"),
    ("linux64", "public/build/target.txt"),
    ("linux64", "public/build/notes.txt"),
    ("linux64", "public/build/other.json"),
    ("linux64", "public/logs/live.log"),
    ("macosx64", "public/build/target.tar.gz"),
    ("macosx64", "public/build/target.pkg"),
    ("macosx64", "public/build/target.dmg"),
    ("win64", "public/build/target.zip"),
    ("win64", "public/build/target.installer.exe"),
    ("win64", "public/build/target.stub-installer.exe"),
    ("win64", "public/build/setup.dll"),
    ("win64", "public/build/target.installer.msi"),
    ("win64", "public/build/target.installer.msix"),
    ("android-arm64", "public/build/target.apk"),
    ("android-arm64", "public/build/target.aab"),
    ("android-arm64", "public/build/library-3.1.aar"),
    ("android-arm64", "public/build/library-3.1.jar"),
    ("android-arm64", "public/build/library-3.1.aar.md5"),
    ("android-arm64", "public/build/library-3.1.pom"),
    ("android-arm64", "public/build/library-3.1.module"),
];

/// A build for a platform.
pub fn build(platform: &str) -> Facts<'_> {
    Facts {
        label: "build",
        product: "snowfox",
        version: "3.1",
        build_id: "20261128010203",
        platform,
        locale: "de",
        branch: "hail-release",
    }
}

/// An artifact of a build.
pub fn made(name: &str, facts: &Facts<'_>) -> Vec<u8> {
    make(name, facts).unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn the_same_build_makes_the_same_bytes_and_another_one_others() {
    for (platform, name) in NAMES {
        let facts = build(platform);
        let first = made(name, &facts);
        assert_eq!(first, made(name, &facts), "{name}");
        let other = Facts {
            version: "3.2",
            build_id: "20261201010203",
            ..facts
        };
        let other = made(name, &other);
        // The name of the file says which library and which version these are for.
        let named = [".pom", ".module"].iter().any(|end| name.ends_with(end));
        assert!(named || first != other, "{name}");
        assert!(first.len() < 200_000, "{name}: {}", first.len());
    }
}

#[test]
fn nothing_is_made_for_unknown_names() {
    let facts = build("linux64");
    for name in [
        "",
        "public/build",
        "public/chain-of-trust.json",
        "public/build/target.tar.xz.asc",
        "public/build/target.partial-1.mar",
        "public/build/target.tar.xz/",
        "public/build/unknown.sha256",
        "public/build/a.json.md5.md5",
    ] {
        assert_eq!(make(name, &facts), None, "{name:?}");
    }
}

#[test]
fn what_a_task_is_known_to_have_is_made_in_any_format() {
    let facts = build("linux64");
    let survey = make_any("public/build/survey.rcc", &facts).unwrap();
    assert_ne!(Some(survey), make_any("public/build/upgrade.rcc", &facts));
    let name = "public/build/target.tar.xz";
    assert_eq!(make_any(name, &facts), make(name, &facts));
    for name in [
        "public/build/",
        "public/build/survey.rcc.asc",
        "public/build/target.partial-1.mar",
        "public/chain-of-trust.json",
    ] {
        assert_eq!(make_any(name, &facts), None, "{name}");
    }
}

#[test]
fn odd_facts_make_files_too() {
    let odd = "\u{e9}../\0 \"<&>\\:*";
    let long = "9".repeat(500);
    for text in ["", odd, &long, "-", "1.2.3.4.5", "99999999999999999999"] {
        for (platform, name) in NAMES {
            let platform = format!("{platform}{text}");
            let facts = Facts {
                label: text,
                product: text,
                version: text,
                build_id: text,
                platform: &platform,
                locale: text,
                branch: text,
            };
            assert!(
                make(name, &facts).is_some_and(|made| !made.is_empty()),
                "{name} {text:?}"
            );
        }
    }
}

/// The files of an application as a program has unpacked them.
pub fn unpacked(folder: &std::path::Path) -> std::collections::BTreeMap<String, File> {
    let mut found = std::collections::BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
                continue;
            }
            let path = entry.path();
            let path = path.strip_prefix(folder).unwrap().to_str().unwrap();
            let file = File {
                mode: mode(&entry.metadata().unwrap()),
                content: std::fs::read(entry.path()).unwrap(),
            };
            found.insert(path.to_owned(), file);
        }
    }
    found
}

#[cfg(unix)]
fn mode(metadata: &std::fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o777
}

#[cfg(not(unix))]
fn mode(_: &std::fs::Metadata) -> u32 {
    0o644
}
