//! Schemas as tables.

use super::markdown::{Markdown, code};
use crate::config::schema::{Field, Schema, Type};
use crate::transform::fields::Presets;

/// Writes a schema as a table, followed by one for each schema that it contains.
///
/// `defaults` are the default values of fields of the outermost schema. Headings of inner schemas have
/// the given `level`.
pub fn write(page: &mut Markdown, schema: &'static Schema, defaults: Presets, level: usize) {
    table(page, schema, defaults);
    let mut seen = vec![schema];
    let mut waiting = inner(schema);
    while !waiting.is_empty() {
        let mut further = Vec::new();
        for schema in waiting {
            if seen.iter().any(|known| std::ptr::eq(*known, schema)) {
                continue;
            }
            seen.push(schema);
            page.heading(level, schema.name);
            table(page, schema, &[]);
            further.extend(inner(schema));
        }
        waiting = further;
    }
}

fn table(page: &mut Markdown, schema: &Schema, defaults: Presets) {
    let rows: Vec<[String; 4]> = schema
        .fields
        .iter()
        .map(|field| {
            [
                code(field.name),
                field.value.describe(),
                presence(field, defaults),
                field.doc.to_owned(),
            ]
        })
        .collect();
    page.table(["Key", "Value", "Required", "Meaning"], &rows);
    if schema.open {
        page.paragraph("Other keys are allowed.");
    }
    if !schema.exclusive.is_empty() {
        let names: Vec<String> = schema.exclusive.iter().map(|name| code(name)).collect();
        page.paragraph(&format!("At most one of {} is allowed.", names.join(", ")));
    }
}

/// Whether a field is required, or its default.
fn presence(field: &Field, defaults: Presets) -> String {
    let default = defaults.iter().find(|(name, _)| *name == field.name);
    match default.map(|(_, preset)| preset.value()) {
        Some(value) => format!("default {}", code(&value.to_string())),
        None if field.required => "yes".to_owned(),
        None => "no".to_owned(),
    }
}

/// The schemas that a schema contains, in the order of its fields.
fn inner(schema: &Schema) -> Vec<&'static Schema> {
    let mut found = Vec::new();
    for field in schema.fields {
        collect(&field.value, &mut found);
    }
    found
}

fn collect(value: &Type, found: &mut Vec<&'static Schema>) {
    match value {
        Type::Struct(schema) => found.push(schema),
        Type::List(inner) | Type::Map(inner) | Type::KeyedBy(_, inner) => collect(inner, found),
        Type::OneOf(types) => types.iter().for_each(|one| collect(one, found)),
        Type::Any | Type::Str | Type::Int | Type::Bool | Type::Literal(_) | Type::TaskRef => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::schema::{optional, required};
    use crate::transform::fields::Preset;

    static INNER: Schema = Schema {
        name: "part",
        fields: &[required("path", Type::Str, "where it lies")],
        open: true,
        exclusive: &[],
    };
    static OUTER: Schema = Schema {
        name: "whole",
        fields: &[
            optional("size", Type::Int, "how large it is"),
            optional(
                "parts",
                Type::List(&Type::Struct(&INNER)),
                "what it is made of",
            ),
        ],
        open: false,
        exclusive: &["size", "parts"],
    };

    #[test]
    fn inner_schemas_come_below() {
        let mut page = Markdown::new("Whole");
        write(&mut page, &OUTER, &[("size", Preset::Int(3))], 3);
        assert_eq!(
            page.finish(),
            "# Whole\n\n\
             | Key | Value | Required | Meaning |\n\
             | --- | --- | --- | --- |\n\
             | `size` | an integer | default `3` | how large it is |\n\
             | `parts` | a list of mappings (part) | no | what it is made of |\n\n\
             At most one of `size`, `parts` is allowed.\n\n\
             ### part\n\n\
             | Key | Value | Required | Meaning |\n\
             | --- | --- | --- | --- |\n\
             | `path` | a string | yes | where it lies |\n\n\
             Other keys are allowed.\n"
        );
    }
}
