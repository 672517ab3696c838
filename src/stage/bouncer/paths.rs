//! Which paths a product may have.
//!
//! [`check`] refuses what the real worker refuses. It looks at little more than the folders, so that a path
//! may lead to a file of another system or of another kind than its product's name says. [`check_strictly`]
//! finds those, too.

use super::aliases::capitalized;
use super::product::{Brand, Package, ProductName, SYSTEMS, folder, is_system};

/// Why a path is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The worker has no rule for the product.
    #[error("the worker of bouncer has no rule for paths of the product {0}")]
    Product(String),
    /// The path has another form than those of its product.
    #[error(
        "the path {path} of {product} is not one that the worker of bouncer accepts, such as {example}"
    )]
    Form {
        /// The product.
        product: String,
        /// The path.
        path: String,
        /// A path that would be accepted.
        example: String,
    },
    /// Bouncer does not know the operating system.
    #[error("bouncer does not know the system {system} of {product}")]
    System {
        /// The product.
        product: String,
        /// The system.
        system: String,
    },
    /// The path leads to a file of another system.
    #[error("{product}: the path of {system} leads to a file of another system: {path}")]
    OtherSystem {
        /// The product.
        product: String,
        /// The system.
        system: String,
        /// The path.
        path: String,
    },
    /// The path leads to another kind of file than the name of the product says.
    #[error("{product}: the path of {system} should end with {expected}: {path}")]
    OtherKind {
        /// The product.
        product: String,
        /// The system.
        system: String,
        /// The end of the path that fits the product.
        expected: &'static str,
        /// The path.
        path: String,
    },
    /// The path leads to a file of another release.
    #[error("{product}: the path of {system} leads to a file of another release: {path}")]
    OtherRelease {
        /// The product.
        product: String,
        /// The system.
        system: String,
        /// The path.
        path: String,
    },
}

const INSTALLERS: &[&str] = &["bz2", "xz", "dmg", "exe", "mar"];
const WINDOWS: &[&str] = &["msi", "msix"];

/// Checks a path as the real worker does.
///
/// # Errors
/// [`PathError`] if the worker would refuse it.
pub fn check(product: &str, path: &str, brands: &[Brand<'_>]) -> Result<(), PathError> {
    let wanted = |brand: &&Brand<'_>| {
        let rest = product.strip_prefix(brand.name);
        rest.is_some_and(|rest| rest.starts_with('-'))
    };
    let brand = brands.iter().find(wanted);
    let brand = brand.ok_or_else(|| PathError::Product(product.to_owned()))?;
    let is_candidate = brand.is_firefox && names_build(&product[brand.name.len() + 1..]);
    let start = match is_candidate {
        true => format!("/{}/candidates/", brand.folder),
        false => format!("/{}/releases/", brand.folder),
    };
    let rest = path.strip_prefix(&start);
    let fits = rest.is_some_and(|rest| {
        // The folder of the version is not looked at, and may have any depth.
        let slashes = rest.match_indices('/').map(|(at, _)| at);
        slashes
            .map(|at| (&rest[..at], &rest[at + 1..]))
            .any(|(version, file)| match is_candidate {
                true => ends_with_build(version) && is_file(brand, file, true),
                false => is_file(brand, file, false),
            })
    });
    if fits && !path.contains('\n') {
        return Ok(());
    }
    Err(PathError::Form {
        product: product.to_owned(),
        path: path.to_owned(),
        example: match is_candidate {
            true => format!(
                "{start}94.0-candidates/build1/win64/:lang/{}-94.0.exe",
                brand.file
            ),
            false => format!("{start}94.0/win64/:lang/{}-94.0.exe", brand.file),
        },
    })
}

/// Whether a name contains the number of a build, with something behind it.
fn names_build(rest: &str) -> bool {
    rest.match_indices("build").any(|(at, word)| {
        let behind = &rest[at + word.len()..];
        let end = behind.trim_start_matches(|sign: char| sign.is_ascii_digit());
        end.len() < behind.len() && end.starts_with('-')
    })
}

/// Whether a folder ends with that of a build: `94.0-candidates/build2`.
fn ends_with_build(folder: &str) -> bool {
    let last = folder.rsplit_once('/').map(|(_, last)| last);
    let number = last.and_then(|last| last.strip_prefix("build"));
    number.is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether a path below the folder of a version is one of a file.
fn is_file(brand: &Brand<'_>, path: &str, is_candidate: bool) -> bool {
    let path = path.strip_prefix("update/").unwrap_or(path);
    let Some((system, path)) = path.split_once('/') else {
        return false;
    };
    let is_arm = system == "linux-aarch64";
    if !SYSTEMS.iter().any(|(_, folder)| *folder == system) || is_arm && !brand.has_linux_arm {
        return false;
    }
    if path == "xpi/:lang.xpi" {
        return brand.is_firefox && !is_candidate;
    }
    let Some((locale, name)) = path.split_once('/') else {
        return false;
    };
    let mut extensions: Vec<&str> = INSTALLERS.to_vec();
    if !is_candidate {
        extensions.extend(WINDOWS);
        extensions.extend(brand.is_firefox.then_some("pkg"));
    }
    let is_locale = locale == ":lang" || locale == "multi" && !is_candidate;
    let names = [brand.file.to_owned(), capitalized(brand.file)];
    let rest = names.iter().find_map(|start| name.strip_prefix(start));
    let extension = rest.and_then(|rest| rest.rsplit_once('.'));
    is_locale && extension.is_some_and(|(_, extension)| extensions.contains(&extension))
}

/// Checks that a path is one of its system, kind and release. The real worker does not.
///
/// # Errors
/// [`PathError`].
pub fn check_strictly(
    product: &str,
    name: &ProductName<'_>,
    system: &str,
    path: &str,
) -> Result<(), PathError> {
    if !is_system(system) {
        return Err(PathError::System {
            product: product.to_owned(),
            system: system.to_owned(),
        });
    }
    let folder = folder(system);
    let parts: Vec<&str> = path.split('/').collect();
    let is_stub = match name.package {
        Package::Stub => true,
        Package::Partner(name) => name.ends_with("-stub"),
        _ => false,
    };
    let is_stub = is_stub && system.starts_with("win");
    // One small installer serves all variants of Windows.
    let is_folder = |part: &&str| Some(*part) == folder || is_stub && *part == "win32";
    if !parts.iter().any(is_folder) {
        return Err(PathError::OtherSystem {
            product: product.to_owned(),
            system: system.to_owned(),
            path: path.to_owned(),
        });
    }
    let expected = match name.package {
        Package::Complete => ".complete.mar",
        Package::Partial(_) => ".partial.mar",
        Package::LanguagePack => ".xpi",
        Package::Other("msi") => ".msi",
        Package::Other("msix") => ".msix",
        Package::Other("pkg") => ".pkg",
        Package::Stub => ".exe",
        Package::Installer | Package::Other(_) | Package::Partner(_) => match system {
            "osx" => ".dmg",
            _ if system.starts_with("win") => ".exe",
            _ => ".tar.",
        },
    };
    let fits = match expected {
        ".tar." => path.ends_with(".tar.xz") || path.ends_with(".tar.bz2"),
        end => path.ends_with(end),
    };
    if !fits {
        return Err(PathError::OtherKind {
            product: product.to_owned(),
            system: system.to_owned(),
            expected: match expected {
                ".tar." => ".tar.xz or .tar.bz2",
                end => end,
            },
            path: path.to_owned(),
        });
    }
    let version = match name.build_number {
        Some(number) => format!("/{}-candidates/build{number}/", name.version),
        None => format!("/{}/", name.version),
    };
    let from = match name.package {
        // The name of a partial update contains both versions.
        Package::Partial(from) => {
            let from = from.split("build").next().unwrap_or(from);
            Some(format!("-{from}-{}.partial.mar", name.version))
        }
        _ => None,
    };
    let is_climbing = parts.iter().any(|part| *part == ".." || *part == ".");
    let is_other = !path.contains(&version) || from.is_some_and(|end| !path.ends_with(&end));
    if is_climbing || is_other {
        return Err(PathError::OtherRelease {
            product: product.to_owned(),
            system: system.to_owned(),
            path: path.to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::product::BRANDS;
    use super::*;

    fn strict(product: &str, system: &str, path: &str) -> Result<(), PathError> {
        let name = ProductName::read(product, BRANDS).unwrap();
        check_strictly(product, &name, system, path)
    }

    #[test]
    fn swapped_paths_are_found() {
        let linux = "/firefox/releases/94.0/linux-x86_64/:lang/firefox-94.0.tar.xz";
        let mac = "/firefox/releases/94.0/mac/:lang/Firefox%2094.0.dmg";
        assert_eq!(strict("Firefox-94.0", "linux64", linux), Ok(()));
        assert_eq!(strict("Firefox-94.0", "osx", mac), Ok(()));
        for (system, path) in [("linux64", mac), ("osx", linux)] {
            assert_eq!(check("Firefox-94.0", path, BRANDS), Ok(()));
            let error = strict("Firefox-94.0", system, path).unwrap_err();
            assert!(matches!(error, PathError::OtherSystem { .. }), "{error}");
        }
    }

    #[test]
    fn other_kinds_and_releases_are_found() {
        let installer = "/firefox/releases/94.0/win64/:lang/Firefox%20Setup%2094.0.exe";
        let error = strict("Firefox-94.0-msi-SSL", "win64", installer).unwrap_err();
        assert!(matches!(error, PathError::OtherKind { .. }), "{error}");
        let error = strict("Firefox-94.0.1", "win64", installer).unwrap_err();
        assert!(matches!(error, PathError::OtherRelease { .. }), "{error}");
        let partial = "/firefox/releases/94.0/update/mac/:lang/firefox-93.0-94.0.partial.mar";
        assert_eq!(strict("Firefox-94.0-Partial-93.0", "osx", partial), Ok(()));
        let error = strict("Firefox-94.0-Partial-92.0", "osx", partial).unwrap_err();
        assert!(matches!(error, PathError::OtherRelease { .. }), "{error}");
        let stub = "/firefox/releases/94.0/win32/:lang/Firefox%20Installer.exe";
        assert_eq!(strict("Firefox-94.0-stub", "win64-aarch64", stub), Ok(()));
        let of_partner =
            "/firefox/releases/partners/acme/001/94.0/win32/:lang/Firefox%20Installer.exe";
        assert_eq!(
            strict("Firefox-94.0-acme-001-stub", "win64", of_partner),
            Ok(())
        );
        assert!(strict("Firefox-94.0-acme-001", "win64", of_partner).is_err());
        let up = "/firefox/releases/94.0/win64/../:lang/Firefox%20Setup%2094.0.exe";
        assert!(strict("Firefox-94.0", "win64", up).is_err());
    }
}
