//! Repositories whose objects state more than they hold.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::*;

fn keep(objects: &mut Objects, kind: &str, hash: Vec<u8>, content: Vec<u8>) -> Vec<u8> {
    let name = object_name(&hex(&hash), kind);
    objects.by_name.insert(name, content);
    hash
}

fn keep_plain(objects: &mut Objects, kind: &str, content: Vec<u8>) -> Vec<u8> {
    let hash = Hash::Sha256.digest(&[&content]);
    keep(objects, kind, hash, content)
}

/// Keeps a file that states a size.
fn file(objects: &mut Objects, content: &[u8], size: u64) -> Vec<u8> {
    let common = [&[0; 8][..], &0o100_644_u32.to_be_bytes(), &[0; 4]].concat();
    // The target of a link, and where it ends: behind 16 bytes, or 24 with the size.
    let plain = [&common[..], &[0, 17]].concat();
    let plain = [&[0, 0, 0, 18, 0, 0, 0, 0][..], &plain].concat();
    let header = [&size.to_be_bytes()[..], &common, &[0, 25]].concat();
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(content).unwrap();
    let packed = packer.finish().unwrap();
    let whole = [&[0, 0, 0, 26, 0, 0, 0, 0][..], &header, &packed].concat();
    let hash = Hash::Sha256.digest(&[&plain, content]);
    keep(objects, "filez", hash, whole)
}

fn offset(value: usize, length: usize) -> Vec<u8> {
    (value as u64).to_le_bytes()[..length].to_vec()
}

/// A list of named items, each with hashes.
fn array(items: &[(&str, Vec<Vec<u8>>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut ends = Vec::new();
    for (name, hashes) in items {
        let mut item = [name.as_bytes(), &[0]].concat();
        let mut inner = vec![item.len()];
        for hash in hashes {
            item.extend_from_slice(hash);
            inner.push(item.len());
        }
        inner.pop();
        let size = if item.len() + inner.len() < 256 { 1 } else { 2 };
        let offsets = inner.iter().rev().flat_map(|end| offset(*end, size));
        item.extend(offsets);
        out.extend(item);
        ends.push(out.len());
    }
    let size = if out.len() + ends.len() < 256 { 1 } else { 2 };
    out.extend(ends.iter().flat_map(|end| offset(*end, size)));
    out
}

/// Keeps a folder.
fn folder(
    objects: &mut Objects,
    files: &[(&str, Vec<Vec<u8>>)],
    folders: &[(&str, Vec<Vec<u8>>)],
) -> Vec<u8> {
    let files = array(files);
    let mut tree = [files.clone(), array(folders)].concat();
    let size = if tree.len() < 255 { 1 } else { 2 };
    tree.extend(offset(files.len(), size));
    keep_plain(objects, "dirtree", tree)
}

fn attributes(objects: &mut Objects) -> Vec<u8> {
    keep_plain(objects, "dirmeta", vec![0; 12])
}

/// Keeps a commit of a folder; returns its name.
fn commit(objects: &mut Objects, tree: &[u8]) -> String {
    let meta = attributes(objects);
    // Subject and body are empty; the time is at a multiple of eight.
    let parts = [&[0; 16][..], tree, &meta, &[48, 2, 1, 0, 0, 0]];
    hex(&keep_plain(objects, "commit", parts.concat()))
}

#[test]
fn a_commit_and_its_files_are_read() {
    let mut objects = Objects::default();
    let one = file(&mut objects, b"content", 7);
    let inner = folder(&mut objects, &[("b", vec![one.clone()])], &[]);
    let meta = attributes(&mut objects);
    let tree = folder(
        &mut objects,
        &[("a", vec![one])],
        &[("f", vec![inner, meta])],
    );
    let commit = commit(&mut objects, &tree);
    assert_eq!(objects.check(), Ok(5));
    let files = objects.files(&commit, &mut Budget::default()).unwrap();
    assert_eq!(files.keys().collect::<Vec<_>>(), ["a", "f/b"]);
    assert_eq!(objects.content(&files["a"], 7).unwrap(), b"content");
    assert_eq!(objects.content(&files["a"], 6), Err(OstreeError::TooLarge));
}

#[test]
fn the_size_of_a_file_is_that_of_its_content() {
    for size in [0, 6, 8, 1 << 30] {
        let mut objects = Objects::default();
        file(&mut objects, b"content", size);
        assert!(
            matches!(objects.check(), Err(OstreeError::Damaged(_))),
            "{size}"
        );
    }
    // All files together are limited before they are unpacked.
    let mut objects = Objects::default();
    file(&mut objects, b"content", MAX_CONTENT + 1);
    assert_eq!(objects.check(), Err(OstreeError::TooLarge));
}

#[test]
fn a_name_occurs_once_in_a_folder() {
    let mut objects = Objects::default();
    let one = file(&mut objects, b"1", 1);
    let other = file(&mut objects, b"2", 1);
    let (inner, meta) = (folder(&mut objects, &[], &[]), attributes(&mut objects));
    let twice = OstreeError::Twice("metadata".to_owned());
    let files = [("metadata", vec![one.clone()]), ("metadata", vec![other])];
    let tree = folder(&mut objects, &files, &[]);
    let name = commit(&mut objects, &tree);
    assert_eq!(
        objects.files(&name, &mut Budget::default()),
        Err(twice.clone())
    );
    let tree = folder(
        &mut objects,
        &[("metadata", vec![one])],
        &[("metadata", vec![inner, meta])],
    );
    let name = commit(&mut objects, &tree);
    assert_eq!(objects.files(&name, &mut Budget::default()), Err(twice));
}

#[test]
fn the_paths_of_all_commits_are_limited() {
    // Each folder has two names for the next one: a few objects with 2^15 paths of up to 3.6 KB.
    let mut objects = Objects::default();
    let meta = attributes(&mut objects);
    let names = ["a".repeat(254), "b".repeat(254)];
    let mut tree = folder(&mut objects, &[], &[]);
    let mut levels = Vec::new();
    for _ in 0..14 {
        let next = || vec![tree.clone(), meta.clone()];
        let both = [(names[0].as_str(), next()), (names[1].as_str(), next())];
        tree = folder(&mut objects, &[], &both);
        levels.push(commit(&mut objects, &tree));
    }
    let files = objects.files(&levels[7], &mut Budget::default());
    assert_eq!(files, Ok(BTreeMap::new()));
    let files = objects.files(&levels[13], &mut Budget::default());
    assert_eq!(files, Err(OstreeError::TooLarge));
    // Many commits of the same files are no way around it.
    let mut budget = Budget::default();
    let mut again = (0..1000).map(|_| objects.files(&levels[7], &mut budget));
    assert!(again.any(|files| files == Err(OstreeError::TooLarge)));
}
