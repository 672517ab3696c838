//! Compares YAML reading and writing with what PyYAML makes of the same texts and values.
//!
//! `tests/yaml/make_scalars.py` writes the tables.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use proptest::prelude::*;
use serde_json::{Value, json};
use snowman::base::path::ValuePath;
use snowman::config::yaml::{Data, Document, MAX_DEPTH, MAX_MISTAKES, Tree, dump, load, load_tree};

fn encode(tree: &Tree) -> Value {
    let all = |items: &[Tree]| items.iter().map(encode).collect::<Vec<_>>();
    match &tree.data {
        Data::Null => json!(["null"]),
        Data::Bool(value) => json!(["bool", value]),
        Data::Int(number) => json!(["int", number.to_string()]),
        Data::Float(float) => json!(["float", snowman::base::value::py_float(*float)]),
        Data::Str(text) => json!(["str", text]),
        Data::Timestamp(text) => json!(["timestamp", text]),
        Data::Binary(bytes) => {
            let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            json!(["binary", hex])
        }
        Data::List(items) => json!(["list", all(items)]),
        Data::Pairs(pairs) => json!([
            "list",
            pairs
                .iter()
                .map(|(key, value)| json!(["pair", encode(key), encode(value)]))
                .collect::<Vec<_>>()
        ]),
        Data::Set(items) => {
            let mut items = all(items);
            items.sort_by_key(ToString::to_string);
            json!(["set", items])
        }
        Data::Map(entries) => json!([
            "map",
            entries
                .iter()
                .map(|(key, value)| json!([encode(key), encode(value)]))
                .collect::<Vec<_>>()
        ]),
    }
}

/// Says how a text's reading differs from PyYAML's, if it does.
fn difference(row: &Value) -> Option<String> {
    let text = row["yaml"].as_str().unwrap();
    let ours = load_tree("t", text.as_bytes());
    match (&ours, row.get("gives")) {
        (Ok(tree), Some(gives)) => {
            let ours = encode(tree);
            (ours != *gives).then(|| format!("{text:?}\n  ours   {ours}\n  PyYAML {gives}"))
        }
        (Ok(tree), None) => Some(format!(
            "{text:?}\n  ours   {}\n  PyYAML {}",
            encode(tree),
            row["error"]
        )),
        (Err(errors), Some(gives)) => {
            Some(format!("{text:?}\n  ours   {errors}\n  PyYAML {gives}"))
        }
        (Err(errors), None) => {
            let first = errors.iter().next().unwrap();
            let place = first.place.as_ref();
            let ours = place.map(|place| json!([place.line, place.column]));
            let lines = text.split('\n').count();
            match row.get("at") {
                // PyYAML counts the end of a text as a line of its own; an escape that the end
                // cuts off is for us a text without its closing quote.
                Some(at)
                    if at[0].as_u64().unwrap() <= lines as u64
                        && !text.ends_with('\\')
                        && ours.as_ref() != Some(at) =>
                {
                    Some(format!("{text:?}\n  ours   {errors}\n  PyYAML {at}"))
                }
                _ if place.is_none() => Some(format!("{text:?}\n  ours   {errors} has no place")),
                _ => None,
            }
        }
    }
}

fn compare(table: &str) {
    let rows: Vec<Value> = serde_json::from_str(table).unwrap();
    assert!(rows.len() > 500);
    let differences: Vec<String> = rows.iter().filter_map(difference).collect();
    assert!(
        differences.is_empty(),
        "{} of {} differ\n{}",
        differences.len(),
        rows.len(),
        differences.join("\n")
    );
}

#[test]
fn scalars_are_read_as_pyyaml_reads_them() {
    compare(include_str!("yaml/scalars.json"));
}

#[test]
fn documents_are_read_as_pyyaml_reads_them() {
    compare(include_str!("yaml/documents.json"));
}

#[test]
fn values_are_dumped_as_pyyaml_dumps_them() {
    let rows: Vec<Value> = serde_json::from_str(include_str!("yaml/dumps.json")).unwrap();
    assert!(rows.len() > 500);
    let mut wrong = Vec::new();
    for row in &rows {
        let (ours, theirs) = (dump(&row["value"]), row["text"].as_str().unwrap());
        if ours != theirs {
            wrong.push(format!("ours:\n{ours}PyYAML:\n{theirs}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
}

#[test]
fn what_was_dumped_is_read_back() {
    let rows: Vec<Value> = serde_json::from_str(include_str!("yaml/dumps.json")).unwrap();
    for row in &rows {
        let text = dump(&row["value"]);
        // PyYAML writes these line breaks in the raw, and its reader then folds them.
        if !text.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
            assert_eq!(good(&text).value, row["value"], "{text}");
        }
    }
}

fn good(text: &str) -> Document {
    load("kind.yml", text.as_bytes()).unwrap_or_else(|e| panic!("{e}"))
}

fn bad(text: &str) -> String {
    load("kind.yml", text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn keys_keep_their_order() {
    let document = good("b: &b {z: 1, y: 2}\na:\n  x: 0\n  <<: *b\n  y: 3\n");
    assert_eq!(
        document.value.to_string(),
        r#"{"b":{"z":1,"y":2},"a":{"z":1,"y":3,"x":0}}"#
    );
}

#[test]
fn parts_have_places() {
    let document = good(
        "tasks:\n  - &first\n    name: a\n    env: {A: '1', B: '2'}\n  - <<: *first\n    ü: [x, y]\n\n",
    );
    let at = |path: ValuePath| document.places.get(&path).unwrap().to_string();
    let tasks = ValuePath::keys(["tasks"]);
    assert_eq!(at(ValuePath::root()), "kind.yml:1:1");
    assert_eq!(at(tasks.clone()), "kind.yml:1:1");
    assert_eq!(at(tasks.index(0)), "kind.yml:2:5");
    assert_eq!(at(tasks.index(0).key("env").key("B")), "kind.yml:4:19");
    assert_eq!(at(tasks.index(1).key("name")), "kind.yml:3:5");
    assert_eq!(at(tasks.index(1).key("ü").index(1)), "kind.yml:6:12");
    assert_eq!(at(tasks.index(1).key("ü").key("x")), "kind.yml:6:5");
    assert_eq!(at(tasks.index(7).key("name")), "kind.yml:1:1");
    assert_eq!(good("").places.get(&tasks), None);
    let document = good("[!!str, {a: 1}]");
    let path = ValuePath::root().index(1).key("a");
    assert_eq!(document.places.get(&path).unwrap().column, 10);
}

#[test]
fn keys_written_twice_are_told() {
    let document = good("a: 1\nb: {c: 1, c: 2}\na: 3\n<<: {b: 4}\n");
    assert_eq!(document.value.to_string(), r#"{"b":{"c":2},"a":3}"#);
    let warnings: Vec<String> = document.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "kind.yml:3:1: the key `a` is written twice\n  help: the value on line 1 has no effect; remove one of the two",
            "kind.yml:2:11: the key `c` is written twice\n  help: the value on line 2 has no effect; remove one of the two",
        ]
    );
}

#[test]
fn what_json_cannot_hold_is_refused_all_at_once() {
    insta::assert_snapshot!(
        bad("3: a\nyes: b\n~: c\nd: 2001-01-01\ne: .nan\nf: 99999999999999999999\ng: !!binary aGk=\nh: !!set {i}\nj: {1.5: [.inf]}\n"),
        @r##"
    kind.yml:1:1: the key `3` is an integer, but keys are strings
      help: write '3' in quotes
    kind.yml:2:1: the key `yes` is a boolean, but keys are strings
      help: write 'yes' in quotes
    kind.yml:3:1: the key `~` is null, but keys are strings
      help: write '~' in quotes
    kind.yml:4:4: `2001-01-01` is a date, which JSON cannot hold
      help: write '2001-01-01' in quotes to have a string
    kind.yml:5:4: `.nan` is a float that JSON cannot hold
      help: write '.nan' in quotes to have a string
    kind.yml:6:4: `99999999999999999999` is an integer of more than 64 bits
      help: write '99999999999999999999' in quotes to have a string
    kind.yml:7:4: `aGk=` is binary, which JSON cannot hold
      help: write 'aGk=' in quotes to have a string
    kind.yml:8:4: a set is nothing that JSON can hold
      help: write a list
    kind.yml:9:5: the key `1.5` is a float, but keys are strings
      help: write '1.5' in quotes
    kind.yml:9:11: `.inf` is a float that JSON cannot hold
      help: write '.inf' in quotes to have a string
    "##
    );
}

#[test]
fn mistakes_have_places_and_ways_out() {
    let texts = [
        "a:\n\t- b\n",
        "a: b: c\n",
        "a: @b\n",
        "a: *froo\nb: &foo 1\n",
        "b: &foo 1\na: *fo\n",
        "a: &a [*a]\n",
        "a: &a 1\nb: &a 2\n",
        "a: 1\n---\nb: 2\n",
        "a: !foo b\nc: <<\nd: =\ne: {<<: 1}\nf: !!int x\ng: {[h]: 1}\n",
        "a: 'b\n",
        "a: [b\nc: d\n",
        "a: \u{7}\n",
        "a\nb: c\n",
    ];
    let all: Vec<String> = texts.iter().map(|text| bad(text)).collect();
    insta::assert_snapshot!(all.join("\n\n"), @r##"
    kind.yml:2:1: found character that cannot start any token
      help: indent with spaces; YAML takes no tabs there

    kind.yml:1:5: mapping values are not allowed in this context
      help: write a text with `: ` in it in quotes, or check the indentation

    kind.yml:1:4: found character that cannot start any token
      help: write the text in quotes

    kind.yml:1:4: there is no anchor `&froo` before this alias
      help: there are none

    kind.yml:2:4: there is no anchor `&fo` before this alias
      help: did you mean `foo`?

    kind.yml:1:8: the alias `*a` stands inside its own anchor
      help: a value cannot hold itself; write out the part that is meant

    kind.yml:2:4: the anchor `&a` is set a second time
      help: it is set on line 1 already; take another name

    kind.yml:2:1: there is a second document in the file
      help: remove the `---`, or put each document into a file of its own

    kind.yml:1:4: the tag `!foo` is not known
      help: write a text that begins with `!` in quotes
    kind.yml:2:4: `<<` stands where it merges nothing
      help: write '<<' in quotes to have a string
    kind.yml:3:4: a plain `=` has no value
      help: write '=' in quotes to have a string
    kind.yml:4:9: `<<` merges mappings, but this is a scalar
      help: write an alias of a mapping, or a list of such aliases
    kind.yml:5:4: `x` is no integer
      help: write it in quotes to have a string
    kind.yml:6:5: a list cannot be a key
      help: a text that begins with `{` or `[` must be in quotes

    kind.yml:2:1: found unexpected end of stream
      cause: while scanning a quoted scalar that starts on line 1

    kind.yml:2:2: did not find expected ',' or ']'
      cause: while parsing a flow sequence that starts on line 1

    kind.yml:1:4: the character U+0007 may not stand in YAML
      help: remove it, or write "\u0007" in double quotes

    kind.yml:2:2: mapping values are not allowed in this context
      help: write a text with `: ` in it in quotes, or check the indentation
    "##);
}

#[test]
fn hostile_documents_end_early() {
    let mut laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
    let mut merges = "a: &a {k: v}\n".to_owned();
    for (last, next) in ('a'..='y').zip('b'..='z') {
        let aliases = vec![format!("*{last}"); 9].join(",");
        laughs.push_str(&format!("{next}: &{next} [{aliases}]\n"));
        merges.push_str(&format!("{next}: &{next} {{<<: [{aliases}]}}\n"));
    }
    assert!(bad(&laughs).contains("more than 1000000 nodes"));
    assert!(bad(&merges).contains("more than 1000000 nodes"));

    let long = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(1 << 20),
        "*a,".repeat(100)
    );
    assert!(bad(&long).contains("bytes of text"));

    assert!(bad(&"[".repeat(100_000)).contains("deep"));
    assert!(bad(&"- ".repeat(100_000)).contains("deep"));
    assert!(bad(&"{a: ".repeat(100_000)).contains("deep"));
    let mut chain = "defs:\n  - &a0 [x]\n".to_owned();
    let mut merge_chain = "defs:\n  - &a0 {x: y}\n".to_owned();
    for i in 1..5000 {
        chain.push_str(&format!("  - &a{i} [*a{}]\n", i - 1));
        merge_chain.push_str(&format!("  - &a{i} {{<<: *a{}}}\n", i - 1));
    }
    assert!(bad(&chain).contains("deep"));
    merge_chain.push_str("<<: *a4999\n");
    assert!(bad(&merge_chain).contains("follow each other"));
    let nested = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    good(&nested);
    bad(&format!("[{nested}]"));

    assert!(bad(&" ".repeat(17 << 20)).contains("bytes"));
    assert!(bad(&"- a\n".repeat(1_100_000)).contains("more than 1000000 nodes"));
    assert!(bad(&format!("a: {}", "9".repeat(1 << 20))).contains("no integer"));
    let many: String = (0..1000).map(|i| format!("{i}: !x a\n")).collect();
    assert_eq!(load("t", many.as_bytes()).unwrap_err().len(), MAX_MISTAKES);
}

#[test]
fn real_shapes_are_read() {
    let document = good(
        "---\nloader: taskgraph.loader.transform:loader\n\ntransforms:\n    - a:b\n\ntask-defaults:\n  worker:\n    max-run-time: 3600\n    size: 500_000_000\n    docker-image: {in-tree: x}\n  run:\n    command: >-\n      cd a &&\n      make\n",
    );
    assert_eq!(
        document.value,
        json!({
            "loader": "taskgraph.loader.transform:loader",
            "transforms": ["a:b"],
            "task-defaults": {
                "worker": {"max-run-time": 3600, "size": 500_000_000, "docker-image": {"in-tree": "x"}},
                "run": {"command": "cd a && make"},
            },
        })
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_bring_it_down(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = load("t", &bytes);
    }

    #[test]
    fn no_text_brings_it_down(text in r#"([\[\]{},:&*!|>'"%@`?#\\<=~. \n\r\t-]|[a-c0-3xéu\u{2028}\u{feff}]|!!str|- |: |<<: |\*a|&a|--- ?){0,40}"#) {
        if let Err(errors) = load("t", text.as_bytes()) {
            prop_assert!(errors.iter().all(|e| e.class == snowman::base::diagnostic::Class::User), "{}", errors);
        }
    }

    #[test]
    fn strings_survive(text in r"[a-c \n\t:#'\\é😀-]{0,200}", key in "[a-c \n:é]{0,10}") {
        let value = json!({key: [text]});
        prop_assert_eq!(good(&dump(&value)).value, value);
    }
}
