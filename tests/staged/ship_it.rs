//! Defects of tasks about the record of releases.

use snowman::base::name::TaskId;
use snowman::base::value::{Value, json};
use snowman::stage::state::Effect;

use super::world::{Task, World};

pub fn ship_it(world: &mut World, action: &str, payload: Value, from: &[&TaskId]) -> Task {
    let mut task = world.task("shipit", action, payload, from);
    let scopes = [format!("action:{action}"), "server:staging".to_owned()];
    task.staged.scopes = scopes
        .map(|end| format!("project:releng:ship-it:{end}"))
        .into();
    task.staged.phase = "ship".to_owned();
    task
}

pub fn ship(world: &mut World, name: &str, from: &[&TaskId]) -> Task {
    ship_it(
        world,
        "mark-as-shipped",
        json!({"release_name": name}),
        from,
    )
}

/// A task that has put files into the archive.
pub fn archived(world: &mut World, paths: &[&str]) -> TaskId {
    let effects = paths.iter().map(|path| Effect {
        space: "archive".to_owned(),
        key: (*path).to_owned(),
        value: json!({"size": 1}),
    });
    let effects = effects.collect();
    world.left(effects)
}

pub const CANDIDATE: &str = "pub/hail/candidates/94.0-candidates/build1/a";
pub const RELEASE: &str = "pub/hail/releases/94.0/a";

#[test]
fn a_release_is_shipped_after_it_was_pushed() {
    let mut world = World::default();
    let pushed = archived(&mut world, &[CANDIDATE, RELEASE]);
    let task = ship(&mut world, "Hail-94.0-build1", &[&pushed]);
    let shipped = world.pass(&task);
    assert_eq!(world.state(&shipped).effects[0].value["status"], "shipped");
    let task = ship(&mut world, "Hail-94.0-build1", &[&shipped]);
    world.pass(&task);
}

#[test]
fn shipping_before_the_push_is_red() {
    let mut world = World::default();
    let promoted = archived(&mut world, &[CANDIDATE]);
    let task = ship(&mut world, "Hail-94.0-build1", &[&promoted]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("the release was not pushed"), "{red}");
}

#[test]
fn a_missing_graph_of_the_promotion_is_red() {
    let mut world = World::default();
    let pushed = archived(&mut world, &[RELEASE]);
    let task = ship(&mut world, "Hail-94.0-build1", &[&pushed]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("`promote` is not among"), "{red}");
}

#[test]
fn the_name_must_be_that_of_the_release() {
    for name in [
        "Hail-94.0-build2",
        "Hail-95.0-build1",
        "Snow-94.0-build1",
        "Hail-94.0",
    ] {
        let mut world = World::default();
        let pushed = archived(&mut world, &[CANDIDATE, RELEASE]);
        let task = ship(&mut world, name, &[&pushed]);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(name), "{red}");
    }
}

#[test]
fn channels_get_their_own_versions_and_do_not_go_back() {
    let mut world = World::default();
    let set = |world: &mut World, channel: &str, version: &str, from: &[&TaskId]| {
        let payload = json!({"product": "hail", "channel": channel, "version": version});
        ship_it(world, "update-product-channel-version", payload, from)
    };
    let task = set(&mut world, "nightly", "95.0a1", &[]);
    let first = world.pass(&task);
    let task = set(&mut world, "nightly", "94.0a1", &[&first]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("higher than 94.0a1"), "{red}");
    let task = set(&mut world, "nightly", "95.0", &[]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("not a version of the channel"), "{red}");
}

#[test]
fn nightly_releases_are_recorded_once() {
    let mut world = World::default();
    let payload = json!({
        "product": "hail", "channel": "nightly", "buildid": "20261130093000", "version": "95.0a1",
        "locales": ["de", "en-US"],
    });
    let task = ship_it(
        &mut world,
        "create-new-nightly-release",
        payload.clone(),
        &[],
    );
    let first = world.pass(&task);
    let task = ship_it(&mut world, "create-new-nightly-release", payload, &[&first]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("exists already"), "{red}");
}
