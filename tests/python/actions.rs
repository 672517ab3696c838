//! Actions of the project's own.

use serde_json::Value;

use crate::world::{World, flat, python};

const GROUP: &str = "AE_s7xODTPujdaFbfN8eoA";
const TASK: &str = "ASgBd5tqSjiJduQLymhVQw";

const MELT: &[&str] = &[
    "test-action-callback",
    "melt",
    "-p",
    "params/push.yml",
    "--task-group-id",
    GROUP,
    "--task-id",
    TASK,
];

fn read(text: &[u8]) -> Value {
    serde_json::from_slice(text).unwrap()
}

#[test]
fn they_are_offered_among_all_others() {
    let Some(python) = python() else { return };
    let world = World::new(python);
    let arguments = ["actions", "-p", "params/push.yml"];
    let ours = read(&world.ours(&arguments).stdout);
    assert_eq!(ours, read(&world.peer(&arguments).stdout));
    let actions = ours["actions"].as_array().unwrap();
    let melt = actions
        .iter()
        .find(|action| action["name"] == "melt")
        .unwrap();
    assert_eq!(melt["extra"]["actionPerm"], "melting");
    // The project says that this one is never available.
    assert!(actions.iter().all(|action| action["name"] != "freeze"));
}

#[test]
fn what_a_callback_wants_done_is_done_here_and_the_same_each_time() {
    let Some(python) = python() else { return };
    let world = World::new(python);
    let first = world.ours(MELT);
    let said = String::from_utf8_lossy(&first.stderr).into_owned();
    assert!(first.status.success(), "{said}");
    assert!(
        said.contains(&format!("Would have cancelled {TASK}")),
        "{said}"
    );
    let ours = read(&first.stdout);
    assert_eq!(ours[1]["metadata"]["description"], format!("melts {TASK}"));
    assert_eq!(ours[1]["taskGroupId"], GROUP);
    // The peer draws another id, and the clock has gone on.
    let mut theirs = read(&world.peer(MELT).stdout);
    for date in ["created", "deadline", "expires"] {
        assert!(ours[1][date].is_string());
        theirs[1][date] = ours[1][date].clone();
    }
    assert_eq!(ours[1], theirs[1]);
    let again = read(&world.ours(MELT).stdout);
    assert_eq!(again[0], ours[0]);
}

#[test]
fn a_callback_that_fails_does_nothing() {
    let Some(python) = python() else { return };
    let world = World::new(python).file("input.json", "{\"warm\": false}");
    let arguments = [MELT, &["--input", "input.json"]].concat();
    let said = flat(&world.failure(&arguments));
    let expected = format!("Exception: it is too cold to melt {TASK}");
    assert!(said.contains(&expected), "{said}");
}
