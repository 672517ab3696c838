//! Keyed-by values: alternatives of which one is chosen by an attribute.
//!
//! ```yaml
//! chunks:
//!     by-platform:
//!         macosx.*: 6
//!         default: 12
//! ```
//!
//! The exact key comes first, then keys that match as regular expressions (tied to the end of the
//! text as Python's `re.match(key + "$", …)` is), then `default`. Values nest.

use crate::base::diagnostic::Diagnostic;
use crate::base::dotted;
use crate::base::pattern::{PatternError, Prefix};
use crate::base::suggest;
use crate::base::value::{Object, Value, py_repr, type_name};

/// Explains why no alternative could be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyedByError {
    /// `default` is the only alternative.
    #[error("`by-{by}` in {item} has no alternative but `default`, so it is not needed")]
    Unnecessary {
        /// The attribute.
        by: String,
        /// What was being chosen.
        item: String,
    },
    /// The attribute is not set and there is no default.
    #[error("the attribute `{by}` is not set, and `by-{by}` in {item} has no `default`")]
    NoAttribute {
        /// The attribute.
        by: String,
        /// What was being chosen.
        item: String,
    },
    /// More than one alternative matches.
    #[error("several alternatives of `by-{by}` in {item} match {key}: {matches}")]
    Ambiguous {
        /// The attribute.
        by: String,
        /// Its value.
        key: String,
        /// The alternatives that match.
        matches: String,
        /// What was being chosen.
        item: String,
    },
    /// No alternative matches and there is no default.
    #[error("no alternative of `by-{by}` in {item} matches {key}, and there is no `default`")]
    NoMatch {
        /// The attribute.
        by: String,
        /// Its value.
        key: String,
        /// What was being chosen.
        item: String,
        /// The alternative that is nearest to the attribute's value.
        nearest: Option<String>,
    },
    /// The alternatives are not a mapping, or the attribute is not a string.
    #[error("`by-{by}` in {item}: expected {needed}, found {found}")]
    Form {
        /// The attribute.
        by: String,
        /// What is needed.
        needed: &'static str,
        /// What was found.
        found: &'static str,
        /// What was being chosen.
        item: String,
    },
    /// An alternative is not a valid regular expression.
    #[error("in {item}: {error}")]
    Pattern {
        /// What is wrong with it.
        error: PatternError,
        /// What was being chosen.
        item: String,
    },
}

impl From<KeyedByError> for Diagnostic {
    fn from(error: KeyedByError) -> Self {
        let mut diagnostic = Diagnostic::user(error.to_string());
        diagnostic.help = error.help();
        diagnostic
    }
}

impl KeyedByError {
    /// The way out.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Unnecessary { .. } => Some("write the value without `by-…`".to_owned()),
            Self::NoAttribute { by, .. } => Some(format!(
                "set `{by}` on the task, or add a `default` alternative"
            )),
            Self::Ambiguous { .. } => {
                Some("change the alternatives so that only one matches".to_owned())
            }
            Self::NoMatch {
                nearest: Some(nearest),
                ..
            } => Some(format!(
                "did you mean `{nearest}`? If not, add a `default` alternative"
            )),
            Self::NoMatch { .. } => {
                Some("add an alternative that matches, or a `default`".to_owned())
            }
            Self::Form { by, .. } => Some(format!(
                "write `by-{by}: {{<value of {by}>: …, default: …}}`, where `{by}` is a string"
            )),
            Self::Pattern { .. } => Some(
                "alternatives are regular expressions; escape literal characters with `\\`"
                    .to_owned(),
            ),
        }
    }
}

/// How alternatives are chosen.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Attributes whose choice is left for later.
    pub defer: Vec<String>,
    /// Whether the first of several matching alternatives is taken.
    pub allow_several: bool,
}

/// Chooses among the alternatives of `value`, at every depth; other values come back as they are.
///
/// `item` says in messages what is being chosen; `attribute` looks an attribute up, null and
/// nothing being the same.
///
/// # Errors
/// [`KeyedByError`] when no one alternative can be chosen.
pub fn evaluate<'v>(
    value: &'v Value,
    item: &str,
    attribute: &dyn Fn(&str) -> Option<Value>,
    options: &Options,
) -> Result<&'v Value, KeyedByError> {
    let mut value = value;
    loop {
        let Some((key, alternatives)) = value
            .as_object()
            .filter(|map| map.len() == 1)
            .and_then(|map| map.iter().next())
        else {
            return Ok(value);
        };
        let Some(by) = key.strip_prefix("by-") else {
            return Ok(value);
        };
        if options.defer.iter().any(|deferred| deferred == by) {
            return Ok(value);
        }
        let form = |needed, found| KeyedByError::Form {
            by: by.to_owned(),
            needed,
            found,
            item: item.to_owned(),
        };
        let Value::Object(alternatives) = alternatives else {
            return Err(form("a mapping of alternatives", type_name(alternatives)));
        };
        let default = alternatives.get("default");
        if alternatives.len() == 1 && default.is_some() {
            return Err(KeyedByError::Unnecessary {
                by: by.to_owned(),
                item: item.to_owned(),
            });
        }
        value = match attribute(by).filter(|found| !found.is_null()) {
            None => default.ok_or_else(|| KeyedByError::NoAttribute {
                by: by.to_owned(),
                item: item.to_owned(),
            })?,
            Some(Value::String(key)) => choose(alternatives, by, &key, item, options)?,
            // Python compares first and only then needs a string.
            Some(other) => return Err(form("a string to compare with", type_name(&other))),
        };
    }
}

/// Whether a value has the form of alternatives.
fn is_keyed(value: &Value) -> bool {
    let key = value
        .as_object()
        .filter(|map| map.len() == 1)
        .and_then(|map| map.keys().next());
    key.is_some_and(|key| key.starts_with("by-"))
}

fn choose<'v>(
    alternatives: &'v Object,
    by: &str,
    key: &str,
    item: &str,
    options: &Options,
) -> Result<&'v Value, KeyedByError> {
    if let Some(exact) = alternatives.get(key) {
        return Ok(exact);
    }
    let mut matches = Vec::new();
    for (pattern, value) in alternatives {
        let compiled = Prefix::to_end(pattern).map_err(|error| KeyedByError::Pattern {
            error,
            item: item.to_owned(),
        })?;
        if compiled.matches(key) {
            matches.push((pattern, value));
        }
    }
    match matches.as_slice() {
        [(_, value)] => Ok(value),
        [(_, value), ..] if options.allow_several => Ok(value),
        [] => alternatives
            .get("default")
            .ok_or_else(|| KeyedByError::NoMatch {
                by: by.to_owned(),
                key: py_repr(&Value::from(key)),
                item: item.to_owned(),
                nearest: suggest::nearest(key, alternatives.keys().map(|key| key.as_str()))
                    .map(str::to_owned),
            }),
        several => Err(KeyedByError::Ambiguous {
            by: by.to_owned(),
            key: py_repr(&Value::from(key)),
            matches: several
                .iter()
                .map(|(pattern, _)| format!("`{pattern}`"))
                .collect::<Vec<_>>()
                .join(", "),
            item: item.to_owned(),
        }),
    }
}

/// Chooses among the alternatives of a dotted field of `item`, in place.
///
/// Attributes are looked up in `extra`, then among the item's own top-level fields. `name` names
/// the item in messages. A field that is not there is passed over; `[]` reaches into lists.
///
/// # Errors
/// [`KeyedByError`] when no one alternative can be chosen.
pub fn resolve(
    item: &mut Object,
    field: &str,
    name: &str,
    extra: &Object,
    options: &Options,
) -> Result<(), KeyedByError> {
    if !dotted::any(item, field, &is_keyed) {
        return Ok(());
    }
    let own = item.clone();
    let what = format!("`{field}` of `{name}`");
    let attribute = |by: &str| extra.get(by).or_else(|| own.get(by)).cloned();
    dotted::each_parent(item, field, &mut |container, key| {
        if let Some(value) = container.get(key) {
            let chosen = evaluate(value, &what, &attribute, options)?.clone();
            container.insert(key, chosen);
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    fn pick(value: Value, attributes: Value) -> Result<Value, String> {
        evaluate(
            &value,
            "item",
            &|by| attributes.get(by).cloned(),
            &Options::default(),
        )
        .cloned()
        .map_err(|error| error.to_string())
    }

    #[test]
    fn exact_then_pattern_then_default() {
        let value = json!({"by-p": {"win.*": 1, "win64": 2, "default": 3}});
        assert_eq!(pick(value.clone(), json!({"p": "win64"})), Ok(json!(2)));
        assert_eq!(pick(value.clone(), json!({"p": "win32"})), Ok(json!(1)));
        assert_eq!(pick(value.clone(), json!({"p": "linux"})), Ok(json!(3)));
        assert_eq!(pick(value.clone(), json!({})), Ok(json!(3)));
        assert_eq!(pick(value, json!({"p": null})), Ok(json!(3)));
    }

    #[test]
    fn values_nest() {
        let value = json!({"by-p": {"a": {"by-q": {"x": 1, "default": 2}}, "default": 3}});
        assert_eq!(pick(value, json!({"p": "a", "q": "y"})), Ok(json!(2)));
    }

    #[test]
    fn an_ambiguous_choice_is_an_error() {
        let error = |value, attributes| pick(value, attributes).err().unwrap_or_default();
        assert_eq!(
            error(
                json!({"by-p": {"w.*": 1, ".*64": 2}}),
                json!({"p": "win64"})
            ),
            "several alternatives of `by-p` in item match 'win64': `w.*`, `.*64`"
        );
        assert_eq!(
            error(json!({"by-p": {"default": 1}}), json!({"p": "x"})),
            "`by-p` in item has no alternative but `default`, so it is not needed"
        );
        assert_eq!(
            error(json!({"by-p": {"a": 1, "b": 2}}), json!({"p": "x"})),
            "no alternative of `by-p` in item matches 'x', and there is no `default`"
        );
        assert_eq!(
            error(json!({"by-p": {"a": 1, "b": 2}}), json!({})),
            "the attribute `p` is not set, and `by-p` in item has no `default`"
        );
    }

    #[test]
    fn fields_are_resolved_in_place() {
        let mut item = json!({
            "platform": "linux", "w": [{"x": {"by-platform": {"linux": 1, "default": 2}}}, {}],
            "later": {"by-level": {"3": 1, "default": 2}},
        });
        let options = Options {
            defer: vec!["level".to_owned()],
            ..Options::default()
        };
        if let Value::Object(map) = &mut item {
            assert_eq!(resolve(map, "w[].x", "t", &Object::new(), &options), Ok(()));
            assert_eq!(resolve(map, "later", "t", &Object::new(), &options), Ok(()));
            assert_eq!(
                resolve(map, "missing.field", "t", &Object::new(), &options),
                Ok(())
            );
        }
        assert_eq!(item["w"], json!([{"x": 1}, {}]));
        assert_eq!(item["later"], json!({"by-level": {"3": 1, "default": 2}}));
    }
}
