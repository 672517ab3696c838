//! Why tasks of a promotion are reused or built again, as `explain` says it, and what happens without that.

use serde_json::{Value, json};

use super::bench::Bench;
use super::ran::Ran;
use super::snowmen::{on_top_of, promote};

/// The explanation of a task in the graph that an action has made.
async fn explained(bench: &Bench, ran: &Ran, label: &str) -> Value {
    let spec = format!("task-id={}", ran.task_id.as_str());
    let environment = bench.environment(&ran.task_id);
    let arguments = ["explain", label, "-J", "-q", "-p", &spec];
    let output = bench.command(&environment, &arguments).await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    let read: Value = serde_json::from_str(&output.out).unwrap();
    read[0]["tasks"][label].clone()
}

fn graphs_with(label: &str, graphs: &[&Ran]) -> Value {
    let one = |ran: &&Ran| json!({"graph": ran.task_id.as_str(), "taskId": ran.ids()[label]});
    graphs.iter().map(one).collect()
}

#[tokio::test]
async fn the_last_graph_that_has_a_label_counts() {
    let (bench, graphs) = on_top_of(&[&["t1"], &["t1"]]).await;
    for order in [[&graphs[0], &graphs[1]], [&graphs[1], &graphs[0]]] {
        let g = promote(&bench, &order, json!({})).await;
        let told = explained(&bench, &g, "t1").await;
        let last = order[1].ids()["t1"].clone();
        assert_eq!(
            (&told["result"], &told["taskId"]),
            (&json!("replaced"), &json!(last))
        );
        // The graph that was made says the same.
        assert_eq!(g.ids()["t1"], last);
        assert_eq!(told["recorded"]["taskId"], last);
        let promotion = &told["optimization"]["promotion"];
        assert_eq!(promotion["graphs"], graphs_with("t1", &order));
        assert_eq!(promotion["origin"]["graph"], order[1].task_id.as_str());
        assert_eq!(promotion["rebuilt"], false);
        let new = explained(&bench, &g, "t2").await;
        assert_eq!(new["result"], "created");
        assert_eq!(
            new["optimization"]["promotion"]["unlistedBecause"],
            "no-graph"
        );
        assert_eq!(new["recorded"]["taskId"], g.ids()["t2"]);
    }
}

#[tokio::test]
async fn what_is_built_again_names_what_requests_it() {
    let (bench, graphs) = on_top_of(&[&["t2", "t1"]]).await;
    let g1 = &graphs[0];
    for (input, why) in [
        (json!({"rebuild_kinds": ["kind-t1"]}), "rebuild_kinds"),
        (json!({"do_not_optimize": ["t1"]}), "do_not_optimize"),
    ] {
        let g = promote(&bench, &[g1], input).await;
        assert_ne!(g.ids()["t1"], g1.ids()["t1"]);
        let told = explained(&bench, &g, "t1").await;
        let promotion = &told["optimization"]["promotion"];
        assert_eq!(
            (&told["result"], &promotion["rebuilt"]),
            (&json!("created"), &json!(true))
        );
        assert_eq!(promotion["unlistedBecause"], why);
        assert_eq!(promotion["graphs"], graphs_with("t1", &[g1]));
        // `t2` is only built again because of `t1`.
        let dependent = explained(&bench, &g, "t2").await;
        let optimization = &dependent["optimization"];
        assert_eq!(optimization["promotion"]["rebuilt"], true);
        assert_eq!(optimization["promotion"]["existingTask"], g1.ids()["t2"]);
        assert_eq!(
            optimization["replacing"],
            json!({"found": "depends-on-created", "on": "t1"})
        );
        assert_eq!(optimization["builtAfter"][0]["task"], "t1");
    }
    // Without the request, both are reused.
    let g = promote(&bench, &[g1], json!({})).await;
    for label in ["t1", "t2"] {
        assert_eq!(g.ids()[label], g1.ids()[label]);
        let told = explained(&bench, &g, label).await;
        assert_eq!(told["result"], "replaced");
        assert_eq!(told["optimization"]["promotion"]["rebuilt"], false);
    }
}
