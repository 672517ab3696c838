//! Compares regular expressions with Python's, over the table in `patterns/cases.json` that
//! `patterns/make_cases.py` writes.

use snowman::base::pattern::{PatternError, Prefix};
use snowman::base::value::Value;

/// Patterns that Python takes and we refuse, with the reason.
const REFUSED_ON_PURPOSE: &[(&str, &[&str])] = &[
    ("no text holds half a character", &[r"\ud800"]),
    (
        "the names of all characters would have to be known",
        &[r"\N{DIGIT ONE}"],
    ),
];

fn on_purpose(pattern: &str) -> bool {
    let mut all = REFUSED_ON_PURPOSE.iter().flat_map(|(_, all)| *all);
    all.any(|one| *one == pattern)
}

/// A letter for each text, as the table has them.
fn found(pattern: Result<Prefix, PatternError>, texts: &[&str]) -> Result<String, PatternError> {
    let pattern = pattern?;
    let letter = |text: &&str| if pattern.matches(text) { '+' } else { '-' };
    Ok(texts.iter().map(letter).collect())
}

#[test]
fn patterns_match_as_in_python() {
    let table: Value = serde_json::from_str(include_str!("patterns/cases.json")).expect("a table");
    let texts = table["texts"].as_array().expect("a list");
    let texts: Vec<&str> = texts
        .iter()
        .map(|text| text.as_str().expect("a text"))
        .collect();
    let rows = table["patterns"].as_array().expect("a list");
    let mut wrong = Vec::new();
    for row in rows {
        let pattern = row[0].as_str().expect("a pattern");
        let alone = found(Prefix::new(pattern), &texts);
        let tied = found(Prefix::to_end(pattern), &texts);
        for (how, ours, theirs) in [("", alone, &row[1]), ("$", tied, &row[2])] {
            let same = ours.as_deref().ok() == theirs.as_str();
            // Who is on the list has to be refused.
            if same == on_purpose(pattern) {
                wrong.push(format!("{pattern:?}{how}: theirs {theirs}, ours {ours:?}"));
            }
        }
    }
    assert!(rows.len() > 1500, "there are {} patterns", rows.len());
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
