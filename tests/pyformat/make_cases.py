"""Writes the table that tests/pyformat.rs compares with: what Python's str.format gives.

    python tests/pyformat/make_cases.py
"""

import itertools
import json
import pathlib

SCOPE = {
    "s": "text", "empty": "", "uni": "é日😀", "quote": "it's", "both": "'\"", "ctl": "a\n\t\x00\x7f\x85\xa0\xad\u200b\u2028\ud7ff\ue000", "comb": "\u0301e\u0301",
    "i": 42, "zero": 0, "neg": -7, "big": 1234567, "huge": 18446744073709551615, "low": -9223372036854775808, "t": True, "f": False, "n": None,
    "x": 1.5, "pi": 3.141592653589793, "nz": -0.0, "fz": 0.0, "small": 0.000012345, "large": 1.25e20, "half": 0.5, "th": 2.5, "e16": 1e16, "neghalf": -0.5, "tiny": -0.001, "nines": 9.9995, "max": 1.7976931348623157e308, "den": 5e-324, "mill": 1234567.891,
    "l": ["a", ["b", "c"], {"k": "v"}], "d": {"k": "v", "1": "one", "a b": "sp", "n": {"m": [1, 2]}, "x.y": "dot", "-1": "minus", "": "nothing", "k!": "bang", "q:r": "colon"}, "el": [], "ed": {},
    "a-b": "dash", "a b": "space", "width": 8, "spec": ">6", "fill": "*", "kind": "x", "task": {"label": "build-linux", "attributes": {"build_platform": "linux64"}}, "matrix": {"platform": "win"}, "chunk": 3, "self_": "me", "日": "kanji", "1a": "digit first",
}

TEMPLATES = """
||a|{s}|{ s}|{s }|{{|}}|{{}}|{{s}}|{{{s}}}|{{{{s}}}}|{|}|{{{|}}}|{s|s}|{s}}|{{s}|a{|a}|{}|{0}|{1}|{0}{}|{}{0}|{0.a}|{[0]}|{.a}|{99999999999999999999}|{007}|{-1}|{1a}|{+1}|{日}
{s}{i}{n}|{s} {s}|{missing}|{S}|{a-b}|{a b}|{s.missing}|{i.missing}|{n.missing}|{l.missing}|{d.k}|{d.missing}|{task.label}|{s.}|{s.a.b}|{s..a}|{task.attributes[build_platform]}
{l[0]}|{l[1]}|{l[1][0]}|{l[2][k]}|{l[2]}|{l[3]}|{l[-1]}|{l[a]}|{l[]}|{l[ 0]}|{l[0 ]}|{l[00]}|{l[0]x}|{l[0]]}|{l[0}|{l[[0]]}|{l[99999999999999999999]}|{l[0].a}|{l[0][0]}|{l[0][0][0]}|{l[0][5]}
{d[k]}|{d[1]}|{d[a b]}|{d[n]}|{d[n][m]}|{d[n][m][1]}|{d[missing]}|{d[x.y]}|{d[-1]}|{d[]}|{d["k"]}|{d['k']}|{d[k]!r}|{d[k!]}|{d[q:r]}|{d[k}|{d[k]}]}|{d[k{s}]}|{d[{s}]}|{d[k][0]}|{d[k][a]}|{d}|{d!r}|{d!s:.5}|{l!r}|{l}|{el}|{ed}
{s[0]}|{s[3]}|{s[4]}|{s[a]}|{s[-1]}|{uni[1]}|{uni[2]}|{i[0]}|{i[a]}|{x[0]}|{n[0]}|{n[a]}|{t[0]}|{empty[0]}|{task[label]}|{task[attributes][build_platform]}|{task[Label]}|{matrix[platform]}-{chunk}|{task[0]}
{s!r}|{s!s}|{s!a}|{s!x}|{s!}|{s!r!s}|{s!rr}|{s!r:>10}|{s!r:}|{s! r}|{s!r }|{s!R}|{uni!a}|{uni!r}|{quote!r}|{both!r}|{ctl!r}|{ctl!a}|{comb!r}|{comb!a}|{n!r}|{n!s:>6}|{t!s:>6}|{i!r:>6}|{i!s:>6}|{l!s:>40}|{d!a}|{s!r:d}|{x!r:5}|{s!|{s!r|{s!r:|{!r}|{missing!x}|{s!:}|{s:!r}
{s:}|{s:{width}}|{s:{spec}}|{s:{fill}>{width}}|{i:{kind}}|{i:{{}}}|{s:{}}|{s:{0}}|{s:{missing}}|{s:{width}|{s:{width}}}|{s:{width:{width}}}|{s:{width:{width:{width}}}}|{s:{spec!s}}|{s:{d[k]}}|{s:}}|{s:>{i}}|{s:{i}d}|{i:0{width}}|{i:{empty}}|{i:{fill}^{width}{kind}}|{x:{width}.{chunk}f}|{s:{s}}|{i:{n}}|{s:{zero}}|{s:.{zero}}|{s:.{chunk}}
{n:}|{n:5}|{n:s}|{l:5}|{l:}|{d:>3}|{d:s}|{n!s:5}|{el:0}|{t:}|{t:s}|{t:d}|{t:5}|{t:05}|{t:x}|{t:.1f}|{t:c}|{t:%}|{f:>5}|{f:g}|{t:,}|{f!r:5}|{t:b}|{f:+}
http://{s}/{{id}}|$(cmd {{}})|{{"a": "{s}"}}|{s}-{i:04d}/{x:.1f}|${{VAR}}|${VAR}|{self_}|{s}\\n|{s}{{}}{i}|{{{{{s}}}}}|{s}{|{s}}|}{|{{}|{}}|{s:{|{s:}|{s!r:{|{l[0]|{l[0|{l.|{s.a|{s:>5|{ |{ }|{  s}|{s:{width}{spec}}
{chunk:>3}|{chunk:03}|{chunk:<3}.|{chunk:^3}.|{chunk:=+3}|{chunk:*^7}|{task[label]:.5}|{task[label]:>20}|{task[label]!r:<20}|{s:99999999999999999999}|{s:.99999999999999999999}|{l[1]!s:.4}|{empty:5}|{empty:*^5}|{empty!r:5}|{uni:5}|{uni:.2}|{uni:*>6}|{s:é>6}|{s:😀^7}|{s:{{>6}|{s:}>6}|{i:é=6}|{i:{uni}}
"""

STRING_SPECS = "s >s <10 >10 ^10 ^9 *^10 =10 0 010 <010 >010 =010 05s 5s 3 .2 .0 10.2 >10.2 ^10.2s . .s .a + - +10 # #10 z , _ ,d d x f c n % r 5d 1. s5 <<10 <<<10 >>10 ^^5 <> >< 00 00010 0010 *10 10* *<3 **<10 1_000 1,000 .2s .10s 5.5 {{ !r".split(" ")
INT_SPECS = "d 5 05 5d 05d <5 >5 ^5 ^6 =5 *=6 *^6 *<6 *>6 + - +d -d +5 +05 -05 +x x X o b #x #X #o #b #d #10x #010x 010x #010b x< <#10x ^#11x =#11x , _ ,d _d ,x _x _X _b _o #_x #_b ,b ,_ _, ,, __ 10, 010, 015, 09,d 020_ 020_b 018_x #020_x <010, >010, ^012, *=12, 0=12, 0>12, 0<12, +,d +015, +016, +014, c 5c *^5c #c +c c5 n 5n 05n ,n _n s 5s e .2e E f .0f .2f F g .3g G % .0% .1% 10.1f 010.1f ,.2f _.1f 015,.2f +.1e z zd zf .2 .0d .x 5. a q D 'd 1d5 0 00 000 +0 -0 #0 <0 =0 =00 ==5 <=5 ^0 ^05 5_ 5,.1f 5_.1f 5._f 60 .3% e5 #e #.0e #.0f #g #.3g #.0% #".split(" ")
FLOAT_SPECS = "f .0f .1f .2f .3f .10f .20f 10f 10.2f 010.2f <10.2f ^10.2f *^12.2f =10.1f *=10.1f +f +.1f -.1f +10.1f +010.1f , ,f _f ,.2f _.2f 020,.2f 021,.3f 022_.3f e .0e .1e .3e .10e E .2E 12e 012.2e g .0g .1g .2g .3g .4g .6g .10g .17g .20g G .2G 10g 010g n .3n ,n % .0% .1% .2% 10% 010.1% ,% # #f #.0f #.0e #.1e #g #.0g #.1g #.3g #.10g #n #% #.0% z zf z.0f z.1f z.2e zg z.0% +z.1f -z.1f z+.1f .0 .1 .2 .3 .4 .5 .6 .10 .17 .20 10 010 <10 ^10 *^10 10.3 010.3 +.3 #.3 #.1 z.1 ,.3 ,.10 _.10 020,.10 020, 0= 0< 020 +020 d x s c b 5d . .f 1.2.3f F .1F .3F #.3F r a 60 060.1f 0>12.1f 12,.1f 0=12,.1f".split(" ")


def cases():
    for template in dict.fromkeys(TEMPLATES.replace("\n", "|").split("|")):
        yield template
    for name, spec in itertools.product(["s", "empty", "uni"], STRING_SPECS):
        yield f"{{{name}:{spec}}}"
    for name, spec in itertools.product(["i", "zero", "neg", "big", "huge", "low", "t"], INT_SPECS):
        yield f"{{{name}:{spec}}}"
    names = ["x", "pi", "nz", "fz", "small", "large", "half", "th", "e16", "neghalf", "tiny", "nines", "max", "den", "mill"]
    for name, spec in itertools.product(names, FLOAT_SPECS):
        yield f"{{{name}:{spec}}}"
    for name in SCOPE:
        for suffix in ("", "!r", "!s", "!a", ":>20", ":*^20", "!r:*<20"):
            yield f"{{{name}{suffix}}}"


def outcome(template):
    try:
        return {"gives": template.format(**SCOPE)}
    except Exception as error:
        return {"error": type(error).__name__}


if __name__ == "__main__":
    rows = [{"template": template, **outcome(template)} for template in dict.fromkeys(cases())]
    # Methods of Python's own objects have no place in a table of plain values.
    rows = [row for row in rows if "object at 0x" not in row.get("gives", "")]
    text = ",\n".join(json.dumps(row) for row in rows)
    scope = json.dumps(SCOPE)
    path = pathlib.Path(__file__).parent / "cases.json"
    path.write_text(f'{{"scope": {scope},\n"cases": [\n{text}\n]}}\n')
    print(f"{len(rows)} rows")
