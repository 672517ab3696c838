//! addonscript: language packs for addons.mozilla.org.
//!
//! The site accepts each version of a pack once. The space [`VERSIONS`] holds the hash of each version of an id;
//! the same content again is what a rerun sends, and the real worker accepts the site's refusal.

use std::collections::BTreeMap;

use super::upstream;
use crate::base::digest::sha256;
use crate::base::value::json;
use crate::stage::keys::Certificate;
use crate::stage::report::Table;
use crate::stage::signing::jar::{self, XPI};
use crate::stage::signing::zip::Zip;
use crate::stage::stores::language_pack;
use crate::stage::work::Work;

/// The space of versions of add-ons.
const VERSIONS: &str = "addon-version";

/// Checks the language packs that would be pushed, and signs them with a worthless key.
pub fn push(work: &mut Work<'_>) {
    let artifacts = upstream::read(work);
    let is_production =
        upstream::scope_ends(work, ":addons.mozilla.org:server:").contains(&"production");
    let certificate = Certificate::named(if is_production { "release" } else { "dep" });
    let version = work.staged.release.version.as_str();
    let mut locales: BTreeMap<String, String> = BTreeMap::new();
    let mut rows = Vec::new();
    let mut oldest: Vec<String> = Vec::new();
    for artifact in artifacts {
        let path = &artifact.path;
        let pack = match language_pack::read(&artifact.content) {
            Ok(pack) => pack,
            Err(error) => {
                work.report.problem(format!("{path}: {error}"));
                continue;
            }
        };
        for unfit in pack.unfit(locale_of(&artifact), version) {
            work.report.problem(format!("{path}: {unfit}"));
        }
        if let Some(other) = locales.insert(pack.locale.clone(), path.clone()) {
            work.report
                .problem(format!("{path} and {other} are both for {}", pack.locale));
        }
        let key = format!("{} {}", pack.id, pack.version);
        let hash = sha256(&artifact.content);
        match work.merged.get(VERSIONS, &key) {
            Some(entry) if entry.value["sha256"].as_str() != Some(hash.as_str()) => {
                let by = entry.authors();
                work.report.problem(format!(
                    "{path}: the version {} of {} exists already with other content, from {by}: the site \
                     refuses a version that it knows",
                    pack.version, pack.id
                ));
            }
            Some(_) => work.report.would.push(format!(
                "{} {} is there already, with the same content",
                pack.id, pack.version
            )),
            None => {}
        }
        work.change(VERSIONS, key, json!({"sha256": hash}));
        let signed = certificate.clone().ok().and_then(|certificate| {
            let zip = Zip::read(&artifact.content).ok()?;
            jar::sign(&zip, XPI, certificate).ok()
        });
        match signed {
            Some(signed) => work.make(
                format!("public/build/{}/target.langpack.xpi", pack.locale),
                signed,
                "application/x-xpinstall",
            ),
            None => work.report.problem(format!("{path} cannot be signed")),
        }
        oldest.push(pack.min_version.clone());
        rows.push(vec![
            pack.locale,
            pack.id,
            pack.version,
            pack.min_version,
            pack.max_version.unwrap_or_default(),
            path.clone(),
        ]);
    }
    oldest.sort_unstable();
    oldest.dedup();
    work.report
        .checked("language packs: locale, id, version and range", rows.len());
    work.report.would.push(format!(
        "{} language packs would be signed ({}), and the versions {} be added to the site",
        rows.len(),
        work.text("channel"),
        oldest.join(", ")
    ));
    work.report.unchecked.push(
        "what only addons.mozilla.org knows: versions of earlier releases, and its own validation"
            .to_owned(),
    );
    work.report.tables.push(Table {
        title: "Language packs".to_owned(),
        columns: vec!["Locale", "Id", "Version", "From", "To", "Artifact"],
        rows,
    });
}

/// The locale that an artifact is for: that of the payload, or the folder of a path with one.
fn locale_of(artifact: &upstream::Artifact) -> Option<&str> {
    if let Some(locale) = &artifact.locale {
        return Some(locale);
    }
    let (folder, _) = artifact.path.rsplit_once('/')?;
    let (_, last) = folder.rsplit_once('/')?;
    // `public/build/de/target.langpack.xpi`; packs of the main locale have no folder.
    let language = last.split('-').next().unwrap_or_default();
    let is_locale =
        (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_lowercase());
    is_locale.then_some(last)
}
