//! The tree becomes a value; what JSON cannot hold is refused with the way out.

use serde_json::Number;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::value::{Object, Value};

use super::limits::MAX_MISTAKES;
use super::node::{Body, Nodes};
use super::tree::{Data, Tree};

/// The value that the tree is.
pub(super) fn narrow(tree: &Tree, nodes: &Nodes) -> Outcome<Value> {
    let mut narrower = Narrower {
        nodes,
        mistakes: Diagnostics::new(),
    };
    let value = narrower.value(tree);
    narrower.mistakes.or_ok(value)
}

struct Narrower<'a> {
    nodes: &'a Nodes,
    mistakes: Diagnostics,
}

impl Narrower<'_> {
    fn value(&mut self, tree: &Tree) -> Value {
        match &tree.data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Int(number) => {
                let digits = number.to_string();
                match (digits.parse::<i64>(), digits.parse::<u64>()) {
                    (Ok(number), _) => number.into(),
                    (_, Ok(number)) => number.into(),
                    _ => self.wrong(tree, "is an integer that does not fit in 64 bits"),
                }
            }
            Data::Float(float) => match Number::from_f64(*float) {
                Some(number) => Value::Number(number),
                None => self.wrong(tree, "is a float that JSON cannot represent"),
            },
            Data::Str(text) => Value::from(text.as_str()),
            Data::Timestamp(_) => self.wrong(tree, "is a date, which JSON cannot represent"),
            Data::Binary(_) => self.wrong(tree, "is binary data, which JSON cannot represent"),
            Data::Set(_) => {
                self.report(tree, "JSON cannot represent a set", "write a list instead");
                Value::Null
            }
            Data::List(items) => items.iter().map(|item| self.value(item)).collect(),
            Data::Pairs(pairs) => pairs
                .iter()
                .map(|(key, value)| Value::from(vec![self.value(key), self.value(value)]))
                .collect(),
            Data::Map(entries) => Value::Object(self.object(entries)),
        }
    }

    fn object(&mut self, entries: &[(Tree, Tree)]) -> Object {
        let mut object = Object::with_capacity(entries.len());
        for (key, value) in entries {
            let value = self.value(value);
            match &key.data {
                Data::Str(name) => {
                    object.insert(name.clone(), value);
                }
                other => {
                    let kind = kind(other);
                    let text = self.text(key);
                    self.report(
                        key,
                        &format!("the key `{text}` is {kind}, but keys must be strings"),
                        &format!("write {} in quotes", quoted(&text)),
                    );
                }
            }
        }
        object
    }

    /// The scalar as it was written.
    fn text(&self, tree: &Tree) -> String {
        match tree.node.map(|id| &self.nodes.get(id).body) {
            Some(Body::Scalar(text)) => text.chars().take(40).collect(),
            _ => String::new(),
        }
    }

    fn wrong(&mut self, tree: &Tree, what: &str) -> Value {
        let text = self.text(tree);
        self.report(
            tree,
            &format!("`{text}` {what}"),
            &format!("write {} in quotes to make it a string", quoted(&text)),
        );
        Value::Null
    }

    fn report(&mut self, tree: &Tree, message: &str, help: &str) {
        let place = tree.node.map(|id| self.nodes.place(id));
        let is_reported = self
            .mistakes
            .iter()
            .any(|is_reported| is_reported.place == place);
        if !is_reported && self.mistakes.len() < MAX_MISTAKES {
            self.mistakes
                .push(Diagnostic::user(message).at(place).help(help));
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn kind(data: &Data) -> &'static str {
    match data {
        Data::Null => "null",
        Data::Bool(_) => "a boolean",
        Data::Int(_) => "an integer",
        Data::Float(_) => "a float",
        Data::Str(_) => "a string",
        Data::Timestamp(_) => "a date",
        Data::Binary(_) => "binary data",
        Data::List(_) => "a list",
        Data::Map(_) => "a mapping",
        Data::Set(_) => "a set",
        Data::Pairs(_) => "a list of pairs",
    }
}
