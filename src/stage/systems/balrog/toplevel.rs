//! `submit-toplevel`: a release without its locales, and the rules of test channels that point to it.

use std::collections::{BTreeMap, BTreeSet};

use super::files::{self, host, path};
use super::history::{History, is_variant};
use super::rules::{self, Rule};
use super::sample::{self, Subject};
use super::{access, hosts, refused};
use crate::base::value::{Object, Value, json};
use crate::stage::archive::layout::candidates_folder;
use crate::stage::balrog::version::{Class, Strict};
use crate::stage::balrog_state::{PINS, RULES, Release, base, parts, releases};
use crate::stage::balrog_worker::file_urls::is_local_test;
use crate::stage::balrog_worker::names;
use crate::stage::balrog_worker::platforms::is_known;
use crate::stage::balrog_worker::request::Api;
use crate::stage::balrog_worker::toplevel::Toplevel;
use crate::stage::merged::Merged;
use crate::stage::report::Table;
use crate::stage::work::Work;

/// Makes a release.
pub fn submit_toplevel(work: &mut Work<'_>) {
    let Some(access) = access::access(work) else {
        return;
    };
    let api = access.api;
    let toplevel = match Toplevel::read(work.payload()) {
        Ok(toplevel) => toplevel,
        Err(error) => {
            work.report.problem(error.to_string());
            return;
        }
    };
    let state = work.all;
    let before = releases(state);
    let known = |name: &str| {
        before
            .get(name)
            .filter(|release| !release.product.is_empty())
    };
    let requests = toplevel.requests(api, &|name| {
        let blob = known(name)?.blob.clone();
        let versions = versions(&blob);
        Some(json!({"blob": Value::Object(blob), "data_versions": versions}))
    });
    check_version(work, &toplevel);
    check_platforms(work, &toplevel);
    check_previous(work, state, &toplevel);
    let own = toplevel.name("");
    let (allowlist, unknown) =
        hosts::allowlist(state, (&toplevel.product, &own), access.is_staging);
    work.report.unchecked.extend(unknown);
    let mut after = BTreeMap::new();
    for (variant, update_line) in &toplevel.variants {
        let name = toplevel.name(variant);
        let old = known(&name);
        report_merge(work, state, api, &name, old, update_line.is_some());
        let release = Release {
            product: toplevel.product.clone(),
            blob: toplevel.blob(
                api,
                (variant, update_line.as_ref()),
                old.map(|old| &old.blob),
            ),
            read_only: old.is_some_and(|old| old.read_only),
        };
        refused::check(work, &allowlist, &name, &release);
        check_urls(work, &toplevel, &name, &release.blob);
        check_locales(work, state, &name, &release.blob, before.get(&name));
        for (space, key, value) in parts(&name, &release) {
            let same = state
                .get(space, &key)
                .is_some_and(|entry| entry.value == value);
            if !same {
                work.change(space, key, value);
            }
        }
        after.insert(name, release);
    }
    let changed = change_rules(work, state, &toplevel, &after);
    set_pins(work, &toplevel);
    access::report(work, &requests);
    sample::report(
        work,
        state,
        Subject {
            product: &toplevel.product,
            own: &own,
            allowlist,
        },
        &after,
        &changed,
    );
}

/// The versions of the parts of a release, as the second API has them: here, each part is in its first one.
fn versions(blob: &Object) -> Value {
    let mut versions = Object::from([(".", Value::from(1))]);
    let platforms = blob["platforms"].as_object().into_iter().flatten();
    let with_locales = platforms.filter_map(|(name, platform)| {
        let locales = platform["locales"].as_object()?;
        let locales: Object = locales.keys().map(|locale| (locale.clone(), 1)).collect();
        Some((name.clone(), json!({"locales": locales})))
    });
    let platforms: Object = with_locales.collect();
    if !platforms.is_empty() {
        versions.insert("platforms", Value::Object(platforms));
    }
    Value::Object(versions)
}

/// Checks that the update server can compare the version with those of clients.
fn check_version(work: &mut Work<'_>, toplevel: &Toplevel) {
    let version = toplevel.app_version.as_str();
    if Class::of_product(&toplevel.product) == Class::Strict
        && let Err(fault) = Strict::read(version)
    {
        work.report.problem(format!(
            "`payload.app_version` is {version:?}, which Balrog cannot compare with the versions of clients: {fault}"
        ));
    }
    work.report.checked("the version, as Balrog compares it", 1);
}

fn check_platforms(work: &mut Work<'_>, toplevel: &Toplevel) {
    for platform in toplevel.platforms.iter().filter(|name| !is_known(name)) {
        work.report.problem(format!(
            "`payload.platforms`: no client is on the platform `{platform}`"
        ));
    }
    if toplevel.platforms.is_empty() {
        work.report
            .problem("`payload.platforms` is empty: nobody would be offered the release");
    }
    work.report
        .checked("platforms that clients are on", toplevel.platforms.len());
}

/// Checks that the releases that partial updates start from are known.
fn check_previous(work: &mut Work<'_>, state: &Merged, toplevel: &Toplevel) {
    let own = [toplevel.name("")];
    let history = History::new(state, &toplevel.product, &own);
    let mut fitting = 0;
    for previous in &toplevel.previous {
        let (version, build) = (&previous.version, &previous.build_number);
        let name = names::release(&toplevel.product, version, build, "");
        if history.has(&name) {
            fitting += 1;
        } else if history.is_known {
            work.report.problem(format!(
                "partial updates start from {name}, which is not in the history: no client has it"
            ));
        } else {
            work.report.unchecked.push(format!(
                "that clients have {name}, where partial updates start: there is no history"
            ));
        }
    }
    work.report
        .checked("the releases that partial updates start from", fitting);
}

/// Reports what happens to a release that exists.
fn report_merge(
    work: &mut Work<'_>,
    state: &Merged,
    api: Api,
    name: &str,
    old: Option<&Release>,
    has_own_lines: bool,
) {
    let Some(old) = old else {
        work.report.would.push(format!("{name} would be made"));
        return;
    };
    work.report.would.push(format!(
        "{name} exists, and would be merged with what is new"
    ));
    if old.read_only {
        work.report.problem(format!(
            "{name} is protected from changes, so Balrog refuses to change it"
        ));
    }
    work.report.problems.extend(rules::obstacles(state, name));
    let lines = old.blob["updateLine"]
        .as_array()
        .map_or(0, |lines| lines.len());
    if api == Api::Second && lines > 0 {
        let whose = match has_own_lines {
            true => "those of the payload",
            false => "that with the release notes",
        };
        work.report.would.push(format!(
            "the worker merges lists by appending: what is in `updateLine` of {name} stays ({lines}), and {whose} come after it"
        ));
    }
}

/// Checks that the test channels that have to lead to candidates do.
fn check_urls(work: &mut Work<'_>, toplevel: &Toplevel, name: &str, blob: &Object) {
    let product = toplevel.product.to_lowercase();
    let folder = candidates_folder(&product, &toplevel.version, toplevel.build_number);
    let folder = format!("pub{folder}/update/");
    let mut count = 0;
    let own = toplevel.channels.iter().map(String::as_str);
    let in_blob = blob["fileUrls"].as_object().into_iter().flatten();
    let in_blob = in_blob.map(|(channel, _)| channel.as_str());
    let channels: BTreeSet<&str> = own
        .chain(in_blob)
        .filter(|name| is_local_test(name))
        .collect();
    for channel in channels {
        for kind in ["completes", "partials"] {
            let urls = files::urls(blob, channel, kind).into_iter().flatten();
            for (from, url) in urls {
                let url = url.as_str().unwrap_or_default();
                count += 1;
                let path = path(url).unwrap_or_default();
                let climbs = path.split('/').any(|part| part == "..");
                if host(url) != Some(toplevel.archive.as_str())
                    || !path.starts_with(&folder)
                    || climbs
                {
                    work.report.problem(format!(
                        "{name}: the channel {channel} leads to {url} for {kind} from {from}, which is not among the candidates in https://{}/{folder}",
                        toplevel.archive
                    ));
                }
            }
        }
    }
    work.report.checked(
        "addresses of test channels, which lead to candidates",
        count,
    );
}

/// Checks the locales that the release already has.
fn check_locales(
    work: &mut Work<'_>,
    state: &Merged,
    name: &str,
    blob: &Object,
    known: Option<&Release>,
) {
    let platforms = known.and_then(|known| known.blob["platforms"].as_object());
    let mut count = 0;
    for (target, platform) in platforms.into_iter().flatten() {
        let locales = platform["locales"].as_object().into_iter().flatten();
        for (locale, data) in locales {
            let (right, wrong) = files::check(state, (name, blob), (target, locale), data);
            count += right;
            work.report.problems.extend(wrong);
        }
    }
    work.report
        .checked("files that test channels offer against the archive", count);
    if count == 0 {
        work.report.unchecked.push(format!(
            "the files that {name} offers: no locales are submitted yet; their tasks check them"
        ));
    }
}

/// Points rules to the release; returns those that change.
fn change_rules(
    work: &mut Work<'_>,
    state: &Merged,
    toplevel: &Toplevel,
    after: &BTreeMap<String, Release>,
) -> Vec<Rule> {
    let name = toplevel.name("");
    let is_own = |mapping: &str| is_variant(mapping, &name);
    let rules = rules::rules(state, is_own);
    let mut changed = Vec::new();
    let mut rows = Vec::new();
    if !after.contains_key(&name) && base(state, &name).is_none() {
        work.report.problem(format!(
            "the rules would get {name}, which does not exist: `payload.update_line` has no entry with an empty suffix"
        ));
    }
    for alias in &toplevel.rules {
        let rule = match rules::find(&rules, alias) {
            Some(rule) => rule.clone(),
            None => {
                let made = rules::for_test_channel(alias, &toplevel.product, &toplevel.channels);
                let Some(rule) = made else {
                    work.report.problem(format!(
                        "the rule {alias} is not known, and its alias matches none of the test channels of the release ({})",
                        toplevel.channels.join(", ")
                    ));
                    continue;
                };
                work.report.unchecked.push(format!(
                    "the rule {alias}: not in the history; a rule for the channel {} is assumed",
                    rule.text("channel")
                ));
                rule
            }
        };
        check_rule(work, state, toplevel, alias, &rule);
        let new = rule.with([("mapping", Value::from(name.as_str()))]);
        work.report.problems.extend(new.refusals(alias));
        rows.push(vec![
            alias.clone(),
            rule.text("channel").to_owned(),
            rule.to_line(),
            new.to_line(),
        ]);
        work.change(RULES, new.key.as_str(), Value::Object(new.columns.clone()));
        changed.push(new);
    }
    let what = "rules, each of a test channel of the release, with valid columns";
    let table = Table {
        title: "Rules".to_owned(),
        columns: vec!["Rule", "Channel", "Before", "After"],
        rows,
    };
    work.report.checked_rows(what, table);
    changed
}

/// Checks that a rule is one of a test channel of the release.
fn check_rule(work: &mut Work<'_>, state: &Merged, toplevel: &Toplevel, alias: &str, rule: &Rule) {
    let channel = rule.text("channel");
    let product = rule.text("product");
    if product != toplevel.product {
        work.report.problem(format!(
            "the rule {alias} is for {product:?}, but the release is of {}",
            toplevel.product
        ));
    }
    if rules::has_users(channel) {
        work.report.problem(format!(
            "the rule {alias} is for the channel `{channel}`, which users are on: only rules of test channels may change here"
        ));
        return;
    }
    let needed = rules::signoffs(state, rule);
    if !needed.is_empty() {
        work.report.problem(format!(
            "the rule {alias} changes only with sign-offs ({}), so Balrog refuses to change it at once",
            rules::in_words(&needed)
        ));
    }
    let covers = |name: &String| match channel.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == channel,
    };
    if !toplevel.channels.iter().any(covers) {
        work.report.problem(format!(
            "the rule {alias} is for the channel `{channel}`, which the release has no addresses for: `payload.channel_names` has {}",
            toplevel.channels.join(", ")
        ));
    }
    let kind = alias.rsplit('-').next().unwrap_or(alias);
    let is_kind = ["localtest", "cdntest"].contains(&kind);
    if is_kind && !channel.contains(kind) {
        work.report.problem(format!(
            "the rule {alias} is for the channel `{channel}`, which is not a `{kind}` channel"
        ));
    }
}

/// Pins clients to the release.
fn set_pins(work: &mut Work<'_>, toplevel: &Toplevel) {
    let name = toplevel.name("");
    let pins = toplevel.pins();
    for (channel, version) in &pins {
        let pin = (
            toplevel.product.as_str(),
            channel.as_str(),
            version.as_str(),
        );
        let (key, value) = rules::pin(pin, &name, None);
        work.change(PINS, key, value);
        if rules::has_users(channel) {
            work.report.problem(format!(
                "clients of the channel `{channel}`, which users are on, would be pinned to {name} before it is released"
            ));
        }
    }
    work.report.checked("pins", pins.len());
}
