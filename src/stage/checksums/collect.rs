//! From all `.checksums` files of a release to one table.

use std::collections::BTreeMap;

use super::algorithm::Algorithm;
use super::file::{self, LineError, Sums};
use super::included::is_included;

/// The checksums of a release, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checksums {
    /// The files that are listed.
    pub files: BTreeMap<String, Listed>,
    /// How many names were left out because nobody downloads them.
    pub left_out: usize,
}

/// A file of the lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its size and hashes.
    pub sums: Sums,
    /// The `.checksums` file that mentions it first.
    pub from: String,
}

/// Reports what makes checksums useless.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChecksumsError {
    /// There is no `.checksums` file.
    #[error("there are no `.checksums` or `.beet` files")]
    None,
    /// A file cannot be read.
    #[error("{path}: {error}")]
    Line {
        /// The `.checksums` file.
        path: String,
        /// The line, and what is wrong with it.
        error: LineError,
    },
    /// Two `.checksums` files disagree.
    #[error("{one} and {other} have different checksums of {name}")]
    Disagreement {
        /// The file that both mention.
        name: String,
        /// The file that mentions it first.
        one: String,
        /// The file that disagrees.
        other: String,
    },
    /// A hash that the lists need is missing.
    #[error("{path} has no {} hash of {name}", algorithm.name())]
    MissingHash {
        /// The `.checksums` file.
        path: String,
        /// The file that it mentions.
        name: String,
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// A hash does not have the form of its algorithm.
    #[error("{path} has {hash:?} as {} hash of {name}, which is not {} hex digits", algorithm.name(), algorithm.digits())]
    NoHash {
        /// The `.checksums` file.
        path: String,
        /// The file that it mentions.
        name: String,
        /// The algorithm.
        algorithm: Algorithm,
        /// The text in place of the hash.
        hash: String,
    },
    /// The archive has no such file.
    #[error("{from} mentions {name}, which is not in the archive")]
    NotInArchive {
        /// The file that is missing.
        name: String,
        /// The `.checksums` file that mentions it.
        from: String,
    },
    /// The file in the archive is another one.
    #[error("{from} has {listed} as {what} of {name}, but the file in the archive has {actual}")]
    OtherFile {
        /// The file.
        name: String,
        /// The `.checksums` file that mentions it.
        from: String,
        /// What differs: `size` or the name of an algorithm.
        what: &'static str,
        /// The value in the `.checksums` file.
        listed: String,
        /// The value of the file in the archive.
        actual: String,
    },
    /// A file that people download is in no list.
    #[error("{0} is in the archive, but no `.checksums` file mentions it")]
    NotListed(String),
}

/// Chooses the files that are read among all paths: those that end with `.beet` if there are any, else those
/// that end with `.checksums`.
#[must_use]
pub fn sources<'p>(paths: impl IntoIterator<Item = &'p str>) -> Vec<&'p str> {
    let (mut beets, mut checksums) = (Vec::new(), Vec::new());
    for path in paths {
        if path.ends_with(".checksums") {
            checksums.push(path);
        } else if path.ends_with(".beet") {
            beets.push(path);
        }
    }
    if beets.is_empty() { checksums } else { beets }
}

/// Combines `.checksums` files, given as path and text.
///
/// It is stricter than the release's own script in one thing: hashes that are no hex digits are errors.
///
/// # Errors
/// Everything that is wrong with the files.
pub fn collect<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f str)>,
) -> Result<Checksums, Vec<ChecksumsError>> {
    let mut all = Checksums::default();
    let mut errors = Vec::new();
    let mut read = 0_usize;
    for (path, text) in files {
        read += 1;
        match file::parse(text) {
            Ok(found) => {
                for (name, sums) in found {
                    add(path, name, sums, &mut all, &mut errors);
                }
            }
            Err(error) => errors.push(ChecksumsError::Line {
                path: path.to_owned(),
                error,
            }),
        }
    }
    if read == 0 {
        errors.push(ChecksumsError::None);
    }
    if errors.is_empty() {
        Ok(all)
    } else {
        Err(errors)
    }
}

fn add(
    path: &str,
    name: String,
    sums: Sums,
    all: &mut Checksums,
    errors: &mut Vec<ChecksumsError>,
) {
    if !is_included(&name) {
        all.left_out += 1;
        return;
    }
    if let Some(known) = all.files.get(&name) {
        if known.sums != sums {
            errors.push(ChecksumsError::Disagreement {
                name,
                one: known.from.clone(),
                other: path.to_owned(),
            });
        }
        return;
    }
    for algorithm in Algorithm::ALL {
        let error = match sums.hash(algorithm) {
            Some(hash) if is_hash(algorithm, hash) => continue,
            Some(hash) => ChecksumsError::NoHash {
                path: path.to_owned(),
                name: name.clone(),
                algorithm,
                hash: hash.to_owned(),
            },
            None => ChecksumsError::MissingHash {
                path: path.to_owned(),
                name: name.clone(),
                algorithm,
            },
        };
        errors.push(error);
    }
    let from = path.to_owned();
    all.files.insert(name, Listed { sums, from });
}

fn is_hash(algorithm: Algorithm, text: &str) -> bool {
    text.len() == algorithm.digits() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Checksums {
    /// Compares the checksums with the files in the archive, given by name below the folder of the
    /// candidates.
    ///
    /// The release's own script does not do this. Without it, a wrong hash is published, and found by the first
    /// person who compares it.
    #[must_use]
    pub fn compare(&self, archive: &BTreeMap<&str, &Sums>) -> Vec<ChecksumsError> {
        let mut errors = Vec::new();
        for (name, listed) in &self.files {
            match archive.get(name.as_str()) {
                None => errors.push(ChecksumsError::NotInArchive {
                    name: name.clone(),
                    from: listed.from.clone(),
                }),
                Some(actual) => errors.extend(listed.differences(name, actual)),
            }
        }
        let unlisted = archive.keys().filter(|name| is_included(name));
        let unlisted = unlisted.filter(|name| !self.files.contains_key(**name));
        errors.extend(unlisted.map(|name| ChecksumsError::NotListed((*name).to_owned())));
        errors
    }
}

impl Listed {
    fn differences(&self, name: &str, actual: &Sums) -> Vec<ChecksumsError> {
        let size = (self.sums.size != actual.size).then(|| {
            let sizes = (self.sums.size.to_string(), actual.size.to_string());
            ("size", sizes)
        });
        let hashes = Algorithm::ALL.into_iter().filter_map(|algorithm| {
            let (listed, actual) = (self.sums.hash(algorithm)?, actual.hash(algorithm)?);
            let differs = !listed.eq_ignore_ascii_case(actual);
            differs.then(|| (algorithm.name(), (listed.to_owned(), actual.to_owned())))
        });
        size.into_iter()
            .chain(hashes)
            .map(|(what, (listed, actual))| ChecksumsError::OtherFile {
                name: name.to_owned(),
                from: self.from.clone(),
                what,
                listed,
                actual,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(name: &str, sign: &str, size: u64) -> String {
        let (long, short) = (sign.repeat(128), sign.repeat(64));
        format!("{long} sha512 {size} {name}\n{short} sha256 {size} {name}\n")
    }

    fn messages(errors: &[ChecksumsError]) -> Vec<String> {
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn beets_replace_checksums() {
        let paths = ["a/target.checksums", "a/target.checksums.beet", "a/b.mar"];
        assert_eq!(sources(paths), ["a/target.checksums.beet"]);
        assert_eq!(
            sources(["a/target.checksums", "a/x.asc"]),
            ["a/target.checksums"]
        );
    }

    #[test]
    fn files_are_combined() {
        let one = lines("a.mar", "a", 1) + &lines("a.json", "a", 1);
        let other = lines("a.mar", "a", 1) + &lines("b.mar", "b", 2);
        let all = collect([("1.checksums", &*one), ("2.checksums", &*other)]).unwrap();
        let from: Vec<(&str, &str)> = all
            .files
            .iter()
            .map(|(name, listed)| (name.as_str(), listed.from.as_str()))
            .collect();
        assert_eq!(from, [("a.mar", "1.checksums"), ("b.mar", "2.checksums")]);
        assert_eq!(all.left_out, 1);
    }

    #[test]
    fn all_mistakes_are_reported() {
        let one = lines("a.mar", "a", 1);
        let other = lines("a.mar", "b", 1) + "aa sha512 2 b.mar\n";
        let files = [
            ("1.checksums", &*one),
            ("2.checksums", &*other),
            ("3.checksums", "x"),
        ];
        assert_eq!(
            messages(&collect(files).unwrap_err()),
            [
                "1.checksums and 2.checksums have different checksums of a.mar",
                "2.checksums has \"aa\" as sha512 hash of b.mar, which is not 128 hex digits",
                "2.checksums has no sha256 hash of b.mar",
                "3.checksums: line 1: expected `HASH ALGORITHM SIZE NAME`, found 1 of these 4 fields",
            ]
        );
        assert_eq!(
            messages(&collect([]).unwrap_err()),
            ["there are no `.checksums` or `.beet` files"]
        );
    }

    #[test]
    fn checksums_are_compared_with_the_archive() {
        let text = lines("a.mar", "a", 1) + &lines("b.mar", "b", 2) + &lines("c.mar", "c", 3);
        let all = collect([("1.checksums", &*text)]).unwrap();
        let other = file::parse(&(lines("b.mar", "d", 2) + &lines("e.mar", "e", 4))).unwrap();
        let archive = BTreeMap::from([
            ("a.mar", &all.files["a.mar"].sums),
            ("b.mar", &other["b.mar"]),
            ("e.mar", &other["e.mar"]),
            ("e.json", &other["e.mar"]),
        ]);
        let errors = messages(&all.compare(&archive));
        assert_eq!(errors.len(), 4, "{errors:#?}");
        assert!(
            errors[0].starts_with("1.checksums has bbb"),
            "{}",
            errors[0]
        );
        assert!(errors[1].contains("as sha256 of b.mar, but the file in the archive has ddd"));
        assert_eq!(
            errors[2],
            "1.checksums mentions c.mar, which is not in the archive"
        );
        assert_eq!(
            errors[3],
            "e.mar is in the archive, but no `.checksums` file mentions it"
        );
    }
}
