use super::TRANSFORM;
use crate::base::value::json;
use crate::transform::checks::MAX_ITEMS;
use crate::transform::test_support::TestProject;

#[test]
fn chunks_count_from_one() {
    let items = json!([{"name": "x-{this_chunk}", "chunk": {
        "total-chunks": 2, "substitution-fields": ["name"],
    }}]);
    assert_eq!(
        TestProject::default().run(&TRANSFORM, items),
        Ok(json!([
            {"name": "x-1", "attributes": {"this_chunk": 1, "total_chunks": 2}},
            {"name": "x-2", "attributes": {"this_chunk": 2, "total_chunks": 2}},
        ]))
    );
}

#[test]
fn too_many_tasks_are_refused() {
    for total in [json!(MAX_ITEMS + 1), json!(u64::MAX)] {
        let items = json!([{"name": "x", "chunk": {
            "total-chunks": total, "substitution-fields": [],
        }}]);
        assert_eq!(
            TestProject::default().error(&TRANSFORM, items),
            format!(
                "kind `thing`, task `x`: chunking would create more than {MAX_ITEMS} tasks in this kind\n  \
                   help: reduce `total-chunks`"
            )
        );
    }
    let half = json!({"chunk": {"total-chunks": MAX_ITEMS / 2 + 1, "substitution-fields": []}});
    let wrong = TestProject::default().error(&TRANSFORM, json!([half, half]));
    assert!(wrong.contains("chunking would create more than"), "{wrong}");
}

#[test]
fn missing_fields_are_refused() {
    let items = json!([{"name": "x", "chunk": {
        "total-chunks": 2, "substitution-fields": ["worker.env"],
    }}]);
    assert_eq!(
        TestProject::default().error(&TRANSFORM, items),
        "kind `thing`, task `x`: `chunk.substitution-fields` lists `worker.env`, which is not a field of the task\n  \
           help: correct the name, or remove it from the list"
    );
}
