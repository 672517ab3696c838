//! MAR files that snowman writes, and what other programs say of them.

use std::fs;

use snowman::stage::keys::{Certificate, Hash, PrivateKey};
use snowman::stage::mar::pack::{bzip2, unpack, xz};
use snowman::stage::mar::sign::{Algorithm, sign};
use snowman::stage::mar::write::{NewEntry, write};
use snowman::stage::mar::{Mar, ProductInfo};

use super::judges::{folder, mardor, succeeds};

fn key(name: &str) -> &'static PrivateKey {
    Certificate::named(name).unwrap().key().unwrap()
}

fn product() -> ProductInfo {
    ProductInfo {
        channel: "product-release".to_owned(),
        version: "92.0.1".to_owned(),
    }
}

fn contents() -> [(&'static str, u32, Vec<u8>); 3] {
    let code = (0..50_000_u32).flat_map(|n| [0xe8, n.to_le_bytes()[1], 0, 0, n.to_le_bytes()[0]]);
    [
        ("program", 0o755, code.collect()),
        ("folder/text", 0o644, b"some text\n".to_vec()),
        ("empty", 0o600, Vec::new()),
    ]
}

fn signed(algorithm: Algorithm, certificate: &str, pack: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let entries = contents().map(|(name, mode, content)| NewEntry {
        name: name.to_owned(),
        mode,
        content: pack(&content),
    });
    let bytes = write(&product(), &entries, &[]).unwrap();
    sign(
        &Mar::read(&bytes).unwrap(),
        &[(algorithm, key(certificate))],
    )
    .unwrap()
}

#[test]
fn mardor_accepts_what_we_write() {
    for (algorithm, certificate, what) in [
        (Algorithm::Sha384, "release", "sha384"),
        (Algorithm::Sha1, "old", "sha1"),
    ] {
        let pack = |content: &[u8]| match algorithm {
            Algorithm::Sha384 => xz(content, 6, true).unwrap(),
            Algorithm::Sha1 => bzip2(content).unwrap(),
        };
        let bytes = signed(algorithm, certificate, pack);
        let public = key(certificate).public().to_pem();
        let other = key("wrong").public().to_pem();
        let folder = folder(&[
            ("a.mar", &bytes),
            ("key.pem", public.as_bytes()),
            ("wrong.pem", other.as_bytes()),
        ]);
        let Some(verified) = mardor(folder.path(), &["-k", "key.pem", "-v", "a.mar"]) else {
            return;
        };
        assert!(verified.status.success(), "{what}: {verified:?}");
        let refused = mardor(folder.path(), &["-k", "wrong.pem", "-v", "a.mar"]).unwrap();
        assert!(!refused.status.success(), "{what}");
        let told = mardor(folder.path(), &["-T", "a.mar"]).unwrap();
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        assert!(
            told.contains(what) && told.contains("product-release"),
            "{told}"
        );
        fs::create_dir(folder.path().join("out")).unwrap();
        let unpacked = mardor(folder.path(), &["-C", "out", "--auto", "-x", "a.mar"]).unwrap();
        assert!(unpacked.status.success(), "{unpacked:?}");
        for (name, _, content) in contents() {
            let path = folder.path().join("out").join(name);
            assert!(fs::read(path).unwrap() == content, "{name}");
        }
    }
}

#[test]
fn xz_and_bzip2_unpack_what_we_pack_and_the_reverse() {
    let [(_, _, code), ..] = contents();
    let packed = [
        xz(&code, 7, true).unwrap(),
        xz(&code, 1, false).unwrap(),
        bzip2(&code).unwrap(),
    ];
    let folder = folder(&[
        ("code", &code),
        ("a.xz", &packed[0]),
        ("b.xz", &packed[1]),
        ("c.bz2", &packed[2]),
    ]);
    let unpacked = |program: &str, file: &str| {
        succeeds(folder.path(), program, &["-dk", file])?;
        fs::read(folder.path().join(file.split('.').next().unwrap())).ok()
    };
    for (program, file) in [("xz", "a.xz"), ("xz", "b.xz"), ("bzip2", "c.bz2")] {
        let Some(unpacked) = unpacked(program, file) else {
            continue;
        };
        assert!(unpacked == code, "{file}");
    }
    for (program, arguments, file) in [
        (
            "xz",
            &["--x86", "--lzma2=preset=7e", "--check=crc64", "-k", "code"][..],
            "code.xz",
        ),
        ("bzip2", &["-k", "code"], "code.bz2"),
    ] {
        if succeeds(folder.path(), program, arguments).is_some() {
            let theirs = fs::read(folder.path().join(file)).unwrap();
            assert!(unpack(&theirs, 1 << 20).unwrap() == code, "{file}");
        }
    }
}

#[test]
fn openssl_makes_the_same_signatures() {
    for (name, hash) in [
        ("dep", Hash::Sha384),
        ("nightly", Hash::Sha256),
        ("release", Hash::Sha512),
        ("old", Hash::Sha1),
    ] {
        let ours = key(name).sign(hash, &[b"content"]).unwrap();
        let folder = folder(&[("content", b"content")]);
        let key = format!(
            "{}/src/stage/keys/worthless-{name}.pem",
            env!("CARGO_MANIFEST_DIR")
        );
        let digest = format!("-{}", hash.name().replace('-', "").to_lowercase());
        let arguments = ["dgst", &digest, "-sign", &key, "-out", "theirs", "content"];
        if succeeds(folder.path(), "openssl", &arguments).is_some() {
            assert_eq!(
                fs::read(folder.path().join("theirs")).unwrap(),
                ours,
                "{name}"
            );
        }
    }
}
