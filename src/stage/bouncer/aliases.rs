//! Which product an alias may lead to.
//!
//! The name of an alias says the brand, the channel and the kind of file. The product that it leads to must
//! have the same, so that nobody who asks for a release gets a beta.

use super::product::Package;
use crate::base::value::{Object, Value};

/// Why aliases are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AliasError {
    /// There is no rule for the alias.
    #[error("unknown alias {0}")]
    Unknown(String),
    /// The alias may not lead to the product.
    #[error("the alias {alias} may not lead to {product}")]
    Product {
        /// The alias.
        alias: String,
        /// The product.
        product: String,
    },
}

impl AliasError {
    /// The words of the real worker about all aliases of a task.
    #[must_use]
    pub fn production_message(&self, aliases: &Object) -> String {
        match self {
            Self::Unknown(alias) => format!("Unrecognized alias:{alias}"),
            Self::Product { .. } => {
                let aliases = crate::base::value::py_repr(&Value::Object(aliases.clone()));
                format!("The product/alias pairs are corrupt: {aliases}")
            }
        }
    }
}

/// What the version of a product has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Beta,
    Release,
    Esr,
    /// The one with this major version.
    EsrOf(&'static str),
}

/// Aliases that begin with the same words.
struct Family {
    /// How the aliases begin.
    alias: &'static str,
    brand: &'static str,
    channel: Channel,
    /// Which packages there are beside the installer.
    packages: &'static [&'static str],
    has_stub: bool,
}

const ALL: &[&str] = &["msi", "msix", "pkg", "langpack"];
const WINDOWS: &[&str] = &["msi", "msix"];

/// Every family, longer beginnings first.
const FAMILIES: &[Family] = &[
    family(
        "thunderbird-beta",
        "Thunderbird",
        Channel::Beta,
        WINDOWS,
        false,
    ),
    family(
        "thunderbird-esr-next",
        "Thunderbird",
        Channel::Esr,
        WINDOWS,
        false,
    ),
    family(
        "thunderbird-esr",
        "Thunderbird",
        Channel::Esr,
        WINDOWS,
        false,
    ),
    family(
        "thunderbird",
        "Thunderbird",
        Channel::Release,
        WINDOWS,
        false,
    ),
    family(
        "firefox-devedition",
        "Devedition",
        Channel::Beta,
        WINDOWS,
        true,
    ),
    family("firefox-beta", "Firefox", Channel::Beta, ALL, true),
    family("firefox-esr-next", "Firefox", Channel::Esr, ALL, false),
    family(
        "firefox-esr115",
        "Firefox",
        Channel::EsrOf("115"),
        ALL,
        false,
    ),
    family("firefox-esr", "Firefox", Channel::Esr, ALL, false),
    family("firefox", "Firefox", Channel::Release, ALL, true),
];

const fn family(
    alias: &'static str,
    brand: &'static str,
    channel: Channel,
    packages: &'static [&'static str],
    has_stub: bool,
) -> Family {
    Family {
        alias,
        brand,
        channel,
        packages,
        has_stub,
    }
}

/// The beginnings of the aliases of partners.
const PARTNERS: &[(&str, Channel)] = &[
    ("partner-firefox-beta-", Channel::Beta),
    ("partner-firefox-release-", Channel::Release),
    ("partner-firefox-esr-", Channel::Esr),
];

/// Checks whether an alias may lead to a product.
///
/// `other` is the product of a project that the real worker does not know: its aliases are those of
/// Firefox, with its own name.
///
/// # Errors
/// [`AliasError`].
pub fn check(alias: &str, product: &str, other: Option<&str>) -> Result<(), AliasError> {
    let own = other.and_then(|other| {
        let rest = alias
            .strip_prefix(other)
            .filter(|rest| rest.starts_with('-'))?;
        let brand = capitalized(other);
        let rest = format!("firefox{rest}");
        Some(of_family(&rest)?.fits(product, &brand))
    });
    let known = || of_family(alias).map(|wanted| wanted.fits(product, wanted.brand));
    let partner = || {
        let mut partners = PARTNERS.iter();
        partners.find_map(|(start, channel)| {
            let rest = alias.strip_prefix(start)?;
            let (name, end) = match rest.strip_suffix("-latest") {
                Some(name) => (name, ""),
                None => (rest.strip_suffix("-stub")?, "-stub"),
            };
            let behind = after_version(product.strip_prefix("Firefox-")?, *channel);
            Some(behind.is_some_and(|behind| {
                let partner = behind.strip_prefix('-');
                partner.and_then(|partner| partner.strip_suffix(end)) == Some(name)
            }))
        })
    };
    match own.or_else(known).or_else(partner) {
        Some(true) => Ok(()),
        None if !is_partner(alias) => Err(AliasError::Unknown(alias.to_owned())),
        Some(false) | None => Err(AliasError::Product {
            alias: alias.to_owned(),
            product: product.to_owned(),
        }),
    }
}

/// Whether an alias is that of a partner.
fn is_partner(alias: &str) -> bool {
    let ends = alias.ends_with("-latest") || alias.ends_with("-stub");
    ends && PARTNERS.iter().any(|(start, _)| alias.starts_with(start))
}

/// The first letter in upper case.
#[must_use]
pub fn capitalized(name: &str) -> String {
    let mut signs = name.chars();
    let first = signs.next().map(|sign| sign.to_ascii_uppercase());
    first.into_iter().chain(signs).collect()
}

/// What an alias asks of the product.
struct Wanted {
    brand: &'static str,
    channel: Channel,
    /// What follows the version.
    end: String,
}

fn of_family(alias: &str) -> Option<Wanted> {
    FAMILIES.iter().find_map(|family| {
        let rest = alias.strip_prefix(family.alias)?.strip_prefix('-')?;
        let end = match rest {
            "latest" => String::new(),
            "latest-ssl" => "-SSL".to_owned(),
            "stub" if family.has_stub => "-stub".to_owned(),
            other => {
                let package = other.strip_suffix("-latest-ssl")?;
                let known = family.packages.contains(&package);
                known.then(|| format!("-{package}-SSL"))?
            }
        };
        Some(Wanted {
            brand: family.brand,
            channel: family.channel,
            end,
        })
    })
}

impl Wanted {
    fn fits(&self, product: &str, brand: &str) -> bool {
        let rest = product.strip_prefix(brand);
        let rest = rest.and_then(|rest| rest.strip_prefix('-'));
        let behind = rest.and_then(|rest| after_version(rest, self.channel));
        behind.is_some_and(|behind| behind == self.end)
    }
}

/// What follows a version of a channel at the beginning of a text; `None` if there is none.
fn after_version(text: &str, channel: Channel) -> Option<&str> {
    let (major, rest) = digits(text)?;
    let (minor, rest) = digits(rest.strip_prefix('.')?)?;
    if channel == Channel::Beta {
        let (_, rest) = digits(rest.strip_prefix('b')?)?;
        return (minor == "0").then_some(rest);
    }
    let patch = rest.strip_prefix('.').and_then(digits);
    let rest = patch.map_or(rest, |(_, rest)| rest);
    match channel {
        Channel::EsrOf(of) if of != major => None,
        Channel::Esr | Channel::EsrOf(_) => rest.strip_prefix("esr"),
        Channel::Release | Channel::Beta => Some(rest),
    }
}

fn digits(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim_start_matches(|sign: char| sign.is_ascii_digit());
    let digits = &text[..text.len() - rest.len()];
    (!digits.is_empty()).then_some((digits, rest))
}

/// What the links of a product are, for a reader of a report.
#[must_use]
pub fn describe(package: Package<'_>) -> &'static str {
    match package {
        Package::Installer => "installer",
        Package::Stub => "stub installer",
        Package::Complete => "complete update",
        Package::Partial(_) => "partial update",
        Package::Other(_) => "package",
        Package::LanguagePack => "language pack",
        Package::Partner(_) => "partner",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_of_its_own_has_aliases_like_those_of_firefox() {
        let check = |alias, product| check(alias, product, Some("snowfox"));
        assert_eq!(check("snowfox-latest", "Snowfox-94.0"), Ok(()));
        assert_eq!(
            check("snowfox-beta-latest-ssl", "Snowfox-94.0b2-SSL"),
            Ok(())
        );
        assert!(check("snowfox-latest", "Snowfox-94.0b2").is_err());
        assert!(check("snowfox-latest", "Firefox-94.0").is_err());
        let unknown = AliasError::Unknown("snowfox-newest".to_owned());
        assert_eq!(check("snowfox-newest", "Snowfox-94.0"), Err(unknown));
    }

    #[test]
    fn extended_support_has_a_major_version() {
        let check = |alias, product| check(alias, product, None);
        assert_eq!(check("firefox-esr115-latest", "Firefox-115.3.0esr"), Ok(()));
        assert!(check("firefox-esr115-latest", "Firefox-128.3.0esr").is_err());
        assert!(check("firefox-esr-stub", "Firefox-128.3.0esr-stub").is_err());
    }
}
