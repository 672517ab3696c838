//! The files in the archive of an image.

use std::collections::BTreeMap;
use std::io::{BufReader, Read, copy, sink};

use flate2::read::MultiGzDecoder;

use crate::base::digest::hex;
use crate::base::zstd::ZstdReader;
use crate::stage::keys::Hash;
use crate::stage::stores::inside::leads_out;
use crate::stage::tar_stream::{Kind, TarError, walk};

/// The most files of an archive.
const MAX_MEMBERS: usize = 10_000;

/// The most bytes of a file that is kept: manifests and configurations.
const MAX_KEPT: u64 = 4 << 20;

/// The most bytes that are kept of all of them.
const MAX_ALL: u64 = 64 << 20;

/// How deep links may lead to links.
const MAX_LINKS: usize = 8;

/// How something is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// By gzip.
    Gzip,
    /// By zstd.
    Zstd,
}

impl Packing {
    /// How it is, for messages.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Plain => "not compressed",
            Self::Gzip => "compressed by gzip",
            Self::Zstd => "compressed by zstd",
        }
    }
}

/// Unpacks what a reader gives, by its first bytes.
pub fn unpacked<'r>(reader: impl Read + 'r) -> std::io::Result<(Packing, Box<dyn Read + 'r>)> {
    let mut reader = BufReader::with_capacity(64 << 10, reader);
    let mut first = Vec::new();
    reader.by_ref().take(4).read_to_end(&mut first)?;
    // A file of zstd may begin with a frame that is skipped.
    let is_zstd = matches!(
        first[..],
        [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18]
    );
    let is_gzip = first.starts_with(b"\x1f\x8b");
    let whole = std::io::Cursor::new(first).chain(reader);
    Ok(match (is_gzip, is_zstd) {
        (true, _) => (Packing::Gzip, Box::new(MultiGzDecoder::new(whole))),
        (_, true) => (
            Packing::Zstd,
            Box::new(ZstdReader::new(BufReader::with_capacity(64 << 10, whole))),
        ),
        _ => (Packing::Plain, Box::new(whole)),
    })
}

/// Why the archive is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemberError {
    /// It cannot be unpacked.
    #[error(transparent)]
    Archive(#[from] TarError),
    /// It has too many files.
    #[error("the archive has more than {MAX_MEMBERS} files")]
    TooMany,
    /// What describes the image is too large.
    #[error("the manifests and configurations of the archive have more than {MAX_ALL} bytes")]
    Kept,
    /// A path leads out.
    #[error("the path {0:?} leads out of the archive")]
    Path(String),
    /// A path occurs twice.
    #[error("the path {0:?} occurs twice")]
    Twice(String),
    /// A link leads out, or nowhere.
    #[error("the link {0:?} does not lead to a file of the archive")]
    Link(String),
}

impl From<std::io::Error> for MemberError {
    fn from(error: std::io::Error) -> Self {
        Self::Archive(error.into())
    }
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// How many bytes it has.
    pub size: u64,
    /// Its SHA-256.
    pub digest: String,
    /// Its content, if it is small and looks like JSON.
    pub content: Option<Vec<u8>>,
}

/// The files of an archive, by path.
#[derive(Debug, Default)]
pub struct Members {
    files: BTreeMap<String, Member>,
    links: BTreeMap<String, String>,
}

impl Members {
    /// Reads an archive, which may be compressed.
    pub fn read(bytes: &[u8], limit: u64) -> Result<Self, MemberError> {
        let mut members = Self::default();
        let mut kept = 0;
        let (_, mut reader) = unpacked(bytes)?;
        walk(&mut reader, limit, &mut |entry, content| {
            let path = entry.path.clone();
            if !is_inside(&path) {
                return Err(MemberError::Path(path));
            }
            match entry.kind {
                Kind::File => {
                    let is_new = members
                        .files
                        .insert(path.clone(), member(content, entry.size, &mut kept)?);
                    if is_new.is_some() || members.links.contains_key(&path) {
                        return Err(MemberError::Twice(path));
                    }
                }
                Kind::SymLink | Kind::HardLink => {
                    let from_top = entry.kind == Kind::HardLink;
                    if entry.target.starts_with('/') || leads_out(&path, &entry.target, from_top) {
                        return Err(MemberError::Link(path));
                    }
                    let target = resolved(&path, &entry.target, from_top);
                    if members.files.contains_key(&path)
                        || members.links.insert(path.clone(), target).is_some()
                    {
                        return Err(MemberError::Twice(path));
                    }
                }
                Kind::Folder => {}
                Kind::Special => return Err(MemberError::Path(path)),
            }
            match members.files.len() + members.links.len() > MAX_MEMBERS {
                true => Err(MemberError::TooMany),
                false => Ok(()),
            }
        })?;
        // What follows the last file is read, too, since the file may be cut short there.
        let mut rest = reader.take(limit);
        copy(&mut rest, &mut sink())?;
        match rest.limit() {
            0 => Err(TarError::TooLarge(limit).into()),
            _ => Ok(members),
        }
    }

    /// The path of the file that a path names, through links.
    pub fn path<'m>(&'m self, path: &'m str) -> Option<&'m str> {
        let mut path = path;
        for _ in 0..MAX_LINKS {
            match self.links.get(path) {
                Some(target) => path = target,
                None => return self.files.contains_key(path).then_some(path),
            }
        }
        None
    }

    /// A file.
    pub fn get(&self, path: &str) -> Option<&Member> {
        self.files.get(self.path(path)?)
    }
}

/// Whether a path is one below the top. Names of hashes have colons.
fn is_inside(path: &str) -> bool {
    let is_odd = |sign: char| sign.is_control() || matches!(sign, '\\' | '\u{fffd}');
    !path.contains(is_odd) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// The path that a link leads to.
fn resolved(path: &str, target: &str, from_top: bool) -> String {
    let mut parts: Vec<&str> = match from_top {
        true => Vec::new(),
        false => path.split('/').collect(),
    };
    parts.pop();
    for part in target.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "" | "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Reads a file: its hash, and its content if that may be JSON.
fn member(content: &mut dyn Read, size: u64, kept: &mut u64) -> Result<Member, MemberError> {
    let mut start = Vec::new();
    let is_small = size <= MAX_KEPT;
    let first = if is_small { size } else { 0 };
    content.take(first).read_to_end(&mut start)?;
    let (digest, _) = Hash::Sha256.digest_of(&[&start], content)?;
    let is_json = matches!(
        start.iter().find(|byte| !byte.is_ascii_whitespace()),
        Some(b'{' | b'[')
    );
    let content = is_json.then_some(start);
    *kept += content.as_ref().map_or(0, |content| content.len() as u64);
    match *kept > MAX_ALL {
        true => Err(MemberError::Kept),
        false => Ok(Member {
            size,
            digest: format!("sha256:{}", hex(&digest)),
            content,
        }),
    }
}
