//! Signing for macOS, with archives that are made here.

use flate2::{Compression, GzBuilder};

use super::super::file_type::FileType;
use super::super::glob::matches_any;
use super::super::mac::{BEHAVIORS, Behavior, Hardened, MacRequest, attest};
use super::super::report::{How, SignedFile};

/// A compressed archive with empty files.
fn archive(names: &[&str]) -> Vec<u8> {
    let writer = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::fast());
    let mut archive = tar::Builder::new(writer);
    for name in names {
        let mut header = tar::Header::new_ustar();
        header.set_size(0);
        archive.append_data(&mut header, name, &b""[..]).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

const FILES: &[&str] = &[
    "Nightly.app/Contents/MacOS/program",
    "Nightly.app/Contents/MacOS/helper.app/Contents/MacOS/helper",
    "Nightly.app/Contents/Library/.hidden/file",
    "background.png",
];

fn request<'a>(behavior: &str, globs: &[&'a str], resources: &[&'a str]) -> MacRequest<'a> {
    MacRequest {
        behavior: Behavior::named(behavior).unwrap(),
        hardened: vec![Hardened {
            globs: globs.to_vec(),
            resources: resources.to_vec(),
        }],
        single_files: globs.to_vec(),
        profiles: Vec::new(),
        beside: vec!["public/build/security/default.xml"],
    }
}

fn attested(
    request: &MacRequest<'_>,
    path: &str,
    content: &[u8],
) -> Result<SignedFile, Vec<String>> {
    let signed = attest(request, path, content);
    signed.map_err(|problems| problems.into_iter().map(|problem| problem.text).collect())
}

#[test]
fn each_pattern_must_match_a_file_of_the_application() {
    let bytes = archive(FILES);
    let of = |globs: &[&str]| {
        let request = request("mac_sign_hardened", globs, &[]);
        attested(&request, "public/build/target.tar.gz", &bytes)
    };
    let signed = of(&["Contents/MacOS/*", "/Contents/**/helper", "/"]).unwrap();
    assert_eq!(signed.file_type, FileType::Gzip);
    assert_eq!(
        (&signed.steps[0].how, signed.steps[0].notes.len()),
        (&How::Attested, 0)
    );
    assert_eq!(signed.outputs[0].path, "public/build/target.tar.gz");
    assert_eq!(signed.outputs[0].content, bytes);
    let globs = [
        "Contents/MacOS/*",
        "Contents/MacOS/gone",
        "background.png",
        "/",
    ];
    let refused = of(&globs).unwrap_err();
    let expected = ["Contents/MacOS/gone", "background.png"];
    assert_eq!(
        refused,
        expected.map(|glob| format!("the pattern {glob:?} matches no file"))
    );
}

#[test]
fn there_is_exactly_one_application() {
    let of = |names: &[&str]| {
        let request = request("mac_sign", &[], &[]);
        attested(&request, "a.tar.gz", &archive(names))
    };
    assert!(of(&["volume/A.app/Contents/Info.plist"]).is_ok());
    assert_eq!(
        of(&["volume/A.app/Contents/a"]).unwrap_err(),
        ["volume/A.app has no Contents/Info.plist"]
    );
    let expected = |count: usize| {
        vec![format!(
            "the archive has {count} applications; expected exactly one"
        )]
    };
    assert_eq!(of(&["a/b/A.app/c"]).unwrap_err(), expected(0));
    assert_eq!(of(&["A.app/c", "B.app/c"]).unwrap_err(), expected(2));
}

#[test]
fn the_application_is_signed_after_what_it_contains() {
    let bytes = archive(FILES);
    let of = |globs: &[&str]| {
        let request = request("mac_sign_hardened", globs, &[]);
        attested(&request, "a.tar.gz", &bytes)
    };
    assert_eq!(
        of(&["Contents/MacOS/*"]).unwrap_err(),
        ["no pattern means Nightly.app itself, which would stay unsigned; add the pattern \"/\""]
    );
    assert_eq!(
        of(&["/", "Contents/MacOS/*"]).unwrap_err(),
        [
            "the pattern \"Contents/MacOS/*\" is signed after the application, whose signature it breaks; move \"/\" to the end"
        ]
    );
}

#[test]
fn profiles_go_into_the_application() {
    let bytes = archive(FILES);
    let of = |place: &'static str| {
        let mut request = request("mac_sign_hardened", &["/"], &[]);
        request.profiles = vec![place];
        attested(&request, "a.tar.gz", &bytes)
    };
    for place in ["/Contents/embedded.provisionprofile", "Contents/MacOS", "/"] {
        assert!(of(place).is_ok(), "{place}");
    }
    let outside = of("Contents/../../x").unwrap_err();
    assert!(
        outside[0].contains("not inside of the application"),
        "{outside:?}"
    );
    let nowhere = of("Contents/Gone/x").unwrap_err();
    assert!(
        nowhere[0].contains("has no folder Contents/Gone"),
        "{nowhere:?}"
    );
}

#[test]
fn names_are_those_that_the_worker_reads_and_writes() {
    let bytes = archive(FILES);
    let of = |behavior: &str, path: &str| {
        let signed = attested(&request(behavior, &["/"], &[]), path, &bytes);
        signed.unwrap_err().join("; ")
    };
    for (behavior, path, expected) in [
        (
            "mac_sign_hardened",
            "a.tar.xz",
            "is for files named .tar.bz2, .tar.gz",
        ),
        ("mac_sign_hardened", "a.tgz", "cannot write them"),
        ("mac_sign_hardened", "a.zip", "needs a ZIP file for a name"),
        ("mac_sign_pkg", "a.tar.gz", "is for files named .pkg"),
    ] {
        let refused = of(behavior, path);
        assert!(refused.contains(expected), "{path}: {refused}");
    }
}

#[test]
fn resources_come_with_the_archive() {
    let bytes = archive(FILES);
    let of = |resource| {
        attested(
            &request("mac_sign_hardened", &["/"], &[resource]),
            "a.tar.gz",
            &bytes,
        )
    };
    assert!(of("public/build/security/default.xml").is_ok());
    assert!(of("https://example.com/default.xml").is_ok());
    let gone = of("public/build/security/gone.xml").unwrap_err();
    assert!(
        gone[0].contains("does not come with the archive"),
        "{gone:?}"
    );
    for invalid in ["/etc/passwd", "public//x"] {
        let refused = of(invalid).unwrap_err();
        assert!(refused[0].contains("is not a valid path"), "{refused:?}");
    }
    let mut none = request("mac_sign_hardened", &[], &[]);
    none.hardened.clear();
    let refused = attested(&none, "a.tar.gz", &bytes).unwrap_err();
    assert_eq!(
        refused,
        ["the behavior mac_sign_hardened needs hardened-sign-config"]
    );
}

#[test]
fn packages_are_made_of_what_cannot_be_opened() {
    let mut image = vec![7; 1024];
    image[512..516].copy_from_slice(b"koly");
    let request = request("mac_sign_and_pkg_hardened", &["gone"], &[]);
    let signed = attested(&request, "public/target.dmg", &image).unwrap();
    let paths: Vec<&str> = signed
        .outputs
        .iter()
        .map(|output| output.path.as_str())
        .collect();
    assert_eq!(paths, ["public/target.tar.gz", "public/target.pkg"]);
    assert_eq!(
        FileType::of(&signed.outputs[0].content, None),
        FileType::Gzip
    );
    assert_eq!(
        FileType::of(&signed.outputs[1].content, None),
        FileType::Xar
    );
    let notes = &signed.steps[0].notes;
    assert!(
        notes[0].starts_with("not checked: ") && notes.len() == 3,
        "{notes:?}"
    );
}

#[test]
fn single_files_are_found_by_their_patterns() {
    let bytes = archive(&["geckodriver", "b/c"]);
    let of = |glob| {
        attested(
            &request("mac_geckodriver", &[glob], &[]),
            "a.tar.gz",
            &bytes,
        )
    };
    assert!(of("geckodriver").is_ok());
    assert!(of("b/*").is_ok());
    assert_eq!(
        of("driver").unwrap_err(),
        ["the pattern \"driver\" matches no file"]
    );
}

#[test]
fn damaged_archives_and_unknown_behaviors_are_refused() {
    let bytes = archive(FILES);
    let request = request("mac_sign", &[], &[]);
    assert!(attested(&request, "a.tar.gz", &bytes[..bytes.len() / 2]).is_err());
    let other = attested(&request, "a.tar.gz", b"text").unwrap_err();
    assert!(other[0].contains("the content is text"), "{other:?}");
    let unknown = Behavior::named("sign").unwrap_err();
    assert!(unknown.text.contains("mac_sign, "), "{unknown}");
    for behavior in BEHAVIORS {
        assert_eq!(Behavior::named(behavior.name), Ok(behavior));
    }
}

#[test]
fn patterns_of_paths_are_those_of_python() {
    for (pattern, path, expected) in [
        ("a/*", "a/b", true),
        ("a/*", "a/b/c", true),
        ("*", "a/b", true),
        ("b", "a/b", false),
        ("**/b", "b", true),
        ("**/b", "x/y/b", true),
        ("a/**/b", "a/b", true),
        ("a/**", "a/b/c", true),
        ("**.b", "x/a.b", false),
        ("*", ".a", false),
        (".*", ".a", true),
        ("**/a", ".x/a", false),
        (".x/*", ".x/a", true),
        ("[ab]?", "bc", true),
        ("[!ab]?", "bc", false),
    ] {
        assert_eq!(matches_any(pattern, &[path]), expected, "{pattern} {path}");
    }
}
