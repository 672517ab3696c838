//! The files of an application that a client is offered.
//!
//! Of the complete updates and of the partial ones the first that fits is offered. One fits if it is for any
//! release, or if the client has the build that the release it is from has for its platform and locale.

use super::super::allowlist::is_special;
use super::super::fault::Fault;
use super::super::matching::fallback_channel;
use super::app::{App, file_urls};
use super::fields;
use super::kind::Kind;
use super::offer::Offer;
use crate::base::value::{Value, py_str, truthy};

/// A file as it is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// `complete` or `partial`.
    pub kind: &'static str,
    /// Where it is.
    pub url: String,
    /// The hash function.
    pub hash_function: String,
    /// Its hash.
    pub hash: String,
    /// Its size in bytes.
    pub size: String,
    /// What proves that it was published, if the blob has it.
    proof: Option<String>,
}

impl Patch {
    fn line(&self) -> String {
        let Self {
            kind,
            url,
            hash_function,
            hash,
            size,
            proof,
        } = self;
        let proof = proof
            .as_ref()
            .map(|proof| format!(" binTransInclusionProof=\"{proof}\""))
            .unwrap_or_default();
        format!(
            "        <patch type=\"{kind}\" URL=\"{url}\" hashFunction=\"{hash_function}\" hashValue=\"{hash}\" size=\"{size}\"{proof}/>"
        )
    }
}

/// The lines of the files.
pub(super) fn lines(app: &App<'_>, offer: &Offer<'_>) -> Result<Vec<String>, Fault> {
    Ok(patches(app, offer)?.iter().map(Patch::line).collect())
}

/// The files that a client is offered, the complete update first.
///
/// # Errors
/// [`Fault::BadData`] if the release has no such platform or locale; [`Fault::Broken`] if a field is missing
/// without which there is no file.
pub fn patches(app: &App<'_>, offer: &Offer<'_>) -> Result<Vec<Patch>, Fault> {
    let locale = app.locale_data(&offer.query.build_target, offer.query.locale())?;
    let mut patches = Vec::new();
    for (kind, plural) in [("complete", "completes"), ("partial", "partials")] {
        if app.version <= 2 {
            let patch = locale.get(kind).filter(|patch| truthy(patch));
            patches.extend(
                patch
                    .map(|one| patch_of(app, offer, kind, kind, one))
                    .transpose()?
                    .flatten(),
            );
        } else {
            for one in locale[plural].as_array().into_iter().flatten() {
                if let Some(patch) = patch_of(app, offer, plural, kind, one)? {
                    patches.push(patch);
                    break;
                }
            }
        }
    }
    Ok(patches)
}

fn patch_of(
    app: &App<'_>,
    offer: &Offer<'_>,
    key: &str,
    kind: &'static str,
    patch: &Value,
) -> Result<Option<Patch>, Fault> {
    let from = fields::text(patch, "from")?;
    let aliases = app.aliases(&offer.query.build_target)?;
    if from != "*" {
        let is_from = match offer.world.releases.get(from) {
            Some(release) => match Kind::read(&release.blob)? {
                Kind::App(version) => App::new(version, &release.blob).is_of(offer.query, &aliases),
                _ => false,
            },
            None => false,
        };
        if !is_from {
            return Ok(None);
        }
    }
    let url = match url(app, offer, key, from, patch)? {
        Some(url) => url,
        // There is a complete update to fall back on.
        None if kind == "partial" => return Ok(None),
        None => {
            let channel = &offer.query.channel;
            return Err(Fault::broken(format!(
                "there is no URL of a complete update for the channel `{channel}`"
            )));
        }
    };
    if !offer.world.allowlist.allows(&url, &offer.query.product) {
        return Ok(None);
    }
    let text = |of: &Value, name: &str| fields::value(of, name).map(py_str);
    let proof = patch
        .get("binTransInclusionProof")
        .filter(|_| app.version >= 8);
    Ok(Some(Patch {
        kind,
        url,
        hash_function: text(app.content, "hashFunction")?,
        hash: text(patch, "hashValue")?,
        size: text(patch, "filesize")?,
        proof: proof.map(py_str),
    }))
}

/// The URL of a file; `None` if the blob has none for the channel.
fn url(
    app: &App<'_>,
    offer: &Offer<'_>,
    key: &str,
    from: &str,
    patch: &Value,
) -> Result<Option<String>, Fault> {
    let query = offer.query;
    let platform = app.platform_data(&query.build_target)?;
    let mut url = match patch.get("fileUrl") {
        Some(url) => py_str(url),
        None => {
            let pattern = if app.version <= 3 {
                let of_channel = |channel: &str| app.content["fileUrls"][channel].as_str();
                of_channel(&query.channel).or_else(|| of_channel(fallback_channel(&query.channel)))
            } else {
                let block = file_urls(&app.content["fileUrls"], &query.channel);
                block
                    .and_then(|block| block[key][from].as_str())
                    .filter(|url| !url.is_empty())
            };
            let Some(pattern) = pattern else {
                return Ok(None);
            };
            let names = |name: &str| match app.version {
                1 | 2 => app.content[name][key].as_str(),
                3 => app.content[name][key][from].as_str(),
                _ => None,
            };
            let ftp = fields::text(platform, "OS_FTP")?;
            let bouncer = fields::text(platform, "OS_BOUNCER")?;
            let values = [
                ("LOCALE", Some(query.locale())),
                ("OS_FTP", Some(ftp)),
                ("FILENAME", Some(names("ftpFilenames").unwrap_or_default())),
                (
                    "PRODUCT",
                    Some(names("bouncerProducts").unwrap_or_default()),
                ),
                ("OS_BOUNCER", Some(bouncer)),
            ];
            let is_used = |name: &str| app.version <= 3 || !matches!(name, "FILENAME" | "PRODUCT");
            let values = values.iter().filter(|(name, _)| is_used(name));
            let values: Vec<(&str, &str)> = values
                .map(|(name, value)| (*name, value.unwrap_or_default()))
                .collect();
            super::line::substituted(pattern, &values)
        }
    };
    if let Some(force) = query
        .force
        .filter(|_| is_special(&url, &offer.world.special_force_hosts))
    {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str("force=");
        url.push_str(force.text());
    }
    Ok(Some(url))
}
