"""Compares how the dependencies of a task are found."""

import types

from compare import outcome, same


class Label(str):
    """A label that is not a plain string."""


def random_case(random):
    names = ["build-%d" % number for number in range(random.choice([0, 1, 3, 8]))]
    random.shuffle(names)
    if random.random() < 0.1:
        names.append(random.choice([7, None, Label("build-1"), ("build-1",)]))
    values = names + ["other", None, 7, Label("build-1"), {"by-level": {}}, ["build-0"], b"build-0"]
    task = {}
    kind = random.random()
    if kind < 0.9:
        chosen = [random.choice(names or values) for _ in range(random.choice([0, 1, 2, 4]))]
        if random.random() < 0.2:
            chosen.append(random.choice(values))
        task["dependencies"] = {"edge-%d" % number: one for number, one in enumerate(chosen)}
    elif kind < 0.95:
        task["dependencies"] = random.choice([None, [], "build-0"])
    change = (random.randrange(4), random.choice(list(CHANGES))) if random.random() < 0.3 else None
    return names, task, change


CHANGES = {
    "add": lambda tasks, task: task["dependencies"].update(more="build-2"),
    "clear": lambda tasks, task: task["dependencies"].clear(),
    "replace": lambda tasks, task: task.update(dependencies={"edge": "build-0"}),
    "break": lambda tasks, task: task.update(dependencies=None),
    "remove": lambda tasks, task: task.pop("dependencies"),
    "grow": lambda tasks, task: tasks.update({"build-99": "new"}),
    "set": lambda tasks, task: tasks.update({"build-2": "new"}) if "build-2" in tasks else None,
}


def run(function, tasks, task, change):
    config = types.SimpleNamespace(kind_dependencies_tasks=tasks)
    found = []

    def consume():
        for number, one in enumerate(function(config, task)):
            found.append(one)
            if change and change[0] == number:
                CHANGES[change[1]](tasks, task)

    ended = outcome(consume)
    return found, ended, repr(task), repr(tasks)


def compare(random, rounds):
    from taskgraph.util.dependencies import get_dependencies

    original = get_dependencies.__wrapped__
    for _ in range(rounds * 10):
        names, task, change = random_case(random)
        tasks = {name: "task %s" % (name,) for name in names}
        copied = {key: dict(one) if type(one) is dict else one for key, one in task.items()}
        before = run(original, dict(tasks), copied, change)
        for _ in range(2):
            again = {key: dict(one) if type(one) is dict else one for key, one in task.items()}
            after = run(get_dependencies, dict(tasks), again, change)
            same("get_dependencies", (names, task, change), before, after)
    # The same mapping with other tasks.
    for _ in range(rounds):
        tasks = {"build-%d" % number: number for number in range(6)}
        for _ in range(4):
            if random.random() < 0.6:
                name = "build-%d" % random.randrange(8)
                tasks.pop(name, None)
                tasks["build-%d" % random.randrange(8)] = 9
            task = {"dependencies": {str(n): "build-%d" % random.randrange(8) for n in range(4)}}
            config = types.SimpleNamespace(kind_dependencies_tasks=tasks)
            before = list(original(config, task))
            same("get_dependencies", (tasks, task), before, list(get_dependencies(config, task)))
    return rounds * 14
