//! The same fields formatted in one task after another.
//!
//! Tasks of a matrix begin as copies of one item, so a field has the same template in each, and most
//! templates name few of the dimensions. What was last made of a template is taken again, and shared,
//! as long as what it names stays the same.

use super::{FormatError, Scope, parse, substitute};
use crate::base::dotted;
use crate::base::path::ValuePath;
use crate::base::value::{Object, Value};

/// Fields in which one name stands for a mapping that differs from task to task.
#[derive(Debug)]
pub struct Repeated<'f> {
    name: &'f str,
    fields: Vec<(&'f str, Option<Made>)>,
}

/// What was last made of the template in a field.
#[derive(Debug)]
struct Made {
    template: Value,
    /// The keys that it names, or nothing where it may depend on anything.
    keys: Option<Vec<String>>,
    /// In what the keys stood for something last, and what came of it.
    last: Option<(Value, Value)>,
}

impl<'f> Repeated<'f> {
    /// These dotted fields, with this name in their templates.
    #[must_use]
    pub fn new(name: &'f str, fields: &'f [String]) -> Self {
        let fields = fields.iter().map(|field| (field.as_str(), None));
        Self {
            name,
            fields: fields.collect(),
        }
    }

    /// Formats every text in the fields of a task.
    ///
    /// # Errors
    /// The first [`FormatError`], with the path of the field; a field that is not there is one.
    pub fn substitute(
        &mut self,
        task: &mut Object,
        values: &Value,
    ) -> Result<(), (ValuePath, FormatError)> {
        let scope = Scope::default().with(self.name, values);
        for (field, made) in &mut self.fields {
            let at = |error| (ValuePath::keys(field.split('.')), error);
            let slot = dotted::parent_mut(task, field).and_then(|(map, key)| map.get_mut(key));
            let slot = slot.ok_or_else(|| at(FormatError::Field((*field).to_owned())))?;
            let made = match made {
                Some(made) if made.template == *slot => made,
                other => other.insert(Made::new(slot.clone(), self.name)),
            };
            *slot = made.of(values, &scope).map_err(at)?;
        }
        Ok(())
    }
}

impl Made {
    fn new(template: Value, name: &str) -> Self {
        let mut keys = Vec::new();
        let is_all = add_keys(&template, name, &mut keys);
        Self {
            template,
            keys: is_all.then_some(keys),
            last: None,
        }
    }

    fn of(&mut self, values: &Value, scope: &Scope<'_>) -> Result<Value, FormatError> {
        let is_same = |before: &Value| match &self.keys {
            Some(keys) => keys.iter().all(|key| before[key] == values[key]),
            None => before == values,
        };
        if let Some((before, made)) = &self.last
            && is_same(before)
        {
            return Ok(made.clone());
        }
        let mut made = self.template.clone();
        substitute(&mut made, scope)?;
        self.last = Some((values.clone(), made.clone()));
        Ok(made)
    }
}

/// Adds the keys by which the templates in a value look into what `name` stands for. Says whether
/// that is all that they depend on.
fn add_keys(value: &Value, name: &str, keys: &mut Vec<String>) -> bool {
    match value {
        Value::String(text) => add_keys_of(text, name, keys),
        Value::Array(items) => items.iter().all(|item| add_keys(item, name, keys)),
        Value::Object(map) => map
            .iter()
            .all(|(key, item)| add_keys_of(key, name, keys) && add_keys(item, name, keys)),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

fn add_keys_of(template: &str, name: &str, keys: &mut Vec<String>) -> bool {
    parse::parts(template).all(|part| {
        let Ok(parse::Part::Field(field)) = part else {
            return part.is_ok();
        };
        let [parse::Step::Index(key), ..] = field.steps[..] else {
            return false;
        };
        if !keys.iter().any(|known| known == key) {
            keys.push(key.to_owned());
        }
        field.name == name && !field.spec.contains(['{', '}'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    fn object(value: &Value) -> Object {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn each_task_gets_what_it_would_get_alone() {
        let item = object(&json!({
            "a": "{m[x]} {m[y]}",
            "b": {"{m[x]}": ["{m[x][0]}", "{{}}", 7], "c": "plain"},
            "d": "{m[y]:>{m[w]}}",
            "e": "{m}",
            "f": {"deep": "{m[y]!r}"},
        }));
        let fields = ["a", "b", "d", "e", "f.deep", "a"].map(str::to_owned);
        let mut repeated = Repeated::new("m", &fields);
        for (x, y, w) in [("o", "p", 3), ("o", "q", 3), ("o", "q", 5), ("t", "q", 5)] {
            let values = json!({"x": x, "y": y, "w": w});
            let mut alone = item.clone();
            let scope = Scope::default().with("m", &values);
            super::super::substitute_fields(&mut alone, &fields, &scope).unwrap();
            let mut made = item.clone();
            repeated.substitute(&mut made, &values).unwrap();
            assert_eq!(made, alone);
        }
    }

    #[test]
    fn what_names_the_same_is_shared() {
        let item = object(&json!({"env": {"A": "{m[x]}"}, "name": "{m[y]}"}));
        let fields = ["env", "name"].map(str::to_owned);
        let mut repeated = Repeated::new("m", &fields);
        let mut make = |x: &str, y: &str| {
            let mut task = item.clone();
            let values = json!({"x": x, "y": y});
            repeated.substitute(&mut task, &values).unwrap();
            (object(&task["env"]), task["name"].to_string())
        };
        let first = make("1", "a");
        let second = make("1", "b");
        let third = make("2", "b");
        assert!(first.0.is_same(&second.0));
        assert_eq!([first.1, second.1], ["\"a\"", "\"b\""]);
        assert_eq!(third.0["A"], json!("2"));
    }

    #[test]
    fn mistakes_name_their_field() {
        let fields = ["a.b".to_owned()];
        let wrong = |task: Value| {
            let mut task = object(&task);
            let mut repeated = Repeated::new("m", &fields);
            let found = repeated.substitute(&mut task, &json!({"x": 1}));
            found.map_err(|(path, error)| (path.to_string(), error.to_string()))
        };
        let missing = "there is no field `a.b` to substitute in";
        assert_eq!(wrong(json!({})), Err(("a.b".into(), missing.into())));
        assert!(wrong(json!({"a": {"b": "{m[z]}"}})).is_err());
        assert!(wrong(json!({"a": {"b": "{n[x]}"}})).is_err());
        assert!(wrong(json!({"a": {"b": "{"}})).is_err());
        assert_eq!(wrong(json!({"a": {"b": "{m[x]}"}})), Ok(()));
    }
}
