"""Suggests what to install when the project's Python fails because something is missing."""

import os
import re
import sys

# The files that state the version of taskgraph a project needs, and how each states it. They are searched
# for in the folder of config.yml and in those above it, up to the top of the repository.
REQUIREMENT = re.compile(r"(?m)^[\s\"']*taskcluster-taskgraph(?:\[[^\]]*\])?\s*==\s*(\d+(?:\.\d+)*)")
LOCKED = re.compile(r"name = \"taskcluster-taskgraph\"\s+version = \"(\d+(?:\.\d+)*)")
IMAGE = re.compile(r"/taskgraph:decision-v(\d+(?:\.\d+)*)")
VERSION_FILES = [
    ("requirements.txt", REQUIREMENT),
    ("pyproject.toml", REQUIREMENT),
    ("uv.lock", LOCKED),
    ("poetry.lock", LOCKED),
    (".taskcluster.yml", IMAGE),
]


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""


def _required_version(folders, top):
    """Returns the version of taskgraph that the project needs, and the file that states it."""
    for name, pattern in VERSION_FILES:
        for folder in folders:
            path = os.path.join(folder, name)
            found = pattern.search(_read(path))
            if found:
                return found.group(1), os.path.relpath(path, top)
    return None, None


def _missing_module(error):
    """Returns the name of the module that could not be imported."""
    while error is not None:
        if isinstance(error, ImportError) and error.name:
            return error.name
        error = error.__cause__ or error.__context__
    return None


def _folders(root, top):
    """Returns the folder of config.yml and those above it, up to the top of the repository."""
    folder = os.path.normpath(root)
    folders = [folder]
    while folder != top and folder.startswith(top + os.sep):
        folder = os.path.dirname(folder)
        folders.append(folder)
    return folders


def _is_in_project(name, folders):
    paths = [os.path.join(folder, name) for folder in folders]
    return any(os.path.isdir(path) or os.path.isfile(path + ".py") for path in paths)


def help_for(error, root, top, installed):
    """Returns a hint on what to install, or None if that would not help."""
    folders = _folders(os.path.join(top, root), top)
    required = [os.path.join(folder, "requirements.txt") for folder in folders]
    required = [os.path.relpath(path, top) for path in required if os.path.isfile(path)]
    pip = sys.executable + " -m pip install "
    version, file = _required_version(folders, top)
    if version and version.split(".")[0] != installed.split(".")[0]:
        what = "--requirement " + file if file.endswith("requirements.txt") else "taskcluster-taskgraph==" + version
        return (
            "%s requires taskgraph %s, but %s is installed: install the required version (`%s`), or "
            "update the project to the installed one" % (file, version, installed, pip + what)
        )
    missing = _missing_module(error)
    package = (missing or "").split(".")[0]
    if not package or _is_in_project(package, folders):
        return None
    if package in sys.modules:
        return (
            "the installed `%s` has no `%s`: the project may be written for another version of it"
            % (package, missing)
        )
    what = "--requirement " + required[0] if required else "…"
    return "install the package that provides `%s` (`%s`)" % (package, pip + what)
