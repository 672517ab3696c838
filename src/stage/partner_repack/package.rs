//! The archive of a build with a few more files.
//!
//! As the script does, files are added at the end of the archive, and nothing that it has is touched. Files are
//! put where the application looks for them: in its folder, on macOS in its resources.

use std::collections::BTreeSet;
use std::io::{Read, Write as _};

use flate2::bufread::MultiGzDecoder;
use flate2::{Compression, GzBuilder};

use super::customization::Added;
use crate::stage::mar::pack::{Streams, xz, xz_reader};
use crate::stage::safe_path::is_safe;
use crate::stage::signing::members::is_image;
use crate::stage::signing::zip::Zip;

/// The most bytes that an archive may unpack to.
const LIMIT: u64 = 1 << 30;

/// The size of a block of a tar archive.
const BLOCK: u64 = 512;

/// An archive with files that were added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repacked {
    /// The archive.
    pub content: Vec<u8>,
    /// How many files it had before.
    pub files: usize,
    /// The paths that it had already, and that the new files replace.
    pub replaced: Vec<String>,
    /// Whether the archive holds a disk image, which is not opened: no file was added.
    pub is_image: bool,
}

/// Why no file can be added to an archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// It is damaged.
    #[error("the archive cannot be unpacked: {0}")]
    Damaged(String),
    /// It is too large.
    #[error("the archive unpacks to more than {LIMIT} bytes")]
    TooLarge,
    /// It is not that of an application.
    #[error("the archive has no single folder with an application: {0}")]
    NoApplication(String),
    /// A path leads to another place.
    #[error("{0:?} is no safe path of a file")]
    Unsafe(String),
}

fn damaged(error: impl ToString) -> PackageError {
    PackageError::Damaged(error.to_string())
}

/// Adds files to an archive of a name.
///
/// # Errors
/// [`PackageError`].
pub fn repack(name: &str, content: &[u8], added: &[Added]) -> Result<Repacked, PackageError> {
    if let Some((path, _)) = added.iter().find(|(path, _)| !is_safe(path)) {
        return Err(PackageError::Unsafe(path.clone()));
    }
    if name.ends_with(".zip") {
        return zipped(content, added);
    }
    let is_gzip = name.ends_with(".gz");
    let tar = match is_gzip {
        true => limited(MultiGzDecoder::new(content))?,
        false => limited(xz_reader(content, Streams::Several))?,
    };
    let (paths, end) = listed(&tar)?;
    if is_gzip && is_image(&paths) {
        return Ok(Repacked {
            content: content.to_vec(),
            files: paths.len(),
            replaced: Vec::new(),
            is_image: true,
        });
    }
    let folder = application(paths.iter().map(String::as_str), is_gzip)?;
    let mut builder = tar::Builder::new(tar.get(..end).unwrap_or_default().to_vec());
    for (path, content) in added {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_size(content.len() as u64);
        let path = format!("{folder}/{path}");
        let written = builder.append_data(&mut header, &path, content.as_slice());
        written.map_err(damaged)?;
    }
    let tar = builder.into_inner().map_err(damaged)?;
    let content = match is_gzip {
        true => {
            let mut writer = GzBuilder::new()
                .mtime(0)
                .write(Vec::new(), Compression::fast());
            writer.write_all(&tar).map_err(damaged)?;
            writer.finish().map_err(damaged)?
        }
        false => xz(&tar, 0, false).map_err(damaged)?,
    };
    Ok(repacked(content, &paths, &folder, added))
}

fn limited(reader: impl Read) -> Result<Vec<u8>, PackageError> {
    let mut out = Vec::new();
    let read = reader.take(LIMIT + 1).read_to_end(&mut out);
    read.map_err(damaged)?;
    match out.len() as u64 > LIMIT {
        true => Err(PackageError::TooLarge),
        false => Ok(out),
    }
}

/// The paths in a tar archive, and where its last entry ends.
fn listed(tar: &[u8]) -> Result<(Vec<String>, usize), PackageError> {
    let mut paths = Vec::new();
    let mut end = 0;
    for entry in tar::Archive::new(tar).entries().map_err(damaged)? {
        let entry = entry.map_err(damaged)?;
        if entry.header().entry_type().is_gnu_sparse() {
            // Its size is not that of its content, so the end of the archive would be missed.
            return Err(PackageError::Damaged("it has a sparse file".to_owned()));
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        end = entry.raw_file_position() + entry.size().next_multiple_of(BLOCK);
        let path = path.strip_prefix("./").unwrap_or(&path);
        if !entry.header().entry_type().is_dir() {
            paths.push(path.to_owned());
        }
    }
    let end = usize::try_from(end).unwrap_or(usize::MAX);
    match end <= tar.len() {
        true => Ok((paths, end)),
        false => Err(PackageError::Damaged("it ends too early".to_owned())),
    }
}

fn zipped(content: &[u8], added: &[Added]) -> Result<Repacked, PackageError> {
    let zip = Zip::read(content).map_err(damaged)?;
    let names = zip.names().into_iter();
    let paths: Vec<String> = names
        .filter(|name| !name.ends_with('/'))
        .map(str::to_owned)
        .collect();
    let folder = application(paths.iter().map(String::as_str), false)?;
    let new = added
        .iter()
        .map(|(path, content)| (format!("{folder}/{path}"), content.clone()));
    let new: Vec<Added> = new.collect();
    let is_new = |name: &str| new.iter().any(|(path, _)| path == name);
    let content = zip.with(&new, is_new).map_err(damaged)?;
    Ok(repacked(content, &paths, &folder, added))
}

fn repacked(content: Vec<u8>, paths: &[String], folder: &str, added: &[Added]) -> Repacked {
    let before: BTreeSet<&str> = paths.iter().map(String::as_str).collect();
    let new = added.iter().map(|(path, _)| format!("{folder}/{path}"));
    Repacked {
        content,
        files: paths.len(),
        replaced: new.filter(|path| before.contains(path.as_str())).collect(),
        is_image: false,
    }
}

/// The folder in which the application looks for its files.
fn application<'p>(
    paths: impl Iterator<Item = &'p str>,
    is_mac: bool,
) -> Result<String, PackageError> {
    let folders = paths.map(|path| path.split_once('/').map(|(folder, _)| folder));
    let folders: BTreeSet<Option<&str>> = folders.collect();
    let folders: Vec<Option<&str>> = folders.into_iter().collect();
    let no = |why: String| Err(PackageError::NoApplication(why));
    match folders[..] {
        [Some(folder)] if is_mac && !folder.ends_with(".app") => {
            no(format!("{folder} does not end in .app"))
        }
        [Some(folder)] if !is_safe(folder) => no(format!("{folder:?}")),
        [Some(folder)] if is_mac => Ok(format!("{folder}/Contents/Resources")),
        [Some(folder)] => Ok(folder.to_owned()),
        [] => no("it is empty".to_owned()),
        [None, ..] => no("a file is in no folder".to_owned()),
        _ => no(format!("it has {} folders", folders.len())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stage::makers::facts::HAIL;
    use crate::stage::makers::{Facts, make};
    use crate::stage::signing::opened::Opened;
    use crate::stage::signing::work::attested_archive;

    fn build(name: &str, platform: &str) -> Vec<u8> {
        let facts = Facts { platform, ..HAIL };
        make(name, &facts).unwrap()
    }

    fn added() -> Vec<Added> {
        let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
        vec![
            file("distribution/distribution.ini", "[Global]\n"),
            file("distribution/extensions/a@b.xpi", "x"),
        ]
    }

    #[test]
    fn an_image_in_an_archive_stays_as_it_is() {
        let image = build("target.dmg", "macosx64");
        let signed = attested_archive(&Opened::new("target.dmg", &image)).unwrap();
        let done = repack(&signed.path, &signed.content, &added()).unwrap();
        assert!(done.is_image);
        assert_eq!(done.content, signed.content);
        let app = build("target.tar.gz", "macosx64");
        assert!(!repack("target.tar.gz", &app, &added()).unwrap().is_image);
    }

    #[test]
    fn what_is_no_application_is_refused() {
        let linux = build("target.tar.xz", "linux64");
        let error = |name: &str, content: &[u8]| repack(name, content, &added()).unwrap_err();
        assert!(matches!(
            error("target.tar.gz", &linux),
            PackageError::Damaged(_)
        ));
        assert!(matches!(
            error("target.zip", &linux),
            PackageError::Damaged(_)
        ));
        let packed = build("target.tar.gz", "linux64");
        let no_app = error("target.tar.gz", &packed).to_string();
        assert!(no_app.contains("hail does not end in .app"), "{no_app}");
        let tests = build("target.langpack.xpi", "win64");
        let no_folder = error("target.zip", &tests).to_string();
        assert!(no_folder.contains("no single folder"), "{no_folder}");
        let outside = [("../a".to_owned(), Vec::new())];
        assert_eq!(
            repack("target.tar.xz", &linux, &outside),
            Err(PackageError::Unsafe("../a".to_owned()))
        );
    }

    /// A file of holes may have any size, and no content.
    #[test]
    fn sparse_files_are_refused() {
        let mut archive = tar::Builder::new(Vec::new());
        for (size, hole) in [(0_u64, 0_u64), (u64::MAX - 511, u64::MAX - 511)] {
            let mut header = tar::Header::new_gnu();
            header.set_path("hail/file").unwrap();
            header.set_entry_type(tar::EntryType::GNUSparse);
            header.set_size(0);
            let gnu = header.as_gnu_mut().unwrap();
            gnu.set_real_size(size);
            gnu.sparse[0].set_offset(hole);
            gnu.sparse[0].set_length(0);
            header.set_cksum();
            archive.append(&header, &[][..]).unwrap();
        }
        let tar = archive.into_inner().unwrap();
        for start in [0, 512] {
            let packed = xz(&tar[start..], 0, false).unwrap();
            let refused = repack("target.tar.xz", &packed, &added()).unwrap_err();
            assert!(
                refused.to_string().contains("it has a sparse file"),
                "{refused}"
            );
        }
    }

    proptest! {
        #[test]
        fn damaged_archives_are_refused_or_repacked(at in 0_usize..1_000_000, byte in any::<u8>(), mac in any::<bool>()) {
            let (name, platform) = match mac {
                true => ("target.tar.gz", "macosx64"),
                false => ("target.zip", "win64"),
            };
            let mut build = build(name, platform);
            let at = at % build.len();
            build[at] = byte;
            let _ = repack(name, &build, &added());
            let _ = repack(name, &build[..at], &added());
        }
    }
}
