"""What modules of taskgraph held when they had just been imported.

Built-in code of snowman stands for what these modules do. It is right as long as the project has left
them as they are, so they are looked at once more when the project has been loaded.
"""

import copy
import importlib.machinery

from snowman_worker import callers, inside, late, repeats

# The values that built-in code has taken over. Others say nothing about graphs, or are tables in
# which a project registers what it adds.
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

CODE = (
    "taskgraph.loader.",
    "taskgraph.transforms.",
    "taskgraph.util.",
    "mozilla_taskgraph.transforms.",
    "mozilla_taskgraph.util.",
    "mozilla_taskgraph.worker_types",
)

_kept = {}


def _sequences(module):
    """The sequences of transforms in a module, each with what it runs."""
    for name, value in list(inside.names(module).items()):
        if type(value).__name__ == "TransformSequence":
            yield name, list(getattr(value, "_transforms", None) or ())


def _keep(module):
    name = module.__name__
    values = {key: copy.deepcopy(getattr(module, key, None)) for key in VALUES.get(name, ())}
    if not name.startswith(CODE):
        _kept[name] = (module, values, {}, {})
        return
    _kept[name] = (module, values, dict(_sequences(module)), dict(inside.names(module)))


def watch():
    """Has modules kept from now on, as soon as they have been imported."""
    loader = importlib.machinery.SourceFileLoader
    given = loader.exec_module

    def exec_module(self, module):
        given(self, module)
        callers.hasten(module)
        repeats.spare(module)
        if module.__name__.startswith(CODE) or module.__name__ in VALUES:
            _keep(module)
        late.follow(module.__name__)

    loader.exec_module = exec_module


def _differs(now, before):
    """Whether a name has another value, other than by a kept promise."""
    if now is before:
        return False
    return not isinstance(before, inside.Inside) or now is not before.known()


def changed(foreign):
    """The names whose values are others by now: those of values and sequences, and those of code that
    `foreign` says is none of taskgraph's."""
    for name, (module, values, sequences, code) in _kept.items():
        for key, value in values.items():
            if getattr(module, key, None) != value:
                yield "%s.%s" % (name, key)
        for key, before in sequences.items():
            now = list(getattr(getattr(module, key, None), "_transforms", None) or ())
            if len(now) != len(before) or any(a is not b for a, b in zip(now, before)):
                yield "%s.%s" % (name, key)
        for key, value in list(inside.names(module).items()):
            if key in code and callable(value) and _differs(value, code[key]) and foreign(value):
                yield "%s.%s" % (name, key)
