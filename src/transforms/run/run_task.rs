//! `run-task`: runs a command with the script of that name, which checks out, fetches and caches.

use std::convert::Infallible;

use super::batch::Batch;
use super::run_using::RunUsing;
use super::{caches, checkout};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::posix;
use crate::base::pyformat::{self, Scope};
use crate::base::value::{Object, Str, Value, truthy, type_name};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::fields::{self, Preset, Presets};
use crate::transform::{Context, Item};

static SCHEMA: Schema = Schema {
    name: "run: run-task",
    fields: &[
        required("using", Type::Literal(&["run-task"]), ""),
        required(
            "command",
            Type::OneOf(&[Type::List(&Type::TaskRef), Type::TaskRef]),
            "the command: a list of words, or a string for the shell in `exec-with`",
        ),
        required(
            "checkout",
            Type::OneOf(&[Type::Bool, Type::Map(&Type::Map(&Type::Any))]),
            "whether to check out the repository, or which repositories and how",
        ),
        required("workdir", Type::Str, "the working folder of the task"),
        optional(
            "use-caches",
            Type::OneOf(&[
                Type::Bool,
                Type::List(&Type::Literal(&["cargo", "checkout", "npm", "pip", "uv"])),
            ]),
            "the caches to use: all, none, or the listed ones",
        ),
        optional(
            "cwd",
            Type::Str,
            "the folder to run the command in; `{checkout}` is replaced",
        ),
        optional(
            "exec-with",
            Type::Literal(&["bash", "powershell"]),
            "the shell for a command that is a string (default: `bash`)",
        ),
        optional(
            "run-task-command",
            Type::List(&Type::Any),
            "the command that starts `run-task`, if it is not at the default path",
        ),
        optional(
            "run-as-root",
            Type::Bool,
            "whether the command runs as root",
        ),
    ],
    open: true,
    exclusive: &[],
};

static DEFAULTS: Presets = &[
    ("checkout", Preset::Bool(true)),
    ("run-as-root", Preset::Bool(false)),
];

/// `run-task` on docker-worker.
pub static DOCKER_WORKER: RunUsing = RunUsing {
    name: "run-task",
    worker: "docker-worker",
    doc: "Runs a command with the script `run-task` of the image.",
    schema: &SCHEMA,
    defaults: DEFAULTS,
    configure: docker_worker,
};

/// `run-task` on generic-worker.
pub static GENERIC_WORKER: RunUsing = RunUsing {
    name: "run-task",
    worker: "generic-worker",
    doc: "Runs a command with the script `run-task`, which is mounted from the decision task.",
    schema: &SCHEMA,
    defaults: DEFAULTS,
    configure: generic_worker,
};

fn docker_worker(batch: &Batch<'_, '_>, item: &mut Item, run: Object) -> Outcome<()> {
    let mut command = match run.get("run-task-command") {
        None => vec![Value::from("/usr/local/bin/run-task")],
        Some(Value::Array(words)) => words.to_vec(),
        Some(other) => {
            return Err(fields::wrong_type(
                &item.origin,
                &["run", "run-task-command"],
                "a list",
                other,
            )
            .into());
        }
    };
    prepare(batch, item, &run, &mut command)?;
    let words = words(item, &run, |text| text)?;
    arguments(&run, &[], words, &mut command);
    fields::mapping(item, &["worker"])?.insert("command", Value::from(command));
    Ok(())
}

fn generic_worker(batch: &Batch<'_, '_>, item: &mut Item, run: Object) -> Outcome<()> {
    let windows = checkout::os(item) == "windows";
    let bitbar = checkout::os(item) == "linux-bitbar";
    let mut command = match run.get("run-task-command").and_then(Value::as_array) {
        Some(words) if !words.is_empty() => words.to_vec(),
        _ if windows => ["C:/mozilla-build/python3/python3.exe", "run-task"]
            .map(Value::from)
            .to_vec(),
        _ => vec![Value::from("./run-task")],
    };
    prepare(batch, item, &run, &mut command)?;
    mount_script(batch.context, item, "run-task")?;
    if fields::get(item, &["worker", "env", "MOZ_FETCHES"]).is_some_and(truthy) {
        mount_script(batch.context, item, "fetch-content")?;
    }
    let quote = |text: Str| {
        if windows {
            format!("\"{text}\"").into()
        } else {
            text
        }
    };
    let words = words(item, &run, quote)?;
    // On bitbar, a wrapper sets the device up.
    let wrapper: &[&str] = if bitbar {
        &["/builds/taskcluster/script.py"]
    } else {
        &[]
    };
    arguments(&run, wrapper, words, &mut command);
    let command = if windows {
        vec![Value::from(one_line(item, &command)?)]
    } else {
        let executable = ["chmod", "+x", "run-task"].map(Value::from).to_vec();
        vec![Value::from(executable), Value::from(command)]
    };
    fields::mapping(item, &["worker"])?.insert("command", Value::from(command));
    Ok(())
}

/// Sets up the checkout, the folder to start in and the caches.
fn prepare(
    batch: &Batch<'_, '_>,
    item: &mut Item,
    run: &Object,
    command: &mut Vec<Value>,
) -> Outcome<()> {
    let checkout = checkout::add(batch, item, run)?;
    let vcs = checkout.map(|(vcs, arguments)| {
        command.extend(arguments);
        vcs
    });
    if let Some(cwd) = run.get("cwd") {
        let cwd = match cwd {
            Value::String(cwd) => start_folder(item, cwd, vcs.as_ref())?,
            other => {
                return Err(
                    fields::wrong_type(&item.origin, &["run", "cwd"], "a string", other).into(),
                );
            }
        };
        command.extend([Value::from("--task-cwd"), Value::from(cwd)]);
    }
    let mut variables = caches::add(batch, item, run)?;
    let level = Value::from(batch.context.params().level());
    variables.push(("MOZ_SCM_LEVEL", level));
    let env = fields::mapping(item, &["worker", "env"])?;
    let key = (std::mem::take(env), variables);
    let Ok(new) = batch.variables.get(key, |(env, variables)| {
        let mut env = env.clone();
        env.extend(variables.iter().cloned());
        Ok::<_, Infallible>(env)
    });
    *env = new;
    Ok(())
}

fn start_folder(item: &Item, cwd: &str, vcs: Option<&Value>) -> Result<String, Diagnostic> {
    match vcs {
        Some(vcs) => {
            let names = Object::from_iter([("checkout", vcs)]);
            pyformat::format(cwd, &Scope::new(&names))
                .map(|cwd| posix::normalize(&cwd))
                .map_err(|error| {
                    item.error_at("run.cwd", error.to_string())
                        .help("use only `{checkout}` in braces")
                })
        }
        None if cwd.contains("{checkout}") => Err(item
            .error_at(
                "run.cwd",
                format!("`run.cwd` is {cwd:?}, but the task has no checkout"),
            )
            .help("set `run.checkout`, or use a folder without `{checkout}`")),
        None => Ok(cwd.to_owned()),
    }
}

/// The words of the command; a string becomes the last word for the shell.
fn words(item: &Item, run: &Object, quote: impl Fn(Str) -> Str) -> Result<Vec<Value>, Diagnostic> {
    let text = match run.get("command") {
        Some(Value::Array(words)) => return Ok(words.to_vec()),
        Some(Value::String(text)) => Value::from(quote(text.clone())),
        other => other.cloned().unwrap_or_default(),
    };
    let shell: &[&str] = match run.get("exec-with") {
        None => &["bash", "-cx"],
        Some(Value::String(name)) if name == "bash" => &["bash", "-cx"],
        Some(Value::String(name)) if name == "powershell" => {
            &["powershell.exe", "-ExecutionPolicy", "Bypass"]
        }
        Some(other) => {
            return Err(fields::wrong_type(
                &item.origin,
                &["run", "exec-with"],
                "a shell",
                other,
            ));
        }
    };
    Ok(shell
        .iter()
        .map(|word| Value::from(*word))
        .chain([text])
        .collect())
}

fn arguments(run: &Object, wrapper: &[&str], words: Vec<Value>, command: &mut Vec<Value>) {
    let root: &[&str] = match run.get("run-as-root") {
        Some(Value::Bool(true)) => &["--user", "root", "--group", "root"],
        _ => &[],
    };
    let fixed = root.iter().chain(&["--"]).chain(wrapper);
    command.extend(fixed.map(|word| Value::from(*word)));
    command.extend(words);
}

/// The words as one line, the form of commands for generic-worker on Windows.
fn one_line(item: &Item, words: &[Value]) -> Result<String, Diagnostic> {
    let mut line = Vec::new();
    for word in words {
        match word {
            Value::String(word) => line.push(word.as_str()),
            other => {
                let found = type_name(other);
                return Err(item
                    .error_at(
                        "run.command",
                        format!("expected the words of the command to be strings, found {found}"),
                    )
                    .help(
                        "use references in `worker.env` instead; on Windows, the words are joined into one string",
                    ));
            }
        }
    }
    Ok(line.join(" "))
}

/// Mounts a script that the decision task publishes.
fn mount_script(context: &Context<'_>, item: &mut Item, script: &str) -> Result<(), Diagnostic> {
    let environment = context.project.environment;
    let task_id = match environment.get("TASK_ID") {
        Some(id) => id,
        None if environment.get("MOZ_AUTOMATION").is_some() => {
            return Err(Diagnostic::environment(
                "TASK_ID is not set, but generic-worker tasks download `run-task` from the decision task",
            )
            .help("set TASK_ID to the taskId of the decision task, or unset MOZ_AUTOMATION"));
        }
        None => "<TASK_ID>",
    };
    // Without the proxy: public artifacts can be read without scopes.
    let root = environment.root_url().ok_or_else(|| {
        Diagnostic::environment(
            "TASKCLUSTER_ROOT_URL is not set, but generic-worker tasks download `run-task` from Taskcluster",
        )
        .help("set it to the root URL of the Taskcluster instance, e.g. https://firefox-ci-tc.services.mozilla.com")
    })?;
    let url = format!("{root}/api/queue/v1/task/{task_id}/artifacts/public/{script}");
    let content = Object::from_iter([("url", Value::from(url))]);
    let mount = Object::from_iter([
        ("content", Value::Object(content)),
        ("file", Value::from(format!("./{script}"))),
    ]);
    fields::list(item, &["worker", "mounts"])?.push(Value::Object(mount));
    Ok(())
}
