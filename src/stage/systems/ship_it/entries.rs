//! What Ship It has beside releases: the versions of channels, nightly builds, and merges of branches.

use std::collections::BTreeSet;

use crate::base::value::json;
use crate::stage::ship_it::channel;
use crate::stage::work::Work;

/// The space of the versions of channels.
const CHANNELS: &str = "ship-it-channel";

/// The space of nightly releases.
const NIGHTLIES: &str = "ship-it-nightly";

/// The space of merges.
const MERGES: &str = "ship-it-merge";

/// Sets the version of a channel.
pub fn update_channel_version(work: &mut Work<'_>) {
    let (product, of, version) = (
        work.text("product"),
        work.text("channel"),
        work.text("version"),
    );
    let key = format!("{product}/{of}");
    let now = work.all.get(CHANNELS, &key);
    let now = now.and_then(|entry| entry.value["version"].as_str());
    let mut checks = vec![channel::check(of, version)];
    work.report.checked("the version is one of the channel", 1);
    match now {
        Some(now) => {
            checks.push(channel::check_order(of, now, version));
            work.report.checked("the channel does not go back", 1);
        }
        None => work.report.unchecked.push(format!(
            "the version that {product} has in {of} now; if Ship It has none, the task fails"
        )),
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

/// Records a nightly release. One that is recorded with the same data stays as it is.
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
    let listed = &work.payload()["locales"];
    let locales: BTreeSet<&str> = listed.texts().collect();
    let count = listed.texts().count();
    if locales.len() != count {
        work.report.problem("a locale is listed twice");
    }
    if locales.contains("") {
        work.report
            .problem("a locale is an empty text, which Ship It refuses");
    }
    work.report
        .checked("version, build id and locales", count + 2);
    let key = format!("{product}/{of}/{id}");
    let Some(entry) = work.all.get(NIGHTLIES, &key) else {
        work.report.would.push(format!(
            "{product} {version} of {id} would be recorded with {count} locales"
        ));
        let locales: Vec<&str> = locales.into_iter().collect();
        work.change(
            NIGHTLIES,
            key,
            json!({"version": version, "locales": locales}),
        );
        return;
    };
    let by = entry.authors();
    let was = entry.value["version"].as_str().unwrap_or_default();
    if was != version {
        work.report.problem(format!(
            "the nightly release {key} exists already, from {by}, with the version {was}, not {version}"
        ));
    }
    let known: BTreeSet<&str> = entry.value["locales"].texts().collect();
    let other: Vec<&str> = known.symmetric_difference(&locales).copied().collect();
    if !other.is_empty() {
        work.report.problem(format!(
            "the nightly release {key} exists already, from {by}, with other locales: {} are only in one of the two",
            other.join(", ")
        ));
    }
    work.report
        .checked("the nightly release that exists has the same data", 2);
    work.report
        .would
        .push(format!("{key} is recorded already, and would stay so"));
}

/// Marks a merge of branches as done, which happens once.
pub fn mark_as_merged(work: &mut Work<'_>) {
    let id = work.payload()["automation_id"].as_u64();
    work.report.checked("the number of the merge", 1);
    let Some(id) = id.filter(|id| *id > 0) else {
        work.report
            .problem("`payload.automation_id` is not the number of a merge");
        return;
    };
    let key = id.to_string();
    if let Some(entry) = work.all.get(MERGES, &key) {
        let by = entry.authors();
        work.report.problem(format!(
            "the merge {id} was marked as done already, by {by}, and Ship It does that only once"
        ));
    }
    work.report
        .unchecked
        .push(format!("whether Ship It has a merge {id}, which runs"));
    work.report
        .would
        .push(format!("the merge {id} would be marked as done"));
    work.change(MERGES, key, json!({"status": "completed"}));
}
