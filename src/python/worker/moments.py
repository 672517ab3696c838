"""Moments whose only use is to be compared.

Code often reads the clock only to compare moments: is 28 days from now before 1 year from now, or has a date passed?
The first is the same at any time, the second until that date. If the code of a function shows that the present moment
is only moved and compared, it gets a `Moment`, which remembers what it is compared with.
"""

import ast
import datetime
import types

from snowman_worker import per_item

# The functions that return the present moment.
CLOCKS = ("now", "today", "utcnow")

# Functions that reach variables without naming them.
_REACHING = ("dir", "eval", "exec", "locals", "vars")

_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.Is, ast.IsNot)

# When, in seconds since 1970, something that moments were compared with is reached first.
until = None

_verdicts = {}
_note = None


def install(note):
    """Has everything noted that shows what a moment is."""
    global _note
    _note = note


def reached(seconds):
    """Remembers when something will be reached."""
    global until
    if seconds is not None:
        until = seconds if until is None else min(until, seconds)


def is_compared_only(frame):
    """Returns whether the function of a frame, which reads the clock in its current line, only moves and compares
    what it reads."""
    key = (frame.f_code, frame.f_lineno)
    if key not in _verdicts:
        _verdicts[key] = _compares_only(frame)
    return _verdicts[key]


def is_unused(frame):
    """Returns whether a frame reads the clock for the context of a JSON-e template that does not mention it."""
    names = [one and (one.f_globals.get("__name__"), one.f_code.co_name) for one in (frame, frame.f_back)]
    if names != [("jsone.shared", "fromNow"), ("jsone", "render")]:
        return False
    return "now" not in repr(frame.f_back.f_locals.get("template", "now")).lower()


def _compares_only(frame):
    node = per_item._source(frame.f_code)
    if node is None:
        return False
    start = frame.f_code.co_firstlineno - 1
    calls = [one for one in ast.walk(node) if isinstance(one, ast.Call) and _called(one) in CLOCKS]
    if len(calls) != 1 or not calls[0].lineno <= frame.f_lineno - start <= calls[0].end_lineno:
        return False
    return _Uses(node, frame.f_code, frame.f_globals).are_safe([calls[0]], False)


def _called(call):
    return getattr(call.func, "attr", None) or getattr(call.func, "id", None)


class _Uses:
    """What a function does with moments."""

    def __init__(self, node, code, names, depth=0):
        self.node = node
        self.code = code
        self.names = names
        self.depth = depth
        self.own = code.co_varnames + code.co_cellvars
        self.parents = {child: one for one in ast.walk(node) for child in ast.iter_child_nodes(one)}
        self.variables = set()

    def are_safe(self, moments, may_return, variables=()):
        """Returns whether the function only moves and compares these expressions and variables."""
        if any(isinstance(one, ast.Name) and one.id in _REACHING for one in ast.walk(self.node)):
            return False
        todo = list(moments)
        for name in variables:
            todo.extend(self._loads(name))
        while todo:
            found = self._use(todo.pop(), may_return)
            if found is None:
                return False
            todo.extend(found)
        # Other functions may have the variables of the function around this one.
        return not self.variables.intersection(self.code.co_freevars)

    def _loads(self, name):
        if name in self.variables:
            return []
        self.variables.add(name)
        named = [one for one in ast.walk(self.node) if isinstance(one, ast.Name) and one.id == name]
        return [one for one in named if isinstance(one.ctx, ast.Load)]

    def _stored(self, target):
        """Returns the expressions that are moments after one has been assigned to a target; None if it may be
        anything."""
        if isinstance(target, ast.Name) and target.id in self.own:
            return self._loads(target.id)
        return None

    def _use(self, node, may_return):
        """Returns the expressions that a moment becomes; None if it may be anything."""
        parent = self.parents[node]
        if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
            return self._stored(parent.targets[0])
        if isinstance(parent, ast.Tuple):
            assigned = self.parents[parent]
            targets = getattr(assigned, "targets", None) if isinstance(assigned, ast.Assign) else None
            if targets and len(targets) == 1 and isinstance(targets[0], ast.Tuple):
                pairs = zip(targets[0].elts, parent.elts)
                return next((self._stored(target) for target, value in pairs if value is node), None)
            return None
        if isinstance(parent, ast.Compare):
            return [] if all(isinstance(one, _COMPARISONS) for one in parent.ops) else None
        if isinstance(parent, (ast.IfExp, ast.BoolOp)):
            return [] if node is getattr(parent, "test", None) else [parent]
        if isinstance(parent, ast.BinOp):
            return [parent] if isinstance(parent.op, (ast.Add, ast.Sub)) else None
        if isinstance(parent, (ast.If, ast.While, ast.Assert, ast.Expr)):
            return []
        if isinstance(parent, ast.UnaryOp):
            return [] if isinstance(parent.op, ast.Not) else None
        if isinstance(parent, ast.Return):
            return [] if may_return else None
        if isinstance(parent, ast.Call) and node in parent.args:
            return [parent] if self._is_safe_call(parent, parent.args.index(node)) else None
        return None

    def _is_safe_call(self, call, index):
        """Returns whether a function only moves and compares its argument at a place."""
        if any(isinstance(one, ast.Starred) for one in call.args) or self.depth > 3:
            return False
        function = call.func
        called = self.names.get(function.id) if isinstance(function, ast.Name) else None
        if not isinstance(called, types.FunctionType) or function.id in self.own:
            return False
        node = per_item._source(called.__code__)
        if node is None or index >= len(node.args.args):
            return False
        uses = _Uses(node, called.__code__, called.__globals__, self.depth + 1)
        return uses.are_safe([], True, [node.args.args[index].arg])


class Moment(datetime.datetime):
    """A moment that is derived from the present one."""

    @classmethod
    def of(cls, plain, origin, is_utc):
        made = cls(*plain.timetuple()[:6], plain.microsecond, plain.tzinfo, fold=plain.fold)
        made._plain, made._origin, made._is_utc = plain, origin, is_utc
        return made

    def _moved(self, plain):
        if type(plain) is datetime.datetime:
            return Moment.of(plain, self._origin, self._is_utc)
        # How long ago something was.
        _note("reads the clock")
        return plain

    def __add__(self, other):
        return self._moved(self._plain + other)

    __radd__ = __add__

    def __sub__(self, other):
        return self._moved(self._plain - getattr(other, "_plain", other))

    def __rsub__(self, other):
        return self._moved(other - self._plain)

    def _compared(self, other):
        """Returns what this is compared with as it is, and remembers when it will be reached."""
        plain = getattr(other, "_plain", other)
        if isinstance(other, Moment) and other._origin is self._origin:
            return plain
        if isinstance(other, Moment) or not isinstance(other, datetime.datetime):
            if isinstance(other, datetime.date):
                _note("reads the clock")
            return plain
        pivot = plain - (self._plain - self._origin)
        if pivot >= self._origin:
            if self._is_utc:
                pivot = pivot.replace(tzinfo=datetime.timezone.utc)
            reached(pivot.timestamp())
        return plain

    def __lt__(self, other):
        return self._plain < self._compared(other)

    def __le__(self, other):
        return self._plain <= self._compared(other)

    def __gt__(self, other):
        return self._plain > self._compared(other)

    def __ge__(self, other):
        return self._plain >= self._compared(other)

    def __eq__(self, other):
        return self._plain == self._compared(other)

    def __ne__(self, other):
        return self._plain != self._compared(other)

    def __hash__(self):
        _note("reads the clock")
        return hash(self._plain)


def read(function, frame, is_utc):
    """Reads the clock for a frame. Returns the moment, and whether it can be anything to the function."""
    plain = function()
    if is_unused(frame):
        return plain, False
    if is_compared_only(frame):
        return Moment.of(plain, plain, is_utc), False
    return plain, True
