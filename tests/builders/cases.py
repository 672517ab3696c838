"""The cases of the payload builders of Firefox."""

import copy

PARAMS = {
    "base_repository": "https://hg.mozilla.org/mozilla-unified",
    "base_ref": "main",
    "base_rev": "aaaa" * 10,
    "do_not_optimize": [],
    "enable_always_target": True,
    "existing_tasks": {},
    "files_changed": [],
    "filters": ["target_tasks_method"],
    "head_tag": "",
    "optimize_strategies": None,
    "optimize_target_tasks": True,
    "owner": "someone@example.com",
    "pushdate": 1700000000,
    "pushlog_id": "0",
    "repository_type": "hg",
    "target_tasks_method": "default",
    "tasks_for": "action",
    "build_date": 1700000000,
    "build_number": 2,
    "head_repository": "https://hg.mozilla.org/releases/mozilla-beta",
    "head_rev": "bbbb" * 10,
    "head_ref": "refs/heads/main",
    "level": "3",
    "moz_build_date": "20231114221320",
    "next_version": "93.0b4",
    "project": "mozilla-beta",
    "version": "93.0b3",
    "release_history": {
        "93.0b2": {"buildNumber": 1, "locales": []},
        "93.0b1": {"buildNumber": 3, "locales": ["de"]},
    },
}

# The pools of the workers, by what they implement.
POOLS = {
    "balrog": "balrog",
    "beetmover-import-from-gcs-to-artifact-registry": "beetmover",
    "beetmover-maven": "beetmover",
    "bouncer-aliases": "bouncer",
    "bouncer-locations": "bouncer",
    "bouncer-submission": "bouncer",
    "landoscript": "lando",
    "push-addons": "addon",
    "push-flatpak": "pushflatpak",
    "push-msix": "pushmsix",
    "scriptworker-beetmover": "beetmover",
    "scriptworker-pushapk": "pushapk",
    "shipit-maybe-release": "shipit",
    "shipit-merged": "shipit",
    "shipit-shipped": "shipit",
    "shipit-update-product-channel-version": "shipit",
    "treescript": "tree",
}

GRAPH_CONFIG = {
    "trust-domain": "gecko",
    "task-priority": "low",
    "release-branches": {"mozilla-beta": ["main"]},
    "workers": {
        "aliases": {
            name: {"provisioner": "p", "implementation": name, "os": "linux", "worker-type": f"gecko-3-{pool}"}
            for name, pool in POOLS.items()
        }
    },
    "taskgraph": {"repositories": {"ci": {"name": "ci"}}},
    "scriptworker": {"scope-prefix": "project:releng"},
}

CASES = []


def add(implementation, name, worker, schema=None, **rest):
    case = {"name": f"{implementation}: {name}", "implementation": implementation, "worker": worker, **rest}
    if schema:
        case["schema"] = f"{schema}.json"
    CASES.append(case)


def without(worker, *names):
    return {key: value for key, value in worker.items() if key not in names}


def upstream(path, kind="signing"):
    return [{"taskId": {"task-reference": f"<{kind}>"}, "taskType": kind, "paths": [path]}]


FIREFOX = {"attributes": {"shipping_product": "firefox"}, "release_type": "beta"}

# balrog
SCHEDULE = {"balrog-action": "schedule", "product": "firefox", "publish-rules": [32]}
BY_TYPE = {
    "balrog-action": "schedule",
    "product": "firefox",
    "publish-rules": {
        "by-release-level": {
            "production": {"by-release-type": {"beta": [32], "release": [145], "esr140": [18015], "default": []}},
            "staging": {"by-release-type": {"beta": [33], "release": [146], "default": []}},
        }
    },
    "background-rate": {
        "by-release-type": {"beta": {"by-beta-number": {"1": 25, "3": 100, "default": None}}, "default": None}
    },
    "force-fallback-mapping-update": {
        "by-release-type": {"beta": {"by-beta-number": {"3": True, "default": False}}, "default": False}
    },
    "pin-channels": {"by-release-type": {"beta": ["beta"], "esr.*": ["esr"], "default": []}},
}
TOPLEVEL = {
    "balrog-action": "v2-submit-toplevel",
    "product": "firefox",
    "channel-names": {"by-release-type": {"beta": ["beta", "beta-localtest"], "default": []}},
    "rules-to-update": {"by-release-type": {"beta": ["firefox-beta-localtest"], "default": []}},
    "pin-channels": {"by-release-type": {"beta": ["beta-localtest"], "default": []}},
    "platforms": ["linux64", "macosx64"],
    "require-mirrors": True,
    "archive-domain": {"by-release-level": {"production": "archive.mozilla.org", "staging": "ftp.stage.mozaws.net"}},
    "download-domain": {"by-release-level": {"production": "download.mozilla.org", "staging": "dev.bouncer"}},
    "update-line": {"": [{"for": {}, "fields": {"type": "minor"}}]},
}
LOCALE = {
    "balrog-action": "v2-submit-locale",
    "suffixes": ["", "-No-WNP"],
    "upstream-artifacts": upstream("public/manifest.json", "beetmover"),
}
SCHEDULE_SCHEMA = "balrogscript/balrog_schedule_schema"
TOPLEVEL_SCHEMA = "balrogscript/balrog_submit-toplevel_schema"
BALROG_SCOPES = ["project:releng:balrog:server:beta"]
BALROG = {**FIREFOX, "scopes": BALROG_SCOPES, "app_version": "93.0"}
STAGING = {"params": {"project": "try", "head_ref": "refs/heads/topic", "level": "1"}}
add("balrog", "schedule", SCHEDULE, SCHEDULE_SCHEMA, **BALROG)
add("balrog", "schedule by release type", BY_TYPE, SCHEDULE_SCHEMA, **BALROG)
add("balrog", "schedule in staging", BY_TYPE, SCHEDULE_SCHEMA, **{**BALROG, **STAGING})
for version, kind in [("93.0b1", "beta"), ("93.0b2", "beta"), ("93.0", "release"), ("91.2.0esr", "esr")]:
    params = {"params": {"version": version}, "release_type": kind}
    add("balrog", f"schedule {version}", BY_TYPE, SCHEDULE_SCHEMA, **{**BALROG, **params})
add("balrog", "schedule with a time", {**SCHEDULE, "release-eta": "2030-01-31T12:00:00Z"}, SCHEDULE_SCHEMA, **BALROG)
ETA = {"params": {"release_eta": "2031-01-31T12:00:00Z"}}
add("balrog", "schedule at the time of the release", SCHEDULE, SCHEDULE_SCHEMA, **{**BALROG, **ETA})
add("balrog", "schedule at no time", {**SCHEDULE, "release-eta": ""}, SCHEDULE_SCHEMA, **{**BALROG, **ETA})
add("balrog", "schedule with a suffix", {**SCHEDULE, "blob-suffix": "-No-WNP"}, SCHEDULE_SCHEMA, **BALROG)
add("balrog", "toplevel", TOPLEVEL, TOPLEVEL_SCHEMA, **BALROG)
add("balrog", "toplevel in staging", TOPLEVEL, TOPLEVEL_SCHEMA, **{**BALROG, **STAGING})
add(
    "balrog",
    "toplevel without earlier releases",
    TOPLEVEL,
    TOPLEVEL_SCHEMA,
    **{**BALROG, "params": {"release_history": {}}},
)
add("balrog", "toplevel of the first API", {**TOPLEVEL, "balrog-action": "submit-toplevel"}, TOPLEVEL_SCHEMA, **BALROG)
PATTERNS = {
    "complete-mar-filename-pattern": "%(product)s.mar",
    "complete-mar-bouncer-product-pattern": "%(product)s-mar",
    "blob-suffix": "-x",
}
add("balrog", "toplevel with patterns", {**TOPLEVEL, **PATTERNS}, TOPLEVEL_SCHEMA, **BALROG)
add("balrog", "locale", LOCALE, "balrogscript/balrog_submit-locale_schema", **BALROG)
add("balrog", "a misspelled action", {**SCHEDULE, "balrog-action": "shedule"}, **BALROG)
add("balrog", "no action", without(SCHEDULE, "balrog-action"), **BALROG)
add("balrog", "no rules", without(SCHEDULE, "publish-rules"), **BALROG)
add("balrog", "rules that are texts", {**SCHEDULE, "publish-rules": ["32"]}, **BALROG)
add("balrog", "a rate that is a text", {**SCHEDULE, "background-rate": "25"}, **BALROG)
add("balrog", "no platforms", without(TOPLEVEL, "platforms"), **BALROG)
add("balrog", "an unknown key", {**SCHEDULE, "blob-sufix": ""}, **BALROG)
add("balrog", "null", {**SCHEDULE, "blob-suffix": None}, **BALROG)
add("balrog", "no manifest", without(LOCALE, "upstream-artifacts"), **BALROG)
add("balrog", "no alternative", {**SCHEDULE, "publish-rules": {"by-release-type": {"esr": [1]}}}, **BALROG)

# bouncer
ENTRIES = {
    "Firefox-93.0b3-SSL": {
        "options": {"add_locales": True, "ssl_only": True},
        "paths_per_bouncer_platform": {"osx": "/firefox/releases/93.0b3/mac/:lang/Firefox%2093.0b3.dmg"},
    }
}


def bouncer(action):
    scopes = [f"project:releng:bouncer:action:{action}", "project:releng:bouncer:server:staging"]
    return {**FIREFOX, "scopes": scopes}


BOUNCER = bouncer("submission")
add(
    "bouncer-submission",
    "a product",
    {"entries": ENTRIES, "locales": ["de", "en-US"]},
    "bouncerscript/bouncer_submission_task_schema",
    **BOUNCER,
)
add("bouncer-submission", "no locales", {"entries": ENTRIES}, **BOUNCER)
add("bouncer-submission", "locales in a text", {"entries": ENTRIES, "locales": "de"}, **BOUNCER)
add(
    "bouncer-aliases",
    "an alias",
    {"entries": {"firefox-beta-latest-ssl": "Firefox-93.0b3-SSL"}},
    "bouncerscript/bouncer_aliases_task_schema",
    **bouncer("aliases"),
)
add("bouncer-aliases", "no entries", {}, **bouncer("aliases"))
add("bouncer-aliases", "null", {"entries": None}, on_purpose="the worker refuses null", **bouncer("aliases"))
add(
    "bouncer-locations",
    "a product",
    {"bouncer-products": ["firefox-nightly-latest"]},
    "bouncerscript/bouncer_locations_task_schema",
    **{**bouncer("locations"), "params": {"version": "95.0a1"}},
)
add("bouncer-locations", "a text", {"bouncer-products": "firefox-nightly-latest"}, **bouncer("locations"))

# Ship It


def ship_it(action):
    scopes = ["project:releng:ship-it:server:staging", f"project:releng:ship-it:action:{action}"]
    return {**FIREFOX, "scopes": scopes}


add(
    "shipit-shipped",
    "a release",
    {"release-name": "Firefox-93.0b3-build2"},
    "shipitscript/mark_as_shipped_task_schema",
    **ship_it("mark-as-shipped"),
)
add("shipit-shipped", "no release", {}, **ship_it("mark-as-shipped"))
add("shipit-merged", "a merge", {"merge-automation-id": 12}, "shipitscript/mark_as_merged_task_schema", **ship_it("mark-as-merged"))
add("shipit-merged", "a text", {"merge-automation-id": "12"}, **ship_it("mark-as-merged"))
add(
    "shipit-maybe-release",
    "a phase",
    {"phase": "promote_firefox"},
    "shipitscript/create_new_release_task_schema",
    **ship_it("create-new-release"),
)
add(
    "shipit-update-product-channel-version",
    "a channel",
    {"product": "firefox", "channel": "nightly", "version": "95.0a1"},
    "shipitscript/update_product_channel_version_schema",
    **ship_it("update-product-channel-version"),
)
add("shipit-update-product-channel-version", "no channel", {"product": "firefox", "version": "95.0a1"}, **ship_it("update-product-channel-version"))

# Stores
FLATPAK = {"channel": "beta", "upstream-artifacts": upstream("public/build/target.flatpak.tar.xz", "repackage")}
add("push-flatpak", "a flatpak", FLATPAK, "pushflatpakscript/push_flatpak_task_schema", scopes=["project:releng:flathub:firefox:beta"])
add("push-flatpak", "no channel", without(FLATPAK, "channel"))
add("push-flatpak", "an unknown key", {**FLATPAK, "chanel": "beta"})
MSIX = {"channel": "release", "upstream-artifacts": upstream("public/build/target.store.msix", "repackage")}
MSIX_SCHEMA = "pushmsixscript/push_msix_task_schema"
add("push-msix", "a package", MSIX, MSIX_SCHEMA, scopes=["project:releng:microsoftstore:release"])
add("push-msix", "published by hand", {**MSIX, "publish-mode": "Manual"}, MSIX_SCHEMA)
add("push-msix", "published somehow", {**MSIX, "publish-mode": ""}, MSIX_SCHEMA)
add("push-msix", "null", {**MSIX, "publish-mode": None})
ADDONS = {"channel": "listed", "upstream-artifacts": upstream("public/build/de/target.langpack.xpi", "l10n")}
ADDON_SCOPES = ["project:releng:addons.mozilla.org:server:staging"]
add("push-addons", "a language pack", ADDONS, "addonscript/addonscript_task_schema", scopes=ADDON_SCOPES)
add("push-addons", "an unknown channel", {**ADDONS, "channel": "liste"})
add("push-addons", "a locale too many", {**ADDONS, "upstream-artifacts": [{**ADDONS["upstream-artifacts"][0], "locale": "de"}]})
APK = {
    "channel": "internal",
    "commit": True,
    "product": "fenix",
    "dep": False,
    "upstream-artifacts": upstream("public/build/target.arm64-v8a.apk"),
}
APK_SCHEMA = "pushapkscript/pushapk_task_schema"
add("scriptworker-pushapk", "a package", APK, APK_SCHEMA)
add(
    "scriptworker-pushapk",
    "a certificate and a store",
    {**APK, "certificate-alias": "fenix", "target-store": "samsung", "dep": True},
    APK_SCHEMA,
)
add("scriptworker-pushapk", "no product", without(APK, "product"))
add("scriptworker-pushapk", "not told whether to commit", {**APK, "commit": "yes"})

# beetmover
MAP = [
    {
        "taskId": {"task-reference": "<build>"},
        "paths": {"public/build/target.maven.zip": {"destinations": ["maven2/a-1.0.zip", "maven2/b-1.0.zip"]}},
    }
]
BUCKET = {
    "action": "push-to-maven",
    "version": "93.0.20231114221320",
    "artifact-map": MAP,
    "beetmover-application-name": "components",
    "bucket": "maven-staging",
    "upstream-artifacts": upstream("public/build/target.maven.zip", "build"),
}
add("scriptworker-beetmover", "maven", BUCKET, "beetmoverscript/artifactMap_beetmover_task_schema")
add("scriptworker-beetmover", "no bucket", without(BUCKET, "bucket"))
add("scriptworker-beetmover", "a destination that is a text", {**BUCKET, "artifact-map": [{**MAP[0], "paths": {"a": {"destinations": "b"}}}]})
PROPERTIES = {
    "app-name": "geckoview",
    "app-version": "94.0a1",
    "branch": "mozilla-beta",
    "build-id": "20231114221320",
    "artifact-id": "geckoview-beta",
    "hash-type": "sha512",
    "platform": "android-arm",
}
MAVEN = {
    "max-run-time": 600,
    "release-properties": PROPERTIES,
    "upstream-artifacts": [{**upstream("public/build/target.maven.zip", "build")[0], "zipExtract": True}],
    "artifact-map": [{"taskId": {"task-reference": "<build>"}, "locale": "en-US", "paths": {}}],
}
EXTRA = "Firefox adds `appVersion` and `next_version`, which no worker reads"
add("beetmover-maven", "a library", MAVEN, "beetmoverscript/maven_beetmover_task_schema", on_purpose=EXTRA)
add(
    "beetmover-maven",
    "a library of a release",
    {**without(MAVEN, "artifact-map"), "release-properties": {**PROPERTIES, "app-version": "94.0"}},
    "beetmoverscript/maven_beetmover_task_schema",
    on_purpose=EXTRA,
)
add("beetmover-maven", "no library", {**MAVEN, "release-properties": without(PROPERTIES, "artifact-id")})
add(
    "beetmover-import-from-gcs-to-artifact-registry",
    "packages",
    {"max-run-time": 600, "product": "firefox", "gcs-sources": ["pub/firefox/releases/93.0b3/linux-x86_64/en-US/*.deb"]},
    "beetmoverscript/import_from_gcs_to_artifact_registry_task_schema",
)
add("beetmover-import-from-gcs-to-artifact-registry", "no product", {"gcs-sources": []})

# Repositories
LANDO_SCHEMA = "landoscript/landoscript_task_schema"
LANDO = {"lando-repo": "firefox-beta", "hg-repo-url": "https://hg.mozilla.org/releases/mozilla-beta"}
IMPORT = {"from-repo-url": "https://a.example", "toml-info": [{"toml-path": "a.toml", "dest-path": "a"}]}
SYNC = {"from-branch": "main", "toml-info": [{"toml-path": "a.toml"}]}
BUMP = {
    "name": "Firefox",
    "path": "browser/locales/l10n-changesets.json",
    "l10n-repo-url": "https://github.com/mozilla-l10n/firefox-l10n",
    "l10n-repo-target-branch": "main",
    "ignore-config": {"ja": ["macosx64"]},
    "platform-configs": [{"platforms": ["linux64"], "path": "browser/locales/shipped-locales", "format": "json"}],
}
MERGE = {
    "to-branch": "beta",
    "from-branch": "main",
    "version-files": [{"filename": "version.txt", "new-suffix": "b1", "version-bump": "major"}],
    "replacements": [["a", "b", "c"]],
    "base-tag": "FIREFOX_BETA_{major_version}_BASE",
}
for name, more in [
    ("tag the build", {"tags": ["buildN"]}),
    ("tag the release", {"tags": ["release"]}),
    ("tag both", {"tags": ["release", "buildN"]}),
    ("bump", {"bump-files": ["browser/config/version_display.txt"]}),
    ("bump and tag", {"bump-files": ["a.txt"], "tags": ["release"], "dontbuild": True, "ignore-closed-tree": False}),
    ("dry run", {"tags": ["buildN"], "force-dry-run": True, "ignore-closed-tree": True}),
    ("import", {"android-l10n-import-info": IMPORT}),
    ("sync", {"android-l10n-sync-info": SYNC}),
    ("localizations", {"l10n-bump-info": [BUMP, {**BUMP, "name": "Mail"}]}),
    ("merge", {"merge-info": MERGE}),
    ("merge with localizations", {"merge-info": MERGE, "l10n-bump-info": [BUMP], "bump-files": ["a.txt"]}),
]:
    add("landoscript", name, {**LANDO, **more}, LANDO_SCHEMA, **FIREFOX)
NOTHING = "the worker refuses a task that does nothing"
add("landoscript", "no tags", {**LANDO, "tags": []}, on_purpose=NOTHING, **FIREFOX)
add("landoscript", "two repositories", {**LANDO, "l10n-bump-info": [BUMP, {**BUMP, "l10n-repo-url": "https://b.example"}]}, **FIREFOX)
add("landoscript", "an unknown tag", {**LANDO, "tags": ["build"]}, **FIREFOX)
add("landoscript", "no repository", {"tags": ["buildN"]}, **FIREFOX)
add(
    "landoscript",
    "no revisions to look up",
    {"lando-repo": "firefox-beta", "tags": ["buildN"]},
    LANDO_SCHEMA,
    on_purpose="`hg-repo-url` is optional, as in the worker: a project on Git has no repository to look in",
    **FIREFOX,
)
add("landoscript", "a merge without files", {**LANDO, "merge-info": without(MERGE, "version-files")}, **FIREFOX)
TREE_SCHEMA = "treescript/treescript_task_schema"
TREE = {"tags": [], "bump": False, "push": True}
TREE_BUMP = {**BUMP, "version-path": "browser/config/version.txt"}
TREE_SYNC = {"from-repo-url": "https://a.example", "toml-info": [{"toml-path": "a.toml"}]}
for name, more in [
    ("tag the build", {"tags": ["buildN"]}),
    ("bump", {"bump": True, "bump-files": ["a.txt"], "dontbuild": True}),
    ("everything", {
        "tags": ["buildN", "release"], "bump": True, "bump-files": ["a.txt"], "force-dry-run": True,
        "ignore-closed-tree": True, "source-repo": "https://hg.example/a", "ssh-user": "merge_user",
        "android-l10n-import-info": IMPORT, "android-l10n-sync-info": TREE_SYNC,
    }),
    ("localizations", {"l10n-bump-info": [TREE_BUMP]}),
    ("localizations in Mercurial", {"l10n-bump-info": [{**TREE_BUMP, "l10n-repo-url": "https://hg.mozilla.org/l10n"}]}),
    ("localizations of no repository", {"l10n-bump-info": [without(TREE_BUMP, "l10n-repo-url")]}),
    ("merge", {"merge-info": {**MERGE, "to-repo": "https://hg.example/b", "merge-old-head": True}}),
]:
    add("treescript", name, {**TREE, **more}, TREE_SCHEMA, scopes=["project:releng:treescript:action:tag"], **FIREFOX)
add("treescript", "nothing", {**TREE, "push": False}, on_purpose=NOTHING, **FIREFOX)
add("treescript", "a bump of no file", {**TREE, "bump": True, "bump-files": []}, **FIREFOX)
add("treescript", "no tags", without(TREE, "tags"), **FIREFOX)
add("treescript", "an unknown key", {**TREE, "ssh_user": "x"}, **FIREFOX)

CASES = copy.deepcopy(CASES)
