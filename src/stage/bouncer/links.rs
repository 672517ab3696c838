//! Whether the paths of products are files of the archive.
//!
//! Products are submitted long before a release is pushed. Until then, a path of the release is looked up
//! among the files of its candidate, which are copied to the release later. Whether a candidate is complete
//! cannot be known before all its files are there, so a missing file counts only if others for the same
//! system and locale exist.

use std::collections::BTreeSet;
use std::ops::Bound;

use percent_encoding::percent_decode_str;

/// The files of the archive, by path.
#[derive(Debug, Clone, Default)]
pub struct Archive<'a> {
    files: BTreeSet<&'a str>,
}

/// What was found at the path of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The file, at this path.
    File(String),
    /// The file of the candidate, at this path. It is copied to the release later.
    Candidate(String),
    /// No file, although it should be there: the path.
    Nothing(String),
    /// No file yet: the path.
    NotYet(String),
}

impl<'a> Archive<'a> {
    /// The archive with these files.
    #[must_use]
    pub fn new(files: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            files: files.into_iter().collect(),
        }
    }

    /// Whether a file exists.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    /// Whether any file is below a folder.
    fn has_folder(&self, folder: &str) -> bool {
        let mut after = self
            .files
            .range::<str, _>((Bound::Excluded(folder), Bound::Unbounded));
        after.next().is_some_and(|path| path.starts_with(folder))
    }

    /// Looks for the file of a path of bouncer, with its locale.
    #[must_use]
    pub fn look(&self, path: &str, locale: &str, build_number: u64) -> Found {
        let path = file_of(path, locale);
        if self.contains(&path) {
            return Found::File(path);
        }
        let parts: Vec<&str> = path.splitn(5, '/').collect();
        let [root, product, "releases", version, rest] = parts[..] else {
            return match self.has_folder(parent(&path)) {
                true => Found::Nothing(path),
                false => Found::NotYet(path),
            };
        };
        if self.has_folder(&format!("{root}/{product}/releases/{version}/")) {
            return Found::Nothing(path);
        }
        let candidate =
            format!("{root}/{product}/candidates/{version}-candidates/build{build_number}/{rest}");
        if self.contains(&candidate) {
            Found::Candidate(candidate)
        } else if self.has_folder(parent(&candidate)) {
            Found::Nothing(path)
        } else {
            Found::NotYet(path)
        }
    }

    /// The locales for which there is a file of a path of bouncer.
    #[must_use]
    pub fn locales(&self, path: &str) -> BTreeSet<&'a str> {
        let decoded = decoded(path);
        let Some((before, after)) = decoded.split_once(":lang") else {
            return BTreeSet::new();
        };
        let after_start = (Bound::Excluded(before), Bound::Unbounded);
        let files = self.files.range::<str, _>(after_start);
        let files = files.take_while(|file| file.starts_with(before));
        let locales = files.filter_map(|file| {
            let rest = &file[before.len()..];
            let end = rest.find(['/', '.']).unwrap_or(rest.len());
            let locale = &rest[..end];
            (rest[end..] == after.replace(":lang", locale) && !locale.is_empty()).then_some(locale)
        });
        locales.collect()
    }
}

/// The folder of a file, with a slash at its end.
fn parent(path: &str) -> &str {
    let end = path.rfind('/').map_or(0, |at| at + 1);
    &path[..end]
}

fn decoded(path: &str) -> String {
    let path = percent_decode_str(path).decode_utf8_lossy();
    format!("pub{path}")
}

/// The path in the archive of a path of bouncer.
#[must_use]
pub fn file_of(path: &str, locale: &str) -> String {
    decoded(path).replace(":lang", locale)
}

/// The locales of a system: Japanese has one of its own on macOS.
pub fn locales_of<'l>(system: &str, locales: &'l [String]) -> impl Iterator<Item = &'l str> {
    let other = match system {
        "osx" => "ja",
        _ => "ja-JP-mac",
    };
    let has_both = ["ja", "ja-JP-mac"]
        .iter()
        .all(|name| locales.iter().any(|locale| locale == name));
    let locales = locales.iter().map(String::as_str);
    locales.filter(move |locale| !has_both || *locale != other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/hail/releases/94.0/win64/:lang/Hail%20Setup%2094.0.exe";

    #[test]
    fn a_release_is_complete_once_it_is_pushed() {
        let archive = Archive::new(["pub/hail/releases/94.0/win64/de/Hail Setup 94.0.exe"]);
        let file =
            |locale: &str| format!("pub/hail/releases/94.0/win64/{locale}/Hail Setup 94.0.exe");
        assert_eq!(archive.look(PATH, "de", 1), Found::File(file("de")));
        assert_eq!(archive.look(PATH, "fr", 1), Found::Nothing(file("fr")));
        assert_eq!(archive.locales(PATH), BTreeSet::from(["de"]));
    }

    #[test]
    fn a_candidate_grows() {
        let candidate = "pub/hail/candidates/94.0-candidates/build2/win64/de/Hail Setup 94.0.exe";
        let archive = Archive::new([candidate]);
        let file =
            |locale: &str| format!("pub/hail/releases/94.0/win64/{locale}/Hail Setup 94.0.exe");
        assert_eq!(
            archive.look(PATH, "de", 2),
            Found::Candidate(candidate.to_owned())
        );
        assert_eq!(archive.look(PATH, "fr", 2), Found::NotYet(file("fr")));
        assert_eq!(archive.look(PATH, "de", 1), Found::NotYet(file("de")));
        let other = PATH.replace("Setup", "Installer");
        assert!(matches!(archive.look(&other, "de", 2), Found::Nothing(_)));
    }

    #[test]
    fn language_packs_have_the_locale_in_their_names() {
        let path = "/hail/releases/94.0/mac/xpi/:lang.xpi";
        let archive = Archive::new([
            "pub/hail/releases/94.0/mac/xpi/de.xpi",
            "pub/hail/releases/94.0/mac/xpi/ja-JP-mac.xpi",
            "pub/hail/releases/94.0/mac/xpi/readme.txt",
        ]);
        assert_eq!(archive.locales(path), BTreeSet::from(["de", "ja-JP-mac"]));
    }

    #[test]
    fn japanese_differs() {
        let both = ["de", "ja", "ja-JP-mac"].map(str::to_owned);
        let of = |system| locales_of(system, &both).collect::<Vec<_>>();
        assert_eq!(of("osx"), ["de", "ja-JP-mac"]);
        assert_eq!(of("win"), ["de", "ja"]);
        let one = ["ja".to_owned()];
        assert_eq!(locales_of("osx", &one).collect::<Vec<_>>(), ["ja"]);
    }
}
