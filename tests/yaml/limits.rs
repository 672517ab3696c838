//! How large a document may be.

use snowman::base::value::json;
use snowman::config::yaml::{MAX_BYTES, MAX_DEPTH, MAX_MISTAKES, MAX_NODES, load};

fn refused(document: &str) -> String {
    match load("f", document.as_bytes()) {
        Ok(_) => panic!("it is read"),
        Err(mistakes) => mistakes.to_string(),
    }
}

fn read(document: &str) {
    if let Err(mistakes) = load("f", document.as_bytes()) {
        panic!("{mistakes}");
    }
}

#[test]
fn file_size_is_limited() {
    let largest = format!("a #{}", "x".repeat(MAX_BYTES - 3));
    read(&largest);
    assert_eq!(
        refused(&format!("{largest}x")),
        "`f` has 16777217 bytes; a YAML file may have at most 16777216"
    );
}

#[test]
fn nesting_depth_is_limited() {
    let flow = |depth: usize| format!("a:\n {}{}\n", "[".repeat(depth), "]".repeat(depth));
    read(&flow(MAX_DEPTH - 1));
    assert_eq!(
        refused(&flow(MAX_DEPTH)),
        "f:2:101: lists and mappings are nested more than 100 deep"
    );
    let block = |depth: usize| "- ".repeat(depth) + "a";
    read(&block(MAX_DEPTH));
    assert!(refused(&block(MAX_DEPTH + 1)).starts_with("f:1:201: "));
    let keys = |depth: usize| "? ".repeat(depth) + "a";
    assert!(refused(&keys(MAX_DEPTH + 1)).starts_with("f:1:201: "));
    assert!(refused(&"{".repeat(1_000_000)).starts_with("f:1:101: "));
    assert!(refused(&"- ".repeat(1_000_000)).starts_with("f:1:201: "));
}

#[test]
fn aliases_count_towards_the_depth() {
    let mut document = "- &a0 []\n".to_owned();
    for level in 1..=MAX_DEPTH {
        document += &format!("- &a{level} [*a{}]\n", level - 1);
    }
    assert!(refused(&document).contains("the document is nested more than 100 deep"));
}

#[test]
fn the_number_of_nodes_is_limited() {
    // One for the list, one for each item.
    let list = |items: usize| format!("[{}]", "0,".repeat(items));
    read(&list(MAX_NODES - 1));
    assert_eq!(
        refused(&list(MAX_NODES)),
        "f:1:2000000: the document has more than 1000000 nodes"
    );
}

#[test]
fn aliases_count_towards_the_nodes() {
    let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..10 {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        laughs += &format!("a{level}: &a{level} [{items}]\n");
    }
    assert_eq!(
        refused(&laughs),
        "f:1:25: with its aliases expanded, the document has more than 1000000 nodes"
    );
}

#[test]
fn aliases_count_towards_the_size_of_text() {
    let long = "x".repeat(1_000_000);
    let document = |aliases: usize| format!("- &a {long}\n{}", "- *a\n".repeat(aliases));
    read(&document(66));
    assert_eq!(
        refused(&document(67)),
        "f:1:3: with its aliases expanded, the document has more than 67108864 bytes of text"
    );
}

#[test]
fn merges_count_towards_the_nodes() {
    let keys: String = (0..1000).map(|key| format!("  k{key}: v\n")).collect();
    let merges = vec!["*a"; 1000].join(", ");
    let document = format!("a: &a\n{keys}b:\n  <<: [{merges}]\n");
    assert!(refused(&document).contains("more than 1000000 nodes"));
    // Each mapping merges the one before twice.
    let mut laughs = "a0: &a0 {x: 1}\n".to_owned();
    for level in 1..64 {
        let below = level - 1;
        laughs += &format!("a{level}: &a{level} {{<<: [*a{below}, *a{below}]}}\n");
    }
    assert!(refused(&laughs).contains("more than 1000000 nodes"));
}

#[test]
fn chains_of_merges_are_limited() {
    let mut document = "{x: 1}".to_owned();
    for _ in 0..MAX_DEPTH {
        document = format!("{{<<: {document}}}");
    }
    assert!(refused(&document).contains("nested more than 100 deep"));
}

#[test]
fn values_cannot_contain_themselves() {
    for (document, place) in [
        ("&a [*a]", "f:1:5: "),
        ("&a {x: *a}", "f:1:8: "),
        ("&a {*a : x}", "f:1:5: "),
        ("x: &a\n  y:\n    - <<: *a\n", "f:3:11: "),
        ("&a [&b [*a]]", "f:1:9: "),
    ] {
        let error = refused(document);
        let expected = format!("{place}the alias `*a` is inside its own anchor");
        assert!(error.starts_with(&expected), "{error}");
        assert!(error.contains("help: "), "{error}");
    }
}

#[test]
fn the_number_of_reported_errors_is_limited() {
    let count_errors = |document: &str| load("f", document.as_bytes()).map_err(|all| all.len());
    let unknown = "- !a b\n".repeat(1000);
    assert_eq!(count_errors(&unknown).err(), Some(MAX_MISTAKES));
    let dates: String = (0..1000).map(|_| "- 2001-01-01\n").collect();
    assert_eq!(count_errors(&dates).err(), Some(MAX_MISTAKES));
}

#[test]
fn long_texts_and_many_keys_are_read_quickly() {
    let keys: String = (0..100_000).map(|key| format!("key-{key}: v\n")).collect();
    read(&keys);
    read(&format!("\"{}\"", "a \\\n  b ".repeat(200_000)));
    read(&format!("a: |\n{}", "  text\n".repeat(200_000)));
    read(&format!("[{}]", "!!str a, ".repeat(100_000)));
    read(&format!("[{}]", "!!str, ".repeat(100_000)));
    read(&format!("[{}]", "a!b, ".repeat(100_000)));
    let value =
        json!({"k": "\t".repeat(500_000), "l": "\u{fc}\t".to_owned() + &"x".repeat(1_000_000)});
    let text = snowman::config::yaml::dump(&value);
    assert_eq!(load("f", text.as_bytes()).unwrap().value, value);
}
