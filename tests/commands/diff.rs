//! `--diff`, `--fast` and several sets of parameters.

use super::test_repository::{CONFIG, IMAGES, PLAIN, TestRepository};

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
fn repository() -> TestRepository {
    let repository = TestRepository::new()
        .program("python3", "echo\n")
        .file(KIND, &kind(&["a", "b"]))
        .commit("One");
    repository.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    repository.git(&["checkout", "--quiet", "-b", "topic"]);
    repository.file(KIND, &kind(&["b", "c"])).commit("Two")
}

fn short(repository: &TestRepository, revision: &str) -> String {
    repository.git(&["rev-parse", "--short=12", revision])
}

#[test]
fn a_graph_is_compared_with_that_of_the_base() {
    let repository = repository();
    let base = short(&repository, "main");
    let ran = repository.run(&["full", "--diff", "--quiet"]);
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
    assert_eq!(repository.git(&["worktree", "list"]).lines().count(), 1);
}

#[test]
fn uncommitted_changes_are_kept_and_included() {
    let repository = repository().file(KIND, &kind(&["c", "d"]));
    let head = short(&repository, "HEAD");
    let out = repository.run(&["tasks", "--diff", "HEAD", "--quiet"]).ok();
    assert_eq!(
        out,
        format!("--- full_task_set@{head}\n+++ full_task_set@topic\n@@ -1,2 +1,2 @@\n-b\n c\n+d\n")
    );
    assert_eq!(repository.git(&["branch", "--show-current"]), "topic");
    assert_eq!(repository.git(&["status", "--short"]), format!("M {KIND}"));
}

#[test]
fn the_folder_of_the_program_may_be_new() {
    let repository = repository()
        .file("new/er/file", "")
        .file("ci/config.yml", CONFIG)
        .file("ci/kinds/build/kind.yml", &kind(&["d"]))
        .commit("Three")
        .file("ci/kinds/build/kind.yml", &kind(&["e"]))
        .file("newest/taskcluster/config.yml", CONFIG)
        .file("newest/taskcluster/kinds/build/kind.yml", &kind(&["f"]))
        .commit("Four");
    let from = |folder: &str, more: &[&str]| {
        repository.run_in(folder, &[&["tasks", "-q", "--diff"], more].concat())
    };
    // The project above it.
    for folder in ["new", "new/er"] {
        let lines = from(folder, &["HEAD~3"]).ok();
        assert!(
            lines.ends_with("\n@@ -1,2 +1,2 @@\n-a\n b\n+c\n"),
            "{lines}"
        );
    }
    // A folder that is named.
    let lines = from("newest", &["HEAD~1", "--root=../ci"]).ok();
    assert!(lines.ends_with("\n@@ -1 +1 @@\n-d\n+e\n"), "{lines}");
    // The project itself is new; that of another folder is another project.
    let ran = from("newest", &["HEAD~1"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    let message = ran.message();
    assert!(
        message.contains("`newest/taskcluster/config.yml` does not exist (at revision"),
        "{message}"
    );
}

#[test]
fn equal_graphs_are_reported_as_identical() {
    let repository = repository();
    let (base, file) = (short(&repository, "HEAD"), repository.path("out.diff"));
    let out = repository.run(&["target", "--diff=HEAD", "-q", "-o", file.to_str().unwrap()]);
    assert_eq!(
        out.ok(),
        format!("Files target_task_set@{base} and target_task_set@topic are identical\n")
    );
    assert!(!file.exists());
}

#[test]
fn errors_at_the_other_revision_name_it() {
    let repository = TestRepository::new()
        .program("python3", "echo\n")
        .file(KIND, "tasks: [\n")
        .commit("One")
        .file(KIND, &kind(&["a"]))
        .commit("Two");
    let base = short(&repository, "HEAD~1");
    let ran = repository.run(&["full", "--diff", "HEAD~1"]);
    assert_eq!(ran.code, 1);
    let words = ran.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("(at revision {base})")), "{words}");
    assert_eq!(repository.git(&["worktree", "list"]).lines().count(), 1);
}

#[test]
fn the_revision_must_exist_and_the_base_must_be_known() {
    let repository = TestRepository::new()
        .file(KIND, &kind(&["a"]))
        .commit("One");
    let ran = repository.run(&["full", "--diff", "nowhere"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("cannot find the revision `nowhere`"),
        "{}",
        ran.err
    );
    let ran = repository.run(&["full", "--diff"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("pass the revision to compare with"),
        "{}",
        ran.err
    );
    let ran = repository.run(&["full", "--diff", "--output-file"]);
    assert_eq!(ran.code, 2);
}

#[test]
fn an_interrupted_diff_leaves_nothing_behind() {
    // The repository's own filter runs while files are checked out, and does not end by itself.
    let repository = repository();
    let mark = repository.path("checking-out");
    let slow = format!("touch {}; cat; sleep 60", mark.display());
    repository.git(&["config", "filter.slow.smudge", &slow]);
    let repository = repository
        .file(".gitattributes", "*.yml filter=slow\n")
        .commit("Slow");
    let left = repository.interrupt(&["full", "--diff", "HEAD"], &mark);
    assert_eq!(left, Some(130));
    assert_eq!(repository.git(&["worktree", "list"]).lines().count(), 1);
    assert_eq!(repository.git(&["branch", "--show-current"]), "topic");
    assert_eq!(repository.git(&["status", "--short"]), "");
}

#[test]
fn several_sets_of_parameters_come_out_in_order() {
    let repository = repository()
        .beside("params/b.yml", "project: b\n", 0o644)
        .beside("params/a.json", "{\"project\": \"a\"}", 0o644)
        .beside("params/notes.txt", "", 0o644)
        .beside("c.yml", "project: c\n", 0o644);
    for workers in ["1", "3"] {
        let out = repository.path("out_{params}.txt");
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
        assert_eq!(repository.run(&arguments).ok(), "");
        for name in ["a", "b", "c"] {
            let file = repository.path(&format!("out_{name}.txt"));
            assert_eq!(std::fs::read_to_string(&file).unwrap(), "b\nc\n");
            std::fs::remove_file(file).unwrap();
        }
    }
    let out = repository.run(&["full", "-p", "../params"]).ok();
    assert_eq!(out, "b\nc\nb\nc\n");
    let same = repository.run(&["full", "-p", "../c.yml", "-p", "../c.yml", "-o", "x"]);
    assert_eq!(same.code, 2);
    assert!(same.err.contains("would be written to x_c"), "{}", same.err);
}

#[test]
fn an_error_in_one_set_does_not_affect_the_others() {
    let repository = repository()
        .beside("a.yml", "filters: [none]\n", 0o644)
        .beside("b.yml", "project: b\n", 0o644);
    let ran = repository.run(&["target", "-p", "../a.yml", "-p", "../b.yml"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, "b\nc\n"));
    let words = ran.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("(with parameters from a)"), "{words}");
    let repository = repository.beside("a.yml", "project: 1\n", 0o644);
    let ran = repository.run(&["full", "-p", "../a.yml", "-p", "../b.yml"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, "b\nc\n"));
    assert!(ran.err.contains("a.yml:1"), "{}", ran.err);
}

#[test]
fn fast_graphs_do_not_compute_digests() {
    let repository = TestRepository::new()
        .program("python3", "echo\n")
        .file("taskcluster/kinds/docker-image/kind.yml", IMAGES)
        // The scripts that it includes are not needed either.
        .file(
            "taskcluster/docker/hello/Dockerfile",
            "FROM debian:12\n# %include-run-task\n",
        );
    let graph = repository
        .run(&["full", "--fast", "--json", "--quiet"])
        .ok();
    let graph: serde_json::Value = serde_json::from_str(&graph).unwrap();
    let image = &graph["docker-image-hello"];
    let zeros = "0".repeat(40);
    assert_eq!(image["task"]["payload"]["env"]["HASH"], zeros.as_str());
    assert_eq!(image["attributes"].get("cached_task"), None);
    assert_eq!(repository.run(&["full", "--json", "--quiet"]).code, 1);
}
