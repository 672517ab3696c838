//! Images that `mksquashfs` makes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use snowman::stage::stores::snap;
use snowman::stage::stores::squashfs::Image;

use super::judges::{folder, succeeds};

/// What the images are made of: texts that repeat themselves near and far, and a run of one letter.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let number = |n: u32| format!("{},", n * n % 977);
    let numbers: String = (0..5000).map(number).collect();
    let description = "name: hail\nversion: '94.0'\nsummary: Hail\ndescription: |\n  Hail is small.\n\
                       base: core22\ngrade: stable\nconfinement: strict\narchitectures:\n- amd64\n\
                       apps:\n  hail:\n    command: hail\n";
    vec![
        ("hail", b"#!/bin/sh\nexit 0\n".to_vec()),
        ("meta/snap.yaml", description.into()),
        ("numbers", numbers.into()),
        ("run", ("a".repeat(20_000) + "b").into()),
    ]
}

/// Checks that an image is a snap of these files.
fn check(image: &[u8], about: &str) {
    let read = Image::read(image).unwrap();
    for (path, content) in files() {
        let found = read.content(path).unwrap();
        assert!(found == Some(content), "{about}: {path}");
    }
    let snap = snap::read(image).unwrap();
    let found = (
        snap.version.as_str(),
        snap.commands.len(),
        snap.faults.len(),
    );
    assert_eq!(found, ("94.0", 1, 0), "{about}");
}

/// The images were made as in the next test, and have no padding.
#[test]
fn images_of_lzo_are_read() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/squashfs");
    for name in ["lzo-999", "lzo-1_15"] {
        let bytes = fs::read(seeds.join(name)).unwrap();
        // The compression that the image says it has.
        assert_eq!(bytes[20..22], [3, 0], "{name}");
        check(&bytes, name);
        for length in (0..bytes.len()).step_by(17) {
            assert!(Image::read(&bytes[..length]).is_err(), "{name} {length}");
        }
    }
}

#[test]
fn mksquashfs_makes_snaps_that_are_read() {
    let folder = folder(&[]);
    if succeeds(folder.path(), "mksquashfs", &["-version"]).is_none() {
        return;
    }
    let top = folder.path().join("snap");
    fs::create_dir_all(top.join("meta")).unwrap();
    for (path, content) in files() {
        fs::write(top.join(path), content).unwrap();
    }
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(top.join("hail"), executable).unwrap();
    let of_lzo = [
        "lzo1x_1",
        "lzo1x_1_11",
        "lzo1x_1_12",
        "lzo1x_1_15",
        "lzo1x_999",
    ];
    let of_lzo = of_lzo.map(|algorithm| vec!["lzo", "-Xalgorithm", algorithm]);
    let others = ["gzip", "lzo", "xz", "zstd"].map(|name| vec![name]);
    for compression in others.into_iter().chain(of_lzo) {
        for block in ["4096", "131072", "1048576"] {
            let mut arguments = vec!["snap", "a.snap", "-noappend", "-quiet", "-no-progress"];
            arguments.extend(["-all-root", "-b", block, "-comp"]);
            arguments.extend(&compression);
            succeeds(folder.path(), "mksquashfs", &arguments).unwrap();
            let image = fs::read(folder.path().join("a.snap")).unwrap();
            check(&image, &format!("{compression:?}, blocks of {block}"));
        }
    }
}
