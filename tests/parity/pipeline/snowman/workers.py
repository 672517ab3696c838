"""The release workers of this repository's pipeline, as the reference describes them."""

from taskgraph.transforms import task as tasks
from taskgraph.util.keyed_by import evaluate_keyed_by
from voluptuous import Extra

KEYED = [
    "archive-domain",
    "channel-names",
    "download-domain",
    "publish-rules",
    "rules-to-update",
    "background-rate",
    "force-fallback-mapping-update",
    "pin-channels",
]


def payload(worker, *fields):
    """Returns the fields of a worker that are given, under their names in the payload."""
    pairs = [field if isinstance(field, tuple) else (field.replace("-", "_"), field) for field in fields]
    return {name: worker[key] for name, key in pairs if key in worker}


def version_of(config):
    return config.params["version"]


def release_type(config):
    version = version_of(config)
    if config.params.get("release_type"):
        return config.params["release_type"]
    return "esr" if "esr" in version else "beta" if "b" in version else "release"


def level_of(config):
    branches = config.graph_config["release-branches"].get(config.params["project"], [])
    _, _, branch = config.params["head_ref"].partition("refs/heads/")
    production = str(config.params["level"]) == "3" and branch in branches
    return "production" if production else "staging"


def partial_versions(config):
    history = config.params.get("release_history") or {}
    return ", ".join(f"{version}build{info['buildNumber']}" for version, info in history.items())


@tasks.payload_builder("balrog", schema={Extra: object})
def build_balrog(config, task, task_def):
    worker = dict(task["worker"])
    _, _, beta = version_of(config).partition("b")
    attributes = {
        "release-type": release_type(config),
        "release-level": level_of(config),
        "beta-number": beta or None,
    }
    for field in KEYED:
        if field in worker:
            worker[field] = evaluate_keyed_by(worker[field], field, attributes)
    action = worker["balrog-action"].removeprefix("v2-")
    result = {"behavior": worker["balrog-action"]}
    if action == "submit-locale":
        result.update(payload(worker, ("upstreamArtifacts", "upstream-artifacts"), "suffixes"))
    else:
        result.update(
            build_number=config.params["build_number"], product=worker["product"], version=version_of(config)
        )
        result.update(payload(worker, "blob-suffix", "pin-channels"))
    if action == "submit-toplevel":
        result["app_version"] = config.params.get("app_version") or version_of(config)
        result.update(payload(worker, "archive-domain", "channel-names", "download-domain"))
        result["partial_versions"] = partial_versions(config)
        result.update(payload(worker, "platforms", "rules-to-update", "require-mirrors", "update-line"))
    if action == "schedule":
        result.update(payload(worker, "publish-rules"))
        result["release_eta"] = worker.get("release-eta", config.params.get("release_eta")) or ""
        for field in ("force-fallback-mapping-update", "background-rate"):
            if worker.get(field):
                result[field.replace("-", "_")] = worker[field]
    task_def["payload"] = result


def simple(name, *fields):
    @tasks.payload_builder(name, schema={Extra: object})
    def build(config, task, task_def):
        task_def["payload"] = payload(task["worker"], *fields)


simple("bouncer-submission", "locales", ("submission_entries", "entries"))
simple("bouncer-aliases", ("aliases_entries", "entries"))
simple("shipit-shipped", "release-name")
simple("push-flatpak", "channel", ("upstreamArtifacts", "upstream-artifacts"))
simple("push-snap", "channel", ("upstreamArtifacts", "upstream-artifacts"))
simple("push-msix", "channel", ("upstreamArtifacts", "upstream-artifacts"), ("publishMode", "publish-mode"))
simple("beetmover-import-from-gcs-to-artifact-registry", "product", "gcs-sources")
simple("push-addons", "channel", ("upstreamArtifacts", "upstream-artifacts"))


def landing(config, task, bump):
    """The actions of a task that changes a repository, with what each needs."""
    worker = task["worker"]
    actions, infos = [], {}
    if worker.get("tags"):
        product = task["attributes"]["shipping_product"].upper()
        stem = f"{product}_{version_of(config).replace('.', '_')}"
        names = {"buildN": f"{stem}_BUILD{config.params['build_number']}", "release": f"{stem}_RELEASE"}
        tags = [tag for name, tag in names.items() if name in worker["tags"]]
        infos["tag_info"] = {"tags": tags, "revision": config.params["head_rev"]}
        actions.append("tag")
    if bump:
        infos["version_bump_info"] = {
            "next_version": config.params.get("next_version"),
            "files": worker["bump-files"],
        }
        actions.append("version_bump")
    return actions, infos


@tasks.payload_builder("landoscript", schema={Extra: object})
def build_landoscript(config, task, task_def):
    worker = task["worker"]
    actions, infos = landing(config, task, worker.get("bump-files"))
    task_def["payload"] = {"actions": actions, "lando_repo": worker["lando-repo"], **infos}
    scopes = {f"project:releng:lando:repo:{worker['lando-repo']}", *task_def.get("scopes", [])}
    scopes.update(f"project:releng:lando:action:{action}" for action in actions)
    task_def["scopes"] = sorted(scopes)


@tasks.payload_builder("treescript", schema={Extra: object})
def build_treescript(config, task, task_def):
    worker = task["worker"]
    actions, infos = landing(config, task, worker["bump"])
    if worker.get("push"):
        actions.append("push")
    task_def["payload"] = {"actions": actions, **infos}
    if worker.get("source-repo"):
        task_def["payload"]["source_repo"] = worker["source-repo"]


def prefix(config):
    return config.graph_config["scriptworker"]["scope-prefix"]


@tasks.payload_builder("iscript", schema={Extra: object})
def build_iscript(config, task, task_def):
    worker = task["worker"]
    fields = [("behavior", "mac-behavior"), ("maxRunTime", "max-run-time"), ("upstreamArtifacts", "upstream-artifacts")]
    task_def["payload"] = payload(worker, *fields, ("hardened-sign-config", "hardened-sign-config"))
    scopes = {*task_def.get("scopes", []), f"{prefix(config)}:signing:cert:{worker['signing-type']}"}
    task_def["scopes"] = sorted(scopes)


@tasks.payload_builder("scriptworker-pushapk", schema={Extra: object})
def build_pushapk(config, task, task_def):
    worker = task["worker"]
    upstream = ("upstreamArtifacts", "upstream-artifacts")
    task_def["payload"] = payload(worker, "channel", "commit", upstream, "certificate-alias", "target-store")
    task_def["tags"]["worker-implementation"] = "scriptworker"
    dep = ":dep" if worker["dep"] else ""
    task_def["scopes"].append(f"{prefix(config)}:googleplay:product:{worker['product']}{dep}")


@tasks.payload_builder("scriptworker-github", schema={Extra: object})
def build_github(config, task, task_def):
    worker = task["worker"]
    task_def["payload"] = payload(
        worker,
        ("artifactMap", "artifact-map"),
        ("gitTag", "git-tag"),
        ("gitRevision", "git-revision"),
        ("githubRepoUrl", "github-repo-url"),
        ("isPrerelease", "is-prerelease"),
        ("releaseName", "release-name"),
        ("upstreamArtifacts", "upstream-artifacts"),
    )
    task_def["tags"]["worker-implementation"] = "scriptworker"
    scopes = {
        f"{prefix(config)}:github:project:{worker['github-project']}",
        f"{prefix(config)}:github:action:{worker['action']}",
    }
    task_def["scopes"] = sorted({*task_def.get("scopes", []), *scopes})
