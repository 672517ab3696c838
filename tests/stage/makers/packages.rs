//! Packages of each system, opened by the tools of these systems.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Decompress, FlushDecompress};
use sha2::{Digest, Sha256};
use snowman::stage::makers::{Facts, tree};
use snowman::stage::mar::extract::File;
use snowman::stage::signing::file_type::FileType;
use snowman::stage::signing::fit::misfit;
use snowman::stage::signing::formats::method;
use snowman::stage::signing::opened::Opened;
use snowman::stage::signing::zip::Zip;

use super::super::judges::{folder, succeeds, untar};
use super::{build, made, unpacked};

#[test]
fn signing_accepts_each_for_its_formats() {
    for (platform, name, format, file_type) in [
        (
            "linux64",
            "target.complete.mar",
            "autograph_hash_only_mar384",
            FileType::Mar,
        ),
        (
            "linux64",
            "target.tar.xz",
            "autograph_widevine",
            FileType::Xz,
        ),
        (
            "linux64",
            "target.tar.bz2",
            "autograph_omnija",
            FileType::Bzip2,
        ),
        (
            "linux64",
            "target.tar.gz",
            "autograph_omnija",
            FileType::Gzip,
        ),
        ("linux64", "target.tar.xz", "autograph_gpg", FileType::Xz),
        (
            "linux64",
            "target.langpack.xpi",
            "autograph_langpack",
            FileType::Xpi,
        ),
        (
            "linux64",
            "an-addon.xpi",
            "privileged_webextension",
            FileType::Xpi,
        ),
        ("macosx64", "target.tar.gz", "macapp", FileType::Gzip),
        ("macosx64", "target.pkg", "macapp", FileType::Xar),
        (
            "macosx64",
            "target.pkg",
            "apple_notarization",
            FileType::Xar,
        ),
        (
            "win64",
            "setup.exe",
            "autograph_authenticode_202412",
            FileType::Pe,
        ),
        (
            "win64",
            "a.dll",
            "autograph_authenticode_sha2",
            FileType::Pe,
        ),
        (
            "win64",
            "target.zip",
            "autograph_authenticode_202412",
            FileType::Zip,
        ),
        (
            "win64",
            "target.msi",
            "autograph_authenticode_202412",
            FileType::Msi,
        ),
        (
            "win64",
            "target.msix",
            "autograph_authenticode_202412",
            FileType::Msix,
        ),
        (
            "android-arm64",
            "target.apk",
            "autograph_apk",
            FileType::Apk,
        ),
        (
            "android-arm64",
            "target.aab",
            "autograph_aab",
            FileType::Aab,
        ),
        (
            "linux64",
            "target.snap",
            "autograph_gpg",
            FileType::SquashFs,
        ),
    ] {
        let content = made(name, &build(platform));
        let opened = Opened::new(name, &content);
        assert_eq!(opened.file_type, file_type, "{name}");
        assert_eq!(
            misfit(format, method(format), &opened),
            None,
            "{name}: {format}"
        );
    }
}

#[test]
fn file_knows_every_program() {
    for (platform, name, kind) in [
        ("win32", "a.exe", "PE32 executable (GUI) Intel 80386"),
        ("win64", "a.exe", "PE32+ executable (GUI) x86-64"),
        ("win64-aarch64", "a.exe", "PE32+ executable (GUI) Aarch64"),
        ("win64", "a.dll", "PE32+ executable (DLL) (GUI) x86-64"),
    ] {
        let folder = folder(&[("a", &made(name, &build(platform)))]);
        let Some(said) = succeeds(folder.path(), "file", &["a"]) else {
            return;
        };
        assert!(said.contains(kind), "{platform}: {said}");
    }
    for (platform, path, kind) in [
        ("linux64", "snowfox", "ELF 64-bit LSB executable, x86-64"),
        (
            "linux64",
            "libxul.so",
            "ELF 64-bit LSB shared object, x86-64",
        ),
        (
            "linux64-aarch64",
            "updater",
            "ELF 64-bit LSB executable, ARM aarch64",
        ),
        (
            "linux32",
            "libxul.so",
            "ELF 32-bit LSB shared object, Intel 80386",
        ),
        (
            "macosx64",
            "Contents/MacOS/snowfox",
            "Mach-O 64-bit x86_64 executable",
        ),
        (
            "macosx64-aarch64",
            "Contents/MacOS/XUL",
            "Mach-O 64-bit arm64 dynamically linked",
        ),
        ("win64", "xul.dll", "PE32+ executable (DLL)"),
    ] {
        let content = &tree(&build(platform)).files[path].content;
        let folder = folder(&[("a", content)]);
        let Some(said) = succeeds(folder.path(), "file", &["a"]) else {
            return;
        };
        assert!(said.contains(kind), "{platform} {path}: {said}");
    }
}

#[test]
fn msiinfo_reads_the_properties() {
    for product in ["snowfox", "a-product-with-a-rather-long-name"] {
        let facts = Facts {
            product,
            ..build("win64")
        };
        let folder = folder(&[("a.msi", &made("target.msi", &facts))]);
        let export = ["export", "a.msi", "Property"];
        let Some(said) = succeeds(folder.path(), "msiinfo", &export) else {
            return;
        };
        let said = said.replace('\r', "");
        for line in [
            "Manufacturer\thail\n",
            "ProductVersion\t3.1.0\n",
            "ProductLanguage\t1033\n",
        ] {
            assert!(said.contains(line), "{said}");
        }
        let summary = succeeds(folder.path(), "msiinfo", &["suminfo", "a.msi"]).unwrap();
        assert!(summary.contains("Template: x64;1033"), "{summary}");
    }
}

#[test]
fn bsdtar_unpacks_the_installer_package() {
    let facts = build("macosx64");
    let folder = folder(&[("a.pkg", &made("target.pkg", &facts))]);
    let listed = succeeds(folder.path(), "bsdtar", &["-xf", "a.pkg"]);
    if listed.is_none() {
        return;
    }
    let inner = folder.path().join("snowfox.pkg");
    std::fs::create_dir(inner.join("into")).unwrap();
    succeeds(&inner, "bsdtar", &["-xpf", "Payload", "-C", "into"]);
    let tree = tree(&facts);
    let below = |(path, file)| (format!("Snowfox.app/{path}"), file);
    let expected: BTreeMap<String, File> = tree.files.into_iter().map(below).collect();
    assert_eq!(unpacked(&inner.join("into")), expected);
}

#[test]
fn aapt_reads_the_packages() {
    // In the order in which stores want version codes to rise.
    let mut codes = Vec::new();
    for abi in ["armeabi-v7a", "arm64-v8a", "x86", "x86_64"] {
        let name = format!("target.{abi}.apk");
        let folder = folder(&[("a.apk", &made(&name, &build("android")))]);
        let Some(said) = succeeds(folder.path(), "aapt", &["dump", "badging", "a.apk"]) else {
            return;
        };
        let package = said.lines().next().unwrap_or_default();
        assert!(
            package.starts_with("package: name='org.hail.snowfox' versionCode='"),
            "{said}"
        );
        assert!(package.contains("versionName='3.1'"), "{said}");
        for line in [
            "sdkVersion:'26'",
            "targetSdkVersion:'35'",
            "uses-permission: name='android.permission.INTERNET'",
            &format!("native-code: '{abi}'"),
        ] {
            assert!(said.lines().any(|other| other == line), "{line}: {said}");
        }
        assert!(
            said.contains("launchable-activity: name='org.hail.snowfox.App'"),
            "{said}"
        );
        let code = package.split('\'').nth(3).unwrap();
        codes.push(code.parse::<u32>().unwrap());
    }
    assert!(codes.is_sorted_by(|one, other| one < other), "{codes:?}");
    let later = Facts {
        build_id: "20261128020203",
        ..build("android")
    };
    let later = folder(&[("a.apk", &made("target.armeabi-v7a.apk", &later))]);
    let said = succeeds(later.path(), "aapt", &["dump", "badging", "a.apk"]).unwrap();
    let code = said.split('\'').nth(3).unwrap();
    assert!(code.parse::<u32>().unwrap() > codes[3], "{said}");
}

#[test]
fn unsquashfs_unpacks_the_snap() {
    let facts = build("linux64");
    let folder = folder(&[("a.snap", &made("target.snap", &facts))]);
    let arguments = ["-no-progress", "-d", "into", "a.snap"];
    if succeeds(folder.path(), "unsquashfs", &arguments).is_none() {
        return;
    }
    let mut files = unpacked(&folder.path().join("into"));
    let description = files.remove("meta/snap.yaml").unwrap();
    let description: serde_yaml::Value = serde_yaml::from_slice(&description.content).unwrap();
    for (key, value) in [
        ("name", "snowfox"),
        ("version", "3.1"),
        ("grade", "stable"),
        ("confinement", "strict"),
    ] {
        assert_eq!(description[key].as_str(), Some(value));
    }
    let command = description["apps"]["snowfox"]["command"].as_str().unwrap();
    assert_eq!(files[command].mode, 0o755);
    for (path, file) in tree(&facts).files {
        assert_eq!(files[&format!("usr/lib/snowfox/{path}")], file, "{path}");
    }
}

#[test]
fn ostree_finds_the_flatpak_sound() {
    let facts = build("linux64");
    let folder = folder(&[("a.tar.xz", &made("target.flatpak.tar.xz", &facts))]);
    if succeeds(folder.path(), "ostree", &["--version"]).is_none() {
        return;
    }
    if untar(folder.path(), "a.tar.xz").is_none() {
        return;
    }
    let refs = succeeds(folder.path(), "ostree", &["--repo=repo", "refs"]).unwrap();
    assert_eq!(refs, "app/org.hail.snowfox/x86_64/stable\n");
    succeeds(folder.path(), "ostree", &["--repo=repo", "fsck"]);
    let arguments = [
        "--repo=repo",
        "checkout",
        "--user-mode",
        refs.trim(),
        "into",
    ];
    succeeds(folder.path(), "ostree", &arguments);
    let files = unpacked(&folder.path().join("into"));
    let metadata = String::from_utf8(files["metadata"].content.clone()).unwrap();
    assert!(
        metadata.starts_with("[Application]\nname=org.hail.snowfox\n"),
        "{metadata}"
    );
    for (path, file) in tree(&facts).files {
        let unpacked = &files[&format!("files/lib/snowfox/{path}")];
        assert_eq!(unpacked.content, file.content, "{path}");
        assert_eq!(unpacked.mode & 0o111, file.mode & 0o111, "{path}");
    }
}

/// The attribute of an element that the text begins with.
fn attribute<'a>(text: &'a str, name: &str) -> &'a str {
    let (element, _) = text.split_once('>').unwrap();
    let (_, rest) = element.split_once(&format!("{name}=\"")).unwrap();
    rest.split_once('"').unwrap().0
}

#[test]
fn the_blocks_of_an_msix_have_the_hashes_of_its_map() {
    let facts = Facts {
        version: "142.0b3",
        ..build("win64")
    };
    let content = made("target.installer.msix", &facts);
    let zip = Zip::read(&content).unwrap();
    let text = |name: &str| {
        let content = zip.member(name).unwrap().content(1 << 20).unwrap();
        String::from_utf8(content).unwrap()
    };
    let map = text("AppxBlockMap.xml");
    let mut listed = vec![
        "AppxBlockMap.xml".to_owned(),
        "[Content_Types].xml".to_owned(),
    ];
    for file in map.split("<File ").skip(1) {
        let name = attribute(file, "Name")
            .replace('\\', "/")
            .replace(' ', "%20");
        let member = zip.member(&name).unwrap().content(16 << 20).unwrap();
        assert_eq!(attribute(file, "Size"), member.len().to_string(), "{name}");
        // The packed bytes are behind the header of the member.
        let header: usize = attribute(file, "LfhSize").parse().unwrap();
        let at = memchr::memmem::find(&content, name.as_bytes()).unwrap() - 30;
        let mut packed = &content[at + header..];
        let mut blocks = file.split("<Block ").skip(1);
        for block in member.chunks(1 << 16) {
            let line = blocks.next().unwrap();
            let hash = STANDARD.encode(Sha256::digest(block));
            assert_eq!(attribute(line, "Hash"), hash, "{name}");
            let (own, rest) = packed.split_at(attribute(line, "Size").parse().unwrap());
            let mut alone = Vec::with_capacity(1 << 17);
            Decompress::new(false)
                .decompress_vec(own, &mut alone, FlushDecompress::Sync)
                .unwrap();
            assert_eq!(alone, block, "{name}");
            packed = rest;
        }
        assert_eq!(blocks.next(), None, "{name}");
        listed.push(name);
    }
    listed.sort_unstable();
    let mut names = zip.names();
    names.sort_unstable();
    assert_eq!(names, listed);
    let ini: Vec<&&str> = names
        .iter()
        .filter(|name| name.ends_with("application.ini"))
        .collect();
    assert_eq!(ini.len(), 1);
    assert!(text(ini[0]).contains("Version=142.0\nBuildID=20261128010203\n"));
    let identity = text("AppxManifest.xml");
    assert!(identity.contains("Name=\"hail.Snowfox\""), "{identity}");
    assert!(identity.contains("Version=\"142.0.3.0\""), "{identity}");
}

#[test]
fn python_finds_the_documents_well_formed() {
    let script = "import sys, xml.dom.minidom\nxml.dom.minidom.parse(sys.argv[1])\n";
    let msix = made("target.installer.msix", &build("win64"));
    let zip = Zip::read(&msix).unwrap();
    for name in [
        "AppxManifest.xml",
        "AppxBlockMap.xml",
        "[Content_Types].xml",
    ] {
        let content = zip.member(name).unwrap().content(1 << 20).unwrap();
        let folder = folder(&[("a.xml", &content)]);
        succeeds(folder.path(), "python3", &["-c", script, "a.xml"]);
    }
    let files = tree(&build("macosx64")).files;
    let folder = folder(&[
        ("a.plist", &files["Contents/Info.plist"].content),
        ("a.pom", &made("library-3.1.pom", &build("android"))),
    ]);
    succeeds(folder.path(), "python3", &["-c", script, "a.pom"]);
    let script = "import plistlib\np = plistlib.load(open('a.plist', 'rb'))\n\
        assert p['CFBundleIdentifier'] == 'org.hail.snowfox', p\n";
    succeeds(folder.path(), "python3", &["-c", script]);
}

#[test]
fn versions_in_the_store_of_windows_are_four_numbers() {
    for (version, expected) in [
        ("142.0b3", "142.0.3.0"),
        ("142.0.1", "142.0.1.0"),
        ("142.0", "142.0.0.0"),
        ("140.2.0esr", "140.2.0.0"),
        // As a real nightly build of that hour has it.
        ("96.0a1", "96.2111.816.0"),
    ] {
        let facts = Facts {
            version,
            build_id: "20211108163854",
            ..build("win64")
        };
        let msix = made("target.installer.msix", &facts);
        let zip = Zip::read(&msix).unwrap();
        let manifest = zip
            .member("AppxManifest.xml")
            .unwrap()
            .content(1 << 20)
            .unwrap();
        let manifest = String::from_utf8(manifest).unwrap();
        assert!(
            manifest.contains(&format!(" Version=\"{expected}\" ")),
            "{manifest}"
        );
    }
}
