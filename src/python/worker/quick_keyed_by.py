"""Finds values that are not keyed, and alternatives that match, with fewer calls."""

import re

from snowman_worker import quick

RESOLVE = ("82d83d32-672", "6a178263-439")
EVALUATE = ("6111b68d-1584", "4e3b54a0-1655")
MATCH = ("73b7ce6e-302",)

# Keys that match only themselves.
_LITERAL = re.compile(r"[A-Za-z0-9_/ -]*\Z")

# How many patterns are kept.
_MOST = 10000

_patterns = {}


def _pattern(key):
    """Returns the match function of a key, or nothing if it matches only itself."""
    if len(_patterns) >= _MOST:
        _patterns.clear()
    found = None if _LITERAL.match(key) else re.compile(key + "$").match
    _patterns[key] = found
    return found


def _keymatch(original):
    def keymatch(attributes, target):
        # `$` also matches before a newline at the end.
        if type(attributes) is not dict or type(target) is not str or target.endswith("\n"):
            return original(attributes, target)
        if target in attributes:
            return [attributes[target]]
        matches = []
        try:
            for key, value in attributes.items():
                pattern = _patterns[key] if key in _patterns else _pattern(key)
                if pattern is not None and pattern(target):
                    matches.append(value)
        except Exception:
            return original(attributes, target)
        if matches:
            return matches
        if "default" in attributes:
            return [attributes["default"]]
        return []

    return keymatch


def _is_not_keyed(item, field):
    """Returns whether a field is missing or has a value that does not depend on other fields."""
    container = item
    while "." in field:
        part, field = field.split(".", 1)
        if type(container) is not dict or part.endswith("[]"):
            return False
        if part not in container:
            return True
        container = container[part]
    if type(container) is not dict:
        return False
    if field not in container:
        return True
    value = container[field]
    if not isinstance(value, dict) or len(value) != 1:
        return True
    key = next(iter(value))
    return type(key) is str and not key.startswith("by-")


def _resolve_keyed_by(original, names):
    evaluate = names["evaluate_keyed_by"]
    if quick.digest(evaluate) not in EVALUATE:
        return None

    def resolve_keyed_by(
        item, field, item_name, defer=None, enforce_single_match=True, **extra_values
    ):
        plain = type(field) is str and type(item_name) is str and type(item) is dict
        if plain and names["evaluate_keyed_by"] is evaluate and _is_not_keyed(item, field):
            return item
        return original(item, field, item_name, defer, enforce_single_match, **extra_values)

    return resolve_keyed_by


def make(original, names):
    digest = quick.digest(original)
    if digest in MATCH:
        return _keymatch(original)
    return _resolve_keyed_by(original, names) if digest in RESOLVE else None
