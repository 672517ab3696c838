//! Services beside the queue and the index: roles, secrets, workers, objects, signatures; and what browsers are told.

use serde_json::{Value, json};
use snowman::sandbox::Credentials;

use super::bench::{Bench, slug};

const ROLES: &str = "/api/auth/v1/roles/";

fn limited(bench: &Bench, scopes: &[&str]) -> Credentials {
    let name = "limited";
    bench
        .sandbox
        .add_client(name, "a-token-of-some-length", scopes);
    Credentials {
        client_id: name.to_owned(),
        access_token: "a-token-of-some-length".to_owned(),
        certificate: None,
    }
}

fn role(scopes: &[&str], description: &str) -> Value {
    json!({"scopes": scopes, "description": description})
}

#[tokio::test]
async fn roles_are_created_updated_and_removed() {
    let bench = Bench::new().await;
    let path = format!("{ROLES}builder");
    let first = role(&["queue:b", "queue:a"], "Builds");
    let created = bench.root("PUT", &path, Some(&first)).await.expect(200);
    assert_eq!(created["scopes"], json!(["queue:a", "queue:b"]));
    assert_eq!(created["created"], bench.at(0));
    // The same again is no conflict, and anything else is.
    bench.root("PUT", &path, Some(&first)).await.expect(200);
    for other in [
        role(&["queue:a"], "Builds"),
        role(&["queue:a", "queue:b"], "Other"),
    ] {
        let answer = bench.root("PUT", &path, Some(&other)).await;
        answer.refused(409, "RequestConflict", "'builder' already exists");
    }
    bench.wait(60);
    let other = role(&["queue:c"], "Builds again");
    let updated = bench.root("POST", &path, Some(&other)).await.expect(200);
    assert_eq!(updated["scopes"], json!(["queue:c"]));
    assert_ne!(updated["lastModified"], updated["created"]);
    let expand = json!({"scopes": ["assume:builder"]});
    let expanded = async || {
        let path = "/api/auth/v1/scopes/expand";
        bench.root("POST", path, Some(&expand)).await.expect(200)["scopes"].clone()
    };
    assert_eq!(expanded().await, json!(["assume:builder", "queue:c"]));
    for _ in 0..2 {
        bench.root("DELETE", &path, None).await.expect(200);
    }
    assert_eq!(expanded().await, json!(["assume:builder"]));
    let answer = bench.root("POST", &path, Some(&other)).await;
    answer.refused(404, "ResourceNotFound", "'builder' not found");
}

#[tokio::test]
async fn roles_never_grant_more_than_their_makers_have() {
    let bench = Bench::new().await;
    let held = ["auth:create-role:*", "auth:update-role:*", "queue:a"];
    let maker = limited(&bench, &held);
    let path = format!("{ROLES}mine");
    let answer = bench
        .signed(&maker, "PUT", &path, Some(&role(&["queue:b"], "")))
        .await;
    answer.refused(403, "InsufficientScopes", "queue:b");
    let own = role(&["queue:a"], "");
    bench
        .signed(&maker, "PUT", &path, Some(&own))
        .await
        .expect(200);
    // What a role has already may stay in it.
    let both = role(&["queue:a", "queue:b"], "");
    bench.root("POST", &path, Some(&both)).await.expect(200);
    let less = role(&["queue:b"], "");
    bench
        .signed(&maker, "POST", &path, Some(&less))
        .await
        .expect(200);
    let answer = bench.signed(&maker, "POST", &path, Some(&both)).await;
    assert_eq!(
        answer.status, 200,
        "queue:a is held by the maker: {:?}",
        answer.body
    );
    let more = role(&["queue:b", "queue:d"], "");
    let answer = bench.signed(&maker, "POST", &path, Some(&more)).await;
    answer.refused(403, "InsufficientScopes", "queue:d");
    let answer = bench
        .root("PUT", &format!("{ROLES}all"), Some(&role(&["a**"], "")))
        .await;
    answer.refused(400, "InputError", "must not end with `**`");
    let circle = role(&["assume:grows-and-<..>"], "");
    let answer = bench
        .root("PUT", &format!("{ROLES}grows*"), Some(&circle))
        .await;
    answer.refused(400, "InputError", "dependency cycles");
}

#[tokio::test]
async fn secrets_need_scopes_and_expire() {
    let bench = Bench::new().await;
    let path = "/api/secrets/v1/secret/project/a";
    let secret = json!({"secret": {"key": "value"}, "expires": bench.at(60)});
    bench.root("PUT", path, Some(&secret)).await.expect(200);
    assert_eq!(bench.root("GET", path, None).await.expect(200), secret);
    let answer = bench.send("GET", path, None, None).await;
    answer.refused(403, "InsufficientScopes", "secrets:get:project/a");
    let other = limited(&bench, &["secrets:get:project/b"]);
    let answer = bench.signed(&other, "GET", path, None).await;
    answer.refused(403, "InsufficientScopes", "secrets:get:project/a");
    let list = bench.root("GET", "/api/secrets/v1/secrets", None).await;
    assert_eq!(list.expect(200), json!({"secrets": ["project/a"]}));
    bench.wait(61);
    let answer = bench.root("GET", path, None).await;
    answer.refused(404, "ResourceNotFound", "Secret not found");
    let list = bench.root("GET", "/api/secrets/v1/secrets", None).await;
    assert_eq!(list.expect(200), json!({"secrets": []}));
}

#[tokio::test]
async fn a_worker_in_quarantine_gets_no_work() {
    let bench = Bench::new().await;
    let id = slug();
    bench.create(&id, &bench.task()).await.expect(200);
    let claim = json!({"workerGroup": "g", "workerId": "w"});
    let work = "/api/queue/v1/claim-work/gecko-1/b-linux";
    let worker = "/api/queue/v1/provisioners/gecko-1/worker-types/b-linux/workers/g/w";
    let until = json!({"quarantineUntil": bench.at(600)});
    let answer = bench.root("PUT", worker, Some(&until)).await;
    answer.refused(404, "ResourceNotFound", "Worker with workerId `w`");
    // The queue knows a worker as soon as it has asked for work.
    let other = "/api/queue/v1/claim-work/gecko-1/b-linux-other";
    bench.root("POST", other, Some(&claim)).await.expect(200);
    let first = json!({"workerGroup": "g", "workerId": "first"});
    let claimed = bench.root("POST", work, Some(&first)).await.expect(200);
    assert_eq!(claimed["tasks"][0]["status"]["taskId"], json!(id));
    let claimed = bench.root("POST", work, Some(&claim)).await.expect(200);
    assert_eq!(claimed["tasks"], json!([]));
    bench.root("PUT", worker, Some(&until)).await.expect(200);
    bench.create(&slug(), &bench.task()).await.expect(200);
    let claimed = bench.root("POST", work, Some(&claim)).await.expect(200);
    assert_eq!(claimed["tasks"], json!([]));
    let list = "/api/queue/v1/provisioners/gecko-1/worker-types/b-linux/workers";
    for (query, expected) in [("", 2), ("?quarantined=true", 1), ("?quarantined=false", 1)] {
        let found = bench
            .root("GET", &format!("{list}{query}"), None)
            .await
            .expect(200);
        assert_eq!(
            found["workers"].as_array().unwrap().len(),
            expected,
            "{query}"
        );
    }
    bench.wait(601);
    let claimed = bench.root("POST", work, Some(&claim)).await.expect(200);
    assert_eq!(claimed["tasks"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn any_object_can_be_uploaded_and_its_hashes_count() {
    let bench = Bench::new().await;
    let at = |method: &str| format!("/api/object/v1/{method}/some/where.txt");
    let upload_id = slug();
    let body = json!({
        "projectId": "p", "uploadId": upload_id, "expires": bench.at(3600),
        "proposedUploadMethods": {"putUrl": {"contentType": "text/plain", "contentLength": 5}},
    });
    let created = bench
        .root("PUT", &at("upload"), Some(&body))
        .await
        .expect(200);
    bench
        .root("PUT", &at("upload"), Some(&body))
        .await
        .expect(200);
    let mut other = body.clone();
    other["uploadId"] = json!(slug());
    let answer = bench.root("PUT", &at("upload"), Some(&other)).await;
    answer.refused(409, "RequestConflict", "already exists");
    let finish =
        |hash: &str| json!({"projectId": "p", "uploadId": upload_id, "hashes": {"sha256": hash}});
    let answer = bench
        .root("POST", &at("finish-upload"), Some(&finish("aa")))
        .await;
    answer.refused(400, "InputError", "no content");
    let url = created["uploadMethod"]["putUrl"]["url"].as_str().unwrap();
    let put = bench
        .http()
        .put(url)
        .header("Content-Type", "text/plain")
        .body("hello");
    assert_eq!(bench.finish(put).await.status, 200);
    bench
        .root("GET", &at("download"), None)
        .await
        .refused(404, "ResourceNotFound", "where.txt");
    for _ in 0..2 {
        bench
            .root("POST", &at("finish-upload"), Some(&finish("aa")))
            .await
            .expect(200);
    }
    let answer = bench
        .root("POST", &at("finish-upload"), Some(&finish("bb")))
        .await;
    answer.refused(
        409,
        "RequestConflict",
        "different hash for algorithm sha256",
    );
    let about = bench.root("GET", &at("metadata"), None).await.expect(200);
    assert_eq!(
        (&about["projectId"], &about["hashes"]),
        (&json!("p"), &json!({"sha256": "aa"}))
    );
    let answer = bench.root("GET", &at("download"), None).await;
    assert_eq!(answer.status, 303);
    let signed = answer.location.unwrap();
    let content = bench.finish(bench.http().get(&signed)).await;
    assert_eq!(content.body, json!("hello"));
    // Nobody reads it without a scope or a signed URL.
    let bare = signed.split('?').next().unwrap();
    assert_eq!(bench.finish(bench.http().get(bare)).await.status, 403);
    bench
        .send("GET", &at("download"), None, None)
        .await
        .refused(403, "InsufficientScopes", "object:download:");
}

#[tokio::test]
async fn signatures_are_checked_for_other_services() {
    let bench = Bench::new().await;
    let path = "/api/auth/v1/authenticate-hawk";
    let root = bench.sandbox.root_credentials();
    let url = reqwest::Url::parse(&bench.sandbox.root_url()).unwrap();
    let mut request = json!({
        "method": "get", "resource": "/x", "host": url.host_str().unwrap(), "port": url.port().unwrap(),
    });
    let answer = bench
        .send("POST", path, Some(&request), None)
        .await
        .expect(200);
    assert_eq!(
        (&answer["status"], &answer["scheme"]),
        (&json!("no-auth"), &json!("none"))
    );
    request["authorization"] = json!(bench.header(&root, "GET", "/x", 0, None));
    let answer = bench
        .send("POST", path, Some(&request), None)
        .await
        .expect(200);
    assert_eq!(answer["status"], "auth-success", "{answer}");
    assert_eq!(
        (&answer["clientId"], &answer["scopes"]),
        (&json!("root"), &json!(["*"]))
    );
    request["resource"] = json!("/y");
    let answer = bench
        .send("POST", path, Some(&request), None)
        .await
        .expect(200);
    assert_eq!(answer["status"], "auth-failed", "{answer}");
}

async fn headers(
    bench: &Bench,
    method: &str,
    path: &str,
    origin: &str,
) -> (u16, reqwest::header::HeaderMap) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let url = format!("{}{path}", bench.sandbox.root_url());
    let request = bench.http().request(method, url).header("Origin", origin);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.headers().clone())
}

#[tokio::test]
async fn pages_of_this_machine_may_use_the_api_and_others_may_not() {
    let bench = Bench::new().await;
    let path = "/api/queue/v1/ping";
    for (origin, allowed) in [
        ("http://localhost:5000", true),
        ("https://127.0.0.1", true),
        ("http://[::1]:80", true),
        ("https://example.com", false),
        ("http://localhost.example.com", false),
        ("http://127.0.0.1.example.com:80", false),
        ("null", false),
    ] {
        for method in ["GET", "OPTIONS"] {
            let (status, headers) = headers(&bench, method, path, origin).await;
            assert_eq!(status, 200, "{method}");
            let found = headers.get("access-control-allow-origin");
            let expected = allowed.then_some(origin);
            assert_eq!(
                found.map(|value| value.to_str().unwrap()),
                expected,
                "{method} {origin}"
            );
            assert!(headers.contains_key("x-for-request-id"), "{method}");
        }
    }
    // A task's proxy needs no signature, and a browser would send this without asking.
    let id = slug();
    let state = bench.sandbox.state();
    let scopes = json!({"scopes": ["queue:cancel-task:*"]});
    state.create_task(&id, &bench.task_with(scopes)).unwrap();
    state.claim(&id).unwrap();
    let cancel = format!("/proxy/{id}/queue/v1/task/{id}/cancel");
    for (origin, expected) in [
        ("https://example.com", 403),
        ("null", 403),
        ("http://localhost", 200),
    ] {
        let (status, _) = headers(&bench, "POST", &cancel, origin).await;
        assert_eq!(status, expected, "{origin}");
    }
    let (status, _) = headers(
        &bench,
        "OPTIONS",
        "/api/queue/v1/nothing",
        "http://localhost",
    )
    .await;
    assert_eq!(status, 404);
    let answer = bench.send("GET", "/api/queue/v1/nothing", None, None).await;
    assert_eq!(answer.body, json!({"error": "Not found"}));
    let queue = bench
        .send("GET", "/api/queue/v1/task-queues/a/b", None, None)
        .await;
    assert_eq!(queue.body, json!({"error": "Not found"}));
}
