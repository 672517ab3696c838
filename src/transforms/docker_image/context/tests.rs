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
    assert_eq!(writer.add(name.as_bytes(), 0o100_644, content), Ok(()));
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
fn zipped_files_have_no_time_or_place() {
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

/// Some systems accept only UTF-8 names.
#[cfg(target_os = "linux")]
#[test]
fn a_context_has_files_of_any_name() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;

    use crate::ports::files::Disk;
    use crate::task_scripts::TaskScripts;

    let folder = tempfile::tempdir().unwrap();
    let write = |name: &[u8], content: &[u8]| {
        let path = folder.path().join(OsStr::from_bytes(name));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        let mode = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(&path, mode).unwrap();
    };
    write(b"img/Dockerfile", b"FROM debian:12\n# %include extra\n");
    write(b"extra/\xff", b"e");
    write(b"img/caf\xe9.txt", b"x");
    write("img/café.txt".as_bytes(), b"y");
    // Python sorts the byte above after the letter and before these.
    write(b"img/caf\xee\x80\x80", b"z");
    write(b"img/caf\xf0\x90\x80\x80", b"u");
    write(b"img/d\xe9/x", b"v");
    write(&[b"img/".as_slice(), &[0xe9; 120]].concat(), b"long");
    write(b"img/\"caf\\351.txt\"", b"q");
    write(b"img/mix\xe2\x82", b"m");

    let files = Disk::new(folder.path()).unwrap();
    let task_scripts = TaskScripts::default();
    let context = DockerContext::collect(&files, "img", &Object::new(), &task_scripts).unwrap();
    let paths: Vec<&str> = context.paths().take(6).collect();
    assert_eq!(
        paths,
        [
            r#""\"caf\\351.txt\"""#,
            "Dockerfile",
            "café.txt",
            r#""caf\351.txt""#,
            "caf\u{e000}",
            "caf\u{10000}",
        ]
    );
    // The result of `generate_context_hash` in taskcluster-taskgraph 24.5.1 for the same folder.
    assert_eq!(
        context.hash(&files).unwrap(),
        "df2da0f19e907b3dab946554714b198e54ce8a3b8622c1eb8f675b8a9d295fd9"
    );
}
