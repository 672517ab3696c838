//! A worker's process group: the worker, and the processes that the project's code starts.
//!
//! Ctrl-C reaches only this program, which ends its workers. If this program is killed, the kernel
//! closes its end of the *lifeline*, a pipe that carries nothing, and then kills the group: the
//! worker asks for that when it starts (`worker/boot.py`). Where that is not possible, a worker ends
//! when it cannot read another call.

use std::io;
use std::process::{Child, Command, ExitStatus};

#[cfg(unix)]
pub use unix::{Lifeline, start};

/// The first process of a group.
pub enum Leader {
    /// One that this program has started.
    Started(Child),
    /// One that a worker has forked. Its number stays its own until that worker has ended.
    #[cfg(target_os = "linux")]
    Forked(rustix::process::Pid),
}

impl Leader {
    /// Kills the group; at least its leader.
    pub fn kill(&mut self) {
        match self {
            Self::Started(child) => kill(child),
            #[cfg(target_os = "linux")]
            Self::Forked(number) => {
                // It may be gone.
                let _ = rustix::process::kill_process_group(*number, rustix::process::Signal::KILL);
            }
        }
    }

    /// Whether the leader has ended. It can still be waited for.
    pub fn has_ended(&mut self) -> bool {
        match self {
            Self::Started(child) => has_ended(child),
            #[cfg(target_os = "linux")]
            Self::Forked(number) => {
                let stat = format!("/proc/{}/stat", number.as_raw_nonzero());
                let stat = std::fs::read_to_string(stat).unwrap_or_default();
                let state = stat
                    .rsplit(") ")
                    .next()
                    .and_then(|rest| rest.chars().next());
                matches!(state, None | Some('Z' | 'X'))
            }
        }
    }

    /// Waits for the leader; yields how it ended, if this program can know.
    pub fn wait(self) -> Option<ExitStatus> {
        match self {
            Self::Started(mut child) => child.wait().ok(),
            #[cfg(target_os = "linux")]
            Self::Forked(_) => None,
        }
    }
}

#[cfg(unix)]
use unix::{has_ended, kill};

#[cfg(unix)]
mod unix {
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::os::unix::process::CommandExt;

    use rustix::io::FdFlags;
    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

    use super::{Child, Command, io};

    /// The group is killed when this is dropped.
    pub struct Lifeline {
        _end: OwnedFd,
    }

    impl From<OwnedFd> for Lifeline {
        fn from(end: OwnedFd) -> Self {
            Self { _end: end }
        }
    }

    /// Starts a process in its own group. The number of its end of the lifeline is its last argument.
    pub fn start(command: &mut Command) -> io::Result<(Child, Lifeline)> {
        let (theirs, ours) = io::pipe()?;
        // A process that is started at the same time inherits it as well, which does no harm.
        rustix::io::fcntl_setfd(&theirs, FdFlags::empty())?;
        command.arg(theirs.as_raw_fd().to_string()).process_group(0);
        let lifeline = OwnedFd::from(ours).into();
        Ok((command.spawn()?, lifeline))
    }

    /// Kills a process that has not been waited for, and its group.
    pub(super) fn kill(child: &mut Child) {
        if rustix::process::kill_process_group(Pid::from_child(child), Signal::KILL).is_err() {
            // It has left its group, or is gone.
            let _ = child.kill();
        }
    }

    /// Whether a process has ended. It can still be waited for.
    pub(super) fn has_ended(child: &mut Child) -> bool {
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
fn kill(child: &mut Child) {
    let _ = child.kill();
}

/// Whether a process has ended.
#[cfg(not(unix))]
fn has_ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}
