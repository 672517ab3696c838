# Writes cases.json: the results of Python's str.format, of str(), repr() and ascii(), and of the merge
# function of taskcluster-taskgraph 24.5.1. Run it with a Python 3.11 that has that version.

import itertools
import json
import os
import random

from taskgraph.util.templates import merge

HERE = os.path.dirname(os.path.abspath(__file__))

SCOPE = {
    "s": "text", "empty": "", "u": "f\u00fc\u263a\U0001f600", "q": "it's", "dq": 'a "b"', "both": "'\"", "nl": "a\nb\tc\\d",
    "i": 42, "neg": -1234567, "zero": 0, "big": 1234567890, "max": 18446744073709551615, "min": -9223372036854775808,
    "c": 9731, "low": 7, "t": True, "f": False, "n": None, "x": 3.14159, "half": 0.5, "two": 2.0, "nf": -1234567.891,
    "tiny": 1.5e-7, "huge": 1.25e22, "fz": 0.0, "nz": -0.0, "odd": 0.1, "tie": 2.5, "nine": 9999.995, "e16": 1e16,
    "l": [1, "two", [3, {"k": "deep"}]], "none": [], "d": {"k": "v", "a b": 1, "0": "zero", "-1": "m", "a.b": 2, "n": {"m": [5, 6]}, "": "e"},
    "void": {}, "w": 12, "p": 3, "sp": ">10", "fill": "*", "ty": "d", "a-b": "dash", "a b": "space", "\u00fc": "umlaut",
    "_": "under", "a:b": "never", "1a": "digit", "-1": "minus",
}

TEMPLATES = """
|plain|{s}|{s}{i}|a{s}b{i}c|{{}}|{{{{}}}}|{{s}}|{{{s}}}|{{{{{s}}}}}|}}{{|{{|}}|{{{{|}}}}|{s}}}|{{{s}|a{{b}}c|{{s|s}}
{s!s}|{s!r}|{s!a}|{u!s}|{u!r}|{u!a}|{q!r}|{dq!r}|{both!r}|{nl!r}|{nl!s}|{nl!a}|{i!r}|{i!s}|{t!r}|{n!r}|{x!r}|{l!r}|{d!r}|{none!r}
{void!r}|{empty!r}|{l!a}|{u!r:>12}|{u!a:>30}|{n!s:>6}|{t!s:>6}|{l!s:>30}|{d!s:.5}|{i!s:5}|{i!r:<5}|{x!s:.3}|{s!x}|{s!S}|{s!}|{s!:}
{s!rr}|{s!r |{s! r}|{s!r:}|{s!\u00fc}|{!r}|{!}|{s!}}|{s!s!r}|{s!s:!r}|{s!{i}}
{l}|{d}|{none}|{void}|{n}|{t}|{f}|{x}|{two}|{e16}|{huge}|{tiny}|{nz}|{fz}|{odd}|{max}|{min}|{nf}
{l[0]}|{l[1]}|{l[2]}|{l[2][0]}|{l[2][1][k]}|{l[3]}|{l[-1]}|{l[+1]}|{l[01]}|{l[1_0]}|{l[ 0]}|{l[0 ]}|{l[a]}|{l[]}|{l[0}|{l[0]x}|{l[0].x}
{l[0]]}|{l[[0]]}|{l[0][0]}|{l[99999999999999999999]}|{l[9223372036854775807]}|{l[9223372036854775808]}|{l[1.0]}
{d[k]}|{d[a b]}|{d[0]}|{d[-1]}|{d[a.b]}|{d["k"]}|{d['k']}|{d[n][m][1]}|{d[n][m]}|{d[x]}|{d[]}|{d[k]!r}|{d[n]!r}|{d[k]:>5}|{d[n][m][0]:03}|{d[ k]}
{d[{s}]}|{d[k!r]}|{d[a:b]}|{d[!]}|{d[k]}{d[k]}|{d[}]}|{d[{]}|{d[k}]}|{d[k[}|{d[k]x}|{d[k]]}|{d[99999999999999999999]}|{d[\u0661]}
{s[0]}|{s[3]}|{s[4]}|{s[-1]}|{s[a]}|{u[1]}|{u[3]}|{empty[0]}|{i[0]}|{n[0]}|{t[0]}|{x[0]}|{s[0][0][0]}|{s[0]!r}|{s[00]}|{l[1][0]}|{l[1][2]:>3}
{0}|{}|{1}|{ }|{ s}|{s }|{s !r}|{s : >6}|{x y}|{missing}|{S}|{a-b}|{a b}|{\u00fc}|{_}|{__}|{1a}|{-1}|{+1}|{0s}|{00}|{\u0661}|{1.5}|{s,i}|{:}|{:>5}|{[0]}|{.a}
{a:b}|{a.b}|{s.a.b}|{d.}|{d..k}|{s.}|{d[k].}|{.}|{missing[0]}|{missing.a}|{missing!r}|{missing:x}|{d.keys[0]}|{0[a]}|{0.a}
{|}|{s|s}|a}|a{|{s}{|{s}}|{{{s}}|{{}|{}}|{{s}|{s{|{s{}|{{s}}}|{s:{|{s:}}|{s:}|{s:{}|{s:{}}|{s:{{}}}|{s:}}}|{s:{{>5}}}|{s:{w}|{s:{w}}}|a{b{c}d}e
{s:}|{s:10}|{s:<10}|{s:>10}|{s:^10}|{s:^11}|{s:*^10}|{s:{fill}^{w}}|{s:{sp}}|{s:>{w}}|{s:.{p}}|{s:{w}.{p}}|{i:{w}{ty}}|{i:{l[0]}}|{x:.{p}f}
{x:{w}.{p}f}|{s:{missing}}|{s:{s}}|{s:{s:{s}}}|{s:{w:{p}}}|{s:{w:}}|{s:{w!r}}|{s:{d[k]}}|{i:{n}}|{s:{empty}}|{s:{{}|{i:{fill}>{w}}|{i:{w}_}|{s:{}}|{s:{0}}
{i:{p:{p:{p}}}}|{s:{w}{w}}|{s:{l}}|{s:>{w}s}|{s:[>6}|{s:]>6}|{d[k]:[>6}|{s:!>6}|{s::>6}|{s:::>6}|{s:>6!r}|{u:>8}|{u:\u263a^8}|{s:\U0001f600<8}
{s:s}|{s:10s}|{s:d}|{s:.2}|{s:.0}|{s:.10}|{s:10.2}|{s:>10.2s}|{s:=10}|{s:+}|{s:-}|{s: }|{s:#}|{s:0}|{s:010}|{s:<010}|{s:05}|{s:,}|{s:_}|{s:10,}|{s:z}|{s:c}
{s:x}|{s:.}|{s:.s}|{s:10.}|{s:1 0}|{s:a}|{s:ss}|{s:<}|{s:<<}|{s:<<5}|{s:<<<}|{s:><10}|{s:0<10}|{s:00}|{s:0>10}|{s:0=10}|{s:-10}|{s:1e3}|{s:\u0661}|{s:5\u0661}
{i:d}|{i:n}|{i:b}|{i:o}|{i:x}|{i:X}|{i:c}|{c:c}|{low:c}|{neg:c}|{max:c}|{i:e}|{i:f}|{i:g}|{i:%}|{i:s}|{i:r}|{i:#x}|{i:#X}|{i:#o}|{i:#b}|{i:#d}|{i:#c}|{i:+c}|{i:,c}|{i:5c}|{i:05c}|{i:.2c}
{i:+}|{i:-}|{i: }|{neg:+}|{neg:-}|{neg: }|{zero:+}|{zero: d}|{i:5}|{i:05}|{i:<5}|{i:^5}|{i:>5}|{i:=5}|{neg:=10}|{neg:010}|{neg:*=10}|{neg:*=+12}|{neg:<010}|{neg:^012}|{i:x<5}|{i:+05}
{neg:,}|{neg:_}|{big:,}|{big:_}|{big:,d}|{big:_d}|{big:_x}|{big:_b}|{big:_o}|{big:,x}|{big:#_x}|{big:,e}|{big:,n}|{big:_n}|{big:,c}|{big:,s}|{big:015,}|{big:016,}|{big:017,}|{big:0=15,}|{big:020_x}
{big:#020_x}|{big:*=20,}|{big:,.2f}|{big:,,}|{big:__}|{big:,_}|{big:_,}|{i:012,}|{i:08_b}|{i:010_b}|{i:011_b}|{i:.2}|{i:.2d}|{i:10.2}|{i:.2f}|{i:.0f}|{i:#.0f}|{i:.2e}|{i:.2g}|{i:#g}|{i:.0%}|{i:z}|{i:zd}
{max:d}|{max:x}|{max:,}|{max:f}|{max:e}|{max:g}|{max:b}|{min:d}|{min:x}|{min:b}|{min:_}|{min:f}|{min:e}|{max:%}
{t:d}|{t:5}|{t:05}|{t:s}|{t:<6}|{t:x}|{t:c}|{t:f}|{t:}|{t:+}|{t:,}|{t:.2}|{t:n}|{f:d}|{f:>3}|{f:b}|{t:%}|{t:e}
{n:}|{n:5}|{n:s}|{n:>6}|{l:}|{l:5}|{l:s}|{d:}|{d:5}|{d:s}|{void:1}|{none:1}|{n!s:5}|{n:d}
{x:f}|{x:F}|{x:e}|{x:E}|{x:g}|{x:G}|{x:n}|{x:%}|{x:d}|{x:x}|{x:s}|{x:c}|{x:.2f}|{x:.0f}|{x:#.0f}|{x:.3}|{x:.1}|{x:.0}|{x:.2e}|{x:.0e}|{x:#.0e}|{x:.3g}|{x:#.3g}|{x:#g}|{x:.1%}|{x:.0%}|{x:.20f}|{x:.17g}
{x:10}|{x:010}|{x:<10}|{x:^10}|{x:=10}|{x:+}|{x: }|{x:-}|{x:+010.2f}|{x:*^12.3f}|{x:,}|{x:_}|{x:z}|{x:.2z}|{x:#}|{x:#.1}|{x:.}|{x:.f}
{nf:,}|{nf:_}|{nf:,.2f}|{nf:_.2f}|{nf:020,.2f}|{nf:021,.2f}|{nf:022,.2f}|{nf:*=20,.2f}|{nf:,e}|{nf:,g}|{nf:,%}|{nf:.3}|{nf:.7}|{nf:.8}|{nf:.9}|{nf:.10}|{nf:.11}|{nf:n}|{nf:,n}|{nf:e}|{nf:g}|{nf:G}|{nf:.0f}|{nf:,.0f}
{tiny}|{tiny:f}|{tiny:e}|{tiny:g}|{tiny:.2}|{tiny:.10f}|{tiny:%}|{tiny:+}|{tiny:020}|{tiny:,}|{huge:f}|{huge:e}|{huge:g}|{huge:,}|{huge:,f}|{huge:.3}|{huge:_}|{huge:30}|{huge:030}|{huge:#}|{huge:%}
{fz:f}|{fz:g}|{fz:e}|{fz:#g}|{fz:.3}|{fz:+}|{fz:%}|{nz:f}|{nz:g}|{nz:+}|{nz:z}|{nz:zf}|{nz:05}|{nz:.1}|{fz:,}|{two:.1}|{two:.0}|{two:g}|{two:#g}|{two:.1f}|{two:n}|{two:d}|{two:%}|{two:.0%}|{two:#.0%}
{half:.0f}|{tie:.0f}|{tie:.1}|{tie:.0e}|{odd:.1f}|{odd:.20f}|{odd:.55f}|{odd:.60e}|{odd:.17}|{odd:.3}|{nine:.2f}|{nine:.4}|{nine:.6}|{nine:g}|{nine:,.2f}|{nine:.0f}|{e16:g}|{e16:f}|{e16:n}|{e16:.17g}|{e16:.16}|{e16:.17}|{e16:,}|{e16:#}|{e16:_f}
{half:%}|{half:.1%}|{half:+.0%}|{half:08.1%}|{half:<8%}|{odd:%}|{odd:.30%}|{nine:%}
{i.real}|{i.imag}|{d.k}|{t.real}|{x.real}|{n.a}|{s.__class__}|{i.real:05}|{i.numerator}|{x.imag}|{i.denominator:x}|{s.nothing}|{d.nothing}|{d[n].m}|{l[0].real}
"""

# Only old characters and unassigned code points: newer characters depend on the version of Unicode.
REPRS = [
    "", "a", "it's", 'say "a"', "'\"", "''", '"', "\\", "\\'", "a\nb", "a\r\nb\tc", "\x00", "\x07", "\x1b[0m", "\x1f", "\x7f", "\x80", "\x85",
    "\x9f", "\u00a0", "\u00a1", "\u00ad", "\u00fc", "\u0300", "\u034f", "\u0378", "\u0600", "\u061c", "\u070f", "\u180e", "\u1680", "\u2000", "\u2007",
    "\u200b", "\u200d", "\u200e", "\u2028", "\u2029", "\u202e", "\u202f", "\u205f", "\u2060", "\u2065", "\u206f", "\u2fe0", "\u3000", "\u3001", "\u4e2d",
    "\ud7ff", "\ue000", "\uf8ff", "\ufdd0", "\ufe00", "\ufeff", "\ufff0", "\ufff9", "\ufffb", "\ufffc", "\ufffd", "\ufffe", "\uffff", "\U00010000", "\U0001000c",
    "\U000110bd", "\U00013430", "\U0001bca0", "\U0001d173", "\U0001f600", "\U0001f468\u200d\U0001f469", "\U0001f9ff", "\U0001faff", "\U00020000",
    "\U0002a6df", "\U0002a6e0", "\U0002ffff", "\U00030000", "\U0003134a", "\U0003134b", "\U000e0001", "\U000e0100", "\U000e01ef", "\U000f0000", "\U0010fffd", "\U0010ffff",
    "a\u00a0b", "caf\u00e9", "e\u0301", "\u0378\u0379", "\u05d0", "\u0627\u200f", "\ufb01", "\ud7a4", "\u0870",
]

FLOATS = [
    0.0, -0.0, 1.0, -1.0, 0.1, 0.5, 1.5, 100.0, 1e5, 123456.0, 1e15, 1e16, -1e16, 1e17, 1.5e16, 1.5e17, 1e21, 1e22, 1e23, 1e100, 1e300, 9999999999999998.0,
    99999999999999990.0, 1e-3, 1e-4, 0.00012, 9.9e-5, 1e-5, 1.5e-5, 1e-10, 1e-100, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.30000000000000004,
    1 / 3, 2 / 3, 3.141592653589793, 123456789.12345679, 9007199254740993.0, 4503599627370496.5, 1234567890123456.7, 12345678901234567.0, 0.1 + 0.7, 1e-7, -1.5e-7,
    # Two texts are equally near, or the nearest one is not a neighbor.
    -1113178120592002.25, 2152548015248394.25, 233891771783429.625, 4503599627370497.5, 2.0**-44, 2.0**-1074 * 3, 2.0**60, 2.0**77, 9.5e22, 2.0**-24,
]

VALUES = [
    None, True, False, 0, -1, 9223372036854775807, -9223372036854775808, 18446744073709551615, [], {}, [[]], [{}], {"a": {}}, [None, True, 1, 1.0, "a"],
    {"b": 1, "a": [2, {"it's": 'x"'}]}, {"": ""}, ["a'b", 'a"b', "a\nb"], {"\u00a0": "\u200b"}, [1e16, 1e-5, -0.0], {"k": [[], {}, [[{}]]]},
]

MERGES = [
    ({}, {}), ({"a": 1}, {"a": 2}), ({"a": 1}, {"b": 2}), ({"b": 1, "a": 2}, {"a": 3, "c": 4, "b": 5}), ({"a": [1]}, {"a": [2, 1]}), ({"a": []}, {"a": []}),
    ({"a": {"x": 1}}, {"a": {"y": 2}}), ({"a": {"x": [1]}}, {"a": {"x": [2]}}), ({"a": {"x": 1}}, {"a": {"by-p": {"q": 1}}}),
    ({"a": {"by-p": {"q": 1}}}, {"a": {"by-r": {"s": 2}}}), ({"a": {"by-p": {"q": 1}}}, {"a": {"x": 2}}), ({"a": {"by-p": {"q": 1}}}, {"a": {"by-p": {"r": 2}}}),
    ({"a": {"x": 1}}, {"a": {"by-p": 1, "by-q": 2}}), ({"a": {"x": 1}}, {"a": {"by-": 1}}), ({"a": {"x": 1}}, {"a": {"by": 1}}), ({"a": {"x": 1}}, {"a": {}}),
    ({"by-p": 1}, {"by-q": 2}), ({"a": 1}, {"by-q": 2}), ({"a": 1}, {"a": [1]}), ({"a": [1]}, {"a": 1}), ({"a": [1]}, {"a": {"b": 1}}), ({"a": {"b": 1}}, {"a": [1]}),
    ({"a": {"b": 1}}, {"a": None}), ({"a": None}, {"a": {"b": 1}}), ({"a": "s"}, {"a": "t"}), ({"a": 1}, {"a": True}), ({"a": {"b": {"c": {"d": [1], "e": 1}}}}, {"a": {"b": {"c": {"d": [2]}}}}),
    ({"a": {"b": {"x": 1}}}, {"a": {"b": {"by-p": {}}}}), ({}, {"by-p": {}}), ({"a": [[1]]}, {"a": [[2]]}), ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}),
]


def outcome(make):
    """Returns an object with the resulting text or the type of the exception."""
    try:
        return make()
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        return {"error": type(error).__name__}


def specs():
    """Yields random format specs, most of them valid, each with the name of a value."""
    chance = random.Random(20240603)
    some = lambda odds, choices: chance.choice(choices) if chance.random() < odds else ""
    values = ["s", "u", "empty", "q"], ["i", "neg", "zero", "big", "max", "min", "low", "t", "f"]
    values += (["x", "half", "two", "nf", "tiny", "huge", "fz", "nz", "odd", "tie", "nine", "e16"],)
    types = ["s", "", "d"], ["d", "b", "o", "x", "X", "n", "e", "f", "g", "%", ""], ["e", "E", "f", "F", "g", "G", "n", "%", ""]
    for number in range(4000):
        group = chance.randint(0, 2) if number % 4 else chance.randint(1, 2)
        align = some(0.4, ["<", ">", "^", "="])
        spec = (some(0.5, "*0x \u263a}{"[:5]) if align else "") + align
        odds = 0.1 if group == 0 else 0.35
        spec += some(odds, ["+", "-", " "]) + some(0.03, ["z"]) + some(odds, ["#"]) + some(0.25, ["0"])
        spec += some(0.6, [str(width) for width in (0, 1, 2, 4, 5, 7, 8, 9, 12, 13, 16, 17, 20, 25)])
        spec += some(odds, [",", "_"]) + some(0.4, ["." + str(digits) for digits in (0, 1, 2, 3, 4, 5, 6, 8, 10, 16, 17, 20)])
        kind = chance.choice(types[group]) if chance.random() < 0.95 else chance.choice("sdbcoxXneEfFgG%zq1")
        yield chance.choice(values[group]), spec + kind


def main():
    templates = [line.split("|") for line in TEMPLATES.strip("\n").split("\n")]
    templates = list(dict.fromkeys(itertools.chain.from_iterable(templates)))
    drawn = list(dict.fromkeys(specs()))
    parts = {
        "templates": [[one, outcome(lambda: one.format(**SCOPE))] for one in templates],
        "specs": [[name, spec, outcome(lambda: format(SCOPE[name], spec))] for name, spec in drawn],
        "values": [[one, str(one), repr(one), ascii(one)] for one in REPRS + FLOATS + VALUES],
        "merges": [[below, above, merge(below, above)] for below, above in MERGES],
    }
    with open(os.path.join(HERE, "cases.json"), "w", encoding="utf-8", newline="\n") as file:
        write = lambda value: json.dumps(value, separators=(",", ":"))
        file.write('{\n"scope": ' + write(SCOPE))
        for name, rows in parts.items():
            file.write(f',\n"{name}": [\n' + ",\n".join(map(write, rows)) + "\n]")
        file.write("\n}\n")


if __name__ == "__main__":
    main()
