//! The methods of the services, one table per file, and what the tables share.
//!
//! `endpoint` defines methods and their calls, `schema` and `request_schemas` check request bodies,
//! and `paging` splits long lists.

pub(super) mod artifacts;
pub(super) mod auth;
pub(super) mod claims;
pub(super) mod endpoint;
pub(super) mod hawk;
pub(super) mod health;
pub(super) mod index;
pub(super) mod objects;
mod paging;
pub(super) mod purge_cache;
pub(super) mod request_schemas;
pub(super) mod roles;
mod schema;
pub(super) mod secrets;
pub(super) mod tasks;
pub(super) mod workers;
