//! Compares `str.format`, `repr` and the merging of values with Python, over the table in
//! `pyformat/cases.json` that `pyformat/make_cases.py` writes.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use snowman::base::pyformat::{Scope, format};
use snowman::base::value::{Value, json, merge, py_float, py_repr, py_str};

/// Templates that Python takes and we refuse, with the reason.
const REFUSED_ON_PURPOSE: &[(&str, &[&str])] = &[
    (
        "values are plain data: a template cannot build on the attributes of Python's own types",
        &[
            "{i.real}",
            "{i.imag}",
            "{t.real}",
            "{x.real}",
            "{s.__class__}",
            "{i.real:05}",
            "{i.numerator}",
            "{x.imag}",
            "{i.denominator:x}",
            "{l[0].real}",
        ],
    ),
    (
        "digits are ASCII everywhere",
        &["{s:\u{661}}", "{s:5\u{661}}"],
    ),
];

fn table() -> Value {
    serde_json::from_str(include_str!("pyformat/cases.json")).expect("a table")
}

fn rows<'a>(table: &'a Value, part: &str) -> &'a [Value] {
    table[part].as_array().expect("a list")
}

fn none_differs(differences: &[String]) {
    assert!(
        differences.is_empty(),
        "{} differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// What differs between us and the table, or nothing; of refusals only that they are ones counts.
fn difference(template: &str, scope: &Value, theirs: &Value) -> Option<String> {
    let scope = Scope::new(scope.as_object().expect("a mapping"));
    match (format(template, &scope), theirs) {
        (Ok(ours), Value::String(theirs)) if ours == *theirs => None,
        (Err(_), Value::Object(_)) => None,
        (ours, _) => Some(format!("{template:?}: theirs {theirs}, ours {ours:?}")),
    }
}

fn refused(template: &str) -> bool {
    let mut all = REFUSED_ON_PURPOSE.iter().flat_map(|(_, all)| *all);
    all.any(|one| *one == template)
}

#[test]
fn templates_are_filled_as_python_fills_them() {
    let table = table();
    let mut differences = Vec::new();
    for row in rows(&table, "templates") {
        let template = row[0].as_str().expect("a text");
        let found = difference(template, &table["scope"], &row[1]);
        if refused(template) {
            assert!(found.is_some(), "{template}: does not differ any more");
        } else {
            differences.extend(found);
        }
    }
    none_differs(&differences);
}

#[test]
fn values_accept_the_same_format_specs_as_in_python() {
    let table = table();
    let mut differences = Vec::new();
    for row in rows(&table, "specs") {
        let (name, spec) = (row[0].as_str(), row[1].as_str().expect("a text"));
        // Braces in a spec are fields, so they come by way of one.
        let template = format!("{{{}:{{given spec}}}}", name.expect("a name"));
        let mut scope = table["scope"].clone();
        scope["given spec"] = spec.into();
        let found = difference(&template, &scope, &row[2]);
        differences.extend(found.map(|found| format!("{spec:?}: {found}")));
    }
    none_differs(&differences);
}

#[test]
fn values_are_shown_as_python_shows_them() {
    let table = table();
    let mut differences = Vec::new();
    let mut compare = |how: &str, value: &Value, ours: String, theirs: &Value| {
        if *theirs != ours {
            differences.push(format!("{how} of {value}: theirs {theirs}, ours {ours:?}"));
        }
    };
    for row in rows(&table, "values") {
        let value = &row[0];
        compare("str", value, py_str(value), &row[1]);
        compare("repr", value, py_repr(value), &row[2]);
        if let Some(float) = value
            .as_number()
            .filter(|n| n.is_f64())
            .and_then(|n| n.as_f64())
        {
            compare("float", value, py_float(float), &row[2]);
        }
        let scope = json!({"value": value});
        let scope = Scope::new(scope.as_object().expect("a mapping"));
        let ascii = format("{value!a}", &scope).expect("it is filled");
        compare("ascii", value, ascii, &row[3]);
    }
    none_differs(&differences);
}

#[test]
fn values_are_merged_as_the_peer_merges_them() {
    let table = table();
    for row in rows(&table, "merges") {
        let merged = merge(&row[0], &row[1]);
        // Texts, since equality does not look at the order of keys.
        assert_eq!(
            merged.to_string(),
            row[2].to_string(),
            "{} under {}",
            row[0],
            row[1]
        );
    }
}

#[test]
fn the_width_of_a_format_is_limited() {
    let scope = json!({"s": "text"});
    let scope = Scope::new(scope.as_object().expect("a mapping"));
    assert_eq!(
        format("{s:10000}", &scope).map(|text| text.len()),
        Ok(10_000)
    );
    assert!(format("{s:10001}", &scope).is_err());
    assert!(format("{s:.10001}", &scope).is_err());
    assert!(format("{s:99999999999999999999}", &scope).is_err());
}
