//! Files that refer to long texts often, or name attributes to mislead a reader.

use super::*;

/// Of an attribute: its name, the kind of its value, and its value.
type Attribute = (u32, u8, u32);

fn chunk(kind: u16, header: &[u8], content: &[u8]) -> Vec<u8> {
    let start = u16::try_from(8 + header.len()).unwrap();
    let length = u32::try_from(8 + header.len() + content.len()).unwrap();
    let head = [kind.to_le_bytes(), start.to_le_bytes()].concat();
    [&head, &length.to_le_bytes()[..], header, content].concat()
}

/// A pool of texts in UTF-8, each of up to 32,767 bytes.
fn pool(texts: &[&str]) -> Vec<u8> {
    let mut offsets = Vec::new();
    let mut content = Vec::new();
    for text in texts {
        offsets.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
        let length = u16::try_from(text.len()).unwrap() | 0x8000;
        content.extend([length.to_be_bytes(), length.to_be_bytes()].concat());
        content.extend([text.as_bytes(), &[0]].concat());
    }
    let start = u32::try_from(28 + offsets.len()).unwrap();
    let count = u32::try_from(texts.len()).unwrap();
    let header = [count, 0, 1 << 8, start, 0].map(u32::to_le_bytes).concat();
    chunk(0x0001, &header, &[offsets, content].concat())
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    let numbers: Vec<u8> = numbers.iter().flat_map(|one| one.to_le_bytes()).collect();
    chunk(0x0180, &[], &numbers)
}

fn begin(name: u32, attributes: &[Attribute]) -> Vec<u8> {
    let count = u16::try_from(attributes.len()).unwrap();
    let sizes = [20, 20, count, 0, 0, 0].map(u16::to_le_bytes).concat();
    let mut content = [&NONE.to_le_bytes()[..], &name.to_le_bytes(), &sizes].concat();
    for (name, kind, value) in attributes {
        for field in [NONE, *name, NONE] {
            content.extend(field.to_le_bytes());
        }
        content.extend([8, 0, 0, *kind]);
        content.extend(value.to_le_bytes());
    }
    chunk(0x0102, &[0; 8], &content)
}

fn end() -> Vec<u8> {
    chunk(0x0103, &[0; 8], &[0; 8])
}

fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk(0x0003, &[], &chunks.concat())
}

#[test]
fn attributes_of_the_system_are_known_by_their_numbers() {
    let bytes = file(&[
        pool(&["", "label", "manifest", "versionCode", "package", "name"]),
        numbers(&[0x0101_021b, 0x0101_9999]),
        begin(
            2,
            &[(3, 0x10, 7), (0, 0x10, 94), (1, 0x12, 1), (4, 0x03, 5)],
        ),
        end(),
    ]);
    let root = read(&bytes).unwrap();
    let attributes: Vec<(&str, &str)> = root
        .attributes
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(root.name, "manifest");
    assert_eq!(
        attributes,
        [
            ("versionCode", "7"),
            ("android:versionCode", "94"),
            ("android:0x01019999", "true"),
            ("package", "name")
        ]
    );
}

#[test]
fn one_attribute_occurs_once() {
    let texts = pool(&["first", "second", "manifest"]);
    let numbers = numbers(&[0x0101_021b, 0x0101_021b]);
    let root = begin(2, &[(0, 0x10, 1), (1, 0x10, 2)]);
    let twice = read(&file(&[texts, numbers, root, end()]));
    assert_eq!(twice, Err(BinaryError("an attribute occurs twice")));
}

#[test]
fn there_is_one_pool_of_texts() {
    let (one, other) = (pool(&["a"]), pool(&["b"]));
    let root = [begin(0, &[]), end()].concat();
    assert_eq!(read(&file(&[one.clone(), root.clone()])).unwrap().name, "a");
    for chunks in [
        vec![one.clone(), other.clone(), root.clone()],
        vec![one.clone(), begin(0, &[]), other.clone(), end()],
        vec![one.clone(), root.clone(), numbers(&[1])],
    ] {
        let refused = read(&file(&chunks)).unwrap_err();
        assert!(
            refused.to_string().contains("twice, or behind"),
            "{refused}"
        );
    }
    assert_eq!(read(&file(&[root])), Err(BinaryError("it has no texts")));
}

#[test]
fn a_short_file_gives_no_large_document() {
    // Each of 100,000 attributes has a value of 30,000 bytes, which is in the file once.
    let text = "t".repeat(30_000);
    let mut texts = vec![text.as_str()];
    let names: Vec<String> = (0..250).map(|at| format!("a{at}")).collect();
    texts.extend(names.iter().map(String::as_str));
    let attributes: Vec<Attribute> = (1..=250).map(|name| (name, 0x03, 0)).collect();
    let mut chunks = vec![pool(&texts), begin(1, &[])];
    for _ in 0..400 {
        chunks.push(begin(1, &attributes));
        chunks.push(end());
    }
    chunks.push(end());
    let bytes = file(&chunks);
    assert!(bytes.len() < 3 << 20);
    assert_eq!(read(&bytes), Err(BinaryError("it is too large")));
    let attributes: Vec<Attribute> = (0..300).map(|_| (1, 0x03, 0)).collect();
    assert!(read(&file(&[pool(&texts), begin(1, &attributes), end()])).is_err());
}
