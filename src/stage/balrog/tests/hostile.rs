//! Whatever the worlds and requests, there is an answer.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::answer::serve_update;
use super::super::blob::Blob;
use super::super::blob::validate::validate;
use super::super::rule::Rule;
use super::super::version::{Class, matches};
use super::super::world::World;
use crate::base::value::{Value, json};

/// Texts that mean something somewhere, and some that do not.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(vec![
            "", "*", "a", "p", "de", "Firefox", "release", "release*", "re*", "release-cck-x", "1.0", "92.0", "92.*",
            "92.0.*", "80.0a1", "3.6.3plugin1", "1.5.0.12", "<92.0", ">=1.0,2.0", ">", "<=", "=", "92.", "92.0.",
            "99999999999999999999999999999999999999999.0", "20210101", "<20210101", "2021*", "x&&y, z", "&&,",
            "https://a.com/%LOCALE%/%OS_FTP%", "//[a", "http://a.com;p/b;c", "a:b", "\n", "é", "\u{0}", "(a+)+$*",
            "minor", "name", "alias", "1", "-1",
        ])
        .prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

/// The names of fields.
const NAMES: &[&str] = &[
    "schema_version",
    "name",
    "product",
    "hashFunction",
    "appVersion",
    "displayVersion",
    "extv",
    "appv",
    "platforms",
    "alias",
    "locales",
    "buildID",
    "completes",
    "partials",
    "complete",
    "partial",
    "from",
    "filesize",
    "hashValue",
    "fileUrl",
    "fileUrls",
    "OS_FTP",
    "OS_BOUNCER",
    "updateLine",
    "for",
    "fields",
    "channels",
    "versions",
    "buildIDs",
    "openURL",
    "detailsURL",
    "detailsUrl",
    "products",
    "blobs",
    "vendors",
    "addons",
    "uninstall",
    "version",
    "mirrorUrls",
    "required",
    "oldVersionSpecialCases",
    "isOSUpdate",
    "p",
    "de",
    "*",
    "release",
    "a",
    "default",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        word().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        prop::sample::select(vec![1, 2, 3, 4, 5, 6, 8, 9, 50, 1000, 4000, 5000, 10000])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        let names = prop::sample::select(NAMES).prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from_iter),
            prop::collection::btree_map(names, inner, 0..8).prop_map(|map| {
                let entries: Vec<(String, Value)> = map.into_iter().collect();
                Value::Object(entries.into_iter().collect())
            }),
        ]
    })
}

/// A blob with all that blobs have, each part of any form.
fn blob() -> impl Strategy<Value = Value> {
    let schemas = vec![1, 2, 3, 4, 5, 6, 8, 9, 50, 1000, 4000, 5000, 10000];
    let parts = prop::collection::vec(value(), 6);
    (prop::sample::select(schemas), parts, word(), word()).prop_map(|(schema, parts, version, target)| {
        let mut blob = json!({
            "schema_version": schema, "name": "a", "hashFunction": "sha512", "appVersion": version, "extv": version,
            "version": version, "displayVersion": "1", "detailsUrl": "https://a.com", "required": true,
            "platforms": {"p": {"OS_FTP": "f", "OS_BOUNCER": "b", "buildID": "3", "locales": {"de": {
                "completes": [{"from": "*", "filesize": 1, "hashValue": "a"}], "partials": [{"from": "a"}],
                "complete": {"from": "*", "filesize": 1, "hashValue": "a"},
            }}}, "*": {"alias": target}},
            "fileUrls": {"*": {"completes": {"*": "https://a.com/%LOCALE%"}}, "release": "https://a.com"},
        });
        let places = ["updateLine", "vendors", "addons", "blobs", "products", "fileUrls"];
        for (place, part) in places.iter().zip(parts) {
            if part.is_array() || part.is_object() {
                blob[place] = part;
            }
        }
        blob
    })
}

fn rule() -> impl Strategy<Value = Value> {
    let columns = prop::collection::vec(prop::option::weighted(0.15, word()), 12);
    (columns, -1..120_i64, prop::sample::select(vec!["a", "b", "gone", ""])).prop_map(|(columns, rate, mapping)| {
        let mut rule = json!({"rule_id": 1, "backgroundRate": rate, "mapping": mapping, "fallbackMapping": "b"});
        let names = [
            "product", "version", "channel", "buildTarget", "buildID", "locale", "osVersion", "memory",
            "instructionSet", "distribution", "distVersion", "headerArchitecture",
        ];
        for (name, value) in names.iter().zip(columns) {
            rule[name] = json!(value);
        }
        rule
    })
}

fn request() -> impl Strategy<Value = String> {
    let field = word().prop_map(|word| word.replace('/', "%2F").replace('?', "%3F"));
    let likely = [
        "Firefox",
        "1.0",
        "1",
        "p",
        "de",
        "release",
        "Linux",
        "ISET:SSE,MEM:9,JAWS:1",
        "a",
        "a",
    ];
    let fields = prop::collection::vec(prop::option::weighted(0.2, field), 10);
    let query = prop::sample::select(vec![
        "",
        "?force=1",
        "?force=-1&mig64=1",
        "?pin=92.",
        "?pin=x",
        "?force=1?avast=1",
        "?&=&a",
    ]);
    (prop::sample::select(vec![1, 2, 3, 4, 5, 6]), fields, query).prop_map(
        move |(number, fields, query)| {
            let count = [6, 7, 9, 10, 10, 10][number - 1];
            let fields = fields
                .into_iter()
                .zip(likely)
                .map(|(field, likely)| field.unwrap_or_else(|| likely.to_owned()));
            let fields: Vec<String> = fields.take(count).collect();
            format!("/update/{number}/{}/update.xml{query}", fields.join("/"))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn there_is_an_answer(
        (one, other) in (blob(), prop_oneof![blob(), value()]),
        rules in prop::collection::vec(rule(), 1..4),
        requests in prop::collection::vec(prop_oneof![4 => request(), 1 => any::<String>()], 6),
        die in 0..100_u8,
    ) {
        let world = json!({
            "rules": rules.iter().cloned().collect::<Value>(),
            "releases": {"a": {"product": "Firefox", "blob": one}, "b": {"product": "Firefox", "blob": other}},
            "pinnable": [{"product": "Firefox", "channel": "release", "version": "92.", "mapping": "b"}],
            "allowlist": {"a.com": {"/.*": ["Firefox"], "(": ["Firefox"]}, "": ["Firefox"]},
            "special_force_hosts": ["https://a.com"],
        });
        let world = World::read(&world).unwrap();
        for request in &requests {
            let (status, _, _) = serve_update(&world, request, &[], die);
            prop_assert!([200, 400, 404, 500].contains(&status));
            prop_assert_eq!(serve_update(&world, request, &[], die), serve_update(&world, request, &[], die));
        }
        for release in world.releases.values() {
            let _ = validate(&release.blob, "Firefox", &world.allowlist);
            if let Ok(blob) = Blob::read(&release.blob) {
                let _ = blob.referenced_releases();
            }
        }
        for rule in &rules {
            let _ = Rule::column_problems(rule);
        }
    }

    #[test]
    fn versions_are_compared_or_refused(version in word(), pattern in word()) {
        for class in [Class::Strict, Class::Loose] {
            let _ = matches(&version, &pattern, class);
        }
    }

    #[test]
    fn malformed_worlds_are_refused(world in value()) {
        let _ = World::read(&world);
    }
}

/// Patterns that take a backtracking engine exponential time.
#[test]
fn patterns_do_not_take_long() {
    let path = "a".repeat(50_000);
    let world = json!({
        "rules": [{"rule_id": 1, "mapping": "a", "channel": "(a*)*(a*)*x*", "osVersion": "a&&a&&a"}],
        "releases": {"a": {"product": "Firefox", "blob": {
            "schema_version": 50, "displayVersion": "1", "detailsUrl": "%LOCALE%"}}},
        "allowlist": {"a.com": {"/(a+)+(a+)+(a+)+b": ["Firefox"], "/(.*)*x": ["Firefox"]}},
    });
    let world = World::read(&world).unwrap();
    let begin = Instant::now();
    assert!(
        !world
            .allowlist
            .allows(&format!("https://a.com/{path}"), "Firefox")
    );
    let url = format!("/update/2/Firefox/1.0/1/p/{path}/{path}/{path}/update.xml");
    assert_eq!(serve_update(&world, &url, &[], 0).0, 200);
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "{:?}",
        begin.elapsed()
    );
}
