//! Whole tasks: what is signed, attested and refused.

use super::super::formats::Method;
use super::super::jar::{self, JarVerdict};
use super::super::report::{How, Input, Signed};
use super::super::sign::{Request, sign};
use super::super::zip::Zip;
use super::files::program;
use super::zip;
use crate::base::digest::sha256;
use crate::stage::keys::{Certificate, Hash, Seal};
use crate::stage::mar::sign::{Algorithm, Verdict, sign as sign_mar, verify as verify_mar};
use crate::stage::mar::write::{NewEntry, Slot, write};
use crate::stage::mar::{Mar, ProductInfo};
use crate::stage::openpgp::{Outcome, VerifyingKey, verify};

fn task(certificate: &str, files: &[(&str, &[u8], &[&str])]) -> Result<Signed, Vec<String>> {
    let scopes = [format!("project:releng:signing:cert:{certificate}-signing")];
    let formats: Vec<Vec<String>> = files
        .iter()
        .map(|(_, _, formats)| formats.iter().map(|format| (*format).to_owned()).collect())
        .collect();
    let inputs: Vec<Input<'_>> = files
        .iter()
        .zip(&formats)
        .map(|((path, content, _), formats)| Input {
            path,
            content,
            formats,
            comment: None,
        })
        .collect();
    let request = Request {
        scopes: &scopes,
        prefixes: &["project:releng:signing:"],
        certificates: &["dep", "release"],
        time: 1_600_000_000,
    };
    sign(request, &inputs).map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn refused(certificate: &str, path: &str, content: &[u8], formats: &[&str]) -> String {
    let problems = task(certificate, &[(path, content, formats)]).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0]
        .strip_prefix(&format!("{path}: "))
        .unwrap_or(&problems[0])
        .to_owned()
}

const MAR: &str = "gcp_prod_autograph_hash_only_mar384";

fn mar(channel: &str, slots: &[Slot]) -> Vec<u8> {
    let product = ProductInfo {
        channel: channel.to_owned(),
        version: "92.0".to_owned(),
    };
    let entry = NewEntry {
        name: "a".to_owned(),
        mode: 0o644,
        content: b"content".to_vec(),
    };
    write(&product, &[entry], slots).unwrap()
}

fn mar_signed_by(name: &str) -> Vec<u8> {
    let key = Certificate::named(name).unwrap().key().unwrap();
    let bytes = mar("firefox-mozilla-release", &[]);
    sign_mar(&Mar::read(&bytes).unwrap(), &[(Algorithm::Sha384, key)]).unwrap()
}

#[test]
fn mar_files_are_signed() {
    let bytes = mar("firefox-mozilla-release", &[]);
    let signed = task("release", &[("public/a.mar", &bytes, &[MAR])]).unwrap();
    let file = &signed.files[0];
    assert_eq!(
        (file.outputs.len(), file.outputs[0].path.as_str()),
        (1, "public/a.mar")
    );
    let step = &file.steps[0];
    assert_eq!(step.method, Method::Mar);
    let public = Certificate::named("release")
        .unwrap()
        .key()
        .unwrap()
        .public();
    let expected = How::Signed {
        certificate: "release",
        key: sha256(&public.to_der()),
    };
    assert_eq!(step.how, expected);
    assert_eq!(step.before, sha256(&bytes));
    assert_eq!(step.after, sha256(&file.outputs[0].content));
    assert_eq!(file.outputs[0].content, mar_signed_by("release"));
    let slot = Slot {
        algorithm: 2,
        bytes: vec![0; 512],
    };
    let empty = mar("firefox-mozilla-release", &[slot]);
    let again = task("release", &[("public/a.mar", &empty, &[MAR])]).unwrap();
    assert_eq!(again.files[0].outputs, file.outputs);
    let key = Certificate::named("release")
        .unwrap()
        .key()
        .unwrap()
        .public();
    let read = Mar::read(&file.outputs[0].content).unwrap();
    assert_eq!(verify_mar(&read, &[key]).unwrap(), [Verdict::Valid(0)]);
}

#[test]
fn mar_files_of_other_keys_and_channels_are_refused() {
    let of = |certificate, bytes: &[u8]| refused(certificate, "a.mar", bytes, &[MAR]);
    let wrong = of("release", &mar_signed_by("wrong"));
    assert!(
        wrong.contains("already signed by the certificate wrong"),
        "{wrong}"
    );
    let slot = Slot {
        algorithm: 2,
        bytes: vec![1; 512],
    };
    let unknown = of("dep", &mar("a", &[slot]));
    assert!(
        unknown.contains("already signed by an unknown key"),
        "{unknown}"
    );
    let channel = of("release", &mar("firefox-mozilla-central", &[]));
    assert!(
        channel.contains("does not sign the MAR channel id"),
        "{channel}"
    );
    let again = task("release", &[("a.mar", &mar_signed_by("release"), &[MAR])]).unwrap();
    assert_eq!(again.files[0].outputs[0].content, mar_signed_by("release"));
    assert_eq!(again.files[0].steps[0].notes.len(), 1);
    let mut changed = mar_signed_by("release");
    let at = changed
        .windows(7)
        .position(|window| window == b"content")
        .unwrap();
    changed[at] ^= 1;
    let changed = of("release", &changed);
    assert!(
        changed.contains("by the certificate release, and changed since"),
        "{changed}"
    );
}

#[test]
fn gpg_signs_what_the_other_formats_made() {
    let bytes = mar("any", &[]);
    let formats = ["gcp_prod_autograph_gpg", MAR];
    let signed = task("dep", &[("public/a.mar", &bytes, &formats)]).unwrap();
    let [main, signature] = &signed.files[0].outputs[..] else {
        panic!()
    };
    assert_eq!(signature.path, "public/a.mar.asc");
    assert_ne!(main.content, bytes);
    let key = std::str::from_utf8(&signed.keys[0].content).unwrap();
    assert_eq!(signed.keys[0].path, "public/build/KEY");
    let keys = VerifyingKey::read(key).unwrap();
    let text = std::str::from_utf8(&signature.content).unwrap();
    let outcomes = verify(text, &[&main.content], &keys).unwrap();
    assert!(
        matches!(
            outcomes[..],
            [Outcome::Valid {
                created: 1_600_000_000,
                ..
            }]
        ),
        "{outcomes:?}"
    );
    let methods: Vec<Method> = signed.files[0]
        .steps
        .iter()
        .map(|step| step.method)
        .collect();
    assert_eq!(methods, [Method::Mar, Method::Gpg]);
}

#[test]
fn detached_signatures_are_made() {
    let signed = task("dep", &[("a", b"text", &["autograph_rsa"])]).unwrap();
    let [_, signature] = &signed.files[0].outputs[..] else {
        panic!()
    };
    assert_eq!(signature.path, "a.sig");
    let key = Certificate::named("dep").unwrap().key().unwrap().public();
    let digest = Hash::Sha256.digest(&[b"text"]);
    assert_eq!(
        key.check(Hash::Sha256, &digest, &signature.content),
        Seal::Matches
    );
}

const LANGUAGE: &[u8] = br#"{"languages": {}, "langpack_id": "de",
    "browser_specific_settings": {"gecko": {"id": "langpack-de@product.example.com"}}}"#;

#[test]
fn extensions_and_android_packages_are_signed() {
    let pack = zip(&[("manifest.json", LANGUAGE)]);
    let package = zip(&[("AndroidManifest.xml", b"x"), ("classes.dex", b"y")]);
    let files: [(&str, &[u8], &[&str]); 2] = [
        ("de.xpi", &pack, &["gcp_prod_autograph_langpack"]),
        ("a.apk", &package, &["gcp_prod_autograph_apk"]),
    ];
    let signed = task("release", &files).unwrap();
    for file in &signed.files {
        let read = Zip::read(&file.outputs[0].content).unwrap();
        let known = [Certificate::named("release").unwrap()];
        assert_eq!(
            jar::verify(&read, &known).unwrap(),
            JarVerdict::Valid("release")
        );
    }
    let signed = &signed.files[0].outputs[0].content;
    let other = refused("dep", "de.xpi", signed, &["autograph_langpack"]);
    assert!(
        other.contains("already signed by the certificate release"),
        "{other}"
    );
}

#[test]
fn language_packs_need_a_manifest_of_one() {
    let of = |manifest: &[u8]| {
        let pack = zip(&[("manifest.json", manifest)]);
        refused("dep", "de.xpi", &pack, &["autograph_langpack"])
    };
    assert!(of(b"{").contains("not valid JSON"));
    assert_eq!(of(b"{}"), "manifest.json names no extension id");
    let text = String::from_utf8_lossy(LANGUAGE);
    for (from, to) in [
        ("langpack-de@", "pack-de@"),
        ("langpack-de@", "langpack-d1@"),
        ("langpack_id", "id"),
        ("languages", "l"),
    ] {
        let refusal = of(text.replace(from, to).as_bytes());
        assert!(
            refusal.ends_with("is not a valid language pack"),
            "{refusal}"
        );
    }
    let addon = zip(&[(
        "manifest.json",
        br#"{"applications": {"gecko": {"id": "a@b"}}}"#,
    )]);
    assert!(task("dep", &[("a.xpi", &addon, &["privileged_webextension"])]).is_ok());
}

#[test]
fn other_formats_are_attested() {
    let archive = b"\xfd7zXZ\0rest";
    let formats = ["gcp_prod_autograph_widevine", "gcp_prod_autograph_gpg"];
    let files: [(&str, &[u8], &[&str]); 2] = [
        ("target.tar.xz", archive, &formats),
        (
            "setup.exe",
            &program(0),
            &["gcp_prod_autograph_authenticode_202412"],
        ),
    ];
    let signed = task("dep", &files).unwrap();
    for file in &signed.files {
        assert_eq!(file.steps[0].how, How::Attested);
        assert_eq!(file.steps[0].before, file.steps[0].after);
    }
    assert_eq!(signed.files[0].outputs[0].content, archive);
}

#[test]
fn disk_images_become_archives() {
    let mut image = vec![7; 1024];
    image[512..516].copy_from_slice(b"koly");
    let formats = ["macapp", "gcp_prod_autograph_widevine"];
    let signed = task("dep", &[("public/target.dmg", &image, &formats)]).unwrap();
    let [output] = &signed.files[0].outputs[..] else {
        panic!()
    };
    assert_eq!(output.path, "public/target.tar.gz");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&output.content[..]));
    let paths: Vec<_> = archive
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().into_owned())
        .collect();
    assert_eq!(paths, [std::path::Path::new("target.dmg")]);
}

#[test]
fn formats_must_fit_the_type_of_the_file() {
    let exe = program(0);
    let android = zip(&[("AndroidManifest.xml", b"")]);
    for (path, content, format, expected) in [
        ("setup.exe", &exe[..], MAR, "is for files named .mar"),
        ("a.mar", &exe, MAR, "the content is a Windows program"),
        (
            "a.exe",
            b"MAR1",
            "autograph_authenticode_202412",
            "the content is a MAR file",
        ),
        (
            "a.exe",
            &program(8),
            "autograph_authenticode_202412",
            "already has an Authenticode signature",
        ),
        (
            "a.zip",
            &zip(&[("msvcp.dll", b"")]),
            "autograph_authenticode_202412",
            "nothing to sign",
        ),
        (
            "a.tar.gz",
            b"BZh9",
            "autograph_widevine",
            "the content is compressed by bzip2",
        ),
        (
            "a.apk",
            &android,
            "autograph_langpack",
            "is for files named .xpi, .zip",
        ),
        (
            "a.xpi",
            &android,
            "autograph_langpack",
            "the content is an Android package",
        ),
        (
            "a.rpm",
            b"x",
            "gcp_prod_autograph_rpmsign",
            "needs an RPM package",
        ),
        (
            "a.asc",
            b"x",
            "autograph_gpg",
            "is a detached signature itself",
        ),
        ("a", b"", "autograph_gpg", "the file is empty"),
        ("a", b"x", "gpg", "no format is named gpg"),
    ] {
        let refusal = refused("dep", path, content, &[format]);
        assert!(refusal.contains(expected), "{path} {format}: {refusal}");
    }
}

#[test]
fn the_payload_is_checked() {
    let both = ["apple_notarization_stacked", "autograph_gpg"];
    assert!(refused("dep", "a.pkg", b"xar!", &both).contains("cannot be mixed"));
    assert!(refused("dep", "a", b"x", &[]).contains("no format"));
    assert!(refused("dep", "a", b"x", &["autograph_gpg", "autograph_gpg"]).contains("twice"));
    assert_eq!(
        task("dep", &[]).unwrap_err(),
        ["the task: there is nothing to sign"]
    );
    let level = refused("nightly", "a", b"x", &["autograph_gpg"]);
    assert!(
        level.contains("must not sign at this level, only: dep, release"),
        "{level}"
    );
    let files: [(&str, &[u8], &[&str]); 2] = [
        ("a", b"1", &["autograph_gpg"]),
        ("a", b"2", &["autograph_gpg"]),
    ];
    let twice = task("dep", &files).unwrap_err();
    assert!(
        twice[0].contains("both this file and a become a"),
        "{twice:?}"
    );
}
