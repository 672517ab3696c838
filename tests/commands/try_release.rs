//! Pushes to try with a staging release: what they change, and what they refuse.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::common::{CONFIG, Project, Ran};

/// Migrations as the automation of merge days describes them.
const AUTOMATION: &str = "\
merge-automation:
    behaviors:
        main-to-beta:
            fetch-version-from: app/version.txt
            version-files:
                - {filename: app/version.txt, new-suffix: ''}
                - {filename: app/display.txt, new-suffix: b1}
            replacements:
                - [app/brand.sh, BRAND=nightly, BRAND=official]
            from-branch: main
            to-branch: beta
        early-to-late-beta:
            fetch-version-from: app/version.txt
            version-files: []
            replacements:
                - [app/brand.sh, EARLY=1, EARLY=]
            to-branch: beta
        beta-to-release:
            fetch-version-from: app/version.txt
            version-files:
                - {filename: app/display.txt, new-suffix: ''}
            replacements: []
            regex-replacements:
                - [app/numbers, 'weave (\\d+) of {current_weave_version}', 'weave {next_weave_version} after \\1']
                - [app/numbers, 'major \\d+', 'major {next_major_version}']
            from-branch: beta
            to-branch: release
        bump-main:
            version-files:
                - {filename: app/display.txt, version-bump: major, new-suffix: a1}
            replacements: []
            to-branch: main
release-promotion:
    flavors:
        promote_hail: {product: hail, target-tasks-method: promote, partial-updates: true}
        ship_hail: {product: hail, target-tasks-method: ship, version-bump: true}
        ship_hail_rc: {product: hail, target-tasks-method: ship, is-rc: true}
";

/// Where the files that list locales get their content, and where pushes go.
const SETTINGS: &str = "\
snowman:
    try:
        repository: https://example.com/try
        limited-locales:
            app/all-locales: {from: app/few-locales, begin: \"en-US\\n\"}
";

fn project() -> Project {
    Project::new()
        .file(
            "taskcluster/config.yml",
            format!("{CONFIG}{AUTOMATION}{SETTINGS}"),
        )
        .file("app/version.txt", "93.0\n")
        .file("app/display.txt", "93.0a1\n")
        .file("app/brand.sh", "EARLY=1\nBRAND=nightly\nmore\n")
        .file("app/numbers", "weave 7 of 95\nmajor 93\n")
        .file("app/all-locales", "de\nen-US\nfr\n")
        .file("app/few-locales", "de\n")
}

fn release(project: &Project, more: &[&str]) -> Ran {
    project.run(&[&["try-release", "--version"], more].concat())
}

fn json_of(ran: &Ran) -> Value {
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The files that the differences of a release change, as git applies them.
fn applied(project: &Project, ran: &Value) -> String {
    let changes = ran["changes"].as_array().unwrap();
    let diffs = changes
        .iter()
        .map(|change| change["diff"].as_str().unwrap());
    let diff: String = diffs.collect();
    project.git(&["checkout", "--quiet", "--", "."]);
    let patch = project.root().join(".git/patch");
    std::fs::write(&patch, diff).unwrap();
    project.git(&["apply", patch.to_str().unwrap()]);
    project.git(&["diff", "--name-only"])
}

fn content(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.root().join(name)).unwrap()
}

#[test]
fn the_difference_is_what_the_migrations_and_the_version_change() {
    let project = project();
    let ran = release(
        &project,
        &["94.0b1", "--migration", "main-to-beta", "--json"],
    );
    let all = json_of(&ran);
    assert_eq!(all["migrations"], json!(["main-to-beta"]));
    assert_eq!(project.git(&["status", "--short"]), "", "a dry run writes");
    let files = "app/all-locales\napp/brand.sh\napp/display.txt\napp/version.txt";
    assert_eq!(applied(&project, &all), files);
    for (name, expected) in [
        ("app/version.txt", "94.0\n"),
        ("app/display.txt", "94.0b1\n"),
        ("app/brand.sh", "EARLY=1\nBRAND=official\nmore\n"),
        ("app/all-locales", "en-US\nde\n"),
    ] {
        assert_eq!(content(&project, name), expected, "{name}");
    }
    let parameters = json!({
        "target_tasks_method": "default",
        "optimize_target_tasks": true,
        "release_type": "beta",
    });
    let config = json!({"version": 2, "parameters": parameters});
    assert_eq!(all["tryTaskConfig"], config);
    assert_eq!(
        all["commands"],
        json!([
            "git add -- app/all-locales app/brand.sh app/display.txt app/version.txt try_task_config.json",
            "git commit --message 'staging release: 94.0b1'",
            "git push https://example.com/try HEAD:refs/heads/try/94.0b1",
        ])
    );
}

#[test]
fn a_migration_from_a_branch_includes_what_changes_between_its_versions() {
    let project = project();
    let ran = release(
        &project,
        &[
            "94.0.1",
            "--migration",
            "beta-to-release",
            "--no-limit-locales",
            "--json",
        ],
    );
    let all = json_of(&ran);
    // `bump-main` changes versions, so it is no part of anything.
    let names = json!(["beta-to-release", "early-to-late-beta"]);
    assert_eq!(all["migrations"], names);
    assert_eq!(all["notes"], json!([]));
    applied(&project, &all);
    assert_eq!(
        content(&project, "app/numbers"),
        "weave 96 after 7\nmajor 94\n"
    );
    assert_eq!(
        content(&project, "app/brand.sh"),
        "EARLY=\nBRAND=nightly\nmore\n"
    );
    assert_eq!(content(&project, "app/all-locales"), "de\nen-US\nfr\n");
    assert_eq!(content(&project, "app/display.txt"), "94.0.1\n");
    // Once is enough, and the order is that of the flags.
    let flags = [
        "--migration",
        "early-to-late-beta",
        "--migration",
        "beta-to-release",
    ];
    let ran = release(&project, &[&["94.0", "--json"], &flags[..]].concat());
    let names = json!(["early-to-late-beta", "beta-to-release"]);
    assert_eq!(json_of(&ran)["migrations"], names);
}

#[test]
fn a_migration_that_finds_nothing_is_noted() {
    let project = project().file("app/brand.sh", "BRAND=official\n");
    let ran = release(&project, &["94.0b1", "--migration", "main-to-beta"]);
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(!ran.stdout.contains("app/brand.sh"), "{}", ran.stdout);
    assert!(
        ran.stderr
            .contains("`main-to-beta` changes nothing in app/brand.sh"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_inputs_of_promotions_have_what_their_flavors_need() {
    let flags = ["94.0", "--update-from", "93.0.1", "--json"];
    let all = json_of(&release(&project(), &flags));
    let promote = json!({
        "release_promotion_flavor": "promote_hail",
        "build_number": 1,
        "previous_graph_ids": ["DECISION-TASK"],
        "partial_updates": {"93.0.1": {"buildNumber": 1, "locales": []}},
    });
    let ship = json!({
        "release_promotion_flavor": "ship_hail",
        "build_number": 1,
        "previous_graph_ids": ["DECISION-TASK", "TASK-OF-PROMOTE_HAIL"],
        "next_version": "94.0.1",
    });
    assert_eq!(all["promotions"], json!([promote, ship]));
}

#[test]
fn changes_are_written_only_over_a_clean_working_copy() {
    let project = project();
    let flags = ["94.0esr", "--apply"];
    let ran = release(&project, &flags);
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert_eq!(content(&project, "app/version.txt"), "94.0\n");
    assert_eq!(content(&project, "app/display.txt"), "94.0esr\n");
    let config: Value = serde_json::from_str(&content(&project, "try_task_config.json")).unwrap();
    assert_eq!(config["parameters"]["release_type"], "esr");
    let revision = project.head();
    let again = [&["try-release", "--version"], &flags[..]].concat();
    let ran = project.run_as_it_is("", &again);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(
        ran.stderr.contains("not committed") && ran.stderr.contains("--allow-dirty"),
        "{}",
        ran.stderr
    );
    let ran = project.run_as_it_is("app", &[&again[..], &["--allow-dirty"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(!project.root().join("app/try_task_config.json").exists());
    assert_eq!(project.head(), revision, "nothing is committed");
}

#[test]
fn the_shown_commands_commit_and_push_the_release() {
    let project = project();
    let bare = project.root().join("../try.git");
    project.git(&["init", "--quiet", "--bare", bare.to_str().unwrap()]);
    let flags = ["94.0b2", "--apply", "--json", "--push-to", "../try.git"];
    let all = json_of(&release(&project, &flags));
    let commands: Vec<&str> = all["commands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|command| command.as_str().unwrap())
        .collect();
    let mut shell = project.command("sh");
    let status = shell
        .args(["-e", "-c", &commands.join("\n")])
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success(), "{commands:?}");
    let files = project.git(&[
        "--git-dir",
        bare.to_str().unwrap(),
        "show",
        "--name-only",
        "--format=%s",
        "refs/heads/try/94.0b2",
    ]);
    assert_eq!(
        files,
        "staging release: 94.0b2\n\napp/all-locales\napp/display.txt\napp/version.txt\ntry_task_config.json"
    );
}

#[test]
fn mistakes_are_reported_together_with_the_way_out() {
    let project = project();
    let ran = release(
        &project,
        &[
            "94.0a1",
            "--migration",
            "main-to-betta",
            "--tasks",
            "stagin",
            "--product",
            "hali",
        ],
    );
    assert_eq!(ran.code, Some(2), "{}", ran.shown());
    for text in [
        "94.0a1 is neither a beta, nor a release",
        "did you mean `main-to-beta`?",
        "did you mean `staging`?",
        "did you mean `hail`?",
    ] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
    let project = project
        .without("app/version.txt")
        .without("app/few-locales")
        .without("app/brand.sh");
    let ran = release(&project, &["94.0", "--migration", "main-to-beta"]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    for text in [
        "`app/version.txt` does not exist",
        "`app/few-locales` does not exist",
        "`app/brand.sh` does not exist",
        "snowman.try.version-files",
        "taskcluster/config.yml",
    ] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
}

#[test]
fn a_migration_of_another_form_is_an_error_at_its_place() {
    let behaviors = "merge-automation:
    behaviors:
        one: {replacements: [[a, b]]}
        two: {version-files: x}
        three: 1
";
    let project = Project::new().file("taskcluster/config.yml", format!("{CONFIG}{behaviors}"));
    let ran = release(&project, &["94.0", "--migration", "one"]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    for text in [
        "the migration `one`: an entry of `replacements` does not have three texts",
        "the migration `two`: `version-files`",
        "`merge-automation.behaviors.three` is not a mapping",
    ] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
}

#[test]
fn a_file_outside_of_the_project_is_not_changed() {
    for (file, what) in [("../escaped", "outside"), ("/etc/hostname", "outside")] {
        let settings =
            format!("snowman:\n    try:\n        version-files: {{'{file}': version}}\n");
        let project = Project::new().file("taskcluster/config.yml", format!("{CONFIG}{settings}"));
        let ran = release(&project, &["94.0", "--apply"]);
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        assert!(ran.stderr.contains(what), "{}", ran.stderr);
    }
}

#[test]
fn a_project_with_python_code_has_the_methods_and_types_of_firefox() {
    let config = CONFIG.replacen(
        "taskgraph:\n",
        "taskgraph:\n    register: no_such_module:register\n",
        1,
    );
    let project = Project::new()
        .file("taskcluster/config.yml", config)
        .file("version.txt", "1.0\n");
    for (flags, method, kind) in [
        (
            ["115.3.0esr", "--json", "--tasks", "staging"],
            "staging_release_builds",
            "esr115",
        ),
        (
            ["94.0b3", "--json", "--tasks", "release-sim"],
            "release_simulation",
            "beta",
        ),
    ] {
        let all = json_of(&release(&project, &flags));
        let parameters = &all["tryTaskConfig"]["parameters"];
        assert_eq!(parameters["target_tasks_method"], method);
        assert_eq!(parameters["release_type"], kind);
    }
}
