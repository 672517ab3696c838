//! Where each channel finds the files of a release.
//!
//! The channel `*` is the default, and leads to bouncer. Those with `localtest` in their names lead to the
//! candidates in the archive. The channel `beta` and its test of mirrors lead to products of their own while
//! the files of a release candidate are not on the mirrors.

use super::names::{self, Previous};
use crate::base::value::{Object, Value};
use crate::stage::archive::layout::candidates_folder;

/// The name of a complete update in the archive, with places for the product and the version.
pub const FILE_NAME: &str = "%s-%s.complete.mar";
/// The product of complete updates in bouncer, with places for the product and the version.
pub const BOUNCER_PRODUCT: &str = "%s-%s-complete";

/// The channels whose updates may be offered before the files are on the mirrors.
const BEFORE_MIRRORS: &[&str] = &["beta", "beta-cdntest"];

/// What determines the addresses of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileUrls<'a> {
    /// The product, as the update server names it.
    pub product: &'a str,
    /// The version.
    pub version: &'a str,
    /// The number of the build.
    pub build_number: u64,
    /// The channels of the release.
    pub channels: &'a [String],
    /// The host of the archive.
    pub archive: &'a str,
    /// The host of bouncer.
    pub bouncer: &'a str,
    /// Whether the files are on the mirrors before the update is offered.
    pub require_mirrors: bool,
    /// The releases that partial updates start from.
    pub previous: &'a [Previous],
    /// [`FILE_NAME`] or another pattern.
    pub file_name: &'a str,
    /// [`BOUNCER_PRODUCT`] or another pattern.
    pub bouncer_product: &'a str,
}

/// Reports a pattern that does not have exactly two places.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a pattern with two places `%s`, for the product and the version")]
pub struct NoPattern(pub String);

/// Fills the places of a pattern; `%%` stands for a percent sign.
///
/// # Errors
/// If there are not exactly as many places as values.
pub fn fill(pattern: &str, values: [&str; 2]) -> Result<String, NoPattern> {
    let wrong = || NoPattern(pattern.to_owned());
    let mut values = values.into_iter();
    let mut parts = pattern.split('%');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    while let Some(part) = parts.next() {
        if let Some(rest) = part.strip_prefix('s') {
            filled.push_str(values.next().ok_or_else(wrong)?);
            filled.push_str(rest);
        } else if part.is_empty() {
            filled.push('%');
            filled.push_str(parts.next().ok_or_else(wrong)?);
        } else {
            return Err(wrong());
        }
    }
    match values.next() {
        Some(_) => Err(wrong()),
        None => Ok(filled),
    }
}

/// Whether a channel leads to the candidates.
#[must_use]
pub fn is_local_test(channel: &str) -> bool {
    channel.contains("localtest")
}

impl FileUrls<'_> {
    /// The addresses of each channel that has some of its own.
    ///
    /// # Errors
    /// If a pattern has not exactly two places.
    pub fn to_json(&self) -> Result<Object, NoPattern> {
        let own = self.channels.iter().map(String::as_str);
        let own = own.filter(|channel| is_local_test(channel) || self.is_before_mirrors(channel));
        let channels = std::iter::once("*").chain(own);
        channels
            .map(|channel| Ok((channel, self.of_channel(channel)?)))
            .collect()
    }

    fn is_before_mirrors(&self, channel: &str) -> bool {
        !self.require_mirrors && BEFORE_MIRRORS.contains(&channel)
    }

    fn of_channel(&self, channel: &str) -> Result<Value, NoPattern> {
        let name = self.product.to_lowercase();
        let (version, build) = (self.version, self.build_number);
        let in_archive = |file: &str| {
            let folder = candidates_folder(&name, version, build);
            let archive = self.archive;
            format!("https://{archive}/pub{folder}/update/%OS_FTP%/%LOCALE%/{file}")
        };
        let in_bouncer = |product: &str| {
            let bouncer = self.bouncer;
            format!("https://{bouncer}/?product={product}&os=%OS_BOUNCER%&lang=%LOCALE%")
        };
        let complete = if is_local_test(channel) {
            in_archive(&fill(self.file_name, [self.file_prefix(&name), version])?)
        } else if self.is_before_mirrors(channel) {
            in_bouncer(&format!("{name}-{version}build{build}-complete"))
        } else if name == "fennec" {
            in_bouncer(&format!("{name}-{version}"))
        } else {
            in_bouncer(&fill(self.bouncer_product, [&name, version])?)
        };
        let one = |from: &str, url: String| Object::from([(from, url)]);
        let mut urls = Object::from([("completes", Value::Object(one("*", complete)))]);
        let partials = self.previous.iter().map(|previous| {
            let (old, old_build) = (&previous.version, &previous.build_number);
            let from = names::release(self.product, old, old_build, "");
            let url = if is_local_test(channel) {
                let prefix = self.file_prefix(&name);
                in_archive(&format!("{prefix}-{old}-{version}.partial.mar"))
            } else if self.is_before_mirrors(channel) {
                in_bouncer(&format!(
                    "{name}-{version}build{build}-partial-{old}build{old_build}"
                ))
            } else {
                in_bouncer(&format!("{name}-{version}-partial-{old}"))
            };
            (from, url)
        });
        if !self.previous.is_empty() {
            urls.insert("partials", Value::Object(partials.collect()));
        }
        Ok(Value::Object(urls))
    }

    /// What the names of files begin with.
    fn file_prefix<'n>(&self, name: &'n str) -> &'n str {
        match name {
            "devedition" => "firefox",
            name => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_two_places() {
        let fill = |pattern| fill(pattern, ["a", "1"]).ok();
        assert_eq!(fill("%s-%s.mar").as_deref(), Some("a-1.mar"));
        assert_eq!(fill("%s%%%s").as_deref(), Some("a%1"));
        assert_eq!(fill("%%%s%s").as_deref(), Some("%a1"));
        for pattern in ["", "%s", "%s-%s-%s", "%s%d", "%s%s%", "%"] {
            assert_eq!(fill(pattern), None, "{pattern}");
        }
    }
}
