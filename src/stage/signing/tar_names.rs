//! The names in a tar archive, read as a stream: the contents are skipped, and nothing is kept but names.

use std::io::Read;

use super::report::Reason;
use crate::stage::tar_stream::walk;

/// The most bytes that an archive may unpack to.
pub const LIMIT: u64 = 4 << 30;

/// The most files and folders in an archive.
const MAX_NAMES: usize = 1_000_000;

/// The paths of all files and folders in an archive.
///
/// # Errors
/// When the archive is damaged, or has too much content.
pub fn tar_names(mut reader: impl Read) -> Result<Vec<String>, Reason> {
    let mut names = Vec::new();
    walk(&mut reader, LIMIT, &mut |entry, _| {
        if names.len() == MAX_NAMES {
            return Err(Reason(format!(
                "the archive has more than {MAX_NAMES} files"
            )));
        }
        names.push(entry.path.clone());
        Ok(())
    })?;
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_far_as_the_archive_is_whole() {
        let mut archive = tar::Builder::new(Vec::new());
        for name in ["a/", "a/b", "c"] {
            let mut header = tar::Header::new_gnu();
            header.set_size(0);
            archive.append_data(&mut header, name, &[][..]).unwrap();
        }
        let archive = archive.into_inner().unwrap();
        assert_eq!(tar_names(&archive[..]).unwrap(), ["a", "a/b", "c"]);
        let cut = tar_names(&archive[..600]).unwrap_err();
        assert!(cut.0.contains("it is truncated inside a file"), "{}", cut.0);
    }
}
