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

/// Nothing may be written before all files are known to be fine.
#[test]
fn files_are_checked_before_a_graph_is_generated() {
    let other = ["-p", "../push.yml", "-p", "../other.yml"];
    let one = &other[..2];
    for (flags, parameters, code, told) in [
        // The same file twice.
        (
            &["-J", "-o", "o/full.json", "--save-phases", "o"][..],
            one,
            2,
            "--output-file and --save-phases would both write to o/full.json",
        ),
        (
            &["-J", "-o", "x/../o/tasks.json", "--save-phases", "./o"],
            one,
            2,
            "would both write to ./o/tasks.json",
        ),
        (
            &[
                "-J",
                "-o",
                "o/tasks_other.json",
                "--save-phases",
                "o",
                "-p",
                "../params/other.json",
            ],
            &other,
            2,
            "would be written to",
        ),
        (
            &["-J", "-o", "link.json", "--save-phases", "o"],
            one,
            2,
            "would both write to o/full.json",
        ),
        // A file in the way of the folder, or a folder in the way of a file.
        (
            &["--save-phases", ".taskcluster.yml/o"],
            one,
            3,
            "`.taskcluster.yml` is not a folder",
        ),
        (
            &["--save-phases", "taken"],
            one,
            3,
            "move taken/full.txt out of the way",
        ),
        (&["-o", "taken"], one, 3, "move taken out of the way"),
        (&["--profile", "taken"], one, 3, "move taken out of the way"),
        (&["-o", "none/x"], one, 3, "create the folder none first"),
        // It needs a right that root has not either.
        (&["-o", "/proc/x"], one, 3, "cannot write /proc/x"),
        (
            &["--save-phases", "/proc/x"],
            one,
            3,
            "cannot write /proc/x/tasks.txt",
        ),
    ] {
        // Generating a graph would fail.
        let repository = repository()
            .beside("params/other.json", "{}", 0o644)
            .file("taskcluster/kinds/broken/kind.yml", "[")
            .file("taken/full.txt/x", "");
        std::fs::create_dir(repository.path("repository/x")).unwrap();
        std::os::unix::fs::symlink("o/full.json", repository.path("repository/link.json")).unwrap();
        let ran = repository.run(&[&["full", "-q"], flags, parameters].concat());
        assert_eq!(ran.code, code, "{flags:?}: {}", ran.err);
        assert!(ran.message().contains(told), "{flags:?}: {}", ran.err);
        assert!(!repository.path("repository/o").exists(), "{flags:?}");
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
