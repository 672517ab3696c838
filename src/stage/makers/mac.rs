//! Installer packages for macOS: xar archives with a script for the installer and the files.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::super::keys::Hash;
use super::archive::Member;
use super::bytes::{be16, be32, be64};
use super::facts::Facts;

/// A package that installs these files.
#[must_use]
pub fn package(facts: &Facts<'_>, members: &[Member]) -> Option<Vec<u8>> {
    let (id, version) = (
        facts.package().replace('_', "-"),
        facts.application_version(),
    );
    let title = facts.title();
    let name = format!("{}.pkg", facts.product_name());
    let distribution = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<installer-gui-script minSpecVersion=\"2\">\n    \
         <title>{title}</title>\n    <pkg-ref id=\"{id}\" version=\"{version}\">#{name}</pkg-ref>\n    \
         <options customize=\"never\"/>\n    <choices-outline><line choice=\"{id}\"/></choices-outline>\n    \
         <choice id=\"{id}\"><pkg-ref id=\"{id}\"/></choice>\n</installer-gui-script>\n"
    );
    let count = members.len();
    let information = format!(
        "<pkg-info format-version=\"2\" identifier=\"{id}\" version=\"{version}\" \
         install-location=\"/Applications\" auth=\"root\">\n    <payload numberOfFiles=\"{count}\"/>\n\
         </pkg-info>\n"
    );
    let mut gzip = flate2::GzBuilder::new().write(Vec::new(), Compression::fast());
    gzip.write_all(&cpio(members)).ok()?;
    let payload = gzip.finish().ok()?;
    let files = [
        ("Distribution".to_owned(), distribution.into_bytes()),
        (format!("{name}/PackageInfo"), information.into_bytes()),
        (format!("{name}/Payload"), payload),
    ];
    xar(&files)
}

/// An archive with files, of which some are in one folder. They are kept as they are.
fn xar(files: &[(String, Vec<u8>)]) -> Option<Vec<u8>> {
    let mut heap = Vec::new();
    let mut toc = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xar>\n <toc>\n  \
         <checksum style=\"sha1\"><offset>0</offset><size>20</size></checksum>\n"
        .to_owned();
    let mut open: Option<&str> = None;
    for (number, (path, content)) in files.iter().enumerate() {
        let (folder, name) = match path.split_once('/') {
            Some((folder, name)) => (Some(folder), name),
            None => (None, path.as_str()),
        };
        if folder != open {
            toc += if open.is_some() { "</file>\n" } else { "" };
            let start = |folder: &str| {
                let id = files.len() + number + 1;
                format!(
                    "  <file id=\"{id}\"><name>{folder}</name><type>directory</type><mode>0755</mode>\n"
                )
            };
            toc += &folder.map(start).unwrap_or_default();
            open = folder;
        }
        let sum = Hash::Sha1.hex(content);
        let (id, size, offset) = (number + 1, content.len(), 20 + heap.len());
        toc += &format!(
            "  <file id=\"{id}\"><name>{name}</name><type>file</type><mode>0644</mode>\n   \
             <data><length>{size}</length><offset>{offset}</offset><size>{size}</size>\n    \
             <encoding style=\"application/octet-stream\"/>\n    \
             <extracted-checksum style=\"sha1\">{sum}</extracted-checksum>\n    \
             <archived-checksum style=\"sha1\">{sum}</archived-checksum></data></file>\n"
        );
        heap.extend_from_slice(content);
    }
    toc += if open.is_some() { "</file>\n" } else { "" };
    toc += " </toc>\n</xar>\n";
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(toc.as_bytes()).ok()?;
    let packed = encoder.finish().ok()?;
    let mut out = b"xar!".to_vec();
    out.extend(be16(28));
    out.extend(be16(1));
    out.extend(be64(packed.len()));
    out.extend(be64(toc.len()));
    out.extend(be32(1));
    out.extend_from_slice(&packed);
    out.extend(Hash::Sha1.digest(&[&packed]));
    out.extend(heap);
    Some(out)
}

/// A cpio archive in the old portable format, with numbers in octal digits.
fn cpio(members: &[Member]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut folders = std::collections::BTreeSet::new();
    let mut number = 0;
    let mut entry = |path: &str, mode: u32, content: &[u8]| {
        number += 1;
        let (length, size) = (path.len() + 1, content.len());
        let who = "000000000000000001000000";
        out.extend(format!("070707000001{number:06o}{mode:06o}{who}{:011o}", 0).bytes());
        out.extend(format!("{length:06o}{size:011o}{path}\0").bytes());
        out.extend_from_slice(content);
    };
    for (path, mode, content) in members {
        for (at, _) in path.match_indices('/') {
            let folder = path.get(..at).unwrap_or_default();
            if folders.insert(folder) {
                entry(&format!("./{folder}"), 0o040_755, &[]);
            }
        }
        entry(&format!("./{path}"), 0o100_000 | mode, content);
    }
    entry("TRAILER!!!", 0, &[]);
    out
}
