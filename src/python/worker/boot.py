# Started with `python -c` and, on Unix, the number of the lifeline's descriptor. Reserves the pipes for the
# worker, reads the worker's sources from the first message, and runs them.
import gc, importlib.machinery, json, linecache, os, struct, sys
# Importing makes many long-lived objects: collecting garbage takes time and frees nothing.
gc.disable()
# Not buffered: what has been read ahead would be invisible to those who wait for the next message.
requests = os.fdopen(os.dup(0), "rb", buffering=0)
answers = os.fdopen(os.dup(1), "wb")
nothing = os.open(os.devnull, os.O_RDONLY)
os.dup2(nothing, 0)
os.dup2(2, 1)
sys.path[:] = [entry for entry in sys.path if entry]


def exactly(count):
    data = b""
    while len(data) < count:
        part = requests.read(count - len(data))
        if not part:
            sys.exit()
        data += part
    return data


length, blobs = struct.unpack(">II", exactly(8))
sources = json.loads(exactly(length).decode("utf-8"))["sources"]


class Sources:
    """Imports the worker's modules from the sources that were sent."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "snowman_worker":
            return importlib.machinery.ModuleSpec(name, Sources, is_package=True)
        short = name[15:]
        if name.startswith("snowman_worker.") and short in sources:
            return importlib.machinery.ModuleSpec(name, Sources)
        return None

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        short = module.__name__[15:]
        if short:
            file = "<snowman/%s.py>" % short
            text = sources[short]
            linecache.cache[file] = (len(text), None, text.splitlines(True), file)
            exec(compile(text, file, "exec"), module.__dict__)


sys.meta_path.append(Sources)
from snowman_worker.main import serve
serve(requests, answers, int(sys.argv[1]) if sys.argv[1:] else None)
