//! The text form of OpenPGP data: base64 with a checksum.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::PgpError;
use crate::stage::keys::pem::lines;

/// Writes data as text. `kind` is what the first line says, such as `PGP SIGNATURE`.
#[must_use]
pub fn write(kind: &str, data: &[u8]) -> String {
    let digits = lines(data);
    let [_, sum @ ..] = checksum(data).to_be_bytes();
    let sum = STANDARD.encode(sum);
    format!("-----BEGIN {kind}-----\n\n{digits}={sum}\n-----END {kind}-----\n")
}

/// Reads the first text of a kind.
///
/// # Errors
///
/// When there is none, or it is damaged. A missing checksum is no damage: recent programs write none.
pub fn read(kind: &str, text: &str) -> Result<Vec<u8>, PgpError> {
    let (begin, end) = (
        format!("-----BEGIN {kind}-----"),
        format!("-----END {kind}-----"),
    );
    let missing = || PgpError::NoArmor(kind.to_owned());
    let (_, rest) = text.split_once(&begin).ok_or_else(missing)?;
    let (inner, _) = rest.split_once(&end).ok_or_else(missing)?;
    let mut digits = String::new();
    let mut stated = None;
    // Headers, which end at an empty line, and lines of digits.
    let mut headers = true;
    for line in inner
        .trim_start_matches([' ', '\t', '\r'])
        .lines()
        .skip(1)
        .map(str::trim)
    {
        if headers && (line.is_empty() || line.contains(": ")) {
            headers = !line.is_empty();
            continue;
        }
        headers = false;
        match line.strip_prefix('=') {
            Some(sum) if sum.len() == 4 => stated = Some(sum),
            _ => digits.push_str(line),
        }
    }
    let damaged = |_| PgpError::Damaged("its text is not valid base64");
    let data = STANDARD.decode(digits).map_err(damaged)?;
    if let Some(sum) = stated {
        let [_, actual @ ..] = checksum(&data).to_be_bytes();
        if STANDARD.decode(sum).map_err(damaged)? != actual {
            return Err(PgpError::Damaged("its checksum is wrong"));
        }
    }
    Ok(data)
}

/// CRC-24, as in RFC 9580, section 6.1.1.
fn checksum(data: &[u8]) -> u32 {
    data.iter().fold(0x00b7_04ce, |crc: u32, byte| {
        let crc = crc ^ (u32::from(*byte) << 16);
        (0..8).fold(crc, |crc, _| {
            let next = crc << 1;
            if next & 0x0100_0000 == 0 {
                next
            } else {
                next ^ 0x0186_4cfb
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_specification() {
        // The check value of CRC-24/OPENPGP in catalogues of CRCs.
        assert_eq!(checksum(b"123456789"), 0x0021_cf02);
    }

    #[test]
    fn texts_are_read_with_and_without_headers_and_checksum() {
        let text = write("X", b"some data");
        assert_eq!(read("X", &text).unwrap(), b"some data");
        let windows = text.replace('\n', "\r\n");
        assert_eq!(read("X", &windows).unwrap(), b"some data");
        let header = text.replacen("\n\n", "\nVersion: 1\nHash: SHA512\n\n", 1);
        assert_eq!(read("X", &header).unwrap(), b"some data");
        let sum = text.lines().find(|line| line.starts_with('=')).unwrap();
        assert_eq!(read("X", &text.replace(sum, "")).unwrap(), b"some data");
        let wrong = read("X", &text.replace(sum, "=AAAA")).unwrap_err();
        assert_eq!(wrong, PgpError::Damaged("its checksum is wrong"));
        assert_eq!(
            read("Y", &text).unwrap_err(),
            PgpError::NoArmor("Y".to_owned())
        );
    }
}
