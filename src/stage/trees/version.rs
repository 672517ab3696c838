//! The versions in files, and those that follow them.

use super::action::ActionError;
use crate::base::version::{ReleaseChannel, Version as Read};

/// Whose versions a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Firefox, Thunderbird and the engine.
    Gecko,
    /// The Android browsers.
    Mobile,
    /// The iOS browsers.
    Ios,
    /// Extensions: numbers alone.
    Numbers,
}

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    numbers: Vec<u32>,
    channel: ReleaseChannel,
    scheme: Scheme,
}

/// The major versions with extended support, as far as they are known.
const EXTENDED: &[u32] = &[
    10, 17, 24, 31, 38, 45, 52, 60, 68, 78, 91, 102, 115, 128, 140, 153,
];

/// Which part of a version is increased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The first number.
    Major,
    /// The second number.
    Minor,
}

impl Version {
    /// Reads a version of a scheme. The error says what is wrong with it.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(text: &str, scheme: Scheme) -> Result<Self, &'static str> {
        let form = "it does not have the form of a version";
        let read: Read = text.parse().map_err(|_| form)?;
        if text.contains("-alpha.") || text.contains('-') && scheme != Scheme::Mobile {
            return Err(form);
        }
        let [_, minor, ref rest @ ..] = read.numbers[..] else {
            return Err("it has no second number");
        };
        let is_plain = read.channel == ReleaseChannel::Release;
        if rest.len() > 1 {
            return Err(form);
        }
        let patch = rest.first().copied();
        match scheme {
            Scheme::Numbers if !is_plain => return Err("it may contain only numbers"),
            Scheme::Numbers => {}
            Scheme::Mobile => mobile_rules(&read, text, (minor, patch))?,
            Scheme::Ios => ios_rules(&read, patch)?,
            Scheme::Gecko => gecko_rules(&read, minor, patch)?,
        }
        Ok(Self {
            numbers: read.numbers,
            channel: read.channel,
            scheme,
        })
    }

    /// Whether it is one with extended support, by its suffix.
    #[must_use]
    pub fn is_esr(&self) -> bool {
        self.channel == ReleaseChannel::Esr
    }

    /// The first number.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.numbers.first().copied().unwrap_or_default()
    }

    /// The version without what follows its numbers, with this instead, and a part of it increased.
    ///
    /// # Errors
    /// If there is no such version.
    pub fn following(&self, part: Option<Part>, suffix: &str) -> Result<String, ActionError> {
        let no_next = |why| ActionError::NoNext {
            version: self.to_string(),
            why,
        };
        let mut numbers = self.numbers.clone();
        let is_old = self.scheme == Scheme::Mobile && self.major() < AS_GECKO;
        match part {
            None => {}
            Some(Part::Major) => {
                let major = self.major();
                let next = match self.is_esr() {
                    true => EXTENDED.iter().copied().find(|next| *next > major),
                    false => major.checked_add(1),
                };
                let next =
                    next.ok_or_else(|| no_next("the next one with extended support is not known"))?;
                if self.scheme == Scheme::Mobile && !is_old && self.numbers.len() > 2 {
                    return Err(no_next(
                        "the worker would set its second and third number to 0",
                    ));
                }
                numbers = vec![next, 0];
                numbers.extend((is_old && next < AS_GECKO).then_some(0));
            }
            Some(Part::Minor) => {
                let is_test = matches!(
                    self.channel,
                    ReleaseChannel::Beta(_) | ReleaseChannel::Nightly(_)
                );
                if is_test && !is_old {
                    return Err(no_next("betas and nightly builds have no second number"));
                }
                let minor = self.numbers.get(1).copied().unwrap_or_default();
                let next = minor.checked_add(1);
                let next = next.ok_or_else(|| no_next("its second number is too large"))?;
                numbers = vec![self.major(), next, 0];
            }
        }
        let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
        Ok(format!("{}{suffix}", numbers.join(".")))
    }

    /// What decides the order: the numbers, and the channel. Betas for iOS come after the version without a number of
    /// a beta.
    fn key(&self) -> ([u32; 4], ReleaseChannel) {
        let mut numbers = [0; 4];
        for (place, number) in numbers.iter_mut().zip(&self.numbers) {
            *place = *number;
        }
        match (self.scheme, self.channel) {
            (Scheme::Ios, ReleaseChannel::Release) => (numbers, ReleaseChannel::Beta(0)),
            (_, channel) => (numbers, channel),
        }
    }
}

/// The first version of browsers for Android that is written as those of Firefox.
const AS_GECKO: u32 = 104;

fn mobile_rules(
    read: &Read,
    text: &str,
    (minor, patch): (u32, Option<u32>),
) -> Result<(), &'static str> {
    let form = "it does not have the form of a version";
    let is_old = read.numbers.first().is_some_and(|major| *major < AS_GECKO);
    match read.channel {
        ReleaseChannel::Esr => return Err("there is no extended support for Android"),
        _ if !is_old && text.contains('-') => return Err(form),
        _ if !is_old => return gecko_rules(read, minor, patch),
        ReleaseChannel::Nightly(_) => return Err("nightly builds have versions from 104.0a1 on"),
        ReleaseChannel::Beta(0) => return Err("betas have versions like 103.0.0-beta.1"),
        ReleaseChannel::Beta(_) | ReleaseChannel::Candidate(_) if !text.contains('-') => {
            return Err("betas have versions like 103.0.0-beta.1");
        }
        _ => {}
    }
    match patch {
        Some(_) => Ok(()),
        None => Err("it has no third number"),
    }
}

fn ios_rules(read: &Read, patch: Option<u32>) -> Result<(), &'static str> {
    match (read.channel, patch) {
        (ReleaseChannel::Beta(_), Some(_)) => Err("a beta has no third number"),
        (ReleaseChannel::Release, Some(0)) => Err("its third number is 0"),
        (ReleaseChannel::Beta(_) | ReleaseChannel::Release, _) => Ok(()),
        _ => Err("versions for iOS are like 140.0, 140.0.1 or 140.0b1"),
    }
}

fn gecko_rules(read: &Read, minor: u32, patch: Option<u32>) -> Result<(), &'static str> {
    let major = read.numbers.first().copied().unwrap_or_default();
    if major < 5 {
        // Before frequent releases, versions had many forms.
        return Ok(());
    }
    match read.channel {
        ReleaseChannel::Nightly(1) if minor == 0 && patch.is_none() => return Ok(()),
        ReleaseChannel::Nightly(_) => return Err("nightly builds have versions like 94.0a1"),
        ReleaseChannel::Beta(number) if number > 0 && minor == 0 && patch.is_none() => {
            return Ok(());
        }
        ReleaseChannel::Beta(_) => return Err("betas have versions like 94.0b1"),
        ReleaseChannel::Candidate(_) => return Err("candidates have no versions of their own"),
        ReleaseChannel::Esr if !EXTENDED.contains(&major) => {
            return Err("there is no extended support for this major version");
        }
        ReleaseChannel::Esr | ReleaseChannel::Release => {}
    }
    match patch {
        None if minor > 0 => Err("it has a second number but no third one"),
        Some(0) if minor == 0 => Err("its second and third number are both 0"),
        _ => Ok(()),
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.key().cmp(&other.key()))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let numbers: Vec<String> = self.numbers.iter().map(u32::to_string).collect();
        f.write_str(&numbers.join("."))?;
        match (self.channel, self.scheme) {
            (ReleaseChannel::Release, _) => Ok(()),
            (ReleaseChannel::Esr, _) => f.write_str("esr"),
            (ReleaseChannel::Nightly(number), _) => write!(f, "a{number}"),
            (ReleaseChannel::Beta(number), Scheme::Mobile) if self.numbers.len() > 2 => {
                write!(f, "-beta.{number}")
            }
            (ReleaseChannel::Candidate(number), Scheme::Mobile) if self.numbers.len() > 2 => {
                write!(f, "-rc.{number}")
            }
            (ReleaseChannel::Beta(number), _) => write!(f, "b{number}"),
            (ReleaseChannel::Candidate(number), _) => write!(f, "rc{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gecko(text: &str) -> Version {
        Version::parse(text, Scheme::Gecko).unwrap()
    }

    #[test]
    fn versions_follow_each_other() {
        for (version, part, suffix, expected) in [
            ("93.0.1", Part::Major, "", "94.0"),
            ("93.0", Part::Minor, "", "93.1.0"),
            ("91.1.0esr", Part::Major, "", "102.0"),
            ("91.0esr", Part::Minor, "esr", "91.1.0esr"),
            ("93.0b9", Part::Major, "a1", "94.0a1"),
        ] {
            assert_eq!(
                gecko(version).following(Some(part), suffix),
                Ok(expected.to_owned())
            );
        }
        assert_eq!(gecko("93.0b9").following(None, ""), Ok("93.0".to_owned()));
        assert!(gecko("93.0b9").following(Some(Part::Minor), "").is_err());
        assert!(gecko("153.0esr").following(Some(Part::Major), "").is_err());
        let mobile = Version::parse("93.0.0-beta.3", Scheme::Mobile).unwrap();
        assert_eq!(mobile.to_string(), "93.0.0-beta.3");
        assert_eq!(
            mobile.following(Some(Part::Minor), ""),
            Ok("93.1.0".to_owned())
        );
    }

    #[test]
    fn versions_have_an_order() {
        let ascending = [
            "93.0a1", "93.0b9", "93.0b10", "93.0", "93.0.1", "93.1.0", "102.0", "102.0esr",
        ];
        for pair in ascending.windows(2) {
            assert!(gecko(pair[0]) < gecko(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "93",
            "93.1",
            "93.0.0",
            "93.0esr",
            "93.0rc1",
            "93.0b0",
            "93.0.1b1",
            "93.0a2",
            "",
            "93.0\n",
            "93.0-beta.1",
        ] {
            assert!(Version::parse(text, Scheme::Gecko).is_err(), "{text:?}");
        }
        assert!(Version::parse("1.2.3b1", Scheme::Numbers).is_err());
    }

    /// What `MobileVersion` and `MobileIosVersion` of mozilla-version 5.0.0 say.
    #[test]
    fn versions_of_browsers_for_phones_are_those_of_mozilla_version() {
        let good = "103.0.0 103.0.0-beta.1 103.0.0-rc.1 104.0 104.0b1 109.0 109.1.0 140.0 140.0.1 140.0b1 140.0a1";
        let bad = "103.0 103.0b1 103.0a1 103.0.0b1 103.0.0-beta.0 104.0.0 109.0.0 109.1 140 140.0-beta.1 140.0.1b1
            140.0-rc.1 140.0.0-beta.1 140.0b0 140.0.1a1 140.1a1 140.0a2 140.1b1 140.0.1.1 140.0esr 103.0.0esr 104.1.0b1";
        let ios = "140.0 140.1 140.0.1 140.0b1 140.1b2 140.0b0";
        let no_ios = "140.0.0 140.0.1b1 140 140.0a1 140.0esr 140.0-beta.1";
        for (texts, scheme, expected) in [
            (good, Scheme::Mobile, true),
            (bad, Scheme::Mobile, false),
            (ios, Scheme::Ios, true),
            (no_ios, Scheme::Ios, false),
        ] {
            for text in texts.split_whitespace() {
                let read = Version::parse(text, scheme);
                assert_eq!(read.is_ok(), expected, "{text}");
                if let Ok(read) = read {
                    assert_eq!(read.to_string(), text);
                }
            }
        }
        let ios = |text| Version::parse(text, Scheme::Ios).unwrap();
        assert!(ios("140.0b1") > ios("140.0") && ios("140.0b1") < ios("140.0.1"));
        assert!(ios("140.0.1") < ios("140.1b1"));
        let mobile = |text| Version::parse(text, Scheme::Mobile).unwrap();
        assert!(mobile("140.0b1") < mobile("140.0"));
        for (version, part, expected) in [
            ("140.0", Part::Major, Some("141.0")),
            ("140.0.1", Part::Major, None),
            ("103.1.2", Part::Major, Some("104.0")),
            ("102.0.0", Part::Major, Some("103.0.0")),
            ("140.0.1", Part::Minor, Some("140.1.0")),
            ("140.0b3", Part::Minor, None),
            ("103.0.0", Part::Minor, Some("103.1.0")),
        ] {
            let next = mobile(version).following(Some(part), "");
            assert_eq!(next.ok().as_deref(), expected, "{version}");
        }
    }
}
