"""Copies plain data with fewer calls."""

from snowman_worker import quick

DEEPCOPY = ("0b715a48-863",)


def make(original, names):
    if quick.digest(original) not in DEEPCOPY:
        return None

    def deepcopy(obj):
        immutable = names["immutable_types"]
        kind = type(obj)
        if kind in immutable:
            return obj
        if kind is dict:
            return {
                key: one if type(one) in immutable else deepcopy(one) for key, one in obj.items()
            }
        if kind is list:
            return [one if type(one) in immutable else deepcopy(one) for one in obj]
        if kind.__module__ == "snowman_worker.tasks":
            # taskgraph copies only tasks of its own class.
            obj = obj.as_task()
        return original(obj)

    return deepcopy
