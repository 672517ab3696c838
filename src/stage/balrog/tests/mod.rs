//! What the tables of the real program do not show.

mod hostile;

use super::allowlist::Allowlist;
use super::answer::{NOTHING, serve_update};
use super::blob::conflicts::NotCompared;
use super::blob::validate::{Invalid, validate};
use super::matching::glob;
use super::rule::Rule;
use super::signoffs::{Missing, Requirement, by_role, for_rule, verify};
use super::world::World;
use crate::base::value::{Value, json};

/// A release with one platform and an alias of it, and a locale.
fn release(version: &str, build_id: &str) -> Value {
    let file = |from: &str, size: u64| json!({"from": from, "filesize": size, "hashValue": "ab"});
    json!({
        "product": "Firefox",
        "blob": {
            "schema_version": 9, "name": format!("Firefox-{version}-build1"), "hashFunction": "sha512",
            "appVersion": version, "displayVersion": version,
            "fileUrls": {
                "*": {
                    "completes": {"*": "https://download.mozilla.org/?product=f&os=%OS_BOUNCER%&lang=%LOCALE%"},
                    "partials": {"Firefox-90.0-build1": "https://download.mozilla.org/?product=p"},
                },
                "release-localtest": {"completes": {"*": "https://archive.mozilla.org/%OS_FTP%/%LOCALE%.mar"}},
            },
            "platforms": {
                "Linux_x86_64-gcc3": {
                    "OS_FTP": "linux-x86_64", "OS_BOUNCER": "linux64",
                    "locales": {"de": {
                        "buildID": build_id,
                        "completes": [file("*", 2)],
                        "partials": [file("Firefox-90.0-build1", 1)],
                    }},
                },
                "Linux_x86_64-gcc3-asan": {"alias": "Linux_x86_64-gcc3"},
            },
        },
    })
}

fn world() -> Value {
    json!({
        "rules": [
            {"rule_id": 7, "priority": 90, "product": "Firefox", "channel": "release*", "mapping": "new",
             "backgroundRate": 25, "fallbackMapping": "old", "update_type": "minor", "data_version": 3},
        ],
        "releases": {
            "new": release("92.0", "20210902"),
            "old": release("91.0", "20210802"),
            "Firefox-90.0-build1": release("90.0", "20210702"),
        },
        "allowlist": {"download.mozilla.org": ["Firefox"], "archive.mozilla.org": ["Firefox"]},
    })
}

/// Status, body and number of the rule, if the header is there.
fn ask(world: &Value, path: &str, die: u8) -> (u16, String, Option<String>) {
    let world = World::read(world).unwrap();
    let (status, headers, body) = serve_update(&world, path, &[("user-agent", "Mozilla")], die);
    let has = |name: &str, value: &str| headers.contains(&(name, value.to_owned()));
    assert!(has("cache-control", "public, max-age=90"));
    let rule = headers.into_iter().find(|(name, _)| *name == "rule-id");
    (status, body, rule.map(|(_, id)| id))
}

fn path(version: &str, build_id: &str, platform: &str, locale: &str, channel: &str) -> String {
    format!(
        "/update/3/Firefox/{version}/{build_id}/{platform}/{locale}/{channel}/Linux/default/default/update.xml"
    )
}

const LINUX: &str = "Linux_x86_64-gcc3";

#[test]
fn a_client_is_offered_the_newest_release() {
    let (status, body, rule) = ask(
        &world(),
        &path("90.0", "20210702", LINUX, "de", "release"),
        24,
    );
    assert_eq!((status, rule.as_deref()), (200, Some("7")));
    assert_eq!(
        body,
        "<?xml version=\"1.0\"?>\n<updates>\n    \
         <update appVersion=\"92.0\" buildID=\"20210902\" displayVersion=\"92.0\" type=\"minor\">\n        \
         <patch type=\"complete\" URL=\"https://download.mozilla.org/?product=f&amp;os=linux64&amp;lang=de\" \
         hashFunction=\"sha512\" hashValue=\"ab\" size=\"2\"/>\n        \
         <patch type=\"partial\" URL=\"https://download.mozilla.org/?product=p\" \
         hashFunction=\"sha512\" hashValue=\"ab\" size=\"1\"/>\n    </update>\n</updates>"
    );
}

/// As the table `evaluateRules` shows: a die of 25 is not below a rate of 25.
#[test]
fn the_rate_decides_between_release_and_fallback() {
    let version = |die| {
        let (_, body, _) = ask(&world(), &path("90.0", "1", LINUX, "de", "release"), die);
        body.contains("appVersion=\"92.0\"")
    };
    assert_eq!([0, 24, 25, 99].map(version), [true, true, false, false]);
}

#[test]
fn a_channel_has_its_own_block_of_urls() {
    let (_, body, _) = ask(
        &world(),
        &path("90.0", "20210702", LINUX, "de", "release-localtest"),
        0,
    );
    assert!(
        body.contains("URL=\"https://archive.mozilla.org/linux-x86_64/de.mar\""),
        "{body}"
    );
    // Its block has no partial updates, and no other block is looked at.
    assert!(!body.contains("type=\"partial\""), "{body}");
    let (_, partner, _) = ask(
        &world(),
        &path(
            "90.0",
            "20210702",
            LINUX,
            "de",
            "release-localtest-cck-acme",
        ),
        0,
    );
    assert_eq!(partner, body);
}

#[test]
fn an_alias_has_the_files_and_builds_of_its_target() {
    let asan = path(
        "90.0",
        "20210702",
        "Linux_x86_64-gcc3-asan",
        "de",
        "release",
    );
    let (_, body, _) = ask(&world(), &asan, 0);
    assert!(body.contains("type=\"partial\""), "{body}");
}

#[test]
fn what_a_release_does_not_have_is_no_update_or_a_bad_request() {
    let (status, body, rule) = ask(
        &world(),
        &path("90.0", "1", "Darwin_x86_64-gcc3", "de", "release"),
        0,
    );
    assert_eq!(
        (status, body.as_str(), rule.as_deref()),
        (200, NOTHING, Some("7"))
    );
    let (status, body, rule) = ask(&world(), &path("90.0", "1", LINUX, "fr", "release"), 0);
    let text = "No such locale 'fr' in platform 'Linux_x86_64-gcc3'";
    assert_eq!((status, body.as_str(), rule), (400, text, None));
    let (status, body, _) = ask(&world(), &path("93.0b3", "1", LINUX, "de", "release"), 0);
    assert_eq!(
        (status, body.as_str()),
        (400, "Version number 93.0b3 is invalid.")
    );
    let (status, body, rule) = ask(
        &world(),
        &path("92.0", "20210902", LINUX, "de", "release"),
        0,
    );
    assert_eq!(
        (status, body.as_str(), rule.as_deref()),
        (200, NOTHING, Some("7"))
    );
}

/// As Balrog's own test of a path below `/update` has it.
#[test]
fn unknown_paths_below_update_have_no_update() {
    for path in [
        "/update",
        "/update/whizzybang",
        "/update/3/Firefox/update.xml",
        "/update/7/a/b/c/d/e/f/update.xml",
    ] {
        assert_eq!(
            ask(&world(), path, 0),
            (200, NOTHING.to_owned(), None),
            "{path}"
        );
    }
    assert_eq!(ask(&world(), "/whizzybang", 0).0, 404);
}

#[test]
fn a_host_that_is_not_allowed_leaves_an_update_without_files() {
    let mut world = world();
    world["allowlist"] = json!({"archive.mozilla.org": ["Firefox"]});
    let (status, body, _) = ask(&world, &path("90.0", "1", LINUX, "de", "release"), 0);
    assert_eq!(
        (status, body.contains("<update "), body.contains("<patch")),
        (200, true, false)
    );
}

#[test]
fn a_host_may_be_used_by_several_products() {
    let mut list = Allowlist::production();
    assert!(!list.knows("Hail"));
    let archive = "https://archive.mozilla.org/pub/a.mar";
    let crx = "https://www.google.com/dl/release2/chrome_component/a/b.crx3";
    let other = "https://www.google.com/else";
    for host in ["archive.mozilla.org", "www.google.com", "hail.example"] {
        list.allow(host, &["Hail"]);
    }
    assert!(list.knows("Hail"));
    for (url, product, expected) in [
        (archive, "Hail", true),
        (archive, "Firefox", true),
        (archive, "Snow", false),
        (crx, "Hail", true),
        (crx, "Widevine", true),
        (other, "Hail", true),
        (other, "Widevine", false),
        ("https://hail.example/", "Hail", true),
        ("https://hail.example/", "Firefox", false),
    ] {
        assert_eq!(list.allows(url, product), expected, "{url} {product}");
    }
}

#[test]
fn broken_data_are_named() {
    let broken = |key: &str, name: &str, value: Value| {
        let mut world = world();
        world["releases"]["new"]["blob"][key][name] = value;
        let (status, body, _) = ask(&world, &path("90.0", "1", LINUX, "de", "release"), 0);
        (status, body)
    };
    assert_eq!(
        broken(
            "fileUrls",
            "*",
            json!({"completes": {}, "partials": {"a": "b"}})
        ),
        (
            500,
            "there is no URL of a complete update for the channel `release`".to_owned()
        )
    );
    assert_eq!(
        broken(
            "platforms",
            LINUX,
            json!({"locales": {"de": {"buildID": "3", "completes": [{}]}}})
        ),
        (500, "a blob has no `from`".to_owned())
    );
    let mut world = world();
    world["rules"] = json!([{"rule_id": 7, "mapping": "gone"}]);
    let (status, body, _) = ask(&world, &path("90.0", "1", LINUX, "de", "release"), 0);
    assert_eq!(
        (status, body.as_str()),
        (
            500,
            "rule 7 leads to the release `gone`, which does not exist"
        )
    );
}

/// A platform without a build id: Balrog fails, though the partial update only is not for the client.
#[test]
fn a_platform_without_a_build_id_has_no_partial_update() {
    let mut world = world();
    world["releases"]["Firefox-90.0-build1"]["blob"]["platforms"] =
        json!({LINUX: {"locales": {"de": {}}}});
    let (status, body, _) = ask(&world, &path("90.0", "20210702", LINUX, "de", "release"), 0);
    assert_eq!((status, body.matches("<patch").count()), (200, 1));
}

#[test]
fn a_channel_stands_for_itself() {
    assert!(glob("release*", "release-cck-acme"));
    assert!(!glob("re.ease*", "release"));
    assert!(!glob("(a+)+$*", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"));
    assert!(glob("(a+)+$*", "(a+)+$x"));
    assert!(!glob("r*", "release") && !glob("*", "release"));
}

#[test]
fn problems_of_rules_are_found() {
    let rule = |value: Value| Rule::column_problems(&value);
    assert_eq!(
        rule(json!({
            "rule_id": 3, "alias": "firefox-release", "channel": "release*", "version": "<78.0,80.*", "priority": 9,
            "buildID": ">=20210101000000", "memory": "<2048", "backgroundRate": 25, "update_type": "minor",
            "data_version": 1, "jaws": null, "mig64": true,
        })),
        [""; 0]
    );
    let problems = rule(json!({
        "alias": "1-release", "channel": "rel(ease)*", "version": "93.0b3", "buildID": "x", "memory": ">",
        "backgroundRate": 101, "update_type": "other", "product": "much too long a name", "jaws": "yes",
        "locale": ["de"],
    }));
    assert_eq!(problems.len(), 10, "{problems:#?}");
    assert_eq!(rule(json!({"channel": "r*"})).len(), 1);
    assert_eq!(rule(json!({"version": ">=78.0-1"})).len(), 1);
    let written = Rule::read(&json!({"rule_id": 3, "alias": "a", "jaws": false})).to_json();
    assert_eq!(Rule::read(&written).to_json(), written);
}

#[test]
fn entries_of_update_line_must_not_contradict_each_other() {
    let blob = |conditions: [Value; 2]| {
        let entry = |condition: &Value| json!({"for": condition, "fields": {"detailsURL": condition.to_string()}});
        let entries = conditions.iter().map(entry).collect::<Value>();
        let mut blob = release("92.0", "1")["blob"].clone();
        blob["updateLine"] = entries;
        let hosts = World::read(&world()).unwrap().allowlist;
        validate(&blob, "Firefox", &hosts)
    };
    let (low, high) = (
        json!({"versions": ["<78.0"]}),
        json!({"versions": [">=78.0"]}),
    );
    assert_eq!(blob([low.clone(), high]), Ok(()));
    let other = json!({"versions": ["<79.0"], "locales": ["de"]});
    assert!(
        matches!(blob([low, other]), Err(Invalid::Conflicts(conflicts)) if conflicts.len() == 2)
    );
    let many = |from: u64| json!({"buildIDs": (from..from + 3000).map(|id| format!(">{id}")).collect::<Value>()});
    let apart = json!({"locales": ["de"]});
    let mut one = many(0);
    one["locales"] = apart["locales"].clone();
    assert_eq!(
        blob([one, many(1)]),
        Err(Invalid::NotCompared(NotCompared::TooMany))
    );
}

#[test]
fn enough_people_of_each_role_must_agree() {
    let all: Vec<Requirement> = [
        ("Firefox", "release", "releng", 1),
        ("Firefox", "release", "relman", 1),
        ("Firefox", "release-cdntest", "releng", 2),
        ("Firefox", "beta", "qa", 1),
        ("Fenix", "release", "mobile", 1),
    ]
    .into_iter()
    .map(|(product, channel, role, count)| {
        Requirement::read(&json!({"product": product, "channel": channel, "role": role, "signoffs_required": count}))
    })
    .collect();
    let roles = |product, channel| {
        by_role(for_rule(&all, product, channel))
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        roles(Some("Firefox"), Some("release")),
        [("releng", 1), ("relman", 1)]
    );
    assert_eq!(
        roles(Some("Firefox"), Some("release*")),
        [("releng", 2), ("relman", 1)]
    );
    assert_eq!(roles(None, Some("release")).len(), 3);
    assert_eq!(roles(Some("Thunderbird"), None), []);
    let needed = || for_rule(&all, Some("Firefox"), Some("release*"));
    assert_eq!(verify(needed(), &["releng", "relman", "releng"]), Ok(()));
    let missing = Missing::Role {
        role: "releng".into(),
        required: 2,
        given: 1,
    };
    assert_eq!(verify(needed(), &["releng", "relman"]), Err(missing));
    assert_eq!(verify(needed(), &[]), Err(Missing::All));
}
