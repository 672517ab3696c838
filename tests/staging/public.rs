//! History from public data: services on this machine answer as those of production do.
//!
//! The forms of answers are those of Balrog's public API (`auslib/web/common`), of the update server, and of the
//! archive. What is expected follows from them by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use snowman::stage::history::Bundle;

use super::decision::{STAGING, project, said};
use crate::common::Ran;

const NEW: &str = "20210927210923";
const OLD: &str = "20180621125625";
const LINUX: &str = "Linux_x86_64-gcc3";
const WINDOWS: &str = "WINNT_x86_64-msvc";
const UPDATE: &str = "update/linux-x86_64/de/hail-93.0.complete.mar";
const PACKAGE: &str = "linux-x86_64/de/hail-93.0.tar.bz2";
const SUMS: &str = "/pub/hail/releases/93.0/SHA512SUMS";
const INFORMATION: &str = "/pub/hail/candidates/93.0-candidates/build2/linux64_info.txt";
const RULES: &str = "/api/v1/rules?product=Hail";
const NEWEST: &str = "/api/v1/releases/Hail-93.0-build2";
const NOTHING: &str = "<?xml version=\"1.0\"?>\n<updates>\n</updates>";

fn hash(digit: &str) -> String {
    digit.repeat(128)
}

/// What a service answers at a path: a status, and a body or where it redirects to.
type Answers = BTreeMap<String, (u16, String)>;

fn rule(id: u64, channel: &str, mapping: &str) -> Value {
    json!({
        "rule_id": id, "alias": null, "priority": 90, "product": "Hail", "channel": channel, "mapping": mapping,
        "fallbackMapping": null, "backgroundRate": 100, "update_type": "minor", "version": null, "data_version": 12,
    })
}

/// A release with a complete update for each locale of two platforms.
fn release(version: &str, build: &str, build_id: &str, digit: &str) -> Value {
    let locale = json!({
        "appVersion": version, "displayVersion": version, "buildID": build_id,
        "completes": [{"from": "*", "filesize": 1234, "hashValue": hash(digit)}],
    });
    let url = format!(
        "https://download.example.com/?product=hail-{version}-complete&os=%OS_BOUNCER%&lang=%LOCALE%"
    );
    json!({
        "name": format!("Hail-{version}-{build}"), "schema_version": 9, "hashFunction": "sha512",
        "appVersion": version, "displayVersion": version,
        "fileUrls": {"*": {"completes": {"*": url}}},
        "updateLine": [{"for": {}, "fields": {"type": "minor", "detailsURL": "https://example.com/%LOCALE%/"}}],
        "platforms": {
            LINUX: {"OS_BOUNCER": "linux64", "OS_FTP": "linux-x86_64", "locales": {"de": locale}},
            WINDOWS: {"OS_BOUNCER": "win64", "OS_FTP": "win64", "locales": {"de": locale}},
            "WINNT_x86_64-msvc-x64": {"alias": WINDOWS},
        },
    })
}

/// The request of a client that is on the channel `release`.
fn request(version: &str, build_id: &str, platform: &str) -> String {
    format!(
        "/update/3/Hail/{version}/{build_id}/{platform}/de/release/default/default/default/update.xml"
    )
}

/// What the update server offers a client that has something older than 93.0.
fn offer(system: &str) -> String {
    let hash = hash("a");
    format!(
        "<?xml version=\"1.0\"?>\n<updates>\n    <update appVersion=\"93.0\" buildID=\"{NEW}\" \
         detailsURL=\"https://example.com/de/\" displayVersion=\"93.0\" type=\"minor\">\n        <patch \
         type=\"complete\" URL=\"https://download.example.com/?product=hail-93.0-complete&amp;os={system}&amp;lang=de\" \
         hashFunction=\"sha512\" hashValue=\"{hash}\" size=\"1234\"/>\n    </update>\n</updates>"
    )
}

/// Production with two releases. The older one, a watershed, is not in the archive any more.
fn production() -> Answers {
    let mut watershed = rule(60, "release*", "Hail-60.0-build1");
    watershed["version"] = json!("<60.0");
    watershed["priority"] = json!(200);
    let mut test = rule(501, "release-localtest", "Hail-93.0-build2");
    test["alias"] = json!("hail-release-localtest");
    let rules = [
        watershed,
        rule(145, "release", "Hail-93.0-build2"),
        test,
        rule(32, "beta", "Hail-94.0b1-build1"),
    ];
    let sums = [
        ("a", UPDATE),
        ("b", PACKAGE),
        ("c", "linux-x86_64/de/hail-93.0.tar.bz2.asc"),
        ("d", "source/hail-93.0.source.tar.xz"),
    ];
    let sums = sums.map(|(digit, path)| format!("{}  {path}\n", hash(digit)));
    let newest = release("93.0", "build2", NEW, "a").to_string();
    let ok = |body: String| (200, body);
    let answers = [
        (
            RULES.to_owned(),
            ok(json!({"count": 4, "rules": rules}).to_string()),
        ),
        (NEWEST.to_owned(), ok(newest)),
        (
            "/api/v1/releases/Hail-60.0-build1".to_owned(),
            ok(release("60.0", "build1", OLD, "e").to_string()),
        ),
        (SUMS.to_owned(), ok(sums.concat())),
        (INFORMATION.to_owned(), ok(format!("buildID={NEW}\n"))),
        (request("93.0", NEW, LINUX), ok(NOTHING.to_owned())),
        (request("93.0", NEW, WINDOWS), ok(NOTHING.to_owned())),
        (request("60.0", OLD, LINUX), ok(offer("linux64"))),
        (request("60.0", OLD, WINDOWS), ok(offer("win64"))),
    ];
    answers.into()
}

/// Starts a server; returns its port.
async fn serve(answers: Answers) -> u16 {
    let answers = Arc::new(answers);
    let answer = move |uri: Uri| {
        let answers = Arc::clone(&answers);
        async move {
            let path = uri.path_and_query().map_or("", |path| path.as_str());
            let (status, body) = match answers.get(path) {
                Some((status, body)) => (*status, body.clone()),
                None => (404, "not here".to_owned()),
            };
            let status = StatusCode::from_u16(status).unwrap();
            match status.is_redirection() {
                true => (status, [("location", body)]).into_response(),
                false => (status, body).into_response(),
            }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    port
}

/// Reads the history from a server, which is declared as all three services.
fn read(port: u16, more: &str, args: &[&str]) -> (Ran, Option<Bundle>) {
    let declared = format!(
        "{STAGING}        public-data:\n            balrog: http://127.0.0.1:{port}\n            \
         archive: http://127.0.0.1:{port}/\n            updates: http://127.0.0.1:{port}\n{more}"
    );
    let project = project(&declared);
    let fixed = ["stage", "history", "--public", "--product", "hail"];
    let ran = project.run(&[&fixed[..], args].concat());
    let written = std::fs::read(project.root().join("history.json.gz"));
    let bundle = written.map(|content| Bundle::read(&content).unwrap());
    (ran, bundle.ok())
}

/// The same with production, some of whose answers are changed.
async fn read_changed(changes: &[(&str, u16, String)], args: &[&str]) -> (Ran, Option<Bundle>) {
    let mut answers = production();
    for (path, status, body) in changes {
        answers.insert((*path).to_owned(), (*status, body.clone()));
    }
    let port = serve(answers).await;
    tokio::task::block_in_place(|| read(port, "", args))
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_releases_and_files_are_history() {
    let (ran, bundle) = read_changed(&[], &["--release", "92.0build1"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    let said = said(&ran);
    for part in [
        "warning: Hail-92.0-build1: Balrog has no such release, though it is wanted",
        "warning: Hail-60.0-build1: the archive has no files of it among the releases, so it does not count as shipped",
        "warning: Hail-93.0-build2: the archive does not say which build it is for win64",
        "The update server gave 4 answers that follow from the history",
        "about what is public of Hail on release, at http://127.0.0.1:",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("answers something else"), "{said}");
    let bundle = bundle.unwrap();
    let keys = |space: &str| {
        let effects = bundle.effects.iter().filter(|effect| effect.space == space);
        effects
            .map(|effect| effect.key.as_str())
            .collect::<Vec<_>>()
    };
    // The rule of another channel is not there, and neither is its release.
    assert_eq!(keys("balrog-rule"), ["145", "60", "hail-release-localtest"]);
    assert_eq!(
        keys("balrog-release"),
        ["Hail-60.0-build1", "Hail-93.0-build2"]
    );
    let locales = ["60.0-build1", "93.0-build2"]
        .map(|release| [LINUX, WINDOWS].map(|platform| format!("Hail-{release} {platform} de")));
    assert_eq!(keys("balrog-release-locale"), locales.concat());
    assert_eq!(keys("release"), ["hail-93.0"]);
    let value = |space: &str, key: &str| {
        let is_it =
            |effect: &&snowman::stage::state::Effect| effect.space == space && effect.key == key;
        let effect = bundle.effects.iter().find(is_it);
        serde_json::from_str::<Value>(&effect.unwrap().value.to_string()).unwrap()
    };
    assert_eq!(value("release", "hail-93.0"), json!({"buildNumber": 2}));
    // Only the update server says how large an update is.
    let file = |path: &str| value("archive", &format!("pub/hail/releases/93.0/{path}"));
    assert_eq!(file(UPDATE), json!({"sha512": hash("a"), "size": 1234}));
    assert_eq!(file(PACKAGE), json!({"sha512": hash("b")}));
    assert_eq!(keys("archive").len(), 3);
    let information = value("archive", INFORMATION.trim_start_matches('/'));
    assert_eq!(information["text"], format!("buildID={NEW}\n"));
    assert_eq!(information["size"], 23);
    let test = value("balrog-rule", "hail-release-localtest");
    assert_eq!(
        (&test["rule_id"], &test["mapping"]),
        (&json!(501), &json!("Hail-93.0-build2"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_contradicts_itself_is_noted() {
    let other = format!("{}  {UPDATE}\n", hash("f"));
    let old = request("60.0", OLD, LINUX);
    let refused = request("60.0", OLD, WINDOWS);
    let changes = [
        (SUMS, 200, other),
        (old.as_str(), 200, NOTHING.to_owned()),
        (refused.as_str(), 400, "Bad Request".to_owned()),
    ];
    let (ran, bundle) = read_changed(&changes, &[]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    let said = said(&ran);
    for part in [
        "warning: Hail-93.0-build2: SHA512SUMS does not have the complete updates that Balrog offers for de on \
         Linux_x86_64-gcc3, de on WINNT_x86_64-msvc",
        "/60.0/20180621125625/Linux_x86_64-gcc3/de/release/default/default/default/update.xml: the update server \
         answers something else than follows from its rules and releases",
        "/60.0/20180621125625/WINNT_x86_64-msvc/de/release/default/default/default/update.xml: the update server \
         answers something else than follows from its rules and releases",
        "The update server gave 2 answers that follow from the history",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(bundle.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_or_has_another_form_is_an_error() {
    let rules = |rules: Value, count: u64| json!({"count": count, "rules": rules}).to_string();
    let foreign = json!([{"rule_id": 1, "product": "Other", "channel": "release"}]);
    let twice = [60, 145].map(|id| {
        let mut rule = rule(id, "release", "Hail-93.0-build2");
        rule["alias"] = json!("hail-release");
        rule
    });
    let long = format!("buildID={}\n", "1".repeat(5000));
    for (path, status, body, why) in [
        (
            RULES,
            404,
            String::new(),
            "does not exist: it would be the rules of the product",
        ),
        (
            RULES,
            200,
            "<html>".to_owned(),
            "/api/v1/rules?product=Hail: the answer is not valid JSON: ",
        ),
        (
            RULES,
            200,
            rules(json!([]), 3),
            "the answer has 0 rules, but says that there are 3",
        ),
        (
            RULES,
            200,
            rules(json!(twice), 2),
            "two rules are named hail-release",
        ),
        (
            RULES,
            200,
            rules(foreign, 1),
            "the rule 1 is of the product \"Other\"",
        ),
        (
            NEWEST,
            500,
            String::new(),
            "the status is 500 Internal Server Error",
        ),
        (
            NEWEST,
            200,
            "{\"name\": \"Hail-1.0-build1\"}".to_owned(),
            "the name of the release is \"Hail-1.0-build1\"",
        ),
        (
            SUMS,
            200,
            "<html>\n".to_owned(),
            "SHA512SUMS: line 1 is not a SHA-512 hash",
        ),
        (
            SUMS,
            200,
            format!("{}  ../../x\n", hash("a")),
            "SHA512SUMS: line 1 is not a SHA-512 hash",
        ),
        (
            SUMS,
            302,
            "http://me:SECRET@192.0.2.1/sums?signature=SECRET".to_owned(),
            "it redirects to http://192.0.2.1, a host that",
        ),
        (INFORMATION, 200, long, "it has more than 4096 bytes"),
        (
            INFORMATION,
            200,
            "soon".to_owned(),
            "linux64_info.txt: it is not `buildID=` and a number",
        ),
        (
            INFORMATION,
            200,
            "buildID=\n".to_owned(),
            "linux64_info.txt: it is not `buildID=` and a number",
        ),
    ] {
        let (ran, bundle) = read_changed(&[(path, status, body)], &[]).await;
        assert_eq!(ran.code, Some(3), "{path} {status}: {}", ran.shown());
        let said = said(&ran);
        assert!(said.contains(why), "{why}: {said}");
        assert!(!said.contains("SECRET"), "{said}");
        assert!(bundle.is_none(), "{path} {status}");
    }
    let (ran, _) = read_changed(&[], &["--channel", "esr"]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    let said = said(&ran);
    let why =
        "Balrog has no rules of Hail for esr: its rules are for beta, release, release* and 1 more";
    assert!(said.contains(why), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn declared_hosts_may_be_redirected_to() {
    let mut answers = production();
    let (_, sums) = answers.remove(SUMS).unwrap();
    answers.insert("/elsewhere".to_owned(), (200, sums));
    let elsewhere = serve(answers.clone()).await;
    let to = format!("http://localhost:{elsewhere}/elsewhere");
    answers.insert(SUMS.to_owned(), (302, to));
    let port = serve(answers).await;
    let declared = format!("            redirects: [http://localhost:{elsewhere}]\n");
    let (ran, bundle) = tokio::task::block_in_place(|| read(port, &declared, &[]));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    let keys = bundle.unwrap().effects.into_iter().map(|effect| effect.key);
    assert!(keys.into_iter().any(|key| key.ends_with(UPDATE)));
    // The same port under another name of the machine is another host.
    let declared = format!("            redirects: [http://127.0.0.1:{elsewhere}]\n");
    let (ran, _) = tokio::task::block_in_place(|| read(port, &declared, &[]));
    assert_eq!(ran.code, Some(3), "{}", ran.shown());
}

#[test]
fn services_have_to_be_declared() {
    let arguments = [
        "stage",
        "history",
        "--public",
        "--product",
        "hail",
        "--release",
        "x",
    ];
    let ran = project(STAGING).run(&arguments);
    assert_eq!(ran.code, Some(2), "{}", ran.shown());
    let text = said(&ran);
    assert!(
        text.contains("does not declare which services with public data may be read"),
        "{text}"
    );
    assert!(
        text.contains("public-data: {balrog: https://aus-api.mozilla.org"),
        "{text}"
    );
    assert!(
        text.contains("\"x\" is not a version with the number of a build"),
        "{text}"
    );
    for args in [
        &["--product", ""][..],
        &["--product", "hail", "--channel", ""],
    ] {
        let ran = project(STAGING).run(&[&arguments[..3], args].concat());
        assert_eq!(ran.code, Some(2), "{}", ran.shown());
        assert!(
            said(&ran).contains("a value is required for"),
            "{}",
            ran.shown()
        );
    }
    let declared = "        public-data:
            balrog: http://aus-api.example.com
            archive: https://archive.example.com/?a
            updates: https://me@aus5.example.com
            redirects: [ftp]
";
    let ran = project(&format!("{STAGING}{declared}")).run(&arguments[..5]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    let text = said(&ran);
    for part in [
        "`snowman.staging.public-data.balrog`: expected a URL that begins with https:// and has no user, query or fragment, found `http://aus-api.example.com`",
        "`snowman.staging.public-data.archive`: expected a URL",
        "`snowman.staging.public-data.updates`: expected a URL",
        "`snowman.staging.public-data.redirects`: `ftp` is no URL",
        "4 errors",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
