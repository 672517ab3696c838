//! Dotted paths into a value, e.g. `worker.env.FOO`.

use super::value::{Object, Value};

/// Looks a dotted path up.
///
/// `None` if a part of the path is missing or is not a mapping.
#[must_use]
pub fn get<'a>(root: &'a Object, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let mut value = root.get(parts.next()?)?;
    for part in parts {
        value = value.as_object()?.get(part)?;
    }
    Some(value)
}

/// The mapping that holds the last part of a dotted path, and that part.
///
/// `None` if a part of the path before the last is missing or is not a mapping. The last part itself
/// need not be there.
pub fn parent_mut<'a, 'p>(
    root: &'a mut Object,
    path: &'p str,
) -> Option<(&'a mut Object, &'p str)> {
    let mut container = root;
    let mut rest = path;
    while let Some((head, tail)) = rest.split_once('.') {
        container = container.get_mut(head)?.as_object_mut()?;
        rest = tail;
    }
    Some((container, rest))
}

/// Whether `test` is true of any value at `path`.
///
/// A part that ends in `[]` matches each item of a list.
pub fn any(container: &Object, path: &str, test: &impl Fn(&Value) -> bool) -> bool {
    let Some((head, tail)) = path.split_once('.') else {
        return container.get(path).is_some_and(test);
    };
    let inside = |value: &Value| value.as_object().is_some_and(|map| any(map, tail, test));
    match head.strip_suffix("[]") {
        Some(list) => match container.get(list) {
            Some(Value::Array(items)) => items.iter().any(inside),
            _ => false,
        },
        None => container.get(head).is_some_and(inside),
    }
}

/// Calls `change` on every mapping that holds the last part of `path`.
///
/// A part that ends in `[]` matches each item of a list. Ways that are not there are passed
/// over.
///
/// # Errors
/// The first error of `change`.
pub fn each_parent<E>(
    container: &mut Object,
    path: &str,
    change: &mut impl FnMut(&mut Object, &str) -> Result<(), E>,
) -> Result<(), E> {
    let Some((head, tail)) = path.split_once('.') else {
        return if container.contains_key(path) {
            change(container, path)
        } else {
            Ok(())
        };
    };
    if let Some(list) = head.strip_suffix("[]") {
        if let Some(Value::Array(items)) = container.get_mut(list) {
            for item in items {
                if let Value::Object(item) = item {
                    each_parent(item, tail, change)?;
                }
            }
        }
        return Ok(());
    }
    match container.get_mut(head) {
        Some(Value::Object(inner)) => each_parent(inner, tail, change),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    fn object(value: Value) -> Object {
        match value {
            Value::Object(map) => map,
            other => unreachable!("{other} is no mapping"),
        }
    }

    #[test]
    fn paths_reach_into_lists() {
        let mut root = object(json!({"a": [{"b": 1}, {"c": 2}, {"b": 3}], "d": {"e": 4}}));
        let mut seen = Vec::new();
        each_parent::<()>(&mut root, "a[].b", &mut |map, key| {
            seen.push(map[key].clone());
            Ok(())
        })
        .ok();
        assert_eq!(seen, [json!(1), json!(3)]);
        let three = |value: &Value| *value == json!(3);
        assert!(any(&root, "a[].b", &three) && !any(&root, "a[].c", &three));
        assert!(any(&root, "d.e", &|value| *value == json!(4)) && !any(&root, "d.e.f", &three));
        assert_eq!(get(&root, "d.e"), Some(&json!(4)));
        assert_eq!(get(&root, "d.e.f"), None);
    }
}
