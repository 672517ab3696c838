//! Signatures that files bring along, in formats that are not signed for real here.
//!
//! A worker would leave such a signature, or add another: either way the release would hold one of
//! another key.

use super::file_type::FileType;
use super::opened::Opened;
use crate::stage::stores::apk_signature::has_block;

/// The signature that a file has, as messages name it.
#[must_use]
pub fn existing(file: &Opened<'_>) -> Option<&'static str> {
    let found = match file.file_type {
        FileType::Pe => pe(file.content).map(|size| size > 0),
        FileType::Msi => Some(has(file.content, &wide("\u{5}DigitalSignature"))),
        FileType::Msix => file
            .zip
            .as_ref()
            .map(|zip| zip.member("AppxSignature.p7x").is_some()),
        FileType::Rpm => rpm(file.content),
        FileType::Deb => Some(deb(file.content)),
        FileType::Apk => file.zip.as_ref().map(has_block),
        _ => None,
    };
    let name = match file.file_type {
        FileType::Rpm | FileType::Deb => "an OpenPGP signature",
        FileType::Apk => "a signature of version 2 or later",
        _ => "an Authenticode signature",
    };
    found.unwrap_or_default().then_some(name)
}

fn has(content: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(content, part).is_some()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn at(content: &[u8], place: usize) -> Option<[u8; 4]> {
    content.get(place..place.checked_add(4)?)?.try_into().ok()
}

/// The size of the signature of a program for Windows, from the fifth of the tables in its header.
fn pe(content: &[u8]) -> Option<u32> {
    let header = usize::try_from(u32::from_le_bytes(at(content, 0x3c)?))
        .ok()?
        .checked_add(24)?;
    let magic = content.get(header..header.checked_add(2)?)?;
    let tables = if magic == [0x0b, 0x02] { 112 } else { 96 };
    at(content, header.checked_add(tables + 4 * 8 + 4)?).map(u32::from_le_bytes)
}

/// Whether the first header of an RPM package, behind 96 bytes, has a signature: the numbers of those
/// made with RSA and DSA, over the main header or over everything.
fn rpm(content: &[u8]) -> Option<bool> {
    let count = u32::from_be_bytes(at(content, 96 + 8)?);
    let tags = (0..count.min(1000)).map_while(|number| {
        let place = 96 + 16 + 16 * usize::try_from(number).ok()?;
        at(content, place).map(u32::from_be_bytes)
    });
    Some(
        tags.into_iter()
            .any(|tag| [267, 268, 1002, 1005].contains(&tag)),
    )
}

/// Whether a Debian package has a member with a signature.
fn deb(content: &[u8]) -> bool {
    let mut place = 8;
    while let Some(header) = content.get(place..place + 60) {
        if header.starts_with(b"_gpg") {
            return true;
        }
        let size = header
            .get(48..58)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let size = size.and_then(|digits| digits.trim().parse::<usize>().ok());
        let Some(next) = size.and_then(|size| place.checked_add(60)?.checked_add(size)) else {
            break;
        };
        place = next.saturating_add(next & 1);
        if place > content.len() {
            break;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::zip::Zip;
    use super::*;

    fn of(path: &str, content: &[u8]) -> Option<&'static str> {
        existing(&Opened::new(path, content))
    }

    /// An RPM package with a header of one number.
    fn package(tag: u32) -> Vec<u8> {
        let mut bytes = vec![0; 128];
        bytes[..4].copy_from_slice(b"\xed\xab\xee\xdb");
        bytes[96..100].copy_from_slice(b"\x8e\xad\xe8\x01");
        bytes[107] = 1;
        bytes[112..116].copy_from_slice(&tag.to_be_bytes());
        bytes
    }

    #[test]
    fn signatures_of_packages_are_found() {
        assert_eq!(of("a.rpm", &package(1000)), None);
        assert_eq!(of("a.rpm", &package(268)), Some("an OpenPGP signature"));
        assert_eq!(of("a.rpm", &package(268)[..100]), None);
        let member = |name: &str, content: &str| {
            let size = content.len();
            let odd = if size % 2 == 1 { "\n" } else { "" };
            format!(
                "{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n{content}{odd}",
                0, 0, 0, 644
            )
        };
        let start = format!("!<arch>\n{}", member("debian-binary", "2.0"));
        assert_eq!(of("a.deb", start.as_bytes()), None);
        let signed = start.clone() + &member("_gpgorigin", "x");
        assert_eq!(of("a.deb", signed.as_bytes()), Some("an OpenPGP signature"));
        let endless = start + &member("other", "").replace("0         `", "99999999999`");
        assert_eq!(of("a.deb", endless.as_bytes()), None);
    }

    #[test]
    fn signatures_of_android_packages_are_in_front_of_the_directory() {
        let magic = b"APK Sig Block 42";
        let empty = [b"PK\x05\x06", &[0; 18][..]].concat();
        let members = [("AndroidManifest.xml".to_owned(), magic.to_vec())];
        let unsigned = Zip::read(&empty).unwrap();
        let bytes = unsigned.with(&members, |_| false).unwrap();
        let place = Zip::read(&bytes).unwrap().layout().directory;
        let moved = [&bytes[..place], b"other", &bytes[place..]].concat();
        let with_place = |mut bytes: Vec<u8>, place: usize| {
            let end = bytes.len() - 22;
            let place = u32::try_from(place).unwrap().to_le_bytes();
            bytes[end + 16..end + 20].copy_from_slice(&place);
            bytes
        };
        // The content of a file is no signature.
        assert_eq!(of("a.apk", &with_place(moved, place + 5)), None);
        let block = [&bytes[..place], &[0; 8], magic, &bytes[place..]].concat();
        let signed = with_place(block, place + 24);
        assert_eq!(
            of("a.apk", &signed),
            Some("a signature of version 2 or later")
        );
    }

    #[test]
    fn signatures_of_installers_are_found() {
        let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 content".to_vec();
        assert_eq!(of("a.msi", &bytes), None);
        bytes.extend(wide("\u{5}DigitalSignature"));
        assert_eq!(of("a.msi", &bytes), Some("an Authenticode signature"));
    }
}
