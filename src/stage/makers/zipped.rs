//! Writes ZIP files.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::bytes::{crc32, le16, le32};

/// A ZIP file that is being written. All times are the first that the format knows.
#[derive(Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
    directory: Vec<u8>,
    count: usize,
}

/// How the content of a member is in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// As it is, from a place on that is a multiple of this.
    Stored(usize),
    /// Compressed.
    Deflated,
}

impl Writer {
    /// Adds a member with the permissions of a file.
    pub fn add(&mut self, name: &str, content: &[u8], mode: u32, how: How) {
        match how {
            How::Stored(multiple) => {
                let end = self.out.len() + 30 + name.len();
                let padding = end.next_multiple_of(multiple.max(1)) - end;
                self.member(name, content, content, mode, (0, padding));
            }
            How::Deflated => {
                let packed = deflated(content);
                self.member(name, content, &packed, mode, (8, 0));
            }
        }
    }

    /// Adds a compressed member whose compressed content is at hand. Returns how long its header is.
    pub fn add_packed(&mut self, name: &str, content: &[u8], packed: &[u8]) -> usize {
        self.member(name, content, packed, 0o644, (8, 0));
        30 + name.len()
    }

    fn member(
        &mut self,
        name: &str,
        content: &[u8],
        packed: &[u8],
        mode: u32,
        (method, padding): (usize, usize),
    ) {
        let at = self.out.len();
        let crc = crc32(content);
        // Version 2.0, names in UTF-8, 1980-01-01.
        let mut common = vec![20, 0, 0, 8];
        common.extend(le16(method));
        common.extend([0, 0, 0x21, 0]);
        common.extend(crc.to_le_bytes());
        common.extend(le32(packed.len()));
        common.extend(le32(content.len()));
        common.extend(le16(name.len()));
        self.out.extend(b"PK\x03\x04");
        self.out.extend_from_slice(&common);
        self.out.extend(le16(padding));
        self.out.extend(name.as_bytes());
        self.out.resize(self.out.len() + padding, 0);
        self.out.extend_from_slice(packed);
        // The high byte of the version says whose permissions follow: those of Unix.
        self.directory.extend(b"PK\x01\x02\x14\x03");
        self.directory.extend(common);
        self.directory.extend([0; 8]);
        self.directory
            .extend(((0o100_000 | mode) << 16).to_le_bytes());
        self.directory.extend(le32(at));
        self.directory.extend(name.as_bytes());
        self.count += 1;
    }

    /// The whole file.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let mut out = self.out;
        let at = out.len();
        out.extend_from_slice(&self.directory);
        out.extend(b"PK\x05\x06\0\0\0\0");
        out.extend(le16(self.count));
        out.extend(le16(self.count));
        out.extend(le32(self.directory.len()));
        out.extend(le32(at));
        out.extend([0, 0]);
        out
    }
}

/// A ZIP file with these members, compressed.
#[must_use]
pub fn zip<'a>(members: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut writer = Writer::default();
    for (name, content) in members {
        writer.add(name, content, 0o644, How::Deflated);
    }
    writer.finish()
}

/// Bytes compressed by deflate, without a header.
#[must_use]
pub fn deflated(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    let written = encoder.write_all(content).and_then(|()| encoder.finish());
    // Writing to memory cannot fail.
    written.unwrap_or_default()
}
