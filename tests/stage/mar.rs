//! MAR files: those of `../shared/staging/given`, and what other programs say of ours.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use sha2::{Digest, Sha256};
use snowman::base::digest::hex;
use snowman::stage::keys::{Certificate, Hash, PrivateKey, PublicKey};
use snowman::stage::mar::check::refused;
use snowman::stage::mar::client::{Client, accept};
use snowman::stage::mar::extract::extract;
use snowman::stage::mar::manifest::{Instruction, Manifest, Version, When};
use snowman::stage::mar::pack::{bzip2, unpack, xz};
use snowman::stage::mar::patch::{PatchError, apply};
use snowman::stage::mar::sign::{Algorithm, Verdict, digest, sign, verify};
use snowman::stage::mar::write::{NewEntry, write};
use snowman::stage::mar::{Mar, ProductInfo};

use super::judges::{folder, mardor, succeeds};

/// The folder with the files of other programs.
fn given() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/staging/given");
    let folder = std::env::var_os("SNOWMAN_TABLES").map_or_else(beside, PathBuf::from);
    if folder.join("mar/table.json").is_file() {
        return Some(folder);
    }
    println!("skipped: {} has no mar/table.json", folder.display());
    None
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Compares a file with what mardor says of it.
fn agrees(mar: &Mar<'_>, said: &Value) {
    let product = mar.product_info().ok();
    let of = |text: Option<&String>| text.map_or(Value::Null, |text| text.as_str().into());
    assert_eq!(
        said["channel"],
        of(product.as_ref().map(|product| &product.channel))
    );
    assert_eq!(
        said["productversion"],
        of(product.as_ref().map(|product| &product.version))
    );
    let entries = mar.entries.iter().map(|entry| {
        serde_json::json!({
            "name": entry.name, "offset": entry.offset, "size": entry.size, "flags": entry.mode
        })
    });
    assert_eq!(said["entries"], Value::Array(entries.collect()));
    let signatures = mar.signatures.iter().map(|signature| {
        serde_json::json!({"algorithm_id": signature.algorithm, "size": signature.bytes.len()})
    });
    assert_eq!(said["signatures"], Value::Array(signatures.collect()));
    for hash in said["hashes"].as_array().into_iter().flatten() {
        let number = hash["algorithm_id"]
            .as_u64()
            .and_then(|id| u32::try_from(id).ok());
        let algorithm = number.and_then(Algorithm::numbered).unwrap();
        assert_eq!(hash["hex"], hex(&digest(mar, algorithm).unwrap()));
    }
}

/// Whether every signature is valid with a key, as mardor sees it.
fn verifies(mar: &Mar<'_>, key: &PublicKey) -> bool {
    let verdicts = verify(mar, &[key]).unwrap_or_default();
    !verdicts.is_empty() && verdicts.iter().all(|verdict| *verdict == Verdict::Valid(0))
}

/// The instruction as a line of a manifest.
fn line(instruction: &Instruction) -> String {
    match instruction {
        Instruction::Add { path, when } => match when {
            When::Always => format!("add \"{path}\""),
            When::Exists(tested) => format!("add-if \"{tested}\" \"{path}\""),
            When::Missing(tested) => format!("add-if-not \"{tested}\" \"{path}\""),
        },
        Instruction::Patch { entry, path, when } => match when {
            When::Exists(tested) => format!("patch-if \"{tested}\" \"{entry}\" \"{path}\""),
            _ => format!("patch \"{entry}\" \"{path}\""),
        },
        Instruction::Remove(path) => format!("remove \"{path}\""),
        Instruction::RemoveFolder(path) => format!("rmdir \"{path}/\""),
        Instruction::RemoveTree(path) => format!("rmrfdir \"{path}/\""),
    }
}

#[test]
fn other_programs_files_are_read_as_they_read_them() {
    let Some(given) = given() else { return };
    let table = json(given.join("mar/table.json"));
    let keys = table["keys"].as_object().unwrap();
    for row in table["files"].as_array().unwrap() {
        let file = row["file"].as_str().unwrap();
        println!("{file}");
        let bytes = fs::read(given.join("mar").join(file)).unwrap();
        let readable = row["libmar_extract_rc"] == 0;
        let mar = match Mar::read(&bytes) {
            Ok(mar) => mar,
            Err(error) => {
                assert!(!readable, "{error}");
                continue;
            }
        };
        let defects = refused(&mar);
        assert_eq!(defects.is_empty(), readable, "{defects:?}");
        agrees(&mar, &row["mardor"]);
        for (name, key) in keys {
            let key = PublicKey::from_pem(key.as_str().unwrap()).unwrap();
            assert_eq!(
                row["mardor"]["verifies"][name],
                verifies(&mar, &key),
                "{name}"
            );
        }
        let entry = mar.entry(Version::V3.entry()).unwrap();
        let text = unpack(mar.content(entry).unwrap(), 1 << 20).unwrap();
        let manifest = Manifest::read(&text, Version::V3).unwrap();
        let lines: Vec<String> = manifest.instructions.iter().map(line).collect();
        let said: Vec<&str> = row["manifest"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line.as_str().unwrap())
            .collect();
        assert_eq!(lines, said[1..]);
        let verified = row["mardor"]["verifies"].as_object().unwrap();
        if mar.signatures.is_empty() || verified.values().any(|valid| *valid == true) {
            assert!(extract(&mar, 1 << 24).is_ok());
        }
    }
}

/// Why an installed `from` does not take a file, or cannot apply it.
fn refusal(given: &std::path::Path, table: &Value, file: &str) -> Option<String> {
    let bytes = fs::read(given.join("mar").join(file)).unwrap();
    let key = PublicKey::from_pem(table["keys"]["throwaway-dep"].as_str().unwrap()).unwrap();
    let client = Client {
        keys: &[&key],
        channels: table["accepted_mar_channel_ids"][0].as_str().unwrap(),
        version: table["from_version"].as_str().unwrap(),
    };
    if let Err(refusal) = accept(&bytes, client) {
        return Some(refusal.to_string());
    }
    let from = fs::read(given.join("mar/from.complete.mar")).unwrap();
    let installed = extract(&Mar::read(&from).unwrap(), 1 << 24).unwrap();
    let update = extract(&Mar::read(&bytes).unwrap(), 1 << 24).unwrap();
    let manifest = &update[Version::V3.entry()].content;
    let manifest = Manifest::read(manifest, Version::V3).unwrap();
    for instruction in &manifest.instructions {
        if let Instruction::Patch { entry, path, .. } = instruction {
            match apply(&installed[path].content, &update[entry].content) {
                Ok(made) => {
                    let wanted = &table["to_tree"][path]["sha256"];
                    assert_eq!(*wanted, hex(&Sha256::digest(made)), "{path}");
                }
                Err(
                    error @ PatchError::SourceChecksum { .. }
                    | error @ PatchError::SourceSize { .. },
                ) => {
                    return Some(error.to_string());
                }
                Err(error) => panic!("{path}: {error}"),
            }
        }
    }
    None
}

#[test]
fn bad_files_are_refused_each_for_its_own_reason() {
    let Some(given) = given() else { return };
    let table = json(given.join("mar/table.json"));
    // What the table says is wrong, and the words in which we say it.
    let reasons = BTreeMap::from([
        ("no signature", "has 0 signatures"),
        ("signed by another key", "none of the client's keys"),
        ("signed with SHA-1", "not made with SHA-384"),
        ("MAR channel id of another channel", "status 22"),
        ("product version older", "status 23"),
        (
            "one bit of the content changed",
            "changed after it was signed",
        ),
        ("cut short", "the file ends within"),
        (
            "well signed, but made from another build",
            "the patch is for",
        ),
    ]);
    for row in table["files"].as_array().unwrap() {
        let (file, why) = (row["file"].as_str().unwrap(), row["why"].as_str().unwrap());
        let refusal = refusal(&given, &table, file);
        if why == "good" {
            assert_eq!(refusal, None, "{file}");
            continue;
        }
        let expected = reasons.iter().find(|(start, _)| why.starts_with(*start));
        let (_, words) = expected.unwrap_or_else(|| panic!("no words for {why:?}"));
        let refusal = refusal.unwrap_or_else(|| panic!("{file} is not refused: {why}"));
        assert!(refusal.contains(words), "{file}: {refusal}");
    }
}

#[test]
fn sample_files_are_read_as_other_programs_read_them() {
    let Some(given) = given() else { return };
    let samples = given.join("../samples/mar");
    let table = given.join("mar-libmar-samples.json");
    if !samples.is_dir() || !table.is_file() {
        println!("skipped: there are no samples");
        return;
    }
    for row in json(table)["rows"].as_array().unwrap() {
        let file = row["file"].as_str().unwrap();
        println!("{file}");
        let bytes = fs::read(samples.join(file)).unwrap();
        let mar = Mar::read(&bytes).unwrap();
        agrees(&mar, &row["mardor"]);
        let defects = refused(&mar);
        let fine = row["libmar_extract_rc"] == 0;
        assert_eq!(defects.is_empty(), fine, "{defects:?}");
        for (name, expected) in row["mardor"]["verifies"].as_object().unwrap() {
            let key = fs::read(samples.join(format!("{name}.der"))).unwrap();
            let key = PublicKey::from_certificate(&key).unwrap();
            assert_eq!(*expected, verifies(&mar, &key), "{name}");
        }
    }
}

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
