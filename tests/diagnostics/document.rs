//! YAML with the place of every key; the test counts lines and columns itself.

use snowman::base::value::Value;
use std::collections::BTreeMap;

/// Where keys and items are: line and column, by the names and numbers on the way.
pub type Places = BTreeMap<Vec<String>, (usize, usize)>;

/// Writes a document in block style.
pub fn write(document: &Value) -> (String, Places) {
    let mut writer = Writer::default();
    writer.places.insert(Vec::new(), (1, 1));
    writer.block(document, &mut Vec::new(), 0);
    (writer.lines.join("\n") + "\n", writer.places)
}

#[derive(Default)]
struct Writer {
    lines: Vec<String>,
    places: Places,
}

impl Writer {
    fn block(&mut self, value: &Value, path: &mut Vec<String>, indent: usize) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    path.push(key.to_string());
                    self.entry(&format!("{key}:"), value, path, indent, 0);
                    path.pop();
                }
            }
            Value::Array(items) => {
                for (number, value) in items.iter().enumerate() {
                    path.push(number.to_string());
                    self.entry("-", value, path, indent, 2);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    /// A key or a dash with what belongs to it. The place of an item is that of its value.
    fn entry(
        &mut self,
        start: &str,
        value: &Value,
        path: &mut Vec<String>,
        indent: usize,
        skip: usize,
    ) {
        let line = self.lines.len() + 1;
        let space = " ".repeat(indent);
        let empty = match value {
            Value::Object(map) => map.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => true,
        };
        if empty {
            self.places.insert(path.clone(), (line, indent + 1 + skip));
            self.lines.push(format!("{space}{start} {value}"));
        } else {
            // What is in an item begins on the next line.
            let place = if skip == 0 {
                (line, indent + 1)
            } else {
                (line + 1, indent + 5)
            };
            self.places.insert(path.clone(), place);
            self.lines.push(format!("{space}{start}"));
            self.block(value, path, indent + 4);
        }
    }
}
