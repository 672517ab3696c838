//! The environments of release services: which hosts, scopes and worker pools belong to production, and which to
//! staging and development.
//!
//! Mozilla's services are known ([`services`]). The file `environments.yml` next to config.yml describes those of a
//! project ([`declared`]), and then what [`check`] finds is an error instead of a warning.

pub mod check;
mod declared;
mod host_name;
mod hosts;
mod patterns;
mod services;
mod table;
#[cfg(test)]
mod tests;
mod tier;

pub use hosts::{staging_host, without_hosts};
pub use table::Environments;
pub use tier::Tier;
