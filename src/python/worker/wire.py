"""Reads and writes messages: a head in JSON, and blobs that are only parsed when they are needed.

A message is the length of its head, the number of its blobs, the length of each blob (all of them
big-endian, 32 bits), the head, and the blobs.
"""

import json
import struct
import threading

try:
    import orjson
except ImportError:
    orjson = None


class NotPlain(Exception):
    """A value that is not plain data and cannot be sent."""


def loads(data):
    return orjson.loads(data) if orjson else json.loads(data)


def _refuse(value):
    raise TypeError("%s.%s" % (type(value).__module__, type(value).__qualname__))


def dumps(value):
    """Serializes plain data as JSON. Raises NotPlain for anything else."""
    try:
        if orjson:
            options = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
            return orjson.dumps(value, default=_refuse, option=options)
        return json.dumps(value, default=_refuse, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError, RecursionError) as error:
        raise NotPlain(where(value) or str(error)) from None


def where(value, path=""):
    """Describes the first place in a value that is not plain data."""
    if value is None or isinstance(value, (str, int, float)):
        return None
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                return "%s has the key %r, which is not a string" % (path or "it", key)
            found = where(item, "%s.%s" % (path, key) if path else key)
            if found:
                return found
        return None
    if isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            found = where(item, "%s[%d]" % (path, index))
            if found:
                return found
        return None
    kind = type(value)
    return "%s is a %s.%s" % (path or "it", kind.__module__, kind.__qualname__)


class Pipe:
    def __init__(self, requests, answers):
        self.requests = requests
        self.answers = answers
        self.lock = threading.Lock()
        # Whether this process was forked from another worker.
        self.forked = False

    def _exactly(self, count):
        data = memoryview(bytearray(count))
        read = 0
        while read < count:
            more = self.requests.readinto(data[read:])
            if not more:
                raise EOFError
            read += more
        return bytes(data)

    def read(self):
        head, count = struct.unpack(">II", self._exactly(8))
        lengths = struct.unpack(">%dI" % count, self._exactly(4 * count))
        head = loads(self._exactly(head))
        return head, [self._exactly(length) for length in lengths]

    def write(self, head, blobs=()):
        head = dumps(head)
        lengths = struct.pack(">%dI" % len(blobs), *[len(blob) for blob in blobs])
        with self.lock:
            self.answers.write(struct.pack(">II", len(head), len(blobs)) + lengths + head)
            for blob in blobs:
                self.answers.write(blob)
            self.answers.flush()
