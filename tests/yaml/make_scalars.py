"""Writes the tables that tests/yaml.rs compares with.

Run it with a Python that has PyYAML with its C loader. What PyYAML makes of each text is what the
tables hold; nothing in them comes from snowman.

    python tests/yaml/make_scalars.py
"""

import datetime
import json
import pathlib

import yaml

HERE = pathlib.Path(__file__).parent

PLAIN = """
true True TRUE tRue false False FALSE yes Yes YES yEs no No NO on On ON oN off Off OFF y Y n N t f
~ null Null NULL nULL nil None none
0 -0 +0 1 -1 +1 7 12 42 007 010 -010 +017 08 09 0o17 0O17 0_7 00 0_ 1_ 1__0 _1 1_000 500_000_000 -1_0
0b0 0b1 0b101 -0b11 +0b1_1 0b2 0b 0b_ 0B1 0x0 0x1f 0xFF -0xff +0x1_f 0xg 0x 0x_ 0X1f
9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809
18446744073709551615 18446744073709551616 340282366920938463463374607431768211456 1e3 1E3
0xffffffffffffffffffffffff 0b11111111111111111111111111111111111111111111111111111111111111111111
077777777777777777777777777777777 1000000000000000000000 100000000100000000100000000 -99999999999999999999
0.0 -0.0 +0.0 1.0 1. -1. +1. .5 -.5 +.5 .5_0 ._5 . .. ... 1.5 1_0.5_0 1.5e3 1.5e+3 1.5E-3 1.e+3 1e+3 1.5e+ 1.5e
.5e+3 -.5e+3 1.0e+308 1.0e+309 1.0e-400 1.5e+03 1.2.3 1.2.3.4 1,5 1,000 1.7976931348623157e+308 0.1 0.30000000000000004
.inf .Inf .INF .iNF -.inf +.inf -.INF +.Inf .nan .NaN .NAN .Nan -.nan +.nan inf nan infinity Infinity
1:30 1:3 1:60 1:59 12:30:45 -1:30 +1:30 0:30 00:30 01:30 1:30.5 1:30. 0:30.5 -1:30.5 1:30:60.5 190:20:30 190:20:30.15 1:2:3:4
1::2 1: :1 1:a 10:00 23:59:59 99:59 1_0:30 1:3_0 1:30:
2001-01-01 2001-1-1 2001-12-31 2001-13-01 2001-02-30 0000-01-01 0001-01-01 9999-12-31 20010101 2001-01 2001-01-1
2001-01-01T00:00:00 2001-01-01t00:00:00 2001-01-01T1:02:03 2001-01-01T00:00:00Z 2001-01-01T00:00:00.5
2001-01-01T00:00:00.123456789Z 2001-01-01T00:00:00. 2001-01-01T00:00:00+01:00 2001-01-01T00:00:00-05:30
2001-01-01T00:00:00-5 2001-01-01T00:00:00+5:30 2001-01-01T00:00:00-00:00 2001-01-01T25:00:00 2001-01-01T00:60:00
2001-01-01T00:00:60 2001-01-01T00:00 2001-01-01T00:00:00+24:00 2001-01-01T00:00:00z 2001-1-1T1:00:00 2001-01-01T
2001-01-01T00:00:00+23:59 2001-01-01T00:00:00.000001 2001-01-01T00:00:00.0000001Z 2001-01-01T00:00:00+1:0
= == << <<< =x <<x - -- --- -a ? ?a : :a a:b a:b:c a#b #a a-b a? - ... .a ..a @a `a %a !a &a *a |a >a a!b a&b a*b a%b
/a /a/b a/b ../a ~a ~/a a~ (a) a(b) <a> a<b a>b a|b $a ${a} $(a) {a} [a] ,a a,b a] a} "a 'a a'b a"b \\a a\\b \\n a\\ ^a ;a
1a a1 1-2 1+2 +a -a1 - 0xdeadbeef deadbeef 12e03 123e45 6e8 1e1000 00e1 0e0 0.e+0 v1.0 1.0.0 1.0a0 10% 5m 1d 14days
ä ü日本 日本語 😀 é\u0301 \u00a0 a\u00a0b \u2019a true\u00a0 ١٢ ＃a １ 
""".split(" ")
PLAIN = [word for chunk in PLAIN for word in chunk.split("\n") if word] + [
    "", " ", "a b", "a  b", "a: b", "a #b", "a# b", "- a", "? a", "1 2", "yes no", "null null",
    "2001-01-01 00:00:00", "2001-01-01   00:00:00 Z", "2001-01-01 00:00:00 +1", "2001-01-01 00:00:00.5 -01:30",
    "2001-01-01\t00:00:00", "2001-01-01 00:00", "2001-1-1 1:00:00", "2001-01-01 00:00:00 UTC", "a\tb", "a\t# b", "\ta",
    "true ", "1 ", "1 # one", "yes# no", "< <", "a, b", "[a, b]", "{a: b}", "[1, 0x2, yes]", "a\n  b", "1\n  2",
]
TAGGED = """
!!str 1|!!str yes|!!str ~|!!str|!!str 2001-01-01|!!str [a]|!!str {=: x, b: c}|!!str {b: c}|!!int 1|!!int "1"|!!int '0x1f'|!!int 0o17
!!int 0b11|!!int " 12 "|!!int abc|!!int ""|!!int 1.5|!!int -_1|!!int 1:30|!!int [1]|!!int 08|!!int +-5|!!float 1|!!float "1.5"
!!float 1e3|!!float 1_0|!!float .inf|!!float nan|!!float abc|!!float ""|!!float 1:30|!!float 1:2:3|!!float [a]|!!float 0x10|!!bool yes
!!bool "no"|!!bool y|!!bool ON|!!bool oN|!!bool 1|!!bool ""|!!null ~|!!null x|!!null ""|!!null [a]|!!binary aGVsbG8=
!!binary "aGVs bG8="|!!binary ""|!!binary aGVsbG8|!!binary a|!!binary ü|!!binary "aGVs\\nbG8="|!!timestamp 2001-01-01|!!timestamp "2001-1-1"
!!timestamp 2001-01-01T00:00:00Z|!!timestamp abc|!!timestamp ""|!!timestamp 2001-13-01|!!seq [a]|!!seq {a: b}|!!seq a|!!map {a: b}|!!map [a]
!!map a|!!set {a, b}|!!set {a: 1, b}|!!set {}|!!set [a]|!!set a|!!omap [a: 1, b: 2]|!!omap [a: 1, a: 2]|!!omap []|!!omap {a: 1}
!!omap [a]|!!omap [{a: 1, b: 2}]|!!omap [<<: {a: 1}]|!!pairs [a: 1, a: 2]|!!pairs a|!!pairs [[a]]|!!omap [[1]: 2]|!foo a|!foo [a]|!foo {a: b}
!!foo a|!!python/none ~|!!python/object/apply:os.system [ls]|!<tag:yaml.org,2002:int> 7|!<tag:yaml.org,2002:str> 7|!<!foo> a|! 1|! "1"|! yes
! [a]|! {a: b}|!|!!|! "*"|!!merge a|!!value a|!!yaml a|!a!b c|!e! c|!!str|!!int|!%21 a|!%C3%BC a|!%FF a|!!%73tr 1|!!st%72 1
&a 1|&a|&a !!str 1|!!str &a 1|&a "1"|& a|*a|*|!!str *a|&a-b_c 1|&ä 1|&a.b 1|&a,b 1
"""
TAGGED = [text for text in TAGGED.replace("\n", "|").split("|") if text]
DOUBLE = (
    '\\0|\\a|\\b|\\t|\\n|\\v|\\f|\\r|\\e|\\ |\\"|\\/|\\\\|\\N|\\_|\\L|\\P|\\x41|\\xe9|\\u00e9|\\u65e5|\\U0001F600|\\x4|\\u12|\\U0001|'
    "\\xzz|\\q|\\d|\\'|\\ud800|\\ud83d\\ude00|\\U00110000|\\UFFFFFFFF|a\\\n  b|a \\\n  b|a\\\n  \\ b|a\n  b|a\n\n  b|a \n  b|"
    "  a  |\\x00|\\\t|a\n  # b|a\n  ...|''|a''b|{{x}}|$|\\$|%s|#a|a #b|a: b|\\u2028|\\uFEFF|a\tb|a\u2028b|a\u0085b"
).split("|")
SINGLE = (
    "''|a''b|''''|\"|a\"b|\\n|\\|a\\|a\n  b|a\n\n  b|a\n\n\n  b|a  \n  b|  a  |# a|a # b|a: b|{a}|[a|%|@|\t|a\tb|a\n  # b|a\u2028b|a\u0085b|a'b"
).split("|")


def encode(value):
    if value is None:
        return ["null"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["float", repr(value)]
    if isinstance(value, str):
        return ["str", value]
    if isinstance(value, bytes):
        return ["binary", value.hex()]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return ["timestamp", value.isoformat()]
    if isinstance(value, tuple):
        return ["pair", *map(encode, value)]
    if isinstance(value, list):
        return ["list", [encode(item) for item in value]]
    if isinstance(value, set):
        return ["set", sorted((encode(item) for item in value), key=json.dumps)]
    if isinstance(value, dict):
        return ["map", [[encode(key), encode(item)] for key, item in value.items()]]
    raise TypeError(value)


def load(text):
    """What PyYAML makes of a text, or its mistake with line and column from 1 where it has them."""
    loader = None
    try:
        loader = yaml.CSafeLoader(text)
        return {"gives": encode(loader.get_single_data())}
    except Exception as error:
        found = {"error": type(error).__name__}
        mark = getattr(error, "problem_mark", None)
        if mark is not None and found["error"] in ("ScannerError", "ParserError"):
            found["at"] = [mark.line + 1, mark.column + 1]
        return found
    finally:
        if loader is not None:
            loader.dispose()


def write(name, rows):
    lines = ",\n".join(json.dumps(row, ensure_ascii=True) for row in rows)
    (HERE / name).write_text(f"[\n{lines}\n]\n")
    print(f"{name}: {len(rows)} rows")


def texts():
    for word in dict.fromkeys(PLAIN):
        yield f"v: {word}\n"
        yield f"{word}: v\n"
        if "\n" not in word:
            yield f"- {word}\n"
            yield f"[{word}]"
            quoted = word.replace("'", "''")
            yield f"v: '{quoted}'\n"
            escaped = word.replace("\\", "\\\\").replace('"', '\\"')
            yield f'"{escaped}": v\n'
    for text in TAGGED:
        yield f"v: {text}\n"
        yield f"[{text}, x]\n"
        if not text.rstrip().endswith(("]", "}")):
            yield f"{text}: v\n"
    for text in DOUBLE:
        yield f'v: "{text}"\n'
        yield f'"{text}": v'
    for text in SINGLE:
        yield f"v: '{text}'\n"
        yield f"'{text}': v"


if __name__ == "__main__":
    from documents import DOCUMENTS
    from dumps import DUMPS

    write("scalars.json", [{"yaml": text, **load(text)} for text in dict.fromkeys(texts())])
    write("documents.json", [{"yaml": text, **load(text)} for text in dict.fromkeys(DOCUMENTS)])
    write(
        "dumps.json",
        [
            {"value": value, "text": yaml.safe_dump(value, allow_unicode=True, default_flow_style=False)}
            for value in DUMPS
        ],
    )
