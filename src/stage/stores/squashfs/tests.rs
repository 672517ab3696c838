//! Images that state more than they hold.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use lzma_rust2::{CheckType, XzOptions, XzWriter};

use super::*;

/// How many bytes a block of contents has.
const BLOCK: u32 = 4096;

fn le(value: usize, length: usize) -> Vec<u8> {
    (value as u64).to_le_bytes()[..length].to_vec()
}

/// Compressed metadata, or as it is.
fn metadata(content: &[u8], pack: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> Vec<u8> {
    let block = |block: &[u8]| match pack(block) {
        Some(packed) => [le(packed.len(), 2), packed].concat(),
        None => [le(block.len() | 0x8000, 2), block.to_vec()].concat(),
    };
    content.chunks(8192).flat_map(block).collect()
}

fn plain(_: &[u8]) -> Option<Vec<u8>> {
    None
}

fn zlib(block: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(block).unwrap();
    Some(encoder.finish().unwrap())
}

/// An image of these tables, whose topmost folder is at a place of the first.
fn image(compression: usize, inodes: &[u8], folders: &[u8], root: usize) -> Vec<u8> {
    let start = 96 + inodes.len();
    let used = start + folders.len();
    let header = [
        b"hsqs".to_vec(),
        le(1, 4),
        le(0, 4),
        BLOCK.to_le_bytes().to_vec(),
        le(0, 4),
        le(compression, 2),
        le(12, 2),
        le(0, 2),
        le(1, 2),
        le(4, 2),
        le(0, 2),
        le(root, 8),
        le(used, 8),
        vec![0xff; 16],
        le(96, 8),
        le(start, 8),
        vec![0xff; 16],
    ];
    [&header.concat(), inodes, folders].concat()
}

/// What an inode of a kind begins with.
fn head(kind: usize) -> Vec<u8> {
    [le(kind, 2), le(0o644, 2), vec![0; 12]].concat()
}

/// The inode of a folder whose list begins the table of folders.
fn folder(length: usize) -> Vec<u8> {
    let fields = [
        le(2, 4),
        le(length + 3, 4),
        le(0, 4),
        vec![0; 6],
        le(0, 2),
        vec![0xff; 4],
    ];
    [head(8), fields.concat()].concat()
}

/// The inode of a file of a size, without the list of its blocks.
fn file(size: usize) -> Vec<u8> {
    let fields = [
        le(0, 8),
        le(size, 8),
        vec![0; 12],
        vec![0xff; 4],
        le(0, 4),
        vec![0xff; 4],
    ];
    [head(9), fields.concat()].concat()
}

/// A list of names, each with the block and the offset of its inode, in a group of its own.
fn list(names: &[(String, usize, usize)]) -> Vec<u8> {
    let group = |(name, block, offset): &(String, usize, usize)| {
        let fields = [
            le(0, 4),
            le(*block, 4),
            le(1, 4),
            le(*offset, 2),
            le(0, 2),
            le(2, 2),
            le(name.len() - 1, 2),
            name.clone().into_bytes(),
        ];
        fields.concat()
    };
    names.iter().flat_map(group).collect()
}

/// An image of a folder with these names; the inode of the folder comes first.
fn folder_of(names: &[(String, usize, usize)], others: &[u8]) -> Vec<u8> {
    let names = list(names);
    let inodes = [&folder(names.len()), others].concat();
    image(1, &metadata(&inodes, &zlib), &metadata(&names, &plain), 0)
}

fn read(bytes: &[u8]) -> Result<usize, SquashError> {
    Image::read(bytes).map(|image| image.entries.len())
}

/// How long the inode of a folder is.
const FOLDER: usize = 40;

#[test]
fn a_list_of_names_is_read() {
    assert_eq!(folder(0).len(), FOLDER);
    let names = [("a".to_owned(), 0, FOLDER), ("b".to_owned(), 0, FOLDER)];
    let bytes = folder_of(&names, &file(0));
    let image = Image::read(&bytes).unwrap();
    assert_eq!(image.entries.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(image.content("a").unwrap(), Some(Vec::new()));
}

#[test]
fn lists_of_blocks_are_limited() {
    // One file of a terabyte, and 2000 names of one file with 16,384 blocks.
    let name = |at: usize| (format!("name-{at}"), 0, FOLDER);
    let bytes = folder_of(&[name(0)], &file(1 << 40));
    assert_eq!(read(&bytes), Err(SquashError::TooLarge));
    let blocks = vec![0; 4 * 16_384];
    let inode = [file(16_384 * 4096), blocks].concat();
    assert_eq!(read(&folder_of(&[name(0), name(1)], &inode)), Ok(2));
    let names: Vec<_> = (0..2000).map(name).collect();
    let bytes = folder_of(&names, &inode);
    assert!(bytes.len() < 1 << 20);
    assert_eq!(read(&bytes), Err(SquashError::TooLarge));
}

#[test]
fn blocks_of_metadata_are_limited() {
    // Each name has an inode in a block of its own.
    let with = |count: usize| {
        let names = |length: usize| -> Vec<_> {
            let name = |at: usize| (format!("{at:05}"), length + at * 58, 0);
            (0..count).map(name).collect()
        };
        let first = metadata(&folder(list(&names(0)).len()), &plain);
        let each = metadata(&file(0), &plain);
        assert_eq!(each.len(), 58);
        let inodes = [first.clone(), each.repeat(count)].concat();
        let folders = metadata(&list(&names(first.len())), &plain);
        read(&image(1, &inodes, &folders, 0))
    };
    assert_eq!(with(100), Ok(100));
    assert_eq!(with(9000), Err(SquashError::TooLarge));
}

#[test]
fn names_and_links_are_as_long_as_the_kernel_takes() {
    let name = |length: usize| folder_of(&[("n".repeat(length), 0, FOLDER)], &file(0));
    assert_eq!(read(&name(256)), Ok(1));
    assert_eq!(
        read(&name(257)),
        Err(SquashError::Damaged("a name is too long"))
    );
    let link = |length: usize| {
        let inode = [head(3), le(1, 4), le(length, 4), vec![b'a'; length]].concat();
        folder_of(&[("link".to_owned(), 0, FOLDER)], &inode)
    };
    assert_eq!(read(&link(4096)), Ok(1));
    assert_eq!(
        read(&link(4097)),
        Err(SquashError::Damaged("a link is too long"))
    );
}

#[test]
fn tables_have_their_places() {
    let mut bytes = folder_of(&[("a".to_owned(), 0, FOLDER)], &file(0));
    let (inodes, folders) = (bytes[64..72].to_vec(), bytes[72..80].to_vec());
    bytes[64..72].copy_from_slice(&folders);
    bytes[72..80].copy_from_slice(&inodes);
    assert_eq!(
        read(&bytes),
        Err(SquashError::Damaged("its tables are not in their order"))
    );
    // An inode among the folders.
    let names = list(&[("a".to_owned(), 0, 0)]);
    let inodes = metadata(&folder(names.len()), &plain);
    let names = list(&[("a".to_owned(), inodes.len(), 0)]);
    let bytes = image(1, &inodes, &metadata(&names, &plain), 0);
    let missing = SquashError::Damaged("a block of metadata is missing");
    assert_eq!(read(&bytes), Err(missing));
}

#[test]
fn a_block_needs_no_more_memory_than_its_size() {
    let xz = |dictionary: u32| {
        move |block: &[u8]| {
            let mut options = XzOptions::with_preset(1);
            options.set_check_sum_type(CheckType::Crc32);
            options.lzma_options.dict_size = dictionary;
            let mut writer = XzWriter::new(Vec::new(), options).unwrap();
            writer.write_all(block).unwrap();
            Some(writer.finish().unwrap())
        }
    };
    let of = |dictionary: u32| {
        let names = list(&[("a".to_owned(), 0, FOLDER)]);
        let inodes = [folder(names.len()), file(0)].concat();
        let inodes = metadata(&inodes, &xz(dictionary));
        read(&image(4, &inodes, &metadata(&names, &xz(dictionary)), 0))
    };
    assert_eq!(of(8192), Ok(1));
    let refused = SquashError::Damaged("a block cannot be unpacked");
    assert_eq!(of(32 << 20), Err(refused));
}

#[test]
fn a_block_of_contents_is_not_larger_than_all_are() {
    // One block of 5000 bytes, which is not compressed.
    let inode = [file(4096), le(5000 | 1 << 24, 4)].concat();
    let bytes = folder_of(&[("a".to_owned(), 0, FOLDER)], &inode);
    let bytes = [bytes, vec![0; 5000]].concat();
    let image = Image::read(&bytes).unwrap();
    let refused = SquashError::Damaged("a block is larger than it may be");
    assert_eq!(image.content("a"), Err(refused));
}
