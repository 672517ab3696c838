"""Lists the project's actions and their callbacks."""

import sys

from snowman_worker import project


def own_callbacks():
    """Returns the callbacks of the project: all of its own registry, or its own in taskgraph's."""
    from snowman_worker import entry
    from snowman_worker.registered import is_foreign, package_folders

    own_registry = entry.action_registry()
    if own_registry:
        return own_registry.callbacks()
    from taskgraph.actions import registry

    folders = tuple(package_folders())
    return {
        name: callback
        for name, callback in registry.callbacks.items()
        if is_foreign(callback, folders)
    }


def list_callbacks(head):
    """Returns the names of the project's callbacks, and whether they replace the built-in ones. Unlike
    `list_actions`, this runs no code that describes an action."""
    from snowman_worker import entry

    exclusive = entry.action_registry() is not None
    if not exclusive and "taskgraph.actions.registry" not in sys.modules:
        return {"callbacks": [], "exclusive": False}
    return {"callbacks": list(own_callbacks()), "exclusive": exclusive}


def list_actions(head):
    """Returns the project's actions in the format of actions.json, and the permissions of all, also of those
    that are not offered now. If it has a registry of its own, these are all actions, in order."""
    from snowman_worker import entry

    own_registry = entry.action_registry()
    if not own_registry and "taskgraph.actions.registry" not in sys.modules:
        return {"actions": [], "permissions": {}, "document": None}
    if own_registry:
        listed = sorted(own_registry.actions(), key=lambda action: action.order)
    else:
        from taskgraph.actions import registry

        listed = registry.actions
    own = own_callbacks()
    parameters = project.parameters(head["graph"])
    actions, permissions = [], {}
    for action in listed:
        if action.cb_name not in own:
            continue
        permissions[action.cb_name] = _permission(action)
        rendered = action.action_builder(parameters, project.graph_config, head["decision"])
        if rendered:
            actions.append([action.order, action.cb_name, rendered])
    document = None
    if own_registry:
        document = own_registry.render(parameters, project.graph_config, head["decision"])
    return {"actions": actions, "permissions": permissions, "document": document}


def _permission(action):
    """The permission that an action needs. Older versions only store whether it is generic."""
    if hasattr(action, "permission"):
        return action.permission
    return "generic" if action.generic else action.cb_name
