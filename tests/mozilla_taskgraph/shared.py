"""What the cases share."""

import copy

DROP = ...


def lay(base, over):
    """`over` laid on a copy of `base`: mappings merge, all else replaces, DROP takes away."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return copy.deepcopy(over)
    merged = copy.deepcopy(base)
    for key, value in over.items():
        if value is DROP:
            merged.pop(key, None)
        else:
            merged[key] = lay(merged.get(key), value)
    return merged
