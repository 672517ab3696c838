//! Rules against the peer's classes: `tests/strategies/cases.json`, made by `make_cases.py` there.

use super::*;
use crate::base::name::TaskId;
use crate::base::value::json;
use crate::config::parameters::{Parameters, Strictness};

fn id(text: &str) -> Replacement {
    Replacement::With(TaskId::parse(text).unwrap())
}

const NOTHING: Evidence = Evidence::Nothing;

/// A leaf by its name in the cases.
fn leaf(name: &str) -> &'static Leaf {
    type Remove = fn(&Task, &Changes<'_>, &Value) -> (bool, Evidence);
    type Replace = fn(&Task, &Value, &IndexAnswers, LatestDeadline<'_>) -> (Replacement, Evidence);
    let of = |description, remove: Remove, replace: Replace| Leaf {
        remove,
        replace,
        ..Leaf::new(description)
    };
    Box::leak(Box::new(match name {
        "keep" => Leaf::new("keep"),
        "remove" => of(
            "remove",
            |_, _, _| (true, NOTHING),
            |_, _, _, _| (Replacement::Keep, NOTHING),
        ),
        "drop" => of(
            "drop",
            |_, _, _| (false, NOTHING),
            |_, _, _, _| (Replacement::Remove, NOTHING),
        ),
        "one" => of(
            "one",
            |_, _, _| (false, NOTHING),
            |_, _, _, _| (id("one"), NOTHING),
        ),
        "two" => of(
            "two",
            |_, _, _| (true, NOTHING),
            |_, _, _, _| (id("two"), NOTHING),
        ),
        _ => of(
            "argument",
            |_, _, argument| (argument == "remove", NOTHING),
            |_, argument, _, _| (argument.as_str().map_or(Replacement::Keep, id), NOTHING),
        ),
    }))
}

/// A rule as a case writes it.
fn rule(value: &Value) -> Rule<'static> {
    let Some((word, inner)) = value.as_object().and_then(|map| map.iter().next()) else {
        return Rule::Leaf(leaf(value.as_str().unwrap()));
    };
    let several = || {
        let rules: Vec<_> = inner.as_array().unwrap().iter().map(rule).collect();
        &*rules.leak()
    };
    let one = || &*Box::leak(Box::new(rule(inner)));
    match word.as_str() {
        "any" => Rule::Any(several()),
        "all" => Rule::All(several()),
        "not" => Rule::Not(one()),
        _ => Rule::Alias(one()),
    }
}

fn task() -> Task {
    Task::from_json(&json!({"kind": "k", "label": "l", "attributes": {}, "task": {}})).unwrap()
}

fn params() -> Parameters {
    let cases = include_str!("../../../tests/mozilla_taskgraph/cases.json");
    let cases: Value = serde_json::from_str(cases).unwrap();
    let values = cases["params"].as_object().unwrap().clone();
    Parameters::new(values, Strictness::Lenient).unwrap()
}

#[test]
fn the_rules_match_the_peer() {
    let cases = include_str!("../../../tests/strategies/cases.json");
    let cases: Vec<Value> = serde_json::from_str(cases).unwrap();
    assert!(cases.len() > 100, "{} cases", cases.len());
    let (task, params, index) = (task(), params(), IndexAnswers::default());
    let changes = Changes::new(&params);
    for case in cases {
        let (rule, argument) = (rule(&case["rule"]), &case["argument"]);
        let mut asked = Vec::new();
        let replace = match rule.replace(&task, argument, &index, &|| None, &mut asked) {
            Replacement::Keep => json!(false),
            Replacement::Remove => json!(true),
            Replacement::With(task_id) => json!(task_id.as_str()),
        };
        assert_eq!(case["replace"], replace, "{case}");
        assert_eq!(
            case["remove"],
            rule.remove(&task, &changes, argument, &mut asked),
            "{case}"
        );
        assert_eq!(case["description"], rule.description(), "{case}");
    }
}

#[test]
fn index_paths_of_all_strategies_are_looked_up() {
    let asking = Leaf {
        index_paths: |argument| vec![IndexPath::parse(argument.as_str().unwrap()).unwrap()],
        ..Leaf::new("asking")
    };
    let (asking, silent) = (Rule::Leaf(&asking), Rule::Leaf(leaf("keep")));
    let not = Rule::Not(&asking);
    let all = Rule::All(&[silent, not]);
    let paths = Rule::Any(&[all, silent, asking]).index_paths(&json!("a.b"));
    assert_eq!(paths.len(), 2);
}
