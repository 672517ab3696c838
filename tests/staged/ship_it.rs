//! Defects of tasks about the record of releases.

use snowman::base::name::TaskId;
use snowman::base::value::{Value, json};
use snowman::stage::state::Effect;

use super::bouncer;
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

/// Projects that do not push candidates with the real tools' names choose their own.
#[test]
fn candidates_in_a_layout_of_the_project_count() {
    for folder in ["candidates-94.0/build20260131", "94.0-rc/1", "94.0"] {
        let mut world = World::default();
        let candidate = format!("pub/hail/candidates/{folder}/a");
        let pushed = archived(&mut world, &[&candidate, RELEASE]);
        let task = ship(&mut world, "Hail-94.0-build1", &[&pushed]);
        world.pass(&task);
    }
    for folder in [
        "candidates-94.0.1/build1",
        "candidates-194.0/1",
        "94.0-candidates/build2",
    ] {
        let mut world = World::default();
        let candidate = format!("pub/hail/candidates/{folder}/a");
        let pushed = archived(&mut world, &[&candidate, RELEASE]);
        let task = ship(&mut world, "Hail-94.0-build1", &[&pushed]);
        let red = world.fail(&task).join("\n");
        assert!(red.contains("`promote` is not among"), "{red}");
    }
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
    // The worker leaves one with the same data alone.
    let task = ship_it(
        &mut world,
        "create-new-nightly-release",
        payload.clone(),
        &[&first],
    );
    let second = world.pass(&task);
    assert!(world.state(&second).effects.is_empty());
    for (key, value, wrong) in [
        ("version", json!("96.0a1"), "with the version 95.0a1"),
        ("locales", json!(["de", "fr"]), "en-US, fr are only in one"),
    ] {
        let mut other = payload.clone();
        other[key] = value;
        let task = ship_it(&mut world, "create-new-nightly-release", other, &[&first]);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(wrong), "{red}");
    }
}

#[test]
fn an_empty_locale_is_red() {
    let mut world = World::default();
    let payload = json!({
        "product": "hail", "channel": "nightly", "buildid": "20261130093000", "version": "95.0a1",
        "locales": ["de", ""],
    });
    let task = ship_it(&mut world, "create-new-nightly-release", payload, &[]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("an empty text"), "{red}");
}

#[test]
fn a_merge_is_done_once() {
    let mut world = World::default();
    let payload = json!({"automation_id": 12});
    let task = ship_it(&mut world, "mark-as-merged", payload.clone(), &[]);
    let first = world.pass(&task);
    let task = ship_it(&mut world, "mark-as-merged", payload, &[&first]);
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("the merge 12 was marked as done already"),
        "{red}"
    );
}

/// A task that creates a release of a product.
fn create(world: &mut World, product: &str, phase: &str, from: &[&TaskId]) -> Task {
    let payload = json!({
        "product": product, "branch": "releases/a", "phase": phase, "version": "94.0",
        "cron_revision": "0123456789abcdef0123456789abcdef01234567",
    });
    ship_it(world, "create-new-release", payload, from)
}

/// A release that is created is shipped as it is recorded.
#[test]
fn the_record_goes_from_created_to_shipped() {
    let mut world = World::default();
    let task = create(&mut world, "firefox", "promote_firefox", &[]);
    let created = world.pass(&task);
    let effects = world.state(&created).effects;
    assert_eq!(effects[0].key, "Firefox-94.0-build1");
    assert_eq!(effects[0].value["status"], "scheduled");
    let progress = |value: &Value| -> Vec<String> {
        let phases = value["phases"].as_array().unwrap().iter();
        phases
            .map(|phase| phase["progress"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        progress(&effects[0].value),
        ["submitted", "waiting", "waiting"]
    );
    let files = [CANDIDATE, RELEASE].map(|path| path.replace("hail", "firefox"));
    let pushed = archived(&mut world, &files.each_ref().map(String::as_str));
    let of_firefox = |mut task: Task| {
        task.staged.release.product = "firefox".to_owned();
        task
    };
    let task = of_firefox(ship(
        &mut world,
        "Firefox-94.0-build1",
        &[&created, &pushed],
    ));
    let shipped = world.pass(&task);
    let record = &world.state(&shipped).effects[0].value;
    assert_eq!(record["status"], "shipped");
    assert_eq!(record["branch"], "releases/a");
    assert_eq!(progress(record), ["submitted"; 3]);
    // Nothing has changed since, so there is nothing to release.
    let task = create(&mut world, "firefox", "promote_firefox", &[&shipped]);
    let again = world.pass(&task);
    assert!(world.state(&again).effects.is_empty());
    // Of another revision, it would be the second build.
    let mut task = create(&mut world, "firefox", "promote_firefox", &[&shipped]);
    task.staged.payload["cron_revision"] = json!("1".repeat(40));
    let red = world.fail(&task).join("\n");
    assert!(red.contains("only creates the first build"), "{red}");
    // The record is of another revision than the release.
    let mut task = create(&mut world, "firefox", "promote_firefox", &[]);
    task.staged.payload["cron_revision"] = json!("1".repeat(40));
    let other = world.pass(&task);
    let task = ship(&mut world, "Firefox-94.0-build1", &[&other, &pushed]);
    let red = world.fail(&of_firefox(task)).join("\n");
    assert!(
        red.contains("Ship It has Firefox-94.0-build1 as a release of 1111"),
        "{red}"
    );
}

#[test]
fn phases_are_those_of_the_product() {
    let mut world = World::default();
    let task = create(&mut world, "firefox", "promote_devedition", &[]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("has no phase promote_devedition"), "{red}");
    // Phases before the first one are skipped.
    let task = create(&mut world, "thunderbird", "push_thunderbird", &[]);
    let created = world.pass(&task);
    let phases = &world.state(&created).effects[0].value["phases"];
    assert_eq!(phases[0]["progress"], "skipped");
}

#[test]
fn a_phase_with_sign_offs_cannot_be_started_by_a_task() {
    let mut world = World::default();
    let task = create(&mut world, "mozilla-vpn-client", "ship-client", &[]);
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("signed off by MozillaVPN Team and Release Engineering"),
        "{red}"
    );
    let task = create(&mut world, "mozilla-vpn-client", "promote-client", &[]);
    world.pass(&task);
}

/// The report names who signs off, and says that it cannot be checked.
#[test]
fn the_report_tells_the_sign_offs() {
    let mut world = World::default();
    let name = "Mozilla-vpn-client-94.0-build1";
    let mut task = ship(&mut world, name, &[]);
    task.staged.release.product = "mozilla-vpn-client".to_owned();
    let shipped = world.pass(&task);
    let report = world.report(&shipped);
    let unchecked: Vec<&str> = report["notChecked"].texts().collect();
    let wanted = "whether the phase ship-client was signed off by MozillaVPN Team and Release Engineering: \
                  people do that in Ship It";
    assert!(unchecked.contains(&wanted), "{unchecked:?}");
}

#[test]
fn names_are_those_of_ship_it() {
    let mut world = World::default();
    let pushed = archived(&mut world, &[CANDIDATE, RELEASE]);
    let task = ship(&mut world, "hail-94.0-build1", &[&pushed]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("it names it Hail-94.0-build1"), "{red}");
    // Extensions keep the names of their manifests.
    let mut task = ship(&mut world, "hail-94.0-build1", &[&pushed]);
    let scopes = ["action:mark-as-shipped", "server:staging"];
    task.staged.scopes = scopes
        .map(|end| format!("project:xpi:ship-it:{end}"))
        .into();
    world.pass(&task);
}

#[test]
fn a_name_is_taken_once() {
    let mut world = World::default();
    let pushed = archived(&mut world, &[CANDIDATE, RELEASE]);
    let earlier = ship(&mut world, "Hail-94.0-build1", &[&pushed]);
    let earlier = world.pass(&earlier);
    let mut task = ship(&mut world, "Hail-94.0-build1", &[&pushed]);
    task.staged.history = vec![earlier];
    let red = world.fail(&task).join("\n");
    assert!(red.contains("an earlier release has the name"), "{red}");
}

#[test]
fn an_aborted_release_is_not_shipped() {
    let mut world = World::default();
    let pushed = archived(&mut world, &[CANDIDATE, RELEASE]);
    let aborted = |status: &str| Effect {
        space: "ship-it-release".to_owned(),
        key: "Hail-94.0-build1".to_owned(),
        value: json!({"status": status, "product": "hail", "version": "94.0", "buildNumber": 1}),
    };
    for (status, wrong) in [("aborted", "was aborted"), ("gone", "is not a record")] {
        let left = world.left(vec![aborted(status)]);
        let task = ship(&mut world, "Hail-94.0-build1", &[&pushed, &left]);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(wrong), "{red}");
    }
}

#[test]
fn the_next_version_is_higher() {
    let mut world = World::default();
    let pushed = archived(&mut world, &[CANDIDATE, RELEASE]);
    for (next, red) in [
        ("94.0", true),
        ("93.0.1", true),
        ("94.0.1", false),
        ("95.0", false),
    ] {
        let mut task = ship(&mut world, "Hail-94.0-build1", &[&pushed]);
        task.staged.release.next_version = next.to_owned();
        if red {
            let why = world.fail(&task).join("\n");
            assert!(
                why.contains(&format!("the next version {next} is not higher")),
                "{why}"
            );
            continue;
        }
        let shipped = world.pass(&task);
        // Ship It would have asked for 94.0.1.
        let warnings = world.report(&shipped)["warnings"].texts().count();
        assert_eq!(warnings, usize::from(next == "95.0"), "{next}");
    }
}

#[test]
fn checks_that_no_task_has_made_are_listed_at_the_end() {
    for is_checked in [false, true] {
        let mut world = World::default();
        let task = bouncer::submit(&mut world, bouncer::entries(), &[]);
        let submitted = world.pass(&task);
        let published = bouncer::publish(&mut world, None);
        let mut before = vec![submitted.clone(), published.clone()];
        if is_checked {
            let task = bouncer::check(&mut world, &[&submitted, &published]);
            before = vec![world.pass(&task)];
        }
        let before: Vec<_> = before.iter().collect();
        let shipping = ship(&mut world, "Hail-94.0-build1", &before);
        world.run(&shipping);
        let unchecked = world.report(&shipping.id)["notChecked"].to_string();
        let says =
            unchecked.contains("all paths lead to files of the archive; no task has checked it");
        assert_eq!(says, !is_checked, "{unchecked}");
    }
}
