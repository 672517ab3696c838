//! The lists that a release publishes: `SHA512SUMS`, `SHA256SUMS` and their summaries.

use super::algorithm::Algorithm;
use super::collect::Checksums;
use super::merkle::Tree;
use crate::base::digest::hex;

/// The name of the list of an algorithm.
#[must_use]
pub fn sums_name(algorithm: Algorithm) -> String {
    format!("{}SUMS", algorithm.name().to_uppercase())
}

/// The name of the summary of an algorithm.
#[must_use]
pub fn summary_name(algorithm: Algorithm) -> String {
    format!("{}SUMMARY", algorithm.name().to_uppercase())
}

/// The files with their hashes, by name.
fn hashes(checksums: &Checksums, algorithm: Algorithm) -> impl Iterator<Item = (&str, &str)> {
    let files = checksums.files.iter();
    files.filter_map(move |(name, listed)| Some((name.as_str(), listed.sums.hash(algorithm)?)))
}

/// The text of a list: hash, two blanks and name, as `sha256sum --check` reads them.
#[must_use]
pub fn sums(checksums: &Checksums, algorithm: Algorithm) -> String {
    hashes(checksums, algorithm)
        .map(|(name, hash)| format!("{hash}  {name}\n"))
        .collect()
}

/// The text of a summary: the head of the hash tree over the hashes of the list, and the proof of each file.
///
/// `None` if there are no files.
#[must_use]
pub fn summary(checksums: &Checksums, algorithm: Algorithm) -> Option<String> {
    let leaves: Vec<&[u8]> = hashes(checksums, algorithm)
        .map(|(_, hash)| hash.as_bytes())
        .collect();
    let tree = Tree::new(algorithm, &leaves)?;
    let mut text = format!("{} TREE_HEAD\n", hex(tree.head()));
    for (i, (name, _)) in hashes(checksums, algorithm).enumerate() {
        text.push_str(&format!("{} {name}\n", hex(&tree.proof(i)?)));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::checksums::collect::collect;

    #[test]
    fn lists_are_sorted_by_name() {
        let (long, short) = ("a".repeat(128), "b".repeat(64));
        let lines = ["z.mar", "B c.dmg", "a.mar"]
            .map(|name| format!("{long} sha512 1 {name}\n{short} sha256 1 {name}\n"));
        let checksums = collect([("x.checksums", &*lines.concat())]).unwrap();
        let names = ["B c.dmg", "a.mar", "z.mar"];
        let expected = names.map(|name| format!("{short}  {name}\n")).concat();
        assert_eq!(sums(&checksums, Algorithm::Sha256), expected);

        let summary = summary(&checksums, Algorithm::Sha512).unwrap();
        let tree = Tree::new(Algorithm::Sha512, &[long.as_bytes(); 3]).unwrap();
        let lines: Vec<&str> = summary.lines().collect();
        assert_eq!(lines[0], format!("{} TREE_HEAD", hex(tree.head())));
        for (i, name) in names.iter().enumerate() {
            assert_eq!(
                lines[i + 1],
                format!("{} {name}", hex(&tree.proof(i).unwrap()))
            );
        }
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn without_files_there_is_no_summary() {
        assert_eq!(summary(&Checksums::default(), Algorithm::Sha256), None);
        assert_eq!(sums_name(Algorithm::Sha256), "SHA256SUMS");
        assert_eq!(summary_name(Algorithm::Sha512), "SHA512SUMMARY");
    }
}
