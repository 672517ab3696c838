//! Runs built-in transforms, and converts the items of the last one into tasks.
//!
//! Most transforms process each item independently. Consecutive steps of this kind run for a part of
//! the items, then for the next part, so that intermediate values are not in memory for all items at
//! once. The results are the same, and so are the reported mistakes: those of all parts in the first
//! step that fails.

use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use rayon::prelude::*;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{Label, NameError};
use crate::base::value::{Object, Value, type_name};
use crate::kind::KindDefinition;
use crate::model::task::{Provenance, Task, Written};
use crate::transform::{Context, Item, Origin, Transform};

/// The number of items per part.
const PART: usize = 256;

/// Runs a built-in transform.
///
/// # Errors
/// Everything that is wrong with any item.
pub fn transform(
    context: &Context<'_>,
    transform: &Transform,
    items: Vec<Item>,
) -> Outcome<Vec<Item>> {
    let _span = span(context, transform);
    transform.apply(context, items)
}

fn span(context: &Context<'_>, transform: &Transform) -> tracing::Span {
    tracing::info_span!(
        target: "timing", "step", kind = %context.kind, what = transform.name
    )
}

/// Runs these transforms and converts the items into tasks.
///
/// # Errors
/// Everything that is wrong up to the end of the first step that fails.
pub fn tasks(
    context: &Context<'_>,
    kind: &KindDefinition,
    transforms: &[&Transform],
    mut items: Vec<Item>,
) -> Outcome<Vec<Arc<Task>>> {
    let shared = OnceLock::new();
    let mut rest = transforms;
    while let Some((first, others)) = rest.split_first() {
        if !first.by_item {
            items = transform(context, first, items)?;
            rest = others;
            continue;
        }
        if let Some(prepare) = first.prepare {
            let _span = span(context, first);
            items = prepare(context, items)?;
        }
        let more = others.iter();
        let count = 1 + more
            .take_while(|next| next.by_item && next.prepare.is_none())
            .count();
        let (together, others) = rest.split_at(count);
        if others.is_empty() {
            return in_parts(items, |part| {
                let part = run(context, together, part)?;
                to_tasks(kind, part, &shared).map_err(|wrong| (together.len(), wrong))
            });
        }
        items = in_parts(items, |part| run(context, together, part))?;
        rest = others;
    }
    in_parts(items, |part| {
        to_tasks(kind, part, &shared).map_err(|wrong| (0, wrong))
    })
}

/// Mistakes, and the number of the step that found them.
type Failed = (usize, Diagnostics);

fn run(
    context: &Context<'_>,
    transforms: &[&Transform],
    mut items: Vec<Item>,
) -> Result<Vec<Item>, Failed> {
    for (step, transform) in transforms.iter().enumerate() {
        let _span = span(context, transform);
        items = (transform.run)(context, items).map_err(|wrong| (step, wrong))?;
    }
    Ok(items)
}

/// The results of `run` for all items, part by part.
fn in_parts<T: Send>(
    items: Vec<Item>,
    run: impl Fn(Vec<Item>) -> Result<Vec<T>, Failed> + Send + Sync,
) -> Outcome<Vec<T>> {
    let count = items.len();
    let mut items = items.into_iter();
    let parts: Vec<Vec<Item>> = (0..count.div_ceil(PART))
        .map(|_| items.by_ref().take(PART).collect())
        .collect();
    let outcomes: Vec<_> = parts.into_par_iter().with_max_len(1).map(run).collect();
    let failed = outcomes.iter().filter_map(|one| one.as_ref().err());
    let Some(first) = failed.clone().map(|(step, _)| *step).min() else {
        return Ok(outcomes.into_iter().flatten().flatten().collect());
    };
    let mut wrong = Diagnostics::new();
    let failed = failed.filter(|(step, _)| *step == first);
    for diagnostic in failed.flat_map(|(_, wrong)| wrong.iter()) {
        // A mistake of the whole kind is found in each part.
        if diagnostic.task.is_some() || wrong.iter().all(|known| known != diagnostic) {
            wrong.push(diagnostic.clone());
        }
    }
    Err(wrong)
}

/// Converts a part of the items into tasks. The first task shares values with `shared`, the first task of
/// another part, so that tasks of different parts share common values.
fn to_tasks(
    kind: &KindDefinition,
    items: Vec<Item>,
    shared: &OnceLock<Arc<Task>>,
) -> Outcome<Vec<Arc<Task>>> {
    let mut wrong = Diagnostics::new();
    let mut tasks: Vec<Arc<Task>> = Vec::with_capacity(items.len());
    // Tasks from one item are consecutive and have the same place.
    let mut last: Option<(Arc<Origin>, Arc<Provenance>)> = None;
    for item in items {
        let name = item.name_for_messages();
        let (_, provenance) = match last.take() {
            Some(known) if Arc::ptr_eq(&known.0, &item.origin) => last.insert(known),
            _ => {
                let place = item.origin.own_place();
                let written = Some(Arc::clone(&item.origin) as Arc<dyn Written>);
                let provenance = Arc::new(Provenance { place, written });
                last.insert((Arc::clone(&item.origin), provenance))
            }
        };
        let task = to_task(kind, item, provenance).map_err(|d| match name {
            Some(name) => Diagnostics::from(d.in_kind(&kind.name).in_task(name.as_str())),
            None => Diagnostics::from(d.in_kind(&kind.name)),
        });
        if let Some(mut task) = wrong.keep(task) {
            // Tasks stay in memory to the end.
            let before = tasks.last().or_else(|| shared.get());
            task.share_with(before.map(Arc::as_ref));
            let task = Arc::new(task);
            shared.get_or_init(|| Arc::clone(&task));
            tasks.push(task);
        }
    }
    wrong.or_ok(tasks)
}

/// Converts an item of the last transform into a task.
fn to_task(
    kind: &KindDefinition,
    item: Item,
    provenance: &Arc<Provenance>,
) -> Result<Task, Diagnostic> {
    let place = &provenance.place;
    let incomplete = |message: String| {
        Diagnostic::user(message)
            .at(place.clone())
            .help("the last transform must be `taskgraph.transforms.task` or yield the same keys")
    };
    let mut task = item.task;
    let mut take = |key: &str| task.get_mut(key).map_or(Value::Null, Value::take);
    let label = match take("label") {
        Value::String(label) => {
            let bad = |error: NameError| {
                Diagnostic::user(error.to_string())
                    .at(place.clone())
                    .help("remove line breaks and control characters from the label")
            };
            Label::parse(&label).map_err(bad)?
        }
        other => {
            return Err(incomplete(format!(
                "`label`: expected a string, found {}",
                type_name(&other)
            )));
        }
    };
    let map = |key: &str, value: Value| match value {
        Value::Object(map) => Ok(map),
        other => Err(incomplete(format!(
            "`{key}`: expected a mapping, found {}",
            type_name(&other)
        ))),
    };
    let mut attributes = map("attributes", take("attributes"))?;
    attributes.insert("kind", Value::from(kind.name.as_str()));
    let definition = map("task", take("task"))?;
    let dependencies = match take("dependencies") {
        Value::Null => Object::new(),
        other => map("dependencies", other)?,
    };
    let to_label = |value: &Value| match value {
        Value::String(label) => Label::parse(label).map_err(|e| incomplete(e.to_string())),
        other => Err(incomplete(format!(
            "expected a label as a dependency, found {}",
            type_name(other)
        ))),
    };
    let labels = |value: Value| -> Result<Vec<Label>, Diagnostic> {
        value
            .as_array()
            .into_iter()
            .flatten()
            .map(to_label)
            .collect()
    };
    Ok(Task {
        kind: kind.name.clone(),
        label,
        description: take("description").as_str().unwrap_or_default().to_owned(),
        attributes,
        task: definition,
        optimization: take("optimization"),
        dependencies: dependencies
            .iter()
            .map(|(name, label)| Ok((name.to_string(), to_label(label)?)))
            .collect::<Result<IndexMap<_, _>, Diagnostic>>()?
            .into(),
        soft_dependencies: labels(take("soft-dependencies"))?,
        if_dependencies: labels(take("if-dependencies"))?,
        provenance: Arc::clone(provenance),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::name::KindName;
    use crate::base::path::ValuePath;
    use crate::base::value::json;

    fn items(count: usize) -> Vec<Item> {
        let item = |n| Item::new(Object::from([("name", Value::from(n))]));
        (0..count).map(item).collect()
    }

    /// The numbers of the items. Each failing item fails in a step, together with a mistake of the whole kind.
    fn run_in_parts(count: usize, failing: &[(u64, usize)]) -> Result<Vec<u64>, Vec<String>> {
        let run = |part: Vec<Item>| {
            let numbers = part.iter().filter_map(|item| item.task["name"].as_u64());
            let numbers: Vec<u64> = numbers.collect();
            let failed = failing.iter().filter(|(n, _)| numbers.contains(n));
            let Some(first) = failed.clone().map(|(_, step)| *step).min() else {
                return Ok(numbers);
            };
            let mut wrong = Diagnostics::new();
            wrong.push(Diagnostic::user("the kind lacks something"));
            for (n, _) in failed.filter(|(_, step)| *step == first) {
                wrong.push(Diagnostic::user("it is wrong").in_task(n.to_string()));
            }
            Err((first, wrong))
        };
        in_parts(items(count), run).map_err(|wrong| wrong.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn batches_are_joined_in_order() {
        for count in [0, 1, PART, PART + 1, 3 * PART + 7] {
            let count = u64::try_from(count).unwrap();
            let all = run_in_parts(count.try_into().unwrap(), &[]);
            assert_eq!(all, Ok((0..count).collect()));
        }
    }

    fn kind() -> KindDefinition {
        let name = KindName::parse("k").unwrap();
        let text: &[u8] = b"kind-dependencies: []\ntransforms: []\n";
        KindDefinition::from_text(&name, "kinds/k".into(), "kinds/k/kind.yml", text).unwrap()
    }

    #[test]
    fn tasks_share_values_within_and_across_batches() {
        let (kind, shared) = (kind(), OnceLock::new());
        let part = |tasks: &[(&str, Value)]| {
            let item = |(label, dependencies): &(&str, Value)| {
                let task = json!({"payload": {"env": {"A": "a"}}, "metadata": {"name": *label}});
                let task = json!({
                    "label": *label, "task": task, "attributes": {}, "dependencies": dependencies,
                });
                Item::new(task.as_object().cloned().unwrap_or_default())
            };
            to_tasks(&kind, tasks.iter().map(item).collect(), &shared).unwrap()
        };
        let [one, other] = [json!({"x": "p", "y": "q"}), json!({"y": "q", "x": "p"})];
        let first = part(&[("a", one.clone()), ("b", one.clone()), ("c", other)]);
        let second = part(&[("d", one)]);
        let [a, b, c] = [&first[0], &first[1], &first[2]];
        for task in [b, c, &second[0]] {
            assert!(task.task["payload"].is_same(&a.task["payload"]));
            assert_eq!(task.task["metadata"]["name"], task.label.as_str());
        }
        assert!(Arc::ptr_eq(&b.dependencies, &a.dependencies));
        assert!(Arc::ptr_eq(&second[0].dependencies, &a.dependencies));
        // Their order is another.
        assert!(c.dependencies.keys().eq(["y", "x"]));
    }

    #[test]
    fn tasks_of_one_item_share_their_provenance() {
        let kind = kind();
        let own = |key: &str| {
            let own = Some((Arc::clone(&kind.places), ValuePath::keys([key])));
            let defaults = Vec::new();
            Arc::new(Origin {
                own,
                defaults,
                edges: None,
            })
        };
        let [one, other] = ["kind-dependencies", "transforms"].map(own);
        let item = |(label, origin): (&str, &Arc<Origin>)| Item {
            task: json!({"label": label, "task": {}, "attributes": {}})
                .as_object()
                .cloned()
                .unwrap_or_default(),
            origin: Arc::clone(origin),
        };
        let items = [("a", &one), ("b", &one), ("c", &other), ("d", &one)];
        let tasks = to_tasks(&kind, items.map(item).into(), &OnceLock::new()).unwrap();
        for (task, (_, origin)) in tasks.iter().zip(items) {
            assert_eq!(task.provenance.place, origin.own_place());
        }
        assert!(tasks[0].provenance.place.is_some());
        assert!(Arc::ptr_eq(&tasks[0].provenance, &tasks[1].provenance));
        assert!(!Arc::ptr_eq(&tasks[1].provenance, &tasks[2].provenance));
    }

    #[test]
    fn errors_of_all_batches_in_the_first_failing_step_are_reported() {
        let failing = [(3, 1), (300, 0), (310, 0), (600, 2), (800, 0)];
        let wrong = run_in_parts(900, &failing).unwrap_err();
        let expected = [
            "the kind lacks something",
            "task `300`: it is wrong",
            "task `310`: it is wrong",
            "task `800`: it is wrong",
        ];
        assert_eq!(wrong, expected);
    }
}
