//! Defects of tasks that add locales to a release.

use snowman::base::value::{Value, json};

use super::given::{
    ALIAS, BEFORE, COMPLETE, FOLDER, PARTIAL, PLATFORM, Promoted, after, archive, effect, entry,
    hash, locale, promoted, rows, set,
};
use crate::staged::world::World;

/// Why the task for a locale with another manifest is red.
fn red_locale(change: impl FnOnce(&mut Value)) -> String {
    let Promoted {
        mut world,
        toplevel,
        ..
    } = promoted();
    let archive = archive(&mut world);
    let mut entry = entry();
    change(&mut entry);
    let task = locale(&mut world, &json!([entry]), &[&archive, &toplevel]);
    world.fail(&task).join("\n")
}

#[test]
fn other_sizes_and_hashes_than_in_the_archive_are_red() {
    let red = red_locale(|entry| {
        entry["completeInfo"] = json!([{
            "hash": hash("ab"), "size": 1000,
            "url": format!("https://archive.mozilla.org/{FOLDER}/firefox-94.0.complete.mar"),
        }])
    });
    assert!(red.contains("has the sha512 hash aa000"), "{red}");
    let red = red_locale(|entry| {
        entry["completeInfo"] = json!([{
            "hash": hash(COMPLETE), "size": 1001,
            "url": format!("https://archive.mozilla.org/{FOLDER}/firefox-94.0.complete.mar"),
        }])
    });
    assert!(
        red.contains("has 1000 bytes in the archive, but 1001"),
        "{red}"
    );
    let red = red_locale(|entry| {
        entry["completeInfo"] = json!([{
            "hash": hash(COMPLETE), "size": 1000, "url": "https://archive.mozilla.org/pub/other.mar",
        }])
    });
    assert!(red.contains("pub/other.mar is not in the archive"), "{red}");
    let red = red_locale(|entry| entry["completeInfo"] = json!([]));
    assert!(red.contains("there is no complete update"), "{red}");
}

#[test]
fn a_partial_update_that_no_client_can_get_is_red() {
    let from = |version: &str, build_id: &str| {
        json!([{
            "hash": hash(PARTIAL), "size": 100, "from_buildid": build_id,
            "previousVersion": version, "previousBuildNumber": 2,
            "url": format!("https://archive.mozilla.org/{FOLDER}/firefox-93.0-94.0.partial.mar"),
        }])
    };
    let red = red_locale(|entry| entry["partialInfo"] = from("92.0", "20251201000000"));
    assert!(
        red.contains("starts from Firefox-92.0-build2, which is not in the history"),
        "{red}"
    );
    let red = red_locale(|entry| entry["partialInfo"] = from("93.0", "20251111000000"));
    assert!(
        red.contains("but Firefox-93.0-build2 is \"20251201000000\""),
        "{red}"
    );
    let red = red_locale(|entry| entry["locale"] = "fr".into());
    assert!(red.contains("which has no such locale there"), "{red}");
}

#[test]
fn a_client_on_an_alias_needs_its_target() {
    let Promoted {
        mut world,
        toplevel,
        ..
    } = promoted();
    let archive = archive(&mut world);
    let broken = json!({"product": "Firefox", "read_only": true, "blob": {"platforms": {
        PLATFORM: {"OS_FTP": "win64", "OS_BOUNCER": "win64"}, ALIAS: {"alias": "WINNT_gone"},
    }}});
    let other = after(&mut world, &toplevel, ("balrog-release", BEFORE, broken));
    let task = locale(&mut world, &json!([entry()]), &[&archive, &other]);
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains(&format!("clients on {ALIAS} do not get the partial update")),
        "{red}"
    );
}

#[test]
fn a_manifest_that_the_worker_cannot_use_is_red() {
    for (manifest, why) in [
        (json!([]), "is not a list with an entry for each locale"),
        (
            json!({"a": 1}),
            "is not a list with an entry for each locale",
        ),
        (
            json!([{"appName": "Firefox"}]),
            "neither `tc_release` nor `tc_nightly`",
        ),
    ] {
        let mut world = World::default();
        let task = locale(&mut world, &manifest, &[]);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(why), "{red}");
    }
    let red = red_locale(|entry| entry["platform"] = "linux128".into());
    assert!(
        red.contains("no client is on the platform `linux128`"),
        "{red}"
    );
    let mut world = World::default();
    let mut task = locale(&mut world, &json!([entry()]), &[]);
    let more = json!([
        {"taskId": "fN1SbArXTPSVFNUvaOlinQ", "taskType": "beetmover", "paths": ["public/manifest.json", "public/b/manifest.json"]},
    ]);
    set(&mut task, "upstreamArtifacts", more);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("reads only the first of the 2"), "{red}");
}

#[test]
fn nightly_builds_are_two_releases() {
    let mut world = World::default();
    let archive = archive(&mut world);
    let mut nightly = entry();
    if let Value::Object(entry) = &mut nightly {
        for key in ["tc_release", "build_number", "version", "partialInfo"] {
            entry.shift_remove(key);
        }
        entry.insert("tc_nightly", true);
        entry.insert("branch", "mozilla-central");
    }
    let task = locale(&mut world, &json!([nightly]), &[&archive]);
    let id = world.pass(&task);
    for name in [
        "Firefox-mozilla-central-nightly-20260131000000",
        "Firefox-mozilla-central-nightly-latest",
    ] {
        let release = effect(&world, &id, "balrog-release", name);
        assert_eq!(release["blob"]["schema_version"], 4);
        let data = effect(
            &world,
            &id,
            "balrog-release-locale",
            &format!("{name} {PLATFORM} de"),
        );
        let url = data["completes"][0]["fileUrl"].as_str().unwrap().to_owned();
        assert!(url.ends_with("firefox-94.0.complete.mar"), "{url}");
    }
    let methods: Vec<String> = rows(&world, &id, "Requests")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    assert_eq!(methods, ["GET", "PUT", "POST", "GET", "PUT", "POST"]);
}

#[test]
fn a_locale_of_another_version_or_release_is_red() {
    let red = red_locale(|entry| entry["appVersion"] = "94.0.1".into());
    assert!(red.contains("has the version 94.0.1, but"), "{red}");
    let red = red_locale(|entry| entry["build_number"] = 2.into());
    let why = "is for Firefox-94.0-build2, which does not exist: the tasks before this one make";
    assert!(red.contains(why), "{red}");
}
