//! Taskcluster over HTTP: the port [`crate::ports::taskcluster::Taskcluster`] as a client.
//!
//! Inside a task, requests go to the proxy, which signs them; elsewhere they are signed here, or go
//! out anonymously. Every call is repeated, with growing and scattered pauses, while its failure is
//! one that passes: an answer of 500 and above, a connection that broke, an answer that broke off.
//! Tries are bounded by time ([`Patience`]). Each call of the port is harmless when repeated. An
//! answer of 400 to 499 is final at once.
//!
//! The crate `taskcluster` makes the requests. What it leaves open is closed here:
//!
//! 1. It joins URLs, so a root URL with a path loses the path's last part without a slash at its end.
//! 2. It leaves the query out of what it signs, so services refuse signed requests that have one.
//!    Lists therefore get their further pages through signed URLs, and batches never ask for a
//!    further page: they ask again for what was not answered.
//! 3. It reads answers only after its repeating is done, and follows no redirection.
//! 4. Its errors hold URLs and the echoed request. An [`ApiError`](crate::ports::taskcluster::ApiError)
//!    holds the server's words alone.

mod address;
mod calls;
mod client;
mod create;
mod download;
mod failure;
mod lazy;
mod response;
mod retry;
mod server_clock;
mod web;

pub use download::download;
pub use lazy::Client;
pub use retry::Patience;
