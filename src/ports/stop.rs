//! Word that the program has to end soon.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// A request to stop: work in progress is finished, and nothing new is started.
///
/// The composition root hears of signals and asks for it; whoever does what must not be torn off in
/// its midst says so with [`Stop::hold`].
#[derive(Debug, Default)]
pub struct Stop {
    asked: AtomicBool,
    held: AtomicBool,
    notify: Notify,
}

/// Stopping is never requested.
pub static NEVER: Stop = Stop::new();

impl Stop {
    /// Not requested yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            asked: AtomicBool::new(false),
            held: AtomicBool::new(false),
            notify: Notify::const_new(),
        }
    }

    /// Requests to stop; `false` if that was requested before.
    pub fn ask(&self) -> bool {
        let first = !self.asked.swap(true, Ordering::SeqCst);
        self.notify.notify_waiters();
        first
    }

    /// Whether stopping was requested.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Marks that work is in progress which ends by itself soon after a request.
    pub fn hold(&self) {
        self.held.store(true, Ordering::SeqCst);
    }

    /// Whether work is in progress that must not be interrupted.
    #[must_use]
    pub fn held(&self) -> bool {
        self.held.load(Ordering::SeqCst)
    }

    /// Completes when stopping is requested.
    pub fn wait(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            let notified = self.notify.notified();
            tokio::pin!(notified);
            // A request after this line is noticed.
            notified.as_mut().enable();
            if !self.asked() {
                notified.await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_tasks_see_the_shutdown_signal() {
        let stop = Stop::new();
        assert!(!stop.asked());
        let (first, second) = tokio::join!(
            async {
                stop.wait().await;
                stop.asked()
            },
            async { stop.ask() }
        );
        assert_eq!((first, second), (true, true));
        stop.wait().await;
        assert!(!stop.ask());
    }
}
