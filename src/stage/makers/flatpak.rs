//! Flatpaks: a repository of OSTree with one commit, in a tar archive.
//!
//! Objects are named by their SHA-256: of contents with their mode, of folders, of what folders are (their
//! owner and mode), and of the commit. Contents are kept compressed; the name is that of the plain ones.

use std::collections::{BTreeMap, BTreeSet};

use super::super::keys::Hash;
use super::archive::Member;
use super::bytes::{be32, be64};
use super::facts::{Facts, Machine};
use super::tree::tree;
use super::variant::{Field, array, text, tuple};
use super::zipped::deflated;
use crate::base::digest::hex;

/// The names of applications on Flathub. It knows those of Mozilla, which builds need not say.
const APPLICATIONS: [(&str, &str); 2] = [
    ("firefox", "org.mozilla.firefox"),
    ("thunderbird", "org.mozilla.Thunderbird"),
];

/// The name of the application on Flathub.
fn application(facts: &Facts<'_>) -> String {
    let product = facts.product_name();
    let found = APPLICATIONS.iter().find(|(name, _)| *name == product);
    found.map_or_else(|| facts.package(), |(_, name)| (*name).to_owned())
}

/// The members of the archive.
#[must_use]
pub fn repository(facts: &Facts<'_>) -> Vec<Member> {
    let app = application(facts);
    let machine = match facts.machine() {
        Machine::X86 => "i386",
        other => other.name(),
    };
    let branch = match facts.version.contains('b') {
        true => "beta",
        false => "stable",
    };
    let mut objects = BTreeMap::new();
    let root = folder(&mut objects, &files(facts, &app, machine));
    let meta = keep(&mut objects, "dirmeta", attributes(0o040_755));
    let commit = tuple(vec![
        // No metadata, no parent, nothing related.
        Field::Sized(Vec::new()),
        Field::Sized(Vec::new()),
        Field::Sized(Vec::new()),
        Field::Sized(text(&format!("Export {app}"))),
        Field::Sized(text("")),
        Field::Aligned(u64::from(facts.seconds()).to_be_bytes().to_vec()),
        Field::Sized(root),
        Field::Sized(meta),
    ]);
    let commit = keep(&mut objects, "commit", commit);
    let text = |text: String| text.into_bytes();
    let reference = format!("refs/heads/app/{app}/{machine}/{branch}");
    let config = "[core]\nrepo_version=1\nmode=archive-z2\nindexed-deltas=true\n".to_owned();
    let mut members = vec![
        ("repo/config".to_owned(), 0o644, text(config)),
        (
            format!("repo/{reference}"),
            0o644,
            text(hex(&commit) + "\n"),
        ),
    ];
    for (name, content) in objects {
        members.push((format!("repo/objects/{name}"), 0o644, content));
    }
    // Folders that have to exist; archives have no empty ones here.
    for folder in ["refs/mirrors", "refs/remotes", "tmp/cache", "extensions"] {
        members.push((format!("repo/{folder}/"), 0o755, Vec::new()));
    }
    members
}

/// The files of the application, below the folders of a flatpak.
fn files(facts: &Facts<'_>, app: &str, machine: &str) -> Vec<Member> {
    let (product, title) = (facts.product_name(), facts.title());
    let runtime = format!("org.freedesktop.Platform/{machine}/24.08");
    let sdk = format!("org.freedesktop.Sdk/{machine}/24.08");
    let metadata = format!(
        "[Application]\nname={app}\nruntime={runtime}\nsdk={sdk}\ncommand={product}\n\n\
         [Context]\nshared=network;ipc;\nsockets=wayland;fallback-x11;\n"
    );
    let version = facts.version_name();
    let about = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<component type=\"desktop-application\">\n  \
         <id>{app}</id>\n  <name>{title}</name>\n  <releases><release version=\"{version}\"/></releases>\n\
         </component>\n"
    );
    let start = format!("#!/bin/sh\nexec /app/lib/{product}/{product} \"$@\"\n");
    let menu = super::snap::desktop(&title, &product);
    let mut files: Vec<Member> = vec![
        ("metadata".to_owned(), 0o644, metadata.into_bytes()),
        (
            format!("export/share/applications/{app}.desktop"),
            0o644,
            menu.clone().into_bytes(),
        ),
        (
            format!("files/share/applications/{app}.desktop"),
            0o644,
            menu.into_bytes(),
        ),
        (
            format!("files/share/metainfo/{app}.metainfo.xml"),
            0o644,
            about.into_bytes(),
        ),
        (format!("files/bin/{product}"), 0o755, start.into_bytes()),
    ];
    for (path, file) in tree(facts).files {
        files.push((
            format!("files/lib/{product}/{path}"),
            file.mode,
            file.content,
        ));
    }
    files
}

/// Keeps an object, and returns its hash.
fn keep(objects: &mut BTreeMap<String, Vec<u8>>, kind: &str, content: Vec<u8>) -> Vec<u8> {
    let hash = Hash::Sha256.digest(&[&content]);
    objects.insert(named(&hash, kind), content);
    hash
}

fn named(hash: &[u8], kind: &str) -> String {
    let name = hex(hash);
    let (start, rest) = name.split_at(2);
    format!("{start}/{rest}.{kind}")
}

/// What a folder is: its owner, its mode, and no further attributes.
fn attributes(mode: usize) -> Vec<u8> {
    [be32(0), be32(0), be32(mode)].concat()
}

/// Keeps a folder and everything in it, and returns its hash.
fn folder(objects: &mut BTreeMap<String, Vec<u8>>, members: &[Member]) -> Vec<u8> {
    let mut files = Vec::new();
    let mut inside: BTreeMap<&str, Vec<Member>> = BTreeMap::new();
    let mut sorted: BTreeSet<&Member> = members.iter().collect();
    while let Some((path, mode, content)) = sorted.pop_first() {
        match path.split_once('/') {
            Some((first, rest)) => {
                let member = (rest.to_owned(), *mode, content.clone());
                inside.entry(first).or_default().push(member);
            }
            None => {
                let hash = file(objects, *mode, content);
                files.push(tuple(vec![Field::Sized(text(path)), Field::Sized(hash)]));
            }
        }
    }
    let meta = keep(objects, "dirmeta", attributes(0o040_755));
    let mut folders = Vec::new();
    for (name, members) in &inside {
        let hash = folder(objects, members);
        let fields = [text(name), hash, meta.clone()].map(Field::Sized);
        folders.push(tuple(fields.into()));
    }
    let both = [array(&files), array(&folders)].map(Field::Sized);
    keep(objects, "dirtree", tuple(both.into()))
}

/// Keeps a file, and returns the hash of its plain header and content.
fn file(objects: &mut BTreeMap<String, Vec<u8>>, mode: u32, content: &[u8]) -> Vec<u8> {
    let mode = usize::try_from(0o100_000 | mode).unwrap_or_default();
    // The owner, the mode, no device, no target of a link, no attributes.
    let common = [be32(0), be32(0), be32(mode), be32(0)].concat();
    let rest = || [Field::Sized(text("")), Field::Sized(Vec::new())];
    let fields = std::iter::once(Field::Fixed(common.clone())).chain(rest());
    let plain = prefixed(&tuple(fields.collect()));
    let hash = Hash::Sha256.digest(&[&plain, content]);
    let size = Field::Fixed(be64(content.len()).to_vec());
    let fields = [size, Field::Fixed(common)].into_iter().chain(rest());
    let header = prefixed(&tuple(fields.collect()));
    objects.insert(named(&hash, "filez"), [header, deflated(content)].concat());
    hash
}

/// A header behind its length, which has eight bytes.
fn prefixed(header: &[u8]) -> Vec<u8> {
    [&be32(header.len()), &[0; 4], header].concat()
}
