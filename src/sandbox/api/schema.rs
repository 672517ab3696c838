//! The schemas of request bodies.
//!
//! All errors of a body are collected, in the words of the services' own validator.

use crate::base::path::{Step, ValuePath};
use crate::base::shape::{Mismatch, Problem, Shape, Type};
use crate::base::value::Value;
use crate::sandbox::error::{ErrorCode, ServiceError};

/// A named shape of a body.
pub(crate) struct Schema {
    /// The name that error messages quote.
    pub(crate) name: &'static str,
    /// The shape.
    pub(crate) shape: Shape,
}

impl Schema {
    /// Checks a body; the error lists every mistake.
    pub(crate) fn check(&self, body: &serde_json::Value) -> Result<(), ServiceError> {
        let body = Value::from(body.clone());
        let mismatches = self.shape.check(&body, &ValuePath::root());
        let mut problems: Vec<String> = mismatches.iter().map(words).collect();
        // The validator does not say which items are there twice.
        problems.dedup();
        if problems.is_empty() {
            return Ok(());
        }
        Err(ServiceError::new(
            ErrorCode::InputValidationError,
            format!(
                "\nSchema Validation Failed!\nRejecting Schema: {}\nErrors:\n  * {}",
                self.name,
                problems.join("\n  * ")
            ),
        ))
    }
}

/// A mismatch in the validator's words.
fn words(mismatch: &Mismatch<'_>) -> String {
    let mut at = "data".to_owned();
    for step in &mismatch.path.0 {
        at.push('/');
        match step {
            Step::Key(key) => at.push_str(key),
            Step::Index(index) => at.push_str(&index.to_string()),
        }
    }
    let problem = match &mismatch.problem {
        Problem::Type(Type::Text | Type::Pattern(_)) => "must be string".to_owned(),
        Problem::Type(Type::Boolean) => "must be boolean".to_owned(),
        Problem::Type(Type::Number) => "must be number".to_owned(),
        Problem::Type(Type::Integer) => "must be integer".to_owned(),
        Problem::Type(Type::List) => "must be array".to_owned(),
        Problem::Type(Type::Mapping) => "must be object".to_owned(),
        Problem::TooShort(min) => format!("must NOT have fewer than {min} characters"),
        Problem::TooLong(max) => format!("must NOT have more than {max} characters"),
        Problem::Pattern(pattern) => format!("must match pattern \"{}\"", pattern.text),
        Problem::Format(format) => format!("must match format \"{}\"", format.text),
        Problem::NotOneOf(_) => "must be equal to one of the allowed values".to_owned(),
        Problem::TooSmall { min, .. } => format!("must be >= {min}"),
        Problem::TooLarge { max, .. } => format!("must be <= {max}"),
        Problem::TooFew(min) => format!("must NOT have fewer than {min} items"),
        Problem::TooMany(max) => format!("must NOT have more than {max} items"),
        Problem::Duplicate(_) => "must NOT have duplicate items".to_owned(),
        Problem::Missing { name, .. } => format!("must have required property '{name}'"),
        Problem::Unknown(name, _) => {
            format!(
                "must NOT have additional properties: {}",
                Value::from(*name)
            )
        }
        Problem::NoChoice(_) => "must match exactly one schema in oneOf".to_owned(),
    };
    format!("{at} {problem}")
}
