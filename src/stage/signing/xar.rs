//! Writes archives in the format of installer packages for macOS.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::base::posix::basename;
use crate::stage::keys::Hash;

/// An archive with one file. The same input gives the same bytes.
///
/// The archive has a header, a table of contents in compressed XML, and a heap: the checksum of the
/// table, and the file.
///
/// # Errors
///
/// When the table cannot be compressed.
pub fn archive(path: &str, content: &[u8]) -> std::io::Result<Vec<u8>> {
    let name = basename(path);
    let escaped = name.replace('&', "&amp;").replace('<', "&lt;");
    let sum = Hash::Sha1.hex(content);
    let length = content.len();
    let table = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xar><toc>\
         <checksum style=\"sha1\"><offset>0</offset><size>20</size></checksum>\
         <file id=\"1\"><name>{escaped}</name><type>file</type><mode>0644</mode>\
         <data><length>{length}</length><size>{length}</size><offset>20</offset>\
         <encoding style=\"application/octet-stream\"/>\
         <archived-checksum style=\"sha1\">{sum}</archived-checksum>\
         <extracted-checksum style=\"sha1\">{sum}</extracted-checksum></data></file></toc></xar>\n"
    );
    let mut writer = ZlibEncoder::new(Vec::new(), Compression::default());
    writer.write_all(table.as_bytes())?;
    let packed = writer.finish()?;
    let size = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or_default().to_be_bytes();
    let parts = [
        b"xar!\0\x1c\0\x01",
        &size(&packed)[..],
        &size(table.as_bytes()),
        &[0, 0, 0, 1],
        &packed,
        &Hash::Sha1.digest(&[&packed]),
        content,
    ];
    Ok(parts.concat())
}
