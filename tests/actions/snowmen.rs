//! The snowman model: what a graph takes from the graphs before it.
//!
//! Every test draws the graphs that are there, and the one that is put on top of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::bench::Bench;
use super::project::Project;
use super::ran::{Ran, Trigger, set};

/// Tasks of one kind each: `t2 -> t1`, all promoted, with the kinds `kind-t1` and so on.
fn chained(project: &Project, chain: &[&str]) {
    for (i, name) in chain.iter().enumerate() {
        let before = chain.get(i + 1);
        let kinds: Vec<String> = before
            .iter()
            .map(|before| format!("kind-{before}"))
            .collect();
        let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
        let dependencies = before.map_or_else(String::new, |before| format!("dep: {before}"));
        let fields = format!(
            "label: {name}, dependencies: {{{dependencies}}}, shipping-phase: promote, \
             attributes: {{shipping_product: fox}}"
        );
        project.kind(&format!("kind-{name}"), &kinds, &[(name, &fields)]);
    }
}

/// A bench on which a push has made each of these chains, one graph for each; on top of them `t2`,
/// which depends on `t1`, is to be promoted.
pub async fn on_top_of(graphs: &[&[&str]]) -> (Bench, Vec<Ran>) {
    let bench = Bench::new(Project::empty()).await;
    let mut ran = Vec::new();
    for (i, chain) in graphs.iter().enumerate() {
        chained(&bench.project, chain);
        let over = json!({
            "target_tasks_method": "promote", "release_product": "fox", "head_rev": format!("g{i}"),
        });
        ran.push(bench.push(over).await.fine());
        for name in *chain {
            bench
                .project
                .remove(&format!("taskcluster/kinds/kind-{name}/kind.yml"));
        }
    }
    chained(&bench.project, &["t2", "t1"]);
    (bench, ran)
}

/// Promotes on top of some graphs; the action is fired on the first one.
pub async fn promote(bench: &Bench, graphs: &[&Ran], more: Value) -> Ran {
    let previous: Vec<&str> = graphs.iter().map(|ran| ran.task_id.as_str()).collect();
    let mut input = json!({
        "release_promotion_flavor": "promote_fox",
        "build_number": 1,
        "previous_graph_ids": previous,
    });
    input
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let trigger = Trigger {
        callback: "release-promotion",
        group: Some(graphs[0].task_id.clone()),
        task: None,
        input,
    };
    bench.act(trigger).await.fine()
}

fn dependencies(bench: &Bench, ran: &Ran, label: &str) -> Value {
    let task = bench.sandbox.state().task(&ran.ids()[label]).unwrap();
    task.definition["dependencies"].clone()
}

/// ```text
/// G
/// |
/// t1
/// |
/// t2
/// ```
#[tokio::test]
async fn without_previous_tasks_everything_is_built() {
    let (bench, graphs) = on_top_of(&[&["t0"]]).await;
    let g = promote(&bench, &[&graphs[0]], json!({})).await;
    assert_eq!(bench.labels(&g.task_id), ["t1", "t2"]);
    assert_eq!(dependencies(&bench, &g, "t1"), json!([g.task_id.as_str()]));
    assert_eq!(dependencies(&bench, &g, "t2"), json!([g.ids()["t1"]]));
}

/// ```text
/// G1        G2        G
/// |         |         |
/// t1        t1        |
///             \______ |
///                    \|
///                     t2
/// ```
#[tokio::test]
async fn the_last_graph_with_a_task_takes_precedence() {
    let (bench, graphs) = on_top_of(&[&["t1"], &["t1"]]).await;
    let [g1, g2] = graphs.as_slice() else {
        unreachable!()
    };
    assert_ne!(g1.ids()["t1"], g2.ids()["t1"]);
    for (left, right) in [(g1, g2), (g2, g1)] {
        let g = promote(&bench, &[left, right], json!({})).await;
        assert_eq!(bench.labels(&g.task_id), ["t2"]);
        assert_eq!(g.ids()["t1"], right.ids()["t1"]);
        assert_eq!(
            dependencies(&bench, &g, "t2"),
            json!([right.ids()["t1"], g.task_id.as_str()])
        );
    }
}

/// ```text
/// G1        G2        G
/// |         |         |
/// t1        t0        |
///   \________________ |
///                    \|
///                     t2
/// ```
#[tokio::test]
async fn a_later_graph_without_a_label_keeps_earlier_tasks() {
    let (bench, graphs) = on_top_of(&[&["t1"], &["t0"]]).await;
    let [g1, g2] = graphs.as_slice() else {
        unreachable!()
    };
    for order in [[g1, g2], [g2, g1]] {
        let g = promote(&bench, &order, json!({})).await;
        assert_eq!(bench.labels(&g.task_id), ["t2"]);
        assert_eq!(g.ids()["t1"], g1.ids()["t1"]);
        // What the graph does not want is not in it, though an earlier one has it.
        assert_eq!(g.ids().into_keys().collect::<Vec<_>>(), ["t1", "t2"]);
    }
}

/// ```text
/// G1             G
/// |              |
/// build          |
/// |              |
/// signing        |
///        \_______|
///                |
///           l10n-repack
///                |
///           l10n-signing
/// ```
#[tokio::test]
async fn a_promotion_reuses_the_builds_of_the_push() {
    let (bench, graphs) = on_top_of(&[&["signing", "build"]]).await;
    chained(
        &bench.project,
        &["l10n-signing", "l10n-repack", "signing", "build"],
    );
    for name in ["t1", "t2"] {
        bench
            .project
            .remove(&format!("taskcluster/kinds/kind-{name}/kind.yml"));
    }
    let g1 = &graphs[0];
    let g = promote(&bench, &[g1], json!({})).await;
    assert_eq!(bench.labels(&g.task_id), ["l10n-repack", "l10n-signing"]);
    assert_eq!(g.ids()["build"], g1.ids()["build"]);
    assert_eq!(
        dependencies(&bench, &g, "l10n-repack"),
        json!([g1.ids()["signing"], g.task_id.as_str()])
    );
    assert_eq!(
        dependencies(&bench, &g, "l10n-signing"),
        json!([g.ids()["l10n-repack"]])
    );
}

#[tokio::test]
async fn nothing_is_built_after_a_complete_release() {
    let (bench, graphs) = on_top_of(&[&["t2", "t1"]]).await;
    let g = promote(&bench, &[&graphs[0]], json!({})).await;
    assert!(bench.labels(&g.task_id).is_empty());
    assert_eq!(g.ids(), graphs[0].ids());
    assert_eq!(g.json("task-graph.json"), json!({}));
    let log = String::from_utf8(g.artifacts["optimizations.log"].clone()).unwrap();
    let t1 = &graphs[0].ids()["t1"];
    assert!(log.contains(&format!(
        "optimize: t1 replaced with {t1} because of existing_tasks\n"
    )));
}

#[tokio::test]
async fn rebuilt_kinds_and_labels_rebuild_their_dependents() {
    let (bench, graphs) = on_top_of(&[&["t2", "t1"]]).await;
    let g1 = &graphs[0];
    for (more, built) in [
        (json!({"rebuild_kinds": ["kind-t1"]}), vec!["t1", "t2"]),
        (json!({"do_not_optimize": ["t1"]}), vec!["t1", "t2"]),
        (json!({"rebuild_kinds": ["kind-t2"]}), vec!["t2"]),
        (json!({"do_not_optimize": ["t2"]}), vec!["t2"]),
    ] {
        let g = promote(&bench, &[g1], more.clone()).await;
        assert_eq!(bench.labels(&g.task_id), built, "{more}");
        let reused = g
            .ids()
            .into_iter()
            .filter(|(label, id)| g1.ids().get(label) == Some(id));
        let reused: Vec<String> = reused.map(|(label, _)| label).collect();
        assert_eq!(reused.len() + built.len(), 2, "{more}");
    }
}

/// ```text
/// D     A1              A2
/// t1    partials        |
///               \_______|
///                       t2 -> partials
/// ```
#[tokio::test]
async fn tasks_that_only_an_earlier_promotion_has_are_reused() {
    let (bench, graphs) = on_top_of(&[&["t1"]]).await;
    let d = &graphs[0];
    chained(&bench.project, &["partials", "t1"]);
    let a1 = promote(&bench, &[d], json!({})).await;
    assert!(bench.labels(&a1.task_id).contains(&"partials".to_owned()));
    chained(&bench.project, &["t3", "partials", "t1"]);
    // The push's graph does not know the label; the one of the first promotion does.
    assert!(d.json("full-task-graph.json").get("partials").is_none());
    let a2 = promote(&bench, &[d, &a1], json!({})).await;
    assert_eq!(bench.labels(&a2.task_id), ["t3"]);
    assert_eq!(a2.ids()["partials"], a1.ids()["partials"]);
    assert_eq!(
        a2.ids().into_keys().collect::<BTreeSet<_>>(),
        set(["partials", "t1", "t2", "t3"])
    );
    let again = promote(
        &bench,
        &[d, &a1],
        json!({"rebuild_kinds": ["kind-partials"]}),
    )
    .await;
    assert_eq!(bench.labels(&again.task_id), ["partials", "t3"]);
}

/// The kind of a label may change from graph to graph; the rightmost graph says which it is.
#[tokio::test]
async fn the_kind_of_a_label_is_that_of_the_last_graph() {
    let bench = Bench::new(Project::empty()).await;
    let over = || json!({"target_tasks_method": "promote", "release_product": "fox"});
    let fields = "label: t1, shipping-phase: promote, attributes: {shipping_product: fox}";
    bench.project.kind("old", &[], &[("t1", fields)]);
    let g1 = bench.push(over()).await.fine();
    bench
        .project
        .remove("taskcluster/kinds/old/kind.yml")
        .kind("new", &[], &[("t1", fields)]);
    let g2 = bench.push(over()).await.fine();
    let old = json!({"rebuild_kinds": ["old"]});
    let new = json!({"rebuild_kinds": ["new"]});
    let with_old_kind = promote(&bench, &[&g1, &g2], old).await;
    assert_eq!(with_old_kind.ids()["t1"], g2.ids()["t1"]);
    let rebuilt = promote(&bench, &[&g1, &g2], new).await;
    assert_eq!(bench.labels(&rebuilt.task_id), ["t1"]);
}
