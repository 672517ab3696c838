//! Shapes of values: what a request, a task definition or a payload may look like.
//!
//! Shapes are constants. Checking one yields every [`Mismatch`], those of a list or mapping before
//! those of its members; the caller words them. An integer may be written with a fraction of zero,
//! and lengths are counted in characters, as the services' validators do.

use std::collections::BTreeSet;

use super::json::compact_sorted;
use super::path::ValuePath;
use super::value::{Object, Value};

/// What a value may look like.
pub enum Shape {
    /// Anything.
    Any,
    /// A text.
    Text {
        /// The fewest characters.
        min: usize,
        /// The most characters.
        max: usize,
        /// What it has to match.
        pattern: Option<Pattern>,
    },
    /// A text in a format, such as a date.
    Format(Pattern),
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// An integer in a range.
    Integer {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list.
    List(&'static List),
    /// A mapping of any keys to values of one shape.
    Map(&'static Shape),
    /// A mapping with these fields and no others.
    Object(&'static [Field]),
    /// A mapping with these fields, and any others.
    Open(&'static [Field]),
    /// One of several shapes; the value determines which.
    Choice(&'static Choice),
}

/// What a text may look like.
#[derive(Debug, Clone, Copy)]
pub struct Pattern {
    /// What messages quote: a description, or a regular expression.
    pub text: &'static str,
    /// Whether a text matches.
    pub matches: fn(&str) -> bool,
}

/// What a list may hold.
pub struct List {
    /// The shape of each item.
    pub items: Shape,
    /// The fewest items.
    pub min: usize,
    /// The most items.
    pub max: usize,
    /// Whether no two may be equal.
    pub unique: bool,
}

/// A field of a mapping.
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Whether it has to be there.
    pub required: bool,
    /// What it may look like.
    pub shape: Shape,
}

/// Several shapes; the value determines which applies.
pub struct Choice {
    /// What they are together.
    pub doc: &'static str,
    /// Returns the shape that a value has to have.
    pub pick: fn(&Value) -> Option<&'static Shape>,
}

/// A text of any length.
pub const TEXT: Shape = text(usize::MAX);

/// A text of at most `max` characters.
#[must_use]
pub const fn text(max: usize) -> Shape {
    Shape::Text {
        min: 0,
        max,
        pattern: None,
    }
}

/// A text that matches a pattern.
#[must_use]
pub const fn pattern(text: &'static str, matches: fn(&str) -> bool) -> Shape {
    Shape::Text {
        min: 0,
        max: usize::MAX,
        pattern: Some(Pattern { text, matches }),
    }
}

/// A field that has to be there.
#[must_use]
pub const fn required(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        required: true,
        shape,
    }
}

/// A field that may be left out.
#[must_use]
pub const fn optional(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        required: false,
        shape,
    }
}

/// A part of a value that does not have its shape.
pub struct Mismatch<'v> {
    /// Where it is.
    pub path: ValuePath,
    /// The part.
    pub value: &'v Value,
    /// What is wrong with it.
    pub problem: Problem<'v>,
}

impl<'v> Mismatch<'v> {
    fn new(path: &ValuePath, value: &'v Value, problem: Problem<'v>) -> Self {
        Self {
            path: path.clone(),
            value,
            problem,
        }
    }
}

/// What is wrong with a part of a value.
pub enum Problem<'v> {
    /// It is of another type.
    Type(Type),
    /// It has fewer characters than this.
    TooShort(usize),
    /// It has more characters than this.
    TooLong(usize),
    /// It does not match this pattern.
    Pattern(Pattern),
    /// It is not in this format.
    Format(Pattern),
    /// It is not one of these.
    NotOneOf(&'static [&'static str]),
    /// It is an integer less than the minimum.
    TooSmall {
        /// The integer.
        number: i64,
        /// The minimum.
        min: i64,
    },
    /// It is an integer greater than the maximum.
    TooLarge {
        /// The integer.
        number: i64,
        /// The maximum.
        max: i64,
    },
    /// It has fewer items than this.
    TooFew(usize),
    /// It has more items than this.
    TooMany(usize),
    /// It has this item more than once.
    Duplicate(&'v Value),
    /// It lacks a field.
    Missing {
        /// The name of the field.
        name: &'static str,
        /// All fields of its shape.
        fields: &'static [Field],
        /// Whether it may have no others.
        closed: bool,
    },
    /// It has a field of this name, which is not one of its shape.
    Unknown(&'v str, &'static [Field]),
    /// It has none of the shapes of a choice.
    NoChoice(&'static Choice),
}

/// The type that a shape expects.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// A text.
    Text,
    /// A text that matches a pattern or is in a format.
    Pattern(Pattern),
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// An integer.
    Integer,
    /// A list.
    List,
    /// A mapping.
    Mapping,
}

impl Shape {
    /// Returns everything in `value`, which is at `path`, that does not have this shape.
    pub fn check<'v>(&self, value: &'v Value, path: &ValuePath) -> Vec<Mismatch<'v>> {
        let mut found = Vec::new();
        self.check_at(value, path, &mut found);
        found
    }

    fn check_at<'v>(&self, value: &'v Value, path: &ValuePath, found: &mut Vec<Mismatch<'v>>) {
        let mut report = |problem| found.push(Mismatch::new(path, value, problem));
        match self {
            Self::Any => {}
            Self::Text { min, max, pattern } => match value.as_str() {
                None => report(Problem::Type(pattern.map_or(Type::Text, Type::Pattern))),
                Some(text) => {
                    if text.len() > *max && text.chars().count() > *max {
                        report(Problem::TooLong(*max));
                    }
                    if *min > 0 && text.chars().count() < *min {
                        report(Problem::TooShort(*min));
                    }
                    if let Some(pattern) = pattern.filter(|pattern| !(pattern.matches)(text)) {
                        report(Problem::Pattern(pattern));
                    }
                }
            },
            Self::Format(format) => match value.as_str() {
                None => report(Problem::Type(Type::Pattern(*format))),
                Some(text) if !(format.matches)(text) => report(Problem::Format(*format)),
                Some(_) => {}
            },
            Self::Boolean => {
                if !value.is_boolean() {
                    report(Problem::Type(Type::Boolean));
                }
            }
            Self::Number => {
                if !value.is_number() {
                    report(Problem::Type(Type::Number));
                }
            }
            Self::Integer { min, max } => match integer(value) {
                None => report(Problem::Type(Type::Integer)),
                Some(number) if number < *min => report(Problem::TooSmall { number, min: *min }),
                Some(number) if number > *max => report(Problem::TooLarge { number, max: *max }),
                Some(_) => {}
            },
            Self::OneOf(texts) => {
                if !value.as_str().is_some_and(|text| texts.contains(&text)) {
                    report(Problem::NotOneOf(texts));
                }
            }
            Self::List(list) => list.check_at(value, path, found),
            Self::Map(shape) => match value.as_object() {
                None => report(Problem::Type(Type::Mapping)),
                Some(map) => {
                    for (key, item) in map {
                        shape.check_at(item, &path.key(key), found);
                    }
                }
            },
            Self::Object(fields) => match value.as_object() {
                None => report(Problem::Type(Type::Mapping)),
                Some(map) => {
                    check_fields(fields, true, value, map, path, found);
                    for key in map.keys().filter(|key| !is_field(fields, key)) {
                        let problem = Problem::Unknown(key, fields);
                        found.push(Mismatch::new(path, value, problem));
                    }
                }
            },
            Self::Open(fields) => match value.as_object() {
                None => report(Problem::Type(Type::Mapping)),
                Some(map) => check_fields(fields, false, value, map, path, found),
            },
            Self::Choice(choice) => match (choice.pick)(value) {
                Some(shape) => shape.check_at(value, path, found),
                None => report(Problem::NoChoice(choice)),
            },
        }
    }
}

impl List {
    fn check_at<'v>(&self, value: &'v Value, path: &ValuePath, found: &mut Vec<Mismatch<'v>>) {
        let mut report = |problem| found.push(Mismatch::new(path, value, problem));
        let Some(items) = value.as_array() else {
            report(Problem::Type(Type::List));
            return;
        };
        if items.len() < self.min {
            report(Problem::TooFew(self.min));
        }
        if items.len() > self.max {
            report(Problem::TooMany(self.max));
        }
        if self.unique {
            let mut seen = BTreeSet::new();
            let mut repeated = BTreeSet::new();
            for item in items.iter() {
                let text = compact_sorted(item);
                if !seen.insert(text.clone()) && repeated.insert(text) {
                    report(Problem::Duplicate(item));
                }
            }
        }
        for (index, item) in items.iter().enumerate() {
            self.items.check_at(item, &path.index(index), found);
        }
    }
}

/// Checks the fields of a mapping, which may have no others if it is closed.
fn check_fields<'v>(
    fields: &'static [Field],
    closed: bool,
    value: &'v Value,
    map: &'v Object,
    path: &ValuePath,
    found: &mut Vec<Mismatch<'v>>,
) {
    for field in fields {
        match map.get(field.name) {
            Some(value) => field.shape.check_at(value, &path.key(field.name), found),
            None if field.required => {
                let problem = Problem::Missing {
                    name: field.name,
                    fields,
                    closed,
                };
                found.push(Mismatch::new(path, value, problem));
            }
            None => {}
        }
    }
}

/// Whether a field has this name.
#[must_use]
pub fn is_field(fields: &[Field], name: &str) -> bool {
    fields.iter().any(|field| field.name == name)
}

/// Returns the number if it is an integer.
fn integer(value: &Value) -> Option<i64> {
    let float = value.as_f64()?;
    value
        .as_i64()
        .or_else(|| (float.fract() == 0.0).then_some(float as i64))
}
