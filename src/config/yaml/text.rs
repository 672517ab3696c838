//! Decodes the bytes of a file into text for the scanner.

use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Place, SourceFile};

use super::limits::MAX_BYTES;

/// Decodes a file: UTF-8, or UTF-16 when it begins with that byte order mark.
///
/// A byte order mark is left out of the text.
pub(super) fn decode(name: &str, bytes: &[u8]) -> Result<String, Diagnostic> {
    if bytes.len() > MAX_BYTES {
        return Err(Diagnostic::user(format!(
            "`{name}` has {} bytes; a YAML file may have at most {MAX_BYTES}",
            bytes.len()
        )));
    }
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(name, rest)?,
        [0xff, 0xfe, rest @ ..] => utf16(name, rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(name, rest, u16::from_be_bytes)?,
        _ => utf8(name, bytes)?,
    };
    match text.char_indices().find(|(_, c)| !is_allowed(*c)) {
        None => Ok(text),
        Some((offset, c)) => Err(at_offset(
            name,
            &text,
            offset,
            format!(
                "the character U+{:04X} is not allowed in YAML",
                u32::from(c)
            ),
        )
        .help(format!(
            "remove it, or write \"\\u{:04x}\" in double quotes",
            u32::from(c)
        ))),
    }
}

fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

fn utf8(name: &str, bytes: &[u8]) -> Result<String, Diagnostic> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let text = String::from_utf8_lossy(bytes);
            Err(at_offset(
                name,
                &text,
                error.valid_up_to(),
                "the file is not valid UTF-8".to_owned(),
            )
            .help("save the file as UTF-8"))
        }
    }
}

fn utf16(name: &str, bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Diagnostic> {
    let broken = || Diagnostic::user(format!("`{name}` is not valid UTF-16"));
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(broken().help("save the file as UTF-8"));
    }
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16(&units).map_err(|_| broken().help("save the file as UTF-8"))
}

fn at_offset(name: &str, text: &str, offset: usize, message: String) -> Diagnostic {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or(before);
    Diagnostic::user(message).at(Some(Place {
        line: before.matches('\n').count() + 1,
        column: line.chars().count() + 1,
        source: Arc::new(SourceFile {
            name: name.to_owned(),
            text: text.to_owned(),
        }),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_decoded_by_byte_order_mark() {
        assert_eq!(
            decode("f", b"\xef\xbb\xbfa: \xc3\xbc").as_deref(),
            Ok("a: ü")
        );
        assert_eq!(decode("f", b"\xff\xfea\0").as_deref(), Ok("a"));
        assert_eq!(decode("f", b"\xfe\xff\0a").as_deref(), Ok("a"));
        let place = |bytes: &[u8]| decode("f", bytes).map_err(|e| e.to_string());
        assert_eq!(
            place(b"a: 1\nb: \xff").unwrap_err(),
            "f:2:4: the file is not valid UTF-8\n  help: save the file as UTF-8"
        );
        assert!(
            place(b"a\n\n \x00")
                .unwrap_err()
                .starts_with("f:3:2: the character U+0000")
        );
        assert!(place(b"\xff\xfea").is_err());
    }
}
