//! Values written as YAML: block style, keys sorted, raw Unicode.

use crate::base::value::{Str, Value, py_float};

use super::emit::{Emitter, scalar_is_simple_key};
use super::node::Tag;
use super::resolve::resolve;

/// Writes a value as PyYAML's `safe_dump(value, allow_unicode=True, default_flow_style=False)` does.
///
/// There is one difference: a string with U+0085 is double-quoted and that character is escaped,
/// because otherwise it would be read back as a line break or a space.
#[must_use]
pub fn dump(value: &Value) -> String {
    let mut dumper = Dumper {
        out: Emitter::new(),
    };
    dumper.node(value, Context::Root);
    dumper.out.finish()
}

/// Where a node is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Root,
    Item,
    Value,
}

struct Dumper {
    out: Emitter,
}

impl Dumper {
    fn node(&mut self, value: &Value, context: Context) {
        match value {
            Value::Array(items) if items.is_empty() => self.empty("[", "]"),
            Value::Object(map) if map.is_empty() => self.empty("{", "}"),
            Value::Array(items) => self.list(items, context),
            Value::Object(map) => {
                let mut entries: Vec<(&Str, &Value)> = map.iter().collect();
                entries.sort_by_key(|(key, _)| *key);
                self.map(&entries);
            }
            Value::String(text) => self
                .out
                .text(text, is_plain(text), context == Context::Root),
            Value::Null => self.plain("null", context),
            Value::Bool(true) => self.plain("true", context),
            Value::Bool(false) => self.plain("false", context),
            Value::Number(number) => match number.as_f64() {
                Some(float) if number.is_f64() => self.plain(&float_text(float), context),
                _ => self.plain(&number.to_string(), context),
            },
        }
    }

    fn plain(&mut self, text: &str, context: Context) {
        self.out.text(text, true, context == Context::Root);
    }

    fn empty(&mut self, start: &str, end: &str) {
        self.out.opening(start);
        self.out.indicator(end, false, false);
    }

    fn list(&mut self, items: &[Value], context: Context) {
        // Right behind a simple key the dashes stand as far left as the key.
        let indentless = context == Context::Value && !self.out.after_indention();
        let outer = self.out.enter(!indentless);
        for item in items {
            self.out.new_line();
            self.out.indicator("-", true, true);
            self.node(item, Context::Item);
        }
        self.out.leave(outer);
    }

    fn map(&mut self, entries: &[(&Str, &Value)]) {
        let outer = self.out.enter(true);
        for (key, value) in entries {
            self.out.new_line();
            if scalar_is_simple_key(key) {
                self.out.simple_key(key, is_plain(key));
                self.out.indicator(":", false, false);
            } else {
                self.out.indicator("?", true, true);
                self.out.text(key, is_plain(key), false);
                self.out.new_line();
                self.out.indicator(":", true, true);
            }
            self.node(value, Context::Value);
        }
        self.out.leave(outer);
    }
}

/// Whether a string would be read back as one when it is written plainly.
fn is_plain(text: &str) -> bool {
    resolve(text) == Tag::Str
}

/// A float so that YAML 1.1 takes it for one: an exponent needs a point before it.
fn float_text(float: f64) -> String {
    let text = py_float(float);
    match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
        _ => text,
    }
}
