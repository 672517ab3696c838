//! Trees in the form in which `make_tables.py` writes what Python makes of a document.

use snowman::base::value::{Value, json, py_float};
use snowman::config::yaml::{Data, Tree};

/// Null, booleans, texts and lists are themselves; all else is an object that names its type.
pub fn typed(tree: &Tree) -> Value {
    match &tree.data {
        Data::Null => Value::Null,
        Data::Bool(value) => json!(value),
        Data::Int(number) => json!({"int": number.to_string()}),
        Data::Float(float) => json!({"float": py_float(*float)}),
        Data::Str(text) => json!(text),
        Data::Timestamp(text) => json!({"timestamp": text}),
        Data::Binary(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({"binary": hex})
        }
        Data::List(items) => items.iter().map(typed).collect(),
        Data::Map(pairs) => json!({"map": typed_pairs(pairs)}),
        Data::Set(items) => {
            let mut items: Vec<Value> = items.iter().map(typed).collect();
            items.sort_by_key(Value::to_string);
            json!({"set": items})
        }
        // In Python these are a list of pairs, and no pairs are a list like any other.
        Data::Pairs(pairs) if pairs.is_empty() => json!([]),
        Data::Pairs(pairs) => json!({"pairs": typed_pairs(pairs)}),
    }
}

fn typed_pairs(pairs: &[(Tree, Tree)]) -> Vec<Value> {
    let pair = |(key, value): &(Tree, Tree)| json!([typed(key), typed(value)]);
    pairs.iter().map(pair).collect()
}
