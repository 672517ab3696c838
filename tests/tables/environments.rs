//! The environments of release services: pools and scopes as Firefox's own functions answer them, and as its
//! deployment grants them.

use std::path::Path;

use serde_json::Value;
use snowman::release::environments::{Environments, Tier};

use super::row::{Table, Verdict};

pub const TABLES: &[Table] = &[
    Table::of_files("environments.json", environments),
    Table::of_files("fxci-grants.json", grants),
];

fn environments(_: &Path, content: &Value) -> Vec<Verdict> {
    let known = Environments::known();
    let rows = |name: &str| content[name].as_array().cloned().unwrap_or_default();
    let pools = rows("worker_pools")
        .into_iter()
        .map(|row| pool(&known, &row));
    let scopes = rows("scopes_by_project");
    let scopes = scopes.iter().flat_map(|row| of_project(&known, row));
    // What Chain of Trust restricts to some trees is always a scope of production.
    let restricted = rows("cot_restricted").into_iter().map(|row| {
        let scope = row["scope"].as_str().unwrap_or_default();
        expect(&known, scope, Some(Tier::Production))
    });
    let mut verdicts: Vec<Verdict> = pools.collect();
    verdicts.extend(scopes);
    verdicts.extend(restricted);
    verdicts
}

/// The worker pool of an alias.
fn pool(known: &Environments, row: &Value) -> Verdict {
    let text = |key: &str| row[key].as_str().unwrap_or_default();
    let pool = format!("{}/{}", text("provisioner"), text("worker_type"));
    let ours = known.of_pool(&pool, "gecko");
    let level = &row["level"];
    let is_release = text("provisioner").starts_with("scriptworker");
    let right = if text("alias").ends_with("-dev") {
        ours == Some(Tier::Dev)
    } else if is_release {
        // The pools for dep signing are those of all levels; the trees of autoland are written to by its own level.
        let production = *level == 3
            && !text("alias").ends_with("depsigning")
            && (text("release_level") == "production"
                || (text("project") == "autoland" && ["lando", "tree"].contains(&text("alias"))));
        let production = production || (*level == 3 && text("alias") == "push-apk");
        (ours == Some(Tier::Production)) == production && ours.is_some()
    } else {
        *level == 3 || ours != Some(Tier::Production)
    };
    match right {
        true => Verdict::Right,
        false => Verdict::Wrong(format!("{pool} of {row}: {ours:?}")),
    }
}

/// The scopes that the release tasks of a project have.
fn of_project(known: &Environments, row: &Value) -> Vec<Verdict> {
    let fields = row.as_object().into_iter().flatten();
    let scopes = fields.filter_map(|(_, value)| value.as_str());
    let scopes = scopes.filter(|scope| scope.starts_with("project:"));
    scopes
        .map(|scope| {
            let is_dep = scope.contains(":dep");
            let verdict = expect(
                known,
                scope,
                Some(if is_dep {
                    Tier::Staging
                } else {
                    Tier::Production
                }),
            );
            match (row["release_level"].as_str(), is_dep) {
                (Some("staging"), false) => {
                    Verdict::Wrong(format!("{scope} is held by a project of staging"))
                }
                _ => verdict,
            }
        })
        .collect()
}

fn expect(known: &Environments, scope: &str, expected: Option<Tier>) -> Verdict {
    let ours = known.of_scope(scope).map(|(_, tier)| tier);
    match ours == expected {
        true => Verdict::Right,
        false => Verdict::Wrong(format!("{scope}: {ours:?}")),
    }
}

/// A scope that every repository of level 1 is granted is no scope of production.
fn grants(_: &Path, content: &Value) -> Vec<Verdict> {
    let known = Environments::known();
    let mut verdicts = Vec::new();
    for row in content["grants"].as_array().into_iter().flatten() {
        let holders = row["to"].as_array().into_iter().flatten();
        let mut levels = holders.flat_map(|holder| {
            let levels = ["project", "projects"].map(|key| &holder[key]["level"]);
            let levels = levels.into_iter().flat_map(|level| {
                let several = level.as_array().cloned().into_iter().flatten();
                several.chain([level.clone()])
            });
            levels.collect::<Vec<_>>()
        });
        let is_of_level_1 = levels.any(|level| level == 1);
        for scope in row["grant"].as_array().into_iter().flatten() {
            let scope = scope.as_str().unwrap_or_default();
            // What a worker does says nothing about an environment.
            if !is_of_level_1 || scope.contains(":action:") {
                continue;
            }
            let tier = known.of_scope(scope).map(|(_, tier)| tier);
            verdicts.push(match tier {
                Some(Tier::Production) => Verdict::Wrong(format!("{scope} is granted at level 1")),
                _ => Verdict::Right,
            });
        }
    }
    verdicts
}
