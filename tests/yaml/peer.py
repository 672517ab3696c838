# How Python's answers are written into the tables.

import datetime
import json

import yaml


def typed(data):
    """Null, booleans, texts and lists are themselves; all else is an object that names its type."""
    if data is None or isinstance(data, (bool, str)):
        return data
    if isinstance(data, int):
        return {"int": str(data)}
    if isinstance(data, float):
        return {"float": repr(data)}
    if isinstance(data, bytes):
        return {"binary": data.hex()}
    if isinstance(data, (datetime.date, datetime.datetime)):
        return {"timestamp": data.isoformat()}
    if isinstance(data, dict):
        return {"map": [[typed(key), typed(value)] for key, value in data.items()]}
    if isinstance(data, set):
        return {"set": sorted(map(typed, data), key=compact)}
    if isinstance(data, list) and data and all(isinstance(item, tuple) for item in data):
        return {"pairs": [[typed(key), typed(value)] for key, value in data]}
    if isinstance(data, list):
        return [typed(item) for item in data]
    raise TypeError(type(data))


def read(document):
    """What the safe loader over libyaml makes of the only document of a stream of bytes."""
    try:
        data = yaml.load(document, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ArithmeticError, AttributeError, LookupError, RecursionError) as error:
        return {"error": type(error).__name__}
    except (TypeError, ValueError) as error:
        return {"error": type(error).__name__}
    try:
        return typed(data)
    except (RecursionError, ValueError):
        # A value that holds itself, or an integer of more digits than Python writes.
        return {"endless": True}


def dump(value):
    """What the safe dumper writes in block style; nothing is shared, so that there are no anchors."""
    value = json.loads(json.dumps(value))
    return yaml.safe_dump(value, allow_unicode=True, default_flow_style=False)


def compact(data):
    return json.dumps(data, separators=(",", ":"))


def write_rows(path, parts):
    """Writes an object of lists, with one item on each line."""
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write("{\n")
        for name, rows in parts.items():
            lines = ",\n".join(map(compact, rows))
            end = "" if name == list(parts)[-1] else ","
            file.write(f'"{name}": [\n{lines}\n]{end}\n')
        file.write("}\n")
