//! The values of references, with and without an earlier resolution.

use proptest::prelude::*;

use super::*;
use crate::base::value::json;

/// The task itself, the decision task and a dependency.
fn id(name: &str) -> TaskId {
    TaskId::parse(name).unwrap()
}

/// The names that all tests know.
fn names() -> Names<'static> {
    static IDS: LazyLock<[TaskId; 2]> = LazyLock::new(|| ["OWN", "DECISION"].map(id));
    static DEPENDENCIES: LazyLock<BTreeMap<String, TaskId>> =
        LazyLock::new(|| BTreeMap::from([("build".to_owned(), id("BUILD"))]));
    let [own, decision] = &*IDS;
    Names {
        own,
        decision,
        dependencies: &DEPENDENCIES,
        root_url: Some("https://tc.example"),
        proxy_url: Some("http://taskcluster"),
    }
}

/// A few values, the later ones of which hold earlier ones.
fn values() -> impl Strategy<Value = Vec<Value>> {
    let key = prop_oneof![
        4 => Just("task-reference"),
        1 => Just("<build>"),
        2 => "[ab]".prop_map(|key| if key == "a" { "a" } else { "b" }),
    ];
    let entries = prop::collection::vec((key, any::<prop::sample::Index>()), 0..4);
    let shape = (any::<bool>(), entries);
    prop::collection::vec(shape, 1..16).prop_map(|shapes| {
        let mut values = vec![json!(1), json!("<build>")];
        for (is_list, entries) in shapes {
            let entry = |(key, index): (&'static str, prop::sample::Index)| {
                (key, index.get(&values).clone())
            };
            let entries: Vec<_> = entries.into_iter().map(entry).collect();
            values.push(if is_list {
                entries.into_iter().map(|(_, value)| value).collect()
            } else {
                Value::Object(entries.into_iter().collect())
            });
        }
        values
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_previous_resolution_does_not_change_results(values in values()) {
        let names = names();
        for given in &values {
            let Ok(first) = resolve_names(given, &names, None) else {
                continue;
            };
            let before = PreviousResolution { given, resolved: &first.value };
            for value in &values {
                let resolved = resolve_names(value, &names, Some(before));
                prop_assert_eq!(resolved, resolve_names(value, &names, None), "{} after {}", value, given);
            }
        }
    }
}

fn resolve_json(value: Value) -> Result<Value, String> {
    let names = names();
    let resolved = resolve_names(&value, &names, None).map_err(|all| {
        let errors: Vec<_> = all.iter().map(ToString::to_string).collect();
        errors.join("; ")
    });
    resolved.map(|resolved| resolved.value)
}

#[test]
fn references_become_ids_and_links() {
    assert_eq!(
        resolve_json(json!({
            "a": {"task-reference": "x <build> <self> <decision> <<>"},
            "b": {"task-reference": {"cache-<build>": {"task-reference": "<build>"}}},
            "c": [{"artifact-reference": "<build/public/x.zip> <decision/private/y>"}],
            "d": {"task-reference": "<build>", "other": 1},
        })),
        Ok(json!({
            "a": "x BUILD OWN DECISION <",
            "b": {"cache-BUILD": "BUILD"},
            "c": ["https://tc.example/api/queue/v1/task/BUILD/artifacts/public/x.zip \
                  http://taskcluster/api/queue/v1/task/DECISION/artifacts/private/y"],
            "d": {"task-reference": "<build>", "other": 1},
        }))
    );
}

#[test]
fn unknown_names_are_errors() {
    assert_eq!(
        resolve_json(json!({"task-reference": "<bild>"})),
        Err("the reference \"<bild>\" uses `bild`, but the task has no such dependency".to_owned())
    );
    assert_eq!(
        resolve_json(json!([
            {"artifact-reference": "<self/public/x>"},
            {"task-reference": 1},
            {"task-reference": {"<bild>": {"task-reference": "<build>"}}},
        ])),
        Err(
            "the reference \"<self/public/x>\" refers to an artifact of the task itself; \
             `task-reference`: expected a string, found an integer; \
             the reference \"<bild>\" uses `bild`, but the task has no such dependency"
                .to_owned()
        )
    );
}

#[test]
fn shared_values_are_taken_from_the_previous_resolution() {
    let names = names();
    let env = json!({"A": {"task-reference": "<build>"}, "B": "b"});
    let plain = json!(["x", {"y": "z"}]);
    let definition = |name: &str, more: Value| {
        let entries = [
            ("env", env.clone()),
            ("name", name.into()),
            ("plain", plain.clone()),
        ];
        let mut map = Object::from(entries);
        map.insert("list", Value::from([more, env.clone()]));
        Value::Object(map)
    };
    let given = definition("one", json!({"task-reference": "<decision>"}));
    let first = resolve_names(&given, &names, None).unwrap();
    assert!(!first.names_own);
    let before = PreviousResolution {
        given: &given,
        resolved: &first.value,
    };
    let second = definition("two", json!({"task-reference": "<self>"}));
    let resolved = resolve_names(&second, &names, Some(before)).unwrap();
    assert_eq!(resolved, resolve_names(&second, &names, None).unwrap());
    assert!(resolved.names_own);
    assert_eq!(resolved.value["list"][0], "OWN");
    assert!(resolved.value["env"].is_same(&first.value["env"]));
    assert!(resolved.value["list"][1].is_same(&first.value["list"][1]));
    assert!(resolved.value["plain"].is_same(&plain));
    // What is elsewhere is resolved again.
    let moved = json!({"name": 1}).as_object().map(|map| {
        let mut map = map.clone();
        map.insert("env", env.clone());
        Value::Object(map)
    });
    let moved = moved.unwrap();
    let resolved = resolve_names(&moved, &names, Some(before)).unwrap();
    assert_eq!(resolved.value["env"], json!({"A": "BUILD", "B": "b"}));
    assert!(!resolved.value["env"].is_same(&first.value["env"]));
    // So is what was in a reference and is in a mapping that is none.
    let inner = json!({"task-reference": [{"task-reference": "<build>"}]});
    let given = Value::Object(Object::from([("task-reference", inner.clone())]));
    let first = resolve_names(&given, &names, None).unwrap();
    let before = PreviousResolution {
        given: &given,
        resolved: &first.value,
    };
    let entries = [("task-reference", inner), ("other", json!(1))];
    let none = Value::Object(Object::from(entries));
    let resolved = resolve_names(&none, &names, Some(before)).map(|resolved| resolved.value);
    let alone = resolve_names(&none, &names, None).map(|resolved| resolved.value);
    assert_eq!(resolved, alone);
}

#[test]
fn dates_are_counted_from_now() {
    assert_eq!(
        resolve_dates(
            &json!({"d": {"relative-datestamp": "1 day"}}),
            Timestamp::from_unix(0)
        ),
        Ok(json!({"d": "1970-01-02T00:00:00.000Z"}))
    );
}
