//! Lists of checksums, judged by `sha256sum` and `sha512sum`.

use snowman::base::digest::hex;
use snowman::stage::checksums::algorithm::Algorithm;
use snowman::stage::checksums::collect::collect;
use snowman::stage::checksums::file::{Sums, write};
use snowman::stage::checksums::lists::sums;

use super::judges::{folder, run, succeeds};

const FILES: &[(&str, &[u8])] = &[
    ("firefox-92.0.1.tar.xz", b"archive"),
    ("Firefox Setup 92.0.1.exe", b"installer"),
    ("firefox-92.0.1.complete.mar", b""),
];

/// The `.checksums` file that a task writes about some files.
fn written() -> String {
    let known: Vec<(&str, Sums)> = FILES
        .iter()
        .map(|(name, content)| {
            let hash = |one: Algorithm| (one.name().to_owned(), hex(&one.hash(&[content])));
            let hashes = Algorithm::ALL.into_iter().map(hash).collect();
            let size = content.len() as u64;
            (*name, Sums { size, hashes })
        })
        .collect();
    write(known.iter().map(|(name, sums)| (*name, sums))).unwrap()
}

#[test]
fn the_lists_describe_the_files() {
    let text = written();
    let checksums = collect([("target.checksums", &*text)]).unwrap();
    for (algorithm, program) in [
        (Algorithm::Sha256, "sha256sum"),
        (Algorithm::Sha512, "sha512sum"),
    ] {
        let list = sums(&checksums, algorithm);
        let folder = folder(&[FILES, &[("SUMS", list.as_bytes())]].concat());
        let arguments = ["--check", "--strict", "SUMS"];
        let Some(said) = succeeds(folder.path(), program, &arguments) else {
            return;
        };
        assert_eq!(said.matches(": OK").count(), FILES.len(), "{said}");

        std::fs::write(folder.path().join(FILES[0].0), "changed").unwrap();
        let output = run(folder.path(), program, &arguments).unwrap();
        assert!(!output.status.success());
    }
}
