//! Taskcluster over HTTP: the port [`crate::ports::taskcluster::Taskcluster`] as a client.
//!
//! Inside a task, requests go to the proxy, which signs them; elsewhere they are signed here, or sent
//! anonymously. A call is repeated after transient failures, with growing random pauses: after a
//! status of 500 and above, a broken connection, or an incomplete response. Attempts are limited by
//! time ([`Patience`]). Every call of the port can be repeated without harm. A status of 400 to 499 is
//! final.
//!
//! The crate `taskcluster` makes the requests. Its gaps are closed here:
//!
//! 1. It joins URLs, so a root URL with a path loses the path's last part without a slash at its end.
//! 2. It leaves the query out of what it signs, so services refuse signed requests that have one.
//!    Lists therefore get their further pages through signed URLs, and batches never request a
//!    further page: they request the missing items again.
//! 3. It reads responses only after its own retries, and follows no redirects.
//! 4. Its errors hold URLs and the echoed request. An [`ApiError`](crate::ports::taskcluster::ApiError)
//!    holds only the server's message.

mod address;
mod calls;
mod client;
mod create;
mod download;
mod failure;
mod lazy;
mod namespaces;
mod response;
mod retry;
mod server_clock;
mod web;

pub use download::download;
pub use failure::describe;
pub use lazy::Client;
pub use namespaces::IndexedTask;
pub use retry::Patience;
pub use web::within;
