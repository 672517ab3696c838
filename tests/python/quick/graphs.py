"""Compares in which order the nodes of a graph are visited."""

from compare import outcome, same


def visit(graph, reverse):
    """Visits nodes in the order of older versions of taskgraph: a node that is reached too early is put back
    behind those that it links to."""
    waiting = sorted(graph.nodes)
    links = graph.reverse_links_dict() if reverse else graph.links_dict()
    visited = []
    while waiting:
        node = waiting.pop(0)
        missing = [one for one in links[node] if one not in visited]
        if node not in visited and missing:
            waiting += missing + [node]
        elif node not in visited:
            visited.append(node)
            yield node


def random_graph(random, make):
    names = ["node-%d" % number for number in range(random.choice([0, 1, 5, 20]))]
    random.shuffle(names)
    edges = set()
    for index, name in enumerate(names):
        for _ in range(random.choice([0, 1, 3]) if index else 0):
            edges.add((name, names[random.randrange(index)], "edge-%d" % random.randrange(3)))
    kinds = [frozenset, frozenset, set]
    return make(random.choice(kinds)(names), random.choice(kinds)(edges))


def compare_visits(random, graph, original, replaced):
    for reverse in (False, True, False, True):
        before = list(original(graph, reverse))
        if random.random() < 0.5:
            partly = [node for node, _ in zip(replaced(graph, reverse), range(2))]
            same("_visit", graph.edges, before[:2], partly)
        same("_visit", graph.edges, before, list(replaced(graph, reverse)))
        if isinstance(graph.nodes, set):
            graph.nodes.add("node-%d" % random.randrange(30))
        if isinstance(graph.edges, set):
            graph.edges.clear()


def compare(random, rounds):
    from snowman_worker import quick_graph
    from taskgraph.graph import Graph

    replaced = Graph.__dict__["_visit"]
    pairs = [(visit, quick_graph.replacement(visit))]
    # Later versions of taskgraph are fast enough.
    original = getattr(replaced, "__wrapped__", None)
    if original and quick_graph.make(original, {}):
        pairs.append((original, replaced))

    class Plain(Graph):
        """A graph whose nodes may be changed, as in older versions of taskgraph."""

        def __init__(self, nodes, edges):
            self.__dict__.update(nodes=nodes, edges=edges)

    for original, replaced in pairs:
        for _ in range(rounds):
            compare_visits(random, random_graph(random, Plain), original, replaced)
        mixed = Plain(frozenset([1, "x"]), frozenset())
        before = outcome(lambda: list(original(mixed, False)))
        same("_visit", mixed.nodes, before, outcome(lambda: list(replaced(mixed, False))))
    return rounds * len(pairs)
