//! `submit-locale`: the files of locales, from the manifest of the task that has published them.

use std::collections::BTreeSet;

use super::access::{self, Access};
use super::files::{self, HASH_FUNCTION, Offered, compare, path};
use super::history::{History, Partial, Start};
use super::manifest::{self, Manifest};
use super::rules;
use crate::base::value::{Object, Value, json, py_str};
use crate::stage::balrog_state::{LOCALES, RELEASES, Release, base, locale_key, parts};
use crate::stage::balrog_worker::locale::{Entry, Style, laid_over};
use crate::stage::balrog_worker::platforms::is_known;
use crate::stage::balrog_worker::request::{Api, Request};
use crate::stage::merged::Merged;
use crate::stage::report::Table;
use crate::stage::work::Work;

/// What was counted while entries were checked.
#[derive(Default)]
struct Counts {
    files: usize,
    starts: usize,
    unchecked: BTreeSet<String>,
    rows: Vec<Vec<String>>,
    requests: Vec<Request>,
}

/// Adds the locales of a manifest to releases.
pub fn submit_locale(work: &mut Work<'_>) {
    let Some(Access { api, .. }) = access::access(work) else {
        return;
    };
    let suffixes = suffixes(work.payload());
    let entries = entries(work);
    if !work.report.problems.is_empty() {
        return;
    }
    let state = work.all;
    let mut counts = Counts::default();
    for entry in &entries {
        check_entry(work, state, entry, &mut counts);
        for suffix in &suffixes {
            submit(work, state, (api, entry, suffix), &mut counts);
        }
    }
    let report = &mut work.report;
    report.checked("locales, each with a complete update", entries.len());
    report.checked(
        "size and hash of each file against the file in the archive",
        counts.files,
    );
    report.checked(
        "the release that each partial update starts from",
        counts.starts,
    );
    report.unchecked.extend(counts.unchecked);
    report.tables.push(Table {
        title: "Locales".to_owned(),
        columns: vec![
            "Release",
            "Platform",
            "Locale",
            "Build id",
            "Complete",
            "Partial from",
        ],
        rows: counts.rows,
    });
    access::report(work, &counts.requests);
}

/// The suffixes of the variants that get the locale.
fn suffixes(payload: &Value) -> Vec<String> {
    match payload.get("suffixes").and_then(Value::as_array) {
        Some(list) => list.iter().map(py_str).collect(),
        None => vec![String::new()],
    }
}

/// The entries of the manifest. What is wrong is a problem.
fn entries(work: &mut Work<'_>) -> Vec<Entry> {
    let Some(Manifest { place, content }) = manifest::read(work, "locales") else {
        return Vec::new();
    };
    let Some(list) = content.as_array().filter(|list| !list.is_empty()) else {
        work.report.problem(format!(
            "{place} is not a list with an entry for each locale"
        ));
        return Vec::new();
    };
    let mut entries = Vec::new();
    for (position, entry) in list.iter().enumerate() {
        match Entry::read(entry) {
            Ok(entry) => entries.push(entry),
            Err(error) => work
                .report
                .problem(format!("entry {position} of {place}: {error}")),
        }
    }
    entries
}

/// Checks an entry by itself, and against the archive and the history.
fn check_entry(work: &mut Work<'_>, state: &Merged, entry: &Entry, counts: &mut Counts) {
    let place = format!("{} on {}", entry.locale, entry.platform);
    if !is_known(&entry.platform) {
        work.report.problem(format!(
            "{place}: no client is on the platform `{}`",
            entry.platform
        ));
    }
    let is_release = matches!(entry.style, Style::Release { .. });
    if is_release && entry.hash_function != HASH_FUNCTION {
        work.report.problem(format!(
            "{place}: the hashes are {}, but those of a release have to be {HASH_FUNCTION}",
            entry.hash_function
        ));
    }
    if entry.completes.is_empty() {
        work.report.problem(format!(
            "{place}: there is no complete update, so most clients would get none"
        ));
    }
    let all = entry.completes.iter().chain(&entry.partials);
    for mar in all {
        let compared = match path(&mar.url) {
            Some(path) => compare(
                state,
                Offered {
                    path,
                    size: mar.size,
                    hash: &mar.hash,
                    algorithm: &entry.hash_function,
                },
            ),
            None => Err(format!("{:?} is not the address of a file", mar.url)),
        };
        match compared {
            Ok(()) => counts.files += 1,
            Err(why) => work.report.problem(format!("{place}: {why}")),
        }
    }
    let history = History::new(state, &entry.product, &entry.releases(""));
    for mar in &entry.partials {
        let partial = Partial {
            from: mar.from.as_deref().unwrap_or_default(),
            build_id: &mar.from_build_id,
            target: entry.target(),
            locale: &entry.locale,
        };
        match history.check(partial) {
            Start::Fits => counts.starts += 1,
            Start::Unknown(why) => {
                counts.unchecked.insert(why);
            }
            Start::Wrong(why) => work.report.problem(why),
        }
    }
}

/// Adds an entry to one variant of its release.
fn submit(
    work: &mut Work<'_>,
    state: &Merged,
    (api, entry, suffix): (Api, &Entry, &str),
    counts: &mut Counts,
) {
    let data = entry.data();
    let target = entry.target();
    let is_new = |name: &str| state.get(RELEASES, name).is_none();
    let known = |name: &str| {
        (!is_new(name)).then(|| {
            let key = locale_key(name, target, &entry.locale);
            let old = state
                .get(LOCALES, &key)
                .map(|old| (entry.locale.as_str(), old.value.clone()));
            let old: Object = old.into_iter().collect();
            let versions = old
                .keys()
                .map(|locale| (locale.clone(), 1))
                .collect::<Object>();
            let at = |locales: Object| json!({"platforms": {target: {"locales": locales}}});
            json!({"blob": at(old), "data_versions": at(versions)})
        })
    };
    counts.requests.extend(entry.requests(api, suffix, &known));
    for name in entry.releases(suffix) {
        if let Some(missing) = entry.missing_release(&name).filter(|_| is_new(&name)) {
            let release = Release {
                product: entry.product.clone(),
                blob: missing["blob"].as_object().cloned().unwrap_or_default(),
                read_only: false,
            };
            for (space, key, value) in parts(&name, &release) {
                work.change(space, key, value);
            }
        }
        check_release(work, state, (api, entry, &data), &name, counts);
        let key = locale_key(&name, target, &entry.locale);
        let old = state.get(LOCALES, &key).map(|old| &old.value);
        let new = Value::Object(laid_over(old, &data));
        match old {
            Some(old) if *old == new => work
                .report
                .would
                .push(format!("{name} already has {} on {target}", entry.locale)),
            Some(_) if api == Api::Second && matches!(entry.style, Style::Release { .. }) => {
                work.report.problem(format!(
                    "{name} already has other data for {} on {target}: Balrog refuses to change them, because the worker does not say which version it changes",
                    entry.locale
                ));
            }
            _ => work.change(LOCALES, key, new),
        }
        let sizes = |list: &str, what: &str| {
            let list = data[list].as_array().into_iter().flatten();
            let items: Vec<String> = list.map(|mar| py_str(&mar[what])).collect();
            items.join(", ")
        };
        counts.rows.push(vec![
            name,
            target.to_owned(),
            entry.locale.clone(),
            entry.build_id.clone(),
            format!("{} bytes", sizes("completes", "filesize")),
            sizes("partials", "from"),
        ]);
    }
}

/// Checks a release that an entry is added to.
fn check_release(
    work: &mut Work<'_>,
    state: &Merged,
    (api, entry, data): (Api, &Entry, &Object),
    name: &str,
    counts: &mut Counts,
) {
    let Some(release) = base(state, name) else {
        check_others(work, entry, name);
        if api == Api::Second && matches!(entry.style, Style::Release { .. }) {
            counts.unchecked.insert(format!(
                "that {name} exists when locales are added to it, as Balrog's second API demands: no task before this one makes it"
            ));
        }
        return;
    };
    if release.read_only {
        work.report.problem(format!(
            "{name} is protected from changes, so Balrog refuses new locales"
        ));
    }
    work.report.problems.extend(rules::obstacles(state, name));
    if !matches!(entry.style, Style::Release { .. }) {
        return;
    }
    if release.blob["appVersion"] != entry.app_version {
        work.report.problem(format!(
            "{} on {} has the version {}, but {name} is {}: Balrog would compare clients with the wrong one",
            entry.locale, entry.platform, entry.app_version, release.blob["appVersion"]
        ));
    }
    let place = (entry.target(), entry.locale.as_str());
    let data = Value::Object(data.clone());
    let (right, wrong) = files::check(state, (name, &release.blob), place, &data);
    counts.files += right;
    work.report.problems.extend(wrong);
}

/// Checks whether the tasks before this one make other releases than the one that a locale is for.
fn check_others(work: &mut Work<'_>, entry: &Entry, name: &str) {
    if !matches!(entry.style, Style::Release { .. }) {
        return;
    }
    let own = work.merged.space(RELEASES);
    let is_product = |name: &str| name.eq_ignore_ascii_case(&entry.product);
    let own = own.filter(|(_, other)| other.value["product"].as_str().is_some_and(is_product));
    let names: Vec<&str> = own.map(|(other, _)| other).collect();
    if !names.is_empty() {
        let why = format!(
            "{} on {} is for {name}, which does not exist: the tasks before this one make {}",
            entry.locale,
            entry.platform,
            names.join(", ")
        );
        work.report.problem(why);
    }
}
