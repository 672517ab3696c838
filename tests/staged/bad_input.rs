//! Payloads of every wrong shape, made from good ones, and artifacts that are not what they seem.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;

use serde_json::{Value, json};
use snowman::base::json::read;
use snowman::base::name::TaskId;
use snowman::release::staged::{REPORT, STATE};
use snowman::stage::run::{Done, run};
use snowman::stage::source::{Artifact, Source, SourceError};
use snowman::stage::state::TaskRun;
use snowman::stage::trees::tree::Tree;

use super::good::{self, Good};
use super::signing;
use super::world::{Task, World};

fn own(value: &Value) -> snowman::base::value::Value {
    read("value", value.to_string().as_bytes()).unwrap()
}

/// Runs a task with another definition.
fn run_as(task: &Task, definition: &Value, source: &dyn Source) -> Done {
    let run_of = TaskRun {
        task_id: task.id.clone(),
        run_id: 0,
    };
    run(&run_of, &own(definition), source)
}

fn definition(task: &Task) -> Value {
    serde_json::from_str(&task.definition().to_string()).unwrap()
}

/// Does something with each good task, several at once.
fn with_each(work: impl Fn(Good) + Sync) {
    let work = &work;
    thread::scope(|scope| {
        for good in good::all() {
            scope.spawn(move || work(good));
        }
    });
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

/// The systems whose tasks take long: each place in their definitions gets a part of the values.
const SLOW: &[&str] = &[
    "addons",
    "final-verify",
    "partials",
    "pushapk",
    "pushflatpak",
    "pushmsix",
    "pushsnap",
    "update-verify",
];

#[test]
fn payloads_of_every_wrong_shape_make_a_red_report() {
    let others = others();
    with_each(|Good { name, world, task }| {
        let good = definition(&task);
        let mut places_of = Vec::new();
        for part in ["extra", "metadata", "created", "routes", "tags"] {
            places(&good[part], &format!("/{part}"), &mut places_of);
        }
        let step = match SLOW.contains(&task.staged.system.as_str()) {
            true => 7,
            false => 1,
        };
        let (mut count, mut red) = (0, 0);
        for (number, at) in places_of.iter().enumerate() {
            let others = others.iter().skip(number % step).step_by(step);
            let changed = others.map(|other| {
                let mut changed = good.clone();
                *changed.pointer_mut(at).unwrap() = other.clone();
                changed
            });
            for changed in changed.chain(removed(&good, at)) {
                let done = run_as(&task, &changed, &world);
                check(&done, &format!("{name} {at}"));
                count += 1;
                red += usize::from(!done.red.is_empty());
            }
        }
        // Much of it cannot be right.
        assert!(red * 4 > count, "{name}: {red} of {count}");
    });
}

#[test]
fn good_tasks_pass() {
    with_each(
        |Good {
             mut world, task, ..
         }| {
            world.pass(&task);
        },
    );
}

/// A source of which one artifact cannot be read; it notes those that were asked for.
struct Failing<'w> {
    world: &'w World,
    fails: Option<(TaskId, String)>,
    why: &'static str,
    asked: Mutex<BTreeSet<(TaskId, String)>>,
}

impl<'w> Failing<'w> {
    fn new(world: &'w World, fails: Option<(TaskId, String)>, why: &'static str) -> Self {
        Self {
            world,
            fails,
            why,
            asked: Mutex::default(),
        }
    }
}

impl Source for Failing<'_> {
    fn artifact(&self, task: &TaskId, name: &str, limit: u64) -> Result<Artifact, SourceError> {
        let key = (task.clone(), name.to_owned());
        let found = match self.fails.as_ref() == Some(&key) {
            false => self.world.artifact(task, name, limit)?,
            true => {
                let (task, name) = key;
                let why = self.why.to_owned();
                return Err(match self.why {
                    "missing" => SourceError::Missing { task, name },
                    "large" => SourceError::TooLarge { task, name, limit },
                    _ => SourceError::Unreadable { task, name, why },
                });
            }
        };
        self.asked.lock().unwrap().insert(key);
        Ok(found)
    }

    fn tree(&self) -> Option<&dyn Tree> {
        self.world.tree()
    }
}

#[test]
fn an_artifact_that_cannot_be_read_turns_each_task_red() {
    with_each(|Good { name, world, task }| {
        let good = definition(&task);
        let all = Failing::new(&world, None, "");
        let report = |done: &Done| {
            done.artifacts
                .iter()
                .find(|one| one.name == REPORT)
                .cloned()
        };
        let before = report(&run_as(&task, &good, &all)).unwrap();
        for key in all.asked.into_inner().unwrap() {
            for why in ["missing", "large", "the service answers 503"] {
                let source = Failing::new(&world, Some(key.clone()), why);
                let done = run_as(&task, &good, &source);
                let about = format!("{name}: {} {why}", key.1);
                check(&done, &about);
                // What is not there may be left out, e.g. a file of an earlier release, but the report says so.
                let after = report(&done).unwrap();
                assert!(after.content != before.content, "{about}");
                if why != "missing" {
                    let red = done.red.join("\n");
                    assert!(red.contains(key.0.as_str()), "{about}: {red}");
                    assert!(why == "large" || red.contains(why), "{about}: {red}");
                }
            }
        }
    });
}

#[test]
fn names_lead_nowhere_else() {
    let red = |paths: &[&str]| {
        let mut world = World::default();
        let build = world.build(&[("public/a", b"a"), ("public/a.asc/b", b"b")]);
        let mut task = signing::sign(&mut world, &build, "public/a", &["autograph_gpg"]);
        task.staged.payload = own(&json!({"upstreamArtifacts": [{
            "taskId": build.as_str(), "taskType": "build", "paths": paths, "formats": ["autograph_gpg"],
        }]}));
        world.fail(&task).join("\n")
    };
    for path in [
        "public/../x",
        "public//x",
        "public/./x",
        "public/x/..",
        "/public/x",
        "public\\x",
    ] {
        let red = red(&[path]);
        assert!(
            red.contains("is not the name of an artifact"),
            "{path}: {red}"
        );
    }
    // A folder cannot be a file, too.
    let red = red(&["public/a.asc/b", "public/a"]);
    assert!(red.contains("the task also makes"), "{red}");
}

#[test]
fn no_artifact_has_the_name_of_a_report() {
    let name = "public/staging/report.json";
    let mut world = World::default();
    let build = world.build(&[(name, b"{}")]);
    let task = signing::sign(&mut world, &build, name, &["autograph_gpg"]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("is for what the task reports"), "{red}");
}
