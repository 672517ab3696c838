"""Finds which entries of docs/reference the compared projects use.

The pages of the reference list everything that a project may say: transforms, ways to run, workers,
strategies, and the keys of each. `count` tells how often each entry is used, and which of them no
project uses.
"""

import json
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
PAGES = ["config", "kind", "parameters", "phases", "run-using", "transforms", "workers"]

# The entries that no fixture project uses, with the reason.
NOT_USED = {
    "config Priorities": "values, of which each project has some",
    "config release-promotion chains": "the peer does not support it",
    "config release-promotion other-products": "the peer does not support it",
    "config release promotion flavor release-type": "the peer does not support it",
    "config snowman": "the peer does not support it",
    "config staging": "the peer does not support it",
    "config public data": "the peer does not support it",
    "config try": "the peer does not support it",
    "config migration": "the peer does not support it",
    "config limited locales": "the peer does not support it",
    "config file of a migration": "the peer does not support it",
    "config environments.yml": "the peer does not support it",
    "parameters Derived values": "the peer does not support it",
    "config taskgraph decision-parameters": "only used with Python code",
    "parameters Every graph optimize_strategies": "only used with Python code",
    "parameters Every graph try_task_config": "the peer does not support it",
    "parameters Releases": "added by release promotion; no graph is generated with them alone",
    "phases Target-tasks methods promote": "the peer has these only in Python code of projects",
    "phases Target-tasks methods push": "the peer has these only in Python code of projects",
    "phases Target-tasks methods ship": "the peer has these only in Python code of projects",
    "phases Target-tasks methods promote_partners": "the peer has these only in Python code of projects",
    "phases Target-tasks methods try_tasks": "the peer does not support it",
    "phases Environments of release services": "the peer does not check them",
    "phases Verifications": "they apply to every graph; errors/cases violates each",
    "transforms partial_updates": "the peer does not support it",
    "transforms snowman.transforms.partial_updates:transforms": "the peer does not support it",
    "transforms publish": "the peer does not support it",
    "transforms publish publish": "the peer does not support it",
    "transforms publish published file": "the peer does not support it",
    "transforms run_on_releases": "the peer does not support it",
    "transforms snowman.transforms.publish:transforms": "the peer does not support it",
    "transforms snowman.transforms.run_on_releases:transforms": "the peer does not support it",
    "transforms docker_image task-from": "the loader writes it",
    "transforms fetch task-from": "the loader writes it",
    "transforms run task-from": "the loader writes it",
    "transforms task task-from": "the loader writes it",
    "transforms fetch gpg-signature": "the peer fails on it",
    "transforms fetch fetch.type: static-url gpg-signature": "the peer fails on it",
    "transforms task_context task-context from-custom": "only used with Python code",
    "transforms task_context resolve-keyed-by-options enforce-single-match": "the peer fails on it",
    "workers beetmover build-number": "the peer does not support it",
    "workers beetmover version": "the peer does not support it",
    "workers beetmover-push-to-release": "the peer does not support it",
    "workers balrog": "the peer does not support it",
    "workers beetmover-import-from-gcs-to-artifact-registry": "the peer does not support it",
    "workers beetmover-maven": "the peer does not support it",
    "workers bouncer-aliases": "the peer does not support it",
    "workers bouncer-locations": "the peer does not support it",
    "workers bouncer-submission": "the peer does not support it",
    "workers iscript": "the peer does not support it",
    "workers landoscript": "the peer does not support it",
    "workers push-addons": "the peer does not support it",
    "workers push-apk": "the peer does not support it",
    "workers push-flatpak": "the peer does not support it",
    "workers push-msix": "the peer does not support it",
    "workers push-snap": "the peer does not support it",
    "workers scriptworker-beetmover": "the peer does not support it",
    "workers scriptworker-github": "the peer does not support it",
    "workers scriptworker-pushapk": "the peer does not support it",
    "workers shipit-maybe-release": "the peer does not support it",
    "workers shipit-merged": "the peer does not support it",
    "workers shipit-shipped": "the peer does not support it",
    "workers shipit-update-product-channel-version": "the peer does not support it",
    "workers treescript": "the peer does not support it",
    "workers invalid": "the peer fails on it",
    "workers scriptworker-lando landing action tag": "the peer fails on it",
    "workers scriptworker-lando tag": "the peer fails on it",
}


def entries():
    """Returns every entry of the reference: its page, the headings above it, and its name."""
    for page in PAGES:
        headings, rows = [], False
        for line in (TOP / "docs" / "reference" / f"{page}.md").read_text().splitlines():
            heading = re.match(r"(#+) (.*)", line)
            if heading:
                depth = len(heading[1])
                headings = [*headings[: depth - 2], heading[2]] if depth > 1 else []
                if depth > 1:
                    yield (page, *headings)
                rows = False
            elif line.startswith("| ---"):
                rows = True
            elif rows and line.startswith("| `"):
                yield (page, *headings, line.split("`")[1])


def walk(value, keys, texts):
    if isinstance(value, dict):
        for key, item in value.items():
            keys.add(str(key))
            texts.add(str(key))
            walk(item, keys, texts)
    elif isinstance(value, list):
        for item in value:
            walk(item, keys, texts)
    elif isinstance(value, str):
        texts.add(value)


class Uses:
    """The keys and values that a project uses, in all of its documents."""

    def __init__(self, config, kinds, params, documents=()):
        self.keys, self.texts, self.runs, self.implementations = set(), set(), set(), set()
        for document in [config, *params]:
            walk(document, self.keys, self.texts)
        self.sections = set()
        self.methods = {values.get("target_tasks_method") for values in params}
        added = {label for each in documents for label in set(each["morphed"]) - set(each["optimized"])}
        self.morphs = {
            "add_code_review_task" if label.lstrip("@") == "code-review" else "add_index_tasks" for label in added
        }
        aliases = config.get("workers", {}).get("aliases", {})
        for files in kinds.values():
            kind = files["kind.yml"]
            names = [name.removesuffix(":transforms").rsplit(".", 1)[-1] for name in kind.get("transforms") or []]
            self.sections.update(names)
            loader = kind.get("loader", "taskgraph.loader.default:loader")
            self.texts.add(loader)
            if loader.endswith("default:loader"):
                self.sections.update(["run", "task"])
            for document in files.values():
                walk(document, self.keys, self.texts)
                tasks = kind.get("tasks") or {} if document is kind else document
                for task in tasks.values():
                    self.add_task(kind.get("task-defaults") or {}, task, aliases)

    def add_task(self, defaults, task, aliases):
        if not isinstance(task, dict):
            return
        worker_type = task.get("worker-type", defaults.get("worker-type", ""))
        found = [alias for name, alias in aliases.items() if re.fullmatch(name, str(worker_type))]
        builtin = worker_type if worker_type in ("always-optimized", "succeed") else None
        implementation = builtin or (found and found[0]["implementation"])
        self.implementations.add(implementation or None)
        run = {**(defaults.get("run") or {}), **(task.get("run") or {})}
        self.runs.add(f"{run.get('using')} on {implementation}")

    def has(self, entry):
        """Returns whether the project uses an entry of the reference."""
        page, section, *rest = entry if len(entry) > 1 else (*entry, "")
        name = entry[-1]
        if page == "transforms" and not rest:
            return section.rsplit(".", 1)[-1].removesuffix(":transforms") in self.sections
        if page == "transforms" and section not in self.sections:
            return False
        if page == "workers" and section not in self.implementations:
            return False
        if page == "run-using" and " on " in section:
            return section in self.runs and (not rest or rest[-1] in self.keys)
        if name.startswith("{"):
            return name[1:].split(":")[0] in self.keys
        if ": " in name:
            # A heading like `recipient: email` or `fetch.type: git` names a value.
            return name.split(": ")[1] in self.texts
        if entry in HEADINGS:
            return True
        if section == "Target-tasks methods":
            return name in self.methods
        if section == "Morphs":
            return name in self.morphs
        return name in self.keys or name in self.texts


HEADINGS = {entry for entry in entries() for other in entries() if other[: len(entry)] == entry != other}


def read_yaml(python, paths):
    read = (
        "import json, sys, yaml\n"
        "print(json.dumps([yaml.safe_load(open(path)) for path in json.load(sys.stdin)]))"
    )
    done = subprocess.run([python, "-c", read], input=json.dumps([str(path) for path in paths]),
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def of_folder(python, folder, params, documents, root="taskcluster"):
    """Reads what the project in a folder uses. `documents` are its graphs for each set of parameters."""
    kinds = sorted((folder / "kinds" if not root else folder / root / "kinds").glob("*/*.yml"))
    config, *read = read_yaml(python, [folder / root / "config.yml", *kinds, *params])
    by_kind = {}
    for path, document in zip(kinds, read):
        by_kind.setdefault(path.parent.name, {})[path.name] = document
    return Uses(config, by_kind, read[len(kinds):], documents)


def of_line(line):
    """Reads what a random project uses."""
    line = json.loads(line)
    project = line["project"]
    answers = [answer for answer in line["answers"] if "morphed" in answer]
    return Uses(project["config"], project["kinds"], [project["params"]], answers)


def count(fixtures, lines):
    """Returns how often each entry is used, as text, and the entries that no fixture project uses.

    `fixtures` has the uses of each project with the number of documents that were compared for it,
    `lines` random projects without a mistake.
    """
    randoms = [of_line(line) for line in lines if '"mistake":null' in line]
    table, unused = [], []
    for entry in entries():
        documents = sum(number for uses, number in fixtures if uses.has(entry))
        name = " ".join(entry)
        if not documents and not any(name == known or name.startswith(f"{known} ") for known in NOT_USED):
            unused.append(name)
        if is_feature(entry):
            table.append(f"{documents:6} {sum(uses.has(entry) for uses in randoms):6}  {name}")
    return [" fixed random  feature", *table], unused


def is_feature(entry):
    """Returns whether an entry is counted by itself; keys are only searched for."""
    page, *rest = entry
    return (
        page == "phases" and len(rest) == 2 and rest[0] != "Verifications"
        or page in ("transforms", "workers", "run-using") and len(rest) == 1 and rest[0] != "Caches"
        and not rest[0].endswith(":transforms")
        or rest[0] in ("Caches", "Loaders") and len(rest) == 2
        or len(rest) == 3 and rest[1] in ("group-by", "set-name", "index.type")
        or len(rest) == 2 and ": " in rest[1]
    )
