//! The content of artifacts.

use axum::body::Bytes;

/// The bytes of an artifact and their headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The bytes, as uploaded.
    pub bytes: Bytes,
    /// The `Content-Type`.
    pub content_type: String,
    /// The `Content-Encoding`, if the upload had one.
    pub content_encoding: Option<String>,
}

impl Content {
    /// Removes the content encoding; returns `None` if it is invalid or unknown.
    pub(crate) fn decompressed(self) -> Option<Self> {
        let bytes = match self.content_encoding.as_deref() {
            None | Some("identity") => self.bytes,
            Some("gzip") => {
                let mut bytes = Vec::new();
                let mut decoder = flate2::read::GzDecoder::new(self.bytes.as_ref());
                std::io::Read::read_to_end(&mut decoder, &mut bytes).ok()?;
                bytes.into()
            }
            Some(_) => return None,
        };
        Some(Self {
            bytes,
            content_type: self.content_type,
            content_encoding: None,
        })
    }
}
