//! What is reported about a value that does not have its shape.

use super::schema::Violation;
use crate::base::path::ValuePath;
use crate::base::shape::{Field, Mismatch, Pattern, Problem, Shape, Type, is_field};
use crate::base::suggest;
use crate::base::text::shorten;
use crate::base::time::Timestamp;
use crate::base::value::{Value, type_name};

/// How many characters of a value a message shows.
const SHOWN: usize = 60;

/// A date and time.
pub const DATE: Shape = Shape::Format(Pattern {
    text: "a date and time like 2030-01-31T12:00:00.000Z",
    matches: |text| Timestamp::parse(text).is_some(),
});

/// Returns every violation of `shape` in `value`, which is at `path`.
pub fn check(shape: &Shape, value: &Value, path: &ValuePath) -> Vec<Violation> {
    let mismatches = shape.check(value, path);
    mismatches.into_iter().filter_map(violation).collect()
}

fn violation(mismatch: Mismatch<'_>) -> Option<Violation> {
    let Mismatch {
        path,
        value,
        problem,
    } = mismatch;
    let excerpt = || shorten(&value.to_string(), SHOWN);
    let unlike =
        |expected: &str| format!("`{path}`: expected {expected}, found {}", type_name(value));
    let is_not = |expected: &str| format!("`{path}`: expected {expected}, found {}", excerpt());
    let length = |what: &str, length: usize, max: usize| {
        format!("`{path}` has {length} {what}, but may have at most {max}")
    };
    let mut help = None;
    let message = match problem {
        Problem::Type(expected) => unlike(describe(expected)),
        Problem::TooLong(max) => {
            let count = value.as_str().map_or(0, |text| text.chars().count());
            length("characters", count, max)
        }
        Problem::TooShort(min) => format!("`{path}` has fewer than {min} characters"),
        Problem::Pattern(pattern) | Problem::Format(pattern) => is_not(pattern.text),
        Problem::NotOneOf(names) => {
            let near = value
                .as_str()
                .and_then(|text| suggest::nearest(text, names.iter().copied()));
            help = near.map(|name| format!("did you mean `{name}`?"));
            is_not(&format!("one of {}", names.join(", ")))
        }
        Problem::TooSmall { number, min } => {
            format!("`{path}` is {number}, but must be at least {min}")
        }
        Problem::TooLarge { number, max } => {
            format!("`{path}` is {number}, but must be at most {max}")
        }
        Problem::TooFew(1) => format!("`{path}` is empty"),
        Problem::TooFew(min) => format!("`{path}` has fewer than {min} items"),
        Problem::TooMany(max) => {
            length("items", value.as_array().map_or(0, |list| list.len()), max)
        }
        Problem::Duplicate(item) => format!(
            "`{path}` contains {} more than once",
            shorten(&item.to_string(), SHOWN)
        ),
        Problem::Missing {
            name,
            fields,
            closed,
        } => {
            let misspelt = misspelt(name, fields, value);
            // In a closed mapping, the unknown key is reported.
            if closed && misspelt.is_some() {
                return None;
            }
            help = misspelt.map(|key| format!("is it misspelt as `{key}`?"));
            format!("`{}` is missing", path.key(name))
        }
        Problem::Unknown(key, fields) => {
            let path = path.key(key);
            let message = format!("unknown field `{path}`");
            let help = Some(suggest::hint(key, names(fields)));
            return Some(Violation::of_value(path, message, help));
        }
        Problem::NoChoice(choice) => unlike(choice.doc),
    };
    Some(Violation::of_value(path, message, help))
}

fn names(fields: &'static [Field]) -> impl Iterator<Item = &'static str> + Clone {
    fields.iter().map(|field| field.name)
}

/// The key of the mapping that is likely a slip for the field `name`.
fn misspelt<'v>(name: &str, fields: &'static [Field], value: &'v Value) -> Option<&'v str> {
    let keys = value.as_object().into_iter().flatten();
    let mut unknown = keys
        .map(|(key, _)| key.as_str())
        .filter(|key| !is_field(fields, key));
    unknown.find(|key| suggest::nearest(key, names(fields)) == Some(name))
}

fn describe(expected: Type) -> &'static str {
    match expected {
        Type::Text => "a string",
        Type::Pattern(pattern) => pattern.text,
        Type::Boolean => "`true` or `false`",
        Type::Number => "a number",
        Type::Integer => "a whole number",
        Type::List => "a list",
        Type::Mapping => "a mapping",
    }
}
