//! Compression, unpacking and manifests.

use super::super::error::MarError;
use super::super::extract::{File, extract};
use super::super::manifest::{Instruction, Kind, Manifest, Version, When};
use super::super::pack::{Compression, PackError, bzip2, unpack, xz};
use super::super::read::Mar;
use super::super::write::write;
use super::{entry, product};

/// Bytes like code: repetitive, with calls.
fn code() -> Vec<u8> {
    let call = |n: u32| [&[0x90, 0xe8][..], &n.to_le_bytes(), &[0x55; 3]].concat();
    (0..4000).flat_map(call).collect()
}

#[test]
fn contents_are_packed_and_unpacked() {
    for content in [&b""[..], b"x", &code()] {
        for (packed, compression) in [
            (xz(content, 6, false).unwrap(), Compression::Xz),
            (xz(content, 0, true).unwrap(), Compression::Xz),
            (bzip2(content).unwrap(), Compression::Bzip2),
            (content.to_vec(), Compression::None),
        ] {
            assert_eq!(Compression::of(&packed), compression);
            assert_eq!(unpack(&packed, 1 << 20).unwrap(), content);
        }
    }
    assert_ne!(
        xz(&code(), 6, true).unwrap(),
        xz(&code(), 6, false).unwrap()
    );
}

#[test]
fn unpacking_is_limited() {
    let zeros = vec![0; 5_000_000];
    for packed in [xz(&zeros, 6, false).unwrap(), bzip2(&zeros).unwrap()] {
        assert!(packed.len() < 10_000);
        assert_eq!(
            unpack(&packed, 4_999_999),
            Err(PackError::TooLarge(4_999_999))
        );
        assert_eq!(unpack(&packed, 5_000_000).unwrap().len(), zeros.len());
    }
    assert_eq!(unpack(b"abc", 2), Err(PackError::TooLarge(2)));
}

#[test]
fn damaged_contents_are_refused() {
    for packed in [xz(&code(), 6, false).unwrap(), bzip2(&code()).unwrap()] {
        let trailing = [&packed[..], b"x"].concat();
        assert_eq!(unpack(&trailing, 1 << 20), Err(PackError::Trailing(1)));
        let cut = unpack(&packed[..packed.len() - 1], 1 << 20);
        assert!(matches!(cut, Err(PackError::Damaged(_))), "{cut:?}");
        let middle = packed.len() / 2;
        let changed = super::with(&packed, middle, &[packed[middle] ^ 4]);
        let changed = unpack(&changed, 1 << 20);
        assert!(matches!(changed, Err(PackError::Damaged(_))), "{changed:?}");
    }
}

#[test]
fn files_are_unpacked_together_within_one_limit() {
    let packed = xz(&[7; 1000], 6, false).unwrap();
    let bytes = write(
        &product(),
        &[entry("a", &packed), entry("b/c", b"plain")],
        &[],
    )
    .unwrap();
    let mar = Mar::read(&bytes).unwrap();
    let files = extract(&mar, 1005).unwrap();
    let file = |content: &[u8]| File {
        mode: 0o644,
        content: content.to_vec(),
    };
    assert_eq!(files["a"], file(&[7; 1000]));
    assert_eq!(files["b/c"], file(b"plain"));
    let refused = extract(&mar, 1004).unwrap_err();
    assert!(
        matches!(&refused[..], [MarError::Unpack { name, .. }] if name == "b/c"),
        "{refused:?}"
    );
}

#[test]
fn instructions_are_read() {
    let text = "# made by a test\ntype \"partial\"\nadd \"a b.txt\"\nadd-if \"dir\" \"dir/c\"\n\
        add-if-not \"d\" \"d\"\npatch \"e.patch\" \"e\"\npatch-if \"dir/\" \"dir/f.patch\" \"dir/f\"\n\
        remove \"g\"\nrmdir \"h/\"\nrmrfdir \"i/j/\"\n";
    let manifest = Manifest::read(text.as_bytes(), Version::V3).unwrap();
    assert_eq!(manifest.kind, Some(Kind::Partial));
    let text = str::to_owned;
    let add = |path: &str, when| Instruction::Add {
        path: text(path),
        when,
    };
    let patch = |entry: &str, path: &str, when| Instruction::Patch {
        entry: text(entry),
        path: text(path),
        when,
    };
    let expected = [
        add("a b.txt", When::Always),
        add("dir/c", When::Exists(text("dir"))),
        add("d", When::Missing(text("d"))),
        patch("e.patch", "e", When::Always),
        patch("dir/f.patch", "dir/f", When::Exists(text("dir"))),
        Instruction::Remove(text("g")),
        Instruction::RemoveFolder(text("h")),
        Instruction::RemoveTree(text("i/j")),
    ];
    assert_eq!(manifest.instructions, expected);
}

#[test]
fn versions_of_manifests_differ() {
    let add = |text: &str, version| Manifest::read(text.as_bytes(), version);
    assert_eq!(add("add \"a\"\n", Version::V1).unwrap().kind, None);
    assert!(add("add \"a\"\n", Version::V2).is_err());
    assert!(add("type \"complete\"\nadd-if-not \"a\" \"a\"\n", Version::V2).is_err());
    let complete = add("type \"complete\"\nadd \"a\"\n", Version::V2).unwrap();
    assert_eq!(complete.kind, Some(Kind::Complete));
}

#[test]
fn bad_lines_are_named() {
    let refused = |line: &str| {
        let text = format!("type \"complete\"\n{line}\n");
        let error = Manifest::read(text.as_bytes(), Version::V3).unwrap_err();
        assert_eq!(error.line, 2, "{line}");
        error.problem
    };
    for (line, problem) in [
        ("add \"../x\"", "\"../x\" is not a safe relative path"),
        ("remove \"/x\"", "\"/x\" is not a safe relative path"),
        ("rmdir \"x\"", "the folder \"x\" does not end in a slash"),
        ("rmrfdir \"/\"", "\"\" is not a safe relative path"),
        ("add x", "an argument is not in double quotes"),
        ("add \"x", "an argument is not in double quotes"),
        ("add", "no instruction \"add\" with 0 arguments"),
        ("copy \"x\"", "no instruction \"copy\" with 1 arguments"),
        (
            "type \"complete\"",
            "no instruction \"type\" with 1 arguments",
        ),
    ] {
        assert_eq!(refused(line), problem);
    }
    let error = Manifest::read(b"type \"complete\"\n\nadd \"\xff\"\n", Version::V3).unwrap_err();
    assert_eq!((error.line, error.problem.as_str()), (3, "it is not UTF-8"));
    assert!(Manifest::read(b"", Version::V3).is_err());
    assert!(Manifest::read(b"type \"full\"\n", Version::V3).is_err());
}
