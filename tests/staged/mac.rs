//! Defects of tasks that sign for macOS.

use flate2::{Compression, GzBuilder};
use serde_json::json;
use snowman::base::json;
use snowman::base::name::TaskId;
use snowman::base::value::json as value;

use super::world::{Task, World};

const ARCHIVE: &str = "public/build/target.tar.gz";
const ENTITLEMENTS: &str = "public/build/security/browser.xml";
pub const RIGHT: &str = "<?xml version=\"1.0\"?><plist version=\"1.0\"><dict>\
    <key>com.apple.security.cs.allow-jit</key><true/></dict></plist>";

/// A compressed archive with files.
pub fn archive(names: &[&str]) -> Vec<u8> {
    let writer = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::fast());
    let mut archive = tar::Builder::new(writer);
    for name in names {
        let mut header = tar::Header::new_ustar();
        header.set_size(name.len() as u64);
        archive
            .append_data(&mut header, name, name.as_bytes())
            .unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

/// A build for macOS.
pub fn build(world: &mut World, entitlements: &str) -> TaskId {
    let archive = archive(&[
        "Hail.app/Contents/Info.plist",
        "Hail.app/Contents/MacOS/hail",
        "Hail.app/Contents/MacOS/updater.app/Contents/MacOS/updater",
    ]);
    world.build(&[(ARCHIVE, &archive), (ENTITLEMENTS, entitlements.as_bytes())])
}

/// A task that signs the build with the hardened runtime.
pub fn sign(world: &mut World, build: &TaskId) -> Task {
    let payload = value!({
        "behavior": "mac_sign_hardened",
        "upstreamArtifacts": [
            {"taskId": build.as_str(), "taskType": "build", "paths": [ARCHIVE], "formats": ["macapp"]},
            {"taskId": build.as_str(), "taskType": "build", "paths": [ENTITLEMENTS], "formats": []},
        ],
        "hardened-sign-config": [
            {"runtime": true, "force": true, "globs": ["/Contents/MacOS/updater.app"]},
            {"runtime": true, "force": true, "entitlements": ENTITLEMENTS, "globs": ["/"]},
        ],
    });
    world.task("mac-signing", "", payload, &[])
}

/// A task that signs the build, with one setting changed.
fn changed(world: &mut World, build: &TaskId, at: &str, value: serde_json::Value) -> Task {
    let mut task = sign(world, build);
    let mut payload: serde_json::Value =
        serde_json::from_str(&task.staged.payload.to_string()).unwrap();
    *payload.pointer_mut(at).unwrap() = value;
    task.staged.payload = json::read("payload", payload.to_string().as_bytes()).unwrap();
    task
}

/// Why a task with a changed setting is red.
fn red(at: &str, value: serde_json::Value) -> String {
    let mut world = World::default();
    let build = build(&mut world, RIGHT);
    let task = changed(&mut world, &build, at, value);
    world.fail(&task).join("\n")
}

fn notarize(world: &mut World, of: &TaskId, from: &[&TaskId]) -> Task {
    let payload = value!({"upstreamArtifacts": [{
        "taskId": of.as_str(), "taskType": "signing", "paths": [ARCHIVE],
        "formats": ["apple_notarization"],
    }]});
    world.task("signing", "", payload, from)
}

#[test]
fn applications_are_attested_and_then_notarized() {
    let mut world = World::default();
    let build = build(&mut world, RIGHT);
    let task = sign(&mut world, &build);
    let signed = world.pass(&task);
    assert_eq!(world.get(&signed, ARCHIVE), world.get(&build, ARCHIVE));
    assert_eq!(world.get(&signed, ENTITLEMENTS), None);
    let state = world.state(&signed);
    let effect = &state.effects[0];
    assert_eq!(effect.key, format!("{build}:{ARCHIVE}"));
    let row = &world.report(&signed)["tables"][0]["rows"][0];
    // Nothing was signed for real, so the hash is the same.
    assert_eq!(row[2], "attested");
    assert_eq!(row[3], row[4]);
    assert_eq!(effect.value["outputs"][ARCHIVE], row[4]);
    let unchecked = world.report(&signed)["notChecked"].to_string();
    assert!(
        unchecked.contains("codesign: applications are not signed for real"),
        "{unchecked}"
    );
    assert!(!unchecked.contains("hardened"), "{unchecked}");

    let task = notarize(&mut world, &signed, &[&signed]);
    let notarized = world.pass(&task);
    let unchecked = world.report(&notarized)["notChecked"].to_string();
    assert!(
        unchecked.contains("apple_notarize: not signed for real"),
        "{unchecked}"
    );
}

#[test]
fn an_application_that_was_not_signed_is_not_notarized() {
    let mut world = World::default();
    let build = build(&mut world, RIGHT);
    let task = sign(&mut world, &build);
    let signed = world.pass(&task);
    // The signed file was replaced afterwards.
    world.put(
        &signed,
        ARCHIVE,
        &archive(&["Hail.app/Contents/Info.plist"]),
    );
    let task = notarize(&mut world, &signed, &[&signed]);
    let red = world.fail(&task);
    assert_eq!(
        red,
        [format!(
            "{ARCHIVE} was not signed for macOS by the task {signed}; Apple does not notarize it"
        )]
    );
}

#[test]
fn each_setting_that_is_wrong_is_red() {
    for (at, value, expected) in [
        (
            "/behavior",
            json!("mac_single_file"),
            "needs the format mac_single_file",
        ),
        (
            "/behavior",
            json!("mac_sign_pkg"),
            "is for files named .pkg",
        ),
        ("/behavior", json!("mac_notarize"), "mac_notarize"),
        (
            "/upstreamArtifacts/0/formats",
            json!(["mac_single_file"]),
            "but the behavior mac_sign_hardened an application",
        ),
        (
            "/upstreamArtifacts/0/formats",
            json!([]),
            "there is nothing to sign",
        ),
        (
            "/upstreamArtifacts/0/paths/0",
            json!("public/gone.tar.gz"),
            "has no artifact",
        ),
        (
            "/upstreamArtifacts/0/paths/0",
            json!(ENTITLEMENTS),
            "is for files named",
        ),
        (
            "/upstreamArtifacts/1/paths/0",
            json!("public/build/other.xml"),
            "has no artifact `public/build/other.xml`",
        ),
        (
            "/hardened-sign-config/1/entitlements",
            json!("public/build/other.xml"),
            "does not come with the archive",
        ),
        (
            "/hardened-sign-config/0/globs/0",
            json!("/Contents/MacOS/gone.app"),
            "the pattern \"/Contents/MacOS/gone.app\" matches no file",
        ),
        (
            "/hardened-sign-config/1/globs/0",
            json!("/Contents/MacOS/hail"),
            "no pattern means Hail.app itself",
        ),
        (
            "/hardened-sign-config/0",
            json!({"runtime": true}),
            "has no `globs`",
        ),
    ] {
        let red = red(at, value);
        assert!(red.contains(expected), "{at}: {red}");
    }
}

#[test]
fn entitlements_are_read() {
    let mut world = World::default();
    let damaged = build(&mut world, "<plist><dict><key>a</key></dict></plist>");
    let task = sign(&mut world, &damaged);
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("is not a property list: a: a value is missing"),
        "{red}"
    );

    // A developer's entitlements, and the certificate of a release.
    let debugged = RIGHT.replace("cs.allow-jit", "get-task-allow");
    let debugged = build(&mut world, &debugged);
    let mut task = sign(&mut world, &debugged);
    world.pass(&task);
    task.staged.pool = "scriptworker-prov-v1/hail-signing-mac14m2".to_owned();
    task.staged.scopes = vec!["project:hail:releng:signing:cert:release-signing".to_owned()];
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("switches on com.apple.security.get-task-allow"),
        "{red}"
    );
}

#[test]
fn a_key_of_production_below_release_level_is_red() {
    let mut world = World::default();
    let build = build(&mut world, RIGHT);
    let mut task = sign(&mut world, &build);
    task.staged.scopes = vec!["project:hail:releng:signing:cert:release-signing".to_owned()];
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("the certificate release must not sign at this level"),
        "{red}"
    );
}

#[test]
fn language_packs_are_really_signed() {
    let mut world = World::default();
    let name = "public/build/de/target.langpack.xpi";
    let manifest = r#"{"manifest_version": 2, "langpack_id": "de", "languages": {"de": {}},
        "version": "94.0", "browser_specific_settings": {"gecko": {"id": "langpack-de@hail.example"}}}"#;
    let pack = zip("manifest.json", manifest.as_bytes());
    let build = world.build(&[(name, &pack)]);
    let payload = value!({"upstreamArtifacts": [{
        "taskId": build.as_str(), "taskType": "build", "paths": [name],
        "formats": ["autograph_langpack"],
    }]});
    let task = world.task("mac-signing", "", payload, &[]);
    let signed = world.pass(&task);
    let row = &world.report(&signed)["tables"][0]["rows"][0];
    assert!(
        row[2].as_str().unwrap().ends_with("of dep, and verified"),
        "{row}"
    );
    assert_ne!(row[3], row[4]);
}

/// A ZIP file with one file that is not compressed, by the specification of the format.
fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(content);
    let mut fields = Vec::new();
    fields.extend([20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
    fields.extend(sum.sum().to_le_bytes());
    let size = u32::try_from(content.len()).unwrap().to_le_bytes();
    fields.extend(size);
    fields.extend(size);
    fields.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
    fields.extend([0, 0]);
    let mut file = b"PK\x03\x04".to_vec();
    file.extend(&fields);
    file.extend(name.bytes());
    file.extend(content);
    let start = u32::try_from(file.len()).unwrap();
    file.extend(b"PK\x01\x02\x14\0");
    file.extend(&fields);
    file.extend([0; 14]);
    file.extend(name.bytes());
    let length = u32::try_from(file.len()).unwrap() - start;
    file.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    file.extend(length.to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}

/// Entitlements that are a file of the repository.
fn in_repository(world: &mut World, path: &str, revision: &str) -> Task {
    let build = build(world, RIGHT);
    let address = format!("https://git.example.com/hail/raw/{revision}/{path}");
    changed(
        world,
        &build,
        "/hardened-sign-config/1/entitlements",
        json!(address),
    )
}

#[test]
fn entitlements_in_the_repository_are_read_there() {
    const PATH: &str = "browser/entitlements.xml";
    const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";
    let debugged = RIGHT.replace(
        "com.apple.security.cs.allow-jit",
        "com.apple.security.get-task-allow",
    );
    for (content, expected) in [
        ("<plist>", "browser/entitlements.xml is not a property list"),
        (
            debugged.as_str(),
            "browser/entitlements.xml switches on com.apple.security.get-task-allow",
        ),
    ] {
        let mut world = World::default();
        world.files.insert(PATH.to_owned(), content.to_owned());
        let mut task = in_repository(&mut world, PATH, REVISION);
        task.staged.scopes = vec!["project:hail:releng:signing:cert:release-signing".to_owned()];
        task.staged.pool = "scriptworker-prov-v1/hail-signing-mac14m2".to_owned();
        let red = world.fail(&task);
        assert_eq!(red.len(), 1, "{red:?}");
        assert!(red[0].starts_with(expected), "{red:?}");
    }
    let mut world = World::default();
    world.files.insert("other".to_owned(), RIGHT.to_owned());
    let task = in_repository(&mut world, PATH, REVISION);
    let red = world.fail(&task);
    assert_eq!(
        red,
        [format!(
            "{PATH}, which programs are signed with, is not in the repository at {REVISION}"
        )]
    );
    world.files.insert(PATH.to_owned(), RIGHT.to_owned());
    let task = in_repository(&mut world, PATH, REVISION);
    let done = world.pass(&task);
    let checked = world.report(&done)["checked"].to_string();
    assert!(checked.contains("entitlements"), "{checked}");
    // Of another revision, and without a repository, nothing is known.
    for task in [
        in_repository(&mut world, PATH, "tip"),
        in_repository(&mut World::default(), PATH, REVISION),
    ] {
        let mut world = World::default();
        let build = build(&mut world, RIGHT);
        let mut again = sign(&mut world, &build);
        again.staged.payload["hardened-sign-config"] =
            task.staged.payload["hardened-sign-config"].clone();
        let done = world.pass(&again);
        let unchecked = world.report(&done)["notChecked"].to_string();
        assert!(
            unchecked.contains("the content of the resource https://git.example.com"),
            "{unchecked}"
        );
    }
}
