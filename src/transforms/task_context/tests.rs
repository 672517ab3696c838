use super::TRANSFORM;
use crate::base::value::json;
use crate::transform::test_support::World;

#[test]
fn later_sources_are_stronger() {
    let world = World {
        files: &[(
            "a/b.yml",
            r#"{"a": "file", "b": "file", "c": "file", "name": "file"}"#,
        )],
        ..World::default()
    };
    let items = json!([{"name": "x", "d": "{a} {b} {c} {name}", "task-context": {
        "substitution-fields": ["d"],
        "from-file": "a/b.yml",
        "from-object": {"b": "object", "c": "object"},
        "from-parameters": {"c": ["version", "project"]},
    }}]);
    assert_eq!(
        world.run(&TRANSFORM, items),
        Ok(json!([{"name": "x", "d": "file object ci file"}]))
    );
}

#[test]
fn mistakes_of_all_sources_are_told_together() {
    let items = json!([{"name": "x", "task-context": {
        "substitution-fields": [],
        "from-file": "../b.yml",
        "from-custom": ["mine"],
        "from-object": {"task": 1},
        "from-parameters": {"c": "project.x"},
    }}]);
    assert_eq!(
        World::default().error(&TRANSFORM, items),
        "kind `thing`, task `x`: \"../b.yml\" leads out of the repository\n  \
           help: paths are relative to the root of the repository\n\
         kind `thing`, task `x`: there is no provider of values `mine`\n  \
           help: providers are registered by the project's own code\n\
         kind `thing`, task `x`: the parameter `project.x` looks for `x` in a string\n  \
           help: write a dot only to look into a parameter that is a mapping\n\
         kind `thing`, task `x`: a value cannot have the name `task`\n  \
           help: give it another name; these are taken: defer, enforce_single_match, field, fields, item, item_name, task"
    );
}

#[test]
fn several_matches_can_be_allowed() {
    let item = |single: bool| {
        json!([{"name": "x", "d": {"by-os": {"lin.*": 1, ".*x": 2}}, "task-context": {
            "substitution-fields": ["d"],
            "from-object": {"os": "linux"},
            "resolve-keyed-by-options": {"enforce-single-match": single},
        }}])
    };
    let world = World::default();
    assert_eq!(
        world.run(&TRANSFORM, item(false)),
        Ok(json!([{"name": "x", "d": 1}]))
    );
    assert_eq!(
        world.error(&TRANSFORM, item(true)),
        "kind `thing`, task `x`: several alternatives of `by-os` match 'linux': `lin.*`, `.*x`, in `d` of `x`\n  \
           help: write the alternatives so that only one matches"
    );
}
