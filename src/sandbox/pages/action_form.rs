//! The form for the input of an action, from its JSON schema.
//!
//! Each property of the schema has a field with its default. What has no field of its own kind is written as JSON.
//! A person may also write the whole input as JSON, which then counts alone.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::base::json_schema;
use crate::base::suggest;
use crate::base::text::escape_html;
use crate::base::value::Value as BaseValue;

/// The field with the whole input as JSON.
const WHOLE: &str = "json";
/// What the names of fields for properties begin with.
const FIELD: &str = "input.";

/// The values of a form that was sent.
pub(super) type Sent = BTreeMap<String, String>;

/// How a property is filled in.
enum Field<'s> {
    /// One of these texts.
    Choice(Vec<&'s str>),
    YesOrNo,
    Number,
    Text,
    /// A text on each line.
    Lines,
    Json,
}

impl<'s> Field<'s> {
    fn new(schema: &'s Value) -> Self {
        let choices = |schema: &'s Value| -> Option<Vec<&'s str>> {
            let listed = schema.get("enum")?.as_array()?;
            listed.iter().map(Value::as_str).collect()
        };
        if let Some(choices) = choices(schema) {
            return Self::Choice(choices);
        }
        let kind = |schema: &'s Value| schema.get("type").and_then(Value::as_str);
        match kind(schema) {
            Some("boolean") => Self::YesOrNo,
            Some("integer" | "number") => Self::Number,
            Some("string") => Self::Text,
            Some("array") if schema.get("items").and_then(kind) == Some("string") => Self::Lines,
            _ => Self::Json,
        }
    }

    /// The value of a field as text.
    fn shown(&self, value: &Value) -> String {
        match (self, value) {
            (Self::Json, value) => pretty(value),
            (_, Value::String(text)) => text.clone(),
            (Self::Lines, Value::Array(lines)) => {
                let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
                lines.join("\n")
            }
            (_, value) => value.to_string(),
        }
    }

    /// Reads what a person has written; nothing if that is empty.
    fn read(&self, text: &str) -> Result<Option<Value>, String> {
        let text = text.replace("\r\n", "\n");
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Ok(None);
        }
        let json = || serde_json::from_str(trimmed).map_err(|error| format!("not JSON: {error}"));
        Ok(Some(match self {
            Self::Choice(_) | Self::Text => Value::String(trimmed.to_owned()),
            Self::YesOrNo => match trimmed {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => return Err(format!("{trimmed} is neither true nor false")),
            },
            Self::Number => json().map_err(|_| format!("{trimmed} is not a number"))?,
            Self::Lines => {
                let lines = trimmed.lines().map(str::trim);
                lines
                    .filter(|line| !line.is_empty())
                    .map(Value::from)
                    .collect()
            }
            Self::Json => json()?,
        }))
    }

    fn html(&self, name: &str, id: &str, value: &str) -> String {
        let (name, value) = (escape_html(name), escape_html(value));
        let about = format!("id=\"{id}\" name=\"{name}\"");
        let options = |choices: &[&str]| {
            let option = |choice: &str| {
                let choice = escape_html(choice);
                let selected = match choice == value {
                    true => " selected",
                    false => "",
                };
                format!("<option{selected}>{choice}</option>")
            };
            let choices: String = choices.iter().map(|choice| option(choice)).collect();
            format!("<select {about}><option value=\"\"></option>{choices}</select>")
        };
        match self {
            Self::Choice(choices) => options(choices),
            Self::YesOrNo => options(&["true", "false"]),
            Self::Number => format!("<input {about} inputmode=\"decimal\" value=\"{value}\">"),
            Self::Text => format!("<input {about} value=\"{value}\">"),
            Self::Lines => format!("<textarea {about} rows=\"3\">\n{value}</textarea>"),
            Self::Json => format!("<textarea {about} rows=\"4\">\n{value}</textarea>"),
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Lines => "one on each line",
            Self::Json => "as JSON",
            _ => "",
        }
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    let properties = schema.get("properties")?.as_object()?;
    (!properties.is_empty()).then_some(properties)
}

/// The default of a property, in its own schema or in that of the whole input.
fn default<'s>(schema: &'s Value, name: &str, property: &'s Value) -> Option<&'s Value> {
    let whole = schema.get("default").and_then(|default| default.get(name));
    whole.or_else(|| property.get("default"))
}

/// The fields for an input, with what was sent or else the defaults.
pub(super) fn html(schema: &Value, sent: Option<&Sent>) -> String {
    let mut out = String::new();
    let checked = BaseValue::from(schema.clone());
    if let Err(unsupported) = json_schema::check(&checked, &BaseValue::Null) {
        out.push_str(&format!(
            "<p class=\"note\">The sandbox does not check this input, because {}. The action itself does.</p>\n",
            escape_html(&unsupported.to_string())
        ));
    }
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let fields = properties(schema);
    let mut ordered: Vec<_> = fields.into_iter().flatten().collect();
    ordered.sort_by_key(|(name, _)| !required.contains(&name.as_str()));
    for (number, (name, property)) in ordered.into_iter().enumerate() {
        let field = Field::new(property);
        let (id, key) = (format!("field{number}"), format!("{FIELD}{name}"));
        let value = match sent {
            Some(sent) => sent.get(&key).cloned().unwrap_or_default(),
            None => default(schema, name, property)
                .map(|value| field.shown(value))
                .unwrap_or_default(),
        };
        let mut hints = Vec::new();
        if required.contains(&name.as_str()) {
            hints.push("required");
        }
        hints.extend(Some(field.hint()).filter(|hint| !hint.is_empty()));
        let hints = match hints.is_empty() {
            true => String::new(),
            false => format!(" <span class=\"muted\">({})</span>", hints.join(", ")),
        };
        let about = property.get("description").and_then(Value::as_str);
        let about = about.map_or_else(String::new, |about| {
            format!(
                "<p class=\"muted hint\" id=\"{id}about\">{}</p>",
                escape_html(about)
            )
        });
        out.push_str(&format!(
            "<div class=\"field\"><label for=\"{id}\"><code>{}</code>{hints}</label>{}{about}</div>\n",
            escape_html(name),
            field.html(&key, &id, &value)
        ));
    }
    let whole = match sent.and_then(|sent| sent.get(WHOLE)) {
        Some(text) => text.clone(),
        None if fields.is_some() => String::new(),
        None => pretty(schema.get("default").unwrap_or(&Value::Object(Map::new()))),
    };
    let area = format!(
        "<textarea id=\"whole\" name=\"{WHOLE}\" rows=\"8\" aria-label=\"Input as JSON\">\n{}</textarea>",
        escape_html(&whole)
    );
    let open = match whole.is_empty() {
        true => "",
        false => " open",
    };
    let title = match fields {
        Some(_) => "Write the whole input as JSON instead",
        None => "Input as JSON",
    };
    out + &format!("<details{open}><summary>{title}</summary>{area}</details>\n")
}

/// Finds names of fields that the form does not have: scripts send forms, too.
fn unknown(schema: &Value, sent: &Sent) -> Vec<String> {
    let properties = properties(schema).into_iter().flatten();
    let known: Vec<String> = properties
        .map(|(name, _)| format!("{FIELD}{name}"))
        .chain([WHOLE.to_owned()])
        .collect();
    let known = known.iter().map(String::as_str);
    let unknown = sent
        .keys()
        .filter(|name| !known.clone().any(|known| known == *name));
    unknown
        .map(|name| {
            let hint = suggest::hint(name, known.clone());
            format!("the form has no field `{name}`; {hint}")
        })
        .collect()
}

/// Reads the input that was sent.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn read(schema: &Value, sent: &Sent) -> Result<Value, Vec<String>> {
    let mut wrong = unknown(schema, sent);
    let whole = sent.get(WHOLE).map(|text| text.trim());
    let input = match whole.filter(|text| !text.is_empty()) {
        Some(text) => serde_json::from_str(text).unwrap_or_else(|error| {
            wrong.push(format!("the input is not JSON: {error}"));
            Value::Null
        }),
        None => {
            let mut input = Map::new();
            for (name, property) in properties(schema).into_iter().flatten() {
                let text = sent
                    .get(&format!("{FIELD}{name}"))
                    .map_or("", String::as_str);
                match Field::new(property).read(text) {
                    Ok(value) => input.extend(value.map(|value| (name.clone(), value))),
                    Err(error) => wrong.push(format!("{name}: {error}")),
                }
            }
            Value::Object(input)
        }
    };
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let (schema, value) = (
        BaseValue::from(schema.clone()),
        BaseValue::from(input.clone()),
    );
    match json_schema::check(&schema, &value) {
        // The action checks its input itself.
        Err(_) => Ok(input),
        Ok(found) if found.is_empty() => Ok(input),
        Ok(found) => Err(found
            .iter()
            .map(|one| match one.path.is_empty() {
                true => one.message.clone(),
                false => format!("{}: {}", one.path, one.message),
            })
            .collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "flavor": {"type": "string", "enum": ["push", "ship"]},
                "times": {"type": "integer", "default": 1, "maximum": 5},
                "force": {"type": "boolean", "default": true},
                "labels": {"type": "array", "items": {"type": "string"}},
                "more": {"type": "object"},
            },
            "required": ["flavor"],
            "additionalProperties": false,
        })
    }

    fn sent(values: &[(&str, &str)]) -> Sent {
        let values = values.iter();
        values
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn fields_become_values_of_their_types() {
        let form = sent(&[
            ("input.flavor", "ship"),
            ("input.times", "3"),
            ("input.force", "false"),
            ("input.labels", " a b \r\n\r\nc"),
            ("input.more", "{\"x\": [1]}"),
            ("json", "  "),
        ]);
        let expected = json!({
            "flavor": "ship", "times": 3, "force": false, "labels": ["a b", "c"], "more": {"x": [1]},
        });
        assert_eq!(read(&schema(), &form), Ok(expected));
    }

    #[test]
    fn empty_fields_are_left_out_and_all_mistakes_are_reported() {
        let form = sent(&[("input.flavor", "push"), ("input.times", "")]);
        assert_eq!(read(&schema(), &form), Ok(json!({"flavor": "push"})));
        let form = sent(&[("input.times", "many"), ("input.more", "{")]);
        let wrong = read(&schema(), &form).unwrap_err();
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        let form = sent(&[("input.times", "9")]);
        let wrong = read(&schema(), &form).unwrap_err();
        assert_eq!(wrong.len(), 2, "too large, and no flavor: {wrong:?}");
    }

    #[test]
    fn unknown_fields_and_other_words_than_true_and_false_are_refused() {
        let form = sent(&[
            ("input.flavor", "push"),
            ("input.tmies", "2"),
            ("times", "2"),
            ("input.force", "yes"),
        ]);
        let wrong = read(&schema(), &form).unwrap_err();
        let expected = [
            "the form has no field `input.tmies`; did you mean `input.times`?",
            "the form has no field `times`; available: ",
            "force: yes is neither true nor false",
        ];
        assert_eq!(wrong.len(), expected.len(), "{wrong:?}");
        for (found, expected) in wrong.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found}");
        }
    }

    #[test]
    fn an_action_checks_itself_what_its_schema_says_in_other_keywords() {
        let schema = json!({
            "type": "object",
            "properties": {"name": {"type": "string", "pattern": "^[a-z]+$"}},
        });
        let form = sent(&[("input.name", "Any")]);
        assert_eq!(read(&schema, &form), Ok(json!({"name": "Any"})));
        let page = html(&schema, None);
        assert!(
            page.contains("does not check") && page.contains("pattern"),
            "{page}"
        );
        assert!(!html(&super::tests::schema(), None).contains("does not check"));
    }

    #[test]
    fn the_whole_input_as_json_counts_alone() {
        let form = sent(&[("input.flavor", "push"), ("json", "{\"flavor\": \"ship\"}")]);
        assert_eq!(read(&schema(), &form), Ok(json!({"flavor": "ship"})));
        let form = sent(&[("json", "{\"flavour\": \"ship\"}")]);
        assert!(read(&schema(), &form).is_err());
    }

    #[test]
    fn defaults_are_filled_in_and_everything_is_escaped() {
        let page = html(&schema(), None);
        assert!(page.contains("value=\"1\""), "{page}");
        assert!(page.contains("<option selected>true</option>"), "{page}");
        let evil = json!({"properties": {"<b>": {"description": "<i>", "default": "\"><u>"}}});
        let page = html(&evil, None);
        for tag in ["<b>", "<i>", "<u>"] {
            assert!(!page.contains(tag), "{page}");
        }
        // What a person has sent stays, mistakes included.
        let page = html(&schema(), Some(&sent(&[("input.times", "9<")])));
        assert!(page.contains("value=\"9&lt;\""), "{page}");
    }
}
