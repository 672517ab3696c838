//! The request to end the program soon.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// A request to stop: work in progress is finished, and nothing new is started.
///
/// The signal handler requests it. Work that must not be interrupted is marked with [`Stop::hold`].
#[derive(Debug, Default)]
pub struct Stop {
    requested: AtomicBool,
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
            requested: AtomicBool::new(false),
            held: AtomicBool::new(false),
            notify: Notify::const_new(),
        }
    }

    /// Requests to stop; `false` if that was requested before.
    pub fn request(&self) -> bool {
        let first = !self.requested.swap(true, Ordering::SeqCst);
        self.notify.notify_waiters();
        first
    }

    /// Whether stopping was requested.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.requested.load(Ordering::SeqCst)
    }

    /// Marks that work is in progress which ends by itself soon after a request.
    pub fn hold(&self) {
        self.held.store(true, Ordering::SeqCst);
    }

    /// Whether work is in progress that must not be interrupted.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.held.load(Ordering::SeqCst)
    }

    /// Completes when stopping is requested.
    pub fn wait(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            let notified = self.notify.notified();
            tokio::pin!(notified);
            // A request after this line is noticed.
            notified.as_mut().enable();
            if !self.is_requested() {
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
        assert!(!stop.is_requested());
        let (first, second) = tokio::join!(
            async {
                stop.wait().await;
                stop.is_requested()
            },
            async { stop.request() }
        );
        assert_eq!((first, second), (true, true));
        stop.wait().await;
        assert!(!stop.request());
    }
}
