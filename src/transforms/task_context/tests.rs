use super::TRANSFORM;
use crate::base::value::json;
use crate::transform::test_support::TestProject;

#[test]
fn later_sources_take_precedence() {
    let project = TestProject {
        files: &[(
            "a/b.yml",
            r#"{"a": "file", "b": "file", "c": "file", "name": "file"}"#,
        )],
        ..TestProject::default()
    };
    let items = json!([{"name": "x", "d": "{a} {b} {c} {name}", "task-context": {
        "substitution-fields": ["d"],
        "from-file": "a/b.yml",
        "from-object": {"b": "object", "c": "object"},
        "from-parameters": {"c": ["version", "project"]},
    }}]);
    assert_eq!(
        project.run(&TRANSFORM, items),
        Ok(json!([{"name": "x", "d": "file object ci file"}]))
    );
}

#[test]
fn mistakes_of_all_sources_are_reported_together() {
    let items = json!([{"name": "x", "task-context": {
        "substitution-fields": [],
        "from-file": "../b.yml",
        "from-custom": ["mine"],
        "from-object": {"task": 1},
        "from-parameters": {"c": "project.x"},
    }}]);
    assert_eq!(
        TestProject::default().error(&TRANSFORM, items),
        "kind `thing`, task `x`: \"../b.yml\" is outside the repository\n  \
           help: use a path relative to the root of the repository\n\
         kind `thing`, task `x`: unknown value provider `mine`\n  \
           help: register it in the project's Python code\n\
         kind `thing`, task `x`: cannot look up `x` of the parameter `project.x` in a string\n  \
           help: use a dot only to access a key of a parameter that is a mapping\n\
         kind `thing`, task `x`: the name `task` is reserved\n  \
           help: rename the value; reserved names: defer, enforce_single_match, field, fields, item, item_name, task"
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
    let project = TestProject::default();
    assert_eq!(
        project.run(&TRANSFORM, item(false)),
        Ok(json!([{"name": "x", "d": 1}]))
    );
    assert_eq!(
        project.error(&TRANSFORM, item(true)),
        "kind `thing`, task `x`: several alternatives of `by-os` in `d` of `x` match 'linux': `lin.*`, `.*x`\n  \
           help: change the alternatives so that only one matches"
    );
}
