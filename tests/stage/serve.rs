//! A staged release over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;

use snowman::base::name::TaskId;
use snowman::base::value::{Value, json};
use snowman::stage::balrog::world::World;
use snowman::stage::merged::Merged;
use snowman::stage::serve::updates::{changes_made, world};
use snowman::stage::serve::{Body, Range, Request, Response, answer};
use snowman::stage::state::{Effect, State, TaskRun};

const TASK: &str = "fN1SbArXTPSVFNUvaOlinQ";

/// An archive with files of these paths, of ten bytes each.
fn archive(paths: &[&str]) -> Merged {
    let effects = paths.iter().map(|path| Effect {
        space: "archive".to_owned(),
        key: (*path).to_owned(),
        value: json!({
            "size": 10, "sha512": "ab", "sha256": "cd", "type": "text/plain",
            "content": {"taskId": TASK, "artifact": "public/a"},
        }),
    });
    state(effects.collect())
}

/// What a task with these effects leaves.
fn state(effects: Vec<Effect>) -> Merged {
    let task_id = TaskId::parse(TASK).unwrap();
    let state = State {
        run: TaskRun {
            task_id: task_id.clone(),
            run_id: 0,
        },
        label: "beetmover".to_owned(),
        decision: None,
        revision: String::new(),
        parents: Vec::new(),
        effects,
    };
    Merged::new(&BTreeMap::from([(task_id, Arc::new(state))]))
}

fn effect(space: &str, key: &str, value: Value) -> Effect {
    Effect {
        space: space.to_owned(),
        key: key.to_owned(),
        value,
    }
}

fn get(merged: &Merged, path: &str, query: &[(&str, &str)]) -> Response {
    let query: Vec<(String, String)> = query
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let request = Request {
        method: "GET",
        path,
        query: &query,
        ..Request::default()
    };
    answer(merged, &World::default(), request)
}

fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    let mut headers = response.headers.iter().filter(|(key, _)| *key == name);
    headers.next().map(|(_, value)| value.as_str())
}

fn text(response: &Response) -> &str {
    match &response.body {
        Body::Text(text) => text,
        Body::File(file) => unreachable!("{file:?}"),
    }
}

/// The values of an element of XML, in order.
fn values<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = text.split(open.as_str()).skip(1);
    parts
        .map(|part| part.split(close.as_str()).next().unwrap())
        .collect()
}

#[test]
fn files_are_served_whole_and_in_part() {
    let merged = archive(&["pub/hail/a b.txt"]);
    let response = get(&merged, "/pub/hail/a b.txt", &[]);
    assert_eq!(response.status, 200);
    assert_eq!(header(&response, "content-length"), Some("10"));
    assert_eq!(header(&response, "content-type"), Some("text/plain"));
    let Body::File(file) = &response.body else {
        unreachable!("{response:?}")
    };
    assert_eq!(
        (file.task.as_str(), file.artifact.as_str()),
        (TASK, "public/a")
    );
    assert_eq!(file.bytes, Range { start: 0, end: 10 });
    let part = |range| {
        let request = Request {
            method: "HEAD",
            path: "/pub/hail/a b.txt",
            range: Some(range),
            ..Request::default()
        };
        answer(&merged, &World::default(), request)
    };
    let response = part("bytes=4-");
    assert_eq!(response.status, 206);
    assert_eq!(header(&response, "content-range"), Some("bytes 4-9/10"));
    assert_eq!(header(&response, "content-length"), Some("6"));
    let response = part("bytes=10-");
    assert_eq!(response.status, 416);
    assert_eq!(header(&response, "content-range"), Some("bytes */10"));
}

#[test]
fn folders_are_pages() {
    let merged = archive(&[
        "pub/hail/a<b>.txt",
        "pub/hail/sub/c.txt",
        "pub/hailstone/d.txt",
    ]);
    let page = get(&merged, "/pub/hail/", &[]);
    assert_eq!(page.status, 200);
    let page = text(&page);
    assert!(
        page.contains("href=\"/pub/hail/a%3Cb%3E.txt\">a&lt;b&gt;.txt<"),
        "{page}"
    );
    assert!(page.contains("href=\"/pub/hail/sub/\">sub/<"), "{page}");
    assert!(!page.contains("d.txt"), "{page}");
    let without_slash = get(&merged, "/pub/hail", &[]);
    assert_eq!(without_slash.status, 301);
    assert_eq!(header(&without_slash, "location"), Some("/pub/hail/"));
    for absent in [
        "/pub/hai",
        "/pub/hail/../../etc/passwd",
        "/public/hail/",
        "/favicon.ico",
    ] {
        assert_eq!(get(&merged, absent, &[]).status, 404, "{absent}");
    }
    let front = get(&merged, "/", &[]);
    assert!(text(&front).contains("3 files"), "{front:?}");
}

#[test]
fn a_release_can_only_be_read() {
    let request = Request {
        method: "PUT",
        path: "/pub/hail/a",
        ..Request::default()
    };
    let response = answer(&archive(&[]), &World::default(), request);
    assert_eq!(response.status, 405);
    assert_eq!(header(&response, "allow"), Some("GET, HEAD"));
}

/// The answers are those that the reference of S3's ListObjects and ListObjectsV2 describes.
#[test]
fn keys_are_listed_as_s3_lists_them() {
    let merged = archive(&["pub/a/1", "pub/a/2", "pub/b", "pub/c&d", "pub/e/3", "x"]);
    let list = |query: &[(&str, &str)]| text(&get(&merged, "/", query)).to_owned();
    let all = list(&[("list-type", "2"), ("prefix", "pub/")]);
    assert_eq!(
        values(&all, "Key"),
        ["pub/a/1", "pub/a/2", "pub/b", "pub/c&amp;d", "pub/e/3"]
    );
    assert_eq!(values(&all, "KeyCount"), ["5"]);
    assert_eq!(values(&all, "IsTruncated"), ["false"]);
    // Keys with a common start up to the delimiter count once, and are listed apart.
    let query = [("list-type", "2"), ("prefix", "pub/"), ("delimiter", "/")];
    let folders = list(&query);
    assert_eq!(values(&folders, "Key"), ["pub/b", "pub/c&amp;d"]);
    let common: Vec<_> = values(&folders, "CommonPrefixes");
    assert_eq!(
        common,
        ["<Prefix>pub/a/</Prefix>", "<Prefix>pub/e/</Prefix>"]
    );
    assert_eq!(values(&folders, "KeyCount"), ["4"]);
    // Page by page, in both versions, everything is listed once.
    for (version, next) in [("2", "NextContinuationToken"), ("1", "NextMarker")] {
        let mut seen = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let parameter = if version == "2" {
                "continuation-token"
            } else {
                "marker"
            };
            let mut query = vec![("prefix", "pub/"), ("delimiter", "/"), ("max-keys", "1")];
            if version == "2" {
                query.push(("list-type", "2"));
            }
            if let Some(after) = &after {
                query.push((parameter, after));
            }
            let page = list(&query);
            seen.extend(values(&page, "Key").into_iter().map(str::to_owned));
            let common = values(&page, "CommonPrefixes");
            seen.extend(
                common
                    .into_iter()
                    .map(|one| values(one, "Prefix")[0].to_owned()),
            );
            let token = values(&page, next)
                .first()
                .map(|token| token.replace("&amp;", "&"));
            let Some(token) = token else { break };
            assert_eq!(values(&page, "IsTruncated"), ["true"]);
            after = Some(token);
        }
        assert_eq!(
            seen,
            ["pub/a/", "pub/b", "pub/c&amp;d", "pub/e/"],
            "version {version}"
        );
    }
    for wrong in ["many", "-1"] {
        let query = [("prefix", ""), ("max-keys", wrong)];
        assert_eq!(get(&merged, "/", &query).status, 400, "{wrong:?}");
    }
    // A page without keys is the last one.
    for query in [
        vec![("list-type", "2"), ("max-keys", "0")],
        vec![("prefix", "pub/"), ("delimiter", "/"), ("max-keys", "0")],
    ] {
        let none = list(&query);
        assert_eq!(values(&none, "IsTruncated"), ["false"]);
        assert_eq!(values(&none, "MaxKeys"), ["0"]);
        for name in [
            "Key",
            "CommonPrefixes",
            "NextMarker",
            "NextContinuationToken",
        ] {
            assert_eq!(values(&none, name), [""; 0], "{name}");
        }
    }
}

#[test]
fn download_links_lead_to_this_server() {
    let product = |ssl_only: bool| {
        json!({
            "locations": {"linux64": "/hail/releases/94.0/linux64/:lang/hail-94.0.tar.xz"},
            "ssl_only": ssl_only, "languages": ["en-US", "de"],
        })
    };
    let merged = state(vec![
        effect("bouncer-product", "Hail-94.0", product(false)),
        effect("bouncer-product", "Hail-94.0-SSL", product(true)),
        effect("bouncer-alias", "hail-latest-ssl", json!("Hail-94.0-SSL")),
    ]);
    let follow = |raw_query: &str| {
        let query: Vec<(String, String)> = raw_query
            .split('&')
            .map(|field| field.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let request = Request {
            method: "GET",
            path: "/",
            raw_query,
            query: &query,
            host: "127.0.0.1:8081",
            ..Request::default()
        };
        let response = answer(&merged, &World::default(), request);
        (
            response.status,
            header(&response, "location").map(str::to_owned),
        )
    };
    let file = "http://127.0.0.1:8081/pub/hail/releases/94.0/linux64/de/hail-94.0.tar.xz";
    for name in ["Hail-94.0", "Hail-94.0-SSL", "hail-latest-ssl"] {
        let found = follow(&format!("product={name}&os=linux64&lang=de"));
        assert_eq!(found, (302, Some(file.to_owned())), "{name}");
    }
    for absent in [
        "product=Hail-94.0&os=osx&lang=de",
        "product=Hail-94.0&os=linux64&lang=fr",
        "product=Snow&os=osx",
    ] {
        assert_eq!(follow(absent).0, 404, "{absent}");
    }
    let front = answer(
        &merged,
        &World::default(),
        Request {
            method: "GET",
            path: "/",
            ..Request::default()
        },
    );
    let link = "href=\"/?product=hail-latest-ssl&amp;os=linux64&amp;lang=en-US\"";
    assert!(text(&front).contains(link), "{front:?}");
}

/// Balrog answers with an update, and leaves out the files on hosts that its list does not have for the product.
#[test]
fn files_are_offered_from_the_hosts_of_their_product() {
    let of_product = |product: &str, url: &str| {
        let name = format!("{product}-92.0-build1");
        let platform = json!({"OS_FTP": "linux-x86_64", "OS_BOUNCER": "linux64"});
        [
            effect(
                "balrog-rule",
                product,
                json!({"rule_id": 1, "priority": 90, "product": product, "mapping": name, "channel": "release",
                    "backgroundRate": 100, "update_type": "minor", "data_version": 1}),
            ),
            effect(
                "balrog-release",
                &name,
                json!({"product": product, "read_only": false, "blob": {
                    "name": name, "schema_version": 9, "hashFunction": "sha512", "appVersion": "92.0",
                    "platforms": {"Linux_x86_64-gcc3": platform}}}),
            ),
            effect(
                "balrog-release-urls",
                &format!("{name} *"),
                json!({"completes": {"*": url}}),
            ),
            effect(
                "balrog-release-locale",
                &format!("{name} Linux_x86_64-gcc3 de"),
                json!({"buildID": "20210902", "completes": [{"from": "*", "filesize": 1, "hashValue": "ab"}]}),
            ),
        ]
    };
    let shared = "https://archive.mozilla.org/pub/a.mar";
    // Nightly builds have the address of each file.
    let mut of_file = of_product("Frost", "");
    of_file[2].value = json!({});
    of_file[3].value = json!({"buildID": "20210902", "completes": [
        {"from": "*", "filesize": 1, "hashValue": "ab", "fileUrl": "https://frost.example/a.mar"},
    ]});
    let mut effects: Vec<Effect> = [
        ("Firefox", shared),
        ("Hail", shared),
        ("Snow", shared),
        ("Devedition", "https://hail.example/a.mar"),
        ("Sleet", "https://hail.example/a.mar"),
    ]
    .into_iter()
    .flat_map(|(product, url)| of_product(product, url))
    .chain(of_file)
    .collect();
    // Whether there is an update, and whether it has a file.
    let ask = |effects: &[Effect], product: &str| {
        let merged = state(effects.to_vec());
        let path = format!(
            "/update/3/{product}/90.0/20210801/Linux_x86_64-gcc3/de/release/a/default/default/update.xml"
        );
        let request = Request {
            method: "GET",
            path: &path,
            raw_path: &path,
            ..Request::default()
        };
        let response = answer(&merged, &world(&merged, 0), request);
        let body = text(&response);
        (body.contains("<update "), body.contains("<patch "))
    };
    // Without a list of hosts, production's counts; products that it does not know have their own hosts.
    for (product, has_file) in [
        ("Firefox", true),
        ("Hail", true),
        ("Snow", true),
        ("Devedition", false),
        ("Sleet", true),
        ("Frost", true),
    ] {
        assert_eq!(ask(&effects, product), (true, has_file), "{product}");
    }
    effects.push(effect(
        "balrog-domain",
        "archive.mozilla.org",
        json!(["Hail"]),
    ));
    for (product, has_file) in [("Firefox", false), ("Hail", true), ("Sleet", false)] {
        assert_eq!(ask(&effects, product), (true, has_file), "{product}");
    }
}

/// A rule that leads to one release, and from a moment on to another one.
#[test]
fn clients_are_offered_what_the_rules_say_at_the_moment() {
    let rule = |mapping: &str| {
        json!({"rule_id": 145, "priority": 90, "product": "Firefox", "mapping": mapping,
        "channel": "release", "backgroundRate": 25, "update_type": "minor", "data_version": 4, "when": 1000})
    };
    let mut effects = vec![
        effect(
            "balrog-rule",
            "firefox-release",
            rule("Firefox-91.0-build1"),
        ),
        effect(
            "balrog-scheduled",
            "firefox-release",
            rule("Firefox-92.0-build1"),
        ),
    ];
    for version in ["91.0", "92.0"] {
        let name = format!("Firefox-{version}-build1");
        let platform = json!({"OS_FTP": "linux-x86_64", "OS_BOUNCER": "linux64"});
        let locale = json!({"buildID": "20210902", "completes": [{"from": "*", "filesize": 1, "hashValue": "ab"}]});
        effects.extend([
            effect(
                "balrog-release",
                &name,
                json!({"product": "Firefox", "read_only": false, "blob": {
                "name": name, "schema_version": 9, "hashFunction": "sha512", "appVersion": version,
                "platforms": {"Linux_x86_64-gcc3": platform}}}),
            ),
            effect(
                "balrog-release-urls",
                &format!("{name} *"),
                json!({"completes": {
                "*": "https://download.mozilla.org/?product=f&lang=%LOCALE%"}}),
            ),
            effect(
                "balrog-release-locale",
                &format!("{name} Linux_x86_64-gcc3 de"),
                locale,
            ),
        ]);
    }
    let merged = state(effects);
    assert_eq!([999, 1000].map(|now| changes_made(&merged, now)), [0, 1]);
    let ask = |target: &str, now| {
        let (path, raw_query) = target.split_once('?').unwrap();
        let request = Request {
            method: "GET",
            path,
            raw_path: path,
            raw_query,
            ..Request::default()
        };
        answer(&merged, &world(&merged, now), request)
    };
    let target = "/update/3/Firefox/90.0/20210801/Linux_x86_64-gcc3/de/release/Linux%205/default/default/update.xml?force=1";
    for (now, version) in [(999, "91.0"), (1000, "92.0")] {
        let response = ask(target, now);
        assert_eq!(response.status, 200);
        assert_eq!(header(&response, "rule-id"), Some("145"));
        assert_eq!(
            header(&response, "content-type"),
            Some("text/xml; charset=utf-8")
        );
        let body = text(&response);
        assert!(
            body.contains(&format!("appVersion=\"{version}\"")),
            "{body}"
        );
        assert!(
            body.contains("URL=\"https://download.mozilla.org/?product=f&amp;lang=de\""),
            "{body}"
        );
    }
    let missing = ask(&target.replace("/de/", "/fr/"), 0);
    assert_eq!(
        (missing.status, text(&missing)),
        (400, "No such locale 'fr' in platform 'Linux_x86_64-gcc3'")
    );
    let front = get(&merged, "/", &[]);
    assert!(text(&front).contains("/update/"), "{front:?}");
}
