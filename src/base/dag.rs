//! Directed acyclic graphs over any ordered node.
//!
//! An edge goes from a node to what it depends on. Every walk has a fixed order, regardless of
//! the order in which nodes and edges were added.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::hash::Hash;

use indexmap::IndexSet;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

/// A graph with edges from each node to its dependencies.
#[derive(Clone, Debug)]
pub struct Dag<N> {
    /// Nodes have the numbers that they have in `nodes`.
    graph: DiGraph<(), ()>,
    /// In order, so that a smaller number is a smaller node.
    nodes: IndexSet<N>,
}

/// A cycle: each node depends on the next one, and the last on the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle<N>(pub Vec<N>);

impl<N: Clone + Ord + Hash> Dag<N> {
    /// Builds a graph. Edges with an end that is not a node are left out.
    pub fn new(
        nodes: impl IntoIterator<Item = N>,
        edges: impl IntoIterator<Item = (N, N)>,
    ) -> Self {
        let mut nodes: Vec<N> = nodes.into_iter().collect();
        nodes.sort_unstable();
        let nodes: IndexSet<N> = nodes.into_iter().collect();
        let number = |node: &N| nodes.get_index_of(node).map(NodeIndex::new);
        let edges = edges.into_iter();
        let edges = edges.filter_map(|(from, to)| Some((number(&from)?, number(&to)?)));
        let mut edges: Vec<(NodeIndex, NodeIndex)> = edges.collect();
        edges.sort_unstable();
        edges.dedup();
        let mut graph = DiGraph::with_capacity(nodes.len(), edges.len());
        for _ in &nodes {
            graph.add_node(());
        }
        for (from, to) in edges {
            graph.add_edge(from, to, ());
        }
        Self { graph, nodes }
    }

    fn number(&self, node: &N) -> Option<NodeIndex> {
        self.nodes.get_index_of(node).map(NodeIndex::new)
    }

    fn node(&self, number: NodeIndex) -> Option<&N> {
        self.nodes.get_index(number.index())
    }

    /// What `node` depends on directly, in order.
    #[must_use]
    pub fn dependencies(&self, node: &N) -> Vec<&N> {
        self.neighbours(node, petgraph::Direction::Outgoing)
    }

    /// What depends on `node` directly, in order.
    #[must_use]
    pub fn dependents(&self, node: &N) -> Vec<&N> {
        self.neighbours(node, petgraph::Direction::Incoming)
    }

    fn neighbours(&self, node: &N, direction: petgraph::Direction) -> Vec<&N> {
        let Some(number) = self.number(node) else {
            return Vec::new();
        };
        let neighbours = self.graph.neighbors_directed(number, direction);
        let mut found: Vec<NodeIndex> = neighbours.collect();
        found.sort_unstable();
        let found = found.into_iter();
        found.filter_map(|number| self.node(number)).collect()
    }

    /// The given nodes and all that they depend on, in order.
    #[must_use]
    pub fn closure<'a>(&'a self, nodes: impl IntoIterator<Item = &'a N>) -> IndexSet<N> {
        self.reachable(nodes, petgraph::Direction::Outgoing)
    }

    /// The given nodes and all that depends on them, in order.
    #[must_use]
    pub fn reverse_closure<'a>(&'a self, nodes: impl IntoIterator<Item = &'a N>) -> IndexSet<N> {
        self.reachable(nodes, petgraph::Direction::Incoming)
    }

    fn reachable<'a>(
        &'a self,
        nodes: impl IntoIterator<Item = &'a N>,
        direction: petgraph::Direction,
    ) -> IndexSet<N> {
        let nodes = nodes.into_iter();
        let mut queue: Vec<NodeIndex> = nodes.filter_map(|node| self.number(node)).collect();
        let mut seen = vec![false; self.nodes.len()];
        for number in &queue {
            seen[number.index()] = true;
        }
        while let Some(number) = queue.pop() {
            for next in self.graph.neighbors_directed(number, direction) {
                if !std::mem::replace(&mut seen[next.index()], true) {
                    queue.push(next);
                }
            }
        }
        let reached = self.nodes.iter().zip(seen).filter(|(_, seen)| *seen);
        reached.map(|(node, _)| node.clone()).collect()
    }

    /// Every node after all that it depends on; of those that may come next, the smallest.
    ///
    /// # Errors
    /// One [`Cycle`], a shortest through its smallest node, when there is any.
    pub fn dependencies_first(&self) -> Result<Vec<&N>, Cycle<N>> {
        // Node indices follow the order of the nodes, so the heap yields the smallest node.
        let mut ready = BinaryHeap::new();
        self.walk(petgraph::Direction::Outgoing, |open| {
            ready.extend(open.into_iter().map(Reverse));
            ready.pop().map(|Reverse(index)| index)
        })
    }

    /// Every node before all that it depends on; first come, first served: of those that may come
    /// next, the one that might have come earliest, and of these the smallest.
    ///
    /// # Errors
    /// One [`Cycle`], a shortest through its smallest node, when there is any.
    pub fn dependents_first(&self) -> Result<Vec<&N>, Cycle<N>> {
        let mut ready = VecDeque::new();
        self.walk(petgraph::Direction::Incoming, |open| {
            ready.extend(open);
            ready.pop_front()
        })
    }

    /// Every node after its neighbours in direction `before`. Those whose turn may come are handed
    /// to `next`, sorted, and it says whose turn it is.
    fn walk(
        &self,
        before: petgraph::Direction,
        mut next: impl FnMut(Vec<NodeIndex>) -> Option<NodeIndex>,
    ) -> Result<Vec<&N>, Cycle<N>> {
        let mut open: Vec<usize> = self
            .graph
            .node_indices()
            .map(|i| self.graph.edges_directed(i, before).count())
            .collect();
        let mut free: Vec<NodeIndex> = self
            .graph
            .node_indices()
            .filter(|i| open[i.index()] == 0)
            .collect();
        let mut order = Vec::with_capacity(open.len());
        while let Some(index) = next(free) {
            order.extend(self.node(index));
            free = Vec::new();
            for edge in self.graph.edges_directed(index, before.opposite()) {
                let after = match before {
                    petgraph::Direction::Outgoing => edge.source(),
                    petgraph::Direction::Incoming => edge.target(),
                };
                open[after.index()] -= 1;
                if open[after.index()] == 0 {
                    free.push(after);
                }
            }
            free.sort_unstable();
        }
        if order.len() == open.len() {
            Ok(order)
        } else {
            Err(self.cycle())
        }
    }

    /// A shortest cycle through the smallest node that lies on one.
    fn cycle(&self) -> Cycle<N> {
        let start = tarjan_scc(&self.graph)
            .into_iter()
            .filter(|part| part.len() > 1 || part.iter().any(|i| self.graph.contains_edge(*i, *i)))
            .flatten()
            .min();
        let Some(start) = start else {
            return Cycle(Vec::new());
        };
        let mut came_from: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(index) = queue.pop_front() {
            let mut next: Vec<NodeIndex> = self.graph.neighbors(index).collect();
            next.sort_unstable();
            for neighbour in next {
                if neighbour == start {
                    let mut path = vec![index];
                    while let Some(previous) = path.last().and_then(|last| came_from.get(last)) {
                        path.push(*previous);
                    }
                    path.reverse();
                    return Cycle(
                        path.into_iter()
                            .filter_map(|i| self.node(i).cloned())
                            .collect(),
                    );
                }
                came_from.entry(neighbour).or_insert_with(|| {
                    queue.push_back(neighbour);
                    index
                });
            }
        }
        Cycle(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dag(edges: &[(&'static str, &'static str)]) -> Dag<&'static str> {
        Dag::new(
            edges.iter().flat_map(|(a, b)| [*a, *b]),
            edges.iter().copied(),
        )
    }

    #[test]
    fn walks_have_one_order() {
        //  d -> b -> a
        //  d -> c -> a
        let graph = dag(&[("d", "c"), ("d", "b"), ("c", "a"), ("b", "a")]);
        assert_eq!(graph.dependencies_first(), Ok(vec![&"a", &"b", &"c", &"d"]));
        assert_eq!(graph.dependents_first(), Ok(vec![&"d", &"b", &"c", &"a"]));
        assert_eq!(graph.dependents(&"a"), [&"b", &"c"]);
        //  d -> b -> a
        //  d -> c
        let graph = dag(&[("d", "c"), ("d", "b"), ("b", "a")]);
        assert_eq!(graph.dependents_first(), Ok(vec![&"d", &"b", &"c", &"a"]));
    }

    #[test]
    fn closures_follow_edges_one_way() {
        let graph = dag(&[("a", "b"), ("b", "c"), ("b", "d"), ("e", "a")]);
        let names = |nodes: IndexSet<&'static str>| Vec::from_iter(nodes);
        assert_eq!(names(graph.closure([&"b"])), ["b", "c", "d"]);
        assert_eq!(names(graph.reverse_closure([&"b"])), ["a", "b", "e"]);
    }

    #[test]
    fn a_cycle_is_listed_in_order() {
        let graph = dag(&[("x", "a"), ("a", "c"), ("c", "b"), ("b", "a"), ("c", "y")]);
        assert_eq!(graph.dependencies_first(), Err(Cycle(vec!["a", "c", "b"])));
        assert_eq!(dag(&[("a", "a")]).dependents_first(), Err(Cycle(vec!["a"])));
    }

    /// Nodes with edges to smaller ones under shuffled names, so that names do not reveal an order.
    fn edges() -> impl Strategy<Value = Vec<(usize, usize)>> {
        let order: Vec<usize> = (0..12).collect();
        let pairs = proptest::collection::vec((0..12usize, 0..12usize), 0..30);
        (pairs, Just(order).prop_shuffle()).prop_map(|(pairs, names)| {
            let down = pairs.into_iter().filter(|(from, to)| from > to);
            down.map(|(from, to)| (names[from], names[to])).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn walks_respect_all_edges(edges in edges()) {
            let graph = Dag::new(0..12, edges.clone());
            let place = |order: &[&usize], node: usize| order.iter().position(|n| **n == node);
            let first = graph.dependencies_first().unwrap();
            let last = graph.dependents_first().unwrap();
            prop_assert_eq!((first.len(), last.len()), (12, 12));
            for (from, to) in edges {
                prop_assert!(place(&first, to) < place(&first, from));
                prop_assert!(place(&last, from) < place(&last, to));
            }
        }

        #[test]
        fn closures_are_complete_and_minimal(
            edges in edges(),
            seeds in proptest::collection::btree_set(0..12usize, 0..4),
        ) {
            let graph = Dag::new(0..12, edges.clone());
            let closure = graph.closure(&seeds);
            prop_assert!(seeds.iter().all(|seed| closure.contains(seed)));
            prop_assert_eq!(&graph.closure(&closure), &closure);
            for (from, to) in &edges {
                prop_assert!(!closure.contains(from) || closure.contains(to));
            }
            for node in &closure {
                let above = graph.reverse_closure([node]);
                let is_reached = seeds.iter().any(|seed| above.contains(seed));
                prop_assert!(is_reached, "{node} is reached from nowhere");
            }
        }

        #[test]
        fn the_order_of_nodes_does_not_matter(
            (edges, shuffled) in edges().prop_flat_map(|e| (Just(e.clone()), Just(e).prop_shuffle())),
        ) {
            let one = Dag::new(0..12, edges);
            let other = Dag::new((0..12).rev(), shuffled);
            prop_assert_eq!(one.dependencies_first(), other.dependencies_first());
            prop_assert_eq!(one.dependents_first(), other.dependents_first());
        }

        #[test]
        fn reported_cycles_are_cycles(
            pairs in proptest::collection::vec((0..6usize, 0..6usize), 0..14),
        ) {
            let graph = Dag::new(0..6, pairs.clone());
            if let Err(Cycle(nodes)) = graph.dependencies_first() {
                prop_assert!(!nodes.is_empty());
                let next = nodes.iter().cycle().skip(1);
                for edge in nodes.iter().copied().zip(next.copied()) {
                    prop_assert!(pairs.contains(&edge), "{edge:?} of {nodes:?} is no edge");
                }
                let other = Dag::new(0..6, pairs).dependents_first().map(|_| ());
                prop_assert_eq!(other, Err(Cycle(nodes)));
            }
        }
    }
}
