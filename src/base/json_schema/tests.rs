//! Checks on random schemas and values, compared with the crate jsonschema.

use super::*;
use crate::base::value::json;

/// Values that are near to what the schemas below allow.
static LEAVES: &[&str] = &[
    "null",
    "true",
    "0",
    "1",
    "1.0",
    "1.5",
    "-3",
    "2",
    "\"\"",
    "\"a\"",
    "\"b\"",
    "\"1\"",
    "9007199254740993",
    "9007199254740992.0",
    "18446744073709551615",
    "1e300",
];

/// Numbers drawn from a seed (SplitMix64).
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % most as u64).unwrap()
    }

    fn leaf(&mut self) -> Value {
        LEAVES[self.below(LEAVES.len())]
            .parse::<serde_json::Value>()
            .unwrap()
            .into()
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 1 } else { 3 }) {
            0 => self.leaf(),
            1 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => {
                let keys = ["a", "b", "c", "d"];
                let keys = keys.into_iter().filter(|_| self.0 % 7 > 2);
                let keys: Vec<&str> = keys.collect();
                let mut fields = Object::new();
                for key in keys {
                    if self.below(2) == 0 {
                        fields.insert(key, self.value(depth - 1));
                    }
                }
                Value::Object(fields)
            }
        }
    }

    fn schema(&mut self, depth: usize) -> Value {
        let mut schema = Object::new();
        for _ in 0..=self.below(4) {
            let below = depth.saturating_sub(1);
            let (key, operand) = match self.below(if depth == 0 { 7 } else { 12 }) {
                0 | 1 => {
                    let kinds = [
                        "array", "boolean", "integer", "null", "number", "object", "string",
                    ];
                    ("type", json!(kinds[self.below(7)]))
                }
                2 => {
                    let options: Vec<Value> = (0..=self.below(5)).map(|_| self.value(1)).collect();
                    ("enum", options.into_iter().collect())
                }
                3 => (
                    "minimum",
                    json!([0, 1, 9_007_199_254_740_993_u64][self.below(3)]),
                ),
                4 => ("maximum", json!([1.0, 1.5, 9e15][self.below(3)])),
                5 => ("minItems", json!(self.below(3))),
                6 => ("uniqueItems", json!(self.below(3) > 0)),
                7 => ("items", self.schema(below)),
                8 => {
                    let keys = ["a", "b", "c"].map(|key| (key, self.schema(below)));
                    let fields = keys.into_iter().take(1 + self.below(3));
                    ("properties", Value::Object(fields.collect::<Object>()))
                }
                9 => ("required", json!(["a", "b", "d"][..=self.below(3)])),
                10 => match self.below(3) {
                    0 => ("additionalProperties", json!(false)),
                    1 => ("additionalProperties", json!(true)),
                    _ => ("additionalProperties", self.schema(below)),
                },
                _ => {
                    let schemas: Vec<Value> =
                        (0..=self.below(2)).map(|_| self.schema(below)).collect();
                    ("anyOf", schemas.into_iter().collect())
                }
            };
            schema.insert(key, operand);
        }
        if schema["additionalProperties"] == Value::Bool(false) {
            // Without known properties the other one words this in another way.
            schema
                .entry("properties")
                .or_insert(json!({"a": true, "c": false}));
        }
        Value::Object(schema)
    }
}

#[test]
fn mismatches_equal_those_of_jsonschema() {
    let mut draw = Draw(1);
    let (mut matching, mut mismatches) = (0, 0);
    for round in 0..4_000 {
        let schema = draw.schema(2);
        let validator = jsonschema::validator_for(&schema.clone().into()).unwrap();
        for _ in 0..5 {
            let value = draw.value(2);
            let mut ours: Vec<(String, String)> = check(&schema, &value)
                .unwrap()
                .into_iter()
                .map(|mismatch| (mismatch.path, mismatch.message))
                .collect();
            let theirs = serde_json::Value::from(value.clone());
            let mut theirs: Vec<(String, String)> = validator
                .iter_errors(&theirs)
                .map(|error| {
                    use jsonschema::error::ValidationErrorKind;
                    let path = error.instance_path().to_string();
                    let message = match error.kind() {
                        ValidationErrorKind::AnyOf { .. } => {
                            format!("{} matches none of the allowed schemas", error.instance())
                        }
                        _ => error.to_string(),
                    };
                    (path.trim_start_matches('/').replace('/', "."), message)
                })
                .collect();
            ours.sort();
            theirs.sort();
            assert_eq!(ours, theirs, "round {round}: {value} against {schema}");
            match ours.len() {
                0 => matching += 1,
                found => mismatches += found,
            }
        }
    }
    assert!(
        matching > 2_000 && mismatches > 5_000,
        "{matching}, {mismatches}"
    );
}

#[test]
fn unknown_keywords_are_refused() {
    for schema in [
        json!({"pattern": "^a"}),
        json!({"oneOf": [{"type": "string"}]}),
        json!({"type": ["string", "null"]}),
        json!({"type": "text"}),
        json!({"properties": {"a": {"items": {"maxItems": 1}}}}),
        json!({"additionalProperties": {"$ref": "#"}}),
        json!({"anyOf": [{"const": 1}]}),
        json!({"items": [{"type": "string"}]}),
        json!({"minItems": -1}),
        json!({"required": "a"}),
        json!(1),
    ] {
        let value = json!({});
        assert!(check(&schema, &value).is_err(), "{schema}");
    }
    assert_eq!(
        check(&json!({"pattern": "^a"}), &json!({}))
            .unwrap_err()
            .to_string(),
        "the JSON schema keyword `pattern` is not supported with the value \"^a\""
    );
}
