//! Tar archives, read as a stream: whoever walks one sees each entry with its content, and nothing is kept.
//!
//! An archive may be compressed to almost nothing, and unpack to more than any machine holds. So both the bytes
//! that are read and the names are limited.

use std::io::{Error, ErrorKind, Read, Take, copy, sink};

/// The most bytes of a name, or of the fields that an entry has more than others.
const MAX_NAME: u64 = 64 << 10;

/// The size of a block.
const BLOCK: usize = 512;

/// Why an archive is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TarError {
    /// It is damaged.
    #[error("the archive is damaged: {0}")]
    Damaged(&'static str),
    /// It has too much content.
    #[error("the archive unpacks to more than {0} bytes")]
    TooLarge(u64),
    /// A name is too long.
    #[error("the archive has a name of more than {MAX_NAME} bytes")]
    Name,
    /// It cannot be unpacked.
    #[error("{0}")]
    Read(String),
}

impl From<Error> for TarError {
    fn from(error: Error) -> Self {
        Self::Read(error.to_string())
    }
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// Another name of a file.
    HardLink,
    /// A link to a path.
    SymLink,
    /// A folder.
    Folder,
    /// A device, or anything else.
    Special,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path without `./` before it and a slash behind it.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Where a link leads.
    pub target: String,
    /// Its rights.
    pub mode: u64,
    /// How many bytes its content has.
    pub size: u64,
}

/// Looks at each entry of an archive of at most `limit` bytes; what is not read of its content is skipped. The root
/// itself is no entry. What follows the end of the archive is left in the reader.
///
/// # Errors
/// [`TarError`], and what `visit` returns.
pub fn walk<E: From<TarError>>(
    reader: &mut dyn Read,
    limit: u64,
    visit: &mut dyn FnMut(&Entry, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = Blocks {
        reader: reader.take(limit),
        limit,
    };
    let mut more = More::default();
    while let Some(header) = reader.header()? {
        let size = number(field(&header, 124, 12))
            .ok_or(TarError::Damaged("an entry has no valid size"))?;
        match header.get(156) {
            Some(b'L') => more.path = Some(until_zero(reader.content(size)?)),
            Some(b'K') => more.target = Some(until_zero(reader.content(size)?)),
            Some(b'x') => more.read(&reader.content(size)?),
            Some(b'g') => reader.skip(size)?,
            kind => {
                let more = std::mem::take(&mut more);
                let entry = entry(&header, kind.copied().unwrap_or_default(), size, more);
                if entry.path.is_empty() || entry.path == "." {
                    reader.skip(entry.size)?;
                    continue;
                }
                let mut content = reader.reader.by_ref().take(entry.size);
                visit(&entry, &mut content)?;
                let left = content.limit();
                reader.skip_rest(left, entry.size)?;
            }
        }
    }
    Ok(())
}

/// What comes before an entry because it does not fit into its header.
#[derive(Default)]
struct More {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    size: Option<u64>,
}

impl More {
    /// Reads fields, each of which is a length, a key and a value.
    fn read(&mut self, fields: &[u8]) {
        let mut rest = fields;
        while let Some((line, after)) = line(rest) {
            if let Some(value) = line.strip_prefix(b"path=") {
                self.path = Some(value.to_vec());
            } else if let Some(value) = line.strip_prefix(b"linkpath=") {
                self.target = Some(value.to_vec());
            } else if let Some(value) = line.strip_prefix(b"size=") {
                self.size = std::str::from_utf8(value)
                    .ok()
                    .and_then(|size| size.parse().ok());
            }
            rest = after;
        }
    }
}

/// The first field, without its length and the end of its line, and what follows it.
fn line(fields: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = fields.iter().position(|byte| *byte == b' ')?;
    let length = std::str::from_utf8(fields.get(..blank)?).ok()?;
    let length: usize = length.parse().ok()?;
    let line = fields.get(blank + 1..length)?;
    Some((
        line.strip_suffix(b"\n").unwrap_or(line),
        fields.get(length..)?,
    ))
}

fn entry(header: &[u8; BLOCK], kind: u8, size: u64, more: More) -> Entry {
    let path = more.path.unwrap_or_else(|| short(header));
    let path = String::from_utf8_lossy(&path);
    let path = path.strip_prefix("./").unwrap_or(&path);
    let target = more
        .target
        .unwrap_or_else(|| field(header, 157, 100).to_vec());
    let kind = match kind {
        // Old archives have folders as files whose names end in a slash.
        0 | b'0' if path.ends_with('/') => Kind::Folder,
        0 | b'0' | b'7' | b'S' => Kind::File,
        b'1' => Kind::HardLink,
        b'2' => Kind::SymLink,
        b'5' => Kind::Folder,
        _ => Kind::Special,
    };
    let trimmed = path.trim_end_matches('/');
    Entry {
        // A path of nothing but slashes is none of an archive.
        path: if trimmed.is_empty() { path } else { trimmed }.to_owned(),
        kind,
        target: String::from_utf8_lossy(&target).into_owned(),
        mode: number(field(header, 100, 8)).unwrap_or_default(),
        size: more.size.unwrap_or(size),
    }
}

/// Reads an archive block by block.
struct Blocks<R> {
    reader: Take<R>,
    limit: u64,
}

impl<R: Read> Blocks<R> {
    /// The next header; `None` at the end.
    fn header(&mut self) -> Result<Option<[u8; BLOCK]>, TarError> {
        let mut header = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            let rest = header.get_mut(filled..).unwrap_or_default();
            match self.reader.read(rest) {
                Ok(0) if filled == 0 && self.reader.limit() > 0 => return Ok(None),
                Ok(0) => return Err(self.ended()),
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        if header.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let sum = |at: usize, byte: u8| match at {
            148..156 => u64::from(b' '),
            _ => u64::from(byte),
        };
        let sum: u64 = header
            .iter()
            .enumerate()
            .map(|(at, byte)| sum(at, *byte))
            .sum();
        if number(field(&header, 148, 8)) != Some(sum) {
            return Err(TarError::Damaged("the checksum of a header is wrong"));
        }
        Ok(Some(header))
    }

    /// The content of an entry, which is a name.
    fn content(&mut self, size: u64) -> Result<Vec<u8>, TarError> {
        if size > MAX_NAME {
            return Err(TarError::Name);
        }
        let mut content = Vec::new();
        let read = self.reader.by_ref().take(size).read_to_end(&mut content)?;
        self.skip_rest(size - read as u64, size)?;
        Ok(content)
    }

    fn skip(&mut self, size: u64) -> Result<(), TarError> {
        self.skip_rest(size, size)
    }

    /// Skips what is left of the content of an entry, and the padding behind it.
    fn skip_rest(&mut self, left: u64, size: u64) -> Result<(), TarError> {
        let padding = size.wrapping_neg() % BLOCK as u64;
        let left = left.saturating_add(padding);
        match copy(&mut self.reader.by_ref().take(left), &mut sink())? == left {
            true => Ok(()),
            false => Err(self.ended()),
        }
    }

    /// Why there is nothing more to read.
    fn ended(&self) -> TarError {
        match self.reader.limit() {
            0 => TarError::TooLarge(self.limit),
            _ => TarError::Damaged("it is truncated inside a file"),
        }
    }
}

fn until_zero(mut name: Vec<u8>) -> Vec<u8> {
    let end = name.iter().position(|byte| *byte == 0);
    name.truncate(end.unwrap_or(name.len()));
    name
}

fn field(header: &[u8; BLOCK], at: usize, length: usize) -> &[u8] {
    let field = header.get(at..at + length).unwrap_or_default();
    let end = field.iter().position(|byte| *byte == 0);
    match header.get(at) {
        // Numbers that are not written in digits may contain zeros.
        Some(first) if first & 0x80 != 0 => field,
        _ => field.get(..end.unwrap_or(field.len())).unwrap_or_default(),
    }
}

/// The name in a header.
fn short(header: &[u8; BLOCK]) -> Vec<u8> {
    let name = field(header, 0, 100);
    let prefix = match header.get(257..263) {
        Some(b"ustar\0") => field(header, 345, 155),
        _ => &[],
    };
    match prefix {
        [] => name.to_vec(),
        prefix => [prefix, b"/", name].concat(),
    }
}

/// A number: octal digits, or big-endian after a mark if it is too large for these.
fn number(field: &[u8]) -> Option<u64> {
    if let Some((first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        let (zeros, last) = rest.split_at_checked(rest.len().checked_sub(8)?)?;
        let is_small = *first == 0x80 && zeros.iter().all(|byte| *byte == 0);
        let number = u64::from_be_bytes(last.try_into().ok()?);
        // No archive is larger than that.
        return Some(number).filter(|number| is_small && *number < 1 << 60);
    }
    let text = std::str::from_utf8(field).ok()?.trim();
    match text {
        "" => Some(0),
        text => u64::from_str_radix(text, 8).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive as a library writes it.
    fn archive(names: &[&str]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for name in names {
            let mut header = tar::Header::new_gnu();
            header.set_size(name.len() as u64);
            header.set_mode(0o640);
            archive
                .append_data(&mut header, name, name.as_bytes())
                .unwrap();
        }
        archive.into_inner().unwrap()
    }

    fn walked(mut reader: impl Read, limit: u64) -> Result<Vec<(Entry, String)>, TarError> {
        let mut all = Vec::new();
        walk(&mut reader, limit, &mut |entry, content| {
            let mut text = String::new();
            content.read_to_string(&mut text)?;
            all.push((entry.clone(), text));
            Ok::<(), TarError>(())
        })?;
        Ok(all)
    }

    fn why(content: &[u8]) -> String {
        walked(content, 1 << 20).unwrap_err().to_string()
    }

    #[test]
    fn entries_are_read_with_their_contents() {
        let long = "folder/".repeat(60) + "file";
        let names = ["a", "./b/c", &long, "d"];
        let read = walked(&archive(&names)[..], 1 << 20).unwrap();
        let paths: Vec<&str> = read.iter().map(|(entry, _)| entry.path.as_str()).collect();
        assert_eq!(paths, ["a", "b/c", &long, "d"]);
        for ((entry, text), name) in read.iter().zip(names) {
            assert_eq!(
                (entry.kind, entry.mode, text.as_str()),
                (Kind::File, 0o640, name)
            );
        }
    }

    #[test]
    fn what_is_not_read_is_skipped() {
        let mut count = 0;
        walk(
            &mut &archive(&["a", "b"])[..],
            1 << 20,
            &mut |_, content| {
                count += 1;
                content.read_exact(&mut [0; 1])?;
                Ok::<(), TarError>(())
            },
        )
        .unwrap();
        assert_eq!(count, 2);
    }

    /// A field of POSIX: the length counts itself.
    #[test]
    fn fields_before_an_entry_count() {
        let mut archive = tar::Builder::new(Vec::new());
        for (kind, name, content) in [
            (
                tar::EntryType::XHeader,
                "pax",
                &b"10 size=1\n16 path=other/x\n14 linkpath=y\n"[..],
            ),
            (tar::EntryType::Regular, "x", b"y"),
            (tar::EntryType::Regular, "z", b"z"),
        ] {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(kind);
            header.set_size(content.len() as u64);
            archive.append_data(&mut header, name, content).unwrap();
        }
        let archive = archive.into_inner().unwrap();
        let read = walked(&archive[..], 1 << 20).unwrap();
        let of = |at: usize| {
            (
                read[at].0.path.as_str(),
                read[at].0.target.as_str(),
                read[at].1.as_str(),
            )
        };
        assert_eq!(of(0), ("other/x", "y", "y"));
        // They are for one entry.
        assert_eq!(of(1), ("z", "", "z"));
    }

    #[test]
    fn kinds_of_entries_are_told() {
        let mut archive = tar::Builder::new(Vec::new());
        for (kind, name, target) in [
            (tar::EntryType::Directory, "folder/", ""),
            (tar::EntryType::Symlink, "soft", "../a"),
            (tar::EntryType::Link, "hard", "folder/b"),
            (tar::EntryType::Char, "device", ""),
        ] {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(kind);
            header.set_size(0);
            match target {
                "" => archive.append_data(&mut header, name, &[][..]),
                target => archive.append_link(&mut header, name, target),
            }
            .unwrap();
        }
        let archive = archive.into_inner().unwrap();
        let read = walked(&archive[..], 1 << 20).unwrap();
        let found: Vec<_> = read
            .iter()
            .map(|(entry, _)| (entry.path.as_str(), entry.kind, entry.target.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("folder", Kind::Folder, ""),
                ("soft", Kind::SymLink, "../a"),
                ("hard", Kind::HardLink, "folder/b"),
                ("device", Kind::Special, ""),
            ]
        );
    }

    #[test]
    fn damaged_archives_are_refused() {
        let whole = archive(&["a", "b"]);
        assert!(why(&whole[..700]).contains("it is truncated inside a file"));
        assert!(why(&whole[..100]).contains("it is truncated inside a file"));
        let mut other = whole.clone();
        other[0] = b'z';
        assert!(why(&other).contains("the checksum of a header is wrong"));
        assert_eq!(walked(&whole[..1024], 1 << 20).unwrap().len(), 1);
        assert!(walked(&b""[..], 1 << 20).unwrap().is_empty());
    }

    /// A header with a size.
    fn header(kind: u8, size: u64) -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::new(kind));
        header.set_size(size);
        header.set_cksum();
        header.as_bytes().to_vec()
    }

    #[test]
    fn archives_without_end_are_refused() {
        // A file that is larger than the limit, without a byte in memory.
        let mut named = tar::Header::new_gnu();
        named.set_path("a").unwrap();
        named.set_size(1 << 40);
        named.set_cksum();
        let first = named.as_bytes().to_vec();
        let mut endless = Read::chain(&first[..], std::io::repeat(0));
        let skip = &mut |_: &Entry, _: &mut dyn Read| Ok::<(), TarError>(());
        assert_eq!(
            walk(&mut endless, 1 << 20, skip),
            Err(TarError::TooLarge(1 << 20))
        );
        assert!(why(&header(b'L', 1 << 32)).contains("a name of more than"));
        assert!(why(&header(b'x', u64::MAX >> 1)).contains("no valid size"));
    }
}
