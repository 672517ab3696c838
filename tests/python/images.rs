//! Commands for docker images in a project with Python code.

use super::world::{World, document, flat, python};

const KIND: &str = "\
loader: taskgraph.loader.transform:loader
transforms:
  - hail_taskgraph.transforms.image:transforms
  - taskgraph.transforms.docker_image:transforms
  - taskgraph.transforms.cached_tasks:transforms
  - taskgraph.transforms.task:transforms
tasks:
  stone: {}
";

const TRANSFORM: &str = "\
from taskgraph.transforms.base import TransformSequence

transforms = TransformSequence()


@transforms.add
def symbol(config, tasks):
    for task in tasks:
        task[\"symbol\"] = \"I(%s)\" % task[\"name\"]
        yield task
";

/// The project, with an image that one of its transforms changes.
fn world() -> Option<World> {
    let world = World::new(python()?);
    Some(
        world
            .file("taskcluster/kinds/docker-image/kind.yml", KIND)
            .file("taskcluster/hail_taskgraph/transforms/image.py", TRANSFORM)
            .file("taskcluster/docker/stone/Dockerfile", "FROM scratch\n")
            .with(
                "taskcluster/config.yml",
                "    B: Builds\n",
                "    B: Builds\n    I: Images\n",
            ),
    )
}

#[test]
fn the_digest_of_an_image_equals_that_of_its_task() {
    let Some(world) = world() else { return };
    let ours = world.ours(&["image-digest", "stone"]);
    assert!(
        ours.status.success(),
        "{}",
        String::from_utf8_lossy(&ours.stderr)
    );
    let tasks = document(&world.peer(&["tasks", "--json", "--target-kind", "docker-image"]));
    let digest = &tasks["docker-image-stone"]["attributes"]["cached_task"]["digest"];
    assert_eq!(
        String::from_utf8_lossy(&ours.stdout).trim(),
        digest.as_str().unwrap()
    );
    let peer = world.peer(&["image-digest", "stone"]);
    assert_eq!(
        ours.stdout,
        peer.stdout,
        "{}",
        String::from_utf8_lossy(&peer.stderr)
    );
}

#[test]
fn images_have_no_digest_with_fast() {
    let Some(world) = world() else { return };
    let chosen = ["-p", "params/push.yml", "-k", "docker-image"];
    let arguments = [&["tasks", "--json", "--fast"], &chosen[..]].concat();
    let peer = document(&world.peer(&arguments));
    let attributes = &peer["docker-image-stone"]["attributes"];
    assert!(attributes.get("cached_task").is_none(), "{attributes}");
    for mode in ["mixed", "whole"] {
        let arguments = [&arguments[..], &["--python", mode]].concat();
        assert_eq!(document(&world.ours(&arguments)), peer, "{mode}");
    }
}

#[test]
fn the_context_of_an_image_is_written() {
    let Some(world) = world() else { return };
    let done = world.ours(&["build-image", "stone", "--context-only", "stone.tar.gz"]);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(world.root().join("stone.tar.gz").is_file());
}

#[test]
fn python_never_runs_no_python() {
    let Some(world) = world() else { return };
    let error = flat(&world.failure(&["image-digest", "stone", "--python", "never"]));
    assert!(error.contains("remove `--python=never`"), "{error}");
}
