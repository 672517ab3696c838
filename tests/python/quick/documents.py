"""Compares what is parsed from JSON."""

import json

from compare import outcome, same

PARTS = ["{", "}", "[", "]", ",", ":", '"', '"a"', '"\\u00e9"', "1", "-0.0", "1e400", "123456789012345678901", "true", "NaN", "null", " ", "\n", "\ufeff", "\\", "\x00", "x"]


def document(random):
    value = random.choice([None, 1, "x", [], {}, [[1, {"a": 2.5}], "é"], {"a": [True], "b": None}])
    text = json.dumps(value, ensure_ascii=random.random() < 0.5, indent=random.choice([None, 1]))
    for _ in range(random.choice([0, 0, 1, 3])):
        at = random.randint(0, len(text))
        text = text[:at] + random.choice(PARTS) + text[at + random.choice([0, 1]) :]
    return text


def compare(random, rounds):
    from snowman_worker import quick_json

    replaced = quick_json.replacement(json.loads, json._default_decoder.scan_once)
    options = [{}, {}, {}, {"parse_int": str}, {"object_hook": list}, {"cls": json.JSONDecoder}, {"strict": False}]
    for _ in range(rounds * 20):
        text, named = document(random), random.choice(options)
        if random.random() < 0.1:
            text = random.choice([text.encode(), bytearray(text, "utf-8"), None, 5, type("Text", (str,), {})(text)])
        same("json.loads", (text, named), outcome(json.loads, text, **named), outcome(replaced, text, **named))
    deep = "[" * 100_000
    same("json.loads", "deep", outcome(json.loads, deep), outcome(replaced, deep))
    return rounds * 20 + 1
