use super::TRANSFORM;
use crate::base::value::json;
use crate::transform::test_support::TestProject;

fn project() -> TestProject {
    TestProject {
        config: json!({"kind-dependencies": ["build", "package"]}),
        dependencies: vec![
            ("build", "b", json!({"os": "linux", "n": 1})),
            ("build", "a", json!({"os": "linux"})),
            ("package", "c", json!({"os": "linux", "l": []})),
            ("other", "d", json!({"os": "linux"})),
        ],
        ..TestProject::default()
    }
}

fn error(from_deps: crate::base::value::Value) -> String {
    project().error(&TRANSFORM, json!([{"name": "x", "from-deps": from_deps}]))
}

#[test]
fn the_primary_dependency_is_the_first_as_given() {
    let item = json!([{"name": "x", "from-deps": {
        "group-by": {"attribute": "os"}, "unique-kinds": false, "copy-attributes": true,
    }}]);
    assert_eq!(
        project().run(&TRANSFORM, item),
        Ok(json!([{
            "name": "b",
            "dependencies": {"build-b": "build-b", "build-a": "build-a", "package-c": "package-c"},
            "attributes": {
                "os": "linux", "n": 1,
                "primary-kind-dependency": "build",
                "primary-dependency-label": "build-b",
            },
        }]))
    );
}

#[test]
fn mistakes_have_help() {
    assert_eq!(
        error(json!({"kinds": ["biuld", "package"], "set-name": "strip_kind"})),
        "kind `thing`, task `x`: `from-deps.kinds` lists `biuld`, which is not in `kind-dependencies`\n  \
           help: did you mean `build`?\n\
         kind `thing`, task `x`: unknown `set-name` `strip_kind`\n  \
           help: did you mean `strip-kind`?"
    );
    assert_eq!(
        error(json!({"group-by": "atribute"})),
        "kind `thing`, task `x`: unknown grouping `atribute`\n  \
           help: did you mean `attribute`?"
    );
    assert_eq!(
        error(json!({"group-by": "attribute"})),
        "kind `thing`, task `x`: the grouping `attribute` requires an argument\n  \
           help: write `group-by: {attribute: …}`"
    );
    assert_eq!(
        error(json!({"group-by": {}})),
        "kind `thing`, task `x`: `from-deps.group-by` must name exactly one grouping\n  \
           help: use one of: `all`, `{attribute: …}`, `single`"
    );
    assert_eq!(
        error(json!({"group-by": "all", "kinds": ["build"]})),
        "kind `thing`, task `x`: a group contains two tasks of the same kind, `build-b` and `build-a`\n  \
           help: use another grouping, select tasks with `with-attributes`, or set `unique-kinds: false`"
    );
    assert_eq!(
        error(json!({"kinds": null})),
        "kind `thing`, task `x`: `from-deps.kinds` is null\n  help: set a value, or remove the key"
    );
}

#[test]
fn every_mistake_of_every_item_is_reported() {
    let items = json!([
        {"name": "x", "from-deps": {"kinds": ["build"], "fetches": {
            "build": [{"artifact": "{n}"}, {"artifact": "{os}", "dest": "{colour}"}],
        }}},
        {"name": "y", "from-deps": {"groupby": "single"}},
    ]);
    let wrong = project().error(&TRANSFORM, items);
    let lines: Vec<_> = wrong
        .lines()
        .filter(|line| line.starts_with("kind"))
        .collect();
    assert_eq!(lines.len(), 4, "{wrong}");
    for (line, beginning) in lines.iter().zip([
        "kind `thing`, task `x`: cannot format `from-deps.fetches.build[1].dest` for `build-b`: \
         \"{colour}\" uses `colour`, which is not defined here",
        "kind `thing`, task `x`: cannot format `from-deps.fetches.build[0].artifact` for `build-a`: \
         \"{n}\" uses `n`, which is not defined here",
    ]) {
        assert!(line.starts_with(beginning), "{wrong}");
    }
    assert!(
        lines[3].contains("task `y`: unknown key `from-deps.groupby`"),
        "{wrong}"
    );
    assert!(wrong.ends_with("help: did you mean `group-by`?"), "{wrong}");
}
