//! pushflatpak: flatpaks for Flathub.
//!
//! Below release level, the real worker returns before it looks at the file. Everything that it would check in
//! production is checked here, and the repository itself.

use super::upstream;
use crate::stage::report::Table;
use crate::stage::stores::flatpak;
use crate::stage::work::Work;

/// The applications that the worker pushes if no scope names another one.
const APPLICATIONS: &[(&str, &str)] = &[
    ("firefox", "org.mozilla.firefox"),
    ("thunderbird", "org.mozilla.Thunderbird"),
];

/// Checks the flatpak that would be pushed.
pub fn push(work: &mut Work<'_>) {
    upstream::check_channel(work, &["mock", "beta", "stable"]);
    let channel = work.text("channel");
    let app = application(work, channel);
    let artifacts = upstream::read(work);
    let is_flatpak = |path: &str| path.ends_with(".flatpak.tar.xz");
    let count = artifacts
        .iter()
        .filter(|artifact| is_flatpak(&artifact.path))
        .count();
    if count != 1 || artifacts.len() != 1 {
        work.report.problem(format!(
            "the worker needs exactly one artifact, whose name ends with `.flatpak.tar.xz`, but there are {}",
            artifacts.len()
        ));
    }
    let mut rows = Vec::new();
    for artifact in artifacts {
        let path = &artifact.path;
        let flatpak = match flatpak::read(&artifact.content) {
            Ok(flatpak) => flatpak,
            Err(error) => {
                work.report.problem(format!("{path}: {error}"));
                continue;
            }
        };
        for fault in &flatpak.faults {
            work.report.problem(format!("{path}: {fault}"));
        }
        let mut apps: Vec<&str> = flatpak
            .references
            .iter()
            .map(|one| one.app.as_str())
            .collect();
        apps.sort_unstable();
        apps.dedup();
        if apps.len() != 1 {
            work.report.problem(format!(
                "{path}: the repository has {} applications ({}), but one is pushed",
                apps.len(),
                apps.join(", ")
            ));
        }
        if let Some(app) = &app
            && apps.iter().any(|found| found != app)
        {
            work.report.problem(format!(
                "{path}: the repository must contain only {app}, but contains {}",
                apps.join(", ")
            ));
        }
        for one in &flatpak.references {
            match (channel, one.branch.as_str()) {
                ("mock", _) => {}
                // Candidates of a release are pushed so, before the release itself.
                ("beta", "stable") => work.report.warnings.push(format!(
                    "{path}: users of the branch beta are not offered it in the channel beta, as its branch is stable"
                )),
                (channel, branch) if branch != channel => work.report.problem(format!(
                    "{path}: the branch {branch} does not belong to the channel {channel}"
                )),
                _ => {}
            }
            rows.push(vec![
                one.app.clone(),
                one.architecture.clone(),
                one.branch.clone(),
                one.commit.clone(),
                one.files.to_string(),
            ]);
        }
        work.report.checked(
            "objects of the repository against their hashes",
            flatpak.objects,
        );
        let files = flatpak.references.iter().map(|one| one.files).sum();
        work.report.checked(
            "files of the applications: they exist, and their rights",
            files,
        );
        work.report.checked(
            "application and branch of each reference",
            flatpak.references.len(),
        );
        work.report.would.push(match channel {
            "mock" => "nothing would be pushed: the channel is `mock`".to_owned(),
            channel => format!("{} would be pushed to {channel}", apps.join(", ")),
        });
    }
    work.report.unchecked.push(
        "what only Flathub knows: whether the token may push the application, and its own checks of the build".to_owned(),
    );
    work.report.tables.push(Table {
        title: "References".to_owned(),
        columns: vec!["Application", "Processor", "Branch", "Commit", "Files"],
        rows,
    });
}

/// The application that may be pushed: that of the scope for the channel, or that of the product.
fn application(work: &mut Work<'_>, channel: &str) -> Option<String> {
    let part = format!(":{channel}:");
    let ends = upstream::scope_ends(work, ":flathub:");
    let apps: Vec<&str> = ends
        .into_iter()
        .filter_map(|end| {
            format!(":{end}")
                .find(&part)
                .map(|at| &end[at + part.len() - 1..])
        })
        .collect();
    if apps.len() > 1 {
        work.report.problem(format!(
            "the scopes name {} applications: {}",
            apps.len(),
            apps.join(", ")
        ));
    }
    let product = &work.staged.release.product;
    let known = APPLICATIONS.iter().find(|(name, _)| name == product);
    let default = known.map(|(_, app)| (*app).to_owned());
    apps.first().map(|app| (*app).to_owned()).or(default)
}
