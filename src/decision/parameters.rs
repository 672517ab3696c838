//! Parameters: from flags and the repository in a decision task, and from defaults locally.
//!
//! A decision counts changes from a base revision. If that is not in the clone, as after a force
//! push or in a shallow clone, it is fetched. If it cannot be fetched, the changes are unknown: all
//! files count as changed, and the base is the head itself. This looks like a push without changes
//! of its own, for which nothing is skipped, and the base is a revision that tasks can fetch.

use std::path::Path;

use super::context::Context;
use super::flags::DecisionFlags;
use super::overrides;
use super::phases::{cannot_read_repository, vcs_diagnostic};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::repo_url::parse_repository_url;
use crate::base::time::Timestamp;
use crate::base::value::Object;
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::{Parameters, Strictness};
use crate::custom;
use crate::custom::version::{Rule, Rules};
use crate::ports::files::{FileError, Files};
use crate::ports::python::{Mode, Python};
use crate::ports::vcs::{Change, NULL_REVISION, Tool, Vcs, VcsError};

/// Computes the parameters of a decision task.
///
/// `created` is when the decision task was created. It replaces an unknown push date, so that a rerun
/// computes the same parameters.
///
/// # Errors
/// Every mistake in the parameters, or the repository cannot be read.
pub fn for_decision(
    context: Context<'_>,
    flags: &DecisionFlags,
    created: Option<Timestamp>,
) -> Outcome<Parameters> {
    let vcs = context.vcs.ok_or_else(|| {
        Diagnostic::environment("a decision needs a repository, but this folder is not in one")
            .help("run it in a checkout of the repository")
    })?;
    let python = context.python.filter(|python| python.mode() != Mode::Never);
    let build_date = match flags.pushdate {
        0 => created.unwrap_or_else(|| context.clock.now()).unix(),
        date => date,
    };
    if let Some(python) = python.filter(|python| python.started())
        && let Some(mut values) =
            custom::parameter_hooks::of_entry(python, flags.options(), flags.arguments())?
    {
        if flags.pushdate == 0 {
            // A rerun computes the same parameters.
            values.insert("build_date", build_date);
            values.insert("moz_build_date", moz_build_date(build_date));
        }
        // It applies overrides itself, unless they need the flag.
        if flags.allow_parameter_override {
            values.extend(overrides::of_file_or_note(context, flags)?);
        }
        return checked(context, python, values);
    }
    if !flags.entry_options.is_empty() {
        let names: Vec<_> = flags.entry_options.keys().map(|key| key.as_str()).collect();
        return Err(Diagnostic::usage(format!(
            "the project has no function `get_decision_parameters` of its own, which would use the options: {}",
            names.join(", ")
        ))
        .help("remove these options from the command or the cron job, or name the project's own package with `snowman.entry` in config.yml")
        .into());
    }
    let (flags, files_changed) = changes(context, vcs, flags)?;
    let flags = &flags;
    let message = match vcs.commit_message() {
        // As in taskgraph, a message that is not UTF-8 does not contain `DONTBUILD`.
        Err(VcsError::NotUtf8(_)) => String::new(),
        message => message.map_err(|error| vcs_diagnostic(&error))?,
    };
    let owner = if flags.owner.contains('@') {
        flags.owner.clone()
    } else {
        format!("{}@noreply.mozilla.org", flags.owner)
    };
    let rules = rules(context)?;
    let on_push = match flags.tasks_for.as_str() {
        "hg-push" => true,
        "github-push" => rules.has(Rule::DontbuildOnGithub),
        _ => false,
    };
    let method = if on_push && message.contains("DONTBUILD") {
        "nothing"
    } else {
        flags
            .target_tasks_method
            .as_deref()
            .filter(|m| !m.is_empty())
            .unwrap_or("default")
    };
    let values = crate::base::value::json!({
        "base_repository": flags.base_repository,
        "base_ref": flags.base_ref,
        "base_rev": flags.base_rev,
        "build_date": build_date,
        "build_number": 1,
        "do_not_optimize": [],
        "enable_always_target": true,
        "existing_tasks": {},
        "files_changed": files_changed,
        "filters": ["target_tasks_method"],
        "head_ref": flags.head_ref,
        "head_repository": flags.head_repository,
        "head_rev": flags.head_rev,
        "head_tag": flags.head_tag,
        "level": flags.level,
        "moz_build_date": moz_build_date(build_date),
        "next_version": null,
        "optimize_strategies": null,
        "optimize_target_tasks": true,
        "owner": owner,
        "project": flags.project,
        "pushdate": flags.pushdate,
        "pushlog_id": flags.pushlog_id,
        "repository_type": flags.repository_type,
        "target_tasks_method": method,
        "tasks_for": flags.tasks_for,
        "version": version(context.files)?,
    });
    let mut values = values.as_object().cloned().unwrap_or_default();
    if let (Some(python), Some(function)) = (python, flags.decision_parameters.as_deref()) {
        values = custom::parameter_hooks::change(python, values, function, flags.arguments())?;
    }
    values.extend(overrides::of_decision(context, flags, rules)?);
    if let Some(python) = python.filter(|python| python.started()) {
        return checked(context, python, values);
    }
    Parameters::new(values, Strictness::Strict)
}

/// Checks parameters in Python, where the project may have added some.
fn checked(context: Context<'_>, python: &dyn Python, values: Object) -> Outcome<Parameters> {
    let root = context.vcs.map_or(Path::new("."), Vcs::root);
    let initial = values.clone();
    let values = custom::parameter_hooks::fill(python, values, &initial, Strictness::Strict, root)?;
    let params = Parameters::new(values, Strictness::Lenient)?;
    Ok(params.checked_strictly())
}

/// Returns the flags with the effective base, and the files changed since.
///
/// A base that is not in this clone is fetched. If that fails, all files count as changed, and the
/// base is the head, so that strategies that compare the two skip nothing.
fn changes(
    context: Context<'_>,
    vcs: &dyn Vcs,
    flags: &DecisionFlags,
) -> Outcome<(DecisionFlags, Vec<String>)> {
    let failed = |error: VcsError| {
        let diagnostic = cannot_read_repository("cannot determine which files changed", &error);
        match error {
            VcsError::NoRevision(_) => {
                diagnostic.help("fetch the revision of --head-rev: it must be in this clone")
            }
            _ => diagnostic,
        }
    };
    let flags = with_base(context, flags)?;
    let since = |base| Change::Range {
        base,
        rev: &flags.head_rev,
    };
    let base_flag = Some(flags.base_rev.as_str()).filter(|rev| !rev.is_empty());
    let missing = vcs.missing_base(&since(base_flag)).map_err(failed)?;
    let fetched = match missing.map(|missing| (fetch(vcs, &missing, &flags), missing)) {
        None => None,
        Some((Ok(base), _)) => Some(base),
        Some((Err(why), missing)) => {
            tracing::warn!(
                "the base revision {missing} is not in this clone and cannot be fetched ({}): all \
                 files count as changed, and `skip-unless-changed` skips no task",
                why.reason()
            );
            let all = vcs.changed_files(&since(Some(NULL_REVISION)));
            let all = all.map_err(failed)?;
            let base_rev = flags.head_rev.clone();
            return Ok((DecisionFlags { base_rev, ..flags }, all));
        }
    };
    let files = vcs.changed_files(&since(fetched.as_deref().or(base_flag)));
    let files = files.map_err(failed)?;
    Ok((flags, files))
}

/// Fetches a revision from the base repository, or else from the head repository.
fn fetch(vcs: &dyn Vcs, revision: &str, flags: &DecisionFlags) -> Result<String, VcsError> {
    let fetched = vcs.fetch(revision, &flags.base_repository);
    let fetched = match fetched {
        Err(_) if flags.head_repository != flags.base_repository => {
            vcs.fetch(revision, &flags.head_repository).or(fetched)
        }
        fetched => fetched,
    };
    if fetched.is_ok() {
        tracing::info!("Fetched the base revision {revision}, which was not in this clone");
    }
    fetched
}

/// Returns the flags with the base that the project's taskgraph computes, if its version does not use the
/// given one: before 17, the base is the latest revision that the given base, or else the branch
/// `base_ref`, has in common with the head.
fn with_base(context: Context<'_>, flags: &DecisionFlags) -> Outcome<DecisionFlags> {
    let mut flags = flags.clone();
    let python = context.python.filter(|python| python.started());
    if let Some(python) = python {
        let initial = crate::base::value::json!({
            "base_ref": flags.base_ref,
            "base_rev": flags.base_rev,
            "head_ref": flags.head_ref,
            "head_rev": flags.head_rev,
        });
        let found = custom::parameter_hooks::base(python, initial)?.unwrap_or_default();
        let text = |name: &str| found.get(name)?.as_str().map(str::to_owned);
        flags.base_ref = text("base_ref").unwrap_or(flags.base_ref);
        flags.base_rev = text("base_rev").unwrap_or(flags.base_rev);
    }
    Ok(flags)
}

/// Returns the rules of the installed taskgraph: those of 24.5.1 if nothing runs in Python.
fn rules(context: Context<'_>) -> Result<Rules, Diagnostic> {
    let python = context.python.filter(|python| python.mode() != Mode::Never);
    match python.filter(|python| python.started()) {
        Some(python) => custom::parameter_hooks::rules(python),
        None => Ok(Rules::default()),
    }
}

/// The file with the version of a project.
pub const VERSION_FILE: &str = "version.txt";

/// Returns the first line of `version.txt`, if it exists.
///
/// # Errors
/// The file exists and cannot be read.
pub fn version(files: &dyn Files) -> Result<Option<String>, Diagnostic> {
    match files.read(VERSION_FILE) {
        Ok(text) => {
            let text = String::from_utf8_lossy(&text).into_owned();
            Ok(Some(
                text.lines()
                    .next()
                    .unwrap_or_default()
                    .trim_end()
                    .to_owned(),
            ))
        }
        Err(FileError::Missing(_)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

fn moz_build_date(build_date: i64) -> String {
    Timestamp::from_unix(build_date).strftime("%Y%m%d%H%M%S")
}

/// The state of the checkout.
struct CheckedOut {
    branch: Option<String>,
    head_rev: String,
    tool: Tool,
    files_changed: Vec<String>,
}

impl CheckedOut {
    /// Reads the state; returns `None` before the first commit.
    fn read(vcs: &dyn Vcs) -> Result<Option<Self>, VcsError> {
        let head_rev = match vcs.head_rev() {
            Err(VcsError::NoCommit) => return Ok(None),
            head_rev => head_rev?,
        };
        Ok(Some(Self {
            branch: vcs.branch()?,
            head_rev,
            tool: vcs.tool(),
            files_changed: vcs.changed_files(&Change::WorkingCopy)?,
        }))
    }
}

/// Returns the URL and name of the repository: those of the remote, or else of the
/// `default-repository` in `config.yml`, e.g. in a clone of another clone. Both are empty if
/// neither is known.
fn origin(
    vcs: Option<&dyn Vcs>,
    graph_config: &GraphConfig,
) -> Result<(String, String), Diagnostic> {
    let remote = match vcs {
        Some(vcs) => vcs.remote_url().map_err(|error| vcs_diagnostic(&error))?,
        None => None,
    };
    let named = |url: &str| Some((url.to_owned(), parse_repository_url(url)?.name));
    if let Some(found) = remote.as_deref().and_then(named) {
        return Ok(found);
    }
    let own = graph_config.default_repository().and_then(named);
    if let Some((url, _)) = &own {
        tracing::info!("Using {url}, the `default-repository` of config.yml, as the repository");
    }
    Ok(own.unwrap_or_default())
}

/// Completes the parameters of a local command with defaults: the project's own, and those that the
/// repository determines. `repository` is its root folder.
///
/// # Errors
/// When the repository cannot be read, or the project rejects the parameters.
pub fn complete(
    context: Context<'_>,
    graph_config: &GraphConfig,
    repository: &Path,
    initial: &Object,
) -> Outcome<Object> {
    let values = defaults(context, graph_config, initial)?;
    match context.python.filter(|python| python.started()) {
        Some(python) => {
            custom::parameter_hooks::fill(python, values, initial, Strictness::Lenient, repository)
        }
        None => Ok(values),
    }
}

/// Computes the local defaults, with the `given` parameters on top. The repository is only read if
/// given parameters are missing.
///
/// # Errors
/// The version or the repository cannot be read.
fn defaults(
    context: Context<'_>,
    graph_config: &GraphConfig,
    initial: &Object,
) -> Result<Object, Diagnostic> {
    let now = context.clock.now();
    let lack = |names: &[&str]| names.iter().any(|name| !initial.contains_key(name));
    let of_checkout = ["files_changed", "head_ref", "head_rev", "repository_type"];
    let of_remote = ["base_repository", "head_repository", "project"];
    // Without a repository, taskgraph uses empty values.
    let checked_out = match context.vcs.filter(|_| lack(&of_checkout)) {
        Some(vcs) => CheckedOut::read(vcs).map_err(|error| vcs_diagnostic(&error))?,
        None => None,
    };
    let CheckedOut {
        branch,
        head_rev,
        tool,
        files_changed,
    } = checked_out.unwrap_or(CheckedOut {
        branch: None,
        head_rev: String::new(),
        tool: Tool::Git,
        files_changed: Vec::new(),
    });
    let (url, project) = if lack(&of_remote) {
        origin(context.vcs, graph_config)?
    } else {
        Default::default()
    };
    let values = crate::base::value::json!({
        "base_repository": url,
        "base_ref": "",
        "base_rev": "",
        "build_date": now.unix(),
        "build_number": 1,
        "do_not_optimize": [],
        "enable_always_target": true,
        "existing_tasks": {},
        "files_changed": files_changed,
        "filters": ["target_tasks_method"],
        "head_ref": branch.unwrap_or_else(|| head_rev.clone()),
        "head_repository": url,
        "head_rev": head_rev,
        "head_tag": "",
        "level": "3",
        "moz_build_date": moz_build_date(now.unix()),
        "next_version": null,
        "optimize_strategies": null,
        "optimize_target_tasks": true,
        "owner": "nobody@mozilla.com",
        "project": project,
        "pushdate": now.unix(),
        "pushlog_id": "0",
        "repository_type": tool.name(),
        "target_tasks_method": "default",
        "tasks_for": "",
        "version": match initial.get("version") {
            Some(version) => version.clone(),
            None => version(context.files)?.into(),
        },
    });
    let mut values = values.as_object().cloned().unwrap_or_default();
    values.extend(initial.clone());
    Ok(values)
}
