"""What would have to be installed, where the project's Python fails for want of it."""

import os
import re
import sys

# Where a project says which taskgraph it is written for: files below the folder of config.yml and
# below the repository, and how each says it.
REQUIREMENT = re.compile(r"(?m)^[\s\"']*taskcluster-taskgraph(?:\[[^\]]*\])?\s*==\s*(\d+(?:\.\d+)*)")
LOCKED = re.compile(r"name = \"taskcluster-taskgraph\"\s+version = \"(\d+(?:\.\d+)*)")
IMAGE = re.compile(r"/taskgraph:decision-v(\d+(?:\.\d+)*)")
SAYS = [
    ("requirements.txt", REQUIREMENT),
    ("pyproject.toml", REQUIREMENT),
    ("uv.lock", LOCKED),
    ("poetry.lock", LOCKED),
    (".taskcluster.yml", IMAGE),
]


def _text(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""


def _asked_for(folders, top):
    """The version of taskgraph that the project asks for, and the file that says so."""
    for name, pattern in SAYS:
        for folder in folders:
            path = os.path.join(folder, name)
            found = pattern.search(_text(path))
            if found:
                return found.group(1), os.path.relpath(path, top)
    return None, None


def _missing(error):
    """The module that could not be imported."""
    while error is not None:
        if isinstance(error, ImportError) and error.name:
            return error.name
        error = error.__cause__ or error.__context__
    return None


def _folders(root, top):
    """The folder of config.yml and those above it, up to the repository."""
    folder = os.path.normpath(root)
    folders = [folder]
    while folder != top and folder.startswith(top + os.sep):
        folder = os.path.dirname(folder)
        folders.append(folder)
    return folders


def _is_own(name, folders):
    paths = [os.path.join(folder, name) for folder in folders]
    return any(os.path.isdir(path) or os.path.isfile(path + ".py") for path in paths)


def help_for(error, root, top, installed):
    """What to install, or nothing where that would be no help."""
    folders = _folders(os.path.join(top, root), top)
    required = [os.path.join(folder, "requirements.txt") for folder in folders]
    required = [os.path.relpath(path, top) for path in required if os.path.isfile(path)]
    pip = sys.executable + " -m pip install "
    version, file = _asked_for(folders, top)
    if version and version.split(".")[0] != installed.split(".")[0]:
        what = "--requirement " + file if file.endswith("requirements.txt") else "taskcluster-taskgraph==" + version
        return (
            "%s asks for taskgraph %s, and %s is installed: install that version (`%s`), or make the "
            "project ready for this one" % (file, version, installed, pip + what)
        )
    missing = _missing(error)
    package = (missing or "").split(".")[0]
    if not package or _is_own(package, folders):
        return None
    if package in sys.modules:
        return (
            "`%s` that is installed has no `%s`: the project may be written for another version of it"
            % (package, missing)
        )
    what = "--requirement " + required[0] if required else "…"
    return "install the package that brings `%s` (`%s`)" % (package, pip + what)
