"""What a decision leaves behind, in a form in which two runs can be compared: taskIds are replaced with labels."""

import gzip
import hashlib
import json

import yaml
from outcome import TASK_ID, in_order, relative_dates


def read_labels(folder):
    """The label of each taskId of a run. A duplicate has the name of its task."""
    labels = {}
    for task_id, task in json.loads((folder / "tasks.json").read_text()).items():
        labels[task_id] = task["metadata"]["name"]
    by_label = folder / "artifacts/label-to-taskid.json"
    if by_label.exists():
        labels.update((task_id, label) for label, task_id in json.loads(by_label.read_text()).items())
    return labels


def with_labels(text, labels):
    return TASK_ID.sub(lambda found: labels.get(found[0], found[0]), text)


def sorted_dependencies(value):
    """Sorts the dependencies of definitions: their order is that of taskIds."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "dependencies" and isinstance(inner, list):
                value[key] = sorted(inner)
            else:
                sorted_dependencies(inner)
    elif isinstance(value, list):
        for inner in value:
            sorted_dependencies(inner)
    return value


def tasks_of(folder, labels):
    """The created tasks with their labels; duplicates have the same."""
    tasks = json.loads((folder / "tasks.json").read_text())
    found = [[labels[task_id], relative_dates(task)] for task_id, task in tasks.items()]
    found = json.loads(with_labels(json.dumps(found), labels))
    return in_order(sorted_dependencies(found))


def index_of(folder, labels):
    """The entries of the index."""
    return in_order(json.loads(with_labels((folder / "index.json").read_text(), labels)))


def content(path, labels):
    """The content of an artifact: a document, or the digest of its bytes."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    if ".json" in path.suffixes:
        found = sorted_dependencies(json.loads(with_labels(data.decode(), labels)))
        # Theirs is in the order of a set.
        return sorted(found) if path.name == "target-tasks.json" else found
    if path.suffix == ".yml":
        return yaml.load(with_labels(data.decode(), labels), yaml.CSafeLoader)
    return hashlib.sha256(data).hexdigest()


def documents(folder):
    """Everything that a run has left behind: names with functions that read it."""
    labels = read_labels(folder)
    found = {}
    for name in ("artifacts", "docker-contexts"):
        paths = sorted(path for path in (folder / name).rglob("*") if path.is_file())
        found.update((str(path.relative_to(folder)), lambda path=path: content(path, labels)) for path in paths)
    found["tasks"] = lambda: tasks_of(folder, labels)
    found["index"] = lambda: index_of(folder, labels)
    return found
