//! The transform `task_context`: substitutes values in fields of a task.
//!
//! The values come from a YAML file, custom providers, `from-object` and the parameters; later sources
//! override earlier ones. `name` is included unless one of these overrides it. In each of the chosen
//! fields, a keyed-by value is resolved first, with these values and the task's own fields as
//! attributes, and then `{…}` is replaced.

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::pyformat::{Scope, substitute_fields};
use crate::base::value::{Object, Value, type_name};
use crate::config::keyed_by::{self, Options};
use crate::config::release;
use crate::config::schema::{Schema, Type, optional, required};
use crate::config::yaml;
use crate::transform::{Context, Item, Transform, checks, each};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    name: "taskgraph.transforms.task_context",
    aliases: &[],
    doc: "substitutes values from parameters, a file or the task itself in fields of the task",
    schema: Some(&SCHEMA),
    prepare: None,
    by_item: true,
    run,
};

static KEYED_BY_OPTIONS: Schema = Schema {
    name: "resolve-keyed-by-options",
    fields: &[
        optional(
            "defer",
            Type::List(&Type::Str),
            "attributes whose alternatives are left unresolved",
        ),
        optional(
            "enforce-single-match",
            Type::Bool,
            "whether it is an error if several alternatives match (default: true)",
        ),
    ],
    open: false,
    exclusive: &[],
};

static TASK_CONTEXT: Schema = Schema {
    name: "task-context",
    fields: &[
        required(
            "substitution-fields",
            Type::List(&Type::Str),
            "the fields in which to resolve alternatives and substitute values",
        ),
        optional(
            "from-parameters",
            Type::Map(&Type::OneOf(&[Type::List(&Type::Str), Type::Str])),
            "values from parameters, each given as a dotted name, or as a list of names of which the first with a value is used; `release.level` and others are derived from the parameters",
        ),
        optional(
            "from-file",
            Type::Str,
            "a YAML file with values, relative to the root of the repository",
        ),
        optional("from-object", Type::Any, "a mapping of names to values"),
        optional(
            "from-custom",
            Type::List(&Type::Str),
            "the names of registered value providers",
        ),
        optional(
            "resolve-keyed-by-options",
            Type::Struct(&KEYED_BY_OPTIONS),
            "how to resolve alternatives",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// The schema of the transform.
pub static SCHEMA: Schema = Schema {
    name: "task_context",
    fields: &[
        optional("name", Type::Str, "the name of the task"),
        optional(
            "task-context",
            Type::Struct(&TASK_CONTEXT),
            "the values, and the fields in which to substitute them",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// Reserved names: taskgraph passes values as keyword arguments, next to arguments with these names.
const RESERVED: [&str; 7] = [
    "defer",
    "enforce_single_match",
    "field",
    "fields",
    "item",
    "item_name",
    "task",
];

fn run(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    each(context, items, |mut item| {
        item.check(&[], &item.task, &SCHEMA)?;
        let Some(Value::Object(config)) = item.task.shift_remove("task-context") else {
            return Ok([item]);
        };
        checks::refuse_null(
            &item,
            "task-context",
            &config,
            &["from-parameters", "from-object"],
        )?;
        let values = values(context, &item, &config)?;
        let fields = checks::strings(config.get("substitution-fields"));
        choose(&mut item, &fields, &values, &options(&config))?;
        let mut task = std::mem::take(&mut item.task);
        substitute_fields(&mut task, &fields, &Scope::new(&values)).map_err(|(path, error)| {
            item.error_at(&path.to_string(), error.to_string())
                .help(names_in_words(&values))
        })?;
        item.task = task;
        Ok([item])
    })
}

/// All available values.
fn values(context: &Context<'_>, item: &Item, config: &Object) -> Outcome<Object> {
    let mut wrong = Diagnostics::new();
    let mut values = Object::new();
    if let Some(path) = config
        .get("from-file")
        .and_then(Value::as_str)
        .filter(|path| !path.is_empty())
    {
        values.extend(wrong.keep(read(context, item, path)).into_iter().flatten());
    }
    for name in checks::strings(config.get("from-custom")) {
        wrong.push(
            item.error_at(
                "task-context.from-custom",
                format!("unknown value provider `{name}`"),
            )
            .help("register it in the project's Python code"),
        );
    }
    match config.get("from-object") {
        None => {}
        Some(Value::Object(own)) => values.extend(own.clone()),
        Some(other) => wrong.push(checks::wrong_type(
            item,
            "task-context.from-object",
            "a mapping",
            other,
        )),
    }
    let from_parameters = config.get("from-parameters").and_then(Value::as_object);
    for (name, paths) in from_parameters.into_iter().flatten() {
        let value = parameter(context, paths).map_err(|message| {
            item.error_at("task-context.from-parameters", message)
                .help("use a dot only to access a key of a parameter that is a mapping")
                .into()
        });
        if let Some(Some(value)) = wrong.keep(value) {
            values.insert(name.clone(), value);
        }
    }
    if let Some(name) = item.task.get("name")
        && !values.contains_key("name")
    {
        values.insert("name", name.clone());
    }
    for name in values
        .keys()
        .filter(|name| RESERVED.contains(&name.as_str()))
    {
        wrong.push(
            item.error_at("task-context", format!("the name `{name}` is reserved"))
                .help(format!(
                    "rename the value; reserved names: {}",
                    RESERVED.join(", ")
                )),
        );
    }
    wrong.or_ok(values)
}

/// The values of a YAML file.
fn read(context: &Context<'_>, item: &Item, path: &str) -> Outcome<Object> {
    const FIELD: &str = "task-context.from-file";
    let text = context.project.files.read(path).map_err(|error| {
        let mut wrong = item.error_at(FIELD, error.to_string());
        wrong.class = Diagnostic::from(error).class;
        wrong.help("use a path relative to the root of the repository")
    })?;
    match yaml::load(path, &text)?.value {
        Value::Object(values) => Ok(values),
        other => Err(item
            .error_at(
                FIELD,
                format!(
                    "{path:?}: expected a mapping of names to values, found {}",
                    type_name(&other)
                ),
            )
            .into()),
    }
}

/// The value of the named parameter, null if it does not exist; or of the first of several
/// that is neither missing nor null, if any.
fn parameter(context: &Context<'_>, paths: &Value) -> Result<Option<Value>, String> {
    match paths {
        Value::Array(paths) => {
            for path in paths.iter().filter_map(Value::as_str) {
                if let Some(value) = look_up(context, path)?.filter(|value| !value.is_null()) {
                    return Ok(Some(value));
                }
            }
            Ok(None)
        }
        path => {
            let path = path.as_str().unwrap_or_default();
            Ok(Some(look_up(context, path)?.unwrap_or(Value::Null)))
        }
    }
}

fn look_up(context: &Context<'_>, path: &str) -> Result<Option<Value>, String> {
    let mut parts = path.split('.');
    let first = parts.next().unwrap_or_default();
    let derived;
    let mut found = context.params().values().get(first);
    // Values derived from the parameters; a parameter of the project takes precedence.
    if found.is_none() && first == release::PARAMETER {
        derived = Value::Object(release::derived(context.graph_config(), context.params()));
        found = Some(&derived);
    }
    for part in parts {
        found = match found {
            None => return Ok(None),
            Some(Value::Object(map)) => map.get(part),
            Some(other) => {
                return Err(format!(
                    "cannot look up `{part}` of the parameter `{path}` in {}",
                    type_name(other)
                ));
            }
        };
    }
    Ok(found.cloned())
}

fn options(config: &Object) -> Options {
    let configured = config.get("resolve-keyed-by-options");
    let option = |name: &str| configured.and_then(|options| options.get(name));
    Options {
        defer: checks::strings(option("defer")),
        allow_several: option("enforce-single-match") == Some(&Value::Bool(false)),
    }
}

/// Resolves the alternatives of each field.
fn choose(item: &mut Item, fields: &[String], values: &Object, options: &Options) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    let name = ["name", "label"]
        .iter()
        .find_map(|key| item.task.get(key))
        .map_or_else(|| "?".to_owned(), crate::base::value::py_str);
    for field in fields {
        let chosen = keyed_by::resolve(&mut item.task, field, &name, values, options);
        if let Err(error) = chosen {
            let mut diagnostic = item.error_at(field, error.to_string());
            diagnostic.help = error.help();
            wrong.push(diagnostic);
        }
    }
    wrong.or_ok(())
}

fn names_in_words(values: &Object) -> String {
    let names: Vec<&str> = values.keys().map(|key| key.as_str()).collect();
    match names.as_slice() {
        [] => "no values are available; write literal braces twice".to_owned(),
        names => format!(
            "available values: {}; write literal braces twice",
            names.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests;
