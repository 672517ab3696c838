//! What some clients are offered before a task and after it.
//!
//! For each rule that changes, a client of its channel asks on each platform of the release that has files, in the
//! first of its locales: one of each earlier release that is known (of the latest ones), else an old one. It asks
//! with `force=1`, as if it checked by hand.

use std::collections::BTreeMap;

use super::history::is_variant;
use super::rules::{self, Rule};
use crate::base::value::{Object, Value, py_str};
use crate::stage::balrog::allowlist::Allowlist;
use crate::stage::balrog::answer::{Answer, answer};
use crate::stage::balrog::request;
use crate::stage::balrog::rule::Rule as WorldRule;
use crate::stage::balrog::world::{Release as WorldRelease, World};
use crate::stage::balrog_state::Release;
use crate::stage::balrog_state::world::{Scheduled, world};
use crate::stage::merged::Merged;
use crate::stage::report::Table;
use crate::stage::work::Work;

/// The most earlier releases that clients are asked about.
const MAX_EARLIER: usize = 3;
/// Version and build of a client of which no release is known: older than any release.
const OLD: (&str, &str) = ("0.0", "20000101000000");

/// What clients ask about.
pub struct Subject<'a> {
    /// The product.
    pub product: &'a str,
    /// The name of the release without a suffix.
    pub own: &'a str,
    /// The hosts that updates may be served from.
    pub allowlist: Allowlist,
}

/// A client.
struct Client {
    version: String,
    build_id: String,
    target: String,
    locale: String,
    channel: String,
}

impl Client {
    /// The path of its request.
    fn path(&self, product: &str) -> String {
        format!(
            "/update/6/{product}/{}/{}/{}/{}/{}/default/ISET:SSE4_2,MEM:8192/default/default/update.xml?force=1",
            self.version, self.build_id, self.target, self.locale, self.channel
        )
    }
}

/// Reports what clients are offered. `after` are the releases that change, `changed` the rules as they will be.
pub fn report(
    work: &mut Work<'_>,
    state: &Merged,
    subject: Subject<'_>,
    after: &BTreeMap<String, Release>,
    changed: &[Rule],
) {
    let Subject {
        product,
        own,
        allowlist,
    } = subject;
    let is_made = |change: Scheduled<'_>| !is_variant(change.mapping, own);
    let mut before = world(state, &is_made);
    before.allowlist = allowlist;
    let mut later = before.clone();
    for (name, release) in after {
        let mut blob = release.blob.clone();
        keep_locales(&mut blob, before.releases.get(name));
        let release = WorldRelease {
            product: release.product.clone(),
            blob: Value::Object(blob),
            read_only: release.read_only,
        };
        later.releases.insert(name.clone(), release);
    }
    for rule in changed {
        let new = WorldRule::read(&Value::Object(rule.columns.clone()));
        later.rules.retain(|known| known.rule_id != new.rule_id);
        later.rules.push(new);
    }
    later.sort_rules();
    let mut rows = Vec::new();
    for rule in changed {
        let mapping = rule.text("mapping");
        for client in clients(&later, product, own, mapping, rule.text("channel")) {
            let path = client.path(product);
            let request = request::read(&path, None);
            let (old, new) = (answer(&before, &request, 0), answer(&later, &request, 0));
            if let Some(why) = wrong(rule, &new) {
                work.report.problem(format!(
                    "a client of {} with {} on {} in {} {why}: {path}",
                    client.channel, client.version, client.target, client.locale
                ));
            }
            rows.push(vec![path, in_words(&old), in_words(&new)]);
        }
    }
    work.report.checked("answers to clients", rows.len());
    if rows.is_empty() {
        work.report.unchecked.push(
            "what clients are offered: the release has no locales yet, so there is nothing to answer with"
                .to_owned(),
        );
        return;
    }
    work.report.tables.push(Table {
        title: "Answers to clients".to_owned(),
        columns: vec!["Request", "Before", "After"],
        rows,
    });
}

/// Gives a release the locales that it has already.
fn keep_locales(blob: &mut Object, known: Option<&WorldRelease>) {
    let platforms = known.and_then(|known| known.blob["platforms"].as_object());
    for (target, platform) in platforms.into_iter().flatten() {
        if let Some(locales) = platform.get("locales")
            && let Some(own) = blob
                .get_mut("platforms")
                .and_then(|own| own.get_mut(target))
            && own.get("OS_FTP").is_some()
        {
            own["locales"] = locales.clone();
        }
    }
}

/// The clients that ask for a release on a channel.
fn clients(world: &World, product: &str, own: &str, name: &str, channel: &str) -> Vec<Client> {
    let channel = channel.trim_end_matches('*').to_owned();
    let release = world.releases.get(name);
    let platforms = release.and_then(|release| release.blob["platforms"].as_object());
    let mut clients = Vec::new();
    for (target, platform) in platforms.into_iter().flatten() {
        let locales = platform["locales"].as_object();
        let Some((locale, _)) = locales.and_then(|locales| locales.iter().next()) else {
            continue;
        };
        let earlier = world.releases.iter().rev();
        let earlier = earlier.filter(|(name, release)| {
            release.product == product && !is_variant(name, own) && !name.contains("-nightly-")
        });
        let mut versions: Vec<(String, String)> = earlier
            .filter_map(|(_, release)| {
                let data = &release.blob["platforms"][target]["locales"][locale];
                Some((
                    data["appVersion"].as_str()?.to_owned(),
                    data["buildID"].as_str()?.to_owned(),
                ))
            })
            .collect();
        versions.sort_by(|one, other| other.1.cmp(&one.1));
        versions.dedup();
        versions.truncate(MAX_EARLIER);
        if versions.is_empty() {
            versions.push((OLD.0.to_owned(), OLD.1.to_owned()));
        }
        clients.extend(versions.into_iter().map(|(version, build_id)| Client {
            version,
            build_id,
            target: target.to_string(),
            locale: locale.to_string(),
            channel: channel.clone(),
        }));
    }
    clients
}

/// What is wrong with an answer that should offer the release of a rule; `None` if nothing is. A rule with
/// conditions may not be for the client.
fn wrong(rule: &Rule, answer: &Answer) -> Option<String> {
    let id = py_str(&rule.columns["rule_id"]);
    let used = answer.rule.as_ref().map(|used| used.id.as_str());
    if used != Some(&id) {
        return (!rules::has_conditions(rule)).then(|| match used {
            Some(other) => format!("matches the rule {other} instead of the rule {}", rule.key),
            None => format!("gets an error instead of what the rule {} offers", rule.key),
        });
    }
    if answer.status != 200 {
        return Some(format!("gets the status {}", answer.status));
    }
    if answer.release.as_deref() != Some(rule.text("mapping")) {
        return Some(format!("is not offered {}", rule.text("mapping")));
    }
    let patches = answer.body.matches("<patch ").count();
    (patches == 0).then(|| "is offered an update without files".to_owned())
}

/// An answer in a line.
fn in_words(answer: &Answer) -> String {
    if answer.status != 200 {
        return format!("status {}: {}", answer.status, answer.body);
    }
    let Some(release) = &answer.release else {
        return "no update".to_owned();
    };
    let patches = answer.body.split("<patch ").skip(1);
    let urls: Vec<&str> = patches
        .filter_map(|patch| patch.split_once("URL=\"")?.1.split('"').next())
        .collect();
    match urls.as_slice() {
        [] => format!("{release} without files"),
        urls => format!("{release}: {}", urls.join(" ")),
    }
}
