use crate::base::value::{Value, json};

use super::{FETCH_TYPES, TRANSFORM};
use crate::transform::test_support::TestProject;

fn fetch(fetch: Value) -> Value {
    json!([{"name": "x", "description": "d", "fetch": fetch}])
}

#[test]
fn level_three_gets_a_longer_expiry() {
    let git =
        || fetch(json!({"type": "git", "repo": "https://a/b.git", "revision": "0".repeat(40)}));
    let expires = |level: &str| {
        let project = TestProject {
            params: json!({"level": level}),
            ..TestProject::default()
        };
        let fetched = project.run(&TRANSFORM, git());
        fetched.map(|fetched| fetched[0]["expires-after"].clone())
    };
    assert_eq!(expires("1"), Ok(json!("28 days")));
    assert_eq!(expires("3"), Ok(json!("1000 years")));
}

#[test]
fn mistakes_have_help() {
    let project = TestProject::default();
    assert_eq!(
        project.error(&TRANSFORM, fetch(json!({"type": "static_url"}))),
        "kind `thing`, task `x`: unknown fetch type `static_url`\n  \
           help: did you mean `static-url`?"
    );
    assert_eq!(
        project.error(
            &TRANSFORM,
            fetch(json!({"type": "git", "repo": "b", "revision": "main"}))
        ),
        "kind `thing`, task `x`: the revision \"main\" is not a full SHA-1\n  \
           help: use all 40 hexadecimal digits; branches and tags can move"
    );
    let signed = json!({"type": "static-url", "url": "u", "sha256": "s", "size": 1,
        "gpg-signature": {"sig-url": "{url}", "key-path": "/etc/passwd"}});
    assert_eq!(
        project.error(&TRANSFORM, fetch(signed)),
        "kind `thing`, task `x`: \"/etc/passwd\" is outside the repository\n  \
           help: set `key-path` to a text file with public keys, relative to the root of the repository"
    );
}

#[test]
fn the_table_is_sorted_and_its_schemas_agree_with_it() {
    assert!(FETCH_TYPES.is_sorted_by_key(|kind| kind.name));
    for kind in FETCH_TYPES {
        let map = json!({"type": kind.name});
        let wrong = kind.schema.check(map.as_object().unwrap());
        assert!(
            wrong.iter().all(|v| !v.message.contains("`type`")),
            "{wrong:?}"
        );
    }
}
