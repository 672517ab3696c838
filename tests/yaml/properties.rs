//! Properties that hold for all values and all texts.

use proptest::prelude::*;
use snowman::base::value::{Object, Value, json};
use snowman::config::yaml::{dump, load, load_tree};

/// Texts in which much means something in YAML.
fn text() -> impl Strategy<Value = String> {
    let letter = prop_oneof![
        4 => "[ -~]",
        2 => Just("word ".to_owned()),
        2 => prop::sample::select(vec![": ", " #", "\n", " ", "  ", "- ", "'", "\"", "\\", "yes", "1", "~"])
            .prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => prop::sample::select(vec!['\t', '\r', '\u{85}', '\u{a0}', '\u{2028}', '\u{2029}', '\u{feff}', '\u{fffe}', '\0'])
            .prop_map(String::from),
    ];
    prop::collection::vec(letter, 0..40).prop_map(|letters| letters.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_filter("JSON holds it", |float| float.is_finite()).prop_map(Value::from),
        5 => text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Object>())),
        ]
    })
}

/// Texts that look like YAML.
fn document() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b: ",
        "- ",
        "? ",
        ": ",
        "\n",
        "\n  ",
        "\n    ",
        " ",
        "\t",
        "\"",
        "'",
        "[",
        "]",
        "{",
        "}",
        ",",
        "&a ",
        "*a",
        "*a ",
        "!",
        "!!",
        "!!str ",
        "!!int ",
        "!!set ",
        "!!omap ",
        "!!binary ",
        "!a!b ",
        "!<",
        ">",
        "|",
        "|-\n",
        ">+\n ",
        "|9\n",
        "#",
        " # c\n",
        "---",
        "\n---\n",
        "\n...\n",
        "%YAML 1.1\n",
        "%TAG ! a\n",
        "%",
        "<<: ",
        "<<: *a\n",
        "<<: [*a, *a]\n",
        "=",
        "~",
        "yes",
        "0x",
        "1_0",
        "1:30",
        ".5",
        ".inf",
        "2001-01-01",
        "T1:01:01",
        "\\",
        "\\x4",
        "\\u263a",
        "\\\n",
        "\u{fc}",
        "\u{1f600}",
        "\u{2028}",
        "\u{85}",
        "\r",
        "\r\n",
        "\u{feff}",
        "@",
        "`",
        "::",
        "--",
        "\0",
    ]);
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// Reads a document in both ways; every diagnostic has a place within it.
fn survive(document: &[u8]) -> Result<(), TestCaseError> {
    let read = load("f", document);
    let tree = load_tree("f", document);
    prop_assert!(read.is_err() || tree.is_ok());
    if let Err(mistakes) = read {
        prop_assert!(!mistakes.is_empty());
        let lines = document
            .iter()
            .filter(|byte| matches!(byte, b'\n' | b'\r'))
            .count();
        let others = String::from_utf8_lossy(document)
            .matches(['\u{85}', '\u{2028}', '\u{2029}'])
            .count();
        for mistake in mistakes.iter() {
            prop_assert_eq!(mistake.class.exit_code(), 1, "{}", mistake);
            if let Some(place) = &mistake.place {
                prop_assert!(
                    place.line >= 1 && place.line <= lines + others + 1,
                    "{}",
                    mistake
                );
                prop_assert!(
                    place.column >= 1 && place.column <= document.len() + 1,
                    "{}",
                    mistake
                );
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn values_round_trip(value in value()) {
        let text = dump(&value);
        let document = load("f", text.as_bytes());
        prop_assert_eq!(document.map(|document| document.value), Ok(value), "{}", text);
    }

    #[test]
    fn texts_round_trip_in_every_position(text in text()) {
        let inner = json!([&text, [&text], {"key": &text, &text: [&text]}]);
        for value in [json!(&text), inner] {
            let output = dump(&value);
            let document = load("f", output.as_bytes());
            prop_assert_eq!(document.map(|document| document.value), Ok(value), "{}", output);
        }
    }

    #[test]
    fn random_bytes_do_not_break_the_loader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survive(&bytes)?;
    }

    #[test]
    fn random_text_does_not_break_the_loader(text in "\\PC{0,100}") {
        survive(text.as_bytes())?;
    }

    #[test]
    fn random_yaml_does_not_break_the_loader(document in document()) {
        survive(document.as_bytes())?;
    }

    #[test]
    fn edited_output_does_not_break_the_loader(value in value(), at in any::<prop::sample::Index>(), new in any::<u8>()) {
        let mut bytes = dump(&value).into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = new;
        survive(&bytes)?;
        survive(&bytes[..at])?;
    }
}
