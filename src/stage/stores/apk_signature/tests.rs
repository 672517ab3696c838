//! Signing blocks: good ones, and those that lie.

use super::*;
use crate::stage::keys::Certificate;
use crate::stage::keys::certificate::self_signed;

/// The RSA signature over SHA-256 with the padding of PKCS #1.
const RSA: u32 = 0x0103;

/// An algorithm whose signatures are not checked: ECDSA over SHA-256.
const OTHER: u32 = 0x0201;

/// A ZIP file with these members, which are not compressed.
fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let empty = [b"PK\x05\x06", &[0; 18][..]].concat();
    let members: Vec<(String, Vec<u8>)> = members
        .iter()
        .map(|(name, content)| ((*name).to_owned(), content.to_vec()))
        .collect();
    Zip::read(&empty)
        .unwrap()
        .with(&members, |_| false)
        .unwrap()
}

/// A field behind its length.
fn field(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    [&length.to_le_bytes()[..], content].concat()
}

/// A list of fields, as one field.
fn list(items: &[Vec<u8>]) -> Vec<u8> {
    field(
        &items
            .iter()
            .flat_map(|item| field(item))
            .collect::<Vec<_>>(),
    )
}

fn of_algorithm((id, value): &(u32, Vec<u8>)) -> Vec<u8> {
    [&id.to_le_bytes()[..], &field(value)].concat()
}

/// A package whose comment is this, in three parts: contents, directory, end record.
fn package(comment: &[u8]) -> [Vec<u8>; 3] {
    let mut bytes = zip(&[("a", b"content"), ("b", b"other")]);
    let length = u16::try_from(comment.len()).unwrap();
    let end = bytes.len() - 22;
    bytes[end + 20..].copy_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(comment);
    let place = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap());
    let place = usize::try_from(place).unwrap();
    [&bytes[..place], &bytes[place..end], &bytes[end..]].map(<[u8]>::to_vec)
}

/// The digest that a signature is over: each part is one chunk.
fn digest(parts: &[Vec<u8>; 3]) -> Vec<u8> {
    let chunk = |part: &Vec<u8>| {
        let length = u32::try_from(part.len()).unwrap().to_le_bytes();
        Hash::Sha256.digest(&[&[0xa5], &length, part])
    };
    let chunks: Vec<u8> = parts.iter().flat_map(chunk).collect();
    Hash::Sha256.digest(&[&[0x5a, 3, 0, 0, 0], &chunks])
}

/// What a signer has signed: digests, its certificate, the systems that it is for, no attributes.
fn signed(digests: &[(u32, Vec<u8>)], systems: &[u8]) -> Vec<u8> {
    let key = Certificate::named("dep").unwrap().key().unwrap();
    let digests: Vec<Vec<u8>> = digests.iter().map(of_algorithm).collect();
    let certificate = self_signed("dep", key).unwrap();
    [&list(&digests), &list(&[certificate]), systems, &list(&[])].concat()
}

/// A signer with signatures of these algorithms over what it has signed.
fn signer(key: &str, signed: &[u8], systems: &[u8], algorithms: &[u32]) -> Vec<u8> {
    let key = Certificate::named(key).unwrap().key().unwrap();
    let signatures: Vec<Vec<u8>> = algorithms
        .iter()
        .map(|id| of_algorithm(&(*id, key.sign(Hash::Sha256, &[signed]).unwrap())))
        .collect();
    let public = key.public().to_der();
    [&field(signed), systems, &list(&signatures), &field(&public)].concat()
}

fn pair(id: u32, value: &[u8]) -> Vec<u8> {
    let length = u64::try_from(value.len() + 4).unwrap();
    [&length.to_le_bytes()[..], &id.to_le_bytes(), value].concat()
}

/// The package with a block of these pairs.
fn with_block(parts: &[Vec<u8>; 3], pairs: &[Vec<u8>]) -> Vec<u8> {
    let pairs = pairs.concat();
    let size = u64::try_from(pairs.len() + 24).unwrap().to_le_bytes();
    let block = [&size[..], &pairs, &size, MAGIC].concat();
    let [content, directory, end] = parts;
    let mut end = end.clone();
    let place = u32::try_from(content.len() + block.len()).unwrap();
    end[16..20].copy_from_slice(&place.to_le_bytes());
    [&content[..], &block, directory, &end].concat()
}

fn checked(bytes: &[u8]) -> Result<Vec<Signature>, SignatureError> {
    check(&Zip::read(bytes).unwrap())
}

/// The package with one signer of version 2.
fn version_2(parts: &[Vec<u8>; 3], signer: Vec<u8>) -> Vec<u8> {
    with_block(parts, &[pair(VERSION_2, &list(&[signer]))])
}

fn good(parts: &[Vec<u8>; 3]) -> Vec<u8> {
    signer("dep", &signed(&[(RSA, digest(parts))], &[]), &[], &[RSA])
}

#[test]
fn good_signatures_are_found() {
    let parts = package(b"");
    assert_eq!(checked(&parts.concat()), Ok(Vec::new()));
    let systems = [24_u32.to_le_bytes(), 35_u32.to_le_bytes()].concat();
    let newer = signed(&[(RSA, digest(&parts))], &systems);
    let newer = signer("dep", &newer, &systems, &[RSA]);
    let bytes = with_block(
        &parts,
        &[
            pair(VERSION_2, &list(&[good(&parts)])),
            pair(0x4272_6577, b"padding"),
            pair(VERSION_3, &list(&[newer])),
        ],
    );
    let found = checked(&bytes).unwrap();
    let versions: Vec<(&str, bool)> = found
        .iter()
        .map(|one| (one.version, one.is_checked))
        .collect();
    assert_eq!(versions, [("v2", true), ("v3", true)]);
    let key = Certificate::named("dep").unwrap().key().unwrap();
    let certificate = Hash::Sha256.hex(&self_signed("dep", key).unwrap());
    assert!(found.iter().all(|one| one.certificate == certificate));
}

#[test]
fn changed_packages_and_other_keys_are_refused() {
    let parts = package(b"");
    let mut bytes = version_2(&parts, good(&parts));
    let at = bytes.len() - 22 - 10;
    bytes[at] ^= 1;
    assert_eq!(checked(&bytes), Err(SignatureError::Content("v2")));
    let own = signed(&[(RSA, digest(&parts))], &[]);
    let other = version_2(&parts, signer("wrong", &own, &[], &[RSA]));
    assert_eq!(checked(&other), Err(SignatureError::Key("v2")));
}

#[test]
fn the_end_record_is_that_of_the_members() {
    // A comment that looks like another end record, of a file without a directory.
    let comment = [b"PK\x05\x06", &[0; 40][..]].concat();
    let parts = package(&comment);
    let bytes = version_2(&parts, good(&parts));
    assert_eq!(Zip::read(&bytes).unwrap().names(), ["a", "b"]);
    assert_eq!(checked(&bytes).unwrap().len(), 1);
}

#[test]
fn no_part_of_a_package_escapes_its_signature() {
    // A file inside of the block, where each byte could be changed.
    let [content, mut directory, end] = package(b"");
    let entry = zip(&[("a", b"content")]);
    let second = 46 + 1;
    directory.truncate(second);
    directory[42..46].copy_from_slice(&20_u32.to_le_bytes());
    let mut end = end.clone();
    end[8] = 1;
    end[10] = 1;
    let parts = [Vec::new(), directory, end];
    let bytes = with_block(&parts, &[pair(1, &entry)]);
    let zip = Zip::read(&bytes).unwrap();
    assert_eq!(zip.members[0].content(9).unwrap(), b"content");
    let why = check(&zip).unwrap_err().to_string();
    assert!(
        why.contains("a file of the package is inside of it"),
        "{why}"
    );
    // Bytes between the directory and the end record.
    let [_, directory, end] = package(b"");
    let parts = [content, [&directory[..], b"more"].concat(), end];
    let why = checked(&version_2(&parts, good(&parts))).unwrap_err();
    assert!(why.to_string().contains("follow the directory"), "{why}");
    // Two sizes of the block.
    let parts = package(b"");
    let mut bytes = version_2(&parts, good(&parts));
    bytes[parts[0].len()] ^= 1;
    assert_eq!(
        checked(&bytes),
        Err(SignatureError::Damaged(
            "its two sizes differ, or lead out of the package"
        ))
    );
}

#[test]
fn signers_and_their_digests_are_limited() {
    let parts = package(b"");
    let ten = vec![good(&parts); 10];
    let bytes = with_block(&parts, &[pair(VERSION_2, &list(&ten))]);
    assert_eq!(checked(&bytes).unwrap().len(), 10);
    let more = vec![good(&parts); 11];
    let bytes = with_block(&parts, &[pair(VERSION_2, &list(&more))]);
    assert_eq!(checked(&bytes), Err(SignatureError::Signers("v2", 11)));
    let one = pair(VERSION_2, &list(&[good(&parts)]));
    let why = checked(&with_block(&parts, &[one.clone(), one])).unwrap_err();
    assert!(why.to_string().contains("of one version twice"), "{why}");
    let digests = vec![(RSA, digest(&parts)); 17];
    let signer = signer("dep", &signed(&digests, &[]), &[], &[RSA; 17]);
    let why = checked(&version_2(&parts, signer)).unwrap_err();
    assert!(why.to_string().contains("too many signatures"), "{why}");
}

#[test]
fn what_is_not_signed_must_agree_with_what_is() {
    let parts = package(b"");
    // The signature that was checked would be one whose digest is not there.
    let both = [(OTHER, digest(&parts)), (RSA, digest(&parts))];
    let own = signed(&both[..1], &[]);
    let why = checked(&version_2(&parts, signer("dep", &own, &[], &[RSA]))).unwrap_err();
    assert!(why.to_string().contains("different algorithms"), "{why}");
    let systems = [24_u32.to_le_bytes(), 35_u32.to_le_bytes()].concat();
    let others = [1_u32.to_le_bytes(), 35_u32.to_le_bytes()].concat();
    let own = signed(&[(RSA, digest(&parts))], &systems);
    let signer = signer("dep", &own, &others, &[RSA]);
    let why = checked(&with_block(&parts, &[pair(VERSION_3, &list(&[signer]))])).unwrap_err();
    assert!(why.to_string().contains("other systems"), "{why}");
}
