//! Repositories of ostree: objects by their hashes, and what a commit contains.
//!
//! Objects are in the form of `archive-z2`: folders, their attributes and commits as they are, files with a
//! header of their own and packed content. The hash of a file is that of another header and the plain content.

use std::collections::BTreeMap;
use std::io::Read as _;

use flate2::read::DeflateDecoder;

use crate::base::digest::hex;
use crate::stage::keys::Hash;

/// The most bytes of a file.
const MAX_FILE: u64 = 1 << 30;
/// The deepest folder.
const MAX_DEPTH: usize = 64;
/// The most files of a commit.
const MAX_FILES: usize = 200_000;

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
pub struct Objects<'a> {
    /// By name.
    pub by_name: BTreeMap<String, &'a [u8]>,
}

/// A header of a file, and where its content begins.
struct FileHeader<'o> {
    mode: u32,
    link: &'o [u8],
    plain: Vec<u8>,
    packed: &'o [u8],
}

impl<'a> Objects<'a> {
    /// Checks the hash of each object; returns how many there are.
    ///
    /// # Errors
    /// [`OstreeError`].
    pub fn check(&self) -> Result<usize, OstreeError> {
        let mut count = 0;
        for (name, content) in &self.by_name {
            let (path, kind) = name.rsplit_once('.').unwrap_or((name, ""));
            let wanted = path.replace('/', "");
            let hash = match kind {
                "commit" | "dirtree" | "dirmeta" => Hash::Sha256.digest(&[content]),
                "filez" => {
                    let (header, plain) = self.plain(name)?;
                    Hash::Sha256.digest(&[&header, &plain])
                }
                // Signatures and the like.
                _ => continue,
            };
            count += 1;
            if hex(&hash) != wanted {
                return Err(OstreeError::Hash(name.clone()));
            }
        }
        Ok(count)
    }

    fn get(&self, hash: &[u8], kind: &str) -> Result<(String, &'a [u8]), OstreeError> {
        let name = object_name(&hex(hash), kind);
        match self.by_name.get(&name) {
            Some(content) => Ok((name, content)),
            None => Err(OstreeError::Missing(name)),
        }
    }

    /// The plain header of a file, behind its length, and the content.
    fn plain(&self, name: &str) -> Result<(Vec<u8>, Vec<u8>), OstreeError> {
        let damaged = || OstreeError::Damaged(name.to_owned());
        let content = self
            .by_name
            .get(name)
            .ok_or_else(|| OstreeError::Missing(name.to_owned()))?;
        let header = file_header(content).ok_or_else(damaged)?;
        let mut plain = Vec::new();
        if !header.packed.is_empty() {
            let mut decoder = DeflateDecoder::new(header.packed).take(MAX_FILE + 1);
            decoder.read_to_end(&mut plain).map_err(|_| damaged())?;
        }
        if plain.len() as u64 > MAX_FILE {
            return Err(OstreeError::TooLarge);
        }
        let length = u32::try_from(header.plain.len()).map_err(|_| damaged())?;
        let whole = [&length.to_be_bytes()[..], &[0; 4], &header.plain].concat();
        Ok((whole, plain))
    }

    /// The content of a file.
    ///
    /// # Errors
    /// [`OstreeError`].
    pub fn content(&self, file: &File) -> Result<Vec<u8>, OstreeError> {
        self.plain(&file.object).map(|(_, content)| content)
    }

    /// The files of a commit, by path.
    ///
    /// # Errors
    /// [`OstreeError`].
    pub fn files(&self, commit: &str) -> Result<BTreeMap<String, File>, OstreeError> {
        let name = object_name(commit, "commit");
        let content = self
            .by_name
            .get(&name)
            .ok_or_else(|| OstreeError::Missing(name.clone()))?;
        let (tree, meta) = commit_root(content).ok_or(OstreeError::Damaged(name))?;
        self.get(meta, "dirmeta")?;
        let mut files = BTreeMap::new();
        let mut left = vec![(String::new(), tree.to_vec(), 0)];
        let mut count = 0;
        while let Some((path, tree, depth)) = left.pop() {
            let (name, content) = self.get(&tree, "dirtree")?;
            let damaged = || OstreeError::Damaged(name.clone());
            count += 1;
            if depth > MAX_DEPTH || count > MAX_FILES || files.len() > MAX_FILES {
                return Err(OstreeError::TooLarge);
            }
            let [listed, folders] = split::<2>(content).ok_or_else(damaged)?;
            for item in items(listed).ok_or_else(damaged)? {
                let [label, hash] = split::<2>(item).ok_or_else(damaged)?;
                let label = text(label)
                    .filter(|name| is_name(name))
                    .ok_or_else(damaged)?;
                let (object, content) = self.get(hash, "filez")?;
                let header = file_header(content);
                let header = header.ok_or_else(|| OstreeError::Damaged(object.clone()))?;
                let file = File {
                    mode: header.mode,
                    link: String::from_utf8_lossy(header.link).into_owned(),
                    object,
                };
                files.insert(format!("{path}{label}"), file);
            }
            for item in items(folders).ok_or_else(damaged)? {
                let [folder, tree, meta] = split::<3>(item).ok_or_else(damaged)?;
                let folder = text(folder)
                    .filter(|name| is_name(name))
                    .ok_or_else(damaged)?;
                self.get(meta, "dirmeta")?;
                left.push((format!("{path}{folder}/"), tree.to_vec(), depth + 1));
            }
        }
        Ok(files)
    }
}

/// The name of an object.
fn object_name(hash: &str, kind: &str) -> String {
    let (start, rest) = hash.split_at_checked(2).unwrap_or((hash, ""));
    format!("{start}/{rest}.{kind}")
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains('/')
}

/// How many bytes an offset in a container of this size has.
fn offset_size(length: usize) -> usize {
    match length {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    }
}

fn little(bytes: &[u8]) -> usize {
    let sum = bytes
        .iter()
        .rev()
        .fold(0_u64, |sum, digit| sum << 8 | u64::from(*digit));
    usize::try_from(sum).unwrap_or(usize::MAX)
}

/// A text that ends with a zero.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes.strip_suffix(&[0])?).ok()
}

/// The fields of a tuple of `N` fields that all have a size of their own and no alignment.
fn split<const N: usize>(bytes: &[u8]) -> Option<[&[u8]; N]> {
    let size = offset_size(bytes.len());
    let mut fields: [&[u8]; N] = [&[]; N];
    let mut start = 0;
    let table = bytes.len().checked_sub(size * (N - 1))?;
    for (i, field) in fields.iter_mut().enumerate() {
        let end = match i + 1 == N {
            true => table,
            // The offset of the first field is the last one.
            false => {
                let at = bytes.len() - size * (i + 1);
                little(bytes.get(at..at + size)?)
            }
        };
        *field = bytes.get(start..end).filter(|_| end <= table)?;
        start = end;
    }
    Some(fields)
}

/// The items of a list whose items have sizes of their own.
fn items(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let size = offset_size(bytes.len());
    let table = little(bytes.get(bytes.len() - size..)?);
    let offsets = bytes.get(table..)?;
    if offsets.len() % size != 0 {
        return None;
    }
    let mut found = Vec::new();
    let mut start = 0;
    for offset in offsets.chunks(size) {
        let end = little(offset);
        found.push(bytes.get(start..end).filter(|_| end <= table)?);
        start = end;
    }
    Some(found)
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
    Some(FileHeader {
        mode: u32::try_from(big(header.get(16..20)?)).ok()?,
        link,
        plain,
        packed: &content[8 + length..],
    })
}
