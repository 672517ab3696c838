//! The hash functions of signatures.

use std::io::{ErrorKind, Read};

use aws_lc_rs::digest::{
    Algorithm, Context, Digest, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512,
};

use crate::base::digest::hex;

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1, for what was signed long ago.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// Every hash function.
    pub const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The digest of parts, as if they were one.
    #[must_use]
    pub fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        self.of(parts).as_ref().to_vec()
    }

    /// The digest of parts and of what a reader gives, as if they were one, and how many bytes were read.
    ///
    /// # Errors
    ///
    /// When the reader fails.
    pub fn digest_of(
        self,
        parts: &[&[u8]],
        mut reader: impl Read,
    ) -> std::io::Result<(Vec<u8>, u64)> {
        let mut context = Context::new(self.algorithm());
        for part in parts {
            context.update(part);
        }
        let mut buffer = vec![0; 64 << 10];
        let mut count = 0;
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok((context.finish().as_ref().to_vec(), count)),
                Ok(read) => {
                    context.update(buffer.get(..read).unwrap_or_default());
                    count += read as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The reader, which hashes what is read of it.
    pub fn reading<R: Read>(self, reader: R) -> Hashing<R> {
        Hashing {
            reader,
            context: Context::new(self.algorithm()),
            count: 0,
        }
    }

    /// The digest of a content in hex.
    #[must_use]
    pub fn hex(self, content: &[u8]) -> String {
        hex(self.of(&[content]).as_ref())
    }

    pub(super) fn of(self, parts: &[&[u8]]) -> Digest {
        let mut context = Context::new(self.algorithm());
        for part in parts {
            context.update(part);
        }
        context.finish()
    }

    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &SHA256,
            Self::Sha384 => &SHA384,
            Self::Sha512 => &SHA512,
        }
    }

    /// How long a digest is.
    #[must_use]
    pub fn length(self) -> usize {
        self.algorithm().output_len()
    }

    /// The content of the function's object identifier.
    #[must_use]
    pub fn identifier(self) -> &'static [u8] {
        match self {
            Self::Sha1 => &[0x2b, 0x0e, 0x03, 0x02, 0x1a],
            Self::Sha256 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
            Self::Sha384 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02],
            Self::Sha512 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03],
        }
    }

    /// The usual name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }
}

/// A reader that hashes and counts what is read of it.
pub struct Hashing<R> {
    reader: R,
    context: Context,
    count: u64,
}

impl<R> Hashing<R> {
    /// How many bytes were read.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The digest in hex of what was read.
    pub fn finish(self) -> String {
        hex(self.context.finish().as_ref())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.context.update(buffer.get(..count).unwrap_or_default());
        self.count += count as u64;
        Ok(count)
    }
}
