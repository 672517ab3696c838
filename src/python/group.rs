//! A worker's process group: the worker, and the processes that the project's code starts.
//!
//! Ctrl-C reaches only this program, which ends its workers. If this program is killed, the kernel
//! closes its end of the *lifeline*, a pipe that carries nothing, and then kills the group: the
//! worker asks for that when it starts (`worker/boot.py`). Where that is not possible, a worker ends
//! when it cannot read another call.

use std::io;
use std::process::{Child, Command};

#[cfg(unix)]
pub use unix::{Lifeline, has_ended, kill, start};

#[cfg(unix)]
mod unix {
    use std::io::PipeWriter;
    use std::os::fd::AsRawFd;
    use std::os::unix::process::CommandExt;

    use rustix::io::FdFlags;
    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

    use super::{Child, Command, io};

    /// The group is killed when this is dropped.
    pub struct Lifeline {
        _end: PipeWriter,
    }

    /// Starts a process in its own group. The number of its end of the lifeline is its last argument.
    pub fn start(command: &mut Command) -> io::Result<(Child, Lifeline)> {
        let (theirs, ours) = io::pipe()?;
        // A process that is started at the same time inherits it as well, which does no harm.
        rustix::io::fcntl_setfd(&theirs, FdFlags::empty())?;
        command.arg(theirs.as_raw_fd().to_string()).process_group(0);
        Ok((command.spawn()?, Lifeline { _end: ours }))
    }

    /// Kills a process that has not been waited for, and its group.
    pub fn kill(child: &mut Child) {
        if rustix::process::kill_process_group(Pid::from_child(child), Signal::KILL).is_err() {
            // It has left its group, or is gone.
            let _ = child.kill();
        }
    }

    /// Whether a process has ended. It can still be waited for.
    pub fn has_ended(child: &mut Child) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let status = rustix::process::waitid(WaitId::Pid(Pid::from_child(child)), options);
        !matches!(status, Ok(None))
    }
}

/// There is none.
#[cfg(not(unix))]
pub struct Lifeline;

/// Starts a process.
#[cfg(not(unix))]
pub fn start(command: &mut Command) -> io::Result<(Child, Lifeline)> {
    Ok((command.spawn()?, Lifeline))
}

/// Kills a process.
#[cfg(not(unix))]
pub fn kill(child: &mut Child) {
    let _ = child.kill();
}

/// Whether a process has ended.
#[cfg(not(unix))]
pub fn has_ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}
