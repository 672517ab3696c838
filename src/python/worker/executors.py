"""Pools of processes that the project has made and not used yet. Such a pool has pipes, but no process at their
other ends, so a fork may replace them."""

import gc
import sys

# Before Python 3.9, the first.
_THREADS = ("_queue_management_thread", "_executor_manager_thread")


def unused():
    """Returns the process pools that have not started anything."""
    module = sys.modules.get("concurrent.futures.process")
    kind = getattr(module, "ProcessPoolExecutor", None)
    if kind is None:
        return []
    # Objects that existed when the project had been loaded are frozen, and would not be found.
    gc.unfreeze()
    pools = [one for one in gc.get_objects() if type(one) is kind]
    gc.freeze()
    return [pool for pool in pools if _is_unused(pool)]


def _is_unused(pool):
    started = any(getattr(pool, name, None) is not None for name in _THREADS)
    return not started and pool._processes == {} and not pool._pending_work_items


def descriptors(pools):
    """Returns the descriptors of the pipes of unused pools."""
    found = set()
    for pool in pools:
        wakeup = getattr(pool, "_executor_manager_thread_wakeup", None)
        for channel in (wakeup, pool._call_queue, pool._result_queue):
            for end in ("_reader", "_writer"):
                connection = getattr(channel, end, None)
                if connection is not None:
                    found.add(connection.fileno())
    return found


def renew(pools):
    """Gives unused pools pipes of their own, in a process that has just been forked."""
    for pool in pools:
        options = {
            "max_workers": pool._max_workers,
            "mp_context": pool._mp_context,
            "initializer": pool._initializer,
            "initargs": pool._initargs,
        }
        if getattr(pool, "_max_tasks_per_child", None) is not None:
            options["max_tasks_per_child"] = pool._max_tasks_per_child
        pool.__init__(**options)
