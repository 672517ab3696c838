//! Names in tasks, input and folders that lead a promotion nowhere.

use serde_json::{Value, json};

use super::bench::Bench;
use super::command::local_environment;
use super::harm::{FOX, flat, flavors, plan, pushed, with};
use super::project::Project;
use super::releases::{assert_contains_all, on, promotion_trigger, refused};

const BIRD: &str = "promote_bird: {product: bird, target-tasks-method: promote}";

/// The release fixture with these flavors, and a task with these attributes in each of the kinds.
fn with_tasks(config: &str, kinds: &[&str], attributes: &str) -> Project {
    let project = Project::release();
    flavors(&project, config);
    for kind in kinds {
        project.kind(
            kind,
            &[],
            &[("a", &format!("attributes: {{{attributes}}}"))],
        );
    }
    project
}

/// Plans the promotion of a flavor on a push, and returns the exit code and the output on stderr.
async fn planned(project: Project, flavor: &str) -> (Option<i32>, String) {
    let bench = Bench::new(project).await;
    let push = bench.push(json!({})).await.fine();
    let args = [flavor, "--previous", push.task_id.as_str()];
    let output = plan(&bench, &args).await;
    (output.code, flat(&output.err))
}

#[tokio::test]
async fn similar_products_may_be_intended() {
    let flavors = &format!("{FOX}, {BIRD}");
    let of = |product: &str| format!("shipping_product: {product}, shipping_phase: promote");
    // A slip in a task of the promoted product, in one place.
    for flavors in [flavors, FOX] {
        let project = with_tasks(flavors, &["odd", "bird"], &of("bird"));
        project.kind(
            "odd",
            &[],
            &[("a", &format!("attributes: {{{}}}", of("fax")))],
        );
        let (code, output) = planned(project, "promote_fox").await;
        assert_eq!(code, Some(1), "{output}");
        assert_contains_all(
            &output,
            &[
                "no flavor has the product `fax`",
                "did you mean `fox`?",
                "`other-products`",
            ],
        );
    }
    for (kinds, product, flavor) in [
        // Several kinds name it.
        (&["odd", "even"][..], "fax", "promote_fox"),
        (&["odd"], "fox2", "promote_fox"),
        // It is near to a product that is not promoted.
        (&["odd"], "fax", "promote_bird"),
    ] {
        let (code, output) = planned(with_tasks(flavors, kinds, &of(product)), flavor).await;
        assert_eq!(code, Some(0), "{product} {flavor}: {output}");
        let warning = format!("no flavor has the product `{product}`");
        assert_contains_all(&output, &[&warning]);
    }
    // config.yml says so.
    let project = with_tasks(flavors, &["odd"], &of("fax"));
    let path = project.root().join("taskcluster/config.yml");
    let config = std::fs::read_to_string(&path).unwrap();
    let config = config.replace("chains: true", "chains: true, other-products: [fax]");
    std::fs::write(path, config).unwrap();
    let (code, output) = planned(project, "promote_fox").await;
    assert_eq!(code, Some(0), "{output}");
    assert!(!output.contains("fax"), "{output}");
}

#[tokio::test]
async fn a_misspelled_phase_of_another_product_is_a_warning() {
    let flavors = &format!("{FOX}, {BIRD}");
    let attributes = "shipping_product: fox, shipping_phase: promte";
    for (flavor, expected) in [("promote_fox", 1), ("promote_bird", 0)] {
        let project = with_tasks(flavors, &["odd"], attributes);
        project.kind(
            "bird",
            &[],
            &[(
                "a",
                "shipping-phase: promote, attributes: {shipping_product: bird}",
            )],
        );
        let (code, output) = planned(project, flavor).await;
        assert_eq!(code, Some(expected), "{flavor}: {output}");
        assert_contains_all(&output, &["no flavor has the phase `promte`"]);
    }
}

#[tokio::test]
async fn built_in_methods_read_strings_under_underscores() {
    let flavors = &format!("{FOX}, {BIRD}");
    for (attributes, part) in [
        (
            "shipping-phase: ship, shipping_product: fox",
            "use `shipping_phase`",
        ),
        ("shipping-phase: ship", "use `shipping_phase`"),
        (
            "shipping_phase: ship, shipping-product: fox",
            "use `shipping_product`",
        ),
        (
            "shipping_phase: ship, shipping_product: [fox]",
            "the attribute `shipping_product`: expected a string, found a list",
        ),
        (
            "shipping_phase: [ship], shipping_product: fox",
            "the attribute `shipping_phase`: expected a string, found a list",
        ),
    ] {
        let (code, output) = planned(with_tasks(flavors, &["odd"], attributes), "ship_fox").await;
        assert_eq!(code, Some(1), "{attributes}: {output}");
        let (code, output) =
            planned(with_tasks(flavors, &["odd"], attributes), "promote_fox").await;
        assert_eq!(code, Some(1), "{attributes}: {output}");
        assert_contains_all(&output, &["task `odd-a`", part]);
        // A flavor of another product does not need it, nor do projects that choose in their own way.
        let (code, output) =
            planned(with_tasks(flavors, &["odd"], attributes), "promote_bird").await;
        let of_fox = attributes.contains("fox");
        assert_eq!(code, Some(i32::from(!of_fox)), "{attributes}: {output}");
    }
    let both = "shipping-phase: promote, shipping_phase: promote, shipping_product: fox";
    let (code, output) = planned(with_tasks(flavors, &["odd"], both), "promote_fox").await;
    assert_eq!(code, Some(0), "{output}");
    assert!(!output.contains("in no release"), "{output}");
}

#[tokio::test]
async fn a_phase_without_a_product_is_a_warning() {
    for (attributes, warned) in [
        ("shipping_phase: promote", true),
        ("shipping_phase: build", false),
        ("shipping_phase: promote, shipping_product: bird", false),
    ] {
        let flavors = &format!("{FOX}, {BIRD}");
        let (code, output) =
            planned(with_tasks(flavors, &["odd"], attributes), "promote_fox").await;
        assert_eq!(code, Some(0), "{attributes}: {output}");
        let found = output.contains("but no attribute `shipping_product`");
        assert_eq!(found, warned, "{attributes}: {output}");
    }
}

#[tokio::test]
async fn graphs_of_several_revisions_are_a_warning() {
    let (bench, push) = pushed().await;
    let other = bench.push(json!({"head_rev": "r2"})).await.fine();
    let ids = [push.task_id.as_str(), other.task_id.as_str()];
    let args = ["promote_fox", "--previous", ids[0], ids[1]];
    let output = plan(&bench, &args).await;
    let message = "created from several revisions";
    assert_contains_all(&flat(&output.err), &[message, ids[0], ids[1], "r2"]);
    let output = plan(&bench, &args[..3]).await;
    assert!(!flat(&output.err).contains(message), "{}", output.err);
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("input.yml");
    std::fs::write(&input, "allow_mixed_revisions: true\n").unwrap();
    let args = [&args[..], &["--input", input.to_str().unwrap()]].concat();
    let output = plan(&bench, &args).await;
    assert!(!flat(&output.err).contains(message), "{}", output.err);
}

#[tokio::test]
async fn names_to_rebuild_must_exist() {
    let (bench, push) = pushed().await;
    for (key, flag, name, parts) in [
        (
            "rebuild_kinds",
            "--rebuild-kind",
            "biuld",
            ["`rebuild_kinds` contains `biuld`", "did you mean `build`?"],
        ),
        (
            "do_not_optimize",
            "--do-not-optimize",
            "sgin-a",
            [
                "`do_not_optimize` contains `sgin-a`",
                "did you mean `sign-a`?",
            ],
        ),
    ] {
        let input = with(on(&[&push]), key, json!([name]));
        let error = refused(&bench, promotion_trigger(&push, "promote_fox", input)).await;
        assert_contains_all(&error, &parts);
        let id = push.task_id.as_str();
        let output = plan(&bench, &["promote_fox", flag, name, "--previous", id]).await;
        assert_eq!(output.code, Some(1), "{}", output.out);
        assert_contains_all(&flat(&output.err), &parts);
    }
    // A label is no kind, and a kind no label.
    let input = with(on(&[&push]), "rebuild_kinds", json!(["build-a"]));
    let input = with(input, "do_not_optimize", json!(["build"]));
    let error = refused(&bench, promotion_trigger(&push, "promote_fox", input)).await;
    assert_contains_all(&error, &["no task has that kind", "no task has that label"]);
    let input = with(on(&[&push]), "rebuild_kinds", json!(["build"]));
    let input = with(input, "do_not_optimize", json!(["sign-a"]));
    bench
        .act(promotion_trigger(&push, "promote_fox", input))
        .await
        .fine();
}

#[tokio::test]
async fn the_help_explains_how_to_enable_chains() {
    let (bench, push) = pushed().await;
    let chain: Value = json!(["promote_fox", "push_fox"]);
    let error = refused(&bench, promotion_trigger(&push, chain, on(&[&push]))).await;
    assert_contains_all(&error, &["`chains: true`"]);
    let id = push.task_id.as_str();
    let output = plan(&bench, &["promote_fox", "push_fox", "--previous", id]).await;
    assert_eq!(output.code, Some(1), "{}", output.out);
    assert_contains_all(&flat(&output.err), &["`chains: true`"]);
}

#[tokio::test]
async fn a_missing_version_can_be_passed_as_a_flag() {
    let project = Project::release();
    project.remove("version.txt");
    let (code, output) = planned(project, "promote_fox").await;
    assert_eq!(code, Some(1), "{output}");
    assert_contains_all(&output, &["`--version` of `promote --plan`"]);
}

#[cfg(unix)]
#[tokio::test]
async fn only_regular_files_are_read_from_folders() {
    let (bench, push) = pushed().await;
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join(push.task_id.as_str());
    std::fs::create_dir_all(&own).unwrap();
    for (name, content) in &push.artifacts {
        std::fs::write(own.join(name), content).unwrap();
    }
    let path = own.join("label-to-taskid.json");
    let args = ["promote", "--plan", "promote_fox", "--previous"];
    let args = [&args[..], &[own.to_str().unwrap()]].concat();
    std::fs::write(&path, [0x1f, 0x8b, 8, 0]).unwrap();
    let output = bench.command(&local_environment(&bench), &args).await;
    assert_eq!(output.code, Some(1), "{}", output.out);
    assert_contains_all(&flat(&output.err), &["is compressed with gzip"]);
    std::fs::remove_file(&path).unwrap();
    let status = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(status.unwrap().success());
    let output = bench.command(&local_environment(&bench), &args).await;
    assert_eq!(output.code, Some(1), "{}", output.out);
    assert_contains_all(&flat(&output.err), &["is not a regular file"]);
}
