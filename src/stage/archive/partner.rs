//! The files of partners, and those without the decryption plugin: where the worker puts them.
//!
//! In the payload, the `locale` of such artifacts is the folder that they go to.

use crate::base::posix::{basename, join};

/// The pretty names of artifacts; `V` stands for the version.
const NAMES: &[(&str, &str)] = &[
    ("target.checksums", "firefox-V.checksums.beet"),
    ("target.dmg", "Firefox V.dmg"),
    ("target.dmg.asc", "Firefox V.dmg.asc"),
    ("target.installer.exe", "Firefox Setup V.exe"),
    ("target.installer.exe.asc", "Firefox Setup V.exe.asc"),
    ("target.stub-installer.exe", "Firefox Installer.exe"),
    ("target.stub-installer.exe.asc", "Firefox Installer.exe.asc"),
    ("target.tar.bz2", "firefox-V.tar.bz2"),
    ("target.tar.bz2.asc", "firefox-V.tar.bz2.asc"),
    ("target.tar.xz", "firefox-V.tar.xz"),
    ("target.tar.xz.asc", "firefox-V.tar.xz.asc"),
];

/// The platforms of partner repacks.
const PLATFORMS: &[&str] = &[
    "mac",
    "win32",
    "win64",
    "win64-aarch64",
    "linux-i686",
    "linux-x86_64",
];

/// The platforms of builds without the decryption plugin.
const PLATFORMS_WITHOUT_PLUGIN: &[&str] = &["mac", "win32", "win64", "win64-aarch64"];

/// Reports an artifact that the worker does not accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartnerError {
    /// The folder is not one of a partner.
    #[error("Illegal partner path {0} !")]
    Folder(String),
    /// The worker has no name for the artifact.
    #[error("the worker has no name for {0} in the archive")]
    Name(String),
}

/// Whether the worker accepts a folder below those of the candidates.
#[must_use]
pub fn is_folder(folder: &str) -> bool {
    let parts: Vec<&str> = folder.split('/').collect();
    match parts[..] {
        ["beetmover-checksums", platform, name] | [platform, name] => {
            let platform = platform.strip_suffix("-EME-free");
            let is_known = platform.is_some_and(|one| PLATFORMS_WITHOUT_PLUGIN.contains(&one));
            is_known && !name.is_empty() && !name.contains('.')
        }
        [
            "partner-repacks",
            partner,
            sub_partner,
            version,
            platform,
            locale,
        ] => {
            let is_name = |name: &str| !name.is_empty() && !name.contains('%');
            let is_inside = |name: &str| name != "." && name != "..";
            let names = [partner, sub_partner, locale];
            names
                .into_iter()
                .all(|name| is_name(name) && is_inside(name))
                && is_repack_version(version)
                && PLATFORMS.contains(&platform)
        }
        _ => false,
    }
}

/// Whether a text is `v` and a number.
fn is_repack_version(text: &str) -> bool {
    let number = text.strip_prefix('v');
    number
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|one| one.is_ascii_digit()))
}

/// The destination of an artifact and its name in the checksums, both by the folder that the payload names.
///
/// # Errors
/// [`PartnerError`] if the worker does not accept it.
pub fn destination(
    candidates_folder: &str,
    folder: &str,
    artifact: &str,
    version: &str,
) -> Result<(String, String), PartnerError> {
    if !is_folder(folder) {
        return Err(PartnerError::Folder(folder.to_owned()));
    }
    let name = NAMES.iter().find(|(name, _)| *name == basename(artifact));
    let (_, pretty) = name.ok_or_else(|| PartnerError::Name(artifact.to_owned()))?;
    let below = join(folder, &pretty.replace('V', version));
    Ok((join(candidates_folder, &below), below))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::pattern::Prefix;

    #[test]
    fn artifacts_get_pretty_names() {
        let candidates = "pub/firefox/candidates/59.0b20-candidates/build2/";
        let folder = "partner-repacks/ghost/ghost-var/v1/linux-i686/ro";
        let place = |artifact: &str| destination(candidates, folder, artifact, "59.0b20");
        assert_eq!(
            place("releng/partner/ghost/ghost-var/v1/linux-i686/ro/target.tar.bz2"),
            Ok((
                format!("{candidates}{folder}/firefox-59.0b20.tar.bz2"),
                format!("{folder}/firefox-59.0b20.tar.bz2")
            ))
        );
        assert_eq!(
            place("x/target.zip").unwrap_err().to_string(),
            "the worker has no name for x/target.zip in the archive"
        );
        assert_eq!(
            destination(candidates, "foo/bar", "target.dmg", "1.0")
                .unwrap_err()
                .to_string(),
            "Illegal partner path foo/bar !"
        );
    }

    /// These are the cases of the worker's own tests, and a few more.
    #[test]
    fn other_folders_are_refused() {
        for folder in [
            "mac-EME-free/foo",
            "beetmover-checksums/win64-aarch64-EME-free/foo",
            "partner-repacks/foo/foo-bar/v1/win32/en-US",
        ] {
            assert!(is_folder(folder), "{folder}");
        }
        for folder in [
            "foo/bar",
            "foo/9999-1/bar/mac/baz",
            "../9999-1/bar/mac/baz",
            "foo/9999-1/../mac/baz",
            "foo/9999-1/bar/badplatform/baz",
            "badplatform-EME-free/foo",
            "linux-x86_64-EME-free/foo",
            "mac-EME-free/..",
            "partner-repacks/../foo-bar/v1/win32/en-US",
            "partner-repacks/foo/foo-bar/v1/badplatform/en-US",
            "partner-repacks/foo/foo-bar/v/win32/en-US",
            "partner-repacks/foo/foo-bar/v1/win32/en-US/extra",
        ] {
            assert!(!is_folder(folder), "{folder}");
        }
    }

    proptest! {
        /// The expressions are the worker's.
        #[test]
        fn folders_are_those_of_the_expressions(
            parts in prop::collection::vec("(beetmover-checksums|partner-repacks|mac|win64-aarch64|win32-EME-free|linux-EME-free|v1|v|[a-z.%]{0,2})", 1..7),
        ) {
            let folder = parts.join("/");
            let expressions = [
                r"(beetmover-checksums\/)?(mac|win32|win64(|-aarch64))-EME-free\/[^\/.]+$",
                r"partner-repacks\/(?!\.\.?\/)[^\/%]+\/(?!\.\.?\/)[^\/%]+\/v\d+\/(mac|win32|win64(|-aarch64)|linux-i686|linux-x86_64)\/(?!\.\.?$)[^\/%]+$",
            ];
            let expected = expressions.iter().any(|one| Prefix::new(one).unwrap().matches(&folder));
            prop_assert_eq!(is_folder(&folder), expected, "{}", folder);
        }
    }
}
