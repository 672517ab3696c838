//! Groups the tasks of other kinds; one task is created for each group.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::base::diagnostic::Diagnostic;
use crate::base::suggest;
use crate::base::value::{Value, truthy, type_name};
use crate::model::task::Task;
use crate::transform::Item;

/// Tasks that become dependencies of one task.
pub type Group<'a> = Vec<&'a Arc<Task>>;

/// Groups, or why tasks cannot be grouped.
type Grouped<'a> = Result<Vec<Group<'a>>, Diagnostic>;

/// A grouping of tasks.
#[derive(Debug)]
pub struct GroupBy {
    /// The name that kinds use.
    pub name: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    /// The function, depending on its argument.
    pub run: Function,
}

/// The function of a grouping.
#[derive(Debug)]
pub enum Function {
    /// Takes no argument: `group-by: single`.
    Plain(for<'a> fn(&[&'a Arc<Task>]) -> Vec<Group<'a>>),
    /// Takes a string: `group-by: {attribute: platform}`.
    Argument(for<'a> fn(&[&'a Arc<Task>], &str) -> Grouped<'a>),
}

/// Every grouping.
pub static GROUP_BY: &[GroupBy] = &[
    GroupBy {
        name: "all",
        doc: "one group of all tasks",
        run: Function::Plain(single_group),
    },
    GroupBy {
        name: "attribute",
        doc: "a group for each value of the named attribute; tasks without it are ignored",
        run: Function::Argument(attribute),
    },
    GroupBy {
        name: "single",
        doc: "a group for each task",
        run: Function::Plain(single),
    },
];

/// Groups tasks according to `group-by`.
///
/// # Errors
/// If the grouping does not exist, its argument is wrong, or tasks cannot be grouped.
pub fn group<'a>(item: &Item, by: &Value, tasks: &[&'a Arc<Task>]) -> Grouped<'a> {
    const FIELD: &str = "from-deps.group-by";
    let wrong = |message: String| item.error_at(FIELD, message);
    let (name, argument) = match by {
        Value::String(name) => (name.as_str(), None),
        Value::Object(map) if map.len() == 1 => {
            map.iter().next().map_or(("", None), |(name, argument)| {
                (name.as_str(), Some(argument))
            })
        }
        _ => {
            return Err(wrong(format!("`{FIELD}` must name exactly one grouping")).help(usage()));
        }
    };
    let found = GROUP_BY.iter().find(|method| method.name == name);
    match (found.map(|method| &method.run), argument) {
        (Some(Function::Plain(run)), None) => Ok(run(tasks)),
        (Some(Function::Plain(_)), Some(_)) => {
            Err(wrong(format!("the grouping `{name}` takes no argument"))
                .help(format!("write `group-by: {name}`")))
        }
        (Some(Function::Argument(run)), Some(Value::String(argument))) => run(tasks, argument)
            .map_err(|diagnostic| {
                diagnostic.at(item.error_at(&format!("{FIELD}.{name}"), "").place)
            }),
        (Some(Function::Argument(_)), Some(other)) => Err(wrong(format!(
            "the argument of `group-by: {name}`: expected a string, found {}",
            type_name(other)
        ))),
        (Some(Function::Argument(_)), None) => {
            Err(wrong(format!("the grouping `{name}` requires an argument"))
                .help(format!("write `group-by: {{{name}: …}}`")))
        }
        (None, _) => Err(
            wrong(format!("unknown grouping `{name}`")).help(suggest::hint_native(
                name,
                GROUP_BY.iter().map(|method| method.name),
            )),
        ),
    }
}

fn usage() -> String {
    let names: Vec<_> = GROUP_BY
        .iter()
        .map(|method| match method.run {
            Function::Plain(_) => format!("`{}`", method.name),
            Function::Argument(_) => format!("`{{{}: …}}`", method.name),
        })
        .collect();
    format!("use one of: {}", names.join(", "))
}

fn single<'a>(tasks: &[&'a Arc<Task>]) -> Vec<Group<'a>> {
    tasks.iter().map(|task| vec![*task]).collect()
}

fn single_group<'a>(tasks: &[&'a Arc<Task>]) -> Vec<Group<'a>> {
    vec![tasks.to_vec()]
}

/// A value of an attribute. Values that are equal in Python are equal.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key<'a> {
    Text(&'a str),
    Whole(i128),
    Fraction(u64),
}

impl<'a> Key<'a> {
    fn from_value(value: &'a Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Text(text)),
            Value::Bool(flag) => Some(Self::Whole(i128::from(*flag))),
            Value::Number(number) => {
                let whole = number.as_i64().map(i128::from);
                let whole = whole.or_else(|| number.as_u64().map(i128::from));
                whole.map(Self::Whole).or_else(|| {
                    let float = number.as_f64()?;
                    #[expect(
                        clippy::cast_possible_truncation,
                        reason = "a float without fraction below 2^63 is that integer"
                    )]
                    Some(if float.fract() == 0.0 && float.abs() < 9e18 {
                        Self::Whole(float as i128)
                    } else {
                        Self::Fraction(float.to_bits())
                    })
                })
            }
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

fn attribute<'a>(tasks: &[&'a Arc<Task>], name: &str) -> Grouped<'a> {
    let mut groups: IndexMap<Key<'a>, Group<'a>> = IndexMap::new();
    for task in tasks {
        let Some(value) = task.attribute(name).filter(|value| truthy(value)) else {
            continue;
        };
        let Some(key) = Key::from_value(value) else {
            return Err(Diagnostic::user(format!(
                "cannot group tasks by the attribute `{name}`: its value in `{}` is {}",
                task.label,
                type_name(value)
            ))
            .help("group by an attribute whose values are strings, numbers or booleans"));
        };
        groups.entry(key).or_default().push(task);
    }
    Ok(groups.into_values().collect())
}
