//! `toolchain-script`: runs a script of the project that builds a tool for other tasks.

use super::batch::Batch;
use super::run_using::RunUsing;
use super::setup::vcs_name;
use super::{checkout, digest, run_task, shell};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::posix;
use crate::base::value::{Object, Value, truthy};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::Item;
use crate::transform::fields;

/// The folder of the scripts.
const SCRIPTS: &str = "taskcluster/scripts/toolchain/";

/// The type of cached tasks that toolchains are; a part of their index paths.
const CACHE_TYPE: &str = "toolchains.v3";

static SCHEMA: Schema = Schema {
    name: "run: toolchain-script",
    fields: &[
        required("using", Type::Literal(&["toolchain-script"]), ""),
        required(
            "script",
            Type::Str,
            "the script, in `taskcluster/scripts/toolchain`",
        ),
        required(
            "toolchain-artifact",
            Type::Str,
            "the artifact to fetch for this toolchain",
        ),
        required("workdir", Type::Str, "the working folder of the task"),
        optional(
            "arguments",
            Type::List(&Type::Str),
            "arguments for the script",
        ),
        optional(
            "resources",
            Type::List(&Type::Str),
            "patterns of files that affect the result",
        ),
        optional(
            "toolchain-alias",
            Type::OneOf(&[Type::Str, Type::List(&Type::Str)]),
            "other names under which tasks can fetch this toolchain",
        ),
        optional(
            "toolchain-env",
            Type::Map(&Type::Any),
            "environment variables for tasks that fetch this toolchain",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// `toolchain-script` on docker-worker.
pub static DOCKER_WORKER: RunUsing = RunUsing {
    name: "toolchain-script",
    worker: "docker-worker",
    doc: "Builds a tool with a script; the task is cached by a digest of its inputs.",
    schema: &SCHEMA,
    defaults: &[],
    configure: |batch, item, run| toolchain(batch, item, run, true),
};

/// `toolchain-script` on generic-worker.
pub static GENERIC_WORKER: RunUsing = RunUsing {
    name: "toolchain-script",
    worker: "generic-worker",
    doc: "Builds a tool with a script; the task is cached by a digest of its inputs.",
    schema: &SCHEMA,
    defaults: &[],
    configure: |batch, item, run| toolchain(batch, item, run, false),
};

fn toolchain(batch: &Batch<'_, '_>, item: &mut Item, mut run: Object, docker: bool) -> Outcome<()> {
    let worker = fields::mapping(item, &["worker"])?;
    worker.insert("chain-of-trust", Value::Bool(true));
    if docker {
        worker.entry("docker-image").or_insert_with(|| {
            let image = ("in-tree", Value::from("toolchain-build"));
            Value::Object(Object::from_iter([image]))
        });
    }
    add_artifacts(item, &run, docker)?;
    let params = batch.context.params();
    let env = fields::mapping(item, &["worker", "env"])?;
    env.insert("MOZ_BUILD_DATE", Value::from(params.str("moz_build_date")));
    env.insert("MOZ_SCM_LEVEL", Value::from(params.level()));

    let attributes = fields::mapping(item, &["attributes"])?;
    for key in ["toolchain-artifact", "toolchain-alias", "toolchain-env"] {
        if let Some(value) = run.shift_remove(key) {
            attributes.insert(key, value);
        }
    }
    let script = run.shift_remove("script");
    let script = script.as_ref().and_then(Value::as_str).unwrap_or_default();
    let script = posix::join(SCRIPTS, script);
    let arguments = list(item, &mut run, "arguments")?;
    let resources = list(item, &mut run, "resources")?;
    if !batch.context.project.fast {
        let script = posix::normalize(&script);
        let cache = cache(batch, item, &script, &resources, &arguments)?;
        item.task.insert("cache", Value::Object(cache));
    }

    let folder = vcs_name(checkout::os(item));
    let program = format!("{folder}/{}", posix::normalize(&script));
    let command = if docker {
        let words = std::iter::once(program).chain(arguments);
        words.map(Value::from).collect()
    } else if arguments.is_empty() {
        Value::from(program)
    } else {
        let arguments = shell::quote(arguments.iter().map(String::as_str));
        Value::from(format!("{program} {arguments}"))
    };
    run.insert("using", Value::from("run-task"));
    run.insert("cwd", Value::from("{checkout}/.."));
    if script.ends_with(".ps1") {
        run.insert("exec-with", Value::from("powershell"));
    }
    run.insert("command", command);
    let run_using = if docker {
        &run_task::DOCKER_WORKER
    } else {
        &run_task::GENERIC_WORKER
    };
    run_using.apply(batch, item, run)
}

/// Removes a list of strings from `run`.
fn list(item: &Item, run: &mut Object, key: &str) -> Result<Vec<String>, Diagnostic> {
    match run.shift_remove(key) {
        None => Ok(Vec::new()),
        Some(Value::Array(values)) => Ok(values
            .iter()
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect()),
        Some(other) => Err(fields::wrong_type(
            &item.origin,
            &["run", key],
            "a list",
            &other,
        )),
    }
}

/// Adds the folder of artifacts, unless the task names `public/build` itself.
fn add_artifacts(item: &mut Item, run: &Object, docker: bool) -> Result<(), Diagnostic> {
    let prefix = super::fetches::artifact_prefix(item.task.get("attributes"));
    let artifacts = fields::list(item, &["worker", "artifacts"])?;
    let named = |artifact: &Value| {
        artifact
            .get("name")
            .is_some_and(|name| name == "public/build")
    };
    if artifacts.iter().any(named) {
        return Ok(());
    }
    let path = if docker {
        let workdir = run
            .get("workdir")
            .and_then(Value::as_str)
            .unwrap_or_default();
        format!("{workdir}/artifacts/")
    } else {
        prefix.clone()
    };
    let artifact = [
        ("name", prefix),
        ("path", path.clone()),
        ("type", "directory".to_owned()),
    ];
    let artifact = artifact.map(|(key, text)| (key, Value::from(text)));
    artifacts.push(Value::Object(artifact.into_iter().collect()));
    if docker {
        fields::mapping(item, &["worker", "env"])?.insert("UPLOAD_DIR", Value::from(path));
    }
    Ok(())
}

/// The inputs of the cache: files, the artifact, the image and the arguments.
///
/// Only the name of the image is an input, since its content is not known here; changes to images
/// rarely affect the resulting toolchain.
fn cache(
    batch: &Batch<'_, '_>,
    item: &Item,
    script: &str,
    resources: &[String],
    arguments: &[String],
) -> Outcome<Object> {
    let patterns: Vec<&str> = resources
        .iter()
        .map(String::as_str)
        .chain([script])
        .collect();
    let mut data = vec![Value::from(digest::digest_files(batch, item, &patterns)?)];
    data.extend(fields::get(item, &["attributes", "toolchain-artifact"]).cloned());
    match fields::get(item, &["worker", "docker-image"]) {
        None => {}
        Some(Value::Object(image)) => {
            data.extend(image.get("in-tree").filter(|name| truthy(name)).cloned());
        }
        Some(other) => {
            let path = ["worker", "docker-image"];
            return Err(fields::wrong_type(&item.origin, &path, "a mapping", other)
                .help("use an in-tree image: `docker-image: {in-tree: …}`")
                .into());
        }
    }
    data.extend(arguments.iter().map(|word| Value::from(word.as_str())));
    let kind = format!("{}-", batch.context.kind);
    let name = item.str("label").unwrap_or_default().replacen(&kind, "", 1);
    Ok(Object::from_iter([
        ("type", Value::from(CACHE_TYPE)),
        ("name", Value::from(name)),
        ("digest-data", Value::from(data)),
    ]))
}
