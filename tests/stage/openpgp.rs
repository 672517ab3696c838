//! OpenPGP signatures, judged by GnuPG.

use std::path::Path;
use std::process::Output;

use snowman::stage::keys::{Certificate, Hash};
use snowman::stage::openpgp::{Outcome, SigningKey, VerifyingKey, verify};

use super::judges::{folder, run, succeeds};

/// The time of the key, and a later one.
const CREATED: u32 = 1_577_836_800;
const LATER: u32 = 1_600_000_000;

fn key(name: &str) -> SigningKey<'static> {
    SigningKey {
        key: Certificate::named(name).unwrap().key().unwrap(),
        user: "Worthless staging key",
        created: CREATED,
    }
}

/// Runs GnuPG with a home of its own, in which there is no agent to start.
fn gpg(home: &Path, arguments: &[&str]) -> Option<Output> {
    let always = [
        "--homedir",
        ".",
        "--batch",
        "--no-tty",
        "--no-autostart",
        "--quiet",
    ];
    run(home, "gpg", &[&always[..], arguments].concat())
}

#[test]
fn gnupg_accepts_what_we_sign() {
    let document = b"0123  some/file\n";
    let home = folder(&[
        ("document", document),
        ("changed", b"0123  some/other\n"),
        ("key.asc", key("release").public_key().unwrap().as_bytes()),
    ]);
    let Some(imported) = gpg(home.path(), &["--import", "key.asc"]) else {
        return;
    };
    assert!(imported.status.success(), "{imported:?}");
    for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
        let signature = key("release").sign(hash, LATER, &[document]).unwrap();
        std::fs::write(home.path().join("signature.asc"), signature).unwrap();
        let check = |document| {
            let arguments = ["--status-fd", "1", "--verify", "signature.asc", document];
            gpg(home.path(), &arguments).unwrap()
        };
        let good = check("document");
        let status = String::from_utf8_lossy(&good.stdout);
        assert!(
            good.status.success() && status.contains("GOODSIG"),
            "{good:?}"
        );
        let fingerprint = key("release")
            .fingerprint()
            .map(|byte| format!("{byte:02X}"));
        let valid = format!("VALIDSIG {} 2020-09-13 {LATER} 0", fingerprint.concat());
        assert!(status.contains(&valid), "{status}");
        let bad = check("changed");
        assert!(
            String::from_utf8_lossy(&bad.stdout).contains("BADSIG"),
            "{bad:?}"
        );
    }
    let other = key("wrong").sign(Hash::Sha512, LATER, &[document]).unwrap();
    std::fs::write(home.path().join("other.asc"), other).unwrap();
    let unknown = ["--status-fd", "1", "--verify", "other.asc", "document"];
    let unknown = gpg(home.path(), &unknown).unwrap();
    assert!(
        String::from_utf8_lossy(&unknown.stdout).contains("NO_PUBKEY"),
        "{unknown:?}"
    );
}

#[test]
fn we_accept_what_gnupg_signs() {
    let document = b"0123  some/file\n";
    let home = folder(&[("document", document)]);
    let parameters = "%no-protection\nKey-Type: RSA\nKey-Length: 2048\nKey-Usage: cert\n\
        Subkey-Type: RSA\nSubkey-Length: 2048\nSubkey-Usage: sign\nName-Real: Test\n%commit\n";
    std::fs::write(home.path().join("parameters"), parameters).unwrap();
    let always = ["--homedir", ".", "--batch", "--no-tty", "--quiet"];
    let gpg = |arguments: &[&str]| succeeds(home.path(), "gpg", &[&always[..], arguments].concat());
    if gpg(&["--generate-key", "parameters"]).is_none() {
        return;
    }
    let key = gpg(&["--armor", "--export"]).unwrap();
    let keys = VerifyingKey::read(&key).unwrap();
    assert_eq!(keys.len(), 2, "the key and its subkey");
    for hash in ["SHA256", "SHA512"] {
        let arguments = [
            "--digest-algo",
            hash,
            "--yes",
            "--armor",
            "--detach-sign",
            "document",
        ];
        gpg(&arguments).unwrap();
        let text = std::fs::read_to_string(home.path().join("document.asc")).unwrap();
        let outcomes = verify(&text, &[document], &keys).unwrap();
        assert!(
            matches!(outcomes[..], [Outcome::Valid { .. }]),
            "{outcomes:?}"
        );
        let outcomes = verify(&text, &[b"other"], &keys).unwrap();
        assert!(
            matches!(outcomes[..], [Outcome::OtherContent { .. }]),
            "{outcomes:?}"
        );
    }
    let _ = run(home.path(), "gpgconf", &["--homedir", ".", "--kill", "all"]);
}
