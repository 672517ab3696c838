"""Adds one random mistake to a project, or something unusual."""

import copy


def places(value, path=()):
    """Yields every path in a value."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for at in range(len(value)):
            yield from places(value[at], (*path, at))


def holder(value, path):
    for key in path[:-1]:
        value = value[key]
    return value


def remove(rng, value, path):
    """Removes a key."""
    del holder(value, path)[path[-1]]


def misspell(rng, value, path):
    """Adds an unknown key."""
    there = holder(value, path)
    if not isinstance(there, dict):
        return remove(rng, value, path)
    there[f"{path[-1]}s"] = there.pop(path[-1])


def retype(rng, value, path):
    """Replaces a value by one of another type."""
    there = holder(value, path)
    old = there[path[-1]]
    others = [other for other in ["text", 12, True, [], ["a"], {}, {"a": "b"}, None] if type(other) is not type(old)]
    there[path[-1]] = rng.choice(others)


def rename(rng, value, path):
    """Replaces a string, which may then name something that does not exist."""
    there = holder(value, path)
    if isinstance(there[path[-1]], str):
        there[path[-1]] = rng.choice([there[path[-1]] + "x", "", "{nobody}", "<nobody>", "by-level"])
    else:
        there[path[-1]] = {"by-level": {"9": there[path[-1]]}}


def graft(rng, value, path):
    """Copies a key with its value from another mapping, which may be valid or not."""
    there = holder(value, path)
    others = [other for other in places(value) if other and isinstance(holder(value, other), dict)]
    other = rng.choice(others)
    if isinstance(there, dict):
        there[other[-1]] = copy.deepcopy(holder(value, other)[other[-1]])


def transplant(rng, value, path):
    """Replaces a value by another value of the project."""
    other = rng.choice([other for other in places(value) if other])
    found = copy.deepcopy(holder(value, other)[other[-1]])
    holder(value, path)[path[-1]] = found


def odd(rng, value, path):
    """Replaces a value by an unusual one of the same type."""
    there = holder(value, path)
    old = there[path[-1]]
    if isinstance(old, bool) or old is None:
        there[path[-1]] = rng.choice([0, 1, "true", not old])
    elif isinstance(old, int):
        there[path[-1]] = rng.choice([0, -1, 1.5, 2**53 + 1, 1e20])
    elif isinstance(old, str):
        there[path[-1]] = rng.choice(["", " ", "ü", "a b", "{", "{{a}}", "<self>", "x" * 300, "../a", "a/b", "0", old.upper()])
    elif isinstance(old, list):
        there[path[-1]] = rng.choice([[], old * 2, old[::-1], [old]])
    else:
        there[path[-1]] = rng.choice([{}, dict(reversed(old.items()))])


MISTAKES = [remove, misspell, retype, rename, graft, transplant, odd]


def make_mistake(rng, project):
    """Makes a mistake, and describes what was changed where."""
    document = rng.choice(["kinds"] * 8 + ["config", "params"])
    candidates = [path for path in places(project[document]) if len(path) > (2 if document == "kinds" else 0)]
    # Few mistakes are possible in free-form values.
    candidates = [p for p in candidates if not {"env", "extra", "tags", "group-names"} & set(p)]
    if not candidates:
        return None
    path = rng.choice(candidates)
    make = rng.choice([retype, rename, odd] if document == "params" else MISTAKES)
    make(rng, project[document], path)
    return f"{make.__name__} {document}/{'/'.join(map(str, path))}"
