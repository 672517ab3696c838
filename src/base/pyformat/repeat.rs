//! The same fields formatted in one task after another.
//!
//! Tasks of a matrix begin as copies of one item, so a field has the same template in each, and most
//! templates name few of the dimensions. A template is parsed once. Its last result is
//! taken again, and shared, as long as what it names stays the same.

use super::parse;
use super::template::{DEPTH, FormatError, Scope, has_braces, push, substitute};
use crate::base::dotted;
use crate::base::path::ValuePath;
use crate::base::value::{Object, Str, Value};

/// Fields with a name whose mapping differs from task to task.
#[derive(Debug)]
pub struct Repeated<'f> {
    name: &'f str,
    fields: Vec<(&'f str, Option<Repeatable<'f>>)>,
}

/// A field that has the same template in most tasks.
#[derive(Debug)]
struct Repeatable<'f> {
    template: &'f Value,
    form: Option<Form<'f>>,
    /// The keys that it names, or nothing where it may depend on anything.
    keys: Option<Vec<String>>,
    /// The last values of the keys, and the result with them.
    last: Option<(Value, Value)>,
}

/// A parsed template.
#[derive(Debug)]
enum Form<'t> {
    /// A text.
    Text(&'t str, Vec<parse::Parsed<'t>>),
    /// The items of a list that have braces.
    List(Vec<(usize, Self)>),
    /// The entries of a mapping that have braces, which are in no key.
    Map(Vec<(&'t Str, Self)>),
    /// A mapping with braces in its keys.
    Keys,
}

impl<'f> Repeated<'f> {
    /// These dotted fields, with this name in their templates. In most tasks they are as in `task`.
    #[must_use]
    pub fn new(name: &'f str, fields: &'f [String], task: &'f Object) -> Self {
        let fields = fields.iter().map(|field| {
            let template = dotted::get(task, field);
            let repeatable = template.map(|template| Repeatable::new(template, name));
            (field.as_str(), repeatable)
        });
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
        for (field, repeatable) in &mut self.fields {
            let at = |error| (ValuePath::keys(field.split('.')), error);
            let slot = dotted::parent_mut(task, field).and_then(|(map, key)| map.get_mut(key));
            let slot = slot.ok_or_else(|| at(FormatError::Field((*field).to_owned())))?;
            match repeatable {
                Some(same) if same.template == slot => {
                    *slot = same.format(values, &scope).map_err(at)?;
                }
                _ => substitute(slot, &scope).map_err(at)?,
            }
        }
        Ok(())
    }
}

impl<'f> Repeatable<'f> {
    fn new(template: &'f Value, name: &str) -> Self {
        let mut keys = Vec::new();
        let is_all = add_keys(template, name, &mut keys);
        Self {
            template,
            form: Form::from_value(template),
            keys: is_all.then_some(keys),
            last: None,
        }
    }

    fn format(&mut self, values: &Value, scope: &Scope<'_>) -> Result<Value, FormatError> {
        let is_same = |before: &Value| match &self.keys {
            Some(keys) => keys.iter().all(|key| before[key] == values[key]),
            None => before == values,
        };
        if let Some((before, formatted)) = &self.last
            && is_same(before)
        {
            return Ok(formatted.clone());
        }
        let mut formatted = self.template.clone();
        if let Some(form) = &self.form {
            form.fill(&mut formatted, scope)?;
        }
        self.last = Some((values.clone(), formatted.clone()));
        Ok(formatted)
    }
}

impl<'t> Form<'t> {
    /// The form of a value; none where nothing has braces.
    fn from_value(value: &'t Value) -> Option<Self> {
        match value {
            Value::String(text) if has_braces(text) => {
                Some(Self::Text(text, parse::parts(text).collect()))
            }
            Value::Array(items) => {
                let items = items.iter().enumerate();
                let forms =
                    items.filter_map(|(position, item)| Some((position, Self::from_value(item)?)));
                Some(Self::List(forms.collect())).filter(|form| !form.is_empty())
            }
            Value::Object(map) if map.keys().any(|key| has_braces(key)) => Some(Self::Keys),
            Value::Object(map) => {
                let forms = map
                    .iter()
                    .filter_map(|(key, item)| Some((key, Self::from_value(item)?)));
                Some(Self::Map(forms.collect())).filter(|form| !form.is_empty())
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => None,
        }
    }

    const fn is_empty(&self) -> bool {
        match self {
            Self::List(forms) => forms.is_empty(),
            Self::Map(forms) => forms.is_empty(),
            Self::Text(..) | Self::Keys => false,
        }
    }

    /// Formats the value whose form this is, as [`substitute`] does.
    fn fill(&self, value: &mut Value, scope: &Scope<'_>) -> Result<(), FormatError> {
        match (self, value) {
            (Self::Text(text, parts), value) => {
                let mut out = String::with_capacity(text.len());
                for part in parts {
                    push(text, part, scope, DEPTH, &mut out)?;
                }
                *value = out.into();
            }
            (Self::List(forms), Value::Array(items)) => {
                for (position, form) in forms {
                    form.fill(&mut items[*position], scope)?;
                }
            }
            (Self::Map(forms), Value::Object(map)) => {
                for (key, form) in forms {
                    form.fill(map.entry(*key).or_default(), scope)?;
                }
            }
            (_, value) => substitute(value, scope)?,
        }
        Ok(())
    }
}

/// Adds the keys of `name` that the templates in a value use. Returns whether they depend on nothing
/// else.
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
    use proptest::prelude::*;

    use super::*;
    use crate::base::value::json;

    fn object(value: &Value) -> Object {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn each_task_equals_a_task_filled_alone() {
        let item = object(&json!({
            "a": "{m[x]} {m[y]}",
            "b": {"{m[x]}": ["{m[x][0]}", "{{}}", 7], "c": "plain"},
            "d": "{m[y]:>{m[w]}}",
            "e": "{m}",
            "f": {"deep": "{m[y]!r}"},
        }));
        let fields = ["a", "b", "d", "e", "f.deep", "a"].map(str::to_owned);
        let mut repeated = Repeated::new("m", &fields, &item);
        for (x, y, w) in [("o", "p", 3), ("o", "q", 3), ("o", "q", 5), ("t", "q", 5)] {
            let values = json!({"x": x, "y": y, "w": w});
            let mut alone = item.clone();
            let scope = Scope::default().with("m", &values);
            super::super::template::substitute_fields(&mut alone, &fields, &scope).unwrap();
            let mut filled = item.clone();
            repeated.substitute(&mut filled, &values).unwrap();
            assert_eq!(filled, alone);
        }
    }

    /// Values with templates in them, of which some are wrong.
    fn templates() -> impl Strategy<Value = Value> {
        let right = [
            "a",
            "é ",
            "{{",
            "}}",
            "{m[x]}",
            "{m[y]!r:>5}",
            "{m[x][0]}",
            "{m}",
            "{m[y]:{m[w]}}",
        ];
        let wrong = ["{m[z]}", "{n}", "{"];
        let part = prop_oneof![
            40 => prop::sample::select(right.to_vec()),
            1 => prop::sample::select(wrong.to_vec()),
        ];
        let text = prop::collection::vec(part, 0..4).prop_map(|parts| parts.concat());
        let leaf =
            prop_oneof![4 => text.clone().prop_map(Value::from), 1 => Just(json!([1, null, {}]))];
        leaf.prop_recursive(3, 16, 4, move |inner| {
            let key = prop_oneof![4 => "[a-d]", 1 => text.clone()];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((key, inner), 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn filled_tasks_equal_tasks_filled_alone(
            item in prop::collection::vec(templates(), 2),
            rows in prop::collection::vec(("[op]", "[qr]", 3..5), 1..6),
            other in prop::option::of(templates()),
        ) {
            let item = Object::from_iter(["a", "b"].into_iter().zip(item));
            let fields = ["a", "b"].map(str::to_owned);
            let mut repeated = Repeated::new("m", &fields, &item);
            for (position, (x, y, w)) in rows.into_iter().enumerate() {
                let values = json!({"x": x, "y": y, "w": w});
                let mut alone = item.clone();
                // A task may have got something else for the template.
                if let Some(other) = other.as_ref().filter(|_| position == 1) {
                    alone.insert("a", other);
                }
                let mut filled = alone.clone();
                let scope = Scope::default().with("m", &values);
                let expected = super::super::template::substitute_fields(&mut alone, &fields, &scope);
                prop_assert_eq!(repeated.substitute(&mut filled, &values), expected.clone());
                if expected.is_ok() {
                    prop_assert_eq!(filled, alone);
                }
            }
        }
    }

    #[test]
    fn values_with_equal_results_are_shared() {
        let item = object(&json!({"env": {"A": "{m[x]}"}, "name": "{m[y]}"}));
        let fields = ["env", "name"].map(str::to_owned);
        let mut repeated = Repeated::new("m", &fields, &item);
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
            let item = object(&task);
            let mut task = item.clone();
            let mut repeated = Repeated::new("m", &fields, &item);
            let found = repeated.substitute(&mut task, &json!({"x": 1}));
            found.map_err(|(path, error)| (path.to_string(), error.to_string()))
        };
        let missing = "cannot substitute in the field `a.b`, which does not exist";
        assert_eq!(wrong(json!({})), Err(("a.b".into(), missing.into())));
        assert!(wrong(json!({"a": {"b": "{m[z]}"}})).is_err());
        assert!(wrong(json!({"a": {"b": "{n[x]}"}})).is_err());
        assert!(wrong(json!({"a": {"b": "{"}})).is_err());
        assert_eq!(wrong(json!({"a": {"b": "{m[x]}"}})), Ok(()));
    }
}
