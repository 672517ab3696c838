use crate::base::value::{Value, json};

use super::*;
use crate::base::name::KindName;
use crate::base::value::Object;
use crate::config::test_support::{graph_config, object, params};
use crate::model::id_graph::PlannedTask;
use crate::model::test_support::{id, label};
use crate::ports::environment::Environment;
use crate::ports::ids::DerivedIds;

const DECISION: &str = "fN1SbArXTPSVFUUvaOlinQ";

/// A task whose id is its label in capitals.
fn planned(name: &str, attributes: Value, definition: Value) -> PlannedTask {
    PlannedTask {
        task_id: id(&name.to_uppercase()),
        kind: KindName::parse("test").unwrap(),
        label: label(name),
        description: String::new(),
        attributes: object(attributes),
        task: object(definition),
        optimization: Value::Null,
        dependencies: Default::default(),
        soft_dependencies: Vec::new(),
        if_dependencies: Vec::new(),
        provenance: Default::default(),
    }
}

/// A task with this many index routes and one other.
fn routed(name: &str, routes: Vec<String>) -> PlannedTask {
    let routes: Vec<String> = [vec!["checks".to_owned()], routes].concat();
    let definition = json!({
        "deadline": {"relative-datestamp": "3 days"},
        "extra": {"index": {"rank": 7}},
        "metadata": {
            "name": name, "description": "Makes it", "owner": "dev@example.com",
            "source": "https://example.com/x",
        },
        "routes": routes,
    });
    planned(name, json!({}), definition)
}

fn numbered(count: usize) -> Vec<String> {
    (0..count)
        .map(|i| format!("index.snow.v2.ci.latest.x{i}"))
        .collect()
}

/// What the morphs make of tasks.
fn morphed(
    config: Value,
    over: Value,
    environment: &Environment,
    tasks: Vec<PlannedTask>,
) -> Outcome<MorphedTaskGraph> {
    let label_to_taskid = tasks
        .iter()
        .map(|task| (task.label.clone(), task.task_id.clone()))
        .chain([(label("replaced"), id("OLD"))])
        .collect();
    let optimized = OptimizedTaskGraph {
        graph: IdGraph::new(tasks),
        label_to_taskid,
        replaced: Vec::new(),
        verdicts: BTreeMap::new(),
    };
    let context = MorphContext {
        graph_config: &graph_config(config),
        params: &params(over),
        ids: &DerivedIds::new(id(DECISION)),
        environment,
        image: None,
        custom: None,
    };
    morph(&optimized, context)
}

fn misc() -> Value {
    json!({"workers": {"aliases": {"misc": {
        "provisioner": "{trust-domain}-{level}", "implementation": "docker-worker", "os": "linux",
        "worker-type": "misc-gcp",
    }}}})
}

fn plain(config: Value, tasks: Vec<PlannedTask>) -> MorphedTaskGraph {
    morphed(config, json!({}), &Environment::default(), tasks).unwrap()
}

fn new_id(name: &str) -> TaskId {
    DerivedIds::new(id(DECISION)).id(&label(name), 0)
}

fn definition(morphed: &MorphedTaskGraph, name: &str) -> Object {
    let task_id = &morphed.label_to_taskid[&label(name)];
    morphed.graph.get(task_id).unwrap().task.clone()
}

#[test]
fn routes_within_the_limit_are_not_changed() {
    let morphed = plain(json!({}), vec![routed("a", numbered(63))]);
    assert_eq!(morphed.graph.len(), 1);
    let routes = definition(&morphed, "a")["routes"].clone();
    assert_eq!(routes.as_array().unwrap().len(), 64);
    assert_eq!(morphed.label_to_taskid[&label("replaced")], id("OLD"));
}

#[test]
fn excess_index_routes_get_a_separate_task() {
    let morphed = plain(
        misc(),
        vec![routed("a", numbered(64)), routed("b", numbered(1))],
    );
    assert_eq!(morphed.graph.len(), 3);
    assert_eq!(definition(&morphed, "a")["routes"], json!(["checks"]));
    assert_eq!(
        definition(&morphed, "b")["routes"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let name = "index-task-a";
    assert_eq!(morphed.label_to_taskid[&label(name)], new_id(name));
    let task = definition(&morphed, name);
    let mut command = vec!["insert-indexes.js".to_owned()];
    command.extend(numbered(64).iter().map(|r| r["index.".len()..].to_owned()));
    assert_eq!(
        Value::Object(task),
        json!({
            "provisionerId": "snow-1",
            "workerType": "misc-gcp",
            "dependencies": ["A"],
            "created": {"relative-datestamp": "0 seconds"},
            "deadline": {"relative-datestamp": "3 days"},
            "expires": {"relative-datestamp": "3 days"},
            "metadata": {
                "name": name, "description": "index-task for Makes it",
                "owner": "dev@example.com", "source": "https://example.com/x",
            },
            "scopes": ["index:insert-task:snow.v2.ci.*"],
            "payload": {
                "image": {
                    "path": "public/image.tar.zst",
                    "namespace": "taskgraph.cache.level-3.docker-images.v2.index-task.latest",
                    "type": "indexed-image",
                },
                "features": {"taskclusterProxy": true},
                "maxRunTime": 600,
                "command": command,
                "env": {"TARGET_TASKID": "A", "INDEX_RANK": "7"},
            },
        })
    );
    let planned = morphed.graph.get(&new_id(name)).unwrap();
    assert_eq!(planned.kind.as_str(), "misc");
    assert_eq!(planned.dependencies.all["parent"], id("A"));
}

#[test]
fn scopes_of_index_tasks_are_summarized() {
    let mut config = misc();
    config["taskgraph"] = json!({
        "repositories": {"ci": {"name": "ci"}},
        "index-path-regexes": [r"^(other\.cache\.)[^.]*\..*"],
    });
    let mut routes = numbered(64);
    routes.extend(
        [
            "index.snow.v2.try.x",
            "index.other.cache.level-1.y",
            "index.other.plain",
            "index.snow2v2.ci.x",
        ]
        .map(str::to_owned),
    );
    let morphed = plain(config, vec![routed("a", routes)]);
    assert_eq!(
        definition(&morphed, "index-task-a")["scopes"],
        json!([
            "index:insert-task:other.cache.*",
            "index:insert-task:other.plain",
            "index:insert-task:snow.v2.ci.*",
            "index:insert-task:snow.v2.try.*",
            "index:insert-task:snow2v2.ci.x",
        ])
    );
}

#[test]
fn index_tasks_need_a_worker_and_a_free_label() {
    let errors = |config, tasks| {
        morphed(config, json!({}), &Environment::default(), tasks)
            .unwrap_err()
            .to_string()
    };
    let without = errors(json!({}), vec![routed("a", numbered(64))]);
    assert!(without.contains("unknown worker alias `misc`"), "{without}");
    assert!(without.contains("task `a`"), "{without}");
    let routed_tasks = vec![routed("a", numbered(64)), routed("index-task-a", vec![])];
    let routed_tasks = errors(misc(), routed_tasks);
    assert!(
        routed_tasks.contains("adds a task `index-task-a`"),
        "{routed_tasks}"
    );
    let wrong = json!({
        "workers": misc()["workers"],
        "taskgraph": {"repositories": {"ci": {"name": "ci"}}, "index-path-regexes": ["("]},
    });
    let wrong = errors(wrong, vec![routed("a", numbered(64))]);
    assert!(wrong.contains("`index-path-regexes`"), "{wrong}");
}

fn reviewed_tasks() -> Vec<PlannedTask> {
    let review = json!({"code-review": true});
    vec![
        planned("lint-b", review.clone(), json!({})),
        planned("build", json!({}), json!({})),
        planned("lint-a", review, json!({})),
        planned("off", json!({"code-review": false}), json!({})),
    ]
}

#[test]
fn code_review_is_notified_when_its_tasks_are_done() {
    let over = json!({
        "code-review": {"phabricator-build-target": "PHID"},
        "head_rev": "cafe",
        "owner": "dev@example.com",
    });
    let morphed = morphed(json!({}), over, &Environment::default(), reviewed_tasks()).unwrap();
    assert_eq!(morphed.graph.len(), 5);
    assert_eq!(
        Value::Object(definition(&morphed, "code-review")),
        json!({
            "provisionerId": "built-in",
            "workerType": "succeed",
            "dependencies": ["LINT-A", "LINT-B"],
            "requires": "all-resolved",
            "created": {"relative-datestamp": "0 seconds"},
            "deadline": {"relative-datestamp": "1 day"},
            "expires": {"relative-datestamp": "1 day"},
            "metadata": {
                "name": "code-review",
                "description": "List all issues found in static analysis and linting tasks",
                "owner": "dev@example.com",
                "source": "https://github.com/taskcluster/taskgraph/raw-file/default/src/taskgraph/morph.py",
            },
            "scopes": [],
            "payload": {},
            "routes": ["project.relman.codereview.v1.try_ending"],
            "extra": {"code-review": {
                "phabricator-build-target": "PHID",
                "repository": "https://github.com/example/ci",
                "revision": "cafe",
            }},
        })
    );
    let planned = morphed.graph.get(&new_id("code-review")).unwrap();
    let names: Vec<_> = planned
        .dependencies
        .all
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(names, ["lint-a", "lint-b"]);
}

#[test]
fn the_source_of_the_code_review_task_is_taskgraph() {
    let environment = Environment::default()
        .with("TASKGRAPH_HEAD_REPOSITORY", "https://example.com/tg")
        .with("TASKGRAPH_HEAD_REV", "beef");
    let over = json!({"code-review": {"phabricator-build-target": "PHID"}});
    let morphed = morphed(json!({}), over, &environment, reviewed_tasks()).unwrap();
    assert_eq!(
        definition(&morphed, "code-review")["metadata"]["source"],
        "https://example.com/tg/raw-file/beef/src/taskgraph/morph.py"
    );
}

#[test]
fn without_review_nothing_is_added() {
    assert_eq!(plain(json!({}), reviewed_tasks()).graph.len(), 4);
    let over = json!({"code-review": {"phabricator-build-target": "PHID"}});
    let unreviewed = vec![planned("build", json!({}), json!({}))];
    let morphed = morphed(json!({}), over, &Environment::default(), unreviewed).unwrap();
    assert_eq!(morphed.graph.len(), 1);
}
