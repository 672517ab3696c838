//! Verifies that users of earlier builds are offered an update, and that it makes the new build of theirs.
//!
//! For each earlier build and locale of a configuration:
//!
//! 1. The update server is asked as that build asks it. What it offers has to be the new build.
//! 2. Each type of update has to lead to a file of the archive, with the size and the hash that are offered, and
//!    signed by a certificate that the earlier build accepts.
//! 3. In full checks, the earlier build has to take the file as its client decides, and the update makes the
//!    new build of it.
//!
//! The release's own script checks sizes and hashes alone in quick checks; here signatures are checked, too.
//! Locales come one after another, so that each file is read and checked once, however many builds are offered
//! it. What cannot be checked because the earlier build is unknown is listed.

use std::collections::{BTreeMap, BTreeSet};

use super::builds::{Build, Builds, NoBuild, Origin};
use super::compare::differences;
use super::config::{Config, Release};
use super::file::{Facts, settings};
use super::offer::{Offer, Patch};
use super::world::{World, update_address};
use crate::base::text::{list_some, plural};
use crate::stage::keys::{Certificate, PublicKey};
use crate::stage::mar::client::{Client, accept};
use crate::stage::mar::install::{Tree, install};

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What is wrong.
    pub problems: Vec<String>,
    /// What could not be checked, and why.
    pub unchecked: Vec<String>,
    /// What is unusual, but right.
    pub remarks: BTreeSet<String>,
    /// How many builds have asked: earlier builds times locales.
    pub asked: usize,
    /// How many updates were compared with their files.
    pub compared: usize,
    /// How many files were read and checked.
    pub files: usize,
    /// How many bytes these have.
    pub bytes: u64,
    /// How many partial updates were to be applied.
    pub promised: usize,
    /// How many updates were applied, complete and partial ones.
    pub applied: usize,
    /// A row for each build and locale: version, build id, platform, locale, checks, result.
    pub rows: Vec<Vec<String>>,
    /// The differences between updated and new builds, as the task publishes them.
    pub differences: String,
}

/// Verifies the updates of a configuration.
pub fn run(config: &Config, world: &mut dyn World) -> Outcome {
    let mut outcome = Outcome::default();
    let certificate = config.override_certs.as_deref().map(Certificate::named);
    let certificate = certificate.and_then(|named| {
        let unknown = |why| format!("`override_certs` of the configuration: {why}");
        named
            .map_err(|why| outcome.problems.push(unknown(why)))
            .ok()
    });
    let mut verification = Verification {
        config,
        certificate: certificate.map(|certificate| certificate.name),
        world,
        builds: Builds::default(),
        files: BTreeMap::new(),
        sizes: BTreeMap::new(),
        outcome,
    };
    let locales: BTreeSet<&String> = config
        .releases
        .iter()
        .flat_map(|release| &release.locales)
        .collect();
    let mut rows = BTreeMap::new();
    for locale in locales {
        let releases = config.releases.iter().enumerate();
        for (at, release) in releases.filter(|(_, release)| release.locales.contains(locale)) {
            let row = verification.build(release, locale);
            rows.insert((at, locale), row);
        }
        verification.forget();
    }
    let mut outcome = verification.outcome;
    outcome.files = verification.sizes.len();
    outcome.bytes = verification.sizes.values().sum();
    outcome.rows = rows.into_values().collect();
    outcome
}

struct Verification<'v> {
    config: &'v Config,
    /// The certificate that all earlier builds accept in place of their own.
    certificate: Option<&'static str>,
    world: &'v mut dyn World,
    builds: Builds,
    files: BTreeMap<String, Option<Facts>>,
    /// The sizes of the files that were read.
    sizes: BTreeMap<String, u64>,
    outcome: Outcome,
}

/// An earlier build that asks.
struct Asker<'v> {
    release: &'v Release,
    locale: &'v str,
    /// What it is, for messages.
    name: String,
}

impl Verification<'_> {
    /// Lets go of what only the builds of one locale need.
    fn forget(&mut self) {
        self.builds = Builds::default();
        self.files.clear();
    }

    /// Checks an earlier build; returns its row.
    fn build(&mut self, release: &Release, locale: &str) -> Vec<String> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let config = self.config;
        let [product, version, build_id] =
            [&config.product, &release.release, &release.build_id].map(text);
        let [platform, channel, server] =
            [&release.platform, &config.channel, &config.aus_server].map(text);
        let asker = Asker {
            release,
            locale,
            name: format!(
                "{product} {version} ({build_id}) for {platform} in {locale} on {channel}"
            ),
        };
        let parts = [&product, &version, &build_id, &platform, locale, &channel];
        let address = update_address(&server, parts.map(|part: &str| part));
        let before = self.outcome.problems.len();
        self.offered(&asker, &address);
        let result = match self.outcome.problems.len() - before {
            0 => "right".to_owned(),
            wrong => format!("{wrong} wrong"),
        };
        let kind = if release.is_full() { "full" } else { "quick" };
        let kind = format!("{kind}: {}", release.patch_types.join(", "));
        vec![version, build_id, platform, locale.to_owned(), kind, result]
    }

    fn problem(&mut self, asker: &Asker<'_>, what: &str) {
        self.outcome
            .problems
            .push(format!("{}: {what}", asker.name));
    }

    fn unchecked(&mut self, asker: &Asker<'_>, what: &str) {
        self.outcome
            .unchecked
            .push(format!("{}: {what}", asker.name));
    }

    fn offered(&mut self, asker: &Asker<'_>, address: &str) {
        self.outcome.asked += 1;
        if asker.release.is_full() {
            let kinds = asker.release.patch_types.iter();
            self.outcome.promised += kinds.filter(|kind| *kind == "partial").count();
        }
        let answer = self.world.ask(address);
        if answer.status != 200 {
            let first = answer.body.lines().next().unwrap_or_default();
            let what = format!(
                "the update server answers {} to {address}: {first}",
                answer.status
            );
            return self.problem(asker, &what);
        }
        let Some(offer) = Offer::read(&answer.body) else {
            return self.problem(asker, &format!("no update is offered at {address}"));
        };
        for (name, expected) in [
            ("buildID", &self.config.to_build_id),
            ("displayVersion", &self.config.to_display_version),
            ("appVersion", &self.config.to_app_version),
        ] {
            let found = offer.attribute(name);
            if let Some(expected) = expected.as_deref().filter(|expected| *expected != found) {
                self.problem(
                    asker,
                    &format!("the update that is offered has {name} {found:?}, not {expected:?}"),
                );
            }
        }
        for (name, value) in offer.expanded() {
            self.problem(asker, &format!("{name} of the update is {value:?}, which the shell of the release's script would expand"));
        }
        let mut sizes = BTreeMap::new();
        for kind in &asker.release.patch_types {
            match offer.patch(kind) {
                Some(patch) => {
                    if let Some(size) = self.patch(asker, kind, patch) {
                        sizes.insert(kind.as_str(), size);
                    }
                }
                None => self.problem(asker, &format!("no {kind} update is offered at {address}")),
            }
        }
        match (sizes.get("partial"), sizes.get("complete")) {
            (Some(partial), Some(complete)) if partial > complete => {
                self.problem(
                    asker,
                    &format!(
                        "the partial update has {}, more than the complete one with {complete}",
                        plural(*partial, "byte")
                    ),
                );
            }
            (Some(partial), Some(complete)) if partial == complete => {
                let remark = format!(
                    "{}: partial and complete update have the same size",
                    asker.name
                );
                self.outcome.remarks.insert(remark);
            }
            _ => {}
        }
    }

    /// Checks a file that is offered; returns its size.
    fn patch(&mut self, asker: &Asker<'_>, kind: &str, patch: Patch<'_>) -> Option<u64> {
        let path = match self.world.locate(patch.address) {
            Ok(path) => path,
            Err(why) => {
                self.problem(asker, &format!("the {kind} update: {why}"));
                return None;
            }
        };
        let Some(facts) = self.facts(&path) else {
            self.problem(
                asker,
                &format!(
                    "the {kind} update at {} is {path}, which the archive does not have",
                    patch.address
                ),
            );
            return None;
        };
        self.outcome.compared += 1;
        for wrong in facts.compare(kind, patch) {
            self.problem(asker, &format!("{path} {wrong}"));
        }
        let package = asker.release.from.as_deref();
        let package = package.map(|from| archived(from, asker.locale));
        let accepted = self.accepted(package.as_deref());
        match (&facts.signers, accepted) {
            (Err(why), _) => self.problem(asker, &format!("{path}: {why}")),
            (Ok(signers), Some(accepted)) if !signers.contains(&accepted) => {
                let signers = match signers.is_empty() {
                    true => "none that is known".to_owned(),
                    false => signers.join(", "),
                };
                self.problem(asker, &format!("{path} is signed by the certificate {signers}, but the build accepts {accepted}"));
            }
            (Ok(_), Some(accepted)) => {
                if let (Some(package), Ok(content)) = (package, &facts.content) {
                    self.full(asker, &package, (&path, content), accepted);
                }
            }
            (Ok(_), None) => {
                self.unchecked(asker, &format!("the signature of {path}, as it is unknown which certificate the build accepts"));
                if let (Some(package), Ok(content), Ok([signer, ..])) =
                    (package, &facts.content, facts.signers.as_deref())
                {
                    self.full(asker, &package, (&path, content), signer);
                }
            }
        }
        Some(facts.stored.size)
    }

    /// The certificate that an earlier build accepts: the one that the configuration puts in place of its own,
    /// else the one by which the build itself was signed.
    fn accepted(&mut self, package: Option<&str>) -> Option<&'static str> {
        if self.certificate.is_some() {
            return self.certificate;
        }
        let certificate = self.builds.signer(self.world, package?);
        certificate.map(|certificate| certificate.name)
    }

    /// Applies an update to an earlier build.
    fn full(
        &mut self,
        asker: &Asker<'_>,
        package: &str,
        (path, content): (&str, &[u8]),
        certificate: &'static str,
    ) {
        let old = match self.builds.build(self.world, package) {
            Ok(old) => old,
            Err(NoBuild::Unknown(why)) => {
                return self.unchecked(
                    asker,
                    &format!("whether {path} applies, as there is no earlier build: {why}"),
                );
            }
            Err(NoBuild::Damaged(why)) => {
                return self.problem(asker, &format!("the earlier build cannot be opened: {why}"));
            }
        };
        self.note(&old, package);
        let (old, channels) = settings(&old.tree, asker.release.mar_channel_ids.as_deref());
        let key = Certificate::named(certificate)
            .ok()
            .and_then(|known| known.key().ok());
        let keys: Vec<&PublicKey> = key.into_iter().map(|key| key.public()).collect();
        let client = Client {
            keys: &keys,
            channels: &channels,
            version: asker.release.release.as_deref().unwrap_or_default(),
        };
        if let Err(refusal) = accept(content, client) {
            return self.problem(asker, &format!("the build refuses {path}: {refusal}"));
        }
        let updated = self.builds.update(path, content);
        let updated =
            updated.and_then(|update| install(&update, &old).map_err(|error| error.to_string()));
        let updated = match updated {
            Ok(updated) => updated,
            Err(why) => return self.problem(asker, &format!("{path} does not apply: {why}")),
        };
        self.outcome.applied += 1;
        self.like_new(asker, path, &updated);
    }

    /// Compares an updated build with the new one.
    fn like_new(&mut self, asker: &Asker<'_>, path: &str, updated: &Tree) {
        let Some(to) = self.config.to.as_deref() else {
            return;
        };
        let package = archived(to, asker.locale);
        let new = match self.builds.build(self.world, &package) {
            Ok(new) => new,
            Err(NoBuild::Unknown(why)) => {
                return self.problem(
                    asker,
                    &format!("there is no new build to compare with: {why}"),
                );
            }
            Err(NoBuild::Damaged(why)) => {
                return self.problem(asker, &format!("the new build cannot be opened: {why}"));
            }
        };
        self.note(&new, &package);
        let channel = self.config.channel.as_deref().unwrap_or_default();
        let dep = self.config.override_certs.as_deref() == Some("dep");
        let found = differences(updated, &new.tree, channel, dep);
        if found.is_empty() {
            return;
        }
        let head = format!("{}: differences after {path}", asker.name);
        self.outcome.differences.push_str(&format!("{head}\n"));
        for difference in &found {
            self.outcome
                .differences
                .push_str(&format!("  {difference}\n"));
        }
        let shown = list_some(&found);
        self.problem(
            asker,
            &format!("after {path}, the build differs from {package}: {shown}"),
        );
    }

    fn note(&mut self, build: &Build, package: &str) {
        if build.origin == Origin::Update {
            let name = package.rsplit_once('.').map_or(package, |(_, end)| end);
            self.outcome.remarks.insert(format!(
                "builds whose packages are of the type {name} were taken from their complete updates"
            ));
        }
    }

    /// What is known of a file of the archive.
    fn facts(&mut self, path: &str) -> Option<Facts> {
        if let Some(known) = self.files.get(path) {
            return known.clone();
        }
        let facts = self.world.file(path).map(Facts::of);
        if let Some(facts) = facts.as_ref().filter(|facts| facts.content.is_ok()) {
            self.sizes.insert(path.to_owned(), facts.stored.size);
        }
        self.files.insert(path.to_owned(), facts.clone());
        facts
    }
}

/// The path in the archive of a path of a configuration.
fn archived(path: &str, locale: &str) -> String {
    format!("pub{}", path.replace("%locale%", locale))
}
