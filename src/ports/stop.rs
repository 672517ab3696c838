//! Word that the program has to end soon.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Tells that work has to be brought to an end: what is under way is finished, nothing is begun.
///
/// The composition root hears of signals and asks for it; whoever does what must not be torn off in
/// its midst says so with [`Stop::hold`].
#[derive(Debug, Default)]
pub struct Stop {
    asked: AtomicBool,
    held: AtomicBool,
    notify: Notify,
}

/// Nobody ever asks.
pub static NEVER: Stop = Stop::new();

impl Stop {
    /// Nobody has asked yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            asked: AtomicBool::new(false),
            held: AtomicBool::new(false),
            notify: Notify::const_new(),
        }
    }

    /// Asks for an end; `false` when somebody had asked before.
    pub fn ask(&self) -> bool {
        let first = !self.asked.swap(true, Ordering::SeqCst);
        self.notify.notify_waiters();
        first
    }

    /// Whether somebody has asked.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Says that something is under way that ends by itself soon after somebody asks.
    pub fn hold(&self) {
        self.held.store(true, Ordering::SeqCst);
    }

    /// Whether something is under way that must not be torn off.
    #[must_use]
    pub fn held(&self) -> bool {
        self.held.load(Ordering::SeqCst)
    }

    /// Ends when somebody asks.
    pub fn wait(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            let notified = self.notify.notified();
            tokio::pin!(notified);
            // Whoever asks after this line is heard.
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
    async fn whoever_waits_is_told() {
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
