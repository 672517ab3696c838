//! Signals that ask the program to stop.

use tokio::runtime::Runtime;

use super::output::Output;
use crate::base::diagnostic::Class;
use crate::ports::stop::Stop;

/// The request to stop this process.
pub static STOP: Stop = Stop::new();

/// Listens for SIGTERM and SIGINT as long as the runtime lives.
///
/// Before the first task is created, a signal ends the process immediately. Afterwards, the requests in
/// progress are finished and the artifacts are written; a second signal does not wait for that.
pub fn listen(runtime: &Runtime, output: Output) {
    runtime.spawn(async move {
        // Without a listener, a signal ends the process by default.
        let Ok(mut signals) = Signals::new() else {
            return;
        };
        loop {
            let name = signals.next().await;
            let first = STOP.request();
            if first && STOP.is_held() {
                output.status(&format!(
                    "{name}: finishing the requests in progress; a second signal stops immediately"
                ));
                continue;
            }
            output.status(&if first {
                format!("{name}: stopped; nothing was created")
            } else {
                format!(
                    "{name} again: stopped immediately; a rerun of this task keeps existing tasks and \
                     creates the rest"
                )
            });
            std::process::exit(i32::from(Class::Environment.exit_code()));
        }
    });
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "Interrupted"
    }
}
