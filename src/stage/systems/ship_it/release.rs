//! Releases in Ship It.

use super::super::bouncer::DEFERRED;
use crate::base::value::Value;
use crate::base::version::Version;
use crate::stage::archive::SPACE;
use crate::stage::archive::layout::{candidates_folder, releases_folder};
use crate::stage::merged::Merged;
use crate::stage::report::Table;
use crate::stage::ship_it::RELEASES;
use crate::stage::ship_it::channel::ChannelError;
use crate::stage::ship_it::name::ReleaseName;
use crate::stage::ship_it::next_version::next_version;
use crate::stage::ship_it::phases::{Phase, Seen};
use crate::stage::ship_it::products::Product;
use crate::stage::ship_it::record::{self, Record, Refused, Status};
use crate::stage::work::Work;

/// Lists the checks that earlier tasks have left to later ones, and that no task has made: this is the last.
fn list_deferred(work: &mut Work<'_>) {
    let merged = work.merged;
    let left = merged
        .space(DEFERRED)
        .filter(|(_, entry)| entry.value["made"] != Value::Bool(true));
    for (key, entry) in left {
        let what = entry.value["check"].as_str().unwrap_or_default();
        work.report
            .unchecked
            .push(format!("{key}: {what}; no task has checked it"));
    }
}

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
    check_name(work, &name);
    list_deferred(work);
    let mut record = known(work, text).unwrap_or_else(|| {
        let product = name.product.to_lowercase();
        let mut record = Record::new(&product, name.version, name.build_number);
        record.revision = work.staged.release.revision.clone();
        record
    });
    let seen = seen(work, &name, record.status == Status::Shipped);
    check_phases(work, &seen);
    let revision = &work.staged.release.revision;
    if !record.revision.is_empty() && !revision.is_empty() && record.revision != *revision {
        work.report.problem(format!(
            "Ship It has {text} as a release of {}, but this one is made of {revision}",
            record.revision
        ));
    }
    for phase in seen.phases().into_iter().chain([Phase::Ship]) {
        record.saw(|name| name.starts_with(&phase.to_string()));
    }
    work.report.would.push(match record.status {
        Status::Shipped => format!("{text} is shipped already, and would stay so"),
        _ => format!("{text} would be marked as shipped"),
    });
    if let Err(error) = record.ship() {
        work.report.problem(format!("{text}: {error}"));
    }
    check_signoffs(work, &record);
    check_next(work, name.version);
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
    show_phases(work, &record);
    work.change(RELEASES, text, record.to_json());
}

/// The record of a release that exists. One of an earlier release is a problem: it has taken the name.
fn known(work: &mut Work<'_>, name: &str) -> Option<Record> {
    if let Some(entry) = work.history.get(RELEASES, name) {
        let by = entry.authors();
        work.report.problem(format!(
            "an earlier release has the name {name}, from {by}: Ship It refuses a second one of a name"
        ));
    }
    let entry = work.merged.get(RELEASES, name);
    let Some(entry) = entry else {
        work.report.unchecked.push(format!(
            "whether Ship It has {name}: no task before this one creates it, so people do"
        ));
        return None;
    };
    let record = Record::read(&entry.value);
    if record.is_none() {
        let by = entry.authors();
        work.report.problem(format!(
            "what {by} left of {name} is not a record of Ship It"
        ));
    }
    record
}

/// Whether the release is one of an extension, which Ship It names as its manifest does, without a capital.
fn is_extension(work: &Work<'_>) -> bool {
    let mut scopes = work.staged.scopes.iter();
    scopes.any(|scope| scope.starts_with("project:xpi:"))
}

fn check_name(work: &mut Work<'_>, name: &ReleaseName<'_>) {
    let text = work.text("release_name");
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
    } else if let own = record::name(name.product, name.version, name.build_number)
        && own != text
        && !is_extension(work)
    {
        work.report
            .problem(format!("Ship It has no release {text}: it names it {own}"));
    }
    work.report.checked("the name of the release", 1);
}

/// What the archive shows of the release.
fn seen(work: &Work<'_>, name: &ReleaseName<'_>, is_shipped: bool) -> Seen {
    let product = name.product.to_ascii_lowercase();
    let count = |folder: String| {
        let folder = format!("pub{folder}/");
        work.merged.starting_with(SPACE, &folder).count()
    };
    let own = count(candidates_folder(&product, name.version, name.build_number));
    let candidate_files = match own {
        0 => in_own_layout(work, &product, name.version),
        files => files,
    };
    Seen {
        candidate_files,
        release_files: count(releases_folder(&product, name.version)),
        is_shipped,
    }
}

/// How many files are in folders of candidates that a project names in its own way, such as `candidates-1.0`: these
/// do not show the number of the build.
fn in_own_layout(work: &Work<'_>, product: &str, version: &str) -> usize {
    let folder = format!("pub/{product}/candidates/");
    let of_release = |path: &str| {
        let name = path[folder.len()..].split('/').next().unwrap_or_default();
        let around = name.split_once(version);
        around.is_some_and(|(before, after)| {
            before.is_empty() && after.starts_with('-') && after != "-candidates"
                || before.ends_with('-') && after.is_empty()
                || name == version
        })
    };
    let paths = work.merged.starting_with(SPACE, &folder);
    paths.filter(|(path, _)| of_release(path)).count()
}

fn check_phases(work: &mut Work<'_>, seen: &Seen) {
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
}

/// Tells who has to sign off the phases. People do that, so no task can check it.
fn check_signoffs(work: &mut Work<'_>, record: &Record) {
    let product = &record.product;
    if Product::find(product).is_none() {
        work.report.unchecked.push(format!(
            "the phases and sign-offs of {product}, which is not among the products of Ship It that are known here"
        ));
        return;
    }
    for phase in &record.phases {
        if !phase.signoffs.is_empty() {
            work.report.unchecked.push(format!(
                "whether the phase {} was signed off by {}: people do that in Ship It",
                phase.name,
                phase.signoffs.join(" and ")
            ));
        }
    }
    work.report.checked(
        "phases for the sign-offs that they need",
        record.phases.len(),
    );
}

/// Checks the version that follows the release, with which the trees go on.
fn check_next(work: &mut Work<'_>, version: &str) {
    let next = work.staged.release.next_version.as_str();
    if next.is_empty() {
        return;
    }
    let (Ok(now), Ok(read)) = (version.parse::<Version>(), next.parse::<Version>()) else {
        work.report.unchecked.push(format!(
            "whether the next version {next} is higher than {version}: one of them has another form"
        ));
        return;
    };
    if !read.is_newer_than(&now) {
        work.report.problem(format!(
            "the next version {next} is not higher than {version}"
        ));
    }
    if let Some(usual) = next_version(version).filter(|usual| usual != next) {
        work.report.warnings.push(format!(
            "the next version is {next}, but Ship It itself would ask for {usual}"
        ));
    }
    work.report
        .checked("the next version is higher than this one", 1);
}

fn show_phases(work: &mut Work<'_>, record: &Record) {
    if record.phases.is_empty() {
        return;
    }
    let rows = record.phases.iter().map(|phase| {
        vec![
            phase.name.clone(),
            phase.progress.name().to_owned(),
            phase.signoffs.join(", "),
        ]
    });
    work.report.tables.push(Table {
        title: "Phases".to_owned(),
        columns: vec!["Phase", "Progress", "Sign-offs"],
        rows: rows.collect(),
    });
}

/// Starts a release.
pub fn create_release(work: &mut Work<'_>) {
    let (product, version) = (work.text("product"), work.text("version"));
    let (branch, phase) = (work.text("branch"), work.text("phase"));
    let revision = work.text("cron_revision");
    if version.parse::<Version>().is_err() {
        let error = ChannelError::NoVersion(version.to_owned());
        work.report.problem(error.to_string());
    } else if next_version(version).is_none() {
        work.report.problem(format!(
            "Ship It refuses to create a release {version}: it finds no version that follows"
        ));
    }
    if ![40, 64].contains(&revision.len()) || !revision.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        work.report
            .problem(format!("{revision:?} is not a revision"));
    }
    work.report.checked("version and revision", 2);
    if let Some(last) = shipped_from(work.all, product, branch, revision) {
        work.report.would.push(format!(
            "nothing would be created: {revision} was shipped as {last}"
        ));
        return;
    }
    for (name, entry) in work.all.space(RELEASES) {
        let of = |key: &str| entry.value[key].as_str().unwrap_or_default();
        if of("product") == product && of("version") == version {
            let by = entry.authors();
            work.report.problem(format!(
                "the release {name} exists already, from {by}: the worker only creates the first build of a version"
            ));
        }
    }
    work.report.checked("the version has no build yet", 1);
    let mut record = Record::new(product, version, 1);
    revision.clone_into(&mut record.revision);
    branch.clone_into(&mut record.branch);
    let name = record::name(product, version, 1);
    match (Product::find(product).is_some(), record.submit(phase)) {
        (true, Err(error @ Refused::Pending { .. })) => work.report.problem(error.to_string()),
        (true, Err(error)) => work
            .report
            .problem(format!("Ship It cannot start {name}: {error}")),
        (true, Ok(())) => work
            .report
            .checked("the phase is one of the product, and needs no sign-off", 2),
        (false, _) => work.report.unchecked.push(format!(
            "the phases and sign-offs of {product}, which is not among the products of Ship It that are known here"
        )),
    }
    work.report.unchecked.push(
        "whether there is something to release: the changes since the last release are not known here"
            .to_owned(),
    );
    work.report.would.push(format!(
        "{name} would be created on {branch}, and its phase {phase} would be started"
    ));
    if let Some(next) = next_version(version) {
        work.report.would.push(format!(
            "its phases would be given {next} as the next version"
        ));
    }
    show_phases(work, &record);
    work.change(RELEASES, name, record.to_json());
}

/// The release that was shipped of a revision of a branch, if there is one.
fn shipped_from<'m>(
    state: &'m Merged,
    product: &str,
    branch: &str,
    revision: &str,
) -> Option<&'m str> {
    let is_it = |record: &Record| {
        record.status == Status::Shipped
            && record.product == product
            && record.branch == branch
            && record.revision == revision
    };
    let mut releases = state.space(RELEASES);
    releases.find_map(|(name, entry)| Record::read(&entry.value).filter(is_it).map(|_| name))
}
