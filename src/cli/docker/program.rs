//! The program `docker`, which is given its arguments as a list.

use std::ffi::OsStr;
use std::io::{ErrorKind, Write};
use std::process::{Command, ExitStatus, Stdio};

use crate::base::diagnostic::{Diagnostic, Outcome};

const NAME: &str = "docker";

fn not_started(error: &std::io::Error) -> Diagnostic {
    let diagnostic =
        Diagnostic::user("Error connecting to Docker: it could not be started").because(error);
    match error.kind() {
        ErrorKind::NotFound => {
            diagnostic.help("install docker and start it; `docker ps` has to work")
        }
        ErrorKind::PermissionDenied => {
            diagnostic.help("the `docker` in PATH must be executable by this user")
        }
        _ => diagnostic,
    }
}

/// Checks that docker is there and answers.
///
/// # Errors
/// When it does not.
pub fn check() -> Result<(), Diagnostic> {
    let output = Command::new(NAME).arg("ps").stdin(Stdio::null()).output();
    let output = output.map_err(|error| not_started(&error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(
        Diagnostic::user(format!("Error connecting to Docker: {}", said.trim()))
            .help("start docker, and see that you may use it; `docker ps` has to work"),
    )
}

/// What docker prints.
///
/// # Errors
/// When it fails.
pub fn run<S: AsRef<OsStr>>(arguments: &[S]) -> Result<String, Diagnostic> {
    let output = Command::new(NAME)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| not_started(&error))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(failed(arguments, output.status, &output.stderr))
    }
}

/// Runs docker in the foreground, with variables that it may hand on to a container.
///
/// # Errors
/// When it does not start.
pub fn foreground(
    arguments: &[String],
    variables: &[(String, String)],
) -> Result<ExitStatus, Diagnostic> {
    Command::new(NAME)
        .args(arguments)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .status()
        .map_err(|error| not_started(&error))
}

/// Gives docker something to read.
///
/// # Errors
/// What `write` says, or docker.
pub fn feed<T>(arguments: &[&str], write: impl FnOnce(&mut dyn Write) -> Outcome<T>) -> Outcome<T> {
    let mut child = Command::new(NAME)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| not_started(&error))?;
    let written = match child.stdin.take() {
        Some(mut stdin) => write(&mut stdin),
        None => Err(Diagnostic::bug("docker has no standard input").into()),
    };
    if written.is_err() {
        // A part of an image is of no use.
        let _ = child.kill();
    }
    let output = child
        .wait_with_output()
        .map_err(|error| not_started(&error))?;
    match written {
        // What it stopped reading for says more than that it did.
        _ if output.status.code().is_some_and(|code| code != 0) => {
            Err(failed(arguments, output.status, &output.stderr).into())
        }
        written => written,
    }
}

fn failed<S: AsRef<OsStr>>(arguments: &[S], status: ExitStatus, stderr: &[u8]) -> Diagnostic {
    let words: Vec<_> = arguments
        .iter()
        .map(|word| word.as_ref().to_string_lossy().into_owned())
        .collect();
    Diagnostic::environment(format!("`docker {}` failed: {status}", words.join(" ")))
        .because(String::from_utf8_lossy(stderr).trim())
}
