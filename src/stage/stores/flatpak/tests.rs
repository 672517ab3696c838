//! Archives with repositories, good and bad ones.

use super::*;
use crate::stage::makers::{self, Facts};

fn made() -> Vec<u8> {
    let facts = Facts {
        product: "hail",
        version: "94.0b3",
        build_id: "20261130093000",
        platform: "linux64",
        locale: "en-US",
        label: "build-hail",
        branch: "try",
    };
    makers::make("public/build/target.flatpak.tar.xz", &facts).unwrap()
}

/// The files of an archive, changed, as an archive that is not compressed.
fn edited(edit: impl Fn(&mut Vec<(String, Vec<u8>)>)) -> Vec<u8> {
    let bytes = made();
    let mut archive = tar::Archive::new(pack::reader(&bytes));
    let mut files = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.header().entry_type().is_file() {
            let path = entry.path().unwrap().to_str().unwrap().to_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            files.push((path, content));
        }
    }
    edit(&mut files);
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // The crate changes paths that begin with a dot.
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        builder.append(&header, &content[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn a_made_flatpak_is_read() {
    let bytes = made();
    let flatpak = read(&bytes).unwrap();
    assert_eq!(flatpak.faults, [""; 0]);
    assert_eq!(flatpak.references.len(), 1);
    assert_eq!(flatpak.references[0].branch, "beta");
    assert!(
        flatpak.references[0].files > 4 && flatpak.objects > 8,
        "{flatpak:?}"
    );
    assert_eq!(read(&edited(|_| {})).unwrap(), flatpak);
    for length in (0..bytes.len()).step_by(997) {
        assert!(read(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn what_an_archive_unpacks_to_is_limited() {
    let bytes = made();
    let unpacked = edited(|_| {}).len() as u64;
    assert!(files(&bytes, unpacked * 2).is_ok());
    assert_eq!(
        files(&bytes, unpacked / 2).map(|_| ()),
        Err(FlatpakError::Unpacked)
    );
}

#[test]
fn each_object_has_one_name_and_occurs_once() {
    let object = |files: &[(String, Vec<u8>)]| {
        let mut objects = files.iter();
        let found = objects.find(|(path, _)| path.ends_with(".commit"));
        found.cloned().unwrap()
    };
    let twice = edited(|files| {
        let (path, content) = object(files);
        files.push((format!("./{path}"), content));
    });
    assert!(matches!(read(&twice), Err(FlatpakError::Twice(path)) if path.ends_with(".commit")));
    let renamed = edited(|files| {
        let (path, content) = object(files);
        // `ab/cdef` becomes `a/bcdef`, which has the same hash.
        let hash = path.strip_prefix("repo/objects/").unwrap().replace('/', "");
        let (start, rest) = hash.split_at(1);
        files.push((format!("repo/objects/{start}/{rest}"), content));
    });
    let refused = read(&renamed).unwrap_err();
    assert!(
        matches!(&refused, FlatpakError::Repository(OstreeError::Name(_))),
        "{refused}"
    );
}

#[test]
fn references_are_limited() {
    let with = |count: usize| {
        let bytes = edited(|files| {
            for at in 0..count {
                files.push((format!("repo/refs/heads/screenshots/{at}"), b"x\n".to_vec()));
            }
        });
        read(&bytes).map(|flatpak| flatpak.references.len())
    };
    assert_eq!(with(99), Ok(1));
    assert_eq!(with(100), Err(FlatpakError::References));
}
