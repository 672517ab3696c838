//! Outages of the services.

/// What fails during an outage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Failing {
    /// Every service replies 500 at once.
    Database,
    /// Nothing listens at the queue's address.
    Queue,
    /// The queue cannot authenticate callers, and replies 500 after some seconds.
    Auth,
    /// Writes take half a minute and succeed.
    Broker,
}

/// An outage.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    pub failing: Failing,
    /// The first call that fails, and the duration.
    pub from: usize,
    pub seconds: i64,
    /// Whether requests go through a proxy that retries until they succeed.
    pub proxied: bool,
}

/// The effect of an outage on a call.
pub(super) enum OutageEffect {
    Fail(Option<u16>, &'static str, i64),
    /// The proxy delays the call by this long.
    Delay(i64),
    /// The call takes this long.
    Slow(i64),
}

impl Outage {
    pub(super) fn effect(&self, name: &str, left: i64) -> Option<OutageEffect> {
        let auth = name == "currentScopes";
        let failed = match self.failing {
            Failing::Database => OutageEffect::Fail(Some(500), "Internal Server Error", 0),
            Failing::Queue if auth => return None,
            Failing::Queue => OutageEffect::Fail(None, "no connection", 0),
            Failing::Auth if auth => OutageEffect::Fail(None, "no connection", 0),
            Failing::Auth => OutageEffect::Fail(Some(500), "Internal Server Error", 6_300),
            Failing::Broker if matches!(name, "createTask" | "cancelTask") => {
                return Some(OutageEffect::Slow(30_000));
            }
            Failing::Broker => return None,
        };
        // The proxy backs off between its retries, so the call arrives a little later.
        Some(match self.proxied {
            true => OutageEffect::Delay(left + left / 4 + 500),
            false => failed,
        })
    }
}
