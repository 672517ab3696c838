//! Compares reading and writing YAML with PyYAML, over the tables in `yaml/` that
//! `yaml/make_tables.py` writes.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests"
)]

use snowman::base::value::Value;
use snowman::config::yaml::{dump, load, load_tree};

mod limits;
mod places;
mod properties;
mod refusals;
mod typed;

/// Documents that PyYAML takes and we refuse, with the reason.
const REFUSED_ON_PURPOSE: &[(&str, &str)] = &[
    ("an integer of other digits", "digits are ASCII everywhere"),
    ("a float of other digits", "digits are ASCII everywhere"),
    (
        "a list in itself",
        "nothing can be done with an endless value",
    ),
    (
        "a mapping in itself",
        "nothing can be done with an endless value",
    ),
    ("a mapping merged into itself", "it could only mean nothing"),
    (
        "ordered pairs in themselves",
        "nothing can be done with an endless value",
    ),
    ("lists 101 deep", "the depth has a limit"),
    (
        "hexadecimal integers of 4400 digits",
        "the digits of an integer have a limit",
    ),
    (
        "octal integers of 5000 digits",
        "the digits of an integer have a limit",
    ),
    (
        "sexagesimal integers of 5000 parts",
        "the digits of an integer have a limit",
    ),
];

fn table(text: &str) -> Value {
    serde_json::from_str(text).expect("a table")
}

fn rows<'a>(table: &'a Value, part: &str) -> &'a [Value] {
    table[part].as_array().expect("a list")
}

/// What we make of a document, in the form of the tables.
fn ours(document: &[u8]) -> Result<Value, String> {
    load_tree("f", document)
        .map(|tree| typed::typed(&tree))
        .map_err(|mistakes| mistakes.to_string())
}

/// What differs between us and a table, or nothing.
fn difference(name: &str, document: &[u8], theirs: &Value) -> Option<String> {
    let refused = theirs.get("error").is_some();
    match ours(document) {
        Ok(ours) if !refused && ours == *theirs => None,
        Err(_) if refused => None,
        ours => Some(format!("{name}: theirs {theirs}, ours {ours:?}")),
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).expect("digits");
        u8::from_str_radix(pair, 16).expect("two digits")
    };
    pairs.map(byte).collect()
}

fn none_differs(differences: &[String]) {
    assert!(
        differences.is_empty(),
        "{} differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

#[test]
fn scalars_are_read_as_pyyaml_reads_them() {
    let table = table(include_str!("yaml/scalars.json"));
    let forms = rows(&table, "forms");
    let mut differences = Vec::new();
    for row in rows(&table, "scalars") {
        let text = row[0].as_str().expect("a text");
        let results = row[1].as_array().expect("a list");
        assert_eq!(forms.len(), results.len());
        for (form, theirs) in forms.iter().zip(results) {
            let document = form.as_str().expect("a form").replacen("%s", text, 1);
            differences.extend(difference(
                &format!("{document:?}"),
                document.as_bytes(),
                theirs,
            ));
        }
    }
    none_differs(&differences);
}

#[test]
fn documents_are_read_as_pyyaml_reads_them() {
    let table = table(include_str!("yaml/documents.json"));
    let mut differences = Vec::new();
    for row in rows(&table, "random") {
        let document = row[0].as_str().expect("a text");
        differences.extend(difference(
            &format!("{document:?}"),
            document.as_bytes(),
            &row[1],
        ));
    }
    let named = rows(&table, "named").iter().map(|row| {
        let text = row[1].as_str().expect("a text");
        (row, text.as_bytes().to_vec())
    });
    let bytes = rows(&table, "bytes")
        .iter()
        .map(|row| (row, unhex(row[1].as_str().expect("digits"))));
    for (row, document) in named.chain(bytes) {
        let name = row[0].as_str().expect("a name");
        let found = difference(name, &document, &row[2]);
        if REFUSED_ON_PURPOSE.iter().any(|(known, _)| *known == name) {
            assert!(found.is_some(), "{name}: does not differ any more");
            assert!(ours(&document).is_err(), "{name}: is read in another way");
        } else {
            differences.extend(found);
        }
    }
    none_differs(&differences);
}

#[test]
fn values_are_written_as_pyyaml_writes_them() {
    let table = table(include_str!("yaml/dumps.json"));
    let mut differences = Vec::new();
    for row in rows(&table, "values") {
        let (value, theirs) = (&row[0], row[1].as_str().expect("a text"));
        let ours = dump(value);
        // PyYAML itself does not read U+0085 back.
        let differs = value.to_string().contains('\u{85}');
        if ours != theirs && !differs {
            differences.push(format!("{value}:\n{theirs}--- ours:\n{ours}"));
        }
        match load("f", ours.as_bytes()) {
            Ok(document) if document.value == *value && document.warnings.is_empty() => {}
            read => differences.push(format!("{value}: is read back as {read:?}")),
        }
    }
    none_differs(&differences);
}
