//! The names of releases, and the versions that clients can be pinned to.

/// A product as the update server names it: `Firefox` for `firefox`.
#[must_use]
pub fn product(name: &str) -> String {
    let mut signs = name.chars();
    let first = signs.next().into_iter().flat_map(char::to_uppercase);
    first.chain(signs.flat_map(char::to_lowercase)).collect()
}

/// The name of a release: `Firefox-92.0.1-build2`, with a suffix for one of its variants.
#[must_use]
pub fn release(product: &str, version: &str, build_number: &str, suffix: &str) -> String {
    format!("{product}-{version}-build{build_number}{suffix}")
}

/// The name of a nightly release: `Firefox-mozilla-central-nightly-20210922161155`, or with `latest`.
#[must_use]
pub fn nightly(product: &str, branch: &str, id: &str) -> String {
    format!("{product}-{branch}-nightly-{id}")
}

/// The pins of a version, which keep clients on its major or minor version: `92.` and `92.0.` for
/// `92.0.1`.
///
/// # Errors
/// If the version does not begin with two numbers and a dot between them.
pub fn pins(version: &str) -> Result<[String; 2], NoPin> {
    let no_pin = || NoPin(version.to_owned());
    let (major, rest) = version.split_once('.').ok_or_else(no_pin)?;
    let minor_length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let minor = &rest[..minor_length];
    let is_number =
        |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    if !is_number(major) || !is_number(minor) {
        return Err(no_pin());
    }
    Ok([format!("{major}."), format!("{major}.{minor}.")])
}

/// Reports a version that nobody can be pinned to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Version string '{0}' could not be parsed into a pinnable version")]
pub struct NoPin(pub String);

/// An earlier release that partial updates start from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// Its version.
    pub version: String,
    /// The number of its build.
    pub build_number: String,
}

/// Reports an item of a list of earlier releases that is not a version with a build number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a version with a build number, such as `92.0build3`")]
pub struct NotPrevious(pub String);

/// Reads a list of earlier releases: `92.0build3, 91.0.2build1`. An empty text is an empty list; of a version
/// that is listed twice, the last build counts, at the place of the first.
///
/// # Errors
/// The first item that is not a version with a build number.
pub fn previous(list: &str) -> Result<Vec<Previous>, NotPrevious> {
    let mut all: Vec<Previous> = Vec::new();
    if list.is_empty() {
        return Ok(all);
    }
    for item in list.split(',').map(str::trim) {
        let parts: Vec<&str> = item.split("build").collect();
        let &[version, build_number] = parts.as_slice() else {
            return Err(NotPrevious(item.to_owned()));
        };
        let is_number = build_number.bytes().all(|digit| digit.is_ascii_digit());
        if version.is_empty() || build_number.is_empty() || !is_number {
            return Err(NotPrevious(item.to_owned()));
        }
        let one = Previous {
            version: version.to_owned(),
            build_number: build_number.to_owned(),
        };
        match all.iter_mut().find(|known| known.version == one.version) {
            Some(known) => *known = one,
            None => all.push(one),
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_capitalized() {
        assert_eq!(product("firefox"), "Firefox");
        assert_eq!(product("devEdition"), "Devedition");
        assert_eq!(product(""), "");
    }

    #[test]
    fn pins_need_two_numbers() {
        assert_eq!(pins("93.0b9"), Ok(["93.".into(), "93.0.".into()]));
        for version in ["", "93", "93.", "a.1", "93.b1", ".1"] {
            assert_eq!(pins(version), Err(NoPin(version.into())));
        }
    }

    #[test]
    fn earlier_releases_are_read() {
        let one = |version: &str, build_number: &str| Previous {
            version: version.into(),
            build_number: build_number.into(),
        };
        assert_eq!(previous(""), Ok(Vec::new()));
        assert_eq!(
            previous("92.0build3, 93.0b9build1,92.0build4"),
            Ok(vec![one("92.0", "4"), one("93.0b9", "1")])
        );
        for list in [
            "92.0",
            "92.0build",
            "build1",
            "92.0build1build2",
            "92.0build1,",
        ] {
            assert!(previous(list).is_err(), "{list}");
        }
    }
}
