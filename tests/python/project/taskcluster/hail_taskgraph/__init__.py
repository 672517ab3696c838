"""Registers one of each thing that a project can register."""

from importlib import import_module

MODULES = ["actions", "contexts", "fetches", "filters", "morphs", "parameters", "routes", "strategies", "target_tasks",
           "verifications", "ways", "workers"]


def register(graph_config):
    for name in MODULES:
        import_module("." + name, package=__name__)
    # What register changes in the graph config counts.
    graph_config._config.setdefault("hail", {})["registered"] = True
