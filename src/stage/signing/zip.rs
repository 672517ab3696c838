//! ZIP files: their names and contents, and adding members.
//!
//! Only what packages need is read: no encryption, no parts, no ZIP64. The central directory decides, as
//! for every installer; members keep their bytes when others are added.

use std::io::Read;

use flate2::bufread::DeflateDecoder;

/// Why a ZIP file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZipError {
    /// It has no directory.
    #[error("not a ZIP file")]
    NotZip,
    /// It is damaged.
    #[error("the ZIP file is damaged: {0}")]
    Damaged(&'static str),
    /// It uses something that no package uses.
    #[error("the ZIP file uses {0}, which is not supported")]
    Unsupported(&'static str),
    /// A member is too large.
    #[error("{0:?} has more than {1} bytes")]
    TooLarge(String, u64),
    /// All members together are too large.
    #[error("the ZIP file unpacks to more than {0} bytes")]
    AllTooLarge(u64),
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'a> {
    /// Its name.
    pub name: String,
    /// Its record in the directory.
    record: &'a [u8],
    method: u16,
    checksum: u32,
    size: u32,
    /// The compressed bytes.
    packed: &'a [u8],
    /// Where they begin.
    start: usize,
}

/// A ZIP file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zip<'a> {
    /// The members, in the order of the directory.
    pub members: Vec<Member<'a>>,
    bytes: &'a [u8],
    directory: usize,
    behind: usize,
    end: usize,
}

/// The parts of a ZIP file, as its end record gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    /// Where the last member ends; 0 if there is none.
    pub members: usize,
    /// Where the directory begins.
    pub directory: usize,
    /// Where its last record ends.
    pub behind: usize,
    /// Where the end record begins.
    pub end: usize,
}

/// The most bytes that all members may unpack to.
const MAX_UNPACKED: u64 = 4 << 30;

const END: &[u8] = b"PK\x05\x06";
const DIRECTORY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";

impl<'a> Zip<'a> {
    /// Reads the directory.
    ///
    /// # Errors
    ///
    /// When there is none, or it is damaged.
    pub fn read(bytes: &'a [u8]) -> Result<Self, ZipError> {
        let end = end(bytes).ok_or(ZipError::NotZip)?;
        let place = bytes.len() - end.len();
        let (count, offset) = (short(end, 10), long(end, 16));
        if short(end, 4) != 0 || short(end, 8) != count {
            return Err(ZipError::Unsupported("several parts"));
        }
        if count == u16::MAX || offset == u32::MAX {
            return Err(ZipError::Unsupported("ZIP64"));
        }
        let directory = usize::try_from(offset).unwrap_or(usize::MAX);
        let mut rest = bytes.get(directory..).unwrap_or_default();
        let mut members = Vec::new();
        for _ in 0..count {
            let damaged = ZipError::Damaged("its directory is cut short");
            let lengths = [28, 30, 32].map(|at| usize::from(short(rest, at)));
            let length = 46 + lengths.iter().sum::<usize>();
            let split = rest
                .split_at_checked(length)
                .filter(|_| rest.starts_with(DIRECTORY));
            let (record, after) = split.ok_or(damaged)?;
            members.push(Member::read(bytes, record)?);
            rest = after;
        }
        bounded(&members)?;
        Ok(Self {
            members,
            bytes,
            directory,
            behind: bytes.len() - rest.len(),
            end: place,
        })
    }

    /// Where its parts are. Every check of what is between them uses this, so that all checks look at the
    /// members that [`Zip::read`] has found.
    #[must_use]
    pub fn layout(&self) -> Layout<'a> {
        let ends = self
            .members
            .iter()
            .map(|member| member.start + member.packed.len());
        Layout {
            bytes: self.bytes,
            members: ends.max().unwrap_or_default(),
            directory: self.directory,
            behind: self.behind,
            end: self.end,
        }
    }

    /// The names of the members.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.members
            .iter()
            .map(|member| member.name.as_str())
            .collect()
    }

    /// The member of a name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member<'a>> {
        self.members.iter().find(|member| member.name == name)
    }

    /// The same file with members in front of the directory's, in place of those that `replaced`
    /// accepts. They are stored without compression and without a time.
    ///
    /// # Errors
    ///
    /// When the result would be too large for a ZIP file.
    pub fn with(
        &self,
        new: &[(String, Vec<u8>)],
        replaced: impl Fn(&str) -> bool,
    ) -> Result<Vec<u8>, ZipError> {
        let too_large = || ZipError::Unsupported("ZIP64");
        let mut out = self
            .bytes
            .get(..self.directory)
            .unwrap_or_default()
            .to_vec();
        let mut directory = Vec::new();
        let mut count = 0_u16;
        for (name, content) in new {
            let at = u32::try_from(out.len()).map_err(|_| too_large())?;
            let size = u32::try_from(content.len()).map_err(|_| too_large())?;
            let length = u16::try_from(name.len()).map_err(|_| too_large())?;
            let mut crc = flate2::Crc::new();
            crc.update(content);
            // Version 1.0, names in UTF-8, stored, 1980-01-01.
            let common = [
                &[10, 0, 0, 8, 0, 0, 0, 0, 0x21, 0][..],
                &crc.sum().to_le_bytes(),
                &size.to_le_bytes(),
                &size.to_le_bytes(),
                &length.to_le_bytes(),
                &[0, 0],
            ];
            let common = common.concat();
            out.extend([LOCAL, &common, name.as_bytes(), content].concat());
            let fields = [DIRECTORY, &[10, 0], &common, &[0; 10], &at.to_le_bytes()];
            directory.extend([&fields.concat(), name.as_bytes()].concat());
            count = count.checked_add(1).ok_or_else(too_large)?;
        }
        for member in self.members.iter().filter(|member| !replaced(&member.name)) {
            directory.extend_from_slice(member.record);
            count = count.checked_add(1).ok_or_else(too_large)?;
        }
        let offset = u32::try_from(out.len()).map_err(|_| too_large())?;
        let length = u32::try_from(directory.len()).map_err(|_| too_large())?;
        out.extend(directory);
        let end = [
            END,
            &[0; 4],
            &count.to_le_bytes(),
            &count.to_le_bytes(),
            &length.to_le_bytes(),
            &offset.to_le_bytes(),
            &[0; 2],
        ];
        out.extend(end.concat());
        Ok(out)
    }
}

impl<'a> Member<'a> {
    fn read(bytes: &'a [u8], record: &'a [u8]) -> Result<Self, ZipError> {
        let name = record.get(46..46 + usize::from(short(record, 28)));
        let name = name.unwrap_or_default();
        let name = String::from_utf8_lossy(name).into_owned();
        if short(record, 8) & 1 != 0 {
            return Err(ZipError::Unsupported("encryption"));
        }
        let method = short(record, 10);
        let (packed, size, offset) = (long(record, 20), long(record, 24), long(record, 42));
        if [packed, size, offset].contains(&u32::MAX) {
            return Err(ZipError::Unsupported("ZIP64"));
        }
        let local = usize::try_from(offset)
            .ok()
            .and_then(|offset| bytes.get(offset..));
        let local = local.filter(|local| local.starts_with(LOCAL));
        let local = local.ok_or(ZipError::Damaged("a member is not at its place"))?;
        let start = 30 + usize::from(short(local, 26)) + usize::from(short(local, 28));
        let end = usize::try_from(packed).ok().map(|packed| start + packed);
        let packed = end.and_then(|end| local.get(start..end));
        Ok(Self {
            name,
            record,
            method,
            checksum: long(record, 16),
            size,
            packed: packed.ok_or(ZipError::Damaged("a member is cut short"))?,
            start: usize::try_from(offset)
                .unwrap_or(usize::MAX)
                .saturating_add(start),
        })
    }

    /// The content.
    ///
    /// # Errors
    ///
    /// When it is damaged, or has more bytes than the limit.
    pub fn content(&self, limit: u64) -> Result<Vec<u8>, ZipError> {
        if u64::from(self.size) > limit {
            return Err(ZipError::TooLarge(self.name.clone(), limit));
        }
        let mut out = Vec::new();
        let most = u64::from(self.size) + 1;
        let read = match self.method {
            0 => self.packed.take(most).read_to_end(&mut out),
            8 => DeflateDecoder::new(self.packed)
                .take(most)
                .read_to_end(&mut out),
            _ => return Err(ZipError::Unsupported("another compression than deflate")),
        };
        read.map_err(|_| ZipError::Damaged("a member cannot be unpacked"))?;
        let mut crc = flate2::Crc::new();
        crc.update(&out);
        if u32::try_from(out.len()).ok() != Some(self.size) || crc.sum() != self.checksum {
            return Err(ZipError::Damaged("a member has another checksum"));
        }
        Ok(out)
    }
}

/// Refuses files that unpack to far more than they hold: too much in all, or members that share bytes.
fn bounded(members: &[Member<'_>]) -> Result<(), ZipError> {
    let size: u64 = members.iter().map(|member| u64::from(member.size)).sum();
    if size > MAX_UNPACKED {
        return Err(ZipError::AllTooLarge(MAX_UNPACKED));
    }
    let places = members.iter().filter(|member| !member.packed.is_empty());
    let mut places: Vec<(usize, usize)> = places
        .map(|member| (member.start, member.start + member.packed.len()))
        .collect();
    places.sort_unstable();
    let mut pairs = places.iter().zip(places.iter().skip(1));
    match pairs.any(|((_, end), (start, _))| start < end) {
        true => Err(ZipError::Damaged("members share bytes")),
        false => Ok(()),
    }
}

/// The record at the end, which a comment may follow.
fn end(bytes: &[u8]) -> Option<&[u8]> {
    let first = bytes.len().saturating_sub(22 + usize::from(u16::MAX));
    let last = bytes.len().checked_sub(22)?;
    (first..=last).rev().find_map(|at| {
        let record = bytes.get(at..)?;
        let whole = record.len() == 22 + usize::from(short(record, 20));
        (record.starts_with(END) && whole).then_some(record)
    })
}

/// The number of two bytes at a place; 0 behind the end.
fn short(bytes: &[u8], at: usize) -> u16 {
    let digits = bytes
        .get(at..at + 2)
        .and_then(|digits| digits.try_into().ok());
    digits.map_or(0, u16::from_le_bytes)
}

/// The number of four bytes at a place; 0 behind the end.
fn long(bytes: &[u8], at: usize) -> u32 {
    let digits = bytes
        .get(at..at + 4)
        .and_then(|digits| digits.try_into().ok());
    digits.map_or(0, u32::from_le_bytes)
}
