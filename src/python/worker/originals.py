"""Records what modules of taskgraph contain when they have just been imported.

snowman has built-in code for what these modules do, which is only right if the project has not changed
them. So they are compared with this record when the project has been loaded.
"""

import copy
import importlib.machinery

from snowman_worker import callers, lazy_modules, private_values, quick, repository_cache

# The values that built-in code replaces. Others do not affect graphs, or are tables in which a project
# registers its extensions.
VALUES = {
    "taskgraph": ("MAX_DEPENDENCIES",),
    "taskgraph.loader.default": ("DEFAULT_TRANSFORMS",),
    "taskgraph.transforms.docker_image": ("CONTEXTS_DIR", "IMAGE_BUILDER_IMAGE"),
    "taskgraph.transforms.fetch": ("CACHE_TYPE",),
    "taskgraph.transforms.run.run_task": ("EXEC_COMMANDS",),
    "taskgraph.transforms.run.toolchain": ("CACHE_TYPE",),
    "taskgraph.transforms.task": (
        "TREEHERDER_ROUTE_ROOT",
        "UNKNOWN_GROUP_NAME",
        "V2_ROUTE_TEMPLATES",
    ),
    "taskgraph.util.cached_tasks": (
        "EXTRA_CACHE_INDEXES",
        "TARGET_CACHE_INDEX",
        "TARGET_PR_CACHE_INDEX",
    ),
    "taskgraph.util.caches": ("CACHES",),
    "taskgraph.util.docker": ("IMAGE_DIR", "RUN_TASK_FILES"),
}

# The tables that code looks up by name in their module, so that a project can put others in their place.
TABLES = {"taskgraph.config": ("graph_config_schema",)}

CODE = (
    "taskgraph.loader.",
    "taskgraph.transforms.",
    "taskgraph.util.",
    "mozilla_taskgraph.transforms.",
    "mozilla_taskgraph.util.",
    "mozilla_taskgraph.worker_types",
)

_records = {}
_tables = {}


def _sequences(module):
    """Yields the transform sequences of a module, each with its transforms."""
    for name, value in list(private_values.names(module).items()):
        if type(value).__name__ == "TransformSequence":
            yield name, list(getattr(value, "_transforms", None) or ())


def _record(module):
    name = module.__name__
    values = {key: copy.deepcopy(getattr(module, key, None)) for key in VALUES.get(name, ())}
    if not name.startswith(CODE):
        _records[name] = (module, values, {}, {})
        return
    _records[name] = (module, values, dict(_sequences(module)), dict(private_values.names(module)))


def install():
    """Records each module from now on as soon as it has been imported."""
    loader = importlib.machinery.SourceFileLoader
    given = loader.exec_module

    def exec_module(self, module):
        given(self, module)
        callers.speed_up(module)
        quick.speed_up(module)
        repository_cache.cache(module)
        for name in TABLES.get(module.__name__, ()):
            _tables[module.__name__, name] = getattr(module, name, None)
        if module.__name__.startswith(CODE) or module.__name__ in VALUES:
            _record(module)
        lazy_modules.run_registrations(module.__name__)

    loader.exec_module = exec_module


def is_replaced(module, name):
    """Returns whether a project has put another table in place of one of `TABLES`."""
    key = module.__name__, name
    return key in _tables and getattr(module, name, None) is not _tables[key]


def _differs(now, before):
    """Returns whether a name has another value, apart from a promise that has been resolved."""
    if now is before:
        return False
    return not isinstance(before, private_values.PrivateValue) or now is not before.known()


def changed(foreign):
    """Yields the names whose values have changed: values, sequences, and functions or classes that are
    `foreign` to taskgraph now."""
    for name, (module, values, sequences, code) in _records.items():
        for key, value in values.items():
            if getattr(module, key, None) != value:
                yield "%s.%s" % (name, key)
        for key, before in sequences.items():
            now = list(getattr(getattr(module, key, None), "_transforms", None) or ())
            if len(now) != len(before) or any(a is not b for a, b in zip(now, before)):
                yield "%s.%s" % (name, key)
        for key, value in list(private_values.names(module).items()):
            if key in code and callable(value) and _differs(value, code[key]) and foreign(value):
                yield "%s.%s" % (name, key)
