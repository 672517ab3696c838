use super::*;

#[test]
fn arguments_end_where_words_end() {
    let replaced = |line| replace_argument(line, "A", "one");
    assert_eq!(
        replaced("$A $AB $A_ $A. ${A} $A$A"),
        "one $AB $A_ one. ${A} oneone"
    );
    assert_eq!(replace_argument("$a- $a-b", "a-", "x"), "$a- xb");
}

/// The bytes of a file with one member.
fn tar_of(name: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut out = |part: &[u8]| bytes.extend_from_slice(part);
    let mut writer = tar::Writer::new(&mut out);
    assert_eq!(writer.add(name, 0o100_644, content), Ok(()));
    writer.finish();
    bytes
}

#[test]
fn tar_files_fill_whole_records() {
    let short = tar_of("a", b"content");
    assert_eq!(short.len(), 10_240);
    assert_eq!(&short[..2], b"a\0");
    assert_eq!(&short[100..108], b"0000644\0");
    assert_eq!(&short[124..136], b"00000000007\0");
    assert_eq!(&short[136..148], b"12641340600\0");
    assert_eq!(&short[257..265], b"ustar  \0");
    assert_eq!(&short[512..519], b"content");
    let long = tar_of(&"n".repeat(101), b"");
    assert!(long.starts_with(b"././@LongLink\0"));
    assert_eq!(long[156], b'L');
    assert_eq!(&long[512..614], format!("{}\0", "n".repeat(101)).as_bytes());
    assert_eq!(tar_of("a", &[0; 8 * 1024 + 512]).len(), 10_240);
    assert_eq!(tar_of("a", &[0; 8 * 1024 + 513]).len(), 20_480);
}

#[test]
fn zipped_files_say_nothing_of_when_and_where() {
    let zip = |name: &str| tar::Zipper::new(name).finish().unwrap_or_default();
    assert_eq!(
        zip("a.tar")[..16],
        *b"\x1f\x8b\x08\x08\x80\xc1\x85V\x02\xffa.tar\0"
    );
    assert_eq!(
        zip("ż.tar")[..10],
        *b"\x1f\x8b\x08\x00\x80\xc1\x85V\x02\xff"
    );
}
