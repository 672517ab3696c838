//! Defects of packages for stores.

use snowman::base::value::{Value, json};
use snowman::stage::keys::Certificate;
use snowman::stage::makers::{self, Facts};
use snowman::stage::signing::jar;
use snowman::stage::signing::zip::Zip;

use super::world::{Task, World};

pub fn facts() -> Facts<'static> {
    Facts {
        label: "build-hail",
        product: "hail",
        version: "94.0",
        build_id: "20261130093000",
        platform: "linux64",
        locale: "en-US",
        branch: "try",
    }
}

pub fn made(file: &str, facts: &Facts<'_>) -> Vec<u8> {
    makers::make(file, facts).unwrap()
}

/// A task that pushes files of a build to a store.
fn push(
    world: &mut World,
    system: &str,
    scope: &str,
    channel: &str,
    files: &[(&str, &[u8])],
) -> Task {
    let build = world.build(files);
    let paths: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let payload = json!({
        "channel": channel,
        "upstreamArtifacts": [{"taskId": build.as_str(), "taskType": "build", "paths": paths}],
    });
    let mut task = world.task(system, "", payload, &[]);
    task.staged.scopes = vec![format!("project:hail:releng:{scope}")];
    task
}

/// The names and contents of a ZIP file, changed.
fn edited(bytes: &[u8], name: &str, edit: impl Fn(&str) -> String) -> Vec<u8> {
    let zip = Zip::read(bytes).unwrap();
    let content = zip.member(name).unwrap().content(1 << 30).unwrap();
    let new = edit(&String::from_utf8(content).unwrap());
    zip.with(&[(name.to_owned(), new.into_bytes())], |known| {
        known == name
    })
    .unwrap()
}

pub fn msix(world: &mut World, bytes: &[u8]) -> Task {
    push(
        world,
        "pushmsix",
        "microsoftstore:beta",
        "beta",
        &[("public/build/target.msix", bytes)],
    )
}

pub fn windows() -> Facts<'static> {
    Facts {
        platform: "win64",
        ..facts()
    }
}

#[test]
fn a_package_for_windows_passes() {
    let mut world = World::default();
    let task = msix(&mut world, &made("target.msix", &windows()));
    let done = world.pass(&task);
    let report = world.report(&done);
    assert_eq!(report["tables"][0]["rows"][0][3], "94.0.0.0");
}

#[test]
fn a_channel_may_have_no_scope_below_release_level() {
    let mut world = World::default();
    let mut task = msix(&mut world, &made("target.msix", &windows()));
    task.staged.scopes.clear();
    let done = world.pass(&task);
    let report = world.report(&done);
    let unchecked = report["notChecked"].as_array().unwrap();
    let why = "the scope for the channel: the task has none below release level";
    assert!(unchecked.iter().any(|one| one == why), "{report:#}");
    let checked = report["checked"].to_string();
    assert!(
        !checked.contains("the scopes that the worker asks for"),
        "{checked}"
    );
}

#[test]
fn a_package_for_windows_of_another_version_is_red() {
    let mut world = World::default();
    let other = Facts {
        version: "93.0",
        ..windows()
    };
    let task = msix(&mut world, &made("target.msix", &other));
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("93.0.0.0") && red.contains("94.0.0.0"),
        "{red}"
    );
}

#[test]
fn a_wrong_hash_of_a_block_is_red() {
    let mut world = World::default();
    let bytes = made("target.msix", &windows());
    let wrong = edited(&bytes, "AppxBlockMap.xml", |text| {
        let at = text.find("Hash=\"").unwrap() + 6;
        let other = if text[at..].starts_with('A') {
            "B"
        } else {
            "A"
        };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    });
    let task = msix(&mut world, &wrong);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("has another hash"), "{red}");
    // And a file that the map does not list.
    let zip = Zip::read(&bytes).unwrap();
    let more = zip
        .with(&[("extra.txt".to_owned(), b"x".to_vec())], |_| false)
        .unwrap();
    let task = msix(&mut world, &more);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("does not list extra.txt"), "{red}");
}

#[test]
fn two_applications_in_a_package_are_red() {
    let mut world = World::default();
    let bytes = made("target.msix", &windows());
    let zip = Zip::read(&bytes).unwrap();
    let second = (
        "other/application.ini".to_owned(),
        b"[App]\nVersion=94.0\n".to_vec(),
    );
    let task = msix(&mut world, &zip.with(&[second], |_| false).unwrap());
    let red = world.fail(&task).join("\n");
    assert!(red.contains("2 files application.ini"), "{red}");
}

#[test]
fn a_path_that_leads_out_is_red() {
    let mut world = World::default();
    let bytes = made("target.msix", &windows());
    let zip = Zip::read(&bytes).unwrap();
    let out = ("../evil".to_owned(), b"x".to_vec());
    let task = msix(&mut world, &zip.with(&[out], |_| false).unwrap());
    let red = world.fail(&task).join("\n");
    assert!(red.contains("could lead out of the package"), "{red}");
}

pub fn pack(world: &mut World, bytes: &[u8]) -> Task {
    let name = "public/build/de/target.langpack.xpi";
    push(
        world,
        "addons",
        "addons.mozilla.org:server:staging",
        "unlisted",
        &[(name, bytes)],
    )
}

pub fn german() -> Facts<'static> {
    Facts {
        locale: "de",
        ..facts()
    }
}

#[test]
fn a_language_pack_is_returned_signed() {
    let mut world = World::default();
    let bytes = made("target.langpack.xpi", &german());
    let task = pack(&mut world, &bytes);
    let done = world.pass(&task);
    let signed = world
        .get(&done, "public/build/de/target.langpack.xpi")
        .unwrap();
    let zip = Zip::read(signed).unwrap();
    let dep = Certificate::named("dep").unwrap();
    assert_eq!(jar::verify(&zip, &[dep]), Ok(jar::JarVerdict::Valid("dep")));
    // The same again is no collision; another content of the same version is.
    let mut task = pack(&mut world, &bytes);
    task.staged.from = vec![done.clone()];
    world.pass(&task);
    let other = edited(&bytes, "browser/localization/de/menu.ftl", |text| {
        format!("{text}# more\n")
    });
    let mut task = pack(&mut world, &other);
    task.staged.from = vec![done];
    let red = world.fail(&task).join("\n");
    assert!(red.contains("exists already with other content"), "{red}");
}

#[test]
fn a_wrong_language_pack_is_red() {
    let bytes = made("target.langpack.xpi", &german());
    let edits: &[(&str, &str, &str)] = &[
        (
            "\"version\": \"94.0.",
            "\"other\": \"94.0.",
            "no text `version`",
        ),
        ("langpack-de@", "langpack-fr@", "its id is langpack-fr@"),
        (
            "\"langpack_id\": \"de\"",
            "\"langpack_id\": \"fr\"",
            "its locale is fr",
        ),
        (
            "\"strict_min_version\": \"94.0\"",
            "\"strict_min_version\": \"95.0\"",
            "does not contain 94.0",
        ),
    ];
    for (from, to, why) in edits {
        let mut world = World::default();
        let wrong = edited(&bytes, "manifest.json", |text| {
            assert!(text.contains(from), "{from}: {text}");
            text.replace(from, to)
        });
        let task = pack(&mut world, &wrong);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(why), "{why}: {red}");
    }
}

pub fn snap(world: &mut World, channel: &str, bytes: &[u8]) -> Task {
    push(
        world,
        "pushsnap",
        &format!("snapcraft:firefox:{channel}"),
        channel,
        &[("public/build/target.snap", bytes)],
    )
}

#[test]
fn a_snap_passes() {
    let mut world = World::default();
    let task = snap(&mut world, "candidate", &made("target.snap", &facts()));
    world.pass(&task);
}

#[test]
fn a_snap_of_another_version_or_cut_short_is_red() {
    let mut world = World::default();
    let other = Facts {
        version: "93.0",
        ..facts()
    };
    let bytes = made("target.snap", &other);
    let task = snap(&mut world, "candidate", &bytes);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("has the version 93.0"), "{red}");
    let task = snap(&mut world, "candidate", &bytes[..bytes.len() / 2]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("cut short"), "{red}");
}

pub fn flatpak(world: &mut World, channel: &str, scope: &str, bytes: &[u8]) -> Task {
    let name = "public/build/target.flatpak.tar.xz";
    let mut task = push(world, "pushflatpak", scope, channel, &[(name, bytes)]);
    task.staged.scopes = vec![format!("project:hail:releng:{scope}")];
    task
}

#[test]
fn a_flatpak_passes() {
    let mut world = World::default();
    let bytes = made("target.flatpak.tar.xz", &facts());
    let task = flatpak(&mut world, "mock", "flathub:firefox:mock", &bytes);
    world.pass(&task);
}

#[test]
fn a_flatpak_of_firefox_has_its_name_on_flathub() {
    let mut world = World::default();
    let firefox = Facts {
        product: "firefox",
        ..facts()
    };
    let bytes = made("target.flatpak.tar.xz", &firefox);
    let mut task = flatpak(&mut world, "mock", "flathub:firefox:mock", &bytes);
    task.staged.release.product = "firefox".to_owned();
    world.pass(&task);
}

#[test]
fn builds_are_for_the_processor_of_their_platform() {
    for (platform, machine) in [
        ("linux-shippable/opt", "x86"),
        ("linux-devedition/opt", "x86"),
        ("linux64-shippable/opt", "x86_64"),
        ("linux64-aarch64-shippable", "aarch64"),
        ("linux/opt", "x86_64"),
    ] {
        let of_platform = Facts {
            platform,
            ..facts()
        };
        assert_eq!(of_platform.machine().name(), machine, "{platform}");
    }
}

#[test]
fn a_flatpak_of_another_application_or_branch_is_red() {
    let mut world = World::default();
    let bytes = made("target.flatpak.tar.xz", &facts());
    let scope = "flathub:firefox:stable:org.example.other";
    let task = flatpak(&mut world, "stable", scope, &bytes);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("must contain only org.example.other"), "{red}");
    let beta = Facts {
        version: "94.0b3",
        ..facts()
    };
    let beta = made("target.flatpak.tar.xz", &beta);
    let task = flatpak(&mut world, "stable", "flathub:firefox:stable", &beta);
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("the branch beta does not belong to the channel stable"),
        "{red}"
    );
    // A candidate of a release.
    let task = flatpak(&mut world, "beta", "flathub:firefox:beta", &bytes);
    let done = world.pass(&task);
    let warnings = world.report(&done)["warnings"].to_string();
    assert!(warnings.contains("its branch is stable"), "{warnings}");
}

#[test]
fn a_scope_for_another_channel_is_red() {
    let mut world = World::default();
    let bytes = made("target.flatpak.tar.xz", &facts());
    let task = flatpak(&mut world, "stable", "flathub:firefox:beta", &bytes);
    let red = world.fail(&task).join("\n");
    let why = "`payload.channel` is `stable`, which no scope of the task allows: `project:hail:releng:flathub:firefox:beta`";
    assert!(red.contains(why), "{red}");
    let bytes = made("target.msix", &windows());
    let file: (&str, &[u8]) = ("public/build/target.msix", &bytes);
    let task = push(
        &mut world,
        "pushmsix",
        "microsoftstore:release",
        "esr",
        &[file],
    );
    let red = world.fail(&task).join("\n");
    assert!(red.contains("`payload.channel` is `esr`"), "{red}");
    assert!(!red.contains("is not one of"), "{red}");
}

pub fn android(file: &'static str, certificate: Option<&str>) -> (String, Vec<u8>) {
    let facts = Facts {
        platform: "android",
        ..facts()
    };
    let bytes = made(file, &facts);
    let signed = match certificate {
        None => bytes,
        Some(name) => {
            let zip = Zip::read(&bytes).unwrap();
            jar::sign(&zip, jar::APK, Certificate::named(name).unwrap()).unwrap()
        }
    };
    (format!("public/build/{file}"), signed)
}

pub fn apk(world: &mut World, scope: &str, files: &[(String, Vec<u8>)]) -> Task {
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_slice()))
        .collect();
    push(world, "pushapk", scope, "production", &files)
}

pub const ALL: [&str; 3] = [
    "target.armeabi-v7a.apk",
    "target.arm64-v8a.apk",
    "target.x86_64.apk",
];

#[test]
fn packages_for_android_pass() {
    let mut world = World::default();
    let files = ALL.map(|file| android(file, Some("dep")));
    let task = apk(&mut world, "googleplay:product:hail:dep", &files);
    world.pass(&task);
    // Firefox, and the projects on GitHub.
    for certificate in ["release", "nightly", "production", "fennec-production"] {
        let bundle = [android("target.aab", Some(certificate))];
        let task = apk(&mut world, "googleplay:product:hail", &bundle);
        world.pass(&task);
    }
}

#[test]
fn a_package_without_the_right_signature_is_red() {
    for (certificate, why) in [
        (None, "it is not signed"),
        (Some("wrong"), "the certificate wrong"),
        (Some("release"), "the certificate release"),
    ] {
        let mut world = World::default();
        let task = apk(
            &mut world,
            "googleplay:product:hail:dep",
            &[android(ALL[0], certificate)],
        );
        let red = world.fail(&task).join("\n");
        assert!(red.contains(why), "{certificate:?}: {red}");
    }
}

#[test]
fn equal_version_codes_are_red() {
    let mut world = World::default();
    let one = android(ALL[0], Some("dep"));
    let other = ("public/build/other.apk".to_owned(), one.1.clone());
    let task = apk(&mut world, "googleplay:product:hail:dep", &[one, other]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("the same version code"), "{red}");
}

#[test]
fn a_package_of_another_product_is_red() {
    let mut world = World::default();
    let task = apk(
        &mut world,
        "googleplay:product:fenix:dep",
        &[android(ALL[0], Some("dep"))],
    );
    let red = world.fail(&task).join("\n");
    assert!(red.contains("those of fenix are"), "{red}");
}

#[test]
fn packages_and_bundles_together_are_red() {
    let mut world = World::default();
    let files = [
        android(ALL[0], Some("dep")),
        android("target.aab", Some("dep")),
    ];
    let mut task = apk(&mut world, "googleplay:product:hail:dep", &files);
    if let Value::Object(payload) = &mut task.staged.payload {
        payload.insert("target_store", "samsung");
        payload.insert("google_play_track", "beta");
    }
    let red = world.fail(&task).join("\n");
    assert!(red.contains("cannot be pushed together"), "{red}");
    assert!(red.contains("`google_play_track` is only for"), "{red}");
}
