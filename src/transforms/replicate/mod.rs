//! The transform `replicate`: copies tasks of other graphs.
//!
//! 1. Each target, a taskId or an index path, is looked up. If the task has a `task-graph.json`,
//!    it represents the tasks of that graph, otherwise itself.
//! 2. Tasks that cannot run here and tasks with other attributes are skipped ([`select`]).
//! 3. The definitions of the others are rewritten so that they can be created again, in this group
//!    and with this project's scopes and caches ([`rewrite`]).
//!
//! The results are finished tasks: `taskgraph.transforms.task` does not run after it.

mod rewrite;
mod select;

use std::collections::BTreeMap;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{IndexPath, NameError, TaskId};
use crate::base::path::ValuePath;
use crate::base::value::{Object, Value, type_name};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::context::Remote;
use crate::transform::{Context, Item, Transform, checks, each_in_order};

use self::rewrite::Rewriter;
use self::select::Selection;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    name: "mozilla_taskgraph.transforms.replicate",
    aliases: &[],
    doc: "creates copies of tasks from other graphs, which are read from Taskcluster",
    schema: Some(&SCHEMA),
    prepare: None,
    by_item: false,
    run,
};

const WANTED: Type = Type::Map(&Type::OneOf(&[Type::Str, Type::List(&Type::Str)]));

static REPLICATE: Schema = Schema {
    name: "replicated tasks",
    fields: &[
        required(
            "target",
            Type::List(&Type::Str),
            "the tasks, by taskId or index path; for a decision task, all tasks of its graph",
        ),
        optional(
            "include-attrs",
            WANTED,
            "the attributes that a task must have, each with its value or a list of accepted values",
        ),
        optional(
            "exclude-attrs",
            WANTED,
            "the attributes that exclude a task, each with a prefix of its value or a list of prefixes",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// The schema of the transform.
pub static SCHEMA: Schema = Schema {
    name: "replicate",
    fields: &[required(
        "replicate",
        Type::Struct(&REPLICATE),
        "the tasks to replicate",
    )],
    open: true,
    exclusive: &[],
};

/// The artifact that identifies a decision task.
const GRAPH: &str = "public/task-graph.json";

fn run(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    let mut targets = Targets {
        context,
        known: BTreeMap::new(),
    };
    each_in_order(context, items, |mut item| {
        item.check(&[], &item.task, &SCHEMA)?;
        let Some(Value::Object(config)) = item.task.shift_remove("replicate") else {
            return Ok(Vec::new());
        };
        checks::refuse_null(&item, "replicate", &config, &["include-attrs"])?;
        let rewriter = Rewriter::new(context, &item)?;
        let selection = Selection::new(&config);
        let mut wrong = Diagnostics::new();
        let mut replicated = Vec::new();
        for (i, target) in checks::strings(config.get("target")).iter().enumerate() {
            let place = item
                .origin
                .place(&ValuePath::keys(["replicate", "target"]).index(i));
            let found = targets
                .tasks(target)
                .map_err(|d| d.at(place.clone()).into());
            for task in wrong.keep(found).into_iter().flatten() {
                let one = selection
                    .selects(task)
                    .and_then(|selects| selects.then(|| rewriter.rewrite(task)).transpose())
                    .map_err(|error| {
                        Diagnostic::user(format!("{} of `{target}` {error}", select::title(task)))
                            .at(place.clone())
                            .help("exclude it with `include-attrs` or `exclude-attrs`")
                            .into()
                    });
                replicated.extend(wrong.keep(one).flatten().map(|task| item.with(task)));
            }
        }
        wrong.or_ok(replicated)
    })
}

/// The tasks of each target, looked up once.
struct Targets<'c, 'a> {
    context: &'c Context<'a>,
    known: BTreeMap<String, Vec<Object>>,
}

impl Targets<'_, '_> {
    fn tasks(&mut self, target: &str) -> Result<&[Object], Diagnostic> {
        if !self.known.contains_key(target) {
            let tasks = self.fetch(target)?;
            self.known.insert(target.to_owned(), tasks);
        }
        Ok(self
            .known
            .get(target)
            .map(Vec::as_slice)
            .unwrap_or_default())
    }

    fn fetch(&self, target: &str) -> Result<Vec<Object>, Diagnostic> {
        let Some(remote) = self.context.project.remote else {
            return Err(Diagnostic::environment(format!(
                "cannot look up the target `{target}`: no Taskcluster deployment is configured"
            ))
            .help("set TASKCLUSTER_ROOT_URL, e.g. to https://firefox-ci-tc.services.mozilla.com"));
        };
        let task_id = resolve(remote, target)?;
        if let Some(content) = remote.artifact(&task_id, GRAPH)? {
            return read_graph(target, &content);
        }
        match remote.definition(&task_id)? {
            Some(definition) => Ok(vec![Object::from_iter([("task", definition)])]),
            None => Err(
                Diagnostic::user(format!("the task `{task_id}` does not exist"))
                    .help("it may have expired; use an index path to refer to the newest task"),
            ),
        }
    }
}

/// The task that a target names.
fn resolve(remote: &dyn Remote, target: &str) -> Result<TaskId, Diagnostic> {
    if let Ok(task_id) = TaskId::parse(target)
        && task_id.is_slugid()
    {
        return Ok(task_id);
    }
    let path =
        IndexPath::parse(target).map_err(|error: NameError| Diagnostic::user(error.to_string()))?;
    remote.find_task(&path)?.ok_or_else(|| {
        Diagnostic::user(format!("no task is indexed at `{target}`"))
            .help("use a taskId, or an index path that has a task")
    })
}

fn read_graph(target: &str, content: &[u8]) -> Result<Vec<Object>, Diagnostic> {
    let not_a_graph = |why: String| {
        Diagnostic::environment(format!("`{GRAPH}` of `{target}` is not a task graph")).because(why)
    };
    let graph: Value =
        serde_json::from_slice(content).map_err(|error| not_a_graph(error.to_string()))?;
    let Value::Object(graph) = graph else {
        return Err(not_a_graph(format!(
            "expected a mapping, found {}",
            type_name(&graph)
        )));
    };
    graph
        .into_iter()
        .map(|(task_id, task)| match task {
            Value::Object(task) => Ok(task),
            other => Err(not_a_graph(format!(
                "`{task_id}`: expected a mapping, found {}",
                type_name(&other)
            ))),
        })
        .collect()
}
