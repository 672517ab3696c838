//! The structure of files: what is read, written and refused.

use super::super::check::{check, refused};
use super::super::error::MarError;
use super::super::layout::{Entry, ProductInfo};
use super::super::read::Mar;
use super::super::write::{NewEntry, Slot, write};
use super::{entry, product, sample, with};

/// Where the parts of [`sample`] without signatures are: the header has 20 bytes, the section with the
/// product 4 + 8 + 16 + 7, the contents 5 + 6.
const SECTIONS: usize = 20;
const CONTENT: usize = 55;
const INDEX: usize = 66;

#[test]
fn what_was_written_is_read() {
    let slot = Slot {
        algorithm: 2,
        bytes: vec![7; 9],
    };
    let bytes = sample(std::slice::from_ref(&slot));
    let mar = Mar::read(&bytes).unwrap();
    assert_eq!(check(&mar), []);
    assert_eq!(mar.stated_size, Some(mar.size()));
    assert_eq!(mar.product_info().unwrap(), product());
    assert_eq!(
        (mar.signatures[0].algorithm, mar.signatures[0].bytes),
        (2, &[7; 9][..])
    );
    let names: Vec<&str> = mar
        .entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    assert_eq!(names, ["one", "a/two"]);
    assert_eq!(mar.content(mar.entry("one").unwrap()), Some(&b"first"[..]));
    assert_eq!(
        mar.content(mar.entry("a/two").unwrap()),
        Some(&b"second"[..])
    );
    assert_eq!(mar.entry("two"), None);
}

#[test]
fn the_bytes_are_those_of_the_format() {
    let bytes = sample(&[]);
    let expected = [
        &b"MAR1\0\0\0\x42\0\0\0\0\0\0\0\x68\0\0\0\0"[..],
        b"\0\0\0\x01\0\0\0\x1f\0\0\0\x01product-release\x0092.0.1\0",
        b"firstsecond",
        b"\0\0\0\x22\0\0\0\x37\0\0\0\x05\0\0\x01\xa4one\0",
        b"\0\0\0\x3c\0\0\0\x06\0\0\x01\xa4a/two\0",
    ];
    assert_eq!(bytes, expected.concat());
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    let bytes = sample(&[Slot {
        algorithm: 2,
        bytes: vec![7; 9],
    }]);
    for length in 0..bytes.len() {
        assert!(Mar::read(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn the_old_format_has_content_only() {
    let bytes = b"MAR1\0\0\0\x0atw\0\0\0\x10\0\0\0\x08\0\0\0\x02\0\0\x01\xa4two\0";
    let mar = Mar::read(bytes).unwrap();
    assert_eq!(check(&mar), []);
    assert_eq!(
        (mar.stated_size, mar.signatures.len(), mar.sections.len()),
        (None, 0, 0)
    );
    assert_eq!(mar.content(&mar.entries[0]), Some(&b"tw"[..]));
    assert_eq!(mar.signed_parts(), Err(MarError::OldFormat));
    assert_eq!(
        mar.product_info(),
        Err(MarError::BadProductInfo("is missing"))
    );
}

#[test]
fn impossible_structures_are_refused() {
    let bytes = sample(&[]);
    let refused = |at: usize, other: &[u8]| Mar::read(&with(&bytes, at, other)).unwrap_err();
    assert_eq!(refused(0, b"mar1"), MarError::NotMar);
    let cut = |what| MarError::CutShort {
        what,
        offset: 0xffff_ffff,
    };
    assert_eq!(refused(4, &[0xff; 4]), cut("the index"));
    let long_index = MarError::CutShort {
        what: "the index",
        offset: 70,
    };
    assert_eq!(refused(INDEX, &[0xff; 4]), long_index);
    assert_eq!(refused(INDEX, &35_u32.to_be_bytes()), long_index);
    assert_eq!(refused(INDEX, &33_u32.to_be_bytes()), MarError::BadIndex(2));
    let content = |content| MarError::BadContentOffset { content, index: 66 };
    assert_eq!(refused(INDEX + 4, &7_u32.to_be_bytes()), content(7));
    assert_eq!(refused(INDEX + 4, &67_u32.to_be_bytes()), content(67));
    assert_eq!(
        refused(16, &9_u32.to_be_bytes()),
        MarError::ManySignatures(9)
    );
    let number = |number: u32| number.to_be_bytes().to_vec();
    let signature = [number(1), number(2), number(2049)].concat();
    let long = MarError::LongSignature {
        number: 1,
        length: 2049,
    };
    assert_eq!(refused(16, &signature), long);
    let signature = [number(1), number(2), number(2048)].concat();
    let cut = MarError::CutShort {
        what: "a signature",
        offset: 28,
    };
    assert_eq!(refused(16, &signature), cut);
    assert_eq!(refused(SECTIONS + 4, &number(7)), MarError::ShortSection(1));
    let cut = MarError::CutShort {
        what: "an extra section",
        offset: 32,
    };
    assert_eq!(refused(SECTIONS + 4, &[0xff; 4]), cut);
    let cut = MarError::CutShort {
        what: "an extra section",
        offset: 55,
    };
    assert_eq!(refused(SECTIONS, &[0xff; 4]), cut);
}

#[test]
fn defects_beyond_the_structure_are_found() {
    let bytes = sample(&[]);
    let found = |at: usize, other: &[u8]| {
        let bytes = with(&bytes, at, other);
        let mar = Mar::read(&bytes).unwrap();
        check(&mar)
    };
    let number = |number: u32| number.to_be_bytes();
    let size = |stated| {
        vec![MarError::WrongSize {
            stated,
            actual: 104,
        }]
    };
    assert_eq!(found(12, &number(103)), size(103));
    assert_eq!(found(8, &number(1)), size(104 + (1 << 32)));
    assert_eq!(
        found(SECTIONS + 8, &number(5)),
        [MarError::UnknownSection(5)]
    );
    let overlap = || MarError::Overlap("one".to_owned(), "a/two".to_owned());
    assert_eq!(found(INDEX + 8, &number(6)), [overlap()]);
    let outside = |name: &str| MarError::OutOfRange(name.to_owned());
    assert_eq!(found(INDEX + 8, &[0xff; 4]), [outside("one"), overlap()]);
    let second = INDEX + 20;
    assert_eq!(
        found(second, &number(54)),
        [
            outside("a/two"),
            MarError::Overlap("a/two".to_owned(), "one".to_owned())
        ]
    );
    assert_eq!(found(second, &[0xff; 4]), [outside("a/two")]);
    let mode = |mode| {
        vec![MarError::UnsafeMode {
            name: "one".to_owned(),
            mode,
        }]
    };
    assert_eq!(found(INDEX + 12, &number(0o4755)), mode(0o4755));
    let unsafe_name = |name: &str| vec![MarError::UnsafeName(name.to_owned())];
    assert_eq!(found(INDEX + 16, b"/ne"), unsafe_name("/ne"));
    assert_eq!(found(INDEX + 16, b"\xffne"), unsafe_name("\u{fffd}ne"));
}

#[test]
fn empty_contents_overlap_nothing_and_one_content_may_hold_many() {
    let of = |name: &str, offset, size| Entry {
        name: name.to_owned(),
        offset,
        size,
        mode: 0o644,
    };
    let bytes = sample(&[]);
    let mut mar = Mar::read(&bytes).unwrap();
    let start = u32::try_from(CONTENT).unwrap();
    mar.entries = vec![of("a", start, 0), of("b", start, 9), of("c", start + 3, 0)];
    assert_eq!(check(&mar), []);
    let overlap = |one: &str, other: &str| MarError::Overlap(one.to_owned(), other.to_owned());
    mar.entries = vec![
        of("a", start, 9),
        of("b", start + 1, 2),
        of("c", start + 4, 2),
    ];
    assert_eq!(check(&mar), [overlap("a", "b"), overlap("a", "c")]);
    mar.entries = vec![of("a", start, 2), of("a", start + 2, 2)];
    assert_eq!(check(&mar), [MarError::Duplicate("a".to_owned())]);
}

#[test]
fn the_client_refuses_overlaps_and_contents_behind_the_end() {
    let of = |offset, size| Entry {
        name: "a".to_owned(),
        offset,
        size,
        mode: 0o4755,
    };
    let bytes = sample(&[]);
    let mut mar = Mar::read(&bytes).unwrap();
    let size = u32::try_from(bytes.len()).unwrap();
    let mut refuses = |entries| {
        mar.entries = entries;
        !refused(&mar).is_empty()
    };
    assert!(refuses(vec![of(60, 2), of(61, 2)]));
    assert!(refuses(vec![of(size + 1, 1)]));
    assert!(!refuses(vec![of(60, 2), of(62, 2)]));
    assert!(!refuses(vec![of(size, 1), of(2, 9), of(size + 1, 0)]));
}

#[test]
fn a_writer_refuses_what_a_reader_would() {
    let info = |channel: &str, version: &str| ProductInfo {
        channel: channel.to_owned(),
        version: version.to_owned(),
    };
    let long = "c".repeat(64);
    for (channel, version) in [
        ("", "1.0"),
        (&long, "1.0"),
        ("a b", "1.0"),
        ("a", &long[..32]),
    ] {
        let refused = write(&info(channel, version), &[], &[]);
        assert!(
            matches!(refused, Err(MarError::BadProductValue(..))),
            "{channel} {version}"
        );
    }
    assert!(write(&info(&long[..63], &long[..31]), &[], &[]).is_ok());
    let refused = |entries: &[NewEntry]| write(&product(), entries, &[]).unwrap_err();
    assert_eq!(
        refused(&[entry("../x", b"")]),
        MarError::UnsafeName("../x".to_owned())
    );
    let twice = [entry("x", b""), entry("x", b"1")];
    assert_eq!(refused(&twice), MarError::Duplicate("x".to_owned()));
    let slot = |length: usize| Slot {
        algorithm: 2,
        bytes: vec![0; length],
    };
    let many = write(&product(), &[], &vec![slot(1); 9]).unwrap_err();
    assert_eq!(many, MarError::ManySignatures(9));
    let long = write(&product(), &[], &[slot(2048), slot(2049)]).unwrap_err();
    assert_eq!(
        long,
        MarError::LongSignature {
            number: 2,
            length: 2049
        }
    );
}
