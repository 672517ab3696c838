//! Explanations as JSON. The guide documents its shape.

use super::optimization::{Cause, Optimization};
use super::promotion::{Reuse, Unlisted};
use super::selection::{Applied, Selection};
use super::{Edge, Explanation, Fate, Recorded};
use crate::base::diagnostic::Place;
use crate::base::name::{Label, TaskId};
use crate::base::value::{Object, Value, json};
use crate::model::edge_trail::{EdgeAuthor, EdgeChange};
use crate::optimize::evidence::{
    Answer, Asked, Evidence, IndexAnswer, IndexedTask, Removing, Replacing,
};
use crate::optimize::{Replacement, Verdict};
use crate::target::condition::Compared;
use crate::target::{Requested, Unoptimized};

/// Explanations by label.
#[must_use]
pub fn json(explanations: &[Explanation]) -> Value {
    let tasks = explanations.iter();
    let tasks = tasks.map(|one| (one.label.to_string(), explanation(one)));
    Value::Object(tasks.collect::<Object>())
}

fn explanation(one: &Explanation) -> Value {
    let (result, task_id) = match &one.result {
        Fate::Created => ("created", None),
        Fate::Removed => ("removed", None),
        Fate::Replaced(task_id) => ("replaced", Some(task_id.as_str())),
        Fate::NotTarget => ("not-a-target", None),
        Fate::Added => ("added", None),
    };
    json!({
        "kind": one.kind.as_str(),
        "written": one.place.as_ref().map(place),
        "result": result,
        "taskId": task_id,
        "target": selection(&one.selection),
        "dependencies": one.edges.iter().map(edge).collect::<Vec<_>>(),
        "optimization": one.optimization.as_ref().map(optimization),
        "recorded": one.recorded.as_ref().map(recorded),
    })
}

fn recorded(recorded: &Recorded) -> Value {
    let task_id = recorded.task_id.as_ref().map(TaskId::as_str);
    json!({"taskId": task_id, "log": recorded.log})
}

fn place(place: &Place) -> Value {
    json!({"file": place.source.name, "line": place.line})
}

fn selection(selection: &Selection) -> Value {
    let why = match selection.requested {
        Some(Requested::Filters) => "filters",
        Some(Requested::AlwaysTarget) => "always_target",
        Some(Requested::Image) => "docker-image",
        Some(Requested::Action) => "action",
        None if !selection.path.is_empty() => "dependency",
        None => "none",
    };
    let kept = selection.kept_by.iter().map(|kept| {
        let conditions = kept.conditions.iter().map(compared);
        filter(&kept.filter, true, conditions.collect())
    });
    let excluded = selection.excluded.iter().map(|excluded| {
        let conditions = excluded.condition.iter().map(compared);
        filter(&excluded.filter, false, conditions.collect())
    });
    let path = selection
        .path
        .iter()
        .map(|link| json!({"from": link.from.as_str(), "name": link.name, "to": link.to.as_str()}));
    json!({
        "because": why,
        "filters": kept.chain(excluded).collect::<Vec<_>>(),
        "path": path.collect::<Vec<_>>(),
    })
}

fn filter(applied: &Applied, keeps: bool, conditions: Vec<Value>) -> Value {
    json!({
        "name": applied.name,
        "method": applied.method,
        "function": applied.function,
        "keeps": keeps,
        "conditions": conditions,
    })
}

fn compared(compared: &Compared) -> Value {
    let (attribute, value) = compared.attribute.clone().unzip();
    let (parameter, expected) = compared.parameter.clone().unzip();
    json!({
        "attribute": attribute,
        "value": value,
        "parameter": parameter,
        "expected": expected,
        "text": compared.to_string(),
    })
}

fn edge(edge: &Edge) -> Value {
    let changes = edge.changes.as_ref();
    json!({
        "list": edge.list.key(),
        "name": edge.name,
        "task": edge.to.as_str(),
        "changes": changes.map(|changes| changes.iter().map(change).collect::<Vec<_>>()),
    })
}

fn change(change: &EdgeChange) -> Value {
    let by = match &change.by {
        EdgeAuthor::Written(found) => {
            json!({"type": "file", "place": found.as_ref().map(place)})
        }
        EdgeAuthor::Loader(name) => json!({"type": "loader", "name": name}),
        EdgeAuthor::Transform { name, function } => {
            json!({"type": "transform", "name": name, "function": function})
        }
    };
    json!({"to": change.to, "by": by})
}

fn optimization(optimization: &Optimization) -> Value {
    let Verdict {
        action: _,
        reason,
        removing: found,
        replacing: replaced,
    } = &optimization.verdict;
    json!({
        "action": optimization.verdict.action_name(),
        "reason": reason.to_string(),
        "removing": found.iter().map(removing).collect::<Vec<_>>(),
        "replacing": replaced.as_ref().map(replacing),
        "keptFor": optimization.kept_for.iter().map(cause).collect::<Vec<_>>(),
        "builtAfter": optimization.built_after.iter().map(cause).collect::<Vec<_>>(),
        "promotion": optimization.reuse.as_ref().map(reuse),
    })
}

fn cause(cause: &Cause) -> Value {
    json!({"task": cause.label.as_str(), "text": cause.told.to_string()})
}

fn labels(labels: &[Label]) -> Value {
    labels.iter().map(Label::as_str).collect()
}

fn do_not_optimize(why: Unoptimized) -> Value {
    let because = match why {
        Unoptimized::Listed => "do_not_optimize",
        Unoptimized::TargetTask => "optimize_target_tasks",
        Unoptimized::EarlierRun => "earlier-run",
        Unoptimized::Action => "action",
        Unoptimized::Flag => "no-optimize",
    };
    json!({"found": "do-not-optimize", "because": because})
}

fn removing(found: &Removing) -> Value {
    match found {
        Removing::DoNotOptimize(why) => do_not_optimize(*why),
        Removing::NeededBy(by) => json!({"found": "needed", "by": by.as_str()}),
        Removing::Unneeded(by) => json!({"found": "unneeded", "by": labels(by)}),
        Removing::Asked(asked) => answer(asked),
        Removing::OnlyIf(on) => json!({"found": "only-if", "on": labels(on)}),
        Removing::WaitsFor(on) => json!({"found": "waits", "on": labels(on)}),
        Removing::KeptWith(with) => json!({"found": "kept-with", "with": with.as_str()}),
        Removing::InVain => json!({"found": "in-vain"}),
    }
}

fn replacing(found: &Replacing) -> Value {
    match found {
        Replacing::DoNotOptimize(why) => do_not_optimize(*why),
        Replacing::DependsOn(on) => json!({"found": "depends-on-created", "on": on.as_str()}),
        Replacing::Existing(task_id) => {
            json!({"found": "existing_tasks", "taskId": task_id.as_str()})
        }
        Replacing::Asked(asked) => answer(asked),
    }
}

fn says(replacement: &Replacement) -> Value {
    match replacement {
        Replacement::Keep => json!("keep"),
        Replacement::Remove => json!("remove"),
        Replacement::With(task_id) => json!({"replace": task_id.as_str()}),
    }
}

fn answer(answer: &Answer) -> Value {
    json!({
        "found": "strategy",
        "strategy": answer.strategy,
        "says": says(&answer.says),
        "asked": answer.asked.iter().map(asked).collect::<Vec<_>>(),
    })
}

fn asked(asked: &Asked) -> Value {
    json!({
        "strategy": asked.strategy,
        "says": says(&asked.says),
        "evidence": evidence(&asked.evidence),
    })
}

fn evidence(evidence: &Evidence) -> Value {
    match evidence {
        Evidence::Nothing => Value::Null,
        Evidence::NoChanges(revision) => json!({"noChanges": revision.as_str()}),
        Evidence::Changed { pattern, file } => {
            json!({"pattern": pattern.as_str(), "file": file.as_str()})
        }
        Evidence::Unchanged(patterns) => json!({"unchanged": patterns}),
        Evidence::Index(answers) => {
            json!({"index": answers.iter().map(indexed).collect::<Vec<_>>()})
        }
        Evidence::Custom(lines) => {
            json!({"log": lines.iter().map(|line| line.as_str()).collect::<Vec<_>>()})
        }
    }
}

fn indexed(answer: &IndexAnswer) -> Value {
    let path = answer.path.as_str();
    match &answer.found {
        IndexedTask::NotAsked => json!({"path": path, "answer": "not-asked"}),
        IndexedTask::Missing => json!({"path": path, "answer": "missing"}),
        IndexedTask::Unknown(task_id) => {
            json!({"path": path, "answer": "unknown", "taskId": task_id.as_str()})
        }
        IndexedTask::Failed(task_id, state) => json!({
            "path": path,
            "answer": "failed",
            "taskId": task_id.as_str(),
            "state": state.name(),
        }),
        IndexedTask::ExpiresEarly {
            task_id,
            state,
            expires,
            deadline,
        } => json!({
            "path": path,
            "answer": "expires-early",
            "taskId": task_id.as_str(),
            "state": state.name(),
            "expires": expires.to_string(),
            "deadline": deadline.to_string(),
        }),
        IndexedTask::Usable {
            task_id,
            state,
            expires,
        } => json!({
            "path": path,
            "answer": "usable",
            "taskId": task_id.as_str(),
            "state": state.name(),
            "expires": expires.map(|expires| expires.to_string()),
        }),
    }
}

fn reuse(reuse: &Reuse) -> Value {
    let unlisted = reuse.unlisted.map(|why| match why {
        Unlisted::DoNotOptimize => "do_not_optimize",
        Unlisted::RebuildKinds => "rebuild_kinds",
        Unlisted::NoGraph => "no-graph",
        Unlisted::Unknown => "unknown",
    });
    let graphs = reuse.graphs.iter();
    let graphs =
        graphs.map(|(graph, task_id)| json!({"graph": graph.as_str(), "taskId": task_id.as_str()}));
    json!({
        "existingTask": reuse.listed.as_ref().map(TaskId::as_str),
        "origin": reuse.origin.as_ref().map(|(graph, revision)| {
            json!({"graph": graph.as_str(), "revision": revision})
        }),
        "unlistedBecause": unlisted,
        "graphs": graphs.collect::<Vec<_>>(),
        "rebuilt": reuse.rebuilt,
    })
}
