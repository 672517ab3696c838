//! The transform `from_deps`: creates tasks from the tasks of the kinds that this one depends on.
//!
//! 1. The tasks of the chosen kinds whose attributes match are selected, in the order in which they
//!    were generated.
//! 2. They are grouped ([`group_by`]).
//! 3. For each group the item is copied. Its dependencies are the group; its primary dependency is
//!    the group's first task of the first of the chosen kinds that is in the group at all. Where a
//!    group holds several tasks of that kind, "first" is in the order in which they were generated.
//! 4. The copy is named after the primary dependency ([`set_name`]), copies its attributes if
//!    requested, and gets fetches from its dependencies ([`fetches`]).

pub mod fetches;
pub mod group_by;
pub mod set_name;
mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::suggest;
use crate::base::value::{Object, Value, truthy};
use crate::config::schema::{Schema, Type, optional, required};
use crate::model::task::Task;
use crate::transform::{Context, Item, Transform, checks, each};

use self::group_by::Group;
use self::settings::FromDeps;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    name: "taskgraph.transforms.from_deps",
    aliases: &[],
    doc: "creates a task for each group of tasks in the kinds listed in `kind-dependencies`",
    schema: Some(&SCHEMA),
    prepare: None,
    by_item: false,
    run,
};

static FETCH: Schema = Schema {
    name: "fetch",
    fields: &[
        required(
            "artifact",
            Type::Str,
            "the artifact; attributes of the dependency in braces are replaced",
        ),
        optional(
            "dest",
            Type::Str,
            "the folder to put it in; attributes of the dependency in braces are replaced",
        ),
        optional("extract", Type::Bool, "whether to extract it"),
        optional("verify-hash", Type::Bool, "whether to verify its hash"),
    ],
    open: false,
    exclusive: &[],
};

static FROM_DEPS: Schema = Schema {
    name: "from-deps",
    fields: &[
        optional(
            "kinds",
            Type::List(&Type::Str),
            "the kinds of the dependencies, the primary one first (default: all of `kind-dependencies`)",
        ),
        optional(
            "set-name",
            Type::OneOf(&[Type::Bool, Type::Str, Type::Map(&Type::Any)]),
            "how to name the task: `strip-kind`, `retain-kind`, or null to keep its name (default: `strip-kind`)",
        ),
        optional(
            "with-attributes",
            Type::Map(&Type::OneOf(&[Type::List(&Type::Any), Type::Str])),
            "the attributes that a task must have, each with its value or a list of accepted values",
        ),
        optional(
            "group-by",
            Type::OneOf(&[Type::Str, Type::Map(&Type::Any)]),
            "how to group the tasks: `single`, `all`, or `attribute: <name>` (default: `single`)",
        ),
        optional(
            "copy-attributes",
            Type::Bool,
            "whether to copy the attributes of the primary dependency",
        ),
        optional(
            "unique-kinds",
            Type::Bool,
            "whether a group may contain only one task of each kind (default: true)",
        ),
        optional(
            "fetches",
            Type::Map(&Type::List(&Type::Struct(&FETCH))),
            "the artifacts to fetch from the dependencies, by kind",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// The schema of the transform.
pub static SCHEMA: Schema = Schema {
    name: "from_deps",
    fields: &[required(
        "from-deps",
        Type::Struct(&FROM_DEPS),
        "which tasks to depend on, and how to group them",
    )],
    open: true,
    exclusive: &[],
};

fn run(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    let positions = context.dependencies.iter().enumerate();
    let positions = positions
        .map(|(i, task)| (task.label.as_str(), i))
        .collect();
    each(context, items, |mut item| {
        item.check(&[], &item.task, &SCHEMA)?;
        let Some(Value::Object(config)) = item.task.shift_remove("from-deps") else {
            return Ok(Vec::new());
        };
        checks::refuse_null(&item, "from-deps", &config, &["kinds", "group-by"])?;
        checks::mapping(&mut item, "dependencies")?;
        checks::mapping(&mut item, "attributes")?;
        make(context, &item, &config, &positions)
    })
}

fn make(
    context: &Context<'_>,
    item: &Item,
    config: &Object,
    positions: &BTreeMap<&str, usize>,
) -> Outcome<Vec<Item>> {
    let mut wrong = Diagnostics::new();
    let kinds = wrong.keep(kinds(context, item, config));
    let default = Value::from("strip-kind");
    let set_name = config.get("set-name").unwrap_or(&default);
    let set_name = wrong.keep(set_name::find(item, set_name).map_err(Into::into));
    let (Some(kinds), Some(set_name)) = (kinds, set_name) else {
        return wrong.or_ok(Vec::new());
    };
    let with_attributes = config.get("with-attributes").and_then(Value::as_object);
    let tasks: Vec<&Arc<Task>> = context
        .dependencies
        .iter()
        .filter(|task| kinds.iter().any(|kind| kind == task.kind.as_str()))
        .filter(|task| with_attributes.is_none_or(|required| has_attributes(task, required)))
        .collect();
    let from = FromDeps {
        kinds,
        unique_kinds: config.get("unique-kinds").is_none_or(truthy),
        copy_attributes: config.get("copy-attributes").is_some_and(truthy),
        set_name,
        fetches: config
            .get("fetches")
            .and_then(Value::as_object)
            .filter(|fetches| !fetches.is_empty()),
        positions,
    };
    let single = Value::from("single");
    let groups = group_by::group(item, config.get("group-by").unwrap_or(&single), &tasks)?;
    let mut items = Vec::with_capacity(groups.len());
    for group in groups {
        items.extend(wrong.keep(make_one(context, item, &from, &group)));
    }
    wrong.or_ok(items)
}

/// The kinds whose tasks are used, the primary one first.
fn kinds(context: &Context<'_>, item: &Item, config: &Object) -> Outcome<Vec<String>> {
    let known = context.kind_dependencies();
    let Some(kinds) = config.get("kinds") else {
        if known.is_empty() {
            return Err(item
                .error_at("from-deps", "this kind has no `kind-dependencies`")
                .help("list the kinds of the dependencies in `kind-dependencies`")
                .into());
        }
        return Ok(known.into_iter().map(str::to_owned).collect());
    };
    let kinds = checks::strings(Some(kinds));
    let mut wrong = Diagnostics::new();
    for kind in kinds.iter().filter(|kind| !known.contains(&kind.as_str())) {
        wrong.push(
            item.error_at(
                "from-deps.kinds",
                format!("`from-deps.kinds` lists `{kind}`, which is not in `kind-dependencies`"),
            )
            .help(suggest::hint(kind, known.iter().copied())),
        );
    }
    if kinds.is_empty() {
        wrong.push(
            item.error_at("from-deps.kinds", "`from-deps.kinds` is empty")
                .help("add a kind, or remove the key to use all of `kind-dependencies`"),
        );
    }
    wrong.or_ok(kinds)
}

/// Whether a task has the wanted value, or one of the wanted values, of each attribute.
fn has_attributes(task: &Task, required: &Object) -> bool {
    required.iter().all(|(name, required)| {
        let Some(value) = task.attributes.get(name) else {
            return false;
        };
        match required {
            Value::Array(choices) => choices.iter().any(|one| checks::py_equal(one, value)),
            one => checks::py_equal(one, value),
        }
    })
}

/// The task of one group.
fn make_one(
    context: &Context<'_>,
    item: &Item,
    from: &FromDeps<'_>,
    group: &Group<'_>,
) -> Outcome<Item> {
    let wrong = |message: String| item.error_at("from-deps", message);
    let first_of = |kind: &String| group.iter().find(|task| task.kind.as_str() == kind);
    let Some(primary) = from.kinds.iter().find_map(first_of) else {
        return Err(wrong(format!(
            "no matching tasks in the kinds {}",
            from.kinds.join(", ")
        ))
        .help("use `group-by: single` to create no task in this case")
        .into());
    };
    if from.unique_kinds
        && let Some((one, other)) = same_kind(group)
    {
        return Err(wrong(format!(
            "a group contains two tasks of the same kind, `{}` and `{}`",
            one.label, other.label
        ))
        .help("use another grouping, select tasks with `with-attributes`, or set `unique-kinds: false`")
        .into());
    }
    let mut new_item = item.clone();
    let dependencies = new_item.object_mut("dependencies");
    for task in group {
        let label = Value::from(task.label.as_str());
        dependencies.insert(from.name_of(task).to_owned(), label);
    }
    let own = new_item.object_mut("attributes");
    for (name, value) in [
        ("primary-kind-dependency", primary.kind.as_str()),
        ("primary-dependency-label", primary.label.as_str()),
    ] {
        own.insert(name.to_owned(), Value::from(value));
    }
    if from.copy_attributes {
        let mut attributes = primary.attributes.clone();
        attributes.extend(std::mem::take(own));
        *own = attributes;
    }
    if let Some(set_name) = from.set_name {
        let name = (set_name.run)(primary);
        new_item.task.insert("name", Value::from(name));
    }
    if let Some(fetches) = from.fetches {
        fetches::add(context, item, &mut new_item.task, from, fetches)?;
    }
    Ok(new_item)
}

/// Two tasks of a group that are of the same kind.
fn same_kind<'a>(group: &Group<'a>) -> Option<(&'a Arc<Task>, &'a Arc<Task>)> {
    group.iter().enumerate().find_map(|(i, one)| {
        let other = group.iter().skip(i + 1).find(|t| t.kind == one.kind)?;
        Some((*one, *other))
    })
}

#[cfg(test)]
mod tests;
