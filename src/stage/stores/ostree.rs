//! Repositories of ostree: objects by their hashes, and what a commit contains.
//!
//! Objects are in the form of `archive-z2`: folders, their attributes and commits as they are, files with a
//! header of their own and packed content. The hash of a file is that of another header and the plain content.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use flate2::bufread::DeflateDecoder;

use super::gvariant::{items, little, offset_size, split, text};
use crate::base::digest::hex;
use crate::stage::keys::Hash;

/// The most bytes that all files together may have.
const MAX_CONTENT: u64 = 8 << 30;
/// The deepest folder.
const MAX_DEPTH: usize = 64;
/// The most files and folders of all commits that are looked at.
const MAX_FILES: usize = 200_000;
/// The most bytes of the paths of these.
const MAX_PATHS: usize = 64 << 20;
/// The longest name of a file or folder.
const MAX_NAME: usize = 255;

/// Why a repository is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OstreeError {
    /// An object has another content than its name says.
    #[error("the object {0} has another hash")]
    Hash(String),
    /// An object is not in the repository.
    #[error("the object {0} is missing")]
    Missing(String),
    /// An object is damaged.
    #[error("the object {0} is damaged")]
    Damaged(String),
    /// A file is not named like an object.
    #[error("`objects/{0}` is not the name of an object")]
    Name(String),
    /// A path occurs twice in a commit.
    #[error("a commit has {0:?} twice")]
    Twice(String),
    /// There are too many or too large files.
    #[error("there are too many or too large files, or folders are too deep")]
    TooLarge,
}

/// A file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its mode, with its kind.
    pub mode: u32,
    /// Where it leads, if it is a link.
    pub link: String,
    /// The name of its object.
    pub object: String,
}

/// The objects of a repository: `ab/cdef….dirtree` and their contents.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    /// By name.
    pub by_name: BTreeMap<String, Vec<u8>>,
}

/// What is left of the files and paths that all commits together may have.
#[derive(Debug)]
pub struct Budget {
    files: usize,
    paths: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            files: MAX_FILES,
            paths: MAX_PATHS,
        }
    }
}

impl Budget {
    fn take(&mut self, path: &str) -> Result<(), OstreeError> {
        let files = self.files.checked_sub(1);
        let paths = self.paths.checked_sub(path.len());
        (self.files, self.paths) = files.zip(paths).ok_or(OstreeError::TooLarge)?;
        Ok(())
    }
}

/// A header of a file, and where its content begins.
struct FileHeader<'o> {
    size: u64,
    mode: u32,
    link: &'o [u8],
    plain: Vec<u8>,
    packed: &'o [u8],
}

impl Objects {
    /// Checks the name and the hash of each object; returns how many there are.
    ///
    /// # Errors
    /// [`OstreeError`].
    pub fn check(&self) -> Result<usize, OstreeError> {
        let mut count = 0;
        let mut left = MAX_CONTENT;
        for (name, content) in &self.by_name {
            let (path, kind) = name.rsplit_once('.').unwrap_or((name, ""));
            if !["commit", "dirtree", "dirmeta", "filez"].contains(&kind) {
                // Signatures and the like.
                continue;
            }
            let wanted = path.replace('/', "");
            if object_name(&wanted, kind) != *name || wanted.len() != 64 {
                return Err(OstreeError::Name(name.clone()));
            }
            let hash = match kind {
                "filez" => {
                    let header = self.header(name)?;
                    left = left.checked_sub(header.size).ok_or(OstreeError::TooLarge)?;
                    header.hash()
                }
                _ => Some(Hash::Sha256.digest(&[content])),
            };
            let hash = hash.ok_or_else(|| OstreeError::Damaged(name.clone()))?;
            count += 1;
            if hex(&hash) != wanted {
                return Err(OstreeError::Hash(name.clone()));
            }
        }
        Ok(count)
    }

    fn named(&self, name: &str) -> Result<&[u8], OstreeError> {
        let content = self.by_name.get(name).map(Vec::as_slice);
        content.ok_or_else(|| OstreeError::Missing(name.to_owned()))
    }

    fn get(&self, hash: &[u8], kind: &str) -> Result<(String, &[u8]), OstreeError> {
        let name = object_name(&hex(hash), kind);
        let content = self.named(&name)?;
        Ok((name, content))
    }

    fn header(&self, name: &str) -> Result<FileHeader<'_>, OstreeError> {
        let header = file_header(self.named(name)?);
        header.ok_or_else(|| OstreeError::Damaged(name.to_owned()))
    }

    /// The content of a file, of which at most `limit` bytes are read.
    ///
    /// # Errors
    /// [`OstreeError`].
    pub fn content(&self, file: &File, limit: u64) -> Result<Vec<u8>, OstreeError> {
        let header = self.header(&file.object)?;
        if header.size > limit {
            return Err(OstreeError::TooLarge);
        }
        let mut content = Vec::new();
        let read = header.content().read_to_end(&mut content);
        match read.is_ok_and(|read| read as u64 == header.size) {
            true => Ok(content),
            false => Err(OstreeError::Damaged(file.object.clone())),
        }
    }

    /// The files of a commit, by path.
    ///
    /// # Errors
    /// [`OstreeError`].
    pub fn files(
        &self,
        commit: &str,
        budget: &mut Budget,
    ) -> Result<BTreeMap<String, File>, OstreeError> {
        let name = object_name(commit, "commit");
        let content = self.named(&name)?;
        let (tree, meta) = commit_root(content).ok_or(OstreeError::Damaged(name))?;
        self.get(meta, "dirmeta")?;
        let mut files = BTreeMap::new();
        let mut left = vec![(String::new(), tree, 0)];
        while let Some((path, tree, depth)) = left.pop() {
            let (name, content) = self.get(tree, "dirtree")?;
            let damaged = || OstreeError::Damaged(name.clone());
            if depth > MAX_DEPTH {
                return Err(OstreeError::TooLarge);
            }
            let mut seen = BTreeSet::new();
            let mut add = |label| -> Result<String, OstreeError> {
                let label = text(label).filter(|name| is_name(name));
                let label = label.ok_or_else(damaged)?;
                let path = format!("{path}{label}");
                budget.take(&path)?;
                match seen.insert(label) {
                    true => Ok(path),
                    false => Err(OstreeError::Twice(path)),
                }
            };
            let [listed, folders] = split::<2>(content).ok_or_else(damaged)?;
            for item in items(listed).ok_or_else(damaged)? {
                let [label, hash] = item.and_then(split::<2>).ok_or_else(damaged)?;
                let path = add(label)?;
                let (object, _) = self.get(hash, "filez")?;
                let header = self.header(&object)?;
                let file = File {
                    mode: header.mode,
                    link: String::from_utf8_lossy(header.link).into_owned(),
                    object,
                };
                files.insert(path, file);
            }
            for item in items(folders).ok_or_else(damaged)? {
                let [label, tree, meta] = item.and_then(split::<3>).ok_or_else(damaged)?;
                let path = add(label)?;
                self.get(meta, "dirmeta")?;
                left.push((path + "/", tree, depth + 1));
            }
        }
        Ok(files)
    }
}

impl FileHeader<'_> {
    /// The content, of which one byte more than its size is read.
    fn content(&self) -> impl Read {
        // Links have none at all.
        let decoder = (!self.packed.is_empty()).then(|| DeflateDecoder::new(self.packed));
        let reader: Box<dyn Read> = match decoder {
            Some(decoder) => Box::new(decoder),
            None => Box::new(std::io::empty()),
        };
        reader.take(self.size.saturating_add(1))
    }

    /// The hash: of the plain header behind its length, and the content; `None` if the content has another size.
    fn hash(&self) -> Option<Vec<u8>> {
        let length = u32::try_from(self.plain.len()).ok()?.to_be_bytes();
        let start = [&length, &[0; 4][..], &self.plain];
        let (hash, read) = Hash::Sha256.digest_of(&start, self.content()).ok()?;
        (read == self.size).then_some(hash)
    }
}

/// The name of an object.
fn object_name(hash: &str, kind: &str) -> String {
    let (start, rest) = hash.split_at_checked(2).unwrap_or((hash, ""));
    format!("{start}/{rest}.{kind}")
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME && name != "." && name != ".." && !name.contains('/')
}

/// The folder of a commit, and its attributes.
fn commit_root(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    // Attributes, parent, related commits, subject, body; a time at a multiple of eight; folder, attributes.
    let size = offset_size(bytes.len());
    let offset = |i: usize| {
        let at = bytes.len().checked_sub(size * (i + 1))?;
        Some(little(bytes.get(at..at + size)?))
    };
    let start = offset(4)?.checked_next_multiple_of(8)?.checked_add(8)?;
    let end = offset(5)?;
    let table = bytes.len().checked_sub(size * 6)?;
    let tree = bytes.get(start..end)?;
    let meta = bytes.get(end..table)?;
    (tree.len() == 32 && meta.len() == 32).then_some((tree, meta))
}

/// Reads the header of a file: its size, then owner, mode, device, target of a link, and further attributes.
fn file_header(content: &[u8]) -> Option<FileHeader<'_>> {
    let big = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0_u64, |sum, digit| sum << 8 | u64::from(*digit))
    };
    let length = usize::try_from(big(content.get(..4)?)).ok()?;
    let header = content.get(8..)?.get(..length)?;
    let size = offset_size(length);
    let table = length.checked_sub(size)?;
    let end = little(header.get(table..)?);
    let link = header.get(24..end)?.strip_suffix(&[0])?;
    let attributes = header.get(end..table)?;
    // The plain header has no size, so its offset is smaller, and may need fewer bytes.
    let mut plain = [header.get(8..end)?, attributes].concat();
    let fits = |size: usize| offset_size(plain.len() + size) == size;
    let size = [1, 2, 4, 8].into_iter().find(|size| fits(*size))?;
    plain.extend_from_slice((end - 8).to_le_bytes().get(..size)?);
    let packed = &content[8 + length..];
    Some(FileHeader {
        // What is no file has no content, whatever size is stated.
        size: match packed {
            [] => 0,
            _ => big(header.get(..8)?),
        },
        mode: u32::try_from(big(header.get(16..20)?)).ok()?,
        link,
        plain,
        packed,
    })
}

#[cfg(test)]
mod tests;
