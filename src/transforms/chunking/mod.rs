//! The transform `chunking`: splits a task into several.
//!
//! Each has the attributes `this_chunk`, starting at 1, and `total_chunks`; both names are replaced in
//! the chosen fields. The last part of a field's name may contain them too: then a field with the
//! resulting name is added, and the original one remains.

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::dotted;
use crate::base::pyformat::{Scope, format as fill, substitute};
use crate::base::value::{Object, Value, truthy};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::checks::{self, MAX_ITEMS};
use crate::transform::{Context, Item, Transform, each_in_order};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    name: "taskgraph.transforms.chunking",
    aliases: &[],
    doc: "splits a task into `total-chunks` tasks",
    schema: Some(&SCHEMA),
    prepare: None,
    by_item: false,
    run,
};

static CHUNK: Schema = Schema {
    name: "chunk",
    fields: &[
        required("total-chunks", Type::Int, "the number of chunks"),
        required(
            "substitution-fields",
            Type::List(&Type::Str),
            "the fields in which `{this_chunk}` and `{total_chunks}` are replaced",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// The schema of the transform.
pub static SCHEMA: Schema = Schema {
    name: "chunking",
    fields: &[optional(
        "chunk",
        Type::Struct(&CHUNK),
        "how to split the task",
    )],
    open: true,
    exclusive: &[],
};

fn run(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    let mut left = MAX_ITEMS;
    each_in_order(context, items, |mut item| {
        item.check(&[], &item.task, &SCHEMA)?;
        let chunks = match item.task.shift_remove("chunk").filter(truthy) {
            Some(Value::Object(chunk)) => split(&item, &chunk, left)?,
            _ => vec![item],
        };
        left = left.saturating_sub(chunks.len());
        Ok(chunks)
    })
}

fn split(item: &Item, chunk: &Object, left: usize) -> Outcome<Vec<Item>> {
    let total = chunk.get("total-chunks").cloned().unwrap_or(Value::Null);
    // A number that is not positive creates no task.
    let count = match total.as_i64() {
        Some(count) => usize::try_from(count.max(0)).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    if count > left {
        return Err(item
            .error_at(
                "chunk.total-chunks",
                format!("chunking would create more than {MAX_ITEMS} tasks in this kind"),
            )
            .help("reduce `total-chunks`")
            .into());
    }
    let fields = checks::strings(chunk.get("substitution-fields"));
    let mut chunks = Vec::with_capacity(count);
    for this in 1..=count {
        let mut one = item.clone();
        let this = Value::from(this);
        let attributes = checks::mapping(&mut one, "attributes")?;
        attributes.insert("this_chunk", this.clone());
        attributes.insert("total_chunks", total.clone());
        let scope = Scope::default()
            .with("this_chunk", &this)
            .with("total_chunks", &total);
        for field in &fields {
            fill_field(item, &mut one.task, field, &scope)?;
        }
        chunks.push(one);
    }
    Ok(chunks)
}

fn fill_field(
    item: &Item,
    task: &mut Object,
    field: &str,
    scope: &Scope<'_>,
) -> Result<(), Diagnostic> {
    let bad = |error: &dyn std::fmt::Display| {
        item.error_at(field, format!("in `{field}`: {error}")).help(
            "use only `{this_chunk}` and `{total_chunks}` in braces; write literal braces twice",
        )
    };
    let found = dotted::parent_mut(task, field)
        .and_then(|(container, key)| Some((container.get(key)?.clone(), container, key)));
    let Some((mut value, container, key)) = found else {
        return Err(item
            .error_at(
                "chunk.substitution-fields",
                format!(
                    "`chunk.substitution-fields` lists `{field}`, which is not a field of the task"
                ),
            )
            .help("correct the name, or remove it from the list"));
    };
    let name = fill(key, scope).map_err(|error| bad(&error))?;
    substitute(&mut value, scope).map_err(|error| bad(&error))?;
    container.insert(name, value);
    Ok(())
}

#[cfg(test)]
mod tests;
