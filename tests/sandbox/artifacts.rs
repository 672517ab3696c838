//! Artifacts: storage types, access, and immutability.

use serde_json::{Value, json};

use super::bench::{Answer, Bench, slug};

async fn running(bench: &Bench) -> String {
    let id = slug();
    bench.create(&id, &bench.task()).await.expect(200);
    bench.sandbox.state().claim(&id).unwrap();
    id
}

async fn announce(bench: &Bench, id: &str, name: &str, fields: Value) -> Answer {
    let mut body = json!({"expires": bench.at(3600)});
    for (field, value) in fields.as_object().unwrap() {
        body[field] = value.clone();
    }
    let path = format!("/api/queue/v1/task/{id}/runs/0/artifacts/{name}");
    bench.root("POST", &path, Some(&body)).await
}

async fn get(bench: &Bench, path: &str) -> Answer {
    bench
        .send("GET", &format!("/api/queue/v1/task/{path}"), None, None)
        .await
}

fn s3() -> Value {
    json!({"storageType": "s3", "contentType": "text/plain", "contentLength": 5})
}

#[tokio::test]
async fn a_file_is_uploaded_and_downloaded() {
    let bench = Bench::new().await;
    let id = running(&bench).await;
    let announced = announce(&bench, &id, "public/a%20b.txt", s3())
        .await
        .expect(200);
    let url = announced["putUrl"].as_str().unwrap();
    let put = |url: &str, kind: &str| {
        bench
            .http()
            .put(url)
            .header("Content-Type", kind)
            .body("hello")
    };
    assert_eq!(bench.finish(put(url, "text/html")).await.status, 400);
    assert_eq!(
        bench
            .finish(put(&url.replace("write=", "write=x"), "text/plain"))
            .await
            .status,
        403
    );
    assert_eq!(bench.finish(put(url, "text/plain")).await.status, 200);
    for path in [
        format!("{id}/runs/0/artifacts/public/a%20b.txt"),
        format!("{id}/artifacts/public%2Fa%20b.txt"),
    ] {
        let answer = get(&bench, &path).await;
        assert_eq!(answer.status, 303);
        assert_eq!(answer.storage.as_deref(), Some("s3"));
        assert_eq!(answer.body["url"].as_str(), answer.location.as_deref());
        let content = bench
            .finish(bench.http().get(answer.location.unwrap()))
            .await;
        assert_eq!((content.status, content.body), (200, json!("hello")));
    }
    for path in [format!("{id}/artifacts"), format!("{id}/runs/0/artifacts")] {
        let listed = get(&bench, &path).await.expect(200);
        assert_eq!(
            listed["artifacts"],
            json!([{
                "storageType": "s3", "name": "public/a b.txt", "expires": bench.at(3600),
                "contentType": "text/plain", "contentLength": 5,
            }])
        );
    }
    for kind in ["artifact-info", "runs/0/artifact-info"] {
        let info = get(&bench, &format!("{id}/{kind}/public/a b.txt"))
            .await
            .expect(200);
        assert_eq!(info["name"], "public/a b.txt");
    }
    for kind in ["artifact-content", "runs/0/artifact-content"] {
        let content = get(&bench, &format!("{id}/{kind}/public/a b.txt"))
            .await
            .expect(200);
        assert_eq!(content["storageType"], "s3");
    }
    get(&bench, &format!("{id}/artifacts/public/none"))
        .await
        .refused(404, "ResourceNotFound", "");
    get(&bench, &format!("{id}/runs/3/artifacts"))
        .await
        .refused(404, "ResourceNotFound", "no run");
    get(&bench, &format!("{}/artifacts", slug())).await.refused(
        404,
        "ResourceNotFound",
        "Task not found",
    );
}

#[tokio::test]
async fn private_files_need_a_scope() {
    let bench = Bench::new().await;
    let id = running(&bench).await;
    let state = bench.sandbox.state();
    state
        .put_artifact(&id, None, "private/a.txt", "text/plain", "secret")
        .unwrap();
    let path = format!("{id}/artifacts/private/a.txt");
    get(&bench, &path).await.refused(
        403,
        "InsufficientScopes",
        "queue:get-artifact:private/a.txt",
    );
    let answer = bench
        .root("GET", &format!("/api/queue/v1/task/{path}"), None)
        .await;
    assert_eq!(answer.status, 303);
    let url = answer.location.unwrap();
    assert_eq!(
        bench.finish(bench.http().get(&url)).await.body,
        json!("secret")
    );
    let unsigned = url.split('?').next().unwrap();
    assert_eq!(bench.finish(bench.http().get(unsigned)).await.status, 403);
}

#[tokio::test]
async fn links_references_and_errors_are_followed() {
    let bench = Bench::new().await;
    let id = running(&bench).await;
    bench
        .sandbox
        .state()
        .put_artifact(&id, None, "public/file", "text/plain", "x")
        .unwrap();
    bench
        .sandbox
        .state()
        .put_artifact(&id, None, "private/file", "text/plain", "x")
        .unwrap();
    let link = |target: &str| json!({"storageType": "link", "artifact": target});
    for (name, fields) in [
        ("public/link", link("public/file")),
        ("public/beyond", link("private/file")),
        ("public/one", link("public/two")),
        ("public/two", link("public/one")),
        ("public/nowhere", link("public/none")),
        (
            "public/away",
            json!({"storageType": "reference", "url": "https://example.com/x", "contentType": "text/plain"}),
        ),
        (
            "public/broken",
            json!({"storageType": "error", "reason": "file-missing-on-worker", "message": "gone"}),
        ),
    ] {
        let answer = announce(&bench, &id, name, fields.clone())
            .await
            .expect(200);
        assert_eq!(answer["storageType"], fields["storageType"]);
    }
    let read = async |name: &str| get(&bench, &format!("{id}/artifacts/{name}")).await;
    let linked = read("public/link").await;
    assert_eq!(
        (linked.status, linked.storage.as_deref()),
        (303, Some("s3"))
    );
    read("public/beyond").await.refused(
        403,
        "InsufficientScopes",
        "queue:get-artifact:private/file",
    );
    read("public/one")
        .await
        .refused(400, "InputError", "link cycle");
    read("public/nowhere")
        .await
        .refused(404, "ResourceNotFound", "");
    let away = read("public/away").await;
    assert_eq!(away.location.as_deref(), Some("https://example.com/x"));
    let broken = read("public/broken").await;
    assert_eq!(broken.status, 424);
    assert_eq!(broken.storage.as_deref(), Some("error"));
    assert_eq!(
        broken.body,
        json!({"reason": "file-missing-on-worker", "message": "gone"})
    );
    let content = get(&bench, &format!("{id}/artifact-content/public/broken"))
        .await
        .expect(200);
    assert_eq!(content["reason"], "file-missing-on-worker");
    let other = json!({"storageType": "reference", "url": "https://example.com/y", "contentType": "text/plain"});
    announce(&bench, &id, "public/away", other)
        .await
        .expect(200);
    let answer = announce(&bench, &id, "public/bad", json!({"storageType": "other"})).await;
    answer.refused(400, "InputValidationError", "oneOf");
}

#[tokio::test]
async fn objects_exist_after_their_upload_is_finished() {
    let bench = Bench::new().await;
    let id = running(&bench).await;
    let fields = json!({"storageType": "object", "contentType": "text/plain"});
    let announced = announce(&bench, &id, "public/o.txt", fields)
        .await
        .expect(200);
    let path = format!("{id}/artifacts/public/o.txt");
    get(&bench, &path)
        .await
        .refused(404, "ResourceNotFound", "");
    let finish = format!("/api/queue/v1/task/{id}/runs/0/artifacts/public/o.txt");
    let upload = json!({"uploadId": announced["uploadId"]});
    let answer = bench.root("PUT", &finish, Some(&upload)).await;
    answer.refused(
        400,
        "InputError",
        "Object storing artifact data does not exist",
    );
    let text = |name: &str| announced["credentials"][name].as_str().unwrap().to_owned();
    let uploader = snowman::sandbox::Credentials {
        client_id: text("clientId"),
        access_token: text("accessToken"),
        certificate: Some(text("certificate")),
    };
    let object = format!(
        "/api/object/v1/upload/{}",
        announced["name"].as_str().unwrap()
    );
    let body = json!({
        "uploadId": announced["uploadId"], "projectId": announced["projectId"],
        "expires": announced["expires"], "hashes": {},
        "proposedUploadMethods": {"dataInline": {"contentType": "text/plain", "objectData": "aGVsbG8="}},
    });
    let inline = bench
        .signed(&uploader, "PUT", &object, Some(&body))
        .await
        .expect(200);
    assert_eq!(inline["uploadMethod"], json!({"dataInline": true}));
    let wrong = json!({"uploadId": slug()});
    bench
        .root("PUT", &finish, Some(&wrong))
        .await
        .refused(400, "InputError", "does not match");
    for _ in 0..2 {
        bench.root("PUT", &finish, Some(&upload)).await.expect(204);
    }
    let answer = get(&bench, &path).await;
    assert_eq!(answer.storage.as_deref(), Some("object"));
    let content = bench
        .finish(bench.http().get(answer.location.unwrap()))
        .await;
    assert_eq!(content.body, json!("hello"));
    let finished = object.replace("/upload/", "/finish-upload/");
    let body = json!({"uploadId": announced["uploadId"], "projectId": announced["projectId"], "hashes": {}});
    bench
        .signed(&uploader, "POST", &finished, Some(&body))
        .await
        .expect(200);
    // Clients refuse a download without a hash.
    let object = object.replace("/upload/", "/start-download/");
    let body = json!({"acceptDownloadMethods": {"getUrl": true}});
    let started = bench.root("PUT", &object, Some(&body)).await.expect(200);
    assert_eq!(
        started["hashes"]["sha256"],
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    );
    assert!(started["hashes"]["sha512"].is_string(), "{started}");
}

#[tokio::test]
async fn artifacts_cannot_be_changed() {
    let bench = Bench::new().await;
    let id = running(&bench).await;
    let name = "public/a.txt";
    for _ in 0..2 {
        announce(&bench, &id, name, s3()).await.expect(200);
    }
    let longer =
        json!({"storageType": "s3", "contentType": "text/plain", "expires": bench.at(7200)});
    announce(&bench, &id, name, longer).await.expect(200);
    for fields in [
        json!({"storageType": "s3", "contentType": "text/html", "expires": bench.at(7200)}),
        json!({"storageType": "s3", "contentType": "text/plain"}),
        json!({"storageType": "error", "reason": "file-missing-on-worker", "message": "m"}),
    ] {
        let answer = announce(&bench, &id, name, fields).await;
        answer.refused(
            409,
            "RequestConflict",
            "Artifact already exists with different properties",
        );
    }
    let long =
        json!({"storageType": "s3", "contentType": "a/b", "expires": bench.at(400 * 24 * 3600)});
    announce(&bench, &id, "public/b", long).await.refused(
        400,
        "InputError",
        "after the task expiration",
    );
    let past = json!({"storageType": "s3", "contentType": "a/b", "expires": bench.at(-3600)});
    announce(&bench, &id, "public/b", past).await.refused(
        400,
        "InputError",
        "must be in the future",
    );
    bench.sandbox.state().report_completed(&id).unwrap();
    announce(&bench, &id, "public/c", s3()).await.refused(
        409,
        "RequestConflict",
        "after it is resolved",
    );
    let waiting = slug();
    bench.create(&waiting, &bench.task()).await.expect(200);
    announce(&bench, &waiting, "public/c", s3())
        .await
        .refused(400, "InputError", "not claimed");
}

#[tokio::test]
async fn artifact_names_cannot_escape_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::with(Some(folder.path().join("state")), Default::default()).await;
    let id = running(&bench).await;
    let state = bench.sandbox.state();
    for name in [
        "public/../../../../escape",
        "/etc/escape",
        "..",
        "public/\\..\\escape",
    ] {
        state
            .put_artifact(&id, None, name, "text/plain", name.to_owned())
            .unwrap();
        assert_eq!(
            state.artifact(&id, None, name).unwrap().bytes,
            name.as_bytes()
        );
    }
    assert!(
        state
            .put_artifact(&id, None, "a\nb", "text/plain", "x")
            .is_err()
    );
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["state"]);
}
