//! Payloads of every wrong shape, made from good ones, and artifacts that are not what they seem.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use snowman::base::json::read;
use snowman::base::name::TaskId;
use snowman::release::staged::STATE;
use snowman::stage::makers::{Facts, make};
use snowman::stage::run::{Done, run};
use snowman::stage::source::{Artifact, Source, SourceError};
use snowman::stage::state::{Effect, State, TaskRun};

use super::mac::archive;
use super::world::World;

/// The task that has made everything.
const BUILD: &str = "fN1SbArXTPSVFUUvaOlAAA";

/// The staged task before.
const BEFORE: &str = "fN1SbArXTPSVFUUvaOlBAA";

/// The task itself.
const OWN: &str = "fN1SbArXTPSVFUUvaOlCAA";

/// Artifacts that only depend on the task and the name.
struct Fixed {
    archive: Vec<u8>,
    package: Vec<u8>,
    state: Vec<u8>,
}

impl Fixed {
    fn new() -> Self {
        let facts = Facts {
            label: "build",
            product: "hail",
            version: "94.0",
            build_id: "20260131120000",
            platform: "linux64",
            locale: "en-US",
            branch: "hail",
        };
        let folder = "pub/hail/candidates/94.0-candidates/build1";
        let effect = |name: &str| Effect {
            space: "archive".to_owned(),
            key: format!("{folder}/linux64/{name}"),
            value: own(&json!({
                "size": 1, "sha256": "ca", "sha512": "1f", "type": "text/plain",
                "content": {"taskId": BUILD, "artifact": format!("public/{name}")},
            })),
        };
        let state = State {
            run: of(BEFORE),
            label: "before".to_owned(),
            revision: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            parents: Vec::new(),
            effects: vec![effect("a.tar.xz"), effect("a.deb")],
        };
        Self {
            archive: archive(&["Hail.app/Contents/Info.plist"]),
            package: make("target.deb", &facts).unwrap(),
            state: state.write(),
        }
    }
}

impl Source for Fixed {
    fn artifact(&self, task: &TaskId, name: &str, _: u64) -> Result<Artifact, SourceError> {
        let content: &[u8] = match (task.as_str(), name) {
            (BEFORE, STATE) => &self.state,
            (BUILD, name) if name.ends_with(".deb") => &self.package,
            (BUILD, name) if name.ends_with(".tar.gz") => &self.archive,
            (BUILD, name) if name.starts_with("public/") => b"a",
            _ => {
                let (task, name) = (task.clone(), name.to_owned());
                return Err(SourceError::Missing { task, name });
            }
        };
        Ok(Artifact {
            content: Arc::from(content),
        })
    }
}

fn own(value: &Value) -> snowman::base::value::Value {
    read("value", value.to_string().as_bytes()).unwrap()
}

fn of(id: &str) -> TaskRun {
    TaskRun {
        task_id: TaskId::parse(id).unwrap(),
        run_id: 0,
    }
}

/// The definition of a staged task.
fn definition(system: &str, action: &str, scopes: &[&str], payload: &Value) -> Value {
    let before = TaskId::parse(BEFORE).unwrap();
    let mut staged = World::default()
        .task(system, action, own(payload), &[&before])
        .staged;
    let scopes = scopes.iter();
    staged.scopes = scopes
        .map(|end| format!("project:hail:releng:{end}"))
        .collect();
    let definition = json!({
        "metadata": {"name": "the-task"}, "created": "2026-01-31T12:00:00.000Z",
        "tags": {"kind": "any"}, "dependencies": [BUILD], "extra": {},
    });
    let definition = staged.into_definition(&own(&definition));
    serde_json::from_str(&definition.to_string()).unwrap()
}

/// A good definition of each system and action.
fn good() -> Vec<Value> {
    let upstream = |paths: &[&str], more: Value| {
        let mut entry = Map::from_iter([
            ("taskId".to_owned(), json!(BUILD)),
            ("taskType".to_owned(), json!("build")),
            ("paths".to_owned(), json!(paths)),
        ]);
        entry.extend(more.as_object().cloned().unwrap());
        json!([entry])
    };
    let map = |path: &str, to: &str| {
        json!([{"taskId": BUILD, "locale": "en-US", "paths": {
            path: {"destinations": [to], "checksums_path": "a"},
        }}])
    };
    let properties = json!({
        "appName": "geckoview", "appVersion": "94.0", "branch": "hail", "buildid": "20260131120000",
        "hashType": "sha512", "platform": "linux64",
    });
    let publish = |action: &str, path: &str, to: &str| {
        let payload = json!({
            "releaseProperties": properties.clone(), "version": "94.0", "build_number": 1,
            "upstreamArtifacts": upstream(&[path], json!({"locale": "en-US"})),
            "artifactMap": map(path, to),
        });
        let action_scope = format!("beetmover:action:{action}");
        definition(
            "beetmover",
            action,
            &["beetmover:bucket:dep", &action_scope],
            &payload,
        )
    };
    let beetmover = |action: &str, resource: &str, payload: Value| {
        let action_scope = format!("beetmover:action:{action}");
        let scope = format!("beetmover:{resource}:dep");
        definition("beetmover", action, &[&scope, &action_scope], &payload)
    };
    let candidates = "pub/hail/candidates/94.0-candidates/build1";
    let certificate = ["signing:cert:dep-signing"];
    vec![
        definition(
            "signing",
            "",
            &certificate,
            &json!({"upstreamArtifacts": upstream(&["public/a"], json!({"formats": ["autograph_gpg"]}))}),
        ),
        definition(
            "mac-signing",
            "",
            &certificate,
            &json!({
                "behavior": "mac_sign_hardened",
                "upstreamArtifacts": upstream(&["public/a.tar.gz"], json!({"formats": ["macapp"]})),
                "hardened-sign-config": [{"runtime": true, "deep": false, "globs": ["/"]}],
                "provisioning-profile-config": [{"profile_name": "a", "target_path": "/Contents/a"}],
            }),
        ),
        publish(
            "push-to-candidates",
            "public/b.tar.xz",
            &format!("{candidates}/b.tar.xz"),
        ),
        publish(
            "push-to-nightly",
            "public/b.tar.xz",
            "pub/hail/nightly/b.tar.xz",
        ),
        publish(
            "push-to-partner",
            "public/b.tar.xz",
            &format!("{candidates}/partner-repacks/a/b/v1/c/d/b.tar.xz"),
        ),
        publish(
            "push-to-maven",
            "public/b.aar",
            "maven2/org/mozilla/geckoview/b/94.0/b-94.0.aar",
        ),
        publish(
            "direct-push-to-bucket",
            "public/b.apk",
            "pub/hail/releases/b.apk",
        ),
        publish(
            "push-to-system-addons",
            "public/b.xpi",
            "pub/system-addons/b.xpi",
        ),
        beetmover(
            "push-to-releases",
            "bucket",
            json!({"product": "hail", "version": "94.0", "build_number": 1, "partners": []}),
        ),
        beetmover(
            "import-from-gcs-to-artifact-registry",
            "apt-repo",
            json!({"product": "hail", "gcs_sources": [format!("{candidates}/linux64/a.deb")]}),
        ),
        beetmover(
            "upload-data",
            "bucket",
            json!({"releaseProperties": {"appName": "hail"}, "dataMap": [
                {"data": "e30=", "contentType": "application/json", "destinations": ["pub/a.json"]},
            ]}),
        ),
        beetmover(
            "upload-translations-artifacts",
            "bucket",
            json!({
                "releaseProperties": {"appName": "hail"},
                "upstreamArtifacts": upstream(&["public/build/a.bin"], json!({})),
                "artifactMap": [{"taskId": BUILD, "paths": {"*": {"destinations": ["models/"]}}}],
            }),
        ),
        definition(
            "checksums",
            "",
            &[],
            &json!({"env": {"MOZ_FETCHES": json!([{"artifact": "public/x.checksums", "task": BUILD}]).to_string()}}),
        ),
    ]
}

/// The places of all values in a value.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                places(value, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (number, value) in items.iter().enumerate() {
                places(value, &format!("{at}/{number}"), found);
            }
        }
        _ => {}
    }
}

/// What a value is replaced with.
fn others() -> Vec<Value> {
    let deep = (0..100).fold(json!([]), |inner, _| json!([inner]));
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1.5e300),
        json!(""),
        json!("a"),
        json!("../../../etc/passwd"),
        json!("public/../../x"),
        json!("public/staging/report.json"),
        json!("/"),
        json!("a\u{0}b"),
        json!("[*?{\u{e9}\u{1f600}"),
        json!("9".repeat(4096)),
        json!([]),
        json!({}),
        json!([null, 1, [[]]]),
        json!({"": {"": []}}),
        deep,
    ]
}

/// Removes the value at a place.
fn removed(value: &Value, at: &str) -> Option<Value> {
    let mut value = value.clone();
    let (parent, key) = at.rsplit_once('/')?;
    match value.pointer_mut(parent)? {
        Value::Object(map) => {
            map.shift_remove(&key.replace("~1", "/").replace("~0", "~"))?;
        }
        Value::Array(items) => {
            items.remove(key.parse().ok()?);
        }
        _ => return None,
    }
    Some(value)
}

/// Checks what a task leaves: all of it, or its report alone.
fn check(done: &Done, about: &str) {
    let names: Vec<&str> = done.artifacts.iter().map(|one| one.name.as_str()).collect();
    let report = ["public/staging/report.json", "public/staging/report.html"];
    match done.red.is_empty() {
        true => assert!(names.contains(&STATE), "{about}"),
        false => assert_eq!(names, report, "{about}"),
    }
    for name in names {
        let is_inside = name.split('/').all(|part| !["", ".", ".."].contains(&part));
        assert!(is_inside, "{about}: {name}");
    }
}

#[test]
fn payloads_of_every_wrong_shape_make_a_red_report() {
    let source = Fixed::new();
    let others = others();
    for good in good() {
        let staging = &good["extra"]["staging"];
        let name = format!("{} {}", staging["system"], staging["action"]);
        let mut places_of = Vec::new();
        places(staging, "/extra/staging", &mut places_of);
        places_of.push("/metadata".to_owned());
        places_of.push("/created".to_owned());
        let (mut count, mut red) = (0, 0);
        for at in &places_of {
            let changed = others.iter().map(|other| {
                let mut changed = good.clone();
                *changed.pointer_mut(at).unwrap() = other.clone();
                changed
            });
            for changed in changed.chain(removed(&good, at)) {
                let done = run(&of(OWN), &own(&changed), &source);
                check(&done, &format!("{name} {at}"));
                count += 1;
                red += usize::from(!done.red.is_empty());
            }
        }
        // Most of it cannot be right.
        assert!(red * 2 > count, "{name}: {red} of {count}");
    }
}

#[test]
fn good_payloads_pass() {
    let source = Fixed::new();
    for good in good() {
        let staging = &good["extra"]["staging"];
        let done = run(&of(OWN), &own(&good), &source);
        // No list of checksums fits to this archive.
        if staging["system"] != "checksums" {
            assert_eq!(done.red, Vec::<String>::new(), "{staging}");
        }
    }
}

#[test]
fn names_lead_nowhere_else() {
    let source = Fixed::new();
    let sign = |path: &str| {
        let payload = json!({"upstreamArtifacts": [{
            "taskId": BUILD, "taskType": "build", "paths": [path], "formats": ["autograph_gpg"],
        }]});
        let definition = definition("signing", "", &["signing:cert:dep-signing"], &payload);
        run(&of(OWN), &own(&definition), &source).red.join("\n")
    };
    for path in [
        "public/../x",
        "public//x",
        "public/./x",
        "public/x/..",
        "/public/x",
        "public\\x",
    ] {
        let red = sign(path);
        assert!(
            red.contains("is not the name of an artifact"),
            "{path}: {red}"
        );
    }
    let red = sign("public/staging/report.json");
    assert!(red.contains("is for what the task reports"), "{red}");
    // A folder cannot be a file, too.
    let payload = json!({"upstreamArtifacts": [{
        "taskId": BUILD, "taskType": "build", "paths": ["public/a.asc/b", "public/a"],
        "formats": ["autograph_gpg"],
    }]});
    let definition = definition("signing", "", &["signing:cert:dep-signing"], &payload);
    let red = run(&of(OWN), &own(&definition), &source).red.join("\n");
    assert!(red.contains("the task also makes"), "{red}");
}
