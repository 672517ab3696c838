//! The HTTP server: requests, responses, artifact content and web pages.

mod bucket;
mod html;
mod json_body;
mod request;
mod response;
pub(super) mod server;
