//! How new data are laid over what a release already has.

use crate::base::value::{Object, Value};

/// What becomes of a list where there is one already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lists {
    /// The new items come after the old ones: so merges the worker for the second API.
    Append,
    /// The new list replaces the old one: so merges the update server, and the worker for the first API.
    Replace,
}

/// Lays `new` over `old`: mappings merge, and anything else replaces what was there, save for lists.
pub fn merge_into(old: &mut Object, new: &Object, lists: Lists) {
    for (key, value) in new {
        match (old.get_mut(key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => merge_into(below, above, lists),
            (Some(Value::Array(below)), Value::Array(above)) if lists == Lists::Append => {
                below.extend(above.iter().cloned());
            }
            _ => {
                old.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    fn merged(lists: Lists) -> Value {
        let mut old = json!({"a": [1], "b": {"c": 1, "by-d": [1]}, "e": {"f": 1}});
        let new = json!({"a": [1], "b": {"by-d": [2]}, "e": 7});
        if let (Some(old), Some(new)) = (old.as_object_mut(), new.as_object()) {
            merge_into(old, new, lists);
        }
        old
    }

    #[test]
    fn lists_are_appended_or_replaced() {
        assert_eq!(
            merged(Lists::Append),
            json!({"a": [1, 1], "b": {"c": 1, "by-d": [1, 2]}, "e": 7})
        );
        assert_eq!(
            merged(Lists::Replace),
            json!({"a": [1], "b": {"c": 1, "by-d": [2]}, "e": 7})
        );
    }
}
