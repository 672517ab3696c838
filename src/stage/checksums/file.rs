//! `.checksums` files: one line for each file and algorithm.
//!
//! ```text
//! 1f40…9a sha512 62834220 linux-x86_64/de/firefox-92.0.1.tar.xz
//! 8c6f…02 sha256 62834220 linux-x86_64/de/firefox-92.0.1.tar.xz
//! ```

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::algorithm::Algorithm;

/// What is known about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    /// Its size in bytes.
    pub size: u64,
    /// Its hashes in hex, by the name of the algorithm.
    pub hashes: BTreeMap<String, String>,
}

impl Sums {
    /// The hash of an algorithm.
    #[must_use]
    pub fn hash(&self, algorithm: Algorithm) -> Option<&str> {
        self.hashes.get(algorithm.name()).map(String::as_str)
    }
}

/// Reports a line that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LineError {
    /// The number of the line; the first one is 1.
    pub line: usize,
    /// What is wrong.
    pub problem: LineProblem,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineProblem {
    /// It is not `HASH ALGORITHM SIZE NAME`.
    #[error("expected `HASH ALGORITHM SIZE NAME`, found {0} of these 4 fields")]
    Fields(usize),
    /// The size is not a number.
    #[error("the size {0:?} is not a number of bytes")]
    Size(String),
    /// The size is less than zero.
    #[error("the size {0} is negative")]
    Negative(String),
    /// An earlier line about the file has another size.
    #[error("{name} has the size {here}, but an earlier line says {before}")]
    OtherSize {
        /// The file.
        name: String,
        /// The size of the earlier line.
        before: u64,
        /// The size of this line.
        here: u64,
    },
    /// An earlier line about the file has another hash of the same algorithm.
    #[error("{name} has the {algorithm} hash {here}, but an earlier line says {before}")]
    OtherHash {
        /// The file.
        name: String,
        /// The algorithm.
        algorithm: String,
        /// The hash of the earlier line.
        before: String,
        /// The hash of this line.
        here: String,
    },
}

impl LineProblem {
    /// The words in which the release's own script reports this.
    #[must_use]
    pub fn production_message(&self) -> String {
        match self {
            Self::Fields(found) => {
                format!("not enough values to unpack (expected 4, got {found})")
            }
            Self::Size(text) => {
                let text = crate::base::value::py_repr(&text.as_str().into());
                format!("invalid literal for int() with base 10: {text}")
            }
            Self::Negative(size) => format!("Found negative value ({size}) for size."),
            Self::OtherSize { name, before, here } => {
                format!("Found different sizes for same file {name} ({before} and {here})")
            }
            Self::OtherHash {
                name,
                algorithm,
                before,
                here,
            } => format!(
                "Found different {algorithm} hashes for same file {name} ({before} and {here})"
            ),
        }
    }
}

/// The kinds whose tasks give their `.checksums` file a name of its own.
const NAMED: &[(&str, &str)] = &[
    ("beetmover-source", "-source"),
    ("release-beetmover-signed-langpacks", "-langpack"),
];

/// The artifact in which a task of a kind publishes its `.checksums` file.
#[must_use]
pub fn artifact_name(kind: &str) -> String {
    let named = NAMED.iter().find(|(name, _)| *name == kind);
    format!(
        "public/target{}.checksums",
        named.map_or("", |(_, suffix)| suffix)
    )
}

/// Reads a `.checksums` file; the files are in the order in which they first appear.
///
/// # Errors
/// The first line that does not fit: what follows may be wrong because of it.
pub fn parse(text: &str) -> Result<IndexMap<String, Sums>, LineError> {
    let mut files: IndexMap<String, Sums> = IndexMap::new();
    for (number, line) in lines(text).enumerate() {
        add(line, &mut files).map_err(|problem| LineError {
            line: number + 1,
            problem,
        })?;
    }
    Ok(files)
}

/// The lines of a text. Each ends with `\n`, `\r` or both.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').flat_map(|line| {
        let line = line.strip_suffix('\n').unwrap_or(line);
        line.strip_suffix('\r').unwrap_or(line).split('\r')
    })
}

fn add(line: &str, files: &mut IndexMap<String, Sums>) -> Result<(), LineProblem> {
    let (hash, algorithm, size, name) = fields(line)?;
    let size = read_size(size)?;
    let Some(sums) = files.get_mut(name) else {
        let hashes = BTreeMap::from([(algorithm.to_owned(), hash.to_owned())]);
        files.insert(name.to_owned(), Sums { size, hashes });
        return Ok(());
    };
    if sums.size != size {
        return Err(LineProblem::OtherSize {
            name: name.to_owned(),
            before: sums.size,
            here: size,
        });
    }
    let known = sums.hashes.entry(algorithm.to_owned());
    let known = known.or_insert_with(|| hash.to_owned());
    if known != hash {
        return Err(LineProblem::OtherHash {
            name: name.to_owned(),
            algorithm: algorithm.to_owned(),
            before: known.clone(),
            here: hash.to_owned(),
        });
    }
    Ok(())
}

/// Divides a line into hash, algorithm, size and name; the name may contain blanks.
fn fields(line: &str) -> Result<(&str, &str, &str, &str), LineProblem> {
    let mut rest = line;
    let mut next = |count: usize| {
        let begun = rest.trim_start_matches(is_blank);
        if begun.is_empty() {
            return Err(LineProblem::Fields(count));
        }
        let (field, behind) = begun.split_at(begun.find(is_blank).unwrap_or(begun.len()));
        rest = behind;
        Ok(field)
    };
    let (hash, algorithm, size) = (next(0)?, next(1)?, next(2)?);
    match rest.trim_start_matches(is_blank) {
        "" => Err(LineProblem::Fields(3)),
        name => Ok((hash, algorithm, size, name)),
    }
}

fn is_blank(sign: char) -> bool {
    matches!(sign, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

/// Reads a size: decimal digits, perhaps with a sign and single underscores between them.
fn read_size(text: &str) -> Result<u64, LineProblem> {
    let wrong = || LineProblem::Size(text.to_owned());
    let (negative, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let mut number = String::with_capacity(digits.len());
    for group in digits.split('_') {
        if group.is_empty() || !group.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        number.push_str(group);
    }
    match number.parse::<u64>() {
        Ok(size) if size > 0 && negative => Err(LineProblem::Negative(format!("-{size}"))),
        Ok(size) => Ok(size),
        // No file is that large.
        Err(_) => Err(wrong()),
    }
}

/// Writes the `.checksums` file of a task: sorted by name, without a newline at its end.
///
/// # Errors
/// The name of a file of which a hash is missing.
pub fn write<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f Sums)>,
) -> Result<String, MissingHash> {
    let sorted: BTreeMap<&str, &Sums> = files.into_iter().collect();
    let mut lines = Vec::with_capacity(2 * sorted.len());
    for (name, sums) in sorted {
        for algorithm in Algorithm::ALL {
            let hash = sums.hash(algorithm).ok_or_else(|| MissingHash {
                name: name.to_owned(),
                algorithm,
            })?;
            lines.push(format!("{hash} {} {} {name}", algorithm.name(), sums.size));
        }
    }
    Ok(lines.join("\n"))
}

/// Reports that a hash of a file is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} has no {} hash", algorithm.name())]
pub struct MissingHash {
    /// The file.
    pub name: String,
    /// The algorithm.
    pub algorithm: Algorithm,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn some_kinds_have_a_name_of_their_own() {
        assert_eq!(
            artifact_name("beetmover-source"),
            "public/target-source.checksums"
        );
        assert_eq!(
            artifact_name("beetmover-repackage"),
            "public/target.checksums"
        );
    }

    proptest! {
        #[test]
        fn every_text_is_read_or_refused(text in "([a-b0-9_+-]{0,3}[ \\t\\r\\n\u{e4}]{0,2}){0,12}") {
            if let Ok(files) = parse(&text) {
                let lines = text.lines().count();
                prop_assert!(files.len() <= lines.max(text.matches('\r').count() + 1));
            }
        }
    }

    #[test]
    fn lines_of_a_file_belong_together() {
        let files =
            parse("aa sha512 10 b c.mar\r\n  bb\tsha256  1_0 b c.mar\ncc md5 0 d ").unwrap();
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(names, ["b c.mar", "d "]);
        assert_eq!(files["b c.mar"].size, 10);
        assert_eq!(files["b c.mar"].hash(Algorithm::Sha512), Some("aa"));
        assert_eq!(files["b c.mar"].hash(Algorithm::Sha256), Some("bb"));
        assert_eq!(files["d "].hashes["md5"], "cc");
    }

    #[test]
    fn wrong_lines_are_reported_with_their_number() {
        for (text, line, message) in [
            (
                "aa sha512 1 x\n\n",
                2,
                "expected `HASH ALGORITHM SIZE NAME`, found 0 of these 4 fields",
            ),
            (
                "aa sha512 1 ",
                1,
                "expected `HASH ALGORITHM SIZE NAME`, found 3 of these 4 fields",
            ),
            (
                "aa sha512 1__0 x",
                1,
                "the size \"1__0\" is not a number of bytes",
            ),
            ("aa sha512 -10 x", 1, "the size -10 is negative"),
            (
                "aa sha512 1 x\nbb sha512 1 x",
                2,
                "x has the sha512 hash bb, but an earlier line says aa",
            ),
            (
                "aa sha512 1 x\nbb sha256 2 x",
                2,
                "x has the size 2, but an earlier line says 1",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.line, line, "{text:?}");
            assert_eq!(error.problem.to_string(), message, "{text:?}");
        }
        let huge = format!("aa sha512 {} x", "9".repeat(30));
        assert!(matches!(
            parse(&huge).unwrap_err().problem,
            LineProblem::Size(_)
        ));
    }

    #[test]
    fn written_files_are_read_again() {
        let text = "aa sha512 1 a\nbb sha256 1 a\ncc sha512 2 b\ndd sha256 2 b";
        let files = parse(text).unwrap();
        let reversed = files.iter().rev().map(|(name, sums)| (name.as_str(), sums));
        assert_eq!(write(reversed).as_deref(), Ok(text));
        let files = parse("aa sha512 1 a").unwrap();
        let missing = write(files.iter().map(|(name, sums)| (name.as_str(), sums)));
        assert_eq!(missing.unwrap_err().to_string(), "a has no sha256 hash");
    }
}
