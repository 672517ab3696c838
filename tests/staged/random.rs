//! Files that differ from good ones in a few bytes: readers take or refuse them, and never panic.
//!
//! The good ones are the seeds of the fuzz targets, which look for the same with more time.

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use snowman::stage::mar::Mar;
use snowman::stage::mar::check::check;
use snowman::stage::mar::extract::extract;
use snowman::stage::mar::install::{Tree, install};
use snowman::stage::mar::patch::apply;
use snowman::stage::signing::plist::switched_on;
use snowman::stage::signing::zip::Zip;
use snowman::stage::state::State;
use snowman::stage::stores::squashfs::Image;
use snowman::stage::stores::{
    apk, apk_signature, binary_xml, flatpak, image, language_pack, msix, proto_xml, snap, xml,
};

/// The seeds of a fuzz target, in the order of their names.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let files = fs::read_dir(folder.join(target)).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort_unstable();
    assert!(!files.is_empty(), "{target} has no seeds");
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// A change of a file.
#[derive(Debug, Clone)]
enum Edit {
    /// A byte gets another value.
    Byte(Index, u8),
    /// Four bytes get a value at which sums and products overflow, or offsets lead out.
    Number(Index, u32),
    /// Bytes are repeated behind themselves.
    Repeat(Index, usize),
    /// Bytes are left out.
    Remove(Index, usize),
    /// The rest is left out.
    Cut(Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let number = prop_oneof![
        Just(0),
        Just(1),
        Just(u32::MAX),
        Just(i32::MAX as u32),
        Just(1 << 31),
        0_u32..0x1_0000,
    ];
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
        4 => (any::<Index>(), number).prop_map(|(at, number)| Edit::Number(at, number)),
        1 => (any::<Index>(), 1_usize..64).prop_map(|(at, length)| Edit::Repeat(at, length)),
        1 => (any::<Index>(), 1_usize..64).prop_map(|(at, length)| Edit::Remove(at, length)),
        1 => any::<Index>().prop_map(Edit::Cut),
    ]
}

fn change(bytes: &mut Vec<u8>, edit: &Edit) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    let end = |at: usize, more: usize| (at + more).min(length);
    match edit {
        Edit::Byte(at, byte) => bytes[at.index(length)] = *byte,
        Edit::Number(at, number) => {
            let at = at.index(length);
            for (place, byte) in bytes[at..].iter_mut().zip(number.to_le_bytes()) {
                *place = byte;
            }
        }
        Edit::Repeat(at, more) => {
            let at = at.index(length);
            let part = bytes[at..end(at, *more)].to_vec();
            bytes.splice(at..at, part);
        }
        Edit::Remove(at, more) => {
            let at = at.index(length);
            bytes.drain(at..end(at, *more));
        }
        Edit::Cut(at) => bytes.truncate(at.index(length)),
    }
}

/// One of the seeds of a target with some changes.
fn changed(target: &str) -> impl Strategy<Value = Vec<u8>> {
    let seeds = seeds(target);
    (any::<Index>(), vec(edit(), 1..5)).prop_map(move |(seed, edits)| {
        let mut bytes = seeds[seed.index(seeds.len())].clone();
        for edit in &edits {
            change(&mut bytes, edit);
        }
        bytes
    })
}

proptest! {
    #[test]
    fn packages_in_zip_files(bytes in changed("apk")) {
        let _ = apk::read(&bytes);
        let _ = msix::read(&bytes);
        let _ = language_pack::read(&bytes);
        if let Ok(zip) = Zip::read(&bytes) {
            let _ = apk_signature::check(&zip);
            for member in &zip.members {
                let _ = member.content(1 << 20);
            }
        }
    }

    #[test]
    fn container_images(bytes in changed("image")) {
        let _ = image::read(&bytes);
    }

    #[test]
    fn snaps(bytes in changed("squashfs")) {
        let _ = snap::read(&bytes);
        if let Ok(image) = Image::read(&bytes) {
            for path in image.entries.keys().take(100) {
                let _ = image.content(path);
            }
        }
    }

    #[test]
    fn manifests(bytes in changed("manifest")) {
        let _ = binary_xml::read(&bytes);
        let _ = proto_xml::read(&bytes);
        let _ = switched_on(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = xml::read(&text);
    }

    #[test]
    fn flatpaks(bytes in changed("ostree")) {
        let _ = flatpak::read(&bytes);
    }

    #[test]
    fn updates(bytes in changed("mar"), other in changed("mar")) {
        let _ = apply(&other, &bytes);
        if let Ok(mar) = Mar::read(&bytes) {
            let _ = check(&mar);
            if let Ok(files) = extract(&mar, 1 << 20) {
                let _ = install(&files, &Tree::new());
                let _ = install(&files, &files);
            }
        }
    }

    #[test]
    fn states(bytes in changed("state")) {
        let _ = State::read(&bytes);
    }
}
