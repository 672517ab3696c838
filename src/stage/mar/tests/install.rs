//! Installation of updates.

use super::super::extract::File;
use super::super::install::{InstallError, Tree, install};
use super::super::patch::PatchError;

fn file(mode: u32, content: &str) -> File {
    File {
        mode,
        content: content.as_bytes().to_vec(),
    }
}

fn tree(files: &[(&str, &str)]) -> Tree {
    let files = files.iter();
    files
        .map(|(name, content)| ((*name).to_owned(), file(0o644, content)))
        .collect()
}

fn update(manifest: &str, files: &[(&str, &str)]) -> Tree {
    tree(&[&[("updatev3.manifest", manifest)], files].concat())
}

fn names(tree: &Tree) -> Vec<&str> {
    tree.keys().map(String::as_str).collect()
}

#[test]
fn a_complete_update_removes_what_the_installed_version_brought() {
    let installed = tree(&[
        (
            "precomplete",
            "remove \"old\"\nremove \"gone\"\nremove \"precomplete\"\nrmdir \"dir/\"\n",
        ),
        ("old", "1"),
        ("dir/own", "of the user"),
        ("settings", "mine"),
    ]);
    let manifest = "type \"complete\"\nadd \"new\"\nadd \"precomplete\"\n\
        add-if-not \"settings\" \"settings\"\nremove \"never\"\n";
    let new = [
        ("new", "2"),
        ("precomplete", "remove \"new\"\n"),
        ("settings", "theirs"),
    ];
    let after = install(&update(manifest, &new), &installed).unwrap();
    assert_eq!(names(&after), ["dir/own", "new", "precomplete", "settings"]);
    assert_eq!(after["settings"].content, b"mine");
    assert_eq!(after["precomplete"].content, b"remove \"new\"\n");
    let fresh = install(&update(manifest, &new), &Tree::new()).unwrap();
    assert_eq!(names(&fresh), ["new", "precomplete", "settings"]);
}

#[test]
fn a_partial_update_leaves_the_rest() {
    let installed = tree(&[
        ("precomplete", "remove \"kept\"\n"),
        ("kept", ""),
        ("x/a", ""),
        ("x/b/c", ""),
        ("xy", ""),
    ]);
    let manifest = "type \"partial\"\nadd-if \"x\" \"in\"\nadd-if \"y\" \"out\"\nrmrfdir \"x/\"\n";
    let after = install(&update(manifest, &[("in", ""), ("out", "")]), &installed).unwrap();
    assert_eq!(names(&after), ["in", "kept", "precomplete", "xy"]);
}

#[test]
fn conditions_are_decided_before_anything_changes() {
    let installed = tree(&[("a", ""), ("b", "")]);
    let manifest = "type \"partial\"\nremove \"a\"\nadd-if \"a\" \"c\"\nadd-if-not \"b\" \"d\"\nremove \"b\"\n";
    let after = install(&update(manifest, &[("c", ""), ("d", "")]), &installed).unwrap();
    assert_eq!(names(&after), ["c"]);
}

#[test]
fn modes_come_from_entries_and_stay_with_patched_files() {
    // A patch that replaces "ab" by "xyz": the checksum is that of bzip2 for "ab".
    let checksum = super::super::patch::bzip2_crc(b"ab").to_be_bytes();
    let numbers = [3_u32, 12, 0, 3, 0, 3, 0].map(u32::to_be_bytes).concat();
    let patch = [b"MBDIFF10\0\0\0\x02", &checksum[..], &numbers, b"xyz"].concat();
    let mut installed = tree(&[("program", "ab"), ("other", "")]);
    installed.get_mut("program").unwrap().mode = 0o755;
    let manifest = "type \"partial\"\npatch \"program.patch\" \"program\"\nadd \"other\"\n";
    let mut new = update(manifest, &[]);
    new.insert(
        "program.patch".to_owned(),
        File {
            mode: 0o644,
            content: patch,
        },
    );
    new.insert("other".to_owned(), file(0o700, "2"));
    let after = install(&new, &installed).unwrap();
    assert_eq!(after["program"], file(0o755, "xyz"));
    assert_eq!(after["other"], file(0o700, "2"));
    let refused = install(&new, &tree(&[("program", "ac")])).unwrap_err();
    let expected = |error| matches!(error, PatchError::SourceChecksum { .. });
    assert!(matches!(refused, InstallError::Patch { error, .. } if expected(error.clone())));
    let refused = install(&new, &Tree::new()).unwrap_err();
    assert_eq!(refused, InstallError::NotInstalled("program".to_owned()));
}

#[test]
fn updates_that_cannot_be_followed_are_refused() {
    let installed = tree(&[("dir/a", ""), ("file", "")]);
    let refused = |manifest: &str| {
        let manifest = format!("type \"partial\"\n{manifest}\n");
        install(&update(&manifest, &[]), &installed).unwrap_err()
    };
    assert_eq!(refused("add \"a\""), InstallError::NoEntry("a".to_owned()));
    assert_eq!(
        refused("patch \"p\" \"file\""),
        InstallError::NoEntry("p".to_owned())
    );
    assert_eq!(
        refused("remove \"dir\""),
        InstallError::OtherType("dir".to_owned(), "file")
    );
    assert_eq!(
        refused("rmdir \"file/\""),
        InstallError::OtherType("file".to_owned(), "folder")
    );
    assert!(
        refused("copy")
            .to_string()
            .starts_with("updatev3.manifest: line 2 ")
    );
    assert_eq!(
        install(&Tree::new(), &installed),
        Err(InstallError::NoManifest)
    );
    let broken = tree(&[("precomplete", "copy")]);
    let refused = install(&update("type \"complete\"\n", &[]), &broken).unwrap_err();
    assert!(
        refused.to_string().starts_with("precomplete: line 1 "),
        "{refused}"
    );
}
