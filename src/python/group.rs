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
            Self::Forked(number) => linux::has_ended(*number),
        }
    }

    /// Waits for the leader; yields how it ended, if this program can know.
    pub fn wait(self) -> Option<ExitStatus> {
        match self {
            Self::Started(mut child) => child.wait().ok(),
            #[cfg(target_os = "linux")]
            Self::Forked(number) => linux::status(number),
        }
    }

    /// The most memory that the leader has had, in bytes; `None` if the system does not say.
    pub fn memory(&self) -> Option<u64> {
        #[cfg(target_os = "linux")]
        return match self {
            Self::Started(child) => linux::memory(rustix::process::Pid::from_child(child)),
            Self::Forked(number) => linux::memory(*number),
        };
        #[cfg(not(target_os = "linux"))]
        None
    }
}

/// What Linux shows of a process, which need not be a child of this one.
#[cfg(target_os = "linux")]
mod linux {
    use std::io::ErrorKind;
    use std::os::unix::process::ExitStatusExt;

    use rustix::process::Pid;

    use super::{ExitStatus, io};

    /// The place of the exit status among the fields after a process's name.
    const STATUS: usize = 49;

    /// The fields of a process after its name; the first is its state.
    fn fields(number: Pid) -> io::Result<Vec<String>> {
        let stat = std::fs::read(format!("/proc/{}/stat", number.as_raw_nonzero()))?;
        let stat = String::from_utf8_lossy(&stat);
        // The name may contain anything.
        let (_, fields) = stat.rsplit_once(") ").unwrap_or_default();
        Ok(fields.split_whitespace().map(str::to_owned).collect())
    }

    /// Whether a process has ended; not if that cannot be found out.
    pub(super) fn has_ended(number: Pid) -> bool {
        match fields(number) {
            Ok(fields) => matches!(fields.first().map(String::as_str), Some("Z" | "X")),
            Err(error) => {
                let no_such_process = rustix::io::Errno::SRCH.raw_os_error();
                error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(no_such_process)
            }
        }
    }

    /// How a process has ended for which its parent has not waited.
    pub(super) fn status(number: Pid) -> Option<ExitStatus> {
        let fields = fields(number).ok()?;
        let ended = matches!(fields.first()?.as_str(), "Z" | "X");
        let status = fields.get(STATUS)?.parse().ok()?;
        ended.then(|| ExitStatus::from_raw(status))
    }

    /// The most memory that a process has had, in bytes.
    pub(super) fn memory(number: Pid) -> Option<u64> {
        let status = format!("/proc/{}/status", number.as_raw_nonzero());
        let status = std::fs::read_to_string(status).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes * 1024)
    }
}

/// Whether a process was ended by the signal that cannot be caught.
#[cfg(unix)]
pub fn is_kill(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;

    status.signal() == Some(rustix::process::Signal::KILL.as_raw())
}

/// Whether a process was ended by a signal, which does not exist here.
#[cfg(not(unix))]
pub fn is_kill(_: ExitStatus) -> bool {
    false
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
