//! Reads the structure of a MAR file.
//!
//! The bytes may come from anywhere: nothing is allocated that is larger than the file, and each number
//! is compared with what is there. [`Mar::read`] fails when the structure cannot be followed, as the
//! client does; [`check`](super::check::check) finds what is wrong beyond that.

use super::error::MarError;
use super::layout::{
    Entry, MAGIC, MAX_CHANNEL, MAX_FILE, MAX_SIGNATURE, MAX_SIGNATURES, MAX_VERSION, OLD_CONTENT,
    PRODUCT_INFO, ProductInfo, Section, Signature,
};

/// A MAR file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mar<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    /// The size of the file by its header; `None` in the old format.
    pub stated_size: Option<u64>,
    /// The signatures.
    pub signatures: Vec<Signature<'a>>,
    /// The extra sections.
    pub sections: Vec<Section<'a>>,
    /// The entries, in the order of the index.
    pub entries: Vec<Entry>,
    /// Where the signatures end; the start of the content in the old format.
    pub after_signatures: u64,
    /// Where the content begins.
    pub content_offset: u64,
    /// Where the index begins.
    pub index_offset: u64,
}

impl<'a> Mar<'a> {
    /// Reads the structure of a file.
    ///
    /// # Errors
    ///
    /// When the structure cannot be followed.
    pub fn read(bytes: &'a [u8]) -> Result<Self, MarError> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > MAX_FILE {
            return Err(MarError::TooLarge(size));
        }
        let mut header = Fields { bytes, at: 0 };
        if header.take(4, "the header").ok() != Some(MAGIC) {
            return Err(MarError::NotMar);
        }
        let index_offset = u64::from(header.number("the header")?);
        let entries = index(Fields {
            bytes,
            at: index_offset,
        })?;
        let content_offset = entries
            .first()
            .map_or(index_offset, |first| first.offset.into());
        if content_offset < OLD_CONTENT || content_offset > index_offset {
            return Err(MarError::BadContentOffset {
                content: content_offset,
                index: index_offset,
            });
        }
        let mut mar = Self {
            bytes,
            stated_size: None,
            signatures: Vec::new(),
            sections: Vec::new(),
            entries,
            after_signatures: content_offset,
            content_offset,
            index_offset,
        };
        if content_offset > OLD_CONTENT {
            mar.read_blocks(header)?;
        }
        Ok(mar)
    }

    /// The blocks between the header and the content.
    fn read_blocks(&mut self, mut fields: Fields<'a>) -> Result<(), MarError> {
        fields.bytes = self.part(0, self.content_offset);
        let size = [fields.number("the size")?, fields.number("the size")?];
        self.stated_size = Some((u64::from(size[0]) << 32) | u64::from(size[1]));
        let count = fields.number("the number of signatures")?;
        if count > MAX_SIGNATURES {
            return Err(MarError::ManySignatures(count));
        }
        for number in 1..=count {
            let algorithm = fields.number("a signature")?;
            let length = fields.number("a signature")?;
            if length > MAX_SIGNATURE {
                let number = usize::try_from(number).unwrap_or_default();
                return Err(MarError::LongSignature { number, length });
            }
            let bytes = fields.take(length.into(), "a signature")?;
            self.signatures.push(Signature { algorithm, bytes });
        }
        self.after_signatures = fields.at;
        if fields.at == self.content_offset {
            return Ok(());
        }
        let count = fields.number("the number of extra sections")?;
        for number in 1..=count {
            let length = fields.number("an extra section")?;
            let id = fields.number("an extra section")?;
            let length = length.checked_sub(8);
            let number = usize::try_from(number).unwrap_or_default();
            let length = length.ok_or(MarError::ShortSection(number))?;
            let bytes = fields.take(length.into(), "an extra section")?;
            self.sections.push(Section { id, bytes });
        }
        Ok(())
    }

    /// The channel and the version. Only the first extra section counts, as for the client.
    ///
    /// # Errors
    ///
    /// When there is no such section, or its texts are too long.
    pub fn product_info(&self) -> Result<ProductInfo, MarError> {
        let section = self
            .sections
            .first()
            .filter(|first| first.id == PRODUCT_INFO);
        let bytes = section.ok_or(MarError::BadProductInfo("is missing"))?.bytes;
        if bytes.len() > MAX_CHANNEL + MAX_VERSION + 2 {
            return Err(MarError::BadProductInfo("is too long"));
        }
        let mut texts = bytes.split(|byte| *byte == 0);
        let mut text = |longest: usize| {
            let text = texts.next().filter(|text| text.len() <= longest);
            let text = text.ok_or(MarError::BadProductInfo("has a text that is too long"))?;
            let text = std::str::from_utf8(text);
            text.map_err(|_| MarError::BadProductInfo("is not text"))
        };
        let (channel, version) = (text(MAX_CHANNEL)?, text(MAX_VERSION)?);
        Ok(ProductInfo {
            channel: channel.to_owned(),
            version: version.to_owned(),
        })
    }

    /// The content of an entry as it is in the file, which is usually compressed; `None` when it is
    /// not between the header and the index.
    #[must_use]
    pub fn content(&self, entry: &Entry) -> Option<&'a [u8]> {
        let start = u64::from(entry.offset);
        let inside = start >= self.content_offset && entry.end() <= self.index_offset;
        inside.then(|| self.part(start, entry.end()))
    }

    /// The entry of a name.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The parts of the file that a signature covers: everything except the signatures themselves.
    /// Their algorithms and lengths are covered.
    ///
    /// # Errors
    ///
    /// When the file has the old format.
    pub fn signed_parts(&self) -> Result<Vec<&'a [u8]>, MarError> {
        if self.stated_size.is_none() {
            return Err(MarError::OldFormat);
        }
        let mut parts = vec![self.part(0, 20)];
        let mut at = 20;
        for signature in &self.signatures {
            parts.push(self.part(at, at + 8));
            at += 8 + u64::try_from(signature.bytes.len()).unwrap_or_default();
        }
        parts.push(self.part(at, self.size()));
        Ok(parts)
    }

    /// The size of the file.
    #[must_use]
    pub fn size(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or_default()
    }

    /// Some bytes of the file; none where it has none.
    #[must_use]
    pub fn part(&self, from: u64, to: u64) -> &'a [u8] {
        part(self.bytes, from, to).unwrap_or_default()
    }
}

fn part(bytes: &[u8], from: u64, to: u64) -> Option<&[u8]> {
    bytes.get(usize::try_from(from).ok()?..usize::try_from(to).ok()?)
}

fn index(mut fields: Fields<'_>) -> Result<Vec<Entry>, MarError> {
    let length = fields.number("the index")?;
    let bytes = fields.take(length.into(), "the index")?;
    let mut fields = Fields { bytes, at: 0 };
    let mut entries = Vec::new();
    while !fields.rest().is_empty() {
        let entry = fields.entry();
        entries.push(entry.ok_or(MarError::BadIndex(entries.len() + 1))?);
    }
    Ok(entries)
}

/// Reads one field after another.
#[derive(Clone, Copy)]
struct Fields<'a> {
    bytes: &'a [u8],
    at: u64,
}

impl<'a> Fields<'a> {
    fn take(&mut self, length: u64, what: &'static str) -> Result<&'a [u8], MarError> {
        let taken = self.at.checked_add(length);
        let taken = taken.and_then(|end| part(self.bytes, self.at, end));
        let offset = self.at;
        let taken = taken.ok_or(MarError::CutShort { what, offset })?;
        self.at += length;
        Ok(taken)
    }

    fn number(&mut self, what: &'static str) -> Result<u32, MarError> {
        let digits = self.take(4, what)?;
        Ok(digits
            .iter()
            .fold(0, |sum, digit| (sum << 8) | u32::from(*digit)))
    }

    fn rest(&self) -> &'a [u8] {
        let start = usize::try_from(self.at).unwrap_or(usize::MAX);
        self.bytes.get(start..).unwrap_or_default()
    }

    fn entry(&mut self) -> Option<Entry> {
        let mut number = || self.number("an entry").ok();
        let (offset, size, mode) = (number()?, number()?, number()?);
        let length = self.rest().iter().position(|byte| *byte == 0)?;
        let name = self.rest().get(..length)?;
        self.at += u64::try_from(length).ok()? + 1;
        Some(Entry {
            name: String::from_utf8_lossy(name).into_owned(),
            offset,
            size,
            mode,
        })
    }
}
