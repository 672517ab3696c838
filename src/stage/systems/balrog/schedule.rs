//! `schedule`: the change of rules that offers a release to users; and `set-readonly`.

use std::collections::BTreeMap;

use super::files;
use super::history::is_variant;
use super::rules::{self, Rule};
use super::sample::{self, Subject};
use super::{access, hosts, pushed};
use crate::base::time::Timestamp;
use crate::base::value::{Object, Value, py_str, truthy};
use crate::stage::balrog_state::world::CHANGED;
use crate::stage::balrog_state::{PINS, RULES, Release, SCHEDULED, base, parts, releases};
use crate::stage::balrog_worker::eta::Why;
use crate::stage::balrog_worker::request::Request;
use crate::stage::balrog_worker::schedule::{Schedule, protected};
use crate::stage::merged::Merged;
use crate::stage::report::Table;
use crate::stage::work::Work;

/// Schedules that a release is offered.
pub fn schedule(work: &mut Work<'_>) {
    let Some(access) = access::access(work) else {
        return;
    };
    let created = work.definition["created"].as_str();
    let Some(now) = created.and_then(Timestamp::parse) else {
        work.report.problem(
            "the definition of the task has no valid `created`, which is the time that it runs at",
        );
        return;
    };
    let schedule = match Schedule::read(work.payload(), now) {
        Ok(schedule) => schedule,
        Err(error) => {
            work.report.problem(error.to_string());
            return;
        }
    };
    check_rate(work, &schedule.rate);
    let state = work.all;
    let release = check_release(work, state, &schedule);
    let own = base_name(&schedule, work.payload());
    let is_own = |mapping: &str| is_variant(mapping, &own);
    let rules = rules::rules(state, is_own);
    let mut found: Vec<(Value, Rule)> = Vec::new();
    for id in &schedule.rules {
        if let Some(rule) = rule(work, state, &schedule, &rules, id) {
            found.push((id.clone(), rule));
        }
    }
    if let Some(release) = release {
        let channels: Vec<&str> = found.iter().map(|(_, rule)| rule.text("channel")).collect();
        pushed::check(work, state, (&schedule, &release.blob), &channels);
    }
    if schedule.rules.is_empty() {
        work.report
            .problem("`payload.publish_rules` is empty: nobody would be offered the release");
    }
    let mut rows = Vec::new();
    let mut changed = Vec::new();
    for (id, rule) in &found {
        check_rule(work, state, &schedule, rule, is_own);
        let mut change = schedule.change(id, &rule.columns);
        let after = rule.with(CHANGED.map(|name| (name, change[name].clone())));
        work.report.problems.extend(after.refusals(&py_str(id)));
        let needed = rules::signoffs(state, rule);
        rows.push(vec![
            py_str(id),
            rule.text("channel").to_owned(),
            rule.to_line(),
            after.to_line(),
            schedule.when.moment.to_string(),
            rules::in_words(&needed),
        ]);
        if state.get(RULES, &rule.key).is_none() {
            work.change(
                RULES,
                rule.key.as_str(),
                Value::Object(rule.columns.clone()),
            );
        }
        // The misspelled key is no column.
        change.shift_remove("data_verison");
        work.change(SCHEDULED, rule.key.as_str(), Value::Object(change));
        changed.push(after);
    }
    set_pins(work, &schedule);
    let known = |id: &Value| -> Option<Object> {
        let (_, rule) = found.iter().find(|(known, _)| known == id)?;
        Some(rule.columns.clone())
    };
    let requests = schedule.requests(&known);
    report_when(work, &schedule);
    work.report.checked(
        "rules, each of the product and of a fitting channel, with valid columns",
        rows.len(),
    );
    work.report.unchecked.extend((!rows.is_empty()).then(|| {
        "who signs off: the sign-offs that are needed are listed, and nobody is asked".to_owned()
    }));
    work.report.tables.push(Table {
        title: "Rules".to_owned(),
        columns: vec!["Rule", "Channel", "Before", "After", "When", "Sign-offs"],
        rows,
    });
    access::report(work, &requests);
    let (allowlist, _) = hosts::allowlist(state, (&schedule.product, &own), access.is_staging);
    sample::report(
        work,
        state,
        Subject {
            product: &schedule.product,
            own: &own,
            allowlist,
        },
        &BTreeMap::new(),
        &changed,
    );
}

/// The name of the release without any suffix.
fn base_name(schedule: &Schedule, payload: &Value) -> String {
    let suffix = payload["blob_suffix"].as_str().unwrap_or_default();
    let name = schedule.name.strip_suffix(suffix);
    name.unwrap_or(&schedule.name).to_owned()
}

/// Checks the part of the background rate that Balrog does not see.
fn check_rate(work: &mut Work<'_>, rate: &Value) {
    if *rate != Value::Null && !truthy(rate) {
        work.report.problem(format!(
            "`payload.background_rate` is {rate}: the worker takes that for none, and keeps the rate of the rule"
        ));
    }
    work.report.checked("the background rate", 1);
}

/// Checks that the release exists, and has files for those who are offered it; returns it.
fn check_release(work: &mut Work<'_>, state: &Merged, schedule: &Schedule) -> Option<Release> {
    let name = &schedule.name;
    let release = releases(state).remove(name);
    let Some(release) = release.filter(|release| !release.product.is_empty()) else {
        work.report.problem(format!(
            "{name} does not exist, so Balrog refuses rules that offer it: no task before this one has submitted it"
        ));
        return None;
    };
    if release.product != schedule.product {
        work.report.problem(format!(
            "{name} is a release of {}, but the payload is about {}",
            release.product, schedule.product
        ));
    }
    let (locales, files) = check_files(work, state, name, &release);
    if locales == 0 {
        work.report.problem(format!(
            "{name} has no locales: nobody would be offered anything"
        ));
    }
    work.report.checked(
        "locales of the release, each with a complete update",
        locales,
    );
    work.report
        .checked("files that test channels offer against the archive", files);
    Some(release)
}

/// Checks the locales of a release; returns the numbers of locales and files that are right.
fn check_files(
    work: &mut Work<'_>,
    state: &Merged,
    name: &str,
    release: &Release,
) -> (usize, usize) {
    let (mut right, mut files) = (0, 0);
    let platforms = release.blob["platforms"].as_object().into_iter().flatten();
    for (target, platform) in platforms {
        for (locale, data) in platform["locales"].as_object().into_iter().flatten() {
            let completes = data["completes"].as_array();
            if completes.is_none_or(|completes| completes.is_empty()) {
                work.report.problem(format!(
                    "{name} has no complete update of {locale} on {target}"
                ));
                continue;
            }
            right += 1;
            let (count, wrong) = files::check(state, (name, &release.blob), (target, locale), data);
            files += count;
            work.report.problems.extend(wrong);
        }
    }
    (right, files)
}

/// Finds a rule, or makes it up if nothing is known about the product's rules for users.
fn rule(
    work: &mut Work<'_>,
    state: &Merged,
    schedule: &Schedule,
    rules: &BTreeMap<String, Rule>,
    id: &Value,
) -> Option<Rule> {
    let (name, product) = (py_str(id), schedule.product.as_str());
    if let Some(rule) = rules::find(rules, &name) {
        return Some(rule.clone());
    }
    let mut of_product = rules
        .values()
        .filter(|rule| rule.text("product") == product);
    // A candidate that was offered on another channel has made up a rule for that one alone.
    let is_known =
        of_product.any(|rule| rules::has_users(rule.text("channel")) && !rule.is_made_up());
    let made = if is_known {
        None
    } else if rules::is_of_production(product) {
        rules::of_production(&name)
    } else {
        let channel = channel_of_users(state, schedule);
        Some(rules::for_users(id, product, &channel))
    };
    match &made {
        Some(rule) => work.report.unchecked.push(format!(
            "the rule {name}: not in the history; a rule for the channel {} is assumed",
            rule.text("channel")
        )),
        None => work.report.problem(format!(
            "there is no rule {name} that offers {product} to users"
        )),
    }
    made
}

/// The channel that a release is for: the one whose clients are pinned to it, else that of its test channels.
fn channel_of_users(state: &Merged, schedule: &Schedule) -> String {
    let mut pinned = schedule.pin_channels.iter();
    if let Some(channel) = pinned.find(|channel| rules::has_users(channel)) {
        return channel.clone();
    }
    let release = base(state, &schedule.name).unwrap_or_default();
    let channels = release.blob["fileUrls"].as_object().into_iter().flatten();
    let mut channels = channels.filter_map(|(channel, _)| channel.strip_suffix("-localtest"));
    channels.next().unwrap_or("release").to_owned()
}

fn check_rule(
    work: &mut Work<'_>,
    state: &Merged,
    schedule: &Schedule,
    rule: &Rule,
    is_own: impl Fn(&str) -> bool,
) {
    let (key, channel, product) = (&rule.key, rule.text("channel"), rule.text("product"));
    if product != schedule.product {
        work.report.problem(format!(
            "the rule {key} is for {product:?}, but the release is of {}",
            schedule.product
        ));
    }
    if !rules::has_users(channel) {
        work.report.problem(format!(
            "the rule {key} is for the channel `{channel}`, which no users are on: they would not be offered the release"
        ));
    }
    if let Some(why) = rules::unfit_channel(&schedule.version, channel) {
        work.report.problem(format!("the rule {key}: {why}"));
    }
    let open = state.get(SCHEDULED, key);
    let open = open.filter(|open| is_own(open.value["mapping"].as_str().unwrap_or_default()));
    if let Some(open) = open {
        work.report.problem(format!(
            "a change of the rule {key} is already scheduled, by {}: Balrog has one change of a rule at a time",
            open.authors()
        ));
    }
}

/// Schedules pins.
fn set_pins(work: &mut Work<'_>, schedule: &Schedule) {
    let pins = schedule.pins();
    for (channel, version) in &pins {
        let pin = (
            schedule.product.as_str(),
            channel.as_str(),
            version.as_str(),
        );
        let (key, value) = rules::pin(pin, &schedule.name, Some(schedule.when.milliseconds()));
        work.change(PINS, key, value);
    }
    work.report.checked("pins", pins.len());
}

fn report_when(work: &mut Work<'_>, schedule: &Schedule) {
    let why = match schedule.when.why {
        Why::Named => "as the task says",
        Why::None => "five minutes after the task, which names no time",
        Why::Late => "five minutes after the task, because the time that it names is earlier",
    };
    work.report.would.push(format!(
        "the change would be made at {}: {why}",
        schedule.when.moment
    ));
    work.report.checked("the time of the change", 1);
}

/// Protects a release from changes.
pub fn set_readonly(work: &mut Work<'_>) {
    if access::access(work).is_none() {
        return;
    }
    let name = match protected(work.payload()) {
        Ok(name) => name,
        Err(error) => {
            work.report.problem(error.to_string());
            return;
        }
    };
    let state = work.all;
    let Some(mut release) = base(state, &name) else {
        work.report.problem(format!(
            "{name} does not exist: no task before this one has submitted it"
        ));
        return;
    };
    work.report.checked("the release exists", 1);
    let variants = releases(state).into_iter();
    let variants = variants.filter(|(other, release)| {
        *other != name && is_variant(other, &name) && !release.read_only
    });
    for (variant, _) in variants {
        work.report.would.push(format!(
            "{variant} would stay open to changes: the worker protects only {name}"
        ));
    }
    access::report(work, &[Request::set_read_only(&name)]);
    if release.read_only {
        work.report
            .would
            .push(format!("{name} is protected already"));
        return;
    }
    release.read_only = true;
    // The addresses are not part of what changes.
    if let Some((space, key, value)) = parts(&name, &release).into_iter().next() {
        work.change(space, key, value);
    }
}
