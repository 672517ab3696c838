use crate::base::value::{Value, json};

use super::*;
use crate::config::test_support::params;
use crate::model::test_support::{TestTask, graph, task, tasks_of_chains};

/// The labels that a method chooses, in order.
fn chosen(over: Value, tasks: Vec<TestTask>) -> Vec<String> {
    let full = FullTaskGraph(graph(tasks));
    let set = target_task_set(&full, &params(over), None).unwrap();
    assert!(
        set.tasks
            .labels()
            .all(|l| set.tasks.dag().dependencies(l).is_empty())
    );
    set.tasks.labels().map(ToString::to_string).collect()
}

/// A task that runs everywhere.
fn everywhere(name: &str) -> TestTask {
    task(name).attribute("run_on_projects", json!(["all"]))
}

#[test]
fn the_default_method_checks_run_on_projects() {
    let tasks = || {
        vec![
            task("silent"),
            task("nowhere").attribute("run_on_projects", json!([])),
            task("elsewhere").attribute("run_on_projects", json!(["other"])),
            task("here").attribute("run_on_projects", json!(["other", "ci"])),
            everywhere("all"),
            everywhere("cron").attribute("cron", json!(true)),
            everywhere("not-cron").attribute("cron", json!(false)),
        ]
    };
    assert_eq!(chosen(json!({}), tasks()), ["here", "all", "not-cron"]);
    assert_eq!(
        chosen(json!({"project": "other"}), tasks()),
        ["elsewhere", "here", "all", "not-cron"]
    );
}

#[test]
fn by_default_only_the_phase_build_runs() {
    let phase = |name: &str, phase| everywhere(name).attribute("shipping_phase", phase);
    let tasks = vec![
        phase("none", json!(null)),
        phase("build", json!("build")),
        phase("promote", json!("promote")),
        phase("strange", json!(["build"])),
    ];
    assert_eq!(chosen(json!({}), tasks), ["none", "build"]);
}

#[test]
fn the_default_method_checks_run_on_tasks_for() {
    let tasks = || {
        vec![
            everywhere("any"),
            everywhere("all").attribute("run_on_tasks_for", json!(["all"])),
            everywhere("push").attribute("run_on_tasks_for", json!(["github-push"])),
            everywhere("never").attribute("run_on_tasks_for", json!([])),
        ]
    };
    assert_eq!(chosen(json!({}), tasks()), ["any", "all", "push"]);
    assert_eq!(
        chosen(json!({"tasks_for": "cron"}), tasks()),
        ["any", "all"]
    );
}

#[test]
fn the_default_method_checks_run_on_git_branches() {
    let on = |name: &str, patterns| everywhere(name).attribute("run_on_git_branches", patterns);
    let tasks = || {
        vec![
            everywhere("any"),
            on("all", json!(["all"])),
            on("release", json!(["release-.*"])),
            on("exact", json!(["main$"])),
            on("never", json!([])),
        ]
    };
    let on_ref = |head: &str| chosen(json!({"head_ref": head}), tasks());
    assert_eq!(on_ref("refs/heads/main"), ["any", "all", "exact"]);
    assert_eq!(on_ref("main"), ["any", "all", "exact"]);
    assert_eq!(on_ref("mainline"), ["any", "all"]);
    assert_eq!(on_ref("release-1"), ["any", "all", "release"]);
    // Patterns begin where branches begin.
    assert_eq!(on_ref("refs/heads/my-release-1"), ["any", "all"]);
    let everything = ["any", "all", "release", "exact", "never"];
    for over in [
        json!({"head_ref": "topic", "tasks_for": "github-pull-request"}),
        json!({"head_ref": "topic", "tasks_for": "github-pull-request-untrusted"}),
        json!({"head_ref": "topic", "repository_type": "hg"}),
    ] {
        assert_eq!(chosen(over.clone(), tasks()), everything, "{over}");
    }
}

/// The mistakes that prevent a selection among these tasks.
fn refused(tasks: Vec<TestTask>) -> Vec<String> {
    let wrong = target_task_set(&FullTaskGraph(graph(tasks)), &params(json!({})), None);
    let wrong = wrong.unwrap_err();
    wrong.iter().map(ToString::to_string).collect()
}

/// What is expected here is what Python's `set` makes of these values, and `re.match` of patterns.
#[test]
fn names_are_read_as_by_set_in_python() {
    let on = |name: &str, attribute: &str, value| everywhere(name).attribute(attribute, value);
    let projects = |name: &str, value| task(name).attribute("run_on_projects", value);
    let tasks = vec![
        projects("text", json!("all")),
        projects("letters", json!("ci")),
        projects("keys", json!({"ci": 1})),
        projects("numbers", json!([5, true, null])),
        on("event", "run_on_tasks_for", json!("all")),
        on("letter", "run_on_git_branches", json!("hm")),
        on("other-letter", "run_on_git_branches", json!("release")),
        on(
            "matched-before",
            "run_on_git_branches",
            json!(["main", 5, "("]),
        ),
    ];
    assert_eq!(
        chosen(json!({"head_ref": "main"}), tasks),
        ["keys", "letter", "matched-before"]
    );
}

#[test]
fn attributes_without_names_are_refused_together() {
    let on = |name: &str, attribute: &str, value| everywhere(name).attribute(attribute, value);
    let message = refused(vec![
        everywhere("fine"),
        on("a", "run_on_projects", json!([{}])),
        on("b", "run_on_projects", json!([["all"]])),
        on("c", "run_on_tasks_for", json!(5)),
        on("d", "run_on_git_branches", json!(["release", "("])),
        on("e", "run_on_git_branches", json!([5])),
        // It is not looked at.
        on("f", "run_on_projects", json!(true)).attribute("cron", json!(true)),
    ]);
    let expected = [
        "task `a`: the attribute `run_on_projects` contains a mapping",
        "task `b`: the attribute `run_on_projects` contains a list",
        "task `c`: the attribute `run_on_tasks_for` is an integer",
        "task `d`: the attribute `run_on_git_branches` contains an invalid pattern",
        "task `e`: the attribute `run_on_git_branches` contains a value that is not a string",
    ];
    assert_eq!(message.len(), expected.len(), "{message:#?}");
    for (message, expected) in message.iter().zip(expected) {
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn the_methods_codereview_and_nothing_select_as_documented() {
    let tasks = || {
        vec![
            everywhere("lint").attribute("code-review", json!(true)),
            everywhere("build"),
            task("off").attribute("code-review", json!(true)),
        ]
    };
    let method = |name: &str| chosen(json!({"target_tasks_method": name}), tasks());
    assert_eq!(method("codereview"), ["lint"]);
    assert!(method("nothing").is_empty());
}

/// The pipelines of two products, with candidates and partners.
fn releases() -> Vec<TestTask> {
    let shipped = |product: &str, phase: &str| {
        task(&format!("{phase}-{product}"))
            .attribute("shipping_product", json!(product))
            .attribute("shipping_phase", json!(phase))
    };
    let only_in = |name: &str, phase: &str, release: &str| {
        let mut described =
            shipped("fox", phase).attribute("run_on_releases", json!([release, "x"]));
        described.0.label = Label::parse(name).unwrap();
        described
    };
    let mut partner = shipped("fox", "promote").attribute("partner_repack", json!(true));
    partner.0.label = Label::parse("partner").unwrap();
    vec![
        everywhere("build"),
        shipped("fox", "build"),
        shipped("fox", "promote"),
        shipped("fox", "push"),
        shipped("fox", "ship"),
        shipped("bird", "promote"),
        shipped("bird", "push"),
        shipped("bird", "ship"),
        only_in("promote-rc", "promote", "release-rc"),
        only_in("push-rc", "push", "release-rc"),
        only_in("ship-rc", "ship", "release-rc"),
        only_in("ship-plain", "ship", "release"),
        only_in("ship-all", "ship", "all"),
        partner,
    ]
}

fn released(method: &str, product: &str, release_type: &str) -> Vec<String> {
    let over = json!({
        "target_tasks_method": method,
        "release_product": product,
        "release_type": release_type,
    });
    chosen(over, releases())
}

#[test]
fn release_phases_include_earlier_ones() {
    assert_eq!(released("promote", "fox", "release"), ["promote-fox"]);
    assert_eq!(
        released("push", "fox", "release"),
        ["promote-fox", "push-fox"]
    );
    assert_eq!(
        released("ship", "fox", "release"),
        [
            "promote-fox",
            "push-fox",
            "ship-fox",
            "ship-plain",
            "ship-all"
        ]
    );
    assert_eq!(
        released("ship", "bird", "release"),
        ["promote-bird", "push-bird", "ship-bird"]
    );
}

#[test]
fn release_candidates_are_not_pushed() {
    assert_eq!(
        released("promote", "fox", "release-rc"),
        ["promote-fox", "promote-rc"]
    );
    assert_eq!(
        released("ship", "fox", "release-rc"),
        [
            "promote-fox",
            "ship-fox",
            "promote-rc",
            "ship-rc",
            "ship-all"
        ]
    );
}

#[test]
fn partner_repacks_have_a_separate_method() {
    assert_eq!(released("promote_partners", "fox", "release"), ["partner"]);
    assert!(released("promote_partners", "bird", "release").is_empty());
}

#[test]
fn the_default_release_type_is_release() {
    let over = json!({"target_tasks_method": "ship", "release_product": "fox"});
    let ordinary = released("ship", "fox", "release");
    assert_eq!(chosen(over, releases()), ordinary);
}

#[test]
fn unknown_filters_and_methods_are_refused() {
    let message = |over| {
        let full = FullTaskGraph(graph(tasks_of_chains("a")));
        target_task_set(&full, &params(over), None)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message(json!({"filters": ["target_tasks_method", "try"]})),
        "unknown filter `try`\n  help: the only built-in filter is `target_tasks_method`"
    );
    let message = message(json!({"target_tasks_method": "promot"}));
    assert!(
        message.starts_with("unknown target-tasks method `promot`"),
        "{message}"
    );
    assert!(message.contains("`promote`"), "{message}");
    // No filter at all means the usual one.
    assert_eq!(chosen(json!({"filters": []}), vec![everywhere("a")]), ["a"]);
}

/// The target task graph of a graph in which `targets` are chosen.
fn target(over: Value, tasks: Vec<TestTask>, targets: &[&str]) -> TargetTaskGraph {
    let full = FullTaskGraph(graph(tasks));
    let chosen = targets
        .iter()
        .copied()
        .map(crate::model::test_support::label);
    let set = TargetTaskSet {
        tasks: full.0.only(&chosen.collect()),
        changed: Vec::new(),
        filters: Vec::new(),
    };
    target_task_graph(&full, &set, &params(over), Default::default()).unwrap()
}

fn names<'a>(labels: impl IntoIterator<Item = &'a Label>) -> Vec<&'a str> {
    labels.into_iter().map(Label::as_str).collect()
}

#[test]
fn targets_include_their_dependencies() {
    //  d -> b -> a,  c -> a,  e
    let targets = target(json!({}), tasks_of_chains("d -> b -> a, c -> a, e"), &["d"]);
    assert_eq!(names(targets.graph.labels()), ["d", "b", "a"]);
    assert_eq!(names(targets.requested.keys()), ["d"]);
    assert!(targets.do_not_optimize.is_empty());
    assert_eq!(
        names(
            targets
                .graph
                .dag()
                .dependencies(&Label::parse("d").unwrap())
        ),
        ["b"]
    );
}

#[test]
fn some_tasks_are_always_targets() {
    let tasks = || {
        vec![
            task("wanted"),
            task("needed"),
            task("always")
                .attribute("always_target", json!(true))
                .dep("needed"),
            task("image")
                .kind("docker-image")
                .attribute("always_target", json!(true)),
            task("not").attribute("always_target", json!(false)),
        ]
    };
    let requested = |over| {
        names(target(over, tasks(), &["wanted"]).requested.keys())
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        requested(json!({"enable_always_target": true})),
        ["wanted", "always", "image"]
    );
    assert_eq!(
        requested(json!({"enable_always_target": false})),
        ["wanted"]
    );
    assert_eq!(
        requested(json!({"enable_always_target": ["docker-image"]})),
        ["wanted", "image"]
    );
    let targets = target(json!({}), tasks(), &["wanted"]);
    assert_eq!(
        names(targets.graph.labels()),
        ["wanted", "needed", "always", "image"]
    );
}

#[test]
fn target_tasks_can_be_excluded_from_optimization() {
    let over = json!({"optimize_target_tasks": false, "do_not_optimize": ["x", "no such"]});
    let tasks = vec![
        task("x"),
        task("wanted"),
        task("always").attribute("always_target", json!(true)),
    ];
    let targets = target(over, tasks, &["wanted"]);
    assert_eq!(
        names(targets.do_not_optimize.keys()),
        ["no such", "wanted", "x"]
    );
    assert_eq!(names(targets.requested.keys()), ["wanted", "always"]);
}

#[test]
fn try_tasks_are_those_that_the_parameter_lists() {
    let tasks = || vec![task("linux").attribute("cron", json!(true)), task("mac")];
    let listing =
        |tasks: Value| json!({"target_tasks_method": "try_tasks", "try_task_config": tasks});
    assert_eq!(
        chosen(listing(json!({"tasks": ["linux"]})), tasks()),
        ["linux"]
    );
    assert!(chosen(listing(json!({"env": {}})), tasks()).is_empty());
    let full = FullTaskGraph(graph(tasks()));
    let misspelled = listing(json!({"tasks": ["linix", "mac", "c d"]}));
    let wrong = target_task_set(&full, &params(misspelled), None).unwrap_err();
    let said: Vec<String> = wrong
        .iter()
        .map(|one| format!("{one}; {}", one.help.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].contains("`linix`") && said[0].contains("did you mean `linux`?"),
        "{said:?}"
    );
}
