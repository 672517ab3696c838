//! What a decision task publishes is what its payload says.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use snowman::ports::clock::{Clock, SystemClock};
use snowman::sandbox::{Options, Sandbox, WorkerOptions};
use taskcluster::{ClientBuilder, Credentials, Queue};

use super::edits::{BOTH, PUBLISHED, TEMPLATE, broken, pushed, replace, shell_project};

/// A sandbox over what a rehearsal kept.
async fn stored_sandbox(folder: &Path) -> (Sandbox, Queue) {
    let sandbox = Sandbox::start(Options {
        address: ([127, 0, 0, 1], 0).into(),
        folder: Some(folder.join("kept")),
        workers: WorkerOptions::default(),
        clock: Arc::new(|| SystemClock.now().moment()),
    })
    .await
    .unwrap();
    let root = sandbox.root_credentials();
    let credentials = Credentials::new(root.client_id, root.access_token);
    let builder = ClientBuilder::new(sandbox.root_url()).credentials(credentials);
    (sandbox, Queue::new(builder).unwrap())
}

#[tokio::test]
async fn artifacts_are_published_as_the_payload_says() {
    let folder = shell_project(BOTH);
    let phase = pushed(folder.path());
    assert_eq!(phase["holds"], true, "{phase:#}");
    assert_eq!(phase["created"], 3);
    assert_eq!(
        phase["command"],
        "taskgraph decision in /builds/worker/checkouts/src"
    );
    let (sandbox, queue) = stored_sandbox(folder.path()).await;
    let id = phase["taskId"].as_str().unwrap();
    let listed = queue.listLatestArtifacts(id, None, None).await.unwrap();
    let task = queue.task(id).await.unwrap();
    let expires = |name: &str| &task["payload"]["artifacts"][name]["expires"];
    let artifact = |name: &str| {
        let all = listed["artifacts"].as_array().unwrap();
        all.iter()
            .find(|one| one["name"] == name)
            .cloned()
            .unwrap_or_default()
    };
    for (name, content_type, entry) in [
        ("public/parameters.yml", "application/yaml", "public"),
        ("public/task-graph.json", "application/json", "public"),
        ("public/actions.json", "application/json", "public"),
        ("public/notes.json", "application/json", "public"),
        (
            "public/docker-contexts/fox.tar.gz",
            "application/gzip",
            "public/docker-contexts",
        ),
    ] {
        let artifact = artifact(name);
        assert_eq!(artifact["storageType"], "s3", "{name}: {listed:#}");
        assert_eq!(artifact["contentType"], content_type, "{name}");
        assert_eq!(&artifact["expires"], expires(entry), "{name}");
    }
    assert_ne!(expires("public"), expires("public/docker-contexts"));
    // What is not packed already is packed on the way, and comes out whole.
    let encoding = |name: &str| {
        let address = format!("{}/content/{id}/0/{name}", sandbox.root_url());
        async move {
            let client = reqwest::Client::builder().no_gzip().build().unwrap();
            let answer = client.get(address).send().await.unwrap();
            answer
                .headers()
                .get("content-encoding")
                .map(|value| value.to_str().unwrap().to_owned())
        }
    };
    assert_eq!(encoding("public/notes.json").await.as_deref(), Some("gzip"));
    assert_eq!(encoding("public/docker-contexts/fox.tar.gz").await, None);
    let notes = sandbox
        .state()
        .artifact(id, None, "public/notes.json")
        .unwrap();
    assert_eq!(&notes.bytes[..], b"{}\n");
    sandbox.stop().await;
}

#[tokio::test]
async fn one_name_with_two_expiries_is_a_malformed_payload() {
    let twice = BOTH.replace(
        "/builds/worker/checkouts/src/docker-contexts",
        "/builds/worker/contexts",
    );
    let folder = shell_project(
        &(twice + "\n          public/more: {type: directory, path: /builds/worker/artifacts}"),
    );
    let link = "ln -s /builds/worker/artifacts artifacts &&";
    let linked = "ln -s /builds/worker/artifacts artifacts && ln -s ../../artifacts/docker-contexts docker-contexts &&";
    replace(folder.path(), TEMPLATE, link, linked);
    replace(
        folder.path(),
        TEMPLATE,
        "path: /builds/worker/contexts",
        "path: /builds/worker/artifacts/docker-contexts",
    );
    let phase = pushed(folder.path());
    let errors = broken(&phase);
    let [(PUBLISHED, breaches)] = errors.as_slice() else {
        unreachable!("{phase:#}")
    };
    assert_eq!(
        breaches,
        &[
            "public/docker-contexts/fox.tar.gz: published twice with different properties, by `public` and by \
           `public/docker-contexts`; the queue rejects the second (409), and generic-worker resolves the task as malformed-payload"
        ]
    );
    let (sandbox, queue) = stored_sandbox(folder.path()).await;
    let status = queue
        .status(phase["taskId"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(
        status["status"]["runs"][0]["reasonResolved"],
        "malformed-payload"
    );
    sandbox.stop().await;
}

#[test]
fn contexts_that_nothing_publishes_are_found() {
    let folder = shell_project("public: {type: directory, path: /builds/worker/artifacts}");
    let phase = pushed(folder.path());
    let errors = broken(&phase);
    assert_eq!(
        errors,
        [(
            PUBLISHED,
            vec![
                "public/docker-contexts/fox.tar.gz is not published: it is written to \
             /builds/worker/checkouts/src/docker-contexts, which is not among the paths of `payload.artifacts`"
            ]
        )]
    );
}

#[test]
fn generic_worker_publishes_from_the_folder_of_the_task() {
    let folder = shell_project("none");
    let template = folder.path().join(TEMPLATE);
    let text = fs::read_to_string(&template).unwrap();
    let text = text
        .replace("        image: example/decision\n", "")
        .replace("        artifacts:\n          none\n", "        artifacts:\n\
             \x20         - {type: directory, path: checkouts/src/artifacts, name: public}\n\
             \x20         - {type: directory, path: checkouts/src/docker-contexts, name: public/docker-contexts}\n\
             \x20         - {type: file, path: missing.txt, name: public/missing.txt, optional: true}\n")
        .replace("=/builds/worker/checkouts/src", "=checkouts/src")
        .replace("            ln -s /builds/worker/artifacts artifacts &&\n", "")
        .replace("          - run-task\n", "          - - run-task\n");
    // The words of the one command go one level deeper.
    let (before, after) = text.split_once("          - - run-task\n").unwrap();
    let (words, rest) = after.split_once("        artifacts:\n").unwrap();
    let words: String = words.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!("{before}          - - run-task\n{words}        artifacts:\n{rest}");
    fs::write(&template, &text).unwrap();
    let phase = pushed(folder.path());
    assert_eq!(phase["holds"], true, "{phase:#}");
    assert_eq!(
        phase["command"],
        "taskgraph decision in /builds/worker/checkouts/src"
    );
    fs::write(&template, text.replace(", optional: true", "")).unwrap();
    fs::remove_dir_all(folder.path().join("kept")).unwrap();
    let phase = pushed(folder.path());
    let errors = broken(&phase);
    assert!(
        matches!(errors.as_slice(), [(PUBLISHED, breaches)] if breaches[0].contains("generic-worker would fail the task")),
        "{errors:?}"
    );
}
