//! Tests of signing, with files that are made here.

mod files;
mod mac;
mod rules;
mod tasks;

use std::io::Write as _;

use flate2::write::DeflateEncoder;

use super::zip::Zip;

/// A ZIP file with members of this content, each compressed.
fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let stored: Vec<(String, Vec<u8>)> = members
        .iter()
        .map(|(name, content)| ((*name).to_owned(), content.to_vec()))
        .collect();
    Zip::read(EMPTY).unwrap().with(&stored, |_| false).unwrap()
}

/// A ZIP file without members: the record at its end.
const EMPTY: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// A ZIP file with one compressed member, written field by field.
fn deflated(name: &str, content: &[u8]) -> Vec<u8> {
    let mut writer = DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(content).unwrap();
    let packed = writer.finish().unwrap();
    let mut crc = flate2::Crc::new();
    crc.update(content);
    let size = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let length = u16::try_from(name.len()).unwrap().to_le_bytes();
    let common = [
        &[20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0][..],
        &crc.sum().to_le_bytes(),
        &size(&packed),
        &size(content),
        &length,
        &[0, 0],
    ];
    let common = common.concat();
    let local = [b"PK\x03\x04", &common[..], name.as_bytes(), &packed].concat();
    let record = [b"PK\x01\x02\x14\0", &common[..], &[0; 14], name.as_bytes()].concat();
    let end = [
        b"PK\x05\x06\0\0\0\0\x01\0\x01\0",
        &size(&record)[..],
        &size(&local),
        &[0, 0],
    ];
    [local, record, end.concat()].concat()
}
