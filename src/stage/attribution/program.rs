//! The place for a code in a signed program for Windows.
//!
//! Between the certificates of such a program, there is a worthless one with room for a code behind a tag.
//! Windows does not check it, so the code is written after signing.

use super::code::{LIMIT, TAG};

/// Why no code can be written into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// It is no program for Windows.
    #[error("it is not a program for Windows")]
    NoProgram,
    /// It is not signed.
    #[error("it is not signed, so it has no place for a code")]
    NotSigned,
    /// There is no tag.
    #[error("it was signed without a place for a code; a format that ends in `_stub` makes one")]
    NoPlace,
}

/// The entry of the table of certificates: its place in the file, and where the table is.
struct Certificates {
    entry: usize,
    start: usize,
    length: usize,
}

/// Writes a code into a program.
///
/// # Errors
/// [`ProgramError`].
pub fn write(program: &[u8], code: &str) -> Result<Vec<u8>, ProgramError> {
    let table = certificates(program)?;
    let tag = format!("{TAG}:");
    let end = table.start.saturating_add(table.length).min(program.len());
    let content = program.get(table.start..end).unwrap_or_default();
    if table.start == 0 || content.is_empty() {
        return Err(ProgramError::NotSigned);
    }
    let mut places = content.windows(tag.len());
    let found = places.position(|part| part == tag.as_bytes());
    let at = table.start + found.ok_or(ProgramError::NoPlace)? + tag.len();
    let mut out = program.to_vec();
    let room = out.get_mut(at..(at + code.len()).min(end));
    let room = room.filter(|room| room.len() == code.len());
    let room = room.ok_or(ProgramError::NoPlace)?;
    room.copy_from_slice(code.as_bytes());
    Ok(out)
}

/// The same program with a table of certificates that has only the place for a code, as no program is really
/// signed here.
///
/// # Errors
/// [`ProgramError`].
pub fn with_place(program: &[u8]) -> Result<Vec<u8>, ProgramError> {
    let table = certificates(program)?;
    let mut out = program.to_vec();
    out.resize(out.len().next_multiple_of(8), 0);
    let start = out.len();
    let mut content = format!("{TAG}:").into_bytes();
    content.resize(content.len() + LIMIT, 0);
    let length = (8 + content.len()).next_multiple_of(8);
    content.resize(length - 8, 0);
    let number = |value: usize| u32::try_from(value).map_err(|_| ProgramError::NoProgram);
    out.extend(number(length)?.to_le_bytes());
    // Revision 2, a signed message.
    out.extend([0, 2, 2, 0]);
    out.extend(content);
    let entry = [number(start)?.to_le_bytes(), number(length)?.to_le_bytes()].concat();
    let place = out.get_mut(table.entry..table.entry + 8);
    place
        .ok_or(ProgramError::NoProgram)?
        .copy_from_slice(&entry);
    Ok(out)
}

fn certificates(program: &[u8]) -> Result<Certificates, ProgramError> {
    let word = |at: usize| {
        let bytes = program.get(at..at.checked_add(4)?)?;
        usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
    };
    let found = || {
        let header = word(0x3c)?;
        let magic = program.get(header.checked_add(24)?..header.checked_add(26)?)?;
        let entry = header
            + 24
            + match magic {
                [0x0b, 0x01] => 128,
                [0x0b, 0x02] => 144,
                _ => return None,
            };
        Some(Certificates {
            entry,
            start: word(entry)?,
            length: word(entry + 4)?,
        })
    };
    let starts = program.starts_with(b"MZ");
    starts.then(found).flatten().ok_or(ProgramError::NoProgram)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stage::makers::facts::HAIL;
    use crate::stage::makers::{Facts, make};

    fn program(platform: &str) -> Vec<u8> {
        let facts = Facts { platform, ..HAIL };
        make("target.installer.exe", &facts).unwrap()
    }

    #[test]
    fn a_code_is_written_behind_the_tag() {
        for platform in ["win32", "win64"] {
            let plain = program(platform);
            assert_eq!(write(&plain, "a"), Err(ProgramError::NotSigned));
            let signed = with_place(&plain).unwrap();
            assert_eq!(signed.len() % 8, 0);
            let code = "c".repeat(LIMIT);
            let done = write(&signed, &code).unwrap();
            assert_eq!(done.len(), signed.len());
            let text = format!("{TAG}:{code}");
            let mut places = done.windows(text.len());
            let at = places.position(|part| part == text.as_bytes()).unwrap();
            assert!(at >= plain.len());
            // Nothing else is changed.
            assert_eq!(done[..at], signed[..at]);
            let end = at + text.len();
            assert_eq!(done[end..], signed[end..]);
        }
    }

    #[test]
    fn a_program_that_was_signed_without_a_place_has_none() {
        let mut signed = with_place(&program("win64")).unwrap();
        let end = signed.len();
        let at = signed.windows(4).rposition(|part| part == b"MOZC").unwrap();
        signed[at] = b'X';
        assert_eq!(write(&signed, "a"), Err(ProgramError::NoPlace));
        assert_eq!(write(&signed[..end / 2], "a"), Err(ProgramError::NotSigned));
        // A code must not run over what follows the certificates.
        let mut short = with_place(&program("win64")).unwrap();
        let at = short.windows(4).rposition(|part| part == b"MOZC").unwrap();
        let table = certificates(&short).unwrap();
        let length = u32::try_from(at - table.start + TAG.len() + 2).unwrap();
        short[table.entry + 4..table.entry + 8].copy_from_slice(&length.to_le_bytes());
        short.extend(b"what follows");
        assert!(write(&short, "abc").is_ok());
        assert_eq!(write(&short, "abcd"), Err(ProgramError::NoPlace));
        assert_eq!(write(b"MZ", "a"), Err(ProgramError::NoProgram));
        assert_eq!(write(b"\x7fELF", "a"), Err(ProgramError::NoProgram));
    }

    proptest! {
        #[test]
        fn damaged_programs_do_no_harm(at in 0_usize..2000, byte in any::<u8>()) {
            let mut program = with_place(&program("win32")).unwrap();
            program[at] = byte;
            let _ = write(&program, "code");
            let _ = with_place(&program[..at]);
            let _ = write(&program[..at], "code");
        }
    }
}
