//! Versions of products, as Firefox, Thunderbird and their mobile variants number them.
//!
//! ```text
//! 94.0      94.0.1      release
//! 94.0a1                nightly
//! 94.0b14               beta          94.0.0-beta.14
//! 94.0rc1               candidate     94.0.0-rc.1
//! 91.3.0esr             extended support
//! ```

use std::str::FromStr;
use std::sync::LazyLock;

use fancy_regex::Regex;

/// What a version is a version of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReleaseChannel {
    /// A nightly build, with the number behind `a`.
    Nightly(u32),
    /// A beta, with its number.
    Beta(u32),
    /// A candidate of a release, with its number.
    Candidate(u32),
    /// A release.
    Release,
    /// A release with extended support.
    Esr,
}

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its numbers, the major one first.
    pub numbers: Vec<u32>,
    /// What it is a version of.
    pub channel: ReleaseChannel,
}

/// Reports that a text is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a version like 94.0, 94.0b14, 94.0.1esr or 94.0a1")]
pub struct NoVersion(pub String);

static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\A([0-9]+(?:\.[0-9]+){0,3})(?:(esr)|(?:(a|b|rc)|-(alpha|beta|rc)\.)([0-9]+))?\z")
        .ok()
});

impl FromStr for Version {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let wrong = || NoVersion(text.to_owned());
        let parts = FORM.as_ref().and_then(|form| form.captures(text).ok()?);
        let parts = parts.ok_or_else(wrong)?;
        let number = |digits: &str| digits.parse::<u32>().map_err(|_| wrong());
        let numbers = parts.get(1).map_or("", |numbers| numbers.as_str());
        let numbers = numbers.split('.').map(number).collect::<Result<_, _>>()?;
        let count = parts.get(5).map(|n| number(n.as_str())).transpose()?;
        let word = parts.get(3).or_else(|| parts.get(4)).map(|m| m.as_str());
        let channel = match (word, count) {
            (Some("a" | "alpha"), Some(count)) => ReleaseChannel::Nightly(count),
            (Some("b" | "beta"), Some(count)) => ReleaseChannel::Beta(count),
            (Some(_), Some(count)) => ReleaseChannel::Candidate(count),
            _ if parts.get(2).is_some() => ReleaseChannel::Esr,
            _ => ReleaseChannel::Release,
        };
        Ok(Self { numbers, channel })
    }
}

/// The version that a program reports, which clients send when they ask for updates: without the number of a beta,
/// and without `esr`.
#[must_use]
pub fn reported(version: &str) -> &str {
    let numbers = version.find(|one: char| !one.is_ascii_digit() && one != '.');
    match numbers {
        Some(at) if !version[at..].starts_with('a') => &version[..at],
        _ => version,
    }
}

impl Version {
    /// The number before the first point.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.numbers.first().copied().unwrap_or_default()
    }

    /// The number behind the first point.
    #[must_use]
    pub fn minor(&self) -> u32 {
        self.numbers.get(1).copied().unwrap_or_default()
    }

    /// The number behind the second point.
    #[must_use]
    pub fn patch(&self) -> u32 {
        self.numbers.get(2).copied().unwrap_or_default()
    }

    /// Whether this version comes after another one.
    #[must_use]
    pub fn is_newer_than(&self, other: &Self) -> bool {
        let key = |version: &Self| {
            let mut numbers = version.numbers.clone();
            numbers.resize(4, 0);
            (numbers, version.channel)
        };
        key(self) > key(other)
    }

    /// The type of a release of this version: `nightly`, `beta`, `release-rc`, `release` or `esr`.
    #[must_use]
    pub fn release_type(&self) -> &'static str {
        match self.channel {
            ReleaseChannel::Nightly(_) => "nightly",
            ReleaseChannel::Beta(_) => "beta",
            ReleaseChannel::Candidate(_) => "release-rc",
            ReleaseChannel::Release => "release",
            ReleaseChannel::Esr => "esr",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(Vec<u32>, ReleaseChannel), NoVersion> {
        text.parse::<Version>().map(|v| (v.numbers, v.channel))
    }

    #[test]
    fn versions_of_all_products_are_read() {
        for (text, numbers, channel) in [
            ("94.0", vec![94, 0], ReleaseChannel::Release),
            ("94.0.1", vec![94, 0, 1], ReleaseChannel::Release),
            ("3.6.3.1", vec![3, 6, 3, 1], ReleaseChannel::Release),
            ("94.0b14", vec![94, 0], ReleaseChannel::Beta(14)),
            ("94.0a1", vec![94, 0], ReleaseChannel::Nightly(1)),
            ("0a1", vec![0], ReleaseChannel::Nightly(1)),
            ("94.0rc2", vec![94, 0], ReleaseChannel::Candidate(2)),
            ("94.0.1esr", vec![94, 0, 1], ReleaseChannel::Esr),
            ("94.1.0-beta.3", vec![94, 1, 0], ReleaseChannel::Beta(3)),
            ("94.1.0-rc.1", vec![94, 1, 0], ReleaseChannel::Candidate(1)),
            ("7", vec![7], ReleaseChannel::Release),
        ] {
            assert_eq!(read(text), Ok((numbers, channel)), "{text}");
        }
    }

    #[test]
    fn invalid_versions_are_refused() {
        for text in [
            "",
            "v94.0",
            "94.",
            "94.0b",
            "94.0esr1",
            "94.0 ",
            "94.0\n",
            "94.0-beta",
            "94.0c1",
            "1.2.3.4.5",
            "99999999999",
            "94.0b99999999999",
        ] {
            assert_eq!(read(text), Err(NoVersion(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn versions_have_an_order() {
        let is_newer = |one: &str, other: &str| {
            let read = |text: &str| text.parse::<Version>().unwrap();
            read(one).is_newer_than(&read(other))
        };
        for (newer, older) in [
            ("94.0.1", "94.0"),
            ("94.0b10", "94.0b9"),
            ("94.0", "94.0b10"),
            ("95.0a1", "94.0"),
            ("115.3.1esr", "115.3.0esr"),
        ] {
            assert!(is_newer(newer, older), "{newer} {older}");
            assert!(!is_newer(older, newer), "{older} {newer}");
        }
        assert!(!is_newer("94.0.0", "94.0"));
    }

    #[test]
    fn channels_have_an_order() {
        let channels = ["94.0a1", "94.0b1", "94.0b14", "94.0rc1", "94.0"];
        let read: Vec<ReleaseChannel> = channels.iter().map(|text| read(text).unwrap().1).collect();
        assert!(read.is_sorted());
    }
}
