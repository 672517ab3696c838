//! Tar files in the format of GNU tar and Python's `tarfile`, without anything that differs between
//! machines.
//!
//! Each member has a header of 512 bytes, its content, and zeros up to the next multiple of 512. A
//! name of more than 100 bytes is stored before it, as the content of a separate member. The file
//! ends with two blocks of zeros, and zeros up to the next multiple of 10,240. Headers have device
//! numbers, which newer Pythons leave out for files: digests of images rest on the older layout.

use std::io::Write;

use crate::base::file_name;

/// The time of every member: the beginning of 2016.
const TIME: u32 = 1_451_606_400;

const BLOCK: usize = 512;
const RECORD: usize = 20 * BLOCK;
const NAME: usize = 100;

/// Error for a file that is too large for the format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is too large for a docker context ({size} bytes)")]
pub struct TooLarge {
    /// The member.
    pub name: String,
    /// Its size.
    pub size: u64,
}

/// Writes a tar file.
pub struct Writer<'o> {
    out: &'o mut dyn FnMut(&[u8]),
    written: usize,
}

impl<'o> Writer<'o> {
    /// Creates a tar file that is written to `out` in pieces.
    pub fn new(out: &'o mut dyn FnMut(&[u8])) -> Self {
        Self { out, written: 0 }
    }

    /// Adds a file.
    ///
    /// # Errors
    /// [`TooLarge`] from 8 GiB on.
    pub fn add(&mut self, name: &[u8], mode: u32, content: &[u8]) -> Result<(), TooLarge> {
        let size = content.len() as u64;
        if size >= 8 << 30 {
            let name = file_name::text(name).into_owned();
            return Err(TooLarge { name, size });
        }
        if name.len() > NAME {
            let long = [name, b"\0"].concat();
            self.put(&header(b"././@LongLink", 0, long.len() as u64, 0, b'L'));
            self.put(&long);
            self.fill(BLOCK);
        }
        self.put(&header(name, mode & 0o7777, size, TIME, b'0'));
        self.put(content);
        self.fill(BLOCK);
        Ok(())
    }

    /// Writes the end of the file.
    pub fn finish(mut self) {
        self.put(&[0; 2 * BLOCK]);
        self.fill(RECORD);
    }

    fn put(&mut self, bytes: &[u8]) {
        self.written += bytes.len();
        (self.out)(bytes);
    }

    fn fill(&mut self, to: usize) {
        let missing = self.written.next_multiple_of(to) - self.written;
        self.put(&vec![0; missing]);
    }
}

/// The header of a member.
fn header(name: &[u8], mode: u32, size: u64, time: u32, kind: u8) -> Vec<u8> {
    let mut header = Vec::with_capacity(BLOCK);
    let mut name = name.to_vec();
    name.resize(NAME, 0);
    header.extend(name);
    let owner = "0000000\0".repeat(2);
    header.extend(format!("{mode:07o}\0{owner}{size:011o}\0{time:011o}\0").bytes());
    let checksum_at = header.len();
    header.extend([b' '; 8]);
    header.push(kind);
    // No link; the magic; no names of owners.
    header.extend([0; 100]);
    header.extend(b"ustar  \0");
    header.extend([0; 64]);
    header.extend("0000000\0".repeat(2).bytes());
    header.resize(BLOCK, 0);
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    let sum = format!("{sum:06o}\0");
    header.splice(checksum_at..checksum_at + sum.len(), sum.bytes());
    header
}

/// Gzips with a fixed time.
pub struct Zipper {
    encoder: flate2::write::GzEncoder<Vec<u8>>,
    failed: Option<std::io::Error>,
}

impl Zipper {
    /// A gzip file whose content has this name, if the format can hold it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let latin: Option<Vec<u8>> = name
            .chars()
            .map(|c| u8::try_from(u32::from(c)).ok())
            .collect();
        let mut builder = flate2::GzBuilder::new().mtime(TIME).operating_system(255);
        if let Some(latin) = latin.filter(|latin| !latin.contains(&0)) {
            builder = builder.filename(latin);
        }
        Self {
            encoder: builder.write(Vec::new(), flate2::Compression::best()),
            failed: None,
        }
    }

    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.encoder.write_all(bytes).err();
        }
    }

    /// The whole file.
    ///
    /// # Errors
    /// If compression fails.
    pub fn finish(self) -> Result<Vec<u8>, std::io::Error> {
        match self.failed {
            Some(error) => Err(error),
            None => self.encoder.finish(),
        }
    }
}
