"""Copies plain data with fewer calls, and tasks that were sent, which taskgraph takes for unknown objects."""

from snowman_worker import quick

DEEPCOPY = ("0b715a48-863",)


def _as_tasks(original):
    """Wraps the original, which copies only tasks of taskgraph's own class."""

    def deepcopy(obj):
        if type(obj).__module__ == "snowman_worker.tasks":
            obj = obj.as_task()
        return original(obj)

    return deepcopy


def make(original, names):
    given = _as_tasks(original)
    if quick.is_off() or quick.digest(original) not in DEEPCOPY:
        return given

    def deepcopy(obj):
        immutable = names["immutable_types"]
        kind = type(obj)
        if kind in immutable:
            return obj
        if kind is dict:
            # This is faster than inserting each key.
            copied = obj.copy()
            for key, one in obj.items():
                if type(one) not in immutable:
                    copied[key] = deepcopy(one)
            return copied
        if kind is list:
            return [one if type(one) in immutable else deepcopy(one) for one in obj]
        return given(obj)

    return deepcopy
