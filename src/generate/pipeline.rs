//! The pipeline of a kind, of which parts run in the project's Python.
//!
//! 1. The loader runs: ours, or the project's in its worker.
//! 2. Transforms run in order. Consecutive transforms of the project run in the worker together; a
//!    built-in one runs here, unless its items name something of the project's
//!    ([`delegate`](super::delegate)).
//! 3. Items that are not plain data cannot leave the worker: the rest of the pipeline runs there.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::delegate::{self, Placement};
use super::entries::{entries, first_entries};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::Value;
use crate::custom::Custom;
use crate::custom::kind_run::{KindInput, KindItem, KindOutput, KindRun, KindSource};
use crate::kind::KindDefinition;
use crate::kind::loader::LOADERS;
use crate::transform::{Context, Item, Origin, Transform, edge_notes};
use crate::transforms;

/// Items between two steps.
enum Items {
    /// They are available natively.
    Native(Vec<Item>),
    /// The worker has loaded them, and they have not been requested yet.
    Loaded,
    /// They are not plain data and stay in the worker.
    InWorker,
}

/// Runs a kind of which at least one part belongs to the project. If it is `traced`, the items note what
/// changes their dependencies.
///
/// # Errors
/// Everything that is wrong up to the end of the first part that fails.
pub fn run(
    custom: &Custom<'_>,
    context: &Context<'_>,
    kind: &KindDefinition,
    traced: bool,
) -> Outcome<Vec<Item>> {
    let source = KindSource {
        name: context.kind,
        path: context.path,
        config: context.config,
        dependencies: context.dependencies,
    };
    let run = custom.start_kind(source, traced);
    let (mut items, names) = match custom_loader(kind) {
        Some(loader) => {
            refuse_failed(custom, kind, "loader", [loader])?;
            (Items::Loaded, run.load(loader)?)
        }
        None => {
            // A kind that is traced has been generated before.
            let read = match traced {
                true => entries,
                false => first_entries,
            };
            (
                Items::Native(read(context.project, kind)?),
                kind.transforms()?,
            )
        }
    };
    refuse_failed(custom, kind, "transforms", names.iter().map(String::as_str))?;
    if let (true, Items::Native(here)) = (traced, &mut items) {
        edge_notes::note_written(here);
    }
    let mut rest = names.as_slice();
    while let Some((first, others)) = rest.split_first() {
        if let Some(native) = transforms::find(first) {
            if matches!(items, Items::Loaded) {
                items = python(&run, context, items, &[])?;
            }
            if let Items::Native(here) = items {
                items = built_in(&run, context, custom, native, here)?;
                if let (true, Items::Native(here)) = (traced, &mut items) {
                    edge_notes::note_transform(here, native.name);
                }
                rest = others;
                continue;
            }
        }
        let in_worker = matches!(items, Items::InWorker);
        let own = |name: &&String| in_worker || transforms::find(name).is_none();
        let count = 1 + others.iter().take_while(own).count();
        items = python(&run, context, items, &rest[..count])?;
        rest = &rest[count..];
    }
    if matches!(items, Items::Loaded) {
        items = python(&run, context, items, &[])?;
    }
    match items {
        Items::Native(here) => Ok(here),
        Items::Loaded | Items::InWorker => Err(Diagnostic::user(
            "the items of the last transform cannot be converted to JSON",
        )
        .in_kind(context.kind)
        .into()),
    }
}

/// The loader of a kind, if it belongs to the project.
pub fn custom_loader(kind: &KindDefinition) -> Option<&str> {
    let loader = kind.config.get("loader")?.as_str()?;
    kind.loader().is_err().then_some(loader)
}

fn refuse_failed<'n>(
    custom: &Custom<'_>,
    kind: &KindDefinition,
    key: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    for (i, name) in names.into_iter().enumerate() {
        if let Some(exception) = custom.failed.get(name) {
            let path = ValuePath::keys([key]);
            let path = if key == "transforms" {
                path.index(i)
            } else {
                path
            };
            let what = format!("the import of `{name}`");
            let place = kind.place(&path);
            let (noun, near) = match key {
                "transforms" => ("transform", super::entries::nearest_transform(name)),
                _ => ("loader", nearest_loader(name)),
            };
            let diagnostic = match near {
                Some(_) if exception.is_missing_module() => {
                    Diagnostic::user(format!("unknown {noun} `{name}`"))
                }
                _ => exception.diagnostic(&what),
            };
            let diagnostic = match near {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic,
            };
            wrong.push(diagnostic.in_kind(&kind.name).at(place));
        }
    }
    wrong.or_ok(())
}

/// The built-in loader whose name is nearest to a reference, if one is near.
fn nearest_loader(name: &str) -> Option<&'static str> {
    suggest::nearest(name, LOADERS.iter().map(|loader| loader.name))
}

/// Runs a built-in transform, natively if possible.
fn built_in(
    run: &KindRun<'_, '_>,
    context: &Context<'_>,
    custom: &Custom<'_>,
    native: &Transform,
    items: Vec<Item>,
) -> Outcome<Items> {
    let names = [native.reference()];
    match delegate::placement(context, &custom.registered, native, &items) {
        Placement::Native => super::native::transform(context, native, items).map(Items::Native),
        Placement::Python(why) => {
            tracing::debug!(
                "{} runs in Python for kind {}: {why}",
                names[0],
                context.kind
            );
            python(run, context, Items::Native(items), &names)
        }
        Placement::Split(theirs) => {
            let mut ours = Vec::new();
            let mut sent = Vec::new();
            for (item, theirs) in items.into_iter().zip(&theirs) {
                if *theirs {
                    sent.push(item)
                } else {
                    ours.push(item)
                }
            }
            let count = sent.len();
            let mut wrong = Diagnostics::new();
            let ours = wrong.keep(super::native::transform(context, native, ours));
            let results = wrong.keep(python(run, context, Items::Native(sent), &names));
            let (Some(ours), Some(Items::Native(results))) = (ours, results) else {
                return wrong.or_ok(Items::InWorker);
            };
            if results.len() != count {
                return Err(Diagnostic::bug("tasks were lost in Python").into());
            }
            let (mut ours, mut results) = (ours.into_iter(), results.into_iter());
            let whole = theirs
                .iter()
                .filter_map(|theirs| if *theirs { results.next() } else { ours.next() });
            Ok(Items::Native(whole.collect()))
        }
    }
}

fn python(
    run: &KindRun<'_, '_>,
    context: &Context<'_>,
    items: Items,
    names: &[String],
) -> Outcome<Items> {
    let (input_items, before) = match &items {
        Items::Native(here) => (
            KindInput::Items(here.iter().map(|item| &item.task).collect()),
            here.as_slice(),
        ),
        Items::Loaded | Items::InWorker => (KindInput::InWorker, [].as_slice()),
    };
    let results = run.run(input_items, names).map_err(|mut diagnostic| {
        let named =
            |item: &&Item| item.name_for_messages().as_deref() == diagnostic.task.as_deref();
        if diagnostic.task.is_some() {
            let origin = before.iter().find(named).map(|item| &item.origin);
            diagnostic.place = origin.and_then(|origin| origin.own_place());
        }
        diagnostic
    })?;
    match results {
        KindOutput::InWorker { why } => {
            if !matches!(items, Items::InWorker) {
                let kind = context.kind;
                tracing::info!("The rest of kind {kind} runs in Python: {why}");
            }
            Ok(Items::InWorker)
        }
        KindOutput::Items(results) => {
            let origins = Origins::new(before);
            let item = |result: KindItem| {
                let origin = origins.find(&result.task, result.origin);
                Item {
                    origin: edge_notes::with_changes(&origin, result.changes, result.root),
                    task: result.task,
                }
            };
            Ok(Items::Native(results.into_iter().map(item).collect()))
        }
    }
}

/// The origins of items that the project's Python returned.
struct Origins<'i> {
    before: &'i [Item],
    /// The first item of each label and of each name, by key and value.
    first: LazyCell<BTreeMap<(&'static str, &'i str), usize>, FindFirst<'i>>,
}

/// Finds the first item of each label and of each name.
type FindFirst<'i> = Box<dyn FnOnce() -> BTreeMap<(&'static str, &'i str), usize> + 'i>;

/// The keys by which an item is recognized.
const NAMES: [&str; 2] = ["label", "name"];

impl<'i> Origins<'i> {
    fn new(before: &'i [Item]) -> Self {
        let find: FindFirst<'i> = Box::new(move || {
            let mut first = BTreeMap::new();
            for (position, item) in before.iter().enumerate() {
                for key in NAMES {
                    if let Some(name) = item.str(key) {
                        first.entry((key, name)).or_insert(position);
                    }
                }
            }
            first
        });
        Self {
            before,
            first: LazyCell::new(find),
        }
    }

    /// The origin of the item that was sent to Python, or of the first one with the same label or
    /// name.
    fn find(&self, task: &crate::base::value::Object, number: Option<usize>) -> Arc<Origin> {
        let same = number.filter(|number| *number < self.before.len());
        let named = || {
            let position = |key| {
                let name = task.get(key).and_then(Value::as_str)?;
                self.first.get(&(key, name)).copied()
            };
            NAMES.into_iter().filter_map(position).min()
        };
        let found = same.or_else(named);
        let found = found.and_then(|position| self.before.get(position));
        found
            .map(|item| Arc::clone(&item.origin))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::{Object, json};

    #[test]
    fn items_are_matched_by_number_label_or_name() {
        let object = |value: Value| value.as_object().cloned().unwrap_or_default();
        let item = |task: Value| Item {
            task: object(task),
            origin: Arc::default(),
        };
        let before = [
            item(json!({"name": "a"})),
            item(json!({"label": "x-b", "name": "b"})),
            item(json!({"label": "x-b", "name": "a"})),
        ];
        let origins = Origins::new(&before);
        let position = |task: Object, number| {
            let origin = origins.find(&task, number);
            before
                .iter()
                .position(|item| Arc::ptr_eq(&item.origin, &origin))
        };
        for (task, number, expected) in [
            (json!({"name": "a"}), Some(2), Some(2)),
            (json!({"name": "a"}), Some(3), Some(0)),
            (json!({"name": "a"}), None, Some(0)),
            (json!({"name": "c", "label": "x-b"}), None, Some(1)),
            // The first item with either the label or the name.
            (json!({"name": "a", "label": "x-b"}), None, Some(0)),
            (json!({"name": "c"}), None, None),
            (json!({}), None, None),
        ] {
            let text = task.to_string();
            assert_eq!(position(object(task), number), expected, "{text}");
        }
    }
}
