//! Ship It: releases that are shipped or created, and the versions of channels.
//!
//! The space [`RELEASES`] holds the status of each release by its name, [`CHANNELS`] the version of each
//! channel of a product, [`NIGHTLIES`] what was recorded of nightly builds.

use crate::base::value::json;
use crate::stage::archive::SPACE;
use crate::stage::archive::layout::{candidates_folder, releases_folder};
use crate::stage::report::Table;
use crate::stage::ship_it::RELEASES;
use crate::stage::ship_it::channel;
use crate::stage::ship_it::name::ReleaseName;
use crate::stage::ship_it::phases::{Phase, Seen};
use crate::stage::work::Work;

/// The space of the versions of channels.
const CHANNELS: &str = "ship-it-channel";

/// The space of nightly releases.
const NIGHTLIES: &str = "ship-it-nightly";

/// Marks a release as shipped.
pub fn mark_as_shipped(work: &mut Work<'_>) {
    let text = work.text("release_name");
    let name = match ReleaseName::read(text) {
        Ok(name) => name,
        Err(error) => {
            work.report.problem(error.to_string());
            return;
        }
    };
    let release = &work.staged.release;
    let is_own = (release.product.is_empty()
        || name.product.eq_ignore_ascii_case(&release.product))
        && (release.version.is_empty() || name.version == release.version)
        && name.build_number == release.build_number;
    if !is_own {
        work.report.problem(format!(
            "{text} is not this release, which is {}-{}-build{}",
            release.product, release.version, release.build_number
        ));
    }
    work.report.checked("the name of the release", 1);
    let product = name.product.to_ascii_lowercase();
    let count = |folder: String| {
        let folder = format!("pub{folder}/");
        let files = work.merged.space(SPACE);
        files.filter(|(path, _)| path.starts_with(&folder)).count()
    };
    let before = work.merged.get(RELEASES, text);
    let seen = Seen {
        candidate_files: count(candidates_folder(&product, name.version, name.build_number)),
        release_files: count(releases_folder(&product, name.version)),
        is_shipped: before.is_some_and(|entry| entry.value["status"] == json!("shipped")),
    };
    match seen.check_shipping() {
        None => work.report.unchecked.push(
            "whether the release was promoted and pushed: none of its files is in the archive of this state"
                .to_owned(),
        ),
        Some(checked) => {
            work.report.checked("the phases before this one", 2);
            if let Err(error) = checked {
                work.report.problem(error.to_string());
            }
        }
    }
    if !work.staged.phase.is_empty() && work.staged.phase != Phase::Ship.to_string() {
        work.report.problem(format!(
            "a release is marked as shipped in the phase `ship`, but the task belongs to `{}`",
            work.staged.phase
        ));
    }
    work.report
        .unchecked
        .push("the sign-offs of the phases, which only Ship It knows".to_owned());
    work.report.would.push(match seen.is_shipped {
        true => format!("{text} is shipped already, and would stay so"),
        false => format!("{text} would be marked as shipped"),
    });
    let phases: Vec<String> = seen.phases().iter().map(ToString::to_string).collect();
    let rows = vec![vec![
        text.to_owned(),
        phases.join(", "),
        seen.candidate_files.to_string(),
        seen.release_files.to_string(),
    ]];
    work.report.tables.push(Table {
        title: "Release".to_owned(),
        columns: vec![
            "Name",
            "Phases before",
            "Files of the candidate",
            "Files of the release",
        ],
        rows,
    });
    work.change(
        RELEASES,
        text,
        json!({"status": "shipped", "product": name.product, "version": name.version, "buildNumber": name.build_number}),
    );
}

/// Sets the version of a channel.
pub fn update_channel_version(work: &mut Work<'_>) {
    let (product, of, version) = (
        work.text("product"),
        work.text("channel"),
        work.text("version"),
    );
    let key = format!("{product}/{of}");
    let now = work.merged.get(CHANNELS, &key);
    let now = now.and_then(|entry| entry.value["version"].as_str());
    let mut checks = vec![channel::check(of, version)];
    work.report.checked("the version is one of the channel", 1);
    match now {
        Some(now) => {
            checks.push(channel::check_order(of, now, version));
            work.report.checked("the channel does not go back", 1);
        }
        None => work
            .report
            .unchecked
            .push(format!("the version that {product} has in {of} now")),
    }
    for error in checks.into_iter().filter_map(Result::err) {
        work.report.problem(error.to_string());
    }
    work.report.would.push(match now {
        Some(now) if now == version => format!("{product} has {version} in {of} already"),
        _ => format!("{product} would have {version} in {of}"),
    });
    work.change(CHANNELS, key, json!({"version": version}));
}

/// Records a nightly release.
pub fn create_nightly(work: &mut Work<'_>) {
    let (product, of, version) = (
        work.text("product"),
        work.text("channel"),
        work.text("version"),
    );
    let id = work.text("buildid");
    let checks = [channel::check(of, version), channel::check_build_id(id)];
    for error in checks.into_iter().filter_map(Result::err) {
        work.report.problem(error.to_string());
    }
    let mut locales = work.payload()["locales"]
        .texts()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    let count = locales.len();
    locales.sort_unstable();
    locales.dedup();
    if locales.len() != count {
        work.report.problem("a locale is listed twice");
    }
    work.report
        .checked("version, build id and locales", count + 2);
    let key = format!("{product}/{of}/{id}");
    if let Some(entry) = work.merged.get(NIGHTLIES, &key) {
        let by = entry.authors();
        work.report.problem(format!(
            "the nightly release {key} exists already, from {by}"
        ));
    }
    work.report.would.push(format!(
        "{product} {version} of {id} would be recorded with {count} locales"
    ));
    work.change(
        NIGHTLIES,
        key,
        json!({"version": version, "locales": locales}),
    );
}

/// Starts a release.
pub fn create_release(work: &mut Work<'_>) {
    let (product, version) = (work.text("product"), work.text("version"));
    let revision = work.text("cron_revision");
    if version.parse::<crate::base::version::Version>().is_err() {
        let error = channel::ChannelError::NoVersion(version.to_owned());
        work.report.problem(error.to_string());
    }
    if ![40, 64].contains(&revision.len()) || !revision.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        work.report
            .problem(format!("{revision:?} is not a revision"));
    }
    work.report.checked("version and revision", 2);
    let name = format!(
        "{}-{version}-build1",
        crate::stage::bouncer::aliases::capitalized(product)
    );
    if let Some(entry) = work.merged.get(RELEASES, &name) {
        let by = entry.authors();
        work.report.problem(format!(
            "the release {name} exists already, from {by}: its name must be unique"
        ));
    }
    work.report.unchecked.push(
        "whether there is something to release: earlier releases and the changes since are not known here".to_owned(),
    );
    work.report.would.push(format!(
        "{name} would be created on {}, and its phase {} would be started",
        work.text("branch"),
        work.text("phase")
    ));
    work.change(
        RELEASES,
        name,
        json!({"status": "scheduled", "product": product, "version": version, "buildNumber": 1, "revision": revision}),
    );
}

/// Marks a merge of branches as done.
pub fn mark_as_merged(work: &mut Work<'_>) {
    let id = work.payload()["automation_id"].as_u64();
    match id {
        Some(id) if id > 0 => work
            .report
            .would
            .push(format!("the merge {id} would be marked as done")),
        _ => work
            .report
            .problem("`payload.automation_id` is not the number of a merge"),
    }
    work.report.checked("the number of the merge", 1);
}
