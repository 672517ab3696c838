//! Language packs for addons.mozilla.org.

use super::inside::{self, InsideError};
use crate::base::json;
use crate::base::value::Value;

/// What a language pack says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguagePack {
    /// Its locale.
    pub locale: String,
    /// Its version, as the manifest has it.
    pub version: String,
    /// Its id.
    pub id: String,
    /// The oldest version that it is for.
    pub min_version: String,
    /// The newest version that it is for.
    pub max_version: Option<String>,
    /// The locales of its texts.
    pub languages: Vec<String>,
}

/// Why a language pack is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// It is damaged, or has bad paths.
    #[error(transparent)]
    Inside(#[from] InsideError),
    /// There is no manifest.
    #[error("it has no manifest.json")]
    NoManifest,
    /// The manifest is not JSON.
    #[error("manifest.json is not JSON")]
    NotJson,
    /// The manifest lacks something, or it is not a text.
    #[error("manifest.json has no text `{0}`")]
    Missing(&'static str),
}

/// Reads a language pack.
///
/// # Errors
/// [`PackError`].
pub fn read(bytes: &[u8]) -> Result<LanguagePack, PackError> {
    let zip = inside::open(bytes)?;
    inside::test(&zip)?;
    let text = inside::text(&zip, "manifest.json")?.ok_or(PackError::NoManifest)?;
    let manifest = json::read("manifest.json", text.as_bytes()).map_err(|_| PackError::NotJson)?;
    let settings = manifest.get("browser_specific_settings");
    let settings = settings.or_else(|| manifest.get("applications"));
    let gecko = settings.and_then(|settings| settings.get("gecko"));
    let text = |value: Option<&Value>, name: &'static str| {
        let text = value
            .and_then(|value| value.get(name))
            .and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or(PackError::Missing(name))
    };
    let whole = Some(&manifest);
    text(whole, "name")?;
    text(whole, "description")?;
    let languages = manifest.get("languages").and_then(Value::as_object);
    let languages = languages.into_iter().flat_map(|map| map.keys());
    Ok(LanguagePack {
        locale: text(whole, "langpack_id")?,
        version: text(whole, "version")?,
        id: text(gecko, "id")?,
        min_version: text(gecko, "strict_min_version")?,
        max_version: text(gecko, "strict_max_version").ok(),
        languages: languages.map(|key| key.to_string()).collect(),
    })
}

/// Why a language pack does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Its locale is another one than that of the artifact.
    #[error("its locale is {found}, but the artifact is for {expected}")]
    Locale {
        /// The locale of the pack.
        found: String,
        /// The locale of the artifact.
        expected: String,
    },
    /// Its id does not name its locale.
    #[error("its id is {found}, but that of the locale begins with {expected}")]
    Id {
        /// The id.
        found: String,
        /// How it should begin.
        expected: String,
    },
    /// It has no texts for its locale.
    #[error("`languages` does not contain {0}")]
    Languages(String),
    /// The site would refuse its version.
    #[error(
        "addons.mozilla.org refuses the version {0:?}; it takes one to four numbers, each of up to nine digits without leading zeros, and old versions such as 81.0buildid20200910180444"
    )]
    Version(String),
    /// It is not for the release.
    #[error("it is for {min} to {max}, which does not contain {version}")]
    Range {
        /// The oldest version that it is for.
        min: String,
        /// The newest version that it is for.
        max: String,
        /// The version of the release.
        version: String,
    },
}

impl LanguagePack {
    /// Checks that the pack fits the locale of its artifact, and the version of the release if it is known.
    #[must_use]
    pub fn unfit(&self, locale: Option<&str>, version: &str) -> Vec<Unfit> {
        let mut found = Vec::new();
        if let Some(expected) = locale.filter(|expected| *expected != self.locale) {
            found.push(Unfit::Locale {
                found: self.locale.clone(),
                expected: expected.to_owned(),
            });
        }
        let start = format!("langpack-{}@", self.locale);
        if !self.id.starts_with(&start) {
            found.push(Unfit::Id {
                found: self.id.clone(),
                expected: start,
            });
        }
        if !self.languages.contains(&self.locale) {
            found.push(Unfit::Languages(self.locale.clone()));
        }
        if !is_version(&self.version) {
            found.push(Unfit::Version(self.version.clone()));
        }
        let series = |version: &str| -> Vec<u64> {
            let numbers = version.split('.').take(2);
            let digits = |part: &str| {
                part.find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(part.len())
            };
            numbers
                .filter_map(|part| part[..digits(part)].parse().ok())
                .collect()
        };
        let max = self.max_version.clone().unwrap_or_else(|| "*".to_owned());
        let top = max
            .split('*')
            .next()
            .unwrap_or_default()
            .trim_end_matches('.');
        let (low, high, now) = (series(&self.min_version), series(top), series(version));
        let is_above = !high.is_empty() && now[..high.len().min(now.len())] > high[..];
        if !version.is_empty() && (now < low || is_above) {
            found.push(Unfit::Range {
                min: self.min_version.clone(),
                max,
                version: version.to_owned(),
            });
        }
        found
    }
}

/// Whether the site accepts a version: of numbers, or, as it still does for language packs, an old one of numbers
/// and the id of a build.
fn is_version(version: &str) -> bool {
    let parts: Vec<&str> = version.split('.').collect();
    let is_number = |part: &&str| {
        let is_zero = part.len() > 1 && part.starts_with('0');
        !part.is_empty()
            && part.len() <= 9
            && !is_zero
            && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_old = version.split_once("buildid").is_some_and(|(version, id)| {
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let mut parts = version.split('.');
        parts.all(|part| !part.is_empty() && digits(part)) && id.len() == 14 && digits(id)
    });
    is_old || parts.len() <= 4 && parts.iter().all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack() -> LanguagePack {
        LanguagePack {
            locale: "de".to_owned(),
            version: "94.0.20261130.93000".to_owned(),
            id: "langpack-de@firefox.mozilla.org".to_owned(),
            min_version: "94.0".to_owned(),
            max_version: Some("94.*".to_owned()),
            languages: vec!["de".to_owned()],
        }
    }

    #[test]
    fn a_pack_fits_its_release() {
        assert_eq!(pack().unfit(Some("de"), "94.0b3"), []);
        assert_eq!(pack().unfit(None, "94.0.1"), []);
        assert!(matches!(
            pack().unfit(Some("fr"), "94.0")[..],
            [Unfit::Locale { .. }]
        ));
        assert!(matches!(
            pack().unfit(None, "95.0")[..],
            [Unfit::Range { .. }]
        ));
        assert!(matches!(
            pack().unfit(None, "93.0")[..],
            [Unfit::Range { .. }]
        ));
        let mut other = pack();
        other.id = "langpack-fr@firefox.mozilla.org".to_owned();
        assert!(matches!(other.unfit(None, "94.0")[..], [Unfit::Id { .. }]));
    }

    #[test]
    fn versions_are_those_of_the_site() {
        for version in [
            "94.0",
            "94.0.20261130.93000",
            "81.0buildid20200910180444",
            "1",
        ] {
            assert!(is_version(version), "{version}");
        }
        for version in [
            "94.01",
            "94.0.20261130093000",
            "1.2.3.4.5",
            "",
            "94.",
            "94.0b1",
            "buildid20200910180444",
            "81.buildid20200910180444",
            "81.0buildid2020091018044",
        ] {
            assert!(!is_version(version), "{version}");
        }
    }
}
