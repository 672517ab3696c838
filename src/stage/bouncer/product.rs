//! The names of products.

/// A product that the real worker knows, with the folder of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brand<'a> {
    /// How the names of its products begin.
    pub name: &'a str,
    /// Its folder below `pub`.
    pub folder: &'a str,
    /// How the names of its files begin, in lower case.
    pub file: &'a str,
    /// Whether it is Firefox, which alone has candidates, packages for macOS and language packs.
    pub is_firefox: bool,
    /// Whether it is built for Linux on ARM.
    pub has_linux_arm: bool,
}

/// The products that the real worker knows.
pub const BRANDS: &[Brand<'static>] = &[
    Brand {
        name: "Firefox",
        folder: "firefox",
        file: "firefox",
        is_firefox: true,
        has_linux_arm: true,
    },
    Brand {
        name: "Devedition",
        folder: "devedition",
        file: "firefox",
        is_firefox: false,
        has_linux_arm: true,
    },
    Brand {
        name: "Thunderbird",
        folder: "thunderbird",
        file: "thunderbird",
        is_firefox: false,
        has_linux_arm: false,
    },
];

/// The operating systems of bouncer, with the folder of their files.
pub const SYSTEMS: &[(&str, &str)] = &[
    ("linux", "linux-i686"),
    ("linux64", "linux-x86_64"),
    ("linux64-aarch64", "linux-aarch64"),
    ("osx", "mac"),
    ("win", "win32"),
    ("win64", "win64"),
    ("win64-aarch64", "win64-aarch64"),
];

/// Other operating systems that bouncer knows, which have no folder of their own.
pub const OTHER_SYSTEMS: &[&str] = &["android", "android-x86"];

/// What a link leads to, as the end of the product's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Package<'a> {
    /// An installer, or an archive of the application.
    Installer,
    /// The small installer for Windows that downloads the other one.
    Stub,
    /// A complete update.
    Complete,
    /// A partial update from this version.
    Partial(&'a str),
    /// A package with this extension: `msi`, `msix` or `pkg`.
    Other(&'a str),
    /// A language pack.
    LanguagePack,
    /// The installer of a partner, or anything else.
    Partner(&'a str),
}

/// The name of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProductName<'a> {
    /// The brand.
    pub brand: Brand<'a>,
    /// The version, without the number of a build.
    pub version: &'a str,
    /// The number of the build, if the links lead to a candidate.
    pub build_number: Option<u64>,
    /// What the links lead to.
    pub package: Package<'a>,
    /// Whether the name says that files are sent over HTTPS alone.
    pub is_secure: bool,
}

impl<'a> ProductName<'a> {
    /// Reads the name of a product of one of these brands; `None` if it is the name of none.
    #[must_use]
    pub fn read(name: &'a str, brands: &[Brand<'a>]) -> Option<Self> {
        let (brand, rest) = brands.iter().find_map(|brand| {
            let rest = name.strip_prefix(brand.name)?.strip_prefix('-')?;
            Some((*brand, rest))
        })?;
        let (version, rest) = match rest.split_once('-') {
            Some((version, rest)) => (version, rest),
            None => (rest, ""),
        };
        let (version, build_number) = match version.split_once("build") {
            Some((version, number)) => (version, Some(number.parse().ok()?)),
            None => (version, None),
        };
        if !version.starts_with(|sign: char| sign.is_ascii_digit()) {
            return None;
        }
        let (rest, is_secure) = match rest.strip_suffix("SSL") {
            Some(rest) if rest.is_empty() || rest.ends_with('-') => {
                (rest.trim_end_matches('-'), true)
            }
            _ => (rest, false),
        };
        let package = match rest {
            "" => Package::Installer,
            "stub" => Package::Stub,
            "Complete" => Package::Complete,
            "msi" | "msix" | "pkg" => Package::Other(rest),
            "langpack" => Package::LanguagePack,
            other => match other.strip_prefix("Partial-") {
                Some(from) => Package::Partial(from),
                None => Package::Partner(other),
            },
        };
        Some(Self {
            brand,
            version,
            build_number,
            package,
            is_secure,
        })
    }
}

/// Whether bouncer knows an operating system.
#[must_use]
pub fn is_system(name: &str) -> bool {
    OTHER_SYSTEMS.contains(&name) || folder(name).is_some()
}

/// The folder of an operating system.
#[must_use]
pub fn folder(system: &str) -> Option<&'static str> {
    let known = SYSTEMS.iter().find(|(name, _)| *name == system);
    known.map(|(_, folder)| *folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        let read = |name| {
            let name = ProductName::read(name, BRANDS)?;
            Some((
                name.version,
                name.build_number,
                name.package,
                name.is_secure,
            ))
        };
        let cases = [
            (
                "Firefox-94.0",
                Some(("94.0", None, Package::Installer, false)),
            ),
            (
                "Firefox-94.0-SSL",
                Some(("94.0", None, Package::Installer, true)),
            ),
            (
                "Thunderbird-91.1.0-stub",
                Some(("91.1.0", None, Package::Stub, false)),
            ),
            (
                "Firefox-94.0-msix-SSL",
                Some(("94.0", None, Package::Other("msix"), true)),
            ),
            (
                "Firefox-94.0build2-Partial-93.0build1",
                Some(("94.0", Some(2), Package::Partial("93.0build1"), false)),
            ),
            (
                "Devedition-94.0b3-acme",
                Some(("94.0b3", None, Package::Partner("acme"), false)),
            ),
            ("firefox-94.0", None),
            ("Firefox", None),
            ("Firefox-", None),
            ("Firefox-94.0buildx-Complete", None),
            ("Fennec-68.0", None),
        ];
        for (name, expected) in cases {
            assert_eq!(read(name), expected, "{name}");
        }
    }
}
