//! When two keys of a mapping are the same, as Python's dict sees it.

use chrono::DateTime;

use crate::config::yaml::tree::Data;

/// A key in a form that can be compared.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Null,
    /// Equal numbers are equal keys, whatever their types: `1`, `1.0` and `true`.
    Number(String),
    Str(String),
    /// A date, or a date and time without a zone.
    Timestamp(String),
    /// A moment, whatever its zone: microseconds since 1970.
    Moment(i64),
    Binary(Vec<u8>),
}

impl Key {
    /// The key, unless it is of a kind that Python cannot hash.
    pub(super) fn from_data(data: &Data) -> Option<Self> {
        Some(match data {
            Data::Null => Self::Null,
            Data::Bool(value) => Self::Number(u8::from(*value).to_string()),
            Data::Int(number) => Self::Number(number.to_string()),
            Data::Float(float) if *float == 0.0 => Self::Number("0".to_owned()),
            // All digits are written, so a whole float equals its integer.
            Data::Float(float) if float.fract() == 0.0 => Self::Number(format!("{float:.0}")),
            Data::Float(float) => Self::Number(format!("{float}")),
            Data::Str(text) => Self::Str(text.clone()),
            Data::Timestamp(text) => match DateTime::parse_from_rfc3339(text) {
                Ok(moment) => Self::Moment(moment.timestamp_micros()),
                Err(_) => Self::Timestamp(text.clone()),
            },
            Data::Binary(bytes) => Self::Binary(bytes.clone()),
            Data::List(_) | Data::Map(_) | Data::Set(_) | Data::Pairs(_) => return None,
        })
    }
}
