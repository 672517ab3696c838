//! Zstandard files, which may have several frames and frames to skip.

use std::io::{BufRead, Error, Read, Result};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// How large a window of unpacked content may be: what `zstd --ultra -22` makes.
const WINDOW: u64 = 128 << 20;

/// The content of a file.
pub struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
    inside: bool,
}

impl<R: BufRead> Frames<R> {
    /// The content of what `source` reads.
    pub fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self {
            source,
            decoder,
            inside: false,
        }
    }

    /// Starts the next frame, unless this is the end.
    fn start(&mut self) -> Result<bool> {
        loop {
            if self.source.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut skipped = self.source.by_ref().take(u64::from(length));
                    std::io::copy(&mut skipped, &mut std::io::sink())?;
                }
                Err(error) => return Err(Error::other(error)),
            }
        }
    }

    /// Checks the sum of a frame that has one.
    fn check(&self) -> Result<()> {
        match (
            self.decoder.get_checksum_from_data(),
            self.decoder.get_calculated_checksum(),
        ) {
            (Some(told), Some(found)) if told != found => Err(Error::other(
                "the content does not have the sum that it should have",
            )),
            _ => Ok(()),
        }
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.inside {
                self.inside = self.start()?;
                if !self.inside {
                    return Ok(0);
                }
            }
            let length = self.decoder.read(buffer)?;
            if length > 0 {
                return Ok(length);
            }
            if self.decoder.is_finished() {
                self.check()?;
                self.inside = false;
            } else {
                self.decoder
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(Error::other)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    #[test]
    fn frames_follow_each_other() {
        let packed = |text: &str| compress_to_vec(text.as_bytes(), CompressionLevel::Fastest);
        let skipped = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc".to_vec();
        let file = [skipped.clone(), packed("one "), skipped, packed("two")].concat();
        let mut text = String::new();
        Frames::new(file.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "one two");
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_told() {
        let file = compress_to_vec(&[7; 100_000][..], CompressionLevel::Fastest);
        let mut content = Vec::new();
        let cut = &file[..file.len() - 8];
        assert!(Frames::new(cut).read_to_end(&mut content).is_err());
        assert!(
            Frames::new(&b"something else"[..])
                .read_to_end(&mut content)
                .is_err()
        );
    }
}
