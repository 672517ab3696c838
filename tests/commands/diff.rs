//! `--diff`, `--fast` and several sets of parameters.

use super::desk::{Desk, IMAGES, PLAIN};

fn kind(names: &[&str]) -> String {
    let tasks: String = names
        .iter()
        .map(|name| {
            format!(
                "    {name}:\n        label: {name}\n        description: Do it\n        \
                 worker-type: linux\n        \
                 worker: {{docker-image: debian:12, max-run-time: 60, command: [make]}}\n"
            )
        })
        .collect();
    format!("{PLAIN}tasks:\n{tasks}")
}

const KIND: &str = "taskcluster/kinds/build/kind.yml";

/// A repository with two revisions, the first of which the remote has.
fn desk() -> Desk {
    let desk = Desk::new()
        .program("python3", "echo\n")
        .file(KIND, &kind(&["a", "b"]))
        .commit("One");
    desk.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    desk.git(&["checkout", "--quiet", "-b", "topic"]);
    desk.file(KIND, &kind(&["b", "c"])).commit("Two")
}

fn short(desk: &Desk, revision: &str) -> String {
    desk.git(&["rev-parse", "--short=12", revision])
}

#[test]
fn a_graph_is_compared_with_that_of_the_base() {
    let desk = desk();
    let base = short(&desk, "main");
    let ran = desk.run(&["full", "--diff", "--quiet"]);
    assert_eq!(
        ran.err,
        format!(
            "Generating full_task_graph @ topic\nGenerating full_task_graph @ {base}\n\
             If you were expecting differences in task bodies you should pass \"-J\"\n"
        )
    );
    assert_eq!(
        ran.ok(),
        format!(
            "--- full_task_graph@{base}\n+++ full_task_graph@topic\n@@ -1,2 +1,2 @@\n-a\n b\n+c\n"
        )
    );
    assert_eq!(desk.git(&["worktree", "list"]).lines().count(), 1);
}

#[test]
fn what_is_not_committed_stays_and_counts() {
    let desk = desk().file(KIND, &kind(&["c", "d"]));
    let head = short(&desk, "HEAD");
    let out = desk.run(&["tasks", "--diff", "HEAD", "--quiet"]).ok();
    assert_eq!(
        out,
        format!("--- full_task_set@{head}\n+++ full_task_set@topic\n@@ -1,2 +1,2 @@\n-b\n c\n+d\n")
    );
    assert_eq!(desk.git(&["branch", "--show-current"]), "topic");
    assert_eq!(desk.git(&["status", "--short"]), format!("M {KIND}"));
}

#[test]
fn graphs_that_do_not_differ_are_called_identical() {
    let desk = desk();
    let (base, file) = (short(&desk, "HEAD"), desk.path("out.diff"));
    let out = desk.run(&["target", "--diff=HEAD", "-q", "-o", file.to_str().unwrap()]);
    assert_eq!(
        out.ok(),
        format!("Files target_task_set@{base} and target_task_set@topic are identical\n")
    );
    assert!(!file.exists());
}

#[test]
fn mistakes_of_the_other_revision_are_told_as_such() {
    let desk = Desk::new()
        .program("python3", "echo\n")
        .file(KIND, "tasks: [\n")
        .commit("One")
        .file(KIND, &kind(&["a"]))
        .commit("Two");
    let base = short(&desk, "HEAD~1");
    let ran = desk.run(&["full", "--diff", "HEAD~1"]);
    assert_eq!(ran.code, 1);
    let words = ran.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("(at revision {base})")), "{words}");
    assert_eq!(desk.git(&["worktree", "list"]).lines().count(), 1);
}

#[test]
fn a_revision_has_to_be_there_and_a_base_to_be_known() {
    let desk = Desk::new().file(KIND, &kind(&["a"])).commit("One");
    let ran = desk.run(&["full", "--diff", "nowhere"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("cannot find the revision `nowhere`"),
        "{}",
        ran.err
    );
    let ran = desk.run(&["full", "--diff"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("name the revision to compare with"),
        "{}",
        ran.err
    );
    let ran = desk.run(&["full", "--diff", "--output-file"]);
    assert_eq!(ran.code, 2);
}

#[test]
fn an_interrupted_diff_leaves_nothing_behind() {
    // The repository's own filter runs while files are checked out, and does not end by itself.
    let desk = desk();
    let mark = desk.path("checking-out");
    let slow = format!("touch {}; cat; sleep 60", mark.display());
    desk.git(&["config", "filter.slow.smudge", &slow]);
    let desk = desk
        .file(".gitattributes", "*.yml filter=slow\n")
        .commit("Slow");
    let left = desk.interrupt(&["full", "--diff", "HEAD"], &mark);
    assert_eq!(left, Some(130));
    assert_eq!(desk.git(&["worktree", "list"]).lines().count(), 1);
    assert_eq!(desk.git(&["branch", "--show-current"]), "topic");
    assert_eq!(desk.git(&["status", "--short"]), "");
}

#[test]
fn several_sets_of_parameters_come_out_in_order() {
    let desk = desk()
        .beside("params/b.yml", "project: b\n", 0o644)
        .beside("params/a.json", "{\"project\": \"a\"}", 0o644)
        .beside("params/notes.txt", "", 0o644)
        .beside("c.yml", "project: c\n", 0o644);
    for workers in ["1", "3"] {
        let out = desk.path("out_{params}.txt");
        let arguments = [
            "full",
            "-p",
            "../c.yml",
            "-p",
            "../params",
            "-j",
            workers,
            "-o",
        ];
        let arguments = [&arguments[..], &[out.to_str().unwrap()]].concat();
        assert_eq!(desk.run(&arguments).ok(), "");
        for name in ["a", "b", "c"] {
            let file = desk.path(&format!("out_{name}.txt"));
            assert_eq!(std::fs::read_to_string(&file).unwrap(), "b\nc\n");
            std::fs::remove_file(file).unwrap();
        }
    }
    let out = desk.run(&["full", "-p", "../params"]).ok();
    assert_eq!(out, "b\nc\nb\nc\n");
    let same = desk.run(&["full", "-p", "../c.yml", "-p", "../c.yml", "-o", "x"]);
    assert_eq!(same.code, 2);
    assert!(same.err.contains("would be written to x_c"), "{}", same.err);
}

#[test]
fn a_mistake_in_one_set_spares_the_others() {
    let desk =
        desk()
            .beside("a.yml", "filters: [none]\n", 0o644)
            .beside("b.yml", "project: b\n", 0o644);
    let ran = desk.run(&["target", "-p", "../a.yml", "-p", "../b.yml"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, "b\nc\n"));
    let words = ran.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("(with parameters from a)"), "{words}");
    let desk = desk.beside("a.yml", "project: 1\n", 0o644);
    let ran = desk.run(&["full", "-p", "../a.yml", "-p", "../b.yml"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, "b\nc\n"));
    assert!(ran.err.contains("a.yml:1"), "{}", ran.err);
}

#[test]
fn fast_graphs_have_no_digests() {
    let desk = Desk::new()
        .program("python3", "echo\n")
        .file("taskcluster/kinds/docker-image/kind.yml", IMAGES)
        // The scripts that it includes are not needed either.
        .file(
            "taskcluster/docker/hello/Dockerfile",
            "FROM debian:12\n# %include-run-task\n",
        );
    let graph = desk.run(&["full", "--fast", "--json", "--quiet"]).ok();
    let graph: serde_json::Value = serde_json::from_str(&graph).unwrap();
    let image = &graph["docker-image-hello"];
    let zeros = "0".repeat(40);
    assert_eq!(image["task"]["payload"]["env"]["HASH"], zeros.as_str());
    assert_eq!(image["attributes"].get("cached_task"), None);
    assert_eq!(desk.run(&["full", "--json", "--quiet"]).code, 1);
}
