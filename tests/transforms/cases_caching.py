"""Cases of `cached_tasks`, `fetch`, `docker_image` and of docker contexts."""


def item(name, cache=True, **more):
    made = {"label": f"thing-{name}", "attributes": {}, "x": name}
    if cache:
        made["cache"] = {"type": "t.v1", "name": name, "digest-data": ["a", name]}
    return {**made, **more}


def cached(name, items, **rest):
    return {"name": f"cached_tasks: {name}", "transform": "cached_tasks", "kind": "thing", "items": items, **rest}


def upstream(label, kind="image", **attributes):
    return {"kind": kind, "label": label, "attributes": attributes, "task": {}, "description": ""}


IMAGE = upstream("image-a", cached_task={"type": "images", "name": "a", "digest": "1234"})
PLAIN = upstream("image-b")

PULL = {"tasks_for": "github-pull-request"}
UNTRUSTED = {"tasks_for": "github-pull-request-untrusted"}
COMMENT = {"tasks_for": "github-issue-comment"}


def taskgraph(**settings):
    return {"taskgraph": {"repositories": {"ci": {"name": "ci"}}, **settings}}


CACHED = [
    cached("one", [item("a")]),
    cached("none that is cached", [item("a", cache=False)]),
    cached("cache null", [item("a", cache=None)]),
    cached("nothing", []),
    cached("level 3", [item("a")], params={"level": "3"}),
    cached("level 2", [item("a")], params={"level": "2"}),
    cached("level 4", [item("a")], params={"level": "4"}),
    cached("level no number", [item("a")], params={"level": "three"}),
    cached("a pull request", [item("a")], params=PULL),
    cached("an untrusted pull request", [item("a")], params=UNTRUSTED),
    cached("a comment", [item("a")], params=COMMENT),
    cached("a pull request that is not cached", [item("a")], params=PULL, graph_config=taskgraph(**{"cache-pull-requests": False})),
    cached("an untrusted one that is not cached", [item("a")], params=UNTRUSTED, graph_config=taskgraph(**{"cache-pull-requests": False})),
    cached("a push, pull requests not cached", [item("a")], graph_config=taskgraph(**{"cache-pull-requests": False})),
    cached("hg push", [item("a")], params={"tasks_for": "hg-push", "level": "3", "build_date": 0}),
    cached("cron", [item("a")], params={"tasks_for": "cron", "build_date": 1709251199}),
    cached("prefix", [item("a")], graph_config=taskgraph(**{"cached-task-prefix": "other.prefix"})),
    cached("own routes", [item("a", routes=["mine"], optimization={"skip-unless-changed": []})]),
    cached("routes null", [item("a", routes=None)]),
    cached("no attributes", [{k: v for k, v in item("a").items() if k != "attributes"}]),
    cached("attributes null", [item("a", attributes=None)]),
    cached("own attributes", [item("a", attributes={"x": 1, "cached_task": False})]),
    cached("no label", [{"name": "a"}]),
    cached("chain of trust", [item("a", worker={"chain-of-trust": True})]),
    cached("no chain of trust", [item("a", worker={"chain-of-trust": False})]),
    cached("chain of trust a text", [item("a", worker={"chain-of-trust": "yes"})]),
    cached("a worker without it", [item("a", worker={})]),
    cached("worker null", [item("a", worker=None)]),
    cached("parents of the kind", [item("b", dependencies={"p": "thing-a"}), item("a")]),
    cached("parents in a row", [
        item("c", dependencies={"p": "thing-d"}), item("a", dependencies={"p": "thing-c"}), item("d")]),
    cached("two parents", [
        item("c", dependencies={"p": "thing-b", "q": "thing-a", "r": "image-a"}), item("a"), item("b")],
        dependencies=[IMAGE]),
    cached("parent of another kind", [item("a", dependencies={"image": "image-a"})], dependencies=[IMAGE, PLAIN]),
    cached("uncached parent of another kind", [item("a", dependencies={"image": "image-b"})], dependencies=[IMAGE, PLAIN]),
    cached("uncached parent of the kind", [item("a", dependencies={"p": "thing-b"}), item("b", cache=False)]),
    cached("uncached with parents", [item("a", cache=False, dependencies={"p": "image-b", "q": "thing-b"}), item("b")],
           dependencies=[PLAIN]),
    cached("parent that is not there", [item("a", dependencies={"p": "other-x"})]),
    cached("parent of the kind that is not there", [item("a", cache=False, dependencies={"p": "thing-x"})]),
    cached("uncached on what is not there", [item("a", cache=False, dependencies={"p": "other-x"})]),
    cached("a loop", [item("a", dependencies={"p": "thing-b"}), item("b", dependencies={"p": "thing-a"})]),
    cached("itself", [item("a", dependencies={"p": "thing-a"})]),
    cached("a parent of a kind whose name begins alike", [item("a", dependencies={"p": "thing-image-a"})],
           dependencies=[upstream("thing-image-a", "thing-image", cached_task={"type": "t", "name": "n", "digest": "d"})],
           on_purpose="the peer takes the label for one of its own kind and sees a loop"),
    cached("dependencies null", [item("a", dependencies=None)]),
    cached("dependencies empty", [item("a", dependencies={})]),
    cached("cached attribute false", [item("a")], dependencies=[upstream("image-c", cached_task=False)]),
    cached("cached attribute incomplete", [item("a")], dependencies=[upstream("image-c", cached_task={"type": "t", "name": "n"})]),
    cached("cache empty", [item("a", cache=None) | {"cache": {}}]),
    cached("cache false", [item("a", cache=None) | {"cache": False}]),
    cached("no digest data", [item("a") | {"cache": {"type": "t", "name": "n"}}]),
    cached("empty digest data", [item("a") | {"cache": {"type": "t", "name": "n", "digest-data": []}}]),
    cached("digest data of numbers", [item("a") | {"cache": {"type": "t", "name": "n", "digest-data": [1]}}]),
    cached("no cache name", [item("a") | {"cache": {"type": "t", "digest-data": []}}]),
    cached("no cache type", [item("a") | {"cache": {"name": "n", "digest-data": []}}]),
    cached("cache name a number", [item("a") | {"cache": {"type": "t", "name": 1, "digest-data": []}}]),
    cached("more keys in cache", [item("a") | {"cache": {"type": "t", "name": "n", "digest-data": ["ü"], "x": 1}}]),
    cached("a name in braces", [item("a") | {"cache": {"type": "t", "name": "{x}", "digest-data": []}}]),
]


def fetch(name, fetch, more=None, kind="fetch", **rest):
    made = {"name": "thing", "description": "d", "fetch": fetch, **(more or {})}
    return {"name": f"fetch: {name}", "transform": "fetch", "kind": kind, "items": [made], **rest}


URL = {"type": "static-url", "url": "https://example.com/a/b-1.0.tar.gz", "sha256": "ab" * 32, "size": 123}
GIT = {"type": "git", "repo": "https://example.com/a/b.git", "revision": "0123456789abcdefABCD" * 2}


def url(**more):
    return {**URL, **{key.replace("_", "-"): value for key, value in more.items()}}


def git(**more):
    return {**GIT, **{key.replace("_", "-"): value for key, value in more.items()}}


def without(fetch, key):
    return {k: v for k, v in fetch.items() if k != key}


SIGNATURE = {"sig-url": "{url}.asc", "key-path": "taskcluster/keys/some.key"}

FETCH = [
    fetch("a file", URL),
    fetch("a file on level 3", URL, params={"level": "3"}),
    fetch("a file in a pull request", URL, params=PULL),
    fetch("a file that expires as the graph config says", URL, graph_config={"task-expires-after": "7 days"}),
    fetch("the same on level 3", URL, graph_config={"task-expires-after": "7 days"}, params={"level": "3"}),
    fetch("in another kind", URL, kind="thing"),
    fetch("in a kind whose name is in the label", URL, kind="fetch-thing", more={"name": "thing-fetch-x"}),
    fetch("in a kind in the middle of the label", URL, kind="x", more={"name": "x-x-y"}),
    fetch("with Treeherder", URL, graph_config={"treeherder": {"group-names": {}}}),
    fetch("artifact name", url(artifact_name="x.tar.zst")),
    fetch("artifact name empty", url(artifact_name="")),
    fetch("artifact name null", url(artifact_name=None)),
    fetch("artifact name from the root", url(artifact_name="/x")),
    fetch("address with a slash at its end", url(url="https://example.com/a/")),
    fetch("address without a slash", url(url="x")),
    fetch("strip components", url(strip_components=2)),
    fetch("strip no components", url(strip_components=0)),
    fetch("strip-components null", url(strip_components=None)),
    fetch("strip-components a boolean", url(strip_components=True)),
    fetch("add prefix", url(add_prefix="p/")),
    fetch("add no prefix", url(add_prefix="")),
    fetch("both", url(add_prefix="p/", strip_components=1, artifact_name="x.tar.zst")),
    fetch("headers", url(headers={"b": "x: y", "A": "z"})),
    fetch("headers empty", url(headers={})),
    fetch("headers null", url(headers=None)),
    fetch("headers of numbers", url(headers={"a": 1})),
    fetch("signature", url(gpg_signature=SIGNATURE)),
    fetch("signature at another address", url(gpg_signature={**SIGNATURE, "sig-url": "https://example.com/sig"})),
    fetch("signature with an unknown name", url(gpg_signature={**SIGNATURE, "sig-url": "{address}"})),
    fetch("signature with a key that is not there", url(gpg_signature={**SIGNATURE, "key-path": "nowhere"})),
    fetch("signature with a key of Windows", url(gpg_signature={**SIGNATURE, "key-path": "k"}), files={"k": {"content": "a\r\nb\rc\n"}}),
    fetch("signature without a key", url(gpg_signature={"sig-url": "x"})),
    fetch("signature with an unknown key", url(gpg_signature={**SIGNATURE, "x": 1})),
    fetch("signature null", url(gpg_signature=None)),
    fetch("unknown keys", url(colour="red")),
    fetch("no address", without(URL, "url")),
    fetch("no digest", without(URL, "sha256")),
    fetch("no size", without(URL, "size")),
    fetch("size a text", url(size="1")),
    fetch("size a float", url(size=1.5)),
    fetch("size large", url(size=12345678901234)),
    # git
    fetch("git", GIT),
    fetch("git, address with slashes at its end", git(repo="https://example.com/a/b//")),
    fetch("git, address without a slash", git(repo="b")),
    fetch("git, folder", git(path_prefix="p")),
    fetch("git, folder empty", git(path_prefix="")),
    fetch("git, artifact name", git(artifact_name="x.tar.gz")),
    fetch("git, with its folder", git(include_dot_git=True)),
    fetch("git, without its folder", git(include_dot_git=False)),
    fetch("git, key", git(ssh_key="project/x/key")),
    fetch("git, key and folder", git(ssh_key="project/x/key", include_dot_git=True)),
    fetch("git, key empty", git(ssh_key="")),
    fetch("git, key null", git(ssh_key=None)),
    fetch("git, a branch", git(revision="main")),
    fetch("git, a short revision", git(revision="0123456")),
    fetch("git, a long revision", git(revision="0123456789" * 4 + "xyz")),
    fetch("git, revision a number", git(revision=1)),
    fetch("git, no address", without(GIT, "repo")),
    fetch("git, no revision", without(GIT, "revision")),
    fetch("git, unknown key", git(sha256="x")),
    # all types
    fetch("unknown type", {"type": "static_url"}),
    fetch("no type", {"url": "x"}),
    fetch("type a number", {"type": 1}),
    fetch("fetch null", None),
    fetch("fetch a text", "https://example.com"),
    fetch("expires", URL, more={"expires-after": "3 days"}, params={"level": "3"}),
    fetch("expires null", URL, more={"expires-after": None}),
    fetch("expires a number", URL, more={"expires-after": 3}),
    fetch("image", URL, more={"docker-image": {"in-tree": "mine"}}),
    fetch("image a text", URL, more={"docker-image": "debian@sha256:abc"}),
    fetch("image null", URL, more={"docker-image": None}),
    fetch("alias", URL, more={"fetch-alias": "other"}),
    fetch("alias empty", URL, more={"fetch-alias": ""}),
    fetch("alias null", URL, more={"fetch-alias": None}),
    fetch("prefix", URL, more={"artifact-prefix": "private/x"}),
    fetch("prefix with a slash", URL, more={"artifact-prefix": "private/"}),
    fetch("prefix empty", URL, more={"artifact-prefix": ""}),
    fetch("prefix null", URL, more={"artifact-prefix": None}),
    fetch("attributes", URL, more={"attributes": {"a": 1, "fetch-artifact": "x"}}),
    fetch("attributes null", URL, more={"attributes": None}),
    fetch("attributes a list", URL, more={"attributes": []}),
    fetch("task-from", URL, more={"task-from": "kind.yml"}),
    fetch("unknown key", URL, more={"expires": "1 day"}),
    fetch("no description", URL, items=[{"name": "a", "fetch": URL}]),
    fetch("no name", URL, items=[{"description": "a", "fetch": URL}]),
    fetch("two", URL, items=[
        {"name": "a", "description": "a", "fetch": URL}, {"name": "b", "description": "b", "fetch": GIT}]),
]


def image(name, more=None, **rest):
    made = {"name": "plain", **(more or {})}
    return {"name": f"docker_image: {name}", "transform": "docker_image", "kind": "docker-image", "items": [made], **rest}


PACKAGES = [upstream("packages-x", "packages"), upstream("packages-y", "packages"), upstream("image-z")]
ARGS = {"name": "args", "args": {"VERSION": "1.2", "NAME": "v", "DIR": "shared"}}

IMAGES = [
    image("plain"),
    image("plain on level 3", params={"level": "3"}),
    image("plain on level 2", params={"level": "2"}),
    image("level no number", params={"level": "x"}),
    image("expires as the graph config says", graph_config={"task-expires-after": "7 days"}),
    image("definition", {"name": "other", "definition": "plain"}),
    image("definition null", {"definition": None}),
    image("symbol", {"symbol": "I(p)"}),
    image("symbol empty", {"symbol": ""}),
    image("symbol null", {"symbol": None}),
    image("parent", {"parent": "base"}),
    image("parent empty", {"parent": ""}),
    image("parent null", {"parent": None}),
    image("arguments", ARGS),
    image("arguments null", {"args": None}),
    image("arguments that nobody asks for", {"args": {"Z": "1", "A": "ü\"\\"}}),
    image("arguments of numbers", {"args": {"A": 1}}),
    image("arguments missing", {"name": "args", "args": {"VERSION": "1.2"}}),
    image("arguments all missing", {"name": "args"}),
    image("arguments that name the packages", {"args": {"DOCKER_IMAGE_PACKAGES": "mine", "B": "b"}}),
    image("packages", {"packages": ["y", "x"]}, dependencies=PACKAGES),
    image("packages and parent", {"packages": ["x"], "parent": "base"}, dependencies=PACKAGES),
    image("packages unknown", {"packages": ["z"]}, dependencies=PACKAGES),
    image("packages empty", {"packages": []}),
    image("packages null", {"packages": None}),
    image("index", {"index": {"product": "p", "job-name": "j", "type": "generic", "rank": 5}}),
    image("index empty", {"index": {}}),
    image("index null", {"index": None}),
    image("index with a rank", {"index": {"rank": "build_date"}}),
    image("index with an unknown rank", {"index": {"rank": "by_tier"}}),
    image("index with a rank that is null", {"index": {"rank": None}}),
    image("index with a type that is null", {"index": {"type": None}}),
    image("index with an unknown key", {"index": {"names": "p"}}),
    image("cached", {"cache": True}),
    image("not cached", {"cache": False}),
    image("cache null", {"cache": None}),
    image("cache a text", {"cache": "yes"}),
    image("task-from", {"task-from": "kind.yml"}),
    image("unknown key", {"arguments": {}}),
    image("no name", items=[{"definition": "plain"}]),
    image("no folder", {"name": "nowhere"}),
    image("no Dockerfile", {"name": "empty"}, files={"taskcluster/docker/empty/README": {"content": "x"}}),
    image("two", items=[{"name": "plain"}, ARGS]),
    image("two that are kept", items=[{"name": "plain"}, ARGS], write_artifacts=True),
]


def context(name, dockerfile, files=None, args=None, write=True, folder="made"):
    files = {f"taskcluster/docker/{folder}/{path}": file for path, file in (files or {}).items()}
    more = {"name": folder}
    if dockerfile is not None:
        files[f"taskcluster/docker/{folder}/Dockerfile"] = {"content": dockerfile}
    if args is not None:
        more["args"] = args
    made = image(name, more, files=files, write_artifacts=write)
    return {**made, "name": f"docker context: {name}"}


LONG = "a-folder-with-a-rather-long-name/" * 3
AT_ROOT = "../../../"

CONTEXTS = [
    context("only a Dockerfile", "FROM scratch\n"),
    context("an empty Dockerfile", ""),
    context("no newline at the end", "FROM scratch\nRUN x"),
    context("carriage returns", "FROM scratch\r\nRUN x\rRUN y\n"),
    context("not ASCII", "FROM scratch # ü\n", {"é": {"content": "ñ"}, "z": {}}),
    context("files and folders", "FROM scratch\n", {"b/c/d": {"content": "x" * 600}, "b/a": {}, "a": {"content": "y" * 512}}),
    context("order", "FROM scratch\n", {"a/b": {}, "a.b": {}, "a-b": {}, "A": {}, "é": {}, "z": {}}),
    context("modes", "FROM scratch\n", {
        "run": {"mode": 0o755}, "secret": {"mode": 0o600}, "all": {"mode": 0o777}, "none": {"mode": 0o400},
        "group": {"mode": 0o664}, "sticky": {"mode": 0o1644}}),
    context("the mode of the Dockerfile", None, {"Dockerfile": {"content": "FROM x\n", "mode": 0o600}}),
    context("setuid", "FROM scratch\n", {"x": {"mode": 0o4755}}),
    context("setgid", "FROM scratch\n", {"x": {"mode": 0o2755}}),
    context("a setuid Dockerfile", None, {"Dockerfile": {"content": "FROM x\n", "mode": 0o4644}}, write=False),
    context("__pycache__", "FROM scratch\n", {"__pycache__/x.pyc": {}, "a/__pycache__/y": {}, "a/b": {}}),
    context("links to files", "FROM scratch\n", {"a": {"content": "x", "mode": 0o755}, "b": {"link": "a"}}),
    context("links to folders", "FROM scratch\n", {"a/x": {"content": "x"}, "b": {"link": "a"}}),
    context("broken links", "FROM scratch\n", {"b": {"link": "nowhere"}}),
    context("names of 99, 100 and 101 bytes", "FROM scratch\n", {
        "n" * 99: {}, "n" * 100: {"content": "x"}, "n" * 101: {"content": "y"}, "é" * 51: {"content": "z"}}),
    context("long paths", "FROM scratch\n", {LONG + "x" * 150: {"content": "y"}, LONG + "b": {}}),
    context("large", "FROM scratch\n", {"big": {"content": "0123456789abcdef" * 1000}}),
    # arguments
    context("argument", "# %ARG A\nFROM $A\nRUN $A$A $AB ${A} $A_ $A. x$A\n", args={"A": "one"}),
    context("argument at the end", "# %ARG A\nFROM $A", args={"A": "one"}),
    context("argument above its line", "FROM $A\n# %ARG A\nRUN $A\n", args={"A": "one"}),
    context("arguments within arguments", "# %ARG A\n# %ARG B\nRUN $A $B\n", args={"A": "$B", "B": "two"}),
    context("arguments the other way round", "# %ARG B\n# %ARG A\nRUN $A $B\n", args={"A": "$B", "B": "two"}),
    context("argument with spaces", "# %ARG   A  \nRUN $A\n", args={"A": "one"}),
    context("argument with a dash", "# %ARG a-b\nRUN $a-b $a-bc $a\n", args={"a-b": "one"}),
    context("argument that ends in a dash", "# %ARG a-\nRUN $a- $a-b\n", args={"a-": "one"}),
    context("argument before other letters", "# %ARG A\nRUN $Aé $A\u00a0$A²\n", args={"A": "one"}),
    context("argument that is missing", "# %ARG A\nFROM $A\n", args={"B": "x"}),
    context("argument when there is none", "# %ARG A\nFROM $A\n"),
    context("argument without a name", "# %ARG\nFROM x\n", args={"A": "x"}),
    context("argument with a dollar", "# %ARG A\nFROM $A\n", args={"A": "$1 $A"}),
    context("argument that is empty", "# %ARG A\nFROM x$A\n", args={"A": ""}),
    context("argument with a backslash", "# %ARG A\nFROM $A\n", args={"A": "a\\nb"}),
    context("indented directives", " # %ARG A\n # %include shared\n"),
    # includes
    context("include a file", "# %include shared/one.txt\nFROM x\n"),
    context("include a folder", "# %include shared\nFROM x\n"),
    context("include a folder with a slash", "# %include shared/\nFROM x\n"),
    context("include a folder in a roundabout way", "# %include ./shared/../shared/sub\nFROM x\n"),
    context("include a file in a roundabout way", "# %include shared/sub/../one.txt\nFROM x\n"),
    context("include with spaces", "# %include   shared/one.txt  \nFROM x\n"),
    context("include with a tab", "# %include\tshared/one.txt\nFROM x\n"),
    context("include two", "# %include shared/one.txt\n# %include shared/run.sh\nFROM x\n"),
    context("include by an argument", "# %ARG DIR\n# %include $DIR/one.txt\nFROM x\n", args={"DIR": "shared"}),
    context("include the same twice", "# %include shared\n# %include shared/one.txt\nFROM x\n"),
    context("include with __pycache__", "# %include more\nFROM x\n", {
        AT_ROOT + "more/__pycache__/a": {}, AT_ROOT + "more/b": {"mode": 0o755}}),
    context("include a linked folder", "# %include more\nFROM x\n", {AT_ROOT + "more": {"link": "shared"}}),
    context("include everything", "# %include\nFROM x\n", write=False),
    context("include the empty path", "# %include \nFROM x\n", write=False),
    context("include what is not there", "# %include nowhere\nFROM x\n"),
    context("include from outside", "# %include ../x\nFROM x\n"),
    context("include from the root", "# %include /etc/passwd\nFROM x\n"),
    context("include of setuid", "# %include more\nFROM x\n", {AT_ROOT + "more": {"mode": 0o4755}}),
    context("include of another directive", "# %include-run-tasks\nFROM x\n"),
    # others
    context("a folder in a folder", "FROM x\n", {"a": {}}, folder="a/b", write=False),
    context("a folder in a folder that is kept", "FROM x\n", {"a": {}}, folder="a/b"),
    context("a file over an included one", "# %include shared\nFROM x\n", {"topsrcdir/shared/one.txt": {"content": "mine"}}),
]
for one in CONTEXTS:
    if one["name"].endswith("argument with a backslash"):
        one["on_purpose"] = "values are taken as they are; the peer reads them as a pattern to fill in"

CACHING = CACHED + FETCH + IMAGES + CONTEXTS
