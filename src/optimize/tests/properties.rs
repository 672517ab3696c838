//! What holds for every graph.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{Case, optimizing, requested, unoptimized};
use crate::base::name::{Label, TaskId};
use crate::base::value::json;
use crate::model::test_support::{TestTask, label, task};
use crate::optimize::{Action, OptimizedTaskGraph};

/// One task: what it depends on and under which conditions (as bits over the tasks before it), which
/// strategy it has, and whether it is requested, left alone or there already.
type Shape = (u16, u16, u8, [bool; 3]);

fn shapes() -> impl Strategy<Value = (Vec<Shape>, Vec<usize>)> {
    proptest::collection::vec(any::<Shape>(), 1..9).prop_flat_map(|shapes| {
        let order: Vec<usize> = (0..shapes.len()).collect();
        (Just(shapes), Just(order).prop_shuffle())
    })
}

/// The tasks of some shapes. The order of labels is that of `names`, so it has nothing to do with
/// the order of dependencies.
fn described(shapes: &[Shape], names: &[usize]) -> Vec<TestTask> {
    let name = |i: usize| format!("t{}", names[i]);
    let one = |(i, (edges, conditions, strategy, _)): (usize, &Shape)| {
        let mut described = task(&name(i));
        for to in (0..i).filter(|to| edges >> to & 1 == 1) {
            described = if conditions >> to & 1 == 1 {
                described.only_if(&name(to))
            } else {
                described.dep(&name(to))
            };
        }
        match strategy % 4 {
            0 => described,
            1 => described.optimized("never", json!(null)),
            2 => described.optimized("always", json!(null)),
            _ => described.optimized("skip-unless-changed", json!(["nothing"])),
        }
    };
    shapes.iter().enumerate().map(one).collect()
}

fn case(shapes: &[Shape], names: &[usize], tasks: Vec<TestTask>) -> Case {
    let mut case = optimizing(tasks);
    let with = |which: usize| -> BTreeSet<Label> {
        let chosen = shapes.iter().zip(names).filter(move |(s, _)| s.3[which]);
        chosen.map(|(_, name)| label(&format!("t{name}"))).collect()
    };
    case.target.requested = requested(with(0));
    case.target.do_not_optimize = unoptimized(with(1));
    for label in with(2) {
        let task_id = TaskId::parse(&format!("OLD-{label}")).unwrap();
        case.existing.insert(label, task_id);
    }
    case
}

fn kept_labels(optimized: &OptimizedTaskGraph) -> BTreeSet<Label> {
    optimized
        .graph
        .tasks()
        .map(|task| task.label.clone())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn kept_tasks_keep_all_their_dependencies((shapes, names) in shapes()) {
        let case = case(&shapes, &names, described(&shapes, &names));
        let optimized = case.optimized();
        for planned in optimized.graph.tasks() {
            let task = case.target.graph.get(&planned.label).unwrap();
            for (name, to) in task.dependencies.iter() {
                let id = optimized.label_to_taskid.get(to);
                prop_assert!(id.is_some(), "{} needs {to}", planned.label);
                prop_assert_eq!(planned.dependencies.all.get(name), id);
                let listed = planned.task["dependencies"].as_array().unwrap();
                prop_assert!(listed.contains(&json!(id.unwrap().as_str())));
            }
        }
    }

    #[test]
    fn every_task_has_one_matching_verdict((shapes, names) in shapes()) {
        let case = case(&shapes, &names, described(&shapes, &names));
        let optimized = case.optimized();
        let all: BTreeSet<Label> = case.target.graph.labels().cloned().collect();
        let judged: BTreeSet<Label> = optimized.verdicts.keys().cloned().collect();
        prop_assert_eq!(all, judged);
        for (label, verdict) in &optimized.verdicts {
            let id = optimized.label_to_taskid.get(label);
            match &verdict.action {
                Action::Removed => prop_assert_eq!(id, None),
                Action::Replaced(with) => {
                    prop_assert_eq!(id, Some(with));
                    prop_assert_eq!(case.existing.get(label), Some(with));
                }
                Action::Kept => prop_assert!(optimized.graph.get(id.unwrap()).is_some()),
            }
            if case.target.do_not_optimize.contains_key(label) {
                prop_assert_eq!(&verdict.action, &Action::Kept);
            }
        }
    }

    #[test]
    fn the_order_of_tasks_does_not_matter(
        (shapes, names) in shapes(),
        keys in proptest::collection::vec(any::<u32>(), 8),
    ) {
        let tasks = described(&shapes, &names);
        let mut shuffled: Vec<(u32, TestTask)> = keys.into_iter().zip(tasks.clone()).collect();
        shuffled.sort_by_key(|(key, _)| *key);
        let shuffled = shuffled.into_iter().map(|(_, task)| task).collect();
        let one = case(&shapes, &names, tasks).optimized();
        let other = case(&shapes, &names, shuffled).optimized();
        prop_assert_eq!(one.graph, other.graph);
        prop_assert_eq!(one.label_to_taskid, other.label_to_taskid);
        prop_assert_eq!(one.verdicts, other.verdicts);
    }

    #[test]
    fn a_graph_on_top_of_itself_creates_nothing((shapes, names) in shapes()) {
        let mut case = case(&shapes, &names, described(&shapes, &names));
        case.target.do_not_optimize.clear();
        let first = case.optimized();
        case.existing = first.label_to_taskid.clone();
        let second = case.optimized();
        prop_assert!(second.graph.is_empty());
        prop_assert_eq!(second.label_to_taskid, first.label_to_taskid);
    }

    #[test]
    fn a_graph_on_top_of_itself_creates_rebuilt_tasks_and_their_dependents(
        (shapes, names) in shapes(),
    ) {
        let mut case = case(&shapes, &names, described(&shapes, &names));
        let first = case.optimized();
        case.existing = first.label_to_taskid.clone();
        let second = case.optimized();
        let again: BTreeSet<Label> = case.target.do_not_optimize.keys().cloned().collect();
        let allowed = case.target.graph.dag().reverse_closure(&again);
        let new = kept_labels(&second);
        prop_assert!(new.iter().all(|label| allowed.contains(label)), "{new:?} beyond {allowed:?}");
        prop_assert!(again.iter().filter(|l| case.target.graph.get(l).is_some()).all(|l| new.contains(l)));
        let reused: BTreeMap<_, _> = second
            .label_to_taskid
            .iter()
            .filter(|(label, _)| !new.contains(*label))
            .collect();
        prop_assert!(reused.iter().all(|(label, id)| first.label_to_taskid.get(*label) == Some(*id)));
    }
}
