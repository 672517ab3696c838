//! The command `stage serve`: a staged release over HTTP.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body as HttpBody;
use axum::extract::{Query, Request as HttpRequest, State as Shared};
use axum::http::header::{HOST, HeaderName, RANGE, REFERER, USER_AGENT};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response as HttpResponse;
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha512};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tracing_subscriber::filter::LevelFilter;

use super::release::Release;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::digest::hex;
use crate::base::name::TaskId;
use crate::cli::args::StageServeArgs;
use crate::cli::context::runtime;
use crate::cli::helper::CommandHelper;
use crate::cli::sandbox::check_loopback;
use crate::ports::clock::{Clock, SystemClock};
use crate::stage::balrog::world::World;
use crate::stage::merged::Merged;
use crate::stage::serve::updates::{changes_made, world};
use crate::stage::serve::{Body, File, Request, Response, answer};
use crate::stage::source::{MAX_ARTIFACT, Source};

/// What is served.
struct Served {
    merged: Merged,
    source: Arc<dyn Source + Send>,
    /// What the update server knows after so many scheduled changes.
    world: Mutex<Option<(usize, Arc<World>)>>,
}

impl Served {
    /// What the update server knows now.
    fn world(&self) -> Arc<World> {
        let now = SystemClock.now().moment().timestamp_millis();
        let made = changes_made(&self.merged, now);
        let mut known = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        match known.as_ref() {
            Some((count, world)) if *count == made => world.clone(),
            _ => {
                let world = Arc::new(world(&self.merged, now));
                *known = Some((made, world.clone()));
                world
            }
        }
    }

    /// The answer to a request.
    fn answer(&self, request: &HttpRequest) -> Response {
        let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
        let query = Query::<Vec<(String, String)>>::try_from_uri(request.uri());
        let query = query.map(|Query(query)| query).unwrap_or_default();
        let header = |name: HeaderName| {
            let value = request.headers().get(name);
            value.and_then(|value| value.to_str().ok())
        };
        let request = Request {
            method: request.method().as_str(),
            path: &path,
            raw_path: request.uri().path(),
            raw_query: request.uri().query().unwrap_or_default(),
            query: &query,
            host: header(HOST).unwrap_or("localhost"),
            user_agent: header(USER_AGENT).unwrap_or_default(),
            referrer: header(REFERER).unwrap_or_default(),
            range: header(RANGE),
        };
        answer(&self.merged, &self.world(), request)
    }
}

/// Serves a staged release until it is interrupted.
///
/// # Errors
/// When there is no state to serve, or the address cannot be listened on.
pub fn serve(args: &StageServeArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    command
        .output
        .log_at(command.global.level(LevelFilter::WARN));
    check_loopback(args.listen, "`stage serve`")?;
    let runtime = runtime()?;
    let release = Release::load(&runtime, &args.sources, command)?;
    let served = Served {
        merged: release.merged(command.output)?,
        source: release.source,
        world: Mutex::new(None),
    };
    runtime.block_on(async {
        let failed = |error| {
            Diagnostic::environment(format!("cannot listen on {}", args.listen)).because(error)
        };
        let listener = TcpListener::bind(args.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let router = axum::Router::new()
            .fallback(respond)
            .with_state(Arc::new(served));
        command.output.status(&format!(
            "Serving the staged release at http://{address}/. Press Ctrl-C to stop."
        ));
        let interrupted = async {
            // Without a listener, a signal ends the process by default.
            let _ = tokio::signal::ctrl_c().await;
        };
        axum::serve(listener, router)
            .with_graceful_shutdown(interrupted)
            .await
            .map_err(failed)?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Answers a request.
async fn respond(Shared(served): Shared<Arc<Served>>, request: HttpRequest) -> HttpResponse {
    let response = served.answer(&request);
    let is_head = request.method() == Method::HEAD;
    let read = spawn_blocking(move || {
        body(&response, served.source.as_ref(), is_head).map(|body| (response, body))
    });
    match read.await {
        Ok(Ok((response, body))) => http(&response, body),
        Ok(Err(why)) => failed(why),
        Err(_) => failed("the content could not be read".to_owned()),
    }
}

/// The bytes of an answer.
fn body(response: &Response, source: &dyn Source, is_head: bool) -> Result<Vec<u8>, String> {
    if is_head {
        return Ok(Vec::new());
    }
    match &response.body {
        Body::Text(text) => Ok(text.clone().into_bytes()),
        Body::File(file) => content(file, source),
    }
}

/// A part of a file whose content is what the state says.
fn content(file: &File, source: &dyn Source) -> Result<Vec<u8>, String> {
    let task = TaskId::parse(&file.task).map_err(|error| error.to_string())?;
    let artifact = source.artifact(&task, &file.artifact, MAX_ARTIFACT);
    let content = artifact.map_err(|error| error.to_string())?.content;
    if hex(&Sha512::digest(&content)) != file.sha512 {
        return Err(format!(
            "`{}` of the task {task} is not what was published: its SHA-512 differs",
            file.artifact
        ));
    }
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let part = content.get(number(file.bytes.start)..number(file.bytes.end));
    part.map(<[u8]>::to_vec).ok_or_else(|| {
        format!(
            "`{}` of the task {task} is shorter than its state says",
            file.artifact
        )
    })
}

fn http(response: &Response, body: Vec<u8>) -> HttpResponse {
    let mut answer = HttpResponse::new(HttpBody::from(body));
    *answer.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::OK);
    for (name, value) in &response.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            answer.headers_mut().insert(*name, value);
        }
    }
    answer
}

/// The answer when the content of a file cannot be read.
fn failed(why: String) -> HttpResponse {
    let mut answer = HttpResponse::new(HttpBody::from(why + "\n"));
    *answer.status_mut() = StatusCode::BAD_GATEWAY;
    answer
}
