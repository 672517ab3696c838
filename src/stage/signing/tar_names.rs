//! The names in a tar archive, read as a stream: the contents are skipped, and nothing is kept but names.
//!
//! An archive may be compressed to almost nothing, and unpack to more than any machine holds. So both the
//! bytes that are read and the names that are kept are limited.

use std::io::{ErrorKind, Read, Take};

use super::report::Reason;

/// The most bytes that an archive may unpack to.
pub const LIMIT: u64 = 4 << 30;

/// The most files and folders in an archive.
const MAX_NAMES: usize = 1_000_000;

/// The most bytes of a name, or of the fields that an entry has more than others.
const MAX_NAME: u64 = 64 << 10;

/// The size of a block.
const BLOCK: usize = 512;

/// The paths of all files and folders in an archive.
///
/// # Errors
/// When the archive is damaged, or has too much content.
pub fn tar_names(reader: impl Read) -> Result<Vec<String>, Reason> {
    let mut reader = Blocks(reader.take(LIMIT));
    let mut names = Vec::new();
    // The name of the next entry, if it does not fit into its header.
    let mut long: Option<Vec<u8>> = None;
    while let Some(header) = reader.header()? {
        let size = number(field(&header, 124, 12))
            .ok_or_else(|| Reason::new("the archive is damaged: an entry has no valid size"))?;
        match header.get(156) {
            Some(b'L') => {
                let mut name = reader.content(size)?;
                name.truncate(
                    name.iter()
                        .position(|byte| *byte == 0)
                        .unwrap_or(name.len()),
                );
                long = Some(name);
            }
            Some(b'x') => {
                let fields = reader.content(size)?;
                long = path(&fields).or(long);
            }
            Some(b'g' | b'K') => reader.skip(size)?,
            _ => {
                let name = long.take().unwrap_or_else(|| short(&header));
                reader.skip(size)?;
                let name = String::from_utf8_lossy(&name);
                let name = name.strip_prefix("./").unwrap_or(&name);
                let name = name.trim_end_matches('/');
                if name.is_empty() || name == "." {
                    continue;
                }
                if names.len() == MAX_NAMES {
                    return Err(Reason(format!(
                        "the archive has more than {MAX_NAMES} files"
                    )));
                }
                names.push(name.to_owned());
            }
        }
    }
    Ok(names)
}

/// Reads an archive block by block.
struct Blocks<R>(Take<R>);

impl<R: Read> Blocks<R> {
    /// The next header; `None` at the end.
    fn header(&mut self) -> Result<Option<[u8; BLOCK]>, Reason> {
        let mut header = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            let rest = header.get_mut(filled..).unwrap_or_default();
            match self.0.read(rest) {
                Ok(0) if filled == 0 && self.0.limit() > 0 => return Ok(None),
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
            return Err(Reason::new(
                "the archive is damaged: the checksum of a header is wrong",
            ));
        }
        Ok(Some(header))
    }

    /// The content of an entry, which is a name.
    fn content(&mut self, size: u64) -> Result<Vec<u8>, Reason> {
        if size > MAX_NAME {
            return Err(Reason(format!(
                "the archive has a name of more than {MAX_NAME} bytes"
            )));
        }
        let mut content = Vec::new();
        let read = self.0.by_ref().take(size).read_to_end(&mut content)?;
        if u64::try_from(read).ok() != Some(size) {
            return Err(self.ended());
        }
        self.skip_padding(size)?;
        Ok(content)
    }

    fn skip(&mut self, size: u64) -> Result<(), Reason> {
        let read = std::io::copy(&mut self.0.by_ref().take(size), &mut std::io::sink())?;
        if read != size {
            return Err(self.ended());
        }
        self.skip_padding(size)
    }

    fn skip_padding(&mut self, size: u64) -> Result<(), Reason> {
        let padding = size.next_multiple_of(512) - size;
        let read = std::io::copy(&mut self.0.by_ref().take(padding), &mut std::io::sink())?;
        if read != padding {
            return Err(self.ended());
        }
        Ok(())
    }

    /// Why there is nothing more to read.
    fn ended(&self) -> Reason {
        match self.0.limit() {
            0 => Reason(format!("the archive unpacks to more than {LIMIT} bytes")),
            _ => Reason::new("the archive is damaged: it is truncated inside a file"),
        }
    }
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

/// The path among the fields of an entry: each is a length, a key and a value.
fn path(fields: &[u8]) -> Option<Vec<u8>> {
    let mut rest = fields;
    let mut found = None;
    while !rest.is_empty() {
        let blank = rest.iter().position(|byte| *byte == b' ')?;
        let length = std::str::from_utf8(rest.get(..blank)?).ok()?;
        let length: usize = length.parse().ok()?;
        let line = rest.get(blank + 1..length)?;
        if let Some(value) = line.strip_prefix(b"path=") {
            found = Some(value.strip_suffix(b"\n").unwrap_or(value).to_vec());
        }
        rest = rest.get(length..)?;
    }
    found
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
            archive
                .append_data(&mut header, name, name.as_bytes())
                .unwrap();
        }
        archive.into_inner().unwrap()
    }

    fn why(content: &[u8]) -> String {
        tar_names(content).unwrap_err().0
    }

    #[test]
    fn names_of_any_length_are_read() {
        let long = "folder/".repeat(60) + "file";
        let names = ["a", "./b/c", &long, "d"];
        let read = tar_names(&archive(&names)[..]).unwrap();
        assert_eq!(read, ["a", "b/c", &long, "d"]);
        // A field as POSIX describes it: the length counts itself.
        let mut archive = tar::Builder::new(Vec::new());
        for (kind, name, content) in [
            (
                tar::EntryType::XHeader,
                "pax",
                &b"10 size=1\n16 path=other/x\n"[..],
            ),
            (tar::EntryType::Regular, "x", b"y"),
        ] {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(kind);
            header.set_size(content.len() as u64);
            archive.append_data(&mut header, name, content).unwrap();
        }
        let archive = archive.into_inner().unwrap();
        assert_eq!(tar_names(&archive[..]).unwrap(), ["other/x"]);
    }

    #[test]
    fn damaged_archives_are_refused() {
        let whole = archive(&["a", "b"]);
        assert!(why(&whole[..700]).contains("it is truncated inside a file"));
        assert!(why(&whole[..100]).contains("it is truncated inside a file"));
        let mut other = whole.clone();
        other[0] = b'z';
        assert!(why(&other).contains("the checksum of a header is wrong"));
        assert_eq!(tar_names(&whole[..1024]).unwrap(), ["a"]);
        assert!(tar_names(&b""[..]).unwrap().is_empty());
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
        let first = header(b'0', LIMIT * 2);
        let endless = std::io::Read::chain(&first[..], std::io::repeat(0));
        let why_not = tar_names(endless).unwrap_err().0;
        assert_eq!(
            why_not,
            format!("the archive unpacks to more than {LIMIT} bytes")
        );
        assert!(why(&header(b'L', LIMIT)).contains("a name of more than"));
        assert!(why(&header(b'x', u64::MAX >> 1)).contains("no valid size"));
    }
}
