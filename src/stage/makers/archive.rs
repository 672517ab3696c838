//! Archives: tar with each compression, and ZIP files with the tree.

use std::io::Write as _;

use flate2::{Compression, GzBuilder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use tar::{Builder, EntryType, Header};

use super::super::mar::pack::{bzip2, xz};
use super::facts::{Facts, System};
use super::program::program;
use super::tree::{Tree, tree};
use super::zipped::{How, Writer};

/// A file in an archive: its path, its mode and its content. The path of a folder ends in a slash.
pub type Member = (String, u32, Vec<u8>);

/// The compression of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// By gzip.
    Gzip,
    /// By bzip2.
    Bzip2,
    /// By xz.
    Xz,
    /// By zstd.
    Zstd,
}

/// The members of an archive with the application.
#[must_use]
pub fn application(facts: &Facts<'_>) -> Vec<Member> {
    let Tree { root, files, .. } = tree(facts);
    let member = |(path, file): (String, super::super::mar::extract::File)| {
        (format!("{root}/{path}"), file.mode, file.content)
    };
    files.into_iter().map(member).collect()
}

/// The members of an archive that belongs to a build but is not the application, such as tests, symbols or
/// sources.
#[must_use]
pub fn other(facts: &Facts<'_>, what: &str) -> Vec<Member> {
    let root = format!("{}-{}", facts.product_name(), facts.version_name());
    let about = about(facts, what);
    let version = facts.version_name() + "\n";
    let script = format!("#!/bin/sh\necho \"{what} of {}\"\n", facts.product_name());
    vec![
        (format!("{root}/README.txt"), 0o644, about.into_bytes()),
        (format!("{root}/bin/run.sh"), 0o755, script.into_bytes()),
        (format!("{root}/version.txt"), 0o644, version.into_bytes()),
    ]
}

/// The members of an archive that has the name of a tool: its program, without a folder.
#[must_use]
pub fn tool(facts: &Facts<'_>, name: &str) -> Vec<Member> {
    let end = match facts.system() {
        System::Windows => ".exe",
        _ => "",
    };
    // The build is in the code, so that builds differ.
    let code = program(facts, &about(facts, name));
    let about = about(facts, name).into_bytes();
    vec![
        (format!("{name}{end}"), 0o755, code),
        ("README.txt".to_owned(), 0o644, about),
    ]
}

fn about(facts: &Facts<'_>, what: &str) -> String {
    format!(
        "{what} of {} {} for {}\nbuild {}\nlocale {}\n",
        facts.title(),
        facts.version_name(),
        facts.platform,
        facts.build(),
        facts.locale_name(),
    )
}

/// A compressed tar archive; `None` if the library refuses a path.
#[must_use]
pub fn tarball(members: &[Member], packing: Packing, time: u32) -> Option<Vec<u8>> {
    let tar = tar(members, time)?;
    match packing {
        Packing::Gzip => {
            let mut encoder = GzBuilder::new()
                .mtime(time)
                .write(Vec::new(), Compression::fast());
            encoder.write_all(&tar).ok()?;
            encoder.finish().ok()
        }
        Packing::Bzip2 => bzip2(&tar).ok(),
        Packing::Xz => xz(&tar, 0, false).ok(),
        Packing::Zstd => Some(compress_to_vec(&tar[..], CompressionLevel::Fastest)),
    }
}

/// A tar archive with the folders of its members.
#[must_use]
pub fn tar(members: &[Member], time: u32) -> Option<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    let mut folders = std::collections::BTreeSet::new();
    for (path, mode, content) in members {
        for (at, _) in path.match_indices('/') {
            let folder = path.get(..=at)?;
            if folder != "./" && folders.insert(folder) {
                let mut header = header(EntryType::Directory, 0o755, time);
                builder.append_data(&mut header, folder, &[][..]).ok()?;
            }
        }
        if path.ends_with('/') {
            continue;
        }
        let mut header = header(EntryType::Regular, *mode, time);
        header.set_size(u64::try_from(content.len()).ok()?);
        builder.append_data(&mut header, path, &content[..]).ok()?;
    }
    builder.into_inner().ok()
}

fn header(kind: EntryType, mode: u32, time: u32) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_mtime(time.into());
    header.set_size(0);
    header
}

/// A ZIP file.
#[must_use]
pub fn zip(members: &[Member]) -> Vec<u8> {
    let mut writer = Writer::default();
    for (path, mode, content) in members {
        writer.add(path, content, *mode, How::Deflated);
    }
    writer.finish()
}
