//! What signing writes, judged by other programs: JAR signatures by Java's own program and by OpenSSL.

use std::fs;
use std::path::Path;

use snowman::stage::keys::{Certificate, certificate};
use snowman::stage::signing::existing::existing;
use snowman::stage::signing::file_type::FileType;
use snowman::stage::signing::glob::matches_any;
use snowman::stage::signing::jar::{self, JarVerdict};
use snowman::stage::signing::opened::Opened;
use snowman::stage::signing::xar;
use snowman::stage::signing::zip::Zip;

use super::judges::{folder, run, succeeds};

fn named(name: &str) -> &'static Certificate {
    Certificate::named(name).unwrap()
}

/// A ZIP file that another program made; `None` when it is not installed.
fn packed() -> Option<Vec<u8>> {
    let long = "a-rather-long-name-".repeat(5);
    let content = b"content ".repeat(1000);
    let folder = folder(&[("manifest.json", b"{}"), (&long, &content), ("empty", b"")]);
    let arguments = ["-q", "-X", "out.zip", "manifest.json", &long, "empty"];
    succeeds(folder.path(), "zip", &arguments)?;
    Some(fs::read(folder.path().join("out.zip")).unwrap())
}

#[test]
fn jarsigner_verifies_what_we_sign() {
    let Some(packed) = packed() else { return };
    for names in [jar::XPI, jar::APK] {
        let signed = jar::sign(&Zip::read(&packed).unwrap(), names, named("release")).unwrap();
        let folder = folder(&[("a.jar", &signed)]);
        let arguments = ["-verify", "-verbose", "-certs", "a.jar"];
        let Some(said) = succeeds(folder.path(), "jarsigner", &arguments) else {
            return;
        };
        assert!(
            said.contains("jar verified.") && said.contains("Worthless staging"),
            "{said}"
        );
        // The letters: the member has a signature, and is in the manifest.
        let members = said
            .lines()
            .filter(|line| line.trim_start().starts_with("sm "));
        assert_eq!(members.count(), 3, "{said}");
        succeeds(folder.path(), "unzip", &["-tq", "a.jar"]);
    }
}

#[test]
fn jarsigner_refuses_what_was_changed() {
    let Some(packed) = packed() else { return };
    let signed = jar::sign(&Zip::read(&packed).unwrap(), jar::XPI, named("release")).unwrap();
    let new = [("manifest.json".to_owned(), b"[]".to_vec())];
    let changed = Zip::read(&signed)
        .unwrap()
        .with(&new, |name| name == "manifest.json")
        .unwrap();
    let folder = folder(&[("a.jar", &changed)]);
    let Some(output) = run(folder.path(), "jarsigner", &["-verify", "a.jar"]) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("SHA-256 digest error for manifest.json"),
        "{said}"
    );
}

/// Has OpenSSL write `certificate.der` of a folder as `certificate.pem`.
fn converted(folder: &Path) -> Option<String> {
    let files = ["-in", "certificate.der", "-out", "certificate.pem"];
    let arguments = [&["x509", "-inform", "DER"][..], &files].concat();
    succeeds(folder, "openssl", &arguments)
}

#[test]
fn we_verify_what_jarsigner_signs() {
    let Some(packed) = packed() else { return };
    let key = named("dep").key().unwrap();
    let certificate = certificate::self_signed("dep", key).unwrap();
    let folder = folder(&[("a.jar", &packed), ("certificate.der", &certificate)]);
    let file = format!(
        "{}/src/stage/keys/worthless-dep.pem",
        env!("CARGO_MANIFEST_DIR")
    );
    if converted(folder.path()).is_none() {
        return;
    }
    let export = [
        "pkcs12",
        "-export",
        "-inkey",
        &file,
        "-in",
        "certificate.pem",
        "-name",
        "dep",
        "-out",
        "store.p12",
        "-passout",
        "pass:worthless",
    ];
    succeeds(folder.path(), "openssl", &export);
    let sign = [
        "-keystore",
        "store.p12",
        "-storetype",
        "PKCS12",
        "-storepass",
        "worthless",
        "a.jar",
        "dep",
    ];
    if succeeds(folder.path(), "jarsigner", &sign).is_none() {
        return;
    }
    let signed = fs::read(folder.path().join("a.jar")).unwrap();
    let signed = Zip::read(&signed).unwrap();
    let verdict = |name| jar::verify(&signed, &[named(name)]).unwrap();
    assert_eq!(verdict("dep"), JarVerdict::Valid("dep"));
    assert_eq!(verdict("release"), JarVerdict::OtherKey);
}

#[test]
fn openssl_reads_the_certificates() {
    for certificate in Certificate::all() {
        let key = certificate.key().unwrap();
        let der = certificate::self_signed(certificate.name, key).unwrap();
        let folder = folder(&[("a.der", &der)]);
        let arguments = ["x509", "-inform", "DER", "-in", "a.der", "-out", "a.pem"];
        if succeeds(folder.path(), "openssl", &arguments).is_none() {
            return;
        }
        let arguments = [
            "verify",
            "-check_ss_sig",
            "-no_check_time",
            "-CAfile",
            "a.pem",
            "a.pem",
        ];
        succeeds(folder.path(), "openssl", &arguments);
        let arguments = ["x509", "-in", "a.pem", "-noout", "-subject", "-enddate"];
        let said = succeeds(folder.path(), "openssl", &arguments).unwrap();
        let name = format!("Worthless staging certificate: {}", certificate.name);
        assert!(said.contains(&name) && said.contains("2049 GMT"), "{said}");
    }
}

#[test]
fn other_programs_open_our_installer_packages() {
    let content = b"content ".repeat(100);
    let made = xar::archive("public/a & b.dmg", &content).unwrap();
    for (program, arguments) in [
        ("bsdtar", &["-xf", "a.pkg"][..]),
        ("7z", &["x", "-txar", "a.pkg"]),
    ] {
        let folder = folder(&[("a.pkg", &made)]);
        if succeeds(folder.path(), program, arguments).is_some() {
            let unpacked = fs::read(folder.path().join("a & b.dmg"));
            assert!(unpacked.unwrap() == content, "{program}");
        }
    }
}

#[test]
fn patterns_match_what_python_finds() {
    let paths = [
        "a/b/c.x",
        "a/.h/d",
        "a/e[1]",
        "f.app/Contents/MacOS/g",
        "f.app/.i",
        "j",
    ];
    let patterns = [
        "*",
        "a/*",
        "a/**",
        "**/d",
        "**/c.?",
        "a/.h/*",
        "a/.*/d",
        "f.app/**/g",
        "f.app/*",
        "[a-f]/*",
        "a/e[[]1]",
        "a/e[1]",
        "**",
        "**/*",
        "f.app/**/*",
        "j/*",
        "a/b",
        "a//b",
        "k",
        "**.x",
        "[!a]*/**/g",
    ];
    let folder = folder(&[]);
    for path in paths {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"").unwrap();
    }
    let program = "import glob, sys\nfor pattern in sys.argv[1:]:\n    \
        print(any(glob.glob(pattern, recursive=True)))";
    let arguments = [&["-c", program][..], &patterns].concat();
    let Some(found) = succeeds(folder.path(), "python3", &arguments) else {
        return;
    };
    let found: Vec<&str> = found.lines().collect();
    assert_eq!(found.len(), patterns.len());
    for (pattern, found) in patterns.iter().zip(found) {
        assert_eq!(matches_any(pattern, &paths), found == "True", "{pattern}");
    }
}

#[test]
fn signatures_of_programs_for_windows_are_found() {
    let certificate = certificate::self_signed("dep", named("dep").key().unwrap()).unwrap();
    let folder = folder(&[("certificate.der", &certificate)]);
    // The package installer of Python brings programs for Windows.
    let program = "import os, pip._vendor.distlib as d\n\
        print(os.path.join(os.path.dirname(d.__file__), 't64.exe'))";
    let Some(found) = run(folder.path(), "python3", &["-c", program]) else {
        return;
    };
    let found = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    let Ok(unsigned) = fs::read(&found) else {
        println!("skipped: there is no program for Windows");
        return;
    };
    let file = Opened::new("a.exe", &unsigned);
    assert_eq!((file.file_type, existing(&file)), (FileType::Pe, None));
    if converted(folder.path()).is_none() {
        return;
    }
    let key = format!(
        "{}/src/stage/keys/worthless-dep.pem",
        env!("CARGO_MANIFEST_DIR")
    );
    let sign = [
        "sign",
        "-certs",
        "certificate.pem",
        "-key",
        &key,
        "-in",
        &found,
        "-out",
        "signed.exe",
    ];
    if succeeds(folder.path(), "osslsigncode", &sign).is_some() {
        let signed = fs::read(folder.path().join("signed.exe")).unwrap();
        let file = Opened::new("a.exe", &signed);
        assert_eq!(existing(&file), Some("an Authenticode signature"));
    }
}
