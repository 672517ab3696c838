//! The ordered value tree that YAML is read into, transforms work on, and JSON is written from.
//!
//! Maps keep the order in which their keys were written, since the order of dimensions in a
//! matrix, or of tasks in a kind, shows in the result.
//!
//! A graph holds tens of thousands of tasks that have most of their content in common: what their
//! kind says of all of them, and what they copy from those that they depend on. So values are small,
//! a clone shares what it was cloned from, and only the way down to a change is copied.

mod convert;
mod list;
mod map;
mod python;
mod share;
mod text;
mod tree;

pub use convert::{from_value, to_value};
pub use map::Entry;
pub(in crate::base) use python::push_escape;
pub use python::{py_float, py_repr, py_str};
pub use text::{Str, is_same_text, text};
pub use tree::{List, Number, Object, Value, merge, merge_into, truthy, type_name};

/// Makes a value from JSON notation, in which expressions can be used as values and as keys.
#[macro_export]
#[doc(hidden)]
macro_rules! json_value {
    ($($json:tt)+) => {
        $crate::base::value::Value::from(::serde_json::json!($($json)+))
    };
}

pub use json_value as json;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_small() {
        assert_eq!(size_of::<Object>(), 16);
        assert_eq!(size_of::<Value>(), 24);
    }

    #[test]
    fn merging_appends_lists_and_replaces_keyed_by_values() {
        let base = json!({"a": [1], "b": {"by-level": {"1": 1}}, "c": {"x": 1}, "d": 1});
        let over = json!({"a": [2], "b": {"by-project": {"p": 2}}, "c": {"y": 2}, "d": "s"});
        assert_eq!(
            merge(&base, &over),
            json!({"a": [1, 2], "b": {"by-project": {"p": 2}}, "c": {"x": 1, "y": 2}, "d": "s"})
        );
    }

    #[test]
    fn values_are_written_as_python_writes_them() {
        let value = json!([null, true, 1, 1.0, 1e16, 1e-5, 0.1, "it's", "a\nb", {"k": "\""}]);
        assert_eq!(
            py_repr(&value),
            r#"[None, True, 1, 1.0, 1e+16, 1e-05, 0.1, "it's", 'a\nb', {'k': '"'}]"#
        );
        assert_eq!(py_str(&json!("it's")), "it's");
    }
}
