# The cases: each branch of the transforms, and each error.

from shared import (
    BEETMOVER,
    DROP,
    EMPTY,
    GENERIC_TASK,
    RUN,
    TASK,
    case,
    generic,
    lay,
    run,
    task,
)


def run_with(**over):
    return {"run": over}


# run: the description

run("plain")
run("level 1", params="level-1")
run("a label and a name", {"label": "my-label"})
run("a label alone", {"label": "my-label", "name": DROP})
run("neither label nor name", {"name": DROP})
run("no description", {"description": DROP})
run("no worker type", {"worker-type": DROP})
run("a worker type that is no string", {"worker-type": 3})
run("an unknown worker type", {"worker-type": "b-linx"})
run("a worker type that matches a pattern", {"worker-type": "t-large"})
run("a worker type that matches two patterns", {"worker-type": "docker"})
run("a worker type by level", {"worker-type": "by-level"})
run("a worker type by level, level 1", {"worker-type": "by-level"}, params="level-1")
run("an implementation of its own", {"worker": {"implementation": "docker-worker"}})
run("no run", {"run": DROP})
run("run is a list", {"run": []})
run("no using", run_with(using=DROP))
run("an unknown using", run_with(using="run-taks"))
run("a using of another worker", run_with(using="index-search"))
run("worker is null", {"worker": None})
run("tags is null", {"tags": None})
run("dependencies is null", {"dependencies": None})
run("a dependency that is null", {"dependencies": {"x": None}})
run("attributes is null", {"attributes": None})
run("extra is null", {"extra": None})
run("an unknown field", {"color": "red"})
case("run: an unknown field stays", lay(RUN, {"color": "red"}), transforms=["run"])
case("run: alone", lay(RUN, {}), transforms=["run"])
run("everything passes through", {
    "priority": "high", "attributes": {"a": 1}, "task-from": "x.yml", "dependencies": {"b": "other-b"},
    "soft-dependencies": ["build-c"], "if-dependencies": ["b"], "requires": "all-resolved",
    "deadline-after": "2 days", "expires-after": "9 days", "routes": ["r"], "scopes": ["s:{level}:{project}"],
    "tags": {"os": "mine", "x": "y"}, "extra": {"e": 1}, "treeherder": {"symbol": "G(x)", "tier": 2},
    "index": {"product": "app", "job-name": "linux"}, "run-on-projects": ["ci"],
    "run-on-tasks-for": ["github-push"], "run-on-git-branches": ["main"], "shipping-phase": "build",
    "always-target": True, "optimization": {"index-search": ["a.b"]}, "needs-sccache": True,
})

# run: when

run("when", {"when": {"files-changed": ["src/**"]}})
run("when, from another file", {"when": {"files-changed": ["src/**"]}, "task-from": "other.yml"})
run("when, from kind.yml", {"when": {"files-changed": []}, "task-from": "kind.yml"})
run("when is empty", {"when": {}})
run("when is null", {"when": None, "optimization": {"skip-unless-changed": ["a"]}})
run("when and optimization", {"when": {"files-changed": ["a"]}, "optimization": {"index-search": ["a"]}})
run("when and a null optimization", {"when": {"files-changed": ["a"]}, "optimization": None})
run("when with null", {"when": {"files-changed": None}})
run("when with something else", {"when": {"files": ["a"]}})

# run: fetches

run("fetches by name", {"fetches": {"fetch": ["zlib"], "toolchain": ["linux-clang"]}}, upstream=True)
run("fetches by alias", {"fetches": {"toolchain": ["clang"]}}, upstream=True)
run("fetches by one alias of several", {"fetches": {"toolchain": ["two"]}}, upstream=True,
    differs="each alias of a list is one; the peer takes the list for one alias that nobody can name")
run("fetches written out", {"fetches": {"fetch": [
    "zlib",
    {"artifact": "sauce", "dest": "d", "extract": False, "verify-hash": True},
    {"artifact": "secret-sauce", "dest": None, "extract": None, "verify-hash": False},
]}}, upstream=True)
run("fetches from dependencies", {
    "dependencies": {"build": "build-app", "signing": "signing-app"},
    "fetches": {"signing": ["z.zip", {"artifact": "sub/a.zip", "dest": "x", "extract": False, "verify-hash": True}],
                "build": [{"artifact": "target.zip"}, "a.zip"]},
}, upstream=True, kind="test")
run("fetches with a scope that is there", {
    "scopes": ["queue:get-artifact:private/deep/*"], "fetches": {"fetch": ["sauce"]}}, upstream=True)
run("fetches with an environment of its own", {
    "worker": {"env": {"MOZ_FETCHES_DIR": "x", "CLANG": "0"}}, "fetches": {"toolchain": ["clang"]}}, upstream=True)
run("fetches is empty", {"fetches": {}})
run("fetches nothing from toolchain", {"fetches": {"toolchain": []}})
run("fetches from an unknown fetch", {"fetches": {"fetch": ["zlip"]}}, upstream=True)
run("fetches from a toolchain without artifact", {"fetches": {"toolchain": ["no-artifact"]}}, upstream=True)
run("fetches from no dependency", {"fetches": {"signing": ["a"]}}, upstream=True)
run("fetches from a dependency of another kind", {
    "dependencies": {"x": "other-x"}, "fetches": {"x": ["a"]}}, upstream=True)
run("fetches with an unknown field", {"fetches": {"fetch": [{"artifact": "zlib", "to": "x"}]}}, upstream=True)
run("fetches is a list", {"fetches": ["zlib"]}, upstream=True)
run("fetches into a null environment", {"worker": {"env": None}, "fetches": {"fetch": ["zlib"]}}, upstream=True)
run("fetches a secret with null scopes", {"scopes": None, "fetches": {"fetch": ["sauce"]}}, upstream=True)
case("run: fetches within the kind",
     lay(RUN, {"name": "z", "attributes": {"artifact_prefix": "secret/z"}}),
     lay(RUN, {"name": "a", "dependencies": {"up": "build-z"}, "fetches": {"up": ["f.zip"]}}),
     lay(RUN, {"name": "m", "dependencies": {"up": "build-a"}, "fetches": {"up": ["f.zip"]}}))
case("run: a circle",
     lay(RUN, {"name": "a", "dependencies": {"up": "build-b"}}),
     lay(RUN, {"name": "b", "dependencies": {"up": "build-a"}}))
case("run: a label twice", lay(RUN, {}), lay(RUN, {"description": "another"}),
     differs="two tasks of one label are a mistake; the peer drops one without a word")
case("run: a dependency that only begins like the kind",
     lay(RUN, {"dependencies": {"up": "build-linux-x"}}),
     differs="`build-linux-x` may be of the kind `build-linux`; the peer stops with a KeyError")
TOOL = {"run": {"using": "toolchain-script", "script": "build.sh", "toolchain-artifact": "public/build/a.zst"},
        "worker": {"env": {}, "docker-image": {"in-tree": "plain"}}}
case("run: toolchains that fetch each other",
     lay(lay(RUN, TOOL), ({"name": "one", "run": {"toolchain-alias": "uno"}})),
     lay(lay(RUN, TOOL), ({"name": "two", "fetches": {"toolchain": ["uno", "clang"]}})),
     kind="toolchain", upstream=True, transforms=["run"])

# run: run-task on docker-worker

run("command is a list", run_with(command=["make", {"task-reference": "<build>"}]))
run("command is a reference", run_with(command={"artifact-reference": "<build/public/x>"}))
run("command is an empty reference", run_with(command={}))
run("command is a number", run_with(command=3))
run("no command", run_with(command=DROP))
run("exec with powershell", run_with(**{"exec-with": "powershell"}))
run("exec with bash", run_with(**{"exec-with": "bash"}))
run("exec with fish", run_with(**{"exec-with": "fish"}))
run("exec with null", run_with(**{"exec-with": None}))
run("as root", run_with(**{"run-as-root": True}))
run("as root or null", run_with(**{"run-as-root": None}))
run("a run-task command", run_with(**{"run-task-command": ["/usr/bin/python3", "run-task"]}))
run("an empty run-task command", run_with(**{"run-task-command": []}))
run("a null run-task command", run_with(**{"run-task-command": None}))
run("a workdir", run_with(workdir="/home/worker"))
run("an empty workdir", run_with(workdir="", **{"use-caches": True}))
run("a null workdir", run_with(workdir=None))
run("no checkout", run_with(checkout=False))
run("an empty checkout", run_with(checkout={}))
run("cwd", run_with(cwd="{checkout}/a/../b/"))
run("cwd that is absolute", run_with(cwd="//x/./y"))
run("cwd with an unknown name", run_with(cwd="{checkot}/a"))
run("cwd with a brace", run_with(cwd="{checkout/a"))
run("cwd with doubled braces", run_with(cwd="{{checkout}}/{checkout}"))
run("cwd is null", run_with(cwd=None))
run("cwd without a checkout", run_with(cwd="a/../b", checkout=False))
run("cwd that needs a checkout", run_with(cwd="{checkout}", checkout=False))
run("an unknown run field", run_with(color="red"))
run("windows in docker", {"worker-type": "b-docker-windows"}, transforms=["run"])
run("windows in docker, to the end", {"worker-type": "b-docker-windows"})
run("scopes is null", {"scopes": None})
run("worker.env is null", {"worker": {"env": None}})

# run: checkouts

run("a secret", project="secret")
run("one repository, named", run_with(checkout={"ci": {"path": "sub", "head_rev": "x"}}))
run("one repository at an absolute path", run_with(checkout={"ci": {"path": "/abs"}}))
run("one repository, renamed", run_with(checkout={"ci": {"prefix": "My", "name": "Mine", "ssh_secret_name": "s"}}))
run("one repository, with nulls", run_with(checkout={"ci": {"head_ref": None, "base_repository": None}}))
run("a checkout of an unknown repository", run_with(checkout={"cli": {}}))
run("a checkout with an unknown setting", run_with(checkout={"ci": {"head_revision": "x"}}))
run("a checkout setting that is a number", run_with(checkout={"ci": {"head_rev": 3}}))
run("a checkout with a null prefix", run_with(checkout={"ci": {"prefix": None}}))
run("several repositories, none named", project="several")
run("several repositories, one named", run_with(checkout={"ci": {}}), project="several")
run("several repositories, all named", run_with(checkout={"mobile": {"path": "m"}, "ci": {"path": "c"}}), project="several")
run("several repositories, built from mobile", run_with(checkout={"ci": {}, "mobile": {}}), project="several", params="mobile")
run("several repositories, no project", run_with(checkout={"ci": {}}), project="several", params="nobody")
run("several repositories, several projects", run_with(checkout={"ci": {}}), project="unmatched")
run("several repositories, no checkout", run_with(checkout=False), project="unmatched", params="nobody")
run("three repositories", run_with(checkout={"libs": {}, "ci": {}}), project="three")
run("mercurial", params="hg")

# run: caches

run("all caches", run_with(**{"use-caches": True}))
run("no caches", run_with(**{"use-caches": False}))
run("some caches", run_with(**{"use-caches": ["uv", "cargo"]}))
run("a cache of checkouts without one", run_with(checkout=False, **{"use-caches": ["checkout", "npm"]}))
run("an unknown cache", run_with(**{"use-caches": ["ccache"]}))
run("caches is null", run_with(**{"use-caches": None}), project="caches")
run("caches of the project", project="caches")
run("all caches of the project", project="all-caches", params="level-1")
run("no caches of the project", project="no-caches")
run("caches beside its own", {"worker": {"caches": [{"name": "x", "mount-point": "/x"}]}})
run("worker.caches is null", {"worker": {"caches": None}})

# run: run-task on generic-worker

for system in ("linux", "mac", "win"):
    kind = f"g-{system}"
    case(f"generic: {kind}", generic(kind))
    case(f"generic: {kind} with everything", generic(
        kind,
        fetches={"fetch": ["zlib"]},
        run={"use-caches": True, "cwd": "{checkout}", "run-as-root": True, "exec-with": "powershell"},
        worker={"env": {"A": "b"}, "mounts": [{"file": "x", "content": {"url": "https://example.com/x"}}]},
    ), upstream=True)
    case(f"generic: {kind} with words", generic(kind, run={"command": ["make", "all"]}))
case("generic: bitbar", generic("g-bitbar", run={"checkout": False}))
case("generic: bitbar with a checkout", generic("g-bitbar"))
case("generic: a run-task command", generic("g-mac", run={"run-task-command": ["python3", "run-task"]}))
case("generic: an empty run-task command", generic("g-win", run={"run-task-command": []}))
case("generic: a null run-task command", generic("g-win", run={"run-task-command": None}))
case("generic: a run-task command with a number on windows", generic("g-win", run={"run-task-command": [1]}))
case("generic: words with a reference", generic("g-linux", run={"command": ["x", {"task-reference": "<b>"}]}))
case("generic: words with a reference on windows", generic("g-win", run={"command": ["x", {"task-reference": "<b>"}]}))
case("generic: a reference", generic("g-linux", run={"command": {"task-reference": "make <b>"}}),
     differs="the reference goes to the shell as on docker-worker; the peer runs the word `task-reference`")
case("generic: a reference on windows", generic("g-win", run={"command": {"task-reference": "make <b>"}}),
     differs="refused; the peer runs the word `task-reference`")
case("generic: at a desk", generic("g-linux"), environment="desk")
case("generic: without a root URL", generic("g-linux"), environment="bare")
case("generic: without a root URL in a task", generic("g-linux"), environment="no-root-url")
case("generic: without a task id", generic("g-linux"), environment="no-task-id")
case("docker: without a root URL", lay(RUN, {}), environment="bare")
case("generic: mounts is null", generic("g-linux", worker={"mounts": None}))
case("generic: several repositories", generic("g-linux", run={"checkout": {"ci": {}}}), project="several")
case("generic: a secret", generic("g-mac"), project="secret")

# run: without a worker

SEARCH = lay(EMPTY, {"run": {"using": "index-search", "index-search": ["a.{project}.{build_date}", "b.{head_rev}"]}})
case("search", SEARCH)
case("search: an unknown parameter", lay(SEARCH, {"run": {"index-search": ["a.{projct}"]}}))
case("search: no paths", lay(SEARCH, {"run": {"index-search": DROP}}))
case("search: an unknown field", lay(SEARCH, {"run": {"workdir": "/x"}}))
case("search: over an optimization", lay(SEARCH, {"optimization": {"skip-unless-changed": ["a"]}}))
case("always-optimized", lay(EMPTY, {"run": {"using": "always-optimized"}}))
case("always-optimized: an unknown field", lay(EMPTY, {"run": {"using": "always-optimized", "x": 1}}))
case("always-optimized: run-task", lay(EMPTY, {"run": {"using": "run-task", "command": "x"}}))

# run: toolchains

def toolchain(name, over=None, worker_type=None, **options):
    item = lay(lay(RUN, TOOL), over or {})
    if worker_type:
        item = lay(item, {"worker-type": worker_type, "worker": {"docker-image": DROP}})
    case(f"toolchain: {name}", item, **{"kind": "toolchain", "transforms": ["run"], **options})


toolchain("plain")
toolchain("with everything", {"label": "x-toolchain-toolchain-y", "run": {
    "arguments": ["a b", "--c=$d"], "resources": ["tools/**", "tools/a.txt"], "toolchain-alias": ["x", "y"],
    "toolchain-env": {"A": "b"}}})
toolchain("on mac", {"run": {"arguments": ["a b", "it's", ""]}}, "g-mac")
toolchain("on mac, without arguments", None, "g-mac")
toolchain("on windows", {"run": {"script": "build.ps1", "arguments": ["~x"]}}, "g-win")
toolchain("no image", {"worker": {"docker-image": DROP}})
toolchain("an image by name", {"worker": {"docker-image": "debian"}})
toolchain("an indexed image", {"worker": {"docker-image": {"in-tree": DROP, "indexed": "a.b"}}})
toolchain("a script that is not there", {"run": {"script": "bild.sh"}})
toolchain("resources that are not there", {"run": {"resources": ["nothing/*"]}})
toolchain("null arguments", {"run": {"arguments": None}})
toolchain("null resources", {"run": {"resources": None}})
toolchain("artifacts of its own", {"worker": {"artifacts": [{"name": "public/build", "path": "/x", "type": "file"}]}})
toolchain("other artifacts", {"attributes": {"artifact_prefix": "secret/build"},
                              "worker": {"artifacts": [{"name": "public/logs", "path": "/x", "type": "file"}]}})
toolchain("on another worker", {"worker-type": "always-optimized"})
toolchain("no artifact", {"run": {"toolchain-artifact": DROP}})
toolchain("no environment", {"worker": {"env": DROP}},
          differs="an environment is made; the peer stops with a KeyError")
toolchain("to the end", transforms=["run", "task"])

# task: the description

task("plain")
task("a label", {"label": "my-label"})
task("an empty name", {"name": ""})
task("neither label nor name", {"name": DROP})
task("an unknown field", {"color": "red"})
task("no description", {"description": DROP})
task("a description that is a number", {"description": 3})
task("no worker type", {"worker-type": DROP})
task("an unknown worker type", {"worker-type": "c-linux"})
task("an unknown implementation", {"worker-type": "shipit"})
task("an implementation that is there", {"worker": {"implementation": "docker-worker", "os": "linux"}})
task("an implementation that is a number", {"worker": {"implementation": 3}})
task("no worker", {"worker": DROP})
task("worker is null", {"worker": None})
for field in ("attributes", "dependencies", "routes", "scopes", "tags", "extra", "index", "treeherder",
              "soft-dependencies", "if-dependencies", "requires", "expires-after", "deadline-after", "priority",
              "run-on-projects", "run-on-tasks-for", "run-on-git-branches", "shipping-phase", "always-target",
              "needs-sccache", "optimization", "task-from"):
    task(f"{field} is null", {field: None})
task("a dependency called self", {"dependencies": {"self": "x"}})
task("a dependency called decision", {"dependencies": {"decision": "x"}})
task("an unknown priority", {"priority": "urgent"})
task("an unknown phase", {"shipping-phase": "sail"})
task("unknown requires", {"requires": "some-completed"})
task("requires", {"requires": "all-completed"})
task("an optimization of the project", {"optimization": {"mine": None}})
task("an optimization that is a string", {"optimization": "skip"})
task("an optimization with a bad argument", {"optimization": {"index-search": "a"}})
task("tags that are numbers", {"tags": {"a": 1}})
task("always a target", {"always-target": True})
task("keyed priority", project="keyed")
task("keyed priority, another project", project="keyed", params="mobile")
task("keyed priority, level 1", project="keyed", params="level-1")
task("priority by level", project="keyed-by-level")
task("times and priority of its own", {"priority": "highest", "expires-after": "1 day", "deadline-after": "2 hours"},
     project="keyed")
task("level 1", params="level-1")
task("at a desk", environment="bare")
task("scopes", {"scopes": ["a:{level}", "b:{project}:{{x}}"]})
task("scopes with an unknown name", {"scopes": ["a:{levl}"]})
task("scopes with a brace", {"scopes": ["a:{level"]})
task("routes and extra", {"routes": ["a.b"], "extra": {"parent": "x", "other": [1]}})

# task: where it comes from

task("mercurial", params="hg")
task("another host", params="elsewhere")
task("a slash at the end", params="slash")
task("another type of repository", params="other-type")
task("a pull request", params="pull-request")

# task: attributes

task("run on projects", {"run-on-projects": ["ci"], "run-on-tasks-for": ["hg-push"]})
task("run on projects by platform", {
    "attributes": {"build_platform": "linux64"},
    "run-on-projects": {"by-build-platform": {"linux.*": ["ci"], "default": []}}})
task("run on projects by platform, without one", {
    "run-on-projects": {"by-build-platform": {"linux.*": ["ci"], "default": ["none"]}}})
task("run on projects by platform, none matches", {
    "attributes": {"build_platform": "mac"}, "run-on-projects": {"by-build-platform": {"linux.*": ["ci"]}}})
task("run on projects by platform, several match", {
    "attributes": {"build_platform": "linux64"},
    "run-on-projects": {"by-build-platform": {"linux.*": ["ci"], "lin.*": []}}})
task("run on projects by platform, only default", {"run-on-projects": {"by-build-platform": {"default": []}}})
task("run on projects by another field", {
    "run-on-projects": {"by-label": {"build-t": ["label"], "default": ["other"]}}})
task("run on projects by the worker type", {
    "run-on-projects": {"by-worker-type": {"test-3/b-linux": ["resolved"], "b-linux": ["alias"], "default": []}}})
task("run on projects by a default field", {
    "run-on-projects": {"by-priority": {"low": ["low"], "default": ["other"]}}})
task("run on projects is a string", {"run-on-projects": "all"})
task("run on branches", {"run-on-git-branches": ["main"]})
task("run on no branches", {"run-on-git-branches": []})
task("shipping phase", {"shipping-phase": "ship", "attributes": {"shipping_phase": "push"}})
task("shipping phase of the attributes", {"attributes": {"shipping_phase": "push"}})
task("if-dependencies", {"dependencies": {"a": "x-a", "b": "x-b"}, "if-dependencies": ["b", "a"]})
task("if-dependencies that are none", {"dependencies": {"able": "x-a"}, "if-dependencies": ["abel"]})
task("if-dependencies without dependencies", {"if-dependencies": ["a"]})
task("soft dependencies", {"soft-dependencies": ["x-a"]})

# task: Treeherder

task("treeherder", {"treeherder": True})
task("no treeherder", {"treeherder": False})
task("an empty treeherder", {"treeherder": {}})
task("treeherder of a test", {"treeherder": True}, kind="unit-test")
task("treeherder of another kind", {"treeherder": True}, kind="push-to-store")
task("treeherder with everything", {
    "treeherder": {"symbol": "L10n(de)", "kind": "test", "tier": 3, "platform": "linux64/debug"},
    "extra": {"treeherder": {"labels": ["x"], "symbol": "old"}, "treeherder-platform": "mine"}})
task("treeherder with the group ?", {"treeherder": {"symbol": "?(x)"}})
task("treeherder with an empty group", {"treeherder": {"symbol": "(x)"}})
task("treeherder with an unknown group", {"treeherder": {"symbol": "H(x)"}, "task-from": "kind.yml"})
task("treeherder without groups", {"treeherder": {"symbol": "G(x)"}}, project="no-index")
task("treeherder with a broken symbol", {"treeherder": {"symbol": "G(x"}})
task("treeherder with a long symbol", {"treeherder": {"symbol": "x" * 26}})
task("treeherder with the longest symbol", {"treeherder": {"symbol": "ü" * 25}})
task("treeherder with a null symbol", {"treeherder": {"symbol": None}})
task("treeherder with a null platform", {"treeherder": {"platform": None}})
task("treeherder with a null kind", {"treeherder": {"kind": None}})
task("treeherder with a null tier", {"treeherder": {"tier": None}})
task("treeherder with a null tier and a rank", {"treeherder": {"tier": None}, "index": {"rank": 3, "product": "app", "job-name": "x"}})
task("treeherder without a collection", {"treeherder": {"platform": "linux64"}})
task("treeherder with two slashes", {"treeherder": {"platform": "linux64/opt/x"}})
task("treeherder with an unknown field", {"treeherder": {"simbol": "x"}})
task("treeherder is a string", {"treeherder": "x"})
task("treeherder of a pull request", {"treeherder": True}, params="pull-request")
task("treeherder of an untrusted pull request", {"treeherder": True}, params="untrusted-pull-request")
task("treeherder with mercurial", {"treeherder": True}, params="hg")
task("extra.treeherder alone", {"extra": {"treeherder": {"tier": 1}}})
task("extra.treeherder is null", {"extra": {"treeherder": None}, "treeherder": True})
task("extra.treeherder of a pull request", {"extra": {"treeherder": {"tier": 2}}}, params="pull-request")

# task: the index

task("index", {"index": {"product": "app", "job-name": "linux"}})
task("index with treeherder", {"treeherder": {"tier": 1}, "index": {"product": "lib", "job-name": "linux"}})
task("index of tier 2", {"treeherder": {"tier": 2}, "index": {"product": "lib", "job-name": "x", "type": "generic"}})
task("index by date", {"index": {"product": "app", "job-name": "x", "rank": "build_date"}})
task("index by number", {"index": {"product": "app", "job-name": "x", "rank": 7}})
task("index by an unknown rank", {"index": {"product": "app", "job-name": "x", "rank": "by-tiers"}})
task("index by null", {"index": {"product": "app", "job-name": "x", "rank": None}})
task("index without a product", {"index": {"job-name": "x"}})
task("index without a job", {"index": {"product": "app"}})
task("index with an unknown product", {"index": {"product": "apps", "job-name": "x"}})
task("index without products", {"index": {"product": "app", "job-name": "x"}}, project="no-index")
task("index of an unknown type", {"index": {"product": "app", "job-name": "x", "type": "special"}})
task("index with an unknown field", {"index": {"product": "app", "job-name": "x", "channel": "y"}})
task("an empty index", {"index": {}})
task("extra.index is null", {"extra": {"index": None}})
task("extra.index", {"extra": {"index": {"rank": 3, "data": {}}}})

# task: docker-worker


def docker(name, worker, over=None, **options):
    case(f"task: docker: {name}", lay(lay(TASK, {"worker": worker}), over or {}), transforms=["task"], **options)


RUN_TASK = {"command": ["/usr/local/bin/run-task", "--", "make"]}
CACHES = [
    {"name": "b", "mount-point": "/b", "type": "persistent"},
    {"name": "a", "mount-point": "/a", "skip-untrusted": True},
    {"name": "c", "mount-point": "/0"},
]

docker("features", {"chain-of-trust": True, "taskcluster-proxy": True, "allow-ptrace": True, "loopback-video": True})
docker("sccache", {}, {"needs-sccache": True})
docker("no command", {"command": DROP})
docker("an empty command", {"command": []})
docker("a null command", {"command": None})
docker("a command that begins with a reference", {"command": [{"task-reference": "<x>"}]})
docker("run-task", RUN_TASK)
docker("run-task of another name", {"command": ["run-task-git", {"artifact-reference": "<x/y>"}]})
docker("run-task with exit codes", lay(RUN_TASK, {"retry-exit-status": [4], "purge-caches-exit-status": [5, 72]}))
docker("exit codes", {"retry-exit-status": [4], "purge-caches-exit-status": []})
docker("null exit codes", {"retry-exit-status": None})
docker("run-task with null exit codes", lay(RUN_TASK, {"retry-exit-status": None}))
docker("caches", {"caches": CACHES})
docker("caches, level 1", {"caches": CACHES}, params="level-1")
docker("caches, odd level", {"caches": CACHES}, params="odd-level")
docker("caches under run-task", lay(RUN_TASK, {"caches": CACHES, "volumes": ["/z", "/y"]}))
docker("caches under run-task, level 1", lay(RUN_TASK, {"caches": CACHES}), params="level-1")
docker("caches under run-task, in tree", lay(RUN_TASK, {"caches": CACHES, "docker-image": {"in-tree": "volumes"}}))
docker("caches under run-task, indexed", lay(RUN_TASK, {"caches": CACHES, "docker-image": {"indexed": "a.b"}}))
docker("empty caches", lay(RUN_TASK, {"caches": []}), params="level-1")
docker("null caches", {"caches": None})
docker("a cache without a name", {"caches": [{"mount-point": "/x"}]})
docker("a cache without a mount point", {"caches": [{"name": "x"}]})
docker("a cache of another type", {"caches": [{"name": "x", "mount-point": "/x", "type": "fleeting"}]})
docker("a cache with an unknown field", {"caches": [{"name": "x", "mountpoint": "/x"}]})
docker("volumes", {"volumes": ["/y"]})
docker("null volumes", {"volumes": None})
docker("artifacts", {"artifacts": [
    {"name": "public/a", "path": "/a", "type": "file"}, {"name": "b", "path": "/b", "type": "directory"},
    {"name": "c", "path": "/c", "type": "volume"}]})
docker("no artifacts", {"artifacts": []})
docker("null artifacts", {"artifacts": None})
docker("an artifact without a name", {"artifacts": [{"path": "/a", "type": "file"}]})
docker("an artifact without a path", {"artifacts": [{"name": "a", "type": "file"}]})
docker("an artifact of another type", {"artifacts": [{"name": "a", "path": "/a", "type": "link"}]})
docker("environment", {"env": {"A": "b", "C": {"task-reference": "<d>"}}})
docker("an environment with a number", {"env": {"A": 1}})
docker("an environment with both references", {"env": {"A": {"task-reference": "<d>", "artifact-reference": "<d/e>"}}})
docker("no max run time", {"max-run-time": DROP})
docker("a max run time that is a string", {"max-run-time": "600"})
docker("no image", {"docker-image": DROP})
docker("an image in the tree", {"docker-image": {"in-tree": "plain"}})
docker("an image in the tree with chain of trust", {"docker-image": {"in-tree": "plain"}, "chain-of-trust": True},
       {"extra": {"chainOfTrust": {"inputs": {"x": "y"}}}})
docker("an image in the tree with volumes", {"docker-image": {"in-tree": "volumes"}, "volumes": ["/c"]})
docker("an image in the tree with volumes under run-task", lay(RUN_TASK, {"docker-image": {"in-tree": "volumes"}}))
docker("an image in the tree with a volume twice", {"docker-image": {"in-tree": "volumes"}, "volumes": ["/a"]})
docker("an image in the tree with null volumes", {"docker-image": {"in-tree": "plain"}, "volumes": None})
docker("an image in the tree with listed volumes", {"docker-image": {"in-tree": "listed"}})
docker("an image in the tree that no kind has", {"docker-image": {"in-tree": "stray"}})
docker("an image in the tree that is not there", {"docker-image": {"in-tree": "gone"}})
docker("an image in the tree beside a dependency", {"docker-image": {"in-tree": "plain"}},
       {"dependencies": {"docker-image": "x"}})
docker("an image in the tree beside dependencies", {"docker-image": {"in-tree": "plain"}}, {"dependencies": {"a": "x"}})
docker("an image in the tree and null dependencies", {"docker-image": {"in-tree": "plain"}}, {"dependencies": None})
docker("an indexed image", {"docker-image": {"indexed": "a.b"}, "chain-of-trust": True})
docker("an image of another sort", {"docker-image": {"path": "a"}})
docker("an image that is a list", {"docker-image": ["a"]})
docker("an unknown field", {"color": "red", "skip-artifacts": True})
docker("on windows", {}, {"worker-type": "b-docker-windows"})

# task: generic-worker


def generic_task(name, worker, over=None, **options):
    case(f"task: generic: {name}", lay(lay(GENERIC_TASK, {"worker": worker}), over or {}), transforms=["task"], **options)


generic_task("plain", {})
generic_task("mac", {}, {"worker-type": "g-mac"})
generic_task("windows", {"command": ["make"]}, {"worker-type": "g-win"})
generic_task("windows with exit codes", {"retry-exit-status": [1], "purge-caches-exit-status": [2]}, {"worker-type": "g-win"})
generic_task("windows with null exit codes", {"retry-exit-status": None}, {"worker-type": "g-win"})
generic_task("exit codes", {"retry-exit-status": [1], "purge-caches-exit-status": [2]})
generic_task("null exit codes", {"retry-exit-status": None})
generic_task("bitbar", {}, {"worker-type": "g-bitbar"})
generic_task("features", {"chain-of-trust": True, "taskcluster-proxy": True, "run-as-administrator": True,
                          "run-task-as-current-user": True, "hide-cmd-window": True, "os-groups": ["a", "b"]})
generic_task("chain of trust with an image", {"chain-of-trust": True}, {"dependencies": {"docker-image": "x"}})
generic_task("sccache", {"env": {"A": "b"}}, {"needs-sccache": True})
generic_task("artifacts", {"artifacts": [{"type": "file", "path": "a"}, {"type": "directory", "path": "b", "name": "c"}]})
generic_task("an artifact with a null name", {"artifacts": [{"type": "file", "path": "a", "name": None}]})
generic_task("an artifact without a path", {"artifacts": [{"type": "file"}]})
generic_task("null artifacts", {"artifacts": None})
generic_task("mounts", {"mounts": [
    {"cache-name": "c", "directory": "d"},
    {"content": {"artifact": "public/a.zip", "task-id": {"task-reference": "<x>"}}, "directory": "e", "format": "zip"},
    {"content": {"artifact": "secret/a.zip", "task-id": "abc"}, "file": "f"},
    {"content": {"url": "https://example.com"}, "file": "g"},
]})
generic_task("a mount with null content", {"mounts": [{"content": None, "file": "x"}]})
generic_task("a mount with a null artifact", {"mounts": [{"content": {"artifact": None}, "file": "x"}]})
generic_task("a mount with an unknown format", {"mounts": [{"file": "x", "format": "7z"}]})
generic_task("a mount with an unknown field", {"mounts": [{"file": "x", "cacheName": "y"}]})
generic_task("null mounts", {"mounts": None})
generic_task("no command", {"command": DROP})
generic_task("no max run time", {"max-run-time": DROP})
generic_task("null groups", {"os-groups": None})
generic_task("an unknown field", {"color": "red"})
generic_task("level 1", {"mounts": [{"cache-name": "c", "directory": "d"}]}, params="level-1")

# task: other workers


def beetmover(name, worker, **options):
    case(f"task: beetmover: {name}", lay(BEETMOVER, {"worker": worker}), transforms=["task"], **options)


beetmover("plain", {})
beetmover("with everything", {"locale": "de", "partner-public": True, "artifact-map": [{"a": 1}], "max-run-time": 60})
beetmover("with nothing", {"locale": "", "partner-public": False, "artifact-map": []})
beetmover("without a property", {"release-properties": {"branch": DROP}})
beetmover("with a null property", {"release-properties": {"branch": None}})
beetmover("with an unknown property", {"release-properties": {"channel": "x"}})
beetmover("without artifacts", {"upstream-artifacts": DROP})
beetmover("with a broken artifact", {"upstream-artifacts": [{"taskId": "x", "taskType": "y", "paths": []}]})
case("task: invalid", lay(EMPTY, {"worker-type": "invalid"}), transforms=["task"],
     differs="the task is made; the peer stops with an AttributeError when it looks for features in the text")
case("task: always-optimized", EMPTY, transforms=["task"])
case("task: succeed", lay(EMPTY, {"worker-type": "succeed"}), transforms=["task"])
case("task: succeed, unknown field", lay(EMPTY, {"worker-type": "succeed", "worker": {"x": 1}}), transforms=["task"])
case("task: always-optimized, unknown field", lay(EMPTY, {"worker": {"x": 1}}), transforms=["task"])
case("task: several",
     lay(TASK, {"name": "a"}), lay(GENERIC_TASK, {"name": "b"}), lay(EMPTY, {"name": "c"}),
     transforms=["task"])
