use crate::base::value::{Value, json};

use super::TRANSFORM;
use crate::transform::checks::MAX_ITEMS;
use crate::transform::test_support::TestProject;

#[test]
fn the_last_dimension_changes_fastest() {
    let items = json!([{"name": "x", "matrix": {
        "a": [1, 2], "b": ["y", "z"], "exclude": [{"b": "z"}], "set-name": "{matrix[b]}{matrix[a]}",
    }}]);
    let expanded = TestProject::default().run(&TRANSFORM, items);
    let names: Vec<_> = expanded
        .iter()
        .flat_map(|expanded| expanded.as_array().into_iter().flatten())
        .map(|item| item["name"].clone())
        .collect();
    assert_eq!(names, ["y1", "y2"]);
}

#[test]
fn too_many_tasks_are_refused() {
    let values: Vec<Value> = (0..100).map(Value::from).collect();
    let cube = json!({"name": "x", "matrix": {"a": values, "b": values, "c": values}});
    let wrong = TestProject::default().error(&TRANSFORM, json!([cube]));
    assert_eq!(
        wrong,
        format!(
            "kind `thing`, task `x`: the matrices of this kind would create more than {MAX_ITEMS} tasks\n  \
               help: remove a dimension, or exclude combinations"
        )
    );
}

#[test]
fn the_limit_applies_to_all_matrices_of_a_kind() {
    let values: Vec<Value> = (0..MAX_ITEMS).map(Value::from).collect();
    let items = json!([
        {"name": "few", "matrix": {"a": [1]}},
        {"name": "many", "matrix": {"a": values}},
    ]);
    let wrong = TestProject::default().error(&TRANSFORM, items);
    assert!(
        wrong.starts_with(
            "kind `thing`, task `many`: the matrices of this kind would create more than"
        ),
        "{wrong}"
    );
}

#[test]
fn mistakes_name_the_combination() {
    let items = json!([
        {"name": "x", "matrix": {"a": [1, 2]}, "b": "{matrix[b]}"},
        {"name": "y", "matrix": {"a": 1}},
        {"name": "z", "matrix": null},
    ]);
    let wrong = TestProject::default().error(&TRANSFORM, items);
    let lines: Vec<_> = wrong
        .lines()
        .filter(|line| line.starts_with("kind"))
        .collect();
    assert!(lines[0].starts_with("kind `thing`, task `x`: "), "{wrong}");
    assert!(lines[0].ends_with("(a: 1)"), "{wrong}");
    assert_eq!(
        lines[1..],
        [
            "kind `thing`, task `y`: `matrix.a`: expected a list, found an integer",
            "kind `thing`, task `z`: `matrix`: expected a mapping, found null",
        ]
    );
}
