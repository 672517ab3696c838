from taskgraph.util.dependencies import group_by
from taskgraph.util.set_name import set_name


@group_by("size")
def by_size(config, tasks):
    groups = {}
    for task in tasks:
        groups.setdefault(task.attributes.get("size", 0), []).append(task)
    return groups.values()


@set_name("hail-name")
def name_of(config, tasks, primary_dep, primary_kind):
    return "hail-" + primary_dep.attributes["build-name"]
