//! The order and the definitions of planned tasks.

use std::collections::BTreeSet;

use snowman::base::name::Label;
use snowman::base::value::json;
use snowman::model::id_graph::IdGraph;
use snowman::ports::ids::DerivedIds;
use snowman::submit::{PlanOptions, plan};

use super::{decision, id, names, planned, task};

#[test]
fn definitions_are_completed() {
    let plan = planned([
        task("a", &[]),
        task("b", &["a", "older"]),
        task("c", &["older"]),
    ]);
    assert_eq!(names(&plan), ["a", "b", "c"]);
    let dependencies: Vec<_> = plan
        .creations()
        .iter()
        .map(|creation| &creation.definition["dependencies"])
        .collect();
    let decision = decision();
    assert_eq!(
        dependencies,
        [
            &json!([decision.as_str()]),
            &json!(["a", "older"]),
            &json!(["older", decision.as_str()]),
        ]
    );
    for creation in plan.creations() {
        assert_eq!(creation.definition["taskGroupId"], decision.as_str());
        assert_eq!(creation.definition["schedulerId"], "snow-level-1");
    }
    assert_eq!(plan.creations()[1].after, BTreeSet::from([id("a")]));
}

#[test]
fn the_decision_task_is_a_dependency_once() {
    let decision = decision();
    let plan = planned([task("a", &[decision.as_str()])]);
    let definition = &plan.creations()[0].definition;
    assert_eq!(definition["dependencies"], json!([decision.as_str()]));
}

#[test]
fn dependencies_come_first_whatever_their_ids() {
    //  a -> b -> c, a -> c
    let plan = planned([task("a", &["b", "c"]), task("b", &["c"]), task("c", &[])]);
    assert_eq!(names(&plan), ["c", "b", "a"]);
}

#[test]
fn circular_dependencies_are_errors() {
    let ids = DerivedIds::new(decision());
    let options = PlanOptions {
        decision_task_id: decision(),
        scheduler_id: "snow-level-1".to_owned(),
        ids: &ids,
    };
    let graph = IdGraph::new([task("a", &["b"]), task("b", &["a"]), task("c", &["c"])]);
    let message = plan(&graph, &options).unwrap_err().to_string();
    assert!(message.contains("a -> b -> a"), "{message}");

    let mut broken = task("a", &[]);
    broken.task.insert("dependencies".to_owned(), json!("b"));
    let message = plan(&IdGraph::new([broken]), &options).unwrap_err();
    assert!(
        message.to_string().contains("must be a list, not a string"),
        "{message}"
    );
}

#[test]
fn duplicates_have_their_own_ids() {
    let mut twice = task("b", &["a"]);
    twice
        .attributes
        .insert("task_duplicates".to_owned(), json!(3));
    let plan = planned([task("a", &[]), twice, task("c", &["b"])]);
    assert_eq!(names(&plan), ["a", "b", "b", "b", "c"]);
    let ids = DerivedIds::new(decision());
    let label = Label::parse("b").unwrap();
    let copies: Vec<_> = plan.creations()[1..4].iter().map(|c| &c.task_id).collect();
    assert_eq!(copies, [&id("b"), &ids.id(&label, 1), &ids.id(&label, 2)]);
    assert_eq!(
        plan.creations()[3].definition,
        plan.creations()[1].definition
    );
    assert_eq!(plan.creations()[4].after, BTreeSet::from([id("b")]));
}

#[test]
fn existing_tasks_are_left_out() {
    let plan = planned([task("a", &[]), task("b", &["a"])]).without(&BTreeSet::from([id("a")]));
    assert_eq!(names(&plan), ["b"]);
    assert!(plan.creations()[0].after.is_empty());
}
