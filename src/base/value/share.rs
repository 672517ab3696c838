//! Reduces the memory of values that are kept.
//!
//! A task is usually similar to the previous task of its kind; often only a name differs. So a value
//! that is kept shares with the previous value everything that is equal in the same place. Containers
//! of the rest are shrunk to fit.

use ecow::EcoVec;

use super::text::{Str, is_same_text};
use super::tree::{List, Number, Object, Value};

impl Value {
    /// Shares with `like` the parts that are equal there, and shrinks unshared containers to fit.
    /// Returns whether the whole value is equal, in the same order.
    pub fn share_with(&mut self, like: &Self) -> bool {
        match (self, like) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(own), Self::Bool(like)) => own == like,
            (Self::Number(own), Self::Number(like)) => is_written_same(own, like),
            (Self::String(own), Self::String(like)) => share_text_with(own, like),
            (Self::Array(own), Self::Array(like)) => own.share_with(like),
            (Self::Object(own), Self::Object(like)) => own.share_with(like),
            (Self::Array(own), _) => own.share_with(&List::new()),
            (Self::Object(own), _) => own.share_with(&Object::new()),
            (Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_), _) => false,
        }
    }
}

impl Object {
    /// As [`Value::share_with`].
    pub fn share_with(&mut self, like: &Self) -> bool {
        if self.is_same(like) {
            return true;
        }
        // What is shared already is left as it is, unless it can be shared as a whole.
        if !self.entries_mut().is_unique() {
            let is_same = is_same_in_order(self, like);
            if is_same {
                *self = like.clone();
            }
            return is_same;
        }
        let mut is_same = self.len() == like.len();
        let entries = self.entries_mut();
        for (position, (key, value)) in entries.make_mut().iter_mut().enumerate() {
            let here = like.entries().get(position);
            if let Some((name, like)) = here.filter(|(name, _)| is_same_text(name, key)) {
                share_text(key, name);
                is_same &= value.share_with(like);
            } else {
                is_same = false;
                match like.get_key_value(key) {
                    Some((name, like)) => {
                        share_text(key, name);
                        value.share_with(like)
                    }
                    None => value.share_with(&Value::Null),
                };
            }
        }
        if is_same {
            *self = like.clone();
        } else {
            tighten(entries);
        }
        is_same
    }
}

impl List {
    /// As [`Value::share_with`].
    fn share_with(&mut self, like: &Self) -> bool {
        if self.is_same(like) {
            return true;
        }
        if !self.items_mut().is_unique() {
            let is_same = is_same_list(self, like);
            if is_same {
                *self = like.clone();
            }
            return is_same;
        }
        let mut is_same = self.len() == like.len();
        let items = self.items_mut();
        for (position, value) in items.make_mut().iter_mut().enumerate() {
            is_same &= value.share_with(like.get(position).unwrap_or(&Value::Null));
        }
        if is_same {
            *self = like.clone();
        } else {
            tighten(items);
        }
        is_same
    }
}

fn share_text_with(own: &mut Str, like: &Str) -> bool {
    let is_same = is_same_text(own, like);
    if is_same {
        share_text(own, like);
    }
    is_same
}

/// Shares a text that is the same. A short one is held in place, where there is nothing to share.
fn share_text(own: &mut Str, like: &Str) {
    if own.len() > Str::INLINE_LIMIT && own.as_ptr() != like.as_ptr() {
        own.clone_from(like);
    }
}

/// Whether two values are written in the same way.
fn is_same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => is_written_same(one, other),
        (Value::Array(one), Value::Array(other)) => is_same_list(one, other),
        (Value::Object(one), Value::Object(other)) => is_same_in_order(one, other),
        (one, other) => one == other,
    }
}

fn is_same_list(one: &List, other: &List) -> bool {
    let is_equal = |(one, other)| is_same_value(one, other);
    one.is_same(other) || one.len() == other.len() && one.iter().zip(other).all(is_equal)
}

fn is_same_in_order(one: &Object, other: &Object) -> bool {
    one.is_same(other)
        || one.len() == other.len()
            && one
                .iter()
                .zip(other)
                .all(|((name, value), (key, other))| name == key && is_same_value(value, other))
}

/// Zero has two signs, which are equal and written differently.
fn is_written_same(one: &Number, other: &Number) -> bool {
    let sign = |number: &Number| number.as_f64().is_some_and(f64::is_sign_negative);
    one == other && sign(one) == sign(other)
}

fn tighten<T: Clone>(values: &mut EcoVec<T>) {
    if values.capacity() > values.len() {
        *values = std::mem::take(values).into_iter().collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    fn object(value: Value) -> Object {
        value.as_object().cloned().unwrap_or_default()
    }

    fn inner<'v>(map: &'v Object, key: &str) -> &'v Object {
        match map.get(key) {
            Some(Value::Object(inner)) => inner,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn unshared_containers_are_shrunk() {
        let roomy = || {
            let mut map = Object::with_capacity(8);
            map.insert("a", 1);
            map
        };
        let shared = roomy();
        let mut outer = Object::with_capacity(8);
        outer.insert("own", roomy());
        outer.insert("shared", shared.clone());
        let before = outer.clone();
        assert!(!outer.share_with(&Object::new()));
        assert_eq!(outer.entries().capacity(), 8, "it is shared");
        drop(before);
        assert!(!outer.share_with(&Object::new()));
        assert_eq!(outer.entries().capacity(), 2);
        assert_eq!(inner(&outer, "own").entries().capacity(), 1);
        assert!(inner(&outer, "shared").is_same(&shared));
        assert_eq!(outer, Object::from([("own", roomy()), ("shared", roomy())]));
    }

    #[test]
    fn equal_values_in_the_same_place_are_shared() {
        let text = "a text that is too long to be held in place";
        let task = |name: &str| {
            object(json!({
                "name": name,
                "list": [{"a": [1, null]}, true],
                "map": {"x": text, "y": {"z": name}, "same": {"k": text}},
            }))
        };
        let first = task("one");
        let mut second = task("two");
        assert!(!second.share_with(&first));
        assert_eq!(second, task("two"));
        let ours = inner(&second, "map");
        let theirs = inner(&first, "map");
        assert!(inner(ours, "same").is_same(inner(theirs, "same")));
        assert!(!inner(ours, "y").is_same(inner(theirs, "y")));
        let start = |map: &Object| map["x"].as_str().map(str::as_ptr);
        assert_eq!(start(ours), start(theirs));
        let list = |map: &Object| map["list"].as_array().cloned().unwrap_or_default();
        assert!(list(&second).is_same(&list(&first)));
        let mut third = task("two");
        assert!(third.share_with(&second));
        assert!(third.is_same(&second));
    }

    #[test]
    fn moved_keys_are_shared_and_keep_their_order() {
        let key = "a key that is too long to be held in place";
        let first = Object::from([("a", json!(1)), (key, json!({"b": 2}))]);
        let mut second = Object::from([(key, json!({"b": 2})), ("c", json!(3))]);
        assert!(!second.share_with(&first));
        assert!(inner(&second, key).is_same(inner(&first, key)));
        assert_eq!(second.keys().collect::<Vec<_>>(), [key, "c"]);
        let mut turned = Object::from([(key, json!({"b": 2})), ("a", json!(1))]);
        assert!(!turned.share_with(&first), "another order is not the same");
        assert_eq!(turned.keys().collect::<Vec<_>>(), [key, "a"]);
    }

    #[test]
    fn values_with_other_spellings_are_not_shared() {
        for (one, other) in [
            (json!([0.0]), json!([-0.0])),
            (json!([1]), json!([1.0])),
            (json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1})),
            (json!(["1"]), json!([1])),
            (json!([[]]), json!([{}])),
            (json!([1, 2]), json!([1])),
            (json!([1]), json!([1, 2])),
        ] {
            let mut own = one.clone();
            assert!(!own.share_with(&other), "{one} {other}");
            assert_eq!(own.to_string(), one.to_string());
            let mut whole = List::from(vec![one]);
            let shared = whole.clone();
            assert!(!whole.share_with(&List::from(vec![other])));
            assert!(whole.is_same(&shared));
        }
    }
}
