//! Tests of signatures that are made here.

use super::armor;
use super::packet;
use super::{Outcome, PgpError, SigningKey, VerifyingKey, verify};
use crate::base::digest::hex;
use crate::stage::keys::{Certificate, Hash};

/// The time of the key, and a later one.
const CREATED: u32 = 1_577_836_800;
const LATER: u32 = 1_600_000_000;

fn key(name: &str) -> SigningKey<'static> {
    SigningKey {
        key: Certificate::named(name).unwrap().key().unwrap(),
        user: "Worthless",
        created: CREATED,
    }
}

fn public(name: &str) -> Vec<VerifyingKey> {
    VerifyingKey::read(&key(name).public_key().unwrap()).unwrap()
}

#[test]
fn signatures_are_made_and_checked() {
    for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
        let text = key("dep")
            .sign(hash, LATER, &[b"some ", b"text\n"])
            .unwrap();
        assert_eq!(
            text,
            key("dep").sign(hash, LATER, &[b"some text\n"]).unwrap()
        );
        let fingerprint = hex(&key("dep").fingerprint());
        let keys = [public("wrong"), public("dep")].concat();
        let valid = Outcome::Valid {
            fingerprint: fingerprint.clone(),
            created: LATER,
            expires: None,
        };
        assert_eq!(verify(&text, &[b"some text\n"], &keys).unwrap(), [valid]);
        let other = verify(&text, &[b"some text\r\n"], &keys).unwrap();
        assert_eq!(
            other,
            [Outcome::OtherContent {
                fingerprint: fingerprint.clone()
            }]
        );
        let unknown = verify(&text, &[b"some text\n"], &public("release")).unwrap();
        let id = Some(fingerprint[24..].to_owned());
        assert_eq!(unknown, [Outcome::UnknownKey { id }]);
    }
}

#[test]
fn the_time_is_signed() {
    let text = key("dep").sign(Hash::Sha512, LATER, &[b"text"]).unwrap();
    let data = armor::read("PGP SIGNATURE", &text).unwrap();
    let time = LATER.to_be_bytes();
    let at = data.windows(4).position(|window| window == time).unwrap();
    let mut changed = data.clone();
    changed[at] ^= 1;
    let changed = armor::write("PGP SIGNATURE", &changed);
    let outcomes = verify(&changed, &[b"text"], &public("dep")).unwrap();
    assert!(
        matches!(outcomes[..], [Outcome::OtherContent { .. }]),
        "{outcomes:?}"
    );
}

#[test]
fn what_cannot_be_checked_is_an_error() {
    let text = key("dep").sign(Hash::Sha512, LATER, &[b"text"]).unwrap();
    let data = armor::read("PGP SIGNATURE", &text).unwrap();
    let body = packet::read(&data).unwrap()[0].body.to_vec();
    let refused = |at: usize, byte: u8| {
        let mut body = body.clone();
        body[at] = byte;
        let text = armor::write("PGP SIGNATURE", &packet::write(2, &body));
        verify(&text, &[b"text"], &public("dep")).unwrap_err()
    };
    let unsupported = |what: &str| PgpError::Unsupported(format!("a signature of {what}"));
    assert_eq!(refused(0, 6), unsupported("version 6"));
    assert_eq!(refused(1, 1), unsupported("type 1"));
    assert_eq!(refused(2, 22), unsupported("algorithm 22"));
    assert_eq!(refused(3, 2), unsupported("hash 2"));
    let critical = "the critical subpacket 5 of a signature".to_owned();
    assert_eq!(refused(7, 0x85), PgpError::Unsupported(critical));
    for length in 0..body.len() {
        let text = armor::write("PGP SIGNATURE", &packet::write(2, &body[..length]));
        assert!(
            verify(&text, &[b"text"], &public("dep")).is_err(),
            "{length}"
        );
    }
    assert!(verify(&armor::write("PGP SIGNATURE", b""), &[], &[]).is_err());
    assert_eq!(
        verify("no", &[], &[]),
        Err(PgpError::NoArmor("PGP SIGNATURE".to_owned()))
    );
    let sha1 = key("dep").sign(Hash::Sha1, LATER, &[b""]);
    assert_eq!(sha1, Err(PgpError::Unsupported("SHA-1".to_owned())));
}
