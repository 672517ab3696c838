//! Rehearsals of projects with Python code.

use serde_json::Value;

use super::world::{World, flat, python};

/// Has a decision task for pushes to main only, named as in most projects.
const TASKCLUSTER_YML: &str = r#"
version: 1
tasks:
  - $if: 'tasks_for == "action" || (tasks_for == "github-push" && event.ref == "refs/heads/main")'
    then:
      $let:
        ownTaskId:
          $if: '"github" in tasks_for'
          then: {$eval: as_slugid("decision_task")}
          else: '${ownTaskId}'
      in:
        taskId: {$if: 'tasks_for != "action"', then: '${ownTaskId}'}
        taskGroupId: {$if: 'tasks_for == "action"', then: '${action.taskGroupId}', else: '${ownTaskId}'}
        schedulerId: shed-level-1
        created: {$fromNow: ''}
        deadline: {$fromNow: '1 day'}
        expires: {$fromNow: '1 year'}
        provisionerId: shed
        workerType: decision
        metadata:
          name: Decision
          description: Makes the graph
          owner: shed@example.com
          source: https://example.com
        scopes:
          $if: 'tasks_for == "action"'
          then: ['${action.repo_scope}']
          else:
            # Other deployments give this project nothing.
            $if: 'taskcluster_root_url == "http://127.0.0.1:9"'
            then: ['assume:repo:github.com/${event.repository.full_name}:branch:main']
            else: []
        payload:
          image: shed:1
          maxRunTime: 1800
          features: {taskclusterProxy: true}
          artifacts:
            public: {type: directory, path: /builds/worker/artifacts, expires: {$fromNow: '1 year'}}
            public/docker-contexts:
              {type: directory, path: /builds/worker/checkouts/src/docker-contexts, expires: {$fromNow: '7 days'}}
          env:
            $merge:
              - SHED_HEAD_REPOSITORY: https://github.com/shed/shed
                SHED_HEAD_REV: {$if: 'tasks_for == "action"', then: '${push.revision}', else: '${event.after}'}
                SHED_REPOSITORY_TYPE: git
                REPOSITORIES: '{"shed": "shed"}'
                SHED_KEPT: of the task
                SHED_OWN: '${ownTaskId}'
              - $if: 'tasks_for == "action"'
                then:
                  SHED_PUSHER: an action
                  ACTION_TASK_GROUP_ID: '${action.taskGroupId}'
                  ACTION_TASK_ID: {$json: {$eval: taskId}}
                  ACTION_INPUT: {$json: {$eval: input}}
                  ACTION_CALLBACK: '${action.cb_name}'
                else:
                  SHED_PUSHER: '${event.pusher.email}'
          command:
            - run-task
            - --shed-checkout=/builds/worker/checkouts/src
            - --task-cwd=/builds/worker/checkouts/src
            - --
            - bash
            - -cx
            - $if: 'tasks_for == "action"'
              then: ln -s /builds/worker/artifacts artifacts && taskgraph action-callback --root=shed
              else: >-
                ln -s /builds/worker/artifacts artifacts && taskgraph decision --root=shed
                --project=shed --pushlog-id=0 --pushdate=0 --owner=shed@example.com --level=1
                --tasks-for=github-push --repository-type=git --base-ref=main --head-ref=main
                --base-repository="$SHED_HEAD_REPOSITORY" --base-rev="$SHED_HEAD_REV"
                --head-repository="$SHED_HEAD_REPOSITORY" --head-rev="$SHED_HEAD_REV"
        extra:
          $if: 'tasks_for == "action"'
          then:
            parent: '${action.taskGroupId}'
            action:
              name: '${action.name}'
              context: {taskGroupId: '${action.taskGroupId}', taskId: {$eval: taskId}, input: {$eval: input}}
"#;

const CONFIG: &str = "
trust-domain: shed
task-priority: low
workers:
    aliases:
        linux: {provisioner: shed, implementation: docker-worker, os: linux, worker-type: linux}
        images: {provisioner: shed, implementation: docker-worker, os: linux, worker-type: images}
taskgraph:
    register: shed_taskgraph:register
    decision-parameters: shed_taskgraph:decision_parameters
    repositories:
        shed: {name: shed, type: git, default-repository: https://github.com/shed/shed, default-ref: develop}
release-promotion:
    flavors:
        promote: {target-tasks-method: promote, rebuild-kinds: [seen]}
";

const REGISTER: &str = r#"
import os

from taskgraph.actions.registry import register_callback_action
from taskgraph.decision import taskgraph_decision
from taskgraph.parameters import Parameters, extend_parameters_schema
from taskgraph.target_tasks import register_target_task
from taskgraph.util.schema import Schema
from taskgraph.util.taskcluster import get_artifact


class ShedParameters(Schema, kw_only=True, rename=None, forbid_unknown_fields=False):
    pusher: str


extend_parameters_schema(ShedParameters, defaults_fn=lambda root: {"pusher": "nobody"})


def decision_parameters(graph_config, parameters):
    parameters["pusher"] = os.environ["SHED_PUSHER"]


@register_target_task("promote")
def promote(full_task_graph, parameters, graph_config):
    return [label for label, task in full_task_graph.tasks.items() if task.kind == "late"]


@register_callback_action(
    name="release-promotion",
    title="Promote",
    symbol="${input.fox}",
    description="Promotes",
    order=500,
    context=[],
    permission="release-promotion",
    schema={"type": "object", "properties": {"fox": {"type": "string"}}, "required": ["fox"]},
)
def release_promotion(parameters, graph_config, input, task_group_id, task_id):
    previous = input["previous_graph_ids"]
    values = get_artifact(previous[0], "public/parameters.yml")
    existing = {}
    for graph in previous:
        existing.update(get_artifact(graph, "public/label-to-taskid.json"))
    values["existing_tasks"] = {k: v for k, v in existing.items() if not k.startswith("seen-")}
    values["target_tasks_method"] = "promote"
    values["tasks_for"] = "action"
    values["pusher"] = input["fox"] + " by " + os.environ["SHED_PUSHER"]
    taskgraph_decision({"root": graph_config.root_dir}, parameters=Parameters(**values))


def register(graph_config):
    assert os.environ["TASKCLUSTER_ROOT_URL"]
"#;

const TRANSFORM: &str = r#"
import os

from taskgraph.transforms.base import TransformSequence

transforms = TransformSequence()


@transforms.add
def tell(config, tasks):
    for task in tasks:
        own = os.environ["SHED_OWN"] == os.environ["TASK_ID"]
        task["description"] = "%s, %s, %s" % (config.params["pusher"], os.environ["SHED_KEPT"], own)
        yield task
"#;

fn kind(dependencies: &str, of_kinds: &str) -> String {
    format!(
        "transforms: [shed_taskgraph.tell]\n\
         kind-dependencies: [{of_kinds}]\n\
         tasks:\n  one: {{description: none, worker-type: linux, worker: {{docker-image: \"shed:1\", max-run-time: 60}}, \
         run: {{using: run-task, checkout: false, command: [\"true\"]}}, \
         dependencies: {{{dependencies}}}, run-on-projects: []}}\n"
    )
}

fn shed() -> Option<World> {
    let early = kind("", "");
    let seen = kind("early: early-one", "early");
    let late = kind("seen: seen-one", "seen");
    let all = |text: String| text.replace("run-on-projects: []", "run-on-projects: [all]");
    Some(
        World::new(python()?)
            .file(".taskcluster.yml", TASKCLUSTER_YML)
            .file("shed/config.yml", CONFIG)
            .file("shed/shed_taskgraph/__init__.py", REGISTER)
            .file("shed/shed_taskgraph/tell.py", TRANSFORM)
            .file("shed/kinds/early/kind.yml", &all(early))
            .file("shed/kinds/seen/kind.yml", &all(seen))
            .file("shed/kinds/late/kind.yml", &late)
            .file(
                "shed/kinds/docker-image/kind.yml",
                "transforms: [taskgraph.transforms.docker_image, taskgraph.transforms.cached_tasks, \
                 taskgraph.transforms.task]\n\
                 loader: taskgraph.loader.transform:loader\n\
                 tasks: {straw: {symbol: straw}}\n",
            )
            .file("shed/docker/straw/Dockerfile", "FROM scratch\n")
            .file("taskcluster/docker/straw/Dockerfile", "FROM scratch\n")
            .file("fox.yml", "fox: red\n")
            .variable("SHED_KEPT", "of the outside"),
    )
}

const PROMOTE: [&str; 5] = ["rehearse", "--root", "shed", "--input", "fox.yml"];

#[test]
fn a_release_with_a_python_action_is_rehearsed() {
    let Some(world) = shed() else { return };
    for mode in ["--python=mixed", "--python=whole"] {
        let more = [mode, "--folder", "state", "--json", "promote"];
        let done = world.ours(&[&PROMOTE[..], &more].concat());
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{stderr}");
        let report: Value = serde_json::from_slice(&done.stdout).unwrap();
        let count = |phase: &Value| (phase["created"].clone(), phase["reused"].clone());
        let phases = report["phases"].as_array().unwrap();
        assert_eq!(count(&phases[0]).0, 3, "{report:#}");
        let push = phases[0]["taskId"].as_str().unwrap();
        // The rebuilt tasks and those that depend on them; earlier tasks and the image are those of
        // the push.
        assert_eq!(phases[1]["created"], 2, "{report:#}");
        assert_eq!(phases[1]["reused"][push], 2, "{report:#}");
        // Files that the Python action writes are published as its artifacts, not left in the
        // project.
        for folder in ["artifacts", "docker-contexts"] {
            assert!(!world.root().join(folder).exists(), "{folder}");
        }
        let lines = definitions(&world);
        let of_push = "rehearsal@example.com, of the outside, True";
        let of_action = "red by an action, of the outside, True";
        assert_eq!(lines, [of_push, of_push, of_action, of_action], "{mode}");
        std::fs::remove_dir_all(world.root().join("state")).unwrap();
    }
}

const DECISION_OF_ENTRY: &str = r#"
import json
import os

ARTIFACTS_DIR = "artifacts"


def write_artifact(filename, data):
    os.makedirs(ARTIFACTS_DIR, exist_ok=True)
    with open(os.path.join(ARTIFACTS_DIR, filename), "w") as file:
        json.dump(data, file)


def taskgraph_decision(options, parameters=None):
    write_artifact("written.json", "by the decision")
"#;

/// The action of an entry writes artifacts with the functions of the entry's own decision.
#[test]
fn files_of_an_entry_are_published() {
    let Some(world) = shed() else { return };
    let package = "shed/shed_taskgraph/__init__.py";
    let world = world
        .file("shed/shed_taskgraph/decision.py", DECISION_OF_ENTRY)
        .with(
            package,
            "from taskgraph.decision import taskgraph_decision",
            "from shed_taskgraph.decision import taskgraph_decision, write_artifact",
        )
        .with(
            package,
            "    previous = input",
            "    write_artifact(\"noted.json\", \"by the action\")\n    previous = input",
        );
    let done = world.ours(&[&PROMOTE[..], &["--folder", "state", "--json", "promote"]].concat());
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{stderr}");
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(report["phases"][1]["created"], 2, "{report:#}");
    assert!(!world.root().join("artifacts").exists());
    let state = texts(&world).concat();
    for name in ["public/written.json", "public/noted.json"] {
        assert!(state.contains(name), "{name} is not published");
    }
}

/// Returns the descriptions of the tasks in the sandbox, without those of decision and action
/// tasks.
fn definitions(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    for text in texts(world) {
        let marker = "\"description\":\"";
        found.extend(
            text.split(marker)
                .skip(1)
                .filter_map(|rest| rest.split('"').next())
                .filter(|line| line.ends_with("True") || line.ends_with("False"))
                .map(str::to_owned),
        );
    }
    found.sort_by_key(|line| !line.starts_with("rehearsal"));
    found
}

/// Returns the files of the sandbox that are text.
fn texts(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![world.root().join("state")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.extend(std::fs::read_to_string(&path));
            }
        }
    }
    found
}

/// A project's own promotion decides what it builds: rebuilt tasks are reported, not refused.
#[test]
fn rebuilt_tasks_of_a_python_promotion_are_reported() {
    let Some(world) = shed() else { return };
    let late = kind("seen: seen-one", "seen");
    let phase = |kind: &str, phase: &str| {
        kind.replace(
            "run-on-projects: []",
            &format!("run-on-projects: [], shipping-phase: {phase}"),
        )
    };
    let last = kind("late: late-one", "late");
    let world = world
        .file("shed/kinds/late/kind.yml", &phase(&late, "promote"))
        .file("shed/kinds/last/kind.yml", &phase(&last, "ship"))
        .with(
            "shed/shed_taskgraph/__init__.py",
            "if task.kind == \"late\"",
            "if task.kind == {\"promote\": \"late\", \"ship\": \"last\"}[parameters[\"shipping_phase\"]]",
        )
        .with(
            "shed/shed_taskgraph/__init__.py",
            "    values[\"tasks_for\"]",
            "    values[\"shipping_phase\"] = input[\"release_promotion_flavor\"]\n    values[\"tasks_for\"]",
        )
        .with(
            "shed/config.yml",
            "    flavors:\n",
            "    flavors:\n        ship: {target-tasks-method: promote}\n",
        );
    let rehearsed = |flavors: &[&str]| {
        let done = world.ours(&[&PROMOTE[..], &["--json"], flavors].concat());
        let stderr = flat(&String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{stderr}");
        let report: Value = serde_json::from_slice(&done.stdout).unwrap();
        let phases = report["phases"].as_array().unwrap();
        let notes = phases[phases.len() - 1]["notes"].to_string();
        (stderr, notes)
    };
    let (stderr, notes) = rehearsed(&["ship"]);
    for part in [
        "the flavor `ship`: 1 task of previous graphs would be built again: seen-one",
        "the flavor `ship`: 1 task of the earlier phase `promote` would be created: late-one",
    ] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    assert!(
        notes.contains("1 task built twice: seen-one already exists as "),
        "{notes}"
    );
    assert!(
        notes.contains("late-one belongs to the phase promote"),
        "{notes}"
    );
    // The flavor rebuilds tasks intentionally.
    let (stderr, notes) = rehearsed(&["promote"]);
    assert!(!stderr.contains("the flavor `promote`"), "{stderr}");
    assert_eq!(notes, "[]");
}

#[test]
fn missing_input_of_a_project_is_reported() {
    let Some(world) = shed() else { return };
    let error = flat(&world.failure(&["rehearse", "--root", "shed", "--json", "promote"]));
    assert!(
        error.contains("cannot render the action `release-promotion` with its input"),
        "{error}"
    );
    assert!(
        error.contains("help: extend its input with `snowman rehearse --input FILE`"),
        "{error}"
    );
    assert!(error.ends_with("1 error"), "{error}");
}

#[test]
fn a_branch_without_a_decision_task_is_reported() {
    let Some(world) = shed() else { return };
    // Projects may read the root URL as soon as they are loaded.
    let world = world.without("TASKCLUSTER_ROOT_URL");
    let error = flat(&world.failure(&[&PROMOTE[..], &["--branch", "stage", "promote"]].concat()));
    assert!(
        error.contains(
            ".taskcluster.yml has no task for a push to refs/heads/stage help: choose another branch with `--branch`"
        ),
        "{error}"
    );
}

/// Older versions of taskgraph have a parameters schema without the newer ones, actions without a
/// named permission, and create tasks without the queue's client.
#[test]
fn older_versions_support_fewer_features() {
    let Some(world) = shed() else { return };
    let older = "
def register(graph_config):
    import collections

    import voluptuous
    from taskgraph import parameters
    from taskgraph.actions import registry

    known = set(parameters.Parameters(strict=False)) - {\"files_changed\"}
    parameters.base_schema = voluptuous.Schema({voluptuous.Required(name): object for name in known})
    Action = collections.namedtuple(\"Action\", [\"order\", \"cb_name\", \"generic\", \"action_builder\"])
    registry.actions[:] = [
        Action(one.order, one.cb_name, one.permission == \"generic\", one.action_builder)
        for one in registry.actions
    ]
    from taskgraph import create

    def create_task(session, task_id, label, definition):
        queue = \"http://taskcluster/queue/v1/\"
        session.get(queue + \"ping\").raise_for_status()
        now = create.current_json_time(datetime_format=True)
        definition = create.resolve_timestamps(now, definition)
        session.put(queue + \"task/\" + task_id, json=definition).raise_for_status()

    create.create_task = create_task
    parameters.Parameters.check = lambda self: parameters.base_schema(dict(self))
";
    let world = world.with(
        "shed/shed_taskgraph/__init__.py",
        "\ndef register(graph_config):\n    assert os.environ[\"TASKCLUSTER_ROOT_URL\"]\n",
        older,
    );
    let world = world.with(
        "shed/shed_taskgraph/__init__.py",
        "parameters=Parameters(**values)",
        "parameters=Parameters(strict=False, **values)",
    );
    let done = world.ours(&[&PROMOTE[..], &["--json", "promote"]].concat());
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{stderr}");
}
