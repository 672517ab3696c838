//! Tests that call the library.

mod client;
mod client_failures;
mod parity;
mod patterns;
mod pyformat;
mod replicate;
mod sandbox;
mod slugids;
mod submit;
mod taskcluster_yml;
mod transforms_a;
mod transforms_b;
mod transforms_c;
mod vcs;
mod yaml;
