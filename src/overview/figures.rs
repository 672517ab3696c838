//! Figures about the tasks that a phase creates: the chain that takes longest, and the use of worker pools.
//!
//! Both assume that a task starts as soon as those that it depends on have ended, and runs as long as it may.
//! 1. The tasks are put in an order in which dependencies come first. Tasks in a circle, which the queue would never run,
//!    are left out.
//! 2. Each task starts at the latest end of its dependencies, and remembers which one that was.
//! 3. The chain leads from the task that ends last back through these. Tasks without a limit take no time, but count as
//!    one step: of equal ends, the chain with more steps is taken, then the one with the smaller label.
//! 4. Per pool, starts and ends are counted in the order of time; a task that ends makes place for one that starts then.

use std::collections::BTreeMap;

use super::model::{Pool, Step};
use crate::base::dag::Dag;

/// A task of a phase.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// Its taskId.
    pub id: String,
    /// Its label.
    pub label: String,
    /// Its worker pool.
    pub pool: String,
    /// How many seconds it may run.
    pub seconds: Option<u64>,
    /// The taskIds that it depends on.
    pub dependencies: Vec<String>,
}

/// When a task ends at the latest.
#[derive(Debug, Clone, Copy)]
struct End<'g> {
    seconds: u64,
    steps: usize,
    before: Option<&'g Node>,
}

/// The chain that takes longest, and the pools.
pub fn figures(nodes: &[Node]) -> (Vec<Step>, BTreeMap<String, Pool>) {
    let by_id: BTreeMap<&str, &Node> = nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let mut ends: BTreeMap<&str, End<'_>> = BTreeMap::new();
    let mut changes: BTreeMap<&str, Vec<(u64, i64)>> = BTreeMap::new();
    let mut last: Option<&Node> = None;
    for node in in_order(nodes) {
        let before = node.dependencies.iter();
        let before = before.filter_map(|id| {
            let id = id.as_str();
            Some((*by_id.get(id)?, *ends.get(id)?))
        });
        let before = before.reduce(|one, other| later(one, other));
        let start = before.map_or(0, |(_, end)| end.seconds);
        let seconds = start.saturating_add(node.seconds.unwrap_or_default());
        let end = End {
            seconds,
            steps: before.map_or(1, |(_, end)| end.steps + 1),
            before: before.map(|(node, _)| node),
        };
        // A task without a limit is counted when it starts.
        let of_pool = changes.entry(node.pool.as_str()).or_default();
        of_pool.push((start, 1));
        of_pool.push((seconds.max(start.saturating_add(1)), -1));
        last = Some(match last {
            None => node,
            Some(known) => later((known, ends[known.id.as_str()]), (node, end)).0,
        });
        ends.insert(node.id.as_str(), end);
    }
    let mut chain = Vec::new();
    let mut next = last;
    while let Some(node) = next {
        chain.push(Step {
            label: node.label.clone(),
            seconds: node.seconds,
        });
        next = ends.get(node.id.as_str()).and_then(|end| end.before);
    }
    chain.reverse();
    let pools = changes.into_iter();
    let pools = pools.map(|(name, changes)| (name.to_owned(), pool(changes)));
    (chain, pools.collect())
}

/// The tasks in an order in which dependencies come first, without those in circles.
fn in_order(nodes: &[Node]) -> Vec<&Node> {
    let edges = |nodes: &[&Node]| -> Vec<(String, String)> {
        let edges = nodes.iter().flat_map(|node| {
            let own = node.dependencies.iter().filter(|to| **to != node.id);
            own.map(|to| (node.id.clone(), to.clone()))
        });
        edges.collect()
    };
    let mut left: Vec<&Node> = nodes.iter().collect();
    loop {
        let ids = left.iter().map(|node| node.id.clone());
        let dag = Dag::new(ids, edges(&left));
        let by_id: BTreeMap<&str, &Node> =
            left.iter().map(|node| (node.id.as_str(), *node)).collect();
        match dag.dependencies_first() {
            Ok(order) => {
                return order
                    .into_iter()
                    .filter_map(|id| by_id.get(id.as_str()).copied())
                    .collect();
            }
            Err(circle) => left.retain(|node| !circle.0.contains(&node.id)),
        }
    }
}

/// The one of two tasks that ends later.
fn later<'g>(one: (&'g Node, End<'g>), other: (&'g Node, End<'g>)) -> (&'g Node, End<'g>) {
    let key = |(node, end): &(&'g Node, End<'g>)| {
        (end.seconds, end.steps, std::cmp::Reverse(&node.label))
    };
    match key(&other) > key(&one) {
        true => other,
        false => one,
    }
}

/// The use of a pool in which tasks start and end at these times.
fn pool(mut changes: Vec<(u64, i64)>) -> Pool {
    // At one time, ends come before starts.
    changes.sort_unstable();
    let mut pool = Pool::default();
    let mut running = 0_i64;
    for (_, change) in changes {
        running += change;
        pool.tasks += usize::from(change > 0);
        pool.at_once = pool
            .at_once
            .max(usize::try_from(running).unwrap_or_default());
    }
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(label: &str, seconds: Option<u64>, dependencies: &[&str]) -> Node {
        Node {
            id: format!("id-{label}"),
            label: label.to_owned(),
            pool: "linux".to_owned(),
            seconds,
            dependencies: dependencies.iter().map(|to| format!("id-{to}")).collect(),
        }
    }

    fn labels(nodes: &[Node]) -> Vec<String> {
        let (chain, _) = figures(nodes);
        chain.into_iter().map(|step| step.label).collect()
    }

    #[test]
    fn the_chain_is_the_one_that_takes_longest() {
        let nodes = [
            node("build", Some(100), &["outside"]),
            node("quick", Some(1), &[]),
            node("test", Some(10), &["quick"]),
            node("sign", Some(5), &["build", "quick"]),
            node("ship", None, &["sign", "test"]),
        ];
        assert_eq!(labels(&nodes), ["build", "sign", "ship"]);
        let (_, pools) = figures(&nodes);
        // build (0-100) beside quick, then beside test.
        let expected = Pool {
            tasks: 5,
            at_once: 2,
        };
        assert_eq!(pools["linux"], expected);
    }

    #[test]
    fn of_equal_chains_the_smaller_label_counts() {
        let nodes = [node("b", Some(7), &[]), node("a", Some(7), &[])];
        assert_eq!(labels(&nodes), ["a"]);
        let nodes = [
            node("a", Some(7), &[]),
            node("b", None, &["c"]),
            node("c", Some(7), &[]),
        ];
        assert_eq!(labels(&nodes), ["c", "b"]);
    }

    #[test]
    fn tasks_in_a_circle_never_run() {
        let nodes = [
            node("a", Some(1), &["b"]),
            node("b", Some(1), &["a"]),
            node("c", Some(1), &[]),
            node("d", Some(u64::MAX), &["c", "d"]),
        ];
        assert_eq!(labels(&nodes), ["c", "d"]);
    }
}
