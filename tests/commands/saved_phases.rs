//! The graphs of all phases, saved by one command.

use super::test_repository::{PLAIN, TestRepository};

/// One task that is a target, what it depends on, and one that is no target.
fn repository() -> TestRepository {
    let task = |label: &str, more: &str| {
        format!(
            "    {label}:\n        label: {label}\n        description: Do it\n        \
             worker-type: linux\n        worker: {{docker-image: debian:12, max-run-time: 60, \
             command: [make]}}\n{more}"
        )
    };
    let kind = [
        PLAIN,
        "tasks:\n",
        &task("library", "        run-on-projects: []\n"),
        &task("program", "        dependencies: {library: library}\n"),
        &task("other", "        run-on-projects: []\n"),
    ];
    TestRepository::new()
        .program("python3", "echo\n")
        .file("taskcluster/kinds/build/kind.yml", &kind.concat())
        .beside("push.yml", "level: '1'\nproject: elsewhere\n", 0o644)
        .beside("other.yml", "level: '3'\nproject: elsewhere\n", 0o644)
}

const COMMANDS: [&str; 6] = [
    "tasks",
    "full",
    "target",
    "target-graph",
    "optimized",
    "morphed",
];

#[test]
fn each_file_is_what_its_command_shows() {
    let repository = repository();
    for (flag, extension) in [("--json", "json"), ("--yaml", "yml"), ("--labels", "txt")] {
        let saving = ["morphed", flag, "-q", "-p", "../push.yml", "--save-phases"];
        let shown = repository
            .run(&[&saving[..], &["saved/here"]].concat())
            .ok();
        let mut different = Vec::new();
        for command in COMMANDS {
            let alone = repository
                .run(&[command, flag, "-q", "-p", "../push.yml"])
                .ok();
            let file = repository.path(&format!("repository/saved/here/{command}.{extension}"));
            assert_eq!(std::fs::read_to_string(file).unwrap(), alone, "{command}");
            if !different.contains(&alone) {
                different.push(alone.clone());
            }
            if command == "morphed" {
                assert_eq!(shown, alone);
            }
        }
        // The task set, the targets and the target graph differ in tasks; JSON shows more.
        assert!(different.len() >= 3, "{different:?}");
    }
}

#[test]
fn only_phases_up_to_the_shown_one_are_saved() {
    let repository = repository();
    let flags = [
        "target",
        "-q",
        "-p",
        "../push.yml",
        "--save-phases",
        "saved",
    ];
    repository.run(&flags).ok();
    let saved = std::fs::read_dir(repository.path("repository/saved")).unwrap();
    let mut saved: Vec<_> = saved.map(|file| file.unwrap().file_name()).collect();
    saved.sort();
    assert_eq!(saved, ["full.txt", "target.txt", "tasks.txt"]);
}

#[test]
fn several_sets_have_files_of_their_own() {
    let repository = repository();
    let flags = [
        "full",
        "-J",
        "-q",
        "-p",
        "../push.yml",
        "-p",
        "../other.yml",
    ];
    let saving = [&flags[..], &["--save-phases", "out/{params}"]].concat();
    repository.run(&saving).ok();
    let provisioner = |set: &str| {
        let file = repository.path(&format!("repository/out/{set}/full.json"));
        let graph: serde_json::Value =
            serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        graph["program"]["task"]["provisionerId"].clone()
    };
    assert_eq!(provisioner("push"), "test-1");
    assert_eq!(provisioner("other"), "test-3");
    let twice = ["full", "-q", "-p", "../push.yml", "-p", "../push.yml"];
    let ran = repository.run(&[&twice[..], &["--save-phases", "out"]].concat());
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("two sets of parameters"), "{}", ran.err);
}
