//! The pages of transforms, `run.using` and worker implementations.

use super::markdown::{Markdown, code};
use super::schema;
use crate::base::diagnostic::Outcome;
use crate::base::text::sentence;
use crate::transforms::TRANSFORMS;
use crate::transforms::fetch::FETCH_TYPES;
use crate::transforms::from_deps::group_by::{Function, GROUP_BY};
use crate::transforms::from_deps::set_name::SET_NAME;
use crate::transforms::notify::schema::RECIPIENTS;
use crate::transforms::payload::PAYLOADS;
use crate::transforms::run::caches::CACHES;
use crate::transforms::run::using::RUN_USING;
use crate::transforms::task::index::INDEX_TYPES;

/// Writes the page of transforms.
///
/// # Errors
/// None.
pub fn transforms(page: &mut Markdown) -> Outcome<()> {
    page.paragraph(
        "A kind lists its transforms in `transforms`, in the order in which they run, each with the \
         suffix `:transforms`.",
    );
    let rows: Vec<[String; 2]> = TRANSFORMS
        .iter()
        .map(|one| [code(&format!("{}:transforms", one.name)), sentence(one.doc)])
        .collect();
    page.table(["Transform", "What it does"], &rows);
    for transform in TRANSFORMS {
        page.heading(2, short(transform.name));
        page.paragraph(&sentence(transform.doc));
        if !transform.aliases.is_empty() {
            let names: Vec<String> = transform.aliases.iter().map(|name| code(name)).collect();
            page.paragraph(&format!("Also known as {}.", names.join(", ")));
        }
        match transform.schema {
            Some(schema) => schema::write(page, schema, &[], 3),
            None => page.paragraph("This transform only checks the keys that it uses."),
        }
        match short(transform.name) {
            "fetch" => fetch_types(page),
            "from_deps" => groups_and_names(page),
            "notify" => recipients(page),
            "task" => index_types(page),
            _ => {}
        }
    }
    Ok(())
}

/// The last part of a transform's name.
fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn fetch_types(page: &mut Markdown) {
    for one in FETCH_TYPES {
        page.heading(3, &format!("fetch.type: {}", one.name));
        page.paragraph(&sentence(one.doc));
        schema::write(page, one.schema, &[], 4);
    }
}

fn groups_and_names(page: &mut Markdown) {
    page.heading(3, "group-by");
    let rows: Vec<[String; 2]> = GROUP_BY
        .iter()
        .map(|one| {
            let description = match one.run {
                Function::Plain(_) => one.name.to_owned(),
                Function::Argument(_) => format!("{{{}: …}}", one.name),
            };
            [code(&description), sentence(one.doc)]
        })
        .collect();
    page.table(["Function", "Groups"], &rows);
    page.heading(3, "set-name");
    let rows: Vec<[String; 2]> = SET_NAME
        .iter()
        .map(|one| [code(one.name), sentence(one.doc)])
        .collect();
    page.table(["Function", "Name"], &rows);
}

fn recipients(page: &mut Markdown) {
    for one in RECIPIENTS {
        page.heading(3, &format!("recipient: {}", one.name));
        schema::write(page, &one.schema, &[], 4);
    }
}

fn index_types(page: &mut Markdown) {
    page.heading(3, "index.type");
    let rows: Vec<[String; 2]> = INDEX_TYPES
        .iter()
        .map(|one| [code(one.name), sentence(one.doc)])
        .collect();
    page.table(["Type", "What it does"], &rows);
}

/// Writes the page of `run.using`.
///
/// # Errors
/// None.
pub fn run_using(page: &mut Markdown) -> Outcome<()> {
    page.paragraph(
        "The values of `run.using` for each worker implementation. The keys in the tables belong \
         under `run` of the task.",
    );
    for way in RUN_USING {
        page.heading(2, &format!("{} on {}", way.name, way.worker));
        page.paragraph(&sentence(way.doc));
        schema::write(page, way.schema, way.defaults, 3);
    }
    page.heading(2, "Caches");
    page.paragraph(
        "The values of `run.use-caches`, and of `taskgraph.run.use-caches` in `config.yml`.",
    );
    let rows: Vec<[String; 2]> = CACHES
        .iter()
        .map(|cache| [code(cache.name), code(cache.variable.unwrap_or_default())])
        .collect();
    page.table(["Cache", "Environment variable with its folder"], &rows);
    Ok(())
}

/// Writes the page of worker implementations.
///
/// # Errors
/// None.
pub fn workers(page: &mut Markdown) -> Outcome<()> {
    page.paragraph(
        "`workers.aliases` in `config.yml` maps each `worker-type` to an implementation. The keys in the \
         tables belong under `worker` of the task.",
    );
    for payload in PAYLOADS {
        page.heading(2, payload.name);
        page.paragraph(&sentence(payload.doc));
        if payload.automation {
            page.paragraph("Tasks have `MOZ_AUTOMATION` in their environment.");
        }
        schema::write(page, payload.schema, payload.defaults, 3);
    }
    Ok(())
}
