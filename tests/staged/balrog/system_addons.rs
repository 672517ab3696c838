//! Releases of system add-ons.

use snowman::base::name::TaskId;
use snowman::base::value::{Value, json};
use snowman::stage::makers::make;

use super::given;
use crate::staged::repositories;
use crate::staged::world::{Task, World};

const BUILD_ID: &str = "20260131120000";

/// A task that publishes add-ons.
pub fn publish(world: &mut World, addons: &[(&str, &[u8])]) -> Task {
    let names: Vec<String> = addons
        .iter()
        .map(|(name, _)| format!("public/build/{name}.xpi"))
        .collect();
    let files: Vec<(&str, &[u8])> = names
        .iter()
        .zip(addons)
        .map(|(path, (_, content))| (path.as_str(), *content))
        .collect();
    let build = world.build(&files);
    let places = names.iter().zip(addons).map(|(path, (name, _))| {
        let destination = format!("pub/system-addons/{name}/{name}.xpi");
        let checksums = format!("{name}.xpi");
        let place = json!({"destinations": [destination], "checksums_path": checksums});
        (path.clone(), place)
    });
    let paths = Value::Object(places.collect());
    let payload = json!({
        "releaseProperties": {
            "appName": "snow", "appVersion": "94.0", "branch": "try", "buildid": BUILD_ID,
            "hashType": "sha512", "platform": "all",
        },
        "upstreamArtifacts": [
            {"taskId": build.as_str(), "taskType": "build", "paths": names, "locale": "en-US"},
        ],
        "artifactMap": [{"taskId": build.as_str(), "locale": "en-US", "paths": paths}],
    });
    let action = "push-to-system-addons";
    let mut task = world.task("beetmover", action, payload, &[]);
    task.staged.scopes = repositories::scopes("bucket:dep", action);
    task
}

/// Two add-ons.
pub fn add_ons() -> [(&'static str, Vec<u8>); 2] {
    let facts = repositories::facts("94.0", BUILD_ID);
    ["frost", "snow"].map(|name| (name, make(&format!("{name}.xpi"), &facts).unwrap()))
}

/// A task that makes a release of what another one has published.
pub fn submit(world: &mut World, published: &TaskId, from: &[&TaskId]) -> Task {
    let payload = json!({
        "upstreamArtifacts": [
            {"taskId": published.as_str(), "taskType": "beetmover", "paths": ["public/manifest.json"]},
        ],
    });
    let mut task = world.task("balrog", "submit-system-addons", payload, from);
    task.staged
        .scopes
        .push("project:hail:releng:balrog:action:submit-system-addons".to_owned());
    task
}

/// A world with a task that has published two add-ons.
pub fn published() -> (World, TaskId) {
    let mut world = World::default();
    let addons = add_ons();
    let addons = addons
        .each_ref()
        .map(|(name, content)| (*name, content.as_slice()));
    let task = publish(&mut world, &addons);
    let published = world.pass(&task);
    (world, published)
}

/// The manifest of the task that has published add-ons.
fn manifest(world: &World, published: &TaskId) -> Value {
    let text = world.get(published, "public/manifest.json").unwrap();
    serde_json::from_slice(text).unwrap()
}

#[test]
fn add_ons_are_submitted_as_they_were_published() {
    let (mut world, published) = published();
    let manifest = manifest(&world, &published);
    assert_eq!(manifest["hashType"], "sha512");
    assert_eq!(manifest["releaseName"], BUILD_ID);
    let first = &manifest["addons"][0];
    assert!(first["name"].as_str().unwrap().starts_with("frost@"));
    assert_eq!(first["version"], "94.0");
    assert_eq!(
        first["url"],
        "https://ftp.stage.mozaws.net/pub/system-addons/frost/frost.xpi"
    );
    assert_eq!(first["size"], add_ons()[0].1.len());
    let task = submit(&mut world, &published, &[&published]);
    let submitted = world.pass(&task);
    let release = given::effect(&world, &submitted, "balrog-release", BUILD_ID);
    assert_eq!(release["product"], "SystemAddons");
    assert_eq!(release["blob"]["schema_version"], 5000);
    let addon = &release["blob"]["addons"][first["name"].as_str().unwrap()];
    assert_eq!(addon["platforms"]["Linux_x86_64-gcc3"]["alias"], "default");
    assert_eq!(addon["platforms"]["default"]["hashValue"], first["hash"]);
    let requests = given::rows(&world, &submitted, "Requests");
    assert_eq!(requests[0][..2], ["POST", "/releases"]);
    // A second release of the name is refused.
    let task = submit(&mut world, &published, &[&published, &submitted]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("exists already"), "{red}");
}

/// The worker downloads the other files, and reads only the first.
#[test]
fn checksums_beside_the_manifest_are_unusual_and_not_wrong() {
    let (mut world, published) = published();
    let mut task = submit(&mut world, &published, &[&published]);
    let upstream = json!([{
        "taskId": published.as_str(),
        "taskType": "beetmover",
        "paths": ["public/manifest.json", "public/target.checksums"],
    }]);
    if let Value::Object(payload) = &mut task.staged.payload {
        payload.insert("upstreamArtifacts", upstream);
    }
    let submitted = world.pass(&task);
    let warnings = world.report(&submitted)["warnings"].to_string();
    let expected = "public/target.checksums is downloaded for nothing";
    assert!(warnings.contains(expected), "{warnings}");
}

#[test]
fn what_is_no_add_on_is_not_published() {
    let mut world = World::default();
    let task = publish(&mut world, &[("a", b"a")]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("is not an add-on"), "{red}");
}

#[test]
fn a_manifest_that_does_not_fit_is_red() {
    let (mut world, published) = published();
    let good = manifest(&world, &published);
    let other_host = "https://example.com/pub/system-addons/frost/frost.xpi";
    let first = good["addons"][0].clone();
    for (place, value, wrong) in [
        (
            "size",
            json!(7),
            "for the update server: clients would refuse it",
        ),
        ("hash", json!("00".repeat(64)), "clients would refuse it"),
        ("url", json!(other_host), "must not be served from"),
        (
            "url",
            json!("https://archive.mozilla.org/pub/x.xpi"),
            "is not in the archive",
        ),
        (
            "url",
            good["addons"][1]["url"].clone(),
            "another add-on has the same file",
        ),
        (
            "name",
            good["addons"][1]["name"].clone(),
            "two add-ons are named",
        ),
        ("version", Value::Null, "`addons[0].version` is missing"),
    ] {
        let mut addon = first.clone();
        addon[place] = value;
        let mut changed = good.clone();
        changed["addons"] = json!([addon, good["addons"][1].clone()]);
        let build = world.build(&[("public/manifest.json", changed.to_string().as_bytes())]);
        let task = submit(&mut world, &build, &[&published]);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(wrong), "{place}: {red}");
    }
}
