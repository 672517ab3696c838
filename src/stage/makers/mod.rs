//! Makers: real small artifacts of build tasks, by name.
//!
//! The builds of a rehearsed release do not compile anything, but the release tasks behind them open what
//! they upload. [`make`] writes a file of the format that a name asks for, with the facts of the build
//! inside. The same name and facts always give the same bytes.
//!
//! - A partial update is not made by name alone, since the build that it begins at is not among the facts:
//!   see [`partial`].
//! - Signatures are not made: signing makes them.
//! - Nothing is compressed as well as it could be. What is made many times should take little time.
//!
//! Tests open each format with other programs. These they do not judge: the manifest in a bundle for Android
//! (the ZIP file is), compiled classes, the description in an installer package for macOS (the files are), and
//! whether Windows would install a package for its store (its XML and the hash of each block are).

mod android;
mod archive;
mod bytes;
mod compound;
mod debian;
mod dmg;
mod extension;
pub mod facts;
mod flatpak;
mod hfs;
mod image;
mod mac;
mod manifest;
mod md5;
mod msix;
mod patch;
mod program;
mod rpm;
mod sevenzip;
mod snap;
mod squash;
mod texts;
pub mod tree;
mod update;
mod variant;
mod windows;
mod zipped;

pub use facts::Facts;
pub(in crate::stage) use md5::md5;
pub use tree::{Tree, tree};
pub use update::partial;
pub(in crate::stage) use zipped::zip as zip_of;

use archive::{Member, Packing, application, other, tarball, tool, zip};
use facts::System;

use super::keys::Hash;
use crate::base::digest::hex;
use crate::base::posix::basename;

/// The content of an artifact of this name, as a build with these facts makes it; `None` if nothing is
/// known of such names.
#[must_use]
pub fn make(name: &str, facts: &Facts<'_>) -> Option<Vec<u8>> {
    let file = basename(name);
    if PROGRAMS.contains(&file) {
        return Some(program::program(facts, file));
    }
    let ends = |end: &str| file.ends_with(end) && !NOT_MADE.contains(&file);
    let (end, maker) = MAKERS.iter().find(|(end, _)| ends(end))?;
    let stem = file.strip_suffix(end).unwrap_or(file);
    maker(&Name { file, stem }, facts)
}

/// The content of an artifact that a task is known to have, as a task behind it reads it. In a format that
/// is not known, it is a text that names the artifact. Signatures and updates are not made by name.
#[must_use]
pub fn make_any(name: &str, facts: &Facts<'_>) -> Option<Vec<u8>> {
    let text = || {
        let file = basename(name);
        let is_made =
            !NOT_MADE.contains(&file) && !NOT_BY_NAME.iter().any(|end| file.ends_with(end));
        (is_made && !file.is_empty()).then(|| texts::log(facts, file))
    };
    make(name, facts).or_else(text)
}

/// The ends of names of what tasks make from other artifacts.
const NOT_BY_NAME: [&str; 6] = [".asc", ".mar", ".md5", ".sha1", ".sha256", ".sha512"];

/// The last part of a name.
struct Name<'a> {
    file: &'a str,
    /// The same without the end by which the maker was found.
    stem: &'a str,
}

type Maker = fn(&Name<'_>, &Facts<'_>) -> Option<Vec<u8>>;

/// What Taskcluster itself writes.
static NOT_MADE: &[&str] = &["chain-of-trust.json"];

/// Each end of names; of those that end alike, the longest is first.
static MAKERS: &[(&str, Maker)] = &[
    (".complete.mar", |_, facts| update::complete(facts)),
    (".flatpak.tar.xz", |_, facts| {
        tarball(&flatpak::repository(facts), Packing::Xz, facts.seconds())
    }),
    (".tar.bz2", |name, facts| tar(name, facts, Packing::Bzip2)),
    (".tar.gz", |name, facts| tar(name, facts, Packing::Gzip)),
    (".tar.xz", |name, facts| tar(name, facts, Packing::Xz)),
    ("image.tar.zst", |_, facts| {
        tarball(&image::image(facts)?, Packing::Zstd, facts.seconds())
    }),
    (".tar.zst", |name, facts| tar(name, facts, Packing::Zstd)),
    (".zip", |name, facts| Some(zip(&members(name, facts)))),
    ("langpack.xpi", |_, facts| {
        Some(extension::language_pack(facts))
    }),
    (".xpi", |name, facts| {
        Some(extension::extension(facts, name.stem))
    }),
    (".jar", |name, facts| {
        Some(extension::java(facts, name.stem))
    }),
    (".aar", |name, facts| {
        Some(zip(&extension::android_library(facts, name.stem)))
    }),
    (".pom", |name, facts| Some(texts::project(facts, name.stem))),
    (".module", |name, facts| {
        Some(texts::module(facts, name.stem))
    }),
    ("stub-installer.exe", |name, facts| {
        Some(windows::program(facts, name.file, false))
    }),
    ("installer.exe", |name, facts| {
        Some(windows::installer(facts, name.file))
    }),
    (".exe", |name, facts| {
        Some(windows::program(facts, name.file, false))
    }),
    (".dll", |name, facts| {
        Some(windows::program(facts, name.file, true))
    }),
    (".msi", |_, facts| Some(windows::package(facts))),
    (".pkg", |_, facts| mac::package(facts, &application(facts))),
    (".msix", |_, facts| Some(msix::package(facts))),
    (".apk", |name, facts| {
        Some(android::package(facts, name.stem))
    }),
    (".aab", |_, facts| Some(android::bundle(facts))),
    (".dmg", |_, facts| dmg::image(facts)),
    (".langpack.deb", |_, facts| {
        debian::language_pack(facts, extension::language_pack(facts))
    }),
    (".deb", |_, facts| debian::application(facts)),
    (".rpm", |_, facts| rpm::package(facts)),
    (".snap", |_, facts| snap::snap(facts)),
    (".checksums", |_, facts| of_package(facts, texts::checksums)),
    ("SHA256SUMS", |_, facts| {
        of_package(facts, |name, content| {
            texts::sums(Hash::Sha256, name, content)
        })
    }),
    ("SHA512SUMS", |_, facts| {
        of_package(facts, |name, content| {
            texts::sums(Hash::Sha512, name, content)
        })
    }),
    ("buildhub.json", |_, facts| {
        of_package(facts, |name, content| texts::buildhub(facts, name, content))
    }),
    ("mozinfo.json", |_, facts| Some(texts::machine(facts))),
    ("target.json", |_, facts| Some(texts::target(facts))),
    (".json", |name, facts| Some(texts::json(facts, name.file))),
    (".md5", |name, facts| {
        hashed(name, facts, |content| md5(content).to_vec())
    }),
    (".sha1", |name, facts| {
        hashed(name, facts, |content| Hash::Sha1.digest(&[content]))
    }),
    (".sha256", |name, facts| {
        hashed(name, facts, |content| Hash::Sha256.digest(&[content]))
    }),
    (".sha512", |name, facts| {
        hashed(name, facts, |content| Hash::Sha512.digest(&[content]))
    }),
    ("_info.txt", |_, facts| Some(texts::information(facts))),
    ("target.txt", |_, facts| Some(texts::build(facts))),
    (".txt", |name, facts| Some(texts::log(facts, name.file))),
    (".log", |name, facts| Some(texts::log(facts, name.file))),
];

/// Programs whose names have no end.
static PROGRAMS: &[&str] = &["mar", "mbsdiff", "signmar"];

/// Words in the names of archives that are not the application.
static OTHERS: &[&str] = &[
    "artifacts",
    "bindings",
    "files",
    "jsshell",
    "source",
    "symbols",
    "templates",
    "tests",
    "tools",
];

fn tar(name: &Name<'_>, facts: &Facts<'_>, packing: Packing) -> Option<Vec<u8>> {
    tarball(&members(name, facts), packing, facts.seconds())
}

/// What is in an archive of this name: the application if it is named `target`, as the product or as the project, a part
/// of the build if the name has a word for it, else a tool.
fn members(name: &Name<'_>, facts: &Facts<'_>) -> Vec<Member> {
    let mut words = name.file.split(['.', '-', '_']);
    if let Some(what) = words.find(|word| OTHERS.contains(word)) {
        return other(facts, what);
    }
    let own = ["target", &facts.product_name()];
    let is_own = own.iter().any(|own| name.file.starts_with(own));
    match is_own || facts.is_named_as_project(name.stem) {
        true => application(facts),
        false => tool(facts, name.stem),
    }
}

/// The ends of names of hashes.
const HASHES: [&str; 4] = [".md5", ".sha1", ".sha256", ".sha512"];

/// The hash of another artifact, as repositories of libraries have it beside each file. Hashes have none.
fn hashed(name: &Name<'_>, facts: &Facts<'_>, hash: impl Fn(&[u8]) -> Vec<u8>) -> Option<Vec<u8>> {
    let of_hash = HASHES.iter().any(|end| name.stem.ends_with(end));
    let content = (!of_hash).then(|| make(name.stem, facts))??;
    Some(hex(&hash(&content)).into_bytes())
}

/// A text about the package that is made for the system.
fn of_package(facts: &Facts<'_>, text: impl Fn(&str, &[u8]) -> Vec<u8>) -> Option<Vec<u8>> {
    let name = match facts.system() {
        System::Linux => "target.tar.xz",
        System::Mac => "target.dmg",
        System::Windows => "target.installer.exe",
        System::Android => "target.apk",
    };
    make(name, facts).map(|content| text(name, &content))
}
