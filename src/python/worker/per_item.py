"""Finds out whether transforms treat each item by itself.

The transforms of a running kind are generators that wait for the next item. A kind is only divided if each of them
is a function with one loop over its items, which keeps nothing from one item for the next: it does not read a
variable before it has set it for this item, and it does not change what has been made before the loop. Functions
that it calls by name must not change global variables. What this cannot see is found by comparing tasks
(`division`).
"""

import ast
import linecache
import os
import textwrap
import types

from snowman_worker import flow

# The methods that change an object of Python's own types.
CHANGING = frozenset(
    "add append appendleft clear discard extend extendleft insert pop popitem popleft remove reverse send"
    " setdefault sort update write __next__ __setitem__ __delitem__".split()
)

# Functions to which an object can be passed that must stay as it is.
HARMLESS = frozenset(
    "all any bool dict enumerate filter float frozenset getattr hasattr int isinstance issubclass len list"
    " max min print range repr reversed set sorted str sum tuple type zip".split()
)

_CONSTANT = (
    str,
    bytes,
    int,
    float,
    complex,
    bool,
    type(None),
    tuple,
    frozenset,
    range,
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.ModuleType,
)


def steps(frame):
    """Looks at the transforms that wait for an item in a frame. Returns how many of the first ones treat each
    item by itself, and why the next one may not, if there is one."""
    number = 0
    seen = set()
    while frame is not None and frame.f_globals.get("__name__") != "taskgraph.generator":
        code = frame.f_code
        if frame.f_globals.get("__name__") != "snowman_worker.division":
            reason = _of_generator(frame)
            if reason:
                return number, "%s: %s" % (_name(code), reason)
            reason = _of_called(code, frame.f_globals, seen)
            if reason:
                return number, reason
        elif code.co_name == "pass_on":
            if frame.f_locals["number"] != number + 1:
                return number, "a transform returns something else than a generator"
            number += 1
        frame = frame.f_back
    return number, None


def _name(code):
    return "%s (%s:%d)" % (code.co_name, code.co_filename, code.co_firstlineno)


def _source(code):
    """Parses the function of a code object; None if its source is not available."""
    lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]
    if not lines:
        return None
    indent = len(lines[0]) - len(lines[0].lstrip())
    end = 1
    # The first line may be that of a decorator.
    head = True
    for end, line in enumerate(lines):
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        if head:
            head = not (text.startswith(("def ", "async def ")) and depth == indent)
        elif text and depth <= indent and text[0] not in ")]}#":
            break
    else:
        end = len(lines)
    try:
        node = ast.parse(textwrap.dedent("".join(lines[:end]))).body[0]
    except (SyntaxError, ValueError, IndexError):
        return None
    same = isinstance(node, ast.FunctionDef) and node.name == code.co_name
    return node if same else None


def _of_generator(frame):
    """Returns why a suspended transform may not treat each item by itself, or None."""
    code = frame.f_code
    node = _source(code)
    if node is None or not code.co_flags & 0x20:
        return "it is not a plain generator function"
    parameters = [one.arg for one in node.args.args]
    reason = None
    loops = list(_loops(node.body, parameters))
    items = {loop.iter.id if isinstance(loop, ast.For) else loop.value.value.id for loop, _ in loops}
    if len(items) != 1:
        return "it does not have a loop over its items"
    uses = [one for one in ast.walk(node) if isinstance(one, ast.Name) and one.id in items]
    if len(uses) != len(loops):
        return "it uses its items outside of a loop"
    if any(not isinstance(one, ast.Return) for _, after in loops for one in after):
        return "it goes on after its last item"
    before = [one for one in node.body if one is not loops[-1][0]]
    changed = flow.changed(before, flow.stored(before), CHANGING)
    if changed:
        return "it changes `%s`" % changed
    for loop, _ in loops:
        if isinstance(loop, ast.For):
            reason = reason or _of_loop(loop, parameters, frame.f_locals)
    return reason


def _loops(body, parameters):
    """Yields the loops over a parameter and the statements after them; also `yield from`."""
    for number, node in enumerate(body):
        if isinstance(node, ast.For) and isinstance(node.iter, ast.Name) and node.iter.id in parameters:
            yield node, body[number + 1 :] + node.orelse
        elif (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.YieldFrom)
            and isinstance(node.value.value, ast.Name)
            and node.value.value.id in parameters
        ):
            yield node, body[number + 1 :]
        elif isinstance(node, ast.If):
            rest = body[number + 1 :]
            for branch in (node.body, node.orelse):
                for loop, after in _loops(branch, parameters):
                    ends = after and isinstance(after[-1], ast.Return)
                    yield loop, after if ends else after + rest


def _of_loop(loop, parameters, values):
    """Returns why a loop over items may not treat each by itself, or None. `values` has the variables."""
    if flow.leaves(loop.body):
        return "it may end before its last item"
    own = flow.stored(loop.body) | flow.stored([loop.target])
    kept = flow.kept(loop, own)
    if kept:
        return "it keeps `%s` from one item for the next" % kept
    changed = flow.changed(loop.body, own, CHANGING)
    if changed:
        return "it changes `%s` for all items" % changed
    for name in flow.passed(loop.body, own, HARMLESS):
        if name in values and name not in parameters and not _is_constant(values[name]):
            return "it may change `%s` for all items" % name
    return None


def _is_constant(value):
    from taskgraph.util.readonlydict import ReadOnlyDict

    return isinstance(value, _CONSTANT + (ReadOnlyDict,)) or type(value).__name__ in (
        "GraphConfig",
        "Pattern",
        "TransformConfig",
    )


def _of_called(code, names, seen):
    """Returns which function changes global variables, of this one and those that it calls by name."""
    functions = [(code, names)]
    while functions:
        code, names = functions.pop()
        if code in seen or _is_foreign(names):
            continue
        seen.add(code)
        node = _source(code)
        if node is not None:
            reason = _changes_globals(node, code, names)
            if reason:
                return "%s %s" % (_name(code), reason)
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                functions.append((inner, names))
        for name in code.co_names:
            value = names.get(name)
            value = getattr(value, "__wrapped__", value)
            if isinstance(value, types.FunctionType):
                functions.append((value.__code__, value.__globals__))
    return None


def _is_foreign(names):
    """Returns whether a module belongs to taskgraph or to Python itself."""
    name = names.get("__name__") or ""
    if name.split(".")[0] in ("taskgraph", "snowman_worker"):
        return True
    file = names.get("__file__") or ""
    return not file or os.path.dirname(os.__file__) in file and "site-packages" not in file


def _changes_globals(node, code, names):
    if any(isinstance(one, ast.Global) for one in ast.walk(node)):
        return "sets global variables"
    local = flow.stored(node.body) | {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
    local |= set(code.co_varnames) | set(code.co_freevars) | set(code.co_cellvars)
    changed = flow.changed(node.body, local, CHANGING)
    if changed and changed in names and not isinstance(names[changed], types.ModuleType):
        return "changes the global variable `%s`" % changed
    return None
