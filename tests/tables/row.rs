//! Tables, their rows, and what comparing a row yields.

use std::path::Path;

use serde_json::{Map, Value};

/// A file of rows, and how its rows are compared.
pub struct Table {
    /// The name of the file, relative to the folder of all tables.
    pub file: &'static str,
    /// How its rows are compared.
    pub compare: Compare,
}

/// How the rows of a table are compared.
pub enum Compare {
    /// Each item of `rows` by itself.
    Rows(fn(&Value) -> Verdict),
    /// The whole file at once, which yields a verdict for each row. The path is the folder of all tables.
    Whole(fn(&Path, &Value) -> Vec<Verdict>),
}

impl Table {
    /// A table whose rows are compared one by one.
    pub const fn of_rows(file: &'static str, compare: fn(&Value) -> Verdict) -> Self {
        let compare = Compare::Rows(compare);
        Self { file, compare }
    }

    /// A table with files beside it, which is compared as a whole.
    pub const fn of_files(file: &'static str, compare: fn(&Path, &Value) -> Vec<Verdict>) -> Self {
        let compare = Compare::Whole(compare);
        Self { file, compare }
    }

    /// The verdicts about all rows.
    pub fn verdicts(&self, folder: &Path, content: &Value) -> Vec<Verdict> {
        match self.compare {
            Compare::Whole(compare) => compare(folder, content),
            Compare::Rows(compare) => match content["rows"].as_array() {
                Some(rows) => rows.iter().map(compare).collect(),
                None => vec![Verdict::Wrong("the file has no list `rows`".to_owned())],
            },
        }
    }
}

/// The result of a row.
pub enum Verdict {
    /// The answers are equal.
    Right,
    /// The answers differ, as the text describes.
    Wrong(String),
    /// The real program crashes, and ours has an answer.
    Crashed,
}

/// Reports a row whose fields are other than expected.
pub type Malformed = String;

impl Verdict {
    /// Whether two values are equal; `what` names them if they are not.
    pub fn equal(what: &str, ours: &Value, theirs: &Value) -> Self {
        if ours == theirs {
            Self::Right
        } else {
            Self::Wrong(format!("{what}: {ours} instead of {theirs}"))
        }
    }

    /// Compares a result or error message with an answer: `{"ok": VALUE}`, or `{"error": CLASS, "message":
    /// TEXT}`.
    ///
    /// Where the real program crashes, ours should report an error, whose words are its own.
    pub fn answer(what: &str, ours: Result<Value, String>, theirs: &Value) -> Self {
        let class = theirs["error"].as_str();
        match (ours, theirs.get("ok"), class) {
            (Ok(ours), Some(theirs), _) => Self::equal(what, &ours, theirs),
            (Err(_), None, Some(class)) if is_crash(class) => Self::Right,
            (Ok(_), None, Some(class)) if is_crash(class) => Self::Crashed,
            (Err(ours), None, Some(_)) => Self::equal(what, &ours.into(), &theirs["message"]),
            (ours, ..) => Self::Wrong(format!("{what}: {ours:?} instead of {theirs}")),
        }
    }

    /// The verdict about a row of several answers: the first that is not right.
    pub fn all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        let mut verdicts = verdicts.into_iter();
        let other = verdicts.find(|verdict| !matches!(verdict, Self::Right));
        other.unwrap_or(Self::Right)
    }

    /// The verdict about a row, or that it is malformed.
    pub fn of(row: &Value, compare: impl FnOnce(&Value) -> Result<Self, Malformed>) -> Self {
        compare(row).unwrap_or_else(|why| Self::Wrong(format!("{why} in {row}")))
    }
}

/// Whether an exception of Python is one that nobody raises on purpose.
pub fn is_crash(class: &str) -> bool {
    CRASHES.contains(&class)
}

const CRASHES: &[&str] = &[
    "AssertionError",
    "AttributeError",
    "IndexError",
    "KeyError",
    "RecursionError",
    "TypeError",
    "UnboundLocalError",
];

/// A text of a row.
pub fn text<'r>(row: &'r Value, key: &str) -> Result<&'r str, Malformed> {
    row[key].as_str().ok_or_else(|| format!("no text `{key}`"))
}

/// A number of a row.
pub fn number(row: &Value, key: &str) -> Result<u64, Malformed> {
    row[key]
        .as_u64()
        .ok_or_else(|| format!("no number `{key}`"))
}

/// A list of a row.
pub fn list<'r>(row: &'r Value, key: &str) -> Result<&'r [Value], Malformed> {
    let list = row[key]
        .as_array()
        .ok_or_else(|| format!("no list `{key}`"))?;
    Ok(list)
}

/// A list of texts of a row.
pub fn texts<'r>(row: &'r Value, key: &str) -> Result<Vec<&'r str>, Malformed> {
    let texts: Option<Vec<&str>> = list(row, key)?.iter().map(Value::as_str).collect();
    texts.ok_or_else(|| format!("other items than texts in `{key}`"))
}

/// A mapping of a row.
pub fn mapping<'r>(row: &'r Value, key: &str) -> Result<&'r Map<String, Value>, Malformed> {
    row[key]
        .as_object()
        .ok_or_else(|| format!("no mapping `{key}`"))
}
