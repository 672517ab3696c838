//! ZIP files, JAR signatures and types of files.

use super::super::existing::existing;
use super::super::file_type::FileType;
use super::super::jar::{self, JarVerdict, is_signature};
use super::super::opened::Opened;
use super::super::zip::{Zip, ZipError};
use super::{EMPTY, deflated, zip};
use crate::stage::keys::Certificate;

fn named(name: &str) -> &'static Certificate {
    Certificate::named(name).unwrap()
}

#[test]
fn members_are_read_and_limited() {
    let content = b"content ".repeat(100);
    let bytes = deflated("a/b", &content);
    let read = Zip::read(&bytes).unwrap();
    assert_eq!(read.names(), ["a/b"]);
    assert_eq!(read.member("a/b").unwrap().content(800).unwrap(), content);
    let refused = read.member("a/b").unwrap().content(799);
    assert_eq!(refused, Err(ZipError::TooLarge("a/b".to_owned(), 799)));
    assert_eq!(Zip::read(EMPTY).unwrap().members, []);
}

#[test]
fn a_member_that_is_larger_than_it_says_is_refused() {
    let bytes = deflated("a", &[0; 1000]);
    let at = bytes.len() - 22 - 47 + 24;
    let mut smaller = bytes.clone();
    smaller[at..at + 4].copy_from_slice(&999_u32.to_le_bytes());
    let read = Zip::read(&smaller).unwrap();
    let refused = read.member("a").unwrap().content(1 << 20);
    assert_eq!(
        refused,
        Err(ZipError::Damaged("a member has another checksum"))
    );
}

#[test]
fn files_that_unpack_to_far_more_than_they_hold_are_refused() {
    let bytes = deflated("a", &[0; 1000]);
    let (rest, end) = bytes.split_at(bytes.len() - 22);
    let (local, record) = rest.split_at(rest.len() - 47);
    let of = |records: &[&[u8]]| {
        let directory = records.concat();
        let mut end = end.to_vec();
        let count = u16::try_from(records.len()).unwrap().to_le_bytes();
        end[8..10].copy_from_slice(&count);
        end[10..12].copy_from_slice(&count);
        let length = u32::try_from(directory.len()).unwrap();
        end[12..16].copy_from_slice(&length.to_le_bytes());
        let bytes = [local, &directory, &end].concat();
        Zip::read(&bytes).map(|zip| zip.members.len())
    };
    assert_eq!(of(&[record]), Ok(1));
    assert_eq!(
        of(&[record, record]),
        Err(ZipError::Damaged("members share bytes"))
    );
    let mut large = record.to_vec();
    large[24..28].copy_from_slice(&0xf000_0000_u32.to_le_bytes());
    assert_eq!(of(&[&large, &large]), Err(ZipError::AllTooLarge(4 << 30)));
}

#[test]
fn damaged_files_are_refused() {
    let bytes = deflated("name", b"content");
    for length in 0..bytes.len() {
        assert_eq!(
            Zip::read(&bytes[..length]),
            Err(ZipError::NotZip),
            "{length}"
        );
    }
    let directory = bytes.len() - 22 - 50;
    let with = |at: usize, byte: u8| {
        let mut changed = bytes.clone();
        changed[at] = byte;
        Zip::read(&changed).map(|_| ()).unwrap_err()
    };
    assert_eq!(
        with(directory, 0),
        ZipError::Damaged("its directory is cut short")
    );
    assert_eq!(with(directory + 8, 1), ZipError::Unsupported("encryption"));
    assert_eq!(
        with(directory + 20, 0xf0),
        ZipError::Damaged("a member is cut short")
    );
    assert_eq!(
        with(directory + 42, 9),
        ZipError::Damaged("a member is not at its place")
    );
    assert_eq!(
        with(bytes.len() - 22 + 4, 1),
        ZipError::Unsupported("several parts")
    );
    let comment = [&bytes[..bytes.len() - 2], &[3, 0], b"abc"].concat();
    assert_eq!(Zip::read(&comment).unwrap().names(), ["name"]);
}

#[test]
fn members_are_added_and_replaced() {
    let bytes = deflated("old", b"content");
    let new = [("first".to_owned(), b"1".to_vec())];
    let bytes = Zip::read(&bytes).unwrap().with(&new, |_| false).unwrap();
    let both = Zip::read(&bytes).unwrap();
    assert_eq!(both.names(), ["first", "old"]);
    assert_eq!(both.member("old").unwrap().content(9).unwrap(), b"content");
    let new = [("first".to_owned(), b"2".to_vec())];
    let bytes = both.with(&new, |name| name == "first").unwrap();
    let again = Zip::read(&bytes).unwrap();
    assert_eq!(again.names(), ["first", "old"]);
    assert_eq!(again.member("first").unwrap().content(9).unwrap(), b"2");
}

#[test]
fn jar_signatures_are_made_and_checked() {
    let long = "folder/".repeat(20) + "name";
    let bytes = zip(&[
        ("manifest.json", b"{}"),
        (&long, b"content"),
        ("folder/", b""),
    ]);
    let unsigned = Zip::read(&bytes).unwrap();
    let known = [named("dep"), named("release")];
    assert_eq!(
        jar::verify(&unsigned, &known).unwrap(),
        JarVerdict::Unsigned
    );
    for names in [jar::XPI, jar::APK] {
        let signed = jar::sign(&unsigned, names, named("dep")).unwrap();
        let signed = Zip::read(&signed).unwrap();
        assert_eq!(
            signed.names()[..3],
            [names.manifest, names.signature, names.block]
        );
        assert_eq!(
            jar::verify(&signed, &known).unwrap(),
            JarVerdict::Valid("dep")
        );
        assert_eq!(
            jar::verify(&signed, &[named("nightly")]).unwrap(),
            JarVerdict::OtherKey
        );
        // Signing again replaces the signature.
        let again = jar::sign(&signed, names, named("release")).unwrap();
        let again = Zip::read(&again).unwrap();
        assert_eq!(again.names().len(), 6);
        assert_eq!(
            jar::verify(&again, &known).unwrap(),
            JarVerdict::Valid("release")
        );
    }
}

#[test]
fn changed_members_are_found() {
    let bytes = zip(&[("a", b"content"), ("b", b"other")]);
    let signed = jar::sign(&Zip::read(&bytes).unwrap(), jar::XPI, named("dep")).unwrap();
    let signed = Zip::read(&signed).unwrap();
    let verdict = |new: &[(&str, &[u8])], gone: &str| {
        let new: Vec<_> = new
            .iter()
            .map(|(n, c)| ((*n).to_owned(), c.to_vec()))
            .collect();
        let bytes = signed.with(&new, |name| name == gone).unwrap();
        jar::verify(&Zip::read(&bytes).unwrap(), &[named("dep")]).unwrap()
    };
    let changed = |what: &str| JarVerdict::Changed(what.to_owned());
    assert_eq!(
        verdict(&[("a", b"changed")], "a"),
        changed("\"a\" was changed")
    );
    assert_eq!(verdict(&[("c", b"new")], ""), changed("\"c\" was changed"));
    assert_eq!(verdict(&[], "b"), changed("\"b\" is missing"));
    let manifest = jar::XPI.manifest;
    assert_eq!(
        verdict(&[(manifest, b"x")], manifest),
        changed("the manifest was changed")
    );
    assert_eq!(verdict(&[], manifest), changed("the manifest is missing"));
    let file = jar::XPI.signature;
    assert_eq!(
        verdict(&[(file, b"x")], file),
        changed("the signature file was changed")
    );
    assert_eq!(verdict(&[], file), changed("the signature file is missing"));
    let block = jar::XPI.block;
    assert_eq!(
        verdict(&[(block, b"x")], block),
        changed("the block file is damaged")
    );
}

#[test]
fn members_of_signatures_are_known_by_name() {
    for name in [
        "META-INF/MANIFEST.MF",
        "META-INF/manifest.mf",
        "META-INF/A.RSA",
        "META-INF/cose.sig",
    ] {
        assert!(is_signature(name), "{name}");
    }
    for name in [
        "META-INF/services/a.sf",
        "META-INF/other.txt",
        "MANIFEST.MF",
        "a/META-INF/A.RSA",
    ] {
        assert!(!is_signature(name), "{name}");
    }
}

/// A program for Windows: its headers, and the size of its signature.
pub(super) fn program(signature: u32) -> Vec<u8> {
    let mut bytes = vec![0; 0x200];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[0x3c] = 0x80;
    bytes[0x80..0x84].copy_from_slice(b"PE\0\0");
    bytes[0x98..0x9a].copy_from_slice(&[0x0b, 0x02]);
    let directory = 0x98 + 112 + 4 * 8;
    bytes[directory + 4..directory + 8].copy_from_slice(&signature.to_le_bytes());
    bytes
}

#[test]
fn types_are_told_by_the_content() {
    let of = |bytes: &[u8]| Opened::new("a", bytes).file_type;
    for (name, expected) in [
        ("AppxManifest.xml", FileType::Msix),
        ("BundleConfig.pb", FileType::Aab),
        ("AndroidManifest.xml", FileType::Apk),
        ("manifest.json", FileType::Xpi),
        ("chrome.manifest", FileType::Jar),
        ("a.dll", FileType::Zip),
    ] {
        assert_eq!(of(&zip(&[(name, b"")])), expected, "{name}");
    }
    let mut image = vec![0; 2048];
    assert_eq!(of(&image), FileType::Other);
    image[1536..1540].copy_from_slice(b"koly");
    assert_eq!(of(&image), FileType::Dmg);
    assert_eq!(of(&program(0)), FileType::Pe);
    let signature = |size| existing(&Opened::new("a.exe", &program(size)));
    assert_eq!(signature(0), None);
    assert_eq!(signature(8), Some("an Authenticode signature"));
    assert_eq!(of(b"MZ"), FileType::Text);
    assert_eq!(of(b"text\n"), FileType::Text);
    assert_eq!(of(b""), FileType::Empty);
    assert_eq!(of(b"\x1f\x8b\x08"), FileType::Gzip);
    assert_eq!(of(b"!<arch>\ndebian-binary   "), FileType::Deb);
}
