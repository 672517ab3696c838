//! Packages that others have made, which `.ci/genuine` downloads: what snowman says of each is what another program
//! says.
//!
//! Without `SNOWMAN_GENUINE`, the tests print that and pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;
use snowman::stage::archive::access::ResourceKind;
use snowman::stage::archive::packages::Package;
use snowman::stage::keys::{Certificate, Hash};
use snowman::stage::signing::jar::{JarVerdict, verify};
use snowman::stage::signing::zip::Zip;
use snowman::stage::stores::ostree::Objects;
use snowman::stage::stores::squashfs::{Image, Kind};
use snowman::stage::stores::{apk, apk_signature, image, language_pack};

use super::judges::{run, succeeds};

/// The files of a format with an ending, at least as many as these; `None`, with a message, if there are none.
fn files(format: &str, end: &str, least: usize) -> Option<Vec<PathBuf>> {
    let Ok(folder) = std::env::var("SNOWMAN_GENUINE") else {
        println!("skipped: SNOWMAN_GENUINE names no folder");
        return None;
    };
    let folder = Path::new(&folder).join(format);
    if !folder.is_dir() {
        println!("skipped: there are no genuine packages of the format {format}");
        return None;
    }
    let mut found = Vec::new();
    let mut left = vec![folder];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => left.push(path),
                false if path.to_string_lossy().ends_with(end) => found.push(path),
                false => {}
            }
        }
    }
    found.sort_unstable();
    assert!(found.len() >= least, "{format}: {found:?}");
    println!("{format}: {} packages", found.len());
    Some(found)
}

/// What a program says of a file.
fn said(program: &str, arguments: &[&str], file: &Path) -> Option<String> {
    let file = file.to_str().unwrap();
    let output = run(Path::new("/"), program, &[arguments, &[file]].concat())?;
    let text = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn signatures_of_android_packages_are_those_that_apksigner_finds() {
    let Some(files) = files("apk", ".apk", 80) else {
        return;
    };
    let mut counts = BTreeMap::new();
    let mut wrong: Vec<String> = Vec::new();
    for file in files {
        // Before Android 7, nobody looks at the later signatures.
        let arguments = ["verify", "--verbose", "--min-sdk-version", "24"];
        let Some(said) = said("apksigner", &arguments, &file) else {
            return;
        };
        let bytes = fs::read(&file).unwrap();
        let about = file.display();
        let ours = Zip::read(&bytes).map(|zip| apk_signature::check(&zip));
        let has = |version: &str| {
            said.contains(&format!(
                "using {version} scheme (APK Signature Scheme {version}): true"
            ))
        };
        let theirs: BTreeSet<&str> = ["v2", "v3"]
            .into_iter()
            .filter(|version| has(version))
            .collect();
        let outcome = if said.starts_with("Verifies") {
            match ours.map(|found| found.map(|all| all.iter().map(|one| one.version).collect())) {
                Ok(Ok(found)) if theirs == found => {}
                other => wrong.push(format!("{about}: {other:?}; {said}")),
            }
            "good"
        } else if said.contains("APK Signature Scheme") {
            // A signature by another key than RSA is not checked, which is told.
            if let Ok(Ok(found)) = ours
                && !found.is_empty()
                && found.iter().all(|one| one.is_checked)
            {
                wrong.push(format!("{about}: {found:?}; {said}"));
            }
            "bad"
        } else {
            "of another kind"
        };
        *counts.entry(outcome).or_insert(0) += 1;
    }
    println!("{counts:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(counts["good"] > 50 && counts["bad"] > 5, "{counts:?}");
}

/// None of these packages is signed with a key of snowman, so each that is signed is signed by another one.
#[test]
fn packages_are_signed_or_not_as_jarsigner_says() {
    let Some(files) = files("apk", ".apk", 80) else {
        return;
    };
    let names = ["dep", "nightly", "release"];
    let known: Vec<&Certificate> = names.map(|name| Certificate::named(name).unwrap()).into();
    let mut counts = BTreeMap::new();
    for file in files {
        let Some(said) = said("jarsigner", &["-verify"], &file) else {
            return;
        };
        let bytes = fs::read(&file).unwrap();
        let ours = Zip::read(&bytes).map(|zip| verify(&zip, &known));
        let about = file.display();
        let outcome = if said.contains("jar verified") {
            assert!(
                matches!(ours, Ok(Ok(JarVerdict::OtherKey))),
                "{about}: {ours:?}; {said}"
            );
            "signed"
        } else if said.contains("jar is unsigned") {
            assert!(
                matches!(ours, Ok(Ok(JarVerdict::Unsigned))),
                "{about}: {ours:?}; {said}"
            );
            "unsigned"
        } else {
            assert!(
                !matches!(ours, Ok(Ok(JarVerdict::Valid(_)))),
                "{about}: {ours:?}; {said}"
            );
            "damaged, or signed with an old algorithm"
        };
        *counts.entry(outcome).or_insert(0) += 1;
    }
    println!("{counts:?}");
    assert!(
        counts["signed"] >= 3 && counts["unsigned"] >= 3,
        "{counts:?}"
    );
}

#[test]
fn android_packages_say_what_aapt_reads() {
    let Some(files) = files("apk", ".apk", 80) else {
        return;
    };
    let mut count = 0;
    for file in files {
        let Some(said) = said("aapt", &["dump", "badging"], &file) else {
            return;
        };
        let Ok(apk) = apk::read(&fs::read(&file).unwrap()) else {
            continue;
        };
        let value = |key: &str| {
            let (_, rest) = said.split_once(&format!("{key}'"))?;
            rest.split('\'').next().map(str::to_owned)
        };
        let about = file.display();
        assert_eq!(value("package: name="), Some(apk.package), "{about}");
        assert_eq!(
            value("versionCode="),
            Some(apk.version_code.to_string()),
            "{about}"
        );
        assert_eq!(value("versionName="), Some(apk.version_name), "{about}");
        assert_eq!(
            value("sdkVersion:"),
            Some(apk.min_sdk.to_string()),
            "{about}"
        );
        assert_eq!(
            value("targetSdkVersion:"),
            Some(apk.target_sdk.to_string()),
            "{about}"
        );
        count += 1;
    }
    println!("{count} packages were read");
    assert!(count >= 3);
}

#[test]
fn packages_for_linux_say_what_their_programs_read() {
    for (format, kind, program, arguments) in [
        (
            "deb",
            ResourceKind::AptRepository,
            "dpkg-deb",
            &[
                "--show",
                "--showformat=${Package} ${Version} ${Architecture}",
            ][..],
        ),
        (
            "rpm",
            ResourceKind::YumRepository,
            "rpm",
            &[
                "--query",
                "--nosignature",
                "--queryformat=%{NAME} %{VERSION}-%{RELEASE} %{ARCH}",
                "--package",
            ],
        ),
    ] {
        let Some(files) = files(format, &format!(".{format}"), 3) else {
            continue;
        };
        let mut count = 0;
        for file in files {
            let Some(said) = said(program, arguments, &file) else {
                return;
            };
            let about = file.display();
            match Package::read(kind, &fs::read(&file).unwrap()) {
                Ok(package) => {
                    let ours = format!(
                        "{} {} {}",
                        package.name, package.version, package.architecture
                    );
                    assert!(said.contains(&ours), "{about}: {ours}; {said}");
                    count += 1;
                }
                Err(error) => println!("{about}: {error}; {program}: {said}"),
            }
        }
        assert!(count >= 3, "{format}: {count}");
    }
}

/// A package as the index of a repository lists it: file, name, version, architecture, SHA-256, size.
type Listed = [String; 6];

/// The packages in the index that `dpkg-scanpackages` makes of a folder.
fn apt_index(folder: &Path) -> Option<Vec<Listed>> {
    let index = succeeds(folder, "dpkg-scanpackages", &["--multiversion", "."])?;
    let listed = index.split("\n\n").filter_map(|about| {
        let value = |key: &str| {
            let mut lines = about.lines();
            lines.find_map(|line| line.strip_prefix(&format!("{key}: ")).map(str::to_owned))
        };
        let file = value("Filename")?.trim_start_matches("./").to_owned();
        let [name, version, architecture, sum, size] =
            ["Package", "Version", "Architecture", "SHA256", "Size"].map(|key| value(key).unwrap());
        Some([file, name, version, architecture, sum, size])
    });
    Some(listed.collect())
}

/// The packages in the index that `createrepo_c` makes of a folder.
fn yum_index(folder: &Path) -> Option<Vec<Listed>> {
    let options = [
        "--no-database",
        "--simple-md-filenames",
        "--general-compress-type=gz",
        ".",
    ];
    succeeds(folder, "createrepo_c", &options)?;
    let packed = fs::read(folder.join("repodata/primary.xml.gz")).unwrap();
    let mut index = String::new();
    flate2::read::GzDecoder::new(&packed[..])
        .read_to_string(&mut index)
        .unwrap();
    let between = |text: &str, start: &str, end: &str| {
        let (_, rest) = text
            .split_once(start)
            .unwrap_or_else(|| unreachable!("{start}: {text}"));
        rest.split(end).next().unwrap_or_default().to_owned()
    };
    let listed = index.split("<package type=\"rpm\">").skip(1).map(|about| {
        let version = between(about, " ver=\"", "\"");
        let release = between(about, " rel=\"", "\"");
        [
            between(about, "<location href=\"", "\""),
            between(about, "<name>", "<"),
            format!("{version}-{release}"),
            between(about, "<arch>", "<"),
            between(about, "<checksum type=\"sha256\" pkgid=\"YES\">", "<"),
            between(about, " package=\"", "\""),
        ]
    });
    Some(listed.collect())
}

#[test]
fn indexes_of_repositories_list_packages_as_they_are_read() {
    for (format, kind, index) in [
        (
            "deb",
            ResourceKind::AptRepository,
            apt_index as fn(&Path) -> _,
        ),
        ("rpm", ResourceKind::YumRepository, yum_index),
    ] {
        let Some(files) = files(format, &format!(".{format}"), 3) else {
            continue;
        };
        let folder = tempfile::tempdir().unwrap();
        let mut packages = BTreeMap::new();
        for (number, file) in files.iter().enumerate() {
            let bytes = fs::read(file).unwrap();
            if let Ok(package) = Package::read(kind, &bytes) {
                let name = format!("{number}.{format}");
                fs::write(folder.path().join(&name), &bytes).unwrap();
                packages.insert(name, (package, bytes));
            }
        }
        let Some(listed) = index(folder.path()) else {
            continue;
        };
        for [file, name, version, architecture, sum, size] in &listed {
            let (package, bytes) = &packages[file];
            let ours = [&package.name, &package.version, &package.architecture];
            assert_eq!(ours, [name, version, architecture], "{file}");
            assert_eq!(
                (Hash::Sha256.hex(bytes), bytes.len().to_string()),
                (sum.clone(), size.clone()),
                "{file}"
            );
        }
        // An index has each package once, whatever its name.
        assert_eq!(listed.len(), packages.len(), "{format}");
        assert!(packages.len() >= 3, "{format}");
    }
}

#[test]
fn images_of_squashfs_hold_what_unsquashfs_unpacks() {
    let Some(files) = files("squashfs", ".squashfs", 3) else {
        return;
    };
    for file in files {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["-no-progress", "-d", "into", file.to_str().unwrap()];
        if succeeds(folder.path(), "unsquashfs", &arguments).is_none() {
            return;
        }
        let bytes = fs::read(&file).unwrap();
        let image = Image::read(&bytes).unwrap();
        let about = file.display();
        assert!(!image.entries.is_empty(), "{about}");
        for (path, entry) in &image.entries {
            let unpacked = folder.path().join("into").join(path);
            match &entry.kind {
                Kind::File(_) => {
                    let content = image.content(path).unwrap();
                    assert_eq!(
                        content,
                        Some(fs::read(&unpacked).unwrap()),
                        "{about}: {path}"
                    );
                }
                Kind::Link(target) => {
                    let theirs = fs::read_link(&unpacked).unwrap();
                    assert_eq!(theirs.to_str(), Some(target.as_str()), "{about}: {path}");
                }
                Kind::Folder => assert!(unpacked.is_dir(), "{about}: {path}"),
                Kind::Special => assert!(unpacked.symlink_metadata().is_ok(), "{about}: {path}"),
            }
        }
    }
}

#[test]
fn repositories_of_ostree_are_as_sound_as_ostree_says() {
    let Some(configurations) = files("ostree", "/config", 1) else {
        return;
    };
    for configuration in configurations {
        let repository = configuration.parent().unwrap();
        let at = format!("--repo={}", repository.display());
        if succeeds(Path::new("/"), "ostree", &[&at, "fsck"]).is_none() {
            return;
        }
        let mut objects = Objects::default();
        for folder in fs::read_dir(repository.join("objects")).unwrap() {
            let folder = folder.unwrap();
            for file in fs::read_dir(folder.path()).unwrap() {
                let file = file.unwrap();
                let name = format!(
                    "{}/{}",
                    folder.file_name().display(),
                    file.file_name().display()
                );
                objects.by_name.insert(name, fs::read(file.path()).unwrap());
            }
        }
        // Notes about commits have no hash.
        let names = objects
            .by_name
            .keys()
            .filter(|name| !name.ends_with(".commitmeta"));
        let names: Vec<String> = names.cloned().collect();
        assert_eq!(objects.check(), Ok(names.len()));
        // Any other content of any object is noticed.
        for name in &names {
            let mut other = objects.clone();
            let content = other.by_name.get_mut(name).unwrap();
            let last = content.len() - 1;
            content[last] ^= 1;
            assert!(other.check().is_err(), "{name}");
        }
        let main = fs::read_to_string(repository.join("refs/heads/main")).unwrap();
        let listed = succeeds(Path::new("/"), "ostree", &[&at, "ls", "-R", "main"]).unwrap();
        let theirs = listed
            .lines()
            .filter(|line| line.starts_with(['-', 'l']))
            .count();
        let files = objects.files(main.trim(), &mut Default::default()).unwrap();
        assert_eq!(files.len(), theirs, "{listed}");
    }
}

#[test]
fn images_are_those_that_skopeo_reads() {
    let Some(files) = files("image", ".tar", 1) else {
        return;
    };
    for file in files {
        let Some(said) = said(
            "skopeo",
            &["inspect"],
            Path::new(&format!("docker-archive:{}", file.display())),
        ) else {
            return;
        };
        let theirs: Value = serde_json::from_str(&said).unwrap();
        let ours = image::read(&fs::read(&file).unwrap()).unwrap();
        let about = file.display();
        assert_eq!(ours.faults, [""; 0], "{about}");
        assert_eq!(
            theirs["Architecture"],
            ours.architecture.as_str(),
            "{about}"
        );
        let layers: Vec<&str> = ours
            .layers
            .iter()
            .map(|layer| layer.digest.as_str())
            .collect();
        assert_eq!(theirs["Layers"], serde_json::json!(layers), "{about}");
    }
}

/// The linter is that of addons.mozilla.org, which `SNOWMAN_ADDONS_LINTER` names.
#[test]
fn language_packs_are_what_the_linter_says() {
    let Some(files) = files("langpack", ".xpi", 1) else {
        return;
    };
    for file in files {
        let pack = language_pack::read(&fs::read(&file).unwrap()).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let linter = std::env::var("SNOWMAN_ADDONS_LINTER").unwrap_or_default();
        if linter.is_empty() {
            println!("skipped: SNOWMAN_ADDONS_LINTER names no program");
            return;
        };
        let Some(said) = said(&linter, &["--langpack", "--output=json"], &file) else {
            return;
        };
        let theirs: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(theirs["errors"], serde_json::json!([]), "{name}");
        assert_eq!(theirs["metadata"]["id"], pack.id.as_str(), "{name}");
        assert_eq!(
            theirs["metadata"]["version"],
            pack.version.as_str(),
            "{name}"
        );
        let locale = name
            .trim_start_matches("langpack-")
            .split('@')
            .next()
            .unwrap();
        assert_eq!(pack.locale, locale);
        assert!(name.starts_with(&pack.id), "{name}: {}", pack.id);
        let version = pack.min_version.clone();
        assert_eq!(pack.unfit(Some(locale), &version), [], "{name}");
    }
}
