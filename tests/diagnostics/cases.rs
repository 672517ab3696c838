//! A valid document for each entry of the static tables.

use snowman::base::value::{Object, Value, json};
use snowman::config::graph_config::GRAPH_CONFIG;
use snowman::config::parameters::PARAMETERS;
use snowman::config::schema::Schema;
use snowman::kind::definition::KIND;
use snowman::transform::fields::Presets;
use snowman::transforms::TRANSFORMS;
use snowman::transforms::fetch::FETCH_TYPES;
use snowman::transforms::notify::schema::RECIPIENTS;
use snowman::transforms::payload::PAYLOADS;
use snowman::transforms::run::using::RUN_USING;

/// The file that a case is about.
#[derive(Clone, Copy)]
pub enum File {
    Config,
    Kind,
    Parameters,
}

impl File {
    pub fn path(self) -> &'static str {
        match self {
            File::Config => "taskcluster/config.yml",
            File::Kind => "taskcluster/kinds/k/kind.yml",
            File::Parameters => "parameters.yml",
        }
    }
}

/// A document that is right, and where in it a schema holds.
pub struct Case {
    pub name: String,
    pub file: File,
    pub document: Value,
    pub at: Vec<&'static str>,
    pub schema: &'static Schema,
    /// Keys that are not the document's to say, or that choose the schema.
    pub given: &'static [&'static str],
    /// Keys that need not be there, since they have a default.
    pub defaults: Presets,
    /// Whether it is about a task.
    pub task: bool,
    /// Whether the document is taken as it is.
    pub right: bool,
}

const TASK: [&str; 2] = ["tasks", "t"];

pub fn config() -> Value {
    let alias = |implementation: &str, os: &str| {
        json!({
            "provisioner": "p", "implementation": implementation, "os": os, "worker-type": "w",
        })
    };
    let payloads = PAYLOADS
        .iter()
        .map(|payload| (payload.name.to_owned(), alias(payload.name, "linux")));
    let mut aliases: Object = payloads.collect();
    aliases.insert("images".to_owned(), alias("docker-worker", "linux"));
    json!({
        "trust-domain": "t",
        "task-priority": "low",
        "workers": {"aliases": aliases},
        "taskgraph": {"repositories": {"r": {
            "name": "R", "project-regex": ".*", "default-repository": "https://example.com/r",
            "default-ref": "main", "type": "git",
        }}},
        "scriptworker": {"scope-prefix": "project:t"},
    })
}

/// A kind that others depend on.
pub fn other_kind() -> Value {
    json!({
        "loader": "taskgraph.loader.transform:loader",
        "transforms": ["taskgraph.transforms.task"],
        "tasks": {"o": {"description": "Other", "worker-type": "succeed"}},
    })
}

pub fn parameters() -> Value {
    json!({
        "base_ref": "main", "base_repository": "https://github.com/r/r", "base_rev": "a", "build_date": 0,
        "build_number": 1, "do_not_optimize": [], "enable_always_target": true, "existing_tasks": {},
        "files_changed": [], "filters": ["target_tasks_method"], "head_ref": "main",
        "head_repository": "https://github.com/r/r", "head_rev": "b", "head_tag": "", "level": "1",
        "moz_build_date": "20250915100000", "next_version": null, "optimize_strategies": null,
        "optimize_target_tasks": true, "owner": "someone@example.com", "project": "r", "pushdate": 0,
        "pushlog_id": "0", "repository_type": "git", "target_tasks_method": "default",
        "tasks_for": "github-push", "version": "1.0",
    })
}

fn kind(transforms: &[&str], task: &Value) -> Value {
    json!({
        "loader": "taskgraph.loader.transform:loader",
        "kind-dependencies": ["other"],
        "transforms": transforms.iter().map(|name| format!("taskgraph.transforms.{name}")).collect::<Vec<_>>(),
        "tasks": {"t": task},
    })
}

/// A task on docker-worker with something more.
fn docker(more: Value) -> Value {
    let mut task = json!({
        "description": "A task",
        "worker-type": "docker-worker",
        "worker": {"docker-image": "debian", "max-run-time": 1},
    });
    task.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    task
}

/// Every case. Panics where an entry has none.
pub fn all() -> Vec<Case> {
    let mut cases = vec![
        file("config.yml", File::Config, config(), &GRAPH_CONFIG),
        file(
            "kind.yml",
            File::Kind,
            kind(&["task"], &docker(json!({}))),
            &KIND,
        ),
        file("parameters", File::Parameters, parameters(), &PARAMETERS),
    ];
    cases.extend(TRANSFORMS.iter().filter_map(|transform| {
        let document = of_transform(transform.name);
        Some(Case {
            schema: transform.schema?,
            // These are there before the transform looks.
            given: &[
                "name",
                "label",
                "always-target",
                "needs-sccache",
                "task-from",
                "implementation",
            ],
            // Without a Taskcluster there is nothing to replicate, and without a dependency nothing to publish.
            right: !["replicate", "publish", "partial_updates"]
                .iter()
                .any(|end| transform.name.ends_with(end)),
            ..task(transform.name, document, &[])
        })
    }));
    cases.extend(FETCH_TYPES.iter().map(|one| Case {
        schema: one.schema,
        given: &["type"],
        ..task(
            &format!("fetch {}", one.name),
            kind(&["fetch", "run", "task"], &fetch(one.name)),
            &["fetch"],
        )
    }));
    cases.extend(RECIPIENTS.iter().map(|one| Case {
        schema: &one.schema,
        given: &["type"],
        ..task(
            &format!("recipient {}", one.name),
            kind(&["notify", "task"], &notify(one.name)),
            &["notify", "recipients", "0"],
        )
    }));
    cases.extend(RUN_USING.iter().map(|one| Case {
        schema: one.schema,
        given: &["using", "workdir"],
        defaults: one.defaults,
        ..task(
            &format!("{} on {}", one.name, one.worker),
            kind(&["run", "cached_tasks", "task"], &run(one.name, one.worker)),
            &["run"],
        )
    }));
    cases.extend(PAYLOADS.iter().map(|payload| {
        let worker = worker(payload.name);
        let task_of = json!({
            "description": "A task", "worker-type": payload.name, "worker": worker,
            "attributes": {"shipping_product": "p", "shipping_phase": "promote"},
        });
        Case {
            schema: payload.schema,
            // These follow from the alias.
            given: &["implementation", "os"],
            defaults: payload.defaults,
            ..task(payload.name, kind(&["task"], &task_of), &["worker"])
        }
    }));
    cases
}

fn file(name: &str, file: File, document: Value, schema: &'static Schema) -> Case {
    Case {
        name: name.to_owned(),
        file,
        document,
        at: Vec::new(),
        schema,
        given: &[],
        defaults: &[],
        task: false,
        right: true,
    }
}

fn task(name: &str, document: Value, at: &[&'static str]) -> Case {
    Case {
        name: name.to_owned(),
        file: File::Kind,
        document,
        at: [&TASK, at].concat(),
        schema: &KIND,
        given: &[],
        defaults: &[],
        task: true,
        right: true,
    }
}

fn missing(table: &str, name: &str) -> ! {
    unreachable!("{table} has the entry {name}, of which no case is here")
}

fn of_transform(name: &str) -> Value {
    let short = name.rsplit('.').next().unwrap();
    let run = json!({"using": "run-task", "command": "make"});
    match short {
        "replicate" => {
            let mut kind = kind(&[], &json!({"replicate": {"target": ["a.b"]}}));
            kind["transforms"] = json!([name]);
            kind
        }
        "release_artifacts" => {
            let mut kind = kind(
                &[short, "task"],
                &docker(json!({"release-artifacts": ["a"]})),
            );
            kind["transforms"].as_array_mut().unwrap()[0] = json!(name);
            kind
        }
        "mark_as_shipped" => {
            let task = json!({"worker-type": "scriptworker-shipit", "shipit-product": "p"});
            let mut kind = kind(&[short, "task"], &task);
            kind["transforms"].as_array_mut().unwrap()[0] = json!(name);
            kind
        }
        "cached_tasks" | "code_review" => Value::Null,
        "chunking" => {
            let chunk = json!({"total-chunks": 1, "substitution-fields": []});
            kind(&[short, "task"], &docker(json!({"chunk": chunk})))
        }
        "docker_image" => kind(
            &[short, "cached_tasks", "task"],
            &json!({"definition": "img"}),
        ),
        "fetch" => kind(&[short, "run", "task"], &fetch("git")),
        "from_deps" => kind(
            &[short, "task"],
            &docker(json!({"from-deps": {"kinds": ["other"]}})),
        ),
        "matrix" => kind(&[short, "task"], &docker(json!({"matrix": {"os": ["a"]}}))),
        "notify" => kind(&[short, "task"], &notify("email")),
        "publish" => {
            let file = json!({"from": "build", "artifact": "public/a", "to": "a"});
            let publish = json!({"folder": "pub", "files": [file]});
            let mut kind = kind(&[short, "task"], &docker(json!({"publish": publish})));
            kind["transforms"].as_array_mut().unwrap()[0] = json!(name);
            kind
        }
        "partial_updates" => {
            let fields = json!({"partial-updates": {"fields": ["a"]}});
            let mut kind = kind(&[short, "task"], &docker(fields));
            kind["transforms"].as_array_mut().unwrap()[0] = json!(name);
            kind
        }
        "run_on_releases" => {
            let mut kind = kind(
                &[short, "task"],
                &docker(json!({"run-on-releases": ["beta"]})),
            );
            kind["transforms"].as_array_mut().unwrap()[0] = json!(name);
            kind
        }
        "run" => kind(&[short, "task"], &docker(json!({"run": run}))),
        "task" => kind(&[short], &docker(json!({}))),
        "task_context" => {
            let context = json!({"substitution-fields": []});
            kind(&[short, "task"], &docker(json!({"task-context": context})))
        }
        _ => missing("TRANSFORMS", name),
    }
}

fn fetch(name: &str) -> Value {
    let digest = "0".repeat(64);
    let fetch = match name {
        "git" => json!({"type": name, "repo": "https://example.com/r", "revision": &digest[..40]}),
        "static-url" => {
            json!({"type": name, "url": "https://example.com/a", "sha256": digest, "size": 1})
        }
        _ => missing("FETCH_TYPES", name),
    };
    json!({"description": "A fetch", "docker-image": "debian", "fetch": fetch})
}

fn notify(name: &str) -> Value {
    let recipient = match name {
        "email" => json!({"type": name, "address": "a@b.c"}),
        "matrix-room" => json!({"type": name, "room-id": "!a:b"}),
        "pulse" => json!({"type": name, "routing-key": "a"}),
        "slack-channel" => json!({"type": name, "channel-id": "C"}),
        _ => missing("RECIPIENTS", name),
    };
    docker(json!({"notify": {"recipients": [recipient]}}))
}

fn run(name: &str, worker: &str) -> Value {
    let run = match name {
        "always-optimized" => json!({"using": name}),
        "index-search" => json!({"using": name, "index-search": ["a.b"]}),
        "run-task" => json!({"using": name, "command": "make"}),
        "toolchain-script" => {
            json!({"using": name, "script": "tool.sh", "toolchain-artifact": "public/a"})
        }
        _ => missing("RUN_USING", name),
    };
    let mut task = docker(json!({"run": run, "attributes": {}}));
    match worker {
        "docker-worker" => {}
        "generic-worker" => task["worker"] = json!({"max-run-time": 1}),
        "always-optimized" => task["worker"] = json!({}),
        _ => missing("RUN_USING", worker),
    }
    task["worker"]["env"] = json!({});
    if worker == "docker-worker" {
        task["worker"]["docker-image"] = json!({"indexed": "t.images.i"});
    }
    if worker == "always-optimized" {
        task.as_object_mut().unwrap().shift_remove("worker");
    }
    task["worker-type"] = json!(worker);
    task
}

fn worker(name: &str) -> Value {
    let upstream = json!({"taskId": "a", "taskType": "build", "paths": ["p"], "formats": []});
    match name {
        "always-optimized" | "invalid" | "succeed" => json!({}),
        "beetmover" => json!({
            "release-properties": {
                "app-name": "a", "app-version": "1", "branch": "main", "build-id": "2",
                "hash-type": "sha512", "platform": "linux",
            },
            "upstream-artifacts": [{"taskId": "a", "taskType": "build", "paths": ["p"], "locale": "de"}],
        }),
        "beetmover-push-to-release" => json!({"product": "p", "max-run-time": 1}),
        "docker-worker" => json!({"docker-image": "debian", "max-run-time": 1}),
        "generic-worker" => json!({"command": [["make"]], "max-run-time": 1}),
        "scriptworker-beetmover-data" => json!({
            "app-name": "a", "bucket": "b", "project": "p",
            "data-map": [{"data": "YQ==", "content-type": "text/plain", "destinations": ["d"]}],
        }),
        "scriptworker-bitrise" => json!({"bitrise": {"app": "a", "workflows": ["w"]}}),
        "scriptworker-lando" => json!({"lando-repo": "r", "actions": []}),
        "scriptworker-shipit" => json!({"release-name": "r"}),
        "scriptworker-signing" => {
            json!({"signing-type": "dep-signing", "upstream-artifacts": [upstream]})
        }
        _ => release_worker(name),
    }
}

/// The `worker` of a task for a release worker.
fn release_worker(name: &str) -> Value {
    let artifacts = json!([{"taskId": "a", "taskType": "build", "paths": ["p"]}]);
    let store = json!({"channel": "c", "upstream-artifacts": artifacts});
    match name {
        "balrog" => json!({"balrog-action": "submit-locale", "upstream-artifacts": artifacts}),
        "beetmover-import-from-gcs-to-artifact-registry" => {
            json!({"gcs-sources": ["pub/a"], "product": "p"})
        }
        "beetmover-maven" => json!({
            "release-properties": {
                "app-name": "a", "app-version": "92.0", "branch": "main", "build-id": "2", "artifact-id": "b",
            },
            "upstream-artifacts": artifacts,
        }),
        "bouncer-aliases" => json!({"entries": {"a": "b"}}),
        "bouncer-locations" => json!({"bouncer-products": ["p"]}),
        "bouncer-submission" => json!({"locales": ["de"], "entries": {}}),
        "iscript" => {
            let upstream = json!([{"taskId": "a", "taskType": "build", "paths": ["p"], "formats": ["macapp"]}]);
            json!({"signing-type": "dep-signing", "upstream-artifacts": upstream})
        }
        "landoscript" => json!({"lando-repo": "r", "bump-files": ["a"]}),
        "push-addons" => json!({"channel": "listed", "upstream-artifacts": artifacts}),
        "push-apk" => {
            json!({"google-play-track": "internal", "commit": false, "upstream-artifacts": artifacts})
        }
        "push-flatpak" | "push-msix" | "push-snap" => store,
        "scriptworker-beetmover" => json!({
            "action": "push-to-candidates", "version": "1", "artifact-map": [
                {"taskId": "a", "paths": {"p": {"destinations": ["d"]}}},
            ],
            "beetmover-application-name": "p", "bucket": "dep", "upstream-artifacts": artifacts,
        }),
        "scriptworker-github" => json!({
            "action": "release", "github-project": "p", "github-repo-url": "https://example.com", "git-tag": "v1",
            "git-revision": "a", "release-name": "r", "is-prerelease": false, "artifact-map": [],
            "upstream-artifacts": artifacts,
        }),
        "scriptworker-pushapk" => json!({
            "channel": "c", "commit": false, "product": "p", "dep": true, "upstream-artifacts": artifacts,
        }),
        "shipit-maybe-release" => json!({"phase": "p"}),
        "shipit-merged" => json!({"merge-automation-id": 1}),
        "shipit-shipped" => json!({"release-name": "r"}),
        "shipit-update-product-channel-version" => {
            json!({"product": "p", "channel": "c", "version": "1"})
        }
        "treescript" => json!({"tags": [], "bump": true, "bump-files": ["a"]}),
        _ => missing("PAYLOADS", name),
    }
}
