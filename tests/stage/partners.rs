//! Builds for partners, unpacked by other programs.

use std::path::Path;

use snowman::stage::partner_repack::customization::Added;
use snowman::stage::partner_repack::package::repack;

use super::judges::{folder, succeeds, untar};
use super::makers::{build, made, unpacked};

fn added() -> Vec<Added> {
    let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
    vec![
        file("distribution/distribution.ini", "[Global]\n"),
        file("distribution/extensions/a@b.xpi", "x"),
    ]
}

/// What another program unpacks of an archive: paths and contents; `None` when it is not installed.
fn opened(name: &str, content: &[u8]) -> Option<Vec<Added>> {
    let folder = folder(&[(name, content)]);
    let at: &Path = folder.path();
    match name.ends_with(".zip") {
        true => {
            succeeds(at, "python3", &["-m", "zipfile", "-e", name, "."])?;
        }
        false => untar(at, name)?,
    }
    std::fs::remove_file(at.join(name)).unwrap();
    let files = unpacked(at).into_iter();
    Some(files.map(|(path, file)| (path, file.content)).collect())
}

#[test]
fn other_programs_see_the_build_with_the_new_files() {
    for (name, platform, folder) in [
        ("target.tar.xz", "linux64", "snowfox"),
        (
            "target.tar.gz",
            "macosx64",
            "Snowfox.app/Contents/Resources",
        ),
        ("target.zip", "win64", "snowfox"),
    ] {
        let build = made(name, &build(platform));
        let done = repack(name, &build, &added()).unwrap();
        assert_eq!(done.replaced, [""; 0], "{name}");
        let Some(mut expected) = opened(name, &build) else {
            continue;
        };
        assert_eq!(expected.len(), done.files, "{name}");
        let new = added().into_iter();
        expected.extend(new.map(|(path, content)| (format!("{folder}/{path}"), content)));
        expected.sort();
        assert_eq!(opened(name, &done.content).unwrap(), expected, "{name}");
        // Files that are there already are replaced.
        let again = repack(name, &done.content, &added()).unwrap();
        assert_eq!(again.replaced.len(), 2, "{name}");
        assert_eq!(opened(name, &again.content).unwrap(), expected, "{name}");
    }
}
