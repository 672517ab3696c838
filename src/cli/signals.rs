//! Signals that ask the program to end.

use tokio::runtime::Runtime;

use super::output::Output;
use crate::base::diagnostic::Class;
use crate::ports::stop::Stop;

/// What tells this process's work to end.
pub static STOP: Stop = Stop::new();

/// Listens for SIGTERM and SIGINT as long as the runtime lives.
///
/// Before anything is created, a signal ends the process at once. Afterwards the requests under
/// way are finished, and what stands is written down; a second signal does not wait for that.
pub fn listen(runtime: &Runtime, output: Output) {
    runtime.spawn(async move {
        // A system that lets nobody listen ends the process by itself.
        let Ok(mut signals) = Signals::new() else {
            return;
        };
        loop {
            let name = signals.next().await;
            let first = STOP.ask();
            if first && STOP.held() {
                output.status(&format!(
                    "{name}: finishing the requests under way; a second signal ends this at once"
                ));
                continue;
            }
            output.status(&if first {
                format!("{name}: stopped; nothing was created")
            } else {
                format!(
                    "{name} again: stopped at once; a rerun of this task keeps what stands and \
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
