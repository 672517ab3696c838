# Writes cases.json: which texts match a pattern with Python's re.match, with and without a `$` appended, as
# taskgraph does for keys. Run it with Python 3.11.

import json
import os
import random
import re
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))

TEXTS = [
    "", "a", "b", "ab", "aa", "aab", "main", "main\n", "release-1", "release/1.2", "esr128", "A", "AB", "12", "a1",
    "a-b", "a_b", "\u00e9", "\u00df", "{a}", "a{", "a{,2}", "a{2", ".", "[", "a]", "\n", "\na", "a\nb", "a b", " ", "&",
    "-", "~", "<", ">", "K", "\u212a", "\t", "x41", "h", "1.2.3", "\u0663", "\\", "|", ")", "$", "^", "\x07", "\x1c",
]

PATTERNS = r"""
a|b
main
main$
^main$
a$b|$|a$|$a
(a$|b)|(?:a$)b
(?m)^a$
(?m:^b)|(?m:a$)
a(?m:$)\nb
(?s).b|(?s:.)
.
[.]
a.b
release-.*|esr\d+
release[-/][\d.]+
[[]|[]]|[^]]|[^[]|[]a]|[[a]|[a[]
[a&&b]|[a--b]|[a~~b]|[a||b]|[&&]|[[:alpha:]]
[a-]|[-a]|[\w-]|[a\-b]|[+--]|[a-\d]|[b-a]|[\d-z]|[]-a]|[^-a]|[\]]|[\\]|[a
[\b]|[\x41]|[\101]|[\0]|[\8]|[\u00e9]|[\n-\t]|[^\n]|[\S]|[^\S]|[\s]|[\D\d]|[^\W]|[\Z]|[\A]
\<|\>|\-|\/|\ |\@|\_|\"|\é|\{|\}|\]|\|
\A|\Z|\b|\B|\z|\G|\K|\R|\h|\e|\p{L}|\Q|\E|\X|\N|\c
\Aa\Z|a\b|a\B|\ba|\Ba
\d|\D|\w|\W|\s|\S|(?a)\d|(?a)\w|(?a)\s|(?a)\S|(?a)\W|(?a)\D|(?a:\w)|(?a)(?u:\w)|[^\s]|(?a)[^\w]
\t|\n|\a|\f|\v|\r|\x41|\x4|\x|\u0041|\u41|\U00000041|\U00110000|\ud800
\0|\07|\08|\101|\777|\400|\377|\1|\10|\18
(a)\1|(a)\2|(a\1)|(a)(b)\2\1|(a)?\1|(a|b)\1|(a)\11|(a)\1a
(?P<n>a)(?P=n)|(?P<n>a)|(?P=n)|(?P<1>a)|(?P<n>a)(?P<n>b)|(?P<>a)|(?P<n|(?P=|(?Px)|(?P>n)|(?P<n-m>a)|(?<n>a)
(?:a)|(?:a|b)+|(?>a|ab)b|(?=a)a|(?!a)b|(?!b)|a(?<=a)|a(?<!b)|(?<=a+)b|(?<=a|b)|(?<=a|bb)|(?<=(a))|(?<!a{2})|(?<=)|(?<x)|(?<
(?=a)*|(?!b)+|(?<=a)?|(?<!b)*a|(?:)*|()*|()+a|(?:a*)*|(?:a+)+|(a*)*|(?#c)*|a(?#c)*|(?i:)*
(?#c)|(?#c|a(?#c)b|(?#)a
(?i)a|(?i)A|(?i)k|(?i:a)b|(?i:A)B|(?-i:a)|(?i)a(?-i:b)|a(?i)|b|(?i)a|(?i)B|A
(?i)(?s)a|(?i)|(?)|(?i|(?iz)a|(?-:a)|(?-i)a|(?i-i:a)|(?i-s:a.)|(?L)a|(?au)a|(?u)a|(?t:a)|(?m-s:^.)|(?a-a:b)|(?-a:b)|(?ii)a
(?x) a b|(?x)a\ b|(?x)a[ ]b|(?x)a #c|(?x: a ) b|(?x)a # c\n b|(?x)a {2}|(?x)a{ 2}|(?x)( ?:a)|(?x)a +|(?x) (?i)a
(a)?(?(1)b|a)|(?(1)a|b)|(a)?(?(2)a)|(?P<n>a)?(?(n)b|c)|(?(n)a)|(?(0)a)|(a)(?(1)b)|(a)(?(1)b|a|b)|(?(1)|(a)(?(1)b|(?(+1)a)|(a)?(?(1)b)c
a?|a*|a+|a??|a*?|a+?|a?+|a*+|a++|a{2}|a{2,}|a{,2}|a{1,2}|a{,}|a{2}?|a{2}+|a{2,1}|a{|a{}|a{,|a{2|a{2,|a{a}|{|}|{2}|{,2}|{a|a{ 2}|a{2}{3}
a**|a+*|a?*|a*?+|a??+|a+++|a{2}*|*|+|?|^*|$+|\b?|\B*|\A{2}|(?:^)*|(^)*|(?:$)?|(*a)|(|a)|(a|)|||(?:|a)b
a{0}|a{0,0}b|a{00002}|a{4294967296}|a{99999999999999999999}
)|(|()|(a|a)|)(|(?:a|a))|\|a\|[|[]|[^]|[^|[\|[a-|[a-\
&&|~~|#|%|!|=|,|;|:|'|"|`|~|-|@|_|é|ß
main|release|esr.*
(?:main|release).*$
\N{DIGIT ONE}
(?u)(?a)\w|(?a)(?i)\w|(?x)(?m)^ a$
(?!b)*?|(?=a){0}|(?=(a))*|(?=(a))?\1|(?!b){2}|(?:$)*a|(?:\b)+a
\\|\\\\|\\a|[\\a]
""".strip("\n").split("\n")

ATOMS = [
    "a", "b", ".", ".*", r"\d", r"\w+", r"\.", "-", "[a-z]+", "[^a]", "(a|b)", "(?:ab)", "(?P<n>a)", r"\1", "a?", "b+",
    "a{2}", "a{,2}", "{a}", "{", "$", "^", r"\Z", r"\b", r"\B", "|", "(?=a)", "(?!b)", "(?<=a)", "(?i)", "(?i:A)", "[[]",
    "[]a]", "[a&&b]", r"[\w-]", r"\<", r"\x41", r"\n", "(?>a)", "a++", "a*?", "(", ")", "[", "]", "*", "+", "?",
    "(?(1)a|b)", "\u00e9", "#", " ", "(?m:$)", "(?s:.)", "(?x: a )",
]


def lines():
    for line in PATTERNS:
        yield line
        # A `|` also separates the patterns here.
        yield from line.split("|")
    rng = random.Random(7)
    for _ in range(1500):
        yield "".join(rng.choice(ATOMS) for _ in range(rng.randint(2, 4)))


def found(pattern):
    """Returns a letter for each text, or nothing for an invalid pattern."""
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, ValueError):
        return None
    return "".join("+" if compiled.match(text) else "-" for text in TEXTS)


warnings.simplefilter("ignore")
rows = [[pattern, found(pattern), found(pattern + "$")] for pattern in dict.fromkeys(lines())]
with open(os.path.join(HERE, "cases.json"), "w") as file:
    file.write('{"texts": %s,\n"patterns": [\n' % json.dumps(TEXTS))
    file.write(",\n".join(json.dumps(row) for row in rows))
    file.write("\n]}\n")
