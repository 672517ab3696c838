"""Values for make_scalars.py to dump."""

import random

STRINGS = [
    "", " ", "  ", "a", "a b", " a", "a ", "a  b", "yes", "no", "Yes", "on", "off", "true", "True", "y", "n", "null", "~", "Null", "none", "1", "-1", "+1", "0", "007", "08", "0x1f", "0b1", "0o7", "1_000", "1.5", "1.", ".5", "-.5", ".", "..", "...", "....", "1e3", "1.0e+3", ".inf", ".nan", "-.inf",
    "1:30", "12:30:45", "1:60", "2001-01-01", "2001-1-1", "2001-01-01 00:00:00", "2001-01-01T00:00:00Z", "=", "==", "<<", "<", "-", "--", "---", "--- a", "---a", "-a", "- a", "-1a", "?", "?a", "? a", ":", ":a", ": a", "a:", "a: b", "a:b", "a :b", "::", "#", "#a", "a#", "a #b", "a# b", "a\t#b", ",", ",a", "a,b", "[", "[a]", "a[", "]", "{", "{a}", "}", "a{b}", "&", "&a", "a&b", "*", "*a", "!", "!a", "a!", "|", "|a", ">", ">a", "'", "'a'", "a'b", "it's", "\"", "\"a\"", "a\"b", "%", "%a", "@", "@a", "a@b", "`", "`a`", "\\", "a\\b", "\\n",
    "a\n", "\n", "\n\n", "\na", "a\nb", "a\nb\n", "a\n\nb", "a\n\n\nb\n\n", "a \nb", "a\n b", "a\n  b\n", " a\nb", "a\nb ", "a\t", "\ta", "a\tb", "a\tb\n", "\t", "a\r", "a\r\nb", "\r", "a\x00b", "\x01", "\x07\x08\x0b\x0c\x1b", "\x7f", "\x80", "\x85", "a\x85b", "\xa0", "a\xa0b", "\xad", "\u2028", "a\u2028b", "a\u2029", "\ufeff", "a\ufeffb", "\ufffd", "\ufffe", "\uffff", "\ue000", "\U0010ffff", "\U00010000",
    "é", "日本語", "日本 語", "😀", "a 😀 b", "😀\n", "😀\t", "é\t", "日本\tb", "a\u0301", "ü: ö", "# ü", "'ü'", "\"é\"\t", "0", "0.0", "-0", "1e5", "inf", "nan", "NaN", "http://a.b/c?d=e&f=g#h", "a/b", "{{x}}", "{x}", "$X", "${X}", "$(X)", "<a>", "a=b", "a;b", "(a)", "a, b", "a: b: c", "key: 'v'", "'", "''", "\"'", "a''b", "%s %d", "*.py", "**/*.py", "!x, y", "&&", "||", "a || b", "a && b", "| a", "> a", ">-", "bash -c 'a && b'", "set -e\necho a\n", "set -e\n\n  echo 'a'\n", "line\n# comment\n", "a\n---\nb", "a\n...\nb", "--- |", "...a",
]

WORDS = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua".split()


def long_strings():
    yield " ".join(WORDS * 2)
    yield " ".join(WORDS * 5)
    yield "a" * 79
    yield "a" * 80 + " b"
    yield "a" * 81 + " b c"
    yield "a" * 200
    yield "a" * 78 + "  b"
    yield "a" * 85 + "  b c  d"
    yield "'" + " ".join(WORDS * 2)
    yield "# " + " ".join(WORDS * 3)
    yield " " + " ".join(WORDS * 3)
    yield " ".join(WORDS * 3) + " "
    yield " ".join(WORDS) + "\n" + " ".join(WORDS) + "\n"
    yield " ".join(WORDS) + "\n\n" + " ".join(WORDS * 2)
    yield " ".join(WORDS * 2) + "\t" + " ".join(WORDS * 2)
    yield " ".join(WORDS * 2) + " \n " + " ".join(WORDS * 2) + "\x00"
    yield "\t" + "a" * 100 + " b"
    yield "\t" + "a " * 60
    yield "\t" + "a  " * 60
    yield "\t" + "  " * 60 + "a"
    yield "\t" * 60
    yield "\x01" * 40
    yield "é\t" * 60
    yield "\t" + "日本 " * 40
    yield "日本 " * 40 + "x"
    yield "日本語" * 40
    yield "😀 " * 50 + "x"
    yield "\t" + "😀 " * 20 + "x"
    yield "'a' " * 40
    yield "a: '" + "b' c " * 30
    yield "\\ " * 50 + "\t"
    yield "\" " * 50 + "\t"
    yield "http://example.com/" + "path/" * 30
    yield "- " + "x y " * 40
    yield "a" * 77 + " " + "b" * 77 + " " + "c"
    yield "a" * 75 + "\x01" + "b" * 10 + " c\x02 d" + "e" * 80 + "\x03 f"
    yield "\t" + "a" * 78 + "\x01b\x01 c"
    yield "\t" + "a" * 79 + "\x01 b"
    yield "\t" + "a" * 76 + "\\ b\\c"


def random_strings():
    rng = random.Random(1)
    alphabet = "aab  b:-#'\"\\\n\t{[,?!é日😀\u2028\x01 0"
    for length in (3, 5, 8, 20, 60, 150, 300):
        for _ in range(25):
            yield "".join(rng.choice(alphabet) for _ in range(length))
    plain = "abcdefg hij  klm's"
    for _ in range(40):
        yield "".join(rng.choice(plain) for _ in range(rng.randrange(60, 400)))


ALL = [*STRINGS, *long_strings(), *random_strings()]

NESTED = [
    None, True, False, 0, 1, -1, 2**63 - 1, -(2**63), 2**64 - 1, 0.0, -0.0, 1.0, 1.5, -1.5, 1e16, 1e17, 1e-5, 1.5e-7, 1e300, 123456789.125, 1e22, 1.2e22, 0.1,
    [], {}, [[]], [{}], {"a": []}, {"a": {}}, [[], {}, None], {"a": None}, [1, 2], [[1, 2], [3]], [[[1]]], [[[], [[]]]], {"a": [1, 2]}, {"a": [[1], [2, 3]]}, {"a": {"b": {"c": 1}}}, [{"a": 1}], [{"a": 1, "b": 2}, {"c": 3}], [{"a": [1, {"b": 2}]}], {"a": [{"b": [{"c": [1]}]}]}, {"b": 1, "a": 2}, {"B": 1, "a": 2, "_": 3, "1": 4, "é": 5},
    {"": 1}, {"": [1]}, {"": {"a": 1}}, {"a\nb": 1}, {"a\nb": [1]}, {"a\nb": {"c": [1, 2]}}, {"x" * 122: 1}, {"x" * 123: 1}, {"x" * 123: [1, 2]}, {"x" * 123: {"a": 1, "b": [1]}}, {"x" * 123: {}}, {"x" * 200: "y" * 200}, {"é" * 122: 1, "é" * 123: 2}, {"x " * 61: 1}, {"x " * 90: 1}, {" ".join(WORDS): 1}, {" ".join(WORDS[:15]): " ".join(WORDS * 2)}, {"yes": 1, "1": 2, "null": 3, "a: b": 4, "#": 5, "'": 6, "\t": 7, " ": 8, "-": 9, "?": 10}, {"\t" * 60: 1}, {"\t" * 130: 1},
    [{"": 1}], [{"a\nb": 1, "c": 2}], [[{"x" * 130: [1]}]], {"a": "b\nc\n"}, {"a": {"b": "c\nd\n"}}, ["a\nb\n", "c"], [["a\nb\n"]], {"a": [None, True, 1.5, "x", "1"]},
    {"payload": {"command": ["/bin/bash", "-c", "set -e; echo 'hi'"], "env": {"A": "1", "B": ""}, "features": {}, "maxRunTime": 3600}},
    {"project": "x", "pushdate": 1700000000, "head_rev": "0123456789012345678901234567890123456789", "head_ref": "refs/heads/main", "tasks_for": "github-push", "optimize_target_tasks": True, "do_not_optimize": [], "message": "", "version": None, "files_changed": ["a/b.c", "docs/é.md"]},
    {"a": {"b": {"c": {"d": {"e": " ".join(WORDS * 3)}}}}}, [[[[[" ".join(WORDS * 3)]]]]], {"a": {"b": {"c": {"d": "'" + "x y " * 60}}}}, {"a": {"b": {"c": "\t" + "x y " * 60}}}, {"a": {"b": ["l1\nl2\n\nl3", "t\tt" * 40]}},
]


def anonymous(value):
    """A copy in which nothing is shared, so that no anchors are written."""
    if isinstance(value, list):
        return [anonymous(item) for item in value]
    if isinstance(value, dict):
        return {key: anonymous(item) for key, item in value.items()}
    return value


DUMPS = [
    *NESTED,
    *ALL,
    *({"k": text} for text in ALL),
    *([text] for text in long_strings()),
    *({"a": {"b": [text]}} for text in long_strings()),
    *({text: text} for text in ALL if len(text) < 140),
]
DUMPS = [anonymous(value) for value in DUMPS]
