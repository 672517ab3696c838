//! What the verifications of a release refuse.

use super::super::world::World;
use super::Release;

const KIND: &str = "taskcluster/kinds/aged/kind.yml";

/// Adds fields to one task.
fn with(world: World, fields: &str) -> World {
    let soft = "    description: A soft dependency\n";
    world.with(KIND, soft, &format!("{soft}{fields}"))
}

fn is_accepted(done: &std::process::Output, what: &str) -> bool {
    let stderr = String::from_utf8_lossy(&done.stderr);
    // Nothing else fails.
    assert!(done.status.success() || stderr.contains(what), "{stderr}");
    done.status.success()
}

/// Checks that ours accepts or refuses a task with these fields, as the release does. `ours` and `theirs`
/// are parts of the messages.
fn check(numbers: [u64; 3], fields: &str, accepted: bool, ours: &str, theirs: &str) {
    let release = Release(numbers);
    let Some(world) = release.world() else {
        return;
    };
    let world = with(world, fields);
    let arguments = ["full", "-p", "params/push.yml"];
    let name = release.name();
    let peer = world.peer(&arguments);
    assert_eq!(is_accepted(&peer, theirs), accepted, "taskgraph {name}");
    let found = world.ours(&arguments);
    assert_eq!(is_accepted(&found, ours), accepted, "as taskgraph {name}");
}

#[test]
fn notifications_on_transitions() {
    let fields = "    routes: [notify.email.someone@example.com.on-defined]\n";
    let (ours, theirs) = ("not a notification filter", "invalid notification filter");
    check([8, 2, 0], fields, false, ours, theirs);
    check([14, 4, 1], fields, true, ours, theirs);
}

#[test]
fn index_routes() {
    let slash = "    routes: [index.hail.v2.a/b]\n";
    let space = "    routes: [index.hail.v2.a b]\n";
    let (ours, theirs) = ("not a valid index path", "invalid");
    check([14, 4, 1], slash, true, ours, theirs);
    check([17, 3, 0], slash, false, ours, theirs);
    check([20, 0, 0], space, true, ours, theirs);
    check([23, 2, 0], space, false, ours, theirs);
}

fn payload(payload: &str) -> String {
    format!("    attributes: {{payload: {payload}}}\n")
}

#[test]
fn caches_of_other_projects() {
    let fields = payload("{cache: {other-cache: /cache}}");
    let (ours, theirs) = (
        "does not begin with",
        "not appropriate for its trust-domain",
    );
    check([14, 4, 1], &fields, true, ours, theirs);
    check([17, 3, 0], &fields, false, ours, theirs);
}

#[test]
fn caches_of_run_task() {
    let fields =
        payload("{command: [run-task-git], cache: {hail-level-3-checkouts-pinned: /cache}}");
    let (ours, theirs) = ("reserved for", "reserved for run-task");
    // It is refused for its program, or only for its name.
    let program = "reserved for run-task change the task";
    let name = "not dependent on the contents";
    check([14, 4, 1], &fields, true, ours, theirs);
    check([17, 3, 0], &fields, false, "reserved for tasks", program);
    check(
        [20, 0, 0],
        &fields,
        false,
        "not depend on the version",
        name,
    );
}
