//! Runs a task in a docker container, with the environment that docker-worker would give it.

use std::io::{IsTerminal, Write};

use tempfile::NamedTempFile;

use super::command_words::CommandWords;
use super::context::ImageContext;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::json;
use crate::base::value::{Object, Value, py_str};
use crate::transforms::run::caches::CACHES;
use crate::transforms::run::shell::quote;

/// What an interactive task prints once it is set up.
const READY: &str = "Task setup complete!\nRun `exec-task` to execute the task's command.";

/// How a task is run.
#[derive(Debug, Default)]
pub struct ContainerOptions {
    /// Whether a shell is opened instead of running the task's command.
    pub interactive: bool,
    /// Whether the task uses the local checkout.
    pub develop: bool,
    /// Whether the container is kept.
    pub keep: bool,
    /// The user that the shell runs as.
    pub user: String,
    /// The folders to mount, each as the path on this machine and the path in the container.
    pub volumes: Vec<(String, String)>,
}

/// A task that can be run in a container.
#[derive(Debug)]
pub struct TaskContainer {
    task_id: Option<String>,
    definition: Value,
    image: Value,
    command: CommandWords,
    options: ContainerOptions,
}

impl TaskContainer {
    /// Prepares a task; `task_id` is its id if it exists on Taskcluster.
    ///
    /// # Errors
    /// When it is not a task of docker-worker, or an option does not fit its command.
    pub fn new(
        task_id: Option<String>,
        definition: Value,
        options: ContainerOptions,
    ) -> Result<Self, Diagnostic> {
        let name = &definition["metadata"]["name"];
        let source = match &task_id {
            Some(id) => format!("task {id}"),
            None => "provided definition".to_owned(),
        };
        tracing::info!("Loading '{}' from {source}", name.as_str().unwrap_or("?"));
        let payload = &definition["payload"];
        let image = payload.get("image").filter(|image| !image.is_null());
        let image = image.cloned().ok_or_else(|| {
            Diagnostic::user("tasks without a `payload.image` are not supported")
                .help("only tasks of docker-worker can be loaded")
        })?;
        let words = payload.get("command").and_then(Value::as_array);
        let command = CommandWords(words.into_iter().flatten().map(py_str).collect());
        for (flag, set) in [
            ("interactive", options.interactive),
            ("develop", options.develop),
        ] {
            if set && !command.is_run_task() {
                return Err(Diagnostic::user(format!(
                    "only tasks using `run-task` are supported with --{flag}"
                )));
            }
        }
        Ok(Self {
            task_id,
            definition,
            image,
            command,
            options,
        })
    }

    /// The image in the task's definition.
    #[must_use]
    pub fn image(&self) -> &Value {
        &self.image
    }

    /// Runs the task in an image that docker has or can pull, and returns the container's exit code.
    ///
    /// # Errors
    /// When `--develop` does not fit the task, or docker cannot be started.
    pub fn run(mut self, context: &ImageContext<'_>, image: &str) -> Outcome<i32> {
        let env = self.definition["payload"].get("env");
        let env = env.and_then(Value::as_object).cloned();
        let mut env = env.unwrap_or_default();
        if self.options.develop {
            use_local_checkout(context, &mut self.options, &mut self.command, &mut env)?;
        }
        let bashrc = match self.options.interactive {
            true => pause_before_payload(&mut self.command, &self.options.user),
            false => None,
        };
        let variables = self.variables(context, env);
        self.run_docker(context, image, &variables, bashrc)
    }

    /// The environment of the container: the variables that docker-worker sets, and the task's own.
    fn variables(&self, context: &ImageContext<'_>, env: Object) -> Vec<(String, String)> {
        let group = self.definition["taskGroupId"].as_str().unwrap_or_default();
        let id = self.task_id.as_deref().unwrap_or("fake");
        let mut all = Object::from_iter(
            [("RUN_ID", "0"), ("TASK_GROUP_ID", group), ("TASK_ID", id)]
                .map(|(name, value)| (name.to_owned(), Value::from(value))),
        );
        if let Some(url) = context.ports.environment.root_url() {
            all.insert("TASKCLUSTER_ROOT_URL", Value::from(url));
        }
        all.extend(env);
        // `run-task` fails on caches that are not mounted and on volumes that are not empty.
        let caches = all
            .get("TASKCLUSTER_CACHES")
            .map(py_str)
            .unwrap_or_default();
        let mounted = |cache: &&str| self.options.volumes.iter().any(|(_, path)| path == cache);
        let caches: Vec<&str> = caches.split(';').filter(mounted).collect();
        if caches.is_empty() {
            all.shift_remove("TASKCLUSTER_CACHES");
        } else {
            all.insert("TASKCLUSTER_CACHES", Value::from(caches.join(";")));
        }
        if !self.options.volumes.is_empty() {
            all.shift_remove("TASKCLUSTER_VOLUMES");
        }
        all.into_iter()
            .map(|(name, value)| (name.into(), py_str(&value)))
            .collect()
    }

    /// Runs `docker run`.
    fn run_docker(
        &self,
        context: &ImageContext<'_>,
        image: &str,
        env: &[(String, String)],
        bashrc: Option<String>,
    ) -> Outcome<i32> {
        let mut arguments = vec!["run".to_owned(), "-i".to_owned()];
        if std::io::stdin().is_terminal() {
            arguments.push("-t".to_owned());
        }
        if !self.options.keep {
            arguments.push("--rm".to_owned());
        }
        // The file has one variable a line; docker passes on those with several lines from its own
        // environment.
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
        let bashrc = bashrc.map(|text| temporary(&text)).transpose()?;
        if let Some(file) = &bashrc {
            readable(file)?;
            let mount = format!("{}:/builds/worker/.bashrc", file.path().display());
            arguments.extend(["-v".to_owned(), mount]);
        }
        for (host, container) in &self.options.volumes {
            arguments.extend(["-v".to_owned(), format!("{host}:{container}")]);
        }
        arguments.push(image.to_owned());
        arguments.extend(self.command.0.iter().cloned());
        tracing::info!("Running: docker {}", arguments.join(" "));
        let code = context.docker.run_in_foreground(&arguments, &lines)?;
        Ok(code.unwrap_or(1))
    }
}

/// Mounts the local checkout, and removes what would make the task clone the repository itself.
fn use_local_checkout(
    context: &ImageContext<'_>,
    options: &mut ContainerOptions,
    command: &mut CommandWords,
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
    let root = context.ports.vcs.map(|vcs| vcs.root()).ok_or_else(|| {
        Diagnostic::user("--develop cannot be used outside of a source repository")
    })?;
    let option = format!("--{name}-checkout");
    let Some(folder) = command.option(&option).map(str::to_owned) else {
        return Err(Diagnostic::user(format!(
            "--develop cannot be used with a task that does not use {option}"
        )));
    };
    options.volumes.push((root.display().to_string(), folder));
    // Tools must not write to a cache that is not mounted.
    let mounted = |path: &Value| {
        let paths = options.volumes.iter().map(|(_, container)| container);
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

/// Makes the command open a shell instead of running its payload; returns the shell's start-up file,
/// which defines the payload as `exec-task`.
fn pause_before_payload(command: &mut CommandWords, user: &str) -> Option<String> {
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

fn temporary(text: &str) -> Result<NamedTempFile, Diagnostic> {
    NamedTempFile::with_prefix("snowman-")
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            Ok(file)
        })
        .map_err(|error| Diagnostic::environment("cannot write a temporary file").because(error))
}

/// Makes a file readable for the user in the container.
fn readable(file: &NamedTempFile) -> Result<(), Diagnostic> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o644);
        file.as_file().set_permissions(mode).map_err(|error| {
            Diagnostic::environment("cannot make a temporary file readable").because(error)
        })?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}
