//! Callers: signatures, temporary credentials, authorized scopes, roles, and the order of checks.

use std::time::Duration;

use serde_json::{Value, json};
use snowman::sandbox::Credentials;

use super::bench::{Bench, slug};

fn client(name: &str) -> Credentials {
    Credentials {
        client_id: name.to_owned(),
        access_token: "a-token-of-some-length".to_owned(),
        certificate: None,
    }
}

fn converted(credentials: taskcluster::Credentials) -> Credentials {
    Credentials {
        client_id: credentials.client_id,
        access_token: credentials.access_token,
        certificate: credentials.certificate,
    }
}

const CURRENT: &str = "/api/auth/v1/scopes/current";

#[tokio::test]
async fn invalid_signatures_are_refused() {
    let bench = Bench::new().await;
    let root = bench.sandbox.root_credentials();
    let path = format!("/api/queue/v1/task/{}", slug());
    let task = bench.task();
    let answer = bench.send("PUT", &path, Some(&task), None).await;
    answer.refused(
        403,
        "InsufficientScopes",
        "requires Taskcluster credentials",
    );
    let stale = bench.header(&root, "PUT", &path, -16 * 60, None);
    let answer = bench.send("PUT", &path, Some(&task), Some(&stale)).await;
    answer.refused(401, "AuthenticationFailed", "Stale timestamp");
    let close = bench.header(&root, "PUT", &path, 14 * 60, None);
    bench
        .send("PUT", &path, Some(&task), Some(&close))
        .await
        .expect(200);
    let wrong = Credentials {
        access_token: "wrong".to_owned(),
        ..root.clone()
    };
    let answer = bench.signed(&wrong, "PUT", &path, Some(&task)).await;
    answer.refused(401, "AuthenticationFailed", "Bad mac");
    let unknown = Credentials {
        client_id: "nobody".to_owned(),
        ..root.clone()
    };
    let answer = bench.signed(&unknown, "PUT", &path, Some(&task)).await;
    answer.refused(
        401,
        "AuthenticationFailed",
        "Client with clientId 'nobody' not found",
    );
    let invalid = bench.task_with(json!({"priority": "normal"}));
    for header in [None, Some(stale.as_str())] {
        let answer = bench.send("PUT", &path, Some(&invalid), header).await;
        answer.refused(400, "InputValidationError", "allowed values");
    }
}

#[tokio::test]
async fn a_signature_covers_the_query() {
    let bench = Bench::new().await;
    let root = bench.sandbox.root_credentials();
    let id = slug();
    bench.create(&id, &bench.task()).await.expect(200);
    let path = format!("/api/queue/v1/task-group/{id}/list");
    let header = bench.header(&root, "GET", &path, 0, None);
    let answer = bench
        .send("GET", &format!("{path}?limit=1"), None, Some(&header))
        .await;
    answer.refused(401, "AuthenticationFailed", "Bad mac");
    bench
        .root("GET", &format!("{path}?limit=1"), None)
        .await
        .expect(200);
}

#[tokio::test]
async fn missing_scopes_are_listed() {
    let bench = Bench::new().await;
    let own = client("tester");
    let have = [
        "queue:create-task:low:gecko-1/*",
        "queue:scheduler-id:gecko-level-1",
        "queue:create-task:project:none",
        "secrets:get:mine",
        "queue:route:index.mine.*",
    ];
    bench.sandbox.add_client("tester", &own.access_token, &have);
    let create = async |fields: Value| {
        let path = format!("/api/queue/v1/task/{}", slug());
        bench
            .signed(&own, "PUT", &path, Some(&bench.task_with(fields)))
            .await
    };
    create(json!({})).await.expect(200);
    create(json!({"priority": "low"})).await.expect(200);
    create(json!({"routes": ["index.mine.a"], "scopes": ["secrets:get:mine"]}))
        .await
        .expect(200);
    for (fields, missing) in [
        (
            json!({"priority": "medium"}),
            "queue:create-task:medium:gecko-1/b-linux",
        ),
        (
            json!({"routes": ["index.other"]}),
            "queue:route:index.other",
        ),
        (
            json!({"scopes": ["secrets:get:other"]}),
            "secrets:get:other",
        ),
        (json!({"schedulerId": "other"}), "queue:scheduler-id:other"),
        (
            json!({"projectId": "other"}),
            "queue:create-task:project:other",
        ),
        (
            json!({"taskQueueId": "gecko-3/b-linux"}),
            "queue:create-task:lowest:gecko-3/b-linux",
        ),
    ] {
        let answer = create(fields).await;
        assert!(
            answer
                .message()
                .contains("Client ID tester does not have sufficient scopes")
        );
        answer.refused(403, "InsufficientScopes", missing);
    }
}

#[tokio::test]
async fn changes_require_scopes() {
    let bench = Bench::new().await;
    let id = slug();
    bench.create(&id, &bench.task()).await.expect(200);
    let own = client("tester");
    for (method, scope) in [
        (
            "cancel",
            format!("queue:cancel-task:gecko-level-1/{id}/{id}"),
        ),
        ("rerun", "queue:rerun-task-in-project:none".to_owned()),
        (
            "schedule",
            format!("queue:schedule-task:gecko-level-1/{id}/*"),
        ),
    ] {
        bench
            .sandbox
            .add_client("tester", &own.access_token, &["other"]);
        let path = format!("/api/queue/v1/task/{id}/{method}");
        let answer = bench.signed(&own, "POST", &path, None).await;
        answer.refused(403, "InsufficientScopes", &format!("queue:{method}-task"));
        bench
            .sandbox
            .add_client("tester", &own.access_token, &[&scope]);
        bench.signed(&own, "POST", &path, None).await.expect(200);
    }
    bench.sandbox.add_client(
        "tester",
        &own.access_token,
        &[
            "queue:cancel-task",
            &format!("assume:scheduler-id:gecko-level-1/{id}"),
        ],
    );
    let path = format!("/api/queue/v1/task/{id}/cancel");
    bench.signed(&own, "POST", &path, None).await.expect(200);
}

#[tokio::test]
async fn temporary_credentials_of_the_official_client_work() {
    let bench = Bench::new().await;
    let own = client("issuer");
    bench.sandbox.add_client(
        "issuer",
        &own.access_token,
        &["queue:*", "auth:create-client:temp/*"],
    );
    let issuer = taskcluster::Credentials::new("issuer", &own.access_token);
    let hour = Duration::from_secs(3600);
    let named = issuer
        .create_named_temp_creds("temp/one", hour, ["queue:get:*"])
        .unwrap();
    let scopes = bench
        .signed(&converted(named.clone()), "GET", CURRENT, None)
        .await
        .expect(200);
    let held = scopes["scopes"].as_array().unwrap();
    assert!(held.contains(&json!("queue:get:*")));
    assert!(!held.contains(&json!("queue:*")));
    let auth = taskcluster::Auth::new(bench.client(&converted(named.clone()))).unwrap();
    assert_eq!(auth.currentScopes().await.unwrap(), scopes);
    let unnamed = issuer.create_temp_creds(hour, ["queue:get:*"]).unwrap();
    bench
        .signed(&converted(unnamed), "GET", CURRENT, None)
        .await
        .expect(200);

    for (name, scopes, part) in [
        (
            "temp/one",
            ["secrets:*"],
            "doesn't satisfy all certificate scopes",
        ),
        (
            "other",
            ["queue:get:*"],
            "doesn't have `auth:create-client:other`",
        ),
    ] {
        let bad = issuer.create_named_temp_creds(name, hour, scopes).unwrap();
        let answer = bench.signed(&converted(bad), "GET", CURRENT, None).await;
        answer.refused(401, "AuthenticationFailed", part);
    }
    let mut forged = converted(named.clone());
    forged.certificate = forged
        .certificate
        .map(|text| text.replace("queue:get:", "queue:"));
    let answer = bench.signed(&forged, "GET", CURRENT, None).await;
    answer.refused(401, "AuthenticationFailed", "signature is not valid");
    bench.wait(3600 + 6 * 60);
    let answer = bench.signed(&converted(named), "GET", CURRENT, None).await;
    answer.refused(401, "AuthenticationFailed", "expiry < now");
}

#[tokio::test]
async fn authorized_scopes_limit_a_call() {
    let bench = Bench::new().await;
    let root = bench.sandbox.root_credentials();
    let current = async |ext: Value| {
        let header = bench.header(&root, "GET", CURRENT, 0, Some(&ext));
        bench.send("GET", CURRENT, None, Some(&header)).await
    };
    let scopes = current(json!({"authorizedScopes": ["a:b"]}))
        .await
        .expect(200);
    assert!(scopes["scopes"].as_array().unwrap().contains(&json!("a:b")));
    assert!(!scopes["scopes"].as_array().unwrap().contains(&json!("*")));
    let own = client("tester");
    bench
        .sandbox
        .add_client("tester", &own.access_token, &["a:*"]);
    let header = bench.header(
        &own,
        "GET",
        CURRENT,
        0,
        Some(&json!({"authorizedScopes": ["b:c"]})),
    );
    let answer = bench.send("GET", CURRENT, None, Some(&header)).await;
    answer.refused(
        401,
        "AuthenticationFailed",
        "do not satisfy authorizedScopes",
    );
}

#[tokio::test]
async fn roles_are_expanded() {
    let bench = Bench::new().await;
    bench
        .sandbox
        .add_role("project:a:*", &["queue:route:a.<..>", "assume:common"]);
    bench.sandbox.add_role("common", &["common:scope"]);
    let body = json!({"scopes": ["assume:project:a:b"]});
    let expanded = bench
        .send("POST", "/api/auth/v1/scopes/expand", Some(&body), None)
        .await
        .expect(200);
    let expected = [
        "assume:common",
        "assume:project:a:b",
        "common:scope",
        "queue:route:a.b",
    ];
    assert_eq!(expanded["scopes"], json!(expected));
    let role = bench
        .root("GET", "/api/auth/v1/roles/common", None)
        .await
        .expect(200);
    assert_eq!(role["scopes"], json!(["common:scope"]));
    bench
        .sandbox
        .add_role("anonymous", &["queue:get-artifact:public/*"]);
    let answer = bench.send("GET", CURRENT, None, None).await;
    answer.refused(403, "InsufficientScopes", "auth:current-scopes");
}

#[tokio::test]
async fn a_signed_url_needs_no_header() {
    let bench = Bench::new().await;
    let id = slug();
    bench.create(&id, &bench.task()).await.expect(200);
    bench.sandbox.add_role("anonymous", &[]);
    let path = format!("api/queue/v1/task/{id}/status");
    bench
        .send("GET", &format!("/{path}"), None, None)
        .await
        .refused(403, "InsufficientScopes", "");
    let client = bench
        .client(&bench.sandbox.root_credentials())
        .build()
        .unwrap();
    let url = client
        .make_signed_url(&path, None, Duration::from_secs(60))
        .unwrap();
    bench.finish(bench.http().get(&url)).await.expect(200);
    let answer = bench
        .finish(bench.http().get(url.replace("/status", "/dependents")))
        .await;
    answer.refused(401, "AuthenticationFailed", "Bad mac");
    bench.wait(120);
    bench
        .finish(bench.http().get(&url))
        .await
        .refused(401, "AuthenticationFailed", "expired");
}

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let bench = Bench::new().await;
    for path in [
        "/api/queue/v1/nothing",
        "/api/nothing/v1/ping",
        "/nothing",
        "/api/queue/v2/ping",
    ] {
        let answer = bench.send("GET", path, None, None).await;
        let expected = json!({"error": "Not found"});
        assert_eq!((answer.status, &answer.body), (404, &expected), "{path}");
    }
    for service in ["queue", "index", "auth"] {
        let path = format!("/api/{service}/v1/ping");
        let pong = bench.send("GET", &path, None, None).await.expect(200);
        assert_eq!(pong["alive"], json!(true));
        // In seconds since the start, not since 1970.
        let uptime = pong["uptime"].as_f64().unwrap();
        assert!((0.0..3600.0).contains(&uptime), "{uptime}");
        bench
            .send("GET", &format!("/api/{service}/v1/__version__"), None, None)
            .await
            .expect(200);
    }
    bench
        .send("GET", "/__version__", None, None)
        .await
        .expect(200);
    let path = format!("/api/queue/v1/task/{}/status?nothing=1", slug());
    bench.send("GET", &path, None, None).await.refused(
        400,
        "InvalidRequestArguments",
        "not supported",
    );
}
