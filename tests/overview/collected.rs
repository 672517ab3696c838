//! What task groups say about a release.

use serde_json::Value;
use snowman::overview::{json, page, text};

use super::project::{HOSTILE, HOSTILE_LABEL, Project, Task, release, task};

fn data(project: &Project) -> Value {
    json(&project.overview()).into()
}

/// What became of a label, by phase.
fn fates<'d>(data: &'d Value, label: &str) -> Vec<(&'d str, &'d str)> {
    let tasks = data["releases"][0]["tasks"].as_array().unwrap();
    let found = tasks.iter().find(|task| task["label"] == label);
    let phases = found.unwrap()["phases"].as_array().unwrap().iter();
    phases
        .map(|phase| {
            (
                phase["phase"].as_str().unwrap(),
                phase["result"].as_str().unwrap(),
            )
        })
        .collect()
}

#[test]
fn each_label_is_there_once_with_what_became_of_it() {
    let data = data(&release());
    let phases: Vec<_> = data["releases"][0]["phases"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    let numbers = |phase: &Value| {
        ["created", "rebuilt", "reused", "removed"].map(|name| phase[name].as_u64().unwrap())
    };
    assert_eq!(numbers(phases[0]), [2, 0, 1, 1]);
    assert_eq!(numbers(phases[1]), [3, 0, 2, 0]);
    assert_eq!(
        fates(&data, "build-linux"),
        [("push", "created"), ("promote_fox", "reused")]
    );
    assert_eq!(fates(&data, "toolchain-rust"), [("push", "reused")]);
    assert_eq!(fates(&data, "test-linux"), [("push", "removed")]);
    assert_eq!(data["holds"], false);
}

#[test]
fn a_task_that_is_created_again_is_rebuilt() {
    let mut project = release();
    project.phase("ship_fox", &[task("build-linux", &[])], &[], "");
    let data = data(&project);
    let ship = &data["releases"][0]["phases"][2];
    assert_eq!(
        (&ship["created"], &ship["rebuilt"]),
        (&Value::from(0), &Value::from(1))
    );
    assert_eq!(
        fates(&data, "build-linux").last(),
        Some(&("ship_fox", "created"))
    );
}

#[test]
fn the_longest_chain_and_the_pools_are_those_of_the_phase() {
    let data = data(&release());
    let promote = &data["releases"][0]["phases"][1];
    let chain = promote["longestChain"].as_array().unwrap().iter();
    let chain: Vec<_> = chain.map(|step| step["label"].as_str().unwrap()).collect();
    assert_eq!(chain, ["sign-linux-de", &format!("upload-{HOSTILE_LABEL}")]);
    let pools = promote["pools"].as_array().unwrap().iter();
    let pools: Vec<_> = pools
        .map(|pool| {
            (
                pool["pool"].as_str().unwrap(),
                pool["tasks"].as_u64(),
                pool["atOnce"].as_u64(),
            )
        })
        .collect();
    let expected = [
        ("pool/linux", Some(2), Some(1)),
        ("pool/signing", Some(1), Some(1)),
    ];
    assert_eq!(pools, expected);
}

#[test]
fn the_text_lists_what_is_red_and_why() {
    let text = text(&release().overview());
    assert!(
        text.starts_with("fox 1.0 build 2, revision 0123456789ab\n"),
        "{text}"
    );
    let system = "signing      2       1    1          0         2            2\n";
    assert!(text.contains(system), "{text}");
    assert!(
        text.contains(&format!(
            "\nRed:\n  - sign-win-fr: failed\n      {HOSTILE}\n"
        )),
        "{text}"
    );
    assert!(
        text.contains("\nNot checked:\n  - the real signature (2 tasks)\n"),
        "{text}"
    );
}

#[test]
fn a_page_is_the_same_for_the_same_groups() {
    assert_eq!(page(&release().overview()), page(&release().overview()));
}

#[test]
fn a_page_loads_nothing_and_escapes_everything() {
    let page = page(&release().overview());
    for text in [HOSTILE, HOSTILE_LABEL] {
        assert!(!page.contains(text), "{text:?} is not escaped");
    }
    let (_, policy) = page
        .split_once("Content-Security-Policy\" content=\"")
        .unwrap();
    let (policy, _) = policy.split_once('"').unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    for part in ["unsafe", "http:", "https:", " *"] {
        assert!(!policy.contains(part), "{policy}");
    }
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script>").count(), 2);
}

#[test]
fn a_leak_between_releases_is_red_and_counts_are_of_all_of_them() {
    let project = release();
    let one = page(&project.overview());
    let passing = page(&project.at_once(2, &[]));
    let leaking = page(&project.at_once(2, &["`a` of release 2 names release 1"]));
    assert!(passing.contains("✗ 3 checks failed, 3 tasks red."));
    assert!(leaking.contains("✗ 4 checks failed, 3 tasks red."));
    assert!(leaking.contains("<li>`a` of release 2 names release 1</li>"));
    // What would have happened in production is told of both, with the release.
    let effects = |page: &str| {
        let (_, rest) = page.split_once("<h2 id=\"production\">").unwrap();
        let (part, _) = rest.split_once("<h2 ").unwrap();
        part.matches("<li>").count()
    };
    assert_eq!(effects(&passing), 2 * effects(&one));
    assert!(passing.contains("</a> <span class=\"muted\">release 2: fox 1.0 build 2</span>: "));
}

#[test]
fn a_release_has_the_name_that_most_of_its_staged_tasks_give_it() {
    let named = |products: &[&'static str]| {
        let mut project = Project::default();
        let tasks: Vec<Task> = products
            .iter()
            .enumerate()
            .map(|(number, &product)| Task {
                staged_for: Some(product),
                ..task(&format!("sign-{number}"), &[])
            })
            .collect();
        project.phase("promote_fox", &tasks, &[], "");
        project.overview().releases[0].name()
    };
    // Whatever the order of the tasks.
    assert_eq!(named(&["owl", "fox", "fox"]), "fox 1.0 build 2");
    assert_eq!(named(&["fox", "fox", "owl"]), "fox 1.0 build 2");
    assert_eq!(named(&["owl", "fox"]), named(&["fox", "owl"]));
}
