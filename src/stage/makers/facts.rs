//! What is known of a build, and what follows from it.
//!
//! Every fact may be any text, also an empty one: what goes into paths and fields of files is cleaned
//! here.

use chrono::{DateTime, Datelike as _, NaiveDateTime, TimeDelta};

use super::super::keys::Hash;
use crate::base::posix::basename;

/// The facts of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts<'a> {
    /// The label of the task.
    pub label: &'a str,
    /// The product.
    pub product: &'a str,
    /// Its version.
    pub version: &'a str,
    /// When it was built: `YYYYMMDDhhmmss`.
    pub build_id: &'a str,
    /// The platform that it is for, such as `linux64` or `macosx64-shippable/opt`.
    pub platform: &'a str,
    /// The locale.
    pub locale: &'a str,
    /// The branch that it was built on.
    pub branch: &'a str,
}

/// An operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// Linux, and everything unknown.
    Linux,
    /// macOS.
    Mac,
    /// Windows.
    Windows,
    /// Android.
    Android,
}

/// Whether a platform is Linux without a processor, of builds that Firefox releases.
fn is_linux_of_firefox(platform: &str) -> bool {
    let rest = platform.strip_prefix("linux-");
    rest.is_some_and(|rest| rest.starts_with("shippable") || rest.starts_with("devedition"))
}

impl System {
    /// The name of the system.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Mac => "mac",
            Self::Windows => "win",
            Self::Android => "android",
        }
    }
}

/// A kind of processor. The order is that in which version codes of Android packages rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Machine {
    /// 32-bit ARM.
    Arm,
    /// 64-bit ARM.
    Aarch64,
    /// 32-bit x86.
    X86,
    /// 64-bit x86.
    X86_64,
}

impl Machine {
    /// The usual name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Arm => "arm",
            Self::Aarch64 => "aarch64",
            Self::X86 => "x86",
            Self::X86_64 => "x86_64",
        }
    }

    /// The name in Android packages.
    #[must_use]
    pub fn abi(self) -> &'static str {
        match self {
            Self::Arm => "armeabi-v7a",
            Self::Aarch64 => "arm64-v8a",
            other => other.name(),
        }
    }

    /// The machine that a name mentions.
    #[must_use]
    pub fn mentioned(name: &str) -> Option<Self> {
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if has(&["aarch64", "arm64"]) {
            Some(Self::Aarch64)
        } else if has(&["armeabi", "armv7", "android-arm", "armhf"]) {
            Some(Self::Arm)
        } else if has(&["x86_64", "x86-64", "amd64", "x64"]) {
            Some(Self::X86_64)
        } else if has(&["x86", "i686", "i386"]) {
            Some(Self::X86)
        } else {
            None
        }
    }
}

/// A build for tests.
#[cfg(test)]
pub const HAIL: Facts<'static> = Facts {
    label: "build",
    product: "hail",
    version: "94.0",
    build_id: "20260131120000",
    platform: "linux64",
    locale: "en-US",
    branch: "main",
};

/// The fewest letters and digits of a name that says which project it is of.
const SHORTEST_NAME: usize = 4;

impl Facts<'_> {
    /// The operating system.
    #[must_use]
    pub fn system(&self) -> System {
        let platform = self.platform.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| platform.contains(word));
        if has(&["android"]) {
            System::Android
        } else if has(&["mac", "osx", "darwin"]) {
            System::Mac
        } else if has(&["win"]) {
            System::Windows
        } else {
            System::Linux
        }
    }

    /// The processor.
    #[must_use]
    pub fn machine(&self) -> Machine {
        let platform = self.platform.to_ascii_lowercase();
        Machine::mentioned(&platform).unwrap_or({
            match self.system() {
                System::Android => Machine::Arm,
                System::Mac => Machine::X86_64,
                _ if platform.contains("32") => Machine::X86,
                // Firefox names them so.
                System::Linux if platform == "linux" || is_linux_of_firefox(&platform) => {
                    Machine::X86
                }
                _ => Machine::X86_64,
            }
        })
    }

    /// The product in the names of files.
    #[must_use]
    pub fn product_name(&self) -> String {
        clean(self.product, "application").to_ascii_lowercase()
    }

    /// Whether a file has the name of the project, or its beginning: `MozillaVPN` in `mozilla-vpn-client`.
    #[must_use]
    pub fn is_named_as_project(&self, stem: &str) -> bool {
        let letters = |name: &str| -> String {
            let letters = name.chars().filter(char::is_ascii_alphanumeric);
            letters.map(|letter| letter.to_ascii_lowercase()).collect()
        };
        let own = letters(stem);
        own.len() >= SHORTEST_NAME && letters(basename(self.branch)).starts_with(&own)
    }

    /// The product as people read it.
    #[must_use]
    pub fn title(&self) -> String {
        let name = self.product_name();
        let words = name.split(['-', '_']).filter(|word| !word.is_empty());
        let words = words.map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_ascii_uppercase() + rest
        });
        words.collect::<Vec<String>>().join(" ")
    }

    /// The locale in the names of files.
    #[must_use]
    pub fn locale_name(&self) -> String {
        clean(self.locale, "en-US")
    }

    /// The version in the names of files.
    #[must_use]
    pub fn version_name(&self) -> String {
        clean(self.version, "0")
    }

    /// The version that the application says it has: without the number of a beta, and without `esr`.
    #[must_use]
    pub fn application_version(&self) -> String {
        let version = self.version_name();
        let version = version.strip_suffix("esr").unwrap_or(&version);
        let numbers = |c: char| c.is_ascii_digit() || c == '.';
        match version.split_once('b') {
            Some((start, beta)) if start.chars().all(numbers) && beta.chars().all(numbers) => {
                start.to_owned()
            }
            _ => version.to_owned(),
        }
    }

    /// The numbers of the version.
    #[must_use]
    pub fn numbers(&self) -> Vec<u32> {
        let parts = self.version.split(|c: char| !c.is_ascii_digit());
        parts.filter_map(|part| part.parse().ok()).collect()
    }

    /// The first number of the version.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.numbers().first().copied().unwrap_or_default()
    }

    /// The build id: fourteen digits, zeros where the fact has fewer.
    #[must_use]
    pub fn build(&self) -> String {
        let digits = self.build_id.chars().filter(char::is_ascii_digit);
        let zeros = std::iter::repeat('0');
        digits.chain(zeros).take(14).collect()
    }

    /// The revision that it was built of, as none is known: one that follows from the version and the build id.
    #[must_use]
    pub fn revision(&self) -> String {
        let text = format!("{} {}", self.version_name(), self.build());
        Hash::Sha1.hex(text.as_bytes())
    }

    /// When it was built; 2001-01-01 if the build id is no time of this century.
    #[must_use]
    pub fn built(&self) -> NaiveDateTime {
        let built = NaiveDateTime::parse_from_str(&self.build(), "%Y%m%d%H%M%S").ok();
        let built = built.filter(|built| (2001..2100).contains(&built.year()));
        built.unwrap_or_else(|| DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::days(11_323))
    }

    /// Seconds from 1970 to the build.
    #[must_use]
    pub fn seconds(&self) -> u32 {
        u32::try_from(self.built().and_utc().timestamp()).unwrap_or_default()
    }

    /// Who makes the product: the first word of a branch of several words.
    #[must_use]
    pub fn vendor(&self) -> String {
        let branch = clean(basename(self.branch), "");
        match branch.split_once('-') {
            Some((vendor, _)) if !vendor.is_empty() => vendor.to_ascii_lowercase(),
            _ => "example".to_owned(),
        }
    }

    /// The MAR channel id: the product and the branch.
    #[must_use]
    pub fn channel_id(&self) -> String {
        let branch = clean(basename(self.branch), "default");
        let id = format!("{}-{branch}", self.product_name());
        id.chars().take(63).collect()
    }

    /// The channel that updates are asked for.
    #[must_use]
    pub fn update_channel(&self) -> String {
        clean(basename(self.branch), "default")
    }

    /// The id of the application in packages of several systems, such as `org.example.product`.
    #[must_use]
    pub fn package(&self) -> String {
        let plain = |text: String| text.replace('-', "_");
        let product = plain(self.product_name());
        let letter = product.starts_with(|c: char| c.is_ascii_alphabetic());
        let product = if letter {
            product
        } else {
            format!("p{product}")
        };
        let vendor = plain(self.vendor());
        let letter = vendor.starts_with(|c: char| c.is_ascii_alphabetic());
        let vendor = if letter { vendor } else { format!("v{vendor}") };
        format!("org.{vendor}.{product}")
    }
}

/// A text that can be part of a file name on every system; another one if nothing is left.
fn clean(text: &str, otherwise: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let text: String = text.chars().filter(|c| allowed(*c)).take(31).collect();
    let text = text.trim_matches(['.', '-', '_']);
    match text.is_empty() {
        true => otherwise.to_owned(),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_may_have_the_name_of_the_project() {
        let named = |project: &str, stem: &str| {
            let facts = Facts {
                branch: project,
                ..HAIL
            };
            facts.is_named_as_project(stem)
        };
        assert!(named("mozilla-vpn-client", "MozillaVPN"));
        assert!(named("hail", "hail"));
        assert!(!named("mozilla-vpn-client", "client"));
        assert!(!named("mozilla-vpn-client", "moz"));
        assert!(!named("hail", "hailstone"));
        assert!(!named("", ""));
    }
}
