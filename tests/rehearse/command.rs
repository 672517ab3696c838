//! The command `rehearse` on this project and on a small one.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

pub const CONFIG: &str = "
trust-domain: snow
task-priority: low
workers: {aliases: {}}
taskgraph: {repositories: {ci: {name: ci, type: git, default-repository: https://github.com/example/ci, default-ref: main}}}
release-promotion:
    flavors:
        promote_fox: {product: fox, target-tasks-method: promote}
        push_fox: {product: fox, target-tasks-method: push}
        ship_fox: {product: fox, target-tasks-method: ship, version-bump: true}
        promote_fox_rc: {product: fox, target-tasks-method: promote, is-rc: true}
        again_fox: {product: fox, target-tasks-method: promote, rebuild-kinds: [sign]}
";

/// `ship-a -> push-a -> l10n-a -> sign-a -> build-a` in a repository.
pub fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("taskcluster/config.yml", CONFIG);
    write("version.txt", "1.5\n");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(".taskcluster.yml");
    let own = fs::read_to_string(own).unwrap();
    let own = own.replace("trustDomain: snowman", "trustDomain: snow");
    write(
        ".taskcluster.yml",
        &own.replace("snowman-ci/snowman", "example/ci"),
    );
    let kinds = [
        ("build", None, "run-on-projects: [all]"),
        ("sign", Some("build"), "run-on-projects: [all]"),
        ("l10n", Some("sign"), "shipping-phase: promote"),
        ("push", Some("l10n"), "shipping-phase: push"),
        ("ship", Some("push"), "shipping-phase: ship"),
    ];
    for (kind, before, fields) in kinds {
        let dependency = before.map_or_else(String::new, |before| format!("{before}: {before}-a"));
        let text = format!(
            "loader: taskgraph.loader.transform:loader\n\
             transforms: [taskgraph.transforms.task:transforms]\n\
             kind-dependencies: [{}]\n\
             tasks: {{a: {{description: A task, worker-type: succeed, worker: {{}}, {fields}, \
             attributes: {{shipping_product: fox}}, dependencies: {{{dependency}}}}}}}\n",
            before.unwrap_or_default()
        );
        write(&format!("taskcluster/kinds/{kind}/kind.yml"), &text);
    }
    for args in [
        vec!["init", "--quiet", "--initial-branch=main"],
        vec!["add", "--all"],
        vec![
            "-c",
            "user.name=Dev",
            "-c",
            "user.email=dev@example.com",
            "commit",
            "--quiet",
            "-m",
            "x",
        ],
    ] {
        let status = Command::new("git")
            .args(&args)
            .current_dir(folder.path())
            .status()
            .unwrap();
        assert!(status.success(), "{args:?}");
    }
    folder
}

#[test]
fn a_push_alone_is_one_phase() {
    let folder = project();
    let config = folder.path().join("taskcluster/config.yml");
    let (before, _) = CONFIG.split_once("release-promotion:").unwrap();
    fs::write(config, before).unwrap();
    let output = rehearse(folder.path(), &["--quiet"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.ends_with("\n1 phase, 2 tasks: all checks passed\n"),
        "{text}"
    );
}

pub fn rehearse(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_snowman"))
        .arg("rehearse")
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap()
}

pub fn json_of(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| unreachable!("{error}: {stderr}"))
}

/// Name, created and reused of each phase.
fn counts(report: &Value) -> Vec<(&str, u64, u64)> {
    let count = |phase: &Value| {
        phase["reused"]
            .as_object()
            .unwrap()
            .values()
            .map(|n| n.as_u64().unwrap())
            .sum()
    };
    let phases = report["phases"].as_array().unwrap();
    phases
        .iter()
        .map(|phase| {
            (
                phase["name"].as_str().unwrap(),
                phase["created"].as_u64().unwrap(),
                count(phase),
            )
        })
        .collect()
}

#[test]
fn this_projects_release_passes() {
    let kept = tempfile::tempdir().unwrap();
    let [folder, page] = ["state", "page.html"].map(|name| kept.path().join(name));
    let arguments = [
        "--folder",
        folder.to_str().unwrap(),
        "--html",
        page.to_str().unwrap(),
    ];
    let output = rehearse(Path::new(env!("CARGO_MANIFEST_DIR")), &arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(!text.contains("FAILED"), "{text}");
    for phase in [
        "push\n",
        "promote_snowfox\n",
        "push_snowfox\n",
        "ship_snowfox\n",
    ] {
        assert!(text.contains(phase), "{phase:?} is not in {text}");
    }
    assert!(text.trim_end().ends_with("all checks passed"), "{text}");
    check_overview(&folder, &fs::read_to_string(page).unwrap());
}

/// The state of a rehearsal, shown as a staged release, and its page have the tasks of the rehearsal.
fn check_overview(folder: &Path, page: &str) {
    let shown = Command::new(env!("CARGO_BIN_EXE_snowman"))
        .args(["stage", "show", "--json"])
        .arg(folder)
        .output()
        .unwrap();
    let shown = json_of(&shown);
    assert_eq!(shown["holds"], true);
    let releases = shown["releases"].as_array().unwrap();
    let versions: Vec<&str> = releases
        .iter()
        .map(|one| one["version"].as_str().unwrap())
        .collect();
    assert_eq!(versions, ["0.0.0", "0.1.0"]);
    let newest = &releases[1];
    let names = newest["phases"].as_array().unwrap().iter();
    let names: Vec<&str> = names.map(|phase| phase["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["push", "promote_snowfox", "push_snowfox", "ship_snowfox"]
    );
    let sum = |key: &str| -> u64 {
        let phases = newest["phases"].as_array().unwrap().iter();
        phases.map(|phase| phase[key].as_u64().unwrap()).sum()
    };
    let tasks = newest["tasks"].as_array().unwrap();
    let created = tasks
        .iter()
        .filter(|task| task["state"] == "completed")
        .count();
    assert_eq!(sum("created"), u64::try_from(created).unwrap());
    assert_eq!((sum("rebuilt"), sum("removed")), (0, 0));
    let reports = tasks.iter().filter(|task| !task["report"].is_null());
    assert!(reports.clone().count() > 100);
    assert!(reports.clone().all(|task| task["system"] != ""));
    let rows: usize = releases
        .iter()
        .map(|one| one["tasks"].as_array().unwrap().len())
        .sum();
    assert_eq!(page.matches("<li class=\"row\"").count(), rows);
    assert!(page.contains("<h1>Rehearsal of snowfox 0.1.0 build 1</h1>"));
}

#[test]
fn default_flavors_follow_from_the_config() {
    let rehearse_flavors = |flavors: &str| {
        let folder = project();
        let config = folder.path().join("taskcluster/config.yml");
        let (before, _) = CONFIG.split_once("release-promotion:").unwrap();
        fs::write(config, format!("{before}{flavors}")).unwrap();
        rehearse(folder.path(), &["--json"])
    };
    let output = rehearse_flavors("");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(counts(&json_of(&output)), [("push", 2, 0)]);
    // None of them is of a product, so all are taken, as they stand. The methods that are built in
    // want one.
    let log = rehearse_flavors(
        "release-promotion: {flavors: {ship: {target-tasks-method: ship}, \
         promote: {target-tasks-method: promote}}}\n",
    );
    let log = String::from_utf8_lossy(&log.stderr).into_owned();
    assert!(log.contains("Rehearsing push\nRehearsing ship\n"), "{log}");
    assert!(log.contains("the flavor `ship` selects no task"), "{log}");
}

#[test]
fn the_phases_that_a_product_has_are_rehearsed() {
    let fox = |phase: &str| {
        format!("{phase}_fox: {{product: fox, target-tasks-method: {phase}, version-bump: true}}")
    };
    for (flavors, expected) in [
        (
            vec![fox("promote"), fox("push")],
            vec!["promote_fox", "push_fox"],
        ),
        // In the order of phases, whatever config.yml has.
        (
            vec![fox("push"), fox("promote")],
            vec!["promote_fox", "push_fox"],
        ),
        // Neither candidates nor another product that has less.
        (
            vec![
                "promote_bird: {product: bird, target-tasks-method: promote}".to_owned(),
                "promote_fox_rc: {product: fox, target-tasks-method: promote, is-rc: true}"
                    .to_owned(),
                "again_fox: {product: fox, target-tasks-method: promote}".to_owned(),
                fox("ship"),
                fox("promote"),
                fox("push"),
            ],
            vec!["promote_fox", "push_fox", "ship_fox"],
        ),
        // Whatever they are called.
        (
            vec![
                "candidates: {product: fox, target-tasks-method: promote}".to_owned(),
                "release: {product: fox, target-tasks-method: push}".to_owned(),
            ],
            vec!["candidates", "release"],
        ),
    ] {
        let folder = project();
        // No phase but those of the flavors.
        if !flavors
            .iter()
            .any(|flavor| flavor.contains("ship:") || flavor.starts_with("ship"))
        {
            fs::remove_dir_all(folder.path().join("taskcluster/kinds/ship")).unwrap();
        }
        let (before, _) = CONFIG.split_once("release-promotion:").unwrap();
        let flavors = flavors.join(", ");
        let config = format!("{before}release-promotion: {{flavors: {{{flavors}}}}}\n");
        fs::write(folder.path().join("taskcluster/config.yml"), config).unwrap();
        let output = rehearse(folder.path(), &["--json"]);
        assert_eq!(output.status.code(), Some(0), "{flavors}: {output:?}");
        let report = json_of(&output);
        let names: Vec<&str> = counts(&report).into_iter().map(|(name, ..)| name).collect();
        assert_eq!(names[1..], expected, "{flavors}");
    }
}

#[test]
fn flavors_in_the_wrong_order_fail_the_rehearsal() {
    let folder = project();
    for flavors in [&["ship_fox"][..], &["push_fox", "promote_fox"]] {
        let output = rehearse(folder.path(), flavors);
        assert_eq!(output.status.code(), Some(1), "{flavors:?}: {output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            stderr.contains("of the earlier phase `promote`"),
            "{flavors:?}: {stderr}"
        );
    }
    // It is still reported when it is accepted.
    fs::write(
        folder.path().join("input.yml"),
        "allow_earlier_phases: true\n",
    )
    .unwrap();
    let accepted = rehearse(folder.path(), &["--input", "input.yml", "push_fox"]);
    assert_eq!(accepted.status.code(), Some(0), "{accepted:?}");
    let text = String::from_utf8(accepted.stdout).unwrap();
    let line = "note        1 new task of an earlier phase: l10n-a belongs to the phase promote";
    assert!(text.contains(line), "{text}");
}

#[test]
fn indexed_tasks_stand_for_other_projects() {
    let folder = project();
    let tasks = "loader: taskgraph.loader.transform:loader\n\
                 transforms: [taskgraph.transforms.task:transforms]\n\
                 tasks: {a: {description: A task, worker-type: always-optimized, worker: {}, \
                 run-on-projects: [all], optimization: {index-search: [other.v2.latest.a]}}}\n";
    fs::create_dir_all(folder.path().join("taskcluster/kinds/other")).unwrap();
    fs::write(
        folder.path().join("taskcluster/kinds/other/kind.yml"),
        tasks,
    )
    .unwrap();
    let config = folder.path().join("taskcluster/config.yml");
    let aliases = "aliases: {always-optimized: {provisioner: invalid, implementation: always-optimized, \
                   os: linux, worker-type: always-optimized}}";
    // As far ahead as Firefox CI takes deadlines.
    let far = CONFIG.replace("aliases: {}", aliases) + "task-deadline-after: 20 days\n";
    fs::write(config, far + "task-expires-after: 1 year\n").unwrap();
    let alone = rehearse(folder.path(), &[]);
    let stderr = String::from_utf8_lossy(&alone.stderr).into_owned();
    assert!(
        stderr.contains("the index has no task at other.v2.latest.a"),
        "{stderr}"
    );
    let output = rehearse(folder.path(), &["--json", "--indexed", "other.v2.latest.a"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = json_of(&output);
    assert_eq!(report["phases"][0]["created"], 2);
    assert_eq!(report["phases"][0]["reused"], json!({"index": 1}));
}

#[test]
fn more_input_has_to_be_a_mapping() {
    let folder = project();
    fs::write(folder.path().join("input.yml"), "[fox]\n").unwrap();
    let output = rehearse(folder.path(), &["--input", "input.yml"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        stderr.contains("input.yml: expected a mapping, found a list"),
        "{stderr}"
    );
}

#[test]
fn the_report_can_be_written_as_json() {
    let folder = project();
    let output = rehearse(folder.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = json_of(&output);
    assert_eq!(report["holds"], true);
    assert_eq!(
        counts(&report),
        [
            ("push", 2, 0),
            ("promote_fox", 1, 2),
            ("push_fox", 1, 3),
            ("ship_fox", 1, 4)
        ]
    );
    let phases = report["phases"].as_array().unwrap();
    let push = phases[0]["taskId"].clone();
    for phase in phases {
        let keys: Vec<&String> = phase.as_object().unwrap().keys().collect();
        assert_eq!(keys.len(), 14, "{keys:?}");
        assert_eq!(phase["inTaskGroup"], push);
        assert_eq!(phase["taskGroup"], phase["taskId"]);
        assert_eq!(phase["states"], json!({"completed": phase["created"]}));
        assert_eq!(phase["removed"], 0);
        assert_eq!(phase["notRun"], json!([]));
        let command = phase["command"].as_str().unwrap();
        assert!(command.ends_with(" in /builds/worker/src"), "{command}");
        assert_eq!(phase["holds"], true);
        for check in phase["checks"].as_array().unwrap() {
            assert!(check["rule"].is_string());
            assert_eq!(check["holds"], true);
            assert_eq!(check["breaches"], json!([]));
        }
    }
    assert_eq!(phases[0]["checks"].as_array().unwrap().len(), 10);
    assert_eq!(phases[1]["checks"].as_array().unwrap().len(), 15);
    let reused = phases[3]["reused"].as_object().unwrap();
    assert_eq!(reused[push.as_str().unwrap()], 2);
    assert_eq!(reused[phases[1]["taskId"].as_str().unwrap()], 1);
}

#[test]
fn kinds_and_labels_can_be_rebuilt() {
    let folder = project();
    for (args, created) in [
        (vec!["--rebuild-kind", "sign"], 2),
        (vec!["--rebuild-kind", "build"], 3),
        (vec!["--do-not-optimize", "sign-a"], 2),
        (
            vec!["--do-not-optimize", "build-a", "--rebuild-kind", "l10n"],
            3,
        ),
    ] {
        let mut all = vec!["--json", "promote_fox"];
        all.extend(args.iter().copied());
        let output = rehearse(folder.path(), &all);
        let report = json_of(&output);
        assert_eq!(report["holds"], true, "{args:?}: {report:#}");
        assert_eq!(
            counts(&report)[1],
            ("promote_fox", created, 3 - created),
            "{args:?}"
        );
    }
}

#[test]
fn flavors_define_what_they_rebuild() {
    let folder = project();
    let report = json_of(&rehearse(
        folder.path(),
        &["-J", "promote_fox", "again_fox", "promote_fox_rc"],
    ));
    assert_eq!(report["holds"], true, "{report:#}");
    assert_eq!(
        counts(&report),
        [
            ("push", 2, 0),
            ("promote_fox", 1, 2),
            ("again_fox", 2, 1),
            ("promote_fox_rc", 0, 3)
        ]
    );
}

#[test]
fn flavors_have_to_exist() {
    let folder = project();
    let output = rehearse(folder.path(), &["promote_fix"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("unknown flavor `promote_fix`"), "{stderr}");
    assert!(stderr.contains("`promote_fox`"), "{stderr}");
}

#[test]
fn the_state_of_a_rehearsal_can_be_served() {
    let folder = project();
    let output = rehearse(folder.path(), &["--folder", "kept", "promote_fox"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let state_folder = folder.path().join("kept");
    assert!(fs::read_dir(&state_folder).unwrap().next().is_some());
}

#[test]
fn an_invalid_project_is_reported() {
    let folder = project();
    let kind = folder.path().join("taskcluster/kinds/sign/kind.yml");
    let text = fs::read_to_string(&kind).unwrap();
    fs::write(&kind, text.replace("build: build-a", "build: build-b")).unwrap();
    let output = rehearse(folder.path(), &["promote_fox"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("did you mean `build-a`?"), "{stderr}");
}
