//! The folders of the archive, and the names of files in them.

use std::cmp::Ordering;

use crate::stage::version_order::{NoOrder, compare};

/// The folder of a product's candidates, if it is not the product's name.
const FOLDERS: &[(&str, &str)] = &[("fennec", "mobile")];

/// The folder of a product's candidates.
#[must_use]
pub fn product_folder(product: &str) -> &str {
    let other = FOLDERS.iter().find(|(name, _)| *name == product);
    other.map_or(product, |(_, folder)| folder)
}

/// The folder of the candidates of a build, as an absolute path below `pub`.
#[must_use]
pub fn candidates_folder(product: &str, version: &str, build_number: u64) -> String {
    let product = product_folder(product);
    format!("/{product}/candidates/{version}-candidates/build{build_number}")
}

/// The folder of a release, as an absolute path below `pub`.
///
/// The real tools always use the product's name here, even if its candidates are in another folder.
#[must_use]
pub fn releases_folder(product: &str, version: &str) -> String {
    format!("/{product}/releases/{version}")
}

/// A version as people read it: `93.0 Beta 9` for `93.0b9`.
#[must_use]
pub fn pretty_version(version: &str) -> String {
    let end = version.trim_end_matches(|sign: char| sign.is_ascii_digit());
    let number = &version[end.len()..];
    if number.is_empty() {
        return version.to_owned();
    }
    for (letters, word) in [("rc", "RC"), ("a", "Alpha"), ("b", "Beta")] {
        if let Some(start) = end.strip_suffix(letters) {
            return format!("{start} {word} {number}");
        }
    }
    version.to_owned()
}

/// What an installer installs.
#[derive(Debug, Clone, Copy)]
pub struct Installer<'a> {
    /// The name of the product, such as `firefox`.
    pub product: &'a str,
    /// The name that people know, such as `Firefox`.
    pub brand: &'a str,
    /// The version.
    pub version: &'a str,
    /// The platform as the archive names it, such as `linux-x86_64`.
    pub platform: &'a str,
    /// The locale.
    pub locale: &'a str,
    /// The last version whose archives for Linux are compressed with bzip2; without it, all are.
    pub last_bzip2_version: Option<&'a str>,
}

/// Reports that there is no path of an installer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// There are no installers for the platform.
    #[error("{product} has no installer for the platform {platform:?}")]
    Platform {
        /// The product.
        product: String,
        /// The platform.
        platform: String,
    },
    /// The version cannot be compared with the last one that was compressed with bzip2.
    #[error(transparent)]
    Version(#[from] NoOrder),
}

impl Installer<'_> {
    /// The path of the installer below the folder of its candidates or release.
    ///
    /// # Errors
    /// [`LayoutError`] if there is none.
    pub fn path(&self) -> Result<String, LayoutError> {
        let parts = [self.platform, self.locale, &self.file_name()?];
        Ok(parts.map(|part| part.trim_matches('/')).join("/"))
    }

    fn file_name(&self) -> Result<String, LayoutError> {
        let (product, brand, version) = (self.product, self.brand, self.version);
        let is_mobile = product_folder(product) == "mobile";
        match self.platform {
            platform if is_mobile && platform.starts_with("android") => Ok(format!(
                "{product}-{version}.{}.android-arm.apk",
                self.locale
            )),
            platform if !is_mobile && platform.starts_with("linux") => {
                Ok(format!("{product}-{version}.tar.{}", self.compression()?))
            }
            platform if !is_mobile && platform.contains("mac") => {
                Ok(format!("{brand} {version}.dmg"))
            }
            platform if !is_mobile && platform.starts_with("win") => {
                Ok(format!("{brand} Setup {version}.exe"))
            }
            platform => Err(LayoutError::Platform {
                product: product.to_owned(),
                platform: platform.to_owned(),
            }),
        }
    }

    fn compression(&self) -> Result<&'static str, NoOrder> {
        match self.last_bzip2_version {
            Some(last) if !last.is_empty() => match compare(self.version, last)? {
                Ordering::Greater => Ok("xz"),
                _ => Ok("bz2"),
            },
            _ => Ok("bz2"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_written_for_people() {
        for (version, pretty) in [
            ("93.0b9", "93.0 Beta 9"),
            ("94.0a1", "94.0 Alpha 1"),
            ("92.0rc10", "92.0 RC 10"),
            ("92.0.1", "92.0.1"),
            ("140.0esr", "140.0esr"),
            ("93.0b", "93.0b"),
        ] {
            assert_eq!(pretty_version(version), pretty);
        }
    }

    #[test]
    fn folders_and_installers_have_their_places() {
        assert_eq!(
            candidates_folder("fennec", "68.0", 3),
            "/mobile/candidates/68.0-candidates/build3"
        );
        assert_eq!(releases_folder("fennec", "68.0"), "/fennec/releases/68.0");
        let installer = Installer {
            product: "firefox",
            brand: "Firefox",
            version: "135.0",
            platform: "linux-x86_64",
            locale: "de",
            last_bzip2_version: Some("134.99.0"),
        };
        assert_eq!(
            installer.path().as_deref(),
            Ok("linux-x86_64/de/firefox-135.0.tar.xz")
        );
        let older = Installer {
            version: "135.0b1",
            last_bzip2_version: Some("135.0"),
            ..installer
        };
        assert_eq!(
            older.path().as_deref(),
            Ok("linux-x86_64/de/firefox-135.0b1.tar.bz2")
        );
        let android = Installer {
            platform: "android-api-16",
            ..installer
        };
        let error = android.path().unwrap_err();
        assert_eq!(
            error.to_string(),
            "firefox has no installer for the platform \"android-api-16\""
        );
        let mobile = Installer {
            product: "fennec",
            ..android
        };
        assert_eq!(
            mobile.path().as_deref(),
            Ok("android-api-16/de/fennec-135.0.de.android-arm.apk")
        );
    }
}
