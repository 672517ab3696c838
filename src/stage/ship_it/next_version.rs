//! The version that Ship It takes for the one after a release.

use crate::base::version::{ReleaseChannel, Version};

/// The version after a release: a beta or candidate has the next number, a release or one with extended support the
/// next third number. Nightly builds are no releases, so there is none after them.
#[must_use]
pub fn next_version(text: &str) -> Option<String> {
    let version: Version = text.parse().ok()?;
    match version.channel {
        ReleaseChannel::Nightly(_) => None,
        ReleaseChannel::Beta(number) | ReleaseChannel::Candidate(number) => {
            let start = text.trim_end_matches(|sign: char| sign.is_ascii_digit());
            Some(format!("{start}{}", number.checked_add(1)?))
        }
        ReleaseChannel::Release | ReleaseChannel::Esr => {
            let end = match version.channel {
                ReleaseChannel::Esr => "esr",
                _ => "",
            };
            let mut numbers = version.numbers;
            // Versions of four numbers, as in 3.6.3.1, are from before Ship It.
            if !(2..=3).contains(&numbers.len()) {
                return None;
            }
            numbers.resize(3, 0);
            let patch = numbers.last_mut()?;
            *patch = patch.checked_add(1)?;
            let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
            Some(numbers.join(".") + end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `mozilla-version` 5.1.0 answers, which Ship It asks, for the classes of versions of its products.
    #[test]
    fn the_next_version_is_that_of_ship_it() {
        for (version, next) in [
            ("94.0", Some("94.0.1")),
            ("94.0.1", Some("94.0.2")),
            ("94.0b3", Some("94.0b4")),
            ("140.0b15", Some("140.0b16")),
            ("115.3.0esr", Some("115.3.1esr")),
            ("115.0esr", Some("115.0.1esr")),
            ("115.0.1esr", Some("115.0.2esr")),
            ("94.0.0-beta.2", Some("94.0.0-beta.3")),
            ("94.1.0-rc.1", Some("94.1.0-rc.2")),
            ("2.3", Some("2.3.1")),
            ("95.0a1", None),
            ("3.6.3.1", None),
            ("7", None),
        ] {
            assert_eq!(next_version(version).as_deref(), next, "{version}");
        }
        assert_eq!(next_version("94.0b4294967295"), None);
        assert_eq!(next_version("x"), None);
    }
}
