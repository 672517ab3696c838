//! Formats, scopes and channels.

use super::super::channels::{accepts, allowed};
use super::super::formats::{Method, method, sorted, split};
use super::super::scopes::{ScopeError, certificate_name, certificate_scope};

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn what_signs_what_others_signed_comes_last() {
    let formats = [
        "autograph_gpg",
        "macapp",
        "gcp_prod_autograph_omnija",
        "autograph_hash_only_mar384:key",
        "gcp_prod_autograph_widevine",
        "stage_autograph_rsa",
        "autograph_authenticode_202412",
    ];
    let expected = [
        "autograph_hash_only_mar384:key",
        "autograph_authenticode_202412",
        "gcp_prod_autograph_widevine",
        "gcp_prod_autograph_omnija",
        "macapp",
        "stage_autograph_rsa",
        "autograph_gpg",
    ];
    assert_eq!(sorted(&texts(&formats)), expected);
    // The worker compares whole texts, so a format with a key stays where it is.
    let keyed = texts(&["autograph_gpg:key", "autograph_langpack"]);
    assert_eq!(sorted(&keyed), keyed);
}

#[test]
fn services_and_keys_do_not_change_the_method() {
    for (format, expected) in [
        ("autograph_gpg", Method::Gpg),
        ("gcp_prod_autograph_gpg", Method::Gpg),
        ("stage_autograph_gpg:key", Method::Gpg),
        ("autograph_stage_mar384", Method::Mar),
        ("stage_autograph_stage_mar384", Method::Mar),
        ("gcp_prod_autograph_xpi_sha256_es256", Method::Xpi),
        ("gcp_prod_system_addon", Method::Xpi),
        ("stage_gcp_prod_system_addon", Method::Xpi),
        ("stage_gcp_prod_autograph_xpi", Method::Service),
        ("stage_gcp_prod_autograph_rsa", Method::Detached),
        ("gcp_prod_autograph_apk", Method::Service),
        ("gpg", Method::Service),
    ] {
        assert_eq!(method(format), expected, "{format}");
    }
    assert_eq!(split("autograph_rsa:a:b"), ("autograph_rsa", Some("a:b")));
}

#[test]
fn exactly_one_scope_names_the_certificate() {
    let of = |scopes: &[&str], prefixes: &[&str]| {
        let scopes = texts(scopes);
        certificate_scope(&scopes, prefixes).map(str::to_owned)
    };
    let one = "project:a:signing:cert:dep-signing";
    let other = "project:a:signing:cert:release-signing";
    let foreign = "project:b:signing:cert:dep-signing";
    let prefix = ["project:a:signing:"];
    assert_eq!(of(&["queue:x", one], &prefix).unwrap(), one);
    assert_eq!(of(&[one], &["project:a:signing"]).unwrap(), one);
    assert_eq!(of(&[], &prefix), Err(ScopeError::NoScopes));
    let none = of(&[foreign], &prefix).unwrap_err();
    let expected =
        "No scope starting with any of these prefixes ['project:a:signing:cert:'] found. Given: []";
    assert_eq!(none.to_string(), expected);
    let many = of(&[one, other], &prefix).unwrap_err();
    assert_eq!(many, ScopeError::Many(texts(&[one, other])));
    let both = ["project:a:signing:", "project:b:signing:"];
    let mixed = of(&[one, foreign], &both).unwrap_err();
    assert!(matches!(mixed, ScopeError::Mixed { .. }), "{mixed}");
    assert_eq!(certificate_name(one), "dep");
    let account = "project:hail:releng:signing:cert:release-apple-notarization";
    assert_eq!(certificate_name(account), "release");
}

#[test]
fn certificates_sign_the_channels_of_their_product() {
    let scope =
        |product: &str, name: &str| format!("project:{product}releng:signing:cert:{name}-signing");
    let signs = |product: &str, name: &str, channel: &str| {
        accepts(allowed(&scope(product, name)).unwrap(), channel)
    };
    assert!(signs("", "release", "firefox-mozilla-esr"));
    assert!(!signs("", "release", "firefox-mozilla-central"));
    assert!(!signs("", "release", "thunderbird-comm-release"));
    assert!(signs(
        "comm:thunderbird:",
        "release",
        "thunderbird-comm-release"
    ));
    assert!(signs("", "nightly", "firefox-nightly-larch"));
    assert!(!signs("", "nightly", "firefox-mozilla-release"));
    assert!(signs("anything:", "dep", "any-channel"));
    assert_eq!(allowed(&scope("anything:", "release")), None);
    assert!(accepts(&["*"], "") && !accepts(&["a"], "ab") && accepts(&["a*"], "ab"));
}
