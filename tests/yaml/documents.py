"""Documents for make_scalars.py: each is one text."""

INDICATORS = ["|", ">", "|-", ">-", "|+", ">+", "|2", ">2", "|2-", "|-2", ">+2", "|1", "|4", "|0", "|10", "|x", "|# c", "| # c"]
BODIES = [
    "  a\n",
    "  a",
    "  a\n  b\n",
    "  a\n\n  b\n\n\n",
    "  a\n   b\n  c\n",
    "  a\n\n   b\n\n  c",
    "\n\n  a\n",
    "    a\n  b\n",
    "  a  \n  b\t\n",
    "\ta\n",
    "  a\n# c\n",
    "  a\n  # c\n",
    "",
    "\n\n",
    "  a\n ",
    "  a\n   ",
    "  a\n\n ",
    "a\n",
    "  - a\n  b: c\n",
    "  a\u2028  b\n",
    "  a\r\n  b\r\n",
    "  a\r  b\r",
    "  a\u2028# c",
]

DOCUMENTS = [f"v: {indicator}\n{body}" for indicator in INDICATORS for body in BODIES]
DOCUMENTS += [f"- {i}\n{body}- x\n" for i in ("|", ">-", ">+") for body in BODIES if body.endswith("\n")]
DOCUMENTS += [f"{i}\n{body}" for i in ("|", ">", "--- |", "--- >+") for body in BODIES]

# Streams and their documents.
DOCUMENTS += [
    "", "\n", "# c", "# c\n", "---", "---\n", "--- \n...\n", "...", "...\n", "---\n---\n", "--- a\n--- b\n", "a\n---\nb\n", "a\n...\n",
    "a\n...\nb\n", "a\n...\n# c\n", "--- a\n...\n...\n", "--- # c\na: 1\n", "---\na: 1\n---\n", "a: 1\n---", "--- {a: 1}\n", "--- - a\n",
    "---a", "--- 'a\n---\nb'", "---\n'a\n...\nb'", "a: 1\n... # end\n", "a: 1\n...x\n", " ---\na", "\ufeffa: 1\n", "\ufeff", "\ufeff# c\na", "a: \ufeffb",
    "a\ufeff: 1", "- a\n\ufeff- b\n", "%YAML 1.1\n---\na: 1\n", "%YAML 1.2\n--- yes\n", "%YAML 2.0\n--- a", "%YAML 1.3\n---\na", "%YAML 1\n---\na", "%YAML 1.1\n%YAML 1.1\n---\na",
    "%YAML 1.1\na: 1\n", "%YAML 1.1 # c\n---\na", "%TAG ! tag:x,2000:\n---\n!a b", "%TAG !e! tag:yaml.org,2002:\n---\n!e!str 1\n",
    "%TAG !e! tag:yaml.org,2002:\n%TAG !e! !x\n---\na", "%TAG !! tag:yaml.org,2002:in\n---\n!!t 1\n", "%TAG !! tag:x,2000:\n---\n!!str 1", "%FOO bar\n---\na", "%\n---\na", "a\n%b", "a: 1\n%b: 2",
    "\u0001", "a\u0000b", "a: \u0007", "a: \u007f", "a: \u0085b", "a: \u2028b", "\ud7ff: \ue000", "a: \ufffd", "a: \ufffe", "＃a: ＃b", "ï»¿",
]

# Blocks: indentation, tabs, line breaks, comments.
DOCUMENTS += [
    "a: 1\nb: 2\n", "a:\n  b: 1\n  c:\n    d: 2\n", "a:\n- 1\n- 2\n", "a:\n  - 1\n  - 2\n", "- a\n- b\n", "- - a\n  - b\n- c\n", "-\n  - a\n", "- a: 1\n  b: 2\n- c: 3\n", "-   a: 1\n    b: 2\n",
    "- a: 1\n b: 2\n", "a:\n b:\n  c: 1\n d: 2\n", "a:\n  b: 1\n c: 2\n", "a:\n   b: 1\n  c: 2\n", " a: 1\n b: 2\n", " a: 1\nb: 2\n", "a: 1\n b: 2\n", "a:\nb:\n", "a:\n-\n-\n", "-\n-\n", "a: - b\n", "- a: - b\n",
    "a: b: c\n", "a:b\n", "a :b\n", "a : b\n", "a: 1\na\n", "a\nb: 1\n", "a\n b: 1\n", "a: 1\n- b\n", "- a\nb: 1\n", "a:\n  - b\n c: 1\n", "a: b\n  c\n  d\ne: f\n", "a: b\n\n  c\n", "a: b\nc\n", "a: 'b\nc'\n", "a: 'b\n  c'\n", "a: \"b\nc\"\n",
    "? a\n: b\n", "? a\n", "? a\n? b\n", "? - a\n: - b\n", "? |\n  a\n: b\n", "? a: b\n: c\n", "? [a]\n: b\n", "? {a: b}\n: c", "?\n: a\n", ": a\n", ":\n", "? \n", "{? a : b}", "{?}", "[? a]", "[? a : b]", "[a: b]", "[a: b, c: d]", "[: a]", "{: a}", "{a, b: , c: d}",
    "\ta: 1\n", "a:\t1\n", "a: \t1\t\n", "a:\n\tb: 1\n", "a:\n\t- b\n", "- \ta\n", "-\ta\n", "-\t- a\n", "- a\n\t\n- b\n", "a: 1\t# c\n", "a:\n  b:\t1\n\tc: 2\n", "a: b\n\tc\n", "a: 'b\n\tc'\n", "{\ta: 1}\n", "{a:\t1}", "[\n\ta,\n\tb\n]\n", "a: |\n\tb\n", "a: |\n  \tb\n", "\t\n", "\t# c\n", "\t", "a: 1\n\t# c\n", "a:\n\n\t\n  b: 1\n",
    "a: 1\r\nb: 2\r\n", "a: 1\rb: 2\r", "a: |\r\n  b\r\n  c\r\n", "a: 'b\r\n  c'\r\n", "a: b\r\n  c\r\n\r\n  d", "a: >\r\n  b\r\n  c\r\n\r\n  d\r\n", "- a\r\n- b", "a: 1\n\rb: 2", "a: \"b\\\r\n  c\"",
    "# c\na: 1 # d\n# e\nb: 2\n  # f\n", "a: 1 #", "a: #b\n  c\n", "a:#b\n", "a: b#c\n", "a: 'b'#c\n", "a: 'b' #c\n", "a: [b #c\n, d]\n", "a: [b,#c\nd]\n", "a: {b: c #d\n}\n", "a: b # c\n  d\n", "a: &x # c\n  b\n", "#\n#\n", "a:\n# c\n  b: 1\n", "a: !!str # c\n  b\n",
]

# Flow collections.
DOCUMENTS += [
    "[]", "{}", "[[]]", "[{}]", "{a: []}", "[a, b]", "[a, b, ]", "[a,, b]", "[,]", "[, a]", "{a: 1, }", "{,}", "{a}", "{a, b}", "{a:1}", "{a:1, b}", "{\"a\":1}", "{'a':1, \"b\":c}", "[\"a\":1]", "{a: 1 b: 2}", "[a b]", "[a\nb]", "[a,\nb]\n", "{a: 1,\n b: 2}", "a: [b,\nc]\n",
    "a: [b,\n c]\n", "a: {\n  b: c\n}\n", "a: [\n]\n", "a: [\n  b\n  ]\n", "[a", "{a", "[a}", "{a]", "[a]]", "{a}}", "[a] b", "[a]: b", "{a: b}: c", "[a] # c", "[a: b: c]", "{a: b: c}", "{a: [b, {c: d}]}", "[a:b, c:d]", "[http://x, b]", "{a: http://x/y?z}", "{a: b?c}", "[a?, ?b]", "[-1, -a, - b]", "[- a]", "[a-b]",
    "[a #b\n]", "[a:]", "[a: ]", "[a:,b]", "[a::b]", "{a: :b}", "[:a]", "[::]", "[*x]", "[&x a, *x]", "{&x a: *x}", "{*x : a}", "[&x , a]", "{a: &x , b: *x}", "['a', \"b\"]", "['a'b]", "[|a]", "[>a]", "[\n|\n]", "[%a]", "[@a]", "[`a]", "{a: %b}", "[!!str , a]", "[!!str, a]", "[!!str]", "{!!str a: !!int 1, b: !!int \"2\"}", "[!!str, 'a !!str, b']", "{a: !!str,b: !!str, c: 'é !x, y', d: !!int 1}", "[!<tag:yaml.org,2002:str>, a]",
    "[!x,a]", "- a !!str, b\n- [!!null,!!null,!!str,x,!!int 3,*q]", "- |\n  [!!str, a]\n- [!!str, b]", "# [!!str, a]\n[!!str, b]", "[a, [b, [c, [d]]]]", "{a: {b: {c: {}}}}", "[{a: 1}, {b: 2}]", "[a: {b: c}, d]", "{[a]: b}", "{{a: b}: c}", "[---]", "[\n---\n]", "[\n--- a\n]", "{a: '\n---\n'}", "[a...]", "[...]", "{ a : b , c : d }",
]

# Anchors, aliases and merge keys.
DOCUMENTS += [
    "a: &x 1\nb: *x\n", "a: &x [1, 2]\nb: *x\nc: [*x, *x]\n", "a: &x {k: v}\nb: *x\n", "- &x a\n- *x\n- *x\n", "&x a: 1\nb: *x\n", "a: *x\n", "*x\n", "a: &x 1\nb: &x 2\n", "a: &x 1\nb: *y\n", "a: &x\nb: *x\n", "&x\na: 1\n", "&x a: &y b\n*y : *x\n", "*x: 1\n", "a: &x 1\n*x : 2\n", "a: &x b\n*x: 2\n", "a: &x&y b\n", "a: &x *x\n", "a: &x &y 1\n",
    "a: &x !!str 1\nb: *x\n", "a: !!str &x 1\nb: *x\n", "a: &x\n  b: 1\nc: *x\n", "a:\n  &x b: 1\nc: *x", "- &x\n- *x\n", "a: &1 b\nc: *1\n", "a: &- b\nc: *-\n", "&x [a, b]", "--- &x\na: 1\n", "a: [&x b, *x , *x]\n", "a: &x |\n  t\nb: *x\n", "a: &x 'q'\nb: *x\n", "a: * x\n",
    "b: &b {x: 1, y: 2}\na:\n  <<: *b\n", "b: &b {x: 1, y: 2}\na:\n  <<: *b\n  x: 3\n", "b: &b {x: 1, y: 2}\na:\n  x: 3\n  <<: *b\n", "b: &b {x: 1, y: 2}\na:\n  z: 0\n  y: 3\n  <<: *b\n  w: 4\n", "b: &b {x: 1, y: 2}\nc: &c {y: 3, z: 4}\na:\n  <<: [*b, *c]\n", "b: &b {x: 1, y: 2}\nc: &c {y: 3, z: 4}\na:\n  <<: [*c, *b]\n  q: 1\n",
    "b: &b {x: 1, y: 2}\nc: &c {y: 3, z: 4}\na:\n  <<: *b\n  <<: *c\n", "b: &b {x: 1}\nc: &c {<<: *b, y: 2}\nd: {<<: *c, z: 3, x: 9}\n", "a: {<<: {x: 1}, y: 2}\n", "a: {<<: [{x: 1}, {x: 2, y: 3}], z: 2}\n", "a: {<<: []}\n", "a: {<<: {}}\n", "a: {<<: }\n", "a: {<<: ~}\n", "a: {<<: 1}\n", "a: {<<: [1]}\n", "a: {<<: [[{x: 1}]]}\n", "a: {'<<': {x: 1}}\n",
    "a: {\"<<\": 1}\n", "a: {!!merge x: {y: 1}}\n", "a: {!!str <<: {x: 1}}\n", "a: <<\n", "- <<\n", "<<: {a: 1}\n", "<<: [{a: 1}, {b: 2}]\nc: 3\n", "<< : {a: 1}\n", "b: &b {k: &v [1]}\na: {<<: *b, l: *v}\n", "b: &b {x: 1}\na: [<<: *b]\n", "a: !!set {<<: {x: 1}, y}\n", "a: !!omap [<<: {x: 1}]\n", "b: &b\n  x: &x {y: 1}\na:\n  <<: *b\n  x:\n    <<: *x\n    z: 2\n",
    "a: &a {x: 1, x: 2}\nb: {<<: *a}\n", "a: &m\n  <<: {x: 1}\n  y: 2\nb: *m\nc: {<<: *m}\n", "b: &b {=: 1}\na: {<<: *b}\n", "x: &x {a: {b: 1}}\ny: {<<: *x, a: {c: 2}}\n", ".d: &d\n  k: v\na: {<<: *d, k: w}\n",
]

# Duplicates and keys of other kinds.
DOCUMENTS += [
    "a: 1\na: 2\n", "a: 1\nb: 2\na: 3\n", "a: 1\n'a': 2\n", "1: a\n'1': b\n", "1: a\n1: b\n", "1: a\n1.0: b\n", "1: a\ntrue: b\n", "0: a\nfalse: b\nno: c\n-0: d\n0.0: e\n", "yes: 1\n", "on: 1\noff: 2\n", "~: 1\n", "null: 1\n: 2\n", "3: a\n", "3.5: a\n", "2001-01-01: a\n", "!!binary aGk=: a\n", "[a]: b\n", "{a: b}: c\n", "? !!set {a}\n: b\n", "? !!omap [a: 1]\n: b\n",
    "=: a\n", "a: =\n", "- =\n", "[=]\n", "{=: a, =: b}", "a: {=: b, c: d}\n", "!!str {=: b}\n", "- &a =\n", ".nan: 1\n.nan: 2\n", ".inf: 1\n", "0x10: a\n16: b\n", "1e3: a\n", "12:30: a\n", "a: {1: x, 2: y}\n", "0o17: a\n017: b\n", "<<: {a: 1}\na: 2\n<<: {b: 1}\n", "1_000: a\n1000: b\n", "!!float 1: a\n1: b\n", "a:\n  b:\n    c: 1\n    c: 2\n",
]

# What the errors say.
DOCUMENTS += [
    "a: 'b\n", "a: \"b\n", "\"", "'", "\"\\", "\"a\\", "'a\\", "\"a\\\n", "a: \\", "a: [\\", "a: b\\", "|\n  a\\", "a: @b\n", "a: `b\n", "a: %b\n", "a: b\n  c: d\n", "a: [b\nc: d\n", "a: {b\n", "a: }\n", "a: ]\n", "a: ,b\n", "}\n", "a: !<b\n", "a: !<b> c\n", "a: !b!c\n", "a: !b! c\n", "a: |x\n", "a: |2x\n", "a: >99\n", "- a\n -b\n- c\n", "- a\n - b\n", "a:\n  - b\n  c\n", "a: - b", "a\n: b", "? a\nb: c\n: d\n",
    "a: 'b' c\n", "a: 'b'c: d\n", "'a' 'b'", "a: [b] c\n", "a: *\n", "a: &\n", "a: !\n", "a: !!\n", "a: ! b", "key" * 400 + ": 1\n", "[" + "a" * 1100 + ": 1]\n", "{" + "a" * 1100 + ": 1}\n", "? " + "a" * 1100 + "\n: 1\n", "'" + "a" * 1030 + "': 1\n", "a" * 1000 + ": 1\n", "[" * 50 + "]" * 50, "[" * 60, "- " * 40 + "a", "a: " + "b " * 200,
]
