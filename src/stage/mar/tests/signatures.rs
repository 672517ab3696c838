//! Signatures and the decision of clients.

use super::super::client::{Client, accept};
use super::super::product_version::compare;
use super::super::read::Mar;
use super::super::sign::{Algorithm, NotVerified, Verdict, digest, sign, verify, verify_in_order};
use super::super::write::{Slot, with_signatures, write};
use super::{entry, product, sample, with};
use crate::stage::keys::{Certificate, Hash, PrivateKey};

fn key(name: &str) -> &'static PrivateKey {
    Certificate::named(name).unwrap().key().unwrap()
}

fn signed(keys: &[(Algorithm, &PrivateKey)]) -> Vec<u8> {
    let bytes = sample(&[]);
    sign(&Mar::read(&bytes).unwrap(), keys).unwrap()
}

fn verdicts(bytes: &[u8], names: &[&str]) -> Vec<Verdict> {
    let keys: Vec<_> = names.iter().map(|name| key(name).public()).collect();
    verify(&Mar::read(bytes).unwrap(), &keys).unwrap()
}

#[test]
fn everything_except_the_signature_is_signed() {
    let bytes = signed(&[(Algorithm::Sha384, key("dep"))]);
    assert_eq!(verdicts(&bytes, &["wrong", "dep"]), [Verdict::Valid(1)]);
    let unsigned = sample(&[Slot {
        algorithm: 2,
        bytes: vec![0; 512],
    }]);
    let covered = [&unsigned[..28], &unsigned[540..]].concat();
    let expected = Hash::Sha384.digest(&[&covered]);
    assert_eq!(
        digest(&Mar::read(&bytes).unwrap(), Algorithm::Sha384).unwrap(),
        expected
    );
    // Each byte outside of the structure, among them the algorithm's place in the product section.
    for at in [15, 550, 560, 580, bytes.len() - 3] {
        let changed = with(&bytes, at, &[bytes[at] ^ 1]);
        assert_eq!(
            verdicts(&changed, &["dep"]),
            [Verdict::OtherContent(0)],
            "{at}"
        );
    }
}

#[test]
fn a_key_that_is_not_known_differs_from_changed_content() {
    let bytes = signed(&[(Algorithm::Sha384, key("wrong"))]);
    assert_eq!(verdicts(&bytes, &["dep", "release"]), [Verdict::UnknownKey]);
    assert_eq!(verdicts(&bytes, &[]), [Verdict::UnknownKey]);
    let spoilt = with(&bytes, 100, &[bytes[100] ^ 1]);
    assert_eq!(verdicts(&spoilt, &["wrong"]), [Verdict::UnknownKey]);
}

#[test]
fn files_may_have_several_signatures() {
    let bytes = signed(&[
        (Algorithm::Sha1, key("old")),
        (Algorithm::Sha384, key("dep")),
    ]);
    assert_eq!(
        verdicts(&bytes, &["dep", "old"]),
        [Verdict::Valid(1), Verdict::Valid(0)]
    );
    // Signing replaces what is there, so the same file gets the same bytes however it was signed.
    let again = sign(
        &Mar::read(&bytes).unwrap(),
        &[(Algorithm::Sha384, key("dep"))],
    )
    .unwrap();
    assert_eq!(again, signed(&[(Algorithm::Sha384, key("dep"))]));
}

#[test]
fn keys_are_checked_in_their_order() {
    let check = |bytes: &[u8], names: &[&str]| {
        let keys: Vec<_> = names.iter().map(|name| key(name).public()).collect();
        verify_in_order(&Mar::read(bytes).unwrap(), &keys)
    };
    let two = [
        (Algorithm::Sha384, key("release")),
        (Algorithm::Sha384, key("dep")),
    ];
    let bytes = signed(&two);
    assert_eq!(check(&bytes, &["release", "dep"]), Ok(()));
    let other = |number, verdict| Err(NotVerified::Signature { number, verdict });
    assert_eq!(
        check(&bytes, &["dep", "release"]),
        other(1, Verdict::UnknownKey)
    );
    assert_eq!(
        check(&bytes, &["release", "wrong"]),
        other(2, Verdict::UnknownKey)
    );
    let count = |signatures, keys| Err(NotVerified::Count { signatures, keys });
    assert_eq!(check(&bytes, &["release"]), count(2, 1));
    assert_eq!(check(&signed(&[]), &[]), count(0, 0));
    let old = signed(&[(Algorithm::Sha1, key("old"))]);
    assert_eq!(check(&old, &["old"]), other(1, Verdict::Valid(0)));
    let changed = with(&signed(&two[1..]), 560, b"x");
    assert_eq!(
        check(&changed, &["dep"]),
        other(1, Verdict::OtherContent(0))
    );
}

#[test]
fn unknown_algorithms_are_named() {
    let slot = Slot {
        algorithm: 3,
        bytes: vec![0; 512],
    };
    assert_eq!(
        verdicts(&sample(&[slot]), &["dep"]),
        [Verdict::UnknownAlgorithm(3)]
    );
}

#[test]
fn removing_signatures_gives_the_unsigned_file() {
    let bytes = signed(&[(Algorithm::Sha384, key("dep"))]);
    assert_eq!(
        with_signatures(&Mar::read(&bytes).unwrap(), &[]).unwrap(),
        sample(&[])
    );
}

/// The status of a client, or 0.
fn status(bytes: &[u8], channels: &str, version: &str) -> u32 {
    let keys = [key("release").public(), key("dep").public()];
    let client = Client {
        keys: &keys,
        channels,
        version,
    };
    accept(bytes, client)
        .err()
        .map_or(0, |refusal| refusal.status())
}

#[test]
fn clients_report_their_statuses() {
    let dep = [(Algorithm::Sha384, key("dep"))];
    let bytes = signed(&dep);
    for (channels, version, expected) in [
        ("product-release", "92.0", 0),
        ("product-release", "92.0.1", 0),
        ("other,product-release", "92.0", 0),
        ("other\tproduct-release ", "92.0", 0),
        ("", "92.0", 0),
        ("other", "92.0", 22),
        (",", "92.0", 22),
        ("product", "92.0", 22),
        ("product-release", "92.0.2", 23),
        ("product-release", "93.0a1", 23),
        ("other", "93.0", 22),
    ] {
        assert_eq!(
            status(&bytes, channels, version),
            expected,
            "{channels:?} {version}"
        );
    }
    let of = |keys: &[(Algorithm, &PrivateKey)]| status(&signed(keys), "product-release", "92.0");
    assert_eq!(of(&[]), 19);
    assert_eq!(of(&[(Algorithm::Sha384, key("wrong"))]), 19);
    assert_eq!(of(&[(Algorithm::Sha1, key("dep"))]), 19);
    assert_eq!(of(&[dep[0], dep[0]]), 19);
    assert_eq!(
        status(&with(&bytes, 560, b"x"), "product-release", "92.0"),
        19
    );
    assert_eq!(status(&bytes[..200], "product-release", "92.0"), 19);
    let entries = [entry("x", b"12"), entry("y", b"3")];
    let mut bytes = write(&product(), &entries, &[]).unwrap();
    // The first content gets a byte of the second.
    let size = bytes.len() - 2 * 14 + 7;
    bytes[size] += 1;
    let bytes = sign(&Mar::read(&bytes).unwrap(), &dep).unwrap();
    assert_eq!(status(&bytes, "product-release", "92.0"), 41);
}

#[test]
fn versions_are_ordered_as_clients_order_them() {
    let rising = [
        "1.0pre1",
        "1.0pre2",
        "1.0",
        "1.1pre",
        "1.1pre1a",
        "1.1pre1aa",
        "1.1pre1b",
        "1.1pre1",
        "1.1pre2",
        "1.1pre10",
        "1.1",
        "1.2",
        "1.10",
        "1.*",
        "2.0",
        "92.0a1",
        "92.0b1",
        "92.0b3",
        "92.0b12",
        "92.0",
        "92.0.1",
        "102.0",
    ];
    for (at, low) in rising.iter().enumerate() {
        assert!(compare(low, low).is_eq(), "{low}");
        for high in &rising[at + 1..] {
            assert!(compare(low, high).is_lt(), "{low} {high}");
            assert!(compare(high, low).is_gt(), "{high} {low}");
        }
    }
    for (one, other) in [
        ("1", "1.0"),
        ("1.0", "1.0.0"),
        ("1.1pre0", "1.0+"),
        ("1.+1", "1.1"),
    ] {
        assert!(compare(one, other).is_eq(), "{one} {other}");
    }
}
