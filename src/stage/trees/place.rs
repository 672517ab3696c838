//! The files whose version a task may change, and whose versions they have. That depends on the repository: the worker
//! changes those on GitHub in another way than those of Mercurial.

use super::action::ActionError;
use super::version::{Scheme, Version};

/// The repository that files are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// That of Firefox or Thunderbird, which Lando changes too.
    Gecko,
    /// One on GitHub, of this name, which treescript changes.
    GitHub(&'a str),
}

/// The files of Firefox and Thunderbird.
const GECKO: &[&str] = &[
    "browser/config/version.txt",
    "browser/config/version_display.txt",
    "browser/extensions/ipp-activator/manifest.json",
    "browser/extensions/newtab/manifest.json",
    "browser/extensions/webcompat/manifest.json",
    "config/milestone.txt",
    "mobile/android/version.txt",
    "mail/config/version.txt",
    "mail/config/version_display.txt",
];

/// The files of repositories on GitHub.
const GITHUB: &[&str] = &[
    "firefox-ios/Client/Configuration/version.xcconfig",
    "focus-ios/version.xcconfig",
    "version.txt",
];

/// How the names of repositories on GitHub end, and whose versions their files have.
const GITHUB_SCHEMES: &[(&str, Scheme)] = &[("firefox-ios", Scheme::Ios)];

impl<'a> Place<'a> {
    /// The repository with this address.
    #[must_use]
    pub fn of(url: &'a str) -> Self {
        let path = url.strip_prefix("https://github.com/");
        let name = path.and_then(|path| path.split('/').nth(1));
        match name {
            Some(name) => Self::GitHub(name.strip_suffix(".git").unwrap_or(name)),
            None => Self::Gecko,
        }
    }

    /// Whether the worker does something there for an action.
    #[must_use]
    pub fn has_action(self, action: &str) -> bool {
        match self {
            Self::Gecko => true,
            Self::GitHub(_) => ["create_branch", "push", "version_bump"].contains(&action),
        }
    }

    /// Checks that a task may change the version of files.
    ///
    /// # Errors
    /// [`ActionError::Forbidden`].
    pub fn check(self, files: &[String]) -> Result<(), ActionError> {
        let allowed = match self {
            Self::Gecko => GECKO,
            Self::GitHub(_) => GITHUB,
        };
        match files.iter().find(|file| !allowed.contains(&file.as_str())) {
            Some(file) => Err(ActionError::Forbidden(file.clone())),
            None => Ok(()),
        }
    }

    /// The scheme of a file; `None` if a version in it is not known how to be read.
    #[must_use]
    pub fn scheme(self, file: &str) -> Option<Scheme> {
        if let Self::GitHub(name) = self {
            let mut known = GITHUB_SCHEMES.iter();
            return known.find_map(|(end, scheme)| name.ends_with(end).then_some(*scheme));
        }
        if file.ends_with("/manifest.json") {
            return Some(Scheme::Numbers);
        }
        let gecko = file.starts_with("browser/")
            || file.starts_with("config/milestone.txt")
            || file.starts_with("mail/");
        match gecko {
            true => Some(Scheme::Gecko),
            false => file
                .starts_with("mobile/android/")
                .then_some(Scheme::Mobile),
        }
    }

    /// Reads the version of a file.
    ///
    /// # Errors
    /// [`ActionError::Version`].
    pub fn version(self, file: &str, text: &str) -> Result<Version, ActionError> {
        let version = |why| ActionError::Version {
            file: file.to_owned(),
            version: text.to_owned(),
            why,
        };
        let unknown = match self {
            Self::Gecko => "files of this folder have no known versions",
            Self::GitHub(_) => {
                "the worker does not know whose versions files of this repository have"
            }
        };
        let scheme = self.scheme(file).ok_or(version(unknown))?;
        Version::parse(text, scheme).map_err(version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_on_github_has_its_own_files() {
        let ios = Place::of(
            "https://github.com/mozilla-mobile/firefox-ios/blob/0/taskcluster/kinds/a/kind.yml",
        );
        assert_eq!(ios, Place::GitHub("firefox-ios"));
        assert_eq!(
            Place::of("https://github.com/a/staging-firefox-ios.git"),
            Place::GitHub("staging-firefox-ios")
        );
        assert_eq!(
            Place::of("https://hg.mozilla.org/try/file/0/taskcluster"),
            Place::Gecko
        );
        assert_eq!(ios.check(&["version.txt".to_owned()]), Ok(()));
        assert_eq!(
            Place::GitHub("staging-firefox-ios").scheme("version.txt"),
            Some(Scheme::Ios)
        );
        let file = "browser/config/version.txt".to_owned();
        assert_eq!(
            ios.check(std::slice::from_ref(&file)),
            Err(ActionError::Forbidden(file.clone()))
        );
        assert_eq!(Place::Gecko.check(&[file]), Ok(()));
        assert_eq!(Place::GitHub("fenix").scheme("version.txt"), None);
        assert!(!ios.has_action("tag") && Place::Gecko.has_action("tag"));
    }
}
