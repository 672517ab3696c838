"""Compares which conditions of manifestparser are true."""

import re

from compare import outcome, same

PARTS = ("os", "debug", "bits", "missing", "'linux'", '"mac"', "true", "false", "64", "0", "(", "!")
OPERATORS = ("&&", "||", "==", "!=") * 4 + ("<", ">", "<=", ">=")
MISTAKES = ("", "&&", "(", ")", "!", "os os", "#", "'", "64 (", "\n", "=")

# How strongly an operator binds. All of them take both sides into account, from left to right.
STRENGTH = {"||": 1, "&&": 2, "(": 0, **dict.fromkeys(("==", "!=", "<", ">", "<=", ">="), 3)}
OPERATIONS = {
    "||": lambda left, right: left or right,
    "&&": lambda left, right: left and right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}
NAMES = {"||": "or", "&&": "and", "==": "eq", "!=": "neq", "<": "lt", ">": "gt", "<=": "le", ">=": "ge"}
PIECES = re.compile(r"""\s*(?:([a-zA-Z_]\w*)|([0-9]+)|("[^"]*"|'[^']*')|(\|\||&&|[=!<>]=|[<>!()]))\s*""")


class Refused(Exception):
    """A text that is no condition."""


def pieces(text):
    """Yields the parts of a condition."""
    at = 0
    while at < len(text):
        found = PIECES.match(text, at)
        if not found:
            # What follows is not read.
            return
        yield found.groups()
        at = found.end()


def value(piece, values, strict):
    name, number, quoted, _ = piece
    if name in ("true", "false"):
        return name == "true"
    if name:
        return values[name] if strict else values.get(name, "")
    return int(number) if number else quoted[1:-1]


def evaluate(text, strict, values):
    """Evaluates a condition with two stacks."""
    found, waiting, negated = [], [], []
    takes_value = True

    def reduce(least):
        while waiting and STRENGTH[waiting[-1]] >= least and waiting[-1] != "(":
            right, left = found.pop(), found.pop()
            found.append(OPERATIONS[waiting.pop()](left, right))

    def finish():
        while negated and negated[-1] == "!":
            negated.pop()
            found.append(not found.pop())

    for piece in pieces(text):
        symbol = piece[3]
        if takes_value:
            if symbol == "!":
                negated.append("!")
            elif symbol == "(":
                waiting.append("(")
                negated.append("(")
            elif symbol:
                raise Refused(symbol)
            else:
                found.append(value(piece, values, strict))
                finish()
                takes_value = False
        elif symbol == ")":
            reduce(1)
            if not waiting:
                # What follows is not read.
                break
            waiting.pop()
            negated.pop()
            finish()
        elif symbol in STRENGTH and symbol != "(":
            reduce(STRENGTH[symbol])
            waiting.append(symbol)
            takes_value = True
        else:
            raise Refused(piece)
    if takes_value or "(" in waiting:
        raise Refused(text)
    reduce(1)
    return found[0]


def token(kind, strength=None, content=None):
    """Returns a token as manifestparser has it: its class says what it is and how strongly it binds."""
    members = {} if strength is None else {"lbp": strength}
    made = type(kind + "_token", (), members)()
    made.value = content
    return made


def tokenize(text):
    """Returns the tokens of a condition."""
    symbols = {"(": token("lparen", 4), ")": token("rparen", 0), "!": token("not_op")}
    symbols.update((one, token(name + "_op", STRENGTH[one])) for one, name in NAMES.items())
    found = []
    for piece in pieces(text):
        name, number, _, symbol = piece
        if symbol:
            found.append(symbols[symbol])
        elif name and name not in ("true", "false"):
            found.append(token("ident", None, name))
        else:
            kind = "bool" if name else "int" if number else "string"
            found.append(token(kind, None, value(piece, {}, False)))
    return found + [token("end", 0)]


def random_condition(random):
    words = [random.choice(PARTS)]
    for _ in range(random.choice([0, 0, 1, 2, 4])):
        words += [random.choice(OPERATORS), random.choice(PARTS)]
    for index, word in enumerate(words):
        if word in ("(", "!") and random.random() < 0.9:
            words[index] = word + random.choice(("os", "debug")) + (")" if word == "(" else "")
    if random.random() < 0.1:
        words.insert(random.randrange(len(words) + 1), random.choice(MISTAKES))
    text = random.choice((" ", "  ")).join(words)
    return "(%s)" % text if random.random() < 0.2 else text


def random_conditions(random):
    text = "\n".join(random_condition(random) for _ in range(random.choice([1, 1, 1, 2])))
    return random.choice([text] * 14 + [type("Text", (str,), {})(text), None])


def random_values(random):
    found = {"os": random.choice(["linux", "mac"]), "debug": random.choice([True, False])}
    found["bits"] = random.choice([32, 64, "64", None])
    for name in random.choice([(), (), (), (), (), ("text",), ("missing",)]):
        found[name] = 0
    return found


def compare_with(random, rounds, original, replaced):
    for _ in range(rounds * 30):
        conditions = random_conditions(random)
        strict = random.choice([False, False, False, False, False, True, None])
        for values in (random_values(random), random_values(random)):
            before = outcome(original, conditions, strict, **values)
            same("conditions", (conditions, strict, values), before, outcome(replaced, conditions, strict, **values))
    return rounds * 60


def compare(random, rounds):
    from snowman_worker import quick_conditions

    def parse(text, strict=False, **values):
        try:
            return evaluate(text, strict, values)
        except Exception as error:
            raise Refused("%s: %r" % (text, error)) from None

    def match(exprs, strict, **values):
        return any(parse(one, strict=strict, **values) for one in exprs.splitlines() if one)

    called = []

    def original(exprs, strict, **values):
        called.append(exprs)
        return match(exprs, strict, **values)

    replaced = quick_conditions.replacement(original, {"parse": parse}, tokenize)
    count = compare_with(random, rounds, match, replaced)
    # The replacement answers for those that are valid.
    assert len(called) < count * 0.6, len(called)
    del called[:]
    assert replaced("os == 'linux' && !debug", False, os="linux", debug=False) is True and not called
    try:
        from manifestparser import filters
    except ImportError:
        # It is part of trees that use it, and not among the packages of this repository's tests.
        return count
    replaced = filters._match
    return count + compare_with(random, rounds, replaced.__wrapped__, replaced)
