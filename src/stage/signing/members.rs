//! The names of the files in an archive.

use flate2::read::MultiGzDecoder;

use super::file_type::FileType;
use super::opened::Opened;
use super::report::Reason;
use super::tar_names::tar_names;
use super::zip::Zip;
use crate::stage::mar::pack::reader;

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
        FileType::Bzip2 | FileType::Xz => tar_names(reader(file.content)).map(Some),
        _ => Ok(None),
    }
}
