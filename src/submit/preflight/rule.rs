//! A small language for what a definition and a payload may hold.
//!
//! Rules are constants. Checking yields every violation with its path. A whole number may be written
//! with a fraction of zero, and lengths are counted in characters, as the services' validators do.

use std::collections::BTreeSet;

use crate::base::json::compact_sorted;
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::time::Timestamp;
use crate::base::value::{Object, Value, type_name};
use crate::config::schema::Violation;

/// What a value may be.
pub enum Rule {
    /// Anything.
    Any,
    /// A text of at most so many characters.
    Text(usize),
    /// A text of a form.
    Form(&'static Form),
    /// `true` or `false`.
    Flag,
    /// A moment, as RFC 3339 writes it.
    Date,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A whole number from one to another.
    Whole(i64, i64),
    /// A list.
    List(&'static List),
    /// A mapping of any names to values of one rule.
    Map(&'static Rule),
    /// A mapping with these fields and no other.
    Fields(&'static [Field]),
    /// One of several rules, which the value itself tells apart.
    Either(&'static Either),
}

/// The form of a text.
pub struct Form {
    /// What it is, after "where … is expected".
    pub doc: &'static str,
    /// Whether a text has it.
    pub fits: fn(&str) -> bool,
}

/// What a list may hold.
pub struct List {
    /// The rule of each item.
    pub of: Rule,
    /// The fewest items.
    pub least: usize,
    /// The most items.
    pub most: usize,
    /// Whether no two may be the same.
    pub distinct: bool,
}

/// A field of a mapping.
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it may be.
    pub rule: Rule,
}

/// Rules that the value itself tells apart.
pub struct Either {
    /// What they are together, after "where … is expected".
    pub doc: &'static str,
    /// The rule for a value.
    pub pick: fn(&Value) -> Option<&'static Rule>,
}

/// A text of any length.
pub const TEXT: Rule = Rule::Text(usize::MAX);

/// A field that must be there.
pub const fn need(name: &'static str, rule: Rule) -> Field {
    Field {
        name,
        required: true,
        rule,
    }
}

/// A field that need not be there.
pub const fn may(name: &'static str, rule: Rule) -> Field {
    Field {
        name,
        required: false,
        rule,
    }
}

impl Rule {
    /// Adds every violation in `value`, which stands at `path`.
    pub fn check(&self, value: &Value, path: &ValuePath, found: &mut Vec<Violation>) {
        let mut tell = |message: String| found.push(violation(path, message));
        match self {
            Self::Any => {}
            Self::Text(most) => match value.as_str() {
                None => tell(unlike(path, value, "a string")),
                Some(text) if text.len() > *most && text.chars().count() > *most => {
                    tell(format!(
                        "`{path}` has {} characters, and may have at most {most}",
                        text.chars().count()
                    ));
                }
                Some(_) => {}
            },
            Self::Form(form) => match value.as_str() {
                None => tell(unlike(path, value, form.doc)),
                Some(text) if !(form.fits)(text) => tell(format!(
                    "`{path}` is {}, where {} is expected",
                    shortened(value),
                    form.doc
                )),
                Some(_) => {}
            },
            Self::Flag => {
                if !value.is_boolean() {
                    tell(unlike(path, value, "`true` or `false`"));
                }
            }
            Self::Date => match value.as_str() {
                None => tell(unlike(path, value, "a date and time")),
                Some(text) if Timestamp::parse(text).is_none() => tell(format!(
                    "`{path}` is {}, where a date and time like 2030-01-31T12:00:00.000Z is expected",
                    shortened(value)
                )),
                Some(_) => {}
            },
            Self::OneOf(names) => {
                if !value.as_str().is_some_and(|text| names.contains(&text)) {
                    let help = value
                        .as_str()
                        .map(|text| suggest::hint(text, names.iter().copied()));
                    found.push(Violation {
                        path: path.clone(),
                        message: format!(
                            "`{path}` is {}, where one of {} is expected",
                            shortened(value),
                            names.join(", ")
                        ),
                        help: help.filter(|help| help.starts_with("did you mean")),
                    });
                }
            }
            Self::Whole(least, most) => match whole(value) {
                None => tell(unlike(path, value, "a whole number")),
                Some(number) if number < *least => {
                    tell(format!(
                        "`{path}` is {number}, and may be no less than {least}"
                    ));
                }
                Some(number) if number > *most => {
                    tell(format!(
                        "`{path}` is {number}, and may be no more than {most}"
                    ));
                }
                Some(_) => {}
            },
            Self::List(list) => list.check(value, path, found),
            Self::Map(rule) => match value.as_object() {
                None => tell(unlike(path, value, "a mapping")),
                Some(map) => {
                    for (key, item) in map {
                        rule.check(item, &path.key(key), found);
                    }
                }
            },
            Self::Fields(fields) => match value.as_object() {
                None => tell(unlike(path, value, "a mapping")),
                Some(map) => check_fields(fields, map, path, found),
            },
            Self::Either(either) => match (either.pick)(value) {
                Some(rule) => rule.check(value, path, found),
                None => tell(unlike(path, value, either.doc)),
            },
        }
    }
}

impl List {
    fn check(&self, value: &Value, path: &ValuePath, found: &mut Vec<Violation>) {
        let Some(items) = value.as_array() else {
            found.push(violation(path, unlike(path, value, "a list")));
            return;
        };
        if items.len() < self.least {
            found.push(violation(path, format!("`{path}` is empty")));
        }
        if items.len() > self.most {
            found.push(violation(
                path,
                format!(
                    "`{path}` has {} items, and may have at most {}",
                    items.len(),
                    self.most
                ),
            ));
        }
        if self.distinct {
            let mut seen = BTreeSet::new();
            let mut told = BTreeSet::new();
            for item in items.iter() {
                let text = compact_sorted(item);
                if !seen.insert(text.clone()) && told.insert(text) {
                    found.push(violation(
                        path,
                        format!("`{path}` holds {} more than once", shortened(item)),
                    ));
                }
            }
        }
        for (index, item) in items.iter().enumerate() {
            self.of.check(item, &path.index(index), found);
        }
    }
}

fn check_fields(
    fields: &'static [Field],
    map: &Object,
    path: &ValuePath,
    found: &mut Vec<Violation>,
) {
    let names = || fields.iter().map(|field| field.name);
    let unknown = |key: &str| names().all(|name| name != key);
    // A key that was only misspelt is told of once.
    let misspelt = |name: &str| {
        map.keys()
            .any(|key| unknown(key) && suggest::nearest(key, names()) == Some(name))
    };
    for field in fields {
        match map.get(field.name) {
            Some(value) => field.rule.check(value, &path.key(field.name), found),
            None if field.required && !misspelt(field.name) => {
                found.push(violation(
                    path,
                    format!("`{}` is missing", path.key(field.name)),
                ));
            }
            None => {}
        }
    }
    for key in map.keys().filter(|key| unknown(key)) {
        found.push(Violation {
            path: path.key(key),
            message: format!("`{}` is not known", path.key(key)),
            help: Some(suggest::hint(key, names())),
        });
    }
}

/// The number, if it is whole.
fn whole(value: &Value) -> Option<i64> {
    let float = value.as_f64()?;
    value
        .as_i64()
        .or_else(|| (float.fract() == 0.0).then_some(float as i64))
}

fn violation(path: &ValuePath, message: String) -> Violation {
    Violation {
        path: path.clone(),
        message,
        help: None,
    }
}

fn unlike(path: &ValuePath, value: &Value, expected: &str) -> String {
    format!(
        "`{path}` is {}, where {expected} is expected",
        type_name(value)
    )
}

/// A value as a message shows it.
pub fn shortened(value: &Value) -> String {
    const SHOWN: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
