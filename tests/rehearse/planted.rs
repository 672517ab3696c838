//! Defects that `--defect` plants, and tasks that `--fail` lets fail.

use serde_json::Value;
use snowman::rehearse::defects::{DEFECTS, Defect};

use super::command::{json_of, rehearse};
use super::edits::some_of;
use super::small::{red, small_project, without_updates};

/// What a rehearsal of the small project says, which promises no updates.
fn rehearsed(args: &[&str]) -> Value {
    let project = small_project();
    without_updates(&project);
    json_of(&rehearse(project.path(), &[&["--json"], args].concat()))
}

/// The labels of tasks that fail.
fn labels(phases: &Value) -> Vec<String> {
    let mut labels: Vec<String> = red(phases)
        .iter()
        .map(|why| why.split(": ").next().unwrap().to_owned())
        .collect();
    labels.dedup();
    labels
}

#[test]
fn exactly_the_task_with_the_defect_fails() {
    let alone: Vec<&Defect> = DEFECTS.iter().filter(|defect| !defect.is_leak()).collect();
    for defect in some_of(&alone, 3) {
        let report = rehearsed(&["--defect", defect.name]);
        let found = labels(&report["phases"]);
        assert_eq!(
            found.len(),
            1,
            "{}: {:#?}",
            defect.name,
            red(&report["phases"])
        );
        let notes = report["notes"].to_string();
        let planted = format!("the defect was planted in {}", found[0]);
        assert!(notes.contains(&planted), "{}: {notes}", defect.name);
    }
}

#[test]
fn a_defect_that_no_task_can_have_is_an_error() {
    let project = small_project();
    without_updates(&project);
    for (args, why) in [
        (
            &["--defect", "wrong-name", "promote_snowfox"][..],
            "was planted nowhere",
        ),
        (&["--defect", "wrong-nam"], "did you mean `wrong-name`?"),
        (&["--defect", "foreign-file"], "only one is rehearsed"),
        (
            &["--fail", "build-linux64/op", "promote_snowfox"],
            "no rehearsed phase has created a task `build-linux64/op`",
        ),
    ] {
        let output = rehearse(project.path(), args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{args:?}");
        assert!(
            error
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .contains(why),
            "{args:?}: {error}"
        );
    }
}

#[test]
fn all_defects_are_documented() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/staging.md");
    let page = std::fs::read_to_string(page).unwrap();
    for defect in DEFECTS {
        let doc = defect.doc.replace("--concurrent", "`--concurrent`");
        let row = format!("| `{}` | {doc} |", defect.name);
        assert!(page.contains(&row), "{row}");
    }
}
