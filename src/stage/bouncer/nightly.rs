//! The products of nightly builds.
//!
//! They have no version in their names. Their paths have one, which a task replaces with the next one after
//! each merge day.

use super::product::SYSTEMS;

/// Why the paths of nightly products are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NightlyError {
    /// The products are not a set that the worker knows.
    #[error(
        "the products of {0} are not one of the sets of nightly products that the worker changes together"
    )]
    Products(String),
    /// The worker knows no nightly builds of the product.
    #[error("the worker of bouncer knows no nightly builds of {0}")]
    Product(String),
    /// A version is not one.
    #[error("{0:?} is not a version")]
    NoVersion(String),
    /// The version is not one of a nightly build.
    #[error("{0} is not a version of a nightly build, such as 94.0a1")]
    NotNightly(String),
    /// The path of a product is not one of a nightly build.
    #[error("{product} has the path {path}, which is not one of its nightly builds")]
    Path {
        /// The product.
        product: String,
        /// The path.
        path: String,
    },
    /// Both versions have one major version.
    #[error("the versions {next} and {current} have the same major version")]
    Same {
        /// The version that bouncer has.
        current: String,
        /// The version of the task.
        next: String,
    },
    /// The version is older.
    #[error("the version {next} is lower than {current}, which bouncer has")]
    Lower {
        /// The version that bouncer has.
        current: String,
        /// The version of the task.
        next: String,
    },
    /// A version is left out.
    #[error(
        "the version {next} does not follow {current}, which bouncer has: a version is left out"
    )]
    Jump {
        /// The version that bouncer has.
        current: String,
        /// The version of the task.
        next: String,
    },
}

impl NightlyError {
    /// The message of the real worker where its words are known, otherwise our own.
    #[must_use]
    pub fn production_message(&self) -> String {
        match self {
            Self::Same { current, next } => format!(
                "Identifiers for {next} and {current} can't be equal at this point in the code"
            ),
            Self::Lower { current, next } => format!(
                "In-tree version {next} can't be less than current bouncer {current} counterpart"
            ),
            Self::Jump { current, next } => format!(
                "In-tree version {next} can't be greater than current bouncer {current} by more than 1 digit"
            ),
            Self::NotNightly(version) => {
                format!("Version {version} is valid but does not match a nightly one")
            }
            other => other.to_string(),
        }
    }
}

/// The files of a nightly product.
struct Nightly {
    name: &'static str,
    /// Which locales its files are for.
    locales: Locales,
    kind: Kind,
}

/// Which locales the files of a product are for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Locales {
    /// American English alone.
    English,
    /// Each has a file of its own.
    Each,
    /// One file has all of them.
    Multi,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Installer,
    Msi,
    Msix,
    Pkg,
}

const fn nightly(name: &'static str, locales: Locales, kind: Kind) -> Nightly {
    Nightly {
        name,
        locales,
        kind,
    }
}

const FIREFOX: &[Nightly] = &[
    nightly("firefox-nightly-latest", Locales::Each, Kind::Installer),
    nightly(
        "firefox-nightly-latest-ssl",
        Locales::English,
        Kind::Installer,
    ),
    nightly(
        "firefox-nightly-latest-l10n",
        Locales::Each,
        Kind::Installer,
    ),
    nightly(
        "firefox-nightly-latest-l10n-ssl",
        Locales::Each,
        Kind::Installer,
    ),
    nightly(
        "firefox-nightly-msi-latest-ssl",
        Locales::English,
        Kind::Msi,
    ),
    nightly(
        "firefox-nightly-msi-latest-l10n-ssl",
        Locales::Each,
        Kind::Msi,
    ),
    nightly(
        "firefox-nightly-pkg-latest-ssl",
        Locales::English,
        Kind::Pkg,
    ),
    nightly(
        "firefox-nightly-pkg-latest-l10n-ssl",
        Locales::Each,
        Kind::Pkg,
    ),
    nightly(
        "firefox-nightly-msix-latest-ssl",
        Locales::Multi,
        Kind::Msix,
    ),
];

const THUNDERBIRD: &[Nightly] = &[
    nightly(
        "thunderbird-nightly-latest",
        Locales::English,
        Kind::Installer,
    ),
    nightly(
        "thunderbird-nightly-latest-ssl",
        Locales::English,
        Kind::Installer,
    ),
    nightly(
        "thunderbird-nightly-latest-l10n",
        Locales::Each,
        Kind::Installer,
    ),
    nightly(
        "thunderbird-nightly-latest-l10n-ssl",
        Locales::Each,
        Kind::Installer,
    ),
    nightly(
        "thunderbird-nightly-msi-latest-ssl",
        Locales::English,
        Kind::Msi,
    ),
    nightly(
        "thunderbird-nightly-msi-latest-l10n-ssl",
        Locales::Each,
        Kind::Msi,
    ),
    nightly(
        "thunderbird-nightly-pkg-latest-ssl",
        Locales::English,
        Kind::Pkg,
    ),
    nightly(
        "thunderbird-nightly-pkg-latest-l10n-ssl",
        Locales::Each,
        Kind::Pkg,
    ),
];

/// Sets of products that change together: so many of the list, from its beginning.
const SETS: &[(&[Nightly], usize)] = &[(FIREFOX, 4), (FIREFOX, 8), (FIREFOX, 9), (THUNDERBIRD, 8)];

/// Checks that products are a set that changes together. The worker does not ask whether it is one of the product's,
/// which [`version_of`] finds out by the paths.
///
/// # Errors
/// [`NightlyError::Products`].
pub fn check_products(products: &[&str], product: &str) -> Result<(), NightlyError> {
    let mut given = products.to_vec();
    given.sort_unstable();
    let is_set = SETS.iter().any(|(list, count)| {
        let mut names: Vec<&str> = list.iter().take(*count).map(|one| one.name).collect();
        names.sort_unstable();
        names == given
    });
    match is_set {
        true => Ok(()),
        false => Err(NightlyError::Products(product.to_owned())),
    }
}

/// Checks that the path of a product is one of its nightly builds, and returns its version.
///
/// # Errors
/// [`NightlyError::Path`].
pub fn version_of<'p>(product: &str, path: &'p str) -> Result<&'p str, NightlyError> {
    version_in(product, path).ok_or_else(|| NightlyError::Path {
        product: product.to_owned(),
        path: path.to_owned(),
    })
}

fn version_in<'p>(product: &str, path: &'p str) -> Option<&'p str> {
    let is_firefox = FIREFOX.iter().any(|one| one.name == product);
    let nightly = FIREFOX
        .iter()
        .chain(THUNDERBIRD)
        .find(|one| one.name == product)?;
    let (name, branches): (&str, &[&str]) = match is_firefox {
        true => ("firefox", &["mozilla-central", "try"]),
        false => ("thunderbird", &["comm-central"]),
    };
    let rest = path.strip_prefix(&format!("/{name}/nightly/latest-"))?;
    let rest = branches.iter().find_map(|branch| {
        let rest = rest.strip_prefix(branch)?;
        let rest = match nightly.locales {
            Locales::Each => rest.strip_prefix("-l10n")?,
            Locales::English | Locales::Multi => rest,
        };
        rest.strip_prefix('/')
    })?;
    let rest = rest.strip_prefix(name)?.strip_prefix('-')?;
    let locale = match nightly.locales {
        Locales::Each => ".:lang.",
        Locales::English => ".en-US.",
        Locales::Multi => ".multi.",
    };
    let (version, file) = rest.split_once(locale)?;
    let major = version.strip_suffix(".0a1")?;
    let is_number = !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && is_file(nightly.kind, file, is_firefox)).then_some(version)
}

/// Whether a file with this end is one of a kind: `linux-x86_64.tar.xz`.
fn is_file(kind: Kind, file: &str, is_firefox: bool) -> bool {
    let Some((folder, end)) = file.split_once('.') else {
        return false;
    };
    if !SYSTEMS.iter().any(|(_, known)| *known == folder) {
        return false;
    }
    let is_windows = folder.starts_with("win");
    match kind {
        Kind::Installer if folder == "mac" => end == "dmg",
        Kind::Installer if is_windows => end == "installer.exe",
        Kind::Installer => {
            let is_known = is_firefox || folder != "linux-aarch64";
            is_known && ["tar.bz2", "tar.xz"].contains(&end)
        }
        Kind::Msi => is_windows && end == "installer.msi",
        Kind::Msix => ["win32", "win64"].contains(&folder) && end == "installer.msix",
        Kind::Pkg => folder == "mac" && end == "pkg",
    }
}

/// The path with another version.
#[must_use]
pub fn bump(path: &str, current: &str, next: &str) -> String {
    path.replace(current, next)
}

/// Checks the version of a task.
///
/// # Errors
/// [`NightlyError::NoVersion`], [`NightlyError::NotNightly`].
pub fn check_nightly(version: &str) -> Result<(), NightlyError> {
    major(version)?;
    match version.ends_with(".0a1") {
        true => Ok(()),
        false => Err(NightlyError::NotNightly(version.to_owned())),
    }
}

/// Checks that a version follows the one that bouncer has, as the worker of production does.
///
/// # Errors
/// [`NightlyError`].
pub fn check_successive(current: &str, next: &str) -> Result<(), NightlyError> {
    let (before, after) = (major(current)?, major(next)?);
    let (current, next) = (current.to_owned(), next.to_owned());
    match after.checked_sub(before) {
        Some(0) => Err(NightlyError::Same { current, next }),
        Some(1) => Ok(()),
        Some(_) => Err(NightlyError::Jump { current, next }),
        None => Err(NightlyError::Lower { current, next }),
    }
}

fn major(version: &str) -> Result<u64, NightlyError> {
    let wrong = || NightlyError::NoVersion(version.to_owned());
    let parsed: crate::base::version::Version = version.parse().map_err(|_| wrong())?;
    let major = parsed.numbers.first().copied();
    major.map(u64::from).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_change_together() {
        let names: Vec<&str> = FIREFOX.iter().map(|one| one.name).collect();
        assert_eq!(check_products(&names, "firefox"), Ok(()));
        assert!(check_products(&names[..3], "firefox").is_err());
        let reversed: Vec<&str> = names[..4].iter().rev().copied().collect();
        assert_eq!(check_products(&reversed, "firefox"), Ok(()));
    }

    #[test]
    fn paths_are_those_of_the_product() {
        let path =
            "/firefox/nightly/latest-mozilla-central/firefox-94.0a1.en-US.win64.installer.exe";
        assert_eq!(version_of("firefox-nightly-latest-ssl", path), Ok("94.0a1"));
        for (product, path) in [
            ("firefox-nightly-latest", path),
            ("firefox-nightly-msi-latest-ssl", path),
            (
                "firefox-nightly-latest-ssl",
                &path.replace("94.0a1", "94.0b1"),
            ),
            (
                "firefox-nightly-latest-ssl",
                &path.replace("central", "beta"),
            ),
            ("no-such-product", path),
        ] {
            assert!(version_of(product, path).is_err(), "{product} {path}");
        }
    }
}
