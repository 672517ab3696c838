//! A sandbox whose clock only tests move, and requests signed at that clock's time.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration as StdDuration, UNIX_EPOCH};

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use snowman::sandbox::{Credentials, Options, Sandbox, WorkerOptions};

use super::schemas::schemas;

/// Returns a new, valid task id.
pub fn slug() -> String {
    slugid::nice()
}

pub struct Bench {
    pub sandbox: Sandbox,
    start: DateTime<Utc>,
    moved: Arc<AtomicI64>,
    nonce: AtomicU64,
    http: reqwest::Client,
}

/// A response: its status, the relevant headers and the body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub storage: Option<String>,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        self.body
    }

    #[track_caller]
    pub fn refused(self, status: u16, code: &str, part: &str) {
        assert_eq!(self.status, status, "{:#}", self.body);
        assert_eq!(self.code(), code, "{:#}", self.body);
        assert!(
            self.message().contains(part),
            "{:?} is not in {:#}",
            part,
            self.body
        );
        let info = &self.body["requestInfo"];
        for field in ["method", "params", "payload", "time"] {
            assert!(info.get(field).is_some(), "{field} is not in {info:#}");
        }
    }
}

impl Bench {
    pub async fn new() -> Bench {
        Bench::with(None, WorkerOptions::default()).await
    }

    pub async fn with(folder: Option<PathBuf>, workers: WorkerOptions) -> Bench {
        // Clients sign with the system's clock, so the sandbox's clock must be close to it.
        let start = Utc::now();
        let moved = Arc::new(AtomicI64::new(0));
        let hands = Arc::clone(&moved);
        let sandbox = Sandbox::start(Options {
            address: "127.0.0.1:0".parse().unwrap(),
            folder,
            workers,
            clock: Arc::new(move || start + Duration::seconds(hands.load(Ordering::SeqCst))),
        })
        .await
        .unwrap();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Bench {
            sandbox,
            start,
            moved,
            nonce: AtomicU64::new(0),
            http,
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.start + Duration::seconds(self.moved.load(Ordering::SeqCst))
    }

    /// Moves the sandbox's clock forward.
    pub fn wait(&self, seconds: i64) {
        self.moved.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn at(&self, seconds: i64) -> String {
        (self.now() + Duration::seconds(seconds))
            .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    }

    /// A task in a group of its own, due in a day.
    pub fn task(&self) -> Value {
        json!({
            "taskQueueId": "gecko-1/b-linux",
            "schedulerId": "gecko-level-1",
            "created": self.at(0),
            "deadline": self.at(24 * 60 * 60),
            "payload": {"command": ["true"]},
            "metadata": {
                "name": "build", "description": "Builds it", "owner": "dev@example.com",
                "source": "https://example.com/source",
            },
        })
    }

    pub fn task_with(&self, fields: Value) -> Value {
        let mut task = self.task();
        for (name, value) in fields.as_object().unwrap() {
            task[name] = value.clone();
        }
        task
    }

    /// Returns a queue client of the `taskcluster` crate with all scopes.
    pub fn queue(&self) -> taskcluster::Queue {
        taskcluster::Queue::new(self.client(&self.sandbox.root_credentials())).unwrap()
    }

    pub fn index(&self) -> taskcluster::Index {
        taskcluster::Index::new(self.client(&self.sandbox.root_credentials())).unwrap()
    }

    pub fn client(&self, credentials: &Credentials) -> taskcluster::ClientBuilder {
        let credentials = match &credentials.certificate {
            None => {
                taskcluster::Credentials::new(&credentials.client_id, &credentials.access_token)
            }
            Some(certificate) => taskcluster::Credentials::new_with_certificate(
                &credentials.client_id,
                &credentials.access_token,
                certificate,
            ),
        };
        taskcluster::ClientBuilder::new(self.sandbox.root_url())
            .credentials(credentials)
            .retry(taskcluster::Retry {
                retries: 0,
                ..taskcluster::Retry::default()
            })
    }

    /// Sends a request signed with all scopes at the sandbox's time.
    pub async fn root(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.signed(&self.sandbox.root_credentials(), method, path, body)
            .await
    }

    pub async fn signed(
        &self,
        credentials: &Credentials,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        let ext = credentials.certificate.as_ref().map(|certificate| {
            let certificate: Value = serde_json::from_str(certificate).unwrap();
            json!({"certificate": certificate})
        });
        let header = self.header(credentials, method, path, 0, ext.as_ref());
        self.send(method, path, body, Some(&header)).await
    }

    /// Returns an `Authorization` header whose timestamp is off by some seconds.
    pub fn header(
        &self,
        credentials: &Credentials,
        method: &str,
        path: &str,
        off: i64,
        ext: Option<&Value>,
    ) -> String {
        use base64::Engine as _;
        let url = reqwest::Url::parse(&self.sandbox.root_url()).unwrap();
        let ext = ext.map(|ext| base64::engine::general_purpose::STANDARD.encode(ext.to_string()));
        let key = hawk::Key::new(credentials.access_token.as_bytes(), hawk::SHA256).unwrap();
        let signer = hawk::Credentials {
            id: credentials.client_id.clone(),
            key,
        };
        let seconds = u64::try_from(self.now().timestamp() + off).unwrap();
        let nonce = self.nonce.fetch_add(1, Ordering::SeqCst).to_string();
        let request =
            hawk::RequestBuilder::new(method, url.host_str().unwrap(), url.port().unwrap(), path)
                .ext(ext.as_deref())
                .request();
        let header = request
            .make_header_full(&signer, UNIX_EPOCH + StdDuration::from_secs(seconds), nonce)
            .unwrap();
        format!("Hawk {header}")
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        authorization: Option<&str>,
    ) -> Answer {
        let url = format!("{}{path}", self.sandbox.root_url());
        let mut request = self.http.request(method.parse().unwrap(), url);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        let answer = self.finish(request).await;
        if let (200 | 303, Some(schemas)) = (answer.status, schemas()) {
            schemas.check(method, path, &answer.body);
        }
        answer
    }

    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub async fn finish(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let (location, storage) = (
            header("location"),
            header("x-taskcluster-artifact-storage-type"),
        );
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer {
            status,
            location,
            storage,
            body,
        }
    }

    /// Creates a task with all scopes over HTTP.
    pub async fn create(&self, id: &str, task: &Value) -> Answer {
        self.root("PUT", &format!("/api/queue/v1/task/{id}"), Some(task))
            .await
    }
}
