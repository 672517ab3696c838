//! Defects of tasks that send messages.

use snowman::base::value::{Value, json};

use super::world::{Task, World};

pub fn notify(world: &mut World, route: &str, subject: &str) -> Task {
    let mut task = world.task("notify", "", json!({}), &[]);
    task.staged.scopes.clear();
    task.extra = json!({
        "notify": {"email": {"subject": subject, "content": "Built from it."}},
        "treeherder": {"symbol": "told", "groupSymbol": "Rel", "groupName": "Releases"},
    });
    task.routes = json!([route, "index.hail.v1.x"]);
    task
}

#[test]
fn a_message_is_shown() {
    let mut world = World::default();
    let route = "notify.email.somebody@example.com.on-completed";
    let task = notify(&mut world, route, "Hail 94.0 is shipped");
    let done = world.pass(&task);
    let tables = world.report(&done)["tables"].to_string();
    assert!(
        tables.contains("somebody@example.com") && tables.contains("Hail 94.0 is shipped"),
        "{tables}"
    );
}

#[test]
fn each_way_to_reach_somebody_is_shown() {
    for (route, row) in [
        (
            "notify.email.a@example.com.on-any",
            ["email", "a@example.com", "on-any"],
        ),
        (
            "notify.matrix-room.!a:b.example.on-failed",
            ["matrix-room", "!a:b.example", "on-failed"],
        ),
        (
            "notify.slack-channel.C01.on-exception",
            ["slack-channel", "C01", "on-exception"],
        ),
        (
            "notify.pulse.hail.ready.on-completed",
            ["pulse", "hail.ready", "on-completed"],
        ),
    ] {
        let mut world = World::default();
        let task = notify(&mut world, route, "Hail");
        let done = world.pass(&task);
        let recipients = world.report(&done)["tables"][0].clone();
        assert_eq!(recipients["title"], "Recipients");
        assert_eq!(recipients["rows"], json!([row.to_vec()]));
    }
    for (route, why) in [
        (
            "notify.matrix-room.a:b.on-failed",
            "\"a:b\" is not an address for matrix-room",
        ),
        (
            "notify.slack-channel..on-failed",
            "\"\" is not an address for slack-channel",
        ),
        (
            "notify.irc-channel.a.on-failed",
            "is not a route of the notification service",
        ),
        (
            "notify.pulse.a.on-success",
            "is not a route of the notification service",
        ),
    ] {
        let mut world = World::default();
        let task = notify(&mut world, route, "Hail");
        let red = world.fail(&task);
        assert_eq!(red.len(), 1, "{red:?}");
        assert!(red[0].contains(why), "{red:?}");
    }
    // A room whose name is that of releases is a warning: nobody can be sure.
    let mut world = World::default();
    let task = notify(
        &mut world,
        "notify.slack-channel.release-drivers.on-completed",
        "Hail",
    );
    let done = world.pass(&task);
    let warnings = world.report(&done)["warnings"].to_string();
    assert!(
        warnings.contains("release-drivers would be notified"),
        "{warnings}"
    );
}

#[test]
fn defects_of_messages_are_red() {
    let good = "notify.email.somebody@example.com.on-completed";
    let list = "notify.email.release-drivers@example.com.on-completed";
    for (route, subject, why) in [
        (list, "Hail", "would be notified of a staged release"),
        (good, "Hail {config[params][version]}", "was not filled in"),
        (good, "", "is empty"),
        (
            "notify.email.nobody.on-completed",
            "Hail",
            "is not an address",
        ),
        (
            "notify.email.a@example.com",
            "Hail",
            "is not a route of the notification service",
        ),
    ] {
        let mut world = World::default();
        let task = notify(&mut world, route, subject);
        let red = world.fail(&task);
        assert_eq!(red.len(), 1, "{red:?}");
        assert!(red[0].contains(why), "{red:?}");
    }
    let mut world = World::default();
    let mut task = notify(&mut world, good, "Hail");
    if let Some(Value::Object(treeherder)) = task.extra.get_mut("treeherder") {
        treeherder.shift_remove("groupName");
    }
    let red = world.fail(&task).join("\n");
    assert!(red.contains("does not know the group Rel"), "{red}");
}
