//! Where the parts of a document stand.

use snowman::base::path::{Step, ValuePath};
use snowman::config::yaml::{Document, load};

fn document(text: &str) -> Document {
    load("f", text.as_bytes()).unwrap()
}

/// The way through keys, and through lists where a step is a number after `#`.
fn path(text: &str) -> ValuePath {
    let step = |step: &str| match step.strip_prefix('#') {
        Some(index) => Step::Index(index.parse().unwrap()),
        None => Step::Key(step.to_owned()),
    };
    let steps = text.split('/').filter(|step| !step.is_empty());
    ValuePath(steps.map(step).collect())
}

/// The line and column of a part that is there.
fn exact(document: &Document, way: &str) -> Option<(usize, usize)> {
    let place = document.places.exact(&path(way))?;
    assert_eq!(Some(&place), document.places.get(&path(way)).as_ref());
    Some((place.line, place.column))
}

/// The line and column of the last part of a way that is there.
fn near(document: &Document, way: &str) -> Option<(usize, usize)> {
    let place = document.places.get(&path(way))?;
    Some((place.line, place.column))
}

#[test]
fn keys_and_items_have_places() {
    let document = document(
        "# a comment\n\
         a:\n  b:\n    - c\n    -   d: 1\n        e: 2\n  f: {g: [h, {i: j}]}\nk: |\n  l\n",
    );
    for (way, place) in [
        ("", (2, 1)),
        ("a", (2, 1)),
        ("a/b", (3, 3)),
        ("a/b/#0", (4, 7)),
        ("a/b/#1", (5, 9)),
        ("a/b/#1/d", (5, 9)),
        ("a/b/#1/e", (6, 9)),
        ("a/f", (7, 3)),
        ("a/f/g", (7, 7)),
        ("a/f/g/#0", (7, 11)),
        ("a/f/g/#1", (7, 14)),
        ("a/f/g/#1/i", (7, 15)),
        ("k", (8, 1)),
    ] {
        assert_eq!(exact(&document, way), Some(place), "{way}");
    }
}

#[test]
fn missing_values_have_the_place_of_their_parent() {
    let document = document("a:\n  b:\n    - c\n");
    for (way, place) in [
        ("x", (1, 1)),
        ("a/x", (1, 1)),
        ("a/b/#1", (2, 3)),
        ("a/b/x", (2, 3)),
        ("a/b/#0/x/y/#3", (3, 7)),
        ("a/#0", (1, 1)),
        ("#1", (1, 1)),
    ] {
        assert_eq!(near(&document, way), Some(place), "{way}");
        assert_eq!(exact(&document, way), None, "{way}");
    }
}

#[test]
fn a_stream_without_a_document_has_no_places() {
    for text in ["", "# only\n", "---\n...\n"] {
        let document = document(text);
        let there = text.starts_with('-');
        assert_eq!(document.places.get(&path("")).is_some(), there, "{text:?}");
        assert_eq!(document.places.get(&path("a")).is_some(), there, "{text:?}");
        assert_eq!(exact(&document, "a"), None);
    }
}

#[test]
fn quoted_keys_are_found() {
    let document =
        document("'a b': 1\n\"c\\td\":\n  'it''s': 2\n? |-\n  e\n  f\n: 3\n? long\n: 4\n");
    assert_eq!(exact(&document, "a b"), Some((1, 1)));
    assert_eq!(exact(&document, "c\td/it's"), Some((3, 3)));
    assert_eq!(exact(&document, "e\nf"), Some((4, 3)));
    assert_eq!(exact(&document, "long"), Some((8, 3)));
}

#[test]
fn columns_are_characters() {
    let document = document("{\u{fc}\u{2603}: a, \u{1f600}: [\u{1f600}, b], c: d}\r\n");
    assert_eq!(exact(&document, "\u{fc}\u{2603}"), Some((1, 2)));
    assert_eq!(exact(&document, "\u{1f600}"), Some((1, 9)));
    assert_eq!(exact(&document, "\u{1f600}/#1"), Some((1, 16)));
    assert_eq!(exact(&document, "c"), Some((1, 20)));
}

#[test]
fn byte_order_marks_and_line_breaks_do_not_shift_places() {
    for text in [
        "\u{feff}a: 1\r\nb:\r\n  c: 2",
        "a: 1\rb:\r  c: 2\r",
        "a: 1\nb:\n  c: 2\n\n",
    ] {
        let document = document(text);
        assert_eq!(exact(&document, "a"), Some((1, 1)), "{text:?}");
        assert_eq!(exact(&document, "b/c"), Some((3, 3)), "{text:?}");
    }
}

#[test]
fn tags_before_commas_do_not_shift_places() {
    let document = document("[!!str, a, !!str, b]");
    assert_eq!(exact(&document, "#1"), Some((1, 9)));
    assert_eq!(exact(&document, "#3"), Some((1, 19)));
}

#[test]
fn merged_keys_have_their_original_places() {
    let document = document(
        "first: &first {a: 1, b: {c: 2}}\nsecond: &second\n  b: 3\n  d: 4\nx:\n  <<: *first\n  b: 5\n\
         y:\n  <<: [*first, *second]\n  e: 6\nz: *second\n",
    );
    assert_eq!(exact(&document, "x"), Some((5, 1)));
    assert_eq!(exact(&document, "x/a"), Some((1, 16)));
    assert_eq!(exact(&document, "x/b"), Some((7, 3)));
    assert_eq!(exact(&document, "x/b/c"), None);
    assert_eq!(exact(&document, "y/b"), Some((1, 22)));
    assert_eq!(exact(&document, "y/b/c"), Some((1, 26)));
    assert_eq!(exact(&document, "y/d"), Some((4, 3)));
    assert_eq!(exact(&document, "y/e"), Some((10, 3)));
    assert_eq!(exact(&document, "z"), Some((11, 1)));
    assert_eq!(exact(&document, "z/d"), Some((4, 3)));
    assert_eq!(exact(&document, "x/<<"), None);
}

#[test]
fn duplicate_keys_give_a_warning_and_the_last_one_counts() {
    let document = document("a: 1\nb: 2\na:\n  c: 3\n'b': 4\n");
    assert_eq!(document.value.to_string(), r#"{"a":{"c":3},"b":4}"#);
    assert_eq!(exact(&document, "a"), Some((3, 1)));
    assert_eq!(exact(&document, "a/c"), Some((4, 3)));
    assert_eq!(exact(&document, "b"), Some((5, 1)));
    let warnings: Vec<String> = document.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "f:3:1: duplicate key `a`\n  \
             help: remove one of the two; the value on line 1 has no effect",
            "f:5:1: duplicate key `b`\n  \
             help: remove one of the two; the value on line 2 has no effect",
        ]
    );
}

#[test]
fn keys_repeated_by_a_merge_give_no_warning() {
    let merged = document("a: &a {x: 1}\nb: {<<: *a, x: 2}\nc:\n  <<: *a\n  <<: *a\n");
    assert!(merged.warnings.is_empty(), "{:?}", merged.warnings);
}

#[test]
fn items_of_ordered_pairs_have_places() {
    let document = document("!!omap\n- a: 1\n- b: [2]\n");
    assert_eq!(document.value.to_string(), r#"[["a",1],["b",[2]]]"#);
    assert_eq!(exact(&document, "#1"), Some((3, 3)));
    assert_eq!(exact(&document, "#1/#0"), Some((3, 3)));
    assert_eq!(exact(&document, "#1/#1/#0"), Some((3, 7)));
    // As it is written, but not as it is read.
    assert_eq!(exact(&document, "#1/b"), None);
}
