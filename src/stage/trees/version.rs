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
    /// Extensions: numbers alone.
    Numbers,
}

/// The scheme of a file; `None` if a version in it is not known how to be read.
#[must_use]
pub fn scheme(file: &str) -> Option<Scheme> {
    if file.ends_with("/manifest.json") {
        return Some(Scheme::Numbers);
    }
    let gecko = file.starts_with("browser/")
        || file.starts_with("config/milestone.txt")
        || file.starts_with("mail/");
    match gecko {
        true => Some(Scheme::Gecko),
        false => file
            .starts_with("mobile/android/")
            .then_some(Scheme::Mobile),
    }
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
            Scheme::Mobile if patch.is_none() && is_plain => return Err("it has no third number"),
            Scheme::Mobile => {}
            Scheme::Gecko => gecko_rules(&read, minor, patch)?,
        }
        Ok(Self {
            numbers: read.numbers,
            channel: read.channel,
            scheme,
        })
    }

    /// Reads the version of a file.
    ///
    /// # Errors
    /// [`ActionError::Version`].
    pub fn of_file(file: &str, text: &str) -> Result<Self, ActionError> {
        let version = |why| ActionError::Version {
            file: file.to_owned(),
            version: text.to_owned(),
            why,
        };
        let scheme = scheme(file).ok_or(version("files of this folder have no known versions"))?;
        Self::parse(text, scheme).map_err(version)
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
        let has_patch = self.scheme == Scheme::Mobile;
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
                numbers = vec![next, 0];
                numbers.extend(has_patch.then_some(0));
            }
            Some(Part::Minor) => {
                let is_test = matches!(
                    self.channel,
                    ReleaseChannel::Beta(_) | ReleaseChannel::Nightly(_)
                );
                if is_test && !has_patch {
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

    /// What decides the order: the numbers, and the channel.
    fn key(&self) -> ([u32; 4], ReleaseChannel) {
        let mut numbers = [0; 4];
        for (place, number) in numbers.iter_mut().zip(&self.numbers) {
            *place = *number;
        }
        (numbers, self.channel)
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
        assert!(Version::parse("93.0", Scheme::Mobile).is_err());
        assert!(Version::parse("1.2.3b1", Scheme::Numbers).is_err());
    }
}
