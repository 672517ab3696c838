//! The HTTP server: requests, responses and artifact content.

mod bucket;
mod cors;
mod json_body;
pub(super) mod request;
mod response;
pub(super) mod server;
