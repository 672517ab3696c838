//! Arguments of a plan: flavors, chains and previous graphs.

use serde_json::json;

use super::super::bench::Bench;
use super::super::command::local_environment;
use super::super::project::Project;
use super::super::releases::{assert_contains_all, on, promotion_trigger, refused};
use super::reuse::fail;
use super::{FOX, flat, flavors, plan, promoted, pushed};

#[tokio::test]
async fn names_that_no_flavor_has_are_reported() {
    let odd = |attributes: &str| {
        let project = Project::release();
        flavors(&project, FOX);
        let attributes = format!("attributes: {{{attributes}}}");
        project.kind("bird", &[], &[("a", "")]);
        project.kind("odd", &[], &[("a", &attributes), ("b", &attributes)]);
        project
    };
    for (attributes, parts) in [
        (
            "shipping_product: fxo, shipping_phase: promote",
            &[
                "task `odd-a`",
                "no flavor has the product `fxo`",
                "odd-a, odd-b",
                "did you mean `fox`?",
            ][..],
        ),
        (
            "shipping_product: fox, shipping_phase: promte",
            &[
                "no flavor has the phase `promte`",
                "did you mean `promote`?",
            ],
        ),
        (
            "shipping_product: fox, shipping_phase: announce",
            &[
                "no flavor has the phase `announce`",
                "build, promote, push, ship",
            ],
        ),
    ] {
        let bench = Bench::new(odd(attributes)).await;
        let push = bench.push(json!({})).await.fine();
        let error = refused(
            &bench,
            promotion_trigger(&push, "promote_fox", on(&[&push])),
        )
        .await;
        assert_contains_all(&error, parts);
    }
    // Another application in the same repository has flavors elsewhere, or none yet.
    for attributes in [
        "shipping_product: thunderbird, shipping_phase: promote",
        "shipping_product: fox-esr, shipping_phase: promote",
        "shipping_product: thunderbird, shipping_phase: announce",
        "shipping_product: null, shipping_phase: null",
        "shipping_phase: build",
    ] {
        let bench = Bench::new(odd(attributes)).await;
        let push = bench.push(json!({})).await.fine();
        let promote = promotion_trigger(&push, "promote_fox", on(&[&push]));
        bench.act(promote).await.fine();
        let output = plan(
            &bench,
            &["promote_fox", "--previous", push.task_id.as_str()],
        )
        .await;
        assert_eq!(output.code, Some(0), "{attributes}: {}", output.err);
        let warned = flat(&output.err).contains("no flavor has the ");
        let known = attributes.contains("null") || attributes.contains("build");
        assert_eq!(warned, !known, "{attributes}: {}", output.err);
    }
}

#[tokio::test]
async fn the_arguments_of_a_plan_come_in_any_order() {
    let (bench, push, promote) = promoted().await;
    let (a, b) = (push.task_id.as_str(), promote.task_id.as_str());
    for args in [
        &["--previous", a, b, "push_fox"][..],
        &["--previous", a, "--previous", b, "push_fox"],
        &["push_fox", "--previous", a, b],
        &["--previous", a, "push_fox", "--previous", b],
        &["--previous", a, b, "--", "push_fox"],
    ] {
        let output = plan(&bench, args).await;
        assert_eq!(output.code, Some(0), "{args:?}: {}", output.err);
        assert_contains_all(
            &output.out,
            &["push_fox\n", "reused      4", "new         1"],
        );
    }
    let output = plan(&bench, &["--previous", a, b, "push_fix"]).await;
    assert_eq!(output.code, Some(1), "{}", output.err);
    assert_contains_all(&output.err, &["did you mean `push_fox`?"]);
    for (args, part) in [
        (&["--previous", a, b][..], "no flavor is given"),
        (
            &["--previous", "push_fox"],
            "no graph is given with --previous",
        ),
        (
            &["push_fox", "--previous", "abc"],
            "--previous abc: neither a taskId nor a folder",
        ),
        (&["push_fox"], "--previous <GRAPH>"),
    ] {
        let output = plan(&bench, args).await;
        assert_eq!(output.code, Some(2), "{args:?}: {}", output.err);
        assert_contains_all(&output.err, &[part]);
    }
    let help = bench
        .command(&local_environment(&bench), &["promote", "--help"])
        .await;
    let usage = "snowman promote [OPTIONS] --plan --previous <GRAPH>... <FLAVOR>...";
    assert_contains_all(&help.out, &[usage]);
}

#[tokio::test]
async fn chains_may_follow_the_graphs() {
    let bench = Bench::new(Project::with_chains()).await;
    let push = bench.push(json!({})).await.fine();
    let first = push.task_id.as_str();
    let output = plan(&bench, &["--previous", first, "promote_fox", "push_fox"]).await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    assert_contains_all(&output.out, &["promote_fox, then push_fox"]);
}

#[tokio::test]
async fn folders_of_artifacts_have_no_task_states() {
    let (bench, push) = pushed().await;
    let promote = promotion_trigger(&push, "promote_fox", on(&[&push]));
    let promote = bench.act(promote).await.fine();
    fail(&bench, &promote.ids()["partials-a"]);
    let folder = tempfile::tempdir().unwrap();
    let mut args = vec![
        "promote".to_owned(),
        "--plan".to_owned(),
        "--previous".to_owned(),
    ];
    for ran in [&push, &promote] {
        let own = folder.path().join(ran.task_id.as_str());
        std::fs::create_dir_all(&own).unwrap();
        for (name, content) in &ran.artifacts {
            std::fs::write(own.join(name), content).unwrap();
        }
        args.push(own.to_str().unwrap().to_owned());
    }
    args.push("push_fox".to_owned());
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let nobody = snowman::ports::environment::Environment::default();
    let output = bench.command(&nobody, &args).await;
    assert_eq!(output.code, Some(0), "{}", output.err);
}
