//! Forks a worker from one that has loaded the project, which takes less time and memory than to
//! start another and load the project again.
//!
//! The first worker connects to a socket in a folder that only this user can open: for messages, for
//! what is printed, and for the lifeline. Then it forks, and the new process keeps the connections. A
//! process with threads or open files is not forked (`worker/processes.py`).

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use rustix::process::Pid;

use super::group::{Leader, Lifeline};
use super::process::Process;
use crate::base::diagnostic::Diagnostic;
use crate::base::value::json;
use crate::ports::python::{Call, Failure};

/// Forks a worker; `None` if it cannot be forked.
///
/// # Errors
/// If the worker that would be forked has ended.
pub fn fork(first: &mut Process, patience: Duration) -> Result<Option<Process>, Failure> {
    let made = tempfile::Builder::new().prefix("snowman-").tempdir();
    let socket = made.and_then(|folder| {
        let path = folder.path().join("worker");
        Ok((UnixListener::bind(&path)?, path, folder))
    });
    let (listener, path, _folder) = match socket {
        Ok(socket) => socket,
        Err(error) => return Ok(refuse(error)),
    };
    let call = Call::new("fork", json!({"socket": path.display().to_string()}));
    let answer = match first.call(&call, patience, None) {
        Ok(answer) => answer.value,
        Err(Failure::Raised(exception)) => return Ok(refuse(exception.message)),
        Err(failure) => return Err(failure),
    };
    let number = answer["process"]
        .as_u64()
        .and_then(|number| i32::try_from(number).ok());
    let Some(number) = number.and_then(Pid::from_raw) else {
        return Ok(refuse(answer["reason"].as_str().unwrap_or_default()));
    };
    let process = connect(&listener, number).map_err(|error| {
        Failure::Worker(Diagnostic::environment("cannot connect to a Python worker").because(error))
    })?;
    Ok(Some(process))
}

/// Takes the connections, which the worker has made before it answered.
fn connect(listener: &UnixListener, number: Pid) -> io::Result<Process> {
    listener.set_nonblocking(true)?;
    let next = || -> io::Result<UnixStream> {
        let (stream, _) = listener.accept()?;
        stream.set_nonblocking(false)?;
        Ok(stream)
    };
    let (messages, printed, lifeline) = (next()?, next()?, next()?);
    let requests = Box::new(messages.try_clone()?);
    let lifeline = Lifeline::from(OwnedFd::from(lifeline));
    let leader = Leader::Forked(number);
    Ok(Process::new(leader, lifeline, requests, messages, printed))
}

fn refuse(why: impl std::fmt::Display) -> Option<Process> {
    tracing::debug!("the Python worker cannot be forked: {why}");
    None
}
