//! The names of the files in an archive.

use std::io::Read;

use bzip2::read::BzDecoder;
use flate2::read::MultiGzDecoder;

use super::file_type::FileType;
use super::opened::Opened;
use super::report::Reason;
use super::zip::Zip;
use crate::stage::mar::pack::unpack;

/// The most bytes that an archive may unpack to.
const LIMIT: u64 = 4 << 30;

/// The paths of all files and folders in an archive; `None` when archives of its type are not opened.
///
/// # Errors
///
/// When the archive is damaged, or has too much content.
pub fn names(file: &Opened<'_>) -> Result<Option<Vec<String>>, Reason> {
    if let Some(zip) = &file.zip {
        return Ok(Some(
            Zip::names(zip).into_iter().map(str::to_owned).collect(),
        ));
    }
    match file.file_type {
        FileType::Gzip => tar_names(MultiGzDecoder::new(file.content)).map(Some),
        FileType::Bzip2 => tar_names(BzDecoder::new(file.content)).map(Some),
        FileType::Xz => tar_names(&unpack(file.content, LIMIT)?[..]).map(Some),
        _ => Ok(None),
    }
}

fn tar_names(reader: impl Read) -> Result<Vec<String>, Reason> {
    let mut names = Vec::new();
    for entry in tar::Archive::new(reader.take(LIMIT)).entries()? {
        let entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let path = path
            .strip_prefix("./")
            .unwrap_or(&path)
            .trim_end_matches('/');
        if !path.is_empty() && path != "." {
            names.push(path.to_owned());
        }
    }
    Ok(names)
}
