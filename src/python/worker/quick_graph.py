"""Remembers in which order the nodes of a graph are visited.

Older versions of taskgraph determine it each time, and each verification visits the whole graph.
"""

import collections

from snowman_worker import quick

VISIT = ("9162b332-506",)


def _visit_first(graph, reverse, found):
    """Visits the nodes in taskgraph's order, and collects them."""
    queue = collections.deque(sorted(graph.nodes))
    links_by_node = graph.reverse_links_dict() if reverse else graph.links_dict()
    seen = set()
    while queue:
        node = queue.popleft()
        if node in seen:
            continue
        links = links_by_node[node]
        if seen.issuperset(links):
            seen.add(node)
            found.append(node)
            yield node
        else:
            queue.extend([one for one in links if one not in seen])
            queue.append(node)


def make(original, _names):
    return replacement(original) if quick.digest(original) in VISIT else None


def replacement(original):
    def _visit(self, reverse):
        if type(self.nodes) is not frozenset or type(self.edges) is not frozenset:
            yield from original(self, reverse)
            return
        orders = self.__dict__.setdefault("_snowman_orders", {})
        order = orders.get(bool(reverse))
        if order is None:
            found = []
            yield from _visit_first(self, reverse, found)
            orders[bool(reverse)] = tuple(found)
        else:
            yield from order

    return _visit
