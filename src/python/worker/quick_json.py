"""Calls the scanner of `json` directly where `json.loads` takes several steps to call it."""

import functools
import json

from snowman_worker import quick


def install():
    """Replaces `json.loads`, which other modules have not imported by name yet."""
    scan = getattr(getattr(json, "_default_decoder", None), "scan_once", None)
    if not quick.is_off() and type(scan).__name__ == "Scanner":
        json.loads = replacement(json.loads, scan)


def replacement(original, scan):
    """Returns a function that does the same. `scan` is what the original calls after some checks: it parses the value
    at an offset, and returns it with the offset of its end."""

    @functools.wraps(original)
    def loads(s, **options):
        if type(s) is str and not options:
            if s == "[]":
                # Code that parses a list for each task often gets this one.
                return []
            try:
                value, end = scan(s, 0)
            except Exception:
                # Space before the value, or no JSON.
                return original(s)
            if end == len(s):
                return value
        return original(s, **options)

    return loads
