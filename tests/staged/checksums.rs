//! Defects of the lists of checksums.

use snowman::base::name::TaskId;
use snowman::base::value::json;

use super::world::{Task, World};

const FOLDER: &str = "pub/hail/candidates/94.0-candidates/build1";

/// A candidate of one file, with the checksums that a task publishes about it.
pub fn candidate(world: &mut World, checksums: &str) -> TaskId {
    let build = world.build(&[
        ("public/a", b"a"),
        ("public/a.checksums", checksums.as_bytes()),
    ]);
    let payload = json!({
        "releaseProperties": {"appName": "Hail"},
        "upstreamArtifacts": [{
            "taskId": build.as_str(), "taskType": "build", "paths": ["public/a", "public/a.checksums"],
        }],
        "artifactMap": [{"taskId": build.as_str(), "locale": "en-US", "paths": {
            "public/a": {
                "destinations": [format!("{FOLDER}/linux64/hail.tar.xz")],
                "checksums_path": "linux64/hail.tar.xz",
            },
            "public/a.checksums": {
                "destinations": [format!("{FOLDER}/beetmover-checksums/a.checksums")],
                "checksums_path": "a.checksums",
            },
        }}],
    });
    let task = world.task("beetmover", "push-to-candidates", payload, &[]);
    world.pass(&task)
}

pub fn generate(world: &mut World, from: &[&TaskId]) -> Task {
    world.task("checksums", "", json!({}), from)
}

/// The checksums of the file, with this SHA-256.
pub fn checksums(sha256: &str) -> String {
    // As `printf a | sha512sum` prints it.
    let sha512 = "1f40fc92da241694750979ee6cf582f2d5d7d28e18335de05abc54d0560e0f5302860c652bf08d560252aa5e74210546f369fbbbce8c12cfc7957b2652fe9a75";
    format!("{sha512} sha512 1 linux64/hail.tar.xz\n{sha256} sha256 1 linux64/hail.tar.xz")
}

pub const RIGHT: &str = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";

#[test]
fn the_lists_are_those_of_sha256sum() {
    let mut world = World::default();
    let candidate = candidate(&mut world, &checksums(RIGHT));
    let task = generate(&mut world, &[&candidate]);
    let id = world.pass(&task);
    let list = world.get(&id, "public/build/SHA256SUMS").unwrap();
    let expected = format!("{RIGHT}  linux64/hail.tar.xz\n");
    assert_eq!(String::from_utf8_lossy(list), expected);
    assert!(world.get(&id, "public/build/SHA512SUMMARY").is_some());
}

#[test]
fn a_wrong_hash_is_red() {
    let mut world = World::default();
    let wrong = RIGHT.replace("ca97", "ca98");
    let candidate = candidate(&mut world, &checksums(&wrong));
    let task = generate(&mut world, &[&candidate]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("linux64/hail.tar.xz"), "{red}");
}

#[test]
fn two_lists_that_disagree_are_red() {
    let mut world = World::default();
    let wrong = RIGHT.replace("ca97", "ca98");
    let one = candidate(&mut world, &checksums(RIGHT));
    let more = world.build(&[("public/target.checksums", checksums(&wrong).as_bytes())]);
    let mut task = generate(&mut world, &[&one]);
    let fetches = json!([{"artifact": "public/target.checksums", "task": more.as_str()}]);
    task.staged.payload = json!({"env": {"MOZ_FETCHES": fetches.to_string()}});
    let red = world.fail(&task).join("\n");
    assert!(red.contains("linux64/hail.tar.xz"), "{red}");
}

#[test]
fn no_candidate_is_red() {
    let mut world = World::default();
    let task = generate(&mut world, &[]);
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("there are no files in pub/hail/candidates/94.0-candidates/build1/"),
        "{red}"
    );
}
