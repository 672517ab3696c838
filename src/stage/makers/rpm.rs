//! RPM packages: what signatures there may be, the description, and the files in a compressed archive.
//!
//! Both the first two are headers: an index of tags, each with the type and the place of its values, and then
//! the values. A region around all of them is itself a tag.

use std::io::Write as _;

use flate2::{Compression, GzBuilder};

use super::super::keys::Hash;
use super::archive::Member;
use super::bytes::{be16, be32, pad};
use super::debian::{files, package_name};
use super::facts::{Facts, Machine};

/// The values of a tag.
enum Values {
    Shorts(Vec<usize>),
    Numbers(Vec<usize>),
    Text(String),
    Texts(Vec<String>),
    /// Texts in several languages, of which there is one.
    Translated(String),
}

/// A package with the application.
#[must_use]
pub fn package(facts: &Facts<'_>) -> Option<Vec<u8>> {
    let name = package_name(facts);
    let version = facts.version_name().replace(['-', '_'], ".");
    let members = files(facts);
    let mut gzip = GzBuilder::new().write(Vec::new(), Compression::fast());
    gzip.write_all(&cpio(&members)).ok()?;
    let payload = gzip.finish().ok()?;
    let (machine, number) = match facts.machine() {
        Machine::X86 => ("i686", 1),
        Machine::X86_64 => ("x86_64", 1),
        Machine::Arm => ("armv7hl", 12),
        Machine::Aarch64 => ("aarch64", 19),
    };
    let header = header(
        63,
        &description(facts, &name, &version, machine, &members, &payload),
    );
    let sha = |hash: Hash| Values::Text(hash.hex(&header));
    let mut signatures = self::header(
        62,
        &[
            (269, sha(Hash::Sha1)),
            (273, sha(Hash::Sha256)),
            (1000, Values::Numbers(vec![header.len() + payload.len()])),
        ],
    );
    pad(&mut signatures, 8);

    // The lead is for programs of long ago: the version of the format, a package with programs, its machine,
    // its name, Linux, and that there are signatures.
    let mut out = b"\xed\xab\xee\xdb\x03\0\0\0".to_vec();
    out.extend(be16(number));
    let mut long = format!("{name}-{version}-1").into_bytes();
    long.resize(66, 0);
    out.extend(long);
    out.extend(be16(1));
    out.extend(be16(5));
    out.extend([0; 16]);
    out.extend(signatures);
    out.extend(header);
    out.extend(payload);
    Some(out)
}

fn description(
    facts: &Facts<'_>,
    name: &str,
    version: &str,
    machine: &str,
    members: &[Member],
    payload: &[u8],
) -> Vec<(usize, Values)> {
    let text = |text: &str| Values::Text(text.to_owned());
    let time = usize::try_from(facts.seconds()).unwrap_or_default();
    let count = members.len();
    let same = |value: usize| vec![value; count];
    let sizes: Vec<usize> = members
        .iter()
        .map(|(_, _, content)| content.len())
        .collect();
    let modes = members
        .iter()
        .map(|(_, mode, _)| usize::try_from(0o100_000 | mode));
    let digests = members
        .iter()
        .map(|(_, _, content)| Hash::Sha256.hex(content));
    let title = facts.title();
    let mut folders: Vec<String> = Vec::new();
    let (mut indexes, mut names) = (Vec::new(), Vec::new());
    for (path, ..) in members {
        let path = path.trim_start_matches('.');
        let (folder, file) = path.split_at(path.rfind('/').map_or(0, |at| at + 1));
        let found = folders.iter().position(|known| known == folder);
        indexes.push(found.unwrap_or_else(|| {
            folders.push(folder.to_owned());
            folders.len() - 1
        }));
        names.push(file.to_owned());
    }
    let texts = |text: &str| vec![text.to_owned(); count];
    vec![
        (100, Values::Texts(vec!["C".to_owned()])),
        (1000, text(name)),
        (1001, text(version)),
        (1002, text("1")),
        (1004, Values::Translated(title.clone())),
        (
            1005,
            Values::Translated("A small application for rehearsals of releases.".to_owned()),
        ),
        (1006, Values::Numbers(vec![time])),
        (1009, Values::Numbers(vec![sizes.iter().sum()])),
        (1011, text(&facts.vendor())),
        (1014, text("MPL-2.0")),
        (1016, Values::Translated("Applications/Internet".to_owned())),
        (1021, text("linux")),
        (1022, text(machine)),
        (1028, Values::Numbers(sizes)),
        (
            1030,
            Values::Shorts(modes.map(Result::unwrap_or_default).collect()),
        ),
        (1033, Values::Shorts(same(0))),
        (1034, Values::Numbers(same(time))),
        (1035, Values::Texts(digests.collect())),
        (1036, Values::Texts(texts(""))),
        (1037, Values::Numbers(same(0))),
        (1039, Values::Texts(texts("root"))),
        (1040, Values::Texts(texts("root"))),
        (1044, text(&format!("{name}-{version}-1.src.rpm"))),
        (1045, Values::Numbers(same(0xffff_ffff))),
        (1047, Values::Texts(vec![name.to_owned()])),
        (1095, Values::Numbers(same(1))),
        (1096, Values::Numbers((1..=count).collect())),
        (1097, Values::Texts(texts(""))),
        // What it provides: its own name, in this version.
        (1112, Values::Numbers(vec![8])),
        (1113, Values::Texts(vec![format!("{version}-1")])),
        (1116, Values::Numbers(indexes)),
        (1117, Values::Texts(names)),
        (1118, Values::Texts(folders)),
        (1124, text("cpio")),
        (1125, text("gzip")),
        (1126, text("9")),
        (5011, Values::Numbers(vec![8])),
        (5092, Values::Texts(vec![Hash::Sha256.hex(payload)])),
        (5093, Values::Numbers(vec![8])),
    ]
}

/// A header with these tags, which are in order, and the region around them.
fn header(region: usize, tags: &[(usize, Values)]) -> Vec<u8> {
    let mut index = Vec::new();
    let mut store = Vec::new();
    let mut entry = |tag: usize, kind: usize, at: usize, count: usize| {
        index.extend([tag, kind, at, count].map(be32).concat());
    };
    for (tag, values) in tags {
        match values {
            Values::Shorts(_) => pad(&mut store, 2),
            Values::Numbers(_) => pad(&mut store, 4),
            _ => {}
        }
        let at = store.len();
        let mut texts = |texts: &[String]| {
            for text in texts {
                store.extend(text.bytes().chain([0]));
            }
        };
        match values {
            Values::Shorts(numbers) => {
                store.extend(numbers.iter().flat_map(|number| be16(*number)));
                entry(*tag, 3, at, numbers.len());
            }
            Values::Numbers(numbers) => {
                store.extend(numbers.iter().flat_map(|number| be32(*number)));
                entry(*tag, 4, at, numbers.len());
            }
            Values::Text(text) => {
                texts(std::slice::from_ref(text));
                entry(*tag, 6, at, 1);
            }
            Values::Texts(all) => {
                texts(all);
                entry(*tag, 8, at, all.len());
            }
            Values::Translated(text) => {
                texts(std::slice::from_ref(text));
                entry(*tag, 9, at, 1);
            }
        }
    }
    let entries = tags.len() + 1;
    let around = [region, 7, store.len(), 16].map(be32).concat();
    // At its end, the region says how far back it began.
    let back = u32::try_from(entries * 16)
        .unwrap_or_default()
        .wrapping_neg();
    store.extend([be32(region), be32(7), back.to_be_bytes(), be32(16)].concat());
    let mut out = b"\x8e\xad\xe8\x01\0\0\0\0".to_vec();
    out.extend(be32(entries));
    out.extend(be32(store.len()));
    out.extend(around);
    out.extend(index);
    out.extend(store);
    out
}

/// A cpio archive in the newer portable format, with numbers in hexadecimal digits.
fn cpio(members: &[Member]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut entry = |path: &str, number: usize, mode: u32, content: &[u8]| {
        let fields = [
            number,
            usize::try_from(mode).unwrap_or_default(),
            0,
            0,
            1,
            0,
            content.len(),
            0,
            0,
            0,
            0,
            path.len() + 1,
            0,
        ];
        out.extend(b"070701");
        out.extend(
            fields
                .iter()
                .flat_map(|field| format!("{field:08x}").into_bytes()),
        );
        out.extend(path.bytes().chain([0]));
        pad(&mut out, 4);
        out.extend_from_slice(content);
        pad(&mut out, 4);
    };
    for (number, (path, mode, content)) in members.iter().enumerate() {
        entry(path, number + 1, 0o100_000 | mode, content);
    }
    entry("TRAILER!!!", 0, 0, &[]);
    out
}
