//! Names of releases on the update server: `Firefox-141.0.3-build2`.

use std::fmt;

/// The name of a release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReleaseName {
    /// The product, as Balrog names it.
    pub product: String,
    /// The version: digits, letters and dots.
    pub version: String,
    /// The number of the build.
    pub build_number: u64,
}

/// Reports a text that is not a version with the number of a build.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a version with the number of a build, such as `141.0.3build2`")]
pub struct NoBuild(pub String);

impl ReleaseName {
    /// Reads the name of a release of a product; `None` for other names, such as those of variants.
    #[must_use]
    pub fn parse(name: &str, product: &str) -> Option<Self> {
        let rest = name.strip_prefix(product)?.strip_prefix('-')?;
        let (version, number) = rest.rsplit_once("-build")?;
        Self::new(product, version, number)
    }

    /// Reads `VERSIONbuildNUMBER`.
    ///
    /// # Errors
    /// If the text has another form.
    pub fn of_build(text: &str, product: &str) -> Result<Self, NoBuild> {
        let parts = text.rsplit_once("build");
        let name = parts.and_then(|(version, number)| Self::new(product, version, number));
        name.ok_or_else(|| NoBuild(text.to_owned()))
    }

    fn new(product: &str, version: &str, number: &str) -> Option<Self> {
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
        let is_version = version.starts_with(|sign: char| sign.is_ascii_digit())
            && version.bytes().all(is_plain)
            && !version.contains("..");
        (is_version && is_number(number)).then_some(())?;
        Some(Self {
            product: product.to_owned(),
            version: version.to_owned(),
            build_number: number.parse().ok()?,
        })
    }

    /// The product, as folders of the archive have it.
    #[must_use]
    pub fn folder(&self) -> String {
        self.product.to_lowercase()
    }

    /// The name in lists of releases.
    #[must_use]
    pub fn shipped(&self) -> String {
        format!("{}-{}", self.folder(), self.version)
    }
}

impl fmt::Display for ReleaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}-{}-build{}",
            self.product, self.version, self.build_number
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_product_a_version_and_a_build() {
        for name in ["Firefox-141.0-build1", "Firefox-142.0b3-build12"] {
            let read = ReleaseName::parse(name, "Firefox");
            assert_eq!(read.map(|read| read.to_string()).as_deref(), Some(name));
        }
        for name in [
            "Firefox-141.0-build1-No-WNP",
            "Firefox-141.0",
            "Firefox-../x-build1",
            "Firefox-1..0-build1",
            "Firefox-1/0-build1",
            "Firefox-141.0-build",
            "Firefox-141.0-build99999999999999999999",
            "Firefox--build1",
            "Devedition-141.0b1-build1",
            "Firefox-mozilla-central-nightly-latest",
        ] {
            assert_eq!(ReleaseName::parse(name, "Firefox"), None, "{name}");
        }
        let of = |text| ReleaseName::of_build(text, "Firefox").map(|name| name.to_string());
        assert_eq!(of("141.0.3build2").as_deref(), Ok("Firefox-141.0.3-build2"));
        assert_eq!(of("141.0"), Err(NoBuild("141.0".to_owned())));
    }
}
