//! Chooses the earlier releases from which updates are verified.

use std::cmp::Ordering;

use crate::base::pattern::{PatternError, Prefix};
use crate::stage::version_order::{NoOrder, compare};

/// An earlier release, as the public list of releases has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipped {
    /// Its name: `PRODUCT-VERSION`.
    pub name: String,
    /// The number of the build that was shipped.
    pub build_number: u64,
}

/// Why a release is not chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skipped {
    /// Its version matches no pattern: it belongs to another channel.
    Pattern,
    /// It is of another product.
    Product,
    /// Its users are first updated to the release of the watershed.
    Watershed,
    /// It is the release itself.
    Same,
    /// It is newer.
    Newer,
}

impl Skipped {
    /// The reason in words.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Pattern => "its version is that of another channel",
            Self::Product => "it is of another product",
            Self::Watershed => "it is older than the last watershed",
            Self::Same => "it has the version of this release",
            Self::Newer => "it is newer than this release",
        }
    }
}

/// What decides.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The product.
    pub product: String,
    /// The version of the release.
    pub to_version: String,
    /// The oldest version that is updated directly.
    pub last_watershed: String,
    /// The patterns of versions, one of which has to match.
    pub include_versions: Vec<Prefix>,
    /// MAR channel ids of the versions that match a pattern; the last that matches counts.
    pub mar_channel_ids: Vec<(Prefix, String)>,
}

/// Reads an argument `PATTERN,ID,ID…`.
///
/// # Errors
/// If the pattern is not valid.
pub fn channel_ids(argument: &str) -> Result<(Prefix, String), PatternError> {
    let (pattern, ids) = argument.split_once(',').unwrap_or((argument, ""));
    Ok((Prefix::new(pattern)?, ids.to_owned()))
}

impl Selection {
    /// Whether a release is chosen: its version, or why not.
    ///
    /// # Errors
    /// If its version cannot be compared.
    pub fn decide<'s>(&self, shipped: &'s Shipped) -> Result<Result<&'s str, Skipped>, NoOrder> {
        let (product, version) = shipped.name.split_once('-').unwrap_or((&shipped.name, ""));
        let mut patterns = self.include_versions.iter();
        if !patterns.any(|pattern| pattern.matches(version)) {
            return Ok(Err(Skipped::Pattern));
        }
        if product != self.product {
            return Ok(Err(Skipped::Product));
        }
        if compare(version, &self.last_watershed)? == Ordering::Less {
            return Ok(Err(Skipped::Watershed));
        }
        if version == self.to_version {
            return Ok(Err(Skipped::Same));
        }
        Ok(match compare(version, &self.to_version)? {
            Ordering::Greater => Err(Skipped::Newer),
            _ => Ok(version),
        })
    }

    /// The MAR channel ids that a release is to accept in place of its own.
    #[must_use]
    pub fn accepted(&self, version: &str) -> Option<&str> {
        let mut matching = self.mar_channel_ids.iter().rev();
        let found = matching.find(|(pattern, _)| pattern.matches(version));
        found.map(|(_, ids)| ids.as_str())
    }

    /// Whether a release may have no earlier ones: it is not newer than the watershed.
    ///
    /// # Errors
    /// If the versions cannot be compared.
    pub fn may_be_empty(&self) -> Result<bool, NoOrder> {
        Ok(compare(&self.to_version, &self.last_watershed)? != Ordering::Greater)
    }
}

/// The tag of a release in its repository.
#[must_use]
pub fn release_tag(product: &str, version: &str) -> String {
    let (product, version) = (product.to_ascii_uppercase(), version.replace('.', "_"));
    format!("{product}_{version}_RELEASE")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection() -> Selection {
        Selection {
            product: "firefox".to_owned(),
            to_version: "92.0.1".to_owned(),
            last_watershed: "72.0.2".to_owned(),
            include_versions: vec![Prefix::new(r"^\d+\.\d+(\.\d+)?$").unwrap()],
            mar_channel_ids: vec![channel_ids(r"^\d+\.\d+$$,a,b").unwrap()],
        }
    }

    #[test]
    fn each_release_is_chosen_or_has_a_reason() {
        for (name, decided) in [
            ("firefox-92.0", Ok("92.0")),
            ("firefox-72.0.2", Ok("72.0.2")),
            ("firefox-72.0.1", Err(Skipped::Watershed)),
            ("firefox-92.0b9", Err(Skipped::Pattern)),
            ("firefox-91.0esr", Err(Skipped::Pattern)),
            ("firefox-92.0.1", Err(Skipped::Same)),
            ("firefox-93.0", Err(Skipped::Newer)),
            ("devedition-92.0", Err(Skipped::Product)),
            ("firefox", Err(Skipped::Pattern)),
        ] {
            let shipped = Shipped {
                name: name.to_owned(),
                build_number: 1,
            };
            assert_eq!(selection().decide(&shipped), Ok(decided), "{name}");
        }
        assert_eq!(selection().accepted("92.0"), Some("a,b"));
        assert_eq!(selection().accepted("92.0.1"), None);
        assert_eq!(selection().may_be_empty(), Ok(false));
        assert_eq!(release_tag("firefox", "92.0.1"), "FIREFOX_92_0_1_RELEASE");
    }
}
