//! The command `load-task`: runs a task, or a shell where it would run, in its image on this
//! machine.

use std::io::{BufRead, IsTerminal, Read, Write};
use std::process::ExitCode;

use tempfile::NamedTempFile;

use super::args::LoadTaskArgs;
use super::build_image::build;
use super::command::Words;
use super::{load_image, program};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::json;
use crate::base::value::{Object, Value, py_str};
use crate::cli::output::{self, Output};
use crate::cli::outside::Outside;
use crate::config::graph_config::join;
use crate::config::yaml;
use crate::ports::environment::Environment;
use crate::ports::files::{FileError, Files};
use crate::transforms::run::caches::CACHES;
use crate::transforms::run::shell::quote;

/// Without this variable, `--develop` warns.
const NO_WARNING: &str = "TASKGRAPH_LOAD_TASK_NO_WARN";

/// What is printed once a task is set up.
const READY: &str = "Task setup complete!\nRun `exec-task` to execute the task's command.";

/// A task that is to be run here.
#[derive(Default)]
pub struct Loading {
    /// Its id, when it has one.
    pub task_id: Option<String>,
    /// Its definition.
    pub definition: Value,
    /// The image to use instead of its own.
    pub image: Option<String>,
    /// Whether a shell is opened in the place of its command.
    pub interactive: bool,
    /// Whether it works on the checkout that there is.
    pub develop: bool,
    /// Whether the container stays.
    pub keep: bool,
    /// The user of the shell.
    pub user: String,
    /// What is mounted: the path here and the path in the container.
    pub volumes: Vec<(String, String)>,
}

/// Loads a task. The exit code is that of the container.
///
/// # Errors
/// When docker is not there, or the task cannot be had or loaded.
pub fn run(args: &LoadTaskArgs, environment: Environment, output: &Output) -> Outcome<ExitCode> {
    super::log(output);
    if args.develop && environment.filled(NO_WARNING).is_none() && !confirmed(output)? {
        return Ok(ExitCode::FAILURE);
    }
    program::check()?;
    let outside = Outside::open(&args.root, environment)?;
    let code = output::runtime()?.block_on(async {
        let (task_id, definition) = task(&outside, &args.task).await?;
        let image = args.image.as_deref();
        let image = image.or_else(|| definition["payload"]["image"].as_str());
        let outside = match image {
            Some(image) if in_tree(&outside, image)? => {
                outside.with_python(&args.root, args.python.python.into(), false)?
            }
            _ => outside,
        };
        let loading = Loading {
            task_id,
            definition,
            image: args.image.clone(),
            interactive: args.interactive,
            develop: args.develop,
            keep: args.keep,
            user: args.user.clone(),
            volumes: args.volumes.clone(),
        };
        load(&outside, loading).await
    })?;
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// Whether somebody agrees that a task works on their checkout.
fn confirmed(output: &Output) -> Result<bool, Diagnostic> {
    output.status(&format!(
        "warning: Using --develop can cause data loss.\n\n\
         The task will operate on your actual source repository. Make sure that it does not\n\
         perform any destructive operations against it.\n\n\
         Set {NO_WARNING}=1 to disable this warning.\n"
    ));
    let mut lines = std::io::stdin().lock().lines();
    loop {
        output.status("Proceed? [y/N]: ");
        let line = lines
            .next()
            .transpose()
            .map_err(|error| Diagnostic::environment("the answer cannot be read").because(error))?;
        match line.unwrap_or_default().trim().to_lowercase().as_str() {
            "y" => return Ok(true),
            "" | "n" => return Ok(false),
            other => output.status(&format!("invalid option: {other}")),
        }
    }
}

/// The id and the definition of the task that is given.
async fn task(outside: &Outside, given: &str) -> Outcome<(Option<String>, Value)> {
    let mut given = given.to_owned();
    if given == "-" {
        given.clear();
        std::io::stdin()
            .read_to_string(&mut given)
            .map_err(|error| {
                Diagnostic::environment("standard input cannot be read").because(error)
            })?;
        if let Ok(definition @ Value::Object(_)) = serde_json::from_str(&given) {
            return Ok((None, definition));
        }
    }
    let id = load_image::task_id(given.trim().trim_matches('"'))?;
    let definition = outside.context().taskcluster()?.task(&id).await;
    let definition = definition.map_err(|error| {
        Diagnostic::environment(format!("the task {id} cannot be had")).because(error)
    })?;
    Ok((Some(id.to_string()), definition))
}

/// Runs a task in docker and tells the exit code of the container.
///
/// # Errors
/// When the task is of no kind that can be loaded, or its image cannot be had.
pub async fn load(outside: &Outside, mut loading: Loading) -> Outcome<i32> {
    let name = &loading.definition["metadata"]["name"];
    let source = match &loading.task_id {
        Some(id) => format!("task {id}"),
        None => "provided definition".to_owned(),
    };
    tracing::info!("Loading '{}' from {source}", name.as_str().unwrap_or("?"));
    let payload = loading.definition["payload"].clone();
    let own = payload.get("image").filter(|image| !image.is_null());
    let own = own.ok_or_else(|| {
        Diagnostic::user("tasks without a `payload.image` are not supported")
            .help("only tasks of docker-worker can be loaded")
    })?;
    let words = payload.get("command").and_then(Value::as_array);
    let words = words.into_iter().flatten();
    let mut command = Words(words.map(py_str).collect());
    for (flag, set) in [
        ("interactive", loading.interactive),
        ("develop", loading.develop),
    ] {
        if set && !command.is_run_task() {
            return Err(Diagnostic::user(format!(
                "only tasks using `run-task` are supported with --{flag}"
            ))
            .into());
        }
    }
    let image = match loading.image.take() {
        Some(image) => in_docker(outside, &Value::from(image)).await?,
        None => in_docker(outside, own).await?,
    };
    let empty = Object::new();
    let env = payload.get("env").and_then(Value::as_object);
    let mut env = env.unwrap_or(&empty).clone();
    if loading.develop {
        develop(outside, &mut loading, &mut command, &mut env)?;
    }
    let paused = loading
        .interactive
        .then(|| pause(&mut command, &loading.user));
    let env = variables(outside, &loading, env);
    container(&loading, &image, &command, &env, paused.flatten())
}

/// The name in docker of an image of a task, after it was loaded or built.
async fn in_docker(outside: &Outside, image: &Value) -> Outcome<String> {
    let text = |key: &str| image.get(key).and_then(Value::as_str).unwrap_or_default();
    let task_id = match image {
        Value::String(name) => {
            if in_tree(outside, name)? {
                return build(outside, name, None).await;
            }
            if let Some(id) = name.strip_prefix("task-id=") {
                load_image::task_id(id)?
            } else if let Some(path) = name.strip_prefix("index=") {
                outside.at_index(path).await?
            } else {
                return Ok(name.to_string());
            }
        }
        _ => match text("type") {
            "task-image" => load_image::task_id(text("taskId"))?,
            "indexed-image" => outside.at_index(text("namespace")).await?,
            other => {
                return Err(Diagnostic::user(format!(
                    "tasks with images of the type {other:?} are not supported"
                ))
                .into());
            }
        },
    };
    load_image::load(outside, &task_id, None).await
}

/// Whether an image of this name has a folder in the repository.
fn in_tree(outside: &Outside, name: &str) -> Result<bool, Diagnostic> {
    let config = &outside.graph_config;
    let kind = join(&config.kinds_folder(), config.docker_image_kind());
    let path = join(&kind, "kind.yml");
    let document = match outside.files.read(&path) {
        Ok(text) => yaml::load(&path, &text).ok(),
        Err(FileError::Missing(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let definition = document.as_ref().and_then(|document| {
        let task = document.value.get("tasks")?.get(name)?;
        task.get("definition")?.as_str()
    });
    let folder = join(&config.docker_folder(), definition.unwrap_or(name));
    Ok(outside.files.is_folder(&folder)?)
}

/// Has the task use the checkout that there is in the place of the one that it would make.
fn develop(
    outside: &Outside,
    loading: &mut Loading,
    command: &mut Words,
    env: &mut Object,
) -> Result<(), Diagnostic> {
    let repositories = env.get("REPOSITORIES").and_then(Value::as_str);
    let repositories = repositories.and_then(|text| serde_json::from_str::<Object>(text).ok());
    let mut repositories = repositories.unwrap_or_default();
    let Some(name) = repositories.keys().next().cloned() else {
        return Err(Diagnostic::user(
            "--develop cannot be used with a task that has no $REPOSITORIES",
        ));
    };
    let root = outside.vcs.as_ref().map(|vcs| vcs.root()).ok_or_else(|| {
        Diagnostic::user("--develop cannot be used outside of a source repository")
    })?;
    let option = format!("--{name}-checkout");
    let Some(folder) = command.option(&option).map(str::to_owned) else {
        return Err(Diagnostic::user(format!(
            "--develop cannot be used with a task that does not use {option}"
        )));
    };
    loading.volumes.push((root.display().to_string(), folder));
    // Tools must not write to caches that are not mounted.
    let mounted = |path: &Value| {
        let paths = loading.volumes.iter().map(|(_, container)| container);
        paths.map(String::as_str).any(|known| path == known)
    };
    for variable in CACHES.iter().filter_map(|cache| cache.variable) {
        if env.get(variable).is_some_and(|path| !mounted(path)) {
            env.shift_remove(variable);
        }
    }
    repositories.shift_remove(&name);
    let rest = json::compact(&Value::Object(repositories));
    env.insert("REPOSITORIES", Value::from(rest));
    for option in ["checkout", "sparse-profile"] {
        command.remove(&format!("--{name}-{option}"));
    }
    command.remove_flag(&format!("--{name}-shallow-clone"));
    Ok(())
}

/// Has the command stop before its payload and open a shell; tells the file that the shell starts
/// with, which has the payload as `exec-task`.
fn pause(command: &mut Words, user: &str) -> Option<String> {
    let folder = command
        .option("--task-cwd")
        .map_or_else(|| "$TASK_WORKDIR".to_owned(), str::to_owned);
    let payload = command.replace_payload(&["echo", READY]);
    let set_up = quote(command.0.iter().map(String::as_str));
    let shell = format!("{set_up} && cd $TASK_WORKDIR && su -p {}", quote([user]));
    command.0 = ["bash", "-c", &shell].map(str::to_owned).to_vec();
    let payload = quote(payload?.iter().map(String::as_str));
    Some(format!(
        "function exec-task() {{\n    echo Starting task: {}\n    pushd {folder}\n    {payload}\n    popd\n}}\n",
        quote([payload.as_str()])
    ))
}

/// The variables of the container: those that a worker would set and those of the task.
fn variables(outside: &Outside, loading: &Loading, env: Object) -> Vec<(String, String)> {
    let group = loading.definition["taskGroupId"]
        .as_str()
        .unwrap_or_default();
    let id = loading.task_id.as_deref().unwrap_or("fake");
    let mut all = Object::from_iter(
        [("RUN_ID", "0"), ("TASK_GROUP_ID", group), ("TASK_ID", id)]
            .map(|(name, value)| (name.to_owned(), Value::from(value))),
    );
    if let Some(url) = outside.environment.root_url() {
        all.insert("TASKCLUSTER_ROOT_URL", Value::from(url));
    }
    all.extend(env);
    // `run-task` expects caches to be mounted, and volumes to be empty.
    let caches = all
        .get("TASKCLUSTER_CACHES")
        .map(py_str)
        .unwrap_or_default();
    let mounted = |cache: &&str| loading.volumes.iter().any(|(_, path)| path == cache);
    let caches: Vec<&str> = caches.split(';').filter(mounted).collect();
    if caches.is_empty() {
        all.shift_remove("TASKCLUSTER_CACHES");
    } else {
        all.insert("TASKCLUSTER_CACHES", Value::from(caches.join(";")));
    }
    if !loading.volumes.is_empty() {
        all.shift_remove("TASKCLUSTER_VOLUMES");
    }
    all.into_iter()
        .map(|(name, value)| (name.into(), py_str(&value)))
        .collect()
}

/// Runs the container.
fn container(
    loading: &Loading,
    image: &str,
    command: &Words,
    env: &[(String, String)],
    start: Option<String>,
) -> Outcome<i32> {
    let mut arguments = vec!["run".to_owned(), "-i".to_owned()];
    if std::io::stdin().is_terminal() {
        arguments.push("-t".to_owned());
    }
    if !loading.keep {
        arguments.push("--rm".to_owned());
    }
    // A line of the file is a variable; one of several lines is handed on by docker itself.
    let (lines, plain): (Vec<_>, Vec<_>) = env
        .iter()
        .cloned()
        .partition(|(_, value)| value.contains('\n'));
    let plain: String = plain
        .iter()
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
    let variables = temporary(&plain)?;
    arguments.push(format!("--env-file={}", variables.path().display()));
    for (name, _) in &lines {
        arguments.extend(["-e".to_owned(), name.clone()]);
    }
    let start = start.map(|text| temporary(&text)).transpose()?;
    if let Some(file) = &start {
        readable(file)?;
        let mount = format!("{}:/builds/worker/.bashrc", file.path().display());
        arguments.extend(["-v".to_owned(), mount]);
    }
    for (host, container) in &loading.volumes {
        arguments.extend(["-v".to_owned(), format!("{host}:{container}")]);
    }
    arguments.push(image.to_owned());
    arguments.extend(command.0.iter().cloned());
    tracing::info!("Running: docker {}", arguments.join(" "));
    let status = program::foreground(&arguments, &lines)?;
    Ok(status.code().unwrap_or(1))
}

fn temporary(text: &str) -> Result<NamedTempFile, Diagnostic> {
    NamedTempFile::with_prefix("snowman-")
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            Ok(file)
        })
        .map_err(|error| {
            Diagnostic::environment("a temporary file cannot be written").because(error)
        })
}

/// Lets the user in the container read a file.
fn readable(file: &NamedTempFile) -> Result<(), Diagnostic> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o644);
        file.as_file().set_permissions(mode).map_err(|error| {
            Diagnostic::environment("a temporary file cannot be made readable").because(error)
        })?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}
