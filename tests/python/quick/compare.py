"""Compares the worker's replacements for functions of taskgraph with the originals, on random input.

    python compare.py [--rounds N] [--seed N] [SUBJECT...]

Both get equal input. They must return equal results of the same types, or raise the same exception with
the same text, and must leave the input in the same state.
"""

import argparse
import importlib.machinery
import pathlib
import random
import sys

WORKER = pathlib.Path(__file__).resolve().parents[3] / "src" / "python" / "worker"


class Sources:
    """Imports the worker's modules."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "snowman_worker":
            return importlib.machinery.ModuleSpec(name, Sources, is_package=True)
        if name.startswith("snowman_worker."):
            return importlib.machinery.ModuleSpec(name, Sources)
        return None

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        file = WORKER / (module.__name__[len("snowman_worker.") :] + ".py")
        if module.__name__ != "snowman_worker":
            exec(compile(file.read_text(), "<snowman/%s>" % file.name, "exec"), module.__dict__)


def install():
    """Replaces functions of taskgraph's modules as the worker does."""
    sys.meta_path.append(Sources)
    from snowman_worker import quick

    # The originals answer no calls before.
    for functions in quick.FUNCTIONS.values():
        functions.update((name, (maker, 0)) for name, (maker, _) in functions.items())
    loader = importlib.machinery.SourceFileLoader
    given = loader.exec_module

    def exec_module(self, module):
        given(self, module)
        quick.speed_up(module)

    loader.exec_module = exec_module


def typed(value):
    """Returns a value with the types in it, and with the order of keys."""
    if isinstance(value, dict):
        return (type(value).__name__, [(typed(key), typed(one)) for key, one in value.items()])
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, [typed(one) for one in value])
    return (type(value).__name__, repr(value))


def outcome(function, *arguments, **named):
    """Returns what a function returns or raises, as something that can be compared."""
    try:
        return ("returned", typed(function(*arguments, **named)))
    except Exception as error:
        return ("raised", type(error).__name__, str(error))


class Differs(Exception):
    """The results of original and replacement."""


def same(subject, case, before, after):
    if before != after:
        text = "%s: %s\n  original:    %s\n  replacement: %s"
        raise Differs(text % (subject, str(case)[:2000], str(before)[:1500], str(after)[:1500]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT")
    options = parser.parse_args()
    install()
    import subjects

    failed = 0
    for name, compare in subjects.ALL.items():
        if options.subjects and name not in options.subjects:
            continue
        try:
            print("%s: %d cases" % (name, compare(random.Random(options.seed), options.rounds)))
        except Differs as error:
            failed = 1
            print("DIFFERENT %s" % error)
    return failed


if __name__ == "__main__":
    # `subjects` imports this module by its name.
    sys.modules["compare"] = sys.modules["__main__"]
    sys.exit(main())
