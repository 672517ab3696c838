//! The texts in a value.

use std::fmt;

use crate::base::value::Value;

/// Where a text is. It is only written out for texts that matter: definitions have many.
#[derive(Debug, Clone, Copy)]
pub enum TextPath<'p> {
    /// The name of the whole value.
    Root(&'p str),
    /// A key of a mapping.
    Key(&'p TextPath<'p>, &'p str),
    /// An item of a list.
    Item(&'p TextPath<'p>, usize),
}

impl TextPath<'_> {
    /// Whether the text is an item of a list with this key.
    #[must_use]
    pub fn is_item_of(&self, key: &str) -> bool {
        matches!(self, Self::Item(Self::Key(_, name), _) if *name == key)
    }
}

impl fmt::Display for TextPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(name) => f.write_str(name),
            Self::Key(above, key) => write!(f, "{above}.{key}"),
            Self::Item(above, index) => write!(f, "{above}[{index}]"),
        }
    }
}

/// Calls a function with each text in a value of this name, keys included, and its place.
pub fn each_text<'v>(value: &'v Value, name: &str, each: &mut dyn FnMut(&TextPath<'_>, &'v str)) {
    walk(value, &TextPath::Root(name), each);
}

fn walk<'v>(value: &'v Value, path: &TextPath<'_>, each: &mut dyn FnMut(&TextPath<'_>, &'v str)) {
    match value {
        Value::String(text) => each(path, text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &TextPath::Item(path, index), each);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                let path = TextPath::Key(path, key);
                each(&path, key);
                walk(value, &path, each);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    #[test]
    fn texts_have_their_place() {
        let value = json!({"a": [{"formats": ["x", 1]}], "b": "y"});
        let mut found = Vec::new();
        each_text(&value, "payload", &mut |path, text| {
            found.push((path.to_string(), text, path.is_item_of("formats")));
        });
        let expected = [
            ("payload.a", "a", false),
            ("payload.a[0].formats", "formats", false),
            ("payload.a[0].formats[0]", "x", true),
            ("payload.b", "b", false),
            ("payload.b", "y", false),
        ];
        let expected = expected.map(|(path, text, is_item)| (path.to_owned(), text, is_item));
        assert_eq!(found, expected);
    }
}
