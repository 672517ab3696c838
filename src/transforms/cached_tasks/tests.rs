use crate::base::value::{Value, json};

use super::TRANSFORM;
use crate::transform::test_support::TestProject;

fn item(name: &str, parents: &[&str]) -> Value {
    let parents: crate::base::value::Object = parents
        .iter()
        .map(|parent| ((*parent).to_owned(), json!(format!("thing-{parent}"))))
        .collect();
    json!({
        "label": format!("thing-{name}"), "attributes": {}, "dependencies": parents,
        "cache": {"type": "t", "name": name, "digest-data": []},
    })
}

#[test]
fn dependencies_come_first_and_then_the_smallest_label() {
    let items = json!([
        item("b", &["d"]),
        item("c", &[]),
        item("a", &["c", "d"]),
        item("d", &[])
    ]);
    let transformed = TestProject::default().run(&TRANSFORM, items);
    let labels: Vec<_> = transformed
        .iter()
        .flat_map(|transformed| transformed.as_array().into_iter().flatten())
        .map(|item| item["label"].clone())
        .collect();
    assert_eq!(labels, ["thing-c", "thing-d", "thing-a", "thing-b"]);
}

#[test]
fn cycles_and_duplicates_are_reported_in_order() {
    let items = json!([
        item("b", &["a"]),
        item("a", &["b"]),
        item("c", &["aa"]),
        item("c", &[])
    ]);
    assert_eq!(
        TestProject::default().error(&TRANSFORM, items),
        "kind `thing`, task `thing-c`: two tasks have the label `thing-c`\n  \
           help: rename one of them\n\
         kind `thing`, task `thing-c`: the dependency `thing-aa` does not exist\n  \
           help: did you mean `thing-a`?\n\
         kind `thing`, task `thing-a`: tasks depend on each other: thing-a -> thing-b -> thing-a\n  \
           help: remove one of these dependencies"
    );
}

#[test]
fn all_mistakes_are_reported_once() {
    let project = TestProject {
        dependencies: vec![("image", "a", json!({}))],
        ..TestProject::default()
    };
    let items = json!([
        {"label": "thing-a", "attributes": {}, "cache": {"name": 1}, "dependencies": {"i": "image-a"}},
        item("b", &["a"]),
    ]);
    assert_eq!(
        project.error(&TRANSFORM, items),
        "kind `thing`, task `thing-a`: `cache.type` is not a string\n  \
           help: set `type`, `name` and `digest-data` in `cache`\n\
         kind `thing`, task `thing-a`: `cache.name` is not a string\n  \
           help: set `type`, `name` and `digest-data` in `cache`\n\
         kind `thing`, task `thing-a`: `cache.digest-data` is not a list of strings\n  \
           help: set `type`, `name` and `digest-data` in `cache`\n\
         kind `thing`, task `thing-a`: a cached task cannot depend on `image-a`, which is not cached\n  \
           help: add `cache` to that task too, or remove it from this one"
    );
}
