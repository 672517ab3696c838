//! Updates: what a client makes of them.

use std::collections::BTreeMap;

use snowman::stage::makers::{Facts, partial, tree};
use snowman::stage::mar::extract::{File, extract};
use snowman::stage::mar::manifest::{Instruction, Kind, Manifest, Version, When};
use snowman::stage::mar::{Mar, check, patch};

use super::super::judges::{folder, mardor};
use super::{build, made};

type Files = BTreeMap<String, File>;

/// What a client has after an update.
fn update(mut installed: Files, mar: &[u8], kind: Kind) -> Files {
    let mar = Mar::read(mar).unwrap();
    assert!(check::check(&mar).is_empty());
    let mut entries = extract(&mar, 16 << 20).unwrap();
    let manifest = entries.remove(Version::V3.entry()).unwrap();
    let manifest = Manifest::read(&manifest.content, Version::V3).unwrap();
    assert_eq!(manifest.kind, Some(kind));
    if kind == Kind::Complete {
        let old = installed
            .iter()
            .find(|(path, _)| path.ends_with("precomplete"));
        let old = old
            .map(|(_, file)| file.content.clone())
            .unwrap_or_default();
        let lines = [b"type \"complete\"\n", &old[..]].concat();
        let old = Manifest::read(&lines, Version::V3).unwrap();
        follow(&mut installed, &mut BTreeMap::new(), &old.instructions);
    }
    follow(&mut installed, &mut entries, &manifest.instructions);
    assert!(entries.is_empty(), "not used: {:?}", entries.keys());
    installed
}

fn follow(installed: &mut Files, entries: &mut Files, instructions: &[Instruction]) {
    for instruction in instructions {
        match instruction {
            Instruction::Add { path, when } => {
                let new = entries.remove(path).unwrap();
                let wanted = match when {
                    When::Always => true,
                    When::Exists(tested) => installed.contains_key(tested),
                    When::Missing(tested) => !installed.contains_key(tested),
                };
                if wanted {
                    installed.insert(path.clone(), new);
                }
            }
            Instruction::Patch { entry, path, when } => {
                assert_eq!(*when, When::Always);
                let made = entries.remove(entry).unwrap();
                let old = installed.get_mut(path).unwrap();
                old.content = patch::apply(&old.content, &made.content).unwrap();
                assert_eq!(old.mode, made.mode, "{path}");
            }
            Instruction::Remove(path) => {
                installed.remove(path);
            }
            Instruction::RemoveFolder(_) => {}
            Instruction::RemoveTree(path) => {
                installed.retain(|file, _| !file.starts_with(&format!("{path}/")));
            }
        }
    }
}

/// The next build of the same platform.
fn next<'a>(facts: &Facts<'a>) -> Facts<'a> {
    Facts {
        version: "3.2",
        build_id: "20261201010203",
        ..*facts
    }
}

#[test]
fn complete_updates_install_the_tree() {
    for platform in ["linux64", "macosx64", "win32"] {
        let facts = build(platform);
        let mar = made("target.complete.mar", &facts);
        let expected = tree(&facts).files;
        assert_eq!(update(BTreeMap::new(), &mar, Kind::Complete), expected);
        let newer = made("target.complete.mar", &next(&facts));
        let expected = tree(&next(&facts)).files;
        assert_eq!(update(tree(&facts).files, &newer, Kind::Complete), expected);
        let product = Mar::read(&mar).unwrap().product_info().unwrap();
        assert_eq!(
            (product.channel.as_str(), product.version.as_str()),
            ("snowfox-hail-release", "3.1")
        );
    }
}

#[test]
fn partial_updates_make_the_next_tree_of_the_earlier_one() {
    for platform in ["linux64", "macosx64-aarch64", "win64"] {
        let (from, to) = (build(platform), next(&build(platform)));
        let mar = partial(&from, &to).unwrap();
        let expected = tree(&to).files;
        assert_eq!(update(tree(&from).files, &mar, Kind::Partial), expected);
        let complete = made("target.complete.mar", &to);
        assert!(
            mar.len() * 2 < complete.len(),
            "{} {}",
            mar.len(),
            complete.len()
        );
        let read = Mar::read(&mar).unwrap();
        let names: Vec<&str> = read
            .entries
            .iter()
            .map(|entry| entry.name.as_str())
            .collect();
        let library = names.iter().any(|name| {
            ["libxul.so.patch", "XUL.patch", "xul.dll.patch"]
                .iter()
                .any(|end| name.ends_with(end))
        });
        assert!(library, "{names:?}");
    }
    assert_eq!(partial(&build("linux64"), &build("macosx64")), None);
}

#[test]
fn trees_differ_in_known_ways() {
    let (from, to) = (build("linux64"), next(&build("linux64")));
    let (old, new) = (tree(&from).files, tree(&to).files);
    let added: Vec<&String> = new.keys().filter(|path| !old.contains_key(*path)).collect();
    let removed: Vec<&String> = old.keys().filter(|path| !new.contains_key(*path)).collect();
    let in_version = |version: &str| {
        [
            format!("chrome/icons-{version}/default128.ico"),
            format!("chrome/icons-{version}/default16.ico"),
            format!("features/notes-{version}.txt"),
        ]
    };
    assert_eq!(added, in_version("3.2").iter().collect::<Vec<&String>>());
    assert_eq!(removed, in_version("3.1").iter().collect::<Vec<&String>>());
    // 3 + 1 is even, 3 + 2 is not.
    let modes = [&old, &new].map(|files| files["run-helper.sh"].mode);
    assert_eq!(modes, [0o755, 0o644]);
    let changed = |other: &Files| {
        let differs = |(path, file): &(&String, &File)| {
            other
                .get(*path)
                .is_some_and(|other| other.content != file.content)
        };
        let changed = old.iter().filter(differs).map(|(path, _)| path.as_str());
        changed.map(str::to_owned).collect::<Vec<String>>()
    };
    let in_builds = [
        "application.ini",
        "browser/omni.ja",
        "libxul.so",
        "omni.ja",
        "platform.ini",
    ];
    let in_versions = [&in_builds[..], &["precomplete"]].concat();
    let mut sorted = in_versions;
    sorted.sort_unstable();
    assert_eq!(changed(&new), sorted);
    let rebuilt = Facts {
        build_id: "20261128020304",
        ..from
    };
    assert_eq!(changed(&tree(&rebuilt).files), in_builds);
    assert!(old["libxul.so"].content.len() > 1 << 20);
    let french = tree(&Facts {
        locale: "fr",
        ..from
    })
    .files;
    let changed = changed(&french);
    assert_eq!(changed, ["locale.ini", "precomplete", "updater.ini"]);
    assert!(
        french.contains_key("dictionaries/fr.dic") && !french.contains_key("dictionaries/de.dic")
    );
}

#[test]
fn mardor_reads_both_updates() {
    let (from, to) = (build("linux64"), next(&build("linux64")));
    let complete = made("target.complete.mar", &to);
    let partial = partial(&from, &to).unwrap();
    let folder = folder(&[("complete.mar", &complete), ("partial.mar", &partial)]);
    for (name, kind) in [("complete.mar", "complete"), ("partial.mar", "partial")] {
        let Some(output) = mardor(folder.path(), &["-T", name]) else {
            return;
        };
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}");
        for text in ["snowfox-hail-release", "3.2", "xz"] {
            assert!(said.contains(text), "{text}: {said}");
        }
        let into = format!("unpacked-{kind}");
        std::fs::create_dir(folder.path().join(&into)).unwrap();
        let arguments = ["--auto", "-C", &into, "-x", name];
        let output = mardor(folder.path(), &arguments).unwrap();
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{messages}");
        let manifest = folder.path().join(&into).join("updatev3.manifest");
        let manifest = std::fs::read_to_string(manifest).unwrap();
        assert!(
            manifest.starts_with(&format!("type \"{kind}\"\n")),
            "{manifest}"
        );
    }
    let files = super::unpacked(&folder.path().join("unpacked-complete"));
    for (path, file) in tree(&to).files {
        assert_eq!(files[&path], file, "{path}");
    }
}
