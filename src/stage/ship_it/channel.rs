//! Which versions a channel may have.

use crate::base::version::{ReleaseChannel, Version};

/// Why a version does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// It is not a version.
    #[error("{0:?} is not a version")]
    NoVersion(String),
    /// It is one of another channel.
    #[error("{version} is not a version of the channel {channel}")]
    Other {
        /// The version.
        version: String,
        /// The channel.
        channel: String,
    },
    /// The channel has a higher one.
    #[error("the channel {channel} has {now}, which is higher than {version}")]
    Lower {
        /// The channel.
        channel: String,
        /// The version that it has.
        now: String,
        /// The version that it would get.
        version: String,
    },
    /// It is not the time of a build.
    #[error("{0:?} is not a build id, which is a time like 20261130093000")]
    BuildId(String),
}

/// Checks that a version is one of a channel. Channels with other names may have any version.
///
/// # Errors
/// [`ChannelError::NoVersion`], [`ChannelError::Other`].
pub fn check(channel: &str, version: &str) -> Result<(), ChannelError> {
    let read = parse(version)?;
    let fits = match channel {
        "nightly" => matches!(read.channel, ReleaseChannel::Nightly(_)),
        "beta" | "aurora" | "devedition" => matches!(read.channel, ReleaseChannel::Beta(_)),
        "release" => read.channel == ReleaseChannel::Release,
        _ if channel.starts_with("esr") => read.channel == ReleaseChannel::Esr,
        _ => true,
    };
    match fits {
        true => Ok(()),
        false => Err(ChannelError::Other {
            version: version.to_owned(),
            channel: channel.to_owned(),
        }),
    }
}

/// Checks that a channel does not go back.
///
/// # Errors
/// [`ChannelError::NoVersion`], [`ChannelError::Lower`].
pub fn check_order(channel: &str, now: &str, version: &str) -> Result<(), ChannelError> {
    match parse(now)?.is_newer_than(&parse(version)?) {
        false => Ok(()),
        true => Err(ChannelError::Lower {
            channel: channel.to_owned(),
            now: now.to_owned(),
            version: version.to_owned(),
        }),
    }
}

/// Checks the id of a build: the time of its beginning, in UTC.
///
/// # Errors
/// [`ChannelError::BuildId`].
pub fn check_build_id(id: &str) -> Result<(), ChannelError> {
    let part = |from: usize, to: usize| id.get(from..to).and_then(|part| part.parse::<u32>().ok());
    let is_number = id.len() == 14 && id.bytes().all(|byte| byte.is_ascii_digit());
    let within = |from, to, least: u32, most: u32| {
        part(from, to).is_some_and(|part| (least..=most).contains(&part))
    };
    let is_time = within(0, 4, 1998, 2999)
        && within(4, 6, 1, 12)
        && within(6, 8, 1, 31)
        && within(8, 10, 0, 23)
        && within(10, 12, 0, 59)
        && within(12, 14, 0, 60);
    match is_number && is_time {
        true => Ok(()),
        false => Err(ChannelError::BuildId(id.to_owned())),
    }
}

fn parse(version: &str) -> Result<Version, ChannelError> {
    let read = version.parse();
    read.map_err(|_| ChannelError::NoVersion(version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_have_their_versions() {
        for (channel, version) in [
            ("nightly", "94.0a1"),
            ("beta", "94.0b3"),
            ("release", "94.0.1"),
            ("esr115", "115.3.0esr"),
            ("other", "1.0"),
        ] {
            assert_eq!(check(channel, version), Ok(()), "{channel}");
        }
        for (channel, version) in [
            ("nightly", "94.0"),
            ("beta", "94.0a1"),
            ("release", "94.0b1"),
            ("esr", "94.0"),
            ("beta", "x"),
        ] {
            assert!(check(channel, version).is_err(), "{channel}");
        }
        assert_eq!(check_order("beta", "94.0b9", "94.0b10"), Ok(()));
        assert!(check_order("beta", "95.0b1", "94.0b10").is_err());
    }

    #[test]
    fn build_ids_are_times() {
        assert_eq!(check_build_id("20261130093000"), Ok(()));
        for id in [
            "",
            "2026113009300",
            "20261330093000",
            "20261130243000",
            "2026113009300x",
        ] {
            assert!(check_build_id(id).is_err(), "{id}");
        }
    }
}
