//! Defects of tasks that make partial updates.

use snowman::base::json;
use snowman::base::value::{Value, json};
use snowman::stage::mar::Mar;
use snowman::stage::mar::extract::extract;
use snowman::stage::mar::install::{Tree, install};

use super::builds::{Build, build, history, noise, publish, sha512};
use super::world::{Task, World};

const PATH: &str =
    "pub/hail/candidates/93.0-candidates/build1/update/linux-x86_64/de/hail-93.0.complete.mar";

/// What a task is about.
pub struct Case {
    from: Build,
    to: Build,
    address: String,
    environment: Value,
    definition: Value,
    artifacts: Value,
    known: bool,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            from: build("93.0", "20260101000000", "de"),
            to: build("94.0", "20260201000000", "de"),
            address: format!("https://archive.mozilla.org/{PATH}"),
            environment: json!({
                "SIGNING_CERT": "dep1",
                "MAR_CHANNEL_ID": "hail-mozilla-release",
                "EXTRA_PARAMS": "--arch=x86_64",
                "FUNSIZE_ALLOW_STAGING_PREFIXES": "true",
            }),
            definition: json!({"previousVersion": "93.0", "previousBuildNumber": 1}),
            artifacts: json!({
                "public/build/de/target-93.0.partial.mar": {"path": "/home/worker/artifacts/target-93.0.partial.mar"},
                "public/build/de/manifest.json": {"path": "/home/worker/artifacts/manifest.json"},
            }),
            known: true,
        }
    }
}

impl Case {
    pub fn task(&self, world: &mut World) -> Task {
        let file = publish(world, PATH, &self.from.complete());
        let known = if self.known { vec![file] } else { Vec::new() };
        let history = history(world, known);
        let to = world.build(&[("public/build/de/target.complete.mar", &self.to.unsigned())]);
        let address = format!(
            "https://tc.example.com/api/queue/v1/task/{to}/artifacts/public/build/de/target.complete.mar"
        );
        let mut definition = json!({
            "locale": "de",
            "from_mar": self.address,
            "to_mar": address,
            "dest_mar": "target-93.0.partial.mar",
            "branch": "try",
            "update_number": 1,
        });
        if let (Value::Object(all), Value::Object(more)) = (&mut definition, &self.definition) {
            all.extend(more.clone());
        }
        let payload = json!({"env": self.environment, "artifacts": self.artifacts});
        let mut task = world.task("partials", "", payload, &[]);
        task.staged.history = vec![history];
        task.extra = json!({"funsize": {"partials": [definition]}});
        task
    }

    /// Why the task fails.
    fn red(&self) -> String {
        let mut world = World::default();
        let task = self.task(&mut world);
        world.fail(&task).join("\n")
    }

    fn set(&mut self, name: &str, value: &str) {
        if let Value::Object(environment) = &mut self.environment {
            environment.insert(name, Value::from(value));
        }
    }
}

#[test]
fn a_partial_update_is_made() {
    let mut world = World::default();
    let case = Case::default();
    let task = case.task(&mut world);
    let id = world.pass(&task);
    let partial = world.get(&id, "public/build/de/target-93.0.partial.mar");
    let partial = partial.unwrap().to_vec();
    assert!(partial.len() < 3000, "{}", partial.len());
    let mar = Mar::read(&partial).unwrap();
    let update = extract(&mar, 1 << 20).unwrap();
    let files = |build: &Build| -> Tree {
        let complete = build.unsigned();
        let mar = Mar::read(&complete).unwrap();
        let mut files = extract(&mar, 1 << 20).unwrap();
        files.remove("updatev3.manifest");
        files
    };
    assert_eq!(install(&update, &files(&case.from)), Ok(files(&case.to)));
    let manifest = world.get(&id, "public/build/de/manifest.json").unwrap();
    let manifest = json::read("manifest", manifest).unwrap();
    let entry = &manifest[0];
    // What production's own script takes from builds and task.
    for (key, value) in [
        ("MAR_CHANNEL_ID", json!("hail-mozilla-release")),
        ("appName", json!("Hail")),
        ("branch", json!("try")),
        ("from_buildid", json!("20260101000000")),
        ("from_hash", json!(sha512(&case.from.complete()))),
        ("hash", json!(sha512(&partial))),
        ("locale", json!("de")),
        ("mar", json!("target-93.0.partial.mar")),
        ("previousBuildNumber", json!(1)),
        ("previousVersion", json!("93.0")),
        ("repo", json!("https://hg.example.com/hail")),
        ("revision", json!("abc")),
        ("size", json!(partial.len())),
        ("to_buildid", json!("20260201000000")),
        ("to_size", json!(case.to.unsigned().len())),
        ("update_number", json!(1)),
        ("version", json!("94.0")),
    ] {
        assert_eq!(entry[key], value, "{key}");
    }
    assert_eq!(entry.as_object().unwrap().len(), 21);
}

#[test]
fn an_update_of_another_channel_is_red() {
    let mut case = Case::default();
    case.to.channel = "hail-mozilla-beta".to_owned();
    let red = case.red();
    assert!(
        red.contains("its MAR channel id is \"hail-mozilla-beta\""),
        "{red}"
    );
    // An earlier build may be of another one.
    let mut case = Case::default();
    case.from.channel = "hail-mozilla-beta".to_owned();
    let mut world = World::default();
    let task = case.task(&mut world);
    world.pass(&task);
}

#[test]
fn an_earlier_update_signed_by_another_key_is_red() {
    let mut case = Case::default();
    case.from.certificate = "wrong";
    let red = case.red();
    assert!(
        red.contains("it is not signed with the key of the certificate dep"),
        "{red}"
    );
    // The key that signed it is accepted when the task names it.
    case.from.certificate = "release";
    case.set("SIGNING_CERT", "release");
    let mut world = World::default();
    let task = case.task(&mut world);
    world.pass(&task);
}

#[test]
fn an_address_that_is_not_allowed_is_red() {
    let mut case = Case {
        address: format!("https://archive.example.com/{PATH}"),
        ..Case::default()
    };
    let red = case.red();
    assert!(red.contains("at none of the addresses"), "{red}");
    case.address = format!("https://ftp.stage.mozaws.net/{PATH}");
    let mut world = World::default();
    let task = case.task(&mut world);
    world.pass(&task);
    case.set("FUNSIZE_ALLOW_STAGING_PREFIXES", "false");
    let red = case.red();
    assert!(red.contains("at none of the addresses"), "{red}");
}

#[test]
fn a_partial_update_larger_than_the_complete_one_is_red() {
    let mut case = Case::default();
    // Names that do not compress: the list of what to remove is longer than what patches save.
    for number in 0..200_u32 {
        let name: String = noise(number, 20)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        case.from.files.insert(format!("old/{name}"), b"x".to_vec());
    }
    case.to
        .files
        .insert("libhail.so".to_owned(), noise(77, 300));
    let red = case.red();
    assert!(red.contains("more than the complete update"), "{red}");
}

#[test]
fn what_no_client_would_take_is_red() {
    let mut case = Case::default();
    std::mem::swap(&mut case.from, &mut case.to);
    case.definition = json!({});
    let red = case.red();
    assert!(red.contains("status 23"), "{red}");
    let mut case = Case::default();
    case.to = case.from.clone();
    let red = case.red();
    assert!(red.contains("to itself"), "{red}");
    let mut case = Case::default();
    case.to
        .files
        .insert("removed-files/x".to_owned(), b"x".to_vec());
    case.to.files.remove("removed-files");
    let red = case.red();
    assert!(
        red.contains("a file in one build and a folder in the other"),
        "{red}"
    );
}

#[test]
fn what_the_task_says_must_fit() {
    let case = Case {
        definition: json!({"previousVersion": "92.0"}),
        ..Case::default()
    };
    let red = case.red();
    assert!(red.contains("it is to update 92.0"), "{red}");
    let mut case = Case::default();
    case.set("EXTRA_PARAMS", "");
    case.set("SIGNING_CERT", "dep7");
    let red = case.red();
    assert!(
        red.contains("`EXTRA_PARAMS` has to name the processor"),
        "{red}"
    );
    assert!(
        red.contains("`SIGNING_CERT`: no staging certificate"),
        "{red}"
    );
    let case = Case {
        artifacts: json!({}),
        ..Case::default()
    };
    let red = case.red();
    assert!(
        red.contains("`payload.artifacts` does not have it"),
        "{red}"
    );
    let mut case = Case::default();
    case.to.files.remove("platform.ini");
    let red = case.red();
    assert!(
        red.contains("`platform.ini` with `SourceRepository` in [Build]"),
        "{red}"
    );
}

#[test]
fn an_earlier_build_that_nobody_knows_is_red() {
    let case = Case {
        known: false,
        ..Case::default()
    };
    let red = case.red();
    assert!(
        red.contains("neither this release nor its history has"),
        "{red}"
    );
}
