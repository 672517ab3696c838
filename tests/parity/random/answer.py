"""Runs the peer on random projects.

Reads projects, one JSON document a line, and writes the peer's answers; it is run by the peer's
Python, once for each hash seed. Each project is generated in a fork of this process, in which the
peer is imported and nothing else has happened yet: what the peer keeps in its modules and caches is
gone with the fork.
"""

import fnmatch
import hashlib
import json
import logging
import os
import pathlib
import shutil
import signal
import sys
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import graphs

ROOT_URL = "https://taskcluster.example.com"


def lay_out(project):
    """Writes the project's files to the working folder."""
    shutil.rmtree("taskcluster/kinds", ignore_errors=True)
    files = {"config.yml": project["config"]}
    for kind, documents in project["kinds"].items():
        files.update({f"kinds/{kind}/{name}": document for name, document in documents.items()})
    for name, document in files.items():
        path = pathlib.Path("taskcluster", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document))


def task_id(key):
    """Returns the taskId of an index entry, the same as in tests/parity/bench.rs."""
    return "found" + hashlib.sha256(key.encode()).hexdigest()[:17]


def answer_from(index, base):
    def find(paths):
        keys = {path: next((key for key in index if fnmatch.fnmatchcase(path, key)), None) for path in paths}
        return {path: task_id(key) for path, key in keys.items() if key}

    def statuses(ids):
        known = {task_id(key): status for key, status in index.items()}
        return {found: known[found] for found in ids if found in known}

    base.find_task_id_batched = find
    base.status_task_batched = statuses


def generate(project):
    """Returns the peer's documents by phase, up to the first that fails."""
    import taskgraph.generator
    import taskgraph.morph
    import taskgraph.optimize.base
    import taskgraph.parameters

    made = []

    def slugid():
        made.append(f"new-{len(made):018d}")
        return made[-1]

    answer_from(project["index"], taskgraph.optimize.base)
    taskgraph.optimize.base.slugid = taskgraph.morph.slugid = slugid
    answer = {}
    try:
        lay_out(project)

        def parameters(graph_config):
            params = taskgraph.parameters.Parameters(
                strict=False, repo_root=os.getcwd(), **project["params"]
            )
            params.check()
            return params

        generator = taskgraph.generator.TaskGraphGenerator("taskcluster", parameters)
        # Later phases change the tasks of this one.
        answer["full"] = json.loads(json.dumps(generator.full_task_graph.to_json()))
        answer["target"] = sorted(generator.target_task_set.tasks)
        answer["target-graph"] = sorted(generator.target_task_graph.tasks)
        optimized = generator.optimized_task_graph
        answer["optimized"] = by_label(optimized, made)
        answer["morphed"] = by_label(generator.morphed_task_graph, made)
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{pathlib.Path(last.filename).name}:{last.lineno}"
        # The message may contain the order of a set, or a folder.
        nothing = " 'NoneType'" if "'NoneType'" in str(error) else ""
        answer["refused"] = f"{type(error).__name__} {where}{nothing}"
    return answer


def by_label(graph, made):
    """Replaces each new taskId of a graph by `@` and the label."""
    document = json.loads(json.dumps(graph.to_json()))
    names = {key: task["label"] for key, task in document.items() if key in made}
    document = graphs.plain(document, names)
    for task in document.values():
        listed = task["task"].get("dependencies")
        if listed:
            listed.sort()
    return document


def main():
    os.environ["TASKCLUSTER_ROOT_URL"] = ROOT_URL
    os.environ["TASKGRAPH_SERIAL"] = "1"
    os.environ.pop("TASKCLUSTER_PROXY_URL", None)
    # Everything that a project may use is imported before the first fork.
    import mozilla_taskgraph.transforms.replicate  # noqa: F401
    import mozilla_taskgraph.util.signed_artifacts  # noqa: F401
    import taskgraph.generator  # noqa: F401
    import taskgraph.transforms.chunking  # noqa: F401
    import taskgraph.transforms.code_review  # noqa: F401
    import taskgraph.transforms.docker_image  # noqa: F401
    import taskgraph.transforms.fetch  # noqa: F401
    import taskgraph.transforms.from_deps  # noqa: F401
    import taskgraph.transforms.matrix  # noqa: F401
    import taskgraph.transforms.notify  # noqa: F401
    import taskgraph.transforms.run  # noqa: F401
    import taskgraph.transforms.task_context  # noqa: F401

    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            signal.alarm(60)
            os.close(reader)
            answer = generate(json.loads(line))
            with os.fdopen(writer, "w") as out:
                out.write(json.dumps(answer, sort_keys=True, separators=(",", ":")))
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as answers:
            text = answers.read()
        _, status = os.waitpid(child, 0)
        if status:
            sys.exit(f"a generation ended with {status}: {line}")
        print(text, flush=True)


if __name__ == "__main__":
    main()
