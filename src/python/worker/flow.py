"""Follows the variables of a loop through its statements."""

import ast

_SCOPES = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _nodes(nodes, into_scopes):
    """Yields nodes and what is in them; of the functions in them, only their names unless asked for."""
    todo = list(nodes)
    while todo:
        node = todo.pop()
        yield node
        if into_scopes or not isinstance(node, _SCOPES + _COMPREHENSIONS):
            todo.extend(ast.iter_child_nodes(node))


def stored(nodes):
    """Returns the names that are set somewhere in nodes."""
    found = set()
    for node in _nodes(nodes, False):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update((one.asname or one.name).split(".")[0] for one in node.names)
        elif type(node).__name__ in ("MatchAs", "MatchStar") and node.name:
            found.add(node.name)
        elif isinstance(node, _COMPREHENSIONS):
            found.update(one.target.id for one in ast.walk(node) if isinstance(one, ast.NamedExpr))
    return found


def _scoped(node):
    """Returns the names that functions and comprehensions in a node have for themselves."""
    found = set()
    for one in ast.walk(node):
        if isinstance(one, ast.arg):
            found.add(one.arg)
        elif isinstance(one, ast.comprehension):
            found |= stored([one.target])
        elif isinstance(one, (ast.FunctionDef, ast.ClassDef)):
            found |= stored(one.body)
    return found


def leaves(body):
    """Returns whether a loop may end before its items do."""
    for node in body:
        if isinstance(node, (ast.Break, ast.Return)):
            return True
        if isinstance(node, _SCOPES):
            continue
        inner = list(ast.iter_child_nodes(node))
        if isinstance(node, (ast.For, ast.While)):
            # A `break` there ends only that loop.
            inner = [one for one in ast.walk(node) if isinstance(one, ast.Return)] + node.orelse
        if leaves(inner):
            return True
    return False


class _Kept(Exception):
    """A variable is read before it is set."""


def kept(loop, own):
    """Returns a variable that a loop may read before it has set it in the same round, or None. `own` has the
    variables that are set in it."""
    try:
        _run(loop.body, stored([loop.target]), own)
    except _Kept as found:
        return found.args[0]
    return None


def _read(node, known, own):
    """Checks what an expression reads. Returns the names that are set after it."""
    if node is None:
        return known
    set_here = {one.target.id for one in ast.walk(node) if isinstance(one, ast.NamedExpr)}
    scoped = _scoped(node)
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load) and one.id in own:
            if one.id not in known and one.id not in scoped and one.id not in set_here:
                raise _Kept(one.id)
    return known | set_here


def _set(target, known, own):
    if isinstance(target, ast.Name):
        return known | {target.id}
    if isinstance(target, (ast.Tuple, ast.List)):
        for one in target.elts:
            known = _set(one, known, own)
        return known
    if isinstance(target, ast.Starred):
        return _set(target.value, known, own)
    return _read(target, known, own)


def _both(left, right):
    if left is None or right is None:
        return right if left is None else left
    return left & right


def _run(body, known, own):
    """Follows statements. Returns the names that are set after them, or None if nothing comes after them."""
    for node in body:
        known = _step(node, known, own)
        if known is None:
            return None
    return known


def _step(node, known, own):
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        known = _read(node.value, known, own)
        for target in getattr(node, "targets", None) or [node.target]:
            if node.value is not None:
                known = _set(target, known, own)
        return known
    if isinstance(node, ast.AugAssign):
        read = ast.Name(node.target.id, ast.Load()) if isinstance(node.target, ast.Name) else node.target
        return _read(node.value, _read(read, known, own), own)
    if isinstance(node, ast.If):
        known = _read(node.test, known, own)
        return _both(_run(node.body, known, own), _run(node.orelse, known, own))
    if isinstance(node, (ast.For, ast.While)):
        is_for = isinstance(node, ast.For)
        known = _read(node.iter if is_for else node.test, known, own)
        _run(node.body, _set(node.target, known, own) if is_for else known, own)
        return _both(known, _run(node.orelse, known, own))
    if isinstance(node, ast.With):
        for item in node.items:
            known = _read(item.context_expr, known, own)
            if item.optional_vars is not None:
                known = _set(item.optional_vars, known, own)
        return _run(node.body, known, own)
    if isinstance(node, ast.Try):
        after = _run(node.body, known, own)
        if after is not None:
            after = _run(node.orelse, after, own)
        for handler in node.handlers:
            _read(handler.type, known, own)
            caught = known | {handler.name} if handler.name else known
            after = _both(after, _run(handler.body, caught, own))
        last = _run(node.finalbody, known, own)
        return None if last is None or after is None else after | last
    if isinstance(node, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
        for one in ast.iter_child_nodes(node):
            _read(one, known, own)
        return None
    if isinstance(node, ast.Delete):
        return known - {one.id for one in node.targets if isinstance(one, ast.Name)}
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        _read(node, known | {node.name}, own)
        return known | {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return known | stored([node])
    if isinstance(node, (ast.Expr, ast.Assert, ast.Pass)):
        for one in ast.iter_child_nodes(node):
            known = _read(one, known, own)
        return known
    if type(node).__name__ == "Match":
        known = _read(node.subject, known, own)
        after = known
        for case in node.cases:
            matched = known | stored([case.pattern])
            after = _both(after, _run(case.body, _read(case.guard, matched, own), own))
        return after
    # Statements of later versions, `nonlocal` and `async`.
    raise _Kept(type(node).__name__)


def _root(node):
    """Returns the name at the start of `name.attribute[index]`, or None."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def changed(body, own, methods):
    """Returns a name that is not among `own` whose object is changed by an assignment, or by one of these
    methods; or None."""
    own = own.union(*[_scoped(node) for node in body]) if body else own
    for node in _nodes(body, True):
        root = None
        if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            root = _root(node)
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in methods:
                root = _root(node.func)
            elif isinstance(node.func, ast.Name) and node.func.id in ("next", "setattr", "delattr"):
                root = _root(node.args[0]) if node.args else None
        if root is not None and root not in own:
            return root
    return None


def passed(body, own, harmless):
    """Yields the names not among `own` whose objects are passed to functions other than harmless ones, or
    become part of other objects."""
    for parent in _nodes(body, True):
        for node in ast.iter_child_nodes(parent):
            if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)) or node.id in own:
                continue
            if isinstance(parent, (ast.Attribute, ast.Compare, ast.FormattedValue, ast.BoolOp, ast.If)):
                continue
            if isinstance(parent, (ast.UnaryOp, ast.BinOp, ast.For, ast.comprehension, ast.IfExp)):
                continue
            if isinstance(parent, ast.Subscript) and parent.value is node:
                continue
            if isinstance(parent, ast.Call):
                if parent.func is node:
                    continue
                if isinstance(parent.func, ast.Name) and parent.func.id in harmless:
                    continue
            yield node.id
