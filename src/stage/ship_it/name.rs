//! The names of releases: `Firefox-94.0b3-build1`.

/// The name of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseName<'a> {
    /// The product.
    pub product: &'a str,
    /// The version.
    pub version: &'a str,
    /// The number of the build.
    pub build_number: u64,
}

/// Reports that a text is not the name of a release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a release, such as Firefox-94.0b3-build1")]
pub struct NoName(pub String);

impl<'a> ReleaseName<'a> {
    /// Reads a name.
    ///
    /// # Errors
    /// [`NoName`].
    pub fn read(name: &'a str) -> Result<Self, NoName> {
        let wrong = || NoName(name.to_owned());
        let (rest, number) = name.rsplit_once("-build").ok_or_else(wrong)?;
        let (product, version) = rest.rsplit_once('-').ok_or_else(wrong)?;
        let is_version = version.starts_with(|sign: char| sign.is_ascii_digit());
        let build_number = number.parse().ok().filter(|number| *number > 0);
        let is_plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
        if product.is_empty() || !is_version || !is_plain {
            return Err(wrong());
        }
        Ok(Self {
            product,
            version,
            build_number: build_number.ok_or_else(wrong)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        let name = ReleaseName::read("Firefox-94.0b3-build12").unwrap();
        assert_eq!(
            (name.product, name.version, name.build_number),
            ("Firefox", "94.0b3", 12)
        );
        for text in [
            "",
            "Firefox",
            "Firefox-94.0",
            "Firefox-94.0-build0",
            "-94.0-build1",
            "Firefox-x-build1",
            "Firefox-94.0-build01",
            "Firefox-94.0-build+1",
        ] {
            assert!(ReleaseName::read(text).is_err(), "{text}");
        }
    }
}
