//! What is refused, where, and with which way out.

use snowman::config::yaml::load;

fn refused(document: &[u8]) -> String {
    match load("f", document) {
        Ok(_) => panic!("it is read"),
        Err(mistakes) => mistakes.to_string(),
    }
}

#[test]
fn values_that_json_lacks_are_refused_with_help() {
    for (document, message) in [
        (
            "a: 2001-12-14\n",
            "f:1:4: `2001-12-14` is a date, which JSON cannot represent\n  \
             help: write '2001-12-14' in quotes to make it a string",
        ),
        (
            "a:\n  - 2001-12-14 21:59:43Z\n",
            "f:2:5: `2001-12-14 21:59:43Z` is a date, which JSON cannot represent\n  \
             help: write '2001-12-14 21:59:43Z' in quotes to make it a string",
        ),
        (
            "a: !!binary aGVsbG8=\n",
            "f:1:4: `aGVsbG8=` is binary data, which JSON cannot represent\n  \
             help: write 'aGVsbG8=' in quotes to make it a string",
        ),
        (
            "a: !!set {b}\n",
            "f:1:4: JSON cannot represent a set\n  help: write a list instead",
        ),
        (
            "a: .nan\n",
            "f:1:4: `.nan` is a float that JSON cannot represent\n  \
             help: write '.nan' in quotes to make it a string",
        ),
        (
            "a: -.inf\n",
            "f:1:4: `-.inf` is a float that JSON cannot represent\n  \
             help: write '-.inf' in quotes to make it a string",
        ),
        (
            "a: 1.0e+999\n",
            "f:1:4: `1.0e+999` is a float that JSON cannot represent\n  \
             help: write '1.0e+999' in quotes to make it a string",
        ),
        (
            "a: 18446744073709551616\n",
            "f:1:4: `18446744073709551616` is an integer that does not fit in 64 bits\n  \
             help: write '18446744073709551616' in quotes to make it a string",
        ),
        (
            "a: -9223372036854775809\n",
            "f:1:4: `-9223372036854775809` is an integer that does not fit in 64 bits\n  \
             help: write '-9223372036854775809' in quotes to make it a string",
        ),
        (
            "a: {1: b}\n",
            "f:1:5: the key `1` is an integer, but keys must be strings\n  help: write '1' in quotes",
        ),
        (
            "on: push\n",
            "f:1:1: the key `on` is a boolean, but keys must be strings\n  help: write 'on' in quotes",
        ),
        (
            "a: {~: b}\n",
            "f:1:5: the key `~` is null, but keys must be strings\n  help: write '~' in quotes",
        ),
        (
            "1.5: b\n",
            "f:1:1: the key `1.5` is a float, but keys must be strings\n  help: write '1.5' in quotes",
        ),
        (
            "2001-12-14: b\n",
            "f:1:1: the key `2001-12-14` is a date, but keys must be strings\n  \
             help: write '2001-12-14' in quotes",
        ),
    ] {
        assert_eq!(refused(document.as_bytes()), message);
    }
}

#[test]
fn the_largest_integers_are_read() {
    let document = load(
        "f",
        b"[18446744073709551615, -9223372036854775808, 0xffffffffffffffff]",
    );
    assert_eq!(
        document.unwrap().value.to_string(),
        "[18446744073709551615,-9223372036854775808,18446744073709551615]"
    );
}

#[test]
fn all_values_that_json_lacks_are_reported_together() {
    let error = refused(b"a: 2001-12-14\nb: [.nan, {1: c}]\nd: &d 2001-12-15\ne: *d\n");
    let places: Vec<&str> = error
        .lines()
        .filter_map(|line| {
            line.split_once(": ")
                .filter(|(place, _)| place.starts_with('f'))
        })
        .map(|(place, _)| place)
        .collect();
    assert_eq!(places, ["f:1:4", "f:2:5", "f:2:12", "f:3:4"]);
}

#[test]
fn invalid_text_is_refused_with_its_place() {
    for (document, message) in [
        (
            &b"a: 1\nb: \xff\n"[..],
            "f:2:4: the file is not valid UTF-8\n  help: save the file as UTF-8",
        ),
        (
            b"\xc3\xbc: \xe2\x98",
            "f:1:4: the file is not valid UTF-8\n  help: save the file as UTF-8",
        ),
        (
            b"a:\r\n  - \x00\r\n",
            "f:2:5: the character U+0000 is not allowed in YAML\n  \
             help: remove it, or write \"\\u0000\" in double quotes",
        ),
        (
            b"\xef\xbb\xbfa: \x1b[0m\n",
            "f:1:4: the character U+001B is not allowed in YAML\n  \
             help: remove it, or write \"\\u001b\" in double quotes",
        ),
        (
            b"\xc3\xbc \x7f",
            "f:1:3: the character U+007F is not allowed in YAML\n  \
             help: remove it, or write \"\\u007f\" in double quotes",
        ),
        (
            b"a: \xef\xbf\xbf",
            "f:1:4: the character U+FFFF is not allowed in YAML\n  \
             help: remove it, or write \"\\uffff\" in double quotes",
        ),
        (
            b"\xff\xfea\0b",
            "`f` is not valid UTF-16\n  help: save the file as UTF-8",
        ),
    ] {
        assert_eq!(refused(document), message);
    }
}

#[test]
fn the_first_syntax_error_is_reported_with_its_place() {
    for (document, message) in [
        (
            "a:\n\tb: 1\n",
            "f:2:1: found character that cannot start any token\n  \
             cause: while scanning for the next token\n  \
             help: indent with spaces; YAML does not allow tabs there",
        ),
        (
            "a: b: c\n",
            "f:1:5: mapping values are not allowed in this context\n  \
             help: put text that contains `: ` in quotes, or check the indentation",
        ),
        (
            "a: @b\n",
            "f:1:4: found character that cannot start any token\n  \
             cause: while scanning for the next token\n  \
             help: put the text in quotes",
        ),
        (
            "a: *b\nc: &bb 1\n",
            "f:1:4: no anchor `&b` is defined before this alias",
        ),
        (
            "a: &a 1\nb: &a 2\n",
            "f:2:4: the anchor `&a` is defined twice\n  \
             help: use another name; it is already defined on line 1",
        ),
        (
            "a: 1\n---\nb: 1\n",
            "f:2:1: the file contains more than one document\n  \
             help: remove the `---`, or put each document in its own file",
        ),
        (
            "a: \"b",
            "f:1:4: the quote that begins here is not closed\n  help: add the closing quote",
        ),
        (
            "a:\n  'b\n\n",
            "f:2:3: the quote that begins here is not closed\n  help: add the closing quote",
        ),
        (
            "a: [!!str \"b",
            "f:1:11: the quote that begins here is not closed\n  help: add the closing quote",
        ),
        (
            "a:\n- [!b:, c]\n",
            "f:2:1: found a tag that ends with `:` after this position\n  \
             help: put text that begins with `!` in quotes",
        ),
        (
            "a: {{b}}\n",
            "f:1:5: a mapping cannot be a key\n  \
             help: put text that begins with `{` or `[` in quotes",
        ),
        (
            "a: {<<: b}\n",
            "f:1:9: `<<` can only merge mappings, found a scalar\n  \
             help: use an alias of a mapping, or a list of such aliases",
        ),
        (
            "- =\n- <<\n- !a b\n- !!int c\n",
            "f:1:3: a plain `=` cannot be used as a value\n  help: write '=' in quotes to make it a string\n\
             f:2:3: `<<` can only be used as a key\n  help: write '<<' in quotes to make it a string\n\
             f:3:3: unknown tag `!a`\n  help: put text that begins with `!` in quotes\n\
             f:4:3: `c` is not an integer\n  help: put it in quotes to make it a string",
        ),
    ] {
        let found = refused(document.as_bytes());
        assert!(found.starts_with(message), "{document:?}:\n{found}");
    }
}
