//! The program `docker` on the PATH. Its arguments are a list; no shell is involved.

use std::io::ErrorKind;
use std::process::{Command, ExitStatus, Stdio};

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::ports::docker::{Docker, Feed};

const NAME: &str = "docker";

/// Runs docker as a child process.
#[derive(Debug, Clone, Copy, Default)]
pub struct DockerProgram;

impl Docker for DockerProgram {
    fn check(&self) -> Result<(), Diagnostic> {
        let output = Command::new(NAME).arg("ps").stdin(Stdio::null()).output();
        let output = output.map_err(|error| start_error(&error))?;
        if output.status.success() {
            return Ok(());
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        Err(
            Diagnostic::user(format!("Error connecting to Docker: {}", stderr.trim()))
                .help("start docker, and make sure that you have permission to use it; `docker ps` must work"),
        )
    }

    fn run(&self, arguments: &[&str]) -> Result<String, Diagnostic> {
        let output = Command::new(NAME)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| start_error(&error))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(command_error(arguments, output.status, &output.stderr))
        }
    }

    fn run_with_input(&self, arguments: &[&str], feed: &mut Feed<'_>) -> Outcome<()> {
        let mut child = Command::new(NAME)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| start_error(&error))?;
        let write_result = match child.stdin.take() {
            Some(mut stdin) => feed(&mut stdin),
            None => Err(Diagnostic::bug("docker has no standard input").into()),
        };
        if write_result.is_err() {
            // An incomplete image is of no use.
            let _ = child.kill();
        }
        let output = child
            .wait_with_output()
            .map_err(|error| start_error(&error))?;
        // Why docker stopped reading explains more than the broken pipe.
        if output.status.code().is_some_and(|code| code != 0) {
            return Err(command_error(arguments, output.status, &output.stderr).into());
        }
        write_result
    }

    fn run_in_foreground(
        &self,
        arguments: &[String],
        variables: &[(String, String)],
    ) -> Result<Option<i32>, Diagnostic> {
        let status = Command::new(NAME)
            .args(arguments)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .status()
            .map_err(|error| start_error(&error))?;
        Ok(status.code())
    }
}

fn start_error(error: &std::io::Error) -> Diagnostic {
    let diagnostic =
        Diagnostic::user("Error connecting to Docker: it could not be started").because(error);
    match error.kind() {
        ErrorKind::NotFound => {
            diagnostic.help("install docker and start it; `docker ps` must work")
        }
        ErrorKind::PermissionDenied => {
            diagnostic.help("make the `docker` in PATH executable by this user")
        }
        _ => diagnostic,
    }
}

fn command_error(arguments: &[&str], status: ExitStatus, stderr: &[u8]) -> Diagnostic {
    let command = arguments.join(" ");
    Diagnostic::environment(format!("`docker {command}` failed: {status}"))
        .because(String::from_utf8_lossy(stderr).trim())
}
