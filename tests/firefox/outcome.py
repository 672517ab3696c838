"""What a program has done, in a form in which two programs can be compared: taskIds that it made up are
replaced with the names of their tasks, and dates with the seconds since the creation of the task."""

import datetime
import gzip
import json
import re

import yaml

TASK_ID = re.compile(r"(?<![\w-])[\w-]{22}(?![\w-])", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")


def seconds(date):
    return datetime.datetime.fromisoformat(date.replace("Z", "+00:00")).timestamp()


def relative_dates(definition):
    """Replaces the dates in a definition with the time since it was created."""
    start = seconds(definition["created"])
    text = DATE.sub(lambda match: "%+d s" % round(seconds(match[0]) - start), json.dumps(definition))
    return json.loads(text)


def named(value, names):
    """Replaces taskIds with names. Mappings by taskId become lists, as names may occur twice."""
    if isinstance(value, str):
        return TASK_ID.sub(lambda match: names.get(match[0], match[0]), value)
    if isinstance(value, list):
        return [named(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    if any(key in names for key in value):
        return in_order([[named(key, names), named(item, names)] for key, item in value.items()])
    result = {key: named(item, names) for key, item in value.items()}
    if isinstance(result.get("dependencies"), list):
        # They are in the order of the taskIds.
        result["dependencies"] = in_order(result["dependencies"])
    return result


def in_order(items):
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))


def read_artifact(path):
    """Reads an artifact: the data in it, or its text."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content, path = gzip.decompress(content), path.with_suffix("")
    if path.suffix == ".json":
        return json.loads(content)
    if path.suffix == ".yml":
        return yaml.load(content, yaml.CSafeLoader)
    return content.decode("utf-8", "replace")


def outcome(changes, artifacts, names=None):
    """What was done: the changes in the order of their names, and the artifacts in a folder."""
    names = dict(names or {})
    for change in changes:
        if "create" in change:
            names[change["create"]] = change["definition"]["metadata"]["name"]
    result = {"create": [], "cancel": [], "rerun": [], "call": []}
    for change in changes:
        kind = next(kind for kind in result if kind in change)
        if kind == "create":
            change = [change["create"], relative_dates(change["definition"])]
        elif kind != "call":
            change = change[kind]
        result[kind].append(named(change, names))
    result = {kind: in_order(done) for kind, done in result.items()}
    files = [path for path in artifacts.rglob("*") if path.is_file()] if artifacts.exists() else []
    for path in sorted(files):
        result[path.relative_to(artifacts).as_posix()] = named(read_artifact(path), names)
    return result


def first_difference(a, b, place=""):
    """Describes the first place at which two values differ; None if they are equal."""
    if a == b and type(a) is type(b):
        return None
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted({*a, *b}):
            if key not in a or key not in b:
                return "%s.%s: only %s" % (place, key, "second" if key not in a else "first")
            found = first_difference(a[key], b[key], "%s.%s" % (place, key))
            if found:
                return found
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            place += " (%d and %d items)" % (len(a), len(b))
        for index, (one, other) in enumerate(zip(a, b)):
            found = first_difference(one, other, "%s[%d]" % (place, index))
            if found:
                return found
        return place
    return "%s: %.80r, %.80r" % (place, a, b)
