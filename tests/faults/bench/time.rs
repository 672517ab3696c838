//! A clock that moves only while everybody waits.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use snowman::base::time::Timestamp;
use snowman::ports::clock::Clock;
use snowman::submit::Sleeper;
use tokio::sync::oneshot;

use super::BEGIN;

/// A virtual clock: it advances a little with each call, and when everything waits, to the first
/// moment that is waited for ([`Time::run_until`]). So minutes pass at once, and waits overlap.
#[derive(Clone, Default)]
pub struct Time(Arc<Waiters>);

#[derive(Default)]
struct Waiters {
    milliseconds: AtomicI64,
    /// The waiters, by their moment and the order in which they arrived.
    waiting: Mutex<BTreeMap<(i64, usize), oneshot::Sender<()>>>,
    /// Counts activity, which shows whether everything waits.
    activity: AtomicUsize,
}

impl Time {
    pub fn advance(&self, milliseconds: i64) {
        self.0
            .milliseconds
            .fetch_add(milliseconds, Ordering::SeqCst);
        self.activity();
    }

    pub fn milliseconds(&self) -> i64 {
        self.0.milliseconds.load(Ordering::SeqCst)
    }

    fn activity(&self) -> usize {
        self.0.activity.fetch_add(1, Ordering::SeqCst)
    }

    /// Waits for some milliseconds of virtual time.
    pub async fn wait(&self, milliseconds: i64) {
        let (wake, woken) = oneshot::channel();
        let place = (self.milliseconds() + milliseconds, self.activity());
        self.0.waiting.lock().unwrap().insert(place, wake);
        let _ = woken.await;
        self.activity();
    }

    /// Runs `work` to its end, and advances the clock whenever everything waits.
    pub async fn run_until<T>(&self, work: impl Future<Output = T>) -> T {
        /// More yields than any call makes before it continues.
        const QUIET: usize = 16;
        let driver = async {
            loop {
                let (mut seen, mut quiet) = (self.0.activity.load(Ordering::SeqCst), 0);
                while quiet < QUIET {
                    tokio::task::yield_now().await;
                    let activity_now = self.0.activity.load(Ordering::SeqCst);
                    quiet = if activity_now == seen { quiet + 1 } else { 0 };
                    seen = activity_now;
                }
                let first = self.0.waiting.lock().unwrap().pop_first();
                if let Some(((moment, _), wake)) = first {
                    self.0.milliseconds.fetch_max(moment, Ordering::SeqCst);
                    // The waiter may be gone.
                    let _ = wake.send(());
                    self.activity();
                }
            }
        };
        tokio::select! {
            biased;
            done = work => done,
            () = driver => unreachable!("time does not end"),
        }
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(BEGIN + self.milliseconds() / 1000)
    }
}

impl Sleeper for Time {
    fn sleep<'a>(&'a self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(self.wait(i64::try_from(pause.as_millis()).unwrap()))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.milliseconds().unsigned_abs())
    }
}
