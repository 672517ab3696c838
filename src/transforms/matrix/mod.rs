//! The transform `matrix`: creates a task for each combination of values.
//!
//! The dimensions are processed in the order in which they are written, so the last one changes
//! fastest. Each adds its value to the name and to the attribute `matrix`. A combination is dropped as
//! soon as it matches an exclusion. At the end, `{matrix[…]}` is replaced.

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::pyformat::Repeated;
use crate::base::value::{Object, Str, Value, py_str, type_name};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::checks::{self, MAX_ITEMS};
use crate::transform::{Context, Item, Transform, each, each_in_order};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    name: "taskgraph.transforms.matrix",
    aliases: &[],
    doc: "creates a task for each combination of the values in `matrix`",
    schema: Some(&SCHEMA),
    prepare: None,
    by_item: false,
    run,
};

static MATRIX: Schema = Schema {
    name: "matrix",
    fields: &[
        optional(
            "exclude",
            Type::List(&Type::Map(&Type::Str)),
            "combinations to exclude; an incomplete combination excludes all combinations that contain it",
        ),
        optional(
            "set-name",
            Type::Str,
            "the name of the tasks, e.g. `{matrix[os]}-{matrix[python]}`",
        ),
        optional(
            "substitution-fields",
            Type::List(&Type::Str),
            "the fields in which `{matrix[…]}` is replaced (default: all)",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// The schema of the transform.
pub static SCHEMA: Schema = Schema {
    name: "matrix",
    fields: &[
        required("name", Type::Str, "the name of the task"),
        optional(
            "matrix",
            Type::Struct(&MATRIX),
            "the dimensions, each with its values, and how to combine them",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// The keys of `matrix` that are not dimensions.
const SETTINGS: [&str; 3] = ["exclude", "set-name", "substitution-fields"];

fn run(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    let most = items.iter().fold(0, |sum: usize, item| {
        sum.saturating_add(count_combinations(item))
    });
    if most <= MAX_ITEMS {
        return each(context, items, |item| expand(item, MAX_ITEMS));
    }
    // The remaining limit depends on the items before.
    let mut left = MAX_ITEMS;
    each_in_order(context, items, |item| {
        let expanded = expand(item, left)?;
        left = left.saturating_sub(expanded.len());
        Ok(expanded)
    })
}

/// The maximal number of combinations of an item.
fn count_combinations(item: &Item) -> usize {
    let matrix = item.task.get("matrix").and_then(Value::as_object);
    let dimensions = matrix.into_iter().flatten().filter(is_dimension);
    let counts = dimensions.map(|(_, values)| match values {
        Value::Array(values) => values.len(),
        Value::Object(map) => map.len(),
        Value::String(text) => text.chars().count(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    });
    counts.fold(1, usize::saturating_mul)
}

fn is_dimension((key, _): &(&Str, &Value)) -> bool {
    !SETTINGS.contains(&key.as_str())
}

fn expand(mut item: Item, left: usize) -> Outcome<Vec<Item>> {
    item.check(&[], &item.task, &SCHEMA)?;
    match item.task.shift_remove("matrix") {
        None => Ok(vec![item]),
        Some(Value::Object(matrix)) => split(&item, &matrix, left),
        Some(other) => Err(checks::wrong_type(&item, "matrix", "a mapping", &other)
            .help("write a mapping, or remove the key")
            .into()),
    }
}

fn split(item: &Item, matrix: &Object, left: usize) -> Outcome<Vec<Item>> {
    checks::refuse_null(item, "matrix", matrix, &["exclude", "substitution-fields"])?;
    let mut fields = match matrix.get("substitution-fields") {
        Some(fields) => checks::strings(Some(fields)),
        None => item.task.keys().map(ToString::to_string).collect(),
    };
    let set_name = matrix
        .get("set-name")
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty());
    if set_name.is_some() && !fields.iter().any(|field| field == "name") {
        fields.push("name".to_owned());
    }
    let mut expanded = combinations(item, matrix, left)?;
    let mut templates = item.task.clone();
    if let Some(name) = set_name {
        templates.insert("name", name);
    }
    let mut repeated = Repeated::new("matrix", &fields, &templates);
    for one in &mut expanded {
        if set_name.is_some() {
            one.task.insert("name", &templates["name"]);
        }
        let values = one
            .task
            .get("attributes")
            .and_then(|attributes| attributes.get("matrix"))
            .cloned()
            .ok_or_else(|| {
                item.error_at("matrix", "the matrix has no dimensions")
                    .help("add one with its values, e.g. `python: [\"3.11\", \"3.12\"]`")
            })?;
        let filled = repeated.substitute(&mut one.task, &values);
        filled.map_err(|(path, error)| {
            let field = path.to_string();
            let field = match set_name {
                Some(_) if field == "name" => "matrix.set-name",
                _ => &field,
            };
            item.error_at(field, format!("{error} ({})", values_in_words(&values)))
                .help("use a dimension in `{matrix[…]}`; write literal braces twice")
        })?;
    }
    Ok(expanded)
}

/// A copy of the item for each combination that is not excluded.
fn combinations(item: &Item, matrix: &Object, left: usize) -> Outcome<Vec<Item>> {
    let rules: Vec<&Object> = matrix
        .get("exclude")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .collect();
    let mut expanded = vec![item.clone()];
    let dimensions = matrix.iter().filter(is_dimension);
    for (dimension, values) in dimensions {
        let values = dimension_values(item, dimension, values)?;
        let mut next = Vec::new();
        for one in expanded {
            for value in &values {
                let mut one = one.clone();
                let chosen = choose(&mut one, dimension, value)?;
                let excludes = |rule: &&Object| rule.iter().all(|(k, v)| chosen.get(k) == Some(v));
                if rules.iter().any(excludes) {
                    continue;
                }
                if next.len() >= left {
                    return Err(too_many(item).into());
                }
                next.push(one);
            }
        }
        expanded = next;
    }
    Ok(expanded)
}

/// Adds a value to the name and to the attribute `matrix`, which is returned.
fn choose<'i>(
    item: &'i mut Item,
    dimension: &str,
    value: &Value,
) -> Result<&'i Object, Diagnostic> {
    let name = item.task.get("name").map(py_str).unwrap_or_default();
    let name = [&name, "-", &py_str(value)].concat();
    item.task.insert("name", Value::from(name));
    let attributes = checks::mapping(item, "attributes")?;
    if attributes.get("matrix").is_some_and(|m| !m.is_object()) {
        return Err(item.error_at("attributes.matrix", "`attributes.matrix` is not a mapping"));
    }
    let attributes = item.object_mut("attributes");
    let chosen = crate::transform::item::object_mut(attributes, "matrix");
    chosen.insert(dimension.to_owned(), value.clone());
    Ok(chosen)
}

/// The values of a dimension: the items of a list, the keys of a mapping, the letters of a text.
fn dimension_values(
    item: &Item,
    dimension: &str,
    values: &Value,
) -> Result<Vec<Value>, Diagnostic> {
    match values {
        Value::Array(values) => Ok(values.to_vec()),
        Value::Object(map) => Ok(map.keys().map(|key| Value::from(key.as_str())).collect()),
        Value::String(text) => Ok(text.chars().map(|c| Value::from(c.to_string())).collect()),
        other => Err(item
            .error_at(
                &format!("matrix.{dimension}"),
                format!(
                    "`matrix.{dimension}`: expected a list, found {}",
                    type_name(other)
                ),
            )
            .help("write its values as a list")),
    }
}

fn values_in_words(values: &Value) -> String {
    let pairs = values.as_object().into_iter().flatten();
    pairs
        .map(|(dimension, value)| format!("{dimension}: {}", py_str(value)))
        .collect::<Vec<_>>()
        .join(", ")
}

fn too_many(item: &Item) -> Diagnostic {
    item.error_at(
        "matrix",
        format!("the matrices of this kind would create more than {MAX_ITEMS} tasks"),
    )
    .help("remove a dimension, or exclude combinations")
}

#[cfg(test)]
mod tests;
