"""Parses each condition of manifestparser once.

The conditions are fields of tests in manifests, such as `os == 'linux' && debug`. They are checked for each test and for
each set of values. Here they become functions of the values, which do the same operations in the same order. Conditions
that cannot be parsed or checked go to the original.
"""

import operator
import sys
import types
import zlib

from snowman_worker import quick

MATCH = ("3c763dea-147",)

# The releases whose expressions are known: the sums of the digests of all functions in `expression.py`.
RELEASES = {0x5B41C166: "2.4.0"}

# How many lists of conditions are kept.
MOST = 10000

_COMPARISONS = {
    "eq_op_token": operator.eq,
    "neq_op_token": operator.ne,
    "lt_op_token": operator.lt,
    "gt_op_token": operator.gt,
    "le_op_token": operator.le,
    "ge_op_token": operator.ge,
}


def release_sum(names):
    """Returns the sum of the digests of the functions and classes that a module defines."""
    found = []
    for name, value in sorted(names.items()):
        if getattr(value, "__module__", None) != names["__name__"]:
            continue
        members = {"": value} if isinstance(value, types.FunctionType) else vars(value)
        found.append("%s %s" % (name, [base.__name__ for base in getattr(value, "__bases__", ())]))
        for member, function in sorted(members.items()):
            if isinstance(function, types.FunctionType):
                found.append("%s %s" % (member, quick.digest(function)))
    return zlib.crc32("\n".join(found).encode("utf-8"))


class _Condition:
    """Makes a function of a condition, with the precedence that the classes of its tokens have."""

    def __init__(self, tokens, strict):
        self.tokens = iter(tokens)
        self.strict = strict
        self.token = next(self.tokens)

    def _next(self):
        token, self.token = self.token, next(self.tokens)
        return type(token).__name__, token

    def function(self, least=0):
        """Returns the function of what binds more strongly than `least`."""
        left = self._first()
        while least < self.token.lbp:
            left = self._operation(left)
        return left

    def _first(self):
        kind, token = self._next()
        if kind == "ident_token":
            name = token.value
            if self.strict:
                return lambda values: values[name]
            return lambda values: values.get(name, "")
        if kind in ("bool_token", "int_token", "string_token"):
            constant = token.value
            return lambda values: constant
        if kind == "not_op_token":
            negated = self.function(100)
            return lambda values: not negated(values)
        if kind == "lparen_token":
            inner = self.function()
            if self._next()[0] == "rparen_token":
                return inner
        raise ValueError(kind)

    def _operation(self, left):
        kind, token = self._next()
        right = self.function(token.lbp)
        compare = _COMPARISONS.get(kind)
        if compare is not None:
            return lambda values: compare(left(values), right(values))
        if kind not in ("and_op_token", "or_op_token"):
            raise ValueError(kind)
        is_and = kind == "and_op_token"

        def combined(values):
            # Both sides are evaluated in any case.
            one, other = left(values), right(values)
            return (one and other) if is_and else (one or other)

        return combined


def condition(tokens, strict):
    """Returns the function of a condition. Raises an exception if it cannot be parsed."""
    return _Condition(tokens, strict).function()


def make(original, names):
    if quick.digest(original) not in MATCH:
        return None
    parse = names["parse"]
    expression = vars(sys.modules[parse.__module__])
    if parse is not expression["parse"] or release_sum(expression) not in RELEASES:
        return None
    return replacement(original, names, lambda text: expression["ExpressionParser"](text, {})._tokenize())


def replacement(original, names, tokenize):
    """Returns a function that does the same. `tokenize` returns the tokens of a condition."""
    parse = names["parse"]
    kept = {}

    def functions_of(conditions, strict):
        try:
            found = [condition(tokenize(one), strict) for one in conditions.splitlines() if one]
        except Exception:
            found = None
        if len(kept) >= MOST:
            kept.clear()
        kept[conditions, strict] = found
        return found

    def _match(exprs, strict, **values):
        if type(exprs) is str and type(strict) is bool and names["parse"] is parse and "text" not in values:
            key = exprs, strict
            functions = kept[key] if key in kept else functions_of(exprs, strict)
            if functions is not None:
                try:
                    for function in functions:
                        if function(values):
                            return True
                    return False
                except Exception:
                    # The original says what is wrong.
                    pass
        return original(exprs, strict, **values)

    return _match
