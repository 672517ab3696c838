//! Defects of container images, and of the tasks that push them.

use snowman::base::name::TaskId;
use snowman::base::value::{Object, Value, json};
use snowman::stage::makers::make;

use super::repositories;
use super::world::{Task, World};

const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";

/// The variables that every script needs.
pub const NEEDED: &[(&str, &str)] = &[
    ("DOCKER_REPO", "hail/image"),
    ("VCS_HEAD_REPOSITORY", "https://git.example.com/hail"),
    ("VCS_HEAD_REV", REVISION),
];

/// An image that a build has made.
pub fn image(build_id: &'static str) -> Vec<u8> {
    make("image.tar.zst", &repositories::facts("94.0", build_id)).unwrap()
}

/// A task that pushes an image, with these variables.
pub fn push(world: &mut World, image: &[u8], env: &[&[(&str, &str)]], from: &[&TaskId]) -> Task {
    let name = "public/image.tar.zst";
    let build = world.build(&[(name, image)]);
    let fetches = json!([{"artifact": name, "extract": false, "task": build.as_str()}]).to_string();
    let env = env.iter().copied().flatten();
    let env = env.map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
    let env: Object = env
        .chain([("MOZ_FETCHES".to_owned(), fetches.into())])
        .collect();
    let payload = json!({
        "command": ["bash", "-c", "/usr/local/bin/push_image.sh"],
        "env": Value::Object(env),
    });
    world.task("image", "", payload, from)
}

/// The keys of what a task has pushed.
fn pushed(world: &World, id: &TaskId) -> Vec<String> {
    let effects = world.state(id).effects.into_iter();
    let images = effects.filter(|effect| effect.space == "image");
    images.map(|effect| effect.key).collect()
}

#[test]
fn an_image_is_pushed_under_its_tags() {
    let mut world = World::default();
    let image = image("20260131120000");
    let tags = [
        ("DOCKER_TAG", "dev"),
        ("DOCKER_ARCHIVE_TAG", "dev-20260131"),
    ];
    let task = push(&mut world, &image, &[NEEDED, &tags], &[]);
    let id = world.pass(&task);
    let names = [
        "docker.io/hail/image:dev",
        "docker.io/hail/image:dev-20260131",
    ];
    assert_eq!(pushed(&world, &id), names);
    // Without a variable for them, the tags are not known.
    let task = push(&mut world, &image, &[NEEDED], &[]);
    let id = world.pass(&task);
    assert_eq!(pushed(&world, &id), [""; 0]);
    let report = world.report(&id);
    let mut unchecked = report["notChecked"].texts();
    assert!(unchecked.any(|text| text.starts_with("the tags of the image")));
}

#[test]
fn a_tag_leads_to_one_image() {
    let mut world = World::default();
    let (one, other) = (image("20260131120000"), image("20260131130000"));
    let (moving, fixed) = (
        [("APP_VERSION", "94.0")],
        [("NAME", "a"), ("VERSION", "94.0")],
    );
    for (tags, again) in [(&moving[..], true), (&fixed[..], false)] {
        let task = push(&mut world, &one, &[NEEDED, tags], &[]);
        let first = world.pass(&task);
        let task = push(&mut world, &other, &[NEEDED, tags], &[&first]);
        let red = world.fail(&task).join("\n");
        assert!(red.contains("is pushed already, by the task"), "{red}");
        // The same image again, and another one in a later release.
        let same = push(&mut world, &one, &[NEEDED, tags], &[&first]);
        let mut later = push(&mut world, &other, &[NEEDED, tags], &[]);
        later.staged.history = vec![first];
        for task in [same, later] {
            let done = world.run(&task);
            assert_eq!(done.red.is_empty(), again, "{}", done.log);
        }
    }
}

#[test]
fn the_task_has_what_its_script_needs() {
    let mut world = World::default();
    let image = image("20260131120000");
    let without = |name: &str| -> Vec<(&str, &str)> {
        let kept = NEEDED.iter().filter(|(known, _)| *known != name);
        kept.copied().collect()
    };
    for (name, _) in NEEDED {
        let task = push(&mut world, &image, &[&without(name)], &[]);
        let red = world.fail(&task).join("\n");
        assert!(
            red.contains(&format!("the variable {name} is missing")),
            "{red}"
        );
    }
    for (name, value, wrong) in [
        (
            "DOCKER_REPO",
            "Hail/Image",
            "is not the name of a repository",
        ),
        ("DOCKER_REPO", "hail/image:1", "has a tag or a hash"),
        ("VCS_HEAD_REV", "1111", "would name the commit 1111"),
        ("DOCKER_TAG", "a b", "is not a tag"),
    ] {
        let env = [&without(name)[..], &[(name, value)]];
        let task = push(&mut world, &image, &env, &[]);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(wrong), "{red}");
    }
    let mut task = push(&mut world, &image, &[NEEDED], &[]);
    task.staged.payload["env"]["MOZ_FETCHES"] = json!("[]");
    let red = world.fail(&task).join("\n");
    assert!(red.contains("the task fetches no image"), "{red}");
}

#[test]
fn a_damaged_image_is_red() {
    let mut world = World::default();
    let image = image("20260131120000");
    let task = push(&mut world, &image[..image.len() / 2], &[NEEDED], &[]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("public/image.tar.zst: "), "{red}");
}
