"""Cases of the worker implementations, through the transform task."""

import base64

from shared import DROP, lay


def work(worker_type, base, schema=None):
    """Makes cases of a worker type, laid over a worker that is right."""

    def case(name, over=None, task=None, **rest):
        item = {"name": "t", "description": "d", "worker-type": worker_type, "worker": lay(base, over or {})}
        result = {
            "name": f"{worker_type}: {name}",
            "transforms": ["taskgraph.transforms.task"],
            "items": [lay(item, task or {})],
            **rest,
        }
        # The release worker's own schema that the definition has to meet; none where the worker would
        # refuse what the peer makes.
        schema_of_case = rest.get("schema", schema)
        if schema_of_case:
            result["schema"] = schema_of_case
        return result

    return case


NONE = {"schema": ""}
REF = {"task-reference": "<build>"}

bitrise = work(
    "bitrise",
    {"bitrise": {"app": "some-app", "workflows": ["wf1", "wf2"]}},
    "bitrisescript/bitrisescript_task_schema.json",
)
shipit = work("shipit", {"release-name": "app-1.2.3-build3"}, "shipitscript/mark_as_shipped_task_schema.json")
UPSTREAM = {"taskId": REF, "taskType": "build", "paths": ["public/a.zip"], "formats": ["autograph_x"]}
signing = work(
    "signing",
    {"signing-type": "release-signing", "upstream-artifacts": [UPSTREAM]},
    "signingscript/signing_task_schema.json",
)
lando = work("lando", {"lando-repo": "repo", "actions": []}, "landoscript/landoscript_task_schema.json")
DATA = {
    "data": base64.b64encode(b"data").decode(),
    "content-type": "application/json",
    "destinations": ["a/b.json"],
}
beetmover = work(
    "beetmover-data",
    {"app-name": "app", "bucket": "dep", "project": "snow", "data-map": [DATA]},
    "beetmoverscript/upload_data_task_schema.json",
)


def data(content, **rest):
    return beetmover(f"data {content!r}", {"data-map": [{**DATA, "data": content}]}, **rest)


def flows(name, workflows, **rest):
    return bitrise(f"workflows: {name}", {"bitrise": {"workflows": workflows}}, **rest)


def change(name, params, **rest):
    return bitrise(f"change: {name}", params=params, **rest)


PULL = {"tasks_for": "github-pull-request"}


def sign(name, *artifacts, **rest):
    return signing(name, {"upstream-artifacts": [{**UPSTREAM, **one} for one in artifacts]}, **rest)


SHIPPED = {"attributes": {"shipping_product": "app"}}


def land(name, *actions, over=None, **rest):
    return lando(name, {"actions": list(actions), **(over or {})}, **rest)


SYNC = {"from-branch": "main", "toml-info": [{"toml-path": "a.toml"}, {"toml-path": "b.toml"}]}
IMPORT = {
    "from-repo-url": "https://example.com/l10n",
    "toml-info": [{"toml-path": "a.toml", "dest-path": "a"}, {"toml-path": "b.toml", "dest-path": "b"}],
}
BUMP = {
    "name": "app",
    "path": "l10n.json",
    "l10n-repo-url": "https://example.com/l10n",
    "l10n-repo-target-branch": "main",
    "platform-configs": [{"platforms": ["linux", "win"], "path": "all-locales"}],
}
FULL_BUMP = lay(
    BUMP,
    {
        "ignore-config": {"ja": ["mac"], "a-b": ["x"]},
        "platform-configs": [{"platforms": ["linux"], "path": "p", "format": "f"}],
    },
)
TAG = {"types": ["buildN"], "revision": "abc", "hg-repo-url": "https://hg.example.com/x"}
FILES = [{"filename": "a", "version-bump": "major", "new-suffix": "b1"}, {"filename": "b", "version-bump": "minor"}]
ESR = {"to-branch": "esr", "fetch-version-from": "v.txt", "version-files": FILES}
MAIN = {
    **ESR,
    "to-branch": "main",
    "to-revision": "r",
    "replacements": [["f", "a", "b"]],
    "regex-replacements": [["f", "a+", "b"]],
    "end-tag": "APP_{major_version}_END",
}
BETA = {"to-branch": "beta", "fetch-version-from": "v.txt", "replacements": [["f", "a-b", "c-d"]]}
UPLIFT = {
    "fetch-version-from": "v.txt",
    "version-files": [{"filename": "a", "new-suffix": ""}, {"filename": "b", "version-bump": "minor"}],
    "from-branch": "main",
    "to-branch": "beta",
    "from-revision": "f",
    "to-revision": "t",
    "base-tag": "APP_{major_version}_BASE",
    "end-tag": "APP_{major_version}_END",
}

WORKERS = [
    # bitrise; its schema has environments as mappings, where the peer and the service have lists of pairs
    bitrise("two workflows"),
    bitrise("no app", {"bitrise": {"app": DROP}}),
    bitrise("no section", {"bitrise": DROP}),
    bitrise("more than is known", {"bitrise": {"more": 1}, "else": 2}),
    bitrise("artifact prefix", {"bitrise": {"artifact_prefix": "public"}}),
    bitrise("artifact prefix empty", {"bitrise": {"artifact_prefix": ""}}),
    bitrise("artifact prefix null", {"bitrise": {"artifact_prefix": None}}),
    bitrise("artifact prefix a number", {"bitrise": {"artifact_prefix": 1}}),
    bitrise("scopes there", task={"scopes": ["a:{level}", "project:snow:releng:bitrise:app:x"]}),
    bitrise("no prefix", graph_config={"scriptworker": {}}),
    bitrise("no scriptworkers", graph_config={"scriptworker": "absent"}),
    flows("none", []),
    flows("doubles", ["b", "a", "b"]),
    flows("with environments", ["wf3", {"wf1": [{"A": "1", "B": REF}, {"A": "2"}]}, {"wf2": [{}], "wf0": []}], **NONE),
    flows("one twice", [{"wf1": [{"A": "1"}]}, "wf1", {"wf1": [{"A": "2"}]}], **NONE),
    flows("a number", [1]),
    flows("no list of environments", [{"wf1": {"A": "1"}}]),
    flows("an environment that is no string", [{"wf1": [{"A": 1}]}]),
    flows("a wrong reference", [{"wf1": [{"A": {"task-reference": "x", "artifact-reference": "y"}}]}]),
    flows("null", None),
    change("a branch without a prefix", {"head_ref": "main"}),
    change("a tag for a ref", {"head_ref": "refs/tags/v1"}),
    change("an empty ref", {"head_ref": ""}),
    change("a ref of nothing", {"head_ref": "refs/heads/"}),
    change("a ref of a similar type", {"head_ref": "refs/headset/x"}),
    change("a tag", {"head_tag": "v1"}),
    change("a whole tag", {"head_tag": "refs/tags/v1"}),
    change("a branch for a tag", {"head_tag": "refs/heads/v1"}),
    change("a message", {"commit_message": "line 1\nline 2"}),
    change("an empty message", {"commit_message": ""}),
    change("a pull request", {**PULL, "pull_request_number": 12}),
    change("a pull request onto a whole ref", {**PULL, "base_ref": "refs/heads/main"}),
    change("a pull request onto a tag", {**PULL, "base_ref": "refs/tags/v1"}),
    change("a pull request onto nothing", {**PULL, "base_ref": "", "base_repository": ""}),
    change("an untrusted pull request", {"tasks_for": "github-pull-request-untrusted"}),
    # shipit
    shipit("a release", task={"scopes": ["s:action", "s:server"]}),
    shipit("no scopes", **NONE),
    shipit("no name", {"release-name": DROP}),
    shipit("name null", {"release-name": None}),
    shipit("more than is known", {"more": 1}, **NONE),
    shipit(
        "set by hand",
        {"implementation": "scriptworker-shipit"},
        task={"tags": {"a": "b"}},
        **NONE,
    ),
    shipit("an unknown implementation", {"implementation": "scriptworker-shippit"}),
    # signing
    signing("one artifact"),
    signing("max-run-time", {"max-run-time": 5}),
    signing("max-run-time null", {"max-run-time": None}),
    signing("max-run-time a string", {"max-run-time": "5"}),
    signing("no type", {"signing-type": DROP}),
    signing("no artifacts", {"upstream-artifacts": DROP}),
    signing("an empty list", {"upstream-artifacts": []}, **NONE),
    signing("scopes there", task={"scopes": ["z", "a:{project}", "z"]}),
    signing("no prefix", graph_config={"scriptworker": {}}),
    signing("attributes there", task={"attributes": {"x": 1, "release_artifacts": ["z", "public/a.zip"]}}),
    signing("attribute null", task={"attributes": {"release_artifacts": None}}),
    signing("attribute of mappings", task={"attributes": {"release_artifacts": [{"a": 1}]}}),
    sign("several", {}, {"paths": ["b.apk", "a.apk"], "formats": ["f", "g"]}),
    sign("an image", {"paths": ["a.dmg", "x.dmg.dmg", "b.dmg.zip"]}),
    sign("a detached signature", {"paths": ["a.zip", "b.dmg"], "formats": ["gcp_prod_autograph_gpg", "x"]}),
    sign("a string for a task", {"taskId": "abc"}),
    sign("an artifact reference", {"taskId": {"artifact-reference": "<build/a>"}}),
    sign("a comment", {"authenticode_comment": "c"}),
    sign("comment null", {"authenticode_comment": None}, **NONE),
    sign("comment a number", {"authenticode_comment": 1}),
    sign("more than is known", {"more": [1]}),
    sign("no formats", {"formats": []}),
    sign("paths a string", {"paths": "a.zip"}),
    sign("formats missing", {"formats": None}),
    # beetmover-data
    beetmover("one file"),
    beetmover("several files", {"data-map": [DATA, {**DATA, "destinations": ["x", "y"]}]}),
    beetmover("a reference", {"data-map": [{**DATA, "destinations": [REF, "x"]}]}),
    beetmover("no files", {"data-map": []}, **NONE),
    beetmover("no destinations", {"data-map": [{**DATA, "destinations": []}]}, **NONE),
    beetmover("dry run", {"dry-run": True}),
    beetmover("dry run a string", {"dry-run": "yes"}),
    beetmover("scopes there", task={"scopes": ["z", "a"]}),
    beetmover("more than is known", {"more": 1}),
    beetmover("more in a file", {"data-map": [{**DATA, "more": 1}]}),
    beetmover("no type", {"data-map": [{"data": "", "destinations": ["x"]}]}),
    *[beetmover(f"no {key}", {key: DROP}) for key in ["app-name", "bucket", "project", "data-map"]],
    *[
        data(content)
        for content in [
            "", "=", "==", "a", "ab", "abc", "abcd", "ab=", "ab==", "ab===", "a=b", "a===", "abc=", "abcd=",
            "abcd==", "ab==cd", "ab=c", "ab=c=", "ab-cd", "a b c d", "ab\n==", "abcde", "abcdef==", "é", "abcd é",
            "ab=cd==", "????", "abcd=e",
        ]
    ],
    # lando
    land("nothing", **NONE),
    lando("no actions", {"actions": DROP}),
    lando("no repository", {"lando-repo": DROP}),
    land("an empty action", {}, **NONE),
    land("an unknown action", {"fly": 1}, **NONE),
    land("sync", {"android-l10n-sync": SYNC}),
    land("sync, no files", {"android-l10n-sync": {**SYNC, "toml-info": []}}, **NONE),
    land("sync, more than is known", {"android-l10n-sync": {**SYNC, "more": 1}}),
    land("sync, more in a file", {"android-l10n-sync": {**SYNC, "toml-info": [{"toml-path": "a", "x": 1}]}}),
    land("sync null", {"android-l10n-sync": None}, **NONE),
    land("import", {"android-l10n-import": IMPORT}),
    land("import without destinations", {"android-l10n-import": {**IMPORT, "toml-info": SYNC["toml-info"]}}),
    land("both in one action", {"android-l10n-sync": SYNC, "android-l10n-import": IMPORT}),
    land("both in two actions", {"android-l10n-sync": SYNC}, {"android-l10n-import": IMPORT}),
    land("one twice", {"android-l10n-sync": SYNC}, {"android-l10n-sync": {**SYNC, "from-branch": "b"}}, **NONE),
    land("localizations", {"l10n-bump": [BUMP]}),
    land("localizations, several", {"l10n-bump": [BUMP, FULL_BUMP]}),
    land("localizations, none", {"l10n-bump": []}, **NONE),
    land("localizations from two repositories", {"l10n-bump": [BUMP, {**BUMP, "l10n-repo-url": "x"}]}),
    land("localizations, format a number", {"l10n-bump": [lay(FULL_BUMP, {"platform-configs": [{"platforms": [], "path": "", "format": 1}]})]}),
    land("localizations, no branch", {"l10n-bump": [lay(BUMP, {"l10n-repo-target-branch": DROP})]}),
    land("tag without a product", {"tag": TAG}),
    land(
        "tag, the product in its own field",
        {"tag": TAG},
        task={"shipping-product": "app"},
    ),
    land(
        "tag",
        {"tag": TAG},
        task=SHIPPED,
        on_purpose="the peer takes the product from a field that its own schema refuses",
        ours={"/0/task/payload/tag_info/tags": ["APP_1_2_3_BUILD3"]},
    ),
    land(
        "tag, both",
        {"tag": {**TAG, "types": ["release", "buildN"], "hg-repo-url": None}},
        task=SHIPPED,
        on_purpose="the peer takes the product from a field that its own schema refuses",
        ours={"/0/task/payload/tag_info/tags": ["APP_1_2_3_BUILD3", "APP_1_2_3_RELEASE"]},
    ),
    land("tag without a repository", {"tag": {"types": ["buildN"], "revision": "a"}}, task=SHIPPED),
    land("tag of another type", {"tag": {**TAG, "types": ["buildM"]}}, task=SHIPPED),
    land("tag without a version", {"tag": TAG}, task=SHIPPED, params={"version": None}),
    land("version", {"version-bump": {"bump-files": ["a", "b"]}}),
    land("version, no files", {"version-bump": {}}),
    land("version, none next", {"version-bump": {"bump-files": ["a"]}}, params={"next_version": None}, **NONE),
    land("esr", {"esr-bump": ESR}),
    land("esr to a revision", {"esr-bump": {**ESR, "to-revision": "r"}}),
    land("esr to null", {"esr-bump": {**ESR, "to-revision": None}}),
    land("esr, a file that is not bumped", {"esr-bump": {**ESR, "version-files": [{"filename": "a"}]}}),
    land("esr, replacements", {"esr-bump": {**ESR, "replacements": []}}),
    land("main", {"main-bump": MAIN}),
    land("main, nothing more", {"main-bump": ESR}),
    land("main, nulls", {"main-bump": {**ESR, "replacements": None, "end-tag": None}}, **NONE),
    land("main to null", {"main-bump": {**ESR, "to-revision": None}}),
    land("main, replacements of numbers", {"main-bump": {**ESR, "replacements": [[1]]}}),
    land("beta", {"early-to-late-beta": BETA}),
    land("beta to null", {"early-to-late-beta": {**BETA, "to-revision": None}}),
    land("beta, files", {"early-to-late-beta": {**BETA, "version-files": []}}),
    land("uplift", {"uplift": UPLIFT}),
    land("uplift with localizations", {"uplift": {**UPLIFT, "l10n-bump-info": [BUMP, FULL_BUMP]}}),
    land("uplift with no localizations", {"uplift": {**UPLIFT, "l10n-bump-info": []}}),
    land("uplift with localizations null", {"uplift": {**UPLIFT, "l10n-bump-info": None}}),
    land(
        "uplift with localizations from two repositories",
        {"uplift": {**UPLIFT, "l10n-bump-info": [BUMP, {**BUMP, "l10n-repo-url": "x"}]}},
    ),
    land("uplift from null", {"uplift": {**UPLIFT, "from-revision": None}}),
    land("uplift, no branch", {"uplift": lay(UPLIFT, {"from-branch": DROP})}),
    land("uplift and localizations", {"uplift": UPLIFT}, {"l10n-bump": [BUMP]}),
    land("two merges", {"esr-bump": ESR, "uplift": UPLIFT}, {"l10n-bump": [BUMP]}, **NONE),
    land("flags", {"l10n-bump": [BUMP]}, over={"ignore-closed-tree": True, "dontbuild": True, "force-dry-run": True}),
    land("flags off", {"l10n-bump": [BUMP]}, over={"ignore-closed-tree": False, "dontbuild": False, "force-dry-run": False}),
    land("flags null", {"l10n-bump": [BUMP]}, over={"ignore-closed-tree": None, "dontbuild": None, "force-dry-run": None}),
    land("a flag that is a string", {"l10n-bump": [BUMP]}, over={"dontbuild": "yes"}),
    land("rooms", {"l10n-bump": [BUMP]}, over={"matrix-rooms": ["!a:x", "!b:x"]}, task={"routes": ["r"], "scopes": ["s", "a"]}),
    land("no rooms", {"l10n-bump": [BUMP]}, over={"matrix-rooms": []}),
    land("rooms null", {"l10n-bump": [BUMP]}, over={"matrix-rooms": None}),
    land("scopes there", {"l10n-bump": [BUMP]}, task={"scopes": ["z", "project:releng:lando:repo:repo"]}),
    land(
        "no app_version",
        {"l10n-bump": [BUMP]},
        params={"app_version": "absent"},
        on_purpose="the peer needs the parameter `app_version`, and does nothing with it",
        ours={"/0/task/payload/actions": ["l10n_bump"]},
    ),
    land("hg", {"l10n-bump": [BUMP]}, params={"repository_type": "hg"}),
]
