//! The command `stage serve`: a staged release over HTTP.

use std::collections::BTreeMap;
use std::path::Path;
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
use tokio::runtime::Runtime;
use tokio::task::spawn_blocking;
use tracing_subscriber::filter::LevelFilter;

use super::queue::Queue;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::digest::hex;
use crate::base::name::TaskId;
use crate::base::task_state::TaskState;
use crate::base::text::plural;
use crate::cli::args::StageServeArgs;
use crate::cli::context::runtime;
use crate::cli::helper::CommandHelper;
use crate::cli::output::Output;
use crate::cli::sandbox::check_loopback;
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::taskcluster::Taskcluster;
use crate::sandbox::{self, Sandbox, WorkerOptions};
use crate::stage::balrog::world::World;
use crate::stage::merged::Merged;
use crate::stage::serve::updates::{changes_made, world};
use crate::stage::serve::{Body, File, Request, Response, answer};
use crate::stage::source::{Artifact, MAX_ARTIFACT, Source, SourceError};
use crate::stage::state::State;
use crate::taskcluster::Client;

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
    command.output.log_at(LevelFilter::WARN);
    check_loopback(args.listen, "`stage serve`")?;
    let runtime = runtime()?;
    let (tasks, source) = match args.sources.as_slice() {
        [folder] if Path::new(folder).is_dir() => of_folder(&runtime, Path::new(folder))?,
        groups => of_groups(&runtime, groups, command)?,
    };
    let served = Served {
        merged: merged(&tasks, source.as_ref(), command.output)?,
        source,
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
            "The staged release is served at http://{address}/ to this machine. Press Ctrl-C to stop it."
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

type Tasks = (Vec<TaskId>, Arc<dyn Source + Send>);

/// The tasks in a folder that a sandbox has left.
fn of_folder(runtime: &Runtime, folder: &Path) -> Outcome<Tasks> {
    if !folder.join("tasks").is_dir() {
        return Err(Diagnostic::user(format!(
            "{}: no sandbox has left its state in this folder",
            folder.display()
        ))
        .help("keep the state of a rehearsal with `snowman rehearse --folder`")
        .into());
    }
    let options = sandbox::Options {
        address: ([127, 0, 0, 1], 0).into(),
        folder: Some(folder.to_owned()),
        workers: WorkerOptions::default(),
        clock: Arc::new(|| SystemClock.now().moment()),
    };
    let sandbox = runtime
        .block_on(Sandbox::start(options))
        .map_err(|error| Diagnostic::environment("cannot read the sandbox").because(error))?;
    let state = sandbox.state();
    let groups = state.groups();
    let ids = groups
        .iter()
        .flat_map(|group| state.group_tasks(&group.group_id));
    let ids = ids.filter_map(|task| TaskId::parse(&task.task_id).ok());
    let ids: Vec<TaskId> = ids.collect();
    Ok((ids, Arc::new(Kept(sandbox))))
}

/// The completed tasks of task groups.
fn of_groups(runtime: &Runtime, groups: &[String], command: &CommandHelper<'_>) -> Outcome<Tasks> {
    let mut wrong = Diagnostics::new();
    let mut ids = Vec::new();
    for group in groups {
        match TaskId::parse(group) {
            Ok(id) if id.is_slugid() => ids.push(id),
            _ => wrong.push(
                Diagnostic::usage(format!(
                    "`{group}` is neither a folder nor the id of a task group"
                ))
                .help(
                    "name the decision task and each action task whose tasks belong to the release",
                ),
            ),
        }
    }
    wrong.or_ok(())?;
    let client = Client::connect(&command.environment)?;
    let mut tasks = Vec::new();
    for id in &ids {
        let members = runtime.block_on(client.task_group(id)).map_err(|error| {
            Diagnostic::environment(format!("cannot list the tasks of the group {id}"))
                .because(error)
        })?;
        let completed = members.into_iter().filter(|member| {
            let is_staged = member.definition["extra"].get("staging").is_some();
            member.state == TaskState::Completed && is_staged
        });
        tasks.extend(completed.map(|member| member.task_id));
    }
    Ok((tasks, Arc::new(Queue::new(runtime, client))))
}

/// The states of tasks, merged.
fn merged(tasks: &[TaskId], source: &dyn Source, output: &Output) -> Outcome<Merged> {
    let mut states: BTreeMap<TaskId, Arc<State>> = BTreeMap::new();
    let mut wrong = Diagnostics::new();
    for id in tasks {
        match source.state(id) {
            Ok(Ok(state)) => {
                states.insert(id.clone(), state);
            }
            Ok(Err(error)) => wrong.push(
                Diagnostic::user(format!("cannot read the state of the task {id}")).because(error),
            ),
            Err(SourceError::Missing { .. } | SourceError::NotCompleted(_)) => {}
            Err(error) => wrong.push(Diagnostic::environment(error.to_string())),
        }
    }
    wrong.or_ok(())?;
    if states.is_empty() {
        return Err(Diagnostic::user(
            "none of these tasks has a state, so there is no release to serve",
        )
        .help("name the groups of all phases: the decision task and each promotion")
        .into());
    }
    let merged = Merged::new(&states);
    for conflict in &merged.conflicts {
        output.status(&format!("warning: {conflict}"));
    }
    output.status(&format!(
        "Read the states of {}",
        plural(states.len(), "staged task")
    ));
    Ok(merged)
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

/// The content of a file cannot be had.
fn failed(why: String) -> HttpResponse {
    let mut answer = HttpResponse::new(HttpBody::from(why + "\n"));
    *answer.status_mut() = StatusCode::BAD_GATEWAY;
    answer
}

/// Artifacts of a sandbox that has ended.
struct Kept(Sandbox);

impl Source for Kept {
    fn artifact(&self, task: &TaskId, name: &str, limit: u64) -> Result<Artifact, SourceError> {
        let content = self.0.state().artifact(task.as_str(), None, name);
        let (task, name) = (task.clone(), name.to_owned());
        match content {
            None => Err(SourceError::Missing { task, name }),
            Some(content) if content.bytes.len() as u64 > limit => {
                Err(SourceError::TooLarge { task, name, limit })
            }
            Some(content) => Ok(Artifact {
                content: Arc::from(content.bytes.as_ref()),
            }),
        }
    }
}
