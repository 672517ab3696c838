//! Whether the files of a release that is offered to users are where users get them.

use std::collections::BTreeSet;

use super::files::{complete_paths, urls};
use crate::base::text::list_some;
use crate::base::value::Object;
use crate::stage::archive::SPACE;
use crate::stage::archive::layout::{candidates_folder, releases_folder};
use crate::stage::balrog_worker::schedule::Schedule;
use crate::stage::merged::Merged;
use crate::stage::work::Work;

/// The end of the names of complete updates.
const COMPLETE: &str = ".complete.mar";

/// Checks that each complete update among the candidates belongs to a locale of the release, and that all are
/// among the releases if bouncer leads the users of the channels there.
pub fn check(
    work: &mut Work<'_>,
    state: &Merged,
    (schedule, blob): (&Schedule, &Object),
    channels: &[&str],
) {
    let mut offered = BTreeSet::new();
    for (target, platform) in blob["platforms"].as_object().into_iter().flatten() {
        for (locale, _) in platform["locales"].as_object().into_iter().flatten() {
            offered.extend(complete_paths(blob, (target, locale)));
        }
    }
    // Without test channels that lead to candidates, nothing says where the files are.
    if offered.is_empty() {
        return;
    }
    let product = schedule.product.to_lowercase();
    let candidates = candidates_folder(&product, &schedule.version, schedule.build_number);
    let candidates = format!("pub{candidates}/");
    let updates = format!("{candidates}update/");
    let mut count = 0;
    for (path, _) in state.starting_with(SPACE, &updates) {
        if path.ends_with(COMPLETE) {
            count += 1;
            if !offered.contains(path) {
                work.report.problem(format!(
                    "{path} is in the archive, but {} does not offer it: clients that need it get no update",
                    schedule.name
                ));
            }
        }
    }
    work.report.checked(
        "complete updates in the archive, which the release offers",
        count,
    );
    let is_before = |channel: &&str| is_before_mirrors(schedule, blob, channel);
    if !channels.is_empty() && channels.iter().all(is_before) {
        work.report.unchecked.push(format!(
            "that the files of {} are in the folder of releases: users of a release candidate get them from the candidates",
            schedule.name
        ));
        return;
    }
    let releases = format!("pub{}/", releases_folder(&product, &schedule.version));
    let mut pushed = 0;
    let mut missing = Vec::new();
    for path in &offered {
        let Some(rest) = path.strip_prefix(&candidates) else {
            continue;
        };
        let released = format!("{releases}{rest}");
        let hash = |path: &str| Some(state.get(SPACE, path)?.value["sha512"].clone());
        match hash(&released) {
            Some(actual) if Some(&actual) == hash(path).as_ref() => pushed += 1,
            Some(_) => missing.push(format!("{released} is another file than {path}")),
            None => missing.push(format!("{released} is not in the archive")),
        }
    }
    if !missing.is_empty() {
        work.report.problem(format!(
            "users would be offered what is not released: {}",
            list_some(&missing)
        ));
    }
    work.report
        .checked("complete updates that are released", pushed);
}

/// Whether the users of a channel get files that are not on the mirrors yet, as those of beta do from a release
/// candidate.
fn is_before_mirrors(schedule: &Schedule, blob: &Object, channel: &str) -> bool {
    let product = format!(
        "{}build{}-complete",
        schedule.version, schedule.build_number
    );
    let urls = urls(blob, channel.trim_end_matches('*'), "completes");
    let url = urls.and_then(|urls| urls["*"].as_str());
    url.is_some_and(|url| url.contains(&product))
}
