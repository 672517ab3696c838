//! The Taskcluster client against a server with scripted responses.

#![expect(
    clippy::unwrap_used,
    reason = "a test may end where it finds something wrong"
)]

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use snowman::base::name::{IndexPath, TaskId};
use snowman::base::pause::RetryPolicy;
use snowman::base::value::json;
use snowman::ports::environment::Environment;
use snowman::ports::taskcluster::{ApiError, TOO_LARGE, Taskcluster};
use snowman::taskcluster::{Client, Patience};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Answers to one request line each; the last one is given again and again.
#[derive(Default)]
struct Script {
    answers: BTreeMap<String, VecDeque<Vec<u8>>>,
    /// The requests, each with its headers and its body.
    requests: Vec<(String, String, String)>,
}

struct Server {
    script: Arc<Mutex<Script>>,
    url: String,
}

/// An answer with a body.
fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn json(body: &str) -> Vec<u8> {
    answer(
        "200 OK",
        "Content-Type: application/json\r\n",
        body.as_bytes(),
    )
}

/// An answer that ends before its body does.
fn broken(body: &str) -> Vec<u8> {
    let mut whole = json(body);
    whole.truncate(whole.len() - body.len() / 2);
    whole
}

fn redirect(to: &str) -> Vec<u8> {
    answer("303 See Other", &format!("Location: {to}\r\n"), b"{}")
}

impl Server {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(Script::default()));
        let shared = Arc::clone(&script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { script, url }
    }

    fn on(&self, request: &str, answers: impl IntoIterator<Item = Vec<u8>>) {
        let mut script = self.script.lock().unwrap();
        script
            .answers
            .insert(request.to_owned(), answers.into_iter().collect());
    }

    fn count(&self, request: &str) -> usize {
        let script = self.script.lock().unwrap();
        script
            .requests
            .iter()
            .filter(|(line, ..)| line == request)
            .count()
    }

    fn requests(&self, request: &str) -> Vec<(String, String)> {
        let script = self.script.lock().unwrap();
        let found = script
            .requests
            .iter()
            .filter(|(line, ..)| line.starts_with(request));
        found
            .map(|(_, headers, body)| (headers.clone(), body.clone()))
            .collect()
    }

    fn client(&self, more: &[(&str, &str)]) -> Client {
        self.patient(more, Duration::from_secs(60))
    }

    /// A client that gives a call up when it has been failing for so long.
    fn patient(&self, more: &[(&str, &str)], budget: Duration) -> Client {
        let root = [("TASKCLUSTER_ROOT_URL", self.url.as_str())];
        let variables = root
            .iter()
            .chain(more)
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        let patience = Patience {
            retry: RetryPolicy {
                first_pause: Duration::from_millis(1),
                longest_pause: Duration::from_millis(2),
                budget,
            },
            create_budget: Duration::ZERO,
            answer: Duration::from_millis(500),
        };
        Client::connect_with(&Environment::new(variables), &patience).unwrap()
    }

    fn signing(&self) -> Client {
        self.client(&[
            ("TASKCLUSTER_CLIENT_ID", "someone"),
            ("TASKCLUSTER_ACCESS_TOKEN", "hidden"),
        ])
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Mutex<Script>>) {
    let mut read = Vec::new();
    let end = loop {
        if let Some(end) = read.windows(4).position(|part| part == b"\r\n\r\n") {
            break end + 4;
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(size) if size > 0 => read.extend(&part[..size]),
            _ => return,
        }
    };
    let head = String::from_utf8(read[..end].to_vec())
        .unwrap()
        .to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse::<usize>().unwrap());
    while read.len() < end + length {
        let mut part = [0; 4096];
        let size = stream.read(&mut part).await.unwrap();
        read.extend(&part[..size]);
    }
    let line = String::from_utf8(read[..end].to_vec()).unwrap();
    let line = line
        .lines()
        .next()
        .unwrap()
        .trim_end_matches(" HTTP/1.1")
        .to_owned();
    let body = String::from_utf8_lossy(&read[end..]).into_owned();
    let answer = {
        let mut script = script.lock().unwrap();
        script.requests.push((line.clone(), head, body));
        let named = line.split("&bewit=").next().unwrap();
        match script.answers.get_mut(named) {
            Some(answers) if answers.len() > 1 => answers.pop_front(),
            Some(answers) => answers.front().cloned(),
            None => Some(answer(
                "404 Not Found",
                "",
                b"{\"message\": \"no such thing\"}",
            )),
        }
    };
    // Nothing to say: the connection is dropped.
    if let Some(answer) = answer.filter(|answer| !answer.is_empty()) {
        stream.write_all(&answer).await.unwrap();
        stream.shutdown().await.ok();
    }
}

fn id() -> TaskId {
    TaskId::parse("fN1SbArXTPSVFUUvaOlinQ").unwrap()
}

const TASK: &str = "GET /api/queue/v1/task/fN1SbArXTPSVFUUvaOlinQ";
const CREATE: &str = "PUT /api/queue/v1/task/fN1SbArXTPSVFUUvaOlinQ";

fn artifact(name: &str) -> String {
    format!("{TASK}/artifacts/{name}")
}

#[tokio::test]
async fn transient_failures_are_retried() {
    let server = Server::new().await;
    let failed = answer("503 Service Unavailable", "", b"");
    server.on(
        TASK,
        [
            failed,
            Vec::new(),
            broken("{\"a\": \"bcdefgh\"}"),
            json("{\"a\": 1}"),
        ],
    );
    let task = server.client(&[]).task(&id()).await;
    assert_eq!(task, Ok(json!({"a": 1})));
    assert_eq!(server.count(TASK), 4);
}

#[tokio::test]
async fn attempts_end() {
    let server = Server::new().await;
    server.on(
        TASK,
        [answer(
            "500 Internal Server Error",
            "",
            b"{\"message\": \"oh\"}",
        )],
    );
    let credentials = [
        ("TASKCLUSTER_CLIENT_ID", "someone"),
        ("TASKCLUSTER_ACCESS_TOKEN", "hidden"),
    ];
    let client = server.patient(&credentials, Duration::from_millis(100));
    let failed = client.task(&id()).await.unwrap_err();
    // No number of tries ends it, but time does.
    assert_eq!(failed.status, Some(500));
    assert!(server.count(TASK) > 4, "{}", server.count(TASK));
    assert!(failed.is_transient());
    assert_eq!(
        failed.to_string(),
        "queue.task(fN1SbArXTPSVFUUvaOlinQ): HTTP 500: Internal Server Error"
    );
    // Whoever creates graphs tries again with longer pauses.
    server.on(CREATE, [Vec::new()]);
    let body = json!({});
    let failed = client.create_task(&id(), &body).await.unwrap_err();
    assert_eq!((failed.status, server.count(CREATE)), (None, 1));
    assert!(!failed.message.contains("http://"), "{failed}");
}

#[tokio::test]
async fn refusals_are_final_and_reported_without_the_request() {
    let server = Server::new().await;
    let text = r#"{"code": "InputError", "message": "It is wrong.\n\n---\n\n* payload: x",
        "requestInfo": {"payload": {"secret": 1}}}"#;
    server.on(CREATE, [answer("400 Bad Request", "", text.as_bytes())]);
    let client = server.signing();
    let body = json!({"a": 1});
    let refused = client.create_task(&id(), &body).await;
    let expected = ApiError {
        call: "queue.createTask(fN1SbArXTPSVFUUvaOlinQ)".to_owned(),
        status: Some(400),
        message: "It is wrong.".to_owned(),
    };
    assert_eq!(refused, Err(expected));
    let requests = server.requests(CREATE);
    assert_eq!(requests.len(), 1);
    assert!(requests[0].0.contains("authorization: hawk id=\"someone\""));
    assert_eq!(requests[0].1, "{\"a\":1}");
    assert!(!requests[0].0.contains("content-encoding"));
    let large = json!({"a": "snow ".repeat(1000)});
    client.create_task(&id(), &large).await.unwrap_err();
    let packed = &server.requests(CREATE)[1];
    assert!(packed.0.contains("content-encoding: gzip"));
    assert!(packed.1.len() < 200, "{}", packed.1.len());
    server.on(TASK, [answer("403 Forbidden", "", b"<html>")]);
    let refused = client.task(&id()).await.unwrap_err();
    assert_eq!(refused.message, "Forbidden");
}

#[tokio::test]
async fn slow_responses_count_as_lost() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Server {
        script: Arc::default(),
        url,
    };
    let failed = server.client(&[]).create_task(&id(), &json!({})).await;
    assert_eq!(failed.unwrap_err().message, "the request timed out");
}

#[tokio::test]
async fn connection_errors_are_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let server = Server {
        script: Arc::default(),
        url,
    };
    let client = server.patient(&[], Duration::from_millis(20));
    let failed = client.task(&id()).await.unwrap_err();
    assert_eq!(failed.status, None);
    assert!(failed.message.contains("onnection refused"), "{failed}");
}

#[tokio::test]
async fn artifacts_that_are_too_large_are_not_read() {
    let server = Server::new().await;
    server.on(&artifact("a"), [redirect("/a")]);
    let client = server.signing();
    // One that says so is not waited for.
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\nshort";
    server.on("GET /a", [head.into()]);
    let task = id();
    let refused = client.artifact_within(&task, "a", 1000).await.unwrap_err();
    assert_eq!(refused.status, Some(TOO_LARGE));
    assert!(
        refused.message.contains("more than 1000 bytes"),
        "{refused}"
    );
    assert_eq!(server.count("GET /a"), 1);
    // One that becomes large when it is unpacked is read no further.
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&[0; 1 << 20]).unwrap();
    let packed = packer.finish().unwrap();
    assert!(packed.len() < 2000);
    server.on(
        "GET /a",
        [answer("200 OK", "Content-Encoding: gzip\r\n", &packed)],
    );
    let refused = client.artifact_within(&task, "a", 2000).await.unwrap_err();
    assert_eq!(refused.status, Some(TOO_LARGE));
    let read = client.artifact_within(&task, "a", 1 << 20).await;
    assert_eq!(read.map(|content| content.len()), Ok(1 << 20));
    // One that ends early is none.
    server.on("GET /a", [broken("{\"a\": \"bcdefgh\"}")]);
    let client = server.patient(
        &[
            ("TASKCLUSTER_CLIENT_ID", "someone"),
            ("TASKCLUSTER_ACCESS_TOKEN", "hidden"),
        ],
        Duration::from_millis(20),
    );
    let lost = client.artifact_within(&task, "a", 1000).await.unwrap_err();
    assert_eq!(lost.status, None);
}

#[tokio::test]
async fn artifacts_are_followed_decompressed_and_retried() {
    let server = Server::new().await;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(b"unpacked").unwrap();
    let packed = packer.finish().unwrap();
    server.on(
        &artifact("public%2Fa%20b"),
        [redirect(&format!("{}/one", server.url))],
    );
    server.on("GET /one", [redirect("/two")]);
    let content = answer("200 OK", "Content-Encoding: gzip\r\n", &packed);
    let lost = content[..content.len() - 3].to_vec();
    server.on(
        "GET /two",
        [answer("500 Oh", "", b""), lost, Vec::new(), content],
    );
    let client = server.signing();
    let found = client.artifact(&id(), "public/a b").await;
    assert_eq!(found, Ok(b"unpacked".to_vec()));
    assert_eq!(server.count("GET /two"), 4);
    // Credentials stay with the services.
    assert!(
        server
            .requests(TASK)
            .iter()
            .all(|(head, _)| head.contains("authorization"))
    );
    for elsewhere in ["GET /one", "GET /two"] {
        assert!(
            server
                .requests(elsewhere)
                .iter()
                .all(|(head, _)| !head.contains("authorization"))
        );
    }

    server.on(&artifact("here"), [answer("200 OK", "", b"content")]);
    assert_eq!(
        client.artifact(&id(), "here").await,
        Ok(b"content".to_vec())
    );
    server.on(&artifact("gone"), [redirect("/gone")]);
    let gone = client.artifact(&id(), "gone").await.unwrap_err();
    assert!(
        gone.is_not_found() && gone.message == "no such thing",
        "{gone}"
    );
    server.on(&artifact("round"), [redirect("/round")]);
    server.on("GET /round", [redirect("/round")]);
    let round = client.artifact(&id(), "round").await.unwrap_err();
    assert!(!round.is_transient(), "{round}");
    server.on(
        &artifact("error"),
        [answer("424 Failed", "", b"{\"message\": \"not there\"}")],
    );
    let error = client.artifact(&id(), "error").await.unwrap_err();
    assert_eq!(
        (error.status, error.message.as_str()),
        (Some(424), "not there")
    );
    let missing = client.artifact(&id(), "none").await.unwrap_err();
    assert!(missing.is_not_found());
}

#[tokio::test]
async fn missing_entries_of_a_page_are_requested_again() {
    let server = Server::new().await;
    const STATUSES: &str = "POST /api/queue/v1/tasks/status";
    let row = |n: &str| format!("{{\"taskId\": \"{n}\", \"status\": {{\"state\": \"{n}\"}}}}");
    let page = |rows: &str, token: &str| json(&format!("{{\"statuses\": [{rows}]{token}}}"));
    let token = ", \"continuationToken\": \"x\"";
    server.on(
        STATUSES,
        [page(&row("a"), token), page(&row("b"), token), page("", "")],
    );
    let ids = ["a", "b", "c", "b"].map(|id| TaskId::parse(id).unwrap());
    let statuses = server.signing().statuses(&ids).await.unwrap();
    assert_eq!(statuses.len(), 2);
    // A state that is not documented is no error.
    let states = statuses.values().map(|status| status.state.name());
    assert_eq!(states.collect::<Vec<_>>(), ["unknown", "unknown"]);
    let requests: Vec<_> = server
        .requests(STATUSES)
        .into_iter()
        .map(|(_, body)| body)
        .collect();
    assert_eq!(
        requests,
        [
            r#"{"taskIds":["a","b","c"]}"#,
            r#"{"taskIds":["b","c"]}"#,
            r#"{"taskIds":["c"]}"#
        ]
    );
    // A page that leads nowhere ends it.
    server.on(STATUSES, [page("", token)]);
    assert_eq!(server.signing().statuses(&ids).await, Ok(BTreeMap::new()));
}

#[tokio::test]
async fn further_pages_have_signed_urls() {
    let server = Server::new().await;
    const LIST: &str = "GET /api/index/v1/tasks/a.b";
    let row = |n: &str, day: &str| {
        format!("{{\"taskId\": \"{n}\", \"expires\": \"2030-01-{day}T00:00:00.000Z\"}}")
    };
    server.on(
        LIST,
        [json(&format!(
            "{{\"tasks\": [{}], \"continuationToken\": \"t/1\"}}",
            row("a", "02")
        ))],
    );
    let second = format!("{LIST}?continuationToken=t%2F1");
    let last = json(&format!("{{\"tasks\": [{}]}}", row("b", "01")));
    server.on(&second, [answer("500 Oh", "", b""), last]);
    let namespace = IndexPath::parse("a.b").unwrap();
    for client in [server.signing(), server.client(&[])] {
        let listed = client.list_index(&namespace).await.unwrap();
        assert_eq!(listed, ["b", "a"].map(|id| TaskId::parse(id).unwrap()));
    }
    let requests = server.requests(&format!("{second}&bewit="));
    assert_eq!(requests.len(), 2);
    assert!(
        requests
            .iter()
            .all(|(head, _)| !head.contains("authorization"))
    );
    assert_eq!(server.count(&second), 1);
}

#[tokio::test]
async fn malformed_responses_are_reported() {
    let server = Server::new().await;
    let group = "GET /api/queue/v1/task-group/fN1SbArXTPSVFUUvaOlinQ/list";
    server.on(group, [json("{\"tasks\": [{\"status\": {}}]}")]);
    let error = server.client(&[]).task_group(&id()).await.unwrap_err();
    assert!(
        error
            .message
            .contains("unexpected response: a task without"),
        "{error}"
    );
}

#[tokio::test]
async fn scopes_are_requested_once() {
    let server = Server::new().await;
    const SCOPES: &str = "GET /api/auth/v1/scopes/current";
    server.on(SCOPES, [json("{\"scopes\": [\"a:*\"]}")]);
    let client = server.client(&[]);
    for _ in 0..2 {
        let scopes = client.current_scopes().await.unwrap();
        assert!(scopes.satisfies("a:b") && !scopes.contains("a:b"));
    }
    assert_eq!(server.count(SCOPES), 1);
}
