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
        FileType::Gzip => {
            let names = tar_names(MultiGzDecoder::new(file.content))?;
            Ok(Some(names).filter(|names| !is_image(names)))
        }
        FileType::Bzip2 | FileType::Xz => tar_names(reader(file.content)).map(Some),
        _ => Ok(None),
    }
}

/// Whether these are the files of an archive that a staged task made of a disk image, which it does not open.
#[must_use]
pub fn is_image(names: &[String]) -> bool {
    matches!(names, [name] if name.ends_with(".dmg") && !name.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::signing::work::attested_archive;

    #[test]
    fn an_archive_that_holds_an_image_is_not_opened() {
        let of = |path: &str| attested_archive(&Opened::new(path, b"content")).unwrap();
        let found = |path: &str| {
            let made = of(path);
            names(&Opened::new(&made.path, &made.content)).unwrap()
        };
        assert_eq!(found("public/target.dmg"), None);
        assert_eq!(
            found("public/target.zip"),
            Some(vec!["target.zip".to_owned()])
        );
    }
}
