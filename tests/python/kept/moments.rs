//! Kinds that read the clock.

use std::time::Duration;

use serde_json::json;
use snowman::ports::clock::{Clock, SystemClock};

use super::{kept, project, run, run_with};

/// Functions that read the clock.
const CLOCKS: &str = r#"import datetime
from datetime import datetime as moments


def moved(days, moment=None):
    span = datetime.timedelta(days=days)
    if not moment:
        moment = datetime.datetime.utcnow()
    return moment + span


def shortest(*spans):
    now = datetime.datetime.utcnow()
    least, until = spans[0], moved(spans[0], now)
    for span in spans:
        if moved(span, now) < until:
            least, until = span, moved(span, now)
    return least


def are_over(*texts):
    now = datetime.datetime.today()
    return [moments.strptime(text, "%Y-%m-%d") < now for text in texts]


def shown():
    now = moments.now()
    return str(now)


def part():
    now = moments.now()
    return moved(3, now).year


def kept():
    now = moments.now()
    return {"now": now} and now > moments(2000, 1, 1)


def inner():
    now = moments.now()
    return (lambda: now)() > moments(2000, 1, 1)


def age():
    now = moments.now()
    return (now - moments(2000, 1, 1)).days > 3


def two():
    return moments.now() > moments.now()
"#;

#[test]
fn moments_that_are_only_compared_do_not_prevent_it() {
    for (call, kept_again) in [
        ("shortest(30, 7, 365)", true),
        ("are_over('2001-01-01', '2901-01-01')", true),
        ("shown()", false),
        ("part()", false),
        ("kept()", false),
        ("inner()", false),
        ("age()", false),
        ("two()", false),
    ] {
        let body = format!("from hail_taskgraph import clocks; found.append(clocks.{call})");
        let Some(world) = project(&body) else {
            return;
        };
        let world = world.file("taskcluster/hail_taskgraph/clocks.py", CLOCKS);
        if kept_again {
            let expected = match call.starts_with("shortest") {
                true => json!([7]),
                false => json!([[true, false]]),
            };
            assert_eq!(kept(&world, call).found, expected);
        } else {
            let log = run_with(&world, &["--verbose"]).log;
            let reason = "kept are not kept: reads the clock (taskcluster/hail_taskgraph/clocks.py";
            assert!(log.contains(reason), "{call}: {log}");
        }
    }
}

#[test]
fn a_kind_runs_again_when_a_moment_has_passed() {
    let body = "from hail_taskgraph import clocks; found.append(clocks.is_over())";
    let Some(world) = project(body) else {
        return;
    };
    let end = SystemClock.now().unix() + 15;
    let module = format!(
        "from datetime import datetime\nEND = datetime.utcfromtimestamp({end})\n\n\
         def is_over():\n    now = datetime.utcnow()\n    return now > END\n"
    );
    let world = world.file("taskcluster/hail_taskgraph/clocks.py", &module);
    let first = kept(&world, "");
    assert_eq!(first.found, json!([false]));
    let left = u64::try_from(end + 1 - SystemClock.now().unix()).unwrap_or_default();
    std::thread::sleep(Duration::from_secs(left));
    let second = run(&world);
    assert_eq!(second.found, json!([true]));
    assert_ne!(first.process, second.process);
}

#[test]
fn a_template_that_does_not_mention_the_time_does_not_read_it() {
    for (template, reason) in [
        ("{'$eval': '1 + 2'}", None),
        ("{'$eval': 'now'}", Some("reads the clock")),
    ] {
        let body = format!("import jsone; jsone.render({template}, {{}})");
        let Some(world) = project(&body) else {
            return;
        };
        match reason {
            None => drop(kept(&world, template)),
            Some(reason) => {
                let log = run_with(&world, &["--verbose"]).log;
                assert!(
                    log.contains(&format!("kept are not kept: {reason}")),
                    "{log}"
                );
            }
        }
    }
}
