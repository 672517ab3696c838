//! A release for the update server, and what comes before it.

use snowman::base::name::TaskId;
use snowman::base::value::{Value, json};
use snowman::release::staged::STATE;
use snowman::stage::state::{Effect, State, TaskRun};

use crate::staged::world::{Task, World};

pub const NAME: &str = "Firefox-94.0-build1";
pub const BEFORE: &str = "Firefox-93.0-build2";
pub const PLATFORM: &str = "WINNT_x86_64-msvc";
pub const ALIAS: &str = "WINNT_x86_64-msvc-x64";
pub const COMPLETE: &str = "aa";
pub const PARTIAL: &str = "bb";
/// The folder of the updates in the archive.
pub const FOLDER: &str = "pub/firefox/candidates/94.0-candidates/build1/update/win64/de";

/// A hash that begins with some letters.
pub fn hash(start: &str) -> String {
    format!("{start:0<128}")
}

/// A task whose state has these effects: space, key and value.
pub fn given(world: &mut World, effects: Vec<(&str, &str, Value)>) -> TaskId {
    with_state(world, &[], effects)
}

/// A task after another one, whose state has an effect.
pub fn after(world: &mut World, before: &TaskId, effect: (&str, &str, Value)) -> TaskId {
    with_state(world, &[before], vec![effect])
}

fn with_state(world: &mut World, from: &[&TaskId], effects: Vec<(&str, &str, Value)>) -> TaskId {
    let id = world.id();
    let run = |id: &TaskId| TaskRun {
        task_id: id.clone(),
        run_id: 0,
    };
    let effects = effects.into_iter().map(|(space, key, value)| Effect {
        space: space.to_owned(),
        key: key.to_owned(),
        value,
    });
    let state = State {
        run: run(&id),
        label: "given".to_owned(),
        decision: None,
        revision: String::new(),
        parents: from.iter().map(|id| run(id)).collect(),
        effects: effects.collect(),
    };
    world.put(&id, STATE, &state.write());
    id
}

/// What the update server offers before the release.
pub fn history(world: &mut World) -> TaskId {
    let rule = |id: u64, alias: Value, channel: &str| {
        json!({
            "rule_id": id, "alias": alias, "priority": 90, "product": "Firefox", "channel": channel,
            "mapping": BEFORE, "fallbackMapping": null, "backgroundRate": 100, "update_type": "minor",
            "data_version": 4,
        })
    };
    let urls = |product: &str| json!({"completes": {"*": format!("https://download.mozilla.org/?product={product}")}});
    given(
        world,
        vec![
            ("balrog-rule", "145", rule(145, Value::Null, "release")),
            (
                "balrog-rule",
                "firefox-release-localtest",
                rule(501, "firefox-release-localtest".into(), "release-localtest"),
            ),
            (
                "balrog-rule",
                "firefox-release-cdntest",
                rule(502, "firefox-release-cdntest".into(), "release-cdntest"),
            ),
            (
                "balrog-release",
                BEFORE,
                json!({"product": "Firefox", "read_only": true, "blob": {
                    "name": BEFORE, "schema_version": 9, "hashFunction": "sha512",
                    "appVersion": "93.0", "displayVersion": "93.0",
                    "updateLine": [{"for": {}, "fields": {"detailsURL": "https://x/", "type": "minor"}}],
                    "platforms": {
                        PLATFORM: {"OS_FTP": "win64", "OS_BOUNCER": "win64"},
                        ALIAS: {"alias": PLATFORM},
                    },
                }}),
            ),
            (
                "balrog-release-urls",
                &format!("{BEFORE} *"),
                urls("firefox-93.0-complete"),
            ),
            (
                "balrog-release-locale",
                &format!("{BEFORE} {PLATFORM} de"),
                json!({
                    "buildID": "20251201000000", "appVersion": "93.0", "displayVersion": "93.0",
                    "completes": [{"from": "*", "filesize": 9, "hashValue": hash("cc")}],
                }),
            ),
        ],
    )
}

/// The updates in the archive, as a task has published them.
pub fn archive(world: &mut World) -> TaskId {
    let file = |size: u64, start: &str| json!({"size": size, "sha512": hash(start)});
    let complete = format!("{FOLDER}/firefox-94.0.complete.mar");
    let partial = format!("{FOLDER}/firefox-93.0-94.0.partial.mar");
    let released = complete.replace("candidates/94.0-candidates/build1", "releases/94.0");
    given(
        world,
        vec![
            ("archive", &complete, file(1000, COMPLETE)),
            ("archive", &partial, file(100, PARTIAL)),
            ("archive", &released, file(1000, COMPLETE)),
        ],
    )
}

/// An entry of a manifest.
pub fn entry() -> Value {
    json!({
        "appName": "Firefox", "appVersion": "94.0", "branch": "try", "build_number": 1,
        "buildid": "20260131000000", "extVersion": "94.0", "hashType": "sha512", "locale": "de",
        "platform": "win64", "tc_release": true, "url_replacements": [], "version": "94.0",
        "completeInfo": [{
            "hash": hash(COMPLETE), "size": 1000,
            "url": format!("https://archive.mozilla.org/{FOLDER}/firefox-94.0.complete.mar"),
        }],
        "partialInfo": [{
            "hash": hash(PARTIAL), "size": 100, "from_buildid": "20251201000000",
            "previousVersion": "93.0", "previousBuildNumber": 2,
            "url": format!("https://archive.mozilla.org/{FOLDER}/firefox-93.0-94.0.partial.mar"),
        }],
    })
}

pub fn locale(world: &mut World, manifest: &Value, from: &[&TaskId]) -> Task {
    let build = world.build(&[("public/manifest.json", manifest.to_string().as_bytes())]);
    let payload = json!({
        "behavior": "v2-submit-locale",
        "upstreamArtifacts": [
            {"taskId": build.as_str(), "taskType": "beetmover", "paths": ["public/manifest.json"]},
        ],
        "suffixes": [""],
    });
    world.task("balrog", "submit-locale", payload, from)
}

pub fn toplevel(world: &mut World, from: &[&TaskId]) -> Task {
    let payload = json!({
        "behavior": "v2-submit-toplevel",
        "product": "firefox", "version": "94.0", "app_version": "94.0", "build_number": 1,
        "platforms": ["linux64", "win64"],
        "channel_names": ["release", "release-localtest", "release-cdntest"],
        "rules_to_update": ["firefox-release-cdntest", "firefox-release-localtest"],
        "pin_channels": ["release-localtest"],
        "archive_domain": "ftp.stage.mozaws.net",
        "download_domain": "dev.bouncer.nonprod.webservices.mozgcp.net",
        "partial_versions": "93.0build2", "require_mirrors": true,
    });
    world.task("balrog", "submit-toplevel", payload, from)
}

pub fn schedule(world: &mut World, from: &[&TaskId]) -> Task {
    let payload = json!({
        "behavior": "schedule", "product": "firefox", "version": "94.0", "build_number": 1,
        "publish_rules": [145], "release_eta": "2026-02-01T06:00:00Z", "background_rate": 25,
        "pin_channels": ["release"],
    });
    world.task("balrog", "schedule", payload, from)
}

pub fn set(task: &mut Task, key: &str, value: impl Into<Value>) {
    if let Value::Object(payload) = &mut task.staged.payload {
        payload.insert(key, value);
    }
}

/// The value of an effect of a task.
pub fn effect(world: &World, task: &TaskId, space: &str, key: &str) -> Value {
    let effects = world.state(task).effects;
    let mut effects = effects.into_iter();
    let found = effects.find(|effect| effect.space == space && effect.key == key);
    found.unwrap().value
}

/// The rows of a table of a report.
pub fn rows(world: &World, task: &TaskId, title: &str) -> Vec<Vec<String>> {
    let report = world.report(task);
    let tables = report["tables"].as_array().unwrap().clone();
    let table = tables.into_iter().find(|table| table["title"] == title);
    let rows = table.unwrap()["rows"].as_array().unwrap().clone();
    let text = |cell: Value| cell.as_str().unwrap().to_owned();
    let row = |row: Value| {
        row.as_array()
            .unwrap()
            .clone()
            .into_iter()
            .map(text)
            .collect()
    };
    rows.into_iter().map(row).collect()
}

/// A release with a locale, in a world with history.
pub struct Promoted {
    pub world: World,
    pub history: TaskId,
    pub toplevel: TaskId,
    pub locale: TaskId,
}

pub fn promoted() -> Promoted {
    let mut world = World::default();
    let history = history(&mut world);
    let archive = archive(&mut world);
    let task = toplevel(&mut world, &[&history]);
    let toplevel = world.pass(&task);
    let task = locale(&mut world, &json!([entry()]), &[&archive, &toplevel]);
    let locale = world.pass(&task);
    Promoted {
        world,
        history,
        toplevel,
        locale,
    }
}

/// The locale of a release without history, in a world of its own.
pub fn first() -> (World, TaskId) {
    let mut world = World::default();
    let archive = archive(&mut world);
    let task = toplevel(&mut world, &[]);
    let toplevel = world.pass(&task);
    let task = locale(&mut world, &json!([entry()]), &[&archive, &toplevel]);
    let locale = world.pass(&task);
    (world, locale)
}

/// How many things a task has checked in one way.
pub fn checked(world: &World, task: &TaskId, what: &str) -> u64 {
    let report = world.report(task);
    let mut checks = report["checked"].as_array().unwrap().iter();
    let check = checks.find(|check| check["what"] == what);
    check.unwrap()["count"].as_u64().unwrap()
}
