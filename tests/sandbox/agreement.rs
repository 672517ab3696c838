//! Compares the preflight with the queue and with the services' own schemas: they accept and refuse
//! the same definitions.

mod payloads;
mod rules;

use std::collections::BTreeSet;
use std::sync::Arc;

use rules::{BEYOND_SCHEMA, rules};
use serde_json::{Value, json};
use snowman::base::diagnostic::Diagnostics;
use snowman::base::name::{KindName, Label, TaskId};
use snowman::base::time::Timestamp;
use snowman::sandbox::Credentials;
use snowman::submit::Plan;
use snowman::submit::plan::Creation;
use snowman::submit::preflight::{Facts, PreflightOptions, check};

use super::bench::{Bench, slug};
use super::schemas::schemas;

fn creation(task_id: &str, label: &str, definition: &Value) -> Creation {
    Creation {
        task_id: TaskId::parse(task_id).unwrap(),
        label: Label::parse(label).unwrap(),
        kind: KindName::parse("build").unwrap(),
        copy: 0,
        definition: definition.clone().into(),
        after: BTreeSet::new(),
        provenance: Arc::default(),
    }
}

/// Runs the preflight for one task that is created now.
fn preflight(
    task_id: &str,
    definition: &Value,
    now: Timestamp,
    facts: &Facts,
) -> Option<Diagnostics> {
    let plan = Plan::new(vec![creation(task_id, "build", definition)]);
    check(&[&plan], PreflightOptions::FULL, now, facts).err()
}

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

fn merged(base: &Value, fields: &Value) -> Value {
    let mut task = base.clone();
    for (name, value) in fields.as_object().unwrap() {
        task[name] = value.clone();
        if value.is_null() {
            task.as_object_mut().unwrap().shift_remove(name);
        }
    }
    task
}

#[tokio::test]
async fn queue_and_preflight_have_the_same_rules() {
    let bench = Bench::new().await;
    let now = Timestamp::new(bench.now());
    let facts = Facts {
        scopes: None,
        existing: Some(Default::default()),
        max_deadline_days: Some(5),
        ..Facts::default()
    };
    let mut wrong = Vec::new();
    for (rule, keeps, breaks, expected) in rules(&bench) {
        // These are ignored on their own: the other half is in `taskQueueId`.
        let good = merged(&bench.task(), &keeps);
        let bad = merged(&bench.task(), &breaks);
        for (task, passes) in [(&good, true), (&bad, false)] {
            let id = slug();
            let refusal = preflight(&id, task, now, &facts);
            let answer = bench.create(&id, task).await;
            if refusal.is_none() != passes {
                wrong.push(format!("{rule}: the preflight says {refusal:?}"));
            }
            if (answer.status == 200) != passes {
                wrong.push(format!(
                    "{rule}: the queue says {:.300}",
                    answer.body.to_string()
                ));
            }
            if let Some(refusal) = refusal
                && !refusal.to_string().contains(expected)
            {
                wrong.push(format!("{rule}: {expected:?} is not in: {refusal}"));
            }
            if let Some(schemas) = schemas().filter(|_| !BEYOND_SCHEMA.contains(&rule))
                && schemas.definition.is_valid(task) != passes
            {
                wrong.push(format!("{rule}: the schema disagrees"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns variants of a value: each part left out, or replaced by a value of each type.
fn variants(value: &Value) -> Vec<(String, Value)> {
    let others = [
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(-1),
        json!(1.5),
        json!("x"),
        json!(""),
        json!([]),
        json!(["x"]),
        json!([["x"]]),
        json!({}),
        json!({"x": "x"}),
        json!({"x": 1}),
    ];
    let mut all: Vec<(String, Value)> = others
        .into_iter()
        .map(|other| (format!(" = {other}"), other))
        .collect();
    match value {
        Value::Object(map) => {
            for (key, part) in map {
                let mut less = map.clone();
                less.shift_remove(key);
                all.push((format!(".{key} left out"), Value::Object(less)));
                for (what, variant) in variants(part) {
                    let mut changed = map.clone();
                    changed.insert(key.clone(), variant);
                    all.push((format!(".{key}{what}"), Value::Object(changed)));
                }
            }
            let mut more = map.clone();
            more.insert("another".to_owned(), json!("x"));
            all.push((".another".to_owned(), Value::Object(more)));
        }
        Value::Array(items) => {
            for (index, part) in items.iter().enumerate() {
                for (what, variant) in variants(part) {
                    let mut changed = items.clone();
                    changed[index] = variant;
                    all.push((format!("[{index}]{what}"), Value::Array(changed)));
                }
            }
            let twice: Vec<Value> = items.iter().chain(items).cloned().collect();
            all.push((" twice".to_owned(), Value::Array(twice)));
        }
        _ => {}
    }
    all
}

#[tokio::test]
async fn queue_and_preflight_agree_on_every_definition() {
    let bench = Bench::new().await;
    let now = Timestamp::new(bench.now());
    let facts = Facts {
        scopes: None,
        existing: Some(Default::default()),
        max_deadline_days: Some(5),
        ..Facts::default()
    };
    let task = bench.task_with(json!({
        "projectId": "none", "priority": "low", "requires": "all-completed", "retries": 5,
        "expires": bench.at(2 * DAY), "dependencies": [], "routes": ["a.b"], "scopes": ["a:b"],
        "tags": {"kind": "build"}, "extra": {"a": 1}, "taskGroupId": slug(),
    }));
    let mut wrong = Vec::new();
    let variants = variants(&task);
    assert!(variants.len() > 300);
    for (what, variant) in variants.iter().filter(|(_, variant)| variant.is_object()) {
        let id = slug();
        let refusal = preflight(&id, variant, now, &facts);
        let answer = bench.create(&id, variant).await;
        // A group has one scheduler, which a definition alone does not show.
        let accepted = [200, 409].contains(&answer.status);
        if refusal.is_none() != accepted {
            wrong.push(format!(
                "{what}: {refusal:?} and {:.300}",
                answer.body.to_string()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn artifacts_expire_between_deadline_and_task_expiry() {
    let bench = Bench::new().await;
    let now = Timestamp::new(bench.now());
    let refusal_of = |worker: &str, seconds: i64| {
        let expires = bench.at(seconds);
        let (payload, os) = match worker {
            "docker-worker" => (
                json!({"image": "i", "maxRunTime": 1, "artifacts": {"a": {"type": "file", "path": "a", "expires": expires}}}),
                "linux",
            ),
            _ => (
                json!({"command": ["a"], "maxRunTime": 1, "artifacts": [{"type": "file", "path": "a", "expires": expires}]}),
                "windows",
            ),
        };
        let task = bench.task_with(json!({
            "tags": {"worker-implementation": worker, "os": os}, "payload": payload,
            "expires": bench.at(2 * DAY),
        }));
        let refusal = preflight(&slug(), &task, now, &Facts::default());
        refusal
            .map(|refusal| refusal.to_string())
            .unwrap_or_default()
    };
    for worker in ["docker-worker", "generic-worker"] {
        assert_eq!(refusal_of(worker, 2 * DAY), "");
        assert!(refusal_of(worker, 2 * DAY + 2).contains("is after the task's expiry"));
    }
    assert_eq!(refusal_of("generic-worker", DAY), "");
    assert!(refusal_of("generic-worker", DAY - 2).contains("is before the task's deadline"));
    assert_eq!(refusal_of("docker-worker", DAY - 2), "");
}

#[tokio::test]
async fn queue_and_preflight_require_dependencies_to_outlive_dependents() {
    let bench = Bench::new().await;
    let now = Timestamp::new(bench.now());
    for (expires, passes) in [(DAY, true), (DAY - 1, false)] {
        let (first, second) = (slug(), slug());
        let dependency = bench.task_with(json!({
            "deadline": bench.at(HOUR), "expires": bench.at(expires),
        }));
        let dependent =
            bench.task_with(json!({"dependencies": [first], "deadline": bench.at(DAY)}));
        // In one plan, and as an existing task.
        let plan = Plan::new(vec![
            creation(&first, "first", &dependency),
            creation(&second, "second", &dependent),
        ]);
        let together = check(&[&plan], PreflightOptions::FULL, now, &Facts::default());
        bench.create(&first, &dependency).await.expect(200);
        let status = snowman::ports::taskcluster::TaskStatus {
            state: snowman::base::task_state::TaskState::Pending,
            expires: Timestamp::parse(&bench.at(expires)),
            ..Default::default()
        };
        let facts = Facts {
            scopes: None,
            existing: Some([(TaskId::parse(&first).unwrap(), status)].into()),
            max_deadline_days: Some(5),
            ..Facts::default()
        };
        let alone = preflight(&second, &dependent, now, &facts);
        let answer = bench.create(&second, &dependent).await;
        assert_eq!(together.is_ok(), passes, "{together:?}");
        assert_eq!(alone.is_none(), passes, "{alone:?}");
        assert_eq!(answer.status == 200, passes, "{:#}", answer.body);
    }
}

#[test]
fn relative_dates_of_later_tasks_are_later() {
    let relative = |span: &str| json!({"relative-datestamp": span});
    let task = |deadline: Value, expires: Value, dependencies: Value| {
        json!({
            "taskQueueId": "a/b", "created": relative("0 seconds"), "deadline": deadline,
            "expires": expires, "dependencies": dependencies, "payload": {},
            "metadata": {"name": "n", "description": "d", "owner": "o", "source": "https://example.com"},
        })
    };
    let (first, second) = (slug(), slug());
    let checked = |expires: &str| {
        let plan = Plan::new(vec![
            creation(
                &first,
                "first",
                &task(relative("1 hour"), relative(expires), json!([])),
            ),
            creation(
                &second,
                "second",
                &task(relative("1 day"), relative("2 days"), json!([first])),
            ),
        ]);
        check(
            &[&plan],
            PreflightOptions::FULL,
            Timestamp::from_unix(0),
            &Facts::default(),
        )
    };
    // The first task is sent before the second, so it would expire before the second's deadline.
    let refusal = checked("1 day").unwrap_err().to_string();
    assert!(
        refusal.contains("it depends on the task `first`, which expires before"),
        "{refusal}"
    );
    assert!(checked("2 days").is_ok());
}

#[tokio::test]
async fn preflight_refuses_tasks_that_never_start() {
    let bench = Bench::new().await;
    let now = Timestamp::new(bench.now());
    let id = slug();
    let task = bench.task_with(json!({"dependencies": [id]}));
    let refusal = preflight(&id, &task, now, &Facts::default()).unwrap();
    assert!(
        refusal.to_string().contains("the task depends on itself"),
        "{refusal}"
    );
    let created = bench.create(&id, &task).await.expect(200);
    assert_eq!(created["status"]["state"], "unscheduled");

    let (first, second) = (slug(), slug());
    let plan = Plan::new(vec![
        creation(
            &first,
            "first",
            &bench.task_with(json!({"dependencies": [second]})),
        ),
        creation(
            &second,
            "second",
            &bench.task_with(json!({"dependencies": [first]})),
        ),
    ]);
    let refusal = check(&[&plan], PreflightOptions::FULL, now, &Facts::default()).unwrap_err();
    assert_eq!(refusal.len(), 1);
    let refusal = refusal.to_string();
    assert!(
        refusal.contains("depend on each other") && refusal.contains("first -> "),
        "{refusal}"
    );
}

#[tokio::test]
async fn scopes_are_satisfied_as_in_auth() {
    let bench = Bench::new().await;
    let now = Timestamp::new(bench.now());
    let own = Credentials {
        client_id: "tester".to_owned(),
        access_token: "a-token-of-some-length".to_owned(),
        certificate: None,
    };
    let enough = [
        "queue:create-task:low:gecko-1/b-linux",
        "queue:scheduler-id:gecko-level-1",
        "queue:create-task:project:none",
        "secrets:get:a",
        "queue:route:index.a.*",
    ];
    let task = |fields: Value| {
        let base = json!({"priority": "low", "scopes": ["secrets:get:a"], "routes": ["index.a.b"]});
        merged(&bench.task_with(base), &fields)
    };
    let mut cases: Vec<(Vec<&str>, Value, &str)> = vec![
        (enough.to_vec(), json!({}), ""),
        (enough.to_vec(), json!({"priority": "lowest"}), ""),
        (
            enough.to_vec(),
            json!({"priority": "medium"}),
            "queue:create-task:medium:gecko-1/b-linux",
        ),
        (
            enough.to_vec(),
            json!({"projectId": "p"}),
            "queue:create-task:project:p",
        ),
        (
            enough.to_vec(),
            json!({"schedulerId": "other"}),
            "queue:scheduler-id:other",
        ),
        (
            enough.to_vec(),
            json!({"routes": ["index.b.c"]}),
            "queue:route:index.b.c",
        ),
        (
            enough.to_vec(),
            json!({"scopes": ["secrets:get:*"]}),
            "secrets:get:*",
        ),
        (
            enough.to_vec(),
            json!({"scopes": ["secrets:get:ab"]}),
            "secrets:get:ab",
        ),
        (
            enough.to_vec(),
            json!({"taskQueueId": "gecko-1/b-win"}),
            "queue:create-task:low:gecko-1/b-win",
        ),
        (
            enough.to_vec(),
            json!({"taskQueueId": null, "provisionerId": "gecko-1", "workerType": "b-mac"}),
            "queue:create-task:low:gecko-1/b-mac",
        ),
        (
            vec!["*"],
            json!({"priority": "highest", "projectId": "p"}),
            "",
        ),
        (
            vec!["queue:*", "secrets:get:a*"],
            json!({"scopes": ["secrets:get:ab"]}),
            "",
        ),
        (
            vec![],
            json!({"scopes": [], "routes": []}),
            "queue:scheduler-id:gecko-level-1",
        ),
    ];
    // Without any one of them it is missing.
    for left_out in enough {
        let rest = enough
            .into_iter()
            .filter(|scope| *scope != left_out)
            .collect();
        let missing = if left_out.ends_with('*') {
            "queue:route:index.a.b"
        } else {
            left_out
        };
        cases.push((rest, json!({}), missing));
    }
    for (held, fields, missing) in cases {
        bench.sandbox.add_client("tester", &own.access_token, &held);
        let task = task(fields);
        let id = slug();
        let facts = Facts {
            scopes: Some(held.iter().map(|scope| (*scope).to_owned()).collect()),
            existing: None,
            max_deadline_days: Some(5),
            ..Facts::default()
        };
        let refusal = preflight(&id, &task, now, &facts);
        let path = format!("/api/queue/v1/task/{id}");
        let answer = bench.signed(&own, "PUT", &path, Some(&task)).await;
        assert_eq!(
            refusal.is_none(),
            missing.is_empty(),
            "{held:?}: {refusal:?}"
        );
        match refusal {
            None => drop(answer.expect(200)),
            Some(refusal) => {
                assert!(
                    refusal.to_string().contains(&format!("`{missing}`")),
                    "{missing}: {refusal}"
                );
                answer.refused(403, "InsufficientScopes", missing);
            }
        }
    }
}
