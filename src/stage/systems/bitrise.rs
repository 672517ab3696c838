//! bitrisescript: builds that run on Bitrise.
//!
//! The builds themselves cannot run here; what is checked is which of them the task asks for, as bitrisescript's
//! `get_build_params` does. Nothing of a release changes.

use std::collections::BTreeSet;

use super::upstream;
use crate::base::text::plural;
use crate::base::value::{Object, Value};
use crate::stage::report::Table;
use crate::stage::work::Work;

/// Checks the builds that would run.
pub fn run(work: &mut Work<'_>) {
    let app = upstream::scope_ends(work, ":bitrise:app:").join(", ");
    let workflows = upstream::scope_ends(work, ":bitrise:workflow:");
    let payload = work.payload();
    check_prefix(work);
    let known: BTreeSet<&str> = workflows.iter().copied().collect();
    if known.len() < workflows.len() {
        work.report
            .problem("a workflow is named by two scopes, and would run twice");
    }
    let of_workflows = payload["workflow_params"].as_object();
    for (workflow, _) in of_workflows.into_iter().flatten() {
        if !known.contains(workflow.as_str()) {
            work.report.problem(format!(
                "`workflow_params` is for the workflow {workflow}, which no scope names: it would not run"
            ));
        }
    }
    let mut rows = Vec::new();
    let mut seen = BTreeSet::new();
    for workflow in &workflows {
        for build in builds(payload, workflow) {
            check_commit(work, workflow, &build);
            check_environments(work, workflow, &build);
            let params = Value::from(build.clone()).to_string();
            if !seen.insert((*workflow, params.clone())) {
                work.report.problem(format!(
                    "the workflow {workflow} is asked for twice with the same parameters"
                ));
            }
            let text = |key: &str| build.get(key).and_then(Value::as_str).unwrap_or("");
            rows.push(vec![
                (*workflow).to_owned(),
                text("branch").to_owned(),
                text("commit_hash").to_owned(),
                params,
            ]);
        }
    }
    work.report.checked("builds that would run", rows.len());
    work.report.would.push(format!(
        "{} of the app {app} would run, with artifacts and logs kept under {:?}",
        plural(rows.len(), "build"),
        work.text("artifact_prefix")
    ));
    work.report
        .unchecked
        .push("whether the app has these workflows, and whether they pass".to_owned());
    work.report.tables.push(Table {
        title: format!("Builds of {app}"),
        columns: vec!["Workflow", "Branch", "Commit", "Parameters"],
        rows,
    });
}

/// The parameters of each build of a workflow: those of all, and on top of them those of each of its variations.
fn builds(payload: &Value, workflow: &str) -> Vec<Object> {
    let of_all = payload["global_params"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    match payload["workflow_params"][workflow]
        .as_array()
        .map(|list| &list[..])
    {
        None | Some([]) => vec![of_all],
        Some(variations) => variations
            .iter()
            .filter_map(Value::as_object)
            .map(|own| {
                let mut build = of_all.clone();
                merge(own, &mut build);
                build
            })
            .collect(),
    }
}

/// Merges as the worker does: mappings into each other, lists one after the other, and all else replaced.
fn merge(own: &Object, into: &mut Object) {
    for (key, value) in own {
        match (value, into.get_mut(key)) {
            (Value::Object(own), Some(Value::Object(into))) => merge(own, into),
            (Value::Array(own), Some(Value::Array(into))) => into.extend(own.iter().cloned()),
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Checks that a build is one of the commit that the release is made of.
fn check_commit(work: &mut Work<'_>, workflow: &str, build: &Object) {
    let made_of = &work.staged.release.revision;
    match build.get("commit_hash").and_then(Value::as_str) {
        Some(commit) if !made_of.is_empty() && commit != made_of => work.report.problem(format!(
            "the workflow {workflow} would build {commit}, but the release is made of {made_of}"
        )),
        Some(_) => work.report.checked("commits of builds", 1),
        None => work.report.warnings.push(format!(
            "the workflow {workflow} names no commit: it builds whatever its branch has when it runs"
        )),
    }
}

/// Checks that each variable of a build has one value.
fn check_environments(work: &mut Work<'_>, workflow: &str, build: &Object) {
    let pairs = build.get("environments").and_then(Value::as_array);
    let names = pairs.into_iter().flatten();
    let names = names.filter_map(|pair| pair["mapped_to"].as_str());
    let mut seen = BTreeSet::new();
    for name in names.filter(|name| !seen.insert(*name)) {
        work.report.problem(format!(
            "the workflow {workflow} gets several values for the variable {name}"
        ));
    }
    work.report.checked("variables of builds", seen.len());
}

/// Checks that artifacts stay in the folder of artifacts.
fn check_prefix(work: &mut Work<'_>) {
    let prefix = work.text("artifact_prefix");
    let mut depth = 0_i64;
    let leads_out = prefix.starts_with('/')
        || prefix.split('/').any(|part| {
            depth += match part {
                "" | "." => 0,
                ".." => -1,
                _ => 1,
            };
            depth < 0
        });
    if leads_out {
        work.report.problem(format!(
            "`artifact_prefix` is {prefix:?}, which is not a folder in that of the artifacts"
        ));
    }
}
