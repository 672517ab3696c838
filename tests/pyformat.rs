//! Compares templates filled in with what Python's `str.format` makes of them.
//!
//! `tests/pyformat/make_cases.py` writes the table.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use serde_json::{Value, json};
use snowman::base::pyformat::{Scope, format, substitute, substitute_fields};
use snowman::base::value::Object;

fn object(value: Value) -> Object {
    value.as_object().unwrap().clone()
}

fn table() -> (Object, Vec<Value>) {
    let table: Value = serde_json::from_str(include_str!("pyformat/cases.json")).unwrap();
    let cases = table["cases"].as_array().unwrap().clone();
    (object(table["scope"].clone()), cases)
}

#[test]
fn templates_are_filled_in_as_python_does() {
    let (scope, cases) = table();
    let scope = Scope::from(&scope);
    assert!(cases.len() > 500);
    let mut wrong = Vec::new();
    for case in &cases {
        let template = case["template"].as_str().unwrap();
        let ours = match format(template, &scope) {
            Ok(text) => json!({"template": template, "gives": text}),
            Err(error) => json!({"template": template, "error": error.kind.python_name()}),
        };
        if ours != *case {
            wrong.push(format!("ours   {ours}\nPython {case}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

fn explained(template: &str, scope: &Value) -> String {
    let scope = object(scope.clone());
    let error = format(template, &Scope::from(&scope)).unwrap_err();
    format!(
        "{error}\n  help: {}",
        error.help.clone().unwrap_or_default()
    )
}

#[test]
fn errors_name_what_is_missing() {
    let scope = json!({"platform": "linux", "task": {"label": "a", "n": 1}, "items": [1]});
    let templates = [
        "{platfrom}",
        "${HOME}",
        "{}",
        "{task[lable]}",
        "{task[0]}",
        "{task.label}",
        "{items[1]}",
        "{items[a]}",
        "{platform!q}",
        "{platform:d}",
        "{task:>5}",
        "{platform",
        "}",
    ];
    let all: Vec<String> = templates.iter().map(|t| explained(t, &scope)).collect();
    insta::assert_snapshot!(all.join("\n"), @r##"
    there is no value named `platfrom`
      help: did you mean `platform`? (a brace that stands for itself is doubled: `{{`)
    there is no value named `HOME`
      help: there are: items, platform, task (a brace that stands for itself is doubled: `{{`)
    the field `{}` has no name, and there are only names
      help: name a value, or double braces that stand for themselves: `{{}}`
    the mapping has no key `lable`
      help: did you mean `label`?
    the mapping has no key `0`
      help: an index of digits is a number, and the keys are strings
    a mapping has no attribute `label`
      help: write `[label]` for a key of a mapping
    there is no item 1: the list has 1
      help: 
    a list has no key `a`
      help: its parts are numbered from 0
    the conversion `!q` is not known
      help: conversions are !s, !r and !a
    a string cannot be written in the format `d`
      help: 
    a mapping takes no format spec
      help: write `!s` before the colon to format its text
    a field is not closed
      help: a brace that stands for itself is doubled
    there is a single `}`
      help: a brace that stands for itself is doubled
    "##);
}

#[test]
fn later_names_win() {
    let (first, second) = (
        object(json!({"a": 1, "b": 2})),
        object(json!({"b": 3, "c": 4})),
    );
    let scope = Scope::from(&first).with_all(&second);
    let five = json!(5);
    assert_eq!(format("{a}{b}{c}", &scope).unwrap(), "134");
    assert_eq!(format("{a}{b}{c}", &scope.with("c", &five)).unwrap(), "135");
}

#[test]
fn whole_values_are_filled_in() {
    let names = object(json!({"x": "1", "y": "2"}));
    let scope = Scope::from(&names);
    let mut value =
        json!({"z{x}": ["{y}", 3, null, {"{x}": "{{x}}"}], "a": "b", "{x}{y}": 1, "12": 2});
    substitute(&mut value, &scope).unwrap();
    assert_eq!(
        value.to_string(),
        r#"{"z1":["2",3,null,{"1":"{x}"}],"a":"b","12":2}"#
    );
    let mut value = json!({"a": ["x", {"b": "{nope}"}]});
    let (path, error) = substitute(&mut value, &scope).unwrap_err();
    assert_eq!(path.to_string(), "a[1].b");
    assert_eq!(error.name.as_deref(), Some("nope"));
    assert_eq!(value, json!({"a": ["x", {"b": "{nope}"}]}));
}

#[test]
fn only_named_fields_are_filled_in() {
    let names = object(json!({"x": "1"}));
    let scope = Scope::from(&names);
    let task = json!({"name": "a-{x}", "worker": {"env": {"{x}": "{x}"}, "image": "{x}"}, "label": "{x}", "bad": ["{y}"]});
    let run = |fields: &[&str]| {
        let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
        let mut task = object(task.clone());
        let done = substitute_fields(&mut task, &fields, &scope);
        done.map(|()| Value::Object(task))
            .map_err(|e| e.to_string())
    };
    assert_eq!(
        run(&["name", "worker.env"]).unwrap(),
        json!({"name": "a-1", "worker": {"env": {"1": "1"}, "image": "{x}"}, "label": "{x}", "bad": ["{y}"]})
    );
    let errors: Vec<String> = [
        "missing",
        "no.env",
        "worker.no",
        "worker.no.x",
        "name.env",
        "bad",
    ]
    .iter()
    .map(|field| run(&[field]).unwrap_err())
    .collect();
    insta::assert_snapshot!(errors.join("\n"), @r##"
    the field `missing` to fill in is missing
    the field `no.env` to fill in is missing: there is no `no`
    the field `worker.no` to fill in is missing
    the field `worker.no.x` to fill in is missing: there is no `worker.no`
    the field `name.env` to fill in cannot be reached: `name` is a string
    `bad[0]` cannot be filled in: there is no value named `y`
    "##);
}

proptest! {
    #[test]
    fn no_template_brings_it_down(template in r"([{}\[\].:!<>=^+# 0-9,_a-zé]|\{s|\{i:|\{x:|\}){0,20}") {
        let (scope, _) = table();
        let _ = format(&template, &Scope::from(&scope));
    }
}
